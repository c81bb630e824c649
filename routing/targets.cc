// What people are told of waits: how long it will take, what may come too late, what did.

#include <algorithm>

#include "routing/state.h"

namespace usher {

// Whether it can be said how long it waits: nobody takes it before its calendar opens, what is
// paused goes on or somebody comes on duty, and when that is nobody knows here.
bool Router::State::served(const Nature& nature) const {
  return pool_scope == ScopeState::open && class_open(nature.service_class) &&
         !closed(nature.requirement) && !nobody_on_duty(nature);
}

// Says how long it will wait, now that it begins to. Requires: it is counted as waiting.
void Router::State::promise(ConversationSlot slot, bool first) {
  Conversation& conversation = conversations[slot];
  if (!served(conversation.nature)) {
    forget_promise(conversation);
    watch_target(slot);
    return;
  }
  const ClassState& of = figures(conversation.nature);
  conversation.expected = of.estimator.expect(of.waiting);
  conversation.expected_from_ms = stamp.pool_ms;
  conversation.expects = true;
  conversation.teaches = first && !conversation.nature.test;
  conversation.at_once = false;
  watch_target(slot);
}

// It waits no more, and nobody learns how long it would have been.
void Router::State::forget_promise(Conversation& conversation) {
  conversation.expects = false;
  conversation.expected = {};
}

// It is assigned. Requires: its state is the one before.
void Router::State::keep_promise(Conversation& conversation) {
  if (!conversation.expects) {
    // It was told nothing: the time until somebody came is not what one assignment takes.
    if (belongs_in_line(conversation.state) && !conversation.nature.test) {
      figures(conversation.nature).estimator.backlog_began(stamp.pool_ms);
    }
    return;
  }
  const std::int64_t waited_ms = stamp.pool_ms - conversation.expected_from_ms;
  if (waited_ms > 0 && !conversation.at_once && !conversation.nature.test) {
    Estimator& estimator = figures(conversation.nature).estimator;
    estimator.started(stamp.pool_ms);
    if (conversation.teaches) estimator.learn(conversation.expected, waited_ms);
  }
  forget_promise(conversation);
}

// Looks again when the expected wait is over, or when the target is.
void Router::State::watch_target(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  timers.cancel(conversation.target);
  if (conversation.nature.replied || conversation.told_breach) return;
  // Its clock stands: see go_on() for when it runs again.
  if (closed(conversation.nature.requirement)) return;
  const std::int64_t waited_ms = stamp.pool_ms - target_from_ms(conversation.nature);
  const std::int64_t left_ms = class_of(conversation).target_ms - waited_ms;
  std::int64_t in_ms = std::max<std::int64_t>(0, left_ms + 1);
  if (conversation.expects && !conversation.told_risk && conversation.expected.p50_ms >= 0) {
    const std::int64_t until_ms =
        conversation.expected_from_ms + conversation.expected.p50_ms - stamp.pool_ms;
    in_ms = until_ms > left_ms ? 0 : std::min(in_ms, std::max<std::int64_t>(0, until_ms));
  }
  conversation.target = timers.add(stamp.pool_ms + in_ms, TimerKind::target, slot.value);
}

// What may be late and is not watched, because its calendar was closed or the class it had had one.
void Router::State::watch_again(ConversationSlot slot) {
  const Conversation& conversation = conversations[slot];
  if (conversation.target) return;
  switch (conversation.state) {
    case ConversationState::waiting:
    case ConversationState::offered:
    case ConversationState::assigned:
    case ConversationState::held:
    case ConversationState::unroutable: watch_target(slot); break;
    default: break;
  }
}

void Router::State::fire_target(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  // Its clock stands.
  if (closed(conversation.nature.requirement)) return watch_target(slot);
  const std::int64_t target_ms = class_of(conversation).target_ms;
  const std::int64_t late_ms = stamp.pool_ms - target_from_ms(conversation.nature) - target_ms;
  const bool waits = conversation.state == ConversationState::waiting ||
                     conversation.state == ConversationState::offered;
  if (late_ms > 0) {
    conversation.told_breach = true;
    if (!conversation.nature.test) ++figures(conversation.nature).breached;
    emit(EventKind::breached, Cause::due, conversation);
  } else if (waits && !conversation.told_risk) {
    conversation.told_risk = true;
    emit(EventKind::at_risk, Cause::due, conversation).due_ms = stamp.pool_ms - late_ms;
  }
  watch_target(slot);
}

// Whether what this record opened had to wait.
void Router::State::note_opened() {
  if (!opened_now) return;
  const Conversation& conversation = conversations[opened_now];
  const bool at_once = conversation.state == ConversationState::offered ||
                       conversation.state == ConversationState::assigned;
  const bool waits = conversation.state == ConversationState::waiting && conversation.expects;
  const bool counts = at_once || waits;
  if (counts && !conversation.nature.test) figures(conversation.nature).estimator.opened(at_once);
  opened_now = ConversationSlot{};
}

// What is left of what was said; nothing once it is assigned, and while nobody is there for it.
Expected Router::State::expected_now(const Conversation& conversation) const {
  if (!conversation.expects || conversation.expected.p50_ms < 0) return {};
  if (!served(conversation.nature)) return {};
  const std::int64_t waited_ms = stamp.pool_ms - conversation.expected_from_ms;
  return {std::max<std::int64_t>(0, conversation.expected.p50_ms - waited_ms),
          std::max<std::int64_t>(0, conversation.expected.p90_ms - waited_ms)};
}

// What would become of it. Requires: it has a class, and no requirement.
void Router::State::foresee(Nature& nature, Quote& quote) const {
  const ClassConfiguration& of = *class_configurations[nature.service_class.value];
  const ClassState& counted = classes[nature.service_class.value];
  if (pool_scope == ScopeState::draining || counted.scope == ScopeState::draining) {
    quote.refusal = Refusal::draining;
  } else if (conversations.live() >= limits::conversations_max) {
    quote.refusal = Refusal::pool_full;
  }
  if (quote.refusal != Refusal::none) return;

  // Asking makes no room for a new need: one that nobody had before is held against the roster.
  const auto anybody = [&](auto&& is_there) {
    return std::any_of(agents.begin(), agents.end(), [&](const Agent& who) {
      return who.on_roster && who.definition->kind == AgentKind::person && is_there(who) &&
             Needs::would_meet(of, nature.language, nature.required, *who.definition);
    });
  };
  nature.requirement = needs.find(of, nature.language, nature.required, nature.level);
  const bool counts = nature.requirement && nature.requirement.value < demands.size();
  const std::size_t channel = nature.channel.value;
  const bool able = counts
                        ? routable(nature)
                        : anybody([&](const Agent& who) { return who.holds.limit[channel] > 0; });
  const bool on_duty =
      counts ? !nobody_on_duty(nature)
             : anybody([&](const Agent& who) { return (who.duty >> (channel - 1) & 1) != 0; });
  const HoursNumber hours = hours_of(of, nature.language);
  const bool shut = hours && hours.value < calendars.size() && !calendars[hours.value].open();
  const bool full = of.overflow.waiting_max > 0 && counted.waiting >= of.overflow.waiting_max;
  const bool paused = pool_scope != ScopeState::open || counted.scope != ScopeState::open;
  // As way_of() looks.
  const bool overflows = of.overflow.to.kind != Diversion::Kind::none;
  quote.hindrance = !able               ? Hindrance::nobody_ever
                    : shut              ? Hindrance::closed
                    : !on_duty          ? Hindrance::nobody_on_duty
                    : overflows && full ? Hindrance::full
                    : paused            ? Hindrance::paused
                                        : Hindrance::none;
  quote.state = able ? ConversationState::waiting : ConversationState::unroutable;
  Diversion to;
  if (quote.hindrance == Hindrance::closed) {
    to = of.closed_to;
    quote.hours = hours;
  } else if (quote.hindrance != Hindrance::none && quote.hindrance != Hindrance::paused) {
    to = of.overflow.to;
  }
  switch (to.kind) {
    case Diversion::Kind::none: break;
    case Diversion::Kind::defer: quote.state = ConversationState::deferred; break;
    case Diversion::Kind::refuse:
      quote.state = ConversationState::none;
      quote.refusal = shut && able ? Refusal::outside_hours : Refusal::overflow;
      break;
    case Diversion::Kind::service_class:
      quote.state = ConversationState::waiting;
      quote.to_class = to.service_class;
      break;
  }
}

Quote Router::quote(const command::Open& open) const {
  Nature nature;
  nature.channel = open.channel;
  nature.category = open.category;
  nature.impact = open.impact;
  nature.tier = open.tier;
  nature.language = open.language;
  nature.required = open.required;
  nature.test = open.test;
  if (!state_->names_known(nature)) return {.refusal = Refusal::unknown_name, .service_class = {}};
  nature.service_class = state_->classify(nature);
  if (!nature.service_class) return {.refusal = Refusal::no_class, .service_class = {}};
  const ClassState& of = state_->classes[nature.service_class.value];
  Quote quote{.refusal = Refusal::none, .service_class = nature.service_class};
  state_->foresee(nature, quote);
  const bool told = quote.refusal == Refusal::none || quote.refusal == Refusal::overflow ||
                    quote.refusal == Refusal::outside_hours;
  if (!told) return quote;
  quote.position = of.waiting + 1;
  const bool refused = quote.refusal != Refusal::none;
  const bool runs = state_->pool_scope == ScopeState::open && of.scope == ScopeState::open;
  const bool told_so = quote.hindrance == Hindrance::full && refused && runs;
  if (quote.hindrance == Hindrance::none || told_so)
    quote.expected = of.estimator.quote(of.waiting);
  quote.estimated = of.estimator.learnt();
  quote.within_p50 = of.estimator.within_p50();
  quote.within_p90 = of.estimator.within_p90();
  return quote;
}

}  // namespace usher
