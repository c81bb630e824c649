// The driver of the core in virtual time, with customers and shifts given one by one.

#include "sim/driver.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "sim/model_file.h"
#include "sim/statistics.h"

namespace usher::sim {
namespace {

constexpr std::int64_t second_us = 1'000'000;

// Two agents who take two chats each, at 0.5 when there are two; the second is not there yet.
Floor floor_of_two() {
  const auto read = parse_model(R"(
[[class]]
name = "chat"
rate = 1
service = { dist = "exp", mean = 1 }
[[group]]
name = "desk"
agents = 2
capacity = 2
speed = [1.0, 0.5]
)",
                                "test.toml");
  const Model& model = std::get<Model>(read);
  Floor floor;
  floor.pool = model.pool;
  floor.kinds = {model.classes[0].kind};
  floor.groups = {model.groups[0].pace};
  floor.agents = {{model.groups[0].definition, 0, true}, {model.groups[0].definition, 0, false}};
  return floor;
}

Happening arrival(std::int64_t at_s, std::int64_t work_s, std::int64_t patience_s = 0) {
  Arrival arrival;
  arrival.work_us = work_s * second_us;
  if (patience_s > 0) arrival.patience_us = patience_s * second_us;
  return {at_s * second_us, arrival};
}

class DriverTest : public testing::Test {
 protected:
  void play(const std::vector<Happening>& happenings) {
    std::size_t next = 0;
    driver.run(
        [&]() -> std::optional<Happening> {
          return next < happenings.size() ? std::optional(happenings[next++]) : std::nullopt;
        },
        [&](const Fate& fate) { fates.push_back(fate); });
  }
  [[nodiscard]] double end_s() const { return static_cast<double>(driver.now_us()) / 1e6; }

  Driver driver{floor_of_two()};
  std::vector<Fate> fates;
};

TEST_F(DriverTest, TwoAtOnceGoOnAtTheSpeedOfTwo) {
  // Alone for 2 s, together until the second has done its 3 s, alone again: 2 + 6 + 5.
  play({arrival(0, 10), arrival(2, 3)});
  EXPECT_EQ(end_s(), 13.0);
  ASSERT_EQ(fates.size(), 2u);
  EXPECT_EQ(fates[1].wait_us, 0);
}

TEST_F(DriverTest, WorkLeftGoesWithTheConversationToTheNextShift) {
  play({arrival(0, 10),
        {4 * second_us, command::SignOff{Driver::agent_id(0)}},
        {7 * second_us, command::SignIn{Driver::agent_id(1), Presence::available, 0}}});
  EXPECT_EQ(end_s(), 13.0);
  ASSERT_EQ(fates.size(), 1u);
  EXPECT_EQ(fates[0].end, Fate::End::answered);
  EXPECT_EQ(fates[0].agent, 0u);
}

TEST_F(DriverTest, WhoWaitsLeavesWhenPatienceEnds) {
  play({arrival(0, 100), arrival(0, 100), arrival(1, 5, 3), arrival(2, 5)});
  ASSERT_EQ(fates.size(), 4u);
  EXPECT_EQ(fates[2].number, 2u);
  EXPECT_EQ(fates[2].end, Fate::End::abandoned);
  EXPECT_EQ(fates[2].wait_us, 3 * second_us);
  EXPECT_EQ(fates[3].end, Fate::End::answered);
}

TEST_F(DriverTest, WhoHasToWaitIsToldHowLong) {
  play({arrival(0, 2), arrival(0, 5), arrival(1, 5), arrival(5, 9), arrival(6, 1)});
  ASSERT_EQ(fates.size(), 5u);
  EXPECT_FALSE(fates[0].waited);
  EXPECT_TRUE(fates[2].waited);
  EXPECT_EQ(fates[2].expected.p50_ms, -1) << "nobody waited before";
  EXPECT_TRUE(fates[3].waited);
  EXPECT_GT(fates[3].expected.p50_ms, 0);
  EXPECT_GE(fates[3].expected.p90_ms, fates[3].expected.p50_ms);
}

TEST_F(DriverTest, TimeCountsWhileOnDuty) {
  play({arrival(0, 1),
        {6 * second_us, command::SignIn{Driver::agent_id(1), Presence::available, 0}},
        arrival(10, 1)});
  EXPECT_EQ(driver.agent_times()[0].us_by_count, (std::vector<std::int64_t>{9'000'000, 1'000'000}));
  EXPECT_EQ(driver.agent_times()[1].us_by_count, (std::vector<std::int64_t>{4'000'000}));
  const GroupFigures group = figures_of_group(driver.agent_times(), 0, 2);
  EXPECT_EQ(group.agents, 2u);
  EXPECT_DOUBLE_EQ(group.occupancy, 1.0 / 14.0 / 2.0);
}

TEST_F(DriverTest, WhatCannotBeOpenedIsRefused) {
  play({{0, command::SetScope{Scope::pool, ScopeState::draining, 0, {}}},
        arrival(1, 1),
        {2 * second_us, command::SetScope{Scope::pool, ScopeState::open, 0, {}}},
        arrival(3, 1)});
  ASSERT_EQ(fates.size(), 2u);
  EXPECT_EQ(fates[0].end, Fate::End::refused);
  EXPECT_EQ(fates[1].end, Fate::End::answered);
}

// When everything has ended that begins with these on such a floor.
double end_s(const Floor& floor, std::vector<Happening> happenings) {
  Driver driver(floor);
  std::size_t next = 0;
  driver.run(
      [&]() -> std::optional<Happening> {
        return next < happenings.size() ? std::optional(happenings[next++]) : std::nullopt;
      },
      [](const Fate&) {});
  return static_cast<double>(driver.now_us()) / 1e6;
}

TEST(DriverFloorTest, WrapUpThatIsWorkSlowsAndIsSlowed) {
  Floor floor = floor_of_two();
  floor.pool.classes[0].wrap_up_ms = 3000;
  // By the clock: the second is done after 11 + 4, its wrap-up three seconds later.
  EXPECT_EQ(end_s(floor, {arrival(0, 10), arrival(11, 4)}), 18.0);
  // As work: 1 s of the first one's alone, its other 2 s beside the second take 4 s; the second has
  // 2 s left then, and 3 s of its own.
  floor.kinds[0].wrap_up_us = 3 * second_us;
  EXPECT_EQ(end_s(floor, {arrival(0, 10), arrival(11, 4)}), 20.0);
}

TEST(DriverFloorTest, WhoLacksTheSkillTakesLonger) {
  Floor floor = floor_of_two();
  floor.kinds[0].skill = {1};
  floor.kinds[0].unskilled_factor = 1.5;
  EXPECT_EQ(end_s(floor, {arrival(0, 10)}), 15.0);
  floor.agents[0].definition.skills.push_back({{1}, 10});
  floor.pool.names.push_back({NameKind::skill, 1, "known"});
  EXPECT_EQ(end_s(floor, {arrival(0, 10)}), 10.0);
}

TEST(AlarmsTest, RingInOrderHoweverTheyAreMoved) {
  Alarms alarms;
  for (Alarms::Handle handle = 0; handle < 50; ++handle) alarms.set(handle, handle * 37 % 50);
  for (Alarms::Handle handle = 0; handle < 50; handle += 2)
    alarms.set(handle, 100 + handle * 7 % 50);
  for (Alarms::Handle handle = 0; handle < 50; handle += 5) alarms.set(handle, Alarms::never);
  alarms.set(1000, Alarms::never);
  std::int64_t last_us = -1;
  std::size_t rung = 0;
  for (; alarms.first_us() != Alarms::never; ++rung) {
    EXPECT_GE(alarms.first_us(), last_us);
    last_us = alarms.first_us();
    alarms.set(alarms.first(), Alarms::never);
  }
  EXPECT_EQ(rung, 40u);
}

}  // namespace
}  // namespace usher::sim
