#pragma once

// What happened, decoded: the fields of schemas/events.fbs as a plain value.

#include <cstdint>

#include "client/id.h"
#include "schemas/events_generated.h"

namespace usher::client {

using wire::Cause;
using wire::CloseOutcome;
using wire::ConversationState;
using wire::EventKind;
using wire::Presence;
using wire::Scope;
using wire::ScopeState;

// One transition of the pool. `state` and `agent` are the conversation's after it; `other_agent` is
// the one it was taken from, or whose offer ended. Names are numbers of the dictionary.
struct Event {
  std::uint64_t sequence = 0;  // of the pool's output, contiguous
  std::uint64_t record = 0;    // of the input that caused it
  std::int64_t pool_ms = 0;
  std::int64_t wall_ms = 0;  // since 1970, for people
  EventKind kind = EventKind::none;
  Cause cause = Cause::none;
  ConversationState state = ConversationState::none;
  Presence presence = Presence::none;
  CloseOutcome outcome = CloseOutcome::none;
  std::uint8_t score = 0;
  bool test = false;
  bool over = false;
  Id conversation = {};
  Id agent = {};
  Id other_agent = {};
  Id customer = {};
  std::uint64_t epoch = 0;
  std::uint16_t service_class = 0;
  std::uint16_t band = 0;
  std::uint16_t channel = 0;
  std::uint16_t origin = 0;        // the conversation's front-end
  std::uint16_t agent_origin = 0;  // the desk the agent signed in from
  std::uint16_t other_origin = 0;  // the desk of other_agent
  std::uint16_t reason = 0;
  std::uint16_t language = 0;
  std::uint16_t tier = 0;
  std::uint64_t previous = 0;        // the previous event of `origin`
  std::uint64_t agent_previous = 0;  // the previous event of `agent_origin`
  std::uint64_t other_previous = 0;  // the previous event of `other_origin`
  std::int64_t waited_ms = 0;        // since opened_at
  std::int64_t due_ms = 0;    // pool time at which this state ends by itself; 0 = no such time
  std::uint32_t count = 0;    // of what the kind says
  Scope scope = Scope::none;  // scope_changed: of what, with `count` its number
  ScopeState scope_state = ScopeState::none;

  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace usher::client
