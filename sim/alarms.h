#pragma once

// Who has next to be called when, in virtual time: a heap in which everybody stands at most once,
// so that it never holds more than there are handles, however often an alarm is moved.

#include <cstdint>
#include <limits>
#include <vector>

namespace usher::sim {

class Alarms {
 public:
  using Handle = std::uint32_t;
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  // Sets, moves, or with `never` takes away the alarm of the handle.
  void set(Handle handle, std::int64_t at_us);

  // When the first is due, or never. Of several at one time the smallest handle is first.
  [[nodiscard]] std::int64_t first_us() const { return heap_.empty() ? never : heap_[0].at_us; }
  // Requires: first_us() is not never.
  [[nodiscard]] Handle first() const { return heap_[0].handle; }

 private:
  struct Alarm {
    std::int64_t at_us = 0;
    Handle handle = 0;
  };
  static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();

  static bool before(const Alarm& a, const Alarm& b) {
    return a.at_us != b.at_us ? a.at_us < b.at_us : a.handle < b.handle;
  }
  void put(std::size_t position, const Alarm& alarm);
  void sift_up(std::size_t position, const Alarm& alarm);
  void sift_down(std::size_t position, const Alarm& alarm);
  void erase(std::size_t position);

  std::vector<Alarm> heap_;  // four children a node
  std::vector<std::uint32_t> position_;
};

}  // namespace usher::sim
