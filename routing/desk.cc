// What agents do with a conversation.

#include <algorithm>
#include <utility>

#include "routing/state.h"

namespace usher {
namespace {

template <class List>
bool contains(const List& list, AgentSlot agent) {
  return std::find(list.begin(), list.end(), agent) != list.end();
}

}  // namespace

// Requires: assigned, held or wrapping; whatever is named must be it.
Refusal Router::State::check_holder(const Conversation& conversation, AgentSlot by,
                                    std::uint64_t epoch) const {
  if (epoch != 0 && epoch != conversation.epoch) return Refusal::stale;
  return by == conversation.agent ? Refusal::none : Refusal::not_allowed;
}

// Whether what is asked for is the assignment that stands, named as it is or as it was asked for.
bool Router::State::repeats_assignment(const Conversation& conversation, AgentSlot by,
                                       std::uint64_t epoch) const {
  return conversation.state == ConversationState::assigned && conversation.agent == by &&
         (epoch == 0 || epoch == conversation.epoch || epoch == conversation.made_from);
}

Outcome Router::State::on(const command::Accept& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const AgentSlot by = on_roster(command.agent);
  if (!by) return refuse(Refusal::unknown_agent);
  const ConversationSlot slot = place.live;
  Conversation& conversation = conversations[slot];
  if (repeats_assignment(conversation, by, command.epoch)) return {};
  if (conversation.offers.empty()) return refuse(Refusal::wrong_state);
  if (command.epoch != 0 && command.epoch != conversation.offer_epoch) {
    return refuse(Refusal::stale);
  }
  if (!contains(conversation.offers, by)) return refuse(Refusal::not_allowed);
  agent(by).misses = 0;
  const auto offers = conversation.offers;
  for (AgentSlot to : offers) {
    if (to != by) end_offer(slot, to, Cause::taken_by_another);
  }
  // The room of the offer becomes that of the assignment.
  conversation.offers.clear();
  const bool over = std::exchange(conversation.offers_over, false);
  const AgentSlot source = conversation.agent ? take_from_agent(slot) : AgentSlot{};
  conversation.made_from = conversation.offer_epoch;
  conversation.over = over;
  assign(slot, by, source ? Cause::transferred : Cause::accepted, source);
  return {};
}

Outcome Router::State::on(const command::Reject& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const AgentSlot by = on_roster(command.agent);
  if (!by) return refuse(Refusal::unknown_agent);
  if (unknown_reason(command.reason)) return refuse(Refusal::unknown_name);
  const ConversationSlot slot = place.live;
  const Conversation& conversation = conversations[slot];
  if (conversation.offers.empty()) return refuse(Refusal::wrong_state);
  if (command.epoch != 0 && command.epoch != conversation.offer_epoch) {
    return refuse(Refusal::stale);
  }
  if (!contains(conversation.offers, by)) return refuse(Refusal::not_allowed);
  const ClassConfiguration& of = class_of(conversation);
  end_offer(slot, by, Cause::rejected, command.reason);
  judge(slot, Cause::none);
  exclude(slot, by, of);
  return {};
}

// A person who picks is bound by what they may and can do, not by whose turn it is.
Refusal Router::State::check_pick(const Conversation& conversation, AgentSlot by) const {
  const Agent& who = agent(by);
  const std::uint16_t channel = conversation.nature.channel.value;
  if (who.presence == Presence::offline || who.lost) return Refusal::not_present;
  if (!takes(who, conversation.nature.channel) || !meets_need(by, conversation) ||
      excluded_for_good(conversation.nature, by)) {
    return Refusal::not_eligible;
  }
  if (is_bot(by) && !bots_first(conversation)) return Refusal::not_eligible;
  if (who.load.over > 0 && (voice_channels >> (channel - 1) & 1) != 0) return Refusal::no_capacity;
  Load load = who.load;
  if (contains(conversation.offers, by) && !conversation.offers_over) {
    // The room of the offer to the same agent is there for this.
    const bool background = (who.holds.background >> (channel - 1) & 1) != 0;
    --load.count[channel];
    (background ? load.background : load.live) -= who.holds.unit[channel];
  }
  return fits(who.holds, who.capacity, load, channel) ? Refusal::none : Refusal::no_capacity;
}

Outcome Router::State::on(const command::Pick& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const AgentSlot by = on_roster(command.agent);
  if (!by) return refuse(Refusal::unknown_agent);
  const ConversationSlot slot = place.live;
  Conversation& conversation = conversations[slot];
  if (repeats_assignment(conversation, by, command.epoch)) return {};
  const bool queued = conversation.state == ConversationState::waiting ||
                      conversation.state == ConversationState::offered ||
                      conversation.state == ConversationState::unroutable;
  if (!queued) return refuse(Refusal::wrong_state);
  const std::uint64_t epoch = conversation.offers.empty() ? 0 : conversation.offer_epoch;
  if (command.epoch != 0 && command.epoch != epoch) return refuse(Refusal::stale);
  if (const Refusal reason = check_pick(conversation, by); reason != Refusal::none) {
    return refuse(reason);
  }
  withdraw_offers(slot, Cause::revoked);
  leave_queue(slot);
  if (conversation.nature.queued == 0) conversation.nature.queued = ++queued_count;
  agent(by).misses = 0;
  conversation.made_from = epoch;
  take_room(slot, by, false);
  assign(slot, by, Cause::picked, {});
  return {};
}

void Router::State::count_reply(Conversation& conversation) {
  conversation.replied_here = true;
  if (conversation.nature.replied) return;
  if (is_bot(conversation.agent) && !class_of(conversation).bot_replies_count) return;
  conversation.nature.replied = true;
  timers.cancel(conversation.target);
  if (conversation.nature.test) return;
  const Nature& nature = conversation.nature;
  const bool in_target = stamp.pool_ms - target_from_ms(nature) <= class_of(conversation).target_ms;
  for (Tally* of : tallies_of(nature.service_class, group_of(conversation.agent))) {
    ++of->replied;
    of->reply_ms += static_cast<std::uint64_t>(stamp.pool_ms - nature.opened_ms);
    if (in_target) ++of->in_target;
  }
}

Outcome Router::State::on(const command::Replied& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const AgentSlot by = on_roster(command.agent);
  if (!by) return refuse(Refusal::unknown_agent);
  Conversation& conversation = conversations[place.live];
  if (conversation.state != ConversationState::assigned) return refuse(Refusal::wrong_state);
  const Refusal reason = check_holder(conversation, by, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  if (conversation.replied_here) return {};
  agent(by).misses = 0;
  timers.cancel(conversation.reply);
  count_reply(conversation);
  emit(EventKind::replied, Cause::command, conversation);
  return {};
}

Outcome Router::State::on(const command::Hold& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const AgentSlot by = on_roster(command.agent);
  if (!by) return refuse(Refusal::unknown_agent);
  const ConversationSlot slot = place.live;
  Conversation& conversation = conversations[slot];
  const bool held = conversation.state == ConversationState::held;
  if (!held && conversation.state != ConversationState::assigned) {
    return refuse(Refusal::wrong_state);
  }
  const Refusal reason = check_holder(conversation, by, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  if (held) return {};
  stop_seeking(slot);
  timers.cancel(conversation.reply);
  timers.cancel(conversation.handling);
  free_room(conversation, by, conversation.over);
  conversation.over = false;
  set_state(slot, ConversationState::held);
  if (command.for_ms > 0) {
    conversation.timer = timers.add(stamp.pool_ms + command.for_ms, TimerKind::hold, slot.value);
  }
  emit(EventKind::held, Cause::command, conversation).due_ms = due_of(conversation);
  return {};
}

// A held conversation comes back: to its agent if there is room, else into the agent's own list,
// after preferred_wait into its class. At once into its class goes an incident that its agent has
// no room for or cannot handle, and what a bot held whose turn is over.
void Router::State::come_back(ConversationSlot slot, Cause cause) {
  Conversation& conversation = conversations[slot];
  const AgentSlot holder = conversation.agent;
  const Agent& who = agent(holder);
  const bool incident = is_incident(conversation);
  const bool may_have =
      incident ? handles_incident(conversation) : !is_bot(holder) || bots_first(conversation);
  const bool there = cause == Cause::resumed || (who.presence == Presence::available && !who.lost);
  const bool room = there && (room_now(who) >> (conversation.nature.channel.value - 1) & 1) != 0;
  if (room && may_have) {
    conversation.made_from = conversation.epoch;
    take_room(slot, holder, false);
    assign(slot, holder, cause, {});
    return;
  }
  const std::int64_t wait_ms = class_of(conversation).preferred_wait_ms;
  const bool waits_for_agent = conversation.own_list || (may_have && wait_ms > 0);
  if (room || incident || !waits_for_agent) {
    take_from_agent(slot);
    wait(slot, cause, holder);
    return;
  }
  set_returning(slot);
  if (conversation.own_list) return;
  timers.cancel(conversation.timer);
  conversation.own_list = true;
  conversation.timer = timers.add(stamp.pool_ms + wait_ms, TimerKind::own_list, slot.value);
  emit(EventKind::held, cause, conversation).due_ms = due_of(conversation);
}

// From now on it is looked at whenever its agent looks.
void Router::State::set_returning(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  if (conversation.returning != 0) return;
  conversation.returning = ++returning_count;
  agent(conversation.agent).returning.push_back(slot);
}

// What is due back stands before everything else its agent could take.
void Router::State::return_held() {
  std::vector<ConversationSlot> due_back;
  for (AgentSlot slot : looking_agents) {
    const std::vector<ConversationSlot>& own = agent(slot).returning;
    due_back.insert(due_back.end(), own.begin(), own.end());
  }
  std::sort(due_back.begin(), due_back.end(), [&](ConversationSlot a, ConversationSlot b) {
    return conversations[a].returning < conversations[b].returning;
  });
  for (ConversationSlot slot : due_back) {
    // Their agents look on in the next record.
    if (caused() >= limits::matching_events_max) return;
    come_back(slot, Cause::due);
  }
}

Outcome Router::State::on(const command::Resume& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const AgentSlot by = on_roster(command.agent);
  if (!by) return refuse(Refusal::unknown_agent);
  const ConversationSlot slot = place.live;
  const Conversation& conversation = conversations[slot];
  if (repeats_assignment(conversation, by, command.epoch)) return {};
  if (conversation.state != ConversationState::held) return refuse(Refusal::wrong_state);
  const Refusal reason = check_holder(conversation, by, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  if (agent(by).lost) return refuse(Refusal::not_present);
  come_back(slot, Cause::resumed);
  return {};
}

Outcome Router::State::on(const command::Release& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const AgentSlot by = on_roster(command.agent);
  if (!by) return refuse(Refusal::unknown_agent);
  if (unknown_reason(command.reason)) return refuse(Refusal::unknown_name);
  const ConversationSlot slot = place.live;
  const Conversation& conversation = conversations[slot];
  if (conversation.state != ConversationState::assigned) return refuse(Refusal::wrong_state);
  const Refusal reason = check_holder(conversation, by, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  take_from_agent(slot);
  if (is_bot(by)) {
    conversations[slot].handed_over = true;
    wait(slot, Cause::bot_handed_over, by, command.reason);
    return {};
  }
  const ClassConfiguration& of = class_of(conversation);
  wait(slot, Cause::released, by, command.reason);
  // Otherwise whoever gave it back would often be the first to get it again.
  exclude(slot, by, of);
  return {};
}

Outcome Router::State::on(const command::FinishWrapUp& command) {
  const auto [slot, past] = find_place(command.conversation);
  if (!slot && !past) return refuse(Refusal::unknown_conversation);
  const AgentSlot by = on_roster(command.agent);
  if (!by) return refuse(Refusal::unknown_agent);
  if (past) return refuse(ended[past].agent == by ? Refusal::none : Refusal::wrong_state);
  const Conversation& conversation = conversations[slot];
  if (conversation.state != ConversationState::wrapping) return refuse(Refusal::wrong_state);
  if (conversation.agent != by) return refuse(Refusal::not_allowed);
  end(slot, Cause::command);
  return {};
}

Outcome Router::State::on(const command::ExtendWrapUp& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const AgentSlot by = on_roster(command.agent);
  if (!by) return refuse(Refusal::unknown_agent);
  const ConversationSlot slot = place.live;
  Conversation& conversation = conversations[slot];
  if (conversation.state != ConversationState::wrapping) return refuse(Refusal::wrong_state);
  if (conversation.agent != by) return refuse(Refusal::not_allowed);
  const std::int64_t due_ms = deadline_of(conversation.timer) + command.by_ms;
  timers.cancel(conversation.timer);
  conversation.timer = timers.add(due_ms, TimerKind::wrap_up, slot.value);
  emit(EventKind::wrap_up_extended, Cause::command, conversation).due_ms = due_ms;
  return {};
}

}  // namespace usher
