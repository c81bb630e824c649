#pragma once

// A working day of the trace as every policy meets it: who calls when, who they are, how long they
// take and wait, who is on duty and who has the security skill. Nothing of it depends on a policy.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/usher_load/trace.h"

namespace usher::sim {

enum class Rank : std::uint8_t { security, vip, regular, prospect };
inline constexpr std::size_t rank_count = 4;
inline constexpr std::array<std::string_view, rank_count> rank_names = {
    "security incidents", "VIPs", "regular callers", "prospects"};

struct Caller {
  std::int64_t at_us = 0;  // since midnight
  std::size_t type = 0;    // by position in TraceWorld::types
  Rank rank = Rank::regular;
  std::int64_t work_us = 0;
  std::int64_t patience_us = 0;
  std::uint64_t delays_seed = 0;
};

struct Duty {
  std::int64_t on_us = 0;
  std::int64_t off_us = 0;
  std::size_t agent = 0;            // by position in DayPlan::agents
  std::vector<std::string> skills;  // names of types
};

struct AgentOfDay {
  std::string name;
  bool security = false;  // has the skill
};

struct DayPlan {
  std::vector<Caller> callers;  // by time
  std::vector<Duty> duties;     // by start; those of one agent neither touch nor overlap
  std::vector<AgentOfDay> agents;
};

// What the question adds to the trace.
struct TraceChanges {
  double scale = 1.0;           // arrivals, times this
  double security_share = 0.0;  // of the arrivals are incidents
  std::uint64_t seed = 1;
};

// The trace, taken apart into its days. Only Sunday to Thursday: the bank's other days are short.
class TraceWorld {
 public:
  explicit TraceWorld(load::Trace trace);
  TraceWorld(const TraceWorld&) = delete;  // days point into the trace
  TraceWorld& operator=(const TraceWorld&) = delete;

  [[nodiscard]] std::size_t days() const { return days_.size(); }
  // As the files number it. Requires: day < days().
  [[nodiscard]] std::int64_t number_of(std::size_t day) const {
    return days_[day].midnight_ms / load::day_ms;
  }
  [[nodiscard]] bool has_shifts(std::size_t day) const { return !days_[day].shifts.empty(); }
  [[nodiscard]] const std::vector<std::string>& types() const { return types_; }

  // The same for the same day, replication and changes. Calls are those of the trace, and with a
  // scale further ones, each at a random second of the half hour of a call of the trace, of the
  // same type and with a service and a patience of its own. Of the agents who serve regular
  // callers every second one has the security skill, drawn anew each time.
  //
  // Requires: day < days().
  [[nodiscard]] DayPlan plan(std::size_t day, std::size_t replication,
                             const TraceChanges& changes) const;

 private:
  struct Type {
    std::vector<std::int64_t> services_ms;  // of the calls that were served
    const load::PatienceCurve* curve = nullptr;
    double vip_share = 0.0;  // of those whose priority is known
  };
  struct Day {
    std::vector<const load::Call*> calls;
    std::vector<load::Shift> shifts;
    std::int64_t midnight_ms = 0;
  };

  [[nodiscard]] Caller caller(const load::Call& call, const Day& day, bool further,
                              load::Random& draw, const TraceChanges& changes) const;
  [[nodiscard]] std::vector<AgentOfDay> agents_of(const Day& day, load::Random draw) const;

  load::Trace trace_;
  std::vector<std::string> types_;
  std::vector<Type> of_types_;  // by position in types_
  std::vector<Day> days_;
  std::vector<std::string> regular_agents_;  // of the whole trace, by name
};

}  // namespace usher::sim
