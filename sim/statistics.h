#pragma once

// What a run of the driver comes to: by kind of arrival and by group of agents.

#include <cstdint>
#include <span>
#include <vector>

#include "bench/usher_load/histogram.h"
#include "sim/driver.h"

namespace usher::sim {

// Of the arrivals that count. Waits last until the assignment, or until the customer left.
struct KindFigures {
  std::uint64_t arrivals = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t refused = 0;
  std::uint64_t unserved = 0;
  std::uint64_t waited = 0;     // for any time at all
  std::uint64_t in_target = 0;  // replied to by then
  double wait_us_sum = 0.0;
  double answered_wait_us_sum = 0.0;
  load::Histogram waits_us;
  std::vector<std::uint64_t> answered_by_group;

  void add(const KindFigures& other);

  // Shares and means of nothing are 0.
  [[nodiscard]] double share(std::uint64_t count) const;
  [[nodiscard]] double mean_wait_us() const;
  [[nodiscard]] double mean_answered_wait_us() const;
};

class Statistics {
 public:
  // One target a kind, in microseconds from the arrival to the first reply.
  Statistics(std::vector<std::int64_t> targets_us, std::size_t groups);

  void add(const Fate& fate);

  [[nodiscard]] const KindFigures& kind(std::size_t kind) const { return kinds_[kind]; }
  [[nodiscard]] std::size_t kinds() const { return kinds_.size(); }
  [[nodiscard]] KindFigures all() const;
  // Of every wait with the number of its arrival, in whatever order they were told: equal hashes
  // mean that everybody waited the same.
  [[nodiscard]] std::uint64_t waits_hash() const { return waits_hash_; }

 private:
  std::vector<std::int64_t> targets_us_;
  std::vector<KindFigures> kinds_;
  std::uint64_t waits_hash_ = 0;
};

// Of a group's agents while they were on duty.
struct GroupFigures {
  std::uint32_t agents = 0;           // that were ever on duty
  std::vector<double> time_by_count;  // share of the time with 0, 1, 2 … conversations in hand
  double occupancy = 0.0;             // conversations in hand ÷ capacity, mean over the time
  double occupancy_cv = 0.0;          // of the agents' own: standard deviation ÷ mean
  double occupancy_cv_by_time = 0.0;  // the same, each agent counted by its time on duty
};

// Requires: capacity > 0.
[[nodiscard]] GroupFigures figures_of_group(std::span<const AgentTime> agents, std::uint32_t group,
                                            std::uint32_t capacity);

}  // namespace usher::sim
