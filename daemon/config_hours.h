#pragma once

// The [hours.NAME] of usher.toml: when what is open.

#include <vector>

#include "daemon/calendar.h"
#include "daemon/config_names.h"

namespace usher::config {

// Declares the name of each.
[[nodiscard]] std::vector<CalendarSettings> read_calendars(const Node& file, Names& names,
                                                           Problems& problems);

}  // namespace usher::config
