#pragma once

// Integers as bytes, the same on every machine: little-endian in values, big-endian in keys, which
// RocksDB sorts as bytes.

#include <array>
#include <cstddef>
#include <cstdint>

namespace usher {

// Requires of all: sizeof(T) bytes at `at`.
template <class T>
void store_little(std::byte* at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    at[i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
}

template <class T>
[[nodiscard]] T load_little(const std::byte* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= std::to_integer<std::uint64_t>(at[i]) << (8 * i);
  }
  return static_cast<T>(value);
}

template <class T>
void store_big(char* at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    at[sizeof(T) - 1 - i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
}

template <class T>
[[nodiscard]] T load_big(const char* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = value << 8 | static_cast<unsigned char>(at[i]);
  }
  return static_cast<T>(value);
}

}  // namespace usher
