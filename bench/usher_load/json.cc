#include "bench/usher_load/json.h"

#include <charconv>

namespace usher::load {

void JsonObject::raw(std::string_view key, std::string_view json) {
  if (!body_.empty()) body_ += ',';
  body_ += quoted(key);
  body_ += ':';
  body_ += json;
}

void JsonObject::add(std::string_view key, const std::vector<std::string>& values) {
  std::string array = "[";
  for (const std::string& value : values) {
    if (array.size() > 1) array += ',';
    array += quoted(value);
  }
  raw(key, array + "]");
}

std::string JsonObject::quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      quoted += '\\';
      quoted += letter;
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(letter));
    } else {
      quoted += letter;
    }
  }
  return quoted + '"';
}

namespace {

// What follows `"key":`; empty when the key is not there.
std::string_view value_of(std::string_view json, std::string_view key) {
  const std::string wanted = JsonObject::quoted(key) + ":";
  const std::size_t found = json.find(wanted);
  return found == std::string_view::npos ? std::string_view{} : json.substr(found + wanted.size());
}

}  // namespace

std::optional<std::uint64_t> json_number(std::string_view json, std::string_view key) {
  const std::string_view value = value_of(json, key);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || error != std::errc{}) return std::nullopt;
  return number;
}

std::vector<std::string> json_strings(std::string_view json, std::string_view key) {
  std::vector<std::string> strings;
  std::string_view rest = value_of(json, key);
  if (rest.empty() || rest.front() != '[') return strings;
  bool inside = false;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    const char letter = rest[at];
    if (!inside && letter == ']') break;
    if (letter == '"') {
      inside = !inside;
      if (inside) strings.emplace_back();
    } else if (inside) {
      strings.back() += letter == '\\' && at + 1 < rest.size() ? rest[++at] : letter;
    }
  }
  return strings;
}

}  // namespace usher::load
