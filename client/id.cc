#include "client/id.h"

#include <random>

namespace usher::client {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t uuid_length = 36;
constexpr std::size_t text_length_max = 15;

bool is_dash(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

// -1 = not a hexadecimal digit.
int value_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Id> parse_uuid(std::string_view text) {
  Id id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = value_of(text[i]);
    if (value < 0) return std::nullopt;
    auto& byte = id.bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++nibble;
  }
  return id ? std::optional(id) : std::nullopt;
}

// No spaces, so that an id is one word everywhere; bytes above 127 are letters of UTF-8.
bool is_printable(std::uint8_t byte) { return byte > 32 && byte != 127; }

}  // namespace

std::optional<Id> Id::parse(std::string_view text) {
  if (text.size() == uuid_length) return parse_uuid(text);
  if (text.empty() || text.size() > text_length_max) return std::nullopt;
  Id id;
  for (std::size_t i = 0; i < text.size(); ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(text[i]);
    if (!is_printable(id.bytes[i])) return std::nullopt;
  }
  return id;
}

std::string Id::text() const {
  if (!*this) return "-";
  std::size_t length = 0;
  while (length < bytes.size() && is_printable(bytes[length])) ++length;
  bool is_text = length >= 1 && length <= text_length_max;
  for (std::size_t i = length; i < bytes.size(); ++i) is_text = is_text && bytes[i] == 0;
  if (is_text)
    return std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));

  std::string uuid;
  uuid.reserve(uuid_length);
  for (const std::uint8_t byte : bytes) {
    if (is_dash(uuid.size())) uuid += '-';
    uuid += digits[byte >> 4];
    uuid += digits[byte & 15];
  }
  return uuid;
}

Id Id::random() {
  std::random_device device;
  Id id;
  while (!id) {
    for (std::size_t i = 0; i < id.bytes.size(); i += sizeof(std::uint32_t)) {
      const auto word = static_cast<std::uint32_t>(device());
      std::memcpy(id.bytes.data() + i, &word, sizeof word);
    }
    // Version 4, variant 1: a UUID like everybody else's.
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  }
  return id;
}

}  // namespace usher::client
