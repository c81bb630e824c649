#pragma once

// Journals in a directory of their own: to open, fill, look into, copy and break.

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <stdlib.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/journal_rocksdb.h"
#include "routing/router.h"
#include "tests/records.h"

namespace usher {

namespace fs = std::filesystem;

class JournalFixture : public testing::Test {
 protected:
  using Open = std::unique_ptr<RocksJournal>;

  explicit JournalFixture(const fs::path& where = fs::temp_directory_path()) {
    std::string pattern = (where / "usher-journal-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    top_ = pattern;
    directory_ = top_ / "journal";
  }
  ~JournalFixture() override { fs::remove_all(top_); }

  [[nodiscard]] RocksJournal::Options options() const { return options_of(directory_); }
  [[nodiscard]] RocksJournal::Options options_of(const fs::path& directory) const {
    RocksJournal::Options options;
    options.directory = directory;
    options.random = [this] { return ++drawn_; };
    return options;
  }

  static Open open(RocksJournal::Options options) {
    Open journal;
    const Status status = RocksJournal::open(std::move(options), journal);
    EXPECT_TRUE(status.ok()) << status.text();
    return journal;
  }
  // Opened and led.
  static Open led(RocksJournal::Options options, std::uint64_t* term = nullptr) {
    Open journal = open(std::move(options));
    if (journal == nullptr) return journal;
    std::uint64_t its = 0;
    const Status status = journal->lead(its);
    EXPECT_TRUE(status.ok()) << status.text();
    if (term != nullptr) *term = its;
    return journal;
  }
  static std::string why_not(RocksJournal::Options options) {
    Open journal;
    return RocksJournal::open(std::move(options), journal).text();
  }

  // Returns when the group is durable, or there is trouble.
  static void wait(RocksJournal& journal, std::uint64_t group) {
    std::mutex mutex;
    std::condition_variable changed;
    journal.on_moved([&] {
      const std::lock_guard lock(mutex);
      changed.notify_all();
    });
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return journal.durable() >= group || !journal.trouble().ok(); });
    }
    journal.on_moved({});
  }
  static std::uint64_t put(RocksJournal& journal, const std::vector<Record>& records) {
    const std::uint64_t group = journal.append(records);
    wait(journal, group);
    return group;
  }
  // `groups` of `each` records, from record `first` on; each durable before the next.
  static void put_groups(RocksJournal& journal, std::uint64_t first, std::size_t groups,
                         std::size_t each) {
    for (std::size_t i = 0; i < groups; ++i) {
      put(journal, records::plain(first + i * each, each));
    }
  }

  static std::vector<Record> all(RocksJournal& journal, std::uint64_t from = 1) {
    std::vector<Record> records;
    const Status status = journal.read(from, [&](const Record& record) {
      records.push_back(record);
      return true;
    });
    EXPECT_TRUE(status.ok()) << status.text();
    return records;
  }
  static void expect_plain(RocksJournal& journal, std::size_t count) {
    EXPECT_EQ(all(journal), records::plain(1, count));
  }

  static Bytes state_of(std::size_t size, unsigned seed) {
    Bytes state(size);
    for (std::size_t i = 0; i < size; ++i) state[i] = std::byte(i * 7 + seed + (i >> 12));
    return state;
  }
  // What a core can go on from.
  static Bytes state_of_a_pool() {
    Bytes state;
    Router router;
    router.begin_saving();
    while (router.save_on(4096, state)) {
    }
    return state;
  }
  // In parts that are no chunks.
  static Status keep(RocksJournal& journal, const Journal::Snapshot& of, const Bytes& state) {
    constexpr std::size_t part_bytes = 300'000;
    Status status = journal.begin_snapshot(of);
    for (std::size_t at = 0; at < state.size() && status.ok(); at += part_bytes) {
      const auto rest = std::span(state).subspan(at);
      status = journal.add_to_snapshot(rest.first(std::min(part_bytes, rest.size())));
    }
    return status.ok() ? journal.keep_snapshot() : status;
  }
  // What is kept of that record; none when it cannot be read.
  static std::optional<Bytes> kept(const RocksJournal& journal, std::uint64_t sequence) {
    Bytes state;
    const Status status = journal.read_snapshot(sequence, [&](std::span<const std::byte> part) {
      state.insert(state.end(), part.begin(), part.end());
      return true;
    });
    return status.ok() ? std::optional(state) : std::nullopt;
  }

  [[nodiscard]] fs::path copy(const std::string& name) const {
    const fs::path target = top_ / name;
    fs::remove_all(target);
    fs::copy(directory_, target, fs::copy_options::recursive);
    return target;
  }
  // The newest file of at least so many bytes whose name ends so.
  static fs::path newest(const fs::path& directory, const std::string& end,
                         std::uintmax_t bytes_min = 1) {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(directory)) {
      const bool right =
          entry.path().filename().string().ends_with(end) && entry.file_size() >= bytes_min;
      if (right && entry.path() > found) found = entry.path();
    }
    EXPECT_FALSE(found.empty()) << end;
    return found;
  }
  // Changes a value behind the journal's back; one that becomes empty is deleted.
  static void change(const fs::path& directory, const std::string& family, const std::string& key,
                     const std::function<void(std::string&)>& how) {
    behind(directory, family, [&](rocksdb::DB& database, rocksdb::ColumnFamilyHandle* of) {
      std::string value;
      ASSERT_TRUE(database.Get({}, of, key, &value).ok());
      how(value);
      ASSERT_TRUE(
          (value.empty() ? database.Delete({}, of, key) : database.Put({}, of, key, value)).ok());
    });
  }
  // Whether it is still in the files.
  static bool has(const fs::path& directory, const std::string& family, const std::string& key) {
    bool found = false;
    behind(directory, family, [&](rocksdb::DB& database, rocksdb::ColumnFamilyHandle* of) {
      std::string value;
      found = database.Get({}, of, key, &value).ok();
    });
    return found;
  }
  static void flip(const fs::path& file, std::uint64_t bit) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(bit / 8));
    const int byte = stream.get();
    stream.seekp(static_cast<std::streamoff>(bit / 8));
    stream.put(static_cast<char>(byte ^ (1 << (bit % 8))));
  }

  // In memory, for who opens hundreds of copies.
  static fs::path fast() {
    return fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  }

  fs::path top_;
  fs::path directory_;
  mutable std::uint64_t drawn_ = 100;

 private:
  template <class Act>
  static void behind(const fs::path& directory, const std::string& family, const Act& act) {
    rocksdb::ColumnFamilyOptions two_levels;
    two_levels.num_levels = 2;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const char* name : {"default", "log", "snap", "meta"}) {
      families.emplace_back(name, two_levels);
    }
    rocksdb::DB* opened = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    ASSERT_TRUE(rocksdb::DB::Open({}, directory, families, &handles, &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    for (std::size_t i = 0; i < handles.size(); ++i) {
      if (families[i].name == family) act(*database, handles[i]);
      ASSERT_TRUE(database->DestroyColumnFamilyHandle(handles[i]).ok());
    }
  }
};

}  // namespace usher
