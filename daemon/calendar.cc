#include "daemon/calendar.h"

#include <date/tz.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>

#include "routing/check.h"
#include "schemas/week.h"

namespace usher {
namespace {

constexpr std::string_view utc = "UTC";
constexpr std::int64_t week_minutes = std::int64_t{week::minutes};
constexpr std::int64_t day_seconds = std::int64_t{week::minutes_of_day} * 60;
constexpr std::int64_t first_weekday = 3;  // 1970-01-01 was a Thursday

// Null when the system has no such zone, or none at all.
const date::time_zone* find_zone(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

std::int64_t floor_of(std::int64_t value, std::int64_t unit) {
  return value / unit - (value % unit < 0 ? 1 : 0);
}

std::int64_t minute_of_week(std::int64_t local_seconds) {
  const std::int64_t minute = floor_of(local_seconds, 60) + first_weekday * day_seconds / 60;
  return minute - floor_of(minute, week_minutes) * week_minutes;
}

// How many minutes of it are left at that minute of the week; 0 = it is not in it.
std::int64_t left_of(const command::Shift& shift, std::int64_t minute) {
  const std::int64_t from = shift.from_minute;
  const std::int64_t to = shift.to_minute;
  const bool inside = from < to ? minute >= from && minute < to : minute >= from || minute < to;
  if (!inside) return 0;
  return minute < to ? to - minute : to + week_minutes - minute;
}

bool any_of(std::span<const command::Shift> times, std::int64_t minute) {
  return std::any_of(times.begin(), times.end(),
                     [&](const command::Shift& one) { return left_of(one, minute) > 0; });
}

}  // namespace

std::vector<std::string> time_zones() {
  std::vector<std::string> names = {std::string(utc)};
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
  } catch (const std::runtime_error&) {
    return names;
  }
  return names;
}

bool is_time_zone(std::string_view name) { return name == utc || find_zone(name) != nullptr; }

std::optional<Holiday> holiday_of(std::string_view text) {
  const bool once = text.size() == 10;
  if (!once && text.size() != 5) return std::nullopt;
  const auto number = [&](std::size_t place, std::size_t digits) {
    unsigned value = 0;
    const char* begin = text.data() + place;
    const char* end = begin + digits;
    return std::from_chars(begin, end, value).ptr == end ? value : 0;
  };
  const std::size_t month_at = once ? 5 : 0;
  const bool dashes = text[month_at + 2] == '-' && (!once || text[4] == '-');
  const Holiday found = {.year = once ? static_cast<std::int32_t>(number(0, 4)) : 0,
                         .month = number(month_at, 2),
                         .day = number(month_at + 3, 2)};
  if (!dashes || (once && found.year == 0)) return std::nullopt;
  // Of every year: a day of leap years is one.
  constexpr int leap_year = 2000;
  const date::year_month_day day{date::year(once ? found.year : leap_year),
                                 date::month(found.month), date::day(found.day)};
  return day.ok() ? std::optional(found) : std::nullopt;
}

WallClock::WallClock(std::string_view name) {
  if (name == utc) return;
  zone_ = find_zone(name);
  CHECK(zone_ != nullptr);
}

std::int64_t WallClock::local_seconds(std::int64_t wall_ms) const {
  const std::int64_t seconds = floor_of(wall_ms, 1000);
  if (zone_ == nullptr) return seconds;
  const date::sys_seconds at{std::chrono::seconds(seconds)};
  return seconds + zone_->get_info(at).offset.count();
}

std::int64_t WallClock::wall_ms_of(std::int64_t local_seconds, std::int64_t wall_ms) const {
  if (zone_ == nullptr) return local_seconds * 1000;
  const date::local_info info =
      zone_->get_info(date::local_seconds{std::chrono::seconds(local_seconds)});
  if (info.result == date::local_info::nonexistent) {
    return info.first.end.time_since_epoch().count() * 1000;
  }
  const std::int64_t first_ms = (local_seconds - info.first.offset.count()) * 1000;
  if (info.result == date::local_info::unique || first_ms > wall_ms) return first_ms;
  return (local_seconds - info.second.offset.count()) * 1000;
}

bool WallClock::open(const CalendarSettings& calendar, std::int64_t wall_ms) const {
  const std::int64_t local = local_seconds(wall_ms);
  const date::year_month_day today{
      date::local_days{date::days(static_cast<int>(floor_of(local, day_seconds)))}};
  const auto is_today = [&](const Holiday& one) {
    return (one.year == 0 || date::year(one.year) == today.year()) &&
           date::month(one.month) == today.month() && date::day(one.day) == today.day();
  };
  return any_of(calendar.open, minute_of_week(local)) &&
         std::none_of(calendar.holidays.begin(), calendar.holidays.end(), is_today);
}

std::optional<std::int64_t> WallClock::opens_ms(const CalendarSettings& calendar,
                                                std::int64_t wall_ms) const {
  if (open(calendar, wall_ms)) return std::nullopt;
  constexpr std::int64_t days_max = 366;
  const std::int64_t today = floor_of(local_seconds(wall_ms), day_seconds) * day_seconds;
  for (std::int64_t day = 0; day <= days_max; ++day) {
    const std::int64_t midnight = today + day * day_seconds;
    // Midnight too: a holiday may end inside what is open.
    std::optional<std::int64_t> first_ms;
    const auto consider = [&](std::int64_t local) {
      const std::int64_t at_ms = wall_ms_of(local, wall_ms);
      if (at_ms > wall_ms && (!first_ms || at_ms < *first_ms) && open(calendar, at_ms)) {
        first_ms = at_ms;
      }
    };
    consider(midnight);
    for (const command::Shift& one : calendar.open) {
      const std::int64_t minute = std::int64_t{one.from_minute} - minute_of_week(midnight);
      if (minute >= 0 && minute * 60 < day_seconds) consider(midnight + minute * 60);
    }
    if (first_ms) return first_ms;
  }
  return std::nullopt;
}

std::optional<std::int64_t> WallClock::shift_end_ms(std::span<const command::Shift> shifts,
                                                    std::int64_t wall_ms) const {
  const std::int64_t local = local_seconds(wall_ms);
  std::int64_t left = 0;
  for (std::int64_t more = 1; more > 0 && left < week_minutes; left += more) {
    const std::int64_t minute = (minute_of_week(local) + left) % week_minutes;
    more = 0;
    for (const command::Shift& shift : shifts) more = std::max(more, left_of(shift, minute));
  }
  if (left == 0 || left >= week_minutes) return std::nullopt;
  return wall_ms_of((floor_of(local, 60) + left) * 60, wall_ms);
}

}  // namespace usher
