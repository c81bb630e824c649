#pragma once

// The newest events, kept so that whoever missed some can ask again. Holds only what has left the
// outbox, so whatever is read from it may be shown.

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/nouns.h"

namespace usher {

// How many events one replay looks at, whatever its filters: the rest is asked for with `next`.
inline constexpr std::size_t replay_scan_max = 65'536;
inline constexpr std::size_t replay_events_max = 512;  // what fits into a frame

// Of each origin that there is, the last event that concerned it; 0 = none.
using LastOfOrigins = std::vector<std::pair<OriginNumber, std::uint64_t>>;

class Ring {
 public:
  // Keeps at least `capacity` events, rounded up to whole blocks. Memory is taken as it is needed.
  explicit Ring(std::size_t capacity);

  // Those up to this one were before, and are not kept; nor is anything that is.
  void begin_behind(std::uint64_t sequence, const LastOfOrigins& last_of);
  // Requires: sequences go on where the last one ended; the first event of all may have any.
  void append(std::span<const Event> events);

  // Sequences; 0 while there is no event.
  [[nodiscard]] std::uint64_t last() const { return last_; }
  [[nodiscard]] std::uint64_t oldest() const { return oldest_; }

  // Null when it is not kept.
  [[nodiscard]] const Event* find(std::uint64_t sequence) const {
    return sequence != 0 && sequence >= oldest_ && sequence <= last_ ? &at(sequence) : nullptr;
  }
  // Appends to `into` the oldest kept events of an origin after a sequence, at most count_max.
  void of_origin(OriginNumber origin, std::uint64_t after, std::size_t count_max,
                 std::vector<Event>& into) const;
  // The newest event of the origin that is no longer kept; 0 = all are.
  [[nodiscard]] std::uint64_t forgotten(OriginNumber origin) const;

  // As AskReplay says. `below` is set, and nothing is found, when `after` is not 0 and events after
  // it are no longer kept. Sets everything but the identity.
  [[nodiscard]] ReplayFound replay(const AskReplay& ask, bool& below) const;

 private:
  static constexpr std::size_t block_events = 1024;
  using Block = std::vector<Event>;

  struct OfOrigin {
    std::deque<std::uint64_t> kept;  // sequences
    std::uint64_t forgotten = 0;
  };

  [[nodiscard]] const Event& at(std::uint64_t sequence) const {
    const std::uint64_t offset = sequence - begin_;
    return blocks_[offset / block_events][offset % block_events];
  }
  void forget_block();
  void index(const Event& event);

  std::size_t blocks_max_;
  std::deque<Block> blocks_;
  std::uint64_t begin_ = 0;  // sequence of the first place of the first block
  std::uint64_t oldest_ = 0;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint16_t, OfOrigin> origins_;
};

}  // namespace usher
