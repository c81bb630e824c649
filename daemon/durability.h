#pragma once

// When what a front-end said counts as done: the operator's choice, said in the log, in the status
// and to whoever asks.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usher {

// When a group of records counts as durable.
struct Durability {
  enum class Kind : std::uint8_t {
    group,    // when it is on the disk
    relaxed,  // when the kernel has it; it is on the disk within_ms later at the latest
    none      // when the kernel has it
  };
  Kind kind = Kind::group;
  std::int64_t within_ms = 0;

  friend bool operator==(const Durability&, const Durability&) = default;
};
// Reads group, relaxed:MS (1 to 60,000) or none.
[[nodiscard]] std::optional<Durability> durability_of(std::string_view text);
[[nodiscard]] std::string text_of(const Durability& durability);

}  // namespace usher
