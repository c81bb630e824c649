#pragma once

// The id of a conversation, agent, customer or session: sixteen opaque bytes in the order they lie
// on the wire. People write it as a UUID or as up to 15 bytes of text.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace usher::client {

struct Id {
  std::array<std::uint8_t, 16> bytes{};

  // clang-tidy 14 takes the 0 of the generated comparison for a pointer.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const Id&, const Id&) = default;
  // All zeros means "none".
  explicit operator bool() const { return *this != Id{}; }

  // `6f1c…-…` (36 characters) is a UUID; anything else of 1 to 15 printable bytes is text. Nothing
  // else is an id.
  static std::optional<Id> parse(std::string_view text);
  // Text padded with zeros comes back as that text, everything else as a UUID; none is "-".
  [[nodiscard]] std::string text() const;
  // Drawn from the operating system; never zero.
  static Id random();
};

}  // namespace usher::client

template <>
struct std::hash<usher::client::Id> {
  std::size_t operator()(const usher::client::Id& id) const noexcept {
    std::uint64_t halves[2];
    std::memcpy(halves, id.bytes.data(), sizeof halves);
    // Text ids share their zero tail and UUIDs their version bits: mix before folding.
    const std::uint64_t mixed =
        (halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;
    return static_cast<std::size_t>(mixed ^ (mixed >> 32));
  }
};
