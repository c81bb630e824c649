#pragma once

// The small words of a configuration file: durations, names, and what to say when one is wrong.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace usher::config {

// Milliseconds of "200ms", "90s", "45m" or "24h": one whole number, one unit. None for anything
// else, and for what does not fit into 64 bits.
[[nodiscard]] std::optional<std::int64_t> duration_of(std::string_view text);

// The inverse, in the largest unit that says it exactly.
[[nodiscard]] std::string duration_text(std::int64_t ms);

// A name is 1 to limits::name_bytes_max letters, digits, - _ and dots: what fits into an origin, a
// topic and a need without quoting.
[[nodiscard]] bool is_name(std::string_view text);
[[nodiscard]] bool is_name_character(char character);

// "a", "a or b", "a, b or c".
[[nodiscard]] std::string any_of(std::span<const std::string_view> words);

// "; the nearest is WORD", or nothing when there are no words: the end of a message.
[[nodiscard]] std::string nearest(std::string_view wanted, std::span<const std::string_view> words);

// What is wrong with a file, collected, so that one run names all of it.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  // Line 0 is the file as a whole, column 0 the whole line.
  void add(std::uint32_t line, std::string text) { add(line, 0, std::move(text)); }
  void add(std::uint32_t line, std::uint32_t column, std::string text);

  [[nodiscard]] bool empty() const { return found_.empty(); }
  [[nodiscard]] std::size_t size() const { return found_.size(); }
  // `FILE:LINE: text`, in the order of the lines.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Problem {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string text;
  };

  std::string file_;
  std::vector<Problem> found_;
};

}  // namespace usher::config
