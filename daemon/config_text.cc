#include "daemon/config_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "cli/nearest.h"
#include "routing/limits.h"

namespace usher::config {
namespace {

struct Unit {
  std::string_view text;
  std::int64_t ms;
};
// The largest first, so that the first exact one is the shortest way to say a duration.
constexpr std::array<Unit, 4> units = {
    {{"h", limits::hour_ms}, {"m", limits::minute_ms}, {"s", limits::second_ms}, {"ms", 1}}};

}  // namespace

std::optional<std::int64_t> duration_of(std::string_view text) {
  // from_chars would take a sign; a duration has none.
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto* known =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.text == unit; });
  if (known == units.end()) return std::nullopt;
  if (count > std::numeric_limits<std::int64_t>::max() / known->ms) return std::nullopt;
  return count * known->ms;
}

std::string duration_text(std::int64_t ms) {
  if (ms == 0) return "0s";
  const auto* unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return ms % u.ms == 0; });
  return fmt::format("{}{}", ms / unit->ms, unit->text);
}

bool is_name_character(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '-' || character == '_' ||
         character == '.';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::name_bytes_max &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

std::string any_of(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string nearest(std::string_view wanted, std::span<const std::string_view> words) {
  const auto closest = std::min_element(
      words.begin(), words.end(), [&](std::string_view left, std::string_view right) {
        return cli::distance(wanted, left) < cli::distance(wanted, right);
      });
  return closest == words.end() ? "" : fmt::format("; the nearest is {}", *closest);
}

void Problems::add(std::uint32_t line, std::uint32_t column, std::string text) {
  found_.push_back({line, column, std::move(text)});
}

std::vector<std::string> Problems::lines() const {
  std::vector<Problem> ordered = found_;
  std::stable_sort(ordered.begin(), ordered.end(), [](const Problem& left, const Problem& right) {
    return left.line < right.line;
  });
  std::vector<std::string> lines;
  lines.reserve(ordered.size());
  for (const Problem& problem : ordered) {
    std::string place = file_;
    if (problem.line > 0) place += fmt::format(":{}", problem.line);
    if (problem.column > 0) place += fmt::format(":{}", problem.column);
    lines.push_back(fmt::format("{}: {}", place, problem.text));
  }
  return lines;
}

}  // namespace usher::config
