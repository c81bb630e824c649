#include "daemon/config_need.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "routing/limits.h"

namespace usher::config {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The parts between separators, without their blanks.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

class StepParser {
 public:
  StepParser(const Word& step, const Names& names, Problems& problems)
      : step_(step), names_(names), problems_(problems) {}

  std::optional<NeedStep> parse() {
    const std::size_t colon = step_.text.find(':');
    const std::string_view time = trimmed(std::string_view(step_.text).substr(0, colon));
    const auto after_ms = duration_of(time);
    if (colon == std::string::npos || !after_ms || *after_ms > limits::age_ms_max) {
      return refuse(
          fmt::format("must begin with its time, 0s to {}, and a colon, such as "
                      "\"20s: chain>=3, lang\"",
                      duration_text(limits::age_ms_max)));
    }
    NeedStep result;
    result.after_ms = *after_ms;
    const auto parts = split(std::string_view(step_.text).substr(colon + 1), '|');
    if (parts.size() > limits::alternatives_max) {
      return refuse(fmt::format("must have 1 to {} alternatives, found {}",
                                limits::alternatives_max, parts.size()));
    }
    for (const std::string_view part : parts) {
      auto terms = conjunction(part);
      if (!terms) return std::nullopt;
      result.alternatives.push_back(std::move(*terms));
    }
    return result;
  }

 private:
  std::nullopt_t refuse(std::string_view text) {
    problems_.add(step_.line, fmt::format("need step \"{}\" {}", step_.text, text));
    return std::nullopt;
  }

  std::optional<std::vector<NeedTerm>> conjunction(std::string_view text) {
    if (text == "anyone") return std::vector<NeedTerm>{};
    const auto parts = split(text, ',');
    if (parts.size() > limits::terms_max) {
      return refuse(fmt::format("must have 1 to {} terms in an alternative, found {}",
                                limits::terms_max, parts.size()));
    }
    std::vector<NeedTerm> terms;
    for (const std::string_view part : parts) {
      const auto found = term(part);
      if (!found) return std::nullopt;
      if (std::find(terms.begin(), terms.end(), *found) != terms.end()) {
        return refuse(fmt::format("must have each term once, found \"{}\" twice", part));
      }
      terms.push_back(*found);
    }
    return terms;
  }

  std::optional<NeedTerm> term(std::string_view text) {
    NeedTerm result;
    std::string_view rest = text;
    if (rest.starts_with('!')) {
      result.negated = true;
      rest = trimmed(rest.substr(1));
    }
    const auto* end = std::find_if_not(rest.begin(), rest.end(), is_name_character);
    const std::string_view word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest = trimmed(rest.substr(word.size()));
    if (word.empty()) return refuse(fmt::format("has no skill where \"{}\" stands", text));
    if (word == "anyone") return refuse("must have \"anyone\" alone in its alternative");
    if (word == "group") return group(result, rest);
    if (word == "lang") return language(result, rest);
    if (word == "level") return level_of_agent(result, rest);
    return skill(result, word, rest);
  }

  std::optional<NeedTerm> group(NeedTerm result, std::string_view rest) {
    if (!rest.starts_with(':')) return refuse("must say which group: group:NAME");
    result.kind = NeedTerm::Kind::group;
    return resolve(result, NameKind::group, trimmed(rest.substr(1)));
  }

  std::optional<NeedTerm> language(NeedTerm result, std::string_view rest) {
    result.kind = NeedTerm::Kind::language;
    return rest.empty() ? result : level(result, rest, limits::skill_level_max);
  }

  std::optional<NeedTerm> level_of_agent(NeedTerm result, std::string_view rest) {
    result.kind = NeedTerm::Kind::level;
    return level(result, rest, limits::levels_max);
  }

  std::optional<NeedTerm> skill(NeedTerm result, std::string_view name, std::string_view rest) {
    if (!rest.empty()) {
      const auto leveled = level(result, rest, limits::skill_level_max);
      if (!leveled) return std::nullopt;
      result = *leveled;
    }
    return resolve(result, NameKind::skill, name);
  }

  std::optional<NeedTerm> level(NeedTerm result, std::string_view rest, std::size_t level_max) {
    const std::string_view digits = rest.starts_with(">=") ? trimmed(rest.substr(2)) : "";
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    if (!whole || value < 1 || value > level_max) {
      return refuse(fmt::format("must say a level as >=1 to >={}, found \"{}\"", level_max, rest));
    }
    result.level = static_cast<std::uint8_t>(value);
    return result;
  }

  std::optional<NeedTerm> resolve(NeedTerm result, NameKind kind, std::string_view name) {
    result.number = names_.find(kind, "need", {std::string(name), step_.line});
    if (result.number == 0) return std::nullopt;
    return result;
  }

  const Word& step_;
  const Names& names_;
  Problems& problems_;
};

}  // namespace

std::optional<NeedStep> parse_step(const Word& step, const Names& names, Problems& problems) {
  return StepParser(step, names, problems).parse();
}

std::vector<NeedStep> parse_need(const std::vector<Word>& steps, const Names& names,
                                 Problems& problems) {
  std::vector<NeedStep> need;
  for (const Word& step : steps) {
    auto parsed = parse_step(step, names, problems);
    if (!parsed) continue;
    if (&step == &steps.front() && parsed->after_ms != 0) {
      problems.add(step.line, fmt::format("the first step of a need must be at 0s, found \"{}\"",
                                          duration_text(parsed->after_ms)));
    }
    if (!need.empty() && parsed->after_ms <= need.back().after_ms) {
      problems.add(
          step.line,
          fmt::format("the steps of a need must be at increasing times, found \"{}\" after "
                      "\"{}\"",
                      duration_text(parsed->after_ms), duration_text(need.back().after_ms)));
    }
    need.push_back(std::move(*parsed));
  }
  return need;
}

}  // namespace usher::config
