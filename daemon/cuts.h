#pragma once

// Hands out cuts of the pool chunk by chunk. A reader who is slow holds nothing up: it keeps a cut
// in memory at most for a while, and then has to begin anew.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "daemon/nouns.h"

namespace usher {

inline constexpr std::size_t cuts_max = 4;
inline constexpr std::int64_t cut_ns_max = 60'000'000'000;

class Cuts {
 public:
  // The first chunk of a cut just taken.
  SnapshotFound begin(const std::shared_ptr<const Cut>& cut, std::int64_t now_ns);
  // The chunk at a cursor; none when the cut is no longer kept.
  std::optional<SnapshotFound> next(std::uint64_t cursor, std::int64_t now_ns);
  // Lets go of what nobody asked for lately.
  void step(std::int64_t now_ns);
  [[nodiscard]] std::size_t count() const { return kept_.size(); }

 private:
  struct Kept {
    std::uint64_t number = 0;
    std::int64_t asked_ns = 0;
    std::shared_ptr<const Cut> cut;
  };

  static SnapshotFound chunk(const Kept& kept, std::uint64_t position);

  std::deque<Kept> kept_;  // the oldest first
  std::uint64_t numbers_ = 0;
};

}  // namespace usher
