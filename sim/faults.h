#pragma once

// The whole path under faults: usherd's own pipeline with a disk, a network and a clock that a seed
// makes fail. Processes end at any point and begin again on what the disk kept; front-ends send
// until they are answered, and a reader follows the stream. In the end everything anybody was told
// must be true of the records that survived:
//
//   - what was acknowledged is there, once, with the outcome that was told;
//   - every event that was seen is the one that follows from the records, and none is missing;
//   - work is refused for want of room below the floor and nowhere else, and what of the past is
//   not
//     wanted, or not affordable, is forgotten (sim/fault_room.h);
//   - a stop in good order keeps the state of the last record;
//   - the state after each recovery is that of a router that carries out all records from the first
//     on, which keeps every property (sim/properties.h).

#include <cstdint>
#include <string>

namespace usher::sim {

// What the seeds met, so that it can be said that they met everything.
struct FaultCounts {
  std::uint64_t processes = 0;
  std::uint64_t records = 0;
  std::uint64_t commands = 0;  // acknowledged
  std::uint64_t events = 0;    // seen
  std::uint64_t crashes = 0;
  std::uint64_t lost_groups = 0;  // crashes that did: nobody had heard of them
  std::uint64_t torn = 0;
  std::uint64_t seals = 0;
  std::uint64_t from_states = 0;  // recoveries that began with a state
  std::uint64_t disk_failures = 0;
  std::uint64_t refused_full = 0;  // commands, for want of disk
  std::uint64_t trims = 0;         // the past was forgotten
  std::uint64_t full_at_the_end = 0;
  std::uint64_t resyncs = 0;  // of the reader, from a state

  void add(const FaultCounts& other);
};

// Plays one seed to its end. What is wrong, or nothing.
[[nodiscard]] std::string play_faults(std::uint64_t seed, FaultCounts& counts);

}  // namespace usher::sim
