// The stream of a pool and the questions to it, against a fake usherd.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "client/queries.h"
#include "client/subscriber.h"
#include "tests/client_fake.h"

namespace usher::client {
namespace {

constexpr std::uint64_t incarnation = 5;

// The event socket.
class FakePublisher {
 public:
  [[nodiscard]] const std::string& endpoint() const { return socket_.endpoint(); }
  std::uint64_t incarnation_now = incarnation;
  std::uint32_t term = 1;

  static Event event(std::uint64_t sequence) {
    Event event;
    event.sequence = sequence;
    event.kind = EventKind::waiting;
    return event;
  }
  // Events first to last; with first > last the empty frame of a quiet pool. With `lie` the events
  // are not those that the header says.
  void publish(std::uint64_t first, std::uint64_t last, std::uint64_t lie = 0) {
    Frame frame(32);
    std::memcpy(frame.data(), "main\0\0\0\0", 8);
    const auto count = static_cast<std::uint32_t>(last + 1 - first);
    std::memcpy(frame.data() + 8, &incarnation_now, 8);
    std::memcpy(frame.data() + 16, &first, 8);
    std::memcpy(frame.data() + 24, &count, 4);
    std::memcpy(frame.data() + 28, &term, 4);
    if (count > 0) {
      FlatBuffer to;
      std::vector<Event> events;
      for (std::uint64_t i = first; i <= last; ++i) events.push_back(event(i + lie));
      wire::FinishEventBatchBuffer(to, wire::CreateEventBatch(to, write_events(to, events)));
      const Frame body = frame_of(to);
      frame.insert(frame.end(), body.begin(), body.end());
    }
    socket_.send(frame);
  }
  void quiet(std::uint64_t next) { publish(next, next - 1); }
  void raw(const Frame& frame) { socket_.send(frame); }

 private:
  FakeSocket socket_{ZMQ_PUB};
};

// The query socket: keeps events oldest … last, and a snapshot of two agents in two chunks.
class FakeQueries {
 public:
  [[nodiscard]] const std::string& endpoint() const { return socket_.endpoint(); }
  std::uint64_t incarnation_now = incarnation;
  std::uint64_t oldest = 1;
  std::uint64_t last = 0;
  std::uint64_t snapshot_sequence = 0;
  int drops = 0;       // so many of the next questions
  bool mixes = false;  // the second chunk is of another snapshot, once
  std::vector<std::uint64_t> replays_after;

  void process() {
    while (auto identity = socket_.receive()) {
      const auto body = socket_.receive();
      const auto* query = flatbuffers::GetRoot<wire::Query>(body->data());
      flatbuffers::Verifier verifier(body->data(), body->size());
      if (!wire::VerifyQueryBuffer(verifier)) std::abort();
      const Frame answer = answer_to(*query);
      if (drops > 0) {
        --drops;
        continue;
      }
      socket_.send(*identity, ZMQ_SNDMORE);
      socket_.send(answer);
    }
  }

 private:
  Frame answer_to(const wire::Query& query) {
    FlatBuffer to;
    if (const auto* ask = query.question_as_AskReplay()) return replay(to, query.ticket(), *ask);
    if (const auto* ask = query.question_as_AskSnapshot()) {
      return snapshot(to, query.ticket(), ask->cursor());
    }
    if (query.question_as_AskStatus() != nullptr) {
      const std::vector classes = {wire::CreateClassStatus(to, 2, 1, 60'000, 7, 1'234)};
      const auto version = to.CreateString("9.9");
      const auto list = to.CreateVector(classes);
      wire::StatusBuilder status(to);
      status.add_sequence(last);
      status.add_waiting(7);
      status.add_version(version);
      status.add_classes(list);
      return answer_frame(to, query.ticket(), status.Finish());
    }
    const auto text = to.CreateString("not that one");
    return answer_frame(to, query.ticket(),
                        wire::CreateRefusing(to, wire::Refusal::unknown_agent, text));
  }

  Frame replay(FlatBuffer& to, std::uint64_t ticket, const wire::AskReplay& ask) {
    replays_after.push_back(ask.after());
    if (ask.after() != 0 && ask.after() + 1 < oldest) {
      const auto text = to.CreateString("no longer kept");
      return answer_frame(to, ticket, wire::CreateRefusing(to, wire::Refusal::below_ring, text));
    }
    std::vector<Event> events;
    const std::uint64_t end = std::min<std::uint64_t>(last, ask.after() + ask.count_max());
    for (auto i = std::max(oldest, ask.after() + 1); i <= end; ++i) {
      events.push_back(FakePublisher::event(i));
    }
    const auto written = write_events(to, events);
    const std::uint64_t next = events.empty() ? ask.after() : events.back().sequence;
    return answer_frame(to, ticket,
                        wire::CreateReplay(to, incarnation_now, 1, oldest, last, next, written));
  }

  Frame snapshot(FlatBuffer& to, std::uint64_t ticket, std::uint64_t cursor) {
    const bool is_of_another = cursor != 0 && mixes;
    const auto id = to_wire(id_of(cursor == 0 ? "ana" : is_of_another ? "eve" : "bo"));
    wire::AgentBuilder agent(to);
    agent.add_agent(&id);
    const std::vector agents = {agent.Finish()};
    const auto list = to.CreateVector(agents);
    const std::uint64_t of = snapshot_sequence + (is_of_another ? 1 : 0);
    if (cursor != 0) mixes = false;
    return answer_frame(
        to, ticket,
        wire::CreateSnapshotChunk(to, incarnation_now, 1, of, 0, cursor == 0 ? 1 : 0, list));
  }

  FakeSocket socket_{ZMQ_ROUTER};
};

class SubscriberTest : public testing::Test {
 protected:
  SubscriberTest() {
    options.endpoint = publisher.endpoint();
    options.queries = queries.endpoint();
    options.retry_ms = 100;
    handlers.events = [this](std::span<const Event> events) {
      for (const auto& event : events) seen.push_back(event.sequence);
    };
    handlers.lost = [this](const EventsLost& lost) { losses.push_back(lost); };
    handlers.incarnation = [this](std::uint64_t now) { incarnations.push_back(now); };
  }

  bool until(const std::function<bool()>& holds) {
    return eventually({[&] { subscriber->process(); }, [&] { queries.process(); }}, holds);
  }
  // A subscription takes effect at some time: what is published before is nobody's.
  void join(std::uint64_t next) {
    subscriber.emplace(options, handlers);
    ASSERT_TRUE(until([&] {
      publisher.quiet(next);
      return subscriber->statistics().frames > 0 && subscriber->live();
    }));
  }
  // Until `last` was handed over, everything once and in order.
  void expect_contiguous(std::uint64_t first, std::uint64_t last) {
    ASSERT_TRUE(until([&] { return subscriber->sequence() >= last; })) << subscriber->sequence();
    ASSERT_EQ(seen.size(), last + 1 - first);
    for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], first + i);
  }

  FakePublisher publisher;
  FakeQueries queries;
  SubscriberOptions options;
  SubscriberHandlers handlers;
  std::optional<Subscriber> subscriber;
  std::vector<std::uint64_t> seen;
  std::vector<EventsLost> losses;
  std::vector<std::uint64_t> incarnations;
};

TEST_F(SubscriberTest, the_stream_comes_in_order) {
  join(10);
  publisher.publish(10, 12);
  publisher.publish(13, 13);
  expect_contiguous(10, 13);
  EXPECT_EQ(subscriber->statistics().gaps, 0U);
  EXPECT_EQ(subscriber->incarnation(), incarnation);
}

TEST_F(SubscriberTest, duplicates_are_dropped) {
  join(10);
  publisher.publish(10, 12);
  publisher.publish(11, 14);
  publisher.publish(10, 12);
  publisher.publish(15, 15);
  expect_contiguous(10, 15);
  EXPECT_EQ(subscriber->statistics().duplicates, 5U);
}

TEST_F(SubscriberTest, a_gap_is_filled_before_what_follows_it) {
  join(10);
  queries.last = 20;
  publisher.publish(10, 12);
  publisher.publish(16, 20);
  publisher.publish(21, 22);
  expect_contiguous(10, 22);
  EXPECT_EQ(subscriber->statistics().gaps, 1U);
  EXPECT_EQ(queries.replays_after, std::vector<std::uint64_t>{12});
}

TEST_F(SubscriberTest, the_lost_last_frame_is_seen_when_the_pool_is_quiet) {
  join(10);
  queries.last = 12;
  publisher.quiet(13);
  expect_contiguous(10, 12);
}

TEST_F(SubscriberTest, a_large_gap_is_filled_in_several_questions) {
  join(1);
  queries.last = 5'000;
  publisher.quiet(5'001);
  expect_contiguous(1, 5'000);
  EXPECT_EQ(queries.replays_after.size(), 5U);
}

TEST_F(SubscriberTest, a_question_that_got_lost_is_asked_again) {
  join(10);
  queries.last = 12;
  queries.drops = 2;
  publisher.quiet(13);
  expect_contiguous(10, 12);
}

TEST_F(SubscriberTest, events_that_are_gone_are_said_to_be_gone) {
  join(10);
  publisher.publish(10, 10);
  queries.oldest = 100;
  queries.last = 120;
  publisher.quiet(121);
  ASSERT_TRUE(until([&] { return subscriber->sequence() == 120; }));
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].after, 10U);
  EXPECT_EQ(losses[0].oldest, 100U);
  EXPECT_EQ(seen.size(), 1U + 21U);
}

TEST_F(SubscriberTest, it_begins_where_it_is_told) {
  queries.last = 30;
  options.after = 20;
  subscriber.emplace(options, handlers);
  expect_contiguous(21, 30);
  publisher.publish(31, 33);
  ASSERT_TRUE(until([&] {
    publisher.quiet(34);
    queries.last = 33;
    return subscriber->sequence() == 33;
  }));
  expect_contiguous(21, 33);
}

TEST_F(SubscriberTest, after_zero_is_the_oldest_kept_and_nothing_is_missed) {
  queries.oldest = 25;
  queries.last = 3'000;  // more than one answer holds
  options.after = 0;
  subscriber.emplace(options, handlers);
  expect_contiguous(25, 3'000);
  EXPECT_TRUE(losses.empty());
}

TEST_F(SubscriberTest, a_snapshot_comes_first_and_the_events_after_it_follow) {
  queries.last = 50;
  queries.snapshot_sequence = 44;
  queries.mixes = true;
  std::vector<Snapshot> snapshots;
  handlers.snapshot = [&](const Snapshot& snapshot) {
    EXPECT_TRUE(seen.empty());
    snapshots.push_back(snapshot);
  };
  subscriber.emplace(options, handlers);
  ASSERT_TRUE(until([&] {
    publisher.quiet(51);
    return subscriber->sequence() == 50;
  }));
  expect_contiguous(45, 50);
  ASSERT_EQ(snapshots.size(), 1U);
  ASSERT_EQ(snapshots[0].agents.size(), 2U) << "both chunks, of one snapshot";
  EXPECT_EQ(snapshots[0].agents[0].agent, id_of("ana"));
  EXPECT_EQ(snapshots[0].agents[1].agent, id_of("bo"));
}

TEST_F(SubscriberTest, lower_terms_are_dropped) {
  join(10);
  publisher.term = 2;
  publisher.publish(10, 10);
  publisher.term = 1;
  publisher.publish(11, 14);
  publisher.term = 2;
  publisher.publish(11, 11);
  expect_contiguous(10, 11);
  EXPECT_EQ(subscriber->statistics().lower_term, 1U);
}

TEST_F(SubscriberTest, another_incarnation_is_told_and_followed_from_its_first_event) {
  join(10);
  publisher.publish(10, 12);
  ASSERT_TRUE(until([&] { return seen.size() == 3; }));
  seen.clear();
  publisher.incarnation_now = 6;
  queries.incarnation_now = 6;
  queries.last = 4;
  publisher.publish(3, 4);
  ASSERT_TRUE(until([&] { return subscriber->incarnation() == 6; }));
  expect_contiguous(1, 4);
  EXPECT_EQ(incarnations, std::vector<std::uint64_t>{6});
}

TEST_F(SubscriberTest, answers_of_another_incarnation_wait_for_the_stream_to_say_so) {
  join(10);
  queries.incarnation_now = 6;
  queries.last = 12;
  publisher.quiet(13);
  ASSERT_TRUE(until([&] { return queries.replays_after.size() >= 3; }));
  EXPECT_TRUE(seen.empty());
  EXPECT_TRUE(incarnations.empty());
}

TEST_F(SubscriberTest, damaged_frames_are_counted_and_what_they_held_is_asked_for) {
  join(10);
  publisher.raw({'m', 'a', 'i', 'n', 0, 0, 0, 0, 1, 2, 3});
  Frame damaged(64, 0xee);
  std::memcpy(damaged.data(), "main\0\0\0\0", 8);
  publisher.raw(damaged);
  queries.last = 14;
  publisher.publish(10, 11);
  publisher.publish(12, 13, 5);
  publisher.quiet(15);
  expect_contiguous(10, 14);
  EXPECT_EQ(subscriber->statistics().malformed, 3U);
}

// --- queries ---

class QueriesTest : public testing::Test {
 protected:
  // Each call blocks, so that the fake needs a thread of its own; the socket moves to it for good.
  void serve() {
    thread = std::thread([this] {
      while (!stops) {
        usherd.process();
        FakeSocket::wait(1);
      }
    });
  }
  ~QueriesTest() override {
    stops = true;
    if (thread.joinable()) thread.join();
  }

  FakeQueries usherd;
  std::atomic<bool> stops = false;
  std::thread thread;
};

TEST_F(QueriesTest, a_question_is_answered) {
  usherd.last = 99;
  serve();
  Queries queries({.endpoint = usherd.endpoint()});
  const auto found = queries.status();
  ASSERT_TRUE(std::holds_alternative<Status>(found)) << std::get<Failure>(found).text;
  const auto& status = std::get<Status>(found);
  EXPECT_EQ(status.sequence, 99U);
  EXPECT_EQ(status.version, "9.9");
  ASSERT_EQ(status.classes.size(), 1U);
  EXPECT_EQ(status.classes[0].waiting, 7U);
  EXPECT_EQ(status.classes[0].oldest_ms, 1'234U);
}

TEST_F(QueriesTest, a_lost_question_is_asked_again) {
  usherd.drops = 1;
  serve();
  Queries queries({.endpoint = usherd.endpoint()});
  EXPECT_TRUE(std::holds_alternative<Status>(queries.status()));
}

TEST_F(QueriesTest, a_snapshot_has_all_its_chunks_and_no_other) {
  usherd.snapshot_sequence = 44;
  usherd.mixes = true;
  serve();
  Queries queries({.endpoint = usherd.endpoint()});
  const auto found = queries.snapshot();
  ASSERT_TRUE(std::holds_alternative<Snapshot>(found));
  EXPECT_EQ(std::get<Snapshot>(found).sequence, 44U);
  ASSERT_EQ(std::get<Snapshot>(found).agents.size(), 2U);
  EXPECT_EQ(std::get<Snapshot>(found).agents[1].agent, id_of("bo"));
}

TEST_F(QueriesTest, a_refusal_keeps_its_reason) {
  serve();
  Queries queries({.endpoint = usherd.endpoint()});
  const auto found = queries.agent(id_of("nobody"));
  ASSERT_TRUE(std::holds_alternative<Failure>(found));
  EXPECT_EQ(std::get<Failure>(found).refusal, Refusal::unknown_agent);
  EXPECT_EQ(std::get<Failure>(found).text, "not that one");
}

TEST_F(QueriesTest, nobody_there_is_said_when_the_deadline_is_over) {
  Queries queries({.endpoint = "tcp://127.0.0.1:1", .deadline = std::chrono::milliseconds(50)});
  const auto found = queries.status();
  ASSERT_TRUE(std::holds_alternative<Failure>(found));
  EXPECT_EQ(std::get<Failure>(found).kind, Failure::Kind::no_server);
  EXPECT_NE(std::get<Failure>(found).text.find("tcp://127.0.0.1:1"), std::string::npos);
}

}  // namespace
}  // namespace usher::client
