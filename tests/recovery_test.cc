// A pool that goes on after its process ended: the same journal under another pipeline.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/shell_fixture.h"
#include "tests/small_disk.h"

namespace usher {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// What a subscriber heard, by sequence; two processes may publish one event only if it is the same.
std::vector<client::Event> published(Shell& shell) {
  std::vector<client::Event> events;
  client::Decoder decoder;
  for (const Frame& bytes : shell.transport.published) {
    client::PublishedFrame frame;
    EXPECT_TRUE(client::Decoder::published_header(bytes, "main", frame));
    if (frame.count == 0) continue;
    std::vector<client::Event> some;
    EXPECT_TRUE(decoder.published_events(bytes, frame, some));
    events.insert(events.end(), some.begin(), some.end());
  }
  return events;
}

struct Recovery : testing::Test {
  MemoryJournal journal{memory_journal_bytes};
  std::unique_ptr<Shell> shell = start();

  std::unique_ptr<Shell> start(std::int64_t wall_ms = 0, std::uint64_t events_wanted = 0) {
    return std::make_unique<Shell>(Shell::Given{.settings = Shell::small_settings(),
                                                .journal = &journal,
                                                .wall_ms = wall_ms,
                                                .incarnation = 4711,
                                                .events_wanted = events_wanted});
  }
  void restart(std::int64_t downtime_ms, std::uint64_t events_wanted = 0) {
    const auto gone_ms = shell->clock.wall_ms() - FakeClock{}.wall_ms();
    shell = start(gone_ms + downtime_ms, events_wanted);
  }
  // Whoever carries out every record up to that one, from the first on.
  Router carried_out(std::uint64_t upto) {
    Router router;
    Events events;
    EXPECT_TRUE(journal
                    .read(1,
                          [&](const Record& record) {
                            router.apply(record, events);
                            return record.stamp.sequence < upto;
                          })
                    .ok());
    return router;
  }
  std::optional<ConversationView> conversation(std::string_view text) {
    ConversationId id;
    std::memcpy(id.bytes.data(), id_of(text).bytes.data(), id.bytes.size());
    return shell->core().router().conversation(id);
  }
};

TEST_F(Recovery, ANewPoolHasNothingToRecover) { EXPECT_EQ(0u, shell->recovered.records); }

TEST_F(Recovery, TheStateIsThatOfTheRecordsAndGoesOnWithTheNextNumber) {
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1"), ask("c2")});
  const std::uint64_t digest = shell->core().router().digest();
  const PoolView before = shell->core().router().view();

  std::vector<Record> records;
  ASSERT_TRUE(journal
                  .read(1,
                        [&](const Record& record) {
                          records.push_back(record);
                          return true;
                        })
                  .ok());
  Router again;
  Events events;
  for (const Record& record : records) again.apply(record, events);
  EXPECT_EQ(digest, again.digest());

  restart(1000);
  EXPECT_EQ(records.size(), shell->recovered.records);
  EXPECT_EQ(1000, shell->recovered.downtime_ms);
  EXPECT_TRUE(conversation("c1").has_value());
  const auto heard = published(*shell);
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(client::EventKind::pool_started, heard.front().kind);
  EXPECT_EQ(before.sequence + 1, heard.front().sequence);
}

TEST_F(Recovery, ASessionGoesOnAndNothingIsAppliedTwice) {
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  const auto answered = desk.answered.at(3);

  restart(2000);
  Visitor again(*shell, 7);
  again.enter_as(desk);
  ASSERT_TRUE(again.welcome.has_value());
  EXPECT_EQ(3u, again.welcome->welcome.last_applied);
  const std::uint64_t records = shell->core().router().view().record;
  again.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  EXPECT_EQ(records, shell->core().router().view().record);
  EXPECT_EQ(3u, again.up_to);
  EXPECT_EQ(answered.epoch, again.answered.at(3).epoch);
  again.send(4, {ask("c2")});
  EXPECT_EQ(4u, again.up_to);
}

TEST_F(Recovery, WhatWasPublishedBeforeCanBeAskedForAgain) {
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  const auto before = published(*shell);

  restart(0);
  Visitor again(*shell, 7);
  again.enter_as(desk, before.front().sequence);
  std::vector<client::Event> old;
  for (const auto& event : again.events) {
    if (event.sequence <= before.back().sequence) old.push_back(event);
  }
  ASSERT_EQ(desk.events.size(), old.size());
  for (std::size_t i = 0; i < old.size(); ++i) {
    EXPECT_EQ(desk.events[i].sequence, old[i].sequence);
    EXPECT_EQ(desk.events[i].kind, old[i].kind);
    EXPECT_EQ(desk.events[i].epoch, old[i].epoch);
    EXPECT_EQ(desk.events[i].conversation, old[i].conversation);
  }
}

TEST_F(Recovery, AnHourDownLosesNoAgentAndLapsesNoOfferBeforeTheGrace) {
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  ASSERT_EQ(ConversationState::assigned, conversation("c1")->state);
  const std::int64_t waited = shell->core().router().view().pool_ms;

  restart(limits::hour_ms);
  EXPECT_EQ(limits::hour_ms, shell->recovered.downtime_ms);
  EXPECT_GE(shell->core().router().view().pool_ms, waited + limits::hour_ms);
  shell->pass_ms(20'000, 100);
  EXPECT_EQ(ConversationState::assigned, conversation("c1")->state);
  Visitor again(*shell, 7);
  again.enter_as(desk);
  for (int i = 0; i < 20; ++i) {
    shell->pass_ms(10'000, 1000);
    again.heartbeat();
  }
  AgentId ann;
  std::memcpy(ann.bytes.data(), id_of("ann").bytes.data(), ann.bytes.size());
  EXPECT_FALSE(shell->core().router().agent(ann)->lost);
  EXPECT_EQ(ConversationState::assigned, conversation("c1")->state);
}

TEST_F(Recovery, AnAgentWhoseDeskDoesNotComeBackIsLost) {
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  restart(1000);
  shell->pass_ms(10 * limits::minute_ms, 1000);
  AgentId ann;
  std::memcpy(ann.bytes.data(), id_of("ann").bytes.data(), ann.bytes.size());
  EXPECT_NE(Presence::available, shell->core().router().agent(ann)->presence);
  EXPECT_EQ(ConversationState::waiting, conversation("c1")->state);
}

TEST_F(Recovery, TheTermGrowsAndTheIncarnationStays) {
  const Identity first = shell->core().identity();
  restart(0);
  EXPECT_EQ(first.incarnation, shell->core().identity().incarnation);
  EXPECT_GT(shell->core().identity().term, first.term);
}

// --- from a state that was kept ---

TEST_F(Recovery, AfterASealNothingIsCarriedOutAgain) {
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1"), ask("c2")});
  const std::uint64_t digest = shell->core().router().digest();
  const PoolView before = shell->core().router().view();
  shell->seal();
  ASSERT_EQ(1u, journal.snapshots().size());

  restart(1000);
  EXPECT_TRUE(shell->recovered.pool);
  EXPECT_EQ(0u, shell->recovered.records);
  EXPECT_EQ(before.record, shell->recovered.snapshot);
  EXPECT_EQ(before.record, shell->recovered.last_record);
  EXPECT_EQ(before.sequence, shell->recovered.last_event);
  EXPECT_EQ(1000, shell->recovered.downtime_ms);
  EXPECT_EQ(before.sequence + 1, published(*shell).front().sequence);

  EXPECT_EQ(digest, carried_out(before.record).digest());
  EXPECT_EQ(shell->core().router().digest(),
            carried_out(shell->core().router().view().record).digest());

  Visitor later(*shell, 7);
  later.enter_as(desk);
  EXPECT_EQ(4u, later.welcome->welcome.last_applied);
  later.send(4, {ask("c2"), ask("c3")});
  EXPECT_EQ(5u, later.up_to);
  EXPECT_TRUE(conversation("c3").has_value());
}

TEST_F(Recovery, AfterACrashOnlyWhatCameBehindTheStateIs) {
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  shell->seal();
  const std::uint64_t kept = shell->core().router().view().record;
  desk.send(4, {ask("c2"), ask("c3")});
  const std::uint64_t digest = shell->core().router().digest();
  const PoolView before = shell->core().router().view();

  restart(0);
  EXPECT_EQ(kept, shell->recovered.snapshot);
  EXPECT_EQ(before.record - kept, shell->recovered.records);
  EXPECT_EQ(before.sequence, shell->recovered.last_event);
  EXPECT_EQ(digest, carried_out(before.record).digest());
  // Of what was before the state nothing can be sent again; what came behind it can.
  Visitor later(*shell, 7);
  later.enter_as(desk, before.sequence - 1);
  EXPECT_FALSE(later.events.empty());
}

// Three states that were kept, one conversation apart; then a start that wants events.
struct RecoveryOfEvents : Recovery {
  struct Kept {
    std::uint64_t record = 0;
    std::uint64_t event = 0;
  };

  RecoveryOfEvents() {
    desk.enter();
    for (const char* id : {"c1", "c2", "c3"}) {
      desk.send(1 + kept.size(), {ask(id)});
      shell->seal();
      const PoolView pool = shell->core().router().view();
      kept.push_back({pool.record, pool.sequence});
    }
  }
  // How many records were carried out for their events.
  std::uint64_t begin(std::uint64_t events_wanted) {
    restart(0, events_wanted);
    EXPECT_EQ(kept.back().record, shell->recovered.snapshot);
    EXPECT_EQ(0u, shell->recovered.records);
    EXPECT_EQ(kept.back().event, shell->recovered.last_event);
    return shell->recovered.remembered;
  }
  // The first event that is told to whoever missed all behind that one; 0 = none is.
  std::uint64_t first_told(std::uint64_t after) {
    Visitor later(*shell, 7);
    later.enter_as(desk, after);
    return later.events.empty() ? 0 : later.events.front().sequence;
  }

  Visitor desk{*shell, 1};
  std::vector<Kept> kept;
};

TEST_F(RecoveryOfEvents, NoneAreWanted) { EXPECT_EQ(0u, begin(0)); }
TEST_F(RecoveryOfEvents, OneIs) { EXPECT_EQ(kept[2].record - kept[1].record, begin(1)); }
TEST_F(RecoveryOfEvents, AsManyAsOneStateHasBehindIt) {
  EXPECT_EQ(kept[2].record - kept[0].record, begin(kept[2].event - kept[0].event));
  EXPECT_EQ(kept[0].event + 1, first_told(kept[0].event));
}
TEST_F(RecoveryOfEvents, MoreThanAnyStateHasBehindIt) {
  EXPECT_EQ(kept[2].record, begin(kept[2].event - kept[0].event + 1));
}
TEST_F(RecoveryOfEvents, MoreThanAreKept) {
  journal.trim(kept[0].record);
  EXPECT_EQ(kept[2].record - kept[0].record, begin(1'000'000));
}

TEST_F(Recovery, AnOlderStateThatMakesNoSenseCostsItsEventsAlone) {
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {ask("c1")});
  const PoolView older = shell->core().router().view();
  ASSERT_TRUE(journal.begin_snapshot({.sequence = older.record, .event = older.sequence}).ok());
  ASSERT_TRUE(journal.add_to_snapshot(Bytes(100, std::byte{7})).ok());
  ASSERT_TRUE(journal.keep_snapshot().ok());
  desk.send(2, {ask("c2")});
  const PoolView newest = shell->core().router().view();
  shell->seal();
  restart(0, 1);
  EXPECT_EQ(newest.record, shell->recovered.snapshot);
  EXPECT_EQ(0u, shell->recovered.remembered);
  Visitor later(*shell, 7);
  later.enter_as(desk, older.sequence);
  for (const client::Event& event : later.events) EXPECT_GT(event.sequence, newest.sequence);
}

TEST_F(Recovery, TheStateIsKeptEveryHourWhileThePoolGoesOn) {
  shell = std::make_unique<Shell>(Shell::Given{.settings = Shell::small_settings(),
                                               .journal = &journal,
                                               .incarnation = 4711,
                                               .snapshot_every_ms = limits::hour_ms});
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  shell->pass_ms(limits::hour_ms - 60'000, 1000);
  EXPECT_EQ(0u, journal.snapshots().size());
  shell->pass_ms(120'000, 1000);
  EXPECT_EQ(1u, journal.snapshots().size());
  desk.send(4, {ask("c2")});
  shell->pass_ms(limits::hour_ms, 1000);
  EXPECT_EQ(2u, journal.snapshots().size());
  const std::uint64_t record = shell->core().router().view().record;
  restart(0);
  EXPECT_EQ(journal.snapshots().back().sequence, shell->recovered.snapshot);
  EXPECT_EQ(record, shell->recovered.last_record);
}

TEST_F(Recovery, ASealTakesTheStateThatWasHandedOnAsThePoolStopped) {
  shell = std::make_unique<Shell>(Shell::Given{.settings = Shell::small_settings(),
                                               .journal = &journal,
                                               .incarnation = 4711,
                                               .snapshot_every_ms = limits::hour_ms});
  shell->clock.move_ms(limits::hour_ms);
  shell->front().drain();
  while (shell->core().step()) {
  }
  ASSERT_EQ(0u, journal.snapshots().size()) << "nobody has taken it";
  shell->seal();
  ASSERT_EQ(1u, journal.snapshots().size());
  restart(0);
  EXPECT_EQ(shell->recovered.last_record, shell->recovered.snapshot);
}

// --- a disk with little room ---

// Three states are kept; then less is free than the floor.
struct BelowTheFloor : testing::Test {
  SmallDisk journal;
  Shell shell{{.settings = Shell::small_settings(),
               .journal = &journal,
               .disk_floor_bytes = 10'000'000,
               .snapshot_every_ms = limits::hour_ms}};
  Visitor desk{shell, 1};
  std::uint64_t newest = 0;

  BelowTheFloor() {
    desk.enter();
    for (const char* id : {"c1", "c2", "c3"}) {
      desk.send(++desk.said, {ask(id)});
      shell.seal();
    }
    newest = journal.snapshots().back().sequence;
  }
  void expect_only_the_newest() {
    ASSERT_EQ(1u, journal.snapshots().size());
    EXPECT_EQ(newest, journal.snapshots()[0].sequence);
    EXPECT_TRUE(journal.oldest() == 0 || journal.oldest() > newest);
  }
};

TEST_F(BelowTheFloor, WhatTheNewestStateMakesSuperfluousGoesWhenNoOtherFits) {
  desk.send(++desk.said, {ask("c4")});
  journal.free = 1'000'000;
  shell.pass_ms(1000);
  expect_only_the_newest();
  shell.pass_ms(2 * limits::minute_ms, 1000);
  expect_only_the_newest();
}

TEST_F(BelowTheFloor, AndWhenOneWasKeptJustNow) {
  journal.free = 9'000'000;
  shell.pass_ms(1000);
  expect_only_the_newest();
}

TEST_F(BelowTheFloor, AnotherStateIsKeptWithinAMinuteAndTheOldGoes) {
  desk.send(++desk.said, {ask("c4")});
  journal.free = 9'000'000;
  newest = shell.core().router().view().record;
  shell.pass_ms(limits::minute_ms + 1000, 1000);
  expect_only_the_newest();
}

TEST_F(Recovery, AFloorThatNoStateFitsBelowIsWarnedOf) {
  const Shell::Given given{.settings = Shell::small_settings(),
                           .journal = &journal,
                           .disk_floor_bytes = std::uint64_t{1} << 20};
  shell = std::make_unique<Shell>(given);
  const std::string wanted = "server.disk_floor should be 2 MiB or more";
  const std::string found = "found 1 MiB";
  ::testing::internal::CaptureStderr();
  shell->seal();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), AllOf(HasSubstr(wanted), HasSubstr(found)));
  ::testing::internal::CaptureStderr();
  shell = std::make_unique<Shell>(given);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), AllOf(HasSubstr(wanted), HasSubstr(found)));
}

TEST_F(Recovery, AStateThatMakesNoSenseYieldsToTheOneBefore) {
  Visitor desk(*shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  shell->seal();
  const std::uint64_t kept = shell->core().router().view().record;
  desk.send(4, {ask("c2")});
  const std::uint64_t last = shell->core().router().view().record;
  ASSERT_TRUE(journal.begin_snapshot({.sequence = last, .event = 1}).ok());
  ASSERT_TRUE(journal.add_to_snapshot(Bytes(100, std::byte{7})).ok());
  ASSERT_TRUE(journal.keep_snapshot().ok());
  restart(0);
  EXPECT_EQ(kept, shell->recovered.snapshot);
  EXPECT_EQ(last, shell->recovered.last_record);
}

}  // namespace
}  // namespace usher
