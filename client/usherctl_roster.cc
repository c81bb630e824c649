#include <fmt/format.h>

#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <set>

#include "client/usherctl.h"
#include "schemas/week.h"

namespace usher::client {

const char* const roster_help =
    "Put the agents of a TOML file on the roster, or change them. One table for each:\n"
    "  [[agent]]\n"
    "  id = \"ana\"                        # a UUID, or up to 15 characters\n"
    "  group = \"security_desk\"           # of the configuration\n"
    "  level = 2                         # 1 to 9; default 1\n"
    "  skills = { security = 8, en = 9 } # languages too; 1 to 10\n"
    "  authorities = [\"may_freeze\"]\n"
    "  holds = { chat = 3, email = 5 }   # default: the pool's\n"
    "  share = 100                       # % of a full load; default 100\n"
    "  kind = \"person\"                   # or bot; default person\n"
    "  shifts = [\"mon-fri 08:00-16:00\"]  # signed off at the end; default: none\n"
    "Nothing is changed unless the whole file makes sense; every mistake is named.";

namespace {

std::string place_of(const std::string& path, const toml::node& node) {
  return fmt::format("{}:{}", path, node.source().begin.line);
}

// As a message shows what stands there.
std::string shown(const toml::node& node) {
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto text = node.value_exact<std::string>()) return "\"" + *text + "\"";
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (node.is_floating_point()) return "a fraction";
  if (node.is_table()) return "a table";
  return node.is_array() ? "a list" : "a time";
}

// Reads one agent's table; keeps everything that is wrong, with its line.
class AgentReader {
 public:
  AgentReader(const std::string& path, const toml::table& table, const Dictionary& names)
      : path_(path), table_(table), names_(names) {}

  DefineAgent read() {
    static const std::set<std::string_view> known = {
        "id", "group", "level", "skills", "authorities", "holds", "share", "kind", "shifts"};
    for (const auto& [key, node] : table_) {
      if (!known.contains(key.str())) {
        complain(node, fmt::format("unknown key \"{}\"; an agent has id, group, level, skills, "
                                   "authorities, holds, share, kind and shifts",
                                   key.str()));
      }
    }
    DefineAgent agent;
    agent.agent = id();
    agent.group = name(table_["group"].node(), NameKind::group, "group");
    agent.level = static_cast<std::uint8_t>(number("level", 1, 9, 1));
    agent.share_percent = static_cast<std::uint8_t>(number("share", 1, 100, 100));
    agent.kind = kind();
    each("skills", NameKind::skill, 10, [&](std::uint16_t skill, std::int64_t level) {
      agent.skills.push_back({skill, static_cast<std::uint8_t>(level)});
    });
    each("holds", NameKind::channel, 1'000, [&](std::uint16_t channel, std::int64_t count) {
      agent.holds.push_back({channel, static_cast<std::uint16_t>(count)});
    });
    authorities(agent);
    shifts(agent);
    return agent;
  }
  // In the order of the lines.
  [[nodiscard]] Problems problems() {
    std::ranges::stable_sort(problems_, {}, &Problem::line);
    Problems texts;
    for (const Problem& problem : problems_) texts.push_back(problem.text);
    return texts;
  }

 private:
  struct Problem {
    std::uint32_t line = 0;
    std::string text;
  };

  void complain(const toml::node& node, const std::string& text) {
    problems_.push_back({node.source().begin.line, place_of(path_, node) + ": " + text});
  }

  Id id() {
    const auto text = table_["id"].value<std::string>();
    const auto parsed = text ? Id::parse(*text) : std::nullopt;
    if (!parsed) {
      complain(table_, "an agent needs an id: a UUID or 1 to 15 bytes without blanks, found " +
                           (text ? "\"" + *text + "\"" : std::string("none")));
    }
    return parsed.value_or(Id{});
  }

  std::uint16_t name(const toml::node* node, NameKind kind, std::string_view what) {
    const auto text = node == nullptr ? std::nullopt : node->value<std::string>();
    if (!text) {
      complain(node == nullptr ? table_ : *node,
               fmt::format("{} must be a name in quotes, found {}", what,
                           node == nullptr ? "none" : shown(*node)));
      return 0;
    }
    const auto lookup = names_.find(kind, *text);
    if (!lookup) complain(*node, lookup.problem);
    return lookup.number;
  }

  std::int64_t number(std::string_view key, std::int64_t low, std::int64_t high,
                      std::int64_t otherwise) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return otherwise;
    return bounded(*node, key, low, high);
  }

  std::int64_t bounded(const toml::node& node, std::string_view key, std::int64_t low,
                       std::int64_t high) {
    const auto value = node.value<std::int64_t>();
    if (value && node.is_integer() && *value >= low && *value <= high) return *value;
    complain(node, fmt::format("{} must be {} to {}, found {}", key, low, high, shown(node)));
    return low;
  }

  AgentKind kind() {
    const toml::node* node = table_.get("kind");
    if (node == nullptr) return AgentKind::person;
    const auto text = node->value_or(std::string());
    if (text == "bot") return AgentKind::bot;
    if (text != "person") {
      complain(*node, "kind must be \"person\" or \"bot\", found " + shown(*node));
    }
    return AgentKind::person;
  }

  template <class Take>
  void each(std::string_view key, NameKind kind, std::int64_t high, Take take) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const toml::table* entries = node->as_table();
    if (entries == nullptr) {
      complain(*node, fmt::format("{} must be like {{ name = 5 }}, found {}", key, shown(*node)));
      return;
    }
    for (const auto& [name, value] : *entries) {
      const auto lookup = names_.find(kind, name.str());
      if (!lookup) complain(value, lookup.problem);
      take(lookup.number, bounded(value, name.str(), 1, high));
    }
  }

  void authorities(DefineAgent& agent) {
    const toml::node* node = table_.get("authorities");
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr) {
      complain(*node, "authorities must be like [\"may_freeze\"], found " + shown(*node));
      return;
    }
    for (const auto& item : *list) {
      agent.authorities.push_back(name(&item, NameKind::authority, "an authority"));
    }
  }

  void shifts(DefineAgent& agent) {
    const toml::node* node = table_.get("shifts");
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr) {
      complain(*node,
               fmt::format("shifts must be like [{}], found {}", week::example, shown(*node)));
      return;
    }
    for (const auto& item : *list) {
      const auto times = week::parse(item.value_or(std::string()));
      if (!times) {
        complain(item, fmt::format("a shift must be like {} or \"sat 22:00-06:00\", found {}",
                                   week::example, shown(item)));
        continue;
      }
      for (const week::Times& one : *times) agent.shifts.push_back({one.from, one.to});
    }
    if (agent.shifts.size() > shifts_max) {
      complain(*node, fmt::format("shifts must be 0 to {} days' times, found {}", shifts_max,
                                  agent.shifts.size()));
    }
  }

  static constexpr std::size_t shifts_max = 21;

  const std::string& path_;
  const toml::table& table_;
  const Dictionary& names_;
  std::vector<Problem> problems_;
};

// None, with a complaint, when it is no TOML. Nodes are never copied: a copy has forgotten its
// line.
std::optional<toml::table> read_file(const std::string& path) {
  try {
    return toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    complain(fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
    return std::nullopt;
  }
}

// What can be said of the file without the names of the pool.
Problems problems_of(const std::string& path, const toml::table& file) {
  Problems problems;
  for (const auto& [key, node] : file) {
    if (key.str() == "agent" && node.is_array_of_tables()) continue;
    problems.push_back(fmt::format("{}: only [[agent]] tables are allowed, found \"{}\"",
                                   place_of(path, node), key.str()));
  }
  if (file["agent"].as_array() == nullptr && problems.empty()) {
    problems.push_back(path + ": there is no [[agent]] in it");
  }
  return problems;
}

}  // namespace

Exit import_roster(const Target& target, const std::string& path) {
  const auto file = read_file(path);
  if (!file) return Exit::usage;
  std::vector<Build> builds;
  const Problems wrong = problems_of(path, *file);
  if (!wrong.empty()) builds.emplace_back([&](const Dictionary&) -> Built { return wrong; });
  std::set<Id> seen;
  const toml::array* agents = (*file)["agent"].as_array();
  for (std::size_t i = 0; agents != nullptr && i < agents->size(); ++i) {
    const toml::table* table = agents->get(i)->as_table();
    if (table == nullptr) continue;
    const auto id = Id::parse((*table)["id"].value_or(std::string()));
    const bool again = id && !seen.insert(*id).second;
    builds.emplace_back([&path, table, id, again](const Dictionary& names) -> Built {
      AgentReader reader(path, *table, names);
      Command command = reader.read();
      Problems problems = reader.problems();
      if (again) {
        problems.insert(problems.begin(), fmt::format("{}: {} stands in the file twice",
                                                      place_of(path, *table), id->text()));
      }
      if (!problems.empty()) return problems;
      return command;
    });
  }
  return send_commands(target, builds);
}

Exit remove_agents(const Target& target, const std::vector<std::string>& agents) {
  std::vector<Build> builds;
  builds.reserve(agents.size());
  for (const auto& agent : agents) {
    builds.emplace_back([agent](const Dictionary& names) -> Built {
      Reader reader(names);
      const Id id = reader.needed_id(agent, "agent");
      if (!reader.problem().empty()) return Problems{reader.problem()};
      return RemoveAgent{id};
    });
  }
  return send_commands(target, builds);
}

}  // namespace usher::client
