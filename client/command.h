#pragma once

// Everything a front-end, an agent's desk or an operator can ask of usherd, as plain values with
// the fields of schemas/commands.fbs. Names are numbers of the pool's dictionary (dictionary.h), 0
// is none; an `epoch` names the offer or assignment that is meant, and 0 means whatever is.

#include <cstdint>
#include <variant>
#include <vector>

#include "client/id.h"
#include "schemas/commands_generated.h"

namespace usher::client {

using wire::AgentKind;
using wire::CloseOutcome;
using wire::Presence;
using wire::Scope;
using wire::ScopeState;

// A skill and the level of it, 1 to 10.
struct SkillLevel {
  std::uint16_t skill = 0;
  std::uint8_t level = 0;

  friend bool operator==(const SkillLevel&, const SkillLevel&) = default;
};

// So many conversations of a channel fill an agent.
struct ChannelHold {
  std::uint16_t channel = 0;
  std::uint16_t count = 0;

  friend bool operator==(const ChannelHold&, const ChannelHold&) = default;
};
// Minutes of the week in the time zone of the roster, Monday 00:00 = 0, both below 10,080; an end
// that is not after the beginning lies in the week that follows.
struct Shift {
  std::uint16_t from_minute = 0;
  std::uint16_t to_minute = 0;

  friend bool operator==(const Shift&, const Shift&) = default;
};

// --- front-ends ---

struct Open {
  Id conversation = {};
  Id customer = {};
  std::uint16_t channel = 0;
  std::uint16_t category = 0;
  std::uint16_t impact = 0;
  std::uint16_t tier = 0;
  std::uint16_t language = 0;
  std::uint64_t age_ms = 0;                // 0 to 30 days
  std::uint64_t not_before_ms = 0;         // from now, 0 to 30 days
  std::vector<SkillLevel> required = {};   // at most 8
  std::vector<SkillLevel> preferred = {};  // at most 4
  Id preferred_agent = {};
  std::vector<Id> excluded = {};  // at most 4
  bool test = false;
};

// Only the fields named in `fields` count (a sum of wire::UpdateField), so that none can be said.
struct Update {
  Id conversation = {};
  std::uint16_t fields = 0;
  std::uint16_t category = 0;
  std::uint16_t impact = 0;
  std::uint16_t tier = 0;
  std::uint16_t language = 0;
  std::vector<SkillLevel> required = {};
  std::vector<SkillLevel> preferred = {};
  Id preferred_agent = {};
  std::vector<Id> excluded = {};
  Id customer = {};
  std::uint16_t reason = 0;
};

struct CustomerWrote {
  Id conversation = {};
};
struct Abandon {
  Id conversation = {};
};
struct Close {
  Id conversation = {};
  Id agent = {};  // none = the front-end or an operator closes
  std::uint64_t epoch = 0;
  CloseOutcome outcome = CloseOutcome::none;
};
// To a class or to an agent: exactly one of the two is set.
struct Transfer {
  Id conversation = {};
  std::uint64_t epoch = 0;
  std::uint16_t to_class = 0;
  Id to_agent = {};
  std::uint16_t reason = 0;
};
struct Escalate {
  Id conversation = {};
  std::uint64_t epoch = 0;
  std::uint16_t reason = 0;
};
struct Reopen {
  Id conversation = {};
};
struct Rate {
  Id conversation = {};
  std::uint8_t score = 0;  // 1 to 5
};

// --- agents' desks ---

struct SignIn {
  Id agent = {};
  Presence presence = Presence::available;   // available or away
  std::vector<std::uint16_t> channels = {};  // empty = all the agent holds
};
struct SetPresence {
  Id agent = {};
  Presence presence = Presence::none;  // available, away, draining or offline
  std::uint16_t reason = 0;
};
struct SignOff {
  Id agent = {};
};
struct Accept {
  Id conversation = {};
  Id agent = {};
  std::uint64_t epoch = 0;
};
struct Reject {
  Id conversation = {};
  Id agent = {};
  std::uint64_t epoch = 0;
  std::uint16_t reason = 0;
};
struct Pick {
  Id conversation = {};
  Id agent = {};
  std::uint64_t epoch = 0;
};
struct Replied {
  Id conversation = {};
  Id agent = {};
  std::uint64_t epoch = 0;
};
struct Hold {
  Id conversation = {};
  Id agent = {};
  std::uint64_t epoch = 0;
  std::uint64_t for_ms = 0;  // 0 = until the customer writes
};
struct Resume {
  Id conversation = {};
  Id agent = {};
  std::uint64_t epoch = 0;
};
// The agent gives the conversation back to its class.
struct Release {
  Id conversation = {};
  Id agent = {};
  std::uint64_t epoch = 0;
  std::uint16_t reason = 0;
};
struct FinishWrapUp {
  Id conversation = {};
  Id agent = {};
};
struct ExtendWrapUp {
  Id conversation = {};
  Id agent = {};
  std::uint64_t by_ms = 0;  // up to 1 hour
};

// --- operators ---

struct DefineAgent {
  Id agent = {};
  std::uint16_t group = 0;
  std::uint8_t level = 1;            // 1 to 9
  std::uint8_t share_percent = 100;  // of a full load
  AgentKind kind = AgentKind::person;
  std::vector<SkillLevel> skills = {};          // at most 64
  std::vector<std::uint16_t> authorities = {};  // at most 16
  std::vector<ChannelHold> holds = {};          // empty = the pool's
  std::vector<Shift> shifts = {};               // at most 21; signed off when one ends
};
struct RemoveAgent {
  Id agent = {};
};
struct SetScope {
  Scope scope = Scope::none;
  ScopeState state = ScopeState::none;
  std::uint16_t number = 0;  // of the class or group
  Id agent = {};
};
struct MoveAll {
  std::uint16_t from_class = 0;
  std::uint16_t to_class = 0;
  std::uint32_t count_max = 0;  // 0 = all
};
struct SetMode {
  std::uint16_t mode = 0;  // 0 = back to normal
  std::uint64_t for_ms = 0;
};

using Command =
    std::variant<Open, Update, CustomerWrote, Abandon, Close, Transfer, Escalate, Reopen, Rate,
                 SignIn, SetPresence, SignOff, Accept, Reject, Pick, Replied, Hold, Resume, Release,
                 FinishWrapUp, ExtendWrapUp, DefineAgent, RemoveAgent, SetScope, MoveAll, SetMode>;

}  // namespace usher::client
