#pragma once

// Quantiles of any number of values in bounded memory: a log-linear histogram of 128 buckets per
// power of two. A quantile is reported as the upper end of its bucket, so it is never too small and
// at most 1/128 (0.8 %) too big; below 256 it is exact.

#include <array>
#include <bit>
#include <cstdint>

namespace usher::load {

class Histogram {
 public:
  void add(std::int64_t value) {
    const auto counted = static_cast<std::uint64_t>(value < 0 ? 0 : value);
    ++buckets_[bucket_of(counted)];
    ++count_;
    sum_ += static_cast<double>(counted);
    max_ = counted > max_ ? counted : max_;
  }

  void add(const Histogram& other) {
    for (std::size_t index = 0; index < buckets_.size(); ++index) {
      buckets_[index] += other.buckets_[index];
    }
    count_ += other.count_;
    sum_ += other.sum_;
    max_ = other.max_ > max_ ? other.max_ : max_;
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max() const { return static_cast<std::int64_t>(max_); }
  [[nodiscard]] double mean() const {
    return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_);
  }

  // The smallest value that at least the share of all values does not exceed; 0 when there is none.
  // Requires: 0 < share ≤ 1.
  [[nodiscard]] std::int64_t quantile(double share) const {
    const double wanted = share * static_cast<double>(count_);
    std::uint64_t passed = 0;
    for (std::size_t index = 0; index < buckets_.size(); ++index) {
      passed += buckets_[index];
      if (passed != 0 && static_cast<double>(passed) >= wanted) {
        const std::uint64_t end = upper_end(index);
        return static_cast<std::int64_t>(end < max_ ? end : max_);
      }
    }
    return max();
  }

 private:
  static constexpr unsigned bits = 7;
  static constexpr std::uint64_t per_power = std::uint64_t{1} << bits;
  static constexpr std::size_t bucket_count = (64 - bits + 1) * per_power;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < per_power) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - bits;
    return ((shift + 1) << bits) + ((value >> shift) - per_power);
  }
  static std::uint64_t upper_end(std::size_t index) {
    if (index < per_power) return index;
    const std::uint64_t shift = (index >> bits) - 1;
    const std::uint64_t first = (per_power + (index & (per_power - 1))) << shift;
    return first + ((std::uint64_t{1} << shift) - 1);
  }

  std::array<std::uint64_t, bucket_count> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0.0;
};

}  // namespace usher::load
