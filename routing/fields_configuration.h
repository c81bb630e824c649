#pragma once

// The same for a pool's configuration, whose lists are as long as an operator makes them. A mode
// repeats most of the pool's own rules: what it leaves as it is takes one byte.

#include <type_traits>

#include "routing/configuration.h"
#include "routing/fields.h"

namespace usher {

template <>
inline constexpr Order last_of<Order> = Order::service_level;
template <>
inline constexpr GiveTo last_of<GiveTo> = GiveTo::longest_idle;
template <>
inline constexpr Delivery last_of<Delivery> = Delivery::give;
template <>
inline constexpr RepliedBy last_of<RepliedBy> = RepliedBy::accept;
template <>
inline constexpr Diversion::Kind last_of<Diversion::Kind> = Diversion::Kind::service_class;
template <>
inline constexpr NeedTerm::Kind last_of<NeedTerm::Kind> = NeedTerm::Kind::level;
template <>
inline constexpr NameKind last_of<NameKind> = NameKind::mode;

static_assert(static_cast<std::size_t>(last_of<NameKind>) + 1 == name_kind_count);

// Bounds of the lists that limits.h leaves open.
inline constexpr std::size_t list_max = 65'535;
inline constexpr std::size_t dictionary_max = name_kind_count * limits::names_max;

template <class Io>
void fields(Io& io, Of<Io, Name> it) {
  io(it.kind, it.number);
  io.text(it.text, limits::name_bytes_max);
}
template <class Io>
void fields(Io& io, Of<Io, Diversion> it) {
  io(it.kind, it.service_class);
}
template <class Io>
void fields(Io& io, Of<Io, Overflow> it) {
  fields(io, it.to);
  io(it.waiting_max, it.wait_ms_max, it.defer_ms);
}
template <class Io>
void fields(Io& io, Of<Io, ClassHours> it) {
  io(it.language, it.hours);
}
template <class Io>
void fields(Io& io, Of<Io, ChannelConfiguration> it) {
  io(it.number, it.background, it.voice, it.offer_ms, it.holds);
}
template <class Io>
void fields(Io& io, Of<Io, BandConfiguration> it) {
  io(it.number, it.order, it.rescue, it.security);
}
template <class Io>
void fields(Io& io, Of<Io, NeedTerm> it) {
  io(it.kind, it.negated, it.number, it.level);
}
template <class Io>
void fields(Io& io, Of<Io, NeedStep> it) {
  io(it.after_ms);
  io.list(it.alternatives, limits::alternatives_max,
          [&](auto& terms) { io.list(terms, limits::terms_max); });
}
template <class Io>
void fields(Io& io, Of<Io, TierRule> it) {
  io(it.group, it.level, it.tier, it.helps_after_ms);
}
template <class Io>
void fields(Io& io, Of<Io, ClassConfiguration> it) {
  io(it.number, it.band, it.target_ms, it.delivery, it.offers_at_once);
  io.list(it.need, limits::steps_max);
  io.list(it.authorities, limits::names_max);
  io(it.reply_within_ms, it.wrap_up_ms, it.cool_down_ms, it.preferred_wait_ms,
     it.hold_for_preferred, it.handling_ms_max, it.release_when_exceeded);
  io.list(it.tiers, list_max);
  io(it.replied_by, it.scarce, it.over_slots, it.surge_above, it.surge_lend_percent,
     it.bot_first_ms, it.bot_replies_count);
  io.list(it.hours, list_max);
  fields(io, it.closed_to);
  fields(io, it.overflow);
  io(it.heir);
}
template <class Io>
void fields(Io& io, Of<Io, ClassRule> it) {
  io.list(it.categories, limits::names_max);
  io.list(it.channels, limits::names_max);
  io.list(it.tiers, limits::names_max);
  io.list(it.impacts, limits::names_max);
  io(it.service_class);
}
template <class Io>
void fields(Io& io, Of<Io, HeadStart> it) {
  io(it.tier, it.impact, it.head_start_ms);
}

// `it`, or one byte when it is what it stands beside.
template <class Io, class T, class Whole>
void unless_same(Io& io, T& it, const std::remove_const_t<T>& beside, const Whole& whole) {
  if (!io.same(it, beside)) whole(it);
}

// The rules of a mode beside the pool's own; the pool's own stand beside none.
template <class Io>
void fields(Io& io, Of<Io, RoutingRules> it, const RoutingRules& own) {
  const auto list = [&](auto& mine, const auto& theirs, std::size_t count_max) {
    unless_same(io, mine, theirs, [&](auto& whole) { io.list(whole, count_max); });
  };
  list(it.channels, own.channels, limits::channels_max);
  list(it.bands, own.bands, limits::bands_max);
  std::size_t position = 0;
  const ClassConfiguration none;
  io.list(it.classes, limits::classes_max, [&](auto& mine) {
    const auto& theirs = position < own.classes.size() ? own.classes[position] : none;
    ++position;
    unless_same(io, mine, theirs, [&](auto& whole) { fields(io, whole); });
  });
  list(it.rules, own.rules, list_max);
  list(it.head_starts, own.head_starts, list_max);
  list(it.scarce_skills, own.scarce_skills, limits::names_max);
  io(it.give_to, it.fair_pick, it.misses_max, it.lost_grace_ms, it.resume_grace_ms, it.closed_keep,
     it.login_burst_per_minute, it.levels, it.waiting_max, it.stop_new_ms);
}

template <class Io>
void fields(Io& io, Of<Io, PoolConfiguration> it) {
  fields<Io>(io, static_cast<Of<Io, RoutingRules>>(it), RoutingRules());
  io.list(it.names, dictionary_max);
  io.list(it.modes, limits::modes_max, [&](auto& mode) {
    io(mode.number);
    fields<Io>(io, mode.rules, static_cast<const RoutingRules&>(it));
  });
}

}  // namespace usher
