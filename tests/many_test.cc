// What concerns many: a record causes no more events than it may, however many there are, the rest
// comes in the next ones, and nothing that a cursor has not reached yet is decided wrongly.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "routing/limits.h"
#include "tests/pool_fixture.h"

namespace usher {
namespace {

using namespace test_name;

constexpr int very_many = 6'000;
constexpr int many = 3'000;  // more than a cursor looks at in one record
constexpr std::int64_t hour_ms = 3'600'000;

ConversationId conversation(int i) { return ConversationId::of_text("c" + std::to_string(i)); }
AgentId agent(int i) { return AgentId::of_text("a" + std::to_string(i)); }

// A pool whose indexes are not looked at after every record.
class Floor {
 public:
  explicit Floor(const PoolConfiguration& configuration) {
    EXPECT_EQ(Refusal::none, configure(configuration));
  }
  Outcome say(const Command& command) {
    events.clear();
    const Outcome outcome =
        router.apply(Record{{++sequence_, now_ms, now_ms}, {}, 0, command}, events);
    events_most = std::max(events_most, events.size());
    return outcome;
  }
  Refusal configure(const PoolConfiguration& configuration) {
    return say(command::Configure{std::make_shared<const PoolConfiguration>(configuration)})
        .refusal;
  }
  // Of one chat, and available.
  void on_duty(AgentId id) {
    command::AgentDefinition one;
    one.agent = id;
    one.holds.push_back({chat, 1});
    say(command::DefineAgent{std::make_shared<const command::AgentDefinition>(one)});
    say(command::SignIn{id, Presence::available, 0});
  }
  Refusal open(ConversationId id, CategoryNumber category, CustomerId customer = {}) {
    command::Open one;
    one.conversation = id;
    one.category = category;
    one.channel = chat;
    one.customer = customer;
    return say(one).refusal;
  }
  // Until nothing is left to do.
  void settle() {
    while (router.next_deadline() && *router.next_deadline() <= now_ms) say(command::Tick{});
  }
  [[nodiscard]] int count(ConversationState state) const {
    const auto views = router.conversations();
    return static_cast<int>(std::ranges::count(views, state, &ConversationView::state));
  }

  Router router;
  Events events;
  std::int64_t now_ms = 0;
  std::size_t events_most = 0;  // of a record

 private:
  std::uint64_t sequence_ = 0;
};

TEST(Holds, OfAllChannelsTogetherThatHaveNoCommonUnitAreRefused) {
  PoolConfiguration configuration = test_configuration();
  Floor floor(configuration);
  floor.on_duty(agent(1));
  configuration.channels[chat.value - 1].holds = 997;
  configuration.channels[email.value - 1].holds = 991;
  configuration.channels[voice.value - 1].holds = 983;
  EXPECT_EQ(Refusal::out_of_range, floor.configure(configuration));
}

PoolConfiguration with_own_list() {
  PoolConfiguration configuration = test_configuration();
  for (ClassConfiguration& of : configuration.classes) of.preferred_wait_ms = hour_ms;
  return configuration;
}

// One agent has all of it.
Floor floor_with_held(const PoolConfiguration& configuration) {
  Floor floor(configuration);
  floor.on_duty(agent(1));
  for (int i = 0; i < very_many; ++i) {
    EXPECT_EQ(Refusal::none, floor.open(conversation(i), ask));
    EXPECT_EQ(Refusal::none, floor.say(command::Hold{conversation(i), agent(1), 0, 0}).refusal);
  }
  EXPECT_EQ(very_many, floor.count(ConversationState::held));
  return floor;
}

TEST(Many, HeldConversationsOfAnAgentWhoLeavesGoBackInSteps) {
  Floor floor = floor_with_held(test_configuration());
  floor.say(command::SignOff{agent(1)});
  EXPECT_GT(floor.count(ConversationState::held), 0);
  // Who comes again meanwhile keeps what is new.
  floor.say(command::SignIn{agent(1), Presence::available, 0});
  floor.settle();
  EXPECT_LE(floor.events_most, limits::events_max);
  EXPECT_EQ(0, floor.count(ConversationState::held));
  EXPECT_EQ(1, floor.count(ConversationState::assigned));
  EXPECT_EQ(very_many - 1, floor.count(ConversationState::waiting));
  EXPECT_TRUE(floor.router.indexes_agree());
}

TEST(Many, HeldConversationsThatBecomeIncidentsLeaveTheOwnListInSteps) {
  PoolConfiguration configuration = with_own_list();
  Floor floor = floor_with_held(configuration);
  floor.say(command::SetPresence{agent(1), Presence::away, {}});
  for (int i = 0; i < very_many; ++i) floor.say(command::CustomerWrote{conversation(i)});
  configuration.classes[asks.value - 1].band = security_band;
  EXPECT_EQ(Refusal::none, floor.configure(configuration));
  floor.settle();
  EXPECT_LE(floor.events_most, limits::events_max);
  EXPECT_EQ(0, floor.count(ConversationState::held));
  EXPECT_TRUE(floor.router.indexes_agree());
}

TEST(Many, CustomersWhoseConversationsChangePlacesDoSoInSteps) {
  PoolConfiguration configuration = test_configuration();
  Floor floor(configuration);
  floor.on_duty(agent(1));
  floor.say(command::SetPresence{agent(1), Presence::away, {}});
  for (int i = 0; i < many; ++i) {
    const CustomerId customer = CustomerId::of_text("k" + std::to_string(i));
    floor.open(conversation(2 * i), ask, customer);
    floor.open(conversation(2 * i + 1), mail, customer);
  }
  EXPECT_TRUE(floor.router.conversation(conversation(1))->joined);
  configuration.classes[asks.value - 1].band = later_band;
  configuration.classes[mails.value - 1].band = live_band;
  EXPECT_EQ(Refusal::none, floor.configure(configuration));
  floor.settle();
  EXPECT_LE(floor.events_most, limits::events_max);
  for (int i = 0; i < many; ++i) {
    ASSERT_TRUE(floor.router.conversation(conversation(2 * i))->joined);
    ASSERT_FALSE(floor.router.conversation(conversation(2 * i + 1))->joined);
  }
  EXPECT_TRUE(floor.router.indexes_agree());
}

TEST(Many, PausedAgentsGetNothingThoughNoCursorCameToThem) {
  for (const Scope scope : {Scope::agent, Scope::pool}) {
    Floor floor(test_configuration());
    for (int i = 0; i < many; ++i) floor.on_duty(agent(i));
    for (int i = 0; i < many - 1; ++i) {
      floor.say(command::SetPresence{agent(i), Presence::away, {}});
    }
    const AgentId last = scope == Scope::agent ? agent(many - 1) : AgentId{};
    command::SetScope pause;
    pause.scope = scope;
    pause.agent = last;
    pause.state = ScopeState::paused;
    EXPECT_EQ(Refusal::none, floor.say(pause).refusal);
    floor.open(conversation(1), ask);
    EXPECT_EQ(1, floor.count(ConversationState::waiting));
    pause.state = ScopeState::open;
    floor.say(pause);
    floor.settle();
    EXPECT_EQ(1, floor.count(ConversationState::assigned));
  }
}

TEST(Many, WhatACursorDidNotReachBetweenTwoChangesOfHoursIsStillMatched) {
  PoolConfiguration configuration = test_configuration();
  configuration.names.push_back(Name{NameKind::hours, 1, "office"});
  configuration.classes[asks.value - 1].hours = {{{}, HoursNumber{1}}};
  Floor floor(configuration);
  floor.on_duty(agent(1));
  floor.say(command::SetPresence{agent(1), Presence::away, {}});
  for (int i = 0; i < many; ++i) floor.open(conversation(i), account);
  const ConversationId last = conversation(many);
  floor.open(last, ask);
  command::AgentDefinition sec;
  sec.agent = agent(2);
  sec.skills.push_back({security, 9});
  configuration.classes[accounts.value - 1].need = configuration.classes[takeover.value - 1].need;
  floor.say(command::DefineAgent{std::make_shared<const command::AgentDefinition>(sec)});
  EXPECT_EQ(Refusal::none, floor.configure(configuration));
  floor.settle();
  EXPECT_EQ(many + 1, floor.count(ConversationState::waiting));
  floor.say(command::SetHours{HoursNumber{1}, false});
  floor.say(command::SetPresence{agent(1), Presence::available, {}});
  floor.say(command::SetHours{HoursNumber{1}, true});
  floor.settle();
  EXPECT_EQ(ConversationState::assigned, floor.router.conversation(last)->state);
}

// --- what conversations ask for of their own ---

PoolConfiguration with_skills() {
  PoolConfiguration configuration = test_configuration();
  for (std::uint16_t number = 5; number <= 200; ++number) {
    configuration.names.push_back(Name{NameKind::skill, number, "s" + std::to_string(number)});
  }
  return configuration;
}

// Each asks for something else; how many were taken until one was refused.
int open_all_different(Floor& floor, bool close_them) {
  int opened = 0;
  for (std::uint16_t skill = 5; skill <= 200; ++skill) {
    for (std::uint8_t level = 1; level <= 10; ++level) {
      command::Open one;
      one.conversation = conversation(opened);
      one.category = ask;
      one.channel = chat;
      one.required.push_back({SkillNumber{skill}, level});
      const Refusal refusal = floor.say(one).refusal;
      if (refusal != Refusal::none) {
        EXPECT_EQ(Refusal::too_many, refusal);
        return opened;
      }
      if (close_them) {
        floor.say(command::Close{conversation(opened), {}, 0, CloseOutcome::solved});
        floor.now_ms += 1'000;
      }
      ++opened;
    }
  }
  return opened;
}

TEST(AskedFor, WhatOnlyEndedConversationsAskedForIsForgotten) {
  Floor floor(with_skills());
  EXPECT_EQ(196 * 10, open_all_different(floor, true));
  EXPECT_TRUE(floor.router.indexes_agree());
}

TEST(AskedFor, AConfigurationThatLeavesNoRoomForItIsRefused) {
  PoolConfiguration configuration = with_skills();
  Floor floor(configuration);
  const int opened = open_all_different(floor, false);
  EXPECT_GT(opened, 400);
  EXPECT_LT(opened, 512);
  configuration.classes[takeover.value - 1].need.push_back(
      {10'000, {{{NeedTerm::Kind::skill, false, security.value, 4}}}});
  EXPECT_EQ(Refusal::too_many, floor.configure(configuration));
  for (int i = 0; i < 10; ++i) {
    floor.say(command::Close{conversation(i), {}, 0, CloseOutcome::solved});
  }
  EXPECT_EQ(Refusal::none, floor.configure(configuration));
  EXPECT_TRUE(floor.router.indexes_agree());
}

TEST(AskedFor, MoreThanRulesMayAskForIsRefused) {
  PoolConfiguration configuration = with_skills();
  std::vector<NeedTerm> terms;
  for (std::uint16_t i = 0; i < limits::rules_capabilities_max; ++i) {
    terms.push_back({NeedTerm::Kind::skill, false, static_cast<std::uint16_t>(5 + i / 10),
                     static_cast<std::uint8_t>(1 + i % 10)});
  }
  configuration.classes[takeover.value - 1].need = {{0, {terms}}};
  Floor floor(configuration);
  terms.push_back({NeedTerm::Kind::level, false, 0, 2});
  configuration.classes[takeover.value - 1].need = {{0, {terms}}};
  EXPECT_EQ(Refusal::too_many, floor.configure(configuration));
}

TEST(AskedFor, WhatFitsInAModeFitsWhenItEnds) {
  PoolConfiguration configuration = with_skills();
  configuration.names.push_back(Name{NameKind::mode, 1, "listing"});
  Mode mode;
  mode.number = ModeNumber{1};
  mode.rules = configuration;
  mode.rules.classes[takeover.value - 1].need.clear();
  configuration.modes.push_back(mode);
  Floor floor(configuration);
  EXPECT_EQ(Refusal::none, floor.say(command::SetMode{ModeNumber{1}, hour_ms}).refusal);
  EXPECT_GT(open_all_different(floor, false), 400);
  floor.now_ms += hour_ms + 1;
  EXPECT_EQ(Refusal::none, floor.say(command::Tick{}).refusal);
  floor.settle();
  EXPECT_TRUE(floor.router.indexes_agree());
}

}  // namespace
}  // namespace usher
