#pragma once

// The fields of every command in the order in which a record holds them: said once, for whoever
// counts, writes or reads them. What is here is the format of docs/formats.md: fields are never
// moved. A command that gets a field gets a new kind beside the old one.
//
// An Io offers operator() for the plain values and list() for vectors; Io::Of<T> is T& for a reader
// and const T& for the others.

#include <cstddef>
#include <cstdint>

#include "routing/command.h"

namespace usher {

// The last value of each enum that a record may hold.
template <class E>
inline constexpr E last_of{};
template <>
inline constexpr CloseOutcome last_of<CloseOutcome> = CloseOutcome::handed_over;
template <>
inline constexpr Presence last_of<Presence> = Presence::offline;
template <>
inline constexpr AgentKind last_of<AgentKind> = AgentKind::bot;
template <>
inline constexpr Scope last_of<Scope> = Scope::agent;
template <>
inline constexpr ScopeState last_of<ScopeState> = ScopeState::draining;
template <>
inline constexpr Refusal last_of<Refusal> = Refusal::below_ring;

static_assert(static_cast<std::size_t>(last_of<CloseOutcome>) + 1 == close_outcome_count);
static_assert(static_cast<std::size_t>(last_of<Refusal>) + 1 == refusal_count);

template <class Io, class T>
using Of = typename Io::template Of<T>;

template <class Io>
void fields(Io& io, Of<Io, SkillLevel> it) {
  io(it.skill, it.level);
}
template <class Io>
void fields(Io& io, Of<Io, ChannelHold> it) {
  io(it.channel, it.count);
}

// --- front-ends ---

template <class Io>
void fields(Io& io, Of<Io, command::Open> it) {
  io(it.conversation, it.customer, it.preferred_agent, it.channel, it.category, it.impact, it.tier,
     it.language, it.test, it.age_ms, it.not_before_ms, it.required, it.preferred, it.excluded);
}
template <class Io>
void fields(Io& io, Of<Io, command::Update> it) {
  io(it.conversation, it.fields, it.customer, it.preferred_agent, it.category, it.impact, it.tier,
     it.language, it.reason, it.required, it.preferred, it.excluded);
}
template <class Io>
void fields(Io& io, Of<Io, command::CustomerWrote> it) {
  io(it.conversation);
}
template <class Io>
void fields(Io& io, Of<Io, command::Abandon> it) {
  io(it.conversation);
}
template <class Io>
void fields(Io& io, Of<Io, command::Close> it) {
  io(it.conversation, it.agent, it.epoch, it.outcome);
}
template <class Io>
void fields(Io& io, Of<Io, command::Transfer> it) {
  io(it.conversation, it.epoch, it.to_class, it.to_agent, it.reason);
}
template <class Io>
void fields(Io& io, Of<Io, command::Escalate> it) {
  io(it.conversation, it.epoch, it.reason);
}
template <class Io>
void fields(Io& io, Of<Io, command::Reopen> it) {
  io(it.conversation);
}
template <class Io>
void fields(Io& io, Of<Io, command::Rate> it) {
  io(it.conversation, it.score);
}

// --- agents' desks ---

template <class Io>
void fields(Io& io, Of<Io, command::SignIn> it) {
  io(it.agent, it.presence, it.channels);
}
template <class Io>
void fields(Io& io, Of<Io, command::SetPresence> it) {
  io(it.agent, it.presence, it.reason);
}
template <class Io>
void fields(Io& io, Of<Io, command::SignOff> it) {
  io(it.agent);
}
template <class Io>
void fields(Io& io, Of<Io, command::Accept> it) {
  io(it.conversation, it.agent, it.epoch);
}
template <class Io>
void fields(Io& io, Of<Io, command::Reject> it) {
  io(it.conversation, it.agent, it.epoch, it.reason);
}
template <class Io>
void fields(Io& io, Of<Io, command::Pick> it) {
  io(it.conversation, it.agent, it.epoch);
}
template <class Io>
void fields(Io& io, Of<Io, command::Replied> it) {
  io(it.conversation, it.agent, it.epoch);
}
template <class Io>
void fields(Io& io, Of<Io, command::Hold> it) {
  io(it.conversation, it.agent, it.epoch, it.for_ms);
}
template <class Io>
void fields(Io& io, Of<Io, command::Resume> it) {
  io(it.conversation, it.agent, it.epoch);
}
template <class Io>
void fields(Io& io, Of<Io, command::Release> it) {
  io(it.conversation, it.agent, it.epoch, it.reason);
}
template <class Io>
void fields(Io& io, Of<Io, command::FinishWrapUp> it) {
  io(it.conversation, it.agent);
}
template <class Io>
void fields(Io& io, Of<Io, command::ExtendWrapUp> it) {
  io(it.conversation, it.agent, it.by_ms);
}

// --- operators ---

template <class Io>
void fields(Io& io, Of<Io, command::Shift> it) {
  io(it.from_minute, it.to_minute);
}
template <class Io>
void fields(Io& io, Of<Io, command::AgentDefinition> it) {
  io(it.agent, it.group, it.level, it.share_percent, it.kind, it.skills, it.authorities, it.holds,
     it.shifts);
}
template <class Io>
void fields(Io& io, Of<Io, command::DefineAgent> it) {
  io.pointed(it.definition);
}
template <class Io>
void fields(Io& io, Of<Io, command::RemoveAgent> it) {
  io(it.agent);
}
template <class Io>
void fields(Io& io, Of<Io, command::SetScope> it) {
  io(it.scope, it.state, it.number, it.agent);
}
template <class Io>
void fields(Io& io, Of<Io, command::MoveAll> it) {
  io(it.from_class, it.to_class, it.count_max);
}
template <class Io>
void fields(Io& io, Of<Io, command::SetMode> it) {
  io(it.mode, it.for_ms);
}
template <class Io>
void fields(Io& io, Of<Io, command::Refused> it) {
  io(it.reason);
}

// --- the shell ---

template <class Io>
void fields(Io& io, Of<Io, command::Configure> it) {
  io.pointed(it.configuration);
}
template <class Io>
void fields(Io& io, Of<Io, command::OpenSession> it) {
  io(it.session, it.origin);
}
template <class Io>
void fields(Io& io, Of<Io, command::EndSession> it) {
  io(it.session);
}
template <class Io>
void fields(Io& io, Of<Io, command::SetHours> it) {
  io(it.hours, it.open);
}
template <class Io>
void fields(Io& io, Of<Io, command::ShiftEnds> it) {
  io(it.agent, it.in_ms);
}
template <class Io>
void fields(Io& io, Of<Io, command::AgentLost> it) {
  io(it.agent);
}
template <class Io>
void fields(Io& io, Of<Io, command::AgentRegained> it) {
  io(it.agent);
}
template <class Io>
void fields(Io&, Of<Io, command::Tick>) {}
template <class Io>
void fields(Io& io, Of<Io, command::Resumed> it) {
  io(it.downtime_ms);
}

}  // namespace usher
