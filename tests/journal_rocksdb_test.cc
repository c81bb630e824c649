#include "daemon/journal_rocksdb.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "routing/saved_state.h"
#include "tests/disk_fake.h"
#include "tests/journal_fixture.h"

namespace usher {
namespace {

class JournalRocksdb : public JournalFixture {
 protected:
  std::shared_ptr<DiskFake> disk_ = std::make_shared<DiskFake>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
};

TEST_F(JournalRocksdb, KeepsWhatWasAppended) {
  auto journal = led(options());
  EXPECT_EQ(journal->oldest(), 0U);
  EXPECT_EQ(put(*journal, records::plain(1, 3)), 1U);
  EXPECT_EQ(put(*journal, records::plain(4, 300)), 2U);
  EXPECT_EQ(journal->durable(), 2U);
  EXPECT_EQ(journal->ahead_bytes(), 0U);
  EXPECT_EQ(journal->oldest(), 1U);
  expect_plain(*journal, 303);
}

TEST_F(JournalRocksdb, KeepsEveryKindOfRecord) {
  std::vector<Record> records;
  for (const Command& command : records::every_kind()) {
    records.push_back(records::of(records.size() + 1, command));
  }
  put(*led(options()), records);
  EXPECT_EQ(all(*led(options())), records);
}

TEST_F(JournalRocksdb, GoesOnWhereItEnded) {
  std::uint64_t term = 0;
  for (std::uint64_t round = 0; round < 5; ++round) {
    auto journal = led(options(), &term);
    EXPECT_EQ(term, round + 1);
    EXPECT_EQ(journal->newest(), round * 20);
    EXPECT_EQ(journal->durable(), 2 * round);
    expect_plain(*journal, round * 20);
    put_groups(*journal, round * 20 + 1, 2, 10);
    EXPECT_EQ(journal->incarnation(), 101U);
  }
}

TEST_F(JournalRocksdb, ATermIsNeverLedTwice) {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  led(options(), &first);
  led(options(), &second);
  EXPECT_GT(second, first);
}

TEST_F(JournalRocksdb, SplitsWhatIsMoreThanAGroupHolds) {
  auto journal = led(options());
  const auto records = records::plain(1, 4096);
  const std::uint64_t last = put(*journal, records);
  EXPECT_GT(last, 1U);
  EXPECT_EQ(all(*journal), records);
  std::vector<Group> groups;
  journal->share(1, 4096, groups);
  EXPECT_EQ(groups.size(), last);
}

TEST_F(JournalRocksdb, ReadsFromAnyRecordAndStopsWhenTold) {
  auto journal = led(options());
  put_groups(*journal, 1, 40, 7);
  for (const std::uint64_t from : {1, 2, 7, 8, 141, 280}) {
    const auto records = all(*journal, from);
    ASSERT_EQ(records.size(), 281 - from);
    EXPECT_EQ(records.front().stamp.sequence, from);
  }
  EXPECT_TRUE(all(*journal, 281).empty());
  std::size_t read = 0;
  ASSERT_TRUE(journal->read(10, [&](const Record&) { return ++read < 5; }).ok());
  EXPECT_EQ(read, 5U);
}

TEST_F(JournalRocksdb, SharesThePastByGroups) {
  auto journal = led(options());
  put_groups(*journal, 1, 200, 7);
  for (const std::uint64_t from : {1, 700, 8, 1390, 700}) {
    std::vector<Group> groups;
    journal->share(from, 20, groups);
    ASSERT_FALSE(groups.empty()) << from;
    EXPECT_LE(groups.front()->front().stamp.sequence, from);
    EXPECT_GE(groups.front()->back().stamp.sequence, from);
    std::vector<Record> records;
    for (const Group& group : groups) {
      records.insert(records.end(), group->begin(), group->end());
    }
    EXPECT_EQ(records, records::plain(groups.front()->front().stamp.sequence, records.size()));
    EXPECT_EQ(groups.size(), from == 1390 ? 2U : 3U);
  }
  std::vector<Group> groups;
  journal->share(1401, 20, groups);
  EXPECT_TRUE(groups.empty());
}

TEST_F(JournalRocksdb, SharesWhatIsStillUnderWay) {
  auto with_fake = options();
  with_fake.env = env_.get();
  auto journal = led(with_fake);
  disk_->hold();
  journal->append(records::plain(1, 5));
  disk_->wait_for_held();
  EXPECT_GT(journal->ahead_bytes(), 0U);
  std::vector<Group> groups;
  std::thread past([&] { journal->share(3, 10, groups); });
  disk_->let_go();
  past.join();
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(*groups[0], records::plain(1, 5));
}

// --- when it counts as durable ---

TEST_F(JournalRocksdb, NothingIsDurableBeforeItsSyncIsDone) {
  auto with_fake = options();
  with_fake.env = env_.get();
  auto journal = led(with_fake);
  disk_->hold();
  const std::uint64_t group = journal->append(records::plain(1, 5));
  disk_->wait_for_held();
  EXPECT_EQ(journal->durable(), 0U);
  disk_->let_go();
  wait(*journal, group);
  EXPECT_EQ(journal->durable(), 1U);
}

TEST_F(JournalRocksdb, SaysThatItWillMoveBeforeItDoes) {
  const auto journal = led(options());
  ASSERT_NE(journal, nullptr);
  std::vector<std::uint64_t> durable_when_told;
  journal->on_moving([&] { durable_when_told.push_back(journal->durable()); });
  put_groups(*journal, 1, 3, 1);
  journal->on_moving({});
  EXPECT_EQ(durable_when_told, (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_F(JournalRocksdb, GroupsThatWaitForASyncShareTheNextOne) {
  auto with_fake = options();
  with_fake.env = env_.get();
  auto journal = led(with_fake);
  disk_->hold();
  const int before = disk_->syncs();
  journal->append(records::plain(1, 5));
  disk_->wait_for_held();
  for (std::uint64_t i = 1; i <= 100; ++i) journal->append(records::plain(5 * i + 1, 5));
  disk_->let_go();
  wait(*journal, 101);
  EXPECT_EQ(journal->durable(), 101U);
  EXPECT_EQ(disk_->syncs() - before, 2);
  EXPECT_EQ(journal->counts().writes, 2U);
  EXPECT_EQ(journal->counts().syncs, 2U);
  expect_plain(*journal, 505);
}

TEST_F(JournalRocksdb, AFailedSyncIsFinal) {
  auto with_fake = options();
  with_fake.env = env_.get();
  {
    auto journal = led(with_fake);
    put_groups(*journal, 1, 3, 4);
    disk_->fail_syncs(true);
    put(*journal, records::plain(13, 4));
    EXPECT_EQ(journal->durable(), 3U);
    EXPECT_NE(journal->trouble().text().find("groups 4 to 4 cannot be written"), std::string::npos)
        << journal->trouble().text();
    EXPECT_NE(journal->trouble().text().find("the fake disk does not sync"), std::string::npos);
    // The disk is well again, and not trusted.
    disk_->fail_syncs(false);
    const std::string text = journal->trouble().text();
    const std::size_t ahead = journal->ahead_bytes();
    journal->append(records::plain(17, 4));
    std::vector<Group> groups;
    journal->share(1, 100, groups);
    EXPECT_EQ(groups.size(), 3U);
    EXPECT_EQ(journal->durable(), 3U);
    EXPECT_EQ(journal->trouble().text(), text);
    EXPECT_GT(journal->ahead_bytes(), ahead);
  }
  // What was never said to be durable may be there or not; what was is.
  auto journal = led(options());
  EXPECT_GE(journal->newest(), 12U);
  EXPECT_LE(journal->newest(), 16U);
  expect_plain(*journal, journal->newest());
}

TEST_F(JournalRocksdb, AFailedWriteIsFinal) {
  auto with_fake = options();
  with_fake.env = env_.get();
  {
    auto journal = led(with_fake);
    put_groups(*journal, 1, 3, 4);
    disk_->fail_writes(true);
    put(*journal, records::plain(13, 4));
    disk_->fail_writes(false);
    journal->append(records::plain(17, 4));
    EXPECT_EQ(journal->durable(), 3U);
    EXPECT_NE(journal->trouble().text().find("the fake disk is full"), std::string::npos);
  }
  auto journal = led(options());
  EXPECT_EQ(journal->newest(), 12U);
  expect_plain(*journal, 12);
  put(*journal, records::plain(13, 4));
  expect_plain(*journal, 16);
}

TEST_F(JournalRocksdb, WithoutDurabilityNothingIsSynced) {
  auto with_fake = options();
  with_fake.env = env_.get();
  with_fake.durability = *durability_of("none");
  auto journal = led(with_fake);
  const int before = disk_->syncs();
  put_groups(*journal, 1, 50, 4);
  EXPECT_EQ(disk_->syncs(), before);
  EXPECT_EQ(journal->durability(), "none");
  expect_plain(*journal, 200);
}

TEST_F(JournalRocksdb, RelaxedSyncsSoonAfterThough) {
  auto with_fake = options();
  with_fake.env = env_.get();
  with_fake.durability = *durability_of("relaxed:1");
  auto journal = led(with_fake);
  disk_->hold();
  put(*journal, records::plain(1, 4));
  EXPECT_EQ(journal->durable(), 1U);
  disk_->wait_for_held();  // although nothing else is appended
  disk_->let_go();
  journal.reset();
  expect_plain(*led(options()), 4);
}

TEST_F(JournalRocksdb, ClosingSaysWhetherAllOfItIsOnTheDisk) {
  auto with_fake = options();
  with_fake.env = env_.get();
  {
    auto journal = led(with_fake);
    put(*journal, records::plain(1, 4));
    EXPECT_EQ(journal->close().text(), "");
    EXPECT_EQ(journal->close().text(), "") << "once more is nothing";
    EXPECT_TRUE(journal->about().clean);
  }
  for (const auto& [durability, text] :
       {std::pair{"group", "cannot be written: "}, std::pair{"none", "cannot be synced: "}}) {
    with_fake.durability = *durability_of(durability);
    auto journal = led(with_fake);
    put(*journal, records::plain(journal->newest() + 1, 4));
    disk_->fail_syncs(true);
    const Status closed = journal->close();
    EXPECT_NE(closed.text().find(text), std::string::npos) << closed.text();
    EXPECT_EQ(journal->trouble().text(), closed.text());
    disk_->fail_syncs(false);
  }
}

TEST_F(JournalRocksdb, ADoubtfulEndUnderWeakerDurabilityMakesANewIncarnation) {
  auto weak = options();
  weak.durability = *durability_of("none");
  auto journal = led(weak);
  const std::uint64_t first = journal->incarnation();
  put(*journal, records::plain(1, 4));
  const fs::path crashed = copy("crashed");
  journal.reset();
  EXPECT_EQ(open(options())->incarnation(), first);
  EXPECT_NE(open(options_of(crashed))->incarnation(), first);
}

TEST(Durability, IsReadAsOperatorsWriteIt) {
  EXPECT_EQ(durability_of("group"), Durability{});
  EXPECT_EQ(durability_of("none"), (Durability{Durability::Kind::none, 0}));
  EXPECT_EQ(durability_of("relaxed:50"), (Durability{Durability::Kind::relaxed, 50}));
  for (const char* text : {"", "relaxed", "relaxed:", "relaxed:0", "relaxed:60001", "relaxed:1x",
                           "groups", "relaxed:-1"}) {
    EXPECT_FALSE(durability_of(text)) << text;
  }
  EXPECT_EQ(text_of(*durability_of("relaxed:50")), "relaxed:50");
}

// --- snapshots and trimming ---

TEST_F(JournalRocksdb, KeepsSnapshotsUntilTheyAreTrimmed) {
  {
    auto journal = led(options());
    EXPECT_TRUE(journal->snapshots().empty());
    put_groups(*journal, 1, 9, 4);
    for (unsigned i = 1; i <= 9; ++i) {
      const Journal::Snapshot of{.sequence = 4 * i, .event = 5 * i, .wall_ms = 6 * i, .bytes = 0};
      ASSERT_TRUE(keep(*journal, of, state_of(i * 700'000, i)).ok());
    }
  }
  auto journal = led(options());
  ASSERT_EQ(journal->snapshots().size(), 9U);
  const Journal::Snapshot newest{.sequence = 36, .event = 45, .wall_ms = 54, .bytes = 6'300'000};
  EXPECT_EQ(journal->snapshots().back(), newest);
  for (unsigned i = 1; i <= 9; ++i) EXPECT_EQ(kept(*journal, 4 * i), state_of(i * 700'000, i));
  EXPECT_FALSE(kept(*journal, 5));
  journal->trim(20);
  ASSERT_EQ(journal->snapshots().size(), 5U);
  EXPECT_EQ(journal->snapshots().front().sequence, 20U);
  EXPECT_EQ(journal->oldest(), 21U);
  EXPECT_FALSE(kept(*journal, 16));
  EXPECT_TRUE(kept(*journal, 20));
}

TEST_F(JournalRocksdb, ASnapshotMayBeSmallOrEmpty) {
  auto journal = led(options());
  put(*journal, records::plain(1, 8));
  std::uint64_t sequence = 0;
  for (const std::size_t size : {0U, 1U, 1024U * 1024U, 1024U * 1024U + 1U}) {
    ASSERT_TRUE(keep(*journal, {.sequence = ++sequence}, state_of(size, 1)).ok());
    EXPECT_EQ(kept(*journal, sequence), state_of(size, 1));
  }
}

TEST_F(JournalRocksdb, ASnapshotThatWasBegunDoesNotCount) {
  {
    auto journal = led(options());
    put(*journal, records::plain(1, 8));
    ASSERT_TRUE(journal->begin_snapshot({.sequence = 8}).ok());
    ASSERT_TRUE(journal->add_to_snapshot(state_of(20'000'000, 1)).ok());
  }
  auto journal = led(options());
  EXPECT_TRUE(journal->snapshots().empty());
  ASSERT_TRUE(keep(*journal, {.sequence = 8}, state_of(20, 2)).ok());
  EXPECT_EQ(kept(*journal, 8), state_of(20, 2));
}

TEST_F(JournalRocksdb, ADamagedSnapshotIsSeenAndTheOneBeforeIsThere) {
  {
    auto journal = led(options());
    put_groups(*journal, 1, 2, 4);
    ASSERT_TRUE(keep(*journal, {.sequence = 4}, state_of(100'000, 1)).ok());
    ASSERT_TRUE(keep(*journal, {.sequence = 8}, state_of(100'000, 2)).ok());
  }
  flip(newest(directory_, ".sst", 100'000), 8 * 50'000);
  const auto journal = open(options());
  EXPECT_FALSE(kept(*journal, 8));
  EXPECT_EQ(kept(*journal, 4), state_of(100'000, 1));
}

TEST_F(JournalRocksdb, TrimmingKeepsWholeGroupsAndWhatFollows) {
  auto journal = led(options());
  put_groups(*journal, 1, 20, 10);
  journal->trim(55);
  EXPECT_EQ(journal->oldest(), 51U);
  EXPECT_EQ(all(*journal).size(), 150U);
  EXPECT_EQ(all(*journal, 60).front().stamp.sequence, 60U);
  std::vector<Group> groups;
  journal->share(50, 10, groups);
  EXPECT_TRUE(groups.empty());
  journal->share(51, 10, groups);
  EXPECT_EQ(groups.size(), 1U);
  journal.reset();
  journal = led(options());
  EXPECT_EQ(journal->oldest(), 51U);
  EXPECT_EQ(journal->newest(), 200U);
  EXPECT_EQ(all(*journal).front().stamp.sequence, 51U);
  put(*journal, records::plain(201, 10));
  journal->trim(1'000);
  EXPECT_EQ(journal->oldest(), 201U);
  EXPECT_TRUE(journal->trouble().ok()) << journal->trouble().text();
}

TEST_F(JournalRocksdb, TrimmingGivesTheSpaceBackAndNothingIsEverCompacted) {
  auto small = options();
  small.memtable_bytes = 512 * 1024;
  auto journal = led(small);
  const auto size_now = [&] {
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(directory_)) bytes += entry.file_size();
    return bytes;
  };
  std::uint64_t record = 1;
  std::uintmax_t before = 0;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 60; ++i, record += 1500) put(*journal, records::plain(record, 1500));
    ASSERT_TRUE(keep(*journal, {.sequence = record - 1}, state_of(3'000'000, 1)).ok());
    before = size_now();
    journal->trim(record - 3000);
  }
  EXPECT_LT(size_now(), before);
  EXPECT_LT(size_now(), 30'000'000U);
  EXPECT_EQ(journal->counts().bytes_compacted, 0U);
  EXPECT_EQ(all(*journal, journal->oldest()).back().stamp.sequence, record - 1);
  journal.reset();
  EXPECT_EQ(open(small)->newest(), record - 1);
}

// --- what it refuses to open ---

TEST_F(JournalRocksdb, ASecondProcessIsRefused) {
  auto journal = led(options());
  EXPECT_NE(why_not(options()).find("is in use by another usherd"), std::string::npos)
      << why_not(options());
  put(*journal, records::plain(1, 4));
}

TEST_F(JournalRocksdb, AnotherPoolIsRefused) {
  led(options());
  auto other = options();
  other.pool = "sales";
  EXPECT_EQ(why_not(other),
            "the journal in " + directory_.string() + " is of pool \"main\", not of \"sales\"");
}

TEST_F(JournalRocksdb, AnotherKindOfClockIsRefused) {
  led(options());
  auto other = options();
  other.client_clock = true;
  EXPECT_NE(why_not(other).find("of a pool by the real clock, and this usherd goes by a client's"),
            std::string::npos)
      << why_not(other);
}

TEST_F(JournalRocksdb, AnotherCoreIsRefusedUnlessTheStateIsSealed) {
  put(*led(options()), records::plain(1, 8));
  auto other = options();
  other.core_version = 0xabc;
  EXPECT_NE(why_not(other).find("version 0000000000000000, and this one is 0000000000000abc"),
            std::string::npos)
      << why_not(other);
  EXPECT_NE(why_not(other).find("once with --seal"), std::string::npos) << why_not(other);
  {
    auto journal = led(options());
    ASSERT_TRUE(keep(*journal, {.sequence = 4}, state_of(10, 1)).ok());
    put(*journal, records::plain(9, 8));
  }
  EXPECT_NE(why_not(other).find("once with --seal"), std::string::npos) << why_not(other);
  ASSERT_TRUE(keep(*led(options()), {.sequence = 16}, state_of_a_pool()).ok());
  EXPECT_EQ(open(other)->snapshots().size(), 2U);
  EXPECT_EQ(why_not(options()), "") << "the other one has not led";
  auto journal = led(other);
  ASSERT_EQ(journal->snapshots().size(), 1U) << "the other one decided on what was before";
  EXPECT_EQ(kept(*journal, 16), state_of_a_pool());
  EXPECT_EQ(journal->oldest(), 9U) << "of the group with the last record";
  put(*journal, records::plain(17, 4));
  journal.reset();
  EXPECT_NE(why_not(options()).find("version 0000000000000abc"), std::string::npos);
}

// Made by core 0: eight records, a state, eight more, and a newest state of these bytes.
class LeftByAnotherCore : public JournalRocksdb {
 protected:
  void make(const Bytes& newest) {
    auto journal = led(options());
    put(*journal, records::plain(1, 8));
    EXPECT_TRUE(keep(*journal, {.sequence = 8}, state_of_a_pool()).ok());
    put(*journal, records::plain(9, 8));
    EXPECT_TRUE(keep(*journal, {.sequence = 16}, newest).ok());
  }
  [[nodiscard]] std::string why_not_another() const {
    auto another = options();
    another.core_version = 0xabc;
    return why_not(another);
  }
  void expect_as_it_was(bool newest_is_whole) const {
    auto journal = led(options());
    ASSERT_NE(journal, nullptr);
    EXPECT_EQ(journal->about().core_version, 0U);
    ASSERT_EQ(journal->snapshots().size(), 2U);
    EXPECT_EQ(kept(*journal, 8), state_of_a_pool());
    EXPECT_EQ(kept(*journal, 16).has_value(), newest_is_whole);
    expect_plain(*journal, 16);
  }
};

TEST_F(LeftByAnotherCore, ADamagedNewestStateIsRefusedAndNothingChanged) {
  make(state_of(100'000, 2));
  flip(newest(directory_, ".sst", 100'000), 8 * 50'000);
  const std::string text = why_not_another();
  EXPECT_NE(text.find("the snapshot of record 16, part 0: Corruption: "), std::string::npos)
      << text;
  EXPECT_NE(text.find("nothing was changed: start the usherd that wrote it once with --seal, which "
                      "goes on from the state before"),
            std::string::npos)
      << text;
  expect_as_it_was(false);
  {
    auto journal = led(options());
    ASSERT_TRUE(keep(*journal, {.sequence = 16}, state_of_a_pool()).ok());
  }
  EXPECT_EQ(why_not_another(), "") << "the state was kept again";
}

TEST_F(LeftByAnotherCore, AStateThatMakesNoSenseToThisOneIsRefusedAndNothingChanged) {
  make(state_of(100'000, 2));
  const std::string text = why_not_another();
  EXPECT_NE(text.find("the state of record 16 cannot be used: "), std::string::npos) << text;
  EXPECT_NE(text.find("nothing was changed: go on with the usherd that wrote it"),
            std::string::npos)
      << text;
  expect_as_it_was(true);
}

TEST_F(LeftByAnotherCore, AStateOfAnotherFormatIsRefusedAndNothingChanged) {
  Bytes state = state_of_a_pool();
  state[5] = std::byte{state_format + 1};
  make(state);
  EXPECT_EQ(why_not_another(),
            "the journal in " + directory_.string() +
                " was written by a routing core of version 0000000000000000, and this one is "
                "0000000000000abc: its newest state is of format 3, and this usherd reads format "
                "2; go on with the usherd that wrote it, or begin with an empty server.state");
  expect_as_it_was(true);
}

TEST_F(LeftByAnotherCore, WhatItLeftIsStillThereWhenThisOneHasKeptItsFirstState) {
  make(state_of_a_pool());
  const std::string group_1("\0\0\0\0\0\0\0\1", 8);
  const std::string state_1("\0\0\0\0\0\0\0\1\0\0\0\0", 12);
  auto another = options();
  another.core_version = 0xabc;
  {
    auto journal = led(another);
    put(*journal, records::plain(17, 8));
    ASSERT_TRUE(keep(*journal, {.sequence = 24}, state_of_a_pool()).ok());
    EXPECT_EQ(journal->oldest(), 9U);
    EXPECT_EQ(journal->snapshots().size(), 2U);
  }
  EXPECT_TRUE(has(directory_, "log", group_1));
  EXPECT_TRUE(has(directory_, "snap", state_1));
  led(another)->trim(24);
  EXPECT_FALSE(has(directory_, "log", group_1));
  EXPECT_FALSE(has(directory_, "snap", state_1));
}

TEST_F(JournalRocksdb, AnotherFormatIsRefused) {
  led(options());
  change(directory_, "meta", "state", [](std::string& value) { value[0] = 3; });
  EXPECT_EQ(why_not(options()), "the journal in " + directory_.string() +
                                    " has format 3, which a newer usherd wrote; this one reads "
                                    "formats up to 2");
  change(directory_, "meta", "state", [](std::string& value) { value[0] = 1; });
  EXPECT_EQ(why_not(options()), "the journal in " + directory_.string() +
                                    " has format 1, which this usherd no longer reads (it reads "
                                    "2); begin with an empty server.state");
}

TEST_F(JournalRocksdb, ADirectoryThatCannotBeMadeIsRefused) {
  std::ofstream(top_ / "file") << "not a directory";
  EXPECT_NE(why_not(options_of(top_ / "file")).find("cannot be made: Not a directory"),
            std::string::npos)
      << why_not(options_of(top_ / "file"));
}

using JournalRocksdbDeathTest = JournalRocksdb;

// Root may write anywhere, so a process without its rights tries.
TEST_F(JournalRocksdbDeathTest, AReadOnlyDirectoryIsRefused) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  fs::create_directories(directory_);
  const auto read_only = fs::perms::owner_read | fs::perms::owner_exec | fs::perms::group_read |
                         fs::perms::group_exec | fs::perms::others_read | fs::perms::others_exec;
  fs::permissions(directory_, read_only);
  fs::permissions(top_, read_only);
  EXPECT_EXIT(
      {
        constexpr uid_t nobody = 65'534;
        if (geteuid() == 0 && setuid(nobody) != 0) _exit(2);
        const std::string text = why_not(options());
        std::fprintf(stderr, "%s\n", text.c_str());
        _exit(text.empty() ? 1 : 0);
      },
      testing::ExitedWithCode(0), "cannot be opened: .*Permission denied");
  fs::permissions(top_, fs::perms::owner_all);
  fs::permissions(directory_, fs::perms::owner_all);
}

TEST_F(JournalRocksdb, AStateThatLostItsCurrentFileIsNotTakenForANewOne) {
  put(*led(options()), records::plain(1, 4));
  fs::remove(directory_ / "CURRENT");
  EXPECT_NE(why_not(options()).find("CURRENT is missing or empty"), std::string::npos);
}

TEST_F(JournalRocksdb, KnowsWhatSpaceIsLeft) {
  auto journal = led(options());
  EXPECT_GT(journal->free_bytes(), 0U);
  EXPECT_LT(journal->free_bytes(), UINT64_MAX);
  EXPECT_EQ(free_bytes_of((top_ / "nowhere").string()), 0U);
}

}  // namespace
}  // namespace usher
