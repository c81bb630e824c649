#include "daemon/keeper.h"

#include <fmt/format.h>

#include <utility>

#include "daemon/log.h"
#include "routing/check.h"

namespace usher {

namespace {

// A damaged one is no loss while there are the one before it and the records behind that.
constexpr std::size_t snapshots_min = 2;

}  // namespace

bool Keeper::step() {
  StatePart part;
  if (!inbox_.take(part)) return false;
  inbox_.ring_back();
  if (part.for_readers) {
    read(part);
    return true;
  }
  if (failed_) return true;
  if (part.makes_room) {
    make_room();
    return true;
  }
  if (Status status = take(part); !status.ok()) {
    failed_ = true;
    log_error(status.text());
  }
  return true;
}

// Reads the state into a pool of its own, which nobody waits for.
void Keeper::read(const StatePart& part) {
  if (!loader_) loader_.emplace();
  CHECK(loader_->take(part.bytes));
  if (!part.last) return;
  const std::optional<Router> pool = loader_->finish();
  CHECK(pool.has_value());
  loader_.reset();
  auto cut = std::make_shared<Cut>();
  cut->sequence = part.of.event;
  cut->pool_ms = pool->stamp().pool_ms;
  cut->agents = pool->agents();
  cut->conversations = pool->conversations();
  CHECK(outbox_.put(std::move(cut)));
  outbox_.ring();
}

Status Keeper::take(const StatePart& part) {
  if (keeping_ != part.of.sequence) {
    keeping_ = part.of.sequence;
    if (Status status = journal_.begin_snapshot(part.of); !status.ok()) return status;
  }
  if (Status status = journal_.add_to_snapshot(part.bytes); !status.ok()) return status;
  if (!part.last) return {};
  keeping_ = 0;
  if (Status status = journal_.keep_snapshot(); !status.ok()) return status;
  log_info(fmt::format("the state of record {}, event {} is kept: {} bytes", part.of.sequence,
                       part.of.event, journal_.snapshots().back().bytes));
  if (part.disk_full) {
    make_room();
  } else {
    forget();
  }
  return {};
}

// What is behind a state that is whole is all that a start needs.
void Keeper::make_room() {
  const std::vector<Journal::Snapshot> kept = journal_.snapshots();
  for (auto newest = kept.rbegin(); newest != kept.rend(); ++newest) {
    const std::uint64_t sequence = newest->sequence;
    const Status whole =
        journal_.read_snapshot(sequence, [](std::span<const std::byte>) { return false; });
    if (!whole.ok()) {
      log_error(whole.text());
      continue;
    }
    log_info(
        fmt::format("to make room, what was before the state of record {} is forgotten", sequence));
    return journal_.trim(sequence);
  }
}

// The second oldest still tells of what is younger than itself; the oldest of all is the beginning,
// behind which is all there was.
void Keeper::forget() {
  const std::int64_t wanted_ms = clock_.wall_ms() - retention_.keep_ms;
  std::vector<Journal::Snapshot> places = journal_.snapshots();
  const bool has_beginning = journal_.oldest() != 0 && journal_.oldest() <= places.front().sequence;
  if (has_beginning) places.insert(places.begin(), Journal::Snapshot{});
  while (places.size() > snapshots_min) {
    const bool old = places[1].wall_ms < wanted_ms;
    if (!old && journal_.bytes() <= retention_.bytes_max) return;
    places.erase(places.begin());
    journal_.trim(places.front().sequence);
  }
}

}  // namespace usher
