#include "daemon/read_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <vector>

namespace usher {
namespace {

using Numbers = ReadAhead<int>;

TEST(ReadAhead, HandsOnAllInOrder) {
  Numbers ahead([](Numbers& to) {
    int next = 0;
    Numbers::Batch batch;
    for (int size = 1; size <= 200; ++size) {
      EXPECT_TRUE(batch.empty());
      for (int i = 0; i < size; ++i) batch.push_back(next++);
      ASSERT_TRUE(to.put(batch));
    }
  });
  std::vector<int> all;
  Numbers::Batch batch;
  while (ahead.take(batch)) all.insert(all.end(), batch.begin(), batch.end());
  std::vector<int> wanted(200 * 201 / 2);
  std::iota(wanted.begin(), wanted.end(), 0);
  EXPECT_EQ(all, wanted);
  EXPECT_FALSE(ahead.take(batch));
}

TEST(ReadAhead, StaysLittleAheadAndEndsWhenNoMoreIsWanted) {
  std::atomic<int> put = 0;
  std::atomic<bool> ended = false;
  {
    Numbers ahead([&](Numbers& to) {
      Numbers::Batch batch{1};
      while (to.put(batch)) {
        ++put;
        batch.push_back(1);
      }
      ended = true;
    });
    Numbers::Batch batch;
    for (int taken = 1; taken <= 100; ++taken) {
      ASSERT_TRUE(ahead.take(batch));
      EXPECT_LE(put, taken + static_cast<int>(Numbers::batches_max) + 1);
    }
  }
  EXPECT_TRUE(ended);
}

TEST(ReadAhead, OfNothingIsNothing) {
  Numbers ahead([](Numbers&) {});
  Numbers::Batch batch;
  EXPECT_FALSE(ahead.take(batch));
}

}  // namespace
}  // namespace usher
