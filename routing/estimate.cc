#include "routing/estimate.h"

#include <algorithm>

#include "routing/limits.h"

namespace usher {
namespace {

constexpr std::int64_t whole = 1 << 16;
constexpr std::int64_t factor_max = 64 * whole;
constexpr std::int64_t factor_min = whole / 64;
constexpr std::int64_t first_p50 = whole;
constexpr std::int64_t first_p90 = 3 * whole;

// By an eighth of its logarithm up or down, shared out so that `tenths` / 10 are covered; by half
// of it at first and then by a quarter, so that a class with few waits a day comes near them too.
std::int64_t stepped(std::int64_t factor, bool was_longer, std::int64_t tenths,
                     std::uint64_t learnt) {
  const std::int64_t parts = learnt <= 4 ? 20 : learnt <= 20 ? 40 : 80;
  const std::int64_t step =
      was_longer ? factor * tenths / parts : -(factor * (10 - tenths) / parts);
  return std::clamp(factor + step, factor_min, factor_max);
}

}  // namespace

Estimator::Estimator() : factor_p50_(first_p50), factor_p90_(first_p90) {}

Expected Estimator::expect(std::uint32_t position) const {
  if (interval_ == 0) return {};
  const std::int64_t basis_ms = std::min(interval_ * position / 16, limits::delay_ms_max);
  return {basis_ms * factor_p50_ / whole, basis_ms * std::max(factor_p50_, factor_p90_) / whole};
}

void Estimator::opened(bool was_at_once) {
  at_once_ += ((was_at_once ? whole : 0) - at_once_) / 32;
}

Expected Estimator::quote(std::uint32_t waiting) const {
  Expected expected = expect(waiting + 1);
  if (waiting > 0) return expected;
  if (at_once_ >= whole / 2) expected.p50_ms = 0;
  if (at_once_ >= whole / 10 * 9) expected.p90_ms = 0;
  return expected;
}

void Estimator::started(std::int64_t now_ms) {
  const std::int64_t interval = std::max<std::int64_t>(1, (now_ms - since_ms_) * 16);
  interval_ = interval_ == 0 ? interval
                             : std::max<std::int64_t>(1, interval_ + (interval - interval_) / 16);
  since_ms_ = now_ms;
}

void Estimator::learn(const Expected& said, std::int64_t waited_ms) {
  if (said.p50_ms < 0) return;
  const bool over_p50 = waited_ms > said.p50_ms;
  const bool over_p90 = waited_ms > said.p90_ms;
  ++learnt_;
  if (!over_p50) ++within_p50_;
  if (!over_p90) ++within_p90_;
  factor_p50_ = stepped(factor_p50_, over_p50, 5, learnt_);
  factor_p90_ = stepped(factor_p90_, over_p90, 9, learnt_);
}

void Estimator::add_to(Hasher& hasher) const {
  hasher.add(since_ms_);
  hasher.add(interval_);
  hasher.add(factor_p50_);
  hasher.add(factor_p90_);
  hasher.add(at_once_);
  hasher.add(learnt_);
  hasher.add(within_p50_);
  hasher.add(within_p90_);
}

}  // namespace usher
