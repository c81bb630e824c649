#include "daemon/hours.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace usher {
namespace {

// An end is told early enough for the last minutes before it to be minutes of it.
constexpr std::int64_t told_before_ms = 2 * limits::minute_ms;
// Told again only when it moved: clocks drift, and a little does not matter.
constexpr std::int64_t drift_ms = limits::minute_ms / 2;

std::int64_t minute_of(std::int64_t wall_ms) {
  return wall_ms / limits::minute_ms - (wall_ms % limits::minute_ms < 0 ? 1 : 0);
}

// Of all modes: one may begin between the telling and the end.
std::int64_t stop_new_ms(const PoolConfiguration& pool) {
  std::int64_t longest_ms = pool.stop_new_ms;
  for (const Mode& mode : pool.modes) longest_ms = std::max(longest_ms, mode.rules.stop_new_ms);
  return longest_ms;
}

}  // namespace

void Hours::set(const Timetable& timetable) {
  calendars_.clear();
  for (const CalendarSettings& one : timetable.calendars) {
    calendars_.push_back({one, WallClock(one.time_zone)});
  }
  shift_clock_.emplace(timetable.shift_zone);
  looked_minute_.reset();
}

void Hours::look(const Router& router, const Stamp& now) {
  const std::int64_t minute = minute_of(now.wall_ms);
  if (looked_minute_ == minute) return;
  looked_minute_ = minute;
  changes_.clear();
  for (const Calendar& one : calendars_) {
    const bool open = one.clock.open(one.settings, now.wall_ms);
    if (open == router.hours_open(one.settings.number)) continue;
    changes_.push_back({.hours = one.settings.number, .open = open});
  }
  ends_.clear();
  const std::vector<ShiftView> shifts = router.shifts();
  shifts_ = !shifts.empty();
  for (const ShiftView& shift : shifts) {
    if (const auto end = end_of(shift, router, now)) ends_.push_back(*end);
  }
}

std::optional<Hours::End> Hours::end_of(const ShiftView& shift, const Router& router,
                                        const Stamp& now) const {
  const auto& times = shift.definition->shifts;
  if (times.empty())
    return shift.ends_ms == 0 ? std::nullopt : std::optional<End>({shift.agent, 0});
  const auto wall_ms = shift_clock_->shift_end_ms({times.begin(), times.end()}, now.wall_ms);
  // Whoever was told keeps that end when the clock is beyond it.
  if (!wall_ms) return std::nullopt;
  const std::int64_t left_ms = *wall_ms - now.wall_ms;
  const End end{shift.agent, now.pool_ms + left_ms};
  if (shift.ends_ms != 0) {
    return std::abs(end.ends_ms - shift.ends_ms) > drift_ms ? std::optional(end) : std::nullopt;
  }
  const bool soon = left_ms <= stop_new_ms(router.configuration()) + told_before_ms;
  return soon ? std::optional(end) : std::nullopt;
}

std::optional<Command> Hours::told_of(const Router& router, AgentId agent, const Stamp& now) {
  const auto shift = router.shift(agent);
  if (!shift) return std::nullopt;
  shifts_ = true;
  const auto end = end_of(*shift, router, now);
  if (!end) return std::nullopt;
  return command::ShiftEnds{.agent = agent,
                            .in_ms = end->ends_ms == 0 ? 0 : end->ends_ms - now.pool_ms};
}

std::optional<Command> Hours::next(const Stamp& now) {
  if (!changes_.empty()) {
    const command::SetHours change = changes_.front();
    changes_.pop_front();
    return change;
  }
  if (ends_.empty()) return std::nullopt;
  const End end = ends_.front();
  ends_.pop_front();
  // 0 would take the end away.
  const std::int64_t in_ms =
      end.ends_ms == 0 ? 0 : std::max<std::int64_t>(1, end.ends_ms - now.pool_ms);
  return command::ShiftEnds{.agent = end.agent, .in_ms = in_ms};
}

std::int64_t Hours::opens_ms(HoursNumber hours, std::int64_t wall_ms) const {
  for (const Calendar& one : calendars_) {
    if (one.settings.number == hours) return one.clock.opens_ms(one.settings, wall_ms).value_or(0);
  }
  return 0;
}

std::optional<std::int64_t> Hours::wait_ms(std::int64_t wall_ms) const {
  if (calendars_.empty() && !shifts_) return std::nullopt;
  const std::int64_t minute = minute_of(wall_ms);
  if (looked_minute_ != minute) return 0;
  return (minute + 1) * limits::minute_ms - wall_ms;
}

}  // namespace usher
