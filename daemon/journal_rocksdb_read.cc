// Reading the groups, each of which must be whole and follow the one before it.

#include <fmt/format.h>

#include <algorithm>

#include "daemon/journal_rocksdb_disk.h"
#include "routing/endian.h"

namespace usher {

namespace {

// Groups kept decoded for whoever explains the past: explanations ask for the same ones again.
constexpr std::size_t recent_max = 64;

std::span<const std::byte> bytes_of(const rocksdb::Slice& slice) {
  return std::as_bytes(std::span(slice.data(), slice.size()));
}

}  // namespace

Status RocksJournal::Disk::trouble(const std::string& what) const {
  return Status::trouble(fmt::format("the journal in {} is damaged: {}", path_, what));
}

Status RocksJournal::Disk::follow(Tip& tip, std::span<const std::byte> bytes,
                                  GroupView& group) const {
  const std::uint64_t number = tip.group + 1;
  if (Status status = read_group(bytes, group); !status.ok()) {
    return trouble(fmt::format("group {}: {}", number, status.text()));
  }
  if (group.number != number) {
    return trouble(fmt::format("group {} stands where {} should be", group.number, number));
  }
  if (tip.known && group.previous != tip.checksum) {
    return trouble(fmt::format(
        "group {} does not follow group {}: it names checksum {:016x}, that has {:016x}", number,
        tip.group, group.previous, tip.checksum));
  }
  std::uint64_t last = tip.record;
  for (const GroupView::Run& run : group.runs) {
    if (run.pool != meta_.pool) {
      return trouble(fmt::format("group {} has records of pool \"{}\"", number, text_of(run.pool)));
    }
    if ((tip.known || last > 0) && run.first != last + 1) {
      return trouble(fmt::format("group {} begins with record {}, but {} comes next", number,
                                 run.first, last + 1));
    }
    last = run.first + run.count - 1;
  }
  tip = {.group = number, .checksum = group.checksum, .record = last};
  return {};
}

Status RocksJournal::Disk::each_group(
    Tip tip, std::uint64_t last,
    const std::function<bool(const GroupView&, const Tip&)>& each) const {
  if (tip.group >= last) return {};
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 2 * 1024 * 1024;
  const std::unique_ptr<rocksdb::Iterator> at(database_->NewIterator(options, log_));
  const auto key = key_of(tip.group + 1);
  GroupView group;
  for (at->Seek(slice_of(key)); at->Valid() && tip.group < last; at->Next()) {
    const std::uint64_t number =
        at->key().size() == 8 ? load_big<std::uint64_t>(at->key().data()) : 0;
    if (number != tip.group + 1) {
      return trouble(
          fmt::format("group {} is missing, {} comes behind {}", tip.group + 1, number, tip.group));
    }
    if (Status status = follow(tip, bytes_of(at->value()), group); !status.ok()) return status;
    if (!each(group, tip)) return {};
  }
  if (!at->status().ok()) {
    return trouble(fmt::format("group {}: {}", tip.group + 1, at->status().ToString()));
  }
  if (tip.group < last) return trouble(fmt::format("group {} is missing", tip.group + 1));
  return {};
}

RocksJournal::Disk::Tip RocksJournal::Disk::before(std::uint64_t group) const {
  const std::lock_guard lock(meta_mutex_);
  if (group > meta_.first_group) return {.group = group - 1, .known = false};
  return {
      .group = meta_.first_group - 1, .checksum = meta_.previous, .record = meta_.first_record - 1};
}

Status RocksJournal::Disk::fetch(std::uint64_t group, GroupView& view,
                                 rocksdb::PinnableSlice& bytes) const {
  const auto key = key_of(group);
  const rocksdb::Status status =
      database_->Get(rocksdb::ReadOptions(), log_, slice_of(key), &bytes);
  if (!status.ok()) return trouble(fmt::format("group {}: {}", group, status.ToString()));
  Tip tip{.group = group - 1, .known = false};
  return follow(tip, bytes_of(bytes), view);
}

// Groups and records grow together, so the place is found by halving. A group that cannot be read
// says nothing and the next one is asked, so that old damage keeps nobody from what is whole.
std::uint64_t RocksJournal::Disk::find(std::uint64_t record, std::uint64_t last) const {
  std::uint64_t low = first_group_.load();  // the first that may hold it
  std::uint64_t high = last + 1;            // the first that does not, or cannot be read
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    rocksdb::PinnableSlice bytes;
    GroupView view;
    std::uint64_t readable = middle;
    while (readable < high && !fetch(readable, view, bytes).ok()) {
      bytes.Reset();
      ++readable;
    }
    const bool said = readable < high;
    if (said && view.runs.back().first + view.runs.back().count <= record) {
      low = readable + 1;
    } else if (said && view.runs.front().first <= record) {
      return readable;
    } else {
      high = middle;
    }
  }
  return low;
}

Status RocksJournal::Disk::read_run_as_it_counts(const GroupView::Run& run,
                                                 std::vector<Record>& into) const {
  const std::size_t begin = into.size();
  if (Status status = read_run(run, into); !status.ok()) return status;
  const std::lock_guard lock(meta_mutex_);
  for (const std::uint64_t sequence : quarantined_) {
    if (sequence < run.first || sequence >= run.first + run.count) continue;
    into[begin + (sequence - run.first)].command = command::Refused{Refusal::quarantined};
  }
  return {};
}

Status RocksJournal::Disk::read_batches(std::uint64_t from, std::uint64_t last,
                                        ReadAhead<Record>& ahead) const {
  ReadAhead<Record>::Batch batch;
  Status unreadable;
  Status status =
      each_group(before(find(from, last)), last, [&](const GroupView& view, const Tip& tip) {
        for (const GroupView::Run& run : view.runs) {
          const std::size_t whole = batch.size();
          if (Status read = read_run_as_it_counts(run, batch); !read.ok()) {
            batch.resize(whole);
            unreadable = trouble(fmt::format("group {}: {}", tip.group, read.text()));
            return false;
          }
        }
        return batch.size() < group_records_max || ahead.put(batch);
      });
  if (!batch.empty()) ahead.put(batch);
  return status.ok() ? unreadable : status;
}

Status RocksJournal::Disk::read(std::uint64_t from, std::uint64_t last,
                                const std::function<bool(const Record&)>& each) const {
  Status status;
  ReadAhead<Record> ahead([&](ReadAhead<Record>& to) { status = read_batches(from, last, to); });
  ReadAhead<Record>::Batch batch;
  while (ahead.take(batch)) {
    for (const Record& record : batch) {
      if (record.stamp.sequence >= from && !each(record)) return {};
    }
  }
  return status;
}

Status RocksJournal::Disk::share(std::uint64_t from, std::uint64_t last, std::size_t records_max,
                                 std::vector<Group>& into) {
  if (from < first_record_.load()) return {};
  const std::lock_guard lock(recent_mutex_);
  std::uint64_t group = 0;
  const auto holds = [&](const auto& one) {
    return one.second->front().stamp.sequence <= from && from <= one.second->back().stamp.sequence;
  };
  if (const auto known = std::ranges::find_if(recent_, holds); known != recent_.end()) {
    group = known->first;
  } else {
    group = find(from, last);
  }
  for (std::size_t records = 0; group <= last && records < records_max; ++group) {
    const auto known = std::ranges::find(recent_, group, [](const auto& one) { return one.first; });
    if (known != recent_.end()) {
      into.push_back(known->second);
    } else {
      rocksdb::PinnableSlice bytes;
      GroupView view;
      if (Status status = fetch(group, view, bytes); !status.ok()) return status;
      auto read = std::make_shared<std::vector<Record>>();
      for (const GroupView::Run& run : view.runs) {
        if (Status status = read_run_as_it_counts(run, *read); !status.ok()) {
          return trouble(fmt::format("group {}: {}", group, status.text()));
        }
      }
      into.push_back(std::move(read));
      recent_.emplace_back(group, into.back());
      if (recent_.size() > recent_max) recent_.pop_front();
    }
    records += into.back()->size();
  }
  return {};
}

}  // namespace usher
