// How the core begins: with a new pool, or where the journal says that one had got to.

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "daemon/log.h"
#include "daemon/pipeline_core.h"
#include "routing/check.h"

namespace usher {

namespace {

LastOfOrigins last_events_of(const Router& router) {
  LastOfOrigins last;
  for (const Name& name : router.dictionary()) {
    if (name.kind != NameKind::origin) continue;
    const OriginNumber origin{name.number};
    last.emplace_back(origin, router.last_event_of(origin));
  }
  return last;
}

}  // namespace

Status Core::recover(const Memory& memory, Recovered& recovered) {
  identity_ = {.pool = options_.pool, .incarnation = options_.incarnation, .term = 0};
  if (Status status = journal_.lead(identity_.term); !status.ok()) return status;
  if (journal_.incarnation() != 0) identity_.incarnation = journal_.incarnation();

  if (Status status = read_newest_snapshot(memory, recovered); !status.ok()) return status;
  const Replay rest{.from = recovered.snapshot + 1, .upto = UINT64_MAX};
  if (Status status = replay(rest, router_, memory, sequence_, recovered.records); !status.ok()) {
    return status;
  }
  recovered.pool = router_.stamp().sequence > 0;
  if (recovered.pool) resume(recovered);
  return {};
}

// One that is damaged is said to be, and the one before it counts.
Status Core::read_newest_snapshot(const Memory& memory, Recovered& recovered) {
  std::vector<Journal::Snapshot> kept = journal_.snapshots();
  for (; !kept.empty(); kept.pop_back()) {
    const Journal::Snapshot& newest = kept.back();
    if (Status status = read_pool(journal_, newest.sequence, router_); !status.ok()) {
      log_error(status.text());
      continue;
    }
    recovered.snapshot = kept_record_ = newest.sequence;
    kept_bytes_ = newest.bytes;
    sequence_ = newest.event;
    if (!remember(kept, memory, recovered)) {
      recovered.remembered = 0;
      memory.behind(sequence_, last_events_of(router_));
    }
    return {};
  }
  if (const std::uint64_t oldest = journal_.oldest(); oldest > 1) {
    return Status::trouble(fmt::format(
        "records before {} are no longer kept, and no state that can be used is: restore a copy of "
        "the whole directory",
        oldest));
  }
  return {};
}

// The newest of the snapshots behind which are the events wanted, or the oldest that is not too far
// back. The beginning, behind which is all there was, is as good as one.
Journal::Snapshot Core::begin_of_events(std::vector<Journal::Snapshot> kept) const {
  kept.insert(kept.begin(), Journal::Snapshot{});
  const Journal::Snapshot& newest = kept.back();
  const std::uint64_t oldest = journal_.oldest();
  const auto reached = [&](const Journal::Snapshot& one) {
    return newest.sequence - one.sequence <= remembered_records_max && oldest != 0 &&
           oldest <= one.sequence + 1;
  };
  auto from = std::prev(kept.end());
  while (newest.event - from->event < options_.events_wanted && from != kept.begin() &&
         reached(*std::prev(from))) {
    --from;
  }
  return *from;
}

// In a pool of its own, from which nothing else follows: whatever is wrong with it, the newest
// state is what counts. False when nobody was told anything that is right.
bool Core::remember(const std::vector<Journal::Snapshot>& kept, const Memory& memory,
                    Recovered& recovered) {
  const Journal::Snapshot& newest = kept.back();
  const Journal::Snapshot from = begin_of_events(kept);
  if (from.sequence == newest.sequence) return false;
  Router router;
  if (from.sequence > 0 && !read_pool(journal_, from.sequence, router).ok()) return false;
  if (router.stamp().sequence != from.sequence) return false;
  memory.behind(from.event, last_events_of(router));
  std::uint64_t last_event = from.event;
  const Status status = replay({.from = from.sequence + 1, .upto = newest.sequence}, router, memory,
                               last_event, recovered.remembered);
  if (status.ok() && last_event == newest.event) return true;
  log_warning(fmt::format(
      "what happened before the state of record {} cannot be told again: {}", newest.sequence,
      status.ok() ? fmt::format("the records lead to event {} and not {}", last_event, newest.event)
                  : status.text()));
  return false;
}

Status Core::replay(const Replay& which, Router& router, const Memory& memory,
                    std::uint64_t& last_event, std::uint64_t& records) {
  Events events;
  const auto hand_on = [&] {
    if (!events.empty()) last_event = events.back().sequence;
    memory.again(events);
    events.clear();
  };
  Status status = journal_.read(which.from, [&](const Record& record) {
    if (record.stamp.sequence > which.upto) return false;
    carried_out = {.record = &record, .by = &router};
    router.apply(record, events);
    carried_out = {};
    if (events.size() >= group_events_max) hand_on();
    ++records;
    return record.stamp.sequence < which.upto;
  });
  hand_on();
  return status;
}

// Takes up what this process has to know of the pool that was.
void Core::resume(Recovered& recovered) {
  recovered.last_record = router_.stamp().sequence;
  recovered.last_event = sequence_;
  recovered.downtime_ms = sequencer_.resume(router_.stamp());
  const std::int64_t now_ns = clock_.boot_ns();
  for (const SessionView& one : router_.sessions()) {
    sessions_.add({.id = one.session,
                   .origin = one.origin,
                   .last_applied = one.last_applied,
                   .heard_ns = now_ns});
  }
  for (const AgentView& agent : router_.agents()) leases_.restore(agent);
  resumed_after_ms_ = recovered.downtime_ms;
}

Status Core::start(const PoolConfiguration& configuration, const Timetable& timetable) {
  answers_.emplace(
      router_, clock_, identity_, options_.version, std::string(journal_.durability()),
      [this](HoursNumber hours) { return hours_.opens_ms(hours, sequencer_.now().wall_ms); });
  hours_.set(timetable);
  kept_ns_ = clock_.boot_ns();
  warn_of_small_floor();
  sequencer_.begin_group();
  if (resumed_after_ms_ >= 0) apply(command::Resumed{.downtime_ms = resumed_after_ms_});
  const Outcome outcome = apply(
      command::Configure{.configuration = std::make_shared<PoolConfiguration>(configuration)});
  if (outcome.refusal != Refusal::none) {
    return Status::trouble(
        fmt::format("the routing core does not take the configuration (reason {}); classes, bands "
                    "and channels that were in use cannot be left out without an heir",
                    static_cast<int>(outcome.refusal)));
  }
  close_group();
  return {};
}

}  // namespace usher
