#pragma once

// A clock that is moved by hand.

#include <cstdint>

#include "daemon/clock.h"

namespace usher::sim {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t boot_ns() const override { return boot_ns_; }
  [[nodiscard]] std::int64_t wall_ms() const override { return wall_ms_; }

  void move_ms(std::int64_t ms) {
    step_boot_ms(ms);
    step_wall_ms(ms);
  }
  void step_wall_ms(std::int64_t ms) { wall_ms_ += ms; }
  void step_boot_ms(std::int64_t ms) { boot_ns_ += ms * 1'000'000; }

 private:
  std::int64_t boot_ns_ = 1'000'000'000'000;
  std::int64_t wall_ms_ = 1'700'000'000'000;
};

}  // namespace usher::sim
