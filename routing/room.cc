// What an agent has room for.

#include "routing/state.h"

namespace usher {
namespace {

bool is_open(const std::vector<ScopeState>& scopes, std::uint16_t number) {
  return number >= scopes.size() || scopes[number] == ScopeState::open;
}

}  // namespace

bool Router::State::given(const Agent& who) const {
  return who.on_roster && who.presence == Presence::available && !who.lost &&
         who.scope == ScopeState::open && pool_scope == ScopeState::open &&
         is_open(group_scopes, who.definition->group.value);
}

std::uint16_t Router::State::room_now(const Agent& who) const {
  unsigned room = room_of(who.holds, who.capacity, who.load);
  if (who.channels != 0) room &= who.channels;
  // No call comes beside what is above capacity already.
  if (who.load.over > 0) room &= ~unsigned{voice_channels};
  return static_cast<std::uint16_t>(room);
}

// Whether the agent holds it, and the sign-in did not take it away.
bool Router::State::takes(const Agent& who, ChannelNumber channel) {
  return who.holds.limit[channel.value] > 0 &&
         (who.channels == 0 || (who.channels >> (channel.value - 1) & 1) != 0);
}

// Of the channels that the agent takes and has no room for, those a slot above capacity would do
// for: never voice, never beside a call.
std::uint16_t Router::State::over_room(const Agent& who, std::uint16_t room) const {
  if (who.load.over >= over_slots_max) return 0;
  unsigned taken = 0;
  for (std::uint16_t channel = 1; channel <= limits::channels_max; ++channel) {
    const unsigned bit = 1u << (channel - 1);
    if (takes(who, ChannelNumber{channel})) taken |= bit;
    if ((voice_channels & bit) != 0 && who.load.count[channel] > 0) return 0;
  }
  return static_cast<std::uint16_t>(taken & takes_new(who) & ~unsigned{voice_channels} &
                                    ~unsigned{room});
}

Rooms Router::State::rooms_of(const Agent& who) const {
  if (!given(who)) return 0;
  const std::uint16_t all = room_now(who);
  const auto room = static_cast<std::uint16_t>(all & takes_new(who));
  if (who.definition->kind == AgentKind::bot) return rooms(room, RoomKind::bot);
  const std::uint16_t ordinary = held_back(who) ? std::uint16_t{0} : room;
  return rooms(ordinary, RoomKind::ordinary) | rooms(room, RoomKind::security) |
         rooms(over_room(who, all), RoomKind::over_capacity);
}

bool Router::State::held_back(const Agent& who) const {
  const std::uint16_t cap = configuration.login_burst_per_minute;
  const bool person = who.definition && who.definition->kind == AgentKind::person;
  return person && cap > 0 && who.online && who.online_count >= cap;
}

Router::State::Fit Router::State::fit(const Agent& who, const Conversation& conversation) const {
  const bool stops = (takes_new(who) >> (conversation.nature.channel.value - 1) & 1) == 0;
  return stops ? Fit::none : fit_in_shift(who, conversation);
}

Router::State::Fit Router::State::fit_in_shift(const Agent& who,
                                               const Conversation& conversation) const {
  const unsigned bit = 1u << (conversation.nature.channel.value - 1);
  const ClassConfiguration& of = class_of(conversation);
  const bool incident = band_of(of).security;
  const std::uint16_t room = room_now(who);
  if ((room & bit) != 0) return incident || !held_back(who) ? Fit::room : Fit::none;
  const bool above = incident && who.load.over < of.over_slots && (over_room(who, room) & bit) != 0;
  return above ? Fit::over : Fit::none;
}

}  // namespace usher
