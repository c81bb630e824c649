#pragma once

// The obvious twin of the router: the same door, written from the contract alone with lists and
// loops. Every number that the router keeps up to date is counted afresh here, whatever it costs;
// what is left is the meaning. See docs/decisions/2026-11-22-readings.md for what it takes where
// the contract allows two readings.

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "routing/command.h"
#include "routing/estimate.h"
#include "routing/event.h"
#include "routing/view.h"

namespace usher::sim {

class Twin {
 public:
  // Same contract as Router::apply.
  Outcome apply(const Record& record, Events& events);
  // The first moment at which something happens, or somebody becomes eligible, though no command
  // comes. The router may ask to be called earlier, never later.
  [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

  [[nodiscard]] const PoolConfiguration& configuration() const { return configuration_; }
  [[nodiscard]] const std::vector<Name>& dictionary() const { return names_; }
  [[nodiscard]] std::uint64_t last_event_of(OriginNumber origin) const;
  [[nodiscard]] std::optional<SessionView> session(SessionId id) const;
  [[nodiscard]] PoolView view() const;
  [[nodiscard]] std::optional<ConversationView> conversation(ConversationId id) const;
  [[nodiscard]] std::optional<AgentView> agent(AgentId id) const;
  [[nodiscard]] std::vector<AgentView> agents() const;
  [[nodiscard]] std::vector<ConversationView> conversations() const;
  // How a class of a security band stands that may be a mass incident.
  struct Surge {
    bool in_force = false;
    std::uint64_t lent = 0;
    std::uint64_t share = 0;  // so many may be
  };
  [[nodiscard]] Surge surge(ClassNumber number) const;
  [[nodiscard]] bool is_other(ClassNumber number, AgentId id) const;

 private:
  struct Offer {
    AgentId agent;
    std::uint64_t epoch = 0;
    bool over = false;
  };
  struct Exclusion {
    AgentId agent;
    std::int64_t until_ms = 0;  // 0 = for good
  };
  struct Conversation {
    std::uint64_t number = 0;  // in the order of opening
    std::uint64_t queued = 0;  // in the order of first entering the queue; 0 = not yet
    command::Open first;       // as it was sent, to know a repeated open
    command::Open now;         // as updates made it
    OriginNumber origin;
    ClassNumber service_class;
    ConversationState state = ConversationState::none;
    AgentId agent;                // assigned, held and wrapping
    AgentId last_person;          // the last of them, bots left out
    std::uint64_t epoch = 0;      // of the assignment
    std::uint64_t made_from = 0;  // the epoch that the command making the assignment meant
    std::vector<Offer> offers;
    std::vector<Exclusion> exclusions;
    std::int64_t opened_ms = 0;
    std::int64_t preferred_since_ms = 0;
    bool waited = false;   // at any time
    bool told = false;     // how long it will wait, and it has not been assigned since
    bool teaches = false;  // told when it waited for the first time
    bool at_once = false;  // offered when it was told
    Expected expected;     // what it was told
    std::int64_t told_ms = 0;
    bool at_risk = false;    // published
    bool breached = false;   // likewise
    bool diverted = false;   // since it was opened or reopened
    bool returning = false;  // held, and due back with its agent as soon as there is room
    std::uint64_t returning_number = 0;
    bool own_list = false;      // and told that there was none when it was due
    bool claimed = false;       // opened as an incident, and not reclassified out of it
    GroupNumber closed_by;      // the group of who had it when it ended
    bool replied = false;       // ever
    bool replied_here = false;  // in this assignment
    bool leaving = false;       // wrapping after an abandon, not a close
    bool over = false;          // above its agent's capacity
    bool joined = false;
    bool seeking = false;
    bool handed_over = false;  // from the bots, for good
    std::uint8_t level = 0;    // at least this of the agent
    std::uint32_t misses = 0;
    CloseOutcome outcome = CloseOutcome::none;
  };
  struct Agent {
    command::AgentDefinition definition;
    Presence presence = Presence::offline;
    ReasonNumber reason;
    bool lost = false;
    std::uint16_t channels = 0;
    OriginNumber origin;
    std::uint64_t idle_since = 0;
    std::uint32_t contested = 0;
    std::size_t contested_band = 0;  // position of the best one of these picks
    std::uint32_t misses = 0;
    std::int64_t window_until_ms = 0;  // of coming online; 0 = none runs
    std::uint32_t burst = 0;           // matched in it
    // On channels that are not background; none = never.
    std::optional<std::int64_t> no_new_from_ms;
    ScopeState scope = ScopeState::open;
  };
  // What a calendar was and since when; the first line is its opening at the beginning of time.
  struct Turn {
    std::int64_t at_ms = 0;
    bool open = true;
  };
  // Who has still to be judged after a change that concerns all.
  struct Judging {
    Cause cause = Cause::none;
    std::uint64_t looked_at = 0;  // the number of the last conversation
  };
  // What becomes of a conversation that is to wait.
  struct Fate {
    enum class Kind : std::uint8_t { stands, unroutable, defer, refuse, elsewhere };
    Kind kind = Kind::stands;
    Cause cause = Cause::none;  // hours or overflow
    ClassNumber to;
  };
  using AlarmKey = std::pair<ClassNumber, Cause>;
  // What MoveAll has still to look at.
  struct Move {
    ClassNumber from;
    ClassNumber to;
    std::uint64_t looked_at = 0;  // the number of the last conversation
    std::uint64_t last = 0;       // of those that were there
    std::uint32_t left = 0;       // so many may yet be moved
  };
  struct Session {
    OriginNumber origin;
    std::uint64_t last = 0;
    std::deque<Outcome> outcomes;  // of the last commands, the newest at the back
  };
  enum class TimerKind : std::uint8_t {
    not_before,
    offer,
    reply,
    handling,
    hold,
    own_list,
    wrap_up,
    lost,
    bot,
    window,
    longest_wait,
    deferred,
    mode,
    shift,
    target
  };
  struct Timer {
    std::int64_t due_ms = 0;
    std::uint64_t number = 0;  // in the order of creation
    TimerKind kind = TimerKind::offer;
    ConversationId conversation;
    AgentId agent;
  };
  struct Room {
    std::uint64_t live = 0;
    std::uint64_t background = 0;
    std::uint64_t capacity = 0;
  };
  // What one conversation or agent is compared by, smallest first, field by field.
  using Place = std::vector<std::int64_t>;
  struct Match {
    Conversation* conversation = nullptr;
    Agent* agent = nullptr;
  };

  // Commands. Each answers with a reason, or Refusal::none for done.
  Refusal on(const command::Tick&) { return Refusal::none; }
  Refusal on(const command::Open& open);
  Refusal on(const command::Update& update);
  Refusal on(const command::CustomerWrote& wrote);
  Refusal on(const command::Abandon& abandon);
  Refusal on(const command::Close& close);
  Refusal on(const command::Transfer& transfer);
  Refusal on(const command::Escalate& escalate);
  Refusal on(const command::Reopen& reopen);
  Refusal on(const command::Rate& rate);
  Refusal on(const command::SignIn& sign_in);
  Refusal on(const command::SetPresence& set);
  Refusal on(const command::SignOff& sign_off);
  Refusal on(const command::Accept& accept);
  Refusal on(const command::Reject& reject);
  Refusal on(const command::Pick& pick);
  Refusal on(const command::Replied& replied);
  Refusal on(const command::Hold& hold);
  Refusal on(const command::Resume& resume);
  Refusal on(const command::Release& release);
  Refusal on(const command::FinishWrapUp& finish);
  Refusal on(const command::ExtendWrapUp& extend);
  Refusal on(const command::DefineAgent& define);
  Refusal on(const command::RemoveAgent& remove);
  Refusal on(const command::SetScope& set);
  Refusal on(const command::MoveAll& all);
  Refusal on(const command::SetMode& set);
  Refusal on(const command::SetHours& set);
  Refusal on(const command::ShiftEnds& ends);
  Refusal on(const command::Configure& configure);
  Refusal on(const command::OpenSession& open);
  Refusal on(const command::EndSession& end);
  Refusal on(const command::AgentLost& lost);
  Refusal on(const command::AgentRegained& regained);
  Refusal on(const command::Resumed& resumed);
  Refusal on(const command::Refused& refused) { return refused.reason; }
  // One that comes with a session and a number.
  Outcome apply_of_session(const Record& record);
  Outcome carry_out(const Record& record);
  void answer(Outcome& outcome) const;

  // The end of every record.
  void settle();
  [[nodiscard]] bool caused(std::size_t count) const { return events_->size() - first_ >= count; }

  // Looking things up.
  // In force: the pool's own, or the mode's.
  [[nodiscard]] const RoutingRules& rules() const;
  [[nodiscard]] Conversation* live(ConversationId id);
  [[nodiscard]] const Conversation* known(ConversationId id) const;  // live or remembered
  [[nodiscard]] Agent* agent_of(AgentId id);
  [[nodiscard]] const Agent* agent_of(AgentId id) const;
  [[nodiscard]] const ClassConfiguration& class_of(ClassNumber number) const;
  [[nodiscard]] const ClassConfiguration& class_of(const Conversation& c) const {
    return class_of(c.service_class);
  }
  [[nodiscard]] const BandConfiguration& band_of(const Conversation& c) const;
  [[nodiscard]] std::size_t band_position(const Conversation& c) const;
  [[nodiscard]] const ChannelConfiguration* channel(ChannelNumber number) const;
  [[nodiscard]] ClassNumber classify(const command::Open& what) const;
  [[nodiscard]] bool named(NameKind kind, std::uint16_t number) const;
  [[nodiscard]] bool all_named(const command::Open& what) const;
  [[nodiscard]] std::int64_t now() const { return stamp_.pool_ms; }

  // Who may take what.
  [[nodiscard]] std::vector<ChannelHold> holds_of(const Agent& a) const;
  [[nodiscard]] std::uint64_t unit(const Agent& a, ChannelNumber channel) const;
  [[nodiscard]] std::uint32_t limit(const Agent& a, ChannelNumber channel) const;
  [[nodiscard]] std::uint32_t count(const Agent& a, ChannelNumber channel) const;
  [[nodiscard]] Room room(const Agent& a) const;
  [[nodiscard]] bool takes_channel(const Agent& a, ChannelNumber channel) const;
  [[nodiscard]] std::uint32_t over_count(const Agent& a) const;
  [[nodiscard]] bool has_room(const Agent& a, const Conversation& c) const;
  [[nodiscard]] bool has_over_slot(const Agent& a, const Conversation& c) const;
  [[nodiscard]] bool meets(const NeedTerm& term, const Conversation& c, const Agent& a) const;
  [[nodiscard]] bool meets(const NeedStep& step, const Conversation& c, const Agent& a) const;
  [[nodiscard]] bool need_met(const Conversation& c, const Agent& a, std::int64_t waited_ms) const;
  [[nodiscard]] bool authorised(const Conversation& c, const Agent& a) const;
  [[nodiscard]] bool excluded_for_good(const Conversation& c, const Agent& a) const;
  [[nodiscard]] bool cooling_down(const Conversation& c, const Agent& a, std::int64_t at_ms) const;
  [[nodiscard]] const TierRule* tier_rule(const Conversation& c, const Agent& a) const;
  [[nodiscard]] bool held_for_another(const Conversation& c, const Agent& a,
                                      std::int64_t at_ms) const;
  [[nodiscard]] bool preferred(const Conversation& c, const Agent& a, std::int64_t at_ms) const;
  [[nodiscard]] bool bot_may_take(const Conversation& c, const Agent& a, std::int64_t at_ms) const;
  // Came online a moment ago and was matched often enough.
  [[nodiscard]] bool capped(const Conversation& c, const Agent& a, std::int64_t at_ms) const;
  [[nodiscard]] bool drains(ClassNumber number) const;
  [[nodiscard]] bool shut(Scope scope, std::uint16_t number) const;
  [[nodiscard]] bool paused(const Conversation& c, const Agent& a) const;
  // In a mass incident: whom it may borrow, who has any of it, and whether it has as many as it
  // may.
  [[nodiscard]] bool is_other(const ClassConfiguration& its, const Agent& a) const;
  [[nodiscard]] bool lent(const ClassConfiguration& its, const Agent& a) const;
  [[nodiscard]] bool lent_enough(const Conversation& c, const Agent& a) const;
  // In the last minutes of a shift.
  [[nodiscard]] bool shift_ends(const Conversation& c, const Agent& a, std::int64_t at_ms) const;
  // Everything but room, hours, the cap of coming online, what a mass incident may borrow and the
  // end of a shift, at that time.
  [[nodiscard]] bool fit(const Conversation& c, const Agent& a, std::int64_t at_ms) const;
  [[nodiscard]] bool eligible(const Conversation& c, const Agent& a, std::int64_t at_ms) const;
  [[nodiscard]] bool eligible(const Conversation& c, const Agent& a) const {
    return eligible(c, a, now());
  }
  // Whether it stands where matching looks.
  [[nodiscard]] static bool in_queue(const Conversation& c);
  [[nodiscard]] bool ever(const Conversation& c) const;
  [[nodiscard]] static bool on_duty(const Agent& a);
  // Whether somebody of them is who could take it.
  [[nodiscard]] bool on_duty(const Conversation& c, const std::map<AgentId, Agent>& agents) const;
  [[nodiscard]] bool on_duty(const Conversation& c) const { return on_duty(c, agents_); }
  // When somebody becomes eligible by the passing of time alone.
  void wake_ups(const Conversation& c, std::vector<std::int64_t>& times) const;

  // Estimates and targets.
  void begins_to_wait(const Conversation& c);
  void tell_wait(Conversation& c, bool first);
  void was_assigned(Conversation& c);
  void watch_target(Conversation& c);
  void watch_waits();
  void watch_again(Conversation& c);
  [[nodiscard]] bool watched(const Conversation& c) const;
  [[nodiscard]] bool served(const Conversation& c) const;
  [[nodiscard]] bool served(const ClassConfiguration& its) const;
  void look_at_target(Conversation& c);
  void note_opened();
  [[nodiscard]] Expected expected(const Conversation& c) const;

  // Hours.
  [[nodiscard]] HoursNumber calendar(const Conversation& c) const;
  [[nodiscard]] bool closed(const Conversation& c) const;
  // Since when a target runs, the time its calendar was closed left out.
  [[nodiscard]] std::int64_t clock_from_ms(const Conversation& c) const;

  // Matching.
  [[nodiscard]] Place place(const Conversation& c) const;
  [[nodiscard]] bool before(const Conversation& c, const Agent& a, const Agent& b) const;
  [[nodiscard]] Agent* best_agent(const Conversation& c);
  [[nodiscard]] Match best_match();
  [[nodiscard]] Conversation* debt(const Conversation& c, const Agent& a);
  void count_contested(const Conversation& c, Agent& a);
  void give(Conversation& c, Agent& a);
  void match();
  // Whether any was.
  bool shed();
  [[nodiscard]] Conversation* last_to_shed();
  void return_held();
  void look_at_customers();
  [[nodiscard]] bool another_has_the_place(const Conversation& c) const;

  // Changes of state, each with its events.
  [[nodiscard]] Event about(const Conversation& c, EventKind kind, Cause cause) const;
  void tell(const Conversation& c, EventKind kind, Cause cause, AgentId other = {},
            std::int64_t due_ms = 0, ReasonNumber reason = {});
  void tell_offer(const Conversation& c, EventKind kind, Cause cause, const Offer& offer,
                  std::int64_t due_ms, ReasonNumber reason = {});
  void tell(const Agent& a, EventKind kind, Cause cause, std::int64_t due_ms = 0);
  void tell(EventKind kind, Cause cause);
  void publish(Event event);
  void start(TimerKind kind, std::int64_t due_ms, ConversationId conversation, AgentId agent = {});
  void stop(TimerKind kind, ConversationId conversation, AgentId agent = {});
  void stop_all(ConversationId conversation);
  [[nodiscard]] std::int64_t due(TimerKind kind, ConversationId conversation,
                                 AgentId agent = {}) const;
  void fire_timers();
  void fire(const Timer& timer);
  void postpone_for_resumption();
  void touch(AgentId id);
  void enter_queue(Conversation& c, Cause cause, AgentId other, ReasonNumber reason = {});
  // Where it may wait, as things are now; what waits for the first time may find the class full.
  [[nodiscard]] Fate fate(const Conversation& c, bool first) const;
  void judge(Conversation& c, Cause cause, bool first = false);
  void meet(Conversation& c, const Fate& its_fate);
  void look_at_longest_wait(Conversation& c);
  void defer(Conversation& c, Cause cause, std::int64_t for_ms);
  // All of them, one after the other.
  void judge_all(Cause cause) { judging_ = Judging{cause, 0}; }
  void go_on_judging();
  void judge_left_alone();
  void change_mode(ModeNumber mode, Cause cause, std::int64_t due_ms);
  [[nodiscard]] static bool modes_fit(const PoolConfiguration& next);
  [[nodiscard]] static bool keeps_incidents_apart(const RoutingRules& next);
  void sound_alarms();
  [[nodiscard]] std::map<AlarmKey, std::uint32_t> alarms_due() const;
  void offer(Conversation& c, Agent& a, Cause cause, bool over);
  void end_offer(Conversation& c, AgentId agent, Cause cause, ReasonNumber reason = {});
  void revoke_offers(Conversation& c, Cause cause);
  void assign(Conversation& c, AgentId agent, Cause cause, AgentId other, bool over = false);
  // When the assignment or hold that stands ends by itself; 0 = not.
  [[nodiscard]] std::int64_t state_due(const Conversation& c) const;
  void mark_replied(Conversation& c);
  // An update changed its class: an incident may look for who can handle it.
  void seek(Conversation& c, bool was_security);
  [[nodiscard]] bool handles_incident(const Conversation& c, const Agent& a) const;
  // To the queue of this class, from wherever it is.
  void move(Conversation& c, ClassNumber to, Cause cause, ReasonNumber reason);
  void go_on_moving();
  [[nodiscard]] bool is_bot(AgentId id) const;
  void come_online(Agent& a);
  void end_window(Agent& a);
  void remember_agent_of_customer(const Conversation& c, AgentId agent);
  void forget_customers();
  void prefer_last_agent(Conversation& c);
  // Takes it from its agent: pending offers, timers and room. The caller says where it goes.
  AgentId take_from_agent(Conversation& c);
  // From hold to its agent, whose own word asks for it or whose availability decides.
  void come_back(Conversation& c, Cause cause);
  void enter_own_list(Conversation& c, Cause cause);
  void wrap_up(Conversation& c, bool leaving, CloseOutcome outcome);
  void end(Conversation& c, Cause cause);
  // In the class it was in then: judging may have sent it on.
  void exclude(Conversation& c, AgentId agent, ClassNumber in);
  void miss(Conversation& c, AgentId agent, ClassNumber in);
  void stop_responding(Agent& a);
  void offers_of_agent_end(AgentId agent, Cause cause);
  void sign_off(Agent& a, Cause cause, Cause work_cause);

  [[nodiscard]] ConversationView view_of(const Conversation& c) const;
  [[nodiscard]] AgentView view_of(const Agent& a) const;
  [[nodiscard]] std::uint32_t waiting_in(ClassNumber number) const;
  [[nodiscard]] ClassView& figures(const Conversation& c) { return figures_[c.service_class]; }
  [[nodiscard]] Tally& figures(AgentId id) { return group_figures_[group_of(id)]; }
  [[nodiscard]] GroupNumber group_of(AgentId id) const;
  [[nodiscard]] AgentGroupView view_of(GroupNumber number) const;
  // The refusal of a command about a conversation that is not live; none if it is.
  [[nodiscard]] Refusal missing(ConversationId id) const;
  [[nodiscard]] bool repeats_assignment(const Conversation& c, AgentId agent,
                                        std::uint64_t epoch) const;

  PoolConfiguration configuration_;
  std::vector<Name> names_;
  std::list<Conversation> conversations_;  // live, in the order of opening
  std::list<Conversation> ended_;          // remembered, the first ended in front
  std::map<AgentId, Agent> agents_;
  std::map<AgentId, Agent> agents_before_;  // this record, or its change of rules
  std::map<SessionId, Session> sessions_;
  std::vector<Timer> timers_;
  std::optional<Move> move_;
  std::optional<Judging> judging_;
  bool unfinished_ = false;    // there is more to hand over or shed than a record may
  std::size_t forgotten_ = 0;  // in this record
  ModeNumber mode_;
  std::map<HoursNumber, std::vector<Turn>> calendars_;
  std::map<std::pair<Scope, std::uint16_t>, ScopeState> scopes_;  // of the pool, classes, groups
  std::map<AlarmKey, std::uint32_t> alarms_;                      // that are on
  std::map<CustomerId, AgentId> last_agents_;
  std::map<ClassNumber, ClassView> figures_;
  std::map<GroupNumber, Tally> group_figures_;
  std::map<OriginNumber, OriginTally> claims_;
  std::map<ClassNumber, Estimator> estimators_;
  std::map<OriginNumber, std::uint64_t> last_events_;
  std::uint64_t opened_count_ = 0;
  std::uint64_t queued_count_ = 0;
  std::uint64_t timer_count_ = 0;
  std::uint64_t returning_count_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t offers_ = 0;
  std::uint64_t lapses_ = 0;
  std::uint64_t refused_ = 0;

  // Of the record being applied.
  Stamp stamp_;
  OriginNumber origin_;
  ConversationId about_;  // the conversation that the answer tells about
  ConversationId opened_now_;
  Expected refused_expected_;  // what an open that is refused would have been told
  Events* events_ = nullptr;
  std::size_t first_ = 0;  // of its events
};

}  // namespace usher::sim
