#include "daemon/calendar.h"

#include <date/tz.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "daemon/hours.h"
#include "schemas/week.h"
#include "tests/pool_fixture.h"

namespace usher {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Milliseconds of "2026-03-29 00:59:59" in UTC.
std::int64_t utc(const std::string& text) {
  std::istringstream stream(text);
  date::sys_seconds at;
  stream >> date::parse("%F %T", at);
  EXPECT_FALSE(stream.fail()) << text;
  return at.time_since_epoch().count() * 1000;
}

std::vector<command::Shift> times(std::initializer_list<const char*> texts) {
  std::vector<command::Shift> all;
  for (const char* text : texts) {
    const auto parsed = week::parse(text);
    EXPECT_TRUE(parsed.has_value()) << text;
    if (!parsed) continue;
    for (const week::Times& one : *parsed) all.push_back({one.from, one.to});
  }
  return all;
}

// --- times of a week, as they are written ---

TEST(Week, is_read_and_said_in_the_same_words) {
  for (const std::string text : {"mon 00:00-24:00", "mon-fri 08:00-16:00", "sat-sun 22:00-02:00",
                                 "sun 23:59-24:00", "mon-sun 00:00-24:00"}) {
    const auto parsed = week::parse(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(week::text_of(*parsed), text);
  }
  const std::vector<week::Times> two = {{480, 960}, {5 * 1440 + 600, 5 * 1440 + 840}};
  EXPECT_EQ(week::text_of(two), "mon 08:00-16:00; sat 10:00-14:00");
  EXPECT_EQ(week::text_of(std::vector<week::Times>{{480, 3000}}), "mon 08:00-wed 02:00");
}

TEST(Week, ends_on_the_next_day_when_it_ends_earlier) {
  EXPECT_THAT(*week::parse("sun 22:00-02:00"), ElementsAre(week::Times{6 * 1440 + 1320, 120}));
  EXPECT_THAT(*week::parse("sun 22:00-24:00"), ElementsAre(week::Times{6 * 1440 + 1320, 0}));
}

TEST(Week, is_not_made_of_anything_else) {
  for (const char* text :
       {"", "mon", "mon ", "08:00-16:00", "monday 08:00-16:00", "mon- 08:00-16:00",
        "mon 8:00-16:00", "mon 08:00", "mon 08:00-25:00", "mon 08:60-16:00", "mon 24:00-02:00",
        "mon 08:00-08:00", "mon 08:00-16:00x", "mon-fri-sun 08:00-16:00", "MON 08:00-16:00"}) {
    EXPECT_FALSE(week::parse(text).has_value()) << text;
  }
}

TEST(Days, are_those_of_the_calendar) {
  EXPECT_EQ(holiday_of("12-25"), (Holiday{0, 12, 25}));
  EXPECT_EQ(holiday_of("02-29"), (Holiday{0, 2, 29}));
  EXPECT_EQ(holiday_of("2028-02-29"), (Holiday{2028, 2, 29}));
  for (const char* text : {"", "2026-02-29", "02-30", "13-01", "00-10", "1-1", "2026-1-1",
                           "2026/12/25", "12/25", "0000-12-25", "20a6-12-25", "12-2x"}) {
    EXPECT_FALSE(holiday_of(text).has_value()) << text;
  }
}

TEST(Zones, are_those_of_the_system) {
  EXPECT_TRUE(is_time_zone("UTC"));
  EXPECT_TRUE(is_time_zone("Europe/Berlin"));
  EXPECT_FALSE(is_time_zone("Europe/Berlim"));
  EXPECT_FALSE(is_time_zone(""));
  EXPECT_THAT(time_zones(), testing::Contains("America/New_York"));
}

// --- open and closed ---

struct Moment {
  const char* zone;
  std::vector<command::Shift> open;
  const char* at;  // UTC
  bool is_open;
};

TEST(Calendars, are_open_by_the_clock_on_the_wall) {
  const auto office = times({"mon-fri 08:00-16:00"});
  const auto night = times({"sun 22:00-02:00"});
  const auto early = times({"sun 02:30-03:30"});
  const Moment moments[] = {
      // Winter and summer: 08:00 is 07:00Z, then 06:00Z.
      {"Europe/Berlin", office, "2026-03-27 06:59:59", false},
      {"Europe/Berlin", office, "2026-03-27 07:00:00", true},
      {"Europe/Berlin", office, "2026-03-27 14:59:59", true},
      {"Europe/Berlin", office, "2026-03-27 15:00:00", false},
      {"Europe/Berlin", office, "2026-03-30 05:59:59", false},
      {"Europe/Berlin", office, "2026-03-30 06:00:00", true},
      {"Europe/Berlin", office, "2026-03-28 10:00:00", false},  // Saturday
      // 02:00 to 03:00 is skipped on 2026-03-29: what would be open from 02:30 is from 03:00.
      {"Europe/Berlin", early, "2026-03-29 00:59:59", false},
      {"Europe/Berlin", early, "2026-03-29 01:00:00", true},
      {"Europe/Berlin", early, "2026-03-29 01:30:00", false},
      // And comes twice on 2026-10-25.
      {"Europe/Berlin", early, "2026-10-25 00:30:00", true},
      {"Europe/Berlin", early, "2026-10-25 01:00:00", false},
      {"Europe/Berlin", early, "2026-10-25 01:30:00", true},
      {"Europe/Berlin", early, "2026-10-25 02:30:00", false},
      // New York goes over three weeks earlier: 08:00 is 13:00Z, then 12:00Z.
      {"America/New_York", office, "2026-03-06 12:59:59", false},
      {"America/New_York", office, "2026-03-06 13:00:00", true},
      {"America/New_York", office, "2026-03-09 11:59:59", false},
      {"America/New_York", office, "2026-03-09 12:00:00", true},
      {"America/New_York", office, "2026-10-30 12:00:00", true},
      {"America/New_York", office, "2026-11-02 12:59:59", false},
      // No summer time, and half an hour off.
      {"Asia/Kolkata", office, "2026-07-01 02:29:59", false},
      {"Asia/Kolkata", office, "2026-07-01 02:30:00", true},
      {"Asia/Kolkata", office, "2026-01-01 02:30:00", true},
      {"UTC", office, "2026-07-01 07:59:59", false},
      {"UTC", office, "2026-07-01 08:00:00", true},
      // Across midnight and the end of the week.
      {"UTC", night, "2026-07-05 21:59:59", false},
      {"UTC", night, "2026-07-05 22:00:00", true},
      {"UTC", night, "2026-07-06 01:59:59", true},
      {"UTC", night, "2026-07-06 02:00:00", false},
      {"UTC", times({"sun 20:00-24:00"}), "2026-07-05 23:59:59", true},
      {"UTC", times({"sun 20:00-24:00"}), "2026-07-06 00:00:00", false},
      {"UTC", times({"thu 00:00-00:01"}), "1970-01-01 00:00:59", true},
      {"UTC", times({"thu 00:00-00:01"}), "1969-12-31 23:59:59", false}};
  for (const Moment& row : moments) {
    const CalendarSettings calendar{{1}, row.zone, row.open, {}};
    EXPECT_EQ(WallClock(row.zone).open(calendar, utc(row.at)), row.is_open)
        << row.zone << " " << row.at;
  }
}

TEST(Calendars, are_closed_on_their_holidays_from_midnight_to_midnight) {
  const CalendarSettings calendar{
      {1}, "America/New_York", times({"mon-sun 00:00-24:00"}), {{0, 12, 25}, {2026, 11, 26}}};
  const WallClock clock("America/New_York");
  EXPECT_TRUE(clock.open(calendar, utc("2026-12-25 04:59:59")));
  EXPECT_FALSE(clock.open(calendar, utc("2026-12-25 05:00:00")));
  EXPECT_FALSE(clock.open(calendar, utc("2026-12-26 04:59:59")));
  EXPECT_TRUE(clock.open(calendar, utc("2026-12-26 05:00:00")));
  EXPECT_FALSE(clock.open(calendar, utc("2030-12-25 12:00:00")));
  EXPECT_FALSE(clock.open(calendar, utc("2026-11-26 12:00:00")));
  EXPECT_TRUE(clock.open(calendar, utc("2027-11-26 12:00:00")));
}

// --- ends of shifts ---

struct ShiftRow {
  const char* zone;
  std::vector<command::Shift> shifts;
  const char* at;
  const char* end;  // or null
};

TEST(Shifts, end_by_the_clock_on_the_wall) {
  const auto day = times({"mon-fri 08:00-16:00"});
  const auto night = times({"sat-sun 22:00-06:00"});
  const auto early = times({"sun 00:00-02:30"});
  const ShiftRow rows[] = {
      {"UTC", day, "2026-07-01 07:59:59", nullptr},
      {"UTC", day, "2026-07-01 08:00:00", "2026-07-01 16:00:00"},
      {"UTC", day, "2026-07-01 15:59:59", "2026-07-01 16:00:00"},
      {"UTC", day, "2026-07-01 16:00:00", nullptr},
      {"UTC", {}, "2026-07-01 08:00:00", nullptr},
      // Over the end of the week.
      {"UTC", night, "2026-07-05 23:00:00", "2026-07-06 06:00:00"},
      {"UTC", night, "2026-07-06 05:59:00", "2026-07-06 06:00:00"},
      {"UTC", night, "2026-07-06 06:00:00", nullptr},
      // Shifts without a gap are one, and the longer of two that overlap counts.
      {"UTC", times({"mon 08:00-12:00", "mon 12:00-16:00"}), "2026-07-06 09:00:00",
       "2026-07-06 16:00:00"},
      {"UTC", times({"mon 08:00-12:00", "mon 10:00-11:00"}), "2026-07-06 10:30:00",
       "2026-07-06 12:00:00"},
      {"UTC", times({"sun 20:00-24:00", "mon 00:00-04:00"}), "2026-07-05 21:00:00",
       "2026-07-06 04:00:00"},
      {"UTC", times({"mon-sun 00:00-24:00"}), "2026-07-01 08:00:00", nullptr},
      // The night in which an hour is skipped is shorter, the one in which it comes twice longer.
      {"Europe/Berlin", night, "2026-03-28 21:00:00", "2026-03-29 04:00:00"},
      {"Europe/Berlin", night, "2026-10-24 20:00:00", "2026-10-25 05:00:00"},
      // An end that is skipped is when the clock jumps.
      {"Europe/Berlin", early, "2026-03-29 00:00:00", "2026-03-29 01:00:00"},
      {"Europe/Berlin", early, "2026-03-29 01:00:00", nullptr},
      // One that comes twice ends twice.
      {"Europe/Berlin", early, "2026-10-24 23:00:00", "2026-10-25 00:30:00"},
      {"Europe/Berlin", early, "2026-10-25 00:45:00", nullptr},
      {"Europe/Berlin", early, "2026-10-25 01:10:00", "2026-10-25 01:30:00"},
      {"America/New_York", day, "2026-11-02 13:00:00", "2026-11-02 21:00:00"},
      {"America/New_York", day, "2026-10-30 13:00:00", "2026-10-30 20:00:00"},
      {"Asia/Kolkata", day, "2026-07-01 03:00:00", "2026-07-01 10:30:00"}};
  for (const ShiftRow& row : rows) {
    const auto end = WallClock(row.zone).shift_end_ms(row.shifts, utc(row.at));
    const auto wanted = row.end == nullptr ? std::nullopt : std::optional(utc(row.end));
    EXPECT_EQ(end, wanted) << row.zone << " " << row.at;
  }
}

// --- what the core is told ---

// A router and what tells it the time, by a wall clock that shows what a test says.
class Wall {
 public:
  explicit Wall(const Timetable& timetable, const char* begin) : hours(timetable), now_(begin) {
    PoolConfiguration configuration = test_configuration();
    configuration.names.push_back({NameKind::hours, 1, "day"});
    configuration.names.push_back({NameKind::hours, 2, "late"});
    configuration.stop_new_ms = 10 * limits::minute_ms;
    say(command::Configure{std::make_shared<const PoolConfiguration>(configuration)});
  }

  // What is said at that time, as "2 closed" or "ann 600000"; `pool_ms` have gone by.
  std::vector<std::string> at(const char* time, std::int64_t pool_ms = 1000) {
    now_ = time;
    pool_ms_ += pool_ms;
    hours.look(router, stamp());
    std::vector<std::string> said;
    while (auto command = hours.next(stamp())) said.push_back(say(std::move(*command)));
    return said;
  }
  std::string say(Command command) {
    std::string text;
    if (const auto* set = std::get_if<command::SetHours>(&command)) {
      text = std::to_string(set->hours.value) + (set->open ? " open" : " closed");
    } else if (const auto* ends = std::get_if<command::ShiftEnds>(&command)) {
      text = text_of(ends->agent) + " " + std::to_string(ends->in_ms);
    }
    Stamp next = stamp();
    ++sequence_;
    ++next.sequence;
    Events events;
    EXPECT_EQ(router.apply({next, {}, 0, std::move(command)}, events).refusal, Refusal::none);
    return text;
  }
  void define(AgentId id, const std::vector<command::Shift>& shifts) {
    auto agent = std::make_shared<command::AgentDefinition>();
    agent->agent = id;
    agent->group = {1};
    for (const command::Shift& shift : shifts) agent->shifts.push_back(shift);
    say(command::DefineAgent{agent});
  }
  [[nodiscard]] Stamp stamp() const { return {sequence_, pool_ms_, utc(now_)}; }

  Router router;
  Hours hours;

 private:
  std::string now_;
  std::uint64_t sequence_ = 0;
  std::int64_t pool_ms_ = 0;
};

Timetable two_calendars() {
  return {.calendars = {{{1}, "UTC", times({"mon-fri 08:00-16:00"}), {}},
                        {{2}, "UTC", times({"mon-fri 08:00-20:00"}), {}}},
          .shift_zone = "UTC"};
}

const AgentId ann = AgentId::of_text("ann");

TEST(Hours, says_once_what_changes_at_its_minute) {
  Wall wall(two_calendars(), "2026-07-01 07:58:00");
  EXPECT_THAT(wall.at("2026-07-01 07:58:30"), ElementsAre("1 closed", "2 closed"));
  EXPECT_THAT(wall.at("2026-07-01 07:59:59"), IsEmpty());
  EXPECT_EQ(wall.hours.wait_ms(utc("2026-07-01 07:59:59")), 1000);
  EXPECT_EQ(wall.hours.wait_ms(utc("2026-07-01 08:00:00")), 0);
  EXPECT_THAT(wall.at("2026-07-01 08:00:00"), ElementsAre("1 open", "2 open"));
  EXPECT_THAT(wall.at("2026-07-01 08:00:30"), IsEmpty());
  EXPECT_THAT(wall.at("2026-07-01 16:00:00"), ElementsAre("1 closed"));
  // The wall clock is put back an hour, and forward again.
  EXPECT_THAT(wall.at("2026-07-01 15:00:10"), ElementsAre("1 open"));
  EXPECT_THAT(wall.at("2026-07-01 20:00:10"), ElementsAre("1 closed", "2 closed"));
}

TEST(Hours, of_a_new_start_or_timetable_say_only_what_is_different) {
  Wall wall(two_calendars(), "2026-07-01 17:00:00");
  EXPECT_THAT(wall.at("2026-07-01 17:00:00"), ElementsAre("1 closed"));
  Hours restarted(two_calendars());
  EXPECT_EQ(restarted.wait_ms(utc("2026-07-01 17:00:10")), 0);
  restarted.look(wall.router, wall.stamp());
  EXPECT_FALSE(restarted.next(wall.stamp()).has_value());
  Timetable changed = two_calendars();
  changed.calendars[0].open = times({"mon-sun 00:00-24:00"});
  wall.hours.set(changed);
  EXPECT_THAT(wall.at("2026-07-01 17:00:10"), ElementsAre("1 open"));
}

TEST(Hours, without_calendars_and_shifts_never_wakes_anybody) {
  Wall wall(Timetable{}, "2026-07-01 07:00:00");
  EXPECT_THAT(wall.at("2026-07-01 07:59:59"), IsEmpty());
  EXPECT_EQ(wall.hours.wait_ms(utc("2026-07-01 07:59:59")), std::nullopt);
}

TEST(Hours, tells_the_end_of_a_shift_some_minutes_before) {
  Wall wall(Timetable{}, "2026-07-01 15:00:00");
  wall.define(ann, times({"mon-fri 08:00-16:00"}));
  wall.say(command::SignIn{ann, Presence::available, 0});
  EXPECT_THAT(wall.at("2026-07-01 15:47:59"), IsEmpty());
  EXPECT_THAT(wall.at("2026-07-01 15:48:00"), ElementsAre("ann 720000"));
  EXPECT_THAT(wall.at("2026-07-01 15:49:00", 60'000), IsEmpty());
  // The wall clock is put back by an hour, and forward again.
  EXPECT_THAT(wall.at("2026-07-01 14:49:00"), ElementsAre("ann 4260000"));
  EXPECT_THAT(wall.at("2026-07-01 15:50:00"), ElementsAre("ann 600000"));
  wall.define(ann, {});
  EXPECT_THAT(wall.at("2026-07-01 15:51:00", 60'000), ElementsAre("ann 0"));
  EXPECT_THAT(wall.at("2026-07-01 15:52:00", 60'000), IsEmpty());
}

TEST(Hours, beyond_the_end_leave_it_as_it_was_told) {
  Wall wall(Timetable{}, "2026-07-01 15:50:00");
  wall.define(ann, times({"mon-fri 08:00-16:00"}));
  wall.say(command::SignIn{ann, Presence::available, 0});
  EXPECT_THAT(wall.at("2026-07-01 15:50:00"), ElementsAre("ann 600000"));
  EXPECT_THAT(wall.at("2026-07-01 16:30:00"), IsEmpty());
  EXPECT_NE(wall.router.agent(ann)->shift_ends_ms, 0);
}

TEST(Hours, tells_at_once_who_signs_in_late) {
  Wall wall(Timetable{}, "2026-07-01 15:59:10");
  EXPECT_THAT(wall.at("2026-07-01 15:59:30"), IsEmpty());
  wall.define(ann, times({"mon-fri 08:00-16:00"}));
  EXPECT_FALSE(wall.hours.told_of(wall.router, ann, wall.stamp()).has_value());
  EXPECT_EQ(wall.hours.wait_ms(wall.stamp().wall_ms), std::nullopt);
  wall.say(command::SignIn{ann, Presence::available, 0});
  const auto told = wall.hours.told_of(wall.router, ann, wall.stamp());
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(std::get<command::ShiftEnds>(*told).in_ms, 30'000);
  EXPECT_EQ(wall.hours.wait_ms(wall.stamp().wall_ms), 30'000);
}

TEST(WallClock, says_when_what_is_closed_opens_next) {
  const auto opens = [](const char* zone, std::vector<command::Shift> open,
                        std::vector<Holiday> holidays, const std::string& at) {
    const CalendarSettings calendar{{1}, zone, std::move(open), std::move(holidays)};
    return WallClock(zone).opens_ms(calendar, utc(at));
  };
  const auto weekdays = times({"mon-fri 08:00-18:00"});
  // 2026-11-27 is a Friday.
  EXPECT_EQ(opens("UTC", weekdays, {}, "2026-11-27 07:59:00"), utc("2026-11-27 08:00:00"));
  EXPECT_EQ(opens("UTC", weekdays, {}, "2026-11-27 08:00:00"), std::nullopt) << "it is open";
  EXPECT_EQ(opens("UTC", weekdays, {}, "2026-11-27 18:00:00"), utc("2026-11-30 08:00:00"));
  EXPECT_EQ(opens("UTC", weekdays, {{0, 11, 30}}, "2026-11-28 12:00:00"),
            utc("2026-12-01 08:00:00"));
  EXPECT_EQ(opens("Europe/Berlin", weekdays, {}, "2026-11-28 12:00:00"),
            utc("2026-11-30 07:00:00"));
  EXPECT_EQ(opens("UTC", times({"thu 22:00-06:00"}), {{2026, 11, 26}}, "2026-11-26 23:00:00"),
            utc("2026-11-27 00:00:00"))
      << "the holiday ends inside the night";
  EXPECT_EQ(opens("UTC", {}, {}, "2026-11-27 12:00:00"), std::nullopt) << "it never does";
}

}  // namespace
}  // namespace usher
