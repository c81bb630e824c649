#include "routing/capacity.h"

#include <numeric>

namespace usher {

std::optional<Holds> holds_of(std::span<const ChannelHold> counts,
                              std::span<const ChannelConfiguration> channels) {
  Holds holds;
  std::uint64_t multiple = 1;
  for (const ChannelHold& hold : counts) {
    if (hold.count == 0) continue;
    holds.limit[hold.channel.value] = hold.count;
    multiple = std::lcm(multiple, std::uint64_t{hold.count});
    if (multiple * 100 > capacity_units_max) return std::nullopt;
  }
  holds.per_percent = static_cast<std::uint32_t>(multiple);
  for (std::size_t channel = 1; channel <= limits::channels_max; ++channel) {
    if (holds.limit[channel] == 0) continue;
    holds.unit[channel] = static_cast<std::uint32_t>(multiple * 100 / holds.limit[channel]);
  }
  for (const ChannelConfiguration& channel : channels) {
    if (!channel.background) continue;
    holds.background =
        static_cast<std::uint16_t>(holds.background | 1u << (channel.number.value - 1));
  }
  return holds;
}

std::uint16_t room_of(const Holds& holds, std::uint32_t capacity, const Load& load) {
  unsigned room = 0;
  for (std::size_t channel = 1; channel <= limits::channels_max; ++channel) {
    if (fits(holds, capacity, load, channel)) room |= 1u << (channel - 1);
  }
  return static_cast<std::uint16_t>(room);
}

}  // namespace usher
