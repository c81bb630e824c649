#include "daemon/journal_group.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "daemon/journal_record.h"
#include "routing/endian.h"
#include "tests/records.h"

namespace usher {
namespace {

Bytes group_of(const std::vector<Record>& records, std::uint64_t number = 1,
               std::uint64_t previous = 0) {
  GroupWriter writer(number, 7, pool_name("main"), {});
  for (const Record& record : records) EXPECT_TRUE(writer.add(record));
  Bytes bytes = writer.take();
  seal_group(bytes, previous);
  return bytes;
}

std::vector<Record> records_in(const GroupView& group) {
  std::vector<Record> records;
  for (const auto& run : group.runs) {
    const Status status = read_run(run, records);
    EXPECT_TRUE(status.ok()) << status.text();
  }
  return records;
}

std::vector<std::string> document() {
  std::ifstream file(std::string(USHER_SOURCE_DIR) + "/docs/formats.md");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty());
  return lines;
}

TEST(JournalGroup, IsReadAsItWasWritten) {
  const auto records = records::plain(41, 100);
  const Bytes bytes = group_of(records, 12, 99);
  GroupView group;
  ASSERT_TRUE(read_group(bytes, group).ok());
  EXPECT_EQ(group.number, 12U);
  EXPECT_EQ(group.term, 7U);
  EXPECT_EQ(group.previous, 99U);
  ASSERT_EQ(group.runs.size(), 1U);
  EXPECT_EQ(text_of(group.runs[0].pool), "main");
  EXPECT_EQ(group.runs[0].first, 41U);
  EXPECT_EQ(records_in(group), records);
}

TEST(JournalGroup, TakesNoMoreThanItsBytes) {
  GroupWriter writer(1, 1, pool_name("main"), {});
  const auto records = records::plain(1, 4096);
  std::size_t taken = 0;
  while (writer.add(records[taken])) ++taken;
  EXPECT_GE(taken, group_records_max);
  const Bytes bytes = writer.take();
  EXPECT_LE(bytes.size(), group_bytes_max);
  EXPECT_GT(bytes.size() + bytes_of(records[taken]), group_bytes_max);
}

TEST(JournalGroup, HoldsTheLargestConfigurationThereMayBe) {
  auto configuration = std::make_shared<PoolConfiguration>();
  while (journal_bytes_of(*configuration) + 36 <= configuration_bytes_max) {
    configuration->names.push_back({NameKind::skill, 1, std::string(limits::name_bytes_max, 'n')});
  }
  const auto record = records::of(1, command::Configure{configuration});
  EXPECT_EQ(journal_bytes_of(*configuration), bytes_of(record));
  GroupView group;
  const Bytes bytes = group_of({record});
  ASSERT_TRUE(read_group(bytes, group).ok());
  EXPECT_EQ(records_in(group), std::vector<Record>{record});
}

TEST(JournalGroup, AChangedBitIsSeen) {
  const Bytes good = group_of(records::plain(1, 3));
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes bytes = good;
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    GroupView group;
    EXPECT_FALSE(read_group(bytes, group).ok()) << bit;
  }
}

TEST(JournalGroup, CutAnywhereItIsRefused) {
  const Bytes good = group_of(records::plain(1, 3));
  for (std::size_t size = 0; size < good.size(); ++size) {
    GroupView group;
    EXPECT_FALSE(read_group(std::span(good).first(size), group).ok()) << size;
  }
}

// Sealed again, so that only what is said inside is wrong.
TEST(JournalGroup, WhatContradictsItselfIsRefusedWithASentence) {
  struct Case {
    std::size_t at;
    std::uint8_t value;
    std::string text;
  };
  const std::vector<Case> cases = {
      {16, 2, "its format is 2; this usherd knows 1"},
      {18, 2, "a run begins beyond its end"},
      {18, 0, "291 bytes are of no run"},
      {20, 1, "it says 257 bytes and has 331"},
      {56, 0, "a run of 0 records and 267 bytes, of which 267 are there"},
      {60, 0x0c, "a run of 2 records and 268 bytes, of which 267 are there"},
      {60, 0x0a, "1 bytes are of no run"},
  };
  for (const Case& row : cases) {
    Bytes bytes = group_of({records::of(1, command::Accept{samples::conversation, samples::ann, 1}),
                            records::of(2, samples::open())});
    bytes[row.at] = std::byte{row.value};
    seal_group(bytes, 0);
    GroupView group;
    EXPECT_EQ(read_group(bytes, group).text(), row.text);
  }
}

TEST(JournalGroup, RecordsThatDoNotFollowEachOtherAreRefused) {
  Bytes bytes = group_of(records::plain(1, 2));
  store_little<std::uint64_t>(bytes.data() + group_head_bytes + 8, 5);
  seal_group(bytes, 0);
  GroupView group;
  ASSERT_TRUE(read_group(bytes, group).ok());
  std::vector<Record> records;
  EXPECT_EQ(read_run(group.runs[0], records).text(), "record 1 stands where 5 should be");
}

TEST(FormatsDocument, ItsExampleIsWhatTheCodeWrites) {
  Bytes bytes;
  static const std::regex row(R"(^((?:[0-9a-f]{2} ){11,15}[0-9a-f]{2})\s)");
  for (const std::string& line : document()) {
    std::smatch match;
    if (!std::regex_search(line, match, row)) continue;
    std::istringstream hex(match[1]);
    for (std::string byte; hex >> byte;) {
      bytes.push_back(static_cast<std::byte>(std::stoi(byte, nullptr, 16)));
    }
  }
  const Stamp first{.sequence = 1, .pool_ms = 5, .wall_ms = 1'790'000'000'000};
  const Stamp second{.sequence = 2, .pool_ms = 5, .wall_ms = 1'790'000'000'000};
  const std::vector<Record> records = {
      {first, {}, 0, command::Resumed{0}},
      {second, SessionId::of_text("session-3"), 7,
       command::Accept{ConversationId::of_text("c1"), AgentId::of_text("ann"), 41}}};
  GroupView group;
  const Status status = read_group(bytes, group);
  ASSERT_TRUE(status.ok()) << status.text();
  EXPECT_EQ(group.number, 1U);
  EXPECT_EQ(group.term, 3U);
  EXPECT_EQ(records_in(group), records);
}

// Of a kind without lists the document tells every byte.
TEST(FormatsDocument, ItsTableOfKindsIsThatOfTheCode) {
  std::map<std::uint16_t, std::string> rows;
  static const std::regex row(R"(^\| (\d+) \| [a-z_]+ \| (.*)\|$)");
  for (const std::string& line : document()) {
    std::smatch match;
    if (std::regex_match(line, match, row)) {
      rows[static_cast<std::uint16_t>(std::stoi(match[1]))] = match[2];
    }
  }
  std::map<std::uint16_t, std::size_t> kinds;
  for (const Command& command : records::every_kind()) {
    Bytes bytes;
    append_record(records::of(1, command), bytes);
    const auto kind = load_little<std::uint16_t>(bytes.data() + 4);
    kinds[kind] = bytes.size() - record_head_bytes;
    ASSERT_TRUE(rows.contains(kind)) << kind;
    if (rows[kind].find("list") != std::string::npos) continue;
    std::size_t told = 0;
    static const std::regex width(R"( (\d+)\b)");
    for (std::sregex_iterator at(rows[kind].begin(), rows[kind].end(), width), end; at != end;
         ++at) {
      told += static_cast<std::size_t>(std::stoi((*at)[1]));
    }
    EXPECT_EQ(told, kinds[kind]) << kind << ": " << rows[kind];
  }
  EXPECT_EQ(rows.size(), std::variant_size_v<Command>);
  EXPECT_EQ(kinds.size(), rows.size());
}

}  // namespace
}  // namespace usher
