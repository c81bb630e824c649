#pragma once

// The timers of a pool, part of its state: what is due first, by (deadline, order of creation). The
// heap that finds it is derived.

#include <cstdint>
#include <optional>
#include <vector>

#include "routing/slab.h"

namespace usher {

using TimerSlot = Slot<struct TimerTag>;

enum class TimerKind : std::uint8_t {
  none,
  scheduled,   // a conversation's not_before has come
  offer,       // an offer lapses
  reply,       // an agent was silent for reply_within
  hold,        // a held conversation comes back
  own_list,    // it waited for its agent long enough
  wrap_up,     // wrap-up is over
  handling,    // handling_max is over
  look,        // a waiting conversation looks again: a step, a cool-down, a preference ends
  lost_grace,  // a lost agent's work goes back
  bot_turn,    // a bot has had it for bot_first
  online,      // a window of coming online is over
  deferred,    // what was deferred by overflow comes back
  shift,       // an agent's shift ends
  stop,        // the last minutes of it begin
  mode,        // the mode in force ends
  target,      // a conversation is at risk, or its target is over
  overdue      // it has waited for as long as its class wants anybody to
};

struct Timer {
  std::int64_t deadline_ms = 0;
  std::uint64_t created = 0;
  // The slot of a conversation, or of an agent with lost_grace, online, shift, stop.
  std::uint32_t subject = 0;
  TimerKind kind = TimerKind::none;
};

class Timers {
 public:
  TimerSlot add(std::int64_t deadline_ms, TimerKind kind, std::uint32_t subject);
  // Takes the timer away and clears the slot; a cleared slot is no error.
  void cancel(TimerSlot& slot);
  // Moves to `earliest_ms` the deadlines before it of the kinds for which `moves` is true; the
  // order of creation stays.
  template <class Moves>
  void postpone(std::int64_t earliest_ms, Moves&& moves);

  [[nodiscard]] std::optional<std::int64_t> next_deadline() const;
  // Requires: next_deadline() has a value.
  [[nodiscard]] TimerSlot first() const { return heap_.front(); }
  [[nodiscard]] const Timer& operator[](TimerSlot slot) const { return timers_[slot]; }

  // For whoever saves or loads them: afterwards restore() is due, with the count of all that were
  // ever made.
  [[nodiscard]] Slab<Timer, TimerSlot>& records() { return timers_; }
  [[nodiscard]] const Slab<Timer, TimerSlot>& records() const { return timers_; }
  [[nodiscard]] std::uint64_t created() const { return created_; }
  void restore(std::uint64_t created);

  [[nodiscard]] std::uint64_t digest(std::uint64_t seed) const;
  [[nodiscard]] bool heap_agrees() const;

 private:
  [[nodiscard]] bool before(TimerSlot a, TimerSlot b) const;
  void put(std::size_t position, TimerSlot slot);
  void sift_up(std::size_t position);
  void sift_down(std::size_t position);
  void make_heap();

  Slab<Timer, TimerSlot> timers_;
  std::uint64_t created_ = 0;
  std::vector<TimerSlot> heap_;          // derived: four children a node
  std::vector<std::uint32_t> position_;  // derived: of a slot in the heap
};

template <class Moves>
void Timers::postpone(std::int64_t earliest_ms, Moves&& moves) {
  for (TimerSlot slot : heap_) {
    Timer& timer = timers_[slot];
    if (moves(timer.kind) && timer.deadline_ms < earliest_ms) timer.deadline_ms = earliest_ms;
  }
  make_heap();
}

}  // namespace usher
