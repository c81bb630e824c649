#include "daemon/config_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "daemon/config_need.h"
#include "daemon/config_section.h"
#include "routing/limits.h"

namespace usher::config {
namespace {

// The numbers of a list of names that the file has declared.
template <class N>
std::vector<N> numbers_of(const Section& section, std::string_view key, NameKind kind,
                          const Names& names) {
  std::vector<N> numbers;
  for (const Word& word : section.words(key)) {
    if (const std::uint16_t number = names.find(kind, key, word)) numbers.push_back({number});
  }
  return numbers;
}

// A list that names nothing stands for everything.
template <class N>
bool covers(const std::vector<N>& wide, const std::vector<N>& narrow) {
  if (wide.empty()) return true;
  return !narrow.empty() && std::all_of(narrow.begin(), narrow.end(), [&](N number) {
    return std::find(wide.begin(), wide.end(), number) != wide.end();
  });
}

bool covers(const ClassRule& wide, const ClassRule& narrow) {
  return covers(wide.categories, narrow.categories) && covers(wide.channels, narrow.channels) &&
         covers(wide.tiers, narrow.tiers) && covers(wide.impacts, narrow.impacts);
}

class ClassReader {
 public:
  ClassReader(Names& names, Problems& problems, PoolConfiguration& configuration)
      : names_(names), problems_(problems), configuration_(configuration) {}

  void read(const Node& node) {
    const Section section("class", "[[class]]", node, problems_);
    const Word name = section.name("name");
    ClassConfiguration service_class;
    if (!name.text.empty()) service_class.number = {names_.declare(NameKind::service_class, name)};
    if (const Word band = section.name("band"); !band.text.empty()) {
      service_class.band = {names_.find(NameKind::band, "band", band)};
    }
    read_times(section, service_class);
    read_giving(section, service_class);
    read_over_capacity(section, service_class);
    for (const Node* row : section.tables("first")) read_first(*row, section, service_class);
    read_need(section, service_class);
    for (const Node* row : section.tables("surge")) read_surge(*row, section, service_class);
    read_hours(section, service_class);
    read_overflow(section, service_class);
    if (section.has("heir"))
      heirs_.push_back({configuration_.classes.size(), section.name("heir")});
    for (const Node* row : section.tables("agent_tiers")) read_agent_tier(*row, service_class);
    for (const Node* when : section.tables("when")) read_rule(*when, service_class.number);
    configuration_.classes.push_back(std::move(service_class));
  }

  // Requires: every class has been read, because an heir may stand below.
  void find_others() {
    for (const auto& [position, key, closed, name] : diversions_) {
      ClassConfiguration& service_class = configuration_.classes[position];
      Diversion& to = closed ? service_class.closed_to : service_class.overflow.to;
      to = diversion_of(key, name, service_class);
    }
    for (const auto& [position, name] : heirs_) {
      if (name.text.empty()) continue;
      ClassConfiguration& service_class = configuration_.classes[position];
      service_class.heir = {names_.find(NameKind::service_class, "heir", name)};
      if (service_class.heir && service_class.heir == service_class.number) {
        problems_.add(name.line,
                      fmt::format("heir must be another class, found \"{}\" itself", name.text));
      }
    }
  }

 private:
  void read_times(const Section& section, ClassConfiguration& service_class) {
    service_class.target_ms = section.duration_ms("target");
    service_class.reply_within_ms = section.duration_ms("reply_within");
    service_class.wrap_up_ms = section.duration_ms("wrap_up");
    service_class.cool_down_ms = section.duration_ms("cool_down");
    service_class.preferred_wait_ms = section.duration_ms("preferred_wait");
    service_class.hold_for_preferred = section.flag("hold_for_preferred");
    require(section, "hold_for_preferred",
            !service_class.hold_for_preferred || service_class.preferred_wait_ms > 0,
            "preferred_wait");
    service_class.handling_ms_max = section.duration_ms("handling_max");
    service_class.release_when_exceeded = section.flag("release_after_handling_max");
    require(section, "release_after_handling_max",
            !service_class.release_when_exceeded || service_class.handling_ms_max > 0,
            "handling_max");
  }

  // A setting that would do nothing without another one is a mistake.
  void require(const Section& section, std::string_view key, bool holds, std::string_view other) {
    if (holds) return;
    problems_.add(section.line_of(key),
                  fmt::format("{} must stand beside a {} above 0s, found none", key, other));
  }

  void read_giving(const Section& section, ClassConfiguration& service_class) {
    service_class.delivery = section.choice("accept") == 0 ? Delivery::offer : Delivery::give;
    service_class.replied_by =
        section.choice("replied") == 0 ? RepliedBy::reply : RepliedBy::accept;
    service_class.offers_at_once = section.count<std::uint8_t>("offers_at_once");
    if (service_class.delivery == Delivery::give && service_class.offers_at_once > 1) {
      problems_.add(section.line_of("offers_at_once"),
                    fmt::format("offers_at_once must be 1 where accept is \"auto\", found {}",
                                service_class.offers_at_once));
    }
  }

  [[nodiscard]] bool in_security_band(const ClassConfiguration& service_class) const {
    const std::size_t place = service_class.band.value;
    return place > 0 && place <= configuration_.bands.size() &&
           configuration_.bands[place - 1].security;
  }

  void read_over_capacity(const Section& section, ClassConfiguration& service_class) {
    service_class.over_slots = section.count<std::uint8_t>("over_capacity");
    if (service_class.over_slots == 0 || in_security_band(service_class)) return;
    problems_.add(section.line_of("over_capacity"),
                  fmt::format("over_capacity must be 0 outside a security band, found {}",
                              service_class.over_slots));
  }

  // Requires: the need has been read.
  void read_surge(const Node& node, const Section& of, ClassConfiguration& service_class) {
    const Section section("surge", "surge", node, problems_);
    service_class.surge_above = section.count<std::uint32_t>("above");
    service_class.surge_lend_percent = section.count<std::uint8_t>("lend");
    if (!in_security_band(service_class)) {
      problems_.add(of.line_of("surge"), "surge must not be set outside a security band");
    } else if (!asks_for_skills(service_class)) {
      problems_.add(of.line_of("surge"),
                    "surge must stand beside a need whose first step asks for a skill in every "
                    "alternative: without one nobody is another");
    }
  }

  static bool asks_for_skills(const ClassConfiguration& service_class) {
    if (service_class.need.empty()) return false;
    const auto& alternatives = service_class.need.front().alternatives;
    return std::all_of(alternatives.begin(), alternatives.end(), [](const auto& terms) {
      return std::any_of(terms.begin(), terms.end(), [](const NeedTerm& term) {
        return term.kind == NeedTerm::Kind::skill && !term.negated;
      });
    });
  }

  void read_hours(const Section& section, ClassConfiguration& service_class) {
    std::set<std::uint16_t> seen;  // 0 = every language
    for (const Node* node : section.tables("hours")) {
      const Section row("class.hours", "a row of hours", *node, problems_);
      const Word name = row.name("calendar");
      ClassHours line;
      if (!name.text.empty()) line.hours = {names_.find(NameKind::hours, "calendar", name)};
      std::vector<LanguageNumber> languages;
      for (const Word& word : row.words("language")) {
        const std::uint16_t number = names_.find_language("language", word);
        if (number != 0) languages.push_back({number});
      }
      if (!row.has("language")) languages.push_back({});
      for (const LanguageNumber language : languages) {
        if (seen.contains(0) || !seen.insert(language.value).second) {
          problems_.add(node->line,
                        "this row of hours never counts: one above already has its languages");
          break;
        }
        line.language = language;
        service_class.hours.push_back(line);
      }
    }
    if (section.has("hours")) forbid_for_incidents(section, "hours", service_class);
    if (!section.has("when_closed")) return;
    if (!section.has("hours")) {
      problems_.add(section.line_of("when_closed"),
                    "when_closed must stand beside hours, found none");
    }
    note_diversion("when_closed", true, section.name("when_closed"));
  }

  void read_overflow(const Section& section, ClassConfiguration& service_class) {
    for (const Node* node : section.tables("overflow")) {
      const Section row("overflow", "overflow", *node, problems_);
      note_diversion("to", false, row.name("to"));
      service_class.overflow.waiting_max = row.count<std::uint32_t>("waiting");
      service_class.overflow.wait_ms_max = row.duration_ms("wait");
      service_class.overflow.defer_ms = row.duration_ms("back_after");
      forbid_for_incidents(section, "overflow", service_class);
    }
  }

  void forbid_for_incidents(const Section& section, std::string_view key,
                            const ClassConfiguration& service_class) {
    if (!in_security_band(service_class)) return;
    problems_.add(
        section.line_of(key),
        fmt::format("{} must not be set in a security band: incidents wait for nothing", key));
  }

  void note_diversion(std::string_view key, bool closed, const Word& name) {
    if (!name.text.empty())
      diversions_.push_back({configuration_.classes.size(), key, closed, name});
  }

  Diversion diversion_of(std::string_view key, const Word& name, const ClassConfiguration& of) {
    if (name.text == "defer") return {Diversion::Kind::defer, {}};
    if (name.text == "refuse") return {Diversion::Kind::refuse, {}};
    Diversion to{Diversion::Kind::service_class, {}};
    to.service_class = {names_.find(NameKind::service_class, key, name)};
    if (!to.service_class) return to;
    const auto target =
        std::find_if(configuration_.classes.begin(), configuration_.classes.end(),
                     [&](const ClassConfiguration& one) { return one.number == to.service_class; });
    if (to.service_class == of.number) {
      problems_.add(name.line,
                    fmt::format("{} must be another class, found \"{}\" itself", key, name.text));
    } else if (in_security_band(*target)) {
      problems_.add(name.line, fmt::format("{} must be a class outside the security band, found "
                                           "\"{}\"",
                                           key, name.text));
    }
    return to;
  }

  void read_first(const Node& node, const Section& of, ClassConfiguration& service_class) {
    const Section section("first", "first", node, problems_);
    service_class.bot_first_ms = section.duration_ms("bot");
    service_class.bot_replies_count = section.flag("replies_count");
    if (!in_security_band(service_class)) return;
    problems_.add(of.line_of("first"),
                  "first must not be set in a security band: bots get no incidents");
  }

  void read_need(const Section& section, ClassConfiguration& service_class) {
    service_class.need = parse_need(section.words("need"), names_, problems_);
    service_class.authorities =
        numbers_of<AuthorityNumber>(section, "authorities", NameKind::authority, names_);
    service_class.scarce = needs_scarce(service_class);
    count_capabilities(section, service_class);
  }

  bool needs_scarce(const ClassConfiguration& service_class) const {
    const auto is_scarce = [&](const NeedTerm& term) {
      const auto& scarce = configuration_.scarce_skills;
      return term.kind == NeedTerm::Kind::skill && !term.negated &&
             std::find(scarce.begin(), scarce.end(), SkillNumber{term.number}) != scarce.end();
    };
    for (const NeedStep& step : service_class.need) {
      for (const auto& terms : step.alternatives) {
        if (std::any_of(terms.begin(), terms.end(), is_scarce)) return true;
      }
    }
    return false;
  }

  // The core keeps a bit for every skill at a level, group, level and authority that is asked for.
  // Those of languages come with the conversations.
  void count_capabilities(const Section& section, const ClassConfiguration& service_class) {
    const bool enough = capabilities_.size() <= limits::rules_capabilities_max;
    for (const NeedStep& step : service_class.need) {
      for (const auto& terms : step.alternatives) {
        for (const NeedTerm& term : terms) {
          if (term.kind == NeedTerm::Kind::language) continue;
          capabilities_.insert({static_cast<int>(term.kind), term.number, term.level});
        }
      }
    }
    constexpr int authority_kind = -1;
    for (const AuthorityNumber authority : service_class.authorities) {
      capabilities_.insert({authority_kind, authority.value, 0});
    }
    if (enough && capabilities_.size() > limits::rules_capabilities_max) {
      problems_.add(section.line(),
                    fmt::format("the classes must ask for at most {} different skills at a level, "
                                "groups, levels and authorities together, found {} up to here",
                                limits::rules_capabilities_max, capabilities_.size()));
    }
  }

  void read_agent_tier(const Node& node, ClassConfiguration& service_class) {
    const Section section("agent_tiers", "a row of agent_tiers", node, problems_);
    TierRule rule;
    if (section.has("group")) {
      const Word group = section.name("group");
      if (!group.text.empty()) rule.group = {names_.find(NameKind::group, "group", group)};
    }
    if (section.has("level")) rule.level = section.count<std::uint8_t>("level");
    rule.tier = section.count<std::uint8_t>("tier");
    rule.helps_after_ms = section.duration_ms("helps_after");
    service_class.tiers.push_back(rule);
  }

  void read_rule(const Node& node, ClassNumber service_class) {
    const Section section("when", "when", node, problems_);
    const std::size_t problems_before = problems_.size();
    ClassRule rule;
    rule.categories = numbers_of<CategoryNumber>(section, "category", NameKind::category, names_);
    rule.channels = numbers_of<ChannelNumber>(section, "channel", NameKind::channel, names_);
    rule.tiers = numbers_of<TierNumber>(section, "tier", NameKind::tier, names_);
    rule.impacts = numbers_of<ImpactNumber>(section, "impact", NameKind::impact, names_);
    rule.service_class = service_class;
    if (problems_.size() != problems_before) return;
    for (std::size_t i = 0; i < configuration_.rules.size(); ++i) {
      if (!covers(configuration_.rules[i], rule)) continue;
      problems_.add(node.line, fmt::format("this condition never gets anything: the one in line {} "
                                           "already takes all of it",
                                           rule_lines_[i]));
      return;
    }
    configuration_.rules.push_back(std::move(rule));
    rule_lines_.push_back(node.line);
  }

  Names& names_;
  Problems& problems_;
  PoolConfiguration& configuration_;
  std::vector<std::pair<std::size_t, Word>> heirs_;  // by position of the class
  struct NamedDiversion {
    std::size_t position = 0;  // of the class
    std::string_view key;
    bool closed = false;  // when closed, not by overflow
    Word name;
  };
  std::vector<NamedDiversion> diversions_;
  std::vector<std::uint32_t> rule_lines_;  // of configuration_.rules
  std::set<std::tuple<int, std::uint16_t, std::uint8_t>> capabilities_;
};

}  // namespace

std::vector<const Node*> tables_of(const Node& file, std::string_view key, std::size_t most,
                                   Problems& problems) {
  const Node* list = file.find(key);
  if (list == nullptr) {
    problems.add(0, fmt::format("there must be 1 to {} [[{}]], found none", most, key));
    return {};
  }
  if (list->kind != Node::Kind::list) {
    problems.add(list->line,
                 fmt::format("{} must be written as [[{}]], found {}", key, key, list->shown()));
    return {};
  }
  if (list->children.empty() || list->children.size() > most) {
    problems.add(list->line, fmt::format("there must be 1 to {} [[{}]], found {}", most, key,
                                         list->children.size()));
    return {};
  }
  std::vector<const Node*> tables;
  for (const Node& child : list->children) tables.push_back(&child);
  return tables;
}

void read_classes(const Node& file, Names& names, Problems& problems,
                  PoolConfiguration& configuration) {
  ClassReader reader(names, problems, configuration);
  for (const Node* node : tables_of(file, "class", limits::classes_max, problems)) {
    reader.read(*node);
  }
  reader.find_others();
}

}  // namespace usher::config
