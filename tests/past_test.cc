// What usherd tells of the past: the same as it would have told then.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "daemon/answers_past.h"
#include "sim/twin.h"
#include "sim/world.h"
#include "tests/shell_fixture.h"

namespace usher {
namespace {

using client::Explained;

// --- random worlds: what is replayed equals what was collected at the time ---

// Everything that an explanation says, but its candidates.
auto head(const Explanation& e) {
  return std::tuple(e.conversation, e.state, e.record, e.configured_at, e.pool_ms, e.opened_ms,
                    e.service_class, e.band, e.rank, e.time_ms, e.queued, e.step, e.steps, e.joined,
                    e.debt, e.winner);
}
auto fields(const CandidateView& c) {
  return std::tuple(c.agent, c.verdict, c.from_ms, c.lost_on, c.bot, c.over, c.preferred, c.tier,
                    c.used, c.capacity, c.scarce, c.idle_since);
}
bool same(const Explanation& a, const Explanation& b) {
  return head(a) == head(b) && std::ranges::equal(a.candidates, b.candidates, {}, fields, fields);
}

// A world that was played, with all that was decided, and a past to ask about it.
class World {
 public:
  // Keeps the state every so many lines; 0 = never.
  World(std::uint64_t seed, std::size_t lines, std::size_t snapshots_every = 0) {
    sim::Twin twin;
    sim::Author author(seed, {});
    Router router;
    for (std::size_t i = 0; i < lines; ++i) {
      const Record record = sim::record_of(author.next(twin), twin);
      Events ignored;
      twin.apply(record, ignored);
      std::vector<Explanation> made;
      Events caused;
      router.apply(record, caused, made);
      for (Explanation& decision : made) decisions.push_back(std::move(decision));
      events.insert(events.end(), caused.begin(), caused.end());
      // Groups of 1 to 7 records.
      open_.push_back(record);
      if (i % 7 == seed % 7 || i % 5 == 0) close_group();
      if (snapshots_every > 0 && i % snapshots_every == 0) keep(router);
    }
    close_group();
  }

  Found ask(decltype(AskPast::question) question) {
    EXPECT_TRUE(inbox_.put(AskPast{.peer = 1, .ticket = 2, .question = question, .record = last_}));
    while (true) {
      past_.step();
      PastAnswered answered;
      if (outbox_.take(answered)) return std::move(answered.answered.found);
    }
  }

  MemoryJournal journal{memory_journal_bytes};
  std::vector<Explanation> decisions;
  std::vector<Event> events;

 private:
  void keep(Router& router) {
    close_group();
    const std::uint64_t event = events.empty() ? 0 : events.back().sequence;
    ASSERT_TRUE(journal.begin_snapshot({.sequence = router.stamp().sequence, .event = event}).ok());
    Bytes state;
    router.begin_saving();
    while (router.save_on(1000, state)) {
    }
    ASSERT_TRUE(journal.add_to_snapshot(state).ok());
    ASSERT_TRUE(journal.keep_snapshot().ok());
  }
  void close_group() {
    if (open_.empty()) return;
    last_ = open_.back().stamp.sequence;
    journal.append(open_);
    open_.clear();
  }

  std::vector<Record> open_;
  std::uint64_t last_ = 0;
  Handover<AskPast> inbox_{past_asks_max};
  Handover<PastAnswered> outbox_{past_asks_max};
  Past past_{journal, inbox_, outbox_, 50};
};

constexpr std::size_t world_lines = 400;

TEST(Past, ExplainsEveryDecisionOfRandomWorldsAsItWasExplainedThen) {
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= 36; ++seed) {
    World world(seed, world_lines, seed % 2 == 0 ? 60 : 0);
    // In an order that goes forward and back.
    for (std::size_t i = 0; i < world.decisions.size(); ++i) {
      const std::size_t at = i * 7 % world.decisions.size();
      const Explanation& then = world.decisions[at];
      const auto told = std::ranges::find_if(world.events, [&](const Event& event) {
        return event.record == then.record && event.conversation == then.conversation &&
               event.agent == then.winner && event.cause == Cause::given;
      });
      ASSERT_NE(world.events.end(), told);
      // Half of them with the record, as when the ring still has the event.
      const Found found = world.ask(AskExplain{.conversation = then.conversation,
                                               .sequence = told->sequence,
                                               .record = i % 2 == 0 ? 0 : then.record});
      const auto* explained = std::get_if<ExplainFound>(&found);
      ASSERT_NE(nullptr, explained) << "seed " << seed << ", event " << told->sequence;
      EXPECT_TRUE(same(then, explained->explanation))
          << "seed " << seed << ", event " << told->sequence;
      EXPECT_EQ(told->sequence, explained->sequence);
      EXPECT_EQ(told->kind, explained->kind);
      EXPECT_EQ(told->wall_ms, explained->wall_ms);
      ++compared;
    }
  }
  EXPECT_GT(compared, 500U);
}

TEST(Past, FindsTheLastDecisionOnAConversation) {
  World world(3, world_lines);
  std::map<ConversationId, const Explanation*> last;
  for (const Explanation& decision : world.decisions) last[decision.conversation] = &decision;
  ASSERT_GT(last.size(), 5U);
  for (const auto& [conversation, then] : last) {
    const Found found = world.ask(AskExplain{.conversation = conversation});
    const auto* explained = std::get_if<ExplainFound>(&found);
    ASSERT_NE(nullptr, explained);
    EXPECT_TRUE(same(*then, explained->explanation));
  }
}

Refusing refused(Found&& found) {
  auto* refusing = std::get_if<Refusing>(&found);
  EXPECT_NE(nullptr, refusing) << "found something";
  return refusing == nullptr ? Refusing{} : std::move(*refusing);
}

TEST(Past, IsRefusedOnceItsBeginningIsNotKept) {
  World world(5, 4 * world_lines);
  const auto of = [](const Event& event) {
    return AskExplain{{}, event.sequence, 0, event.record};
  };
  std::vector<Event> told;
  for (const Event& event : world.events) {
    if (event.cause == Cause::given) told.push_back(event);
  }
  ASSERT_GT(told.size(), 20U);
  const auto ask = [&](const Event& event) {
    AskExplain explain = of(event);
    explain.conversation = event.conversation;
    return world.ask(explain);
  };
  EXPECT_TRUE(std::holds_alternative<ExplainFound>(ask(told[10])));
  world.journal.trim(told[10].record - 1);
  const Refusing refusing = refused(ask(told[2]));
  EXPECT_EQ(Refusal::below_ring, refusing.reason);
  EXPECT_NE(std::string::npos, refusing.text.find("is no longer kept")) << refusing.text;
  // From where it stands it can still go on.
  EXPECT_TRUE(std::holds_alternative<ExplainFound>(ask(told[15])));
}

TEST(Past, BeginsWithTheOldestStateWhenWhatWasBeforeIsGone) {
  World world(3, world_lines, 100);
  const std::uint64_t begin = world.journal.snapshots().at(1).sequence;
  world.journal.trim(begin);
  std::size_t explained = 0;
  std::map<ConversationId, const Explanation*> last;
  for (const Explanation& decision : world.decisions) last[decision.conversation] = &decision;
  for (const auto& [conversation, decision] : last) {
    const Found found = world.ask(AskExplain{.conversation = conversation});
    if (const auto* told = std::get_if<ExplainFound>(&found)) {
      EXPECT_TRUE(same(*decision, told->explanation));
      EXPECT_GT(decision->record, begin);
      ++explained;
    } else {
      EXPECT_LE(decision->record, begin);
    }
  }
  EXPECT_GT(explained, 5U);
  EXPECT_LT(explained, last.size());
}

TEST(Past, OfOneWhoWaitsIsTheSameAsThen) {
  World world(8, world_lines, 50);
  Router router;
  std::size_t compared = 0;
  std::vector<std::tuple<ConversationId, std::uint64_t, Explanation>> then;
  const Status status = world.journal.read(1, [&](const Record& record) {
    Events events;
    router.apply(record, events);
    if (events.empty()) return true;
    for (const ConversationView& view : router.conversations()) {
      if (view.state != ConversationState::waiting || then.size() >= 300) continue;
      then.emplace_back(view.conversation, events.front().sequence,
                        *router.explain(view.conversation));
    }
    return true;
  });
  EXPECT_TRUE(status.ok());
  for (auto& [conversation, sequence, why] : then) {
    const Found found = world.ask(AskWhy{conversation, sequence});
    const auto* told = std::get_if<WhyFound>(&found);
    ASSERT_NE(nullptr, told);
    EXPECT_EQ(head(why), head(told->explanation));
    ASSERT_EQ(why.candidates.size(), told->explanation.candidates.size());
    for (const CandidateView& one : told->explanation.candidates) {
      EXPECT_TRUE(std::ranges::any_of(why.candidates, [&](const CandidateView& other) {
        return fields(one) == fields(other);
      }));
    }
    ++compared;
  }
  EXPECT_GT(compared, 50U);
}

// --- through the whole path ---

client::Failure failure(Asker& asker, const auto& question) {
  return asker.ask<client::Failure>(question);
}

auto explain_at(std::string_view id, std::uint64_t sequence) {
  return [=](client::Encoder& encoder) {
    return encoder.ask_explain("main", 9, id.empty() ? client::Id{} : id_of(id), sequence, 0);
  };
}

TEST(AskingThePast, TellsWhoGotItAndWhoLostOnWhat) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), roster("bob"), sign_in("ann"), sign_in("bob"), ask("c1")});
  const auto assigned = desk.events.back();
  ASSERT_EQ(client::EventKind::assigned, assigned.kind);
  desk.send(6, {ask("c2"), ask("c3"), ask("c4"), ask("c5")});
  Asker asker(shell);
  const auto told = asker.ask<Explained>(explain_at("c1", 0));
  EXPECT_EQ(id_of("c1"), told.conversation);
  EXPECT_EQ(assigned.agent, told.winner);
  EXPECT_EQ(assigned.sequence, told.sequence);
  EXPECT_EQ(assigned.record, told.record);
  EXPECT_EQ(assigned.wall_ms, told.wall_ms);
  EXPECT_EQ(1U, told.configured_at);
  ASSERT_EQ(2U, told.candidates.size());
  EXPECT_EQ(id_of("bob"), told.candidates[1].agent);
  EXPECT_EQ(wire::TupleField::idle, told.candidates[1].lost_on);
  // By the event alone, and by another one of the same record.
  EXPECT_EQ(told.winner, asker.ask<Explained>(explain_at("", assigned.sequence)).winner);
  EXPECT_EQ(told.sequence, asker.ask<Explained>(explain_at("", assigned.sequence - 1)).sequence);
}

TEST(AskingThePast, SaysWhoDidItWhenMatchingDidNot) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  client::Open offered = ask("c1");
  offered.category = test_name::account.value;
  desk.send(1, {roster("ann"), sign_in("ann"), offered, roster("bob"), sign_in("bob")});
  desk.send(6, {client::Pick{.conversation = id_of("c1"), .agent = id_of("bob")}});
  ASSERT_TRUE(desk.refused.empty());
  const auto picked = desk.events.back();
  ASSERT_EQ(client::Cause::picked, picked.cause);
  Asker asker(shell);
  const auto of_pick = failure(asker, explain_at("", picked.sequence));
  EXPECT_EQ(client::Refusal::wrong_state, of_pick.refusal);
  EXPECT_EQ("matching did not decide event " + std::to_string(picked.sequence) + ": bob picked it",
            of_pick.text);
  EXPECT_EQ(id_of("ann"), asker.ask<Explained>(explain_at("c1", 0)).winner);
  const auto nothing = failure(asker, explain_at("c1", 1));
  EXPECT_EQ(client::Refusal::wrong_state, nothing.refusal);
  EXPECT_EQ("matching decided nothing about c1 in record 1, that of event 1", nothing.text);
  EXPECT_EQ(client::Refusal::unknown_conversation, failure(asker, explain_at("c9", 0)).refusal);
  EXPECT_EQ(client::Refusal::out_of_range, failure(asker, explain_at("", 999)).refusal);
}

TEST(AskingThePast, WaitsForTheJournalAsEverythingDoes) {
  SlowJournal journal;
  Shell shell({.settings = Shell::small_settings(), .journal = &journal});
  journal.sync();
  shell.settle();
  Visitor desk(shell, 1);
  desk.put_hello({});
  shell.settle();
  journal.sync();
  shell.settle();
  desk.read();
  ASSERT_TRUE(desk.welcome.has_value());
  desk.session = desk.welcome->welcome.session;
  desk.put(1, {roster("ann"), sign_in("ann"), ask("c1")});
  shell.settle();
  client::Encoder encoder;
  shell.query(1, encoder.ask_explain("main", 9, id_of("c1"), 0, 0));
  shell.settle();
  EXPECT_TRUE(shell.transport.answers[1].empty());
  journal.sync();
  shell.settle();
  EXPECT_EQ(1U, shell.transport.answers[1].size());
}

TEST(AskingThePast, IsRefusedWhenTooManyDo) {
  Shell shell;
  client::Encoder encoder;
  for (std::size_t i = 0; i < past_asks_max + 3; ++i) {
    shell.query(1, encoder.ask_explain("main", i, id_of("c1"), 0, 0));
  }
  shell.core().step();
  shell.front().step();
  client::Decoder decoder;
  std::size_t busy = 0;
  auto& answers = shell.transport.answers[1];
  for (; !answers.empty(); answers.pop_front()) {
    const auto answer = decoder.query_answer(answers.front());
    const auto* refused = std::get_if<client::Failure>(&answer.found);
    ASSERT_NE(nullptr, refused);
    busy += refused->refusal == client::Refusal::busy ? 1 : 0;
  }
  EXPECT_EQ(3U, busy);
  shell.settle();
  EXPECT_EQ(past_asks_max, answers.size());
}

// --- what is kept ---

TEST(MemoryJournal, KeepsTheNewestGroupsWithinItsBytes) {
  constexpr std::size_t records = 1000;
  MemoryJournal journal(100 * sizeof(Record));
  for (std::uint64_t sequence = 1; sequence <= records; ++sequence) {
    const Record record{.stamp = {sequence, 0, 0}, .session = {}, .command = command::Tick{}};
    journal.append({&record, 1});
  }
  EXPECT_GT(journal.oldest(), records - 100);
  EXPECT_LT(journal.oldest(), records - 50);
  std::vector<Group> shared;
  journal.share(1, 10, shared);
  EXPECT_TRUE(shared.empty());
  journal.share(journal.oldest() + 3, 10, shared);
  ASSERT_EQ(10U, shared.size());
  EXPECT_EQ(journal.oldest() + 3, shared.front()->front().stamp.sequence);
  shared.clear();
  journal.share(records + 1, 10, shared);
  EXPECT_TRUE(shared.empty());
}

}  // namespace
}  // namespace usher
