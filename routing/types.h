#pragma once

// The words of the core: ids, numbers of names, states. The numeric values are those of the wire
// (schemas/types.fbs), so that moving between the two is a checked cast; a test holds them equal.

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace usher {

// Sixteen opaque bytes in the order they lie on the wire: a UUID, or up to 15 bytes of text padded
// with zeros. Compared as bytes. All zeros is no id.
template <class Tag>
struct Id {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const Id&, const Id&) = default;
  [[nodiscard]] bool is_zero() const { return *this == Id{}; }

  // Requires: text is at most 15 bytes long.
  static Id of_text(std::string_view text) {
    Id id;
    std::memcpy(id.bytes.data(), text.data(), text.size() < 16 ? text.size() : 15);
    return id;
  }
};

using ConversationId = Id<struct ConversationTag>;
using AgentId = Id<struct AgentTag>;
using CustomerId = Id<struct CustomerTag>;
using SessionId = Id<struct SessionTag>;

// A name as the pool's dictionary numbered it: 1, 2, 3 … per kind, never reused; 0 is "none".
template <class Tag>
struct Number {
  std::uint16_t value = 0;

  friend auto operator<=>(const Number&, const Number&) = default;
  explicit operator bool() const { return value != 0; }
};

using ChannelNumber = Number<struct ChannelTag>;
using SkillNumber = Number<struct SkillTag>;
using LanguageNumber = SkillNumber;  // a language is a skill whose name is the language's
using CategoryNumber = Number<struct CategoryTag>;
using ImpactNumber = Number<struct ImpactTag>;
using TierNumber = Number<struct TierTag>;
using GroupNumber = Number<struct GroupTag>;
using ClassNumber = Number<struct ClassTag>;
using BandNumber = Number<struct BandTag>;  // 1 is the most urgent
using OriginNumber = Number<struct OriginTag>;
using AuthorityNumber = Number<struct AuthorityTag>;
using ReasonNumber = Number<struct ReasonTag>;
using HoursNumber = Number<struct HoursTag>;
using ModeNumber = Number<struct ModeTag>;

enum class NameKind : std::uint8_t {
  none,
  channel,
  skill,
  category,
  impact,
  tier,
  group,
  service_class,
  band,
  origin,
  authority,
  reason,
  hours,
  mode
};
inline constexpr std::size_t name_kind_count = 14;

enum class ConversationState : std::uint8_t {
  none,
  scheduled,
  waiting,
  offered,
  assigned,
  held,
  wrapping,
  deferred,
  unroutable,
  closed,
  abandoned
};

enum class Presence : std::uint8_t { none, available, away, draining, not_responding, offline };

enum class CloseOutcome : std::uint8_t { none, solved, not_solved, duplicate, spam, handed_over };
inline constexpr std::size_t close_outcome_count = 6;

enum class AgentKind : std::uint8_t { person, bot };

enum class Scope : std::uint8_t { none, pool, service_class, group, agent };
enum class ScopeState : std::uint8_t { none, open, paused, draining };

// Why a command was not done. Outcomes, never events.
enum class Refusal : std::uint8_t {
  none,
  wrong_state,
  stale,
  unknown_conversation,
  unknown_agent,
  unknown_name,
  no_capacity,
  not_eligible,
  not_present,
  conflict,
  id_zero,
  out_of_range,
  too_many,
  not_allowed,
  no_class,
  same_target,
  top_level,
  pool_full,
  gap,
  unknown_session,
  session_of_another,
  wrong_version,
  unknown_pool,
  malformed,
  unsupported,
  quarantined,
  disk_full,
  draining,
  outside_hours,
  overflow,
  busy,
  below_ring
};
inline constexpr std::size_t refusal_count = 32;

struct SkillLevel {
  SkillNumber skill;
  std::uint8_t level = 0;  // 1 to 10

  friend auto operator<=>(const SkillLevel&, const SkillLevel&) = default;
};

struct ChannelHold {
  ChannelNumber channel;
  std::uint16_t count = 0;  // so many of the channel fill an agent

  friend auto operator<=>(const ChannelHold&, const ChannelHold&) = default;
};

// When a record takes effect. pool_ms never goes back and is what every duration is measured in;
// wall_ms (milliseconds since 1970) is for people. Both are read once for a group of records.
struct Stamp {
  std::uint64_t sequence = 0;  // of the pool's records: 1, 2, 3 …
  std::int64_t pool_ms = 0;
  std::int64_t wall_ms = 0;

  friend bool operator==(const Stamp&, const Stamp&) = default;
};

}  // namespace usher
