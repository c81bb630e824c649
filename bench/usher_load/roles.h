#pragma once

// What usher-load can be; each returns the exit code and throws std::runtime_error with a sentence
// when it cannot do its work.

#include <cstdint>
#include <string>

#include "bench/usher_load/desk.h"
#include "bench/usher_load/trace.h"

namespace usher::load {

struct CommonOptions {
  Endpoints endpoints;
  std::string origin = "usher-load";
  std::uint64_t seed = 1;
  std::uint32_t over_slots = 1;
  bool json = false;
};

struct FloorRoleOptions : CommonOptions {
  std::uint32_t agents = 200;
  double compress = 60.0;
  double rate_per_second = 0.0;
  double start_hour = 10.0;
  double for_seconds = 0.0;  // 0 = until Ctrl-C
  bool live = false;
};
// Customers and agents against a usherd on the real clock.
int run_floor(const FloorRoleOptions& options);
// Only the customers, or only the agents: somebody else is the other side.
int run_customers(const FloorRoleOptions& options);
int run_agents(const FloorRoleOptions& options);

struct TraceRoleOptions : CommonOptions {
  TraceFiles files;
  double accept_s = 0.0;  // medians of the human delays
  double reply_s = 0.0;
};
// A call centre's trace against a usherd with --clock client.
int run_trace(const TraceRoleOptions& options);

struct BlastRoleOptions : CommonOptions {
  std::uint32_t agents = 1000;
  double for_seconds = 10.0;
  double rate_per_second = 0.0;    // conversations; 0 = as fast as answers come back
  std::uint32_t under_way = 2000;  // conversations at once, with rate 0
  bool baseline = true;            // bare libzmq with the same frames, afterwards
  bool check = true;               // the checker reads along, on the same machine
};
// As many commands as go through.
int run_blast(const BlastRoleOptions& options);

}  // namespace usher::load
