#pragma once

// A disk that fails, and a journal on it: a fake, so that a seed decides what a sync reaches, what
// of it survives a crash and when it fails. Groups are laid out and read as on a real disk.

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/journal.h"
#include "sim/world.h"

namespace usher::sim {

// What outlives a process.
struct FaultDisk {
  struct State {
    Journal::Snapshot of;
    Bytes bytes;
  };
  std::vector<Bytes> groups;  // number 1, 2, 3 …: all that ever were, those forgotten too
  std::size_t kept = 0;       // groups before this one are forgotten
  std::vector<State> states;
  std::uint64_t incarnation = 0;
  std::uint64_t term = 0;
  std::uint64_t capacity_bytes = UINT64_MAX;
  std::uint64_t others_bytes = 0;  // taken by somebody else

  [[nodiscard]] std::uint64_t used_bytes() const;
  [[nodiscard]] std::uint64_t free_bytes() const;
};

struct DiskFaults {
  std::uint64_t sync_fails_permille = 0;  // of syncs: final
  std::uint64_t torn_percent = 50;        // of crashes: the group behind what survived is cut
};

class FaultJournal final : public Journal {
 public:
  // Requires: disk and dice outlive it.
  FaultJournal(FaultDisk& disk, Dice& dice, const DiskFaults& faults)
      : disk_(disk), dice_(dice), faults_(faults) {}

  // Drops a torn tail; trouble when what is left does not hang together.
  Status open();

  void on_moved(std::function<void()>) override {}
  Status lead(std::uint64_t& term) override;
  [[nodiscard]] std::uint64_t incarnation() const override { return disk_.incarnation; }
  std::uint64_t append(std::span<const Record> records) override;
  [[nodiscard]] std::uint64_t durable() const override { return durable_; }
  [[nodiscard]] std::size_t ahead_bytes() const override { return ahead_bytes_; }
  [[nodiscard]] Status trouble() const override { return trouble_; }
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
  [[nodiscard]] std::uint64_t bytes() const override { return disk_.used_bytes(); }
  [[nodiscard]] std::uint64_t free_bytes() const override { return disk_.free_bytes(); }
  [[nodiscard]] std::string_view durability() const override { return "group"; }

  // --- for the simulator ---

  // Is shown every record that is appended.
  void on_record(std::function<void(const Record&)> saw) { saw_ = std::move(saw); }
  // States kept, and times that something was forgotten, since it was opened.
  [[nodiscard]] std::uint64_t states_kept() const { return states_kept_; }
  [[nodiscard]] std::uint64_t trims() const { return trims_; }
  // Groups that have no record behind that one and could be forgotten, as the last one never can.
  [[nodiscard]] std::size_t groups_before(std::uint64_t record) const;
  // Makes some of what waits durable, or fails.
  void sync();
  // Of what waits a part survives, and perhaps a piece of the group behind it.
  void crash();
  [[nodiscard]] bool waits() const { return !waiting_.empty(); }

 private:
  void sync(std::size_t groups);
  [[nodiscard]] std::vector<Record> records_of(std::size_t group) const;

  FaultDisk& disk_;
  Dice& dice_;
  DiskFaults faults_;
  std::deque<Bytes> waiting_;
  std::uint64_t appended_ = 0;
  std::uint64_t durable_ = 0;
  std::uint64_t checksum_ = 0;  // of the last group
  std::size_t ahead_bytes_ = 0;
  Status trouble_;
  std::optional<FaultDisk::State> begun_;
  std::function<void(const Record&)> saw_ = [](const Record&) {};
  std::uint64_t states_kept_ = 0;
  std::uint64_t trims_ = 0;
};

// The records of a group as it lies on the disk; none when it is not whole.
[[nodiscard]] std::optional<std::vector<Record>> read_records(std::span<const std::byte> group);

}  // namespace usher::sim
