#include "daemon/config_hours.h"

#include <fmt/format.h>

#include "daemon/config_section.h"
#include "schemas/week.h"

namespace usher::config {
namespace {

CalendarSettings read_calendar(const Node& node, Names& names, Problems& problems) {
  const Section section("hours", fmt::format("[hours.{}]", node.key), node, problems);
  CalendarSettings calendar;
  calendar.number = {names.declare(NameKind::hours, {node.key, node.line})};
  calendar.time_zone = section.time_zone("time_zone");
  for (const Word& word : section.words("open")) {
    const auto times = week::parse(word.text);
    if (!times) {
      problems.add(word.line, fmt::format("open must be times of a week such as {}, found \"{}\"",
                                          week::example, word.text));
      continue;
    }
    for (const week::Times& one : *times) calendar.open.push_back({one.from, one.to});
  }
  for (const Word& word : section.words("holidays")) {
    if (const auto holiday = holiday_of(word.text)) {
      calendar.holidays.push_back(*holiday);
    } else {
      problems.add(word.line, fmt::format("holidays must be days such as \"2026-04-03\", or "
                                          "\"12-25\" of every year, found \"{}\"",
                                          word.text));
    }
  }
  return calendar;
}

}  // namespace

std::vector<CalendarSettings> read_calendars(const Node& file, Names& names, Problems& problems) {
  const Node* hours = file.find("hours");
  if (hours == nullptr) return {};
  if (hours->kind != Node::Kind::table) {
    problems.add(hours->line, fmt::format("hours must be a table, found {}", hours->shown()));
    return {};
  }
  std::vector<CalendarSettings> calendars;
  for (const Node& node : hours->children) {
    calendars.push_back(read_calendar(node, names, problems));
  }
  return calendars;
}

}  // namespace usher::config
