#include "sim/twin.h"

#include <algorithm>

#include "routing/check.h"
#include "routing/limits.h"

namespace usher::sim {

namespace {

Outcome refused(Refusal reason) {
  Outcome outcome;
  outcome.refusal = reason;
  return outcome;
}

}  // namespace

// --- the door ---

Outcome Twin::apply(const Record& record, Events& events) {
  CHECK(record.stamp.sequence == stamp_.sequence + 1);
  CHECK(record.stamp.pool_ms >= stamp_.pool_ms);
  stamp_ = record.stamp;
  events_ = &events;
  first_ = events.size();
  forgotten_ = 0;
  origin_ = {};
  about_ = {};
  opened_now_ = {};
  refused_expected_ = {};
  agents_before_ = agents_;
  if (std::holds_alternative<command::Resumed>(record.command)) postpone_for_resumption();
  fire_timers();
  Outcome outcome = record.session.is_zero() ? carry_out(record) : apply_of_session(record);
  if (outcome.refusal != Refusal::none) ++refused_;
  events_ = nullptr;
  return outcome;
}

Outcome Twin::apply_of_session(const Record& record) {
  const auto found = sessions_.find(record.session);
  Refusal refusal = Refusal::none;
  if (found == sessions_.end()) {
    refusal = Refusal::unknown_session;
  } else if (record.number > found->second.last + 1) {
    refusal = Refusal::gap;
  } else if (record.number <= found->second.last) {
    settle();
    const std::uint64_t back = found->second.last - record.number;
    const auto& outcomes = found->second.outcomes;
    if (back >= outcomes.size()) return refused(Refusal::below_ring);
    return outcomes[outcomes.size() - 1 - back];
  }
  if (refusal != Refusal::none) {
    settle();
    return refused(refusal);
  }
  origin_ = found->second.origin;
  const Outcome outcome = carry_out(record);
  found->second.last = record.number;
  found->second.outcomes.push_back(outcome);
  if (found->second.outcomes.size() > limits::batch_commands_max) {
    found->second.outcomes.pop_front();
  }
  return outcome;
}

Outcome Twin::carry_out(const Record& record) {
  Outcome outcome;
  outcome.refusal = std::visit([this](const auto& c) { return on(c); }, record.command);
  settle();
  note_opened();
  outcome.expected_p50_ms = refused_expected_.p50_ms;
  outcome.expected_p90_ms = refused_expected_.p90_ms;
  if (outcome.refusal == Refusal::none) answer(outcome);
  return outcome;
}

void Twin::settle() {
  unfinished_ = false;
  judge_left_alone();
  go_on_judging();
  go_on_moving();
  match();
  if (shed()) match();
  sound_alarms();
}

void Twin::answer(Outcome& outcome) const {
  if (about_.is_zero()) return;
  const Conversation* c = known(about_);
  if (c == nullptr) return;
  outcome.state = c->state;
  outcome.service_class = c->service_class;
  if (c->state == ConversationState::waiting) {
    outcome.position = waiting_in(c->service_class);
    outcome.expected_p50_ms = expected(*c).p50_ms;
    outcome.expected_p90_ms = expected(*c).p90_ms;
  }
  outcome.epoch = c->state == ConversationState::offered ? c->offers.front().epoch : c->epoch;
}

// --- time ---

void Twin::start(TimerKind kind, std::int64_t due_ms, ConversationId conversation, AgentId agent) {
  timers_.push_back({due_ms, ++timer_count_, kind, conversation, agent});
}

void Twin::stop(TimerKind kind, ConversationId conversation, AgentId agent) {
  std::erase_if(timers_, [&](const Timer& t) {
    return t.kind == kind && t.conversation == conversation && t.agent == agent;
  });
}

void Twin::stop_all(ConversationId conversation) {
  // How long it waits for its first reply is nobody's but its own.
  std::erase_if(timers_, [&](const Timer& t) {
    return t.conversation == conversation && t.kind != TimerKind::target;
  });
}

std::int64_t Twin::due(TimerKind kind, ConversationId conversation, AgentId agent) const {
  for (const Timer& t : timers_) {
    if (t.kind == kind && t.conversation == conversation && t.agent == agent) return t.due_ms;
  }
  return 0;
}

void Twin::fire_timers() {
  for (std::size_t fired = 0; fired < limits::timers_fired_max; ++fired) {
    const auto first =
        std::min_element(timers_.begin(), timers_.end(), [](const Timer& a, const Timer& b) {
          return a.due_ms != b.due_ms ? a.due_ms < b.due_ms : a.number < b.number;
        });
    if (first == timers_.end() || first->due_ms > now()) return;
    if (caused(limits::firing_events_max)) return;
    const Timer timer = *first;
    timers_.erase(first);
    fire(timer);
  }
}

void Twin::fire(const Timer& timer) {
  if (timer.kind == TimerKind::lost) {
    sign_off(*agent_of(timer.agent), Cause::agent_lost, Cause::agent_lost);
    return;
  }
  if (timer.kind == TimerKind::shift) {
    sign_off(*agent_of(timer.agent), Cause::hours, Cause::hours);
    return;
  }
  if (timer.kind == TimerKind::window) {
    end_window(*agent_of(timer.agent));
    return;
  }
  if (timer.kind == TimerKind::mode) {
    change_mode({}, Cause::due, 0);
    return;
  }
  Conversation& c = *live(timer.conversation);
  const ClassNumber in = c.service_class;
  switch (timer.kind) {
    case TimerKind::not_before:
      c.preferred_since_ms = now();
      enter_queue(c, Cause::due, {});
      return;
    case TimerKind::offer:
      ++lapses_;
      end_offer(c, timer.agent, Cause::lapsed);
      judge(c, Cause::none);
      exclude(c, timer.agent, in);
      miss(c, timer.agent, in);
      return;
    case TimerKind::reply: {
      c.handed_over = c.handed_over || is_bot(c.agent);
      const AgentId agent = take_from_agent(c);
      enter_queue(c, Cause::silent, agent);
      exclude(c, agent, in);
      miss(c, agent, in);
      return;
    }
    case TimerKind::handling:
      tell(c, EventKind::handling_exceeded, Cause::due);
      if (class_of(c).release_when_exceeded) {
        const AgentId agent = take_from_agent(c);
        enter_queue(c, Cause::released, agent);
      }
      return;
    // Not yet to its agent: a command of this record may send it on, and no record assigns twice.
    case TimerKind::hold:
      c.returning = true;
      c.returning_number = ++returning_count_;
      return;
    case TimerKind::own_list: {
      const AgentId agent = take_from_agent(c);
      enter_queue(c, Cause::due, agent);
      return;
    }
    case TimerKind::wrap_up: end(c, Cause::due); return;
    case TimerKind::bot:
      if (is_bot(c.agent)) {
        c.handed_over = true;
        const AgentId agent = take_from_agent(c);
        enter_queue(c, Cause::bot_handed_over, agent);
      }
      return;
    case TimerKind::longest_wait: judge(c, Cause::none); return;
    case TimerKind::target: look_at_target(c); return;
    case TimerKind::deferred: enter_queue(c, Cause::overflow, {}); return;
    case TimerKind::lost:
    case TimerKind::shift:
    case TimerKind::mode:
    case TimerKind::window: return;
  }
}

// After a start nothing that somebody could not answer meanwhile ends before the resume grace.
void Twin::postpone_for_resumption() {
  const std::int64_t earliest_ms = now() + rules().resume_grace_ms;
  for (Timer& t : timers_) {
    switch (t.kind) {
      case TimerKind::not_before:
      case TimerKind::window:
      case TimerKind::longest_wait:
      case TimerKind::deferred:
      case TimerKind::target:
      case TimerKind::mode:
      case TimerKind::shift: break;
      default: t.due_ms = std::max(t.due_ms, earliest_ms);
    }
  }
}

std::optional<std::int64_t> Twin::next_deadline() const {
  std::vector<std::int64_t> times;
  for (const Timer& t : timers_) {
    if (t.kind != TimerKind::window) times.push_back(t.due_ms);
  }
  for (const Conversation& c : conversations_) {
    if (in_queue(c)) wake_ups(c, times);
  }
  if (move_ || judging_ || unfinished_) times.push_back(now());
  if (times.empty()) return std::nullopt;
  return *std::min_element(times.begin(), times.end());
}

// --- telling ---

Event Twin::about(const Conversation& c, EventKind kind, Cause cause) const {
  Event event;
  event.kind = kind;
  event.cause = cause;
  event.state = c.state;
  event.test = c.now.test;
  event.conversation = c.now.conversation;
  event.customer = c.now.customer;
  event.service_class = c.service_class;
  event.band = class_of(c).band;
  event.channel = c.now.channel;
  event.origin = c.origin;
  event.language = c.now.language;
  event.tier = c.now.tier;
  event.waited_ms = now() - c.opened_ms;
  event.over = c.over;
  return event;
}

void Twin::tell(const Conversation& c, EventKind kind, Cause cause, AgentId other,
                std::int64_t due_ms, ReasonNumber reason) {
  Event event = about(c, kind, cause);
  event.outcome = c.outcome;
  event.agent = c.agent;
  event.other_agent = other;
  event.epoch = c.epoch;
  event.due_ms = due_ms;
  event.reason = reason;
  publish(event);
}

void Twin::tell_offer(const Conversation& c, EventKind kind, Cause cause, const Offer& offer,
                      std::int64_t due_ms, ReasonNumber reason) {
  Event event = about(c, kind, cause);
  (kind == EventKind::offered ? event.agent : event.other_agent) = offer.agent;
  event.epoch = offer.epoch;
  event.over = offer.over;
  event.due_ms = due_ms;
  event.reason = reason;
  publish(event);
}

void Twin::tell(const Agent& a, EventKind kind, Cause cause, std::int64_t due_ms) {
  Event event;
  event.kind = kind;
  event.cause = cause;
  event.presence = a.presence;
  event.agent = a.definition.agent;
  event.reason = a.reason;
  event.due_ms = due_ms;
  publish(event);
}

void Twin::tell(EventKind kind, Cause cause) {
  Event event;
  event.kind = kind;
  event.cause = cause;
  publish(event);
}

void Twin::publish(Event event) {
  event.sequence = ++sequence_;
  event.record = stamp_.sequence;
  event.pool_ms = stamp_.pool_ms;
  event.wall_ms = stamp_.wall_ms;
  if (const Agent* a = agent_of(event.agent); a != nullptr) event.agent_origin = a->origin;
  if (const Agent* a = agent_of(event.other_agent); a != nullptr) event.other_origin = a->origin;
  event.previous = last_event_of(event.origin);
  event.agent_previous = last_event_of(event.agent_origin);
  event.other_previous = last_event_of(event.other_origin);
  for (const OriginNumber origin : {event.origin, event.agent_origin, event.other_origin}) {
    if (origin) last_events_[origin] = event.sequence;
  }
  events_->push_back(event);
}

std::uint64_t Twin::last_event_of(OriginNumber origin) const {
  const auto found = last_events_.find(origin);
  return found == last_events_.end() ? 0 : found->second;
}

// --- looking things up ---

const RoutingRules& Twin::rules() const {
  for (const Mode& mode : configuration_.modes) {
    if (mode.number == mode_) return mode.rules;
  }
  return configuration_;
}

Twin::Conversation* Twin::live(ConversationId id) {
  for (Conversation& c : conversations_) {
    if (c.now.conversation == id) return &c;
  }
  return nullptr;
}

const Twin::Conversation* Twin::known(ConversationId id) const {
  for (const auto* list : {&conversations_, &ended_}) {
    for (const Conversation& c : *list) {
      if (c.now.conversation == id) return &c;
    }
  }
  return nullptr;
}

Twin::Agent* Twin::agent_of(AgentId id) {
  const auto found = agents_.find(id);
  return found == agents_.end() ? nullptr : &found->second;
}

const Twin::Agent* Twin::agent_of(AgentId id) const {
  const auto found = agents_.find(id);
  return found == agents_.end() ? nullptr : &found->second;
}

// A conversation is of a configured class, and that of a configured band.
const ClassConfiguration& Twin::class_of(ClassNumber number) const {
  const auto& classes = rules().classes;
  const auto found = std::find_if(classes.begin(), classes.end(),
                                  [&](const ClassConfiguration& k) { return k.number == number; });
  CHECK(found != classes.end());
  return *found;
}

std::size_t Twin::band_position(const Conversation& c) const {
  const auto& bands = rules().bands;
  const BandNumber band = class_of(c).band;
  const auto found = std::find_if(bands.begin(), bands.end(),
                                  [&](const BandConfiguration& b) { return b.number == band; });
  CHECK(found != bands.end());
  return static_cast<std::size_t>(found - bands.begin());
}

const BandConfiguration& Twin::band_of(const Conversation& c) const {
  return rules().bands[band_position(c)];
}

const ChannelConfiguration* Twin::channel(ChannelNumber number) const {
  for (const ChannelConfiguration& c : rules().channels) {
    if (c.number == number) return &c;
  }
  return nullptr;
}

ClassNumber Twin::classify(const command::Open& what) const {
  const auto names = [](const auto& list, auto number) {
    return list.empty() || std::find(list.begin(), list.end(), number) != list.end();
  };
  for (const ClassRule& rule : rules().rules) {
    const auto its_class =
        std::find_if(rules().classes.begin(), rules().classes.end(),
                     [&](const ClassConfiguration& k) { return k.number == rule.service_class; });
    if (what.test && rules().bands[its_class->band.value - 1].security) continue;
    if (names(rule.categories, what.category) && names(rule.channels, what.channel) &&
        names(rule.tiers, what.tier) && names(rule.impacts, what.impact)) {
      return rule.service_class;
    }
  }
  return {};
}

bool Twin::named(NameKind kind, std::uint16_t number) const {
  return std::any_of(names_.begin(), names_.end(),
                     [&](const Name& name) { return name.kind == kind && name.number == number; });
}

bool Twin::all_named(const command::Open& what) const {
  const auto none_or_named = [&](NameKind kind, auto number) {
    return !number || named(kind, number.value);
  };
  for (const SkillLevel& skill : what.required) {
    if (!named(NameKind::skill, skill.skill.value)) return false;
  }
  for (const SkillLevel& skill : what.preferred) {
    if (!named(NameKind::skill, skill.skill.value)) return false;
  }
  return channel(what.channel) != nullptr && none_or_named(NameKind::category, what.category) &&
         none_or_named(NameKind::impact, what.impact) && none_or_named(NameKind::tier, what.tier) &&
         none_or_named(NameKind::skill, what.language);
}

}  // namespace usher::sim
