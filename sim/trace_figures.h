#pragma once

// What a policy made of a day, or of many, and the measures by which policies are compared.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sim/driver.h"
#include "sim/trace_plan.h"

namespace usher::sim {

// What those were told who had to wait, when they came, and whether it held: they had a person by
// then. Who left is not in the cover, for nobody knows how long it would have been.
struct CoverFigures {
  std::uint64_t waited = 0;
  std::uint64_t told = 0;      // of them, an estimate: the first ones of a day find none
  std::uint64_t answered = 0;  // of those told; the others left
  std::uint64_t within_p50 = 0;
  std::uint64_t within_p90 = 0;

  void add(const Fate& fate);
  void add(const CoverFigures& other);
  // In percent of those answered; none without any.
  [[nodiscard]] std::optional<double> p50() const;
  [[nodiscard]] std::optional<double> p90() const;
};

struct RankFigures {
  std::uint64_t arrivals = 0;
  std::uint64_t in_target = 0;        // replied to by then
  std::uint64_t taken_in_target = 0;  // a person had it by then
  std::uint64_t abandoned = 0;
  std::uint64_t unanswered = 0;  // refused, or never served
  std::int64_t excess_us = 0;    // waited beyond the target, all together
  // Of everyone, until the first reply or until they left.
  std::vector<std::int64_t> waits_us;
  CoverFigures cover;
};

struct TraceFigures {
  std::array<RankFigures, rank_count> ranks;
  double load_cv = 0.0;  // of the agents' occupancy; this and the next, the sum over the days
  double load_cv_by_time = 0.0;
  std::uint64_t days = 0;    // that this is of
  std::uint64_t digest = 0;  // of the core's states; the sum over the days

  void add(const Fate& fate, Rank rank, std::int64_t target_us);
  void add(const TraceFigures& other);
  [[nodiscard]] std::uint64_t arrivals() const;
};

struct Measure {
  std::string_view key;
  std::string_view text;
  std::string_view unit;
  int digits = 2;
};
inline constexpr std::array<Measure, 14> measures = {{
    {"security_sl", "security replied to in target", "%"},
    {"security_taken", "security with a person in target", "%"},
    {"security_mean", "security mean wait", "s", 1},
    {"security_p99", "security p99 wait", "s", 1},
    {"vip_sl", "VIP in target", "%"},
    {"regular_sl", "regular in target", "%"},
    {"prospect_sl", "prospects in target", "%"},
    {"all_sl", "all in target", "%"},
    {"weighted_sl", "weighted: security 10, VIP 3", "%"},
    {"abandoned", "abandoned", "%"},
    {"all_p99", "p99 wait of all", "s", 1},
    {"excess", "wait beyond target, a day", "h"},
    {"load_cv", "load of agents, deviation / mean", "", 3},
    {"load_cv_by_time", "the same by time on duty", "", 3},
}};

// One value for each measure; none where there was nobody to measure it on.
using Measured = std::array<std::optional<double>, measures.size()>;
[[nodiscard]] Measured measure(const TraceFigures& figures);

// The smallest wait that at least this share of all did not exceed. Requires: not empty.
[[nodiscard]] std::int64_t quantile_us(std::vector<std::int64_t> waits_us, double share);

}  // namespace usher::sim
