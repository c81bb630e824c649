#pragma once

// Keeps snapshots of the pool's state: takes them in parts from the core, gives them to the
// journal, and forgets what of the past the operator no longer wants. Of a state that is for
// readers it makes a cut instead. Passive: whoever owns it calls step(), always from one thread,
// which waits for the disk.

#include <cstdint>
#include <memory>
#include <optional>

#include "daemon/clock.h"
#include "daemon/handover.h"
#include "daemon/journal.h"
#include "daemon/nouns.h"
#include "routing/saved_state.h"

namespace usher {

// A part of a state; each snapshot comes in one piece of such parts, in order. Or a word between
// two of them.
struct StatePart {
  Journal::Snapshot of;
  Bytes bytes;
  bool last = false;
  bool disk_full = false;    // there is less room than the operator wants
  bool for_readers = false;  // to be handed out, not kept
  bool makes_room = false;   // no part: all that the newest state makes superfluous is to go
};

// Parts that may wait for the disk.
inline constexpr std::size_t state_parts_max = 8;
inline constexpr std::size_t state_part_bytes = 256 * 1024;

// How much of the past is kept: records and snapshots of so long a time, and no more than so many
// bytes. The two newest snapshots and all records behind them always are; on a full disk the
// newest that can be read back.
struct Retention {
  std::int64_t keep_ms = 0;
  std::uint64_t bytes_max = 0;
};

// A pool as its readers get it. Whose it is, is for the core to say.
using CutMade = std::shared_ptr<Cut>;

class Keeper {
 public:
  // Requires: all outlive it; what it made is taken before it is given the next to make.
  Keeper(Journal& journal, const Clock& clock, Handover<StatePart>& inbox,
         Handover<CutMade>& outbox, Retention retention)
      : journal_(journal), clock_(clock), inbox_(inbox), outbox_(outbox), retention_(retention) {}

  // Takes one part; true when there was one.
  bool step();

 private:
  Status take(const StatePart& part);
  void read(const StatePart& part);
  void forget();
  void make_room();

  Journal& journal_;
  const Clock& clock_;
  Handover<StatePart>& inbox_;
  Handover<CutMade>& outbox_;
  Retention retention_;
  std::uint64_t keeping_ = 0;             // the record of the snapshot under way
  std::optional<Router::Loader> loader_;  // of what is for readers
  bool failed_ = false;                   // the journal cannot keep it, and says so itself
};

}  // namespace usher
