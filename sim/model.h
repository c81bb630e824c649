#pragma once

// A queueing model: Poisson arrivals of several classes, groups of agents, and the real core
// between them. Where theory has an exact answer, the core can be held against it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/distribution.h"
#include "sim/driver.h"
#include "sim/statistics.h"

namespace usher::sim {

// Times are in the model's time unit unless a name says otherwise.
struct ModelClass {
  std::string name;
  double rate = 1.0;  // arrivals in a time unit
  Distribution service = Distribution::exponential(1.0);
  std::optional<Distribution> patience;  // none = waits for ever
  std::int64_t target_us = 0;
  Kind kind;
};

struct ModelGroup {
  std::string name;
  std::uint32_t agents = 1;
  std::uint32_t capacity = 1;  // conversations at once
  Pace pace;
  command::AgentDefinition definition;
};

struct Model {
  std::uint64_t arrivals = 1'000'000;
  std::uint64_t seed = 1;
  double warmup = 0.02;  // share of the arrivals that does not count
  double time_unit_s = 1.0;
  std::string policy;
  PoolConfiguration pool;
  std::vector<ModelClass> classes;
  std::vector<ModelGroup> groups;

  [[nodiscard]] double time_unit_us() const { return time_unit_s * 1e6; }
};

struct ModelResult {
  Statistics statistics;
  std::vector<GroupFigures> groups;
  std::vector<std::size_t> for_nobody;  // classes whose need no group meets
  std::uint64_t digest = 0;             // of the core's state at the end
  std::uint64_t records = 0;
  std::uint64_t events = 0;
};

// The same model and seed give the same result, and the same arrivals under every policy: each
// class has a stream of random numbers for arrivals, one for service, one for patience and one for
// the delays of agents.
[[nodiscard]] ModelResult run_model(const Model& model);

}  // namespace usher::sim
