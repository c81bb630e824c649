#include "client/client.h"

#include <gtest/gtest.h>

#include "tests/client_fake.h"

namespace usher::client {
namespace {

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    options.endpoint = usherd.endpoint();
    options.origin = "web-chat";
    options.heartbeat_ms = 50;
    // Only where a test is about them: a slow machine must not make the client impatient.
    options.silence_ms = 60'000;
    options.resend_ms = 60'000;
    handlers.welcome = [this](const Welcome& welcome) { welcomes.push_back(welcome); };
    handlers.outcome = [this](const Outcome& outcome) { outcomes.push_back(outcome); };
    handlers.event = [this](const Event& event) { events.push_back(event.sequence); };
    handlers.events_lost = [this](const EventsLost& lost) { losses.push_back(lost); };
    handlers.advanced = [this](const Advanced& now) { advances.push_back(now.to_ms); };
    handlers.problem = [this](const std::string& text) { problems.push_back(text); };
  }

  void connect() {
    client.emplace(options, handlers);
    ASSERT_TRUE(until([&] { return client->state() == State::ready; })) << client->problem();
  }
  bool until(const std::function<bool()>& holds) {
    return eventually({[&] { client->process(); }, [&] { usherd.process(); }}, holds);
  }
  [[nodiscard]] auto beats() const {
    return std::count(usherd.messages.begin(), usherd.messages.end(),
                      wire::ClientMessage::Heartbeat);
  }
  // Whatever the client sent before has come by then.
  void hear_a_heartbeat() {
    const auto before = beats();
    ASSERT_TRUE(until([&] { return beats() > before; }));
  }
  void open(const std::string& conversation) {
    ASSERT_EQ(client->send(Open{.conversation = id_of(conversation)}), Sent::queued);
  }
  void open_many(int count) {
    for (int i = 0; i < count; ++i) open("c-" + std::to_string(++opened));
  }
  // A directed event: its sequence, and the one before it of this origin.
  static Event directed(std::uint64_t sequence, std::uint64_t previous) {
    Event event;
    event.sequence = sequence;
    event.origin = FakeUsherd::origin;
    event.previous = previous;
    return event;
  }
  [[nodiscard]] bool is_readable() const {
    pollfd entry{.fd = client->fd(), .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, 0) == 1;
  }
  // Nothing applied twice, nothing left out.
  void expect_each_once(std::size_t count) {
    ASSERT_EQ(usherd.applied.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(usherd.applied[i].conversation, id_of("c-" + std::to_string(i + 1)));
    }
  }

  FakeUsherd usherd;
  Options options;
  Handlers handlers;
  std::optional<Client> client;
  int opened = 0;

  std::vector<Welcome> welcomes;
  std::vector<Outcome> outcomes;
  std::vector<std::uint64_t> events;
  std::vector<EventsLost> losses;
  std::vector<std::uint64_t> advances;
  std::vector<std::string> problems;
};

// --- the greeting ---

TEST_F(ClientTest, a_welcome_tells_session_and_dictionary) {
  connect();
  ASSERT_EQ(welcomes.size(), 1U);
  EXPECT_FALSE(welcomes[0].resumed);
  EXPECT_FALSE(welcomes[0].new_incarnation);
  EXPECT_EQ(welcomes[0].incarnation, 77U);
  EXPECT_TRUE(client->session().session);
  EXPECT_EQ(client->dictionary().find(NameKind::category, "account").number, 2);
}

TEST_F(ClientTest, a_pool_that_is_refused_is_a_failure_that_names_it) {
  usherd.refuses_hello = wire::Refusal::unknown_pool;
  options.pool = "nowhere";
  client.emplace(options, handlers);
  ASSERT_TRUE(until([&] { return client->state() == State::failed; }));
  EXPECT_NE(client->problem().find("nowhere"), std::string::npos);
  EXPECT_NE(client->problem().find("unknown_pool"), std::string::npos);
  EXPECT_EQ(client->send(Abandon{id_of("c-1")}), Sent::closed);
}

TEST_F(ClientTest, an_endpoint_that_makes_no_sense_is_a_failure) {
  options.endpoint = "nonsense";
  client.emplace(options, handlers);
  EXPECT_EQ(client->state(), State::failed);
  EXPECT_NE(client->problem().find("nonsense"), std::string::npos);
}

TEST_F(ClientTest, a_busy_usherd_is_asked_again) {
  usherd.refuses_hello = wire::Refusal::busy;
  client.emplace(options, handlers);
  ASSERT_TRUE(until([&] { return !problems.empty(); }));
  usherd.refuses_hello.reset();
  EXPECT_TRUE(until([&] { return client->state() == State::ready; }));
}

TEST_F(ClientTest, what_is_sent_before_the_welcome_leaves_with_it) {
  client.emplace(options, handlers);
  open_many(3);
  ASSERT_TRUE(until([&] { return outcomes.size() == 3; }));
  expect_each_once(3);
}

// --- commands ---

TEST_F(ClientTest, commands_are_numbered_from_one_and_told_in_order) {
  connect();
  for (std::uint64_t token = 100; token < 103; ++token) {
    client->send(CustomerWrote{id_of("c-1")}, token);
  }
  ASSERT_TRUE(until([&] { return outcomes.size() == 3; }));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(outcomes[i].number, i + 1);
    EXPECT_EQ(outcomes[i].token, 100 + i);
    EXPECT_EQ(outcomes[i].result, Result::done);
    EXPECT_FALSE(outcomes[i].answered);
  }
  EXPECT_EQ(usherd.batch_sizes, std::vector<std::uint64_t>{3}) << "one frame for all";
  EXPECT_EQ(client->acknowledged(), 3U);
  EXPECT_EQ(client->pending(), 0U);
}

TEST_F(ClientTest, a_refusal_and_an_answer_reach_their_commands) {
  usherd.refuses[id_of("c-2")] = wire::Refusal::no_class;
  connect();
  open_many(3);
  ASSERT_TRUE(until([&] { return outcomes.size() == 3; }));
  EXPECT_TRUE(outcomes[0].answered);
  EXPECT_EQ(outcomes[0].answer.position, 1U);
  EXPECT_EQ(outcomes[0].answer.expected_p90_ms, 20);
  EXPECT_EQ(outcomes[1].result, Result::refused);
  EXPECT_EQ(outcomes[1].refusal, Refusal::no_class);
  EXPECT_EQ(outcomes[2].answer.position, 3U);
}

TEST_F(ClientTest, who_is_sent_away_is_told_how_long_it_would_have_been) {
  usherd.refuses[id_of("c-2")] = wire::Refusal::overflow;
  connect();
  open_many(2);
  ASSERT_TRUE(until([&] { return outcomes.size() == 2; }));
  EXPECT_EQ(outcomes[1].result, Result::refused);
  EXPECT_EQ(outcomes[1].refusal, Refusal::overflow);
  EXPECT_EQ(outcomes[1].answer.expected_p50_ms, 30);
  EXPECT_EQ(outcomes[1].answer.expected_p90_ms, 40);
}

TEST_F(ClientTest, never_more_than_the_window_is_under_way) {
  usherd.window = 10;
  usherd.acknowledges = false;
  connect();
  open_many(25);
  client->flush();
  ASSERT_TRUE(until([&] { return usherd.applied.size() == 10; }));
  hear_a_heartbeat();
  EXPECT_EQ(usherd.applied.size(), 10U);
  usherd.window = 4;
  usherd.acknowledge();
  ASSERT_TRUE(until([&] { return usherd.applied.size() == 14; }));
  usherd.window = 100;
  usherd.acknowledge();
  ASSERT_TRUE(until([&] { return usherd.applied.size() == 25; }));
  usherd.acknowledge();
  ASSERT_TRUE(until([&] { return outcomes.size() == 25; }));
  expect_each_once(25);
  EXPECT_EQ(usherd.repeated, 0U);
}

TEST_F(ClientTest, a_full_queue_says_that_it_would_block) {
  options.queue_max = 2;
  client.emplace(options, handlers);
  open_many(2);
  EXPECT_EQ(client->room(), 0U);
  EXPECT_EQ(client->send(Abandon{id_of("c-1")}), Sent::would_block);
  ASSERT_TRUE(until([&] { return outcomes.size() == 2; }));
  EXPECT_EQ(client->send(Abandon{id_of("c-1")}), Sent::queued);
}

TEST_F(ClientTest, a_frame_never_passes_the_limit) {
  client.emplace(options, handlers);
  const std::vector<SkillLevel> skills(64, {.skill = 1, .level = 1});
  for (int i = 0; i < 2'000; ++i) {
    client->send(DefineAgent{.agent = id_of("ana"), .group = 1, .skills = skills});
  }
  ASSERT_TRUE(until([&] { return outcomes.size() == 2'000; }));
  EXPECT_GT(usherd.frame_bytes, 128U * 1024U) << "full, though";
  EXPECT_LE(usherd.frame_bytes, 256U * 1024U);
}

TEST_F(ClientTest, a_lost_frame_is_sent_again_after_the_gap_is_told) {
  connect();
  usherd.drop_batches = 1;
  for (int i = 0; i < 5; ++i) {
    open_many(1);
    client->flush();
  }
  ASSERT_TRUE(until([&] { return outcomes.size() == 5; }));
  expect_each_once(5);
}

TEST_F(ClientTest, a_gap_that_is_told_again_and_again_is_filled_once) {
  usherd.acknowledges = false;
  connect();
  open_many(3);
  ASSERT_TRUE(until([&] { return usherd.applied.size() == 3; }));
  // As usherd says it for each of the frames behind a lost one.
  for (int i = 0; i < 3; ++i) {
    const auto frames = client->statistics().frames_received;
    usherd.refuse_frame(wire::Refusal::gap, 1);
    ASSERT_TRUE(until([&] { return client->statistics().frames_received > frames; }));
  }
  ASSERT_TRUE(until([&] { return usherd.repeated > 0; }));
  EXPECT_EQ(client->statistics().commands_resent, 3U);
}

TEST_F(ClientTest, what_nobody_acknowledges_is_sent_again) {
  options.resend_ms = 100;
  connect();
  usherd.drop_batches = 2;
  open_many(1);
  ASSERT_TRUE(until([&] { return outcomes.size() == 1; }));
  expect_each_once(1);
  EXPECT_GE(client->statistics().commands_resent, 2U);
}

// --- lost connections ---

TEST_F(ClientTest, after_a_lost_connection_everything_unacknowledged_comes_again_and_counts_once) {
  usherd.acknowledges = false;
  connect();
  open_many(3);
  ASSERT_TRUE(until([&] { return usherd.applied.size() == 3; }));
  usherd.acknowledges = true;
  usherd.restart(true);
  open_many(2);
  ASSERT_TRUE(until([&] { return outcomes.size() == 5; }));
  expect_each_once(5);
  EXPECT_EQ(usherd.repeated, 3U);
  ASSERT_EQ(welcomes.size(), 2U);
  EXPECT_TRUE(welcomes[1].resumed);
}

TEST_F(ClientTest, outcomes_that_a_lost_connection_swallowed_are_told_by_the_table) {
  usherd.acknowledges = false;
  usherd.refuses[id_of("c-1")] = wire::Refusal::conflict;
  connect();
  open_many(2);
  ASSERT_TRUE(until([&] { return usherd.applied.size() == 2; }));
  usherd.acknowledges = true;
  usherd.restart(true);
  ASSERT_TRUE(until([&] { return outcomes.size() == 2; }));
  EXPECT_EQ(outcomes[0].refusal, Refusal::conflict);
  EXPECT_TRUE(outcomes[1].answered);
}

TEST_F(ClientTest, no_server_is_no_failure_and_commands_wait) {
  usherd.stop();
  client.emplace(options, handlers);
  open_many(1);
  for (int i = 0; i < 10; ++i) client->process();
  EXPECT_EQ(client->state(), State::connecting);
  EXPECT_NE(client->problem().find(usherd.endpoint()), std::string::npos);
  usherd.start();
  ASSERT_TRUE(until([&] { return outcomes.size() == 1; }));
}

TEST_F(ClientTest, a_connection_that_usherd_forgot_is_greeted_again) {
  connect();
  usherd.refuse_frame(wire::Refusal::unknown_session);
  ASSERT_TRUE(until([&] { return welcomes.size() == 2; }));
  EXPECT_TRUE(welcomes[1].resumed);
  open_many(1);
  ASSERT_TRUE(until([&] { return outcomes.size() == 1; }));
}

TEST_F(ClientTest, a_silent_usherd_is_connected_anew) {
  options.silence_ms = 400;
  connect();
  usherd.answers = false;
  ASSERT_TRUE(until([&] { return client->state() != State::ready; }));
  usherd.answers = true;
  ASSERT_TRUE(until([&] { return client->state() == State::ready; }));
}

TEST_F(ClientTest, an_idle_client_is_heard) {
  connect();
  EXPECT_TRUE(until([&] { return beats() >= 3; }));
  EXPECT_EQ(client->state(), State::ready);
}

TEST_F(ClientTest, a_new_incarnation_voids_what_was_under_way_and_what_was_queued) {
  usherd.acknowledges = false;
  usherd.window = 2;
  connect();
  open_many(3);
  ASSERT_TRUE(until([&] { return usherd.applied.size() == 2; }));
  usherd.incarnation = 78;
  usherd.restart(false);
  ASSERT_TRUE(until([&] { return outcomes.size() == 3; }));
  EXPECT_TRUE(welcomes.back().new_incarnation);
  EXPECT_FALSE(welcomes.back().resumed);
  for (const auto& outcome : outcomes) EXPECT_EQ(outcome.result, Result::lost);
  EXPECT_EQ(outcomes[1].number, 2U);
  EXPECT_EQ(outcomes[2].number, 0U) << "never sent";
  usherd.acknowledges = true;
  open_many(1);
  ASSERT_TRUE(until([&] { return outcomes.size() == 4; }));
  EXPECT_EQ(outcomes[3].number, 1U) << "numbers begin anew";
}

TEST_F(ClientTest, an_ended_session_loses_only_what_was_sent) {
  usherd.acknowledges = false;
  usherd.window = 2;
  connect();
  open_many(3);
  ASSERT_TRUE(until([&] { return usherd.applied.size() == 2; }));
  usherd.acknowledges = true;
  usherd.restart(false);
  ASSERT_TRUE(until([&] { return outcomes.size() == 3; }));
  EXPECT_FALSE(welcomes.back().new_incarnation);
  EXPECT_EQ(outcomes[0].result, Result::lost);
  EXPECT_EQ(outcomes[1].result, Result::lost);
  EXPECT_EQ(outcomes[2].result, Result::done);
  EXPECT_EQ(outcomes[2].number, 1U);
}

TEST_F(ClientTest, another_process_takes_the_session_up) {
  connect();
  open_many(2);
  ASSERT_TRUE(until([&] { return outcomes.size() == 2; }));
  options.session = client->session().session;
  options.incarnation = client->session().incarnation;
  connect();
  EXPECT_TRUE(welcomes.back().resumed);
  open_many(1);
  ASSERT_TRUE(until([&] { return outcomes.size() == 3; }));
  EXPECT_EQ(outcomes.back().number, 3U);
  expect_each_once(3);
}

TEST_F(ClientTest, bye_is_said_and_closes) {
  connect();
  open_many(1);
  client->bye();
  EXPECT_EQ(client->state(), State::closed);
  EXPECT_EQ(client->send(Abandon{id_of("c-1")}), Sent::closed);
  ASSERT_TRUE(until([&] {
    return !usherd.messages.empty() && usherd.messages.back() == wire::ClientMessage::Bye;
  }));
  expect_each_once(1);
}

TEST_F(ClientTest, time_moves_after_every_command_before_it) {
  usherd.window = 5;
  connect();
  open_many(12);
  EXPECT_TRUE(client->advance(1'000));
  EXPECT_FALSE(client->advance(2'000)) << "one at a time";
  ASSERT_TRUE(until([&] { return usherd.advanced_after != 0; }));
  EXPECT_EQ(usherd.advanced_after, 12U);
  usherd.advanced(1'000);
  ASSERT_TRUE(until([&] { return advances.size() == 1; }));
  EXPECT_TRUE(client->advance(2'000));
}

TEST_F(ClientTest, moving_time_takes_a_place_in_the_window) {
  usherd.window = 5;
  usherd.acknowledges = false;
  connect();
  open_many(5);
  EXPECT_TRUE(client->advance(1'000));
  ASSERT_TRUE(until([&] { return usherd.applied.size() == 5; }));
  hear_a_heartbeat();
  EXPECT_EQ(usherd.advanced_after, 0U) << "usherd would have dropped it";
  usherd.acknowledge();
  EXPECT_TRUE(until([&] { return usherd.advanced_after == 5; }));
}

// --- directed events ---

TEST_F(ClientTest, directed_events_come_in_order_and_once) {
  connect();
  usherd.direct(std::vector{directed(5, 0), directed(9, 5)});
  usherd.direct(std::vector{directed(9, 5), directed(12, 9)});
  ASSERT_TRUE(until([&] { return events.size() == 3; }));
  EXPECT_EQ(events, (std::vector<std::uint64_t>{5, 9, 12}));
  EXPECT_EQ(client->directed_seen(), 12U);
  EXPECT_EQ(client->statistics().event_gaps, 0U);
}

TEST_F(ClientTest, what_happened_before_the_first_session_is_not_told) {
  usherd.directed_last = 40;
  connect();
  usherd.direct(std::vector{directed(40, 31), directed(41, 40)});
  ASSERT_TRUE(until([&] { return !events.empty(); }));
  EXPECT_EQ(events, std::vector<std::uint64_t>{41});
}

TEST_F(ClientTest, a_missing_directed_event_is_asked_for_again) {
  connect();
  usherd.direct(std::vector{directed(5, 0)});
  usherd.direct(std::vector{directed(12, 9), directed(13, 12)});  // 9 is missing
  ASSERT_TRUE(until([&] { return usherd.replay_after != 0; }));
  EXPECT_EQ(events, std::vector<std::uint64_t>{5});
  EXPECT_EQ(usherd.replay_after, 5U);
  usherd.direct(std::vector{directed(9, 5), directed(12, 9), directed(13, 12)});
  ASSERT_TRUE(until([&] { return events.size() == 4; }));
  EXPECT_EQ(events, (std::vector<std::uint64_t>{5, 9, 12, 13}));
  EXPECT_EQ(client->statistics().event_gaps, 1U);
}

TEST_F(ClientTest, every_role_of_the_origin_continues_the_chain) {
  connect();
  Event as_desk = directed(6, 3);
  as_desk.origin = 9;  // somebody else's conversation, whose chain is another
  as_desk.agent_origin = FakeUsherd::origin;
  as_desk.agent_previous = 5;
  Event as_other_desk = directed(8, 7);
  as_other_desk.origin = 9;
  as_other_desk.other_origin = FakeUsherd::origin;
  as_other_desk.other_previous = 6;
  usherd.direct(std::vector{directed(5, 0), as_desk, as_other_desk});
  ASSERT_TRUE(until([&] { return events.size() == 3; }));
  EXPECT_EQ(client->statistics().event_gaps, 0U);
}

TEST_F(ClientTest, a_gap_is_seen_in_every_role) {
  for (const int role : {0, 1, 2}) {
    events.clear();
    usherd.replay_after = 0;
    connect();
    Event next = directed(12, 0);
    next.origin = role == 0 ? FakeUsherd::origin : 9;
    next.agent_origin = role == 1 ? FakeUsherd::origin : 0;
    next.other_origin = role == 2 ? FakeUsherd::origin : 0;
    (role == 0 ? next.previous : role == 1 ? next.agent_previous : next.other_previous) = 9;
    usherd.direct(std::vector{directed(5, 0), next});
    ASSERT_TRUE(until([&] { return usherd.replay_after == 5; })) << "role " << role;
    EXPECT_EQ(events, std::vector<std::uint64_t>{5});
  }
}

TEST_F(ClientTest, the_lost_last_event_is_seen_at_the_next_welcome) {
  connect();
  usherd.direct(std::vector{directed(5, 0)});
  ASSERT_TRUE(until([&] { return events.size() == 1; }));
  usherd.directed_last = 9;
  usherd.restart(true);
  ASSERT_TRUE(until([&] { return usherd.replay_after != 0; }));
  EXPECT_EQ(usherd.hello_directed_from, 5U);
  EXPECT_EQ(usherd.replay_after, 5U);
}

TEST_F(ClientTest, events_that_are_gone_are_said_to_be_gone) {
  connect();
  usherd.direct(std::vector{directed(5, 0)});
  usherd.lose_directed(5, 100);
  usherd.direct(std::vector{directed(120, 110), directed(125, 120)});
  ASSERT_TRUE(until([&] { return events.size() == 3; }));
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].after, 5U);
  EXPECT_EQ(losses[0].oldest, 100U);
  EXPECT_EQ(events, (std::vector<std::uint64_t>{5, 120, 125}));
}

TEST_F(ClientTest, a_deposed_leader_is_not_heard) {
  connect();
  usherd.direct(std::vector{directed(5, 0)}, 2);
  usherd.direct(std::vector{directed(6, 5)}, 1);
  usherd.direct(std::vector{directed(7, 5)}, 2);
  ASSERT_TRUE(until([&] { return events.size() == 2; }));
  EXPECT_EQ(events, (std::vector<std::uint64_t>{5, 7}));
}

TEST_F(ClientTest, events_of_another_incarnation_lead_to_a_new_greeting) {
  connect();
  usherd.direct(std::vector{directed(5, 0)}, 1, 99);
  ASSERT_TRUE(until([&] { return welcomes.size() == 2; }));
  EXPECT_TRUE(events.empty());
}

// --- the descriptor ---

TEST_F(ClientTest, the_descriptor_is_readable_until_everything_is_processed) {
  connect();
  constexpr std::uint64_t count = 1'000;  // more than process() takes at a time
  for (std::uint64_t i = 1; i <= count; ++i) usherd.direct(std::vector{directed(i, i - 1)});
  int turns = 0;
  while (events.size() < count) {
    pollfd entry{.fd = client->fd(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&entry, 1, 10'000), 1) << "an edge was lost after " << events.size();
    client->process();
    ++turns;
  }
  EXPECT_GT(turns, 1);
  // The network has nothing more to say; a late edge means nothing.
  ASSERT_TRUE(eventually({[&] { client->process(); }}, [&] { return !is_readable(); }));
}

TEST_F(ClientTest, sending_does_not_consume_the_edge) {
  connect();
  for (std::uint64_t i = 1; i <= 200; ++i) {
    usherd.direct(std::vector{directed(i, i - 1)});
    client->send(CustomerWrote{id_of("c-1")});
    client->flush();
    FakeSocket::wait(i % 20 == 0 ? 1 : 0);  // the event arrives before, during or after the send
    pollfd entry{.fd = client->fd(), .events = POLLIN, .revents = 0};
    while (events.size() < i) {
      ASSERT_EQ(::poll(&entry, 1, 10'000), 1) << "event " << i << " is there and nobody tells";
      client->process();
    }
  }
}

// --- bytes that make no sense ---

TEST_F(ClientTest, damaged_frames_are_dropped_and_counted) {
  connect();
  FlatBuffer builder;
  const auto text = builder.CreateString("a text that is long enough to be cut");
  const Frame good =
      server_frame(builder, wire::CreateFrameRefused(builder, wire::Refusal::busy, 0, text));
  for (std::size_t length = 0; length < good.size(); ++length) {
    usherd.say(Frame(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)));
  }
  Frame flipped = good;
  for (auto& byte : flipped) {
    byte ^= 0x55;
    usherd.say(flipped);
  }
  usherd.say(Frame(100'000, 0xff));
  open_many(1);
  ASSERT_TRUE(until([&] { return outcomes.size() == 1; }));
  EXPECT_GT(client->statistics().frames_malformed, good.size());
  EXPECT_EQ(client->state(), State::ready);
}

}  // namespace
}  // namespace usher::client
