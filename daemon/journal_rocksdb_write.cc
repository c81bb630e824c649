// Writing groups and snapshots, and forgetting what is older than they need.

#include <fmt/format.h>
#include <rocksdb/convenience.h>

#include <algorithm>
#include <array>

#include "daemon/journal_rocksdb_disk.h"
#include "daemon/log.h"
#include "routing/check.h"
#include "routing/endian.h"

namespace usher {

namespace {

constexpr std::size_t chunk_bytes = 1024 * 1024;
// A damaged one is no loss while there are the one before it and the records behind that.
constexpr std::size_t snapshots_kept = 2;
// The memtable is emptied by whoever fills it, so that groups are never kept waiting for that.
constexpr std::size_t chunks_per_flush = 8;

std::array<char, 8> key_of(std::uint64_t group) {
  std::array<char, 8> key;
  store_big(key.data(), group);
  return key;
}
// Of a chunk: the snapshot's number, then the chunk's.
std::array<char, 12> key_of(std::uint64_t snapshot, std::size_t chunk) {
  std::array<char, 12> key;
  store_big(key.data(), snapshot);
  store_big(key.data() + 8, static_cast<std::uint32_t>(chunk));
  return key;
}

template <std::size_t N>
rocksdb::Slice slice_of(const std::array<char, N>& key) {
  return {key.data(), N};
}

// Drops the files that have nothing but keys below `end`. What shares a file with something newer
// goes with it: nothing is written to delete, so nothing is ever compacted.
rocksdb::Status drop_before(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* family,
                            const rocksdb::Slice& end) {
  const rocksdb::Slice begin;
  return rocksdb::DeleteFilesInRange(&database, family, &begin, &end, false);
}

}  // namespace

Status RocksJournal::Disk::write(std::uint64_t first, std::span<const Bytes> groups, bool synced) {
  std::size_t bytes = 0;
  for (const Bytes& group : groups) bytes += group.size() + 64;
  rocksdb::WriteBatch batch(bytes);
  rocksdb::Status status;
  for (const Bytes& group : groups) {
    const auto key = key_of(first++);
    status =
        batch.Put(log_, slice_of(key), {reinterpret_cast<const char*>(group.data()), group.size()});
    CHECK(status.ok());
  }
  rocksdb::WriteOptions options;
  options.sync = synced;
  status = database_->Write(options, &batch);
  if (status.ok()) return {};
  return Status::trouble(fmt::format(
      "the journal in {}: groups {} to {} cannot be written: {}; nothing is acknowledged any more",
      path_, first - groups.size(), first - 1, status.ToString()));
}

Status RocksJournal::Disk::sync() {
  const rocksdb::Status status = database_->SyncWAL();
  if (status.ok()) return {};
  return Status::trouble(
      fmt::format("the journal in {} cannot be synced: {}; nothing is acknowledged any more", path_,
                  status.ToString()));
}

// The chunks stay out of the write-ahead log, where every sync of a group would have to carry them:
// they are in their files before anything says that there is such a snapshot.
Status RocksJournal::Disk::keep_snapshot(std::uint64_t sequence, std::span<const std::byte> state) {
  const Kept kept{.number = ++snapshots_made_,
                  .sequence = sequence,
                  .bytes = state.size(),
                  .digest = checksum_of(state)};
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  rocksdb::Status status;
  std::size_t chunk = 0;
  for (; chunk * chunk_bytes < state.size() && status.ok(); ++chunk) {
    const auto part = state.subspan(chunk * chunk_bytes)
                          .first(std::min(chunk_bytes, state.size() - chunk * chunk_bytes));
    const auto key = key_of(kept.number, chunk);
    status = database_->Put(unlogged, snap_, slice_of(key),
                            {reinterpret_cast<const char*>(part.data()), part.size()});
    if (status.ok() && (chunk + 1) % chunks_per_flush == 0) {
      status = database_->Flush(rocksdb::FlushOptions(), snap_);
    }
  }
  if (status.ok()) status = database_->Flush(rocksdb::FlushOptions(), snap_);
  if (!status.ok()) {
    return Status::trouble(fmt::format("the journal in {}: a snapshot cannot be written: {}", path_,
                                       status.ToString()));
  }
  const std::lock_guard lock(meta_mutex_);
  snapshots_.push_back(kept);
  if (snapshots_.size() > snapshots_kept) snapshots_.erase(snapshots_.begin());
  if (Status written = write_meta(); !written.ok()) return written;
  const auto end = key_of(snapshots_.front().number, 0);
  status = drop_before(*database_, snap_, slice_of(end));
  if (status.ok()) return {};
  return Status::trouble(fmt::format("the journal in {}: an old snapshot cannot be deleted: {}",
                                     path_, status.ToString()));
}

std::optional<Journal::Snapshot> RocksJournal::Disk::newest_snapshot() const {
  std::vector<Kept> all;
  {
    const std::lock_guard lock(meta_mutex_);
    all = snapshots_;
  }
  for (auto next = all.rbegin(); next != all.rend(); ++next) {
    const Kept& kept = *next;
    Snapshot snapshot{.sequence = kept.sequence, .state = {}};
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    rocksdb::Status status;
    for (std::size_t chunk = 0; snapshot.state.size() < kept.bytes && status.ok(); ++chunk) {
      const auto key = key_of(kept.number, chunk);
      rocksdb::PinnableSlice part;
      status = database_->Get(options, snap_, slice_of(key), &part);
      const auto bytes = std::as_bytes(std::span(part.data(), part.size()));
      snapshot.state.insert(snapshot.state.end(), bytes.begin(), bytes.end());
    }
    if (status.ok() && checksum_of(snapshot.state) == kept.digest) return snapshot;
    log_warning(fmt::format(
        "the journal in {}: the snapshot of record {} is damaged ({}); the one before it counts",
        path_, kept.sequence, status.ok() ? "its digest is another" : status.ToString()));
  }
  return std::nullopt;
}

Status RocksJournal::Disk::trim(std::uint64_t upto, std::uint64_t last) {
  if (last == 0) return {};
  std::uint64_t group = 0;
  if (Status status = find(upto + 1, last, group); !status.ok()) return status;
  group = std::min(group, last);
  if (group == first_group_.load()) return {};
  GroupView view;
  rocksdb::PinnableSlice bytes;
  if (Status status = fetch(group, view, bytes); !status.ok()) return status;
  {
    // Said before it is done: what is gone is never looked for.
    const std::lock_guard lock(meta_mutex_);
    meta_.first_group = group;
    meta_.first_record = view.runs.front().first;
    meta_.previous = view.previous;
    if (Status status = write_meta(); !status.ok()) return status;
    first_group_ = group;
    first_record_ = meta_.first_record;
  }
  // Files are all that can be dropped, so what is in memory becomes one.
  const auto key = key_of(group);
  rocksdb::Status status = database_->Flush(rocksdb::FlushOptions(), log_);
  if (status.ok()) status = drop_before(*database_, log_, slice_of(key));
  if (status.ok()) return {};
  return Status::trouble(
      fmt::format("the journal in {}: old groups cannot be deleted: {}", path_, status.ToString()));
}

}  // namespace usher
