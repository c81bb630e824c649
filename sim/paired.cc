#include "sim/paired.h"

#include <cmath>
#include <numbers>

namespace usher::sim {
namespace {

// P(|T| ≤ √degrees · tan θ).
double within(std::size_t degrees, double theta) {
  const double cosine = std::cos(theta);
  const bool odd = degrees % 2 == 1;
  // The terms of the sum: each is the one before, times the next factor and cos² θ.
  double term = odd ? cosine : 1.0;
  double sum = degrees == 1 ? 0.0 : term;
  for (std::size_t i = odd ? 3 : 2; i < degrees; i += 2) {
    const auto factor = static_cast<double>(i);
    term *= (factor - 1.0) / factor * cosine * cosine;
    sum += term;
  }
  const double product = std::sin(theta) * sum;
  return odd ? 2.0 / std::numbers::pi * (theta + product) : product;
}

}  // namespace

double student_t(std::size_t degrees, double confidence) {
  double low = 0.0;
  double high = std::numbers::pi / 2.0;
  for (int step = 0; step < 100; ++step) {
    const double middle = (low + high) / 2.0;
    (within(degrees, middle) < confidence ? low : high) = middle;
  }
  return std::sqrt(static_cast<double>(degrees)) * std::tan(low);
}

Interval interval_95(std::span<const double> values) {
  Interval interval;
  const auto count = static_cast<double>(values.size());
  if (values.empty()) return interval;
  for (const double value : values) interval.mean += value / count;
  if (values.size() < 2) return interval;
  double squares = 0.0;
  for (const double value : values) squares += std::pow(value - interval.mean, 2);
  const double deviation = std::sqrt(squares / (count - 1.0));
  interval.half_width = student_t(values.size() - 1, 0.95) * deviation / std::sqrt(count);
  return interval;
}

}  // namespace usher::sim
