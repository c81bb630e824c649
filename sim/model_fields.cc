#include "sim/model_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "routing/limits.h"

namespace usher::sim {
namespace {

using config::Node;

constexpr double mean_max = 1e9;  // time units
constexpr double mean_min = 1e-9;
constexpr double cv_min = 0.001;
constexpr double cv_max = 100.0;
constexpr std::int64_t phases_max = 1000;
constexpr std::array<std::string_view, 5> laws = {"exp", "lognormal", "erlang", "constant",
                                                  "gamma"};

// How a message says what bounds are allowed.
std::string bounds(std::string_view what, double low, double high) {
  return fmt::format("{} from {} to {}", what, low, high);
}

}  // namespace

std::optional<double> number_of(const Node& node) {
  if (node.kind == Node::Kind::number) return static_cast<double>(node.number);
  if (node.kind != Node::Kind::other) return std::nullopt;
  double number = 0.0;
  const char* end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, number);
  if (error != std::errc{} || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

Fields::Fields(std::string label, const Node& node, config::Problems& problems,
               const std::vector<std::string_view>& known)
    : label_(std::move(label)), node_(&node), problems_(&problems) {
  if (node.kind != Node::Kind::table) {
    problems.add(node.line, fmt::format("{} must be a table, found {}", label_, node.shown()));
    static const Node nothing;
    node_ = &nothing;
    return;
  }
  for (const Node& child : node.children) {
    if (std::find(known.begin(), known.end(), child.key) != known.end()) continue;
    problems.add(child.line, fmt::format("{} has no setting {}{}", label_, child.key,
                                         config::nearest(child.key, known)));
  }
}

std::uint32_t Fields::line_of(std::string_view key) const {
  const Node* found = node_->find(key);
  return found == nullptr ? node_->line : found->line;
}

void Fields::refuse(std::string_view key, std::string_view accepted, const Node& found) const {
  problems_->add(found.line, fmt::format("{} must be {}, found {}", key, accepted, found.shown()));
}

const Node* Fields::value(std::string_view key, bool required, std::string_view accepted) const {
  const Node* found = node_->find(key);
  if (found == nullptr && required) {
    problems_->add(node_->line, fmt::format("{} needs {}: {}", label_, key, accepted));
  }
  return found;
}

double Fields::number(std::string_view key, double low, double high,
                      std::optional<double> fallback) const {
  const std::string accepted = bounds("a number", low, high);
  const Node* found = value(key, !fallback, accepted);
  if (found == nullptr) return fallback.value_or(low);
  const std::optional<double> number = number_of(*found);
  if (number && *number >= low && *number <= high) return *number;
  refuse(key, accepted, *found);
  return fallback.value_or(low);
}

std::int64_t Fields::whole(std::string_view key, std::int64_t low, std::int64_t high,
                           std::optional<std::int64_t> fallback) const {
  const std::string accepted = fmt::format("a whole number from {} to {}", low, high);
  const Node* found = value(key, !fallback, accepted);
  if (found == nullptr) return fallback.value_or(low);
  const bool good =
      found->kind == Node::Kind::number && found->number >= low && found->number <= high;
  if (good) return found->number;
  refuse(key, accepted, *found);
  return fallback.value_or(low);
}

std::string Fields::name(std::string_view key) const {
  const std::string accepted =
      fmt::format("a name of 1 to {} letters, digits, - _ .", limits::name_bytes_max);
  const Node* found = value(key, true, accepted);
  if (found == nullptr) return "";
  if (found->kind == Node::Kind::text && config::is_name(found->text)) return found->text;
  refuse(key, accepted, *found);
  return "";
}

std::optional<Distribution> Fields::distribution(std::string_view key) const {
  const Node* found = node_->find(key);
  if (found == nullptr) return std::nullopt;
  if (found->kind != Node::Kind::table) {
    refuse(key, "a table such as {dist = \"exp\", mean = 1.0}", *found);
    return std::nullopt;
  }
  const std::size_t problems_before = problems_->size();
  const Node* dist = found->find("dist");
  const std::string_view law = dist == nullptr ? "" : std::string_view(dist->text);
  if (std::find(laws.begin(), laws.end(), law) == laws.end()) {
    const std::string what = dist == nullptr ? "none" : dist->shown();
    problems_->add(dist == nullptr ? found->line : dist->line,
                   fmt::format("dist of {} must be {}, found {}", key, config::any_of(laws), what));
    return std::nullopt;
  }
  std::vector<std::string_view> known = {"dist", "mean"};
  if (law == "lognormal" || law == "gamma") known.emplace_back("cv");
  if (law == "erlang" || law == "gamma") known.emplace_back("k");
  const Fields fields(fmt::format("{} of {}", law, key), *found, *problems_, known);
  const double mean = fields.number("mean", mean_min, mean_max);
  std::optional<Distribution> result = Distribution::exponential(mean);
  if (law == "constant") result = Distribution::constant(mean);
  if (law == "lognormal") {
    result = Distribution::lognormal(mean, fields.number("cv", cv_min, cv_max));
  } else if (law == "erlang") {
    const auto phases = static_cast<std::uint32_t>(fields.whole("k", 1, phases_max));
    result = Distribution::erlang(mean, phases);
  } else if (law == "gamma" && fields.has("k")) {
    if (fields.has("cv")) {
      problems_->add(fields.line_of("cv"),
                     fmt::format("gamma of {} must have cv or k, found both", key));
    }
    result = Distribution::gamma(mean, fields.number("k", cv_min, 1e6));
  } else if (law == "gamma") {
    const double cv = fields.number("cv", cv_min, cv_max);
    result = Distribution::gamma(mean, 1.0 / (cv * cv));
  }
  if (problems_->size() != problems_before) return std::nullopt;
  return result;
}

std::vector<std::pair<const Node*, std::int64_t>> Fields::levels(std::string_view key,
                                                                 std::int64_t low,
                                                                 std::int64_t high,
                                                                 std::int64_t otherwise) const {
  std::vector<std::pair<const Node*, std::int64_t>> levels;
  const Node* found = node_->find(key);
  if (found == nullptr) return levels;
  if (found->kind == Node::Kind::list) {
    for (const Node& item : found->children) {
      if (item.kind == Node::Kind::text) {
        levels.emplace_back(&item, otherwise);
      } else {
        refuse(key, "a list of names in quotes", item);
      }
    }
  } else if (found->kind == Node::Kind::table) {
    const Fields own(fmt::format("{}", key), *found, *problems_, [&] {
      std::vector<std::string_view> keys;
      for (const Node& item : found->children) keys.push_back(item.key);
      return keys;
    }());
    for (const Node& item : found->children) {
      levels.emplace_back(&item, own.whole(item.key, low, high, low));
    }
  } else {
    refuse(key, "a list of names or a table of names and numbers", *found);
  }
  return levels;
}

std::vector<double> Fields::numbers(std::string_view key, double low, double high,
                                    std::size_t most) const {
  const Node* found = node_->find(key);
  if (found == nullptr) return {};
  const std::string accepted =
      fmt::format("1 to {} numbers, each {}", most, bounds("", low, high).substr(1));
  if (found->kind != Node::Kind::list || found->children.empty() || found->children.size() > most) {
    refuse(key, accepted, *found);
    return {};
  }
  std::vector<double> numbers;
  for (const Node& item : found->children) {
    const std::optional<double> number = number_of(item);
    if (number && *number >= low && *number <= high) {
      numbers.push_back(*number);
    } else {
      refuse(key, accepted, item);
    }
  }
  return numbers;
}

}  // namespace usher::sim
