#include "client/dictionary.h"

#include <algorithm>
#include <numeric>

namespace usher::client {
namespace {

std::size_t index_of(NameKind kind) { return static_cast<std::size_t>(kind); }

std::string words_of(NameKind kind) {
  std::string words = wire::EnumNameNameKind(kind);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

// How many letters must change to make one of the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
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

Lookup Dictionary::find(NameKind kind, std::string_view text) const {
  const auto& numbers = numbers_[index_of(kind)];
  if (const auto found = numbers.find(text); found != numbers.end()) return {found->second, {}};
  Lookup unknown;
  unknown.problem = "unknown " + words_of(kind) + " \"" + std::string(text) + "\"; ";
  const auto nearest =
      std::min_element(numbers.begin(), numbers.end(), [&](const auto& a, const auto& b) {
        return distance(a.first, text) < distance(b.first, text);
      });
  if (nearest == numbers.end()) {
    unknown.problem += "the pool has none";
  } else {
    unknown.problem += "did you mean \"" + nearest->first + "\"?";
  }
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
