#include "routing/router.h"

#include <algorithm>
#include <utility>

#include "routing/saved_state.h"
#include "routing/saving.h"

namespace usher {
namespace {

template <class... Values>
constexpr std::uint64_t hash_all(Values... values) {
  Hasher hasher;
  (hasher.add(static_cast<std::uint64_t>(values)), ...);
  return hasher.value();
}

}  // namespace

std::uint64_t core_version() {
  using namespace limits;
  return hash_all(semantics, state_format, required_max, preferred_max, excluded_max,
                  agent_skills_max, agent_authorities_max, batch_commands_max, age_ms_max,
                  delay_ms_max, wrap_up_extension_ms_max, pool_ms_max, conversations_max,
                  agents_max, sessions_max, names_max, name_bytes_max, channels_max, bands_max,
                  classes_max, groups_max, levels_max, skill_level_max, capabilities_max,
                  rules_capabilities_max, steps_max, alternatives_max, terms_max, holds_count_max,
                  exclusions_max, offers_max, agent_cool_downs_max, events_max, timers_fired_max,
                  tick_ms);
}

Router::Router() : state_(std::make_unique<State>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

Outcome Router::apply(const Record& record, Events& events) {
  return state_->apply(record, events);
}

bool Router::at_timers() const { return state_->at_timers; }

std::optional<std::int64_t> Router::next_deadline() const {
  if (state_->has_more()) return state_->stamp.pool_ms;
  return state_->timers.next_deadline();
}

void Router::prefetch(std::span<const Command> commands) const {
  for (const Command& command : commands) {
    std::visit(
        [&](const auto& one) {
          if constexpr (requires { one.conversation; }) state_->places.prefetch(one.conversation);
          if constexpr (requires { one.agent; }) state_->agent_slots.prefetch(one.agent);
        },
        command);
  }
}

Outcome Router::State::apply(const Record& record, Events& out) {
  CHECK(record.stamp.sequence == stamp.sequence + 1);
  CHECK(record.stamp.pool_ms >= stamp.pool_ms);
  stamp = record.stamp;
  events = &out;
  first_event = out.size();
  shed_count = 0;
  forgotten_count = 0;
  sender = OriginNumber{};
  asked = ConversationId{};

  if (configured) {
    // The downtime must count before any timer looks at it.
    if (std::holds_alternative<command::Resumed>(record.command)) postpone_for_resumption();
    at_timers = true;
    fire_due();
    at_timers = false;
  }
  Outcome outcome = record.session.is_zero() ? carry_out(record) : apply_of_session(record);
  if (configured) raise_alarms();
  extend_chain();
  if (outcome.refusal != Refusal::none) ++refused;
  events = nullptr;
  return outcome;
}

Outcome Router::State::apply_of_session(const Record& record) {
  const auto found = sessions.find(record.session);
  Session* session = found != sessions.end() ? &found->second : nullptr;
  if (session == nullptr || record.number != session->last_applied + 1) {
    go_on();
    match_and_shed();
    if (session == nullptr) return refuse(Refusal::unknown_session);
    if (record.number > session->last_applied) return refuse(Refusal::gap);
    if (record.number + limits::batch_commands_max <= session->last_applied) {
      return refuse(Refusal::below_ring);
    }
    return session->outcomes[(record.number - 1) % limits::batch_commands_max];
  }
  sender = session->origin;
  const Outcome outcome = carry_out(record);
  // Growing only as far as it is used: most sessions never have a full window under way.
  const std::size_t place = session->last_applied % limits::batch_commands_max;
  if (place >= session->outcomes.size()) session->outcomes.resize(place + 1);
  session->outcomes[place] = outcome;
  ++session->last_applied;
  return outcome;
}

Outcome Router::State::carry_out(const Record& record) {
  if (!configured && !std::holds_alternative<command::Configure>(record.command)) {
    return refuse(Refusal::wrong_state);
  }
  Outcome outcome = std::visit(
      [&](const auto& one) -> Outcome {
        using Type = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<Type, command::Tick>) {
          return {};
        } else if constexpr (std::is_same_v<Type, command::Resumed>) {
          emit(EventKind::pool_started, Cause::command);
          return {};
        } else if constexpr (std::is_same_v<Type, command::Refused>) {
          return refuse(one.reason);
        } else {
          return on(one);
        }
      },
      record.command);
  if (!configured) return outcome;
  go_on();
  match_and_shed();
  note_opened();
  if (outcome.refusal == Refusal::none) answer(outcome);
  return outcome;
}

// After a start nothing that somebody could not answer meanwhile ends before the resume grace.
void Router::State::postpone_for_resumption() {
  const std::int64_t earliest_ms = stamp.pool_ms + configuration.resume_grace_ms;
  timers.postpone(earliest_ms, [](TimerKind kind) {
    return kind != TimerKind::scheduled && kind != TimerKind::look && kind != TimerKind::online &&
           kind != TimerKind::deferred && kind != TimerKind::shift && kind != TimerKind::stop &&
           kind != TimerKind::mode && kind != TimerKind::target && kind != TimerKind::overdue;
  });
}

void Router::State::fire_due() {
  for (std::size_t fired = 0; fired < limits::timers_fired_max; ++fired) {
    const std::optional<std::int64_t> deadline = timers.next_deadline();
    if (!deadline || *deadline > stamp.pool_ms || caused() >= limits::firing_events_max) return;
    fire(timers[timers.first()]);
  }
}

void Router::State::fire(const Timer timer) {
  const ConversationSlot slot{timer.subject};
  switch (timer.kind) {
    case TimerKind::none: CHECK(false); break;
    case TimerKind::scheduled:
      timers.cancel(conversations[slot].timer);
      conversations[slot].preferred_since_ms = stamp.pool_ms;
      mark_hours(conversations[slot].nature);
      wait(slot, Cause::due, {});
      break;
    case TimerKind::offer: fire_offer(slot); break;
    case TimerKind::reply: {
      const ClassConfiguration& of = class_of(conversations[slot]);
      const AgentSlot silent = take_from_agent(slot);
      if (is_bot(silent)) conversations[slot].handed_over = true;
      wait(slot, Cause::silent, silent);
      exclude(slot, silent, of);
      miss(slot, silent, of);
      break;
    }
    case TimerKind::hold:
      // Looked at when matching begins: the record's own command may still send it elsewhere, and
      // one record must not assign it twice.
      timers.cancel(conversations[slot].timer);
      set_returning(slot);
      look(conversations[slot].agent);
      break;
    case TimerKind::own_list: {
      const AgentSlot holder = take_from_agent(slot);
      wait(slot, Cause::due, holder);
      break;
    }
    case TimerKind::wrap_up: end(slot, Cause::due); break;
    case TimerKind::handling: fire_handling(slot); break;
    case TimerKind::deferred:
      timers.cancel(conversations[slot].timer);
      wait(slot, Cause::overflow, {});
      break;
    case TimerKind::look: look_again(slot); break;
    case TimerKind::overdue:
      timers.cancel(conversations[slot].overdue);
      judge(slot, Cause::none);
      break;
    case TimerKind::shift: sign_off(AgentSlot{timer.subject}, Cause::hours, Cause::hours); break;
    case TimerKind::stop: fire_stop(AgentSlot{timer.subject}); break;
    case TimerKind::mode: end_mode(Cause::due); break;
    case TimerKind::target: fire_target(slot); break;
    case TimerKind::bot_turn: {
      timers.cancel(conversations[slot].bot_turn);
      if (!is_bot(conversations[slot].agent)) break;
      const AgentSlot bot = take_from_agent(slot);
      conversations[slot].handed_over = true;
      wait(slot, Cause::bot_handed_over, bot);
      break;
    }
    case TimerKind::online: fire_online(AgentSlot{timer.subject}); break;
    case TimerKind::lost_grace: {
      const AgentSlot lost{timer.subject};
      timers.cancel(agent(lost).grace);
      sign_off(lost, Cause::agent_lost, Cause::agent_lost);
      break;
    }
  }
}

// Whom it is kept for may have changed with time.
void Router::State::look_again(ConversationSlot slot) {
  step_out(slot);
  enter_queue(slot);
}

void Router::State::fire_offer(ConversationSlot slot) {
  timers.cancel(conversations[slot].timer);
  const auto offers = conversations[slot].offers;
  const ClassConfiguration& of = class_of(conversations[slot]);
  for (AgentSlot to : offers) {
    ++lapses;
    end_offer(slot, to, Cause::lapsed);
    judge(slot, Cause::none);
    exclude(slot, to, of);
    miss(slot, to, of);
  }
}

void Router::State::fire_handling(ConversationSlot slot) {
  timers.cancel(conversations[slot].handling);
  emit(EventKind::handling_exceeded, Cause::due, conversations[slot]);
  if (!class_of(conversations[slot]).release_when_exceeded) return;
  const AgentSlot from = take_from_agent(slot);
  wait(slot, Cause::released, from);
}

void Router::State::fire_stop(AgentSlot slot) {
  timers.cancel(agent(slot).stop);
  agent(slot).stopping = true;
  touch(slot);
}

// Whoever was given all that was allowed has another such minute before them.
void Router::State::fire_online(AgentSlot slot) {
  Agent& who = agent(slot);
  const std::int64_t end_ms = deadline_of(who.online);
  const bool again = held_back(who);
  timers.cancel(who.online);
  who.online_count = 0;
  if (again) who.online = timers.add(end_ms + limits::minute_ms, TimerKind::online, slot.value);
  touch(slot);
  look(slot);
}

// Whether a cursor is under way, or matching or shedding stopped at a record's bound.
bool Router::State::has_more() const {
  const bool sheds = configuration.waiting_max > 0 && waiting > configuration.waiting_max &&
                     std::any_of(sheddable.begin(), sheddable.end(),
                                 [](const auto& band) { return !band.empty(); });
  return !desks_left.empty() || recheck.next || rematch.active || moving.next || sheds ||
         !looking_agents.empty() || !looking_conversations.empty() || !looking_classes.empty() ||
         customers_left;
}

// From the oldest on, a cursor's step in each record. What an earlier one had to say of the rest
// still holds for it.
void Router::State::judge_all(Cause cause) {
  const bool reopens = cause == Cause::hours || (recheck.next && recheck.reopens);
  recheck = Recheck{first_opened, cause, reopens};
}

void Router::State::go_on() {
  judge_left_alone();
  std::erase_if(desks_left, [&](const Leaving& who) { return clear_desk(who); });
  for (std::uint32_t done = 0; recheck.next && done < limits::cursor_step; ++done) {
    if (caused() >= limits::cursor_events_max) break;
    const ConversationSlot slot = recheck.next;
    recheck.next = conversations[slot].later;
    judge(slot, recheck.cause);
    watch_again(slot);
  }
  if (!recheck.next) recheck = Recheck{};
  go_on_moving();
  if (rematch.active) {
    const auto count = static_cast<std::uint32_t>(agents.size());
    const std::uint32_t end_at = std::min(count, rematch.next + limits::cursor_step);
    for (; rematch.next < end_at; ++rematch.next) {
      touch(AgentSlot{rematch.next});
      look(AgentSlot{rematch.next});
    }
    if (rematch.next >= count) rematch = Rematch{};
  }
}

void Router::State::extend_chain() {
  for (std::size_t i = first_event; i < events->size(); ++i) {
    const Event& event = (*events)[i];
    Hasher hasher(chain);
    hasher.add(event.sequence);
    hasher.add(event.record);
    hasher.add(event.pool_ms);
    hasher.add(static_cast<std::uint64_t>(event.kind) |
               static_cast<std::uint64_t>(event.cause) << 8 |
               static_cast<std::uint64_t>(event.state) << 16 |
               static_cast<std::uint64_t>(event.presence) << 24 |
               static_cast<std::uint64_t>(event.outcome) << 32 | std::uint64_t{event.score} << 40 |
               std::uint64_t{event.test} << 48 | std::uint64_t{event.over} << 49);
    hasher.add(event.conversation);
    hasher.add(event.agent);
    hasher.add(event.other_agent);
    hasher.add(event.epoch);
    hasher.add(std::uint64_t{event.service_class.value} | std::uint64_t{event.band.value} << 16 |
               std::uint64_t{event.channel.value} << 32 | std::uint64_t{event.reason.value} << 48);
    hasher.add(std::uint64_t{event.origin.value} | std::uint64_t{event.agent_origin.value} << 16 |
               std::uint64_t{event.other_origin.value} << 32);
    hasher.add(event.previous);
    hasher.add(event.waited_ms);
    hasher.add(event.due_ms);
    hasher.add(std::uint64_t{event.count});
    chain = hasher.value();
  }
}

Event& Router::State::emit(EventKind kind, Cause cause) {
  Event& event = events->emplace_back();
  event.sequence = ++event_sequence;
  event.record = stamp.sequence;
  event.pool_ms = stamp.pool_ms;
  event.wall_ms = stamp.wall_ms;
  event.kind = kind;
  event.cause = cause;
  return event;
}

// What every event of a conversation tells, whoever it concerns.
Event& Router::State::emit_about(EventKind kind, Cause cause, const Conversation& conversation) {
  Event& event = emit(kind, cause);
  const Nature& nature = conversation.nature;
  event.state = conversation.state;
  event.conversation = conversation.id;
  event.customer = nature.customer;
  event.service_class = nature.service_class;
  event.band = class_of(conversation).band;
  event.channel = nature.channel;
  event.language = nature.language;
  event.tier = nature.tier;
  event.origin = nature.origin;
  event.test = nature.test;
  event.waited_ms = stamp.pool_ms - nature.opened_ms;
  return event;
}

Event& Router::State::emit(EventKind kind, Cause cause, const Conversation& conversation,
                           AgentSlot other) {
  Event& event = emit_about(kind, cause, conversation);
  event.epoch = conversation.epoch;
  event.outcome = conversation.outcome;
  event.over = conversation.over;
  finish(event, conversation.agent, other);
  return event;
}

// Of an offer: `agent` is who has it, `other_agent` whose it was.
Event& Router::State::emit_offer(EventKind kind, Cause cause, const Conversation& conversation,
                                 AgentSlot of) {
  Event& event = emit_about(kind, cause, conversation);
  event.epoch = conversation.offer_epoch;
  event.over = conversation.offers_over;
  const bool stands = kind == EventKind::offered;
  finish(event, stands ? of : AgentSlot{}, stands ? AgentSlot{} : of);
  return event;
}

Event& Router::State::emit_agent(EventKind kind, Cause cause, const Agent& about) {
  Event& event = emit(kind, cause);
  event.presence = about.presence;
  event.reason = about.reason;
  finish(event, find(about.id), {});
  return event;
}

void Router::State::finish(Event& event, AgentSlot with, AgentSlot other) {
  if (with) {
    event.agent = agent(with).id;
    event.agent_origin = agent(with).origin;
  }
  if (other) {
    event.other_agent = agent(other).id;
    event.other_origin = agent(other).origin;
  }
  // Every origin concerned has one chain; one event is one link of it, however often it is named.
  const auto previous_of = [&](OriginNumber origin) -> std::uint64_t {
    return origin ? last_event_of[origin.value] : 0;
  };
  event.previous = previous_of(event.origin);
  event.agent_previous = previous_of(event.agent_origin);
  event.other_previous = previous_of(event.other_origin);
  for (OriginNumber origin : {event.origin, event.agent_origin, event.other_origin}) {
    if (origin) last_event_of[origin.value] = event.sequence;
  }
}

}  // namespace usher
