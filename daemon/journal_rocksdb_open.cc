// Opening the state: what makes it RocksDB's, whose it is, and whether all of it is there.

#include <fmt/format.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>

#include "daemon/journal_rocksdb_disk.h"
#include "daemon/journal_torn.h"
#include "daemon/log.h"
#include "routing/check.h"
#include "routing/endian.h"
#include "routing/saved_state.h"

namespace usher {

namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t journal_format = 2;

constexpr std::size_t memtable_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t memtable_bytes_min = 256 * 1024;
// On a small file system a flush must find room for the memtable and its copy, and still leave
// enough to go on: measured with 64 MB of disk.
constexpr std::size_t memtables_per_disk = 16;
constexpr std::size_t snapshot_memtable_bytes_max = 16 * 1024 * 1024;
constexpr std::size_t meta_memtable_bytes = 256 * 1024;

const std::string meta_key = "state";
const std::string snapshots_key = "snapshots";
const std::string quarantine_key = "quarantine";

constexpr std::size_t meta_bytes = 2 + 1 + 1 + 8 + 1 + 8 + 8 + 8 + 8 + 8 + 8;
constexpr std::size_t kept_bytes = 6 * 8;

std::size_t memtable_bytes_for(const std::string& directory) {
  struct statvfs disk {};
  if (statvfs(directory.c_str(), &disk) != 0) return memtable_bytes_max;
  const std::uint64_t bytes = std::uint64_t{disk.f_blocks} * disk.f_frsize;
  return std::clamp<std::uint64_t>(bytes / memtables_per_disk, memtable_bytes_min,
                                   memtable_bytes_max);
}

bool is_log_file(const fs::path& path) { return path.extension() == ".log"; }
bool is_table_file(const fs::path& path) { return path.extension() == ".sst"; }

// Whether a corruption that RocksDB found is within a write-ahead log: what else is damaged it
// names, and of a log that is gone there is nothing to keep.
bool is_within_a_log(const std::string& text) {
  const auto named = [&](const char* what) { return text.find(what) != std::string::npos; };
  return !named(".sst") && !named("MANIFEST-") && !named("CURRENT") && !named("Missing WAL");
}

// What RocksDB has to say goes where we log. A file of its own would be written to when the disk is
// full, which it takes for a bug of ours once that failed.
class Told final : public rocksdb::Logger {
 public:
  Told() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::array<char, 512> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    log_warning(fmt::format("RocksDB: {}", line.data()));
  }
};

// Written by hand, because a struct's padding is nobody's.
class Packer {
 public:
  template <class T>
  void add(T value) {
    bytes_.resize(bytes_.size() + sizeof(T));
    store_little(reinterpret_cast<std::byte*>(bytes_.data() + bytes_.size() - sizeof(T)), value);
  }
  void add(const PoolName& name) { bytes_.append(name.data(), name.size()); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Requires: never asked for more than there is.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T take() {
    const T value = load_little<T>(reinterpret_cast<const std::byte*>(bytes_.data()));
    bytes_.remove_prefix(sizeof(T));
    return value;
  }
  PoolName take_name() {
    PoolName name{};
    std::ranges::copy(bytes_.substr(0, name.size()), name.begin());
    bytes_.remove_prefix(name.size());
    return name;
  }

 private:
  std::string_view bytes_;
};

// A group in a write-ahead log.
struct Logged {
  std::uint64_t at = 0;
  std::uint64_t group = 0;
  std::uint64_t record = 0;  // its last one
};

// Where a log is damaged, and the groups that are whole in it.
std::optional<std::uint64_t> look_into(const fs::path& log, std::vector<Logged>& groups) {
  return damage_in_log(log, [&](std::uint64_t at, std::span<const std::byte> write) {
    values_of_write(write, [&](std::span<const std::byte> value) {
      GroupView group;
      if (!read_group(value, group).ok() || group.runs.empty()) return;
      const GroupView::Run& run = group.runs.back();
      groups.push_back({.at = at, .group = group.number, .record = run.first + run.count - 1});
    });
  });
}

}  // namespace

Status RocksJournal::Disk::open(Options options, std::unique_ptr<Disk>& disk) {
  CHECK(options.random != nullptr);
  disk.reset(new Disk(std::move(options)));
  Status status = disk->open_or_refuse();
  if (!status.ok()) disk.reset();
  return status;
}

RocksJournal::Disk::~Disk() { close_database(); }

void RocksJournal::Disk::close_database() {
  if (database_ == nullptr) return;
  for (auto* family : {log_, snap_, meta_family_}) {
    (void)database_->DestroyColumnFamilyHandle(family);
  }
  (void)database_->Close();
  database_.reset();
}

Status RocksJournal::Disk::open_or_refuse() {
  path_ = options_.directory;
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) {
    return Status::trouble(
        fmt::format("the journal's directory {} cannot be made: {}", path_, error.message()));
  }
  if (options_.memtable_bytes == 0) options_.memtable_bytes = memtable_bytes_for(path_);
  Status status = open_strictly();
  if (!status.ok() && damaged_ && options_.accept_torn_tail) status = open_before_damage();
  if (!status.ok()) return status;
  if (status = check_core_version(); !status.ok()) return status;
  if (options_.whoever_it_is) return {};
  const bool doubtful = meta_.durability != Durability::Kind::group && !meta_.clean;
  if (meta_.incarnation == 0 || doubtful || vanished_) {
    meta_.incarnation = options_.random();
    return write_meta();
  }
  return {};
}

Status RocksJournal::Disk::open_strictly() {
  if (Status status = look_at_files(); !status.ok()) return status;
  if (Status status = open_database(Strictness::strict); !status.ok()) return status;
  if (Status status = read_meta(); !status.ok()) return status;
  return check();
}

// RocksDB's mode for it keeps what stands before the first damage of the write-ahead log. What of
// the groups does not hang together even then is beyond it.
Status RocksJournal::Disk::open_before_damage() {
  close_database();
  if (Status status = open_database(Strictness::before_damage); !status.ok()) return status;
  if (Status status = read_meta(); !status.ok()) return status;
  if (Status status = check(); !status.ok()) return status;
  // What was damaged itself was at least one.
  const std::uint64_t gone = logged_ > tip_.group ? logged_ - tip_.group : 1;
  vanished_ = Vanished{.groups = gone, .last_kept = tip_.group, .last_record = tip_.record};
  return {};
}

// What RocksDB would not complain about.
Status RocksJournal::Disk::look_at_files() {
  std::error_code error;
  std::vector<fs::path> logs;
  bool tables = false;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    if (is_log_file(entry.path())) logs.push_back(entry.path());
    tables = tables || is_table_file(entry.path());
  }
  std::string manifest;
  std::ifstream(fs::path(path_) / "CURRENT") >> manifest;
  if (manifest.empty() && (tables || !logs.empty())) {
    // It would take this for a new state and delete what is there.
    return beyond("its file CURRENT is missing or empty, but there are data");
  }
  if (!manifest.empty()) {
    // It says which files count: before damage in it are other ones, which is no torn tail.
    const fs::path file = fs::path(path_) / manifest;
    std::vector<Logged> none;
    if (const auto damaged = look_into(file, none)) {
      return beyond(fmt::format("{} makes no sense at byte {}", file.string(), *damaged));
    }
  }
  std::ranges::sort(logs);
  std::string where;
  logged_ = 0;
  for (const fs::path& log : logs) {
    std::vector<Logged> groups;
    const auto damaged = look_into(log, groups);
    if (!groups.empty()) logged_ = std::max(logged_, groups.back().group);
    if (!damaged || !where.empty()) continue;
    where = fmt::format("{} makes no sense at byte {}", log.string(), *damaged);
    const auto behind =
        std::ranges::find_if(groups, [&](const Logged& one) { return one.at > *damaged; });
    if (behind != groups.begin()) {
      where += fmt::format(", behind group {} (record {})", std::prev(behind)->group,
                           std::prev(behind)->record);
    }
    if (behind != groups.end()) {
      where += fmt::format(", and goes on up to group {}", groups.back().group);
    }
  }
  return where.empty() ? Status() : damage(where);
}

// RocksDB goes on for a while, in memory, after its log is on the disk.
class RocksJournal::Disk::Synced : public rocksdb::EventListener {
 public:
  bool ShouldBeNotifiedOnFileIO() override { return true; }
  void OnFileSyncFinish(const rocksdb::FileOperationInfo& info) override {
    if (info.status.ok() && info.path.ends_with(".log")) listener.tell();
  }

  Listener listener;
};

void RocksJournal::Disk::on_synced(std::function<void()> synced) {
  synced_->listener.set(std::move(synced));
}

rocksdb::Options RocksJournal::Disk::database_options(Strictness strictness) const {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;
  if (strictness == Strictness::before_damage) {
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    options.track_and_verify_wals_in_manifest = false;
  }
  // Two of the memtables' sizes: what no family has flushed for so long is flushed for the log's
  // sake.
  options.max_total_wal_size = 2 * options_.memtable_bytes;
  // What failed is not tried again behind our back.
  options.max_bgerror_resume_count = 0;
  options.statistics = statistics_;
  options.listeners = {synced_};
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.info_log = std::make_shared<Told>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  if (options_.env != nullptr) options.env = options_.env;
  return options;
}

// Keys only grow, so every file is moved down as it is and nothing is ever written twice. Levels
// have no size to outgrow.
std::vector<rocksdb::ColumnFamilyDescriptor> RocksJournal::Disk::families() const {
  rocksdb::ColumnFamilyOptions log;
  log.compression = rocksdb::kNoCompression;
  log.num_levels = 2;
  log.level0_file_num_compaction_trigger = 2;
  log.level0_slowdown_writes_trigger = 1000;
  log.level0_stop_writes_trigger = 2000;
  log.max_bytes_for_level_base = std::uint64_t{1} << 40;
  log.write_buffer_size = options_.memtable_bytes;
  // Two being flushed make nobody wait.
  log.max_write_buffer_number = 4;
  rocksdb::ColumnFamilyOptions snap = log;
  snap.write_buffer_size = std::min(options_.memtable_bytes, snapshot_memtable_bytes_max);
  rocksdb::ColumnFamilyOptions meta = log;
  meta.write_buffer_size = meta_memtable_bytes;
  return {{rocksdb::kDefaultColumnFamilyName, meta}, {"log", log}, {"snap", snap}, {"meta", meta}};
}

Status RocksJournal::Disk::open_database(Strictness strictness) {
  synced_ = std::make_shared<Synced>();
  statistics_ = rocksdb::CreateDBStatistics();
  statistics_->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(database_options(strictness), path_, families(), &handles, &database);
  if (opened.ok()) {
    database_.reset(database);
    (void)database_->DestroyColumnFamilyHandle(handles[0]);
    log_ = handles[1];
    snap_ = handles[2];
    meta_family_ = handles[3];
    return {};
  }
  const std::string text = opened.ToString();
  const bool denied = text.find("Permission denied") != std::string::npos;
  if (opened.IsIOError() && !denied && text.find("lock") != std::string::npos) {
    return Status::trouble(fmt::format(
        "the journal in {} is in use by another usherd; a state directory belongs to one ({})",
        path_, text));
  }
  if (!opened.IsCorruption()) {
    return Status::trouble(fmt::format("the journal in {} cannot be opened: {}", path_, text));
  }
  return strictness == Strictness::strict && is_within_a_log(text) ? damage(text) : beyond(text);
}

// For who may accept it.
Status RocksJournal::Disk::damage(const std::string& what) {
  damaged_ = true;
  return Status::trouble(fmt::format(
      "the journal in {} is damaged: {}; restore a copy, or start once with --accept-torn-tail, "
      "which goes on from before the damage and loses what is behind it",
      path_, what));
}

// For nobody: only a copy helps.
Status RocksJournal::Disk::beyond(const std::string& what) const {
  return trouble(what + "; restore a copy of the whole directory");
}

Status RocksJournal::Disk::read_meta() {
  std::string bytes;
  const rocksdb::Status read =
      database_->Get(rocksdb::ReadOptions(), meta_family_, meta_key, &bytes);
  if (read.IsNotFound()) {
    const std::unique_ptr<rocksdb::Iterator> at(
        database_->NewIterator(rocksdb::ReadOptions(), log_));
    at->SeekToFirst();
    if (at->Valid()) return trouble("it has groups, but nothing says whose they are");
    meta_ = {.format = journal_format,
             .pool = pool_name(options_.pool),
             .client_clock = options_.client_clock,
             .core_version = options_.core_version};
  } else if (!read.ok()) {
    return trouble(read.ToString());
  } else if (Status status = decode_meta(bytes); !status.ok()) {
    return status;
  }
  first_group_ = meta_.first_group;
  first_record_ = meta_.first_record;

  quarantined_.clear();
  const rocksdb::Status in_quarantine =
      database_->Get(rocksdb::ReadOptions(), meta_family_, quarantine_key, &bytes);
  if (in_quarantine.ok()) {
    Unpacker unpacker(bytes);
    for (std::size_t i = 0; i < bytes.size() / 8; ++i) {
      quarantined_.push_back(unpacker.take<std::uint64_t>());
    }
  } else if (!in_quarantine.IsNotFound()) {
    return trouble(in_quarantine.ToString());
  }

  snapshots_.clear();
  const rocksdb::Status listed =
      database_->Get(rocksdb::ReadOptions(), meta_family_, snapshots_key, &bytes);
  if (listed.IsNotFound()) return {};
  if (!listed.ok()) return trouble(listed.ToString());
  if (bytes.size() % kept_bytes != 0) return trouble("its list of snapshots makes no sense");
  Unpacker unpacker(bytes);
  for (std::size_t i = 0; i < bytes.size() / kept_bytes; ++i) {
    Kept& kept = snapshots_.emplace_back();
    kept.number = unpacker.take<std::uint64_t>();
    kept.snapshot.sequence = unpacker.take<std::uint64_t>();
    kept.snapshot.event = unpacker.take<std::uint64_t>();
    kept.snapshot.wall_ms = unpacker.take<std::int64_t>();
    kept.snapshot.bytes = unpacker.take<std::uint64_t>();
    kept.digest = unpacker.take<std::uint64_t>();
    snapshots_made_ = snapshots_.back().number;
  }
  return {};
}

Status RocksJournal::Disk::decode_meta(std::string_view bytes) {
  Unpacker unpacker(bytes);
  const std::uint16_t format = bytes.size() >= 2 ? unpacker.take<std::uint16_t>() : 0;
  if (format > journal_format) {
    return Status::trouble(
        fmt::format("the journal in {} has format {}, which a newer usherd wrote; this one reads "
                    "formats up to {}",
                    path_, format, journal_format));
  }
  if (format < journal_format) {
    return Status::trouble(
        fmt::format("the journal in {} has format {}, which this usherd no longer reads (it reads "
                    "{}); begin with an empty server.state",
                    path_, format, journal_format));
  }
  if (bytes.size() != meta_bytes) return trouble("its meta data make no sense");
  meta_.format = format;
  const auto durability = unpacker.take<std::uint8_t>();
  if (durability > static_cast<std::uint8_t>(Durability::Kind::none)) {
    return trouble(fmt::format("its durability is {}, of 0 to 2", durability));
  }
  meta_.durability = static_cast<Durability::Kind>(durability);
  meta_.clean = unpacker.take<std::uint8_t>() != 0;
  meta_.pool = unpacker.take_name();
  meta_.client_clock = unpacker.take<std::uint8_t>() != 0;
  meta_.core_version = unpacker.take<std::uint64_t>();
  meta_.incarnation = unpacker.take<std::uint64_t>();
  meta_.term = unpacker.take<std::uint64_t>();
  meta_.first_group = unpacker.take<std::uint64_t>();
  meta_.first_record = unpacker.take<std::uint64_t>();
  meta_.previous = unpacker.take<std::uint64_t>();
  return check_meta();
}

// Whether the state is for who opens it.
Status RocksJournal::Disk::check_meta() const {
  if (options_.whoever_it_is) return {};
  if (meta_.pool != pool_name(options_.pool)) {
    return Status::trouble(fmt::format("the journal in {} is of pool \"{}\", not of \"{}\"", path_,
                                       text_of(meta_.pool), options_.pool));
  }
  if (meta_.client_clock != options_.client_clock) {
    const auto clock = [](bool client) { return client ? "a client's clock" : "the real clock"; };
    return Status::trouble(fmt::format(
        "the journal in {} is of a pool by {}, and this usherd goes by {}; give it a directory of "
        "its own in server.state",
        path_, clock(meta_.client_clock), clock(options_.client_clock)));
  }
  return {};
}

// Another routing core could decide otherwise on the same records. It goes on from a sealed state,
// behind which there are none; what is before it counts until lead().
Status RocksJournal::Disk::check_core_version() {
  if (options_.whoever_it_is || meta_.core_version == options_.core_version) return {};
  const std::string who = fmt::format(
      "the journal in {} was written by a routing core of version {:016x}, and this one is {:016x}",
      path_, meta_.core_version, options_.core_version);
  if (const auto format = format_of_newest_state(); format.value_or(state_format) != state_format) {
    return Status::trouble(
        fmt::format("{}: its newest state is of format {}, and this usherd reads format {}; go on "
                    "with the usherd that wrote it, or begin with an empty server.state",
                    who, *format, state_format));
  }
  const bool sealed = meta_.clean && (tip_.record == 0 || is_sealed());
  if (!sealed) {
    return Status::trouble(fmt::format(
        "{}: other decisions could follow from the same records; start the usherd that wrote it "
        "once with --seal, which keeps the state that follows from them, and then this one",
        who));
  }
  if (tip_.record > 0) {
    if (Status status = try_newest_state(); !status.ok()) {
      return Status::trouble(
          fmt::format("{} and goes on from the newest state alone: {}", who, status.text()));
    }
  }
  of_another_core_ = true;
  return {};
}

// What another core left is looked at as a whole while it can still go back to what is before it.
Status RocksJournal::Disk::try_newest_state() const {
  Router::Loader loader;
  const Status whole = read_snapshot(
      tip_.record, [&](std::span<const std::byte> part) { return loader.take(part); });
  if (!whole.ok()) {
    return Status::trouble(fmt::format(
        "{}; nothing was changed: start the usherd that wrote it once with --seal, which goes on "
        "from the state before and keeps the newest again, and then this one",
        whole.text()));
  }
  if (loader.finish()) return {};
  return Status::trouble(fmt::format(
      "the state of record {} cannot be used: {}; nothing was changed: go on with the usherd that "
      "wrote it, or begin with an empty server.state",
      tip_.record, loader.trouble()));
}

std::optional<std::uint32_t> RocksJournal::Disk::format_of_newest_state() const {
  std::optional<std::uint32_t> format;
  if (snapshots_.empty()) return format;
  const auto look = [&](std::span<const std::byte> part) {
    format = state_format_of(part);
    return false;
  };
  (void)each_chunk(snapshots_.back(), look);
  return format;
}

bool RocksJournal::Disk::is_sealed() const {
  return !snapshots_.empty() && snapshots_.back().snapshot.sequence == tip_.record;
}

Status RocksJournal::Disk::write_meta() {
  Packer packer;
  packer.add(meta_.format);
  packer.add(static_cast<std::uint8_t>(meta_.durability));
  packer.add<std::uint8_t>(meta_.clean ? 1 : 0);
  packer.add(meta_.pool);
  packer.add<std::uint8_t>(meta_.client_clock ? 1 : 0);
  packer.add(meta_.core_version);
  packer.add(meta_.incarnation);
  packer.add(meta_.term);
  packer.add(meta_.first_group);
  packer.add(meta_.first_record);
  packer.add(meta_.previous);
  CHECK(packer.bytes().size() == meta_bytes);
  Packer list;
  for (const Kept& kept : snapshots_) {
    list.add(kept.number);
    list.add(kept.snapshot.sequence);
    list.add(kept.snapshot.event);
    list.add(kept.snapshot.wall_ms);
    list.add(kept.snapshot.bytes);
    list.add(kept.digest);
  }
  Packer in_quarantine;
  for (const std::uint64_t one : quarantined_) in_quarantine.add(one);
  rocksdb::WriteBatch batch;
  rocksdb::WriteOptions synced;
  synced.sync = true;
  rocksdb::Status status = batch.Put(meta_family_, meta_key, packer.bytes());
  if (status.ok()) status = batch.Put(meta_family_, snapshots_key, list.bytes());
  if (status.ok()) status = batch.Put(meta_family_, quarantine_key, in_quarantine.bytes());
  if (status.ok()) status = database_->Write(synced, &batch);
  if (status.ok()) return {};
  return Status::trouble(
      fmt::format("the journal in {} cannot be written: {}", path_, status.ToString()));
}

// From the group that the first one behind the newest snapshot follows, or, when that cannot be
// read any more, without it: the snapshot has its records.
RocksJournal::Disk::Tip RocksJournal::Disk::begin_of_check(std::uint64_t last) const {
  if (snapshots_.empty() || last < meta_.first_group) return before(meta_.first_group);
  const std::uint64_t next = find(snapshots_.back().snapshot.sequence + 1, last);
  if (next > last) return before(last);
  if (next == meta_.first_group) return before(next);
  GroupView view;
  rocksdb::PinnableSlice bytes;
  return before(fetch(next - 1, view, bytes).ok() ? next - 1 : next);
}

// Every group from the newest snapshot on is there, whole, and follows the one before: what
// recovery will read. Older groups were looked at when they were that, and are again when they are
// read.
Status RocksJournal::Disk::check() {
  std::uint64_t last = 0;
  {
    const std::unique_ptr<rocksdb::Iterator> at(
        database_->NewIterator(rocksdb::ReadOptions(), log_));
    at->SeekToLast();
    if (!at->status().ok()) return beyond(at->status().ToString());
    if (at->Valid() && at->key().size() == 8) last = load_big<std::uint64_t>(at->key().data());
  }
  if (last < meta_.first_group && meta_.first_group > 1) {
    return trouble(fmt::format("group {} and all behind it are missing", meta_.first_group));
  }
  Tip tip = begin_of_check(last);
  Status status = each_group(tip, last, [&](const GroupView&, const Tip& reached) {
    tip = reached;
    return true;
  });
  if (!status.ok()) {
    damaged_ = true;
    return status;
  }
  tip_ = tip;
  if (!snapshots_.empty() && snapshots_.back().snapshot.sequence > tip_.record) {
    return trouble(fmt::format("its newest snapshot is of record {}, but its records end at {}",
                               snapshots_.back().snapshot.sequence, tip_.record));
  }
  return {};
}

RocksJournal::About RocksJournal::Disk::about() const {
  const std::lock_guard lock(meta_mutex_);
  return {.pool = text_of(meta_.pool),
          .client_clock = meta_.client_clock,
          .core_version = meta_.core_version,
          .incarnation = meta_.incarnation,
          .term = meta_.term,
          .durability = meta_.durability,
          .clean = meta_.clean};
}

// Beside the record, whose group stays as the chain has it.
Status RocksJournal::Disk::quarantine(std::uint64_t sequence) {
  const std::lock_guard lock(meta_mutex_);
  if (std::ranges::find(quarantined_, sequence) != quarantined_.end()) return {};
  quarantined_.push_back(sequence);
  return write_meta();
}

std::vector<std::uint64_t> RocksJournal::Disk::quarantined() const {
  const std::lock_guard lock(meta_mutex_);
  return quarantined_;
}

Status RocksJournal::Disk::lead(std::uint64_t& term) {
  const std::lock_guard lock(meta_mutex_);
  if (of_another_core_) {
    if (Status status = take_over(); !status.ok()) return status;
  }
  ++meta_.term;
  meta_.durability = options_.durability.kind;
  meta_.clean = false;
  term = meta_.term;
  return write_meta();
}

// Nothing before the newest state counts for this core, with the first word that is its own. The
// files stay until something is trimmed, which is when this core has kept states itself.
Status RocksJournal::Disk::take_over() {
  of_another_core_ = false;
  meta_.core_version = options_.core_version;
  if (tip_.record == 0) return {};
  GroupView view;
  rocksdb::PinnableSlice bytes;
  if (Status status = fetch(tip_.group, view, bytes); !status.ok()) return status;
  count_from(view, tip_.record);
  return {};
}

Status RocksJournal::Disk::seal() {
  const std::lock_guard lock(meta_mutex_);
  meta_.clean = true;
  return write_meta();
}

std::uint64_t RocksJournal::Disk::bytes_compacted() const {
  double bytes = 0;
  for (auto* family : {log_, snap_}) {
    std::map<std::string, std::string> told;
    if (!database_->GetMapProperty(family, rocksdb::DB::Properties::kCFStats, &told)) continue;
    const auto written = told.find("compaction.L1.WriteGB");  // there once L1 has something
    if (written != told.end()) bytes += std::stod(written->second) * 1024 * 1024 * 1024;
  }
  return static_cast<std::uint64_t>(bytes);
}

std::uint64_t RocksJournal::Disk::bytes() const {
  std::uint64_t bytes = 0;
  for (auto* family : {log_, snap_}) {
    for (const std::string& what : {rocksdb::DB::Properties::kTotalSstFilesSize,
                                    rocksdb::DB::Properties::kCurSizeAllMemTables}) {
      std::uint64_t part = 0;
      if (database_->GetIntProperty(family, what, &part)) bytes += part;
    }
  }
  return bytes;
}

}  // namespace usher
