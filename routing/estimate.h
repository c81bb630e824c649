#pragma once

// How long whoever waits in a class will wait, as two quantiles, learnt from those who waited.
//
// The basis is position × the time between two assignments of the class while somebody waits in it
// (a moving average). Each quantile is the basis times a factor that steps up when a wait was
// longer than said and down when it was not, by q : 1 − q, so that in the long run a share q of the
// waits is covered whatever is wrong with the basis: online quantile estimation by stochastic
// approximation (Robbins and Monro, 1951), of the logarithm. Integers only.

#include <cstdint>

#include "routing/hash.h"

namespace usher {

struct Expected {
  std::int64_t p50_ms = -1;  // -1 = not known
  std::int64_t p90_ms = -1;

  friend bool operator==(const Expected&, const Expected&) = default;
};

class Estimator {
 public:
  Estimator();

  // Of all: pool time never goes back.

  // Somebody waits again, after nobody did.
  void backlog_began(std::int64_t now_ms) { since_ms_ = now_ms; }
  // For who is at this position of the class, 1 = next.
  [[nodiscard]] Expected expect(std::uint32_t position) const;
  // Somebody of the class was opened, and was assigned or offered at once, or not.
  void opened(bool at_once);
  // For somebody who would be opened now, behind so many.
  [[nodiscard]] Expected quote(std::uint32_t waiting) const;

  // Somebody who waited was assigned.
  void started(std::int64_t now_ms);
  // What was said to somebody who then waited so long.
  void learn(const Expected& said, std::int64_t waited_ms);

  // How many waits had been estimated, and how many were no longer than each quantile.
  [[nodiscard]] std::uint64_t learnt() const { return learnt_; }
  [[nodiscard]] std::uint64_t within_p50() const { return within_p50_; }
  [[nodiscard]] std::uint64_t within_p90() const { return within_p90_; }

  void add_to(Hasher& hasher) const;

 private:
  // As fields.h says.
  template <class Io>
  friend void fields(Io& io, typename Io::template Of<Estimator> it) {
    io(it.since_ms_, it.interval_, it.factor_p50_, it.factor_p90_, it.at_once_, it.learnt_,
       it.within_p50_, it.within_p90_);
  }

  std::int64_t since_ms_ = 0;    // of the last assignment, or when the backlog began
  std::int64_t interval_ = 0;    // between two assignments, in 1/16 ms; 0 = not known yet
  std::int64_t factor_p50_ = 0;  // in 1/65536
  std::int64_t factor_p90_ = 0;
  std::int64_t at_once_ = 0;  // the share of those opened who did not wait, in 1/65536
  std::uint64_t learnt_ = 0;
  std::uint64_t within_p50_ = 0;
  std::uint64_t within_p90_ = 0;
};

}  // namespace usher
