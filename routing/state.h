#pragma once

// The state of a pool. Primary: what the records made (conversations, agents, sessions, names,
// counters, timers). Derived: what can be rebuilt from it (indexes, capabilities, queues). Only the
// router's own files include this.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "routing/calendar.h"
#include "routing/capacity.h"
#include "routing/command.h"
#include "routing/cursors.h"
#include "routing/customers.h"
#include "routing/estimate.h"
#include "routing/event.h"
#include "routing/free_agents.h"
#include "routing/hash.h"
#include "routing/id_index.h"
#include "routing/linked_heap.h"
#include "routing/needs.h"
#include "routing/queues.h"
#include "routing/router.h"
#include "routing/slab.h"
#include "routing/tallies.h"
#include "routing/timers.h"

namespace usher {

using EndedSlot = Slot<struct EndedTag>;
using PlaceSlot = Slot<struct PlaceTag>;  // of a live or an ended conversation, see place_of()

// What a conversation is, whatever state it is in.
struct Nature {
  CustomerId customer;
  AgentId preferred_agent;
  ChannelNumber channel;
  CategoryNumber category;
  ImpactNumber impact;
  TierNumber tier;
  LanguageNumber language;
  ClassNumber service_class;
  OriginNumber origin;
  std::uint8_t level = 0;  // of the agent, at least: escalation; 0 = never escalated
  bool test = false;
  bool replied = false;           // somebody answered at least once
  std::uint64_t fingerprint = 0;  // of what its open said
  std::int64_t age_ms = 0;        // what it had waited elsewhere
  std::int64_t opened_ms = 0;     // pool time less its age; may be negative
  // How long its calendar, ever since the pool began, had been closed when it was opened.
  std::int64_t closed_mark_ms = 0;
  std::uint64_t queued = 0;  // when it first entered the queue: a count; 0 = not yet
  command::Required required;
  command::Preferred preferred;
  command::Excluded excluded;
  RequirementSlot requirement;  // derived, see bind()

  friend bool operator==(const Nature&, const Nature&) = default;
};

// A cool-down: of this agent, as the roster had it then.
struct Exclusion {
  AgentSlot agent;
  std::int64_t until_ms = 0;
  std::uint64_t record = 0;  // that made it
};

struct Conversation {
  ConversationId id;
  Nature nature;
  ConversationState state = ConversationState::none;
  CloseOutcome outcome = CloseOutcome::none;
  bool leaving = false;       // ends as abandoned, not closed
  bool over = false;          // assigned or wrapping in a slot above capacity
  bool offers_over = false;   // all its offers are
  bool handed_over = false;   // no bot gets it any more
  bool seeking = false;       // assigned, and in the queue for an agent who can handle the incident
  bool replied_here = false;  // in this assignment
  bool diverted = false;      // sent to another class, or deferred, by overflow or hours
  bool told_risk = false;     // at_risk was published
  bool told_breach = false;   // breached was
  bool own_list = false;      // held, and told that there was no room when it was due
  bool claimed = false;       // opened as an incident, and never reclassified out of it
  AgentSlot agent;            // who has it: assigned, held, wrapping
  AgentSlot last_agent;       // the last of them who is no bot
  std::int64_t preferred_since_ms = 0;
  std::uint64_t epoch = 0;      // of the assignment; 0 = none
  std::uint64_t made_from = 0;  // the epoch that the command which made the assignment meant
  std::uint64_t offer_epoch = 0;
  std::uint64_t returning = 0;  // held, and due back with its agent: the place among those; 0 = not
  Bounded<AgentSlot, limits::offers_max> offers;
  Bounded<Exclusion, limits::exclusions_max> exclusions;
  std::uint32_t misses = 0;
  std::uint64_t number = 0;  // in the order of opening
  ConversationSlot earlier;  // likewise
  ConversationSlot later;
  CustomerSlot customer;
  HeapLinks<ConversationSlot> in_line;    // while waiting or offered; see Customer::line
  TimerSlot timer;                        // scheduled, deferred, offer, hold, own list, wrap-up
  TimerSlot look;                         // in the queue: look again
  TimerSlot reply;                        // assigned: silence
  TimerSlot handling;                     // assigned: for very long
  TimerSlot bot_turn;                     // assigned to a bot
  TimerSlot target;                       // not replied to yet
  TimerSlot overdue;                      // in the queue, and its class overflows by time
  Expected expected;                      // said when it began to wait
  std::int64_t expected_from_ms = 0;      // likewise
  bool expects = false;                   // it waits, or is offered, since then
  bool teaches = false;                   // and did so for the first time
  bool at_once = false;                   // and was offered at that very moment: it did not wait
  std::int64_t queue_ms = 0;              // in a queue: by what it stands there
  AgentSlot kept_for;                     // stands in this agent's list, not in a queue
  std::uint32_t joined_place = no_place;  // in State::joined: another has the customer's place

  static constexpr std::uint32_t no_place = 0xffffffff;
  [[nodiscard]] bool joined() const { return joined_place != no_place; }
};

// What is remembered of a conversation that ended, oldest first.
struct Ended {
  ConversationId id;
  Nature nature;
  AgentSlot agent;  // the last who had it and is no bot
  ConversationState state = ConversationState::none;
  CloseOutcome outcome = CloseOutcome::none;
  std::uint32_t misses = 0;
  GroupNumber group;  // of who had it at the end; none = nobody
  bool claimed = false;
  CustomerSlot customer;
  EndedSlot older;
  EndedSlot newer;
};

struct CoolDown {
  ConversationId conversation;
  std::int64_t until_ms = 0;
};

// For what an agent is on duty: bit n - 1 = channel n, and one bit for being on duty at all.
using Duty = std::uint32_t;
inline constexpr Duty on_duty_at_all = Duty{1} << limits::channels_max;

// What somebody is to a class with a surge rule: one of its own, another, or another who is lent to
// it. To other classes everybody is their own.
enum class Role : std::uint8_t { own, other, lent };

// What the agents of a column are to a class.
struct InClass {
  std::uint8_t tier = 0;
  std::int64_t helps_after_ms = 0;
  Role role = Role::own;

  friend auto operator<=>(const InClass&, const InClass&) = default;
};

// How many offers, assignments and wrap-ups of a class lie with an agent.
struct WorkOf {
  ClassNumber service_class;
  std::uint32_t count = 0;

  friend bool operator==(const WorkOf&, const WorkOf&) = default;
};

// Slots of agents are never used again: whoever was on the roster once can be meant for ever.
struct Agent {
  AgentId id;
  std::shared_ptr<const command::AgentDefinition> definition;
  bool on_roster = false;
  bool lost = false;
  Presence presence = Presence::offline;
  ScopeState scope = ScopeState::open;
  ReasonNumber reason;
  OriginNumber origin;
  std::uint16_t channels = 0;  // what the sign-in narrowed to; 0 = all
  std::uint16_t contested = 0;
  BandNumber contested_band;  // the best one of these picks; none = there were none
  std::uint16_t misses = 0;
  std::uint16_t online_count = 0;  // what it was given in the window of coming online
  std::uint64_t idle_since = 0;
  std::uint64_t defined_at = 0;  // the record that put the agent on the roster
  std::vector<CoolDown> cool_downs;
  TimerSlot grace;
  TimerSlot online;  // the window of coming online
  TimerSlot shift;   // it ends
  TimerSlot stop;    // its last minutes begin
  std::int64_t shift_ends_ms = 0;
  bool stopping = false;  // in the last minutes of the shift: no new live work
  Load load;              // counted as it changes, equal to a recount of `conversations`

  // Derived.
  Holds holds;
  std::uint32_t capacity = 0;
  Capabilities capabilities{};
  ProfileSlot profile;
  std::uint32_t column = 0;
  Duty duty = 0;  // as what it is counted
  bool scarce = false;
  std::vector<WorkOf> incidents;  // of classes with a surge rule

  // The order of these is primary.
  std::vector<ConversationSlot> conversations;  // offered, assigned, held, wrapping
  std::vector<ConversationSlot> kept;           // waiting for this agent alone
  std::vector<ConversationSlot> returning;      // held, and due back
  bool touched = false;
  bool looking = false;
};

// Of a class with a surge rule: how many others there are for it, see surge.cc.
struct Surge {
  std::uint32_t on_duty = 0;  // derived: of the others
  std::uint32_t lent = 0;     // derived: likewise, on duty or not
  bool lends = true;          // when matching last looked, another could be lent to it
  bool looking = false;
  std::vector<ConversationSlot> kept;  // of the class, each waiting for one agent alone
};

struct ClassState {
  ScopeState scope = ScopeState::open;
  bool has_surge_rule = false;  // derived
  std::uint64_t opened = 0;
  Tally tally;
  std::uint64_t breached = 0;
  std::uint64_t deferrals = 0;
  Estimator estimator;
  std::uint32_t waiting = 0;  // derived: by state
  std::uint32_t offered = 0;
  std::uint32_t assigned = 0;
  std::uint32_t held = 0;
  std::uint32_t wrapping = 0;
  std::uint32_t deferred = 0;
  std::uint32_t unroutable = 0;
  // Tests left out: the unroutable, those in the queue that nobody on duty could take; alarms told.
  std::uint32_t stuck = 0;
  std::uint32_t helpless = 0;
  bool alarm_ever = false;
  bool alarm_duty = false;
  Surge surge;
};

// What is known of a requirement: by channel, how many of the roster could ever take it, how many
// on duty, and how many conversations, tests left out, stand in the queue for it.
struct Demand {
  using Counts = std::array<std::uint32_t, limits::channels_max + 1>;
  Counts able{};
  Counts on_duty{};
  Counts waiting{};
  HoursNumber hours;  // its calendar, if it has one
};

// Who went off duty, and from which channels.
struct OffDuty {
  AgentSlot agent;
  Duty channels = 0;
};

struct Session {
  OriginNumber origin;
  std::uint64_t last_applied = 0;
  std::vector<Outcome> outcomes;  // a ring of the last limits::batch_commands_max
};

inline Outcome refuse(Refusal reason) {
  Outcome outcome;
  outcome.refusal = reason;
  return outcome;
}

struct Router::State {
  // --- primary ---
  PoolConfiguration pool_configuration;
  RoutingRules configuration;  // those in force: the pool's own, or the mode's
  ModeNumber mode;
  TimerSlot mode_ends;
  bool configured = false;
  std::uint64_t configured_at = 0;  // the record that brought it
  std::vector<Name> names;
  std::vector<std::uint64_t> last_event_of;  // by origin
  std::map<SessionId, Session> sessions;
  Slab<Conversation, ConversationSlot> conversations;
  Slab<Ended, EndedSlot> ended;
  EndedSlot oldest_ended;
  EndedSlot newest_ended;
  ConversationSlot first_opened;
  ConversationSlot last_opened;
  std::vector<Agent> agents;
  std::vector<ClassState> classes;       // by class number
  std::vector<ScopeState> group_scopes;  // by group number
  ScopeState pool_scope = ScopeState::open;
  std::vector<Calendar> calendars;  // by number
  Timers timers;
  Recheck recheck;
  std::vector<Leaving> desks_left;
  std::int64_t needs_next_ms = 0;  // not before may unused needs be forgotten again
  bool customers_left = false;     // to look at, more than a record may
  Rematch rematch;
  Move moving;
  Customers customers;
  Tallies tallies;
  Stamp stamp;
  std::uint64_t event_sequence = 0;
  std::uint64_t chain = 0;
  std::uint64_t opened_count = 0;
  std::uint64_t queued_count = 0;
  std::uint64_t returning_count = 0;
  std::uint64_t offers_made = 0;
  std::uint64_t lapses = 0;
  std::uint64_t refused = 0;

  // --- derived ---
  IdIndex<ConversationId, PlaceSlot> places;
  IdIndex<AgentId, AgentSlot> agent_slots;
  std::map<std::pair<NameKind, std::string>, std::uint16_t> numbers;
  std::array<std::uint16_t, name_kind_count> names_of_kind{};
  std::vector<const ClassConfiguration*> class_configurations;  // by class number
  std::array<const ChannelConfiguration*, limits::channels_max + 1> channel_configurations{};
  Needs needs;
  Queues queues;
  FreeAgents free_agents;
  std::uint64_t needs_version = 0;
  std::vector<Demand> demands;  // by requirement
  bool alarms_changed = false;
  // By band - 1, while there is a limit: what waits, by when it first entered the queue.
  std::vector<std::set<std::pair<std::uint64_t, ConversationSlot>>> sheddable;
  std::map<std::vector<InClass>, std::uint32_t> columns;  // by class number
  // The column that differs in one class's role: lent, not another, or the other way round.
  std::map<std::pair<std::uint32_t, ClassNumber>, std::uint32_t> turned_columns;
  std::vector<std::vector<std::uint8_t>> tiers;        // by class number and column
  std::vector<std::vector<std::int64_t>> helps_after;  // likewise
  std::vector<std::vector<Role>> roles;                // likewise
  std::vector<ClassNumber> surge_classes;              // with a surge rule
  std::vector<std::uint8_t> class_helps_late;          // any helps_after > 0
  std::uint16_t voice_channels = 0;                    // bit n - 1 = channel n
  std::uint8_t over_slots_max = 0;                     // of all classes
  Queues for_bots;                                     // of the queues what a bot may have
  std::vector<ConversationSlot> joined;                // waiting without a place of their own
  std::uint32_t waiting = 0;
  std::uint32_t unroutable = 0;
  std::uint32_t deferred = 0;
  std::uint32_t scheduled = 0;

  // --- of the record being applied ---
  std::vector<OffDuty> gone_off_duty;  // by the rules in force
  Events* events = nullptr;
  const Explaining* explaining = nullptr;  // none: nobody asks
  bool at_timers = false;                  // which come before the command
  std::size_t first_event = 0;
  std::uint32_t shed_count = 0;
  std::uint32_t forgotten_count = 0;
  OriginNumber sender;
  ConversationId asked;  // the answer tells of it, as it is after matching
  ConversationSlot opened_now;
  std::vector<AgentSlot> touched;
  std::vector<AgentSlot> looking_agents;
  std::vector<CustomerSlot> touched_customers;
  std::vector<ConversationSlot> unsettled;  // may have to join, or to stand by themselves again
  std::vector<ConversationSlot> looking_conversations;
  std::vector<ClassNumber> looking_classes;
  struct Candidate {
    OrderKey key;
    ConversationSlot conversation;
    AgentSlot agent;            // who looks; none: the class does
    ClassNumber service_class;  // which looks; none: the conversation looks by itself
  };
  std::vector<Candidate> candidates;
  std::vector<std::uint8_t> tiers_now;

  class Saving;
  std::unique_ptr<Saving> saving;  // under way

  // router.cc
  Outcome apply(const Record& record, Events& out);
  Outcome apply_of_session(const Record& record);
  Outcome carry_out(const Record& record);
  void postpone_for_resumption();
  void fire_due();
  void fire(Timer timer);
  void look_again(ConversationSlot slot);
  void fire_offer(ConversationSlot slot);
  void fire_online(AgentSlot slot);
  void fire_stop(AgentSlot slot);
  void fire_handling(ConversationSlot slot);
  void go_on();
  void go_on_moving();
  void extend_chain();
  // How many events this record has caused so far.
  [[nodiscard]] std::size_t caused() const { return events->size() - first_event; }
  [[nodiscard]] bool has_more() const;
  void judge_all(Cause cause);
  Event& emit(EventKind kind, Cause cause);
  Event& emit(EventKind kind, Cause cause, const Conversation& conversation, AgentSlot other = {});
  Event& emit_about(EventKind kind, Cause cause, const Conversation& conversation);
  Event& emit_offer(EventKind kind, Cause cause, const Conversation& conversation, AgentSlot of);
  Event& emit_agent(EventKind kind, Cause cause, const Agent& agent);
  void finish(Event& event, AgentSlot agent, AgentSlot other);

  // configure.cc
  Outcome on(const command::Configure& command);
  Outcome on(const command::OpenSession& command);
  Outcome on(const command::EndSession& command);
  Outcome on(const command::SetScope& command);
  [[nodiscard]] Refusal check(const PoolConfiguration& wanted) const;
  [[nodiscard]] static Refusal check_rules(const RoutingRules& rules,
                                           const std::array<std::uint16_t, name_kind_count>& names);
  void learn_names(const PoolConfiguration& wanted);
  void inherit(const PoolConfiguration& wanted);
  bool learn_name(NameKind kind, const std::string& text);
  [[nodiscard]] bool known(NameKind kind, std::uint16_t number) const;
  void rebuild();
  void compile_rules();
  void rebuild_agent(AgentSlot slot);
  void rebuild_agents();
  void rebuild_profiles();
  std::uint32_t column_of(const Agent& agent);
  std::uint32_t column_for(const std::vector<InClass>& key);
  // Gives the nature its requirement; false if that needs too many capabilities.
  [[nodiscard]] bool bind(Nature& nature);
  [[nodiscard]] bool bind_new(Nature& nature);
  bool forget_needs();
  [[nodiscard]] Needs::Asking asked_for_by_live() const;
  void count_demands();
  void count_agent(const Agent& agent, int sign);

  // modes.cc
  Outcome on(const command::SetMode& command);
  [[nodiscard]] const Mode* mode_of(ModeNumber number) const;
  void use_rules(const RoutingRules& rules, Cause cause);
  void tell_mode(Cause cause);
  void end_mode(Cause cause);

  // targets.cc: what people are told of waits
  void promise(ConversationSlot slot, bool first);
  void forget_promise(Conversation& conversation);
  void keep_promise(Conversation& conversation);
  void watch_target(ConversationSlot slot);
  void watch_again(ConversationSlot slot);
  void fire_target(ConversationSlot slot);
  void note_opened();
  [[nodiscard]] Expected expected_now(const Conversation& conversation) const;
  [[nodiscard]] bool served(const Nature& nature) const;
  void foresee(Nature& nature, Quote& quote) const;
  ClassState& figures(const Nature& nature) { return classes[nature.service_class.value]; }
  // What is counted for both. Good until a group is new.
  std::array<Tally*, 2> tallies_of(ClassNumber in, GroupNumber group) {
    return {&classes[in.value].tally, &tallies.of(group)};
  }

  // hours.cc: what cannot simply wait in its class
  Outcome on(const command::SetHours& command);
  Calendar& calendar_of(HoursNumber number);
  [[nodiscard]] static HoursNumber hours_of(const ClassConfiguration& of, LanguageNumber language);
  [[nodiscard]] bool closed(RequirementSlot requirement) const;
  [[nodiscard]] std::int64_t target_from_ms(const Nature& nature) const;
  void mark_hours(Nature& nature) const;
  [[nodiscard]] std::int64_t queue_time_ms(const Nature& nature) const;
  enum class Way : std::uint8_t { queue, unroutable, closed, overflow };
  // `first_behind`: it waits for the first time, and so many of its class already do.
  [[nodiscard]] Way way_of(const Nature& nature, bool may_divert,
                           std::optional<std::uint32_t> first_behind) const;
  [[nodiscard]] static bool diverts(const Overflow& overflow);
  [[nodiscard]] bool may_divert(const Conversation& conversation) const;
  void divert(ConversationSlot slot, Way way);
  void defer(ConversationSlot slot, Cause cause);
  void shed();
  void show_to_shedding(ConversationSlot slot, bool shown);

  // duty.cc
  [[nodiscard]] static Duty duty_of(const Agent& agent, Presence presence, std::uint16_t channels);
  void set_duty(AgentSlot slot, Duty duty);
  void count_waiting(const Nature& nature, int sign);
  void count_stuck(const Nature& nature, int sign);
  [[nodiscard]] bool nobody_on_duty(const Nature& nature) const;
  void judge_left_alone();
  void raise_alarms();

  // surge.cc: what a mass incident may take of the others
  [[nodiscard]] static bool is_other(const ClassConfiguration& of,
                                     const command::AgentDefinition& definition);
  [[nodiscard]] Role role_of(const Agent& who, ClassNumber number) const {
    return roles[number.value][who.column];
  }
  // Whether one more of the others may be lent to the class.
  [[nodiscard]] bool lends(ClassNumber number) const;
  // Whether the agent is kept from the class because enough others are lent to it.
  [[nodiscard]] bool lent_enough(const Agent& who, ClassNumber number) const {
    return classes[number.value].has_surge_rule && role_of(who, number) == Role::other &&
           !lends(number);
  }
  void rebuild_surges();
  void count_other(const Agent& agent, int sign);
  void count_incident(AgentSlot slot, ClassNumber number, int sign);
  void count_incidents(const Conversation& conversation, int sign);
  std::uint32_t column_turned(std::uint32_t column, ClassNumber number);
  void settle_surges();
  void look(ClassNumber number);
  // The smallest conversation of the class that somebody can take, if another may be lent to it.
  ConversationSlot best_to_lend_for(ClassNumber number);
  [[nodiscard]] bool surges_agree() const;

  // conversations.cc
  Outcome on(const command::Open& command);
  Outcome on(const command::Update& command);
  Outcome on(const command::CustomerWrote& command);
  Outcome on(const command::Abandon& command);
  Outcome on(const command::Close& command);
  Outcome on(const command::Reopen& command);
  Outcome on(const command::Rate& command);
  ConversationSlot start(ConversationId id, const Nature& nature);
  [[nodiscard]] Refusal turned_away(const Nature& nature, Way way) const;
  void begin(ConversationSlot slot, Way way);
  [[nodiscard]] bool names_known(const Nature& nature) const;
  [[nodiscard]] ClassNumber classify(const Nature& nature) const;
  void answer(Outcome& outcome) const;
  // Where a conversation is: among the living, among the remembered, or nowhere.
  struct Place {
    ConversationSlot live;
    EndedSlot past;

    // The refusal of a command about a conversation that does not live.
    [[nodiscard]] Refusal missing() const {
      return past ? Refusal::wrong_state : Refusal::unknown_conversation;
    }
  };
  [[nodiscard]] Place find_place(ConversationId id) const;
  void seek(ConversationSlot slot, bool was_incident);
  [[nodiscard]] bool handles_incident(const Conversation& conversation) const;  // its agent
  void count_rating(const Nature& nature, GroupNumber group, std::uint8_t score);
  Refusal updated(const Nature& old, const command::Update& command, Nature& nature) const;
  [[nodiscard]] bool unknown_reason(ReasonNumber reason) const {
    return reason && !known(NameKind::reason, reason.value);
  }

  // moves.cc: to another class, level or agent
  Outcome on(const command::Transfer& command);
  Outcome on(const command::Escalate& command);
  Outcome on(const command::MoveAll& command);
  Outcome transfer_to_class(ConversationSlot slot, ClassNumber to, ReasonNumber reason);
  Outcome transfer_to_agent(ConversationSlot slot, AgentSlot to);
  // Makes it wait as what it now is, taken from whoever has it or is offered it.
  void requeue(ConversationSlot slot, const Nature& nature, Cause cause, ReasonNumber reason);
  [[nodiscard]] static bool may_move(const Conversation& conversation);
  [[nodiscard]] Refusal check_epoch(const Conversation& conversation, std::uint64_t epoch) const;
  [[nodiscard]] bool configured_class(ClassNumber number) const {
    return number.value < class_configurations.size() &&
           class_configurations[number.value] != nullptr;
  }

  // customers.cc: one customer, one place
  void join_customer(ConversationSlot slot);
  void put_in_line(ConversationSlot slot);
  void stand_in_line(ConversationSlot slot);
  void leave_line(ConversationSlot slot);
  void line_up_again();
  void unsettle(ConversationSlot slot);
  void set_joined(ConversationSlot slot, bool is_joined);
  void prefer_last_agent(Conversation& conversation);
  void settle_customers();
  void settle_touched();
  [[nodiscard]] bool goes_before(ConversationSlot a, ConversationSlot b) const;

  // desk.cc: what agents do with a conversation
  Outcome on(const command::Accept& command);
  Outcome on(const command::Reject& command);
  Outcome on(const command::Pick& command);
  Outcome on(const command::Replied& command);
  Outcome on(const command::Hold& command);
  Outcome on(const command::Resume& command);
  Outcome on(const command::Release& command);
  Outcome on(const command::FinishWrapUp& command);
  Outcome on(const command::ExtendWrapUp& command);
  [[nodiscard]] Refusal check_pick(const Conversation& conversation, AgentSlot by) const;
  [[nodiscard]] Refusal check_holder(const Conversation& conversation, AgentSlot by,
                                     std::uint64_t epoch) const;
  [[nodiscard]] bool repeats_assignment(const Conversation& conversation, AgentSlot by,
                                        std::uint64_t epoch) const;
  void count_reply(Conversation& conversation);
  void come_back(ConversationSlot slot, Cause cause);
  void set_returning(ConversationSlot slot);
  void return_held();

  // agents.cc
  Outcome on(const command::DefineAgent& command);
  Outcome on(const command::RemoveAgent& command);
  Outcome on(const command::SignIn& command);
  Outcome on(const command::SetPresence& command);
  Outcome on(const command::SignOff& command);
  Outcome on(const command::AgentLost& command);
  Outcome on(const command::AgentRegained& command);
  Outcome on(const command::ShiftEnds& command);
  // The agent's slot, whether on the roster or once on it; and only if on it now.
  [[nodiscard]] AgentSlot find(AgentId id) const;
  [[nodiscard]] AgentSlot on_roster(AgentId id) const;
  Agent& agent(AgentSlot slot) { return agents[slot.value]; }
  [[nodiscard]] const Agent& agent(AgentSlot slot) const { return agents[slot.value]; }
  // Nobody's is none.
  [[nodiscard]] GroupNumber group_of(AgentSlot slot) const {
    return slot ? agent(slot).definition->group : GroupNumber{};
  }
  [[nodiscard]] Refusal check(const command::AgentDefinition& definition) const;
  void sign_off(AgentSlot slot, Cause cause, Cause work_cause);
  bool clear_desk(const Leaving& who);
  void forget_shift(Agent& agent);
  void end_offers_of(AgentSlot slot, Cause cause);
  void miss(ConversationSlot slot, AgentSlot agent, const ClassConfiguration& of);
  void stop_responding(AgentSlot slot);
  void come_online(AgentSlot slot);
  void touch(AgentSlot slot);
  void changed(AgentSlot slot);  // load or availability
  [[nodiscard]] std::vector<ConversationSlot> work_of(const Agent& agent) const;

  // life.cc: the transitions every command and timer is made of
  void set_state(ConversationSlot slot, ConversationState state);
  // Counts one conversation of the class more or less in this state, wherever that is counted.
  void count_state(ClassState& of, ConversationState state, int sign);
  void set_nature(ConversationSlot slot, const Nature& nature);
  void take_room(ConversationSlot slot, AgentSlot agent, bool over);
  void free_room(const Conversation& conversation, AgentSlot agent, bool over);
  void leave(ConversationSlot slot, AgentSlot agent);
  void enter_queue(ConversationSlot slot);
  void leave_queue(ConversationSlot slot);
  void step_out(ConversationSlot slot);
  // Whether its state asks for a place there.
  [[nodiscard]] static bool belongs_in_queue(const Conversation& conversation) {
    const bool waits = conversation.state == ConversationState::waiting && !conversation.joined();
    return waits || (conversation.seeking && conversation.offers.empty());
  }
  // Whether its state asks for a place in the line of its customer.
  [[nodiscard]] static bool belongs_in_line(ConversationState state) {
    return state == ConversationState::waiting || state == ConversationState::offered;
  }
  [[nodiscard]] bool in_queue(ConversationSlot slot) const {
    return queues.holds(slot) || conversations[slot].kept_for;
  }
  void keep_for(ConversationSlot slot, AgentSlot agent);
  void stop_keeping(ConversationSlot slot);
  void put_in_queue(ConversationSlot slot);
  // Makes it wait, and says so.
  void wait(ConversationSlot slot, Cause cause, AgentSlot from, ReasonNumber reason = {});
  // Into the queue if somebody on the roster could ever take it, else aside; and back.
  // `first_behind` as in way_of().
  void judge(ConversationSlot slot, Cause cause,
             std::optional<std::uint32_t> first_behind = std::nullopt);
  void set_look(ConversationSlot slot);
  void set_overdue(ConversationSlot slot);
  void assign(ConversationSlot slot, AgentSlot agent, Cause cause, AgentSlot from);
  void offer(ConversationSlot slot, AgentSlot agent, bool over, Cause cause);
  void end_offer(ConversationSlot slot, AgentSlot agent, Cause cause, ReasonNumber reason = {});
  void withdraw_offers(ConversationSlot slot, Cause cause);
  // `of`: the class in which it happened, wherever the conversation went since.
  void exclude(ConversationSlot slot, AgentSlot agent, const ClassConfiguration& of);
  AgentSlot take_from_agent(ConversationSlot slot);
  void stop_seeking(ConversationSlot slot);
  void wrap_up(ConversationSlot slot, bool leaving, CloseOutcome outcome);
  void end(ConversationSlot slot, Cause cause);
  void remember(ConversationSlot slot, GroupNumber group);
  void forget_ended(EndedSlot slot);
  void stop_clocks(Conversation& conversation);
  [[nodiscard]] std::int64_t due_of(const Conversation& conversation) const;
  [[nodiscard]] std::int64_t deadline_of(TimerSlot timer) const {
    return timer ? timers[timer].deadline_ms : 0;
  }

  // room.cc
  [[nodiscard]] bool given(const Agent& agent) const;
  // The channels on which the agent is not kept from new work by the end of its shift.
  [[nodiscard]] static std::uint16_t takes_new(const Agent& agent) {
    return agent.stopping ? agent.holds.background : std::uint16_t{0xffff};
  }
  // Masks of channels: bit n - 1 = channel n.
  [[nodiscard]] std::uint16_t room_now(const Agent& agent) const;
  // `room` is room_now().
  [[nodiscard]] std::uint16_t over_room(const Agent& agent, std::uint16_t room) const;
  [[nodiscard]] static bool takes(const Agent& agent, ChannelNumber channel);
  [[nodiscard]] Rooms rooms_of(const Agent& agent) const;
  // What the conversation would use of the agent's: a place within or above its capacity, or none.
  enum class Fit : std::uint8_t { none, room, over };
  [[nodiscard]] Fit fit(const Agent& agent, const Conversation& conversation) const;
  // The same, were the agent's shift not about to end.
  [[nodiscard]] Fit fit_in_shift(const Agent& agent, const Conversation& conversation) const;
  // No more ordinary work in this window of coming online.
  [[nodiscard]] bool held_back(const Agent& agent) const;

  // matching.cc
  // Eligible in everything but room.
  [[nodiscard]] bool suits(AgentSlot slot, const Conversation& conversation) const;
  [[nodiscard]] bool stands(const Exclusion& exclusion) const {
    const Agent& who = agent(exclusion.agent);
    return exclusion.until_ms > stamp.pool_ms && who.on_roster &&
           exclusion.record >= who.defined_at;
  }
  [[nodiscard]] bool barred(const Conversation& conversation, AgentSlot agent) const;
  [[nodiscard]] bool excluded_for_good(const Nature& nature, AgentSlot agent) const;
  // The agent with precedence at this moment, if any; `held` = nobody else is asked.
  [[nodiscard]] AgentSlot preferred_of(const Conversation& conversation) const;
  [[nodiscard]] bool meets_need(AgentSlot slot, const Conversation& conversation) const;
  [[nodiscard]] bool routable(const Nature& nature) const;
  [[nodiscard]] bool class_open(ClassNumber number) const;
  [[nodiscard]] bool queue_open(const Queue& queue) const {
    return class_open(queue.service_class) && !closed(queue.requirement);
  }
  [[nodiscard]] std::int64_t helps_from(const Agent& agent, ClassNumber number) const;
  [[nodiscard]] OrderKey key_of(ConversationSlot slot);
  [[nodiscard]] QueueSlot queue_for(const Conversation& conversation, Queues& of);
  [[nodiscard]] bool may_take(AgentSlot slot, const Conversation& conversation) const;
  [[nodiscard]] Queues::Answer asked_for(AgentSlot slot, ConversationSlot at) const;
  void flush_touched();
  // False: there is more to do, and the next record goes on.
  bool match();
  void match_and_shed();
  void match_candidate(Candidate candidate);
  void push_candidate(Candidate candidate);
  ConversationSlot best_conversation(AgentSlot slot, BandNumber from, Bands bands);
  ConversationSlot debt_of(AgentSlot slot, const ClassConfiguration& of);
  ConversationSlot kept_for(AgentSlot slot, BandNumber from, Bands bands, bool by_queued);
  void count_contested(AgentSlot slot, const ClassConfiguration& of);
  ConversationSlot best_for_bot(AgentSlot slot, BandNumber from);
  struct Found {
    AgentSlot agent;
    bool over = false;
  };
  Found best_agent(ConversationSlot slot);
  AgentSlot best_agent(const Conversation& conversation, RoomKind kind);
  [[nodiscard]] bool bots_first(const Conversation& conversation) const;
  // False if the agent took a debt instead.
  bool give(ConversationSlot slot, Found to);
  void hand_over(ConversationSlot slot, Found to);
  void gather_candidates();
  [[nodiscard]] const ClassConfiguration& class_of(const Conversation& conversation) const {
    return *class_configurations[conversation.nature.service_class.value];
  }
  [[nodiscard]] const BandConfiguration& band_of(const ClassConfiguration& of) const {
    return configuration.bands[of.band.value - 1u];
  }
  [[nodiscard]] bool is_incident(const Conversation& conversation) const {
    return band_of(class_of(conversation)).security;
  }
  [[nodiscard]] bool is_bot(AgentSlot slot) const {
    return agent(slot).definition->kind == AgentKind::bot;
  }
  void look(ConversationSlot slot) { looking_conversations.push_back(slot); }
  void look(AgentSlot slot);

  // explain.cc
  [[nodiscard]] Explanation explain(ConversationSlot slot);
  void explain_decision(ConversationSlot slot, AgentSlot to, bool debt);
  [[nodiscard]] CandidateView candidate(AgentSlot slot, const Conversation& conversation) const;
  // `from_ms` becomes the time that lifts it, if time does.
  [[nodiscard]] Verdict verdict_on(AgentSlot slot, const Conversation& conversation,
                                   std::int64_t& from_ms) const;
  [[nodiscard]] Verdict verdict_on_need(const Agent& agent, const Nature& nature,
                                        std::int64_t& from_ms) const;
  [[nodiscard]] TupleField goes_before(const CandidateView& a, const CandidateView& b) const;

  // saved_state.cc
  template <class Io, class Of>
  static void pool_fields(Io& io, Of& it);

  // saved_state_restore.cc: from a saved primary state. What is wrong with it, or nothing.
  std::string restore(const Needs::Named& named);
  [[nodiscard]] std::string restore_rules(const Needs::Named& named);
  void restore_agents();
  [[nodiscard]] bool restore_places();
  void restore_conversation(ConversationSlot slot);

  // view.cc
  [[nodiscard]] ConversationView view_of(const Conversation& conversation) const;
  [[nodiscard]] AgentView view_of(const Agent& agent) const;
  [[nodiscard]] std::vector<AgentGroupView> view_of_groups() const;
  [[nodiscard]] std::uint64_t digest() const;
  [[nodiscard]] bool stands_right(ConversationSlot slot) const;
  [[nodiscard]] bool indexes_agree() const;

  // A live conversation's place is twice its slot, an ended one's is one more than that.
  static PlaceSlot place_of(ConversationSlot slot) { return PlaceSlot{slot.value * 2}; }
  static PlaceSlot place_of(EndedSlot slot) { return PlaceSlot{slot.value * 2 + 1}; }
  [[nodiscard]] const ConversationId& id_at(PlaceSlot place) const {
    return place.value % 2 == 0 ? conversations[ConversationSlot{place.value / 2}].id
                                : ended[EndedSlot{place.value / 2}].id;
  }
};

}  // namespace usher
