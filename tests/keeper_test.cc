// How much of the past is kept.

#include "daemon/keeper.h"

#include <gtest/gtest.h>

#include "tests/records.h"
#include "tests/shell_fixture.h"
#include "tests/small_disk.h"

namespace usher {
namespace {

struct KeeperOfAnHour : testing::Test {
  SmallDisk journal;
  FakeClock clock;
  Handover<StatePart> inbox{state_parts_max};
  Handover<CutMade> cuts{1};
  Keeper keeper{journal, clock, inbox, cuts, {.keep_ms = limits::hour_ms, .bytes_max = 1'000'000}};
  std::uint64_t record = 0;
  bool disk_full = false;

  // Ten more records, and the state behind them in two parts.
  void keep() {
    journal.append(records::plain(record + 1, 10));
    record += 10;
    const Journal::Snapshot of{.sequence = record, .wall_ms = clock.wall_ms()};
    ASSERT_TRUE(inbox.put({.of = of, .bytes = Bytes(10), .last = false, .disk_full = disk_full}));
    ASSERT_TRUE(inbox.put({.of = of, .bytes = Bytes(5), .last = true, .disk_full = disk_full}));
    EXPECT_TRUE(keeper.step());
    EXPECT_TRUE(keeper.step());
    EXPECT_FALSE(keeper.step());
  }
  void make_room() {
    ASSERT_TRUE(
        inbox.put({.of = {}, .bytes = {}, .last = true, .disk_full = true, .makes_room = true}));
    EXPECT_TRUE(keeper.step());
  }
  void pass(std::int64_t ms) {
    clock.move_ms(ms);
    clock.step_wall_ms(0);
  }
  std::vector<std::uint64_t> kept() {
    std::vector<std::uint64_t> sequences;
    for (const auto& one : journal.snapshots()) sequences.push_back(one.sequence);
    return sequences;
  }
};

TEST_F(KeeperOfAnHour, KeepsAStateThatComesInParts) {
  keep();
  ASSERT_EQ(1u, journal.snapshots().size());
  EXPECT_EQ(15u, journal.snapshots()[0].bytes);
  EXPECT_EQ(1u, journal.oldest());
}

TEST_F(KeeperOfAnHour, KeepsWhatTellsOfTheLastHourAndNoMore) {
  keep();
  pass(30 * limits::minute_ms);
  keep();
  pass(30 * limits::minute_ms);
  keep();
  EXPECT_EQ((std::vector<std::uint64_t>{10, 20, 30}), kept());
  pass(31 * limits::minute_ms);
  keep();
  EXPECT_EQ((std::vector<std::uint64_t>{20, 30, 40}), kept()) << "20 is an hour old, and tells";
  EXPECT_EQ(21u, journal.oldest());
}

TEST_F(KeeperOfAnHour, TheBeginningOfAPoolGoesAsAStateDoes) {
  keep();
  pass(40 * limits::minute_ms);
  keep();
  EXPECT_EQ(1u, journal.oldest());
  pass(40 * limits::minute_ms);
  keep();
  EXPECT_EQ((std::vector<std::uint64_t>{10, 20, 30}), kept());
  EXPECT_EQ(11u, journal.oldest());
}

TEST_F(KeeperOfAnHour, OnAFullDiskKeepsTheNewestAlone) {
  keep();
  keep();
  disk_full = true;
  keep();
  EXPECT_EQ((std::vector<std::uint64_t>{30}), kept());
  journal.append(records::plain(31, 10));
  EXPECT_EQ(31u, journal.oldest());
}

TEST_F(KeeperOfAnHour, MakesRoomWithoutAnotherState) {
  keep();
  keep();
  journal.append(records::plain(21, 10));
  make_room();
  EXPECT_EQ((std::vector<std::uint64_t>{20}), kept());
  EXPECT_EQ(21u, journal.oldest());
}

TEST_F(KeeperOfAnHour, MakesRoomBehindTheNewestThatIsWhole) {
  keep();
  keep();
  keep();
  journal.damaged = 30;
  make_room();
  EXPECT_EQ((std::vector<std::uint64_t>{20, 30}), kept());
  EXPECT_EQ(21u, journal.oldest());
}

TEST_F(KeeperOfAnHour, NoStateIsNoReasonToForget) {
  journal.append(records::plain(1, 10));
  make_room();
  EXPECT_EQ(1u, journal.oldest());
}

TEST_F(KeeperOfAnHour, AlwaysKeepsTheNewestTwo) {
  keep();
  pass(10 * limits::hour_ms);
  keep();
  EXPECT_EQ((std::vector<std::uint64_t>{10, 20}), kept());
  EXPECT_EQ(11u, journal.oldest());
  pass(10 * limits::hour_ms);
  keep();
  EXPECT_EQ((std::vector<std::uint64_t>{20, 30}), kept());
  EXPECT_EQ(21u, journal.oldest());
}

}  // namespace
}  // namespace usher
