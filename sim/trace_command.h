#pragma once

// `usher-sim trace`: reads the trace and the configurations, runs them, prints what they came to.

#include <cstdint>
#include <string>
#include <vector>

#include "bench/usher_load/trace.h"
#include "sim/trace.h"

namespace usher::sim {

struct TraceOptions {
  load::TraceFiles files;
  std::vector<std::string> configurations;
  std::size_t days = 0;  // 0 = all working days of the trace
  std::size_t replications = 3;
  TraceChanges changes;
  FloorHabits habits;
  bool json = false;
};

// The exit code: 0, or 2 after what is wrong with a file or an option has been said.
[[nodiscard]] int run_trace_command(const TraceOptions& options);

}  // namespace usher::sim
