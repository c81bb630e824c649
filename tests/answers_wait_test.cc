// Whoever asks again soon how long it will be is told the same.

#include "daemon/answers_wait.h"

#include <gtest/gtest.h>

namespace usher {
namespace {

ConversationId number(std::uint32_t n) {
  ConversationId id;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  id.bytes[15] = 1;
  return id;
}

ConversationView waiting(std::uint32_t n, std::uint32_t position, std::int64_t p50_ms) {
  ConversationView view;
  view.conversation = number(n);
  view.state = ConversationState::waiting;
  view.service_class = {1};
  view.position = position;
  view.expected = {p50_ms, 2 * p50_ms};
  return view;
}

TEST(Told, is_the_same_for_ten_seconds) {
  Told told;
  EXPECT_EQ(told.tell(waiting(1, 5, 60'000), 1000).told_ms, 1000);
  const ConversationFound again = told.tell(waiting(1, 4, 30'000), 10'999);
  EXPECT_EQ(again.told_ms, 1000);
  EXPECT_EQ(again.conversation.position, 5u);
  EXPECT_EQ(again.conversation.expected, (Expected{60'000, 120'000}));
  const ConversationFound later = told.tell(waiting(1, 3, 20'000), 11'000);
  EXPECT_EQ(later.told_ms, 11'000);
  EXPECT_EQ(later.conversation.position, 3u);
  EXPECT_EQ(later.conversation.expected, (Expected{20'000, 40'000}));
  EXPECT_EQ(told.tell(waiting(1, 2, 10'000), 20'999).conversation.position, 3u);
}

TEST(Told, is_of_one_conversation_in_its_state_and_class) {
  Told told;
  (void)told.tell(waiting(1, 5, 60'000), 0);
  EXPECT_EQ(told.tell(waiting(2, 6, 70'000), 1).conversation.position, 6u);
  ConversationView moved = waiting(1, 9, 90'000);
  moved.service_class = {2};
  EXPECT_EQ(told.tell(moved, 2).conversation.position, 9u);
  ConversationView offered = waiting(1, 0, 1);
  offered.state = ConversationState::offered;
  EXPECT_EQ(told.tell(offered, 3).told_ms, 3);
  ConversationView assigned = waiting(1, 0, -1);
  assigned.state = ConversationState::assigned;
  EXPECT_EQ(told.tell(assigned, 4).told_ms, 0);
  EXPECT_EQ(told.tell(assigned, 4).conversation.expected.p50_ms, -1);
}

TEST(Told, forgets_in_time_and_is_bounded) {
  Told told;
  const std::uint32_t many = told_max + 100;
  for (std::uint32_t i = 0; i < many; ++i) (void)told.tell(waiting(i, 1, 1), 0);
  EXPECT_EQ(told.count(), told_max);
  EXPECT_EQ(told.tell(waiting(0, 7, 1), 1).conversation.position, 7u) << "the oldest went";
  EXPECT_EQ(told.tell(waiting(many - 1, 7, 1), 1).conversation.position, 1u);
  (void)told.tell(waiting(many, 1, 1), 20'000);
  EXPECT_EQ(told.count(), 1u);
}

}  // namespace
}  // namespace usher
