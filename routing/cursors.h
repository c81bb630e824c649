#pragma once

// What concerns many is done a bounded number per record; what is left of it is part of the state.

#include <cstdint>

#include "routing/event.h"
#include "routing/free_agents.h"
#include "routing/queues.h"
#include "routing/types.h"

namespace usher {

// Goes over all conversations after the roster or the configuration changed what can be routed.
struct Recheck {
  ConversationSlot next;  // none = nothing to do
  Cause cause = Cause::none;
  bool reopens = false;  // calendars opened: what stands in the queue may be taken now
};

// Goes over all agents, to match again.
struct Rematch {
  bool active = false;
  std::uint32_t next = 0;
};

// A bulk move under way, over the conversations that were there when it was asked for.
struct Move {
  ConversationSlot next;  // none = nothing to do
  std::uint64_t number_last = 0;
  std::uint32_t left = 0;
  ClassNumber from;
  ClassNumber to;
};

// Who left, and has still some of what was theirs then.
struct Leaving {
  AgentSlot agent;
  Cause cause = Cause::none;
  std::uint64_t epoch_last = 0;  // what they got later stays with them
};

}  // namespace usher
