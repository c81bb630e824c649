#pragma once

// Reads one table of a model file, with the messages of usher.toml: `FILE:LINE: what must be what
// is allowed, found what stands there`. Whatever is wrong is reported, and reading goes on.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config_file.h"
#include "sim/distribution.h"

namespace usher::sim {

// A whole number or a fraction; none for anything else.
[[nodiscard]] std::optional<double> number_of(const config::Node& node);

class Fields {
 public:
  // `label` is how messages call it: "[run]". Reports what is not a table, and every key that is
  // not in `known`. Requires: node and problems outlive this.
  Fields(std::string label, const config::Node& node, config::Problems& problems,
         const std::vector<std::string_view>& known);

  [[nodiscard]] bool has(std::string_view key) const { return node_->find(key) != nullptr; }
  [[nodiscard]] std::uint32_t line_of(std::string_view key) const;

  // Within the bounds. Without a fallback the key is required.
  [[nodiscard]] double number(std::string_view key, double low, double high,
                              std::optional<double> fallback = {}) const;
  [[nodiscard]] std::int64_t whole(std::string_view key, std::int64_t low, std::int64_t high,
                                   std::optional<std::int64_t> fallback = {}) const;
  // Required; empty after a mistake.
  [[nodiscard]] std::string name(std::string_view key) const;
  // None when there is no such key, or after a mistake.
  [[nodiscard]] std::optional<Distribution> distribution(std::string_view key) const;
  // Names in quotes, or a table of names and whole numbers. A name alone stands for `otherwise`.
  [[nodiscard]] std::vector<std::pair<const config::Node*, std::int64_t>> levels(
      std::string_view key, std::int64_t low, std::int64_t high, std::int64_t otherwise) const;
  // One number or a list of them, 1 to `most`.
  [[nodiscard]] std::vector<double> numbers(std::string_view key, double low, double high,
                                            std::size_t most) const;

  void refuse(std::string_view key, std::string_view accepted, const config::Node& found) const;

 private:
  // Null, and reported when it is required, if the file does not say.
  [[nodiscard]] const config::Node* value(std::string_view key, bool required,
                                          std::string_view accepted) const;

  std::string label_;
  const config::Node* node_;
  config::Problems* problems_;
};

}  // namespace usher::sim
