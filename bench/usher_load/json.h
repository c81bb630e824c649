#pragma once

// The little JSON that reports need: objects and arrays written in order, and a flat reader for the
// lines that usher-load writes itself.

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::load {

// Requires: keys need no escaping.
class JsonObject {
 public:
  void add(std::string_view key, std::uint64_t value) { raw(key, fmt::format("{}", value)); }
  void add(std::string_view key, std::int64_t value) { raw(key, fmt::format("{}", value)); }
  void add(std::string_view key, double value) { raw(key, fmt::format("{:.6g}", value)); }
  void add(std::string_view key, std::string_view value) { raw(key, quoted(value)); }
  void add(std::string_view key, const JsonObject& object) { raw(key, object.text()); }
  void add(std::string_view key, const std::vector<std::string>& values);
  // The value is JSON already.
  void raw(std::string_view key, std::string_view json);

  [[nodiscard]] std::string text() const { return "{" + body_ + "}"; }

  static std::string quoted(std::string_view text);

 private:
  std::string body_;
};

// Of the first `"key":` in the text.
[[nodiscard]] std::optional<std::uint64_t> json_number(std::string_view json, std::string_view key);
[[nodiscard]] std::vector<std::string> json_strings(std::string_view json, std::string_view key);

}  // namespace usher::load
