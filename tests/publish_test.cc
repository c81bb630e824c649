#include "daemon/publish.h"

#include <gtest/gtest.h>

#include <cstring>

#include "schemas/events_generated.h"
#include "schemas/queries_generated.h"
#include "schemas/replies_generated.h"
#include "tests/samples.h"

namespace usher {
namespace {

using samples::identity;

PublishedHeader header_of(const Bytes& bytes) {
  PublishedHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

const wire::EventBatch& batch_of(const Bytes& bytes) {
  return *flatbuffers::GetRoot<wire::EventBatch>(bytes.data() + sizeof(PublishedHeader));
}

template <class Root>
bool verifies(std::span<const std::byte> bytes, const char* identifier) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size());
  return verifier.VerifyBuffer<Root>(identifier);
}

template <class Message>
const Message& message_of(const Bytes& bytes) {
  EXPECT_TRUE(verifies<wire::ServerFrame>(bytes, "URPL"));
  return *wire::GetServerFrame(bytes.data())->message_as<Message>();
}

// `count` events with every field, from `first` on.
std::vector<Event> full_events(std::size_t count, std::uint64_t first) {
  std::vector<Event> events(count, samples::events()[0]);
  for (std::size_t i = 0; i < count; ++i) events[i].sequence = first + i;
  return events;
}

TEST(publish, an_empty_frame_is_a_header_with_the_next_sequence) {
  const Bytes bytes = Encoder().published(identity, 77, {});
  ASSERT_EQ(bytes.size(), 32);
  const PublishedHeader header = header_of(bytes);
  EXPECT_EQ(std::string_view(header.topic.data(), 8), std::string_view("main\0\0\0\0", 8));
  EXPECT_EQ(header.incarnation, identity.incarnation);
  EXPECT_EQ(header.first_sequence, 77);
  EXPECT_EQ(header.count, 0);
  EXPECT_EQ(header.term, 101);
}

TEST(publish, a_pool_of_eight_bytes_fills_the_topic) {
  const Bytes bytes = Encoder().published({.pool = "eightpoo", .incarnation = 1}, 1, {});
  EXPECT_EQ(std::memcmp(bytes.data(), "eightpoo", 8), 0);
}

TEST(publish, the_events_lie_aligned_behind_the_header) {
  Encoder encoder;
  for (std::size_t count = 1; count <= 20; ++count) {
    const auto events = full_events(count, 500);
    const Bytes bytes = encoder.published(identity, 500, events);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % 8, 0);
    EXPECT_EQ(header_of(bytes).first_sequence, 500);
    EXPECT_EQ(header_of(bytes).count, count);
    EXPECT_TRUE(verifies<wire::EventBatch>(std::span(bytes).subspan(32), "UEVT"));
    EXPECT_EQ(batch_of(bytes).events()->size(), count);
    EXPECT_EQ(batch_of(bytes).events()->Get(0)->sequence(), 500);
  }
}

TEST(publish, what_is_zero_is_not_written) {
  Event event;
  event.sequence = 1;
  const Bytes bytes = Encoder().published(identity, 1, {&event, 1});
  const wire::Event& written = *batch_of(bytes).events()->Get(0);
  EXPECT_EQ(written.conversation(), nullptr);
  EXPECT_EQ(written.agent(), nullptr);
  EXPECT_EQ(written.other_agent(), nullptr);
  EXPECT_EQ(written.customer(), nullptr);
  // A header of 32, the batch and its vtables, and an event of a vtable offset and one number.
  EXPECT_LE(bytes.size(), 32 + 64);
}

// Refused, and told how long it would have been.
const Outcome sent_away{
    .refusal = Refusal::overflow, .service_class = {}, .expected_p50_ms = 5, .expected_p90_ms = 9};

TEST(publish, the_largest_frames_fit) {
  Encoder encoder;
  const auto events = full_events(frame_events_max, 1);
  EXPECT_LE(encoder.published(identity, 1, events).size(), frame_bytes_max);
  EXPECT_LE(encoder.directed(identity, events).size(), frame_bytes_max);
  Acknowledgement full{samples::session, 4096, 1, 1, {}};
  full.outcomes.resize(window_max, samples::acknowledgement().outcomes[1]);
  EXPECT_LE(encoder.acknowledgement(full).size(), frame_bytes_max);
  for (NumberedOutcome& one : full.outcomes) one.outcome = sent_away;
  EXPECT_LE(encoder.acknowledgement(full).size(), frame_bytes_max);
  const ReplayFound replay{identity, 1, 1, 1, full_events(1024, 1)};
  EXPECT_LE(encoder.answer(1, 1, replay).size(), frame_bytes_max);
}

TEST(publish, one_encoder_forgets_what_it_wrote) {
  Encoder encoder;
  const Bytes alive = encoder.alive({5});
  const Bytes welcome = encoder.welcome(samples::welcome());
  const Bytes acknowledgement = encoder.acknowledgement(samples::acknowledgement());
  const Bytes published = encoder.published(identity, 1000, samples::events());
  (void)encoder.answer(1, 2, samples::status());
  (void)encoder.directed(identity, full_events(frame_events_max, 1));
  EXPECT_EQ(encoder.alive({5}), alive);
  EXPECT_EQ(encoder.welcome(samples::welcome()), welcome);
  EXPECT_EQ(encoder.acknowledgement(samples::acknowledgement()), acknowledgement);
  EXPECT_EQ(encoder.published(identity, 1000, samples::events()), published);
}

TEST(publish, directed_events_come_in_order_with_what_came_before) {
  auto events = full_events(3, 10);
  events[1].previous = 10;
  events[2].agent_previous = 11;
  const Bytes bytes = Encoder().directed(identity, events);
  const auto& directed = message_of<wire::Directed>(bytes);
  ASSERT_EQ(directed.events()->size(), 3);
  EXPECT_EQ(directed.events()->Get(0)->sequence(), 10);
  EXPECT_EQ(directed.events()->Get(1)->previous(), 10);
  EXPECT_EQ(directed.events()->Get(2)->agent_previous(), 11);
}

TEST(publish, an_acknowledgement_parts_answers_from_refusals) {
  const NumberedOutcome answered = samples::acknowledgement().outcomes[1];
  Acknowledgement all{samples::session, 9, 100, 50, {}};
  for (std::uint64_t number = 1; number <= 9; ++number) {
    all.outcomes.push_back({number, answered.outcome});
    if (number % 3 == 0)
      all.outcomes.back().outcome = {.refusal = Refusal::stale, .service_class = {}};
  }
  const Bytes bytes = Encoder().acknowledgement(all);
  const auto& written = message_of<wire::Acknowledgement>(bytes);
  ASSERT_EQ(written.refused()->size(), 3);
  EXPECT_EQ(written.refused()->Get(1)->number(), 6);
  EXPECT_EQ(written.refused()->Get(1)->reason(), wire::Refusal::stale);
  ASSERT_EQ(written.answers()->size(), 6);
  EXPECT_EQ(written.answers()->Get(2)->number(), 4);
}

TEST(publish, who_is_sent_away_is_told_how_long_it_would_have_been) {
  const Bytes bytes = Encoder().acknowledgement({samples::session, 1, 1, 1, {{1, sent_away}}});
  const auto& written = message_of<wire::Acknowledgement>(bytes);
  ASSERT_EQ(written.refused()->size(), 1);
  EXPECT_EQ(written.refused()->Get(0)->reason(), wire::Refusal::overflow);
  ASSERT_EQ(written.answers()->size(), 1);
  EXPECT_EQ(written.answers()->Get(0)->number(), 1);
  EXPECT_EQ(written.answers()->Get(0)->state(), wire::ConversationState::none);
  EXPECT_EQ(written.answers()->Get(0)->expected_p50_ms(), 5);
  EXPECT_EQ(written.answers()->Get(0)->expected_p90_ms(), 9);
}

TEST(publish, an_acknowledgement_of_nothing_special_has_no_lists) {
  const Bytes bytes = Encoder().acknowledgement({samples::session, 9, 100, 50, {}});
  const auto& written = message_of<wire::Acknowledgement>(bytes);
  EXPECT_EQ(written.answers(), nullptr);
  EXPECT_EQ(written.refused(), nullptr);
  EXPECT_EQ(written.up_to(), 9);
}

TEST(publish, a_wait_that_is_not_known_is_minus_one) {
  Acknowledgement one{samples::session, 1, 1, 1, {{1, Outcome{}}}};
  const Bytes bytes = Encoder().acknowledgement(one);
  const wire::Answer& answer = *message_of<wire::Acknowledgement>(bytes).answers()->Get(0);
  EXPECT_EQ(answer.expected_p50_ms(), -1);
  EXPECT_EQ(answer.expected_p90_ms(), -1);
}

TEST(publish, an_empty_floor_is_an_answer) {
  const Bytes bytes = Encoder().answer(1, 2, SnapshotFound{});
  EXPECT_TRUE(verifies<wire::QueryAnswer>(bytes, "UQRY"));
  const auto* chunk =
      flatbuffers::GetRoot<wire::QueryAnswer>(bytes.data())->found_as<wire::SnapshotChunk>();
  ASSERT_NE(chunk, nullptr);
  EXPECT_EQ(chunk->cursor(), 0);
  EXPECT_EQ(chunk->agents(), nullptr);
}

TEST(publish_death, a_header_never_lies_about_its_events) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto gap = samples::events();
  gap[1].sequence = 1002;
  EXPECT_DEATH((void)Encoder().published(identity, 1000, gap), "sequence");
  EXPECT_DEATH((void)Encoder().published(identity, 999, samples::events()), "sequence");
  const auto many = full_events(frame_events_max + 1, 1);
  EXPECT_DEATH((void)Encoder().published(identity, 1, many), "frame_events_max");
  EXPECT_DEATH((void)Encoder().directed(identity, many), "frame_events_max");
  EXPECT_DEATH((void)Encoder().published({.pool = "ninebytes"}, 1, {}), "pool");
}

}  // namespace
}  // namespace usher
