#include "sim/model_tree.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "daemon/config_table.h"
#include "sim/model_fields.h"

namespace usher::sim {
namespace {

using config::Node;
using Kind = config::Node::Kind;

Node text(std::string key, std::uint32_t line, std::string value) {
  Node node;
  node.key = std::move(key);
  node.line = line;
  node.kind = Kind::text;
  node.text = std::move(value);
  return node;
}

Node whole(std::string key, std::uint32_t line, std::int64_t value) {
  Node node;
  node.key = std::move(key);
  node.line = line;
  node.kind = Kind::number;
  node.number = value;
  return node;
}

Node nest(std::string key, std::uint32_t line, Kind kind, std::vector<Node> children) {
  Node node;
  node.key = std::move(key);
  node.line = line;
  node.kind = kind;
  node.children = std::move(children);
  return node;
}

std::uint32_t line_of(const Node& table, std::string_view key) {
  const Node* found = table.find(key);
  return found == nullptr ? table.line : found->line;
}

std::vector<Node> children_of(const Node& table, std::string_view key) {
  const Node* found = table.find(key);
  return found == nullptr ? std::vector<Node>{} : found->children;
}

std::vector<std::string_view> keys_of(std::string_view section) {
  std::vector<std::string_view> keys;
  for (const config::Setting& row : config::settings()) {
    if (row.section == section) keys.push_back(row.key);
  }
  return keys;
}

bool is_duration(std::string_view section, std::string_view key) {
  return std::find_if(config::settings().begin(), config::settings().end(),
                      [&](const config::Setting& row) {
                        return row.section == section && row.key == key &&
                               row.kind == config::SettingKind::duration;
                      }) != config::settings().end();
}

// A number where usher.toml has a duration counts time units.
Node with_duration(std::string_view section, Node node, double time_unit_ms) {
  const std::optional<double> units = number_of(node);
  if (!units || !is_duration(section, node.key)) return node;
  const double ms = *units * time_unit_ms;
  // What no duration can say stays as it is and is refused with its own words.
  if (ms < 0.0 || ms > 1e15) return node;
  return text(node.key, node.line, config::duration_text(std::llround(ms)));
}

class TreeMaker {
 public:
  TreeMaker(const Node& file, double time_unit_ms) : file_(file), time_unit_ms_(time_unit_ms) {}

  Node make() const {
    Node root;
    root.children = {channels(), names(), tiers(), routing(), bands(), classes()};
    return root;
  }

 private:
  Node channels() const {
    if (const Node* own = file_.find("channels")) return *own;
    return nest("channels", 0, Kind::table, {nest("chat", 0, Kind::table, {})});
  }

  // Skills and authorities are those that some group has: a class that asks for another one names
  // nothing, and is told so.
  Node names() const {
    std::vector<Node> skills;
    std::vector<Node> authorities;
    std::vector<Node> groups;
    std::vector<Node> categories;
    const auto add = [](std::vector<Node>& list, const Node& item, const std::string& name) {
      const auto same = [&](const Node& node) { return node.text == name; };
      if (std::none_of(list.begin(), list.end(), same)) list.push_back(text("", item.line, name));
    };
    for (const Node& group : file_.find("group")->children) {
      for (const Node& skill : children_of(group, "skills")) {
        add(skills, skill, skill.key.empty() ? skill.text : skill.key);
      }
      for (const Node& authority : children_of(group, "authorities")) {
        add(authorities, authority, authority.text);
      }
      add(groups, group, group.find("name")->text);
    }
    for (const Node& of : file_.find("class")->children) add(categories, of, name_of(of));
    return nest(
        "names", 0, Kind::table,
        {nest("skills", 0, Kind::list, skills), nest("categories", 0, Kind::list, categories),
         nest("groups", 0, Kind::list, groups), nest("authorities", 0, Kind::list, authorities)});
  }

  static std::string name_of(const Node& table) { return table.find("name")->text; }

  // A head start is that of customers of a tier: each class that has one gets a tier of its name.
  Node tiers() const {
    std::vector<Node> tiers;
    for (const Node& of : file_.find("class")->children) {
      const Node* head_start = of.find("head_start");
      if (head_start == nullptr) continue;
      tiers.push_back(nest(name_of(of), of.line, Kind::table,
                           {with_duration("tiers", *head_start, time_unit_ms_)}));
    }
    return nest("tiers", 0, Kind::table, std::move(tiers));
  }

  Node routing() const {
    Node routing = nest("routing", 0, Kind::table, {});
    for (const Node& setting : children_of(file_, "policy")) {
      if (setting.key == "order") continue;
      routing.children.push_back(with_duration("routing", setting, time_unit_ms_));
    }
    // Nobody reopens anything in a model.
    if (routing.find("closed_keep") == nullptr) {
      routing.children.push_back(whole("closed_keep", 0, 1));
    }
    return routing;
  }

  // Those of the file; else those that the classes name, in the order of the file.
  Node bands() const {
    Node bands = nest("band", 0, Kind::list, {});
    if (const Node* own = file_.find("band")) {
      bands = *own;
    } else {
      for (const Node& of : file_.find("class")->children) {
        const Node band = band_of(of);
        const auto same = [&](const Node& known) { return name_of(known) == band.text; };
        if (std::any_of(bands.children.begin(), bands.children.end(), same)) continue;
        Node name = band;
        name.key = "name";
        bands.children.push_back(nest("", band.line, Kind::table, {name}));
      }
    }
    const Node* policy = file_.find("policy");
    const Node* order = policy == nullptr ? nullptr : policy->find("order");
    for (Node& band : bands.children) {
      const Node* security = band.find("security");
      const bool apart = band.find("order") != nullptr || (security != nullptr && security->flag);
      if (order != nullptr && !apart) band.children.push_back(*order);
    }
    return bands;
  }

  Node band_of(const Node& of) const {
    const Node* band = of.find("band");
    return band != nullptr ? *band : text("band", of.line, "main");
  }

  Node classes() const {
    std::vector<Node> classes;
    for (const Node& of : file_.find("class")->children) classes.push_back(class_of(of));
    return nest("class", line_of(file_, "class"), Kind::list, std::move(classes));
  }

  Node class_of(const Node& of) const {
    Node result = nest("", of.line, Kind::table, {});
    const auto& own = own_class_keys();
    for (const Node& setting : of.children) {
      const bool is_own = std::find(own.begin(), own.end(), setting.key) != own.end();
      const bool is_made = setting.key == "agent_tiers";
      if (is_own || is_made) continue;
      result.children.push_back(with_duration("class", setting, time_unit_ms_));
    }
    const auto set_default = [&](Node node) {
      if (of.find(node.key) == nullptr) result.children.push_back(std::move(node));
    };
    if (file_.find("band") == nullptr) set_default(band_of(of));
    set_default(text("accept", of.line, "auto"));
    const bool replies = of.find("reply_after") != nullptr;
    set_default(text("replied", of.line, replies ? "reply" : "accept"));
    set_default(need_of(of));
    const Node category = nest("category", of.line, Kind::list, {text("", of.line, name_of(of))});
    result.children.push_back(nest("when", of.line, Kind::table, {category}));
    result.children.push_back(agent_tiers_of(of));
    return result;
  }

  // All skills at once, then the steps that relax them.
  static Node need_of(const Node& of) {
    std::vector<Node> steps;
    std::string first;
    for (const Node& skill : children_of(of, "skills")) {
      first += (first.empty() ? "0s: " : ", ") + skill.text;
    }
    if (!first.empty()) steps.push_back(text("", line_of(of, "skills"), first));
    for (const Node& step : children_of(of, "relax")) steps.push_back(step);
    return nest("need", line_of(of, "skills"), Kind::list, std::move(steps));
  }

  // What the groups say of this class, then the rows of the class itself.
  Node agent_tiers_of(const Node& of) const {
    std::vector<Node> rows;
    for (const Node& group : file_.find("group")->children) {
      for (const Node& tier : children_of(group, "tier")) {
        if (tier.key != name_of(of)) continue;
        rows.push_back(nest(
            "", tier.line, Kind::table,
            {text("group", tier.line, name_of(group)), whole("tier", tier.line, tier.number)}));
      }
    }
    const Node* own = of.find("agent_tiers");
    // Of no shape that has rows: it is refused as it stands.
    if (own != nullptr && own->kind != Kind::table && own->kind != Kind::list) return *own;
    if (own != nullptr && own->kind == Kind::table) rows.push_back(*own);
    if (own != nullptr && own->kind == Kind::list) {
      rows.insert(rows.end(), own->children.begin(), own->children.end());
    }
    return nest("agent_tiers", line_of(of, "agent_tiers"), Kind::list, std::move(rows));
  }

  const Node& file_;
  double time_unit_ms_;
};

}  // namespace

const std::vector<std::string_view>& own_class_keys() {
  static const std::vector<std::string_view> keys = {"rate",         "skills",     "relax",
                                                     "head_start",   "service",    "patience",
                                                     "accept_after", "reply_after"};
  return keys;
}

const std::vector<std::string_view>& class_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> all = keys_of("class");
    std::erase(all, "when");
    all.insert(all.end(), own_class_keys().begin(), own_class_keys().end());
    return all;
  }();
  return keys;
}

const std::vector<std::string_view>& policy_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> all = keys_of("routing");
    all.emplace_back("order");
    return all;
  }();
  return keys;
}

Node routing_tree(const Node& file, double time_unit_ms) {
  return TreeMaker(file, time_unit_ms).make();
}

}  // namespace usher::sim
