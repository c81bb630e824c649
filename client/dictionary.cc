#include "client/dictionary.h"

#include <algorithm>

#include "cli/nearest.h"

namespace usher::client {
namespace {

std::size_t index_of(NameKind kind) { return static_cast<std::size_t>(kind); }

std::string words_of(NameKind kind) {
  std::string words = wire::EnumNameNameKind(kind);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

// What there is, when nothing is near: "the pool has low, vip".
std::string choices(const std::vector<std::string_view>& known) {
  constexpr std::size_t told_max = 12;
  if (known.empty()) return "the pool has none";
  std::string text = "the pool has ";
  for (std::size_t i = 0; i < std::min(known.size(), told_max); ++i) {
    text.append(i == 0 ? "" : ", ").append(known[i]);
  }
  if (known.size() > told_max) text += " and " + std::to_string(known.size() - told_max) + " more";
  return text;
}

}  // namespace

void Dictionary::add(NameKind kind, std::uint16_t number, std::string_view text) {
  if (index_of(kind) >= kinds || kind == NameKind::none || number == 0 || text.empty()) return;
  auto& names = names_[index_of(kind)];
  if (names.size() <= number) names.resize(std::size_t{number} + 1);
  names[number] = text;
  numbers_[index_of(kind)].insert_or_assign(std::string(text), number);
}

void Dictionary::clear() {
  for (auto& names : names_) names.clear();
  for (auto& numbers : numbers_) numbers.clear();
}

Lookup Dictionary::find(NameKind kind, std::string_view text, std::string_view what) const {
  const auto& numbers = numbers_[index_of(kind)];
  if (const auto found = numbers.find(text); found != numbers.end()) return {found->second, {}};
  Lookup unknown;
  unknown.problem =
      "unknown " + (what.empty() ? words_of(kind) : std::string(what)) + " \"" + std::string(text);
  std::vector<std::string_view> known;
  known.reserve(numbers.size());
  for (const auto& [name, number] : numbers) known.push_back(name);
  const std::string_view nearest = cli::nearest(text, known);
  unknown.problem += nearest.empty() ? "\"; " + choices(known)
                                     : "\"; did you mean \"" + std::string(nearest) + "\"?";
  return unknown;
}

std::string Dictionary::name(NameKind kind, std::uint16_t number) const {
  if (number == 0) return {};
  const auto& names = names_[index_of(kind)];
  if (number < names.size() && !names[number].empty()) return names[number];
  return "#" + std::to_string(number);
}

std::vector<std::string> Dictionary::names(NameKind kind) const {
  std::vector<std::string> known;
  for (const auto& name : names_[index_of(kind)]) {
    if (!name.empty()) known.push_back(name);
  }
  return known;
}

std::uint16_t Dictionary::last(NameKind kind) const {
  const auto& names = names_[index_of(kind)];
  return names.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(names.size() - 1);
}

bool Dictionary::empty() const {
  return std::all_of(names_.begin(), names_.end(), [](const auto& names) { return names.empty(); });
}

}  // namespace usher::client
