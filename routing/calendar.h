#pragma once

// When one calendar was closed. Told by the shell, which knows time zones and holidays: the core
// only counts. A pool's calendars are open until they are said to be closed.

#include <cstdint>
#include <vector>

#include "routing/hash.h"
#include "routing/limits.h"

namespace usher {

class Calendar {
 public:
  // A conversation that comes with an age looks back no further than this.
  static constexpr std::int64_t remembered_ms = limits::age_ms_max + limits::day_ms;
  // One a millisecond, and half of them.
  static constexpr std::size_t closures_max = remembered_ms / 2;

  [[nodiscard]] bool open() const { return open_; }
  // Requires, of all: now_ms never goes back.
  void set(bool open, std::int64_t now_ms);

  // For how long it has been closed so far, since the pool began.
  [[nodiscard]] std::int64_t closed_ms(std::int64_t now_ms) const;
  // Of that, since from_ms. What is longer ago than remembered_ms counts as open.
  [[nodiscard]] std::int64_t closed_ms_since(std::int64_t from_ms, std::int64_t now_ms) const;

  void add_to(Hasher& hasher) const;

  struct Closure {
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;

    template <class Io>
    friend void fields(Io& io, typename Io::template Of<Closure> it) {
      io(it.from_ms, it.to_ms);
    }
  };

 private:
  // As fields.h says.
  template <class Io>
  friend void fields(Io& io, typename Io::template Of<Calendar> it) {
    io.list(it.past_, closures_max);
    io(it.closed_ms_, it.closed_from_ms_, it.open_);
  }

  std::vector<Closure> past_;   // the oldest first
  std::int64_t closed_ms_ = 0;  // of all that are over
  std::int64_t closed_from_ms_ = 0;
  bool open_ = true;
};

}  // namespace usher
