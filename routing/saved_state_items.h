#pragma once

// What writing and reading a saved state share: the kinds of its items and the fields of the pool.

#include "routing/fields_io.h"
#include "routing/saving.h"
#include "routing/state_fields.h"

namespace usher {

// On disk: never used for anything else again.
enum class ItemKind : std::uint8_t {
  none,
  pool,
  agent,
  session,
  conversation,
  ended,
  customer,
  timer,
  end
};

inline constexpr std::size_t item_head_bytes = 4 + 1;

// How many of everything follow the pool, and what was named.
struct Contents {
  Needs::Named named;
  Occupancy conversations;
  Occupancy ended;
  Occupancy customers;
  Occupancy timers;
  std::uint64_t timers_created = 0;
  std::uint32_t agents = 0;
  std::uint32_t sessions = 0;
};

template <class Io>
void fields(Io& io, Of<Io, Occupancy> it) {
  io(it.used);
  io.list(it.free, any_count);
}
template <class Io>
void fields(Io& io, Of<Io, Contents> it) {
  io(it.named, it.conversations, it.ended, it.customers, it.timers, it.timers_created, it.agents,
     it.sessions);
}

// What is neither in a slab nor an agent nor a session.
template <class Io, class Of>
void Router::State::pool_fields(Io& io, Of& it) {
  io.list(it.names, dictionary_max);
  io(it.configured, it.configured_at);
  fields(io, it.pool_configuration);
  io(it.mode, it.mode_ends);
  io.list(it.last_event_of, any_count);
  io.list(it.classes, any_count);
  io.list(it.group_scopes, any_count);
  io(it.pool_scope);
  io.list(it.calendars, any_count);
  io(it.recheck, it.rematch, it.moving, it.stamp, it.event_sequence, it.chain, it.opened_count,
     it.queued_count, it.returning_count, it.offers_made, it.lapses, it.refused, it.oldest_ended,
     it.newest_ended, it.first_opened, it.last_opened, it.needs_next_ms, it.customers_left);
  io.list(it.desks_left, any_count);
  io.list(it.touched, any_count);
  io.list(it.looking_agents, any_count);
  io.list(it.touched_customers, any_count);
  io.list(it.unsettled, any_count);
  io.list(it.looking_conversations, any_count);
  io.list(it.looking_classes, any_count);
  io.list(it.tallies.groups, limits::names_max + 1);
  io.list(it.tallies.origins, limits::names_max + 1);
}

}  // namespace usher
