#pragma once

// The little JSON that usherctl writes.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace usher::client {

class Json {
 public:
  static Json object() { return Json('{', '}'); }
  static Json list() { return Json('[', ']'); }

  // Requires: made by object().
  Json& set(std::string_view key, std::string_view value) { return put(key, quoted(value)); }
  Json& set(std::string_view key, const char* value) { return set(key, std::string_view(value)); }
  Json& set(std::string_view key, const std::string& value) {
    return set(key, std::string_view(value));
  }
  Json& set(std::string_view key, std::integral auto value) {
    if constexpr (std::same_as<decltype(value), bool>) return put(key, value ? "true" : "false");
    return put(key, std::to_string(value));
  }
  Json& set(std::string_view key, const Json& value) { return put(key, value.text()); }
  // Requires: made by list().
  Json& add(const Json& value) {
    separate();
    text_ += value.text();
    return *this;
  }

  [[nodiscard]] std::string text() const { return text_ + close_; }

  static std::string quoted(std::string_view text);

 private:
  Json(char open, char close) : text_(1, open), close_(close) {}
  Json& put(std::string_view key, const std::string& value) {
    separate();
    text_ += quoted(key) + ":" + value;
    return *this;
  }
  void separate() {
    if (text_.size() > 1) text_ += ',';
  }

  std::string text_;
  char close_;
};

inline std::string Json::quoted(std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 32) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace usher::client
