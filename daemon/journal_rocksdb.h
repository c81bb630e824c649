#pragma once

// The journal on a local disk, in RocksDB: one group is one value under its number, and whatever
// groups wait while a sync runs go into the next one together. A thread of its own writes and
// syncs; nobody else ever waits for the disk but who reads, keeps a snapshot or trims.
//
// A write or sync that fails is final: durable() stands still from then on, whatever the disk says
// later, for the kernel may have dropped what it could not write.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/durability.h"
#include "daemon/journal.h"

namespace rocksdb {
class Env;
}

namespace usher {

// Bytes that may still be written where the directory is, for whoever is not root.
[[nodiscard]] std::uint64_t free_bytes_of(const std::string& directory);

class RocksJournal final : public Journal {
 public:
  struct Options {
    std::string directory;  // of the journal alone; made when it is not there
    std::string pool = "main";
    bool client_clock = false;       // a pool has one or the other for all its life
    std::uint64_t core_version = 0;  // of who replays the records
    Durability durability;
    std::function<std::uint64_t()> random;  // for incarnations
    bool accept_torn_tail = false;          // lose what stands behind damage rather than refuse
    bool whoever_it_is = false;  // of any pool, clock and core: to look at, and nothing is appended
    std::size_t memtable_bytes = 0;  // 0 = as the file system's size demands
    rocksdb::Env* env = nullptr;     // null = this machine's
  };
  // Whose state it is, and how it was left.
  struct About {
    std::string pool;
    bool client_clock = false;
    std::uint64_t core_version = 0;
    std::uint64_t incarnation = 0;
    std::uint64_t term = 0;  // of the last who led
    Durability::Kind durability = Durability::Kind::group;
    bool clean = false;
  };
  // What an accepted torn tail cost.
  struct Vanished {
    std::uint64_t groups = 0;  // at least so many
    std::uint64_t last_kept = 0;
    std::uint64_t last_record = 0;
  };
  struct Counts {
    std::uint64_t writes = 0;  // each of one group or of several
    std::uint64_t syncs = 0;
    std::uint64_t bytes_compacted = 0;  // rewritten by RocksDB; stays 0
  };

  // Opens the state or makes it, and looks whether all of it is there. What it refuses it leaves as
  // it is.
  static Status open(Options options, std::unique_ptr<RocksJournal>& journal);
  ~RocksJournal() override;

  void on_moved(std::function<void()> moved) override;
  void on_moving(const std::function<void()>& moving) override;
  Status lead(std::uint64_t& term) override;
  [[nodiscard]] std::uint64_t incarnation() const override;
  void expect() override;
  std::uint64_t append(std::span<const Record> records) override;
  [[nodiscard]] std::uint64_t durable() const override;
  [[nodiscard]] std::size_t ahead_bytes() const override;
  [[nodiscard]] Status trouble() const override;
  Status read(std::uint64_t from, const std::function<bool(const Record&)>& each) override;
  void share(std::uint64_t from, std::size_t records_max, std::vector<Group>& into) override;
  [[nodiscard]] std::uint64_t oldest() const override;
  Status begin_snapshot(const Snapshot& of) override;
  Status add_to_snapshot(std::span<const std::byte> part) override;
  Status keep_snapshot() override;
  [[nodiscard]] std::vector<Snapshot> snapshots() const override;
  Status read_snapshot(std::uint64_t sequence,
                       const std::function<bool(std::span<const std::byte>)>& each) const override;
  void trim(std::uint64_t upto) override;
  [[nodiscard]] std::uint64_t bytes() const override;
  [[nodiscard]] std::uint64_t free_bytes() const override;
  [[nodiscard]] std::string_view durability() const override;

  // Ends as it should: what was appended is synced, and the next start is told that all is there.
  // Who only destroys it gets the same but never hears of trouble.
  // Requires: nothing is appended afterwards.
  Status close();

  [[nodiscard]] About about() const;
  // From now on this record is read as one that is refused as quarantined; what it said is kept.
  // Requires: it is kept.
  Status quarantine(std::uint64_t sequence);
  [[nodiscard]] std::vector<std::uint64_t> quarantined() const;

  // The last record there was when it was opened; 0 = none.
  [[nodiscard]] std::uint64_t newest() const;
  // After opening with accept_torn_tail; nothing when nothing was torn.
  [[nodiscard]] const std::optional<Vanished>& vanished() const;
  [[nodiscard]] Counts counts() const;

 private:
  class Disk;  // the state as RocksDB keeps it: see journal_rocksdb_disk.h
  class Thread;

  explicit RocksJournal(std::unique_ptr<Disk> disk);
  // What cannot be kept is as final as what cannot be written; nothing is tried after either.
  Status unless_failed(const std::function<Status()>& act);

  // A callback, which may be set while the thread runs.
  class Listener {
   public:
    void set(std::function<void()> told);
    void tell();

   private:
    std::mutex mutex_;
    std::function<void()> told_;
  };

  std::unique_ptr<Disk> disk_;
  std::string durability_;
  Listener moved_;
  std::unique_ptr<Thread> thread_;
};

}  // namespace usher
