#pragma once

// Where records become durable, whatever engine does it. The core appends groups in order and goes
// on; nothing that a group caused leaves the process before durable() has reached it.
//
// A group is the records of one turn, or a part of them: at most group_bytes_max as the engine lays
// them out. Groups are numbered 1, 2, 3 … by the journal.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/nouns.h"
#include "daemon/status.h"
#include "routing/router.h"

namespace usher {

inline constexpr std::size_t group_bytes_max = 256 * 1024;
// A record takes at most so many bytes, so a group holds at least so many records. A configuration
// may take more, up to configuration_bytes_max.
inline constexpr std::size_t record_bytes_max = 512;
inline constexpr std::size_t group_records_max = group_bytes_max / record_bytes_max;
inline constexpr std::size_t configuration_bytes_max = group_bytes_max - 1024;

// How far the core may run ahead of what is durable.
inline constexpr std::size_t ahead_bytes_max = 64 * 1024 * 1024;

// What a configuration takes in a journal. Requires of a Configure that is appended: at most
// configuration_bytes_max; whoever makes one from a file refuses it before.
[[nodiscard]] std::size_t journal_bytes_of(const PoolConfiguration& configuration);

// Used by the core's thread; durable() and trouble() by any. What reads or keeps snapshots,
// share(), oldest() and trim() wait for the disk and are for others: one may read the past while
// another keeps snapshots and trims. An engine with threads of its own tells by the `moved`
// callback, from whatever thread, that durable() or trouble() changed.
class Journal {
 public:
  virtual ~Journal() = default;

  virtual void on_moved(std::function<void()> moved) = 0;
  // The same a moment before durable() moves, as a hint, for who wants to be awake by then.
  virtual void on_moving(const std::function<void()>& /*moving*/) {}

  // Becomes the only writer. The term is greater than that of every writer before.
  // Requires: called once, before everything below.
  virtual Status lead(std::uint64_t& term) = 0;

  // Drawn when the state was made, and anew when acknowledged records may have been lost; 0 when
  // every start makes a new state. Requires: open.
  [[nodiscard]] virtual std::uint64_t incarnation() const { return 0; }

  // Says that records will be appended presently, or that they may be: whoever writes them is awake
  // by then. Requires: as append().
  virtual void expect() {}
  // Takes the next records, as one group or as several, and answers the number of the last one. The
  // records are copied.
  // Requires: records is not empty and goes on where the last one ended.
  virtual std::uint64_t append(std::span<const Record> records) = 0;
  // Every group up to this number is durable: always the end of a contiguous prefix.
  [[nodiscard]] virtual std::uint64_t durable() const = 0;
  // Bytes appended and not yet durable.
  [[nodiscard]] virtual std::size_t ahead_bytes() const = 0;
  // Set for good when a write failed or another writer took over: nothing becomes durable any more.
  [[nodiscard]] virtual Status trouble() const = 0;

  // Calls `each` with every record kept from sequence `from` on, in order, until it answers false.
  virtual Status read(std::uint64_t from, const std::function<bool(const Record&)>& each) = 0;

  // The same without copying, for another thread: appends the kept groups from the one that holds
  // record `from` on, until they have records_max records; none when it is not kept.
  virtual void share(std::uint64_t from, std::size_t records_max, std::vector<Group>& into) = 0;
  // The oldest record kept; 0 = none.
  [[nodiscard]] virtual std::uint64_t oldest() const = 0;

  // Keeps a state, in parts, from one thread: begin, any number of add, keep. What was begun and
  // not kept never counts. Trouble is as final as that of a group.
  struct Snapshot {
    std::uint64_t sequence = 0;  // of the last record in it
    std::uint64_t event = 0;     // likewise
    std::int64_t wall_ms = 0;    // when it was taken
    std::uint64_t bytes = 0;     // set by keep_snapshot()

    friend bool operator==(const Snapshot&, const Snapshot&) = default;
  };
  virtual Status begin_snapshot(const Snapshot& of) = 0;
  virtual Status add_to_snapshot(std::span<const std::byte> part) = 0;
  virtual Status keep_snapshot() = 0;
  // Those that are kept, the newest last.
  [[nodiscard]] virtual std::vector<Snapshot> snapshots() const = 0;
  // Calls `each` with all of the snapshot of that record, in order and in parts, until it answers
  // false. Before the first part it looks whether all of it is whole.
  virtual Status read_snapshot(
      std::uint64_t sequence,
      const std::function<bool(std::span<const std::byte>)>& each) const = 0;
  // Records up to this one, and snapshots of those before it, are no longer needed.
  virtual void trim(std::uint64_t upto) = 0;
  // What it takes on the disk.
  [[nodiscard]] virtual std::uint64_t bytes() const { return 0; }
  // What is left where the journal grows.
  [[nodiscard]] virtual std::uint64_t free_bytes() const { return UINT64_MAX; }

  // As an operator names it: none, relaxed:MS or group.
  [[nodiscard]] virtual std::string_view durability() const = 0;
};

// The pool as the journal keeps it after that record. Trouble says that it cannot be used, and why.
Status read_pool(const Journal& journal, std::uint64_t sequence, Router& router);

}  // namespace usher
