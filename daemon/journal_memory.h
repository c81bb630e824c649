#pragma once

// The journal that forgets with the process: everything is "durable" at once. For pools whose state
// may be lost with the machine, and for tests.

#include <deque>

#include "daemon/journal.h"

namespace usher {

class MemoryJournal final : public Journal {
 public:
  // Keeps the newest `keep_max` records for read(); usherd keeps none.
  explicit MemoryJournal(std::size_t keep_max = 0) : keep_max_(keep_max) {}

  void on_moved(std::function<void()>) override {}
  Status lead(std::uint64_t& term) override;
  std::uint64_t append(std::span<const Record> records) override;
  [[nodiscard]] std::uint64_t durable() const override { return groups_; }
  [[nodiscard]] std::size_t ahead_bytes() const override { return 0; }
  [[nodiscard]] Status trouble() const override { return {}; }
  Status read(std::uint64_t from, const std::function<bool(const Record&)>& each) override;
  Status snapshot(std::uint64_t sequence, std::span<const std::byte> state) override;
  [[nodiscard]] std::optional<Snapshot> newest_snapshot() const override { return snapshot_; }
  void trim(std::uint64_t upto) override;
  [[nodiscard]] std::string_view durability() const override { return "none"; }

 private:
  std::size_t keep_max_;
  std::uint64_t groups_ = 0;
  std::uint64_t last_ = 0;  // record
  std::deque<Record> records_;
  std::optional<Snapshot> snapshot_;
};

}  // namespace usher
