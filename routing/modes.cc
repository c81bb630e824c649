// Rules with a name that hold for a time, and what a change of rules takes.

#include <algorithm>

#include "routing/state.h"

namespace usher {

const Mode* Router::State::mode_of(ModeNumber number) const {
  const auto found = std::find_if(pool_configuration.modes.begin(), pool_configuration.modes.end(),
                                  [&](const Mode& one) { return one.number == number; });
  return found == pool_configuration.modes.end() ? nullptr : &*found;
}

// Everything is looked at again; nothing is taken from anybody.
void Router::State::use_rules(const RoutingRules& rules, Cause cause) {
  configuration = rules;
  gone_off_duty.clear();
  rebuild();
  judge_all(cause);
}

void Router::State::tell_mode(Cause cause) {
  Event& event = emit(EventKind::mode_changed, cause);
  event.count = mode.value;
  event.due_ms = deadline_of(mode_ends);
}

Outcome Router::State::on(const command::SetMode& command) {
  const Mode* wanted = mode_of(command.mode);
  if (command.mode && wanted == nullptr) return refuse(Refusal::unknown_name);
  if (!command.mode && !mode) return {};
  const bool changes = mode != command.mode;
  mode = command.mode;
  timers.cancel(mode_ends);
  if (mode && command.for_ms > 0) {
    mode_ends = timers.add(stamp.pool_ms + command.for_ms, TimerKind::mode, 0);
  }
  if (changes) {
    use_rules(wanted != nullptr ? wanted->rules : pool_configuration, Cause::mode);
  }
  tell_mode(Cause::operator_order);
  return {};
}

void Router::State::end_mode(Cause cause) {
  timers.cancel(mode_ends);
  mode = ModeNumber{};
  use_rules(pool_configuration, Cause::mode);
  tell_mode(cause);
}

}  // namespace usher
