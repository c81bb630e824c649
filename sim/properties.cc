#include "sim/properties.h"

#include <algorithm>
#include <limits>

#include "routing/limits.h"
#include "sim/differences.h"

namespace usher::sim {

using State = ConversationState;

std::vector<std::string> Properties::check(const Record& record, const Outcome& outcome,
                                           const Events& events, const Sight& sight) {
  failures_.clear();
  sight_ = &sight;
  record_ = &record;
  refused_ = outcome.refusal != Refusal::none;
  for (auto& [id, told] : told_agents_) told.matched = 0;
  if (events.size() > limits::events_max) fail("P22: a record causes too many events");
  carried_out_ = check_numbering(record, outcome, events);
  follow_modes(events);
  follow_hours(outcome);
  follow_shift(outcome);
  if (std::holds_alternative<command::Resumed>(record.command)) follow_resumption();
  for (const Event& event : events) follow(event);
  const bool done = carried_out_ && outcome.refusal == Refusal::none;
  if (const auto* define = std::get_if<command::DefineAgent>(&record.command); define && done) {
    roster_[define->definition->agent] = *define->definition;
  }
  if (const auto* gone = std::get_if<command::EndSession>(&record.command)) {
    std::erase_if(outcomes_, [&](const auto& entry) { return entry.first.first == gone->session; });
  }
  // An exclusion for good takes the place of the cool-down, also when it is lifted later.
  const auto* update = std::get_if<command::Update>(&record.command);
  if (update && done && (update->fields & command::Update::excluded_field) != 0) {
    std::erase_if(told_[update->conversation].cooling, [&](const auto& one) {
      return std::find(update->excluded.begin(), update->excluded.end(), one.first) !=
             update->excluded.end();
    });
  }
  check_refusal(record, outcome, events);
  check_states();
  check_room();
  check_roster();
  check_work_conservation();
  check_order(events);
  check_customers();
  check_seeking();
  check_bots();
  check_moves(outcome, events);
  check_hours();
  check_mode();
  check_shifts();
  check_alarms();
  before_ = sight;
  sight_ = nullptr;
  record_ = nullptr;
  return failures_;
}

// --- the stream ---

void Properties::follow(const Event& event) {
  check_stream(event);
  if (event.kind == EventKind::scope_changed) {
    follow_scope(event);
  } else if (event.kind == EventKind::alarm) {
    follow_alarm(event);
  } else if (!event.conversation.is_zero()) {
    follow_conversation(event);
  } else if (!event.agent.is_zero()) {
    follow_agent(event);
  }
}

// P25: contiguous, in log order, and every origin's chain unbroken.
void Properties::check_stream(const Event& event) {
  if (event.sequence != ++sequence_) fail("P25: event sequences are not contiguous");
  if (event.record != record_->stamp.sequence) fail("P25: an event names another record");
  if (event.pool_ms != record_->stamp.pool_ms) fail("P25: an event has another time");
  const auto follows = [&](OriginNumber origin, std::uint64_t previous) {
    if (last_of_origin_[origin] != previous) fail("P25: an origin's chain is broken");
  };
  follows(event.origin, event.previous);
  follows(event.agent_origin, event.agent_previous);
  follows(event.other_origin, event.other_previous);
  for (const OriginNumber origin : {event.origin, event.agent_origin, event.other_origin}) {
    if (origin) last_of_origin_[origin] = event.sequence;
  }
}

void Properties::follow_agent(const Event& event) {
  ToldAgent& told = told_agents_[event.agent];
  switch (event.kind) {
    case EventKind::agent_signed_in: told.lost = false; [[fallthrough]];
    case EventKind::agent_presence:
      if (event.presence == Presence::available && told.presence != Presence::available &&
          told.window_until_ms == 0 && !is_bot(event.agent)) {
        told.window_until_ms = event.pool_ms + limits::minute_ms;
        told.window_record = event.record;
        told.burst = 0;
      }
      told.presence = event.presence;
      return;
    case EventKind::agent_lost:
      told.lost = true;
      told.lost_due_ms = event.due_ms;
      return;
    case EventKind::agent_regained: told.lost = false; return;
    case EventKind::agent_signed_off:
      if (event.cause == Cause::hours &&
          (told.shift_until_ms == 0 || told.shift_until_ms > event.pool_ms)) {
        fail("P20: the shift of " + words(event.agent) + " ends early");
      }
      told.presence = Presence::offline;
      told.lost = false;
      told.shift_until_ms = 0;
      told.no_new_from_ms.reset();
      return;
    case EventKind::agent_removed:
      told_agents_.erase(event.agent);
      agent_scopes_.erase(event.agent);
      for (auto& [id, conversation] : told_) {
        std::erase_if(conversation.cooling,
                      [&](const auto& one) { return one.first == event.agent; });
      }
      return;
    default: return;
  }
}

// P31: nothing ends before the resume grace has passed, that of the rules before the record: it
// comes before a mode may end.
void Properties::follow_resumption() {
  const std::int64_t earliest_ms = record_->stamp.pool_ms + rules_before().resume_grace_ms;
  for (auto& [id, told] : told_) {
    if (told.due_ms > 0) told.due_ms = std::max(told.due_ms, earliest_ms);
    if (told.bot_due_ms > 0) told.bot_due_ms = std::max(told.bot_due_ms, earliest_ms);
  }
  for (auto& [id, told] : told_agents_) {
    if (told.lost) told.lost_due_ms = std::max(told.lost_due_ms, earliest_ms);
  }
}

// The shortest one of before and after the record and without a mode: a timer that fires in a
// record that changes the rules goes by those before it.
std::int64_t Properties::cool_down_ms(ClassNumber number) const {
  std::int64_t shortest_ms = std::numeric_limits<std::int64_t>::max();
  const RoutingRules& own = in_force(before_, {});
  for (const RoutingRules* c : {&own, &rules_before(), &rules()}) {
    for (const ClassConfiguration& k : c->classes) {
      if (k.number == number) shortest_ms = std::min(shortest_ms, k.cool_down_ms);
    }
  }
  return shortest_ms;
}

void Properties::follow_conversation(const Event& event) {
  Told& told = told_[event.conversation];
  const std::int64_t opened_ms = event.pool_ms - event.waited_ms;
  if (event.kind == EventKind::opened) {
    told = {};
    told.opened_ms = opened_ms;
    told.not_before_ms = event.due_ms;
  } else if (event.cause == Cause::reopened && told.not_before_ms > event.pool_ms) {
    told.opened_ms = opened_ms;
  } else if (told.opened_ms != opened_ms) {
    fail("P14, P15, P32: " + words(event.conversation) + " lost its age");
  }
  follow_escalation(event, told);
  follow_bot(event, told);
  switch (event.kind) {
    case EventKind::offered:
      check_decision(event, told);
      check_over(event, told);
      break;
    case EventKind::offer_ended:
      if (event.cause == Cause::rejected || event.cause == Cause::lapsed) {
        follow_cool_down(event, told);
      }
      break;
    case EventKind::assigned: follow_assignment(event, told); break;
    case EventKind::replied: told.replied_here = true; break;
    case EventKind::deferred: follow_deferral(event, told); [[fallthrough]];
    case EventKind::waiting:
    case EventKind::unroutable:
    case EventKind::closed:
    case EventKind::abandoned: follow_requeue(event, told); break;
    case EventKind::wrapping:
    case EventKind::wrap_up_extended: told.due_ms = event.due_ms; [[fallthrough]];
    case EventKind::held:
      if (event.agent != told.owner) {
        fail("P1: " + words(event.conversation) + " is held or wrapping with another agent");
      }
      break;
    default: break;
  }
  follow_places(event, told);
  told.state = event.state;
}

// P1, P13, P24.
void Properties::follow_assignment(const Event& event, Told& told) {
  const std::string who = words(event.conversation);
  if (event.epoch != event.record) fail("P1: the epoch of " + who + " is not its record");
  if (event.epoch <= told.epoch) fail("P1: the epoch of " + who + " does not increase");
  const auto [found, added] =
      publications_.try_emplace({event.conversation, event.epoch}, event.agent);
  if (!added && found->second != event.agent) fail("P1: two agents have one epoch of " + who);
  if (told.state == State::closed || told.state == State::abandoned) {
    fail("P13: " + who + " is assigned after its end");
  }
  if (!told.owner.is_zero() && told.owner != event.agent) {
    const bool moves = event.cause == Cause::transferred || event.cause == Cause::given;
    const bool moved = moves && event.other_agent == told.owner;
    if (!moved) fail("P1: " + who + " has a second owner");
    if (told.state == State::held) fail("P33: " + who + " is held and goes to another agent");
  }
  if (event.cause == Cause::given) check_decision(event, told);
  check_over(event, told);
  told.owner = event.agent;
  told.epoch = event.epoch;
  told.due_ms = event.due_ms;
  told.replied_here = false;
}

void Properties::follow_requeue(const Event& event, Told& told) {
  const std::string who = words(event.conversation);
  if (event.cause == Cause::silent) {
    if (told.replied_here) fail("P32: " + who + " is taken back though its agent replied");
    if (told.state != State::assigned) fail("P32: " + who + " is taken back twice");
    if (told.due_ms > event.pool_ms) fail("P32: " + who + " is taken back early");
    follow_cool_down(event, told);
  }
  const auto* release = std::get_if<command::Release>(&record_->command);
  const bool asked = release != nullptr && release->conversation == event.conversation &&
                     carried_out_ && !refused_;
  if (event.cause == Cause::released && asked && release->agent == event.other_agent) {
    follow_cool_down(event, told);
  }
  if (event.cause == Cause::agent_lost && event.kind == EventKind::waiting) {
    const ToldAgent& lost = told_agents_[event.other_agent];
    if (!lost.lost || event.pool_ms < lost.lost_due_ms) fail("P14: " + who + " before the grace");
  }
  const bool ended = event.kind == EventKind::closed || event.kind == EventKind::abandoned;
  if (ended && event.cause == Cause::due) {
    if (told.due_ms > event.pool_ms) fail("P26: the wrap-up of " + who + " ends early");
    if (told.due_ms <= before_.pool.pool_ms) fail("P26: the wrap-up of " + who + " ends late");
  }
  if (ended) told.cooling.clear();
  told.owner = {};
  told.due_ms = 0;
}

// Of so many exclusions the oldest cool-downs are forgotten first, and those for good never.
void Properties::follow_cool_down(const Event& event, Told& told) {
  std::erase_if(told.cooling, [&](const auto& one) {
    return one.first == event.other_agent || one.second <= event.pool_ms;
  });
  told.cooling.emplace_back(event.other_agent, event.pool_ms + cool_down_ms(event.service_class));
  const ConversationView* c = conversation(event.conversation);
  if (c == nullptr) return;
  const auto for_good = static_cast<std::size_t>(
      std::count_if(c->exclusions.begin(), c->exclusions.end(),
                    [](const ExclusionView& e) { return e.until_ms == 0; }));
  while (told.cooling.size() + for_good > limits::exclusions_max) {
    told.cooling.erase(told.cooling.begin());
  }
}

// P4, P15 and P16 at the decision. Transfers to an agent ask for the same.
void Properties::check_decision(const Event& event, const Told& told) {
  const std::string which = words(event.conversation) + " to " + words(event.agent);
  ToldAgent& a = told_agents_[event.agent];
  if (event.cause == Cause::given) {
    ++a.matched;
    check_burst(event);
  }
  if (event.cause == Cause::given && closed(*conversation(event.conversation))) {
    fail("P20: " + which + " outside its hours");
  }
  if (told.joined) fail("P34: " + which + ", though another has the place");
  if (a.presence != Presence::available || a.lost) fail("P4: " + which + ", who is not there");
  for (const auto& [id, until_ms] : told.cooling) {
    if (id == event.agent && until_ms > event.pool_ms) {
      fail("P15: " + which + " while cooling down");
    }
  }
  const ConversationView* c = conversation(event.conversation);
  const AgentView* at = agent(event.agent);
  if (c == nullptr || at == nullptr) return fail("P16: " + which + ", one of whom is unknown");
  if (stopped(event.service_class, *at)) fail("P4: " + which + ", which is stopped");
  if (shift_ends(event.channel, event.agent)) fail("P4: " + which + " at the end of a shift");
  if (!need_met(*c, *at, event.waited_ms)) fail("P16: " + which + " does not meet the need");
  if (!authorised(*c, *at)) fail("P16: " + which + " without the authority");
  check_bot(event, told);
  check_lending(event);
}

// P12: a number that was applied is answered as it was then, and no other is skipped.
bool Properties::check_numbering(const Record& record, const Outcome& outcome,
                                 const Events& events) {
  if (record.session.is_zero()) return true;
  if (outcome.refusal == Refusal::gap || outcome.refusal == Refusal::unknown_session) {
    for (const Event& event : events) {
      if (event.cause == Cause::command) fail("P12: a command out of turn did something");
    }
    return false;
  }
  const auto [found, added] = outcomes_.try_emplace({record.session, record.number}, outcome);
  if (!added && outcome.refusal != Refusal::below_ring && found->second != outcome) {
    fail("P12: a repeated command is answered otherwise");
  }
  return added;
}

// P17 and the rest: what is refused changes nothing.
void Properties::check_refusal(const Record& record, const Outcome& outcome, const Events& events) {
  const bool time_works = before_.next_deadline && *before_.next_deadline <= record.stamp.pool_ms;
  if (outcome.refusal != Refusal::none && !time_works && !events.empty()) {
    fail("P17: a refused command has events");
  }
}

}  // namespace usher::sim
