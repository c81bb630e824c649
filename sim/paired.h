#pragma once

// Means with confidence intervals, and differences that were measured in pairs.

#include <cstddef>
#include <optional>
#include <span>

namespace usher::sim {

// The t of Student's law for which P(|T| ≤ t) = confidence. Abramowitz and Stegun, Handbook of
// Mathematical Functions (1964), 26.7.3 and 26.7.4, turned round by bisection.
//
// Requires: degrees ≥ 1; 0 < confidence < 1.
[[nodiscard]] double student_t(std::size_t degrees, double confidence);

struct Interval {
  double mean = 0.0;
  std::optional<double> half_width;  // none when there are fewer than two values
};

// mean ± t · s ÷ √n with n − 1 degrees of freedom, 95 %. Of differences in pairs this is the
// paired-t interval: Law, Simulation Modeling and Analysis (5th edition), 10.2.1.
[[nodiscard]] Interval interval_95(std::span<const double> values);

}  // namespace usher::sim
