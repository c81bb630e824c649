#include "sim/faults_command.h"

#include <fmt/core.h>

#include <cstdio>
#include <string>

#include "daemon/log.h"
#include "routing/check.h"
#include "sim/faults.h"

namespace usher::sim {

namespace {

std::uint64_t seed_now = 0;

void tell_seed(const char*, const char*, int) {
  fmt::print("seed {}: a CHECK failed\n", seed_now);
  std::fflush(stdout);
}

}  // namespace

int run_faults_command(const FaultOptions& options) {
  set_check_handler(tell_seed);
  log_from("off");
  FaultCounts counts;
  const std::uint64_t seeds = options.seeds * (options.for_long ? 10 : 1);
  for (std::uint64_t i = 0; i < seeds; ++i) {
    seed_now = options.seed + i;
    if (const std::string wrong = play_faults(seed_now, counts); !wrong.empty()) {
      fmt::print("seed {}: {}\n", seed_now, wrong);
      return 1;
    }
  }
  fmt::print(
      "{} seeds, {} processes: {} crashes ({} lost groups nobody had heard of, {} left a torn "
      "one), "
      "{} stops in good order, {} failures of the disk\n"
      "{} recoveries began with a state; {} records, {} acknowledged commands ({} refused for want "
      "of disk), {} events seen, {} times the reader went on from a state\n"
      "{} times the past was forgotten, {} disks were full in the end\n"
      "nothing lost, nothing twice, no gap, every state as the records say\n",
      seeds, counts.processes, counts.crashes, counts.lost_groups, counts.torn, counts.seals,
      counts.disk_failures, counts.from_states, counts.records, counts.commands,
      counts.refused_full, counts.events, counts.resyncs, counts.trims, counts.full_at_the_end);
  return 0;
}

}  // namespace usher::sim
