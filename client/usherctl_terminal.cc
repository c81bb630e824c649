#include "client/usherctl_terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace usher::client {
namespace {

constexpr std::string_view gap = "  ";

std::string_view code_of(Paint paint) {
  switch (paint) {
    case Paint::plain: return "";
    case Paint::strong: return "\033[1m";
    case Paint::faint: return "\033[2m";
    case Paint::good: return "\033[32m";
    case Paint::notable: return "\033[33m";
    case Paint::bad: return "\033[1;31m";
  }
  return "";
}

}  // namespace

bool wants_colour() {
  static const bool wants = [] {
    const char* no_color = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    return ::isatty(STDOUT_FILENO) == 1 && !is_dumb && (no_color == nullptr || *no_color == '\0');
  }();
  return wants;
}

std::string painted(Paint paint, std::string_view text) {
  const auto code = code_of(paint);
  if (code.empty() || text.empty() || !wants_colour()) return std::string(text);
  return fmt::format("{}{}\033[0m", code, text);
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

Table::Table(const std::vector<std::string>& heading) {
  std::vector<Cell> row;
  for (const auto& text : heading) {
    flush_right_.push_back(text.starts_with('>'));
    row.push_back({flush_right_.back() ? text.substr(1) : text, Paint::faint});
  }
  rows_.push_back(std::move(row));
}

void Table::add(std::vector<Cell> row) {
  row.resize(flush_right_.size());
  rows_.push_back(std::move(row));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(flush_right_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(row[i].text));
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    // Blanks are held back until something stands behind them.
    std::string blanks;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - columns_of(row[i].text), ' ');
      if (flush_right_[i]) blanks += fill;
      if (!row[i].text.empty()) {
        line += std::exchange(blanks, {});
        line += painted(row[i].paint, row[i].text);
      }
      if (!flush_right_[i]) blanks += fill;
      blanks += gap;
    }
    text += line + '\n';
  }
  return text;
}

void print_line(std::string_view what, const std::string& text, Paint paint) {
  if (text.empty()) return;
  const std::string heading = fmt::format("{:<15}", what);
  fmt::print("{} {}\n", painted(Paint::faint, heading), painted(paint, text));
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

}  // namespace usher::client
