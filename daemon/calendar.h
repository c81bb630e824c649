#pragma once

// What clocks on walls say: whether a calendar is open, when a shift ends. The only place that sees
// the library of time zones.
//
// Times of a week are those of the zone's wall clock, whatever it is set to that day: a time that
// is skipped in spring is over once the clock has jumped, one that comes twice in autumn counts
// twice.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "routing/command.h"

namespace date {
class time_zone;
}

namespace usher {

// One day of the zone's calendar, from midnight to midnight.
struct Holiday {
  std::int32_t year = 0;  // 0 = every year
  std::uint32_t month = 1;
  std::uint32_t day = 1;

  friend bool operator==(const Holiday&, const Holiday&) = default;
};

struct CalendarSettings {
  HoursNumber number;
  std::string time_zone = "UTC";
  std::vector<command::Shift> open;  // closed at all other times
  std::vector<Holiday> holidays;     // closed on these whatever the day of the week

  friend bool operator==(const CalendarSettings&, const CalendarSettings&) = default;
};

struct Timetable {
  std::vector<CalendarSettings> calendars;
  std::string shift_zone = "UTC";  // of the shifts of the roster

  friend bool operator==(const Timetable&, const Timetable&) = default;
};

// The names of zones that this system knows; "UTC" at least.
[[nodiscard]] std::vector<std::string> time_zones();
[[nodiscard]] bool is_time_zone(std::string_view name);

// "2026-12-25", or "12-25" for every year; none if there is no such day.
[[nodiscard]] std::optional<Holiday> holiday_of(std::string_view text);

class WallClock {
 public:
  // Requires: is_time_zone(name).
  explicit WallClock(std::string_view name);

  // Requires, of all: wall_ms is milliseconds since 1970-01-01T00:00Z.
  [[nodiscard]] bool open(const CalendarSettings& calendar, std::int64_t wall_ms) const;
  // When it opens next; none while it is open, and when that is more than a year away.
  [[nodiscard]] std::optional<std::int64_t> opens_ms(const CalendarSettings& calendar,
                                                     std::int64_t wall_ms) const;
  // When the shift of that moment is over, those that follow without a gap included; none outside
  // all shifts, and when they never end.
  [[nodiscard]] std::optional<std::int64_t> shift_end_ms(std::span<const command::Shift> shifts,
                                                         std::int64_t wall_ms) const;

 private:
  [[nodiscard]] std::int64_t local_seconds(std::int64_t wall_ms) const;
  // Of a time that comes twice the first one after wall_ms.
  [[nodiscard]] std::int64_t wall_ms_of(std::int64_t local_seconds, std::int64_t wall_ms) const;

  const date::time_zone* zone_ = nullptr;  // null = UTC, for which nobody has to be asked
};

}  // namespace usher
