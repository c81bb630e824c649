#pragma once

// A call centre's trace under several policies: every day apart, on the real core in virtual time,
// each policy with the same callers, agents and chance.

#include <cstddef>
#include <vector>

#include "sim/paired.h"
#include "sim/trace_figures.h"
#include "sim/trace_floor.h"
#include "sim/trace_plan.h"

namespace usher::sim {

struct TraceQuestion {
  std::size_t days = 1;  // the first so many, at most the world's
  std::size_t replications = 1;
  TraceChanges changes;
  FloorHabits habits;
};

struct PolicyResult {
  TraceFigures all;            // of every day and replication
  std::vector<Measured> days;  // means over the replications
};

// One result a policy, in their order; what a policy comes to depends neither on the others nor on
// the number of threads.
[[nodiscard]] std::vector<PolicyResult> run_trace(const TraceWorld& world,
                                                  const std::vector<TracePolicy>& policies,
                                                  const TraceQuestion& question);

// Of the differences of the days, `policy` less `base`; days without a value are left out.
[[nodiscard]] Interval difference(const PolicyResult& policy, const PolicyResult& base,
                                  std::size_t measure);

}  // namespace usher::sim
