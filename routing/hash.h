#pragma once

// Hashes that are the same on every machine and build: for the digest of the state, the chain over
// all events, and the places of ids in tables. Not for secrets.

#include <bit>
#include <cstdint>
#include <cstring>

#include "routing/types.h"

namespace usher {

// The finaliser of MurmurHash3 (public domain): every bit of the input reaches every bit.
constexpr std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  value ^= value >> 33;
  return value;
}

class Hasher {
 public:
  constexpr explicit Hasher(std::uint64_t seed = 0) : state_(seed) {}

  constexpr void add(std::uint64_t value) {
    state_ = (std::rotl(state_, 23) ^ value) * 0x9e3779b97f4a7c15ULL;
  }
  constexpr void add(std::int64_t value) { add(static_cast<std::uint64_t>(value)); }
  template <class Tag>
  void add(const Id<Tag>& id) {
    std::uint64_t halves[2];
    std::memcpy(halves, id.bytes.data(), sizeof halves);
    add(halves[0]);
    add(halves[1]);
  }
  [[nodiscard]] constexpr std::uint64_t value() const { return mixed(state_); }

 private:
  std::uint64_t state_;
};

template <class Tag>
std::uint64_t hash_of(const Id<Tag>& id) {
  Hasher hasher;
  hasher.add(id);
  return hasher.value();
}

}  // namespace usher
