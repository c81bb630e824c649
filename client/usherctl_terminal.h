#pragma once

// What usherctl prints, and on what: colours only on a terminal, columns that stand under each
// other.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace usher::client {

enum class Paint : std::uint8_t { plain, strong, faint, good, notable, bad };

// Whether standard output is to be coloured: a terminal that is not dumb, and NO_COLOR is not set.
bool wants_colour();

std::string painted(Paint paint, std::string_view text);

// How many columns a text takes: the bytes of UTF-8 that continue a character take none.
std::size_t columns_of(std::string_view text);

// Rows of cells. The first row is the heading. A column whose heading begins with '>' is set flush
// right.
class Table {
 public:
  explicit Table(const std::vector<std::string>& heading);

  struct Cell {
    std::string text;
    Paint paint = Paint::plain;
  };
  void add(std::vector<Cell> row);
  [[nodiscard]] bool is_empty() const { return rows_.size() <= 1; }
  // Every line ends with a line feed and none with a blank.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<Cell>> rows_;
  std::vector<bool> flush_right_;
};

// Prints one line of a description; what is empty is left out.
void print_line(std::string_view what, const std::string& text, Paint paint = Paint::plain);

// "12,345,678".
std::string grouped(std::uint64_t number);

}  // namespace usher::client
