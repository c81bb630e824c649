#pragma once

// The names of a pool and their numbers, both ways.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/types_generated.h"

namespace usher::client {

using wire::NameKind;

// The number of a name; or 0 and what is wrong with the name, in words, with the nearest known one:
// `unknown category "takover"; did you mean "takeover"?`
struct Lookup {
  std::uint16_t number = 0;
  std::string problem;

  explicit operator bool() const { return number != 0; }
};

class Dictionary {
 public:
  // A name keeps its number for ever; adding it again changes nothing.
  void add(NameKind kind, std::uint16_t number, std::string_view text);
  void clear();

  [[nodiscard]] Lookup find(NameKind kind, std::string_view text, std::string_view what = {}) const;
  // "#7" when the number is not known (the dictionary grew meanwhile), "" for 0.
  [[nodiscard]] std::string name(NameKind kind, std::uint16_t number) const;
  // Every known name of a kind, in the order they were numbered.
  [[nodiscard]] std::vector<std::string> names(NameKind kind) const;
  // Highest number of a kind; 0 = none.
  [[nodiscard]] std::uint16_t last(NameKind kind) const;
  [[nodiscard]] bool empty() const;

 private:
  static constexpr std::size_t kinds = static_cast<std::size_t>(NameKind::MAX) + 1;
  std::array<std::vector<std::string>, kinds> names_;  // by number
  std::array<std::map<std::string, std::uint16_t, std::less<>>, kinds> numbers_;
};

}  // namespace usher::client
