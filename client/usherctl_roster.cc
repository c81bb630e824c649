#include <fmt/format.h>

#include <toml++/toml.h>

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
    "Nothing is changed unless the whole file makes sense.";

namespace {

std::string place_of(const std::string& path, const toml::node& node) {
  return fmt::format("{}:{}", path, node.source().begin.line);
}

// Reads one agent's table; keeps the first thing that is wrong, with its line.
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
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void complain(const toml::node& node, const std::string& text) {
    if (problem_.empty()) problem_ = place_of(path_, node) + ": " + text;
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
      complain(node == nullptr ? table_ : *node, fmt::format("{} must be a name", what));
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
    complain(node, fmt::format("{} must be {} to {}{}", key, low, high,
                               value ? fmt::format(", found {}", *value) : ""));
    return low;
  }

  AgentKind kind() {
    const toml::node* node = table_.get("kind");
    if (node == nullptr) return AgentKind::person;
    const auto text = node->value_or(std::string());
    if (text == "bot") return AgentKind::bot;
    if (text != "person") complain(*node, "kind must be \"person\" or \"bot\"");
    return AgentKind::person;
  }

  template <class Take>
  void each(std::string_view key, NameKind kind, std::int64_t high, Take take) {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return;
    const toml::table* entries = node->as_table();
    if (entries == nullptr) {
      complain(*node, fmt::format("{} must be like {{ name = 5 }}", key));
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
      complain(*node, "authorities must be like [\"may_freeze\"]");
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
      complain(*node, fmt::format("shifts must be like [{}]", week::example));
      return;
    }
    for (const auto& item : *list) {
      const auto text = item.value_or(std::string());
      const auto times = week::parse(text);
      if (!times) {
        complain(item, fmt::format("a shift must be like {} or \"sat 22:00-06:00\", found \"{}\"",
                                   week::example, text));
        return;
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
  std::string problem_;
};

// The file, with its [[agent]] tables; none, with a complaint, when it makes no sense. Nodes are
// never copied: a copy has forgotten its line.
std::optional<toml::table> read_file(const std::string& path) {
  try {
    toml::table file = toml::parse_file(path);
    for (const auto& [key, node] : file) {
      if (key.str() == "agent" && node.is_array_of_tables()) continue;
      complain(fmt::format("{}: only [[agent]] tables are allowed, found \"{}\"",
                           place_of(path, node), key.str()));
      return std::nullopt;
    }
    if (file["agent"].as_array() == nullptr) {
      complain(path + ": there is no [[agent]] in it");
      return std::nullopt;
    }
    return file;
  } catch (const toml::parse_error& error) {
    complain(fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
    return std::nullopt;
  }
}

}  // namespace

Exit import_roster(const Target& target, const std::string& path) {
  const auto file = read_file(path);
  if (!file) return Exit::usage;
  std::vector<Build> builds;
  std::set<Id> seen;
  for (const auto& node : *(*file)["agent"].as_array()) {
    const toml::table& table = *node.as_table();
    const auto id = Id::parse(table["id"].value_or(std::string()));
    if (id && !seen.insert(*id).second) {
      complain(fmt::format("{}: {} stands in the file twice", place_of(path, table), id->text()));
      return Exit::usage;
    }
    builds.emplace_back([&path, &table](const Dictionary& names) -> Built {
      AgentReader reader(path, table, names);
      Command command = reader.read();
      if (!reader.problem().empty()) return reader.problem();
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
      if (!reader.problem().empty()) return reader.problem();
      return RemoveAgent{id};
    });
  }
  return send_commands(target, builds);
}

}  // namespace usher::client
