#pragma once

// How many there are of each name in a random world, and what they are called.

#include <cstdint>
#include <string>

#include "routing/limits.h"
#include "routing/types.h"

namespace usher::sim::world {

inline constexpr std::uint16_t channels = 3;  // chat, voice, mail
inline constexpr std::uint16_t skills = 5;    // the last two are languages
inline constexpr std::uint16_t languages = 2;
inline constexpr std::uint16_t classes = 5;
inline constexpr std::uint16_t bands = 4;
inline constexpr std::uint16_t categories = 6;
inline constexpr std::uint16_t tiers = 2;
inline constexpr std::uint16_t impacts = 2;
inline constexpr std::uint16_t groups = 2;
inline constexpr std::uint16_t authorities = 2;
inline constexpr std::uint16_t reasons = 2;
inline constexpr std::uint16_t calendars = 3;
inline constexpr std::uint16_t modes = 3;  // the last one is not always configured
inline constexpr std::int64_t second = limits::second_ms;

inline AgentId agent_id(std::uint64_t number) {
  return AgentId::of_text("a" + std::to_string(number));
}
inline ConversationId conversation_id(std::uint64_t number) {
  return ConversationId::of_text("c" + std::to_string(number));
}
inline CustomerId customer_id(std::uint64_t number) {
  return CustomerId::of_text("k" + std::to_string(number));
}
inline SkillNumber language(std::uint64_t number) {
  return {static_cast<std::uint16_t>(skills - languages + number)};
}

}  // namespace usher::sim::world
