#pragma once

// The configuration of a pool as the core knows it: names are numbers, times are milliseconds, and
// everything is within limits.h. The shell compiles it from usher.toml and hands it over in a
// `configure` record, so that a replay needs neither file nor parser.

#include <cstdint>
#include <string>
#include <vector>

#include "routing/bounded.h"
#include "routing/limits.h"
#include "routing/types.h"

namespace usher {

// One name of the dictionary. In a configuration numbers are proposals of the compiler: they must
// continue what the pool has, see Router::dictionary().
struct Name {
  NameKind kind = NameKind::none;
  std::uint16_t number = 0;
  std::string text;

  friend bool operator==(const Name&, const Name&) = default;
};

enum class Order : std::uint8_t { oldest, deadline, service_level };
enum class GiveTo : std::uint8_t { least_loaded, longest_idle };
enum class Delivery : std::uint8_t { offer, give };
enum class RepliedBy : std::uint8_t { reply, accept };

// Where a conversation goes that cannot wait in its class.
struct Diversion {
  enum class Kind : std::uint8_t { none, defer, refuse, service_class };
  Kind kind = Kind::none;
  ClassNumber service_class;  // with that kind: outside the security bands

  friend bool operator==(const Diversion&, const Diversion&) = default;
};

// When a class is not simply waited in. Never of a class in a security band.
struct Overflow {
  Diversion to;                       // none: never
  std::uint32_t waiting_max = 0;      // so many wait already; 0 = no such limit
  std::int64_t wait_ms_max = 0;       // since opened_at; 0 = no such limit
  std::int64_t defer_ms = 1'800'000;  // when what is deferred, or shed, comes back

  friend bool operator==(const Overflow&, const Overflow&) = default;
};

// The calendar of a class for one language, or for those that no earlier line names.
struct ClassHours {
  LanguageNumber language;  // none = every language
  HoursNumber hours;

  friend bool operator==(const ClassHours&, const ClassHours&) = default;
};

struct ChannelConfiguration {
  ChannelNumber number;
  bool background = false;         // never keeps live work away
  bool voice = false;              // never beside an over-capacity assignment
  std::int64_t offer_ms = 20'000;  // an offer not answered by then lapses
  std::uint16_t holds = 1;         // so many fill an agent, unless the roster says otherwise

  friend bool operator==(const ChannelConfiguration&, const ChannelConfiguration&) = default;
};

struct BandConfiguration {
  BandNumber number;
  Order order = Order::oldest;
  std::uint16_t rescue = 5;  // with service_level: waited that many targets goes first
  bool security = false;     // neither pays nor waits for the fair pick

  friend bool operator==(const BandConfiguration&, const BandConfiguration&) = default;
};

// Something an agent must have, or (negated) must not have.
struct NeedTerm {
  enum class Kind : std::uint8_t { skill, language, group, level };
  Kind kind = Kind::skill;
  bool negated = false;
  std::uint16_t number = 0;  // the skill or group; unused with language
  std::uint8_t level = 1;    // at least this level (of the skill, or of the agent)

  friend auto operator<=>(const NeedTerm&, const NeedTerm&) = default;
};

// Any one of the alternatives is enough; all terms of an alternative must hold. A later step adds
// to the earlier ones.
struct NeedStep {
  std::int64_t after_ms = 0;  // since opened_at
  std::vector<std::vector<NeedTerm>> alternatives;

  friend bool operator==(const NeedStep&, const NeedStep&) = default;
};

// A tier for the agents of a group or level: smaller is asked first.
struct TierRule {
  GroupNumber group;       // none = every group
  std::uint8_t level = 0;  // 0 = every level
  std::uint8_t tier = 0;   // 0 is the default of whoever no rule names
  std::int64_t helps_after_ms = 0;

  friend bool operator==(const TierRule&, const TierRule&) = default;
};

struct ClassConfiguration {
  ClassNumber number;
  BandNumber band;
  std::int64_t target_ms = 60'000;  // to the first reply
  Delivery delivery = Delivery::offer;
  std::uint8_t offers_at_once = 1;
  std::vector<NeedStep> need;                // empty = anybody
  std::vector<AuthorityNumber> authorities;  // all of them; never relaxed
  std::int64_t reply_within_ms = 0;          // 0 = no such rule
  std::int64_t wrap_up_ms = 0;
  std::int64_t cool_down_ms = 60'000;
  std::int64_t preferred_wait_ms = 0;  // the preferred agent has precedence for so long
  bool hold_for_preferred = false;     // and nobody else is asked meanwhile
  std::int64_t handling_ms_max = 0;    // 0 = no such rule
  bool release_when_exceeded = false;
  std::vector<TierRule> tiers;
  RepliedBy replied_by = RepliedBy::reply;
  bool scarce = false;          // needs the scarce skill: those who have it are not last
  std::uint8_t over_slots = 0;  // above capacity, of one agent; in security bands only
  // In a mass incident others are lent sparingly; in security bands only. See reading 68.
  std::uint32_t surge_above = 0;          // offered, assigned and waiting ones of the class
  std::uint8_t surge_lend_percent = 100;  // of the others on duty; 100 = no surge rule
  std::int64_t bot_first_ms = 0;          // bots go first for so long since opened_at; 0 = never
  bool bot_replies_count = false;         // as first replies
  std::vector<ClassHours> hours;          // the first that fits counts; none = always open
  Diversion closed_to{Diversion::Kind::defer, {}};
  Overflow overflow;
  ClassNumber heir;

  friend bool operator==(const ClassConfiguration&, const ClassConfiguration&) = default;
};

// Gives a conversation its class: the first rule whose every non-empty list names it.
struct ClassRule {
  std::vector<CategoryNumber> categories;
  std::vector<ChannelNumber> channels;
  std::vector<TierNumber> tiers;
  std::vector<ImpactNumber> impacts;
  ClassNumber service_class;

  friend bool operator==(const ClassRule&, const ClassRule&) = default;
};

struct HeadStart {
  TierNumber tier;  // exactly one of tier and impact is set
  ImpactNumber impact;
  std::int64_t head_start_ms = 0;

  friend bool operator==(const HeadStart&, const HeadStart&) = default;
};

// All that a mode can change.
struct RoutingRules {
  std::vector<ChannelConfiguration> channels;
  std::vector<BandConfiguration> bands;  // the most urgent first
  std::vector<ClassConfiguration> classes;
  std::vector<ClassRule> rules;
  std::vector<HeadStart> head_starts;  // tier's and impact's are added
  std::vector<SkillNumber> scarce_skills;
  GiveTo give_to = GiveTo::least_loaded;
  std::uint16_t fair_pick = 16;  // 0 = off
  std::uint16_t misses_max = 2;  // offers missed in a row before an agent is not_responding
  std::int64_t lost_grace_ms = 90'000;
  std::int64_t resume_grace_ms = 30'000;
  std::uint32_t closed_keep = 1'000'000;
  std::uint16_t login_burst_per_minute = 0;  // 0 = no cap
  std::uint8_t levels = 3;                   // L1 to so many: where escalation ends
  std::uint32_t waiting_max = 0;             // of the pool, before work is shed; 0 = no limit
  std::int64_t stop_new_ms = 0;              // before a shift ends: no new live work

  friend bool operator==(const RoutingRules&, const RoutingRules&) = default;
};

// Rules with a name, for a time. They know the channels, bands and classes of the pool's own rules
// and no others.
struct Mode {
  ModeNumber number;
  RoutingRules rules;

  friend bool operator==(const Mode&, const Mode&) = default;
};

// A pool's own rules, and what goes with them whatever the mode.
struct PoolConfiguration : RoutingRules {
  std::vector<Name> names;  // every name the rest of it uses, and those the pool has already
  std::vector<Mode> modes;

  friend bool operator==(const PoolConfiguration&, const PoolConfiguration&) = default;
};

}  // namespace usher
