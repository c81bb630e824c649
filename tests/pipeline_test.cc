// The path from a frame to what it caused, with everything real but sockets, time and disk.

#include <algorithm>
#include <utility>

#include "tests/shell_fixture.h"

namespace usher {
namespace {

using client::EventKind;

std::vector<EventKind> kinds(const std::vector<client::Event>& events) {
  std::vector<EventKind> result;
  for (const auto& event : events) result.push_back(event.kind);
  return result;
}

// Every event published so far, contiguous or else the test fails.
std::vector<client::Event> published(Shell& shell) {
  std::vector<client::Event> events;
  client::Decoder decoder;
  std::uint64_t next = 1;
  for (const Frame& bytes : shell.transport.published) {
    client::PublishedFrame frame;
    EXPECT_TRUE(client::Decoder::published_header(bytes, "main", frame));
    EXPECT_EQ(next, frame.first_sequence);
    next += frame.count;
    if (frame.count == 0) continue;
    std::vector<client::Event> some;
    EXPECT_TRUE(decoder.published_events(bytes, frame, some));
    events.insert(events.end(), some.begin(), some.end());
  }
  return events;
}

// The chain of `previous` holds, seen from the only origin there is.
void expect_unbroken(const std::vector<client::Event>& events, std::uint64_t after) {
  for (const auto& event : events) {
    const std::uint64_t previous = event.origin != 0 ? event.previous : event.agent_previous;
    EXPECT_EQ(after, previous) << "before " << event.sequence;
    after = event.sequence;
  }
}

TEST(Pipeline, AConversationIsGivenPublishedAndToldToItsFrontEnd) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});

  EXPECT_EQ(3u, desk.up_to);
  EXPECT_TRUE(desk.refused.empty());
  EXPECT_EQ(client::ConversationState::assigned, desk.answered.at(3).state);
  const auto all = published(shell);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(EventKind::pool_configured, all.front().kind);
  EXPECT_EQ(EventKind::assigned, all.back().kind);
  ASSERT_FALSE(desk.events.empty());
  EXPECT_EQ(EventKind::assigned, desk.events.back().kind);
  EXPECT_EQ(id_of("ann"), desk.events.back().agent);
  expect_unbroken(desk.events, desk.welcome->welcome.directed_last);
}

TEST(Pipeline, TheWelcomeSaysWhoWeAreAndWhatThingsAreCalled) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();

  EXPECT_EQ(4711u, desk.welcome->welcome.incarnation);
  EXPECT_EQ(0u, desk.welcome->welcome.last_applied);
  EXPECT_EQ(4096u, desk.welcome->welcome.window);
  EXPECT_EQ(30'000u, desk.welcome->welcome.lease_ms);
  EXPECT_TRUE(std::ranges::any_of(desk.welcome->names, [&](const client::NameEntry& name) {
    return name.text == "desk" && name.number == desk.welcome->welcome.origin;
  }));
}

TEST(Sessions, ADuplicateIsAnsweredFromTheTableAndAppliedOnce) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1"), client::Abandon{id_of("nobody")}});
  const auto answered = desk.answered;
  const auto refused = desk.refused;
  const auto record = shell.core().router().view().record;
  EXPECT_EQ(client::Refusal::unknown_conversation, refused.at(4));

  desk.answered.clear();
  desk.refused.clear();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1"), client::Abandon{id_of("nobody")}});

  EXPECT_EQ(4u, desk.up_to);
  EXPECT_EQ(refused, desk.refused);
  EXPECT_EQ(answered.at(3).epoch, desk.answered.at(3).epoch);
  EXPECT_EQ(record, shell.core().router().view().record);
}

TEST(Sessions, ABatchThatIsHalfKnownIsAppliedFromWhereItIsNew) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann")});
  desk.send(2, {sign_in("ann"), ask("c1")});

  EXPECT_EQ(3u, desk.up_to);
  EXPECT_EQ(1u, shell.core().router().view().conversations);
}

TEST(Sessions, AGapIsRefusedOnceWithTheNumberWanted) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann")});
  desk.put(3, {sign_in("ann")});
  desk.put(4, {ask("c1")});
  shell.settle();
  desk.read();

  ASSERT_EQ(1u, desk.frames_refused.size());
  EXPECT_EQ(client::Refusal::gap, desk.frames_refused[0].reason);
  EXPECT_EQ(2u, desk.frames_refused[0].wanted);
  EXPECT_EQ(1u, desk.up_to);

  desk.send(2, {sign_in("ann"), ask("c1")});
  EXPECT_EQ(3u, desk.up_to);
}

TEST(Sessions, NothingButHelloCountsBeforeHello) {
  Shell shell;
  Visitor stranger(shell, 1);
  stranger.session = id_of("made-up");
  stranger.send(1, {ask("c1")});

  ASSERT_EQ(1u, stranger.frames_refused.size());
  EXPECT_EQ(client::Refusal::unknown_session, stranger.frames_refused[0].reason);
  EXPECT_EQ(0u, shell.core().router().view().conversations);
}

TEST(Sessions, AnotherOriginCannotTakeOneOver) {
  Shell shell;
  Visitor desk(shell, 1, "desk");
  Visitor thief(shell, 2, "thief");
  desk.enter();
  thief.enter_as(desk);

  ASSERT_EQ(1u, thief.frames_refused.size());
  EXPECT_EQ(client::Refusal::session_of_another, thief.frames_refused[0].reason);
  EXPECT_FALSE(thief.welcome.has_value());
  desk.send(1, {roster("ann")});
  EXPECT_EQ(1u, desk.up_to);
}

TEST(Sessions, TheSameOriginTakesOneOverAndTheOlderConnectionGetsNothingMore) {
  Shell shell;
  Visitor before(shell, 1);
  Visitor after(shell, 2);
  before.enter();
  before.send(1, {roster("ann"), sign_in("ann")});
  const auto seen = before.events.back().sequence;
  after.enter_as(before, seen);
  ASSERT_TRUE(after.welcome.has_value());
  EXPECT_EQ(2u, after.welcome->welcome.last_applied);
  before.order.clear();

  after.send(3, {ask("c1")});
  before.read();
  EXPECT_TRUE(before.order.empty());
  EXPECT_EQ(3u, after.up_to);
  expect_unbroken(after.events, seen);

  before.send(4, {ask("c2")});
  ASSERT_EQ(1u, before.frames_refused.size());
  EXPECT_EQ(client::Refusal::unknown_session, before.frames_refused[0].reason);
}

TEST(Sessions, WhoTakesOneOverHearsWhatTheOlderConnectionMissed) {
  Shell shell;
  Visitor before(shell, 1);
  Visitor after(shell, 2);
  before.enter();
  before.send(1, {roster("ann"), sign_in("ann")});
  const auto seen = before.events.back().sequence;
  shell.transport.capacity[1] = 0;
  before.send(3, {ask("c1")});
  after.enter_as(before, seen);
  ASSERT_FALSE(after.events.empty());
  EXPECT_EQ(EventKind::assigned, after.events.back().kind);
  expect_unbroken(after.events, seen);
}

TEST(Sessions, ATakeoverAmongCommandsOfOneTurnIsAnsweredToTheNewConnection) {
  Shell shell;
  Visitor before(shell, 1);
  Visitor after(shell, 2);
  before.enter();
  before.put(1, {roster("ann"), client::Abandon{id_of("nobody")}});
  after.put_hello({.session = before.session, .incarnation = 4711});
  shell.settle();
  after.read();
  after.session = before.session;
  EXPECT_EQ(2u, after.welcome->welcome.last_applied);
  // The answer went to whom had asked; the new connection asks again and is answered itself.
  after.send(2, {client::Abandon{id_of("nobody")}});
  EXPECT_EQ(client::Refusal::unknown_conversation, after.refused.at(2));
  EXPECT_EQ(2u, after.up_to);
}

TEST(Sessions, OneOfAnotherIncarnationOrOfNobodyIsUnknown) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  Visitor again(shell, 2);
  again.hello({.session = desk.session, .incarnation = 1});
  ASSERT_EQ(1u, again.frames_refused.size());
  EXPECT_EQ(client::Refusal::unknown_session, again.frames_refused[0].reason);
  again.hello({.session = id_of("made-up"), .incarnation = 4711});
  ASSERT_EQ(2u, again.frames_refused.size());
  EXPECT_EQ(client::Refusal::unknown_session, again.frames_refused[1].reason);
}

TEST(Sessions, ByeEndsOne) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.bye();
  EXPECT_EQ(0u, shell.core().router().view().sessions);
  desk.send(1, {roster("ann")});
  ASSERT_EQ(1u, desk.frames_refused.size());
  EXPECT_EQ(client::Refusal::unknown_session, desk.frames_refused[0].reason);
}

TEST(Sessions, OneNotUsedForADayEnds) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  shell.pass_ms(24 * limits::hour_ms, limits::minute_ms);
  EXPECT_EQ(1u, shell.core().router().view().sessions);
  shell.pass_ms(2 * limits::minute_ms, limits::minute_ms);
  EXPECT_EQ(0u, shell.core().router().view().sessions);
}

TEST(Sessions, AClientThatReconnectsInALoopUsesUpNothing) {
  Shell shell;
  Visitor other(shell, 1, "other");
  other.enter();
  for (Peer peer = 2; peer < 20'000; ++peer) {
    Visitor looping(shell, peer, "loop");
    looping.put_hello({});
    shell.core().step();
    shell.front().step();
    shell.transport.replies[peer].clear();
  }
  EXPECT_LE(shell.core().router().view().sessions, sessions_of_origin_max + 1);
  EXPECT_LE(shell.front().peers(), peers_max);
  other.heartbeat();
  other.hello({.session = other.session, .incarnation = 4711});
  other.send(1, {roster("ann")});
  EXPECT_EQ(1u, other.up_to);
}

TEST(Windows, WhatIsBeyondIsDroppedAndCountedAndSentAgainLater) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  std::vector<client::Command> half(window_max / 2, client::Abandon{id_of("nobody")});
  for (std::uint64_t i = 0; i < 3; ++i) desk.put(1 + i * half.size(), half);
  shell.settle();
  desk.read();

  EXPECT_EQ(window_max, desk.up_to);
  EXPECT_EQ(1u, shell.front().counts().dropped);
  EXPECT_EQ(window_max, desk.refused.size());
  desk.send(1 + window_max, half);
  EXPECT_EQ(window_max * 3 / 2, desk.up_to);
}

TEST(Windows, WhoHearsOfAPartMaySendAsMuchAgain) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  const std::vector<client::Command> all(window_max, client::Abandon{id_of("nobody")});
  desk.put(1, all);
  shell.core().step();
  shell.front().step();
  desk.read();
  ASSERT_GT(desk.up_to, 0u);
  ASSERT_LT(desk.up_to, window_max);
  desk.send(1 + window_max, {all.begin(), all.begin() + static_cast<long>(desk.up_to)});
  EXPECT_EQ(0u, shell.front().counts().dropped);
}

TEST(Windows, TheOnesGrantedFillAtMostTheInbox) {
  auto settings = Shell::small_settings();
  settings.inbox_commands = 8192;
  Shell shell({.settings = settings});
  std::vector<std::unique_ptr<Visitor>> visitors;
  for (Peer peer = 1; peer <= 16; ++peer) {
    visitors.push_back(std::make_unique<Visitor>(shell, peer, "desk" + std::to_string(peer)));
    visitors.back()->enter();
  }
  shell.settle();
  std::uint64_t granted = 0;
  for (auto& visitor : visitors) {
    visitor->read();
    granted += visitor->window;
    EXPECT_GT(visitor->window, 0u);
  }
  EXPECT_LE(granted, 8192u);
}

TEST(BadFrames, AreRefusedWithAReasonAndThenOnlyCounted) {
  Shell shell;
  Visitor sender(shell, 1);
  const Frame nonsense(100, 0x5A);
  for (int i = 0; i < 1000; ++i) shell.command(1, nonsense);
  shell.settle();
  sender.read();
  ASSERT_EQ(static_cast<std::size_t>(refusals_burst), sender.frames_refused.size());
  EXPECT_EQ(client::Refusal::malformed, sender.frames_refused[0].reason);
  EXPECT_EQ(1000u, shell.front().counts().refused + shell.front().counts().dropped);

  shell.pass_ms(1000);
  shell.command(1, nonsense);
  shell.settle();
  sender.read();
  EXPECT_EQ(static_cast<std::size_t>(refusals_burst) + 1, sender.frames_refused.size());
}

TEST(BadFrames, AnotherPoolIsUnknown) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.hello({.pool = "other"});
  ASSERT_EQ(1u, desk.frames_refused.size());
  EXPECT_EQ(client::Refusal::unknown_pool, desk.frames_refused[0].reason);
}

TEST(SlowFrontEnd, CostsNothingAndCatchesUpWithoutAGap) {
  auto settings = Shell::small_settings();
  settings.event_ring = 100'000;
  Shell shell({.settings = settings});
  Visitor slow(shell, 1, "slow");
  Visitor quick(shell, 2, "quick");
  slow.enter();
  quick.enter();
  quick.send(1, {roster("ann")});
  slow.send(1, {sign_in("ann")});
  const std::uint64_t seen = slow.events.back().sequence;
  slow.events.clear();
  shell.transport.capacity[1] = 0;

  // What happens to the agent concerns the slow desk, whoever causes it.
  for (std::uint64_t number = 2; number < 2000; ++number) {
    quick.put(number,
              {client::SetPresence{.agent = id_of("ann"),
                                   .presence = number % 2 == 0 ? client::Presence::away
                                                               : client::Presence::available}});
    if (number % 100 == 0) shell.settle();
  }
  shell.settle();
  quick.read();
  EXPECT_EQ(1999u, quick.up_to);
  EXPECT_TRUE(shell.front().has_debts());
  slow.read();
  EXPECT_TRUE(slow.events.empty());

  shell.transport.capacity.erase(1);
  shell.settle();
  slow.read();
  EXPECT_EQ(1998u, slow.events.size());
  expect_unbroken(slow.events, seen);
  EXPECT_FALSE(shell.front().has_debts());
}

TEST(SlowFrontEnd, WhoAsksAgainAndAgainWithoutReadingGetsEachOutcomeOnce) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  shell.transport.capacity[1] = 0;
  const std::vector<client::Command> commands(1000, client::Abandon{id_of("nobody")});
  for (int i = 0; i < 100; ++i) {
    desk.put(1, commands);
    shell.settle();
  }
  shell.transport.capacity.erase(1);
  shell.settle();
  EXPECT_EQ(1u, shell.transport.replies[1].size());
  desk.read();
  EXPECT_EQ(1000u, desk.up_to);
  EXPECT_EQ(1000u, desk.refused.size());
}

TEST(SlowFrontEnd, IsToldWhenTheRingHasGoneOn) {
  Shell shell;  // its ring is small
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann")});
  const auto seen = desk.events.back().sequence;
  desk.events.clear();
  shell.transport.capacity[1] = 0;
  Visitor other(shell, 2, "other");
  other.enter();
  for (std::uint64_t number = 1; number <= 4000; ++number) {
    other.put(number,
              {client::SetPresence{.agent = id_of("ann"),
                                   .presence = number % 2 == 1 ? client::Presence::away
                                                               : client::Presence::available}});
    if (number % 100 == 0) shell.settle();
  }
  shell.transport.capacity.erase(1);
  shell.settle();
  desk.read();
  ASSERT_EQ(1u, desk.lost.size());
  EXPECT_EQ(seen, desk.lost[0].after);
  ASSERT_FALSE(desk.events.empty());
  EXPECT_GE(desk.events.size(), 1024u);
  expect_unbroken(desk.events, desk.events.front().agent_previous);
}

TEST(Directed, AreSentAgainWhenAskedFor) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  const auto events = desk.events;
  desk.events.clear();
  desk.replay_directed(events.front().sequence);
  ASSERT_EQ(events.size() - 1, desk.events.size());
  EXPECT_EQ(events[1], desk.events[0]);
}

TEST(Durability, NothingLeavesBeforeTheJournalHasIt) {
  SlowJournal journal;
  Shell shell({.settings = Shell::small_settings(), .journal = &journal});
  EXPECT_TRUE(published(shell).empty());
  journal.sync();
  shell.settle();
  EXPECT_EQ(1u, published(shell).size());

  Visitor desk(shell, 1);
  Asker asker(shell, 9);
  desk.hello({});
  EXPECT_FALSE(desk.welcome.has_value());
  journal.sync();
  shell.settle();
  desk.read();
  ASSERT_TRUE(desk.welcome.has_value());
  desk.session = desk.welcome->welcome.session;

  const std::size_t before = published(shell).size();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  client::Encoder encoder;
  shell.query(9, encoder.ask_status("main", 1));
  shell.settle();
  EXPECT_EQ(0u, desk.up_to);
  EXPECT_TRUE(desk.events.empty());
  EXPECT_EQ(before, published(shell).size());
  EXPECT_TRUE(shell.transport.answers[9].empty());

  journal.sync();
  shell.settle();
  desk.read();
  EXPECT_EQ(3u, desk.up_to);
  EXPECT_GT(published(shell).size(), before);
  EXPECT_EQ(1u, shell.transport.answers[9].size());
}

TEST(Durability, NothingIsTakenOnceTheJournalFailed) {
  SlowJournal journal;
  Shell shell({.settings = Shell::small_settings(), .journal = &journal});
  journal.sync();
  Visitor desk(shell, 1);
  journal.failed = Status::trouble("the disk is gone");
  desk.hello({});
  journal.sync();
  shell.settle();
  desk.read();
  EXPECT_FALSE(desk.welcome.has_value());
  EXPECT_EQ(1u, journal.all.size());
}

TEST(Durability, RecordsAreContiguousAndNumberedAsTheirCommands) {
  SlowJournal journal;
  Shell shell({.settings = Shell::small_settings(), .journal = &journal});
  Visitor desk(shell, 1);
  journal.sync();
  desk.hello({});
  journal.sync();
  shell.settle();
  desk.read();
  desk.session = desk.welcome->welcome.session;
  desk.send(1, std::vector<client::Command>(3000, client::Abandon{id_of("nobody")}));
  ASSERT_EQ(3002u, journal.all.size());
  EXPECT_TRUE(std::holds_alternative<command::Configure>(journal.all[0].command));
  for (std::size_t i = 0; i < journal.all.size(); ++i) {
    EXPECT_EQ(i + 1, journal.all[i].stamp.sequence);
    if (i >= 2) {
      EXPECT_EQ(i - 1, journal.all[i].number);
    }
  }
  EXPECT_GE(journal.groups, 3000 / group_records_max);
}

TEST(DiskFloor, BelowItWorkEndsAndNoneIsAdded) {
  SlowJournal journal;
  Shell shell(
      {.settings = Shell::small_settings(), .journal = &journal, .disk_floor_bytes = 1'000'000});
  const auto settle = [&] {
    shell.clock.move_ms(200);
    shell.settle();
    journal.sync();
    shell.settle();
  };
  Visitor desk(shell, 1);
  settle();
  desk.hello({});
  settle();
  desk.read();
  desk.session = desk.welcome->welcome.session;
  desk.put(1, {roster("ann"), sign_in("ann"), ask("c1")});
  settle();
  journal.free = 999'999;
  settle();
  desk.put(4, {ask("c2"), roster("bob"), client::Close{.conversation = id_of("c1")},
               client::Reopen{.conversation = id_of("c1")}});
  settle();
  Visitor late(shell, 2, "late");
  late.hello({});
  settle();
  late.read();
  ASSERT_TRUE(late.welcome.has_value()) << "who only comes now cannot end work";
  late.session = late.welcome->welcome.session;
  late.put(1, {ask("c3"), client::SignOff{.agent = id_of("ann")}});
  settle();
  journal.free = 1'000'000;
  settle();
  desk.put(8, {ask("c2")});
  settle();
  desk.read();
  late.read();
  EXPECT_EQ(8u, desk.up_to);
  const std::map<std::uint64_t, client::Refusal> refused = {{4, client::Refusal::disk_full},
                                                            {5, client::Refusal::disk_full},
                                                            {7, client::Refusal::disk_full}};
  EXPECT_EQ(refused, desk.refused);
  EXPECT_EQ(2u, late.up_to);
  const std::map<std::uint64_t, client::Refusal> refused_late = {{1, client::Refusal::disk_full}};
  EXPECT_EQ(refused_late, late.refused);
  // Refused in the journal too, so that a replay refuses without looking at a disk.
  Router again;
  Events events;
  for (const Record& record : journal.all) again.apply(record, events);
  EXPECT_EQ(shell.core().router().digest(), again.digest());
}

TEST(Publishing, AQuietPoolSaysItsNextSequenceEverySecond) {
  Shell shell;
  const std::size_t before = shell.transport.published.size();
  shell.pass_ms(5000);
  const std::size_t frames = shell.transport.published.size() - before;
  EXPECT_GE(frames, 4u);
  EXPECT_LE(frames, 6u);
  client::PublishedFrame last;
  ASSERT_TRUE(client::Decoder::published_header(shell.transport.published.back(), "main", last));
  EXPECT_EQ(0u, last.count);
  EXPECT_EQ(shell.core().router().view().sequence + 1, last.first_sequence);
}

TEST(Time, AnOfferLapsesOnTimeThoughNoCommandComes) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  auto offered = ask("c1");
  offered.category = test_name::account.value;
  desk.send(1, {roster("ann"), sign_in("ann"), offered});
  ASSERT_EQ(EventKind::offered, desk.events.back().kind);
  shell.pass_ms(19'900);
  desk.read();
  EXPECT_EQ(EventKind::offered, desk.events.back().kind);
  shell.pass_ms(200);
  desk.read();
  EXPECT_EQ(1, std::ranges::count(kinds(desk.events), EventKind::offer_ended));
}

TEST(Time, WallClockStepsAndABootClockThatGoesBackEndNothingEarlyAndStopNothing) {
  SlowJournal journal;
  Shell shell({.settings = Shell::small_settings(), .journal = &journal});
  const auto pass = [&](std::int64_t ms) {
    for (; ms > 0; ms -= 10) {
      shell.clock.move_ms(10);
      shell.settle();
      journal.sync();
    }
    shell.settle();
  };
  Visitor desk(shell, 1);
  desk.hello({});
  pass(10);
  desk.read();
  desk.session = desk.welcome->welcome.session;
  auto offered = ask("c1");
  offered.category = test_name::account.value;
  desk.send(1, {roster("ann"), sign_in("ann"), offered});
  shell.clock.step_wall_ms(limits::hour_ms);
  pass(5000);
  shell.clock.step_wall_ms(-2 * limits::hour_ms);
  pass(5000);
  shell.clock.step_boot_ms(-3000);
  pass(5000);
  desk.read();
  EXPECT_EQ(EventKind::offered, desk.events.back().kind);
  pass(8100);
  desk.read();
  EXPECT_EQ(1, std::ranges::count(kinds(desk.events), EventKind::offer_ended));
  for (std::size_t i = 1; i < journal.all.size(); ++i) {
    EXPECT_GE(journal.all[i].stamp.pool_ms, journal.all[i - 1].stamp.pool_ms);
  }
}

TEST(ClientClock, AdvanceTicksEveryDeadlineAndIsAnsweredLast) {
  Shell shell({.settings = Shell::small_settings(), .clock = PoolClock::client});
  Visitor desk(shell, 1);
  desk.enter();
  auto offered = ask("c1");
  offered.category = test_name::account.value;
  desk.put(1, {roster("ann"), sign_in("ann"), offered});
  desk.advance(60'000);

  ASSERT_TRUE(desk.advanced.has_value());
  EXPECT_EQ(60'000u, desk.advanced->to_ms);
  EXPECT_EQ("advanced", desk.order.back());
  EXPECT_EQ(3u, desk.up_to);
  const auto ended = std::ranges::find(desk.events, EventKind::offer_ended, &client::Event::kind);
  ASSERT_NE(desk.events.end(), ended);
  EXPECT_EQ(20'000, ended->pool_ms);
  EXPECT_EQ(desk.events.back().sequence, desk.advanced->sequence);
  EXPECT_GT(desk.advanced->next_deadline_ms, 60'000u);
}

TEST(ClientClock, TimeStandsStillOtherwiseAndNeverGoesBack) {
  Shell shell({.settings = Shell::small_settings(), .clock = PoolClock::client});
  Visitor desk(shell, 1);
  desk.enter();
  shell.pass_ms(120'000, 1000);
  EXPECT_EQ(0, shell.core().router().view().pool_ms);
  desk.advance(5000);
  desk.send(1, {roster("ann")});
  desk.advanced.reset();
  desk.advance(4000);
  EXPECT_FALSE(desk.advanced.has_value());
  ASSERT_EQ(1u, desk.frames_refused.size());
  EXPECT_EQ(client::Refusal::out_of_range, desk.frames_refused[0].reason);
  EXPECT_EQ(5000, shell.core().router().view().pool_ms);
}

TEST(ClientClock, WithTheRealClockNobodyMovesTime) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.advance(5000);
  ASSERT_EQ(1u, desk.frames_refused.size());
  EXPECT_EQ(client::Refusal::not_allowed, desk.frames_refused[0].reason);
}

TEST(ClientClock, WaitsForWhoeverMovesItToReadWhatHappened) {
  Shell shell({.settings = Shell::small_settings(), .clock = PoolClock::client});
  Visitor desk(shell, 1);
  desk.enter();
  shell.transport.capacity[1] = 1;
  desk.put(1, {roster("ann"), sign_in("ann"), ask("c1")});
  client::Encoder encoder;
  shell.command(1, encoder.advance(desk.session, 1000));
  shell.settle();
  ASSERT_EQ(1u, shell.transport.replies[1].size());
  desk.read();
  EXPECT_EQ("acknowledgement", desk.order.back());
  shell.settle();
  desk.read();
  EXPECT_EQ("directed", desk.order.back());
  shell.settle();
  desk.read();
  EXPECT_EQ("advanced", desk.order.back());
}

TEST(LeasesInThePath, AFrontEndThatFallsSilentLosesItsAgentsAndRegainsThem) {
  Shell shell;
  Visitor desk(shell, 1, "desk");
  Visitor boss(shell, 2, "boss");
  desk.enter();
  boss.enter();
  boss.send(1, {roster("ann")});
  desk.send(1, {sign_in("ann")});
  for (int second = 0; second < 29; ++second) {
    shell.pass_ms(1000);
    boss.heartbeat();
  }
  EXPECT_FALSE(shell.core().router().agent(AgentId::of_text("ann"))->lost);
  for (int second = 0; second < 4; ++second) {
    shell.pass_ms(1000);
    boss.heartbeat();
  }
  EXPECT_TRUE(shell.core().router().agent(AgentId::of_text("ann"))->lost);
  desk.heartbeat();
  EXPECT_FALSE(shell.core().router().agent(AgentId::of_text("ann"))->lost);
}

TEST(LeasesInThePath, AShellThatWasAwayBlamesNobody) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann")});
  shell.pass_ms(2000);
  shell.clock.move_ms(10 * limits::minute_ms);  // stopped, say
  shell.settle();
  shell.pass_ms(2000);
  EXPECT_FALSE(shell.core().router().agent(AgentId::of_text("ann"))->lost);
  shell.pass_ms(31'000);
  EXPECT_TRUE(shell.core().router().agent(AgentId::of_text("ann"))->lost);
}

TEST(Queries, StatusTellsOfThePool) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  Asker asker(shell);
  const auto status =
      asker.ask<client::Status>([](client::Encoder& e) { return e.ask_status("main", 5); });
  EXPECT_EQ(4711u, status.incarnation);
  EXPECT_EQ(1u, status.conversations);
  EXPECT_EQ(1u, status.agents);
  EXPECT_EQ("none", status.durability);
  EXPECT_EQ(shell.core().router().digest(), status.digest);
}

TEST(Queries, StatusAndAgentsTellOfTheModeAndOfShifts) {
  auto settings = Shell::small_settings();
  settings.pool_configuration.names.push_back({NameKind::mode, 1, "listing"});
  RoutingRules rules = settings.pool_configuration;
  rules.give_to = GiveTo::longest_idle;
  rules.fair_pick = 7;
  rules.bands[2].order = Order::service_level;
  settings.pool_configuration.modes = {{{1}, rules}};
  Shell shell({.settings = settings});
  Visitor desk(shell, 1);
  desk.enter();
  auto ann = roster("ann");
  ann.shifts = {{1440 + 480, 1440 + 1335}};  // the fake clock is 100 s before its end
  desk.send(1, {ann, sign_in("ann"), client::SetMode{.mode = 1, .for_ms = 60'000}});
  Asker asker(shell);
  const auto status =
      asker.ask<client::Status>([](client::Encoder& to) { return to.ask_status("main", 1); });
  EXPECT_EQ(1, status.mode);
  EXPECT_EQ(60'000, status.mode_ends_ms);
  EXPECT_EQ(wire::GiveTo::longest_idle, status.give_to) << "as the mode says";
  EXPECT_EQ(7, status.fair_pick);
  ASSERT_EQ(4u, status.bands.size());
  EXPECT_TRUE(status.bands[0].security);
  EXPECT_EQ(wire::BandOrder::service_level, status.bands[2].order);
  const auto agent = asker.ask<client::Agent>(
      [](client::Encoder& to) { return to.ask_agent("main", 2, id_of("ann")); });
  EXPECT_EQ(ann.shifts, agent.shifts);
  EXPECT_EQ(100'000, agent.shift_ends_ms);
}

// One agent with room for one, and an estimate: c1 and c2 are closed, c3 lies with the agent, c4
// waits.
void let_somebody_wait(Shell& shell, Visitor& desk) {
  auto ann = roster("ann");
  ann.holds = {{test_name::chat.value, 1}};
  desk.send(1, {ann, sign_in("ann"), ask("c1"), ask("c2")});
  shell.pass_ms(20'000);
  desk.send(5, {client::Close{.conversation = id_of("c1")}, ask("c3")});
  shell.pass_ms(5'000);
  desk.send(7, {client::Close{.conversation = id_of("c2")}, ask("c4")});
}

TEST(Queries, AnEstimateIsWhatAnOpenWouldBeTold) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  Asker asker(shell);
  const client::EstimateRequest like{.channel = test_name::chat.value,
                                     .category = test_name::ask.value};
  const auto estimate = [&](const client::EstimateRequest& request) {
    return asker.ask<client::Estimate>(
        [&](client::Encoder& to) { return to.ask_estimate("main", 1, request); });
  };
  EXPECT_EQ(-1, estimate(like).expected_p50_ms);
  EXPECT_EQ(1u, estimate(like).position);
  let_somebody_wait(shell, desk);
  const auto before = estimate(like);
  EXPECT_EQ(client::Refusal::none, before.refusal);
  EXPECT_EQ(test_name::asks.value, before.service_class);
  EXPECT_EQ(2u, before.position);
  EXPECT_EQ(1u, before.estimated);
  EXPECT_EQ(1u, before.within_p90);
  EXPECT_EQ(shell.core().router().stamp().pool_ms, before.pool_ms);
  const auto status =
      asker.ask<client::Status>([](client::Encoder& to) { return to.ask_status("main", 1); });
  const client::ClassStatus& of = status.classes.at(4);
  EXPECT_EQ(before.expected_p50_ms, of.expected_p50_ms);
  EXPECT_EQ(before.expected_p90_ms, of.expected_p90_ms);
  EXPECT_EQ(1u, of.estimated);
  EXPECT_EQ(before.within_p50, of.within_p50);
  EXPECT_EQ(1u, of.within_p90);
  desk.send(9, {ask("c5")});
  EXPECT_EQ(before.position, desk.answered.at(9).position);
  EXPECT_EQ(before.expected_p50_ms, desk.answered.at(9).expected_p50_ms);
  EXPECT_EQ(before.expected_p90_ms, desk.answered.at(9).expected_p90_ms);
  EXPECT_GT(before.expected_p50_ms, 0);

  const auto unknown = estimate({.channel = 9});
  EXPECT_EQ(client::Refusal::unknown_name, unknown.refusal);
  EXPECT_EQ(0u, unknown.position);
}

TEST(Queries, WhoAsksAgainSoonIsToldTheSame) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  let_somebody_wait(shell, desk);
  Asker asker(shell);
  const auto look = [&](const char* id) {
    return asker.ask<client::Conversation>(
        [&](client::Encoder& to) { return to.ask_conversation("main", 1, id_of(id)); });
  };
  const auto first = look("c4");
  EXPECT_EQ(1u, first.position);
  EXPECT_GT(first.expected_p50_ms, 0);
  EXPECT_EQ(first.opened_ms, first.told_ms);
  shell.pass_ms(9'000);
  desk.send(9, {ask("c5")});
  const auto again = look("c4");
  EXPECT_EQ(first.position, again.position);
  EXPECT_EQ(first.expected_p90_ms, again.expected_p90_ms);
  EXPECT_EQ(first.told_ms, again.told_ms);
  EXPECT_EQ(9'000, again.waited_ms) << "the rest is of now";
  EXPECT_EQ(2u, look("c5").position);
  shell.pass_ms(1'000);
  desk.send(10, {ask("c6")});
  const auto later = look("c4");
  EXPECT_EQ(3u, later.position);
  EXPECT_EQ(first.told_ms + 10'000, later.told_ms);
  EXPECT_EQ(std::max<std::int64_t>(0, first.expected_p90_ms - 10'000), later.expected_p90_ms);
}

TEST(Queries, ASnapshotComesInChunksOfOneSequence) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  std::vector<client::Command> opens;
  for (int i = 0; i < 3000; ++i) opens.emplace_back(ask("c" + std::to_string(i)));
  desk.send(1, opens);
  Asker asker(shell);
  client::SnapshotPart whole;
  int chunks = 0;
  do {
    const std::uint64_t cursor = whole.cursor;
    auto part = asker.ask<client::SnapshotPart>(
        [&](client::Encoder& e) { return e.ask_snapshot("main", 1, cursor); });
    ASSERT_TRUE(client::extend(whole, std::move(part), chunks == 0));
    ++chunks;
    desk.send(3000 + static_cast<std::uint64_t>(chunks), {roster("later")});
  } while (whole.cursor != 0);
  EXPECT_GT(chunks, 2);
  EXPECT_EQ(3000u, whole.snapshot.conversations.size());
}

TEST(Queries, WhoAsksWhileASnapshotIsMadeGetsTheNextOne) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {ask("c1")});
  client::Encoder encoder;
  for (const Peer peer : {21, 22}) shell.query(peer, encoder.ask_snapshot("main", peer, 0));
  (void)shell.core().step();
  desk.put(2, {ask("c2")});
  shell.query(23, encoder.ask_snapshot("main", 23, 0));
  shell.settle();
  const auto told = [&](Peer peer) {
    client::Decoder decoder;
    const auto& frames = shell.transport.answers[peer];
    EXPECT_EQ(1u, frames.size());
    auto answer = decoder.query_answer(frames.front());
    return std::get<client::SnapshotPart>(answer.found).snapshot;
  };
  EXPECT_EQ(1u, told(21).conversations.size());
  EXPECT_EQ(told(21).sequence, told(22).sequence);
  EXPECT_EQ(2u, told(23).conversations.size());
  EXPECT_LT(told(21).sequence, told(23).sequence);
  EXPECT_EQ(shell.core().router().view().sequence, told(23).sequence);
}

TEST(Queries, AReplayIsFilteredAndSaysWhereToGoOn) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1"), ask("c2")});
  Asker asker(shell);
  const auto found = asker.ask<client::Replay>(
      [](client::Encoder& e) { return e.ask_replay("main", 1, {.conversation = id_of("c2")}); });
  ASSERT_FALSE(found.events.empty());
  for (const auto& event : found.events) EXPECT_EQ(id_of("c2"), event.conversation);
  EXPECT_EQ(found.last, found.next);
}

TEST(Draining, FinishesWhatIsUnderWayAndLetsNothingIn) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  desk.put(1, {roster("ann"), sign_in("ann"), ask("c1")});
  shell.front().drain();
  desk.put(4, {ask("c2")});
  EXPECT_FALSE(shell.front().drained());
  shell.settle();
  desk.read();
  EXPECT_TRUE(shell.front().drained());
  EXPECT_FALSE(shell.front().has_debts());
  EXPECT_EQ(3u, desk.up_to);
  EXPECT_EQ(EventKind::assigned, desk.events.back().kind);
  ASSERT_EQ(1u, desk.frames_refused.size());
  EXPECT_EQ(client::Refusal::draining, desk.frames_refused[0].reason);
}

TEST(Reloading, IsARecordAndEverybodyHearsTheNewNames) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  auto settings = Shell::small_settings();
  settings.pool_configuration.names.push_back({NameKind::category, 6, "lost-card"});
  shell.front().reconfigure(settings);
  shell.settle();
  desk.read();
  EXPECT_FALSE(shell.front().reconfiguring());
  EXPECT_EQ(shell.core().router().dictionary().size(), desk.names);
  EXPECT_TRUE(std::ranges::any_of(shell.core().router().dictionary(),
                                  [](const Name& name) { return name.text == "lost-card"; }));
}

TEST(Reloading, ADictionaryThatFitsNoFrameComesInParts) {
  auto settings = Shell::small_settings();
  for (std::uint16_t number = 6; number <= 4000; ++number) {
    settings.pool_configuration.names.push_back(
        {NameKind::category, number, "a-category-with-a-long-name-" + std::to_string(number)});
  }
  for (std::uint16_t number = 2; number <= 4000; ++number) {
    settings.pool_configuration.names.push_back(
        {NameKind::reason, number, "a-reason-with-quite-a-name-" + std::to_string(number)});
  }
  Shell shell({.settings = settings});
  Visitor desk(shell, 1);
  desk.enter();
  EXPECT_EQ(shell.core().router().dictionary().size(), desk.welcome->names.size() + desk.names);
}

TEST(Reloading, OneThatTheCoreDoesNotTakeChangesNothing) {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  auto settings = Shell::small_settings();
  settings.pool_configuration.bands.clear();
  shell.front().reconfigure(settings);
  shell.settle();
  desk.read();
  EXPECT_EQ(0u, desk.names);
  EXPECT_EQ(4u, shell.core().router().configuration().bands.size());
}

// --- the clock on the wall ---

// Open on Tuesdays from 08:00 to 22:15; the fake clock begins on such a one at 22:13:20 UTC.
Settings with_hours() {
  auto settings = Shell::small_settings();
  PoolConfiguration& pool = settings.pool_configuration;
  pool.names.push_back({NameKind::hours, 1, "day"});
  for (ClassConfiguration& one : pool.classes) {
    if (!pool.bands[one.band.value - 1u].security) one.hours = {{{}, {1}}};
  }
  pool.stop_new_ms = limits::minute_ms / 2;
  settings.timetable.calendars = {{{1}, "UTC", {{1440 + 480, 1440 + 1335}}, {}}};
  return settings;
}

bool is_open(Shell& shell) { return shell.core().router().hours_open({1}); }

std::vector<std::int64_t> hours_told(const SlowJournal& journal) {
  std::vector<std::int64_t> at_ms;
  for (const Record& record : journal.all) {
    if (std::holds_alternative<command::SetHours>(record.command)) {
      at_ms.push_back(record.stamp.pool_ms);
    }
  }
  return at_ms;
}

TEST(OnTheWall, AClassClosesAtItsMinuteThoughNobodySaysAnything) {
  SlowJournal journal;
  Shell shell({.settings = with_hours(), .journal = &journal});
  EXPECT_TRUE(is_open(shell));
  journal.sync();
  shell.settle();
  shell.pass_ms(60'000, 1000);
  EXPECT_LE(shell.core().wait_ms(), 40'000);
  shell.pass_ms(39'990);
  EXPECT_TRUE(is_open(shell));
  EXPECT_LE(shell.core().wait_ms(), 10);
  shell.pass_ms(10);
  EXPECT_FALSE(is_open(shell));
  shell.pass_ms(120'000, 1000);
  EXPECT_EQ((std::vector<std::int64_t>{100'000}), hours_told(journal));
  // Somebody puts the clock back: it is open again with the next look.
  shell.clock.step_wall_ms(-3'600'000);
  EXPECT_EQ(0, shell.core().wait_ms());
  shell.settle();
  EXPECT_TRUE(is_open(shell));
}

TEST(OnTheWall, WhatComesToAClosedClassIsPutOff) {
  Shell shell({.settings = with_hours()});
  shell.pass_ms(100'000, 1000);
  Visitor desk(shell, 1);
  desk.enter();
  desk.send(1, {roster("ann"), sign_in("ann"), ask("c1")});
  EXPECT_EQ(client::ConversationState::deferred, desk.answered.at(3).state);
}

TEST(OnTheWall, AReloadCountsAtOnce) {
  Shell shell({.settings = with_hours()});
  auto settings = with_hours();
  settings.timetable.calendars[0].holidays = {{0, 11, 14}};
  shell.front().reconfigure(settings);
  shell.settle();
  EXPECT_FALSE(is_open(shell));
}

TEST(OnTheWall, AtTheEndOfAShiftTheWorkGoesToTheNext) {
  auto settings = with_hours();
  settings.timetable.calendars.clear();
  Shell shell({.settings = settings});
  Visitor desk(shell, 1);
  desk.enter();
  auto ann = roster("ann");
  ann.shifts = {{1440 + 480, 1440 + 1335}};
  desk.send(1, {ann, sign_in("ann"), ask("c1")});
  EXPECT_EQ(client::ConversationState::assigned, desk.answered.at(3).state);
  EXPECT_EQ(100'000, shell.core().router().agent(AgentId::of_text("ann"))->shift_ends_ms);
  desk.send(4, {roster("bo"), sign_in("bo")});
  for (int i = 0; i < 10; ++i) {
    shell.pass_ms(10'000, 100);
    desk.heartbeat();
  }
  EXPECT_EQ(Presence::offline, shell.core().router().agent(AgentId::of_text("ann"))->presence);
  const auto off =
      std::ranges::find(desk.events, EventKind::agent_signed_off, &client::Event::kind);
  ASSERT_NE(desk.events.end(), off);
  EXPECT_EQ(client::Cause::hours, off->cause);
  EXPECT_EQ(100'000, off->pool_ms);
  EXPECT_EQ(EventKind::assigned, desk.events.back().kind);
  EXPECT_EQ(id_of("bo"), desk.events.back().agent);
}

TEST(OnTheWall, ByTheClientsClockItShowsPoolTime) {
  auto settings = with_hours();
  // On the Thursday with which 1970 began, for two minutes.
  settings.timetable.calendars[0].open = {{3 * 1440, 3 * 1440 + 2}};
  const auto run = [&](const std::vector<std::uint64_t>& stops) {
    SlowJournal journal;
    Shell shell({.settings = settings, .clock = PoolClock::client, .journal = &journal});
    Visitor desk(shell, 1);
    const auto settle = [&] {
      journal.sync();
      shell.settle();
      desk.read();
    };
    desk.put_hello({});
    shell.settle();
    settle();
    desk.session = desk.welcome->welcome.session;
    for (const std::uint64_t stop : stops) {
      desk.advance(stop);
      settle();
      EXPECT_EQ(stop, desk.advanced->to_ms);
    }
    EXPECT_FALSE(is_open(shell));
    return hours_told(journal);
  };
  EXPECT_EQ((std::vector<std::int64_t>{120'000}), run({300'000}));
  EXPECT_EQ((std::vector<std::int64_t>{120'000}), run({119'999, 120'000, 300'000}));
}

TEST(BackPressure, ACoreWhoseOutputNobodyTakesStopsAndGoesOn) {
  Shell shell;
  std::vector<std::unique_ptr<Visitor>> visitors;
  for (Peer peer = 1; peer <= 60; ++peer) {
    visitors.push_back(std::make_unique<Visitor>(shell, peer, "desk" + std::to_string(peer)));
    visitors.back()->enter();
  }
  const std::vector<client::Command> commands(window_max, client::Abandon{id_of("nobody")});
  for (auto& visitor : visitors) visitor->put(1, commands);
  // Only the core runs: what it caused must stay bounded.
  int steps = 0;
  while (shell.core().step()) ++steps;
  EXPECT_LT(static_cast<std::size_t>(steps), groups_held_max + 3);
  shell.settle();
  for (auto& visitor : visitors) {
    visitor->read();
    EXPECT_EQ(window_max, visitor->up_to);
  }
}

}  // namespace
}  // namespace usher
