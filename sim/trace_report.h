#pragma once

// What `usher-sim trace` prints.

#include <string>
#include <vector>

#include "sim/trace.h"

namespace usher::sim {

// Columns are policies, the first is the one the others are compared with.
[[nodiscard]] std::string report_text(const std::vector<TracePolicy>& policies,
                                      const TraceQuestion& question,
                                      const std::vector<PolicyResult>& results);
[[nodiscard]] std::string report_json(const std::vector<TracePolicy>& policies,
                                      const TraceQuestion& question,
                                      const std::vector<PolicyResult>& results);

}  // namespace usher::sim
