#include "sim/fault_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/journal_group.h"
#include "routing/check.h"

namespace usher::sim {

std::uint64_t FaultDisk::used_bytes() const {
  std::uint64_t bytes = 0;
  for (std::size_t i = kept; i < groups.size(); ++i) bytes += groups[i].size();
  for (const State& state : states) bytes += state.bytes.size();
  return bytes;
}

std::uint64_t FaultDisk::free_bytes() const {
  const std::uint64_t taken = used_bytes() + others_bytes;
  return capacity_bytes > taken ? capacity_bytes - taken : 0;
}

std::optional<std::vector<Record>> read_records(std::span<const std::byte> group) {
  GroupView view;
  std::vector<Record> records;
  if (!read_group(group, view).ok()) return std::nullopt;
  for (const GroupView::Run& run : view.runs) {
    if (!read_run(run, records).ok()) return std::nullopt;
  }
  return records;
}

Status FaultJournal::open() {
  GroupView view;
  if (!disk_.groups.empty() && !read_group(disk_.groups.back(), view).ok()) {
    disk_.groups.pop_back();
  }
  for (std::size_t i = 0; i < disk_.groups.size(); ++i) {
    if (!read_group(disk_.groups[i], view).ok() || view.number != i + 1 ||
        view.previous != checksum_) {
      return Status::trouble(fmt::format("group {} does not hang together", i + 1));
    }
    checksum_ = view.checksum;
  }
  appended_ = durable_ = disk_.groups.size();
  if (disk_.incarnation == 0) disk_.incarnation = dice_.next() | 1;
  return {};
}

Status FaultJournal::lead(std::uint64_t& term) {
  term = ++disk_.term;
  return {};
}

std::uint64_t FaultJournal::append(std::span<const Record> records) {
  for (const Record& record : records) saw_(record);
  std::size_t next = 0;
  while (next < records.size()) {
    GroupWriter group(++appended_, disk_.term, pool_name("main"), {});
    while (next < records.size() && group.add(records[next])) ++next;
    Bytes bytes = group.take();
    checksum_ = seal_group(bytes, checksum_);
    ahead_bytes_ += bytes.size();
    waiting_.push_back(std::move(bytes));
  }
  return appended_;
}

void FaultJournal::sync() {
  if (!waiting_.empty()) sync(1 + dice_.below(waiting_.size()));
}

void FaultJournal::sync(std::size_t groups) {
  if (!trouble_.ok()) return;
  if (dice_.below(1000) < faults_.sync_fails_permille) {
    trouble_ = Status::trouble("the disk failed");
    return;
  }
  for (; groups > 0; --groups) {
    Bytes& next = waiting_.front();
    if (next.size() > disk_.free_bytes()) {
      trouble_ = Status::trouble("the disk is full");
      return;
    }
    ahead_bytes_ -= next.size();
    disk_.groups.push_back(std::move(next));
    waiting_.pop_front();
    ++durable_;
  }
}

void FaultJournal::crash() {
  if (waiting_.empty()) return;
  const std::size_t survive = dice_.below(waiting_.size() + 1);
  for (std::size_t i = 0; i < survive; ++i) {
    disk_.groups.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  if (waiting_.empty() || !dice_.percent(faults_.torn_percent)) return;
  Bytes torn = waiting_.front();
  if (dice_.percent(50)) {
    torn.resize(dice_.below(torn.size()));
  } else {
    const std::size_t from = dice_.below(torn.size());
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(from), torn.end(), std::byte{0});
  }
  disk_.groups.push_back(std::move(torn));
}

std::vector<Record> FaultJournal::records_of(std::size_t group) const {
  auto records = read_records(disk_.groups[group]);
  CHECK(records.has_value());
  return std::move(*records);
}

Status FaultJournal::read(std::uint64_t from, const std::function<bool(const Record&)>& each) {
  for (std::size_t i = disk_.kept; i < disk_.groups.size(); ++i) {
    for (const Record& record : records_of(i)) {
      if (record.stamp.sequence >= from && !each(record)) return {};
    }
  }
  return {};
}

void FaultJournal::share(std::uint64_t from, std::size_t records_max, std::vector<Group>& into) {
  sync(waiting_.size());
  if (from < oldest()) return;
  std::size_t records = 0;
  for (std::size_t i = disk_.kept; i < disk_.groups.size() && records < records_max; ++i) {
    std::vector<Record> of = records_of(i);
    if (of.back().stamp.sequence < from) continue;
    records += of.size();
    into.push_back(std::make_shared<const std::vector<Record>>(std::move(of)));
  }
}

std::uint64_t FaultJournal::oldest() const {
  if (disk_.kept >= disk_.groups.size()) return 0;
  return records_of(disk_.kept).front().stamp.sequence;
}

Status FaultJournal::begin_snapshot(const Snapshot& of) {
  begun_ = FaultDisk::State{.of = of, .bytes = {}};
  return {};
}

Status FaultJournal::add_to_snapshot(std::span<const std::byte> part) {
  begun_->bytes.insert(begun_->bytes.end(), part.begin(), part.end());
  return {};
}

// Behind its records, as every journal does.
Status FaultJournal::keep_snapshot() {
  sync(waiting_.size());
  if (begun_->bytes.size() > disk_.free_bytes()) {
    trouble_ = Status::trouble("the disk is full");
  }
  if (!trouble_.ok()) return trouble_;
  begun_->of.bytes = begun_->bytes.size();
  disk_.states.push_back(std::move(*begun_));
  begun_.reset();
  ++states_kept_;
  return {};
}

std::vector<Journal::Snapshot> FaultJournal::snapshots() const {
  std::vector<Snapshot> all;
  for (const FaultDisk::State& state : disk_.states) all.push_back(state.of);
  return all;
}

Status FaultJournal::read_snapshot(
    std::uint64_t sequence, const std::function<bool(std::span<const std::byte>)>& each) const {
  for (const FaultDisk::State& state : disk_.states) {
    if (state.of.sequence != sequence) continue;
    each(state.bytes);
    return {};
  }
  return Status::trouble("no such state");
}

std::size_t FaultJournal::groups_before(std::uint64_t record) const {
  std::size_t end = disk_.kept;
  while (end + 1 < disk_.groups.size() && records_of(end).back().stamp.sequence <= record) ++end;
  return end - disk_.kept;
}

void FaultJournal::trim(std::uint64_t upto) {
  const std::size_t groups = groups_before(upto);
  if (groups > 0) ++trims_;
  disk_.kept += groups;
  std::erase_if(disk_.states,
                [&](const FaultDisk::State& state) { return state.of.sequence < upto; });
}

}  // namespace usher::sim
