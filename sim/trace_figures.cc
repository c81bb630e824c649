#include "sim/trace_figures.h"

#include <algorithm>
#include <cmath>

namespace usher::sim {
namespace {

constexpr double us_per_s = 1e6;
constexpr double us_per_hour = 3600e6;
constexpr std::array<double, rank_count> weights = {10.0, 3.0, 1.0, 1.0};

std::optional<double> percent(double part, double whole) {
  if (whole == 0.0) return std::nullopt;
  return 100.0 * part / whole;
}

std::optional<double> service_level(const RankFigures& rank) {
  return percent(static_cast<double>(rank.in_target), static_cast<double>(rank.arrivals));
}

std::optional<double> p99_s(const std::vector<std::int64_t>& waits_us) {
  if (waits_us.empty()) return std::nullopt;
  return static_cast<double>(quantile_us(waits_us, 0.99)) / us_per_s;
}

std::optional<double> mean_s(const std::vector<std::int64_t>& waits_us) {
  if (waits_us.empty()) return std::nullopt;
  double sum = 0.0;
  for (const std::int64_t wait : waits_us) sum += static_cast<double>(wait);
  return sum / static_cast<double>(waits_us.size()) / us_per_s;
}

}  // namespace

void CoverFigures::add(const Fate& fate) {
  constexpr std::int64_t us_per_ms = 1000;
  if (!fate.waited) return;
  ++waited;
  if (fate.expected.p50_ms < 0) return;
  ++told;
  if (fate.end != Fate::End::answered) return;
  ++answered;
  if (fate.wait_us <= fate.expected.p50_ms * us_per_ms) ++within_p50;
  if (fate.wait_us <= fate.expected.p90_ms * us_per_ms) ++within_p90;
}

void CoverFigures::add(const CoverFigures& other) {
  waited += other.waited;
  told += other.told;
  answered += other.answered;
  within_p50 += other.within_p50;
  within_p90 += other.within_p90;
}

std::optional<double> CoverFigures::p50() const {
  return percent(static_cast<double>(within_p50), static_cast<double>(answered));
}

std::optional<double> CoverFigures::p90() const {
  return percent(static_cast<double>(within_p90), static_cast<double>(answered));
}

void TraceFigures::add(const Fate& fate, Rank rank, std::int64_t target_us) {
  RankFigures& of = ranks[static_cast<std::size_t>(rank)];
  const bool answered = fate.end == Fate::End::answered;
  const std::int64_t wait_us = answered ? fate.reply_us : fate.wait_us;
  ++of.arrivals;
  of.waits_us.push_back(wait_us);
  of.cover.add(fate);
  of.excess_us += std::max<std::int64_t>(wait_us - target_us, 0);
  if (fate.end == Fate::End::abandoned) ++of.abandoned;
  if (fate.end == Fate::End::refused || fate.end == Fate::End::unserved) ++of.unanswered;
  if (!answered) return;
  of.in_target += wait_us <= target_us ? 1 : 0;
  of.taken_in_target += fate.wait_us <= target_us ? 1 : 0;
}

void TraceFigures::add(const TraceFigures& other) {
  for (std::size_t i = 0; i < rank_count; ++i) {
    RankFigures& to = ranks[i];
    const RankFigures& from = other.ranks[i];
    to.arrivals += from.arrivals;
    to.in_target += from.in_target;
    to.taken_in_target += from.taken_in_target;
    to.abandoned += from.abandoned;
    to.unanswered += from.unanswered;
    to.excess_us += from.excess_us;
    to.cover.add(from.cover);
    to.waits_us.insert(to.waits_us.end(), from.waits_us.begin(), from.waits_us.end());
  }
  load_cv += other.load_cv;
  load_cv_by_time += other.load_cv_by_time;
  days += other.days;
  digest += other.digest;
}

std::uint64_t TraceFigures::arrivals() const {
  std::uint64_t all = 0;
  for (const RankFigures& rank : ranks) all += rank.arrivals;
  return all;
}

std::int64_t quantile_us(std::vector<std::int64_t> waits_us, double share) {
  const auto rank = static_cast<std::size_t>(
      std::max(std::ceil(share * static_cast<double>(waits_us.size())) - 1.0, 0.0));
  const auto at = waits_us.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(waits_us.begin(), at, waits_us.end());
  return *at;
}

Measured measure(const TraceFigures& figures) {
  const auto& [security, vip, regular, prospect] = figures.ranks;
  double in_target = 0.0;
  double abandoned = 0.0;
  double weighted_in_target = 0.0;
  double weighted = 0.0;
  double excess_us = 0.0;
  std::vector<std::int64_t> waits_us;
  for (std::size_t i = 0; i < rank_count; ++i) {
    const RankFigures& rank = figures.ranks[i];
    in_target += static_cast<double>(rank.in_target);
    abandoned += static_cast<double>(rank.abandoned);
    weighted_in_target += weights[i] * static_cast<double>(rank.in_target);
    weighted += weights[i] * static_cast<double>(rank.arrivals);
    excess_us += static_cast<double>(rank.excess_us);
    waits_us.insert(waits_us.end(), rank.waits_us.begin(), rank.waits_us.end());
  }
  const auto all = static_cast<double>(figures.arrivals());
  const auto days = static_cast<double>(std::max<std::uint64_t>(figures.days, 1));
  return {service_level(security),
          percent(static_cast<double>(security.taken_in_target),
                  static_cast<double>(security.arrivals)),
          mean_s(security.waits_us),
          p99_s(security.waits_us),
          service_level(vip),
          service_level(regular),
          service_level(prospect),
          percent(in_target, all),
          percent(weighted_in_target, weighted),
          percent(abandoned, all),
          p99_s(waits_us),
          excess_us / us_per_hour / days,
          figures.load_cv / days,
          figures.load_cv_by_time / days};
}

}  // namespace usher::sim
