#pragma once

// One pool: a deterministic state machine with one totally ordered input and one contiguous output.
//
// Every change comes in through apply(). Given the same records, every build on every machine gives
// the same events, outcomes and digest: there is no clock, no dice, no hash order and no floating
// point in here. One thread at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "routing/command.h"
#include "routing/event.h"
#include "routing/explain.h"
#include "routing/view.h"

namespace usher {

// Hash of limits::semantics, every constant of limits.h, and the format of saved states: a core of
// another version may neither carry out the same records nor read the same states.
[[nodiscard]] std::uint64_t core_version();

class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // Fires the timers due at record.stamp (at most limits::timers_fired_max), then carries out the
  // command, then matches until no waiting conversation has an eligible agent. Appends what
  // happened to `events` (at most limits::events_max) and answers the command.
  //
  // A command of a session is applied once: its number must be the session's last + 1. The first
  // record of a pool must be a Configure.
  //
  // Requires: stamp.sequence is the last record's + 1; stamp.pool_ms is not less than the last
  // one's.
  Outcome apply(const Record& record, Events& events);
  // The same, and tells why of each conversation that matching gave or offered meanwhile.
  Outcome apply(const Record& record, Events& events, const Explaining& explaining);
  Outcome apply(const Record& record, Events& events, std::vector<Explanation>& decisions);

  // Whether apply() is at the timers, before the command: for who has to tell why it never ended.
  [[nodiscard]] bool at_timers() const;

  // When apply() has next to be called though no command came: pool time, or none while no timer is
  // pending. A time not after the last record's means: at once (a cursor has work left).
  [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

  // Tells which commands come next, so that what they touch is fetched early. No effect on state.
  void prefetch(std::span<const Command> commands) const;

  // Sessions. The outcome of one of the last limits::batch_commands_max commands of a session.
  [[nodiscard]] std::optional<SessionView> session(SessionId id) const;
  [[nodiscard]] std::vector<SessionView> sessions() const;  // in order of id
  [[nodiscard]] std::optional<Outcome> outcome(SessionId id, std::uint64_t number) const;

  // Names, in the order they were numbered.
  [[nodiscard]] std::span<const Name> dictionary() const;
  // The last event that concerned this origin; 0 = none yet.
  [[nodiscard]] std::uint64_t last_event_of(OriginNumber origin) const;

  [[nodiscard]] const PoolConfiguration& configuration() const;
  [[nodiscard]] PoolView view() const;
  // Of the last record.
  [[nodiscard]] Stamp stamp() const;
  [[nodiscard]] std::optional<ConversationView> conversation(ConversationId id) const;
  [[nodiscard]] std::optional<AgentView> agent(AgentId id) const;
  // Every agent in order of id; every live conversation in the order they were first opened.
  [[nodiscard]] std::vector<AgentView> agents() const;
  [[nodiscard]] std::vector<ConversationView> conversations() const;

  // What one opened like this would meet. Looks at its names and what it requires: whether somebody
  // who could take it is free, only an open can tell; whether anybody could, only if one of its
  // needs was opened since the configuration.
  [[nodiscard]] Quote quote(const command::Open& open) const;

  // What the shell told of calendars and shifts.
  [[nodiscard]] bool hours_open(HoursNumber number) const;
  [[nodiscard]] std::vector<ShiftView> shifts() const;
  [[nodiscard]] std::optional<ShiftView> shift(AgentId id) const;

  // Why a live conversation is where it is: what speaks against each agent of the roster. Walks
  // over all of them.
  [[nodiscard]] std::optional<Explanation> explain(ConversationId id) const;

  // Saving the state while records are applied. It is the state after the last record before
  // begin_saving(), which takes at once what is small, with agents and sessions; the rest is taken
  // by save_on(), or by the record that is about to change it. save_on() appends what was taken,
  // and takes more until it has so many bytes; false once all was appended. The bytes are for a
  // Loader. Requires: begin_saving(): not saving() yet; save_on(): saving().
  void begin_saving();
  bool save_on(std::size_t bytes, std::vector<std::byte>& into);
  [[nodiscard]] bool saving() const;
  class Loader;  // saved_state.h

  // Hash of the primary state: equal between runs, machines, builds and replicas.
  [[nodiscard]] std::uint64_t digest() const;
  // Rebuilds every index from the primary state and compares; false is a bug. For tests.
  [[nodiscard]] bool indexes_agree() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace usher
