// The changes of state that several commands and timers share, each with its events.

#include <algorithm>

#include "routing/limits.h"
#include "sim/twin.h"

namespace usher::sim {

void Twin::touch(AgentId id) {
  if (Agent* a = agent_of(id); a != nullptr) a->idle_since = stamp_.sequence;
}

// --- the queue ---

void Twin::enter_queue(Conversation& c, Cause cause, AgentId other, ReasonNumber reason) {
  stop(TimerKind::deferred, c.now.conversation);
  const bool waited_already = c.state == ConversationState::waiting;
  c.state = ConversationState::waiting;
  if (!waited_already) begins_to_wait(c);
  c.joined = false;
  if (c.queued == 0) c.queued = ++queued_count_;
  const bool first = !c.waited;
  c.waited = true;
  tell(c, EventKind::waiting, cause, other, 0, reason);
  tell_wait(c, first);
  judge(c, Cause::none, first);
}

// --- offers ---

void Twin::offer(Conversation& c, Agent& a, Cause cause, bool over) {
  const AgentId id = a.definition.agent;
  const std::int64_t due_ms = now() + channel(c.now.channel)->offer_ms;
  c.offers.push_back({id, stamp_.sequence, over});
  stop(TimerKind::longest_wait, c.now.conversation);
  if (c.told && c.told_ms == now()) c.at_once = true;
  if (c.agent.is_zero()) c.state = ConversationState::offered;
  // All that are out for it lapse together.
  const auto other = std::find_if(timers_.begin(), timers_.end(), [&](const Timer& t) {
    return t.kind == TimerKind::offer && t.conversation == c.now.conversation;
  });
  const std::uint64_t number = other == timers_.end() ? ++timer_count_ : other->number;
  timers_.push_back({due_ms, number, TimerKind::offer, c.now.conversation, id});
  touch(id);
  ++offers_;
  tell_offer(c, EventKind::offered, cause, c.offers.back(), due_ms);
}

void Twin::end_offer(Conversation& c, AgentId agent, Cause cause, ReasonNumber reason) {
  const auto found = std::find_if(c.offers.begin(), c.offers.end(),
                                  [&](const Offer& o) { return o.agent == agent; });
  const Offer ended = *found;
  c.offers.erase(found);
  stop(TimerKind::offer, c.now.conversation, agent);
  if (c.agent.is_zero() && c.offers.empty()) {
    c.state = ConversationState::waiting;
    begins_to_wait(c);
  }
  touch(agent);
  tell_offer(c, EventKind::offer_ended, cause, ended, 0, reason);
}

void Twin::revoke_offers(Conversation& c, Cause cause) {
  while (!c.offers.empty()) end_offer(c, c.offers.front().agent, cause);
}

void Twin::offers_of_agent_end(AgentId agent, Cause cause) {
  for (Conversation& c : conversations_) {
    const bool offered = std::any_of(c.offers.begin(), c.offers.end(),
                                     [&](const Offer& o) { return o.agent == agent; });
    if (!offered) continue;
    end_offer(c, agent, cause);
    judge(c, Cause::none);
  }
}

// --- assignments ---

void Twin::assign(Conversation& c, AgentId agent, Cause cause, AgentId other, bool over) {
  const ClassConfiguration& its = class_of(c);
  const ConversationId id = c.now.conversation;
  stop_all(id);
  was_assigned(c);
  c.state = ConversationState::assigned;
  c.agent = agent;
  c.over = over;
  c.joined = false;
  c.seeking = false;
  c.epoch = stamp_.sequence;
  c.returning = false;
  c.own_list = false;
  c.replied_here = false;
  // Before silence, should both be due at once: what is handed over is no miss.
  if (is_bot(agent)) {
    start(TimerKind::bot, std::max(now(), c.opened_ms + its.bot_first_ms), id);
  } else {
    c.last_person = agent;
    remember_agent_of_customer(c, agent);
  }
  if (its.replied_by == RepliedBy::accept) {
    mark_replied(c);
  } else if (its.reply_within_ms > 0) {
    start(TimerKind::reply, now() + its.reply_within_ms, id);
  }
  if (its.handling_ms_max > 0) start(TimerKind::handling, now() + its.handling_ms_max, id);
  // An accepted offer had its room before.
  if (cause != Cause::accepted && cause != Cause::transferred) touch(agent);
  tell(c, EventKind::assigned, cause, other, state_due(c));
}

std::int64_t Twin::state_due(const Conversation& c) const {
  std::int64_t first_ms = 0;
  for (const TimerKind kind :
       {TimerKind::not_before, TimerKind::reply, TimerKind::hold, TimerKind::own_list,
        TimerKind::wrap_up, TimerKind::bot, TimerKind::deferred}) {
    const std::int64_t due_ms = due(kind, c.now.conversation);
    if (due_ms != 0 && (first_ms == 0 || due_ms < first_ms)) first_ms = due_ms;
  }
  return first_ms;
}

void Twin::mark_replied(Conversation& c) {
  c.replied_here = true;
  if (c.replied || (is_bot(c.agent) && !class_of(c).bot_replies_count)) return;
  c.replied = true;
  stop(TimerKind::target, c.now.conversation);
  if (c.now.test) return;
  const bool in_target = now() - clock_from_ms(c) <= class_of(c).target_ms;
  const auto count = [&](auto& its) {
    ++its.replied;
    its.in_target += in_target;
    its.reply_ms += static_cast<std::uint64_t>(now() - c.opened_ms);
  };
  count(figures(c));
  count(figures(c.agent));
}

AgentId Twin::take_from_agent(Conversation& c) {
  revoke_offers(c, Cause::revoked);
  stop_all(c.now.conversation);
  const AgentId agent = c.agent;
  if (c.state != ConversationState::held) touch(agent);
  c.agent = {};
  c.over = false;
  c.seeking = false;
  c.epoch = 0;
  c.made_from = 0;
  c.returning = false;
  c.own_list = false;
  return agent;
}

// To its agent; or first for its agent for a while, and then to whoever its class has.
void Twin::come_back(Conversation& c, Cause cause) {
  const Agent& a = *agent_of(c.agent);
  const bool security = band_of(c).security;
  const bool for_agent = security ? handles_incident(c, a) : bot_may_take(c, a, now());
  const bool there = cause == Cause::resumed || (a.presence == Presence::available && !a.lost);
  const bool room = there && has_room(a, c);
  if (room && for_agent) {
    c.made_from = c.epoch;
    assign(c, c.agent, cause, {});
    return;
  }
  const bool first = !c.own_list;
  if (security || room || (first && (!for_agent || class_of(c).preferred_wait_ms == 0))) {
    const AgentId agent = take_from_agent(c);
    enter_queue(c, cause, agent);
    return;
  }
  if (!c.returning) c.returning_number = ++returning_count_;
  c.returning = true;
  if (first) enter_own_list(c, cause);
}

void Twin::enter_own_list(Conversation& c, Cause cause) {
  stop(TimerKind::hold, c.now.conversation);
  c.own_list = true;
  start(TimerKind::own_list, now() + class_of(c).preferred_wait_ms, c.now.conversation);
  tell(c, EventKind::held, cause, {}, state_due(c));
}

void Twin::wrap_up(Conversation& c, bool leaving, CloseOutcome outcome) {
  revoke_offers(c, Cause::revoked);
  stop_all(c.now.conversation);
  stop(TimerKind::target, c.now.conversation);
  c.leaving = leaving;
  c.outcome = outcome;
  c.seeking = false;
  const std::int64_t wrap_up_ms = is_bot(c.agent) ? 0 : class_of(c).wrap_up_ms;
  if (wrap_up_ms == 0) {
    end(c, Cause::command);
    return;
  }
  c.state = ConversationState::wrapping;
  start(TimerKind::wrap_up, now() + wrap_up_ms, c.now.conversation);
  tell(c, EventKind::wrapping, Cause::command, {}, now() + wrap_up_ms);
}

void Twin::end(Conversation& c, Cause cause) {
  revoke_offers(c, Cause::revoked);
  const AgentId agent = c.agent.is_zero() ? AgentId{} : take_from_agent(c);
  stop_all(c.now.conversation);
  stop(TimerKind::target, c.now.conversation);
  c.state = c.leaving ? ConversationState::abandoned : ConversationState::closed;
  c.exclusions.clear();
  c.joined = false;
  c.closed_by = group_of(agent);
  const auto count = [&](auto& its) {
    ++(c.leaving ? its.abandoned : its.closed);
    if (!c.leaving) ++its.outcomes[static_cast<std::size_t>(c.outcome)];
  };
  if (!c.now.test) {
    count(figures(c));
    count(figures(agent));
  }
  tell(c, c.leaving ? EventKind::abandoned : EventKind::closed, cause, agent);
  const auto its_place = std::find_if(conversations_.begin(), conversations_.end(),
                                      [&](const Conversation& other) { return &other == &c; });
  ended_.splice(ended_.end(), conversations_, its_place);
  while (ended_.size() > rules().closed_keep && forgotten_ < 1024) {
    ended_.pop_front();
    ++forgotten_;
  }
  forget_customers();
}

// --- agents ---

void Twin::exclude(Conversation& c, AgentId agent, ClassNumber in) {
  const std::int64_t cool_down_ms = class_of(in).cool_down_ms;
  if (cool_down_ms == 0 || excluded_for_good(c, *agent_of(agent))) return;
  std::erase_if(c.exclusions, [&](const Exclusion& e) {
    return e.until_ms != 0 && (e.agent == agent || e.until_ms <= now());
  });
  if (c.exclusions.size() == limits::exclusions_max) {
    const auto oldest = std::find_if(c.exclusions.begin(), c.exclusions.end(),
                                     [](const Exclusion& e) { return e.until_ms != 0; });
    c.exclusions.erase(oldest);
  }
  c.exclusions.push_back({agent, now() + cool_down_ms});

  std::size_t cooling = 0;
  for (const Conversation& other : conversations_) {
    for (const Exclusion& e : other.exclusions) {
      if (e.agent == agent && e.until_ms > now()) ++cooling;
    }
  }
  if (cooling >= limits::agent_cool_downs_max) stop_responding(*agent_of(agent));
}

void Twin::miss(Conversation& c, AgentId agent, ClassNumber in) {
  ++c.misses;
  if (!c.now.test) {
    ++figures_[in].misses;
    ++figures(agent).misses;
  }
  Agent& a = *agent_of(agent);
  if (++a.misses >= rules().misses_max) stop_responding(a);
}

void Twin::stop_responding(Agent& a) {
  if (a.presence != Presence::available) return;
  offers_of_agent_end(a.definition.agent, Cause::agent_gone);
  a.presence = Presence::not_responding;
  a.reason = {};
  touch(a.definition.agent);
  tell(a, EventKind::agent_presence, Cause::misses);
}

void Twin::sign_off(Agent& a, Cause cause, Cause work_cause) {
  const AgentId id = a.definition.agent;
  // Not on duty any more when the work is judged.
  a.presence = Presence::offline;
  offers_of_agent_end(id, work_cause);
  for (Conversation& c : conversations_) {
    const bool open = c.state == ConversationState::assigned || c.state == ConversationState::held;
    if (!open || c.agent != id) continue;
    take_from_agent(c);
    enter_queue(c, work_cause, id);
  }
  for (auto c = conversations_.begin(); c != conversations_.end();) {
    Conversation& here = *c++;
    if (here.state == ConversationState::wrapping && here.agent == id) end(here, work_cause);
  }
  stop(TimerKind::lost, {}, id);
  stop(TimerKind::shift, {}, id);
  a.no_new_from_ms.reset();
  a.reason = {};
  a.lost = false;
  a.channels = 0;
  touch(id);
  tell(a, EventKind::agent_signed_off, cause);
  a.origin = {};
}

}  // namespace usher::sim
