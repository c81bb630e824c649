#include "daemon/journal_record.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "daemon/config.h"
#include "daemon/journal.h"
#include "tests/records.h"

namespace usher {
namespace {

Bytes bytes_with(const Record& record) {
  Bytes bytes;
  append_record(record, bytes);
  return bytes;
}

// What comes of the bytes; the trouble's text when they make no sense.
std::string read(std::span<const std::byte> bytes, Record& record) {
  return take_record(bytes, record).text();
}

void expect_same_again(const Record& record) {
  const Bytes bytes = bytes_with(record);
  EXPECT_EQ(bytes.size(), bytes_of(record));
  std::span<const std::byte> rest = bytes;
  Record again;
  const Status status = take_record(rest, again);
  ASSERT_TRUE(status.ok()) << status.text();
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(again, record);
}

TEST(JournalRecord, EveryKindIsReadAsItWasWritten) {
  std::set<std::size_t> kinds;
  std::uint64_t sequence = 0;
  for (const Command& command : records::every_kind()) {
    expect_same_again(records::of(++sequence, command));
    kinds.insert(command.index());
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Command>);
}

TEST(JournalRecord, WhatRandomWorldsSayIsReadAsItWasWritten) {
  std::set<std::size_t> kinds;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    for (const Record& record : records::of_world(seed, 400)) {
      expect_same_again(record);
      kinds.insert(record.command.index());
    }
  }
  EXPECT_GT(kinds.size(), 30U);
}

TEST(JournalRecord, OnlyAConfigurationTakesMoreThanTheBound) {
  for (const Command& command : records::every_kind()) {
    if (std::holds_alternative<command::Configure>(command)) continue;
    EXPECT_LE(bytes_of(records::of(1, command)), record_bytes_max) << command.index();
  }
  for (const Command& command : records::fullest()) {
    EXPECT_LE(bytes_of(records::of(1, command)), record_bytes_max) << command.index();
    expect_same_again(records::of(1, command));
  }
}

TEST(JournalRecord, TheShippedConfigurationIsReadAsItWasWritten) {
  const auto configuration =
      std::make_shared<const PoolConfiguration>(default_configuration({}).pool_configuration);
  ASSERT_FALSE(configuration->modes.empty());
  expect_same_again(records::of(1, command::Configure{configuration}));
}

TEST(JournalRecord, WhatAModeLeavesAsItIsTakesNoSpace) {
  PoolConfiguration configuration = default_configuration({}).pool_configuration;
  configuration.modes.clear();
  const auto bytes_now = [&] {
    return bytes_of(records::of(
        1, command::Configure{std::make_shared<const PoolConfiguration>(configuration)}));
  };
  const std::size_t alone = bytes_now();
  configuration.modes.push_back({{1}, configuration});
  EXPECT_LT(bytes_now() - alone, 100U + configuration.classes.size());
  configuration.modes[0].rules.classes[0].target_ms += 1;
  expect_same_again(
      records::of(1, command::Configure{std::make_shared<const PoolConfiguration>(configuration)}));
}

TEST(JournalRecord, AListLongerThanCanBeReadBackIsSeenBeforeItIsWritten) {
  auto configuration = std::make_shared<PoolConfiguration>();
  const auto record = records::of(1, command::Configure{configuration});
  configuration->modes.resize(limits::modes_max);
  EXPECT_GT(bytes_of(record), 0U);
  configuration->modes.resize(limits::modes_max + 1);
  EXPECT_EQ(bytes_of(record), 0U);
}

TEST(JournalRecord, ARecordCutAnywhereIsRefused) {
  for (const Command& command : records::every_kind()) {
    const Bytes bytes = bytes_with(records::of(7, command));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      Record record;
      EXPECT_NE(read(std::span(bytes).first(size), record), "") << command.index() << " " << size;
    }
  }
}

// Whatever one changed bit makes of a record is refused or is another record, whole and written
// back as such: nothing is half read.
TEST(JournalRecord, AChangedBitNeverMakesHalfARecord) {
  for (const Command& command : records::every_kind()) {
    const Bytes bytes = bytes_with(records::of(7, command));
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      Bytes changed = bytes;
      changed[bit / 8] ^= std::byte{1} << (bit % 8);
      Record record;
      if (read(changed, record).empty()) expect_same_again(record);
    }
  }
}

TEST(JournalRecord, BytesThatMakeNoSenseAreRefusedWithASentence) {
  const Bytes good = bytes_with(records::of(9, command::Rate{samples::conversation, 5}));
  struct Case {
    std::size_t at;
    std::uint8_t value;
    std::string text;
  };
  const std::vector<Case> cases = {
      {0, 255, "a record of 255 bytes, of which 71 are there"},
      {0, 10, "a record of 10 bytes, of which 71 are there"},
      {4, 0, "a record of kind 0, of 1 to 36"},
      {4, 37, "a record of kind 37, of 1 to 36"},
      {4, 1, "record 9 of kind 1: its fields make no sense"},
      {4, 5, "record 9 of kind 5: its fields make no sense"},
  };
  for (const Case& row : cases) {
    Bytes bytes = good;
    bytes[row.at] = std::byte{row.value};
    Record record;
    EXPECT_EQ(read(bytes, record), row.text);
  }
}

}  // namespace
}  // namespace usher
