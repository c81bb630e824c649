// Snapshots: keeping them in chunks, and reading them.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/journal_rocksdb_disk.h"
#include "routing/check.h"

namespace usher {

namespace {

constexpr std::size_t chunk_bytes = 1024 * 1024;
// The memtable is emptied by whoever fills it, so that groups are never kept waiting for that.
constexpr std::size_t chunks_per_flush = 8;

}  // namespace

Status RocksJournal::Disk::begin_snapshot(const Snapshot& of) {
  writing_ = std::make_unique<Writing>();
  writing_->kept.number = ++snapshots_made_;
  writing_->kept.snapshot = of;
  writing_->kept.snapshot.bytes = 0;
  return {};
}

Status RocksJournal::Disk::add_to_snapshot(std::span<const std::byte> part) {
  CHECK(writing_ != nullptr);
  writing_->checksum.add(part);
  writing_->kept.snapshot.bytes += part.size();
  while (!part.empty()) {
    Bytes& chunk = writing_->chunk;
    const std::size_t taken = std::min(part.size(), chunk_bytes - chunk.size());
    chunk.insert(chunk.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(taken));
    part = part.subspan(taken);
    if (chunk.size() < chunk_bytes) return {};
    if (Status status = write_chunk(); !status.ok()) return status;
  }
  return {};
}

// The chunks stay out of the write-ahead log, where every sync of a group would have to carry them:
// they are in their files before anything says that there is such a snapshot.
Status RocksJournal::Disk::write_chunk() {
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  Bytes& chunk = writing_->chunk;
  const auto key = key_of(writing_->kept.number, writing_->chunks++);
  rocksdb::Status status = database_->Put(
      unlogged, snap_, slice_of(key), {reinterpret_cast<const char*>(chunk.data()), chunk.size()});
  chunk.clear();
  if (status.ok() && writing_->chunks % chunks_per_flush == 0) {
    status = database_->Flush(rocksdb::FlushOptions(), snap_);
  }
  if (status.ok()) return {};
  return Status::trouble(
      fmt::format("the journal in {}: a snapshot cannot be written: {}", path_, status.ToString()));
}

Status RocksJournal::Disk::keep_snapshot() {
  CHECK(writing_ != nullptr);
  if (!writing_->chunk.empty()) {
    if (Status status = write_chunk(); !status.ok()) return status;
  }
  if (const auto status = database_->Flush(rocksdb::FlushOptions(), snap_); !status.ok()) {
    return Status::trouble(fmt::format("the journal in {}: a snapshot cannot be written: {}", path_,
                                       status.ToString()));
  }
  writing_->kept.digest = writing_->checksum.value();
  const std::lock_guard lock(meta_mutex_);
  snapshots_.push_back(writing_->kept);
  writing_.reset();
  return write_meta();
}

// Requires: meta_mutex_ is not held.
rocksdb::Status RocksJournal::Disk::drop_old_snapshots() {
  std::uint64_t first = 0;
  {
    const std::lock_guard lock(meta_mutex_);
    if (snapshots_.empty()) return {};
    first = snapshots_.front().number;
  }
  const auto end = key_of(first, 0);
  return drop_before(snap_, slice_of(end));
}

std::vector<Journal::Snapshot> RocksJournal::Disk::snapshots() const {
  const std::lock_guard lock(meta_mutex_);
  std::vector<Snapshot> all;
  for (const Kept& kept : snapshots_) all.push_back(kept.snapshot);
  return all;
}

Status RocksJournal::Disk::each_chunk(
    const Kept& kept, const std::function<bool(std::span<const std::byte>)>& each) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  std::uint64_t bytes = 0;
  for (std::size_t chunk = 0; bytes < kept.snapshot.bytes; ++chunk) {
    const auto key = key_of(kept.number, chunk);
    rocksdb::PinnableSlice part;
    const rocksdb::Status status = database_->Get(options, snap_, slice_of(key), &part);
    if (!status.ok() || part.empty()) {
      return trouble(fmt::format("the snapshot of record {}, part {}: {}", kept.snapshot.sequence,
                                 chunk, status.ToString()));
    }
    bytes += part.size();
    if (!each(std::as_bytes(std::span(part.data(), part.size())))) return {};
  }
  return {};
}

Status RocksJournal::Disk::read_snapshot(
    std::uint64_t sequence, const std::function<bool(std::span<const std::byte>)>& each) const {
  Kept kept;
  {
    const std::lock_guard lock(meta_mutex_);
    // From the back: a damaged one may have been kept again.
    const auto found = std::find_if(snapshots_.rbegin(), snapshots_.rend(), [&](const Kept& one) {
      return one.snapshot.sequence == sequence;
    });
    if (found == snapshots_.rend()) {
      return Status::trouble(fmt::format("no snapshot of record {} is kept", sequence));
    }
    kept = *found;
  }
  Checksum checksum;
  Status status = each_chunk(kept, [&](std::span<const std::byte> part) {
    checksum.add(part);
    return true;
  });
  if (!status.ok()) return status;
  if (checksum.value() != kept.digest) {
    return trouble(fmt::format("the snapshot of record {} has another checksum", sequence));
  }
  return each_chunk(kept, each);
}

}  // namespace usher
