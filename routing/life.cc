// The transitions that every command and every timer is made of. Each leaves state, load, queue and
// timers consistent; the callers decide which to take.

#include <algorithm>
#include <utility>

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
    case ConversationState::deferred: return &of.deferred;
    case ConversationState::unroutable: return &of.unroutable;
    default: return nullptr;
  }
}

}  // namespace

void Router::State::count_state(ClassState& of, ConversationState state, int sign) {
  const auto pool_counter = [&]() -> std::uint32_t* {
    switch (state) {
      case ConversationState::waiting: return &waiting;
      case ConversationState::unroutable: return &unroutable;
      case ConversationState::deferred: return &deferred;
      case ConversationState::scheduled: return &scheduled;
      default: return nullptr;
    }
  };
  for (std::uint32_t* counter : {counter_of(of, state), pool_counter()}) {
    if (counter != nullptr) *counter += static_cast<std::uint32_t>(sign);
  }
}

void Router::State::set_state(ConversationSlot slot, ConversationState state) {
  Conversation& conversation = conversations[slot];
  ClassState& of = classes[conversation.nature.service_class.value];
  const bool stood = belongs_in_line(conversation.state);
  const bool was_waiting = conversation.state == ConversationState::waiting;
  if (conversation.state == ConversationState::waiting) show_to_shedding(slot, false);
  if (conversation.state == ConversationState::unroutable) count_stuck(conversation.nature, -1);
  count_state(of, conversation.state, -1);
  conversation.state = state;
  count_state(of, conversation.state, +1);
  const bool begins = state == ConversationState::waiting && !was_waiting && of.waiting == 1;
  if (begins) of.estimator.backlog_began(stamp.pool_ms);
  if (state == ConversationState::waiting) show_to_shedding(slot, true);
  if (state == ConversationState::unroutable) count_stuck(conversation.nature, +1);
  if (stood && !belongs_in_line(state)) leave_line(slot);
  if (!stood && belongs_in_line(state)) stand_in_line(slot);
  if (stood) unsettle(slot);
  if (state != ConversationState::waiting) set_joined(slot, false);
}

// What it is changes, not where it stands. Requires: it stands in no queue.
void Router::State::set_nature(ConversationSlot slot, const Nature& nature) {
  Conversation& conversation = conversations[slot];
  const bool in_line = belongs_in_line(conversation.state);
  const auto counter = [&] {
    return counter_of(classes[conversation.nature.service_class.value], conversation.state);
  };
  const bool of_another = nature.customer != conversation.nature.customer;
  const bool of_another_class = nature.service_class != conversation.nature.service_class;
  if (in_line && (of_another || of_another_class)) leave_line(slot);
  const auto count = [&](bool is_there) {
    if (std::uint32_t* counted = counter()) *counted = is_there ? *counted + 1 : *counted - 1;
    if (conversation.state == ConversationState::waiting) show_to_shedding(slot, is_there);
    if (conversation.state == ConversationState::unroutable) {
      count_stuck(conversation.nature, is_there ? +1 : -1);
    }
    count_incidents(conversation, is_there ? +1 : -1);
  };
  count(false);
  conversation.nature = nature;
  count(true);
  ClassState& of = figures(conversation.nature);
  const bool begins =
      conversation.state == ConversationState::waiting && of_another_class && of.waiting == 1;
  if (begins) of.estimator.backlog_began(stamp.pool_ms);
  if (of_another) {
    customers.forget(conversation.customer);
    join_customer(slot);
  }
  if (in_line && (of_another || of_another_class)) stand_in_line(slot);
  if (in_line) unsettle(slot);
}

void Router::State::take_room(ConversationSlot slot, AgentSlot with, bool over) {
  Agent& who = agent(with);
  const std::size_t channel = conversations[slot].nature.channel.value;
  if (over) {
    ++who.load.over;
  } else {
    ++who.load.count[channel];
    const bool background = (who.holds.background >> (channel - 1) & 1) != 0;
    (background ? who.load.background : who.load.live) += who.holds.unit[channel];
  }
  if (std::find(who.conversations.begin(), who.conversations.end(), slot) ==
      who.conversations.end()) {
    who.conversations.push_back(slot);
  }
  count_incident(with, conversations[slot].nature.service_class, +1);
  changed(with);
}

void Router::State::free_room(const Conversation& conversation, AgentSlot with, bool over) {
  Agent& who = agent(with);
  const std::size_t channel = conversation.nature.channel.value;
  if (over) {
    CHECK(who.load.over > 0);
    --who.load.over;
  } else {
    CHECK(who.load.count[channel] > 0);
    --who.load.count[channel];
    const bool background = (who.holds.background >> (channel - 1) & 1) != 0;
    (background ? who.load.background : who.load.live) -= who.holds.unit[channel];
  }
  count_incident(with, conversation.nature.service_class, -1);
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
  const bool kept = class_of(conversation).hold_for_preferred;
  if (const AgentSlot keeper = kept ? preferred_of(conversation) : AgentSlot{}) {
    keep_for(slot, keeper);
  } else {
    conversation.queue_ms = queue_time_ms(nature);
    put_in_queue(slot);
  }
  count_waiting(nature, +1);
  set_look(slot);
  set_overdue(slot);
  look(slot);
}

// In the agent's own list: nobody else is asked.
void Router::State::keep_for(ConversationSlot slot, AgentSlot keeper) {
  Conversation& conversation = conversations[slot];
  conversation.kept_for = keeper;
  agent(keeper).kept.push_back(slot);
  ClassState& of = figures(conversation.nature);
  if (of.has_surge_rule) of.surge.kept.push_back(slot);
}

void Router::State::stop_keeping(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  std::erase(agent(conversation.kept_for).kept, slot);
  conversation.kept_for = AgentSlot{};
  ClassState& of = figures(conversation.nature);
  if (of.has_surge_rule) std::erase(of.surge.kept, slot);
}

// By queue_ms.
void Router::State::put_in_queue(ConversationSlot slot) {
  const Conversation& conversation = conversations[slot];
  const std::uint64_t queued = conversation.nature.queued;
  queues.insert(queue_for(conversation, queues), slot, conversation.queue_ms, queued);
  if (!bots_first(conversation)) return;
  for_bots.insert(queue_for(conversation, for_bots), slot, conversation.queue_ms, queued);
}

// A conversation that stands in no queue is left as it is.
void Router::State::leave_queue(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  timers.cancel(conversation.overdue);
  if (queues.holds(slot)) {
    queues.erase(slot);
    if (for_bots.holds(slot)) for_bots.erase(slot);
  } else if (conversation.kept_for) {
    stop_keeping(slot);
  } else {
    return;
  }
  count_waiting(conversation.nature, -1);
  timers.cancel(conversation.look);
}

// For a moment: what is due when it has waited too long keeps its place among the timers.
void Router::State::step_out(ConversationSlot slot) {
  TimerSlot overdue = std::exchange(conversations[slot].overdue, TimerSlot{});
  leave_queue(slot);
  conversations[slot].overdue = overdue;
}

// When a waiting conversation has next to look though nobody's room changed.
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
  if (!nature.preferred_agent.is_zero()) {
    consider(conversation.preferred_since_ms + class_of(conversation).preferred_wait_ms);
  }
  for (const Exclusion& exclusion : conversation.exclusions) consider(exclusion.until_ms);
  // Of every rule: an agent may yet come to stand where it counts.
  for (const TierRule& rule : class_of(conversation).tiers) {
    consider(nature.opened_ms + rule.helps_after_ms);
  }
  if (bots_first(conversation)) consider(nature.opened_ms + class_of(conversation).bot_first_ms);
  timers.cancel(conversation.look);
  if (next_ms != 0) conversation.look = timers.add(next_ms, TimerKind::look, slot.value);
}

void Router::State::wait(ConversationSlot slot, Cause cause, AgentSlot from, ReasonNumber reason) {
  Conversation& conversation = conversations[slot];
  std::optional<std::uint32_t> first_behind;
  if (conversation.nature.queued == 0) {
    conversation.nature.queued = ++queued_count;
    first_behind = classes[conversation.nature.service_class.value].waiting;
  }
  set_state(slot, ConversationState::waiting);
  set_joined(slot, false);
  emit(EventKind::waiting, cause, conversation, from).reason = reason;
  promise(slot, first_behind.has_value());
  judge(slot, Cause::none, first_behind);
}

void Router::State::judge(ConversationSlot slot, Cause cause,
                          std::optional<std::uint32_t> first_behind) {
  Conversation& conversation = conversations[slot];
  if (conversation.seeking) {
    if (conversation.offers.empty() && !in_queue(slot)) enter_queue(slot);
    return;
  }
  const bool is_waiting = conversation.state == ConversationState::waiting;
  if (conversation.state == ConversationState::deferred) {
    const bool returns = !conversation.timer && !closed(conversation.nature.requirement);
    if (returns) wait(slot, Cause::hours, {});
    return;
  }
  if (!is_waiting && conversation.state != ConversationState::unroutable) return;
  const Way way = way_of(conversation.nature, may_divert(conversation), first_behind);
  if (way == Way::closed || way == Way::overflow) {
    leave_queue(slot);
    divert(slot, way);
  } else if (way == Way::unroutable) {
    if (!is_waiting) return;
    leave_queue(slot);
    forget_promise(conversation);
    set_state(slot, ConversationState::unroutable);
    emit(EventKind::unroutable, Cause::nobody_ever, conversation);
    watch_target(slot);
  } else if (!is_waiting) {
    wait(slot, cause, {});
  } else if (!conversation.joined()) {
    // The clock of its target may have stood meanwhile.
    const bool moved =
        queues.holds(slot) && queues.time_ms(slot) != queue_time_ms(conversation.nature);
    if (moved) step_out(slot);
    if (!in_queue(slot)) {
      enter_queue(slot);
    } else if (recheck.reopens) {
      look(slot);
    }
  }
}

void Router::State::stop_clocks(Conversation& conversation) {
  timers.cancel(conversation.timer);
  timers.cancel(conversation.reply);
  timers.cancel(conversation.handling);
  timers.cancel(conversation.bot_turn);
}

// When its state ends by itself, its offers aside; 0 = never.
std::int64_t Router::State::due_of(const Conversation& conversation) const {
  std::int64_t due_ms = 0;
  for (TimerSlot timer : {conversation.timer, conversation.reply, conversation.bot_turn}) {
    const std::int64_t at_ms = deadline_of(timer);
    if (timer && (due_ms == 0 || at_ms < due_ms)) due_ms = at_ms;
  }
  return due_ms;
}

// Requires: the agent's room is taken for it, and it stands in no queue; `over` is set.
void Router::State::assign(ConversationSlot slot, AgentSlot to, Cause cause, AgentSlot from) {
  Conversation& conversation = conversations[slot];
  const ClassConfiguration& of = class_of(conversation);
  stop_clocks(conversation);
  keep_promise(conversation);
  if (conversation.returning != 0) {
    conversation.returning = 0;
    conversation.own_list = false;
    std::erase(agent(conversation.agent).returning, slot);
  }
  set_state(slot, ConversationState::assigned);
  conversation.agent = to;
  if (!is_bot(to)) {
    conversation.last_agent = to;
    if (conversation.customer) customers[conversation.customer].last_agent = to;
  } else {
    const std::int64_t ends_ms = conversation.nature.opened_ms + of.bot_first_ms;
    conversation.bot_turn =
        timers.add(std::max(stamp.pool_ms, ends_ms), TimerKind::bot_turn, slot.value);
  }
  conversation.seeking = false;
  conversation.epoch = stamp.sequence;
  conversation.replied_here = false;
  if (of.replied_by == RepliedBy::accept) {
    count_reply(conversation);
  } else if (of.reply_within_ms > 0) {
    conversation.reply =
        timers.add(stamp.pool_ms + of.reply_within_ms, TimerKind::reply, slot.value);
  }
  if (of.handling_ms_max > 0) {
    conversation.handling =
        timers.add(stamp.pool_ms + of.handling_ms_max, TimerKind::handling, slot.value);
  }
  emit(EventKind::assigned, cause, conversation, from).due_ms = due_of(conversation);
}

// Requires: it stands in no queue; the agent is eligible.
void Router::State::offer(ConversationSlot slot, AgentSlot to, bool over, Cause cause) {
  Conversation& conversation = conversations[slot];
  if (conversation.offers.empty()) {
    conversation.offers_over = over;
    conversation.offer_epoch = stamp.sequence;
    const std::size_t channel = conversation.nature.channel.value;
    timers.cancel(conversation.timer);
    conversation.timer = timers.add(stamp.pool_ms + channel_configurations[channel]->offer_ms,
                                    TimerKind::offer, slot.value);
  }
  conversation.offers.push_back(to);
  if (conversation.expects && stamp.pool_ms == conversation.expected_from_ms) {
    conversation.at_once = true;
  }
  if (!conversation.agent) set_state(slot, ConversationState::offered);
  take_room(slot, to, over);
  ++offers_made;
  emit_offer(EventKind::offered, cause, conversation, to).due_ms = deadline_of(conversation.timer);
}

// After the last offer the conversation waits again at its place (which the caller gives it with
// judge()), or stays with the agent who had it all the time.
void Router::State::end_offer(ConversationSlot slot, AgentSlot of, Cause cause,
                              ReasonNumber reason) {
  Conversation& conversation = conversations[slot];
  const auto found = std::find(conversation.offers.begin(), conversation.offers.end(), of);
  CHECK(found != conversation.offers.end());
  conversation.offers.erase(static_cast<std::size_t>(found - conversation.offers.begin()));
  free_room(conversation, of, conversation.offers_over);
  leave(slot, of);
  if (conversation.offers.empty()) {
    timers.cancel(conversation.timer);
    if (!conversation.agent) set_state(slot, ConversationState::waiting);
  }
  emit_offer(EventKind::offer_ended, cause, conversation, of).reason = reason;
  if (conversation.offers.empty()) conversation.offers_over = false;
}

void Router::State::withdraw_offers(ConversationSlot slot, Cause cause) {
  while (!conversations[slot].offers.empty()) {
    end_offer(slot, conversations[slot].offers[0], cause);
  }
}

void Router::State::exclude(ConversationSlot slot, AgentSlot who, const ClassConfiguration& of) {
  Conversation& conversation = conversations[slot];
  const std::int64_t cool_down_ms = of.cool_down_ms;
  if (cool_down_ms == 0 || excluded_for_good(conversation.nature, who)) return;
  const std::int64_t until_ms = stamp.pool_ms + cool_down_ms;
  auto& exclusions = conversation.exclusions;
  for (std::size_t i = exclusions.size(); i > 0; --i) {
    const Exclusion& exclusion = exclusions[i - 1];
    if (exclusion.agent == who || !stands(exclusion)) exclusions.erase(i - 1);
  }
  while (exclusions.size() + conversation.nature.excluded.size() >= limits::exclusions_max) {
    exclusions.erase(0);
  }
  exclusions.push_back(Exclusion{who, until_ms, stamp.sequence});
  if (in_queue(slot)) set_look(slot);

  // The agent's cool-downs that still stand; as many as are allowed stop the agent.
  Agent& excluded = agent(who);
  const auto over = [&](const CoolDown& cool_down) {
    if (cool_down.until_ms <= stamp.pool_ms || cool_down.conversation == conversation.id) {
      return true;
    }
    const ConversationSlot other = find_place(cool_down.conversation).live;
    if (!other) return true;
    const auto& left = conversations[other].exclusions;
    return std::none_of(left.begin(), left.end(),
                        [&](const Exclusion& one) { return one.agent == who; });
  };
  std::erase_if(excluded.cool_downs, over);
  excluded.cool_downs.push_back(CoolDown{conversation.id, until_ms});
  if (excluded.cool_downs.size() >= limits::agent_cool_downs_max) stop_responding(who);
}

// The conversation lies with nobody any more; its clocks stand, its offers are withdrawn, its room
// is free. Tells whose it was. Requires: assigned, held or wrapping.
AgentSlot Router::State::take_from_agent(ConversationSlot slot) {
  withdraw_offers(slot, Cause::revoked);
  leave_queue(slot);
  Conversation& conversation = conversations[slot];
  stop_clocks(conversation);
  const AgentSlot from = conversation.agent;
  if (conversation.state != ConversationState::held) {
    free_room(conversation, from, conversation.over);
  }
  conversation.over = false;
  conversation.seeking = false;
  if (conversation.returning != 0) {
    conversation.returning = 0;
    conversation.own_list = false;
    std::erase(agent(from).returning, slot);
  }
  leave(slot, from);
  conversation.agent = AgentSlot{};
  conversation.epoch = 0;
  conversation.made_from = 0;
  return from;
}

// Nobody else is asked for it any more; it stays with its agent.
void Router::State::stop_seeking(ConversationSlot slot) {
  withdraw_offers(slot, Cause::revoked);
  leave_queue(slot);
  conversations[slot].seeking = false;
}

// Requires: assigned.
void Router::State::wrap_up(ConversationSlot slot, bool leaving, CloseOutcome outcome) {
  stop_seeking(slot);
  Conversation& conversation = conversations[slot];
  stop_clocks(conversation);
  timers.cancel(conversation.target);
  conversation.leaving = leaving;
  conversation.outcome = outcome;
  const std::int64_t wrap_up_ms =
      is_bot(conversation.agent) ? 0 : class_of(conversation).wrap_up_ms;
  if (wrap_up_ms == 0) {
    end(slot, Cause::command);
    return;
  }
  conversation.timer = timers.add(stamp.pool_ms + wrap_up_ms, TimerKind::wrap_up, slot.value);
  set_state(slot, ConversationState::wrapping);
  emit(EventKind::wrapping, Cause::command, conversation).due_ms = deadline_of(conversation.timer);
}

void Router::State::end(ConversationSlot slot, Cause cause) {
  Conversation& conversation = conversations[slot];
  withdraw_offers(slot, Cause::revoked);
  leave_queue(slot);
  const AgentSlot with = conversation.agent ? take_from_agent(slot) : AgentSlot{};
  stop_clocks(conversation);
  timers.cancel(conversation.target);
  const bool leaving = conversation.leaving;
  set_state(slot, leaving ? ConversationState::abandoned : ConversationState::closed);
  const GroupNumber group = group_of(with);
  if (!conversation.nature.test) {
    for (Tally* of : tallies_of(conversation.nature.service_class, group)) {
      ++(leaving ? of->abandoned : of->closed);
      if (!leaving) ++of->outcomes[static_cast<std::size_t>(conversation.outcome)];
    }
  }
  emit(leaving ? EventKind::abandoned : EventKind::closed, cause, conversation, with);
  remember(slot, group);
}

void Router::State::remember(ConversationSlot slot, GroupNumber group) {
  Conversation& conversation = conversations[slot];
  if (recheck.next == slot) recheck.next = conversation.later;
  if (moving.next == slot) moving.next = conversation.later;
  (conversation.earlier ? conversations[conversation.earlier].later : first_opened) =
      conversation.later;
  (conversation.later ? conversations[conversation.later].earlier : last_opened) =
      conversation.earlier;

  const EndedSlot place = ended.take();
  Ended& remembered = ended[place];
  remembered.id = conversation.id;
  remembered.nature = conversation.nature;
  remembered.agent = conversation.last_agent;
  remembered.state = conversation.state;
  remembered.outcome = conversation.outcome;
  remembered.misses = conversation.misses;
  remembered.group = group;
  remembered.claimed = conversation.claimed;
  remembered.customer = conversation.customer;
  remembered.older = newest_ended;
  if (newest_ended) ended[newest_ended].newer = place;
  newest_ended = place;
  if (!oldest_ended) oldest_ended = place;
  places.erase(conversation.id, place_of(slot));
  conversations.free(slot);
  places.insert(remembered.id, place_of(place));
  // Many are too many once the configuration says so.
  for (; ended.live() > configuration.closed_keep; ++forgotten_count) {
    if (forgotten_count == limits::cursor_step) break;
    forget_ended(oldest_ended);
  }
}

void Router::State::forget_ended(EndedSlot slot) {
  Ended& gone = ended[slot];
  customers.forget(gone.customer);
  (gone.older ? ended[gone.older].newer : oldest_ended) = gone.newer;
  (gone.newer ? ended[gone.newer].older : newest_ended) = gone.older;
  places.erase(gone.id, place_of(slot));
  ended.free(slot);
}

}  // namespace usher
