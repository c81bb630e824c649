#pragma once

// Every bound of the core in one place, derived from each other and checked when compiled. The core
// version hashes them: two builds that disagree on one of them do not share a journal.

#include <cstddef>
#include <cstdint>

namespace usher::limits {

inline constexpr std::uint64_t semantics = 7;  // raised when a decision would differ

// Of one command.
inline constexpr std::size_t required_max = 8;
inline constexpr std::size_t preferred_max = 4;
inline constexpr std::size_t excluded_max = 4;
inline constexpr std::size_t agent_skills_max = 64;
inline constexpr std::size_t agent_authorities_max = 16;
inline constexpr std::size_t agent_shifts_max = 21;  // a week
inline constexpr std::size_t batch_commands_max = 4096;
inline constexpr std::int64_t second_ms = 1000;
inline constexpr std::int64_t minute_ms = 60 * second_ms;
inline constexpr std::int64_t hour_ms = 60 * minute_ms;
inline constexpr std::int64_t day_ms = 24 * hour_ms;
inline constexpr std::int64_t age_ms_max = 30 * day_ms;
inline constexpr std::int64_t delay_ms_max = 30 * day_ms;
inline constexpr std::int64_t wrap_up_extension_ms_max = hour_ms;
inline constexpr std::int64_t pool_ms_max = std::int64_t{1} << 46;  // 2,200 years

// Of a pool.
inline constexpr std::size_t conversations_max = 4'000'000;  // live
inline constexpr std::size_t agents_max = 200'000;
inline constexpr std::size_t sessions_max = 4096;
inline constexpr std::size_t names_max = 4096;  // of one kind
inline constexpr std::size_t name_bytes_max = 32;
inline constexpr std::size_t channels_max = 16;
inline constexpr std::size_t bands_max = 8;
inline constexpr std::size_t classes_max = 256;
inline constexpr std::size_t groups_max = 256;
inline constexpr std::size_t hours_max = 64;  // calendars
inline constexpr std::size_t modes_max = 16;
inline constexpr std::size_t levels_max = 9;
inline constexpr std::size_t skill_level_max = 10;
inline constexpr std::size_t capabilities_max = 512;
inline constexpr std::size_t rules_capabilities_max = 384;  // of these, for what rules ask for
inline constexpr std::size_t steps_max = 8;                 // of a need
inline constexpr std::size_t alternatives_max = 8;          // of a step
inline constexpr std::size_t terms_max = 16;                // of an alternative
inline constexpr std::uint32_t holds_count_max = 1000;

// Of a conversation and an agent.
inline constexpr std::size_t exclusions_max = 8;
inline constexpr std::size_t offers_max = 8;  // at once, for one conversation
inline constexpr std::size_t agent_cool_downs_max = 16;

// Of one record.
inline constexpr std::size_t events_max = 4096;
inline constexpr std::size_t timers_fired_max = 1024;
inline constexpr std::uint32_t cursor_step = 1024;  // conversations or agents looked at
// A record that has caused so many events fires no more timers, moves no cursor, matches no more;
// the next ones go on. What is left above covers what one step more can cause, and the alarms.
inline constexpr std::size_t firing_events_max = 1024;
inline constexpr std::size_t cursor_events_max = 2048;
inline constexpr std::size_t matching_events_max = 3072;
inline constexpr std::int64_t tick_ms = 10;

static_assert(conversations_max < (std::size_t{1} << 32));
static_assert(agents_max < (std::size_t{1} << 32));
static_assert(capabilities_max % 64 == 0);
static_assert(channels_max <= 16, "room for channels is a 16-bit mask");
static_assert(timers_fired_max * 2 <= events_max, "a timer may cause an end and a new beginning");

}  // namespace usher::limits
