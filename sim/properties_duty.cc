// The properties of hours, deferral, modes, shifts, scopes and alarms.

#include <algorithm>
#include <limits>

#include "routing/limits.h"
#include "sim/differences.h"
#include "sim/properties.h"

namespace usher::sim {

using State = ConversationState;

const RoutingRules& Properties::in_force(const Sight& sight, ModeNumber mode) {
  static const RoutingRules none;
  if (sight.configuration == nullptr) return none;
  for (const Mode& its : sight.configuration->modes) {
    if (its.number == mode) return its.rules;
  }
  return *sight.configuration;
}

bool Properties::rules_changed() const {
  return mode_changed_ || std::holds_alternative<command::Configure>(record_->command);
}

bool Properties::cursor() const {
  return sight_->next_deadline && *sight_->next_deadline <= sight_->pool.pool_ms;
}

const Properties::Turns* Properties::calendar(const ConversationView& c) const {
  for (const ClassHours& line : class_of(c).hours) {
    if (line.language && line.language != c.language) continue;
    const auto found = calendars_.find(line.hours);
    return found == calendars_.end() ? nullptr : &found->second;
  }
  return nullptr;
}

bool Properties::closed(const ConversationView& c) const {
  const Turns* turns = calendar(c);
  return turns != nullptr && !turns->back().second;
}

std::int64_t Properties::clock_from_ms(const ConversationView& c) const {
  const Turns* turns = calendar(c);
  if (turns == nullptr) return c.opened_ms;
  std::int64_t from_ms = c.opened_ms;
  std::int64_t until_ms = sight_->pool.pool_ms;
  const std::int64_t earliest_ms = std::max(c.opened_ms, until_ms - 31 * limits::day_ms);
  for (auto turn = turns->rbegin(); turn != turns->rend(); ++turn) {
    const std::int64_t since_ms = std::max(turn->first, earliest_ms);
    if (!turn->second && until_ms > since_ms) from_ms += until_ms - since_ms;
    until_ms = turn->first;
  }
  return from_ms;
}

bool Properties::stopped(ClassNumber number, const AgentView& a) const {
  const auto shut = [&](Scope scope, std::uint16_t its) {
    const auto found = scopes_.find({scope, its});
    return found != scopes_.end() && found->second != ScopeState::open;
  };
  const auto own = agent_scopes_.find(a.agent);
  return (own != agent_scopes_.end() && own->second != ScopeState::open) || shut(Scope::pool, 0) ||
         shut(Scope::service_class, number.value) || shut(Scope::group, a.group.value);
}

bool Properties::shift_ends(ChannelNumber number, AgentId id) const {
  const auto told = told_agents_.find(id);
  if (told == told_agents_.end() || !told->second.no_new_from_ms) return false;
  const auto& channels = rules().channels;
  const bool background = std::any_of(channels.begin(), channels.end(), [&](const auto& c) {
    return c.number == number && c.background;
  });
  return !background && sight_->pool.pool_ms >= *told->second.no_new_from_ms;
}

bool Properties::on_duty(const AgentView& a) {
  const bool there = a.presence != Presence::offline && a.presence != Presence::draining && !a.lost;
  return there && a.kind == AgentKind::person;
}

bool Properties::on_duty(const ConversationView& c) const {
  return std::any_of(sight_->agents.begin(), sight_->agents.end(), [&](const AgentView& a) {
    const bool takes = std::any_of(a.loads.begin(), a.loads.end(), [&](const auto& load) {
      return load.channel == c.channel && load.limit > 0;
    });
    return on_duty(a) && takes && authorised(c, a) &&
           need_met(c, a, std::numeric_limits<std::int64_t>::max());
  });
}

// --- told by commands and events ---

void Properties::follow_modes(const Events& events) {
  mode_before_ = mode_;
  mode_due_before_ms_ = mode_due_ms_;
  mode_changed_ = false;
  for (const Event& event : events) {
    if (event.kind != EventKind::mode_changed) continue;
    if (event.cause == Cause::due && (mode_due_ms_ == 0 || mode_due_ms_ > event.pool_ms)) {
      fail("P20: a mode ends early");
    }
    mode_ = {static_cast<std::uint16_t>(event.count)};
    mode_due_ms_ = event.due_ms;
    mode_changed_ = true;
  }
  follow_windows();
  for (const Event& event : events) {
    if (event.kind == EventKind::mode_changed) mode_record_ = event.record;
  }
}

void Properties::follow_hours(const Outcome& outcome) {
  const auto* set = std::get_if<command::SetHours>(&record_->command);
  if (set == nullptr || outcome.refusal != Refusal::none) return;
  Turns& turns = calendars_[set->hours];
  if (turns.empty()) turns.emplace_back(std::numeric_limits<std::int64_t>::min(), true);
  if (turns.back().second != set->open) {
    turns.emplace_back(record_->stamp.pool_ms, set->open);
  }
}

void Properties::follow_scope(const Event& event) {
  if (event.scope == Scope::agent) {
    agent_scopes_[event.agent] = event.scope_state;
  } else {
    scopes_[{event.scope, static_cast<std::uint16_t>(event.count)}] = event.scope_state;
  }
}

void Properties::follow_shift(const Outcome& outcome) {
  const auto* ends = std::get_if<command::ShiftEnds>(&record_->command);
  if (ends == nullptr || outcome.refusal != Refusal::none) return;
  ToldAgent& told = told_agents_[ends->agent];
  const std::int64_t end_ms = record_->stamp.pool_ms + ends->in_ms;
  const bool stops = ends->in_ms > 0 && rules().stop_new_ms > 0;
  told.shift_until_ms = ends->in_ms > 0 ? end_ms : 0;
  told.no_new_from_ms.reset();
  if (stops) told.no_new_from_ms = end_ms - rules().stop_new_ms;
}

// P7: incidents wait for somebody, whatever else is put off.
void Properties::follow_deferral(const Event& event, Told& told) {
  const std::string who = words(event.conversation);
  const auto incident = [&](const RoutingRules& then) {
    return std::any_of(then.bands.begin(), then.bands.end(),
                       [&](const auto& b) { return b.number == event.band && b.security; });
  };
  if (incident(rules()) && (before_.configuration == nullptr || incident(rules_before()))) {
    fail("P7: the incident " + who + " is deferred");
  }
  told.by_hours = event.cause == Cause::hours;
  if (told.by_hours != (event.due_ms == 0)) fail("P11: " + who + " has no time to come back");
}

void Properties::follow_alarm(const Event& event) {
  const auto key = std::make_pair(event.service_class, event.cause);
  const bool was_on = alarms_.contains(key);
  if (was_on == (event.count > 0)) fail("P16: an alarm changes nothing");
  alarms_told_.insert(key);
  if (event.count > 0) {
    alarms_[key] = event.count;
  } else {
    alarms_.erase(key);
  }
}

// --- after the record ---

// P11 and P20: nothing waits outside its hours, and what was put off comes back.
void Properties::check_hours() {
  for (const ConversationView& c : sight_->conversations) {
    const std::string who = words(c.conversation);
    if (c.state == State::deferred) {
      const bool by_hours = told_[c.conversation].by_hours;
      if (by_hours != (c.due_ms == 0)) fail("P11: " + who + " does not come back");
      const bool woken = sight_->next_deadline && *sight_->next_deadline <= c.due_ms;
      if (!by_hours && !woken) fail("P11: nobody is woken for " + who);
      if (by_hours && !closed(c) && !cursor()) fail("P20: " + who + " is deferred within hours");
    }
    if (c.state == State::waiting && closed(c) && !cursor()) {
      fail("P20: " + who + " waits outside its hours");
    }
  }
}

// After a mode's end the rules are the pool's own.
void Properties::check_mode() {
  const bool over = mode_due_ms_ > 0 && mode_due_ms_ <= sight_->pool.pool_ms;
  if (over && !cursor()) fail("P11: a mode does not end");
  for (const ClassView& its : sight_->pool.classes) {
    const auto& classes = rules().classes;
    const auto found = std::find_if(classes.begin(), classes.end(),
                                    [&](const auto& k) { return k.number == its.number; });
    if (found == classes.end() || found->target_ms != its.target_ms || found->band != its.band) {
      fail("P18: a class has other rules than those in force");
    }
  }
}

void Properties::check_shifts() {
  for (const auto& [id, told] : told_agents_) {
    const bool over = told.shift_until_ms > 0 && told.shift_until_ms <= sight_->pool.pool_ms;
    if (over && !cursor()) fail("P11: the shift of " + words(id) + " does not end");
  }
}

// P16: an alarm is on exactly while there is what it tells of.
void Properties::check_alarms() {
  std::map<std::pair<ClassNumber, Cause>, std::uint32_t> due;
  for (const ConversationView& c : sight_->conversations) {
    if (c.test) continue;
    if (c.state == State::unroutable) ++due[{c.service_class, Cause::nobody_ever}];
    if (in_queue(c) && !on_duty(c)) ++due[{c.service_class, Cause::nobody_on_duty}];
  }
  std::erase_if(alarms_, [&](const auto& alarm) {
    const auto& classes = rules().classes;
    return std::none_of(classes.begin(), classes.end(),
                        [&](const auto& k) { return k.number == alarm.first.first; });
  });
  for (const auto& [key, count] : due) {
    if (!alarms_.contains(key)) fail("P16: an alarm is missing");
    if (alarms_told_.contains(key) && alarms_[key] != count) fail("P16: an alarm counts wrongly");
  }
  for (const auto& [key, count] : alarms_) {
    if (!due.contains(key)) fail("P16: an alarm stays on");
  }
  alarms_told_.clear();
}

}  // namespace usher::sim
