#pragma once

// A TOML file as a tree that knows its lines and keeps the order of the file: the only place that
// sees the TOML library.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config_text.h"

namespace usher::config {

struct Node {
  // `other` is what no setting takes: fractions, dates and times.
  enum class Kind : std::uint8_t { table, list, text, number, flag, other };

  std::string key;  // empty in a list
  std::uint32_t line = 0;
  Kind kind = Kind::table;
  std::string text;            // of `text`; of `other` as it is written
  std::int64_t number = 0;     // of `number`
  bool flag = false;           // of `flag`
  std::vector<Node> children;  // of `table` and `list`, in the order of the file

  // Null when there is no such key.
  [[nodiscard]] const Node* find(std::string_view wanted) const;
  // How a message shows it: "text" in quotes, 12, true, a list, a table.
  [[nodiscard]] std::string shown() const;
};

// The tree of `text`; what is wrong with its syntax goes to `problems`, with line and column.
[[nodiscard]] Node parse_toml(std::string_view text, Problems& problems);

}  // namespace usher::config
