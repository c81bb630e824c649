// A journal whose files were cut or changed: it comes back exactly as it was, or as far as it was
// whole, or it is refused with a sentence that says where and what. Never anything else.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "daemon/journal_group.h"
#include "routing/endian.h"
#include "sim/world.h"
#include "tests/journal_fixture.h"

namespace usher {
namespace {

constexpr std::size_t records_each = 3;  // of a group

std::string key_of(std::uint64_t group) {
  std::string key(8, '\0');
  store_big(key.data(), group);
  return key;
}

class JournalDamage : public JournalFixture {
 protected:
  JournalDamage() : JournalFixture(fast()) {}

  // With a small log, because a copy of it takes its time.
  [[nodiscard]] RocksJournal::Options small(const fs::path& directory) const {
    auto options = options_of(directory);
    options.memtable_bytes = 256 * 1024;
    return options;
  }

  // Makes a journal as a crash leaves it: `groups` of them, the last ones in a write-ahead log.
  // Answers where in that log each group begins, and where the last one ends.
  std::vector<std::uintmax_t> make(std::size_t groups, std::size_t each = records_each) {
    std::vector<std::uintmax_t> ends;
    auto journal = led(small(directory_));
    ends.push_back(fs::file_size(newest(directory_, ".log")));
    for (std::size_t i = 0; i < groups; ++i) {
      put(*journal, records::plain(1 + i * each, each));
      ends.push_back(fs::file_size(newest(directory_, ".log")));
    }
    const fs::path crashed = copy("crashed");
    journal.reset();
    fs::remove_all(directory_);
    fs::rename(crashed, directory_);
    return ends;
  }

  // Opens what is there, and reads all of it if it can be opened. Empty: everything was there and
  // right. What is read must be right, however little it is.
  std::string trouble_with(const fs::path& directory, std::size_t groups,
                           std::size_t each = records_each) {
    Open journal;
    if (Status status = RocksJournal::open(small(directory), journal); !status.ok()) {
      return status.text();
    }
    std::uint64_t term = 0;
    if (Status status = journal->lead(term); !status.ok()) return status.text();
    std::vector<Record> records;
    const Status status = journal->read(1, [&](const Record& record) {
      records.push_back(record);
      return true;
    });
    EXPECT_EQ(records, records::plain(1, records.size()));
    if (!status.ok()) return status.text();
    if (records.size() == groups * each) return {};
    return "LOST: " + std::to_string(records.size()) + " records";
  }
  // Whether the sentence offers --accept-torn-tail only where that opens the journal.
  void expect_right_advice(const fs::path& directory) {
    const std::string refused = why_not(small(directory));
    if (refused.empty()) return;
    const bool offered = refused.find("--accept-torn-tail") != std::string::npos;
    auto accepting = small(directory);
    accepting.accept_torn_tail = true;
    EXPECT_EQ(why_not(accepting).empty(), offered) << refused;
  }

  // Changes a group behind the journal's back; whoever changes it seals it again.
  void change_group(std::uint64_t number, const std::function<void(Bytes&)>& how) const {
    change(directory_, "log", key_of(number), [&](std::string& value) {
      const auto bytes = std::as_bytes(std::span(value));
      Bytes group(bytes.begin(), bytes.end());
      how(group);
      value.assign(reinterpret_cast<const char*>(group.data()), group.size());
    });
  }

  static std::string trouble_with_reading(RocksJournal& journal) {
    return journal.read(1, [](const Record&) { return true; }).text();
  }
};

TEST_F(JournalDamage, CutAtEveryByteOfItsTailItKeepsWhatIsWholeAndGoesOn) {
  constexpr std::size_t groups = 8;
  const auto ends = make(groups);
  for (std::uintmax_t size = ends[groups - 2]; size <= ends[groups]; ++size) {
    const fs::path cut = copy("cut");
    fs::resize_file(newest(cut, ".log"), size);
    std::size_t whole = 0;
    while (whole < groups && ends[whole + 1] <= size) ++whole;
    {
      auto journal = led(small(cut));
      ASSERT_NE(journal, nullptr) << size;
      ASSERT_EQ(journal->newest(), whole * records_each) << size;
      ASSERT_EQ(journal->durable(), whole);
      put(*journal, records::plain(whole * records_each + 1, records_each));
    }
    ASSERT_EQ(trouble_with(cut, whole + 1), "") << size;
  }
}

TEST_F(JournalDamage, AFlippedBitAnywhereIsHarmlessOrRefused) {
  constexpr std::size_t groups = 60;
  make(groups);
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory_)) {
    if (entry.file_size() > 0) files.push_back(entry.path().filename());
  }
  std::ranges::sort(files);
  sim::Dice dice(1);
  std::size_t refused = 0;
  for (int i = 0; i < 250; ++i) {
    const fs::path file = dice.one_of(files);
    const std::uint64_t bit = dice.below(8 * fs::file_size(directory_ / file));
    const fs::path flipped = copy("flipped");
    flip(flipped / file, bit);
    const std::string trouble = trouble_with(flipped, groups);
    EXPECT_FALSE(trouble.starts_with("LOST")) << file << " bit " << bit << ": " << trouble;
    if (!trouble.empty()) ++refused;
    expect_right_advice(flipped);
  }
  EXPECT_GT(refused, 50U);
}

// A head is checksum, length and type; RocksDB takes some of the wrong ones for a torn tail.
TEST_F(JournalDamage, AFlippedBitOfAHeadIsRefused) {
  constexpr std::size_t groups = 6;
  const auto ends = make(groups);
  for (const std::size_t group : {groups - 1, groups - 2, std::size_t{0}}) {
    for (std::uint64_t bit = 0; bit < 56; ++bit) {
      const fs::path flipped = copy("flipped");
      flip(newest(flipped, ".log"), 8 * ends[group] + bit);
      const std::string trouble = trouble_with(flipped, groups);
      EXPECT_NE(trouble.find("is damaged"), std::string::npos)
          << "group " << group + 1 << " bit " << bit << ": " << trouble;
    }
  }
}

// A write of more than a block has several heads.
TEST_F(JournalDamage, AFlippedBitOfAnyHeadOfALongWriteIsRefused) {
  const auto ends = make(2, 1'000);
  constexpr std::uint64_t block_bytes = 32'768;
  std::vector<std::uint64_t> heads{ends[1]};
  for (std::uint64_t at = ends[1] / block_bytes * block_bytes + block_bytes; at < ends[2];
       at += block_bytes) {
    heads.push_back(at);
  }
  ASSERT_GE(heads.size(), 3U);
  for (const std::uint64_t head : {heads[0], heads[1], heads.back()}) {
    for (std::uint64_t bit = 0; bit < 56; ++bit) {
      const fs::path flipped = copy("flipped");
      flip(newest(flipped, ".log"), 8 * head + bit);
      const std::string trouble = trouble_with(flipped, 2, 1'000);
      EXPECT_NE(trouble.find("is damaged"), std::string::npos)
          << "head at " << head << " bit " << bit << ": " << trouble;
    }
  }
}

// What a crash of the machine leaves of a write whose blocks were there before their bytes.
TEST_F(JournalDamage, ATailOfZerosIsTheEnd) {
  constexpr std::size_t groups = 6;
  const auto ends = make(groups);
  for (std::uintmax_t from = ends[groups - 1]; from < ends[groups - 1] + 6; ++from) {
    const fs::path torn = copy("torn");
    const fs::path log = newest(torn, ".log");
    fs::resize_file(log, from);
    fs::resize_file(log, ends[groups] + 10'000);
    const std::string trouble = trouble_with(torn, groups - 1);
    // With its length and no more of the record it has another checksum, which RocksDB refuses.
    const bool has_length = from > ends[groups - 1] + 4;
    EXPECT_EQ(trouble.find("checksum mismatch") != std::string::npos, has_length) << trouble;
    if (!has_length) {
      EXPECT_EQ(trouble, "");
    }
  }
}

TEST_F(JournalDamage, AFlippedBitOfAFileThatIsFinishedIsHarmlessOrRefused) {
  constexpr std::size_t groups = 60;
  make(groups);
  led(small(directory_));  // writes what the log had into a file, and another log
  const fs::path file = newest(directory_, ".sst", 10'000).filename();
  sim::Dice dice(2);
  std::size_t refused = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t bit = dice.below(8 * fs::file_size(directory_ / file));
    const fs::path flipped = copy("flipped");
    flip(flipped / file, bit);
    const std::string trouble = trouble_with(flipped, groups);
    EXPECT_FALSE(trouble.starts_with("LOST")) << bit << ": " << trouble;
    if (!trouble.empty()) ++refused;
    expect_right_advice(flipped);
  }
  EXPECT_GT(refused, 80U);
}

TEST_F(JournalDamage, TheSentenceSaysWhereAndWhatCanBeDone) {
  const auto ends = make(8);
  flip(newest(directory_, ".log"), 8 * (ends[4] + 60));
  const std::string text = why_not(small(directory_));
  EXPECT_EQ(text, "the journal in " + directory_.string() +
                      " is damaged: " + newest(directory_, ".log").string() +
                      " makes no sense at byte " + std::to_string(ends[4]) +
                      ", behind group 4 (record 12), and goes on up to group 8; restore a copy, or "
                      "start once with --accept-torn-tail, which goes on from before the damage "
                      "and loses what is behind it");
  EXPECT_EQ(why_not(small(directory_)), text) << "being refused changes nothing";
}

// RocksDB would take what stands before damage for all of it, and delete the files it does not
// know.
TEST_F(JournalDamage, ADamagedManifestIsRefusedAlsoByWhoAcceptsATornTail) {
  make(8);
  std::string name;
  std::ifstream(directory_ / "CURRENT") >> name;
  const fs::path manifest = directory_ / name;
  flip(manifest, std::uint64_t{8} * 6 + 2);
  const std::string text = "the journal in " + directory_.string() +
                           " is damaged: " + manifest.string() +
                           " makes no sense at byte 0; restore a copy of the " + "whole directory";
  EXPECT_EQ(why_not(small(directory_)), text);
  auto accepting = small(directory_);
  accepting.accept_torn_tail = true;
  EXPECT_EQ(why_not(accepting), text);
}

TEST_F(JournalDamage, AnAcceptedTornTailSaysWhatItCostAndIsANewIncarnation) {
  const auto ends = make(8);
  const std::uint64_t incarnation = open(small(copy("before")))->incarnation();
  flip(newest(directory_, ".log"), 8 * (ends[4] + 60));
  auto accepting = small(directory_);
  accepting.accept_torn_tail = true;
  {
    auto journal = led(accepting);
    ASSERT_TRUE(journal->vanished());
    EXPECT_EQ(journal->vanished()->groups, 4U);
    EXPECT_EQ(journal->vanished()->last_kept, 4U);
    EXPECT_EQ(journal->vanished()->last_record, 12U);
    EXPECT_NE(journal->incarnation(), incarnation);
    expect_plain(*journal, 12);
    put(*journal, records::plain(13, 3));
  }
  EXPECT_EQ(trouble_with(directory_, 5), "");
  EXPECT_FALSE(open(accepting)->vanished()) << "nothing is torn any more";
}

TEST_F(JournalDamage, AcceptingATornTailOfAWholeJournalChangesNothing) {
  make(8);
  const std::uint64_t incarnation = open(small(copy("before")))->incarnation();
  auto accepting = small(directory_);
  accepting.accept_torn_tail = true;
  auto journal = led(accepting);
  EXPECT_FALSE(journal->vanished());
  EXPECT_EQ(journal->incarnation(), incarnation);
  expect_plain(*journal, 24);
}

// A torn tail is the end of what was written; what is missing before other groups is not.
TEST_F(JournalDamage, AHoleIsRefusedAlsoByWhoAcceptsATornTail) {
  make(8);
  change(directory_, "log", key_of(5), [](std::string& value) { value.clear(); });
  const std::string text =
      "the journal in " + directory_.string() + " is damaged: group 5 is missing, 6 comes behind 4";
  EXPECT_EQ(trouble_with(directory_, 8), text);
  auto accepting = small(directory_);
  accepting.accept_torn_tail = true;
  EXPECT_EQ(why_not(accepting), text);
}

TEST_F(JournalDamage, AGroupThatWasChangedIsRefused) {
  make(8);
  change(directory_, "log", key_of(5), [](std::string& value) { value[100] ^= 1; });
  EXPECT_NE(trouble_with(directory_, 8).find(" is damaged: group 5: checksum mismatch: "),
            std::string::npos);
}

TEST_F(JournalDamage, AGroupOfAnotherHistoryIsRefused) {
  make(8);
  change_group(5, [](Bytes& group) { seal_group(group, 12'345); });
  EXPECT_NE(trouble_with(directory_, 8).find(" is damaged: group 5 does not follow group 4"),
            std::string::npos);
}

// As another program might have written it: whole, but its last record is of no kind there is.
TEST_F(JournalDamage, WhatStandsBeforeARecordThatMakesNoSenseIsRead) {
  make(8);
  change_group(8, [](Bytes& group) {
    GroupView view;
    ASSERT_TRUE(read_group(group, view).ok());
    std::size_t last = group_head_bytes + run_head_bytes;
    for (std::size_t i = 1; i < records_each; ++i) {
      last += load_little<std::uint32_t>(group.data() + last);
    }
    group[last + 4] = std::byte{0xff};  // the low byte of its kind
    seal_group(group, view.previous);
  });
  Open journal = led(small(directory_));
  std::size_t read = 0;
  const Status status = journal->read(1, [&](const Record& record) {
    EXPECT_EQ(record.stamp.sequence, ++read);
    return true;
  });
  EXPECT_NE(status.text().find(" is damaged: group 8: a record of kind 255, of 1 to "),
            std::string::npos)
      << status.text();
  EXPECT_EQ(read, 7 * records_each);
}

// Old records that rot are no reason to stop routing, nor not to start again.
TEST_F(JournalDamage, WhateverRotsBeforeTheNewestStateThePoolGoesOn) {
  constexpr std::size_t groups = 24;
  constexpr std::size_t at_state = 20;
  {
    auto journal = led(small(directory_));
    put_groups(*journal, 1, 10, records_each);
    ASSERT_TRUE(keep(*journal, {.sequence = 10 * records_each}, state_of(100, 1)).ok());
    put_groups(*journal, 10 * records_each + 1, 10, records_each);
    ASSERT_TRUE(keep(*journal, {.sequence = at_state * records_each}, state_of(100, 2)).ok());
    put_groups(*journal, at_state * records_each + 1, groups - at_state, records_each);
  }
  for (std::uint64_t rotten = 1; rotten <= at_state; ++rotten) {
    SCOPED_TRACE("group " + std::to_string(rotten));
    const fs::path rots = copy("rots");
    // Not alone: what lies in one block rots together.
    for (const std::uint64_t group : {rotten, std::min(rotten + 1, std::uint64_t{at_state})}) {
      change(rots, "log", key_of(group), [](std::string& value) { value[60] ^= 1; });
    }
    {
      auto journal = led(small(rots));
      ASSERT_NE(journal, nullptr);
      const auto behind = all(*journal, at_state * records_each + 1);
      EXPECT_EQ(behind.size(), (groups - at_state) * records_each);
      put(*journal, records::plain(groups * records_each + 1, records_each));
      const std::uint64_t now = (groups + 1) * records_each;
      ASSERT_TRUE(keep(*journal, {.sequence = now}, state_of(100, 3)).ok());
      journal->trim(10 * records_each);
      journal->trim(at_state * records_each);
      EXPECT_EQ(journal->trouble().text(), "");
      EXPECT_EQ(journal->oldest(), at_state * records_each + 1);
      EXPECT_EQ(journal->snapshots().size(), 2U);
      put(*journal, records::plain(now + 1, records_each));
    }
    auto journal = led(small(rots));
    ASSERT_NE(journal, nullptr);
    EXPECT_EQ(journal->newest(), (groups + 2) * records_each);
  }
}

// What is needed next cannot be the first of what is kept when it cannot be read.
TEST_F(JournalDamage, BehindAStateWhoseRecordsRotNothingIsForgottenUntilTheNextOne) {
  auto journal = led(small(directory_));
  put_groups(*journal, 1, 10, records_each);
  for (const std::uint64_t group : {4U, 8U}) {
    ASSERT_TRUE(keep(*journal, {.sequence = group * records_each}, state_of(100, 1)).ok());
  }
  journal.reset();
  change(directory_, "log", key_of(5), [](std::string& value) { value[60] ^= 1; });
  journal = led(small(directory_));
  journal->trim(4 * records_each);
  EXPECT_EQ(journal->oldest(), 1U);
  EXPECT_EQ(journal->snapshots().size(), 2U);
  journal->trim(8 * records_each);
  EXPECT_EQ(journal->oldest(), 8 * records_each + 1);
  EXPECT_EQ(journal->snapshots().size(), 1U);
  EXPECT_EQ(journal->trouble().text(), "");
}

TEST_F(JournalDamage, ARottenBlockOfAFileFromBeforeTheNewestStateIsNoneOfAStartsBusiness) {
  {
    auto journal = led(small(directory_));
    put_groups(*journal, 1, 60, 5);
  }
  {
    auto journal = led(small(directory_));  // what the log had is in a file now
    ASSERT_TRUE(keep(*journal, {.sequence = 300}, state_of(100, 1)).ok());
    put_groups(*journal, 301, 10, 5);
    ASSERT_TRUE(keep(*journal, {.sequence = 350}, state_of(100, 2)).ok());
  }
  const fs::path file = fs::path(newest(directory_, ".sst", 10'000)).filename();
  const std::uint64_t bytes = fs::file_size(directory_ / file);
  for (int percent = 5; percent <= 85; percent += 5) {
    SCOPED_TRACE(percent);
    const fs::path rots = copy("rots");
    flip(rots / file, 8 * (bytes * static_cast<std::uint64_t>(percent) / 100));
    auto journal = led(small(rots));
    ASSERT_NE(journal, nullptr);
    EXPECT_NE(trouble_with_reading(*journal), "");
    put_groups(*journal, 351, 1, 5);
    journal->trim(350);
    EXPECT_EQ(journal->trouble().text(), "");
    EXPECT_EQ(journal->oldest(), 351U);
    journal.reset();
    EXPECT_EQ(why_not(small(rots)), "");
  }
}

TEST_F(JournalDamage, ALogThatWasCutThoughAnotherFollowsIsRefused) {
  auto journal = led(small(directory_));
  std::vector<fs::path> logs;
  for (std::uint64_t record = 1; logs.size() < 2; record += 500) {
    put(*journal, records::plain(record, 500));
    logs.clear();
    for (const auto& entry : fs::directory_iterator(directory_)) {
      if (entry.path().extension() == ".log") logs.push_back(entry.path().filename());
    }
  }
  std::ranges::sort(logs);
  const fs::path cut = copy("cut");
  fs::resize_file(cut / logs[0], fs::file_size(cut / logs[0]) - 1'000);
  EXPECT_NE(why_not(small(cut)).find("is damaged"), std::string::npos);
  // Whether accepting helps depends on what was already in a table by then.
  const fs::path lost = copy("lost");
  fs::remove(lost / logs[0]);
  EXPECT_NE(why_not(small(lost)).find("is damaged"), std::string::npos);
  expect_right_advice(lost);
}

}  // namespace
}  // namespace usher
