// Which front-ends are alive, by their frames and the shell's pulses alone.

#include "daemon/leases.h"

#include <gtest/gtest.h>

#include <string>

namespace usher {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr OriginNumber desk{1};
constexpr OriginNumber phone{2};

Event signed_in(std::string_view agent, OriginNumber origin) {
  Event event;
  event.kind = EventKind::agent_signed_in;
  event.agent = AgentId::of_text(agent);
  event.agent_origin = origin;
  return event;
}

Event signed_off(std::string_view agent) {
  Event event;
  event.kind = EventKind::agent_signed_off;
  event.agent = AgentId::of_text(agent);
  return event;
}

// "ann-" is lost, "ann+" regained.
std::string told(Leases& leases) {
  std::string words;
  while (const auto command = leases.next()) {
    const auto* lost = std::get_if<command::AgentLost>(&*command);
    const AgentId id =
        lost != nullptr ? lost->agent : std::get<command::AgentRegained>(*command).agent;
    words += words.empty() ? "" : " ";
    for (const std::uint8_t byte : id.bytes) {
      if (byte != 0) words += static_cast<char>(byte);
    }
    words += lost != nullptr ? '-' : '+';
  }
  return words;
}

class LeasesTest : public testing::Test {
 protected:
  LeasesTest() {
    leases.pulse(now);
    for (const char* agent : {"ann", "bob"}) leases.observe(signed_in(agent, desk));
    leases.observe(signed_in("cid", phone));
    leases.heard(desk, now);
    leases.heard(phone, now);
  }
  // Pulses every second, as the shell does.
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) leases.pulse(now += second);
  }

  Leases leases{30'000};
  std::int64_t now = 100 * second;
};

TEST_F(LeasesTest, SilenceForALeaseLosesTheAgentsOfThatOriginOnly) {
  pass(20);
  leases.heard(phone, now);
  pass(10);
  EXPECT_EQ("", told(leases));
  pass(1);
  EXPECT_EQ("ann- bob-", told(leases));
  pass(5);
  EXPECT_EQ("", told(leases));
}

TEST_F(LeasesTest, AnyFrameRegainsThem) {
  pass(31);
  EXPECT_EQ("ann- bob- cid-", told(leases));
  leases.heard(phone, now);
  EXPECT_EQ("cid+", told(leases));
  leases.heard(phone, now);
  EXPECT_EQ("", told(leases));
}

TEST_F(LeasesTest, WhoIsBackBeforeItWasToldIsNeverLost) {
  pass(31);
  leases.heard(desk, now);
  leases.heard(phone, now);
  EXPECT_EQ("", told(leases));
}

TEST_F(LeasesTest, WhoIsBackHalfwayIsEvenAgain) {
  pass(31);
  ASSERT_TRUE(leases.next().has_value());  // ann is lost
  leases.heard(desk, now);
  EXPECT_EQ("ann+ cid-", told(leases));
}

TEST_F(LeasesTest, AShellThatWasLateStartsEveryLeaseAnew) {
  pass(10);
  leases.pulse(now += 100 * second);
  EXPECT_EQ("", told(leases));
  pass(30);
  EXPECT_EQ("", told(leases));
  pass(1);
  EXPECT_EQ("ann- bob- cid-", told(leases));
}

TEST_F(LeasesTest, WhoSignsOffIsNotLost) {
  leases.observe(signed_off("ann"));
  pass(31);
  EXPECT_EQ("bob- cid-", told(leases));
}

TEST_F(LeasesTest, WhoSignsInElsewhereLivesByThatDesk) {
  leases.observe(signed_in("ann", phone));
  pass(20);
  leases.heard(phone, now);
  pass(11);
  EXPECT_EQ("bob-", told(leases));
}

TEST_F(LeasesTest, WhoSignsOffWhileTheOthersAreToldLeavesNobodyOut) {
  leases.observe(signed_in("dan", desk));
  pass(31);
  ASSERT_TRUE(leases.next().has_value());  // ann
  leases.observe(signed_off("ann"));       // dan takes the place that was already visited
  EXPECT_EQ("dan- bob- cid-", told(leases));
}

TEST_F(LeasesTest, AfterAStartTheTableIsAsTheCoreHasIt) {
  Leases fresh(30'000);
  AgentView ann;
  ann.agent = AgentId::of_text("ann");
  ann.origin = desk;
  ann.presence = Presence::available;
  ann.lost = true;
  fresh.restore(ann);
  AgentView bob = ann;
  bob.agent = AgentId::of_text("bob");
  bob.lost = false;
  fresh.restore(bob);
  AgentView gone = ann;
  gone.agent = AgentId::of_text("gone");
  gone.presence = Presence::offline;
  fresh.restore(gone);
  fresh.pulse(now);
  EXPECT_EQ("", told(fresh));  // nobody has heard of the desk yet
  fresh.heard(desk, now);
  EXPECT_EQ("ann+", told(fresh));
  for (int i = 0; i < 31; ++i) fresh.pulse(now += second);
  EXPECT_EQ("ann- bob-", told(fresh));
}

TEST(Leases, WithoutALeaseNobodyIsEverLost) {
  Leases leases(0);
  leases.pulse(0);
  leases.observe(signed_in("ann", desk));
  for (std::int64_t i = 1; i < 100; ++i) leases.pulse(i * 100 * second);
  EXPECT_EQ("", told(leases));
}

}  // namespace
}  // namespace usher
