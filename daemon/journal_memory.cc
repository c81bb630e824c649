#include "daemon/journal_memory.h"

#include "routing/check.h"

namespace usher {

Status MemoryJournal::lead(std::uint64_t& term) {
  term = 1;  // nobody led before: what one wrote died with it
  return {};
}

std::uint64_t MemoryJournal::append(std::span<const Record> records) {
  CHECK(!records.empty());
  CHECK(last_ == 0 || records.front().stamp.sequence == last_ + 1);
  last_ = records.back().stamp.sequence;
  if (keep_max_ > 0) {
    records_.insert(records_.end(), records.begin(), records.end());
    while (records_.size() > keep_max_) records_.pop_front();
  }
  return ++groups_;
}

Status MemoryJournal::read(std::uint64_t from, const std::function<bool(const Record&)>& each) {
  for (const Record& record : records_) {
    if (record.stamp.sequence >= from && !each(record)) break;
  }
  return {};
}

Status MemoryJournal::snapshot(std::uint64_t sequence, std::span<const std::byte> state) {
  snapshot_ = Snapshot{.sequence = sequence, .state = Bytes(state.begin(), state.end())};
  return {};
}

void MemoryJournal::trim(std::uint64_t upto) {
  while (!records_.empty() && records_.front().stamp.sequence <= upto) records_.pop_front();
}

}  // namespace usher
