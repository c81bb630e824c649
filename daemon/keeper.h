#pragma once

// Keeps snapshots of the pool's state: takes them in parts from the core, gives them to the
// journal, and forgets what of the past the operator no longer wants. Passive: whoever owns it
// calls step(), always from one thread, which waits for the disk.

#include <cstdint>

#include "daemon/clock.h"
#include "daemon/handover.h"
#include "daemon/journal.h"
#include "daemon/nouns.h"

namespace usher {

// A part of a state; each snapshot comes in one piece of such parts, in order.
struct StatePart {
  Journal::Snapshot of;
  Bytes bytes;
  bool last = false;
  bool disk_full = false;  // there is less room than the operator wants
};

// Parts that may wait for the disk.
inline constexpr std::size_t state_parts_max = 8;
inline constexpr std::size_t state_part_bytes = 256 * 1024;

// How much of the past is kept: records and snapshots of so long a time, and no more than so many
// bytes. The two newest snapshots and all records behind them always are; on a full disk the
// newest, once it was read back.
struct Retention {
  std::int64_t keep_ms = 0;
  std::uint64_t bytes_max = 0;
};

class Keeper {
 public:
  // Requires: all outlive it.
  Keeper(Journal& journal, const Clock& clock, Handover<StatePart>& inbox, Retention retention)
      : journal_(journal), clock_(clock), inbox_(inbox), retention_(retention) {}

  // Takes one part; true when there was one.
  bool step();

 private:
  Status take(const StatePart& part);
  void forget();
  void forget_all_but_the_newest();

  Journal& journal_;
  const Clock& clock_;
  Handover<StatePart>& inbox_;
  Retention retention_;
  std::uint64_t keeping_ = 0;  // the record of the snapshot under way
  bool failed_ = false;        // the journal cannot keep it, and says so itself
};

}  // namespace usher
