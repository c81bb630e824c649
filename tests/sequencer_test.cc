// Stamps: order, and time that never goes back.

#include "daemon/sequencer.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

class HandClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t boot_ns() const override { return boot_ms * 1'000'000; }
  [[nodiscard]] std::int64_t wall_ms() const override { return wall; }
  std::int64_t boot_ms = 50'000;
  std::int64_t wall = 1'000;
};

TEST(Sequencer, NumbersAreContiguousAndAGroupHasOneTime) {
  HandClock clock;
  Sequencer sequencer(PoolClock::real, clock);
  sequencer.resume({.sequence = 41, .pool_ms = 7, .wall_ms = clock.wall});
  clock.boot_ms += 100;
  sequencer.begin_group();
  const Stamp first = sequencer.next();
  clock.boot_ms += 100;
  const Stamp second = sequencer.next();
  EXPECT_EQ(42u, first.sequence);
  EXPECT_EQ(43u, second.sequence);
  EXPECT_EQ(107, first.pool_ms);
  EXPECT_EQ(107, second.pool_ms);
  sequencer.begin_group();
  EXPECT_EQ(207, sequencer.next().pool_ms);
}

TEST(Sequencer, PoolTimeIgnoresTheWallClockAndNeverGoesBack) {
  HandClock clock;
  Sequencer sequencer(PoolClock::real, clock);
  std::int64_t last = 0;
  for (const std::int64_t step : {10, -5000, 20, 3, -1, 100'000, -100'000, 6000}) {
    clock.boot_ms += step;
    clock.wall -= step * 7;
    sequencer.begin_group();
    const Stamp stamp = sequencer.next();
    EXPECT_GE(stamp.pool_ms, last);
    EXPECT_EQ(clock.wall, stamp.wall_ms);
    last = stamp.pool_ms;
  }
}

TEST(Sequencer, TicksAtTheDeadlineButNeverFinerThanTenMilliseconds) {
  HandClock clock;
  Sequencer sequencer(PoolClock::real, clock);
  EXPECT_FALSE(sequencer.tick_due(std::nullopt));
  EXPECT_EQ(std::nullopt, sequencer.wait_ms(std::nullopt));
  EXPECT_EQ(15, sequencer.wait_ms(15));
  clock.boot_ms += 14;
  sequencer.begin_group();
  EXPECT_FALSE(sequencer.tick_due(15));
  clock.boot_ms += 1;
  sequencer.begin_group();
  EXPECT_TRUE(sequencer.tick_due(15));
  sequencer.next();
  sequencer.ticked();
  EXPECT_EQ(10, sequencer.wait_ms(18));
  clock.boot_ms += 4;
  sequencer.begin_group();
  EXPECT_FALSE(sequencer.tick_due(18));
  clock.boot_ms += 6;
  sequencer.begin_group();
  EXPECT_TRUE(sequencer.tick_due(18));
}

TEST(Sequencer, WorkLeftOverIsTickedAtOnce) {
  HandClock clock;
  Sequencer sequencer(PoolClock::real, clock);
  sequencer.resume({.sequence = 1, .pool_ms = 100, .wall_ms = clock.wall});
  sequencer.begin_group();
  sequencer.next();
  sequencer.ticked();
  EXPECT_TRUE(sequencer.tick_due(100));
  EXPECT_EQ(0, sequencer.wait_ms(100));
}

TEST(Sequencer, TheClientsClockStopsAtEachDeadlineRoundedUp) {
  HandClock clock;
  Sequencer sequencer(PoolClock::client, clock);
  clock.boot_ms += 100'000;
  sequencer.begin_group();
  EXPECT_EQ(0, sequencer.next().pool_ms);

  EXPECT_TRUE(sequencer.advance(1000, 123));
  sequencer.begin_group();
  const Stamp tick = sequencer.next();
  EXPECT_EQ(130, tick.pool_ms);
  EXPECT_EQ(130, tick.wall_ms);
  EXPECT_TRUE(sequencer.advance(1000, 996));
  sequencer.begin_group();
  EXPECT_EQ(1000, sequencer.next().pool_ms);
  EXPECT_FALSE(sequencer.advance(1005, 1006));
  sequencer.begin_group();
  EXPECT_EQ(1005, sequencer.next().pool_ms);
  EXPECT_FALSE(sequencer.advance(2000, std::nullopt));
}

TEST(Sequencer, TheDowntimeIsWhatTheWallClockWentOnUpToADay) {
  const Stamp last{.sequence = 9, .pool_ms = 5000, .wall_ms = 100'000};
  struct Case {
    std::int64_t wall_ms, downtime_ms;
  };
  for (const auto& [wall_ms, downtime_ms] : {Case{100'000, 0}, Case{103'600, 3600}, Case{40'000, 0},
                                             Case{100'000 + limits::day_ms, limits::day_ms},
                                             Case{100'000 + 40 * limits::day_ms, limits::day_ms}}) {
    HandClock clock;
    clock.wall = wall_ms;
    Sequencer sequencer(PoolClock::real, clock);
    EXPECT_EQ(downtime_ms, sequencer.resume(last));
    clock.boot_ms += 20;
    sequencer.begin_group();
    const Stamp first = sequencer.next();
    EXPECT_EQ(10u, first.sequence);
    EXPECT_EQ(5020 + downtime_ms, first.pool_ms);
  }
}

TEST(Sequencer, TheClientsClockHasNoDowntime) {
  HandClock clock;
  clock.wall = 9'000'000;
  Sequencer sequencer(PoolClock::client, clock);
  EXPECT_EQ(0, sequencer.resume({.sequence = 9, .pool_ms = 5000, .wall_ms = 5000}));
  sequencer.begin_group();
  EXPECT_EQ(5000, sequencer.next().pool_ms);
}

}  // namespace
}  // namespace usher
