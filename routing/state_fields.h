#pragma once

// The fields of what a pool's state is made of, in the order in which a saved state holds them; see
// fields.h. What can be computed from the rest is not saved. What changes here raises state_format.

#include <limits>

#include "routing/fields_configuration.h"
#include "routing/state.h"

namespace usher {

template <>
inline constexpr ConversationState last_of<ConversationState> = ConversationState::abandoned;
template <>
inline constexpr TimerKind last_of<TimerKind> = TimerKind::overdue;
template <>
inline constexpr Cause last_of<Cause> = Cause::customer;
template <>
inline constexpr Needs::BitKind last_of<Needs::BitKind> = Needs::BitKind::level;

// Of lists that nothing bounds: a byte at least for each element bounds what is read.
inline constexpr std::size_t any_count = std::numeric_limits<std::uint32_t>::max();

template <class Io>
void fields(Io& io, Of<Io, Stamp> it) {
  io(it.sequence, it.pool_ms, it.wall_ms);
}
template <class Io>
void fields(Io& io, Of<Io, Outcome> it) {
  io(it.refusal, it.state, it.service_class, it.position, it.expected_p50_ms, it.expected_p90_ms,
     it.epoch);
}
template <class Io>
void fields(Io& io, Of<Io, Expected> it) {
  io(it.p50_ms, it.p90_ms);
}
template <class Io>
void fields(Io& io, Of<Io, Nature> it) {
  io(it.customer, it.preferred_agent, it.channel, it.category, it.impact, it.tier, it.language,
     it.service_class, it.origin, it.level, it.test, it.replied, it.fingerprint, it.age_ms,
     it.opened_ms, it.closed_mark_ms, it.queued, it.required, it.preferred, it.excluded,
     it.requirement);
}
template <class Io>
void fields(Io& io, Of<Io, Exclusion> it) {
  io(it.agent, it.until_ms, it.record);
}
template <class Io>
void fields(Io& io, Of<Io, Conversation> it) {
  io(it.id, it.nature, it.state, it.outcome, it.leaving, it.over, it.offers_over, it.handed_over,
     it.seeking, it.replied_here, it.diverted, it.told_risk, it.told_breach, it.own_list, it.agent,
     it.last_agent, it.preferred_since_ms, it.epoch, it.made_from, it.offer_epoch, it.returning,
     it.offers, it.exclusions, it.misses, it.number, it.earlier, it.later, it.customer, it.timer,
     it.look, it.reply, it.handling, it.bot_turn, it.target, it.overdue, it.expected,
     it.expected_from_ms, it.expects, it.teaches, it.at_once, it.kept_for, it.joined_place,
     it.queue_ms, it.claimed);
}
template <class Io>
void fields(Io& io, Of<Io, Ended> it) {
  io(it.id, it.nature, it.agent, it.state, it.outcome, it.misses, it.customer, it.older, it.newer,
     it.group, it.claimed);
}
template <class Io>
void fields(Io& io, Of<Io, Customer> it) {
  io(it.id, it.last_agent, it.known, it.touched);
}
template <class Io>
void fields(Io& io, Of<Io, Timer> it) {
  io(it.deadline_ms, it.created, it.subject, it.kind);
}
template <class Io>
void fields(Io& io, Of<Io, CoolDown> it) {
  io(it.conversation, it.until_ms);
}
template <class Io>
void fields(Io& io, Of<Io, Agent> it) {
  io(it.id);
  io.pointed(it.definition);
  io(it.on_roster, it.lost, it.presence, it.scope, it.reason, it.origin, it.channels, it.contested,
     it.contested_band, it.misses, it.online_count, it.idle_since, it.defined_at);
  io.list(it.cool_downs, limits::conversations_max);
  io(it.grace, it.online, it.shift, it.stop, it.shift_ends_ms, it.stopping, it.load.count,
     it.load.over, it.touched, it.looking);
  io.list(it.conversations, limits::conversations_max);
  io.list(it.kept, limits::conversations_max);
  io.list(it.returning, limits::conversations_max);
}
template <class Io>
void fields(Io& io, Of<Io, Tally> it) {
  io(it.replied, it.in_target, it.reply_ms, it.misses, it.abandoned, it.closed, it.reopened,
     it.rated, it.score, it.outcomes);
}
template <class Io>
void fields(Io& io, Of<Io, ClassState> it) {
  io(it.scope, it.opened, it.tally, it.breached, it.deferrals, it.estimator, it.alarm_ever,
     it.alarm_duty, it.surge.lends, it.surge.looking);
  io.list(it.surge.kept, limits::conversations_max);
}
template <class Io>
void fields(Io& io, Of<Io, OriginTally> it) {
  io(it.incidents, it.demoted);
}
template <class Io>
void fields(Io& io, Of<Io, Session> it) {
  io(it.origin, it.last_applied);
  io.list(it.outcomes, limits::batch_commands_max);
}
template <class Io>
void fields(Io& io, Of<Io, Recheck> it) {
  io(it.next, it.cause, it.reopens);
}
template <class Io>
void fields(Io& io, Of<Io, Leaving> it) {
  io(it.agent, it.cause, it.epoch_last);
}
template <class Io>
void fields(Io& io, Of<Io, Rematch> it) {
  io(it.active, it.next);
}
template <class Io>
void fields(Io& io, Of<Io, Move> it) {
  io(it.next, it.number_last, it.left, it.from, it.to);
}
template <class Io>
void fields(Io& io, Of<Io, Needs::Bit> it) {
  io(it.kind, it.number, it.level);
}
template <class Io>
void fields(Io& io, Of<Io, Needs::Asked> it) {
  io(it.service_class, it.language, it.own, it.level);
}
template <class Io>
void fields(Io& io, Of<Io, Needs::Named> it) {
  io.list(it.bits, limits::capabilities_max);
  io.list(it.requirements, any_count);
}
}  // namespace usher
