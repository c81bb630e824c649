#pragma once

// Where time comes from. Stages never ask the operating system: a test or a simulator gives them
// another clock.

#include <cstdint>
#include <ctime>

namespace usher {

class Clock {
 public:
  virtual ~Clock() = default;

  // Nanoseconds since the machine started, sleep included. Never goes back.
  [[nodiscard]] virtual std::int64_t boot_ns() const = 0;
  // Milliseconds since 1970. May jump either way; for people only.
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t boot_ns() const override { return read_ns(CLOCK_BOOTTIME); }
  [[nodiscard]] std::int64_t wall_ms() const override {
    return read_ns(CLOCK_REALTIME) / 1'000'000;
  }

 private:
  static std::int64_t read_ns(clockid_t which) {
    timespec time{};
    clock_gettime(which, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }
};

}  // namespace usher
