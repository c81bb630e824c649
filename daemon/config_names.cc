#include "daemon/config_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "routing/limits.h"

namespace usher::config {
namespace {

constexpr std::array<std::string_view, name_kind_count> kind_texts = {
    "nothing", "channel", "skill",  "category",  "impact", "tier",     "group",
    "class",   "band",    "origin", "authority", "reason", "calendar", "mode"};

std::string_view text_of(NameKind kind) { return kind_texts[static_cast<std::size_t>(kind)]; }

// Words of a need that a skill would hide.
constexpr std::array<std::string_view, 4> words_of_needs = {"lang", "level", "group", "anyone"};
// Words of what becomes of a conversation that a class would hide.
constexpr std::array<std::string_view, 2> words_of_classes = {"defer", "refuse"};
// Words by which usherctl ends a mode.
constexpr std::array<std::string_view, 2> words_of_modes = {"normal", "none"};

bool is_one(std::span<const std::string_view> words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// Where the text already means something else than a name of that kind; or nothing.
std::string_view hidden_by(NameKind kind, std::string_view text) {
  if (kind == NameKind::skill && is_one(words_of_needs, text)) return "needs";
  if (kind == NameKind::service_class && is_one(words_of_classes, text)) {
    return "when_closed and overflow";
  }
  return kind == NameKind::mode && is_one(words_of_modes, text) ? "usherctl mode" : "";
}

// A channel's number is a bit of a mask, so that those of removed channels count too.
constexpr std::size_t number_max(NameKind kind) {
  if (kind == NameKind::hours) return limits::hours_max;
  return kind == NameKind::channel ? limits::channels_max : limits::names_max;
}

}  // namespace

Names::Names(std::span<const Name> known, Problems& problems)
    : problems_(&problems), names_(known.begin(), known.end()) {
  for (const Name& name : known) {
    entries_[{name.kind, name.text}] = {.number = name.number, .declared = false};
    last_[name.kind] = std::max(last_[name.kind], name.number);
  }
}

std::uint16_t Names::declare(NameKind kind, const Word& word) {
  if (!is_name(word.text)) {
    problems_->add(word.line,
                   fmt::format("the name of a {} must be 1 to {} letters, digits, - _ ., found "
                               "\"{}\"",
                               text_of(kind), limits::name_bytes_max, word.text));
    return 0;
  }
  if (const std::string_view hidden = hidden_by(kind, word.text); !hidden.empty()) {
    problems_->add(word.line, fmt::format("a {} must not be called {}, which is a word of {}",
                                          text_of(kind), word.text, hidden));
    return 0;
  }
  Entry& entry = entries_[{kind, word.text}];
  if (entry.declared) {
    problems_->add(
        word.line,
        fmt::format("there must be one {} called {}, found another{}", text_of(kind), word.text,
                    kind == NameKind::skill ? " among skills and languages" : ""));
    return 0;
  }
  entry.declared = true;
  if (entry.number != 0) return entry.number;
  if (last_[kind] >= number_max(kind)) {
    problems_->add(word.line,
                   fmt::format("{} {} is one too many: a pool can have at most {} over its life",
                               text_of(kind), word.text, number_max(kind)));
    return 0;
  }
  entry.number = ++last_[kind];
  names_.push_back({.kind = kind, .number = entry.number, .text = word.text});
  return entry.number;
}

bool Names::has(NameKind kind, std::string_view text) const {
  const auto entry = entries_.find({kind, std::string(text)});
  return entry != entries_.end() && entry->second.declared;
}

std::string Names::nearest_of(NameKind kind, std::string_view text) const {
  std::vector<std::string_view> declared;
  for (const auto& [name, entry] : entries_) {
    if (name.first == kind && entry.declared) declared.push_back(name.second);
  }
  return nearest(text, declared);
}

std::uint16_t Names::find_language(std::string_view what, const Word& word) const {
  std::vector<std::string_view> declared;
  for (const auto& [name, entry] : entries_) {
    const bool is_language = name.first == NameKind::skill && entry.declared && entry.number != 0 &&
                             languages_.contains(entry.number);
    if (!is_language) continue;
    if (name.second == word.text) return entry.number;
    declared.push_back(name.second);
  }
  problems_->add(word.line, fmt::format("{} names \"{}\", which is no language{}", what, word.text,
                                        nearest(word.text, declared)));
  return 0;
}

std::uint16_t Names::find(NameKind kind, std::string_view what, const Word& word) const {
  if (has(kind, word.text)) return entries_.find({kind, word.text})->second.number;
  problems_->add(word.line, fmt::format("{} names \"{}\", which is no {}{}", what, word.text,
                                        text_of(kind), nearest_of(kind, word.text)));
  return 0;
}

}  // namespace usher::config
