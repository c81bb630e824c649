#pragma once

// usher-sim faults: many seeds of sim/faults.h.

#include <cstdint>

namespace usher::sim {

struct FaultOptions {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 2000;
  bool for_long = false;  // ten times as many
};

// Prints what the seeds met, or the first that failed; an exit code.
int run_faults_command(const FaultOptions& options);

}  // namespace usher::sim
