#include "sim/distribution.h"

#include <cmath>

namespace usher::sim {
namespace {

// Gamma of mean `shape`: Marsaglia and Tsang, A simple method for generating gamma variables, ACM
// Transactions on Mathematical Software 26 (2000), without their squeeze, which only saves a
// logarithm. A shape below 1 is that of shape + 1 times U^(1 ÷ shape).
double draw_gamma(load::Random& random, double shape) {
  if (shape < 1.0) {
    const double larger = draw_gamma(random, shape + 1.0);
    return larger * std::pow(1.0 - random.unit(), 1.0 / shape);
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = random.normal();
    const double root = 1.0 + c * x;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    if (std::log1p(-random.unit()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace

Distribution Distribution::exponential(double mean) { return {Law::exponential, mean, 1.0}; }

Distribution Distribution::constant(double mean) { return {Law::constant, mean, 0.0}; }

Distribution Distribution::lognormal(double mean, double cv) {
  return {Law::lognormal, mean, std::sqrt(std::log1p(cv * cv))};
}

Distribution Distribution::erlang(double mean, std::uint32_t k) {
  return {Law::erlang, mean, static_cast<double>(k)};
}

Distribution Distribution::gamma(double mean, double shape) { return {Law::gamma, mean, shape}; }

double Distribution::draw(load::Random& random) const {
  switch (law_) {
    case Law::exponential: return random.exponential(mean_);
    case Law::constant: return mean_;
    case Law::lognormal:
      // The mean of a log-normal law is exp(μ + σ² ÷ 2).
      return random.log_normal(std::log(mean_) - 0.5 * shape_ * shape_, shape_);
    case Law::erlang: {
      double sum = 0.0;
      for (double phase = 0.0; phase < shape_; ++phase) sum += random.exponential(mean_ / shape_);
      return sum;
    }
    case Law::gamma: return draw_gamma(random, shape_) * mean_ / shape_;
  }
  return mean_;
}

double Distribution::cv() const {
  switch (law_) {
    case Law::exponential: return 1.0;
    case Law::constant: return 0.0;
    case Law::lognormal: return std::sqrt(std::expm1(shape_ * shape_));
    case Law::erlang:
    case Law::gamma: return 1.0 / std::sqrt(shape_);
  }
  return 0.0;
}

}  // namespace usher::sim
