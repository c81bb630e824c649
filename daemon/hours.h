#pragma once

// Tells the core which calendars are open and when shifts end: the core has no time zones. Looks at
// the wall clock once a minute, and at once after what changes the answer; says only what the core
// does not know yet.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "daemon/calendar.h"
#include "routing/router.h"

namespace usher {

class Hours {
 public:
  // Requires: every zone of the timetable is one.
  explicit Hours(const Timetable& timetable) { set(timetable); }

  // From now on. The next look() looks.
  void set(const Timetable& timetable);

  // Looks if the wall clock shows another minute than at the last look. What there is to say then
  // comes from next(), all of which has to be taken before the next look.
  void look(const Router& router, const Stamp& now);
  // What an agent who has just signed in, or was defined anew, has to be told.
  [[nodiscard]] std::optional<Command> told_of(const Router& router, AgentId agent,
                                               const Stamp& now);
  [[nodiscard]] std::optional<Command> next(const Stamp& now);

  // When that calendar opens next, wall time; 0 = not known.
  [[nodiscard]] std::int64_t opens_ms(HoursNumber hours, std::int64_t wall_ms) const;

  // Milliseconds of wall time until there is something to look at; none when nothing depends on it.
  [[nodiscard]] std::optional<std::int64_t> wait_ms(std::int64_t wall_ms) const;

 private:
  struct Calendar {
    CalendarSettings settings;
    WallClock clock;
  };
  struct End {
    AgentId agent;
    std::int64_t ends_ms = 0;  // pool time; 0 = no end any more
  };

  [[nodiscard]] std::optional<End> end_of(const ShiftView& shift, const Router& router,
                                          const Stamp& now) const;

  std::vector<Calendar> calendars_;
  std::optional<WallClock> shift_clock_;
  std::deque<command::SetHours> changes_;
  std::deque<End> ends_;
  std::optional<std::int64_t> looked_minute_;
  bool shifts_ = false;  // somebody who is signed in has some
};

}  // namespace usher
