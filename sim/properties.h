#pragma once

// The properties that must always hold, checked after every record from what a pool publishes and
// shows: its events and views, never its insides. It serves the router and the twin alike.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "routing/command.h"
#include "routing/event.h"
#include "routing/view.h"

namespace usher::sim {

// All that a pool shows between two records.
struct Sight {
  PoolView pool;
  std::vector<AgentView> agents;
  std::vector<ConversationView> conversations;
  std::optional<std::int64_t> next_deadline;
  std::shared_ptr<const PoolConfiguration> configuration;  // never null
};

// `before` is what was seen before: a configuration that did not change is not copied again.
template <class Pool>
Sight look(const Pool& pool, const Sight& before) {
  auto configuration = before.configuration;
  if (configuration == nullptr || *configuration != pool.configuration()) {
    configuration = std::make_shared<PoolConfiguration>(pool.configuration());
  }
  return {pool.view(), pool.agents(), pool.conversations(), pool.next_deadline(), configuration};
}

class Properties {
 public:
  // Everything that does not hold after this record, named by its property; empty is good.
  std::vector<std::string> check(const Record& record, const Outcome& outcome, const Events& events,
                                 const Sight& sight);
  // What was seen after the last record.
  [[nodiscard]] const Sight& before() const { return before_; }

 private:
  // A conversation and an agent as the events alone tell of them.
  struct Told {
    ConversationState state = ConversationState::none;
    AgentId owner;
    std::uint64_t epoch = 0;  // of the last assignment
    std::int64_t opened_ms = 0;
    std::int64_t not_before_ms = 0;
    std::int64_t due_ms = 0;  // of wrap-up or reply
    bool replied_here = false;
    std::vector<std::pair<AgentId, std::int64_t>> cooling;  // the newest at the back
    ChannelNumber channel;
    std::map<AgentId, bool> offers;  // and whether above capacity
    bool over = false;               // the assignment
    bool joined = false;
    bool handed_over = false;
    bool with_bot_by_rules = false;  // an incident, by a change of the rules
    std::uint8_t level = 0;
    std::uint64_t queued = 0;     // in the order of first entering the queue; 0 = not yet
    std::int64_t bot_due_ms = 0;  // a bot has it until then; 0 = no bot has it
    bool by_hours = false;        // deferred until its calendar opens
  };
  struct ToldAgent {
    Presence presence = Presence::offline;
    bool lost = false;
    std::int64_t lost_due_ms = 0;
    std::uint32_t matched = 0;  // in this record
    std::int64_t window_until_ms = 0;
    std::uint32_t burst = 0;
    std::uint64_t window_record = 0;             // which began it
    std::int64_t shift_until_ms = 0;             // 0 = no end was told
    std::optional<std::int64_t> no_new_from_ms;  // none = never
  };
  // The states of a calendar, each since its time; it is open before the first.
  using Turns = std::vector<std::pair<std::int64_t, bool>>;

  void fail(const std::string& what) { failures_.push_back(what); }
  void follow(const Event& event);
  void follow_agent(const Event& event);
  void follow_resumption();
  void follow_conversation(const Event& event);
  void follow_assignment(const Event& event, Told& told);
  void follow_requeue(const Event& event, Told& told);
  void follow_cool_down(const Event& event, Told& told);
  void follow_places(const Event& event, Told& told);
  void follow_escalation(const Event& event, Told& told);
  void follow_bot(const Event& event, Told& told);
  void follow_windows();
  void follow_hours(const Outcome& outcome);
  void follow_modes(const Events& events);
  void follow_scope(const Event& event);
  void follow_shift(const Outcome& outcome);
  void follow_deferral(const Event& event, Told& told);
  void follow_alarm(const Event& event);
  void check_stream(const Event& event);
  void check_over(const Event& event, const Told& told);
  void check_bot(const Event& event, const Told& told);
  void check_burst(const Event& event);
  void check_lending(const Event& event);
  void check_choice(const Event& event, const Events& events);
  void check_customers();
  void check_seeking();
  void check_seeking(const ConversationView& was, const ConversationView& c);
  void check_bots();
  void check_hours();
  void check_mode();
  void check_shifts();
  void check_alarms();
  void check_moves(const Outcome& outcome, const Events& events);
  void check_decision(const Event& event, const Told& told);
  // Whether the command was carried out now, and not only answered from memory.
  bool check_numbering(const Record& record, const Outcome& outcome, const Events& events);
  void check_states();
  void check_room();
  void check_roster();
  void check_work_conservation();
  void check_order(const Events& events);
  void check_refusal(const Record& record, const Outcome& outcome, const Events& events);

  // In force after and before the record.
  [[nodiscard]] const RoutingRules& rules() const { return in_force(*sight_, mode_); }
  [[nodiscard]] const RoutingRules& rules_before() const { return in_force(before_, mode_before_); }
  [[nodiscard]] static const RoutingRules& in_force(const Sight& sight, ModeNumber mode);
  // By this record: another configuration or mode.
  [[nodiscard]] bool rules_changed() const;
  // Whether something is left for the next record.
  [[nodiscard]] bool cursor() const;
  [[nodiscard]] const Turns* calendar(const ConversationView& c) const;
  [[nodiscard]] bool closed(const ConversationView& c) const;
  // Since when a target runs.
  [[nodiscard]] std::int64_t clock_from_ms(const ConversationView& c) const;
  [[nodiscard]] bool stopped(ClassNumber number, const AgentView& a) const;
  [[nodiscard]] bool shift_ends(ChannelNumber channel, AgentId id) const;
  [[nodiscard]] static bool on_duty(const AgentView& a);
  [[nodiscard]] bool on_duty(const ConversationView& c) const;
  // Whom a mass incident of the class may borrow, and whether it may have no more of them: as
  // things are, or as the events have told of them so far.
  [[nodiscard]] static bool is_other(const ClassConfiguration& k, const AgentView& a);
  [[nodiscard]] bool lent(const ClassConfiguration& k, const AgentView& a) const;
  [[nodiscard]] bool lent_enough(const ConversationView& c, const AgentView& a) const;
  [[nodiscard]] bool told_lent(const ClassConfiguration& k, const AgentView& a) const;
  [[nodiscard]] std::uint64_t share(const ClassConfiguration& k) const;
  // How many of a channel fill the agent, by the roster; 0 = it is not taken.
  [[nodiscard]] std::uint64_t holds(AgentId id, ChannelNumber channel) const;
  [[nodiscard]] std::uint64_t unit(AgentId id, ChannelNumber channel) const;
  [[nodiscard]] const AgentView* agent(AgentId id) const;
  [[nodiscard]] const ConversationView* conversation(ConversationId id) const;
  [[nodiscard]] const ClassConfiguration& class_of(const ConversationView& c) const;
  [[nodiscard]] std::int64_t cool_down_ms(ClassNumber number) const;
  [[nodiscard]] std::size_t band_position(const ConversationView& c) const;
  [[nodiscard]] bool need_met(const ConversationView& c, const AgentView& a,
                              std::int64_t waited_ms) const;
  [[nodiscard]] bool authorised(const ConversationView& c, const AgentView& a) const;
  [[nodiscard]] bool has_room(const ConversationView& c, const AgentView& a) const;
  [[nodiscard]] bool has_over_slot(const ConversationView& c, const AgentView& a) const;
  [[nodiscard]] static bool in_queue(const ConversationView& c);
  [[nodiscard]] bool security(BandNumber band) const;
  [[nodiscard]] bool voice(ChannelNumber channel) const;
  [[nodiscard]] bool is_bot(AgentId id) const;
  [[nodiscard]] bool was_bot(AgentId id) const;  // before the record
  [[nodiscard]] bool bot_may_take(const ConversationView& c, bool handed_over) const;
  [[nodiscard]] std::uint32_t over_count(AgentId id) const;
  [[nodiscard]] bool may_pay(AgentId id) const;
  // All of eligibility but room and what views do not show (the preferred agent).
  [[nodiscard]] bool fits(const ConversationView& c, const AgentView& a) const;
  [[nodiscard]] bool ever(const ConversationView& c) const;
  // The order within everything that waits, up to the number that breaks ties.
  [[nodiscard]] std::vector<std::int64_t> place(const ConversationView& c) const;

  std::map<ConversationId, Told> told_;
  std::map<AgentId, ToldAgent> told_agents_;
  std::map<AgentId, command::AgentDefinition> roster_;
  std::map<std::pair<ConversationId, std::uint64_t>, AgentId> publications_;
  std::map<std::pair<SessionId, std::uint64_t>, Outcome> outcomes_;
  std::map<OriginNumber, std::uint64_t> last_of_origin_;
  std::uint64_t sequence_ = 0;
  std::uint64_t queued_count_ = 0;
  Sight before_;
  ModeNumber mode_;
  ModeNumber mode_before_;
  std::int64_t mode_due_ms_ = 0;
  std::int64_t mode_due_before_ms_ = 0;
  std::uint64_t mode_record_ = 0;  // which began it
  bool mode_changed_ = false;      // by this record
  std::map<HoursNumber, Turns> calendars_;
  std::map<std::pair<Scope, std::uint16_t>, ScopeState> scopes_;
  std::map<AgentId, ScopeState> agent_scopes_;
  std::map<std::pair<ClassNumber, Cause>, std::uint32_t> alarms_;  // that are on, as told
  std::set<std::pair<ClassNumber, Cause>> alarms_told_;            // by this record
  const Sight* sight_ = nullptr;
  const Record* record_ = nullptr;
  bool refused_ = false;
  bool carried_out_ = false;  // the command, and not only answered from memory
  std::vector<std::string> failures_;
};

}  // namespace usher::sim
