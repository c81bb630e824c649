// The rules in force, and what a configuration may not say of incidents and modes.

#include <algorithm>

#include "sim/twin.h"

namespace usher::sim {
namespace {

template <class List>
auto numbers_of(const List& list) {
  std::vector<decltype(list.front().number)> numbers;
  numbers.reserve(list.size());
  for (const auto& item : list) numbers.push_back(item.number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

// Hours and overflow are never of an incident and never lead to one; only an incident borrows.
bool Twin::keeps_incidents_apart(const RoutingRules& next) {
  const auto security = [&](ClassNumber number) {
    return std::any_of(next.classes.begin(), next.classes.end(), [&](const auto& k) {
      return k.number == number &&
             std::any_of(next.bands.begin(), next.bands.end(),
                         [&](const auto& b) { return b.number == k.band && b.security; });
    });
  };
  return std::all_of(next.classes.begin(), next.classes.end(), [&](const auto& k) {
    const bool overflows = k.overflow.to.kind != Diversion::Kind::none;
    if (security(k.number) && (overflows || !k.hours.empty())) return false;
    if (k.surge_lend_percent > 100) return false;
    if (!security(k.number) && k.surge_lend_percent < 100) return false;
    const auto leads_there = [&](const Diversion& to) {
      return to.kind == Diversion::Kind::service_class && security(to.service_class);
    };
    return !leads_there(k.overflow.to) && !leads_there(k.closed_to);
  });
}

bool Twin::modes_fit(const PoolConfiguration& next) {
  return keeps_incidents_apart(next) &&
         std::all_of(next.modes.begin(), next.modes.end(), [&](const Mode& mode) {
           return numbers_of(mode.rules.channels) == numbers_of(next.channels) &&
                  numbers_of(mode.rules.bands) == numbers_of(next.bands) &&
                  numbers_of(mode.rules.classes) == numbers_of(next.classes) &&
                  keeps_incidents_apart(mode.rules);
         });
}

void Twin::change_mode(ModeNumber mode, Cause cause, std::int64_t due_ms) {
  const bool changes = mode_ != mode;
  stop(TimerKind::mode, {});
  if (due_ms != 0) start(TimerKind::mode, due_ms, {});
  mode_ = mode;
  if (changes) {
    watch_waits();
    agents_before_ = agents_;
  }
  Event event;
  event.kind = EventKind::mode_changed;
  event.cause = cause;
  event.count = mode.value;
  event.due_ms = due_ms;
  publish(event);
  if (changes) judge_all(Cause::mode);
}

Refusal Twin::on(const command::SetMode& set) {
  const auto& modes = configuration_.modes;
  const bool configured =
      std::any_of(modes.begin(), modes.end(), [&](const Mode& m) { return m.number == set.mode; });
  if (set.mode && !configured) return Refusal::unknown_name;
  if (!set.mode && !mode_) return Refusal::none;
  change_mode(set.mode, Cause::operator_order, set.mode && set.for_ms > 0 ? now() + set.for_ms : 0);
  return Refusal::none;
}

}  // namespace usher::sim
