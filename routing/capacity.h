#pragma once

// How much an agent can hold. `holds` says how many of one channel fill an agent; mixtures count as
// exact shares: with L the least common multiple of the counts, an agent with a full share has
// 100 L units and one conversation of channel c uses 100 L / holds(c).

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "routing/configuration.h"

namespace usher {

struct Holds {
  std::array<std::uint16_t, limits::channels_max + 1> limit{};  // by channel; 0 = never taken
  std::array<std::uint32_t, limits::channels_max + 1> unit{};
  std::uint32_t per_percent = 0;  // capacity of a share of one percent: L
  std::uint16_t background = 0;   // bit n - 1 = channel n

  friend bool operator==(const Holds&, const Holds&) = default;
};

inline constexpr std::uint32_t capacity_units_max = 1u << 30;

// None if the counts have no common multiple within capacity_units_max.
[[nodiscard]] std::optional<Holds> holds_of(std::span<const ChannelHold> counts,
                                            std::span<const ChannelConfiguration> channels);

// What lies with an agent.
struct Load {
  std::array<std::uint16_t, limits::channels_max + 1> count{};
  std::uint32_t live = 0;        // units of live channels
  std::uint32_t background = 0;  // units of background channels
  std::uint16_t over = 0;        // above capacity: in neither of the others

  [[nodiscard]] std::uint32_t used() const { return live + background; }
};

// Whether one more of a channel fits. Live work sees only live work; background work sees all, so
// it never keeps a chat or a call away and never comes on top of them.
[[nodiscard]] inline bool fits(const Holds& holds, std::uint32_t capacity, const Load& load,
                               std::size_t channel) {
  if (load.count[channel] >= holds.limit[channel]) return false;
  const bool background = (holds.background >> (channel - 1) & 1) != 0;
  return (background ? load.used() : load.live) + holds.unit[channel] <= capacity;
}

// A mask of the channels that have room: bit n - 1 = channel n.
[[nodiscard]] std::uint16_t room_of(const Holds& holds, std::uint32_t capacity, const Load& load);

}  // namespace usher
