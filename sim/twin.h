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
#include <vector>

#include "routing/command.h"
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
    bool returning = false;  // held, and due back with its agent as soon as there is room
    std::uint64_t returning_number = 0;
    bool own_list = false;      // and told that there was none when it was due
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
    std::uint32_t misses = 0;
    std::int64_t window_until_ms = 0;  // of coming online; 0 = none runs
    std::uint32_t burst = 0;           // matched in it
  };
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
    window
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
  Refusal on(const command::Rate&) { return Refusal::unsupported; }
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
  Refusal on(const command::SetScope&) { return Refusal::unsupported; }
  Refusal on(const command::MoveAll& all);
  Refusal on(const command::SetMode&) { return Refusal::unsupported; }
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

  // Looking things up.
  [[nodiscard]] Conversation* live(ConversationId id);
  [[nodiscard]] const Conversation* known(ConversationId id) const;  // live or remembered
  [[nodiscard]] Agent* agent_of(AgentId id);
  [[nodiscard]] const Agent* agent_of(AgentId id) const;
  [[nodiscard]] const ClassConfiguration& class_of(const Conversation& c) const;
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
  // Everything but room and the cap of coming online, at that time.
  [[nodiscard]] bool fit(const Conversation& c, const Agent& a, std::int64_t at_ms) const;
  [[nodiscard]] bool eligible(const Conversation& c, const Agent& a, std::int64_t at_ms) const;
  [[nodiscard]] bool eligible(const Conversation& c, const Agent& a) const {
    return eligible(c, a, now());
  }
  // Whether it stands where matching looks.
  [[nodiscard]] static bool in_queue(const Conversation& c);
  [[nodiscard]] bool ever(const Conversation& c) const;
  // When somebody becomes eligible by the passing of time alone.
  void wake_ups(const Conversation& c, std::vector<std::int64_t>& times) const;

  // Matching.
  [[nodiscard]] Place place(const Conversation& c) const;
  [[nodiscard]] bool before(const Conversation& c, const Agent& a, const Agent& b) const;
  [[nodiscard]] Agent* best_agent(const Conversation& c);
  [[nodiscard]] Match best_match();
  [[nodiscard]] Conversation* debt(const Conversation& c, const Agent& a);
  void count_contested(const Conversation& c, Agent& a);
  void give(Conversation& c, Agent& a);
  void match();
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
  // Unroutable or not, as the roster says now.
  void judge(Conversation& c, Cause cause);
  void judge_all(Cause cause);
  void offer(Conversation& c, Agent& a, Cause cause, bool over);
  void end_offer(Conversation& c, AgentId agent, Cause cause, ReasonNumber reason = {});
  void revoke_offers(Conversation& c, Cause cause);
  void assign(Conversation& c, AgentId agent, Cause cause, AgentId other, bool over = false);
  // When the assignment or hold that stands ends by itself; 0 = not.
  [[nodiscard]] std::int64_t state_due(const Conversation& c) const;
  void mark_replied(Conversation& c);
  // An update changed its class: an incident may look for who can handle it.
  void seek(Conversation& c, bool was_security);
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
  void come_back(Conversation& c, bool asked_by_agent);
  void enter_own_list(Conversation& c);
  void wrap_up(Conversation& c, bool leaving, CloseOutcome outcome);
  void end(Conversation& c, Cause cause);
  void exclude(Conversation& c, AgentId agent);
  void miss(Conversation& c, AgentId agent);
  void stop_responding(Agent& a);
  void offers_of_agent_end(AgentId agent, Cause cause);
  void sign_off(Agent& a, Cause cause, Cause work_cause);

  [[nodiscard]] ConversationView view_of(const Conversation& c) const;
  [[nodiscard]] AgentView view_of(const Agent& a) const;
  [[nodiscard]] std::uint32_t waiting_in(ClassNumber number) const;
  [[nodiscard]] ClassView& figures(const Conversation& c) { return figures_[c.service_class]; }
  // The refusal of a command about a conversation that is not live; none if it is.
  [[nodiscard]] Refusal missing(ConversationId id) const;
  [[nodiscard]] bool repeats_assignment(const Conversation& c, AgentId agent,
                                        std::uint64_t epoch) const;

  PoolConfiguration configuration_;
  std::vector<Name> names_;
  std::list<Conversation> conversations_;  // live, in the order of opening
  std::list<Conversation> ended_;          // remembered, the first ended in front
  std::map<AgentId, Agent> agents_;
  std::map<SessionId, Session> sessions_;
  std::vector<Timer> timers_;
  std::optional<Move> move_;
  std::map<CustomerId, AgentId> last_agents_;
  std::map<ClassNumber, ClassView> figures_;
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
  Events* events_ = nullptr;
};

}  // namespace usher::sim
