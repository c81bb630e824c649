// How the core begins: with a new pool, or where the journal says that one had got to.

#include <fmt/format.h>

#include <utility>

#include "daemon/pipeline_core.h"
#include "routing/check.h"

namespace usher {

Status Core::recover(const std::function<void(std::span<const Event>)>& again,
                     Recovered& recovered) {
  identity_ = {.pool = options_.pool, .incarnation = options_.incarnation, .term = 0};
  if (Status status = journal_.lead(identity_.term); !status.ok()) return status;
  if (journal_.incarnation() != 0) identity_.incarnation = journal_.incarnation();

  Events events;
  const auto hand_on = [&] {
    if (!events.empty()) sequence_ = events.back().sequence;
    again(events);
    events.clear();
  };
  Status status = journal_.read(1, [&](const Record& record) {
    current_ = &record;
    router_.apply(record, events);
    current_ = nullptr;
    if (events.size() >= group_events_max) hand_on();
    ++recovered.records;
    return true;
  });
  if (!status.ok()) return status;
  hand_on();
  if (recovered.records > 0) resume(recovered);
  return {};
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
  sequencer_.begin_group();
  apply(command::Resumed{.downtime_ms = recovered.downtime_ms});
}

Status Core::start(const PoolConfiguration& configuration, const Timetable& timetable) {
  answers_.emplace(router_, clock_, identity_, options_.version,
                   std::string(journal_.durability()));
  hours_.set(timetable);
  sequencer_.begin_group();
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
