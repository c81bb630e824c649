#pragma once

// How long something takes: a law with a mean, drawn with transforms of our own, because those of
// the standard library differ between implementations. Only the last digit of a logarithm may
// still differ between machines.

#include <cstdint>
#include <string_view>

#include "bench/usher_load/random.h"

namespace usher::sim {

enum class Law : std::uint8_t { exponential, lognormal, erlang, constant, gamma };

class Distribution {
 public:
  // Requires, of all: mean > 0, and what is said below.
  static Distribution exponential(double mean);
  static Distribution constant(double mean);
  // By its coefficient of variation: the standard deviation ÷ the mean, > 0.
  static Distribution lognormal(double mean, double cv);
  // The sum of k exponential phases of mean ÷ k; k ≥ 1.
  static Distribution erlang(double mean, std::uint32_t k);
  // Of any shape > 0; its coefficient of variation is 1 ÷ √shape.
  static Distribution gamma(double mean, double shape);

  [[nodiscard]] double draw(load::Random& random) const;
  // The same law in another unit: every value times the factor, which is > 0.
  [[nodiscard]] Distribution times(double factor) const { return {law_, mean_ * factor, shape_}; }

  [[nodiscard]] Law law() const { return law_; }
  [[nodiscard]] double mean() const { return mean_; }
  // The coefficient of variation.
  [[nodiscard]] double cv() const;

 private:
  Distribution(Law law, double mean, double shape) : law_(law), mean_(mean), shape_(shape) {}

  Law law_ = Law::constant;
  double mean_ = 1.0;
  double shape_ = 1.0;  // σ of the logarithm, phases, or the shape of the gamma law
};

}  // namespace usher::sim
