#pragma once

// Random worlds for the twin: a small configuration, a handful of agents and conversations, so that
// everything collides with everything, and a script of commands of which some make no sense. One
// seed is one world, on every machine.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "routing/command.h"
#include "sim/twin.h"

namespace usher::sim {

// Numbers from a seed: SplitMix64.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // 0 to below - 1. Requires: below > 0.
  std::uint64_t below(std::uint64_t below) { return next() % below; }
  std::int64_t from_to(std::int64_t first, std::int64_t last);
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::uint64_t state_;
};

// One line of a script. What depends on the state it meets (sequence, time, the command's number,
// the epoch) is said relatively, so that a script from which lines were taken away still makes
// sense.
struct Step {
  enum class Numbering : std::uint8_t { next, repeated, gap };
  enum class Epoch : std::uint8_t { none, current, stale };

  std::int64_t after_ms = 0;
  std::uint8_t session = 0;  // 0 = the shell
  Numbering numbering = Numbering::next;
  Epoch epoch = Epoch::none;
  Command command;
};

using Script = std::vector<Step>;

// What a world may contain.
struct Features {
  bool several_offers = true;
  bool need_steps = true;
  bool preferred = true;
  bool follow_ups = true;
  bool reopen = true;
  bool reconfigure = true;
  bool heirs = true;
  bool helps_after = true;
  bool resumed = true;
  bool updates = true;
  bool holds = true;
  bool timed_holds = true;
  bool handling = true;
  bool bad_sessions = true;
  bool over = true;
  bool incidents = true;
  bool escalation = true;
  bool moves = true;
  bool customers = true;
  bool bots = true;
  bool login_burst = true;
  bool hours = true;
  bool overflow = true;
  bool shedding = true;
  bool modes = true;
  bool shifts = true;
  bool scopes = true;
  bool ratings = true;
  bool surge = true;

  // By its name; null if there is none of it.
  bool* find(std::string_view name);
};

// What a world is about: it happens there more often than chance alone would have it.
enum class Theme : std::uint8_t {
  anything,
  rejected_by_many,  // so that a conversation excludes them all
  rejected_by_few,   // each with much before them
  regulars,          // most ask for an agent of theirs, and wait for them
  last_minutes,      // of shifts, with restarts
  long_handling      // work takes too long, while it is offered to others
};

inline constexpr std::uint8_t sessions_of_a_world = 2;
[[nodiscard]] SessionId session_id(std::uint8_t session);

// Writes the script of one world, line by line, looking at where the twin stands: a command that
// fits the state is more telling than one that does not.
class Author {
 public:
  Author(std::uint64_t seed, const Features& features);
  // The next line. The first ones set the world up.
  Step next(const Twin& twin);

 private:
  PoolConfiguration configuration();
  RoutingRules rules();
  Diversion diversion(std::uint16_t from_class);
  void spoil(PoolConfiguration& pool);
  void mix(RoutingRules& its, const RoutingRules& other);
  std::vector<Mode> modes_of(const RoutingRules& own);
  ClassConfiguration service_class(std::uint16_t number);
  void surge(ClassConfiguration& its);
  std::vector<NeedStep> need();
  NeedTerm term();
  command::AgentDefinition agent();
  Step set_up();
  Command command(const Twin& twin);
  const ConversationView& one_of(const std::vector<ConversationView>& live);
  std::optional<Command> staff(const Twin& twin);
  Command about_roster();
  Command about_shell(const Twin& twin);
  Command about_session();
  Command reconfigure(const Twin& twin);
  std::int64_t hold_ms();
  Command open();
  Command about_many(const Twin& twin);
  Command set_scope(const Twin& twin);
  GroupNumber group_to_shut(const Twin& twin);
  Command set_mode();
  Command set_hours();
  Command shift_ends();
  Command update(ConversationId id, const Twin& twin);
  Command incident(ConversationId id, const Twin& twin);
  Command fitting(const ConversationView& c, const Twin& twin);
  Command rating(ConversationId id);
  Command any(ConversationId id, AgentId agent, const Twin& twin);
  std::int64_t pause(const Twin& twin);
  std::int64_t to_a_target(const Twin& twin);
  [[nodiscard]] AgentId colleague(const Twin& twin);
  void choose_theme();
  void keep_open();
  [[nodiscard]] AgentId any_agent();
  [[nodiscard]] ConversationId any_conversation();
  [[nodiscard]] CustomerId any_customer();
  [[nodiscard]] command::Required required();
  // A number of 1 to last, none, or rarely one that nobody configured.
  std::uint16_t number(std::uint16_t last);

  Dice dice_;
  Features features_;
  Theme theme_ = Theme::anything;
  std::uint64_t conversations_ = 0;
  std::size_t agents_ = 0;
  std::size_t live_max_ = 0;
  std::uint64_t customers_ = 0;
  std::size_t lines_ = 0;
  std::vector<Command> sent_;
  std::optional<command::Open> opened_;  // the last that was of its own kind
  std::vector<command::SetScope> shut_;
  std::set<std::uint16_t> closed_;              // calendars
  std::uint64_t turns_percent_ = 0;             // how often one is turned
  std::uint64_t rejected_percent_ = 20;         // of what is offered
  std::uint64_t ended_percent_ = 30;            // of what comes when all there may be are there
  std::uint64_t answered_at_once_percent_ = 0;  // of what is offered
  std::uint64_t staffed_percent_ = 0;           // how often who is not there may come
  std::uint64_t at_hand_percent_ = 0;           // of what is done, to what somebody has
  std::int64_t cool_down_s_min_ = 1;
  std::int64_t cool_down_s_max_ = 90;
};

// The record that a step is for a twin in this state.
[[nodiscard]] Record record_of(const Step& step, const Twin& twin);

}  // namespace usher::sim
