// The transitions that every command and every timer is made of. Each leaves state, load, queue and
// timers consistent; the callers decide which to take.

#include <algorithm>

#include "routing/state.h"

namespace usher {
namespace {

// The counter of a class that a conversation in this state stands in, if any.
std::uint32_t* counter_of(ClassState& of, ConversationState state) {
  switch (state) {
    case ConversationState::waiting: return &of.waiting;
    case ConversationState::offered: return &of.offered;
    case ConversationState::assigned: return &of.assigned;
    case ConversationState::held: return &of.held;
    case ConversationState::wrapping: return &of.wrapping;
    default: return nullptr;
  }
}

}  // namespace

void Router::State::set_state(Conversation& conversation, ConversationState state) {
  ClassState& of = classes[conversation.nature.service_class.value];
  const auto pool_counter = [&](ConversationState which) -> std::uint32_t* {
    switch (which) {
      case ConversationState::waiting: return &waiting;
      case ConversationState::unroutable: return &unroutable;
      case ConversationState::deferred: return &deferred;
      case ConversationState::scheduled: return &scheduled;
      default: return nullptr;
    }
  };
  if (std::uint32_t* counter = counter_of(of, conversation.state)) --*counter;
  if (std::uint32_t* counter = pool_counter(conversation.state)) --*counter;
  conversation.state = state;
  if (std::uint32_t* counter = counter_of(of, conversation.state)) ++*counter;
  if (std::uint32_t* counter = pool_counter(conversation.state)) ++*counter;
}

void Router::State::take_room(Conversation& conversation, ConversationSlot slot, AgentSlot with) {
  Agent& who = agent(with);
  const std::size_t channel = conversation.nature.channel.value;
  ++who.load.count[channel];
  const bool background = (who.holds.background >> (channel - 1) & 1) != 0;
  (background ? who.load.background : who.load.live) += who.holds.unit[channel];
  if (std::find(who.conversations.begin(), who.conversations.end(), slot) ==
      who.conversations.end()) {
    who.conversations.push_back(slot);
  }
  changed(with);
}

void Router::State::free_room(const Conversation& conversation, AgentSlot with) {
  Agent& who = agent(with);
  const std::size_t channel = conversation.nature.channel.value;
  CHECK(who.load.count[channel] > 0);
  --who.load.count[channel];
  const bool background = (who.holds.background >> (channel - 1) & 1) != 0;
  (background ? who.load.background : who.load.live) -= who.holds.unit[channel];
  changed(with);
  look(with);
}

void Router::State::leave(ConversationSlot slot, AgentSlot with) {
  std::vector<ConversationSlot>& list = agent(with).conversations;
  const auto found = std::find(list.begin(), list.end(), slot);
  CHECK(found != list.end());
  *found = list.back();
  list.pop_back();
}

void Router::State::enter_queue(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  const Nature& nature = conversation.nature;
  if (conversation.reserved && conversation.preferred_until_ms <= stamp.pool_ms) {
    conversation.reserved = false;
  }
  if (conversation.reserved) {
    agent(conversation.preferred).reserved.push_back(slot);
  } else {
    queues.insert(queue_for(conversation), slot, nature.opened_ms, nature.queued);
  }
  set_look(slot);
  look(slot);
}

void Router::State::leave_queue(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  timers.cancel(conversation.other);
  if (queues.holds(slot)) {
    queues.erase(slot);
  } else {
    std::erase(agent(conversation.preferred).reserved, slot);
  }
}

void Router::State::set_look(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  const Nature& nature = conversation.nature;
  std::int64_t next_ms = 0;
  const auto consider = [&](std::int64_t at_ms) {
    if (at_ms > stamp.pool_ms && (next_ms == 0 || at_ms < next_ms)) next_ms = at_ms;
  };
  for (const Step& step : needs[nature.requirement].steps) {
    consider(nature.opened_ms + step.after_ms);
  }
  consider(conversation.preferred_until_ms);
  for (const Exclusion& exclusion : conversation.exclusions) consider(exclusion.until_ms);
  if (class_helps_late[nature.service_class.value] != 0) {
    for (std::int64_t after_ms : helps_after[nature.service_class.value]) {
      consider(nature.opened_ms + after_ms);
    }
  }
  timers.cancel(conversation.other);
  if (next_ms != 0) conversation.other = timers.add(next_ms, TimerKind::look, slot.value);
}

// Puts a conversation that lies with nobody where it belongs: into the queue, or aside when the
// roster can never serve it.
void Router::State::place(ConversationSlot slot, Cause cause, AgentSlot from) {
  Conversation& conversation = conversations[slot];
  conversation.due_ms = 0;
  conversation.agent = AgentSlot{};
  if (conversation.nature.queued == 0) conversation.nature.queued = ++queued_count;
  if (!routable(conversation.nature)) {
    set_state(conversation, ConversationState::unroutable);
    emit(EventKind::unroutable, cause == Cause::due ? Cause::nobody_ever : cause, conversation, {},
         from);
    return;
  }
  set_state(conversation, ConversationState::waiting);
  enter_queue(slot);
  emit(EventKind::waiting, cause, conversation, {}, from);
}

void Router::State::start_clocks(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  const ClassConfiguration& of = class_of(conversation);
  timers.cancel(conversation.reply);
  if (of.reply_within_ms > 0) {
    conversation.due_ms = stamp.pool_ms + of.reply_within_ms;
    conversation.reply = timers.add(conversation.due_ms, TimerKind::reply, slot.value);
  }
  timers.cancel(conversation.other);
  if (of.handling_ms_max > 0) {
    conversation.other =
        timers.add(stamp.pool_ms + of.handling_ms_max, TimerKind::handling, slot.value);
  }
}

void Router::State::stop_clocks(Conversation& conversation) {
  timers.cancel(conversation.timer);
  timers.cancel(conversation.reply);
  timers.cancel(conversation.other);
  conversation.due_ms = 0;
}

// Requires: the agent's room is already taken for it, and it stands in no queue.
void Router::State::assign(ConversationSlot slot, AgentSlot to, Cause cause, AgentSlot from) {
  Conversation& conversation = conversations[slot];
  timers.cancel(conversation.timer);
  conversation.agent = to;
  conversation.epoch = stamp.sequence;
  conversation.due_ms = 0;
  conversation.preferred = AgentSlot{};
  conversation.preferred_until_ms = 0;
  conversation.reserved = false;
  conversation.replies = 0;
  set_state(conversation, ConversationState::assigned);
  const ClassConfiguration& of = class_of(conversation);
  if (of.replied_by == RepliedBy::reply) {
    start_clocks(slot);
  } else {
    count_reply(conversation);
  }
  emit(EventKind::assigned, cause, conversation, to, from);
}

// Requires: the conversation is in no queue; the agent is eligible.
void Router::State::offer(ConversationSlot slot, AgentSlot to) {
  Conversation& conversation = conversations[slot];
  if (conversation.offers.empty()) {
    conversation.offer_epoch = stamp.sequence;
    const std::size_t channel = conversation.nature.channel.value;
    conversation.due_ms = stamp.pool_ms + channel_configurations[channel]->offer_ms;
    timers.cancel(conversation.timer);
    conversation.timer = timers.add(conversation.due_ms, TimerKind::offer, slot.value);
  }
  conversation.offers.push_back(to);
  take_room(conversation, slot, to);
  if (conversation.state != ConversationState::assigned) {
    set_state(conversation, ConversationState::offered);
  }
  ++offers_made;
  Event& event = emit(EventKind::offered, Cause::given, conversation, to, conversation.agent);
  event.epoch = conversation.offer_epoch;
}

// One agent's offer ends; after the last one the conversation waits again at its place, or stays
// with the agent who had it all the time.
void Router::State::end_offer(ConversationSlot slot, AgentSlot of, Cause cause) {
  Conversation& conversation = conversations[slot];
  const auto found = std::find(conversation.offers.begin(), conversation.offers.end(), of);
  CHECK(found != conversation.offers.end());
  conversation.offers.erase(static_cast<std::size_t>(found - conversation.offers.begin()));
  free_room(conversation, of);
  leave(slot, of);
  if (conversation.offers.empty()) {
    timers.cancel(conversation.timer);
    conversation.due_ms = 0;
    if (conversation.state == ConversationState::offered) {
      set_state(conversation, ConversationState::waiting);
      enter_queue(slot);
    }
  }
  Event& event = emit(EventKind::offer_ended, cause, conversation, conversation.agent, of);
  event.epoch = conversation.offer_epoch;
}

// Ends every offer but the one, without putting the conversation back into the queue.
void Router::State::withdraw_offers(ConversationSlot slot, Cause cause, AgentSlot but) {
  Conversation& conversation = conversations[slot];
  const auto offers = conversation.offers;
  for (AgentSlot of : offers) {
    if (of == but) continue;
    const auto found = std::find(conversation.offers.begin(), conversation.offers.end(), of);
    conversation.offers.erase(static_cast<std::size_t>(found - conversation.offers.begin()));
    free_room(conversation, of);
    leave(slot, of);
    Event& event = emit(EventKind::offer_ended, cause, conversation, conversation.agent, of);
    event.epoch = conversation.offer_epoch;
  }
  if (conversation.offers.empty()) timers.cancel(conversation.timer);
}

void Router::State::exclude(ConversationSlot slot, AgentSlot who) {
  Conversation& conversation = conversations[slot];
  const std::int64_t until_ms = stamp.pool_ms + class_of(conversation).cool_down_ms;
  for (std::size_t i = 0; i < conversation.exclusions.size(); ++i) {
    if (conversation.exclusions[i].agent == who) {
      conversation.exclusions.erase(i);
      break;
    }
  }
  if (conversation.exclusions.full()) conversation.exclusions.erase(0);
  conversation.exclusions.push_back(Exclusion{who, until_ms});

  Agent& excluded = agent(who);
  const auto over = [&](const CoolDown& cool_down) {
    if (cool_down.until_ms <= stamp.pool_ms || cool_down.conversation == conversation.id) {
      return true;
    }
    const ConversationSlot other = find(cool_down.conversation);
    if (!other) return true;
    const auto& left = conversations[other].exclusions;
    return std::none_of(left.begin(), left.end(),
                        [&](const Exclusion& one) { return one.agent == who; });
  };
  for (std::size_t i = excluded.cool_downs.size(); i > 0; --i) {
    if (over(excluded.cool_downs[i - 1])) excluded.cool_downs.erase(i - 1);
  }
  if (!excluded.cool_downs.full()) {
    excluded.cool_downs.push_back(CoolDown{conversation.id, until_ms});
  }
}

// The conversation lies with nobody any more; its clocks stand, its offers are withdrawn, its room
// is free. Requires: assigned, held or wrapping.
void Router::State::take_from_agent(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  withdraw_offers(slot, Cause::revoked);
  stop_clocks(conversation);
  if (conversation.state != ConversationState::held) free_room(conversation, conversation.agent);
  leave(slot, conversation.agent);
  conversation.agent = AgentSlot{};
}

void Router::State::requeue(ConversationSlot slot, Cause cause) {
  const AgentSlot from = conversations[slot].agent;
  take_from_agent(slot);
  place(slot, cause, from);
}

// Requires: assigned.
void Router::State::wrap_up(ConversationSlot slot, bool abandoned, CloseOutcome outcome,
                            Cause cause) {
  Conversation& conversation = conversations[slot];
  withdraw_offers(slot, Cause::revoked);
  stop_clocks(conversation);
  conversation.outcome = outcome;
  conversation.ends_abandoned = abandoned;
  const std::int64_t wrap_up_ms = class_of(conversation).wrap_up_ms;
  if (wrap_up_ms == 0) {
    end(slot, abandoned ? ConversationState::abandoned : ConversationState::closed, cause);
    return;
  }
  conversation.due_ms = stamp.pool_ms + wrap_up_ms;
  conversation.timer = timers.add(conversation.due_ms, TimerKind::wrap_up, slot.value);
  set_state(conversation, ConversationState::wrapping);
  emit(EventKind::wrapping, cause, conversation, conversation.agent);
}

void Router::State::end(ConversationSlot slot, ConversationState state, Cause cause) {
  Conversation& conversation = conversations[slot];
  const AgentSlot with = conversation.agent;
  if (conversation.state == ConversationState::waiting) leave_queue(slot);
  if (with) {
    take_from_agent(slot);
  } else {
    withdraw_offers(slot, Cause::revoked);
    stop_clocks(conversation);
  }
  set_state(conversation, state);
  ClassState& of = classes[conversation.nature.service_class.value];
  if (!conversation.nature.test) {
    ++(state == ConversationState::abandoned ? of.abandoned : of.closed);
  }
  emit(state == ConversationState::abandoned ? EventKind::abandoned : EventKind::closed, cause,
       conversation, {}, with);

  const EndedSlot place = ended.take();
  Ended& remembered = ended[place];
  remembered.id = conversation.id;
  remembered.nature = conversation.nature;
  remembered.agent = with;
  remembered.state = state;
  remembered.outcome = conversation.outcome;
  remembered.older = newest_ended;
  if (newest_ended) ended[newest_ended].newer = place;
  newest_ended = place;
  if (!oldest_ended) oldest_ended = place;
  places.erase(conversation.id, place_of(slot));
  conversations.free(slot);
  places.insert(remembered.id, place_of(place));
  if (ended.live() > configuration.closed_keep) forget_ended(oldest_ended);
}

void Router::State::forget_ended(EndedSlot slot) {
  Ended& gone = ended[slot];
  (gone.older ? ended[gone.older].newer : oldest_ended) = gone.newer;
  (gone.newer ? ended[gone.newer].older : newest_ended) = gone.older;
  places.erase(gone.id, place_of(slot));
  ended.free(slot);
}

}  // namespace usher
