#pragma once

// The part of usher.toml that the core is told: names, channels, customers, bands, classes and
// modes; and the calendars by which the shell tells it when classes open and shifts end.

#include <span>
#include <string>

#include "daemon/calendar.h"
#include "daemon/config_file.h"
#include "routing/configuration.h"

namespace usher::config {

struct Routing {
  std::string policy;
  PoolConfiguration configuration;
  Timetable timetable;
};

// What is wrong goes to `problems`; the result then means nothing.
[[nodiscard]] Routing read_routing(const Node& file, std::span<const Name> known,
                                   Problems& problems);

}  // namespace usher::config
