#pragma once

// What the shell may look at between two records: copies, computed when asked.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "routing/bounded.h"
#include "routing/command.h"
#include "routing/estimate.h"
#include "routing/tallies.h"
#include "routing/types.h"

namespace usher {

struct ClassView {
  ClassNumber number;
  BandNumber band;
  std::int64_t target_ms = 0;
  std::int64_t oldest_ms = 0;  // the longest wait, since opened_at, of anything waiting now
  std::uint32_t waiting = 0;
  std::uint32_t offered = 0;
  std::uint32_t assigned = 0;
  std::uint32_t held = 0;
  std::uint32_t wrapping = 0;
  std::uint64_t opened = 0;     // the rest leave out test conversations
  std::uint64_t replied = 0;    // first replies
  std::uint64_t in_target = 0;  // of them, within the target
  std::uint64_t reply_ms = 0;   // how long all of them together had waited, since opened_at
  std::uint64_t abandoned = 0;
  std::uint64_t closed = 0;
  std::uint64_t misses = 0;
  std::uint32_t deferred = 0;    // now
  std::uint32_t unroutable = 0;  // now
  std::uint64_t breached = 0;    // not replied to within the target
  std::uint64_t deferrals = 0;
  std::uint64_t reopened = 0;
  std::uint64_t rated = 0;
  std::uint64_t score = 0;                                    // of all ratings together
  std::array<std::uint64_t, close_outcome_count> outcomes{};  // of those closed
  Expected expected = {};                                     // were one more opened now
  std::uint64_t estimated = 0;                                // waits that had been estimated
  std::uint64_t within_p50 = 0;                               // of them, no longer than that
  std::uint64_t within_p90 = 0;
};

struct AgentGroupView {
  GroupNumber number;
  std::uint32_t people = 0;   // on the roster; bots left out
  std::uint32_t on_duty = 0;  // of them: signed in, not lost, not draining
  // What those on duty use of their capacity, at most all of it, in thousandths: the mean, -1 =
  // nobody is on duty; and how much they differ, see spread_permille().
  std::int32_t load_permille = -1;
  std::int32_t spread_permille = -1;
  Tally tally;
};

struct OriginView {
  OriginNumber number;
  OriginTally tally;
};

struct PoolView {
  std::uint64_t record = 0;
  std::uint64_t sequence = 0;
  std::int64_t pool_ms = 0;
  std::uint64_t chain = 0;  // hash over every event so far
  std::uint32_t conversations = 0;
  std::uint32_t waiting = 0;
  std::uint32_t unroutable = 0;
  std::uint32_t deferred = 0;
  std::uint32_t scheduled = 0;
  std::uint32_t agents = 0;     // on the roster
  std::uint32_t available = 0;  // of them
  std::uint32_t sessions = 0;
  std::uint64_t offers = 0;
  std::uint64_t lapses = 0;
  std::uint64_t refused = 0;
  ModeNumber mode;                // in force; none = the pool's own rules
  std::int64_t mode_ends_ms = 0;  // pool time; 0 = until told otherwise
  std::vector<ClassView> classes;
  std::vector<AgentGroupView> groups;  // every one that has a name
  std::vector<OriginView> origins;     // that opened incidents
};

struct ExclusionView {
  AgentId agent;
  std::int64_t until_ms = 0;  // pool time; 0 = for good
};

struct ConversationView {
  ConversationId conversation;
  CustomerId customer;
  ConversationState state = ConversationState::none;
  ClassNumber service_class;
  BandNumber band;
  ChannelNumber channel;
  CategoryNumber category;
  ImpactNumber impact;
  TierNumber tier;
  LanguageNumber language;
  OriginNumber origin;
  AgentId agent;
  std::uint64_t epoch = 0;
  std::vector<AgentId> offers;
  std::uint64_t offer_epoch = 0;
  std::int64_t opened_ms = 0;
  std::int64_t due_ms = 0;
  HoursNumber hours = {};  // its calendar, while that is closed
  std::int64_t waited_ms = 0;
  std::uint32_t position = 0;  // waiting: how many of its class do, as in Outcome
  Expected expected = {};      // from now on, while it waits or is offered
  bool replied = false;
  bool test = false;
  bool over = false;       // uses a slot above its agent's capacity, or its offers do
  bool joined = false;     // waiting, and another conversation of the customer has the place
  bool seeking = false;    // assigned, and looked for an agent who can handle the incident
  std::uint8_t level = 0;  // at least this of the agent, by escalation
  std::vector<SkillLevel> required;
  std::vector<ExclusionView> exclusions;
  std::uint32_t misses = 0;
  CloseOutcome outcome = CloseOutcome::none;
};

struct ChannelLoadView {
  ChannelNumber channel;
  std::uint16_t count = 0;
  std::uint16_t limit = 0;
  bool background = false;
};

struct AgentView {
  AgentId agent;
  GroupNumber group;
  std::uint8_t level = 0;
  std::uint8_t share_percent = 100;
  AgentKind kind = AgentKind::person;
  Presence presence = Presence::none;
  ReasonNumber reason;
  bool lost = false;
  OriginNumber origin;
  std::uint32_t used_live = 0;  // in units of the agent's holds
  std::uint32_t used_background = 0;
  std::uint32_t capacity = 0;
  std::uint32_t over = 0;  // conversations above it
  std::vector<ChannelLoadView> loads;
  std::vector<SkillLevel> skills;
  std::vector<AuthorityNumber> authorities;
  std::uint64_t idle_since = 0;  // sequence of the record that last changed load or availability
  std::uint32_t contested = 0;
  std::uint32_t misses = 0;
  std::vector<ConversationId> conversations;  // offered, assigned, held and wrapping
  std::vector<command::Shift> shifts;
  std::int64_t shift_ends_ms = 0;  // pool time, once it was told; 0 = not yet
};

// Of a signed-in agent that has shifts, or was told when one ends.
struct ShiftView {
  AgentId agent;
  std::int64_t ends_ms = 0;  // pool time, as it was told; 0 = it was not
  std::shared_ptr<const command::AgentDefinition> definition;  // never null
};

// Why an open would not wait and be taken, in the order in which it is looked at.
enum class Hindrance : std::uint8_t {
  none,
  nobody_ever,     // nobody on the roster ever could
  closed,          // its calendar is
  nobody_on_duty,  // could take it; see readings.md, 60
  full,            // so many wait already that its class overflows
  paused           // its class or the pool is
};

// What an open would meet. A refusal by overflow or hours comes with all of it, every other one of
// a class with the class alone.
struct Quote {
  Refusal refusal = Refusal::none;
  ClassNumber service_class;
  std::uint32_t position = 0;
  Expected expected = {};  // not known where something hinders; of a full class that refuses it is
  std::uint64_t estimated = 0;  // of the class, as in ClassView
  std::uint64_t within_p50 = 0;
  std::uint64_t within_p90 = 0;
  Hindrance hindrance = Hindrance::none;
  ConversationState state = ConversationState::none;  // in which it would be; none = refused
  ClassNumber to_class = {};                          // to which it would be sent; none = it stays
  HoursNumber hours = {};                             // its calendar, if that is closed
};

struct SessionView {
  SessionId session;
  OriginNumber origin;
  std::uint64_t last_applied = 0;
};

}  // namespace usher
