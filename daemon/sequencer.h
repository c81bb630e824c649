#pragma once

// Where order and time are born: gives every record its stamp.
//
// Pool time never goes back. By the real clock it is the last stamp plus the boot time gone by
// since; the wall clock is only noted. By the client's clock it stands still until advance() moves
// it.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "daemon/clock.h"
#include "routing/limits.h"
#include "routing/types.h"

namespace usher {

// A wall clock that went further than this was wrong before or is wrong now.
inline constexpr std::int64_t downtime_ms_max = limits::day_ms;

enum class PoolClock : std::uint8_t { real, client };

class Sequencer {
 public:
  // Of a new pool: sequence 0 and pool time 0.
  Sequencer(PoolClock mode, const Clock& clock);

  // Goes on after the last record of the process before. By the real clock the downtime, which is
  // what the wall clock went on since then, 0 to downtime_ms_max, is in pool time from now on.
  // Answers it. Requires: no record was stamped yet.
  std::int64_t resume(const Stamp& last);

  [[nodiscard]] PoolClock mode() const { return mode_; }
  [[nodiscard]] const Stamp& last() const { return last_; }

  // What the clocks said when the group began.
  [[nodiscard]] Stamp now() const {
    return {.sequence = last_.sequence, .pool_ms = now_ms_, .wall_ms = now_wall_ms_};
  }

  // Reads the clocks. Every stamp until the next call has this time.
  void begin_group();
  // The stamp of the next record. Requires: begin_group() was called since advance_to().
  Stamp next();

  // True when a tick has to be added in this group: the deadline has come, and not sooner than
  // limits::tick_ms after the last tick, unless the core has work left over.
  [[nodiscard]] bool tick_due(std::optional<std::int64_t> deadline) const;
  void ticked() { ticked_ms_ = now_ms_; }
  // Milliseconds until tick_due() can turn true; none while no deadline is pending or only the
  // client moves the time.
  [[nodiscard]] std::optional<std::int64_t> wait_ms(std::optional<std::int64_t> deadline) const;

  // Client's clock: moves pool time to the next tick not after `to`, or to `to` itself. True when
  // it stopped for a tick, which must then be added; false when pool time is `to`. Requires: mode
  // is client, to >= last().pool_ms.
  bool advance(std::int64_t to, std::optional<std::int64_t> deadline);

 private:
  [[nodiscard]] std::int64_t read_ms() const;

  PoolClock mode_;
  const Clock& clock_;
  Stamp last_;
  std::int64_t base_pool_ms_ = 0;  // pool time at base_boot_ns_
  std::int64_t base_boot_ns_;
  std::int64_t now_ms_ = 0;  // pool time of the group
  std::int64_t now_wall_ms_ = 0;
  std::int64_t ticked_ms_ = -limits::tick_ms;
};

}  // namespace usher
