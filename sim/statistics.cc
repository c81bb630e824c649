#include "sim/statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "routing/hash.h"

namespace usher::sim {
namespace {

double ratio(double part, double whole) { return whole > 0.0 ? part / whole : 0.0; }

// Standard deviation ÷ mean.
double variation(double mean, double mean_of_squares) {
  return ratio(std::sqrt(std::max(mean_of_squares - mean * mean, 0.0)), mean);
}

}  // namespace

void KindFigures::add(const KindFigures& other) {
  arrivals += other.arrivals;
  answered += other.answered;
  abandoned += other.abandoned;
  refused += other.refused;
  unserved += other.unserved;
  waited += other.waited;
  in_target += other.in_target;
  wait_us_sum += other.wait_us_sum;
  answered_wait_us_sum += other.answered_wait_us_sum;
  waits_us.add(other.waits_us);
  if (answered_by_group.size() < other.answered_by_group.size()) {
    answered_by_group.resize(other.answered_by_group.size());
  }
  for (std::size_t group = 0; group < other.answered_by_group.size(); ++group) {
    answered_by_group[group] += other.answered_by_group[group];
  }
}

double KindFigures::share(std::uint64_t count) const {
  return ratio(static_cast<double>(count), static_cast<double>(arrivals));
}

double KindFigures::mean_wait_us() const {
  return ratio(wait_us_sum, static_cast<double>(arrivals));
}

double KindFigures::mean_answered_wait_us() const {
  return ratio(answered_wait_us_sum, static_cast<double>(answered));
}

Statistics::Statistics(std::vector<std::int64_t> targets_us, std::size_t groups)
    : targets_us_(std::move(targets_us)), kinds_(targets_us_.size()) {
  for (KindFigures& kind : kinds_) kind.answered_by_group.resize(groups);
}

void Statistics::add(const Fate& fate) {
  Hasher hasher(fate.number);
  hasher.add(static_cast<std::uint64_t>(fate.end));
  hasher.add(fate.wait_us);
  // A sum, because fates are not told in the order of the arrivals.
  waits_hash_ += hasher.value();
  if (!fate.counts) return;
  KindFigures& kind = kinds_[fate.kind];
  ++kind.arrivals;
  kind.waited += fate.wait_us > 0 ? 1 : 0;
  kind.wait_us_sum += static_cast<double>(fate.wait_us);
  kind.waits_us.add(fate.wait_us);
  switch (fate.end) {
    case Fate::End::answered:
      ++kind.answered;
      ++kind.answered_by_group[fate.group];
      kind.answered_wait_us_sum += static_cast<double>(fate.wait_us);
      kind.in_target += fate.reply_us <= targets_us_[fate.kind] ? 1 : 0;
      break;
    case Fate::End::abandoned: ++kind.abandoned; break;
    case Fate::End::refused: ++kind.refused; break;
    case Fate::End::unserved: ++kind.unserved; break;
  }
}

KindFigures Statistics::all() const {
  KindFigures all;
  for (const KindFigures& kind : kinds_) all.add(kind);
  return all;
}

GroupFigures figures_of_group(std::span<const AgentTime> agents, std::uint32_t group,
                              std::uint32_t capacity) {
  GroupFigures figures;
  double on_duty_us = 0.0;
  double in_hand_us = 0.0;  // an hour with two conversations counts twice
  double sum = 0.0;
  double sum_of_squares = 0.0;
  double squares_by_time = 0.0;
  for (const AgentTime& agent : agents) {
    if (agent.group != group) continue;
    double own_us = 0.0;
    double own_in_hand_us = 0.0;
    auto& by_count = figures.time_by_count;
    by_count.resize(std::max(by_count.size(), agent.us_by_count.size()));
    for (std::size_t count = 0; count < agent.us_by_count.size(); ++count) {
      const auto us = static_cast<double>(agent.us_by_count[count]);
      by_count[count] += us;
      own_us += us;
      own_in_hand_us += us * static_cast<double>(count);
    }
    if (own_us == 0.0) continue;
    ++figures.agents;
    const double own = own_in_hand_us / own_us / capacity;
    sum += own;
    sum_of_squares += own * own;
    squares_by_time += own * own * own_us;
    on_duty_us += own_us;
    in_hand_us += own_in_hand_us;
  }
  for (double& share : figures.time_by_count) share = ratio(share, on_duty_us);
  figures.occupancy = ratio(in_hand_us, on_duty_us * capacity);
  figures.occupancy_cv =
      variation(ratio(sum, figures.agents), ratio(sum_of_squares, figures.agents));
  figures.occupancy_cv_by_time = variation(figures.occupancy, ratio(squares_by_time, on_duty_us));
  return figures;
}

}  // namespace usher::sim
