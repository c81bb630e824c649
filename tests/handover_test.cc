// The queue between two threads. The checks of the thread sanitizer count here too.

#include "daemon/handover.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace usher {
namespace {

TEST(Handover, GivesBackInOrder) {
  Handover<int> queue(100);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(queue.put(int{i}));
  for (int i = 0; i < 100; ++i) {
    int got = -1;
    ASSERT_TRUE(queue.take(got));
    EXPECT_EQ(i, got);
  }
  int none = -1;
  EXPECT_FALSE(queue.take(none));
}

TEST(Handover, IsBoundedAndLeavesWhatItDoesNotTakeAlone) {
  Handover<std::unique_ptr<int>> queue(2);
  EXPECT_TRUE(queue.put(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.put(std::make_unique<int>(2)));
  EXPECT_EQ(0u, queue.room());
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(queue.put(std::move(third)));
  ASSERT_NE(nullptr, third);
  std::unique_ptr<int> first;
  ASSERT_TRUE(queue.take(first));
  EXPECT_EQ(1u, queue.room());
  EXPECT_TRUE(queue.put(std::move(third)));
}

// How often its consumer was rung.
class HandoverRings : public testing::Test {
 protected:
  HandoverRings() {
    queue.on_ring([this] { ++rings; });
  }

  Handover<int> queue{10};
  int rings = 0;
};

TEST_F(HandoverRings, OncePerTurnAndOnlyForSomething) {
  queue.ring();
  EXPECT_EQ(0, rings);
  ASSERT_TRUE(queue.put(1));
  ASSERT_TRUE(queue.put(2));
  queue.ring();
  queue.ring();
  EXPECT_EQ(1, rings);
}

TEST(Handover, TellsTheProducerOfRoomOnlyWhenItWasRefused) {
  Handover<int> queue(1);
  int rings = 0;
  queue.on_ring_back([&] { ++rings; });
  int got = 0;
  ASSERT_TRUE(queue.put(1));
  ASSERT_TRUE(queue.take(got));
  queue.ring_back();
  EXPECT_EQ(0, rings);
  ASSERT_TRUE(queue.put(2));
  EXPECT_FALSE(queue.put(3));
  ASSERT_TRUE(queue.take(got));
  queue.ring_back();
  queue.ring_back();
  EXPECT_EQ(1, rings);
}

TEST_F(HandoverRings, ForNothingThatWasTaken) {
  int got = 0;
  ASSERT_TRUE(queue.put(1));
  ASSERT_TRUE(queue.take(got));
  queue.ring();
  EXPECT_EQ(0, rings);
  ASSERT_TRUE(queue.put(2));
  queue.ring();
  EXPECT_EQ(1, rings);
}

TEST_F(HandoverRings, ForAnAnnouncementIfThereIsNothingToDo) {
  queue.announce();
  queue.announce();
  EXPECT_EQ(1, rings);
  queue.ring();  // it came to nothing
  EXPECT_EQ(1, rings);
  queue.announce();
  EXPECT_EQ(2, rings);
  ASSERT_TRUE(queue.put(1));
  queue.ring();
  EXPECT_EQ(3, rings);
  queue.announce();
  EXPECT_EQ(3, rings);
}

TEST(Handover, LingersForWhatWasAnnounced) {
  Handover<int> queue(10);
  int got = 0;
  ASSERT_TRUE(queue.put(1));
  EXPECT_FALSE(queue.linger()) << "nothing was announced";
  ASSERT_TRUE(queue.take(got));
  queue.announce();
  EXPECT_FALSE(queue.linger()) << "nothing came";
  queue.announce();
  ASSERT_TRUE(queue.put(2));
  EXPECT_TRUE(queue.linger());
  EXPECT_FALSE(queue.linger()) << "it counts once";
  queue.ring();
  ASSERT_TRUE(queue.take(got));
  queue.announce();
  queue.ring();
  EXPECT_FALSE(queue.linger()) << "it was withdrawn";
}

// A doorbell as a thread can wait on it.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    wake_.notify_one();
  }
  // False when nobody rang for a long time: a wake-up was lost.
  bool wait() {
    std::unique_lock lock(mutex_);
    const bool rang = wake_.wait_for(lock, std::chrono::seconds(60), [&] { return rung_; });
    rung_ = false;
    return rang;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool rung_ = false;
};

void hand_over_between_two_threads(bool announced) {
  constexpr int count = 200'000;
  Handover<std::unique_ptr<int>> queue(16);
  Bell consumer;
  Bell producer;
  queue.on_ring([&] { consumer.ring(); });
  queue.on_ring_back([&] { producer.ring(); });
  std::thread sender([&] {
    for (int i = 0; i < count; ++i) {
      if (announced) queue.announce();
      auto element = std::make_unique<int>(i);
      while (!queue.put(std::move(element))) {
        queue.ring();
        ASSERT_TRUE(producer.wait());
      }
      if (i % 7 == 0) queue.ring();
    }
    queue.ring();
  });
  int expected = 0;
  while (expected < count) {
    std::unique_ptr<int> got;
    bool any = false;
    while (queue.take(got)) {
      any = true;
      ASSERT_EQ(expected, *got);
      ++expected;
    }
    queue.ring_back();
    if (!any && expected < count && !(announced && queue.linger())) {
      ASSERT_TRUE(consumer.wait());
    }
  }
  sender.join();
  std::unique_ptr<int> none;
  EXPECT_FALSE(queue.take(none));
}

TEST(Handover, BetweenTwoThreadsNothingIsLostDoubledOrLeftAsleep) {
  hand_over_between_two_threads(false);
}
TEST(Handover, NorWhenItWasAnnounced) { hand_over_between_two_threads(true); }

}  // namespace
}  // namespace usher
