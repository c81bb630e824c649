#pragma once

// What can be asked of a pool. A command is verified and validated bytes: every id that must be
// there is not zero, every number is within limits.h, every enum is known. What it means in the
// state it meets is decided by the router alone and answered by an Outcome.
//
// `epoch` names the offer or assignment that is meant; 0 means "whatever is", another is `stale`.

#include <cstdint>
#include <memory>
#include <variant>

#include "routing/bounded.h"
#include "routing/configuration.h"
#include "routing/limits.h"
#include "routing/types.h"

namespace usher::command {

using Required = Bounded<SkillLevel, limits::required_max>;
using Preferred = Bounded<SkillLevel, limits::preferred_max>;
using Excluded = Bounded<AgentId, limits::excluded_max>;

// Front-ends.

struct Open {
  ConversationId conversation;
  CustomerId customer;
  AgentId preferred_agent;
  ChannelNumber channel;
  CategoryNumber category;
  ImpactNumber impact;
  TierNumber tier;
  LanguageNumber language;
  bool test = false;
  std::int64_t age_ms = 0;         // 0 to limits::age_ms_max
  std::int64_t not_before_ms = 0;  // from now, 0 to limits::delay_ms_max
  Required required;
  Preferred preferred;
  Excluded excluded;

  friend bool operator==(const Open&, const Open&) = default;
};

struct Update {
  enum Field : std::uint16_t {
    category_field = 1,
    impact_field = 2,
    tier_field = 4,
    language_field = 8,
    required_field = 16,
    preferred_field = 32,
    preferred_agent_field = 64,
    excluded_field = 128,
    customer_field = 256
  };
  static constexpr std::uint16_t fields_all = 511;

  ConversationId conversation;
  std::uint16_t fields = 0;  // which of the following count
  CustomerId customer;
  AgentId preferred_agent;
  CategoryNumber category;
  ImpactNumber impact;
  TierNumber tier;
  LanguageNumber language;
  ReasonNumber reason;
  Required required;
  Preferred preferred;
  Excluded excluded;

  friend bool operator==(const Update&, const Update&) = default;
};

struct CustomerWrote {
  ConversationId conversation;

  friend bool operator==(const CustomerWrote&, const CustomerWrote&) = default;
};
struct Abandon {
  ConversationId conversation;

  friend bool operator==(const Abandon&, const Abandon&) = default;
};
struct Close {
  ConversationId conversation;
  AgentId agent;  // zero = the front-end or an operator closes
  std::uint64_t epoch = 0;
  CloseOutcome outcome = CloseOutcome::none;

  friend bool operator==(const Close&, const Close&) = default;
};
struct Transfer {
  ConversationId conversation;
  std::uint64_t epoch = 0;
  ClassNumber to_class;  // exactly one of the two is set
  AgentId to_agent;
  ReasonNumber reason;

  friend bool operator==(const Transfer&, const Transfer&) = default;
};
struct Escalate {
  ConversationId conversation;
  std::uint64_t epoch = 0;
  ReasonNumber reason;

  friend bool operator==(const Escalate&, const Escalate&) = default;
};
struct Reopen {
  ConversationId conversation;

  friend bool operator==(const Reopen&, const Reopen&) = default;
};
struct Rate {
  ConversationId conversation;
  std::uint8_t score = 0;  // 1 to 5

  friend bool operator==(const Rate&, const Rate&) = default;
};

// Agents' desks.

struct SignIn {
  AgentId agent;
  Presence presence = Presence::available;  // available or away
  std::uint16_t channels = 0;               // bit n-1 = channel n; 0 = all the agent holds

  friend bool operator==(const SignIn&, const SignIn&) = default;
};
struct SetPresence {
  AgentId agent;
  Presence presence = Presence::none;  // available, away, draining or offline
  ReasonNumber reason;

  friend bool operator==(const SetPresence&, const SetPresence&) = default;
};
struct SignOff {
  AgentId agent;

  friend bool operator==(const SignOff&, const SignOff&) = default;
};
struct Accept {
  ConversationId conversation;
  AgentId agent;
  std::uint64_t epoch = 0;

  friend bool operator==(const Accept&, const Accept&) = default;
};
struct Reject {
  ConversationId conversation;
  AgentId agent;
  std::uint64_t epoch = 0;
  ReasonNumber reason;

  friend bool operator==(const Reject&, const Reject&) = default;
};
struct Pick {
  ConversationId conversation;
  AgentId agent;
  std::uint64_t epoch = 0;  // of the offer or assignment it is taken from

  friend bool operator==(const Pick&, const Pick&) = default;
};
struct Replied {
  ConversationId conversation;
  AgentId agent;
  std::uint64_t epoch = 0;

  friend bool operator==(const Replied&, const Replied&) = default;
};
struct Hold {
  ConversationId conversation;
  AgentId agent;
  std::uint64_t epoch = 0;
  std::int64_t for_ms = 0;  // 0 = until the customer writes

  friend bool operator==(const Hold&, const Hold&) = default;
};
struct Resume {
  ConversationId conversation;
  AgentId agent;
  std::uint64_t epoch = 0;

  friend bool operator==(const Resume&, const Resume&) = default;
};
struct Release {
  ConversationId conversation;
  AgentId agent;
  std::uint64_t epoch = 0;
  ReasonNumber reason;

  friend bool operator==(const Release&, const Release&) = default;
};
struct FinishWrapUp {
  ConversationId conversation;
  AgentId agent;

  friend bool operator==(const FinishWrapUp&, const FinishWrapUp&) = default;
};
struct ExtendWrapUp {
  ConversationId conversation;
  AgentId agent;
  std::int64_t by_ms = 0;

  friend bool operator==(const ExtendWrapUp&, const ExtendWrapUp&) = default;
};

// Operators.

// Minutes of a week in the time zone of the roster, Monday 00:00 = 0; `to` ≤ `from` ends in the
// week that follows. The core keeps shifts and does not read them: the shell tells when one ends.
struct Shift {
  std::uint16_t from_minute = 0;
  std::uint16_t to_minute = 0;

  friend bool operator==(const Shift&, const Shift&) = default;
};

struct AgentDefinition {
  AgentId agent;
  GroupNumber group;
  std::uint8_t level = 1;
  std::uint8_t share_percent = 100;
  AgentKind kind = AgentKind::person;
  Bounded<SkillLevel, limits::agent_skills_max> skills;
  Bounded<AuthorityNumber, limits::agent_authorities_max> authorities;
  Bounded<ChannelHold, limits::channels_max> holds;  // empty = the pool's
  Bounded<Shift, limits::agent_shifts_max> shifts;

  friend bool operator==(const AgentDefinition&, const AgentDefinition&) = default;
};
struct DefineAgent {
  std::shared_ptr<const AgentDefinition> definition;  // never null

  friend bool operator==(const DefineAgent& a, const DefineAgent& b) {
    return *a.definition == *b.definition;
  }
};
struct RemoveAgent {
  AgentId agent;

  friend bool operator==(const RemoveAgent&, const RemoveAgent&) = default;
};
struct SetScope {
  Scope scope = Scope::none;
  ScopeState state = ScopeState::none;
  std::uint16_t number = 0;  // of the class or group
  AgentId agent;

  friend bool operator==(const SetScope&, const SetScope&) = default;
};
struct MoveAll {
  ClassNumber from_class;
  ClassNumber to_class;
  std::uint32_t count_max = 0;  // 0 = all

  friend bool operator==(const MoveAll&, const MoveAll&) = default;
};
struct SetMode {
  ModeNumber mode;          // none = the pool's own rules
  std::int64_t for_ms = 0;  // 0 = until told otherwise, at most limits::delay_ms_max

  friend bool operator==(const SetMode&, const SetMode&) = default;
};

// A command whose fields made no sense (id zero, a level of 11): it keeps its number and its place,
// changes nothing and is answered with the reason, so that one bad command never blocks a session.
struct Refused {
  Refusal reason = Refusal::malformed;  // never none

  friend bool operator==(const Refused&, const Refused&) = default;
};

// The shell's own: no client can send them.

struct Configure {
  std::shared_ptr<const PoolConfiguration> configuration;  // never null

  friend bool operator==(const Configure& a, const Configure& b) {
    return *a.configuration == *b.configuration;
  }
};
// A front-end's first word: numbers its origin, opens its session.
struct OpenSession {
  SessionId session;  // drawn by the shell, not zero
  Bounded<char, limits::name_bytes_max> origin;

  friend bool operator==(const OpenSession&, const OpenSession&) = default;
};
struct EndSession {
  SessionId session;

  friend bool operator==(const EndSession&, const EndSession&) = default;
};
// A calendar opens or closes; each is open until it is said to be closed.
struct SetHours {
  HoursNumber hours;
  bool open = true;

  friend bool operator==(const SetHours&, const SetHours&) = default;
};
// When the shift of a signed-in agent ends, from now; 0 = it has no end any more.
struct ShiftEnds {
  AgentId agent;
  std::int64_t in_ms = 0;

  friend bool operator==(const ShiftEnds&, const ShiftEnds&) = default;
};
// The lease of an agent ran out, or its desk is back.
struct AgentLost {
  AgentId agent;

  friend bool operator==(const AgentLost&, const AgentLost&) = default;
};
struct AgentRegained {
  AgentId agent;

  friend bool operator==(const AgentRegained&, const AgentRegained&) = default;
};
// Time has come to look at the timers. Every record fires what is due; this one does nothing else.
struct Tick {
  friend bool operator==(const Tick&, const Tick&) = default;
};
// The first record after a start. The downtime is already in the stamp's pool_ms.
struct Resumed {
  std::int64_t downtime_ms = 0;

  friend bool operator==(const Resumed&, const Resumed&) = default;
};

}  // namespace usher::command

namespace usher {

using Command = std::variant<
    command::Tick, command::Open, command::Update, command::CustomerWrote, command::Abandon,
    command::Close, command::Transfer, command::Escalate, command::Reopen, command::Rate,
    command::SignIn, command::SetPresence, command::SignOff, command::Accept, command::Reject,
    command::Pick, command::Replied, command::Hold, command::Resume, command::Release,
    command::FinishWrapUp, command::ExtendWrapUp, command::DefineAgent, command::RemoveAgent,
    command::SetScope, command::MoveAll, command::SetMode, command::Configure, command::OpenSession,
    command::EndSession, command::AgentLost, command::AgentRegained, command::Resumed,
    command::Refused, command::SetHours, command::ShiftEnds>;

// One line of the journal: who said what, as which of their commands, and when it counts.
// Session zero is the shell itself, whose commands carry no number.
struct Record {
  Stamp stamp;
  SessionId session;
  std::uint64_t number = 0;
  Command command;

  friend bool operator==(const Record&, const Record&) = default;
};

}  // namespace usher
