#include "daemon/config_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "daemon/calendar.h"

namespace usher::config {
namespace {

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::string section_of(std::string_view key) {
  for (const Setting& row : settings()) {
    if (row.key == key) return fmt::format("; it is a setting of {}", row.section);
  }
  return "";
}

Section::Section(std::string_view section, std::string label, const Node& node, Problems& problems)
    : section_(section), label_(std::move(label)), node_(&node), problems_(&problems) {
  if (node.kind != Node::Kind::table) {
    problems.add(node.line, fmt::format("{} must be a table, found {}", label_, node.shown()));
    static const Node nothing;
    node_ = &nothing;
    return;
  }
  report_unknown_keys();
}

void Section::report_unknown_keys() const {
  std::vector<std::string_view> known;
  for (const Setting& row : settings()) {
    if (row.section == section_) known.push_back(row.key);
  }
  for (const Node& child : node_->children) {
    if (std::find(known.begin(), known.end(), child.key) != known.end()) continue;
    const std::string elsewhere = section_of(child.key);
    problems_->add(child.line,
                   fmt::format("{} has no setting {}{}", label_, child.key,
                               elsewhere.empty() ? nearest(child.key, known) : elsewhere));
  }
}

std::uint32_t Section::line_of(std::string_view key) const {
  const Node* found = node_->find(key);
  return found == nullptr ? node_->line : found->line;
}

void Section::refuse(std::string_view key, const Node& found) const {
  problems_->add(found.line, fmt::format("{} must be {}, found {}", key,
                                         accepted(setting(section_, key)), found.shown()));
}

const Setting& Section::row(std::string_view key, SettingKind kind) const {
  const Setting& found = setting(section_, key);
  CHECK(found.kind == kind);
  return found;
}

const Node* Section::value(const Setting& row) const {
  const Node* found = node_->find(row.key);
  if (found == nullptr && row.fallback.empty()) {
    problems_->add(node_->line, fmt::format("{} needs {}: {}", label_, row.key, accepted(row)));
  }
  return found;
}

std::int64_t Section::duration_ms(std::string_view key) const {
  const Setting& row = this->row(key, SettingKind::duration);
  const std::int64_t fallback = duration_of(row.fallback).value_or(row.low);
  const Node* found = value(row);
  if (found == nullptr) return fallback;
  const auto ms = found->kind == Node::Kind::text ? duration_of(found->text) : std::nullopt;
  if (ms && *ms >= row.low && *ms <= row.high) return *ms;
  refuse(key, *found);
  return fallback;
}

std::int64_t Section::integer(std::string_view key) const {
  const Setting& row = this->row(key, SettingKind::count);
  const std::int64_t fallback = number_of(row.fallback);
  const Node* found = value(row);
  if (found == nullptr) return fallback;
  if (found->kind == Node::Kind::number && found->number >= row.low && found->number <= row.high) {
    return found->number;
  }
  refuse(key, *found);
  return fallback;
}

bool Section::flag(std::string_view key) const {
  const Setting& row = this->row(key, SettingKind::flag);
  const Node* found = value(row);
  if (found == nullptr) return row.fallback == "true";
  if (found->kind != Node::Kind::flag) refuse(key, *found);
  return found->flag;
}

std::size_t Section::choice(std::string_view key) const {
  const Setting& row = this->row(key, SettingKind::choice);
  const std::vector<std::string_view> words = choices(row);
  const auto position = [&](std::string_view word) {
    return static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin());
  };
  if (const Node* found = value(row); found != nullptr) {
    const bool known = found->kind == Node::Kind::text && position(found->text) < words.size();
    if (known) return position(found->text);
    refuse(key, *found);
  }
  return position(row.fallback) < words.size() ? position(row.fallback) : 0;
}

Word Section::name(std::string_view key) const {
  const Setting& row = this->row(key, SettingKind::name);
  const Node* found = value(row);
  if (found == nullptr) return {std::string(row.fallback), node_->line};
  if (found->kind == Node::Kind::text && is_name(found->text) &&
      found->text.size() <= static_cast<std::size_t>(row.high)) {
    return {found->text, found->line};
  }
  refuse(key, *found);
  return {"", found->line};
}

std::string Section::text(std::string_view key) const {
  const Setting& row = this->row(key, SettingKind::text);
  const Node* found = value(row);
  if (found == nullptr) return "";
  const auto size = static_cast<std::int64_t>(found->text.size());
  if (found->kind == Node::Kind::text && size >= row.low && size <= row.high) return found->text;
  refuse(key, *found);
  return "";
}

std::string Section::time_zone(std::string_view key) const {
  std::string fallback(row(key, SettingKind::text).fallback);
  const std::string wanted = has(key) ? text(key) : fallback;
  if (wanted.empty() || is_time_zone(wanted)) return wanted.empty() ? fallback : wanted;
  const std::vector<std::string> zones = time_zones();
  const std::vector<std::string_view> words(zones.begin(), zones.end());
  problems_->add(line_of(key),
                 fmt::format("{} names \"{}\", which is no time zone of this system{}", key, wanted,
                             nearest(wanted, words)));
  return fallback;
}

bool Section::is_list(const Setting& row, const Node& found) const {
  const auto size = static_cast<std::int64_t>(found.children.size());
  if (found.kind != Node::Kind::list) {
    problems_->add(found.line, fmt::format("{} must be a list of {}, found {}", row.key,
                                           accepted(row), found.shown()));
  } else if (size < row.low || size > row.high) {
    problems_->add(found.line,
                   fmt::format("{} must be {}, found {}", row.key, accepted(row), size));
  } else {
    return true;
  }
  return false;
}

std::vector<Word> Section::words(std::string_view key) const {
  const Setting& row = setting(section_, key);
  const Node* found = value(row);
  if (found == nullptr) {
    if (row.kind != SettingKind::texts) return {};
    return {{std::string(row.fallback), node_->line}};
  }
  if (!is_list(row, *found)) return {};
  std::vector<Word> words;
  std::set<std::string_view> seen;
  for (const Node& item : found->children) {
    if (item.kind != Node::Kind::text) {
      problems_->add(item.line, fmt::format("{} must be a list of {}, each in quotes, found {}",
                                            key, accepted(row), item.shown()));
    } else if (seen.insert(item.text).second) {
      words.push_back({item.text, item.line});
    } else {
      problems_->add(item.line, fmt::format("{} names \"{}\" twice", key, item.text));
    }
  }
  return words;
}

std::vector<const Node*> Section::tables(std::string_view key) const {
  const Setting& row = this->row(key, SettingKind::tables);
  const Node* found = value(row);
  if (found == nullptr) return {};
  if (found->kind == Node::Kind::table) return {found};
  if (!is_list(row, *found)) return {};
  std::vector<const Node*> tables;
  for (const Node& item : found->children) tables.push_back(&item);
  return tables;
}

}  // namespace usher::config
