// What agents do with a conversation.

#include <algorithm>

#include "routing/state.h"

namespace usher {
Refusal Router::State::check_holder(const Conversation& conversation, AgentId who,
                                    std::uint64_t epoch) const {
  if (epoch != 0 && epoch != conversation.epoch) return Refusal::stale;
  if (!who.is_zero() && agent(conversation.agent).id != who) return Refusal::not_allowed;
  return Refusal::none;
}

Outcome Router::State::on(const command::Accept& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  const AgentSlot by = find(command.agent);
  if (!by || !agent(by).on_roster) return refuse(Refusal::unknown_agent);
  Conversation& conversation = conversations[slot];
  const bool has_offer = std::find(conversation.offers.begin(), conversation.offers.end(), by) !=
                         conversation.offers.end();
  if (!has_offer) {
    if (conversation.state == ConversationState::assigned && conversation.agent == by &&
        (command.epoch == 0 || command.epoch == conversation.epoch ||
         command.epoch == conversation.offer_epoch)) {
      return answer(conversation);
    }
    const bool other = command.epoch != 0 && command.epoch != conversation.offer_epoch;
    return refuse(other ? Refusal::stale : Refusal::wrong_state);
  }
  if (command.epoch != 0 && command.epoch != conversation.offer_epoch) {
    return refuse(Refusal::stale);
  }
  withdraw_offers(slot, Cause::taken_by_another, by);
  conversation.offers.clear();
  agent(by).misses = 0;
  const AgentSlot source = conversation.agent;
  if (source) {
    stop_clocks(conversation);
    free_room(conversation, source);
    leave(slot, source);
    assign(slot, by, Cause::transferred, source);
  } else {
    assign(slot, by, Cause::accepted, {});
  }
  return answer(conversation);
}

Outcome Router::State::on(const command::Reject& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  const AgentSlot by = find(command.agent);
  if (!by || !agent(by).on_roster) return refuse(Refusal::unknown_agent);
  const Conversation& conversation = conversations[slot];
  const bool has_offer = std::find(conversation.offers.begin(), conversation.offers.end(), by) !=
                         conversation.offers.end();
  if (command.epoch != 0 && command.epoch != conversation.offer_epoch) {
    return refuse(Refusal::stale);
  }
  if (!has_offer) return refuse(Refusal::wrong_state);
  if (command.reason && !known(NameKind::reason, command.reason.value)) {
    return refuse(Refusal::unknown_name);
  }
  exclude(slot, by);
  end_offer(slot, by, Cause::rejected);
  judge(by);
  return {};
}

Outcome Router::State::on(const command::Pick& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  const AgentSlot by = find(command.agent);
  if (!by || !agent(by).on_roster) return refuse(Refusal::unknown_agent);
  Conversation& conversation = conversations[slot];
  const bool offered = conversation.state == ConversationState::offered;
  const bool repeated = conversation.state == ConversationState::assigned &&
                        conversation.agent == by &&
                        (command.epoch == 0 || command.epoch == conversation.epoch);
  if (repeated) return answer(conversation);
  if (!offered && conversation.state != ConversationState::waiting) {
    return refuse(Refusal::wrong_state);
  }
  if (command.epoch != 0 && (!offered || command.epoch != conversation.offer_epoch)) {
    return refuse(Refusal::stale);
  }
  const bool has_offer = std::find(conversation.offers.begin(), conversation.offers.end(), by) !=
                         conversation.offers.end();
  switch (why_not(agent(by), by, conversation)) {
    case Ineligible::none: break;
    case Ineligible::no_room:
      if (!has_offer) return refuse(Refusal::no_capacity);
      break;
    case Ineligible::unknown: return refuse(Refusal::unknown_agent);
    case Ineligible::not_available:
    case Ineligible::lost: return refuse(Refusal::not_present);
    default: return refuse(Refusal::not_eligible);
  }
  if (!offered) leave_queue(slot);
  withdraw_offers(slot, Cause::revoked, by);
  conversation.offers.clear();
  if (!has_offer) take_room(conversation, slot, by);
  agent(by).misses = 0;
  assign(slot, by, Cause::picked, {});
  return answer(conversation);
}

void Router::State::count_reply(Conversation& conversation) {
  ++conversation.replies;
  timers.cancel(conversation.reply);
  if (conversation.offers.empty()) conversation.due_ms = 0;
  if (conversation.nature.replied) return;
  conversation.nature.replied = true;
  if (conversation.nature.test) return;
  ClassState& of = classes[conversation.nature.service_class.value];
  ++of.replied;
  const std::int64_t waited_ms = stamp.pool_ms - conversation.nature.opened_ms;
  if (waited_ms <= class_of(conversation).target_ms) ++of.in_target;
}

Outcome Router::State::on(const command::Replied& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  Conversation& conversation = conversations[slot];
  if (conversation.state != ConversationState::assigned) return refuse(Refusal::wrong_state);
  const Refusal reason = check_holder(conversation, command.agent, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  count_reply(conversation);
  agent(conversation.agent).misses = 0;
  emit(EventKind::replied, Cause::command, conversation, conversation.agent).count =
      conversation.replies;
  return {};
}

Outcome Router::State::on(const command::Hold& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  Conversation& conversation = conversations[slot];
  const bool held = conversation.state == ConversationState::held;
  if (!held && conversation.state != ConversationState::assigned) {
    return refuse(Refusal::wrong_state);
  }
  const Refusal reason = check_holder(conversation, command.agent, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  if (held) return {};
  withdraw_offers(slot, Cause::revoked);
  stop_clocks(conversation);
  free_room(conversation, conversation.agent);
  if (command.for_ms > 0) {
    conversation.due_ms = stamp.pool_ms + command.for_ms;
    conversation.timer = timers.add(conversation.due_ms, TimerKind::hold, slot.value);
  }
  set_state(conversation, ConversationState::held);
  emit(EventKind::held, Cause::command, conversation, conversation.agent);
  return {};
}

// A held conversation comes back: to its agent if there is room, else it waits for that agent
// first.
void Router::State::come_back(ConversationSlot slot, Cause cause) {
  Conversation& conversation = conversations[slot];
  const AgentSlot holder = conversation.agent;
  const Agent& who = agent(holder);
  const bool here =
      (who.presence == Presence::available || who.presence == Presence::draining) && !who.lost;
  const std::uint16_t room = room_of(who.holds, who.capacity, who.load);
  timers.cancel(conversation.timer);
  if (here && (room >> (conversation.nature.channel.value - 1) & 1) != 0) {
    take_room(conversation, slot, holder);
    assign(slot, holder, cause, {});
    return;
  }
  const std::int64_t wait_ms = class_of(conversation).preferred_wait_ms;
  take_from_agent(slot);
  conversation.preferred = holder;
  conversation.preferred_until_ms = wait_ms > 0 ? stamp.pool_ms + wait_ms : 0;
  conversation.reserved = wait_ms > 0;
  place(slot, cause, holder);
}

Outcome Router::State::on(const command::Resume& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  Conversation& conversation = conversations[slot];
  if (conversation.state == ConversationState::assigned &&
      check_holder(conversation, command.agent, command.epoch) == Refusal::none) {
    return answer(conversation);
  }
  if (conversation.state != ConversationState::held) return refuse(Refusal::wrong_state);
  const Refusal reason = check_holder(conversation, command.agent, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  come_back(slot, Cause::resumed);
  return answer(conversation);
}

Outcome Router::State::on(const command::Release& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  Conversation& conversation = conversations[slot];
  if (conversation.state != ConversationState::assigned) return refuse(Refusal::wrong_state);
  const Refusal reason = check_holder(conversation, command.agent, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  if (command.reason && !known(NameKind::reason, command.reason.value)) {
    return refuse(Refusal::unknown_name);
  }
  exclude(slot, conversation.agent);
  const AgentSlot from = conversation.agent;
  requeue(slot, Cause::released);
  judge(from);
  return answer(conversation);
}

Outcome Router::State::on(const command::FinishWrapUp& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    const EndedSlot past = find_ended(command.conversation);
    if (!past) return refuse(Refusal::unknown_conversation);
    const bool repeated = ended[past].agent && agent(ended[past].agent).id == command.agent;
    return refuse(repeated ? Refusal::none : Refusal::wrong_state);
  }
  const Conversation& conversation = conversations[slot];
  if (conversation.state != ConversationState::wrapping) return refuse(Refusal::wrong_state);
  const Refusal reason = check_holder(conversation, command.agent, 0);
  if (reason != Refusal::none) return refuse(reason);
  end(slot, conversation.ends_abandoned ? ConversationState::abandoned : ConversationState::closed,
      Cause::command);
  return {};
}

Outcome Router::State::on(const command::ExtendWrapUp& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  Conversation& conversation = conversations[slot];
  if (conversation.state != ConversationState::wrapping) return refuse(Refusal::wrong_state);
  const Refusal reason = check_holder(conversation, command.agent, 0);
  if (reason != Refusal::none) return refuse(reason);
  conversation.due_ms += command.by_ms;
  timers.move(conversation.timer, conversation.due_ms);
  emit(EventKind::wrap_up_extended, Cause::command, conversation, conversation.agent);
  return {};
}

}  // namespace usher
