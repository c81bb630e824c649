#pragma once

// What happened: one flat record per transition, the same for every kind, with the numeric values
// of schemas/events.fbs. Read with `state` and `agent`, a conversation's events alone tell who
// owned it when; the room an agent uses is what lies with them as offered, assigned or wrapping.

#include <cstdint>
#include <vector>

#include "routing/types.h"

namespace usher {

enum class EventKind : std::uint8_t {
  none = 0,
  opened = 1,
  waiting = 3,
  offered = 4,
  offer_ended = 5,
  assigned = 6,
  replied = 7,
  customer_wrote = 8,
  held = 9,
  wrapping = 10,
  wrap_up_extended = 11,
  closed = 12,
  abandoned = 13,
  deferred = 14,
  unroutable = 15,
  updated = 16,
  escalated = 17,
  rated = 18,
  joined = 19,
  at_risk = 20,
  breached = 21,
  handling_exceeded = 22,
  agent_defined = 32,
  agent_removed = 33,
  agent_signed_in = 34,
  agent_presence = 35,
  agent_lost = 36,
  agent_regained = 37,
  agent_signed_off = 38,
  pool_started = 48,
  pool_configured = 49,
  scope_changed = 50,
  mode_changed = 51,
  alarm = 52
};

enum class Cause : std::uint8_t {
  none,
  command,
  due,
  given,
  accepted,
  picked,
  rejected,
  lapsed,
  revoked,
  silent,
  agent_lost,
  agent_gone,
  released,
  transferred,
  resumed,
  customer_wrote,
  reclassified,
  escalated,
  reopened,
  hours,
  overflow,
  configuration,
  roster,
  operator_order,
  misses,
  nobody_ever,
  nobody_on_duty,
  bot_handed_over,
  mode,
  taken_by_another,
  customer  // another conversation of the customer has the place, or had it
};

// Field by field as in schemas/events.fbs.
struct Event {
  std::uint64_t sequence = 0;
  std::uint64_t record = 0;
  std::int64_t pool_ms = 0;
  std::int64_t wall_ms = 0;
  EventKind kind = EventKind::none;
  Cause cause = Cause::none;
  ConversationState state = ConversationState::none;
  Presence presence = Presence::none;
  CloseOutcome outcome = CloseOutcome::none;
  std::uint8_t score = 0;
  bool test = false;
  bool over = false;
  ConversationId conversation;
  AgentId agent;
  AgentId other_agent;
  CustomerId customer;
  std::uint64_t epoch = 0;
  ClassNumber service_class;
  BandNumber band;
  ChannelNumber channel;
  OriginNumber origin;
  OriginNumber agent_origin;
  OriginNumber other_origin;
  ReasonNumber reason;
  LanguageNumber language;
  TierNumber tier;
  std::uint64_t previous = 0;
  std::uint64_t agent_previous = 0;
  std::uint64_t other_previous = 0;
  std::int64_t waited_ms = 0;
  std::int64_t due_ms = 0;
  std::uint32_t count = 0;
  Scope scope = Scope::none;
  ScopeState scope_state = ScopeState::none;
};

using Events = std::vector<Event>;

// The answer to a command. Refusals are outcomes, never events.
struct Outcome {
  Refusal refusal = Refusal::none;
  ConversationState state = ConversationState::none;  // none = nothing to say but "done"
  ClassNumber service_class;
  std::uint32_t position = 0;  // waiting in its class, itself included; 0 = not waiting
  std::int64_t expected_p50_ms = -1;
  std::int64_t expected_p90_ms = -1;
  std::uint64_t epoch = 0;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

}  // namespace usher
