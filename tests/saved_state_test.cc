// A pool's state written and read back. That a pool which is saved while it goes on, and one that
// was read back, decide as any other is shown by the twin's worlds; here is what small worlds do
// not reach, and what bytes that make no sense come to.

#include "routing/saved_state.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "routing/endian.h"
#include "routing/limits.h"
#include "sim/comparison.h"
#include "tests/pool_fixture.h"

namespace usher {
namespace {

using namespace test_name;
using Bytes = std::vector<std::byte>;

Bytes saved(Router& router) {
  Bytes bytes;
  router.begin_saving();
  while (router.save_on(4096, bytes)) {
  }
  return bytes;
}

std::optional<Router> read_back(const Bytes& bytes, std::string* trouble = nullptr) {
  Router::Loader loader;
  for (std::size_t at = 0; at < bytes.size(); at += 1000) {
    const std::span<const std::byte> part =
        std::span(bytes).subspan(at, std::min<std::size_t>(1000, bytes.size() - at));
    if (!loader.take(part)) break;
  }
  std::optional<Router> router = loader.finish();
  if (trouble != nullptr) *trouble = loader.trouble();
  return router;
}

// Applies commands without looking at what they cause.
class Quick {
 public:
  explicit Quick(const PoolConfiguration& configuration) {
    say(command::Configure{std::make_shared<const PoolConfiguration>(configuration)});
  }
  std::size_t say(const Command& command) {
    Events events;
    const Record record{Stamp{router.stamp().sequence + 1, now_ms, now_ms}, {}, 0, command};
    (void)router.apply(record, events);
    return events.size();
  }
  void open(int count, CategoryNumber category) {
    for (int i = 0; i < count; ++i) {
      command::Open open;
      open.conversation = ConversationId::of_text("c" + std::to_string(++opened_));
      open.category = category;
      open.channel = chat;
      say(open);
    }
  }
  void on_duty(int count) {
    for (int i = 0; i < count; ++i) {
      command::AgentDefinition definition;
      definition.agent = AgentId::of_text("a" + std::to_string(i));
      definition.holds.push_back({chat, 3});
      say(command::DefineAgent{std::make_shared<const command::AgentDefinition>(definition)});
      say(command::SignIn{definition.agent, Presence::available, 0});
    }
  }

  Router router;
  std::int64_t now_ms = 0;

 private:
  int opened_ = 0;
};

// Both go on alike until nothing is left to do.
void expect_alike(Quick& one, Quick& other) {
  ASSERT_EQ(one.router.digest(), other.router.digest());
  for (int i = 0; i < 20; ++i) {
    one.now_ms = other.now_ms += 10;
    one.say(command::Tick{});
    other.say(command::Tick{});
    ASSERT_EQ(one.router.digest(), other.router.digest()) << "after " << i << " ticks";
    ASSERT_EQ(one.router.next_deadline(), other.router.next_deadline());
  }
}

PoolConfiguration plain() {
  PoolConfiguration configuration = test_configuration();
  for (ClassConfiguration& of : configuration.classes) of.delivery = Delivery::give;
  configuration.login_burst_per_minute = 0;
  return configuration;
}

TEST(SavedState, WhatARecordLeftUndoneIsDoneAfterwards) {
  Quick pool(plain());
  pool.on_duty(1500);
  pool.say(command::SetScope{Scope::service_class, ScopeState::paused, asks.value, {}});
  for (int i = 0; i < 4; ++i) pool.say(command::Tick{});
  pool.open(4200, ask);
  // Each tick goes over a part of the agents, and matching stops at its bound of events.
  pool.say(command::SetScope{Scope::service_class, ScopeState::open, asks.value, {}});
  ASSERT_LT(pool.router.view().waiting, 4200u);
  ASSERT_GT(pool.router.view().waiting, 1000u);
  Quick again(plain());
  again.now_ms = pool.now_ms;
  std::optional<Router> read = read_back(saved(pool.router));
  ASSERT_TRUE(read);
  again.router = std::move(*read);
  expect_alike(pool, again);
  EXPECT_EQ(0u, again.router.view().waiting);
}

TEST(SavedState, WhatStandsInAQueueByAnOldTimeStaysThere) {
  PoolConfiguration configuration = plain();
  configuration.names.push_back({NameKind::hours, 1, "office"});
  for (BandConfiguration& band : configuration.bands) band.order = Order::deadline;
  for (ClassConfiguration& of : configuration.classes) {
    if (of.number == asks) of.hours.push_back({{}, HoursNumber{1}});
  }
  Quick pool(configuration);
  pool.on_duty(20);
  pool.say(command::SetScope{Scope::service_class, ScopeState::paused, asks.value, {}});
  pool.open(5000, ask);
  // The first thousand are looked at with each of these records, the others are not yet.
  pool.say(command::SetHours{HoursNumber{1}, false});
  pool.now_ms += 3'600'000;
  pool.say(command::SetHours{HoursNumber{1}, true});
  Quick again(configuration);
  std::optional<Router> read = read_back(saved(pool.router));
  ASSERT_TRUE(read);
  again.router = std::move(*read);
  again.now_ms = pool.now_ms;
  for (Quick* one : {&pool, &again}) {
    one->say(command::SetScope{Scope::service_class, ScopeState::open, asks.value, {}});
  }
  expect_alike(pool, again);
}

// A world with everything in it, and its bytes.
class SomeWorld : public testing::Test {
 protected:
  SomeWorld() {
    sim::Twin twin;
    Events events;
    for (const sim::Step& step : sim::script_of(7, 400, sim::Features{})) {
      const Record record = sim::record_of(step, twin);
      (void)twin.apply(record, events);
      (void)router_.apply(record, events);
    }
    bytes_ = saved(router_);
  }

  Router router_;
  Bytes bytes_;
};

TEST_F(SomeWorld, IsReadBack) {
  std::string trouble;
  std::optional<Router> read = read_back(bytes_, &trouble);
  ASSERT_TRUE(read) << trouble;
  EXPECT_EQ(router_.digest(), read->digest());
  EXPECT_EQ(bytes_, saved(*read)) << "and is written as it was";
}

TEST_F(SomeWorld, IsSavedAsItWasWhateverHappensMeanwhile) {
  const std::uint64_t digest = router_.digest();
  Bytes bytes;
  router_.begin_saving();
  Events events;
  std::uint64_t number = router_.stamp().sequence;
  std::int64_t now_ms = router_.stamp().pool_ms;
  for (const ConversationView& one : router_.conversations()) {
    now_ms += 1000;
    (void)router_.apply(
        Record{Stamp{++number, now_ms, now_ms}, {}, 0, command::Abandon{one.conversation}}, events);
  }
  ASSERT_NE(digest, router_.digest());
  while (router_.save_on(100, bytes)) {
  }
  std::string trouble;
  std::optional<Router> read = read_back(bytes, &trouble);
  ASSERT_TRUE(read) << trouble;
  EXPECT_EQ(digest, read->digest());
}

TEST_F(SomeWorld, CutAnywhereIsRefused) {
  for (std::size_t size = 0; size < bytes_.size(); size += size < 2000 ? 1 : 97) {
    std::string trouble;
    ASSERT_FALSE(
        read_back(Bytes(bytes_.begin(), bytes_.begin() + static_cast<long>(size)), &trouble))
        << "cut to " << size << " of " << bytes_.size();
    EXPECT_FALSE(trouble.empty());
  }
}

TEST_F(SomeWorld, AChangedByteIsNeverFollowedToNowhere) {
  std::mt19937_64 dice(20261127);
  std::size_t refused = 0;
  constexpr std::size_t rounds = 1000;
  for (std::size_t round = 0; round < rounds; ++round) {
    Bytes changed = bytes_;
    changed[dice() % changed.size()] ^= static_cast<std::byte>(1u << dice() % 8);
    std::string trouble;
    if (!read_back(changed, &trouble)) {
      ++refused;
      ASSERT_FALSE(trouble.empty());
    }
  }
  EXPECT_GT(refused, rounds / 10);
}

TEST_F(SomeWorld, ANewerFormatIsRefusedByNumber) {
  bytes_[4 + 1] = std::byte{9};
  std::string trouble;
  EXPECT_FALSE(read_back(bytes_, &trouble));
  EXPECT_EQ("it is of format 9, and this usherd reads format 2", trouble);
}

TEST(SavedStateOfNothing, IsReadBack) {
  Router router;
  std::optional<Router> read = read_back(saved(router));
  ASSERT_TRUE(read);
  EXPECT_EQ(router.digest(), read->digest());
}

}  // namespace
}  // namespace usher
