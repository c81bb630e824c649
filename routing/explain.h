#pragma once

// Why: of one conversation at one moment, every agent of the roster with the first reason that
// rules them out, or the field of the agent tuple on which they lost. Computed when asked, from the
// definitions alone and not from the indexes that decide, so that it can also prove them right.

#include <cstdint>
#include <functional>
#include <vector>

#include "routing/types.h"

namespace usher {

// In the order in which it is checked; the first "no" is the reason.
enum class Verdict : std::uint8_t {
  eligible,
  has_it,         // the conversation lies with this agent
  asked,          // has an open offer of it
  not_available,  // away, draining, not responding or offline
  lost,
  paused,          // the agent, its group, the class or the pool is paused or draining
  need_later,      // meets the need from a later step on
  need,            // meets it at no step
  authority,       // lacks one that is never relaxed
  helps_later,     // its group or level helps only after a wait
  excluded,        // for good, by the front-end
  cooling_down,    // rejected or missed it
  channel,         // does not take the channel
  room,            // takes it, and is full
  held_back,       // came online a moment ago and was given enough for now
  bot,             // a bot, and bots get this no more
  kept_for_other,  // the conversation waits for its preferred agent
  shift_ends,      // no new live work in the last minutes of a shift
  closed,          // outside the hours of the class; looked at together with paused
  lent_enough      // a mass incident has as many of the others as it may
};
inline constexpr std::size_t verdict_count = 20;

// The fields of the agent tuple, in order.
enum class TupleField : std::uint8_t { none, bot, over, preferred, tier, load, scarce, idle, id };

struct CandidateView {
  AgentId agent;
  Verdict verdict = Verdict::eligible;
  std::int64_t from_ms = 0;  // pool time at which time alone lifts the verdict; 0 = it does not
  // What keeps the agent from it for good, whatever else changes but roster and conversation: need,
  // authority, excluded, channel or bot. Eligible: nothing does.
  Verdict lacks = Verdict::eligible;
  Scope paused = Scope::none;  // agent or group, where that is paused or draining
  GroupNumber group;
  TupleField lost_on = TupleField::none;  // of who is eligible and was not chosen

  // The tuple.
  bool bot = false;
  bool over = false;
  bool preferred = false;
  std::uint8_t tier = 0;
  std::uint32_t used = 0;
  std::uint32_t capacity = 1;
  bool scarce = false;  // false where the class needs what is scarce
  std::uint64_t idle_since = 0;
};

struct Explanation {
  ConversationId conversation;
  ConversationState state = ConversationState::none;
  std::uint64_t record = 0;         // at which this was so
  std::uint64_t configured_at = 0;  // the record that brought the configuration
  std::int64_t pool_ms = 0;
  std::int64_t opened_ms = 0;
  ClassNumber service_class;
  BandNumber band;
  std::uint8_t rank = 0;  // the order tuple, see queues.h
  std::int64_t time_ms = 0;
  std::uint64_t queued = 0;
  std::uint8_t step = 0;  // how many steps of the need have come
  std::uint8_t steps = 0;
  bool joined = false;  // another conversation of the customer has the place
  // What keeps everybody from it.
  HoursNumber hours;        // its calendar, while that is closed
  std::int64_t due_ms = 0;  // pool time at which it comes back, deferred or scheduled
  ScopeState pool_scope = ScopeState::open;
  ScopeState class_scope = ScopeState::open;
  bool debt = false;  // the winner owed it: fair pick
  AgentId winner;     // zero: nobody was chosen
  std::vector<CandidateView>
      candidates;  // the eligible in the order of the tuple, then the rest by id
};

// Who is told why, decision by decision, while a record is carried out.
struct Explaining {
  ConversationId about;  // zero: every conversation
  std::function<void(Explanation&&)> tell;
};

}  // namespace usher
