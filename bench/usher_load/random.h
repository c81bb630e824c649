#pragma once

// Chance that is the same on every machine: the distributions of the standard library are not, so
// the few that are needed are written here on top of one 64-bit generator.

#include <cmath>
#include <cstdint>
#include <numbers>

namespace usher::load {

// splitmix64 (Steele, Lea, Flood 2014). A copy goes its own way; fork() gives independent streams,
// so that a draw more in one place does not shift every other.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
  }

  [[nodiscard]] Random fork(std::uint64_t stream) const {
    Random mixer(state_ ^ (stream * 0xD1342543DE82EF95u + 1));
    return Random(mixer.next());
  }

  // In [0, 1), a multiple of 2^-53.
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  // In [0, bound). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>(unit() * static_cast<double>(bound));
  }

  bool chance(double probability) { return unit() < probability; }

  double exponential(double mean) { return -mean * std::log1p(-unit()); }

  // Box-Muller; the second value is thrown away, so that a draw has no memory.
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log1p(-unit()));
    return radius * std::cos(2.0 * std::numbers::pi * unit());
  }

  // The median is exp(mu).
  double log_normal(double mu, double sigma) { return std::exp(mu + sigma * normal()); }

 private:
  std::uint64_t state_;
};

}  // namespace usher::load
