#pragma once

// The journal that forgets with the process: everything is "durable" at once. For pools whose state
// may be lost with the machine, and for tests.

#include <atomic>
#include <deque>

#include "daemon/journal.h"

namespace usher {

// What usherd keeps to explain the past: a million records, which is a day of a floor of a thousand
// agents, in a fraction of what a server has.
inline constexpr std::size_t memory_journal_bytes = 256 * 1024 * 1024;

class MemoryJournal final : public Journal {
 public:
  // Keeps the newest groups for read() and share(): together at most so many bytes.
  explicit MemoryJournal(std::size_t bytes_max = 0) : bytes_max_(bytes_max) {}

  void on_moved(std::function<void()>) override {}
  Status lead(std::uint64_t& term) override;
  std::uint64_t append(std::span<const Record> records) override;
  [[nodiscard]] std::uint64_t durable() const override { return groups_; }
  [[nodiscard]] std::size_t ahead_bytes() const override { return 0; }
  [[nodiscard]] Status trouble() const override { return {}; }
  Status read(std::uint64_t from, const std::function<bool(const Record&)>& each) override;
  void share(std::uint64_t from, std::size_t records_max, std::vector<Group>& into) override;
  [[nodiscard]] std::uint64_t oldest() const override;
  Status begin_snapshot(const Snapshot& of) override;
  Status add_to_snapshot(std::span<const std::byte> part) override;
  Status keep_snapshot() override;
  [[nodiscard]] std::vector<Snapshot> snapshots() const override;
  Status read_snapshot(std::uint64_t sequence,
                       const std::function<bool(std::span<const std::byte>)>& each) const override;
  void trim(std::uint64_t upto) override;
  [[nodiscard]] std::string_view durability() const override { return "none"; }

 private:
  using Kept = std::deque<Group>;
  // The group that holds the record or, when that is gone, the oldest; the end when it is to come.
  [[nodiscard]] Kept::const_iterator find(std::uint64_t record) const;
  void forget_oldest();

  std::uint64_t term_ = 0;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;                 // of what is kept
  std::atomic<std::uint64_t> groups_{0};  // others look at it
  std::uint64_t last_ = 0;                // record
  Kept kept_;
  struct State {
    Snapshot of;
    Bytes bytes;
  };
  State begun_;
  std::vector<State> states_;
};

}  // namespace usher
