// Writing groups, and forgetting those that are no longer needed.

#include <fmt/format.h>
#include <rocksdb/convenience.h>

#include <algorithm>
#include <utility>

#include "daemon/journal_rocksdb_disk.h"
#include "daemon/log.h"
#include "routing/check.h"

namespace usher {

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

// Drops the files that have nothing but keys below `end`. What shares a file with something newer
// goes with it: nothing is written to delete, so nothing is ever compacted.
rocksdb::Status RocksJournal::Disk::drop_before(rocksdb::ColumnFamilyHandle* family,
                                                const rocksdb::Slice& end) {
  const rocksdb::Slice begin;
  return rocksdb::DeleteFilesInRange(database_.get(), family, &begin, &end, false);
}

void RocksJournal::Disk::count_from(const GroupView& group, std::uint64_t snapshot) {
  meta_.first_group = group.number;
  meta_.first_record = group.runs.front().first;
  meta_.previous = group.previous;
  std::erase_if(snapshots_, [&](const Kept& kept) { return kept.snapshot.sequence < snapshot; });
  first_group_ = meta_.first_group;
  first_record_ = meta_.first_record;
}

Status RocksJournal::Disk::trim(std::uint64_t upto, std::uint64_t last) {
  if (last == 0) return {};
  const std::uint64_t group = std::min(find(upto + 1, last), last);
  GroupView view;
  rocksdb::PinnableSlice bytes;
  if (Status status = fetch(group, view, bytes); !status.ok()) {
    // The past is damaged, and the pool needs none of it: what it keeps it can keep longer.
    if (std::exchange(untrimmed_, group) != group) {
      log_error(fmt::format("{}; nothing up to record {} is forgotten", status.text(), upto));
    }
    return {};
  }
  {
    // Said before it is done: what is gone is never looked for.
    const std::lock_guard lock(meta_mutex_);
    count_from(view, upto);
    if (Status status = write_meta(); !status.ok()) return status;
  }
  // Files are all that can be dropped, so what is in memory becomes one.
  const auto key = key_of(group);
  rocksdb::Status status = database_->Flush(rocksdb::FlushOptions(), log_);
  if (status.ok()) status = drop_before(log_, slice_of(key));
  if (status.ok()) status = drop_old_snapshots();
  if (status.ok()) return {};
  return Status::trouble(
      fmt::format("the journal in {}: old groups cannot be deleted: {}", path_, status.ToString()));
}

}  // namespace usher
