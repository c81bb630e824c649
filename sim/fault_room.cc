#include "sim/fault_room.h"

#include <fmt/format.h>

#include <variant>

namespace usher::sim {

namespace {

// The core may decide by what it saw so long ago.
constexpr std::int64_t look_ns = 100'000'000;

// Said apart from the core, which is judged by it.
bool adds_work(const Command& command) {
  return std::holds_alternative<command::Open>(command) ||
         std::holds_alternative<command::Reopen>(command) ||
         std::holds_alternative<command::DefineAgent>(command);
}

}  // namespace

void RoomWatch::look() { (below_floor() ? short_ns_ : room_ns_) = clock_.boot_ns(); }

std::string RoomWatch::doubt(const Record& record) const {
  if (record.session.is_zero()) return {};
  const auto lately = [&](std::int64_t at_ns) { return clock_.boot_ns() - at_ns < look_ns; };
  const auto* refused = std::get_if<command::Refused>(&record.command);
  const bool for_room = refused != nullptr && refused->reason == Refusal::disk_full;
  if (for_room && !lately(short_ns_)) {
    return fmt::format("command {} is refused for want of room, of which there is enough",
                       record.number);
  }
  if (adds_work(record.command) && !lately(room_ns_)) {
    return fmt::format("command {} adds work below the floor", record.number);
  }
  return {};
}

std::string RoomWatch::doubt_kept(const FaultJournal& journal) {
  if (journal.states_kept() == states_kept_) return {};
  states_kept_ = journal.states_kept();
  if (disk_.states.empty()) return "a state was kept, and all of them are forgotten";
  // The beginning of the pool is a state too, as long as all behind it is kept.
  const bool beginning = journal.groups_before(disk_.states.front().of.sequence) > 0;
  if (disk_.states.size() + (beginning ? 1 : 0) <= 2) return {};
  const Journal::Snapshot& second = disk_.states[beginning ? 0 : 1].of;
  if (second.wall_ms < clock_.wall_ms() - retention_.keep_ms) {
    return fmt::format("what was before the state of record {} is older than keep",
                       second.sequence);
  }
  if (journal.bytes() > retention_.bytes_max) {
    return fmt::format("{} bytes are kept, more than keep_size", journal.bytes());
  }
  return {};
}

std::string RoomWatch::doubt_emptied(const FaultJournal& journal) const {
  if (!below_floor() || disk_.states.empty()) return {};
  const std::uint64_t newest = disk_.states.back().of.sequence;
  // The group that was the last one as the past was forgotten is still there.
  if (disk_.states.size() == 1 && journal.groups_before(newest) <= 1) return {};
  return fmt::format("the disk is full, and what was before the state of record {} is kept",
                     newest);
}

}  // namespace usher::sim
