#pragma once

// A vector of at most N elements that lives where it stands: no allocation, trivially copyable when
// T is. Elements beyond size() are value-initialised, so that equal contents compare equal.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "routing/check.h"

namespace usher {

template <class T, std::size_t N>
class Bounded {
 public:
  using value_type = T;
  static constexpr std::size_t capacity_max = N;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool full() const { return size_ == N; }

  // Requires: not full().
  void push_back(const T& value) {
    CHECK(size_ < N);
    items_[size_++] = value;
  }
  // Requires: position < size(). Keeps the order of the rest.
  void erase(std::size_t position) {
    CHECK(position < size_);
    for (std::size_t i = position + 1; i < size_; ++i) items_[i - 1] = items_[i];
    items_[--size_] = T{};
  }
  void clear() {
    while (size_ > 0) items_[--size_] = T{};
  }

  T& operator[](std::size_t position) {
    CHECK(position < size_);
    return items_[position];
  }
  const T& operator[](std::size_t position) const {
    CHECK(position < size_);
    return items_[position];
  }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }
  T* begin() { return items_.data(); }
  T* end() { return items_.data() + size_; }

  friend bool operator==(const Bounded&, const Bounded&) = default;

 private:
  std::array<T, N> items_{};
  std::uint16_t size_ = 0;
};

}  // namespace usher
