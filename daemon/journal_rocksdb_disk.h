#pragma once

// What a RocksJournal keeps in RocksDB, in three column families: `log` has the groups under their
// numbers, `snap` the snapshots in chunks, `meta` who the state is and what of it counts. Writes
// come from one thread each: groups from the journal's, snapshots and trims from whoever asks for
// them.

#include <rocksdb/db.h>
#include <rocksdb/statistics.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/journal_group.h"
#include "daemon/journal_rocksdb.h"
#include "daemon/read_ahead.h"
#include "routing/endian.h"

namespace usher {

// A key of `log`.
[[nodiscard]] inline std::array<char, 8> key_of(std::uint64_t group) {
  std::array<char, 8> key;
  store_big(key.data(), group);
  return key;
}
// Of `snap`: the snapshot's number, then the chunk's.
[[nodiscard]] inline std::array<char, 12> key_of(std::uint64_t snapshot, std::size_t chunk) {
  std::array<char, 12> key;
  store_big(key.data(), snapshot);
  store_big(key.data() + 8, static_cast<std::uint32_t>(chunk));
  return key;
}
template <std::size_t N>
[[nodiscard]] rocksdb::Slice slice_of(const std::array<char, N>& key) {
  return {key.data(), N};
}

class RocksJournal::Disk {
 public:
  // A group, and what the next one must follow.
  struct Tip {
    std::uint64_t group = 0;
    std::uint64_t checksum = 0;
    std::uint64_t record = 0;  // its last one
    bool known = true;         // false: the group was not read, so only its number counts
  };

  static Status open(Options options, std::unique_ptr<Disk>& disk);
  ~Disk();

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const Tip& tip() const { return tip_; }
  [[nodiscard]] std::uint64_t incarnation() const { return meta_.incarnation; }
  [[nodiscard]] const std::optional<Vanished>& vanished() const { return vanished_; }
  [[nodiscard]] const rocksdb::Statistics& statistics() const { return *statistics_; }
  [[nodiscard]] std::uint64_t bytes_compacted() const;
  // Of groups and snapshots, in files and on their way there.
  [[nodiscard]] std::uint64_t bytes() const;

  [[nodiscard]] About about() const;
  Status quarantine(std::uint64_t sequence);
  [[nodiscard]] std::vector<std::uint64_t> quarantined() const;

  Status lead(std::uint64_t& term);
  // Says that everything appended is on the disk.
  Status seal();

  // Called by whoever writes or syncs groups, once they are on the disk and a moment before that is
  // known.
  void on_synced(std::function<void()> synced);
  // Writes sealed groups, all or none, numbered from `first` on.
  Status write(std::uint64_t first, std::span<const Bytes> groups, bool synced);
  Status sync();

  // Both see groups up to `last`.
  Status read(std::uint64_t from, std::uint64_t last,
              const std::function<bool(const Record&)>& each) const;
  Status share(std::uint64_t from, std::uint64_t last, std::size_t records_max,
               std::vector<Group>& into);
  [[nodiscard]] std::uint64_t first_group() const { return first_group_.load(); }
  [[nodiscard]] std::uint64_t first_record() const { return first_record_.load(); }

  Status begin_snapshot(const Snapshot& of);
  Status add_to_snapshot(std::span<const std::byte> part);
  Status keep_snapshot();
  [[nodiscard]] std::vector<Snapshot> snapshots() const;
  Status read_snapshot(std::uint64_t sequence,
                       const std::function<bool(std::span<const std::byte>)>& each) const;
  // Forgets the groups before the one that holds the record behind `upto`, never the last one, and
  // the snapshots of records before it. When that group cannot be read, nothing.
  Status trim(std::uint64_t upto, std::uint64_t last);

 private:
  struct Meta {
    std::uint16_t format = 0;
    Durability::Kind durability = Durability::Kind::group;  // of the last run
    bool clean = true;                                      // it ended as it should
    PoolName pool{};
    bool client_clock = false;
    std::uint64_t core_version = 0;
    std::uint64_t incarnation = 0;
    std::uint64_t term = 0;
    std::uint64_t first_group = 1;  // those before it do not count
    std::uint64_t first_record = 1;
    std::uint64_t previous = 0;  // the checksum of the group before it
  };
  struct Kept {
    std::uint64_t number = 0;
    Snapshot snapshot;
    std::uint64_t digest = 0;
  };
  // A snapshot that is being kept.
  struct Writing {
    Kept kept;
    Checksum checksum;
    Bytes chunk;
    std::size_t chunks = 0;  // written
  };
  enum class Strictness : std::uint8_t { strict, before_damage };

  explicit Disk(Options options) : options_(std::move(options)) {}

  // --- opening: journal_rocksdb_open.cc ---
  Status open_or_refuse();
  Status open_strictly();
  Status open_before_damage();
  Status look_at_files();
  [[nodiscard]] rocksdb::Options database_options(Strictness strictness) const;
  [[nodiscard]] std::vector<rocksdb::ColumnFamilyDescriptor> families() const;
  Status open_database(Strictness strictness);
  void close_database();
  Status read_meta();
  Status decode_meta(std::string_view bytes);
  Status check_meta() const;
  Status check_core_version();
  [[nodiscard]] Status try_newest_state() const;
  // Nothing when it cannot be read.
  [[nodiscard]] std::optional<std::uint32_t> format_of_newest_state() const;
  // Requires: meta_mutex_ is held; write_meta() comes next.
  Status take_over();
  [[nodiscard]] bool is_sealed() const;
  Status write_meta();
  Status check();
  [[nodiscard]] Tip begin_of_check(std::uint64_t last) const;
  Status damage(const std::string& what);
  [[nodiscard]] Status beyond(const std::string& what) const;

  // --- snapshots: journal_rocksdb_snapshot.cc ---
  Status write_chunk();
  rocksdb::Status drop_old_snapshots();
  Status each_chunk(const Kept& kept,
                    const std::function<bool(std::span<const std::byte>)>& each) const;

  // --- forgetting: journal_rocksdb_write.cc ---
  // Nothing before the group counts, nor any snapshot before that of the record.
  // Requires: meta_mutex_ is held; write_meta() comes next.
  void count_from(const GroupView& group, std::uint64_t snapshot);
  rocksdb::Status drop_before(rocksdb::ColumnFamilyHandle* family, const rocksdb::Slice& end);

  // --- reading: journal_rocksdb_read.cc ---
  Status trouble(const std::string& what) const;
  // Reads the group that must come behind `tip`, and moves `tip` on to it.
  Status follow(Tip& tip, std::span<const std::byte> bytes, GroupView& group) const;
  // Calls `each` with every group behind `tip` up to `last`, until it answers false.
  Status each_group(Tip tip, std::uint64_t last,
                    const std::function<bool(const GroupView&, const Tip&)>& each) const;
  // Hands on all records from the group on that holds `from`, whatever comes of it.
  Status read_batches(std::uint64_t from, std::uint64_t last, ReadAhead<Record>& ahead) const;
  Status fetch(std::uint64_t group, GroupView& view, rocksdb::PinnableSlice& bytes) const;
  // The records of a run as they count: of those in quarantine only that they were refused.
  Status read_run_as_it_counts(const GroupView::Run& run, std::vector<Record>& into) const;
  // The group that holds the record: greater than `last` when it is to come, the first when it is
  // gone. When that one cannot be read, the first of those around it that cannot.
  [[nodiscard]] std::uint64_t find(std::uint64_t record, std::uint64_t last) const;
  // The tip that a group must follow.
  [[nodiscard]] Tip before(std::uint64_t group) const;

  Options options_;
  std::string path_;
  std::shared_ptr<rocksdb::Statistics> statistics_;
  class Synced;
  std::shared_ptr<Synced> synced_;
  std::unique_ptr<rocksdb::DB> database_;
  rocksdb::ColumnFamilyHandle* log_ = nullptr;  // the database's
  rocksdb::ColumnFamilyHandle* snap_ = nullptr;
  rocksdb::ColumnFamilyHandle* meta_family_ = nullptr;
  bool damaged_ = false;          // why it was refused
  bool of_another_core_ = false;  // until this one leads
  std::uint64_t logged_ = 0;      // the newest group in the write-ahead logs, damaged or not
  Tip tip_;
  std::optional<Vanished> vanished_;

  mutable std::mutex meta_mutex_;  // the three below, once open
  Meta meta_;
  std::vector<std::uint64_t> quarantined_;  // records
  std::vector<Kept> snapshots_;             // the newest last
  std::uint64_t snapshots_made_ = 0;
  std::unique_ptr<Writing> writing_;
  std::atomic<std::uint64_t> first_group_{1};
  std::atomic<std::uint64_t> first_record_{1};

  std::uint64_t untrimmed_ = 0;  // the group that could not be read when it was to be the first

  std::mutex recent_mutex_;  // what was shared lately, by number
  std::deque<std::pair<std::uint64_t, Group>> recent_;
};

}  // namespace usher
