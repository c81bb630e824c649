#pragma once

// What the files of decode share: how single fields are read from a verified frame, and the command
// inside a batch. Each reader copies what the field says; false means that it makes no sense.

#include <cstdint>
#include <cstring>

#include "daemon/decode.h"
#include "schemas/commands_generated.h"

namespace usher::decode {

static_assert(sizeof(wire::Id) == sizeof(ConversationId));

// Offsets may alias: a small frame can hold thousands of commands that all point to one big body.
// Nothing that was written once can be read twice, so a frame whose parts add up to more than its
// own bytes is refused before it grows.
class Allowance {
 public:
  explicit Allowance(std::size_t bytes) : left_(bytes) {}

  [[nodiscard]] bool take(std::size_t bytes) {
    if (bytes > left_) {
      left_ = 0;
      exceeded_ = true;
    } else {
      left_ -= bytes;
    }
    return !exceeded_;
  }
  [[nodiscard]] bool exceeded() const { return exceeded_; }

 private:
  std::size_t left_;
  bool exceeded_ = false;
};

// What a command takes of the frame at the very least: its offset in the batch and a table with a
// vtable offset; with a body, its offset and its type, and a body without fields as well.
constexpr std::size_t command_bytes_min = 4 + 4;
constexpr std::size_t body_bytes_min = 4 + 1 + 4;

// What is zero or absent is no id, which not every field minds.
template <class Tag>
bool read_id(const wire::Id* from, Id<Tag>& to) {
  if (from == nullptr) return false;
  std::memcpy(to.bytes.data(), from, sizeof to.bytes);
  return !to.is_zero();
}

template <class Tag>
bool read_number(std::uint16_t from, Number<Tag>& to, std::size_t max = limits::names_max) {
  to.value = from;
  return from <= max;
}

// The wire's durations are unsigned: a value beyond int64 must never reach the cast.
inline bool read_ms(std::uint64_t from, std::int64_t max, std::int64_t& to) {
  if (from > static_cast<std::uint64_t>(max)) return false;
  to = static_cast<std::int64_t>(from);
  return true;
}

template <class Wire, class Core>
bool read_enum(Wire from, Core& to) {
  if (from > Wire::MAX) return false;
  to = static_cast<Core>(from);
  return true;
}

// Reads one command of a batch into `to`; any other answer than none says why it makes no sense,
// and leaves in `to` what was read until then. Requires: the frame around `from` was verified.
[[nodiscard]] Refusal read_command(const wire::Command& from, Command& to, Allowance& allowance);

// The skills that a question names. Requires: as above; and nothing else is read of its frame.
[[nodiscard]] Refusal read_required(const flatbuffers::Vector<const wire::SkillLevel*>* from,
                                    command::Required& to);

}  // namespace usher::decode
