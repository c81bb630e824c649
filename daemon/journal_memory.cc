#include "daemon/journal_memory.h"

#include <algorithm>

#include "routing/check.h"

namespace usher {

namespace {

constexpr std::size_t group_overhead = 128;         // of the allocator and the deque
constexpr std::size_t configuration_bytes = 65536;  // more than a large one takes

// With what its pointers keep alive.
std::size_t memory_of(const Record& record) {
  if (std::holds_alternative<command::DefineAgent>(record.command)) {
    return sizeof(Record) + sizeof(command::AgentDefinition);
  }
  if (std::holds_alternative<command::Configure>(record.command)) {
    return sizeof(Record) + configuration_bytes;
  }
  return sizeof(Record);
}

std::size_t memory_of(std::span<const Record> records) {
  std::size_t bytes = group_overhead;
  for (const Record& record : records) bytes += memory_of(record);
  return bytes;
}

}  // namespace

Status MemoryJournal::lead(std::uint64_t& term) {
  term = ++term_;
  return {};
}

std::uint64_t MemoryJournal::append(std::span<const Record> records) {
  CHECK(!records.empty());
  CHECK(last_ == 0 || records.front().stamp.sequence == last_ + 1);
  last_ = records.back().stamp.sequence;
  if (bytes_max_ > 0) {
    kept_.push_back(std::make_shared<const std::vector<Record>>(records.begin(), records.end()));
    bytes_ += memory_of(records);
    while (bytes_ > bytes_max_) forget_oldest();
  }
  return ++groups_;
}

void MemoryJournal::forget_oldest() {
  bytes_ -= memory_of(*kept_.front());
  kept_.pop_front();
}

MemoryJournal::Kept::const_iterator MemoryJournal::find(std::uint64_t record) const {
  return std::lower_bound(kept_.begin(), kept_.end(), record,
                          [](const Group& group, std::uint64_t wanted) {
                            return group->back().stamp.sequence < wanted;
                          });
}

Status MemoryJournal::read(std::uint64_t from, const std::function<bool(const Record&)>& each) {
  for (auto group = find(from); group != kept_.end(); ++group) {
    for (const Record& record : **group) {
      if (record.stamp.sequence >= from && !each(record)) return {};
    }
  }
  return {};
}

void MemoryJournal::share(std::uint64_t from, std::size_t records_max, std::vector<Group>& into) {
  if (kept_.empty() || from < oldest()) return;
  std::size_t records = 0;
  for (auto group = find(from); group != kept_.end() && records < records_max; ++group) {
    records += (*group)->size();
    into.push_back(*group);
  }
}

std::uint64_t MemoryJournal::oldest() const {
  return kept_.empty() ? 0 : kept_.front()->front().stamp.sequence;
}

Status MemoryJournal::begin_snapshot(const Snapshot& of) {
  begun_ = {.of = of, .bytes = {}};
  return {};
}

Status MemoryJournal::add_to_snapshot(std::span<const std::byte> part) {
  begun_.bytes.insert(begun_.bytes.end(), part.begin(), part.end());
  return {};
}

Status MemoryJournal::keep_snapshot() {
  begun_.of.bytes = begun_.bytes.size();
  states_.push_back(std::move(begun_));
  return {};
}

std::vector<Journal::Snapshot> MemoryJournal::snapshots() const {
  std::vector<Snapshot> all;
  for (const State& state : states_) all.push_back(state.of);
  return all;
}

Status MemoryJournal::read_snapshot(
    std::uint64_t sequence, const std::function<bool(std::span<const std::byte>)>& each) const {
  for (const State& state : states_) {
    if (state.of.sequence != sequence) continue;
    each(state.bytes);
    return {};
  }
  return Status::trouble("no such snapshot is kept");
}

void MemoryJournal::trim(std::uint64_t upto) {
  std::erase_if(states_, [&](const State& state) { return state.of.sequence < upto; });
  while (!kept_.empty() && kept_.front()->back().stamp.sequence <= upto) forget_oldest();
}

}  // namespace usher
