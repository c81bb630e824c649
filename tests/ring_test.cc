// The newest events, found again by whoever missed them.

#include "daemon/ring.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

Event event(std::uint64_t sequence, std::uint16_t origin, std::uint16_t agent_origin = 0) {
  Event made;
  made.sequence = sequence;
  made.origin = {origin};
  made.agent_origin = {agent_origin};
  made.conversation = ConversationId::of_text("c" + std::to_string(sequence % 3));
  made.agent = AgentId::of_text("a" + std::to_string(sequence % 5));
  return made;
}

void fill(Ring& ring, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t i = from; i <= to; ++i) {
    const Event made = event(i, static_cast<std::uint16_t>(1 + i % 2), i % 10 == 0 ? 3 : 0);
    ring.append({&made, 1});
  }
}

std::vector<std::uint64_t> sequences(const std::vector<Event>& events) {
  std::vector<std::uint64_t> result;
  for (const Event& one : events) result.push_back(one.sequence);
  return result;
}

TEST(Ring, KeepsAtLeastItsCapacityAndAtMostTwoBlocksMore) {
  Ring ring(4096);
  fill(ring, 1, 100'000);
  EXPECT_EQ(100'000u, ring.last());
  EXPECT_GE(ring.last() - ring.oldest() + 1, 4096u);
  EXPECT_LE(ring.last() - ring.oldest() + 1, 4096u + 2048u);
}

TEST(Ring, FindsWhatConcernsAnOriginInWhateverRole) {
  Ring ring(4096);
  fill(ring, 1, 30);
  std::vector<Event> found;
  ring.of_origin({3}, 0, 100, found);
  EXPECT_EQ((std::vector<std::uint64_t>{10, 20, 30}), sequences(found));
  found.clear();
  ring.of_origin({2}, 25, 100, found);
  EXPECT_EQ((std::vector<std::uint64_t>{27, 29}), sequences(found));
  found.clear();
  ring.of_origin({2}, 0, 3, found);
  EXPECT_EQ((std::vector<std::uint64_t>{1, 3, 5}), sequences(found));
  found.clear();
  ring.of_origin({9}, 0, 3, found);
  EXPECT_TRUE(found.empty());
}

TEST(Ring, AnEventThatNamesAnOriginTwiceIsFoundOnce) {
  Ring ring(4096);
  Event twice = event(1, 5, 5);
  twice.other_origin = {5};
  ring.append({&twice, 1});
  std::vector<Event> found;
  ring.of_origin({5}, 0, 10, found);
  EXPECT_EQ(1u, found.size());
}

TEST(Ring, SaysOfEachOriginWhatIsForgotten) {
  Ring ring(1024);
  EXPECT_EQ(0u, ring.forgotten({1}));
  fill(ring, 1, 10'000);
  EXPECT_EQ(0u, ring.forgotten({9}));
  const std::uint64_t forgotten = ring.forgotten({3});
  EXPECT_EQ((ring.oldest() - 1) / 10 * 10, forgotten);
  std::vector<Event> found;
  ring.of_origin({3}, forgotten, 1, found);
  ASSERT_EQ(1u, found.size());
  EXPECT_EQ(forgotten + 10, found[0].sequence);
}

TEST(Ring, BeginsWhereTheStreamBegins) {
  Ring ring(1024);
  EXPECT_EQ(0u, ring.last());
  fill(ring, 5001, 5010);
  EXPECT_EQ(5001u, ring.oldest());
  bool below = false;
  EXPECT_EQ(10u, ring.replay({.after = 0, .count_max = 100}, below).events.size());
  EXPECT_FALSE(below);
  EXPECT_TRUE(ring.replay({.after = 10, .count_max = 100}, below).events.empty());
  EXPECT_TRUE(below);
}

struct ReplayCase {
  const char* name;
  AskReplay ask;
  std::vector<std::uint64_t> found;
  std::uint64_t next;
};

TEST(Ring, ReplaysWhatIsAskedForAndSaysWhereToGoOn) {
  Ring ring(4096);
  fill(ring, 1, 20);
  const ReplayCase cases[] = {
      {"all after", {.after = 17, .count_max = 10}, {18, 19, 20}, 20},
      {"some", {.after = 4, .count_max = 2}, {5, 6}, 6},
      {"nothing new", {.after = 20, .count_max = 2}, {}, 20},
      {"beyond the end", {.after = 99, .count_max = 2}, {}, 99},
      {"of an origin", {.after = 0, .count_max = 9, .origin = {3}}, {10, 20}, 20},
      {"of a conversation",
       {.after = 10, .count_max = 9, .conversation = ConversationId::of_text("c0")},
       {12, 15, 18},
       20},
      {"of an agent", {.after = 3, .count_max = 2, .agent = AgentId::of_text("a0")}, {5, 10}, 10},
  };
  for (const auto& [name, ask, wanted, next] : cases) {
    bool below = true;
    const ReplayFound found = ring.replay(ask, below);
    EXPECT_EQ(wanted, sequences(found.events)) << name;
    EXPECT_EQ(next, found.next) << name;
    EXPECT_EQ(20u, found.last) << name;
    EXPECT_FALSE(below) << name;
  }
}

TEST(Ring, LooksAtSoManyEventsAtATimeHoweverFewItFinds) {
  Ring ring(200'000);
  fill(ring, 1, 150'000);
  bool below = false;
  AskReplay ask{.after = 0, .count_max = 10, .conversation = ConversationId::of_text("nobody")};
  int rounds = 0;
  while (ask.after < ring.last()) {
    const ReplayFound found = ring.replay(ask, below);
    EXPECT_TRUE(found.events.empty());
    ASSERT_LE(found.next, ask.after + replay_scan_max);
    ASSERT_GT(found.next, ask.after);
    ask.after = found.next;
    ++rounds;
  }
  EXPECT_EQ(3, rounds);
}

}  // namespace
}  // namespace usher
