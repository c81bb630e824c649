#include "daemon/journal_rocksdb.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "daemon/handover.h"
#include "daemon/journal_rocksdb_disk.h"
#include "daemon/log.h"
#include "routing/check.h"

namespace usher {

namespace {

// Groups that may wait for the thread. Far more than ever wait: the core stops at ahead_bytes_max.
constexpr std::size_t groups_waiting_max = 4096;
// What goes into one write, so that the first of many groups need not wait for all of them.
constexpr std::size_t write_bytes_max = 16 * group_bytes_max;

}  // namespace

std::uint64_t free_bytes_of(const std::string& directory) {
  struct statvfs disk {};
  if (statvfs(directory.c_str(), &disk) != 0) return 0;
  return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

void RocksJournal::Listener::set(std::function<void()> told) {
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
}
void RocksJournal::Listener::tell() {
  const std::lock_guard lock(mutex_);
  if (told_) told_();
}

// Takes groups from the core's thread and makes them durable in one of its own.
class RocksJournal::Thread {
 public:
  Thread(Disk& disk, Listener& moved, std::uint64_t term)
      : disk_(disk),
        moved_(moved),
        term_(term),
        pool_(pool_name(disk.options().pool)),
        previous_(disk.tip().checksum),
        appended_(disk.tip().group),
        record_(disk.tip().record),
        durable_(disk.tip().group) {
    waiting_.on_ring([this] { wake(); });
    waiting_.on_ring_back([this] { wake(); });
    thread_ = std::thread([this] { run(); });
  }

  ~Thread() { stop(); }

  // Once what was appended is written, synced, and said to be all of it, or there is trouble.
  void stop() {
    if (!thread_.joinable()) return;
    stop_ = true;
    wake();
    thread_.join();
  }

  // --- the core's thread ---

  // A thread that writes needs no waking.
  void expect() {
    if (ahead_ == 0) waiting_.announce();
  }

  std::uint64_t append(std::span<const Record> records) {
    CHECK(!records.empty());
    CHECK(record_ == 0 || records.front().stamp.sequence == record_ + 1);
    record_ = records.back().stamp.sequence;
    std::size_t next = 0;
    while (next < records.size()) {
      Bytes storage;
      (void)spare_.take(storage);
      GroupWriter group(appended_ + 1, term_, pool_, std::move(storage));
      while (next < records.size() && group.add(records[next])) ++next;
      hand_over(group.take());
    }
    waiting_.ring();
    return appended_;
  }

  // --- any thread ---

  [[nodiscard]] std::uint64_t durable() const { return durable_; }
  [[nodiscard]] std::size_t ahead_bytes() const { return ahead_; }
  [[nodiscard]] Counts counts() const { return {.writes = writes_, .syncs = syncs_}; }
  [[nodiscard]] Status trouble() const {
    return failed_ ? trouble_ : Status();  // set before failed_, and never again
  }

  void fail(Status trouble) {
    {
      const std::lock_guard lock(mutex_);
      if (failed_) return;
      trouble_ = std::move(trouble);
      failed_ = true;
    }
    changed_.notify_all();
    moved_.tell();
  }

  // Waits until all that was appended before is written, or never will be.
  void wait_for_appended() {
    const std::uint64_t wanted = appended_;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return durable_ >= wanted || failed_; });
  }

 private:
  using Clock = std::chrono::steady_clock;

  void wake() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_all();
  }

  void hand_over(Bytes&& group) {
    ahead_ += group.size();
    // Left untouched as long as there is no room. NOLINTNEXTLINE(bugprone-use-after-move)
    while (!waiting_.put(std::move(group))) {
      waiting_.ring();
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return waiting_.room() > 0; });
    }
    ++appended_;
  }

  void run() {
    const Durability& durability = disk_.options().durability;
    for (;;) {
      const bool stopping = stop_;  // read first: what was appended before is then seen below
      if (take() && !failed_) write();
      if (durability.kind == Durability::Kind::relaxed && unsynced_ && Clock::now() >= sync_by_) {
        sync();
      }
      if (!taken_.empty()) continue;
      if (stopping) break;
      if (waiting_.linger()) continue;
      std::unique_lock lock(mutex_);
      const auto woken = [&] { return std::exchange(rung_, false); };
      if (durability.kind == Durability::Kind::relaxed && unsynced_) {
        changed_.wait_until(lock, sync_by_, woken);
      } else {
        changed_.wait(lock, woken);
      }
    }
    if (unsynced_ && !failed_) sync();
    if (failed_) return;
    if (Status status = disk_.seal(); !status.ok()) fail(std::move(status));
  }

  // Everything that waits, within the bounds of one write; true when there is something.
  bool take() {
    for (Bytes& group : taken_) {
      if (spare_.room() > 0) CHECK(spare_.put(std::move(group)));
    }
    taken_.clear();
    std::size_t bytes = 0;
    Bytes group;
    while (bytes < write_bytes_max && waiting_.take(group)) {
      bytes += group.size();
      taken_.push_back(std::move(group));
    }
    waiting_.ring_back();
    return !taken_.empty();
  }

  void write() {
    std::size_t bytes = 0;
    for (Bytes& group : taken_) {
      previous_ = seal_group(group, previous_);
      bytes += group.size();
    }
    const bool synced = disk_.options().durability.kind == Durability::Kind::group;
    const std::uint64_t before = durable_;
    if (Status status = disk_.write(before + 1, taken_, synced); !status.ok()) {
      return fail(std::move(status));
    }
    ++writes_;
    if (synced) {
      ++syncs_;
    } else if (!unsynced_) {
      unsynced_ = true;
      sync_by_ = Clock::now() + std::chrono::milliseconds(disk_.options().durability.within_ms);
    }
    {
      const std::lock_guard lock(mutex_);
      durable_ = before + taken_.size();
    }
    ahead_ -= bytes;
    changed_.notify_all();
    moved_.tell();
  }

  void sync() {
    unsynced_ = false;
    if (Status status = disk_.sync(); !status.ok()) return fail(std::move(status));
    ++syncs_;
  }

  Disk& disk_;
  Listener& moved_;
  const std::uint64_t term_;
  const PoolName pool_;
  Handover<Bytes> waiting_{groups_waiting_max};
  Handover<Bytes> spare_{16};  // storage on its way back

  // The thread's.
  std::vector<Bytes> taken_;
  std::uint64_t previous_;
  bool unsynced_ = false;
  Clock::time_point sync_by_;

  std::atomic<std::uint64_t> appended_;
  std::uint64_t record_;  // the core's
  std::atomic<std::uint64_t> durable_;
  std::atomic<std::size_t> ahead_{0};
  std::atomic<std::uint64_t> writes_{0};
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
  Status trouble_;

  std::mutex mutex_;  // of rung_, and for waiting; taken once a group, never held over a write
  std::condition_variable changed_;
  bool rung_ = false;
  std::thread thread_;
};

RocksJournal::RocksJournal(std::unique_ptr<Disk> disk)
    : disk_(std::move(disk)), durability_(text_of(disk_->options().durability)) {}

RocksJournal::~RocksJournal() = default;

Status RocksJournal::open(Options options, std::unique_ptr<RocksJournal>& journal) {
  std::unique_ptr<Disk> disk;
  if (Status status = Disk::open(std::move(options), disk); !status.ok()) return status;
  journal.reset(new RocksJournal(std::move(disk)));
  return {};
}

void RocksJournal::on_moved(std::function<void()> moved) { moved_.set(std::move(moved)); }
void RocksJournal::on_moving(const std::function<void()>& moving) { disk_->on_synced(moving); }

Status RocksJournal::lead(std::uint64_t& term) {
  CHECK(thread_ == nullptr);
  if (Status status = disk_->lead(term); !status.ok()) return status;
  thread_ = std::make_unique<Thread>(*disk_, moved_, term);
  return {};
}

std::uint64_t RocksJournal::incarnation() const { return disk_->incarnation(); }

void RocksJournal::expect() { thread_->expect(); }

std::uint64_t RocksJournal::append(std::span<const Record> records) {
  return thread_->append(records);
}

std::uint64_t RocksJournal::durable() const { return thread_->durable(); }

std::size_t RocksJournal::ahead_bytes() const { return thread_->ahead_bytes(); }

Status RocksJournal::trouble() const { return thread_->trouble(); }

Status RocksJournal::read(std::uint64_t from, const std::function<bool(const Record&)>& each) {
  if (thread_ == nullptr) return disk_->read(from, disk_->tip().group, each);
  thread_->wait_for_appended();
  return disk_->read(from, durable(), each);
}

// What was appended is kept, and read once it is written.
void RocksJournal::share(std::uint64_t from, std::size_t records_max, std::vector<Group>& into) {
  thread_->wait_for_appended();
  const std::size_t before = into.size();
  const Status status = disk_->share(from, durable(), records_max, into);
  if (status.ok()) return;
  into.resize(before);
  if (from >= oldest()) log_error(status.text());  // not just trimmed meanwhile
}

std::uint64_t RocksJournal::oldest() const {
  const std::uint64_t last = thread_ == nullptr ? disk_->tip().group : durable();
  return last == 0 ? 0 : disk_->first_record();
}

Status RocksJournal::close() {
  if (thread_ == nullptr) return {};
  thread_->stop();
  return thread_->trouble();
}

RocksJournal::About RocksJournal::about() const { return disk_->about(); }

Status RocksJournal::quarantine(std::uint64_t sequence) { return disk_->quarantine(sequence); }

std::vector<std::uint64_t> RocksJournal::quarantined() const { return disk_->quarantined(); }

std::uint64_t RocksJournal::newest() const { return disk_->tip().record; }

Status RocksJournal::begin_snapshot(const Snapshot& of) {
  return unless_failed([&] { return disk_->begin_snapshot(of); });
}

Status RocksJournal::add_to_snapshot(std::span<const std::byte> part) {
  return unless_failed([&] { return disk_->add_to_snapshot(part); });
}

// Behind its records, without which it would say more than they do.
Status RocksJournal::keep_snapshot() {
  thread_->wait_for_appended();
  return unless_failed([&] { return disk_->keep_snapshot(); });
}

// RocksDB is not asked for anything more once it could not write: it takes that for a bug of ours.
Status RocksJournal::unless_failed(const std::function<Status()>& act) {
  if (Status status = thread_->trouble(); !status.ok()) return status;
  Status status = act();
  if (!status.ok()) thread_->fail(status);
  return status;
}

std::vector<Journal::Snapshot> RocksJournal::snapshots() const { return disk_->snapshots(); }

Status RocksJournal::read_snapshot(
    std::uint64_t sequence, const std::function<bool(std::span<const std::byte>)>& each) const {
  return disk_->read_snapshot(sequence, each);
}

std::uint64_t RocksJournal::bytes() const { return disk_->bytes(); }

void RocksJournal::trim(std::uint64_t upto) {
  (void)unless_failed([&] { return disk_->trim(upto, durable()); });
}

std::uint64_t RocksJournal::free_bytes() const { return free_bytes_of(disk_->options().directory); }

std::string_view RocksJournal::durability() const { return durability_; }

const std::optional<RocksJournal::Vanished>& RocksJournal::vanished() const {
  return disk_->vanished();
}

RocksJournal::Counts RocksJournal::counts() const {
  Counts counts = thread_->counts();
  counts.bytes_compacted = disk_->bytes_compacted();
  return counts;
}

}  // namespace usher
