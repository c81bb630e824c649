#pragma once

// A journal in memory whose disk has as much left as a test says, and one of whose states may be
// damaged.

#include "daemon/journal_memory.h"

namespace usher {

class SmallDisk final : public Journal {
 public:
  void on_moved(std::function<void()> moved) override { kept_.on_moved(std::move(moved)); }
  Status lead(std::uint64_t& term) override { return kept_.lead(term); }
  std::uint64_t append(std::span<const Record> records) override { return kept_.append(records); }
  [[nodiscard]] std::uint64_t durable() const override { return kept_.durable(); }
  [[nodiscard]] std::size_t ahead_bytes() const override { return kept_.ahead_bytes(); }
  [[nodiscard]] Status trouble() const override { return kept_.trouble(); }
  Status read(std::uint64_t from, const std::function<bool(const Record&)>& each) override {
    return kept_.read(from, each);
  }
  void share(std::uint64_t from, std::size_t records_max, std::vector<Group>& into) override {
    kept_.share(from, records_max, into);
  }
  [[nodiscard]] std::uint64_t oldest() const override { return kept_.oldest(); }
  Status begin_snapshot(const Snapshot& of) override { return kept_.begin_snapshot(of); }
  Status add_to_snapshot(std::span<const std::byte> part) override {
    return kept_.add_to_snapshot(part);
  }
  Status keep_snapshot() override { return kept_.keep_snapshot(); }
  [[nodiscard]] std::vector<Snapshot> snapshots() const override { return kept_.snapshots(); }
  Status read_snapshot(std::uint64_t sequence,
                       const std::function<bool(std::span<const std::byte>)>& each) const override {
    if (sequence == damaged) return Status::trouble("another checksum");
    return kept_.read_snapshot(sequence, each);
  }
  void trim(std::uint64_t upto) override { kept_.trim(upto); }
  [[nodiscard]] std::uint64_t free_bytes() const override { return free; }
  [[nodiscard]] std::string_view durability() const override { return kept_.durability(); }

  std::uint64_t free = UINT64_MAX;
  std::uint64_t damaged = 0;

 private:
  MemoryJournal kept_{memory_journal_bytes};
};

}  // namespace usher
