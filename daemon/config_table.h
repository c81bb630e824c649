#pragma once

// Every setting of usher.toml, one row each: what it is called, what it may be, what it is when the
// file says nothing, and what it does. Reading, messages and the comments of the shipped file all
// come from here.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace usher::config {

enum class SettingKind : std::uint8_t {
  duration,  // bounds in milliseconds
  count,
  flag,
  choice,  // one of `words`
  name,    // bounds in bytes; `words` says of what
  names,   // a list; bounds are its size; `words` says of what
  text,    // bounds in bytes
  texts,   // a list; bounds are its size
  lines,   // a list of texts with a grammar of their own; bounds are its size
  tables   // one table or a list of them, with rows of their own; bounds are the size of the list
};

struct Setting {
  std::string_view section;  // as in the file, without the name: "channels" of [channels.chat]
  std::string_view key;
  SettingKind kind = SettingKind::flag;
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::string_view words;  // the unit of a count, the words of a choice ("a, b"), else what it is
  std::string_view fallback;  // as in the file, without quotes; empty = the setting is required
  bool hot = true;            // a reload can change it
  std::string_view effect;    // sentences
};

[[nodiscard]] std::span<const Setting> settings();

// Requires: there is such a row; asking for another one is a bug.
[[nodiscard]] const Setting& setting(std::string_view section, std::string_view key);

// The words of a choice.
[[nodiscard]] std::vector<std::string_view> choices(const Setting& row);

// What a value must be: "1s to 10m", "1 to 8 offers", "oldest, deadline or service_level".
[[nodiscard]] std::string accepted(const Setting& row);

// The comment that stands above the setting in the shipped file, at most 100 columns wide.
[[nodiscard]] std::string documentation(const Setting& row);

}  // namespace usher::config
