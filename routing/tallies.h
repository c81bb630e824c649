#pragma once

// What is counted for classes, groups and front-ends since the pool began, test conversations left
// out: part of the primary state, of no decision.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "routing/hash.h"
#include "routing/types.h"

namespace usher {

// Of a class or a group. A reply and a miss are of the group that the agent is in at that moment;
// an end, and what follows it, of the group of the agent who had the conversation then. What ended
// with nobody is of none.
struct Tally {
  std::uint64_t replied = 0;    // first replies
  std::uint64_t in_target = 0;  // of them, within the class's target
  std::uint64_t reply_ms = 0;   // how long all of them together had waited, since opened_at
  std::uint64_t misses = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t closed = 0;
  std::uint64_t reopened = 0;
  std::uint64_t rated = 0;
  std::uint64_t score = 0;                                    // of all ratings together
  std::array<std::uint64_t, close_outcome_count> outcomes{};  // of those closed

  void add_to(Hasher& hasher) const;
  friend bool operator==(const Tally&, const Tally&) = default;
};

struct OriginTally {
  std::uint64_t incidents = 0;  // conversations it opened in a security band
  std::uint64_t demoted = 0;    // of them, reclassified out of one

  friend bool operator==(const OriginTally&, const OriginTally&) = default;
};

struct Tallies {
  std::vector<Tally> groups;         // by number; 0 = of agents without a group, and of nobody
  std::vector<OriginTally> origins;  // by number

  Tally& of(GroupNumber group);
  OriginTally& of(OriginNumber origin);
  void add_to(Hasher& hasher) const;
};

// How loads differ: their standard deviation divided by their mean, in thousandths, rounded down;
// -1 when there are none or all are 0. Loads are in ten-thousandths; at most 200,000 of at most
// 10,000.
std::int32_t spread_permille(std::span<const std::uint32_t> loads);

}  // namespace usher
