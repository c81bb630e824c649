// Who is on duty and what nobody is there for: alarms, shifts, and what operators stop by hand.

#include <algorithm>

#include "sim/twin.h"

namespace usher::sim {

using State = ConversationState;

// --- alarms ---

std::map<Twin::AlarmKey, std::uint32_t> Twin::alarms_due() const {
  std::map<AlarmKey, std::uint32_t> due;
  for (const Conversation& c : conversations_) {
    if (c.now.test) continue;
    if (c.state == State::unroutable) ++due[{c.service_class, Cause::nobody_ever}];
    if (in_queue(c) && !on_duty(c)) ++due[{c.service_class, Cause::nobody_on_duty}];
  }
  return due;
}

void Twin::sound_alarms() {
  const auto due = alarms_due();
  std::vector<ClassNumber> classes;
  for (const ClassConfiguration& k : rules().classes) classes.push_back(k.number);
  std::sort(classes.begin(), classes.end());
  for (const ClassNumber number : classes) {
    for (const Cause cause : {Cause::nobody_ever, Cause::nobody_on_duty}) {
      const auto found = due.find({number, cause});
      const std::uint32_t count = found == due.end() ? 0 : found->second;
      if ((count > 0) == alarms_.contains({number, cause})) continue;
      Event event;
      event.kind = EventKind::alarm;
      event.cause = cause;
      event.service_class = number;
      event.band = class_of(number).band;
      event.count = count;
      publish(event);
    }
  }
  alarms_ = due;
}

// Whoever was there for something that waits has gone: it may overflow.
void Twin::judge_left_alone() {
  const bool any = std::any_of(conversations_.begin(), conversations_.end(), [&](const auto& c) {
    const Diversion::Kind to = class_of(c).overflow.to.kind;
    const bool diverts = to == Diversion::Kind::defer || to == Diversion::Kind::service_class;
    return diverts && in_queue(c) && !c.now.test && !on_duty(c) && on_duty(c, agents_before_);
  });
  if (any) judge_all(Cause::roster);
}

// --- shifts ---

Refusal Twin::on(const command::ShiftEnds& ends) {
  Agent* a = agent_of(ends.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  if (a->presence == Presence::offline) return Refusal::not_present;
  stop(TimerKind::shift, {}, ends.agent);
  a->no_new_from_ms.reset();
  if (ends.in_ms == 0) return Refusal::none;
  const std::int64_t stop_new_ms = rules().stop_new_ms;
  const std::int64_t end_ms = now() + ends.in_ms;
  start(TimerKind::shift, end_ms, {}, ends.agent);
  // A moment that is over counts as much as one that is to come.
  if (stop_new_ms > 0) a->no_new_from_ms = end_ms - stop_new_ms;
  return Refusal::none;
}

// --- what operators stop ---

bool Twin::drains(ClassNumber number) const {
  for (const auto& what : {std::make_pair(Scope::pool, std::uint16_t{0}),
                           std::make_pair(Scope::service_class, number.value)}) {
    const auto found = scopes_.find(what);
    if (found != scopes_.end() && found->second == ScopeState::draining) return true;
  }
  return false;
}

bool Twin::shut(Scope scope, std::uint16_t number) const {
  const auto found = scopes_.find({scope, number});
  return found != scopes_.end() && found->second != ScopeState::open;
}

bool Twin::paused(const Conversation& c, const Agent& a) const {
  return a.scope != ScopeState::open || shut(Scope::pool, 0) ||
         shut(Scope::service_class, c.service_class.value) ||
         shut(Scope::group, a.definition.group.value);
}

Refusal Twin::on(const command::SetScope& set) {
  ScopeState* state = nullptr;
  std::uint16_t number = 0;
  if (set.scope == Scope::agent) {
    Agent* a = agent_of(set.agent);
    if (a == nullptr) return Refusal::unknown_agent;
    state = &a->scope;
  } else {
    const auto& classes = rules().classes;
    const bool configured = std::any_of(classes.begin(), classes.end(), [&](const auto& k) {
      return k.number.value == set.number;
    });
    if (set.scope == Scope::service_class && !configured) return Refusal::unknown_name;
    if (set.scope == Scope::group && !named(NameKind::group, set.number)) {
      return Refusal::unknown_name;
    }
    if (set.scope != Scope::pool) number = set.number;
    state = &scopes_.try_emplace({set.scope, number}, ScopeState::open).first->second;
  }
  if (*state == set.state) return Refusal::none;
  *state = set.state;
  Event event;
  event.kind = EventKind::scope_changed;
  event.cause = Cause::operator_order;
  event.scope = set.scope;
  event.scope_state = set.state;
  event.count = number;
  if (set.scope == Scope::agent) event.agent = set.agent;
  if (set.scope == Scope::service_class) event.service_class = {number};
  publish(event);
  return Refusal::none;
}

Refusal Twin::on(const command::Rate& rate) {
  const Conversation* c = known(rate.conversation);
  if (c == nullptr) return Refusal::unknown_conversation;
  const bool ended = c->state == State::closed || c->state == State::abandoned;
  if (!ended && c->state != State::wrapping) return Refusal::wrong_state;
  Event event = about(*c, EventKind::rated, Cause::command);
  event.outcome = c->outcome;
  event.agent = c->agent;
  if (ended) event.other_agent = c->last_person;
  event.epoch = c->epoch;
  event.score = rate.score;
  publish(event);
  const auto count = [&](auto& its) {
    ++its.rated;
    its.score += rate.score;
  };
  if (!c->now.test) {
    count(figures_[c->service_class]);
    count(group_figures_[ended ? c->closed_by : group_of(c->agent)]);
  }
  return Refusal::none;
}

}  // namespace usher::sim
