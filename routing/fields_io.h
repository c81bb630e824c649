#pragma once

// What counts, writes and reads fields (fields.h): integers little-endian, enums and numbers of
// names as wide as they are, ids as their bytes, bounded lists with a byte for their length, others
// with four, text with one.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "routing/bounded.h"
#include "routing/check.h"
#include "routing/endian.h"
#include "routing/fields.h"
#include "routing/slab.h"
#include "routing/types.h"

namespace usher {

template <class T>
inline constexpr bool is_bounded = false;
template <class T, std::size_t N>
inline constexpr bool is_bounded<Bounded<T, N>> = true;
template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<Id<Tag>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;
template <class T>
inline constexpr bool is_slot = false;
template <class Tag>
inline constexpr bool is_slot<Slot<Tag>> = true;
template <class T>
inline constexpr bool is_number = false;
template <class Tag>
inline constexpr bool is_number<Number<Tag>> = true;

// What counting and writing have in common: `Put` is asked for raw values.
template <class Put>
class FieldsOut {
 public:
  template <class T>
  using Of = const T&;

  template <class... T>
  void operator()(const T&... values) {
    (one(values), ...);
  }
  template <class T, class Each>
  void list(const std::vector<T>& values, std::size_t count_max, const Each& each) {
    if (values.size() > count_max) fits_ = false;
    put().template raw<std::uint32_t>(values.size());
    for (const T& value : values) each(value);
  }
  template <class T>
  void list(const std::vector<T>& values, std::size_t count_max) {
    list(values, count_max, [&](const T& value) { one(value); });
  }
  void text(const std::string& text, std::size_t bytes_max) {
    if (text.size() > bytes_max) fits_ = false;
    put().template raw<std::uint8_t>(text.size());
    put().bytes(std::as_bytes(std::span(text)));
  }
  template <class T>
  bool same(const T& it, const T& beside) {
    const bool is_same = it == beside;
    one(is_same);
    return is_same;
  }
  template <class T>
  void pointed(const std::shared_ptr<const T>& it) {
    CHECK(it != nullptr);
    fields(put(), *it);
  }
  [[nodiscard]] bool fits() const { return fits_; }

 private:
  Put& put() { return static_cast<Put&>(*this); }

  template <class T>
  void one(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      put().template raw<std::uint8_t>(value ? 1 : 0);
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(sizeof(T) == 1);
      put().template raw<std::uint8_t>(static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_integral_v<T>) {
      put().template raw<std::make_unsigned_t<T>>(static_cast<std::uint64_t>(value));
    } else if constexpr (is_number<T>) {
      put().template raw<std::uint16_t>(value.value);
    } else if constexpr (is_slot<T>) {
      put().template raw<std::uint32_t>(value.value);
    } else if constexpr (is_array<T>) {
      for (const auto& each : value) one(each);
    } else if constexpr (is_id<T>) {
      put().bytes(std::as_bytes(std::span(value.bytes)));
    } else if constexpr (is_bounded<T>) {
      static_assert(T::capacity_max <= std::numeric_limits<std::uint8_t>::max());
      put().template raw<std::uint8_t>(value.size());
      for (const auto& each : value) one(each);
    } else {
      fields(put(), value);
    }
  }

  bool fits_ = true;
};

class FieldCounter : public FieldsOut<FieldCounter> {
 public:
  template <class T>
  void raw(std::uint64_t) {
    count_ += sizeof(T);
  }
  void bytes(std::span<const std::byte> bytes) { count_ += bytes.size(); }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

// Writes where there is room: whoever writes has counted.
class FieldWriter : public FieldsOut<FieldWriter> {
 public:
  explicit FieldWriter(std::byte* at) : at_(at) {}
  template <class T>
  void raw(std::uint64_t value) {
    store_little(at_, static_cast<T>(value));
    at_ += sizeof(T);
  }
  void bytes(std::span<const std::byte> bytes) { at_ = std::ranges::copy(bytes, at_).out; }
  [[nodiscard]] const std::byte* at() const { return at_; }

 private:
  std::byte* at_;
};

// Writes behind what is there.
class FieldAppender : public FieldsOut<FieldAppender> {
 public:
  explicit FieldAppender(std::vector<std::byte>& into) : into_(into) {}
  template <class T>
  void raw(std::uint64_t value) {
    std::array<std::byte, sizeof(T)> written{};
    store_little(written.data(), static_cast<T>(value));
    bytes(written);
  }
  void bytes(std::span<const std::byte> bytes) {
    into_.insert(into_.end(), bytes.begin(), bytes.end());
  }

 private:
  std::vector<std::byte>& into_;
};

// Reads what is there and zeros beyond it; whoever reads asks ok() at the end.
class FieldReader {
 public:
  template <class T>
  using Of = T&;

  explicit FieldReader(std::span<const std::byte> from) : from_(from) {}

  template <class... T>
  void operator()(T&... values) {
    (one(values), ...);
  }
  template <class T, class Each>
  void list(std::vector<T>& values, std::size_t count_max, const Each& each) {
    const std::uint64_t count = raw<std::uint32_t>();
    // Every element takes a byte at least: memory grows with the bytes that are there.
    if (count > count_max || count > from_.size()) return fail();
    values.clear();
    for (std::uint64_t i = 0; i < count && ok_; ++i) each(values.emplace_back());
  }
  template <class T>
  void list(std::vector<T>& values, std::size_t count_max) {
    list(values, count_max, [&](T& value) { one(value); });
  }
  void text(std::string& text, std::size_t bytes_max) {
    const std::uint64_t count = raw<std::uint8_t>();
    if (count > bytes_max || count > from_.size()) return fail();
    text.resize(count);
    bytes(std::as_writable_bytes(std::span(text)));
  }
  template <class T>
  bool same(T& it, const T& beside) {
    bool is_same = false;
    one(is_same);
    if (is_same) it = beside;
    return is_same;
  }
  template <class T>
  void pointed(std::shared_ptr<const T>& it) {
    auto made = std::make_shared<T>();
    fields(*this, *made);
    it = std::move(made);
  }

  template <class T>
  std::uint64_t raw() {
    if (from_.size() < sizeof(T)) {
      fail();
      return 0;
    }
    const std::uint64_t value = load_little<T>(from_.data());
    from_ = from_.subspan(sizeof(T));
    return value;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return from_.size(); }

 private:
  void fail() {
    ok_ = false;
    from_ = {};
  }
  void bytes(std::span<std::byte> into) {
    if (from_.size() < into.size()) return fail();
    std::ranges::copy(from_.first(into.size()), into.begin());
    from_ = from_.subspan(into.size());
  }

  template <class T>
  void one(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      const std::uint64_t read = raw<std::uint8_t>();
      if (read > 1) return fail();
      value = read == 1;
    } else if constexpr (std::is_enum_v<T>) {
      const std::uint64_t read = raw<std::uint8_t>();
      if (read > static_cast<std::uint64_t>(last_of<T>)) return fail();
      value = static_cast<T>(read);
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(raw<std::make_unsigned_t<T>>());
    } else if constexpr (is_number<T>) {
      value.value = static_cast<std::uint16_t>(raw<std::uint16_t>());
    } else if constexpr (is_slot<T>) {
      value.value = static_cast<std::uint32_t>(raw<std::uint32_t>());
    } else if constexpr (is_array<T>) {
      for (auto& each : value) one(each);
    } else if constexpr (is_id<T>) {
      bytes(std::as_writable_bytes(std::span(value.bytes)));
    } else if constexpr (is_bounded<T>) {
      const std::uint64_t count = raw<std::uint8_t>();
      if (count > T::capacity_max) return fail();
      value.clear();
      for (std::uint64_t i = 0; i < count && ok_; ++i) {
        typename T::value_type each{};
        one(each);
        value.push_back(each);
      }
    } else {
      fields(*this, value);
    }
  }

  std::span<const std::byte> from_;
  bool ok_ = true;
};

}  // namespace usher
