#pragma once

// What is asked of usherd about room on the fault simulator's disk: that no work is added below the
// floor and none is refused for want of room above it, and that what of the past nobody wants any
// more is forgotten. Passive; answers what is wrong, or nothing.

#include <cstdint>
#include <string>

#include "daemon/keeper.h"
#include "sim/fake_clock.h"
#include "sim/fault_disk.h"

namespace usher::sim {

class RoomWatch {
 public:
  // Of one life, with this floor. Requires: all outlive it.
  RoomWatch(const FaultDisk& disk, const FakeClock& clock, std::uint64_t floor_bytes,
            Retention retention)
      : disk_(disk), clock_(clock), floor_bytes_(floor_bytes), retention_(retention) {}

  // How much is left. Requires: called before the core makes a step.
  void look();
  [[nodiscard]] bool below_floor() const { return disk_.free_bytes() < floor_bytes_; }
  // Of a record that the core appends.
  [[nodiscard]] std::string doubt(const Record& record) const;
  // After the keeper's step.
  [[nodiscard]] std::string doubt_kept(const FaultJournal& journal);
  // When core and keeper have nothing more to do.
  [[nodiscard]] std::string doubt_emptied(const FaultJournal& journal) const;

 private:
  const FaultDisk& disk_;
  const FakeClock& clock_;
  std::uint64_t floor_bytes_;
  Retention retention_;
  std::int64_t short_ns_ = 0;  // there was less than the floor then, last
  std::int64_t room_ns_ = 0;   // and then there was not
  std::uint64_t states_kept_ = 0;
};

}  // namespace usher::sim
