// The checker of usher-load must be able to fail: every violation it knows is shown to it once.

#include "bench/usher_load/checker.h"

#include <gtest/gtest.h>

#include "bench/usher_load/check_process.h"

namespace usher::load {
namespace {

constexpr std::uint16_t chat = 1;
constexpr std::uint16_t mail = 2;
constexpr std::uint16_t voice = 3;

Id id(std::string_view text) { return *Id::parse(text); }

// Speaks as usherd's stream would; each call is one event of a record of its own, unless `same` is
// called before it.
class CheckerTest : public ::testing::Test {
 protected:
  CheckerTest() : checker({.over_slots = 1, .voice_channel = voice}) {
    for (const char* name : {"ann", "bob"}) {
      checker.know_agent(id(name), limits());
      checker.know_presence(id(name), Presence::available, false);
    }
  }

  static AgentLimits limits() {
    return {.channels = {{.number = chat, .limit = 2},
                         {.number = mail, .limit = 3, .background = true},
                         {.number = voice, .limit = 1}}};
  }

  void same() { --record; }

  Event& next(EventKind kind, ConversationState state, const char* conversation) {
    event = Event{};
    event.sequence = ++sequence;
    event.record = ++record;
    event.kind = kind;
    event.state = state;
    event.channel = chat;
    if (*conversation != 0) event.conversation = id(conversation);
    return event;
  }

  void open(const char* conversation, std::uint16_t channel = chat) {
    next(EventKind::opened, ConversationState::waiting, conversation).channel = channel;
    checker.see(event);
  }
  void offer(const char* conversation, const char* agent, std::uint64_t epoch = 0) {
    next(EventKind::offered, ConversationState::offered, conversation).agent = id(agent);
    event.epoch = epoch == 0 ? record : epoch;
    checker.see(event);
  }
  void offer_ends(const char* conversation, const char* agent) {
    next(EventKind::offer_ended, ConversationState::waiting, conversation).other_agent = id(agent);
    checker.see(event);
  }
  void assign(const char* conversation, const char* agent, std::uint64_t epoch = 0,
              bool over = false) {
    next(EventKind::assigned, ConversationState::assigned, conversation).agent = id(agent);
    event.cause = Cause::given;
    event.epoch = epoch == 0 ? record : epoch;
    event.over = over;
    checker.see(event);
  }
  void wrap(const char* conversation, const char* agent) {
    next(EventKind::wrapping, ConversationState::wrapping, conversation).agent = id(agent);
    checker.see(event);
  }
  void close(const char* conversation) {
    checker.see(next(EventKind::closed, ConversationState::closed, conversation));
  }
  void wait(const char* conversation, Cause cause = Cause::released) {
    next(EventKind::waiting, ConversationState::waiting, conversation).cause = cause;
    checker.see(event);
  }
  void presence(const char* agent, Presence to) {
    next(EventKind::agent_presence, ConversationState::none, "").agent = id(agent);
    event.presence = to;
    checker.see(event);
  }

  // The only violation, or none.
  ::testing::AssertionResult only(std::optional<Violation> expected) {
    checker.end_record();
    const Findings findings = checker.findings();
    for (std::size_t index = 0; index < violation_count; ++index) {
      const auto violation = static_cast<Violation>(index);
      if ((findings.counts[index] != 0) != (violation == expected)) {
        return ::testing::AssertionFailure()
               << name_of(violation) << " " << findings.counts[index] << ": "
               << (findings.first.empty() ? "" : findings.first.front());
      }
    }
    return ::testing::AssertionSuccess();
  }

  Checker checker;
  std::uint64_t sequence = 0;
  std::uint64_t record = 0;
  Event event;
};

TEST_F(CheckerTest, an_ordinary_life_is_no_violation) {
  open("one");
  offer("one", "ann");
  assign("one", "ann");
  wrap("one", "ann");
  close("one");
  EXPECT_TRUE(only(std::nullopt));
  EXPECT_EQ(checker.findings().routed, 1u);
  EXPECT_EQ(checker.findings().ended, 1u);
  EXPECT_EQ(checker.findings().open, 0u);
}

TEST_F(CheckerTest, a_missing_event_is_seen) {
  open("one");
  ++sequence;
  open("two");
  EXPECT_TRUE(only(Violation::sequence_broken));
}

TEST_F(CheckerTest, a_repeated_event_is_seen) {
  open("one");
  --sequence;
  open("two");
  EXPECT_TRUE(only(Violation::sequence_broken));
}

TEST_F(CheckerTest, events_that_cannot_be_had_are_a_violation) {
  checker.events_missing(4, 9);
  EXPECT_TRUE(only(Violation::sequence_broken));
}

TEST_F(CheckerTest, a_second_owner_is_seen) {
  open("one");
  assign("one", "ann");
  assign("one", "bob");
  EXPECT_TRUE(only(Violation::two_owners));
}

TEST_F(CheckerTest, a_transfer_says_from_whom_and_is_none) {
  open("one");
  assign("one", "ann");
  next(EventKind::assigned, ConversationState::assigned, "one").agent = id("bob");
  event.other_agent = id("ann");
  event.cause = Cause::transferred;
  event.epoch = record;
  checker.see(event);
  EXPECT_TRUE(only(std::nullopt));
}

TEST_F(CheckerTest, an_epoch_for_two_agents_is_seen) {
  open("one");
  assign("one", "ann", 7);
  wait("one");
  assign("one", "bob", 7);
  EXPECT_TRUE(only(Violation::epoch_of_two));
}

TEST_F(CheckerTest, an_epoch_that_falls_is_seen) {
  open("one");
  assign("one", "ann", 7);
  wait("one");
  assign("one", "bob", 6);
  EXPECT_TRUE(only(Violation::epoch_not_rising));
}

TEST_F(CheckerTest, an_offer_with_an_old_epoch_is_seen) {
  open("one");
  assign("one", "ann", 7);
  wait("one");
  offer("one", "bob", 7);
  EXPECT_TRUE(only(Violation::epoch_not_rising));
}

TEST_F(CheckerTest, offers_of_one_record_share_their_epoch) {
  open("one");
  offer("one", "ann");
  same();
  offer("one", "bob");
  EXPECT_TRUE(only(std::nullopt));
}

TEST_F(CheckerTest, a_second_end_is_seen) {
  open("one");
  close("one");
  checker.see(next(EventKind::abandoned, ConversationState::abandoned, "one"));
  EXPECT_TRUE(only(Violation::second_end));
}

TEST_F(CheckerTest, a_reopened_one_may_end_again) {
  open("one");
  close("one");
  wait("one", Cause::reopened);
  close("one");
  EXPECT_TRUE(only(std::nullopt));
}

TEST_F(CheckerTest, coming_back_without_being_reopened_is_seen) {
  open("one");
  close("one");
  wait("one");
  EXPECT_TRUE(only(Violation::illegal_transition));
}

TEST_F(CheckerTest, being_opened_twice_is_seen) {
  open("one");
  open("one");
  EXPECT_TRUE(only(Violation::illegal_transition));
}

TEST_F(CheckerTest, an_offer_that_ends_and_was_not_made_is_seen) {
  open("one");
  offer_ends("one", "ann");
  EXPECT_TRUE(only(Violation::illegal_transition));
}

TEST_F(CheckerTest, an_event_of_what_nobody_opened_is_seen) {
  assign("one", "ann");
  EXPECT_TRUE(only(Violation::not_opened));
}

TEST_F(CheckerTest, a_chat_too_many_is_seen) {
  for (const char* name : {"one", "two", "three"}) {
    open(name);
    assign(name, "ann");
  }
  EXPECT_TRUE(only(Violation::over_channel_limit));
}

TEST_F(CheckerTest, a_mixture_above_capacity_is_seen) {
  open("one");
  assign("one", "ann");
  open("two", voice);
  assign("two", "ann");
  EXPECT_TRUE(only(Violation::over_capacity));
}

TEST_F(CheckerTest, half_a_share_is_half_the_room) {
  AgentLimits half = limits();
  half.share_percent = 50;
  checker.know_agent(id("ann"), half);
  open("one");
  assign("one", "ann");
  EXPECT_TRUE(only(std::nullopt));
  open("two");
  assign("two", "ann");
  EXPECT_TRUE(only(Violation::over_capacity));
}

TEST_F(CheckerTest, offers_and_wrap_up_take_room) {
  open("one");
  offer("one", "ann");
  open("two");
  assign("two", "ann");
  wrap("two", "ann");
  open("three");
  offer("three", "ann");
  EXPECT_TRUE(only(Violation::over_channel_limit));
}

TEST_F(CheckerTest, held_ones_take_none) {
  open("one");
  assign("one", "ann");
  next(EventKind::held, ConversationState::held, "one").agent = id("ann");
  checker.see(event);
  for (const char* name : {"two", "three"}) {
    open(name);
    assign(name, "ann");
  }
  EXPECT_TRUE(only(std::nullopt));
}

TEST_F(CheckerTest, room_is_counted_when_the_record_is_over) {
  for (const char* name : {"one", "two"}) {
    open(name);
    assign(name, "ann");
  }
  open("three");
  assign("three", "ann");
  same();
  close("one");
  EXPECT_TRUE(only(std::nullopt));
}

TEST_F(CheckerTest, a_call_may_come_on_top_of_mail) {
  open("one", mail);
  assign("one", "ann");
  open("two", voice);
  assign("two", "ann");
  EXPECT_TRUE(only(std::nullopt));
}

TEST_F(CheckerTest, mail_on_top_of_a_call_is_seen) {
  open("one", voice);
  assign("one", "ann");
  open("two", mail);
  assign("two", "ann");
  EXPECT_TRUE(only(Violation::background_on_top));
}

TEST_F(CheckerTest, an_accepted_offer_is_nothing_new) {
  open("one", mail);
  offer("one", "ann");
  open("two", voice);
  assign("two", "ann");
  assign("one", "ann");
  EXPECT_TRUE(only(std::nullopt));
}

TEST_F(CheckerTest, a_call_may_come_on_top_of_mail_of_the_same_record) {
  open("one", mail);
  open("two", voice);
  assign("one", "ann");
  same();
  assign("two", "ann");
  EXPECT_TRUE(only(std::nullopt));
}

TEST_F(CheckerTest, one_above_capacity_is_allowed_and_two_are_seen) {
  for (const char* name : {"one", "two"}) {
    open(name);
    assign(name, "ann");
  }
  open("three");
  assign("three", "ann", 0, true);
  EXPECT_TRUE(only(std::nullopt));
  open("four");
  assign("four", "ann", 0, true);
  EXPECT_TRUE(only(Violation::over_slots));
}

TEST_F(CheckerTest, above_capacity_beside_a_call_is_seen) {
  open("one", voice);
  assign("one", "ann");
  open("two");
  assign("two", "ann", 0, true);
  EXPECT_TRUE(only(Violation::over_slots));
}

TEST_F(CheckerTest, work_for_who_is_away_is_seen) {
  presence("ann", Presence::away);
  open("one");
  offer("one", "ann");
  EXPECT_TRUE(only(Violation::given_to_absent));
}

TEST_F(CheckerTest, work_for_who_is_lost_is_seen) {
  next(EventKind::agent_lost, ConversationState::none, "").agent = id("ann");
  checker.see(event);
  open("one");
  assign("one", "ann");
  EXPECT_TRUE(only(Violation::given_to_absent));
}

TEST_F(CheckerTest, an_acknowledged_one_that_never_appears_is_lost) {
  checker.acknowledged(id("one"));
  checker.acknowledged(id("two"));
  open("one");
  checker.end_acknowledged();
  EXPECT_TRUE(only(Violation::lost));
  EXPECT_EQ(checker.findings().count(Violation::lost), 1u);
}

TEST_F(CheckerTest, an_acknowledgement_may_come_before_or_after_the_events) {
  checker.acknowledged(id("one"));
  open("one");
  close("one");
  open("two");
  close("two");
  checker.acknowledged(id("two"));
  checker.end_acknowledged();
  EXPECT_TRUE(only(std::nullopt));
}

TEST_F(CheckerTest, a_snapshot_that_agrees_is_no_violation) {
  open("one");
  assign("one", "ann");
  checker.compare({{.conversation = id("one"),
                    .state = ConversationState::assigned,
                    .channel = chat,
                    .agent = id("ann")}});
  EXPECT_TRUE(only(std::nullopt));
  EXPECT_EQ(checker.findings().compared, 1u);
}

TEST_F(CheckerTest, a_snapshot_that_lacks_one_is_seen) {
  open("one");
  checker.compare({});
  EXPECT_TRUE(only(Violation::snapshot_differs));
}

TEST_F(CheckerTest, a_snapshot_with_another_owner_is_seen) {
  open("one");
  assign("one", "ann");
  checker.compare({{.conversation = id("one"),
                    .state = ConversationState::assigned,
                    .channel = chat,
                    .agent = id("bob")}});
  EXPECT_TRUE(only(Violation::snapshot_differs));
}

TEST_F(CheckerTest, what_the_first_snapshot_says_counts) {
  checker.know_conversation({.conversation = id("one"),
                             .state = ConversationState::assigned,
                             .channel = voice,
                             .agent = id("ann"),
                             .epoch = 3});
  record = 10;
  open("two", voice);
  assign("two", "ann");
  EXPECT_TRUE(only(Violation::over_channel_limit));
}

TEST_F(CheckerTest, findings_survive_the_pipe) {
  open("one");
  ++sequence;
  close("one");
  checker.see(next(EventKind::closed, ConversationState::closed, "one"));
  const Findings before = checker.findings();
  const std::optional<Findings> after = findings_of(to_json(before));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->counts, before.counts);
  EXPECT_EQ(after->first, before.first);
  EXPECT_EQ(after->events, before.events);
  EXPECT_EQ(after->opened, before.opened);
}

TEST(Findings, are_none_when_the_line_is_not_one) {
  EXPECT_FALSE(findings_of("no snapshot within 15 s"));
  EXPECT_FALSE(findings_of("{}"));
}

}  // namespace
}  // namespace usher::load
