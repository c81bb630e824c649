#include "sim/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "daemon/config_file.h"
#include "daemon/config_routing.h"
#include "routing/limits.h"
#include "sim/model_fields.h"
#include "sim/model_tree.h"

namespace usher::sim {
namespace {

using config::Node;
using config::Problems;

constexpr double rate_max = 1e9;
constexpr double speed_min = 1e-6;
constexpr double speed_max = 1e6;
constexpr std::size_t speeds_max = 64;
constexpr std::int64_t us_per_ms = 1000;
// Closer arrivals would come at the same microsecond too often.
constexpr double gap_us_min = 1000.0;
// A service that is shorter on average ends at the microsecond it began too often.
constexpr double service_us_min = 1000.0;

const std::vector<std::string_view> sections = {"run",  "policy", "channels",
                                                "band", "class",  "group"};

class ModelReader {
 public:
  ModelReader(const Node& file, const ModelOverrides& overrides, Problems& problems)
      : file_(file), overrides_(overrides), problems_(problems) {}

  // Means nothing when there are problems.
  Model read() {
    for (const Node& section : file_.children) {
      if (std::find(sections.begin(), sections.end(), section.key) != sections.end()) continue;
      problems_.add(section.line, fmt::format("the file has no section {}{}", section.key,
                                              config::nearest(section.key, sections)));
    }
    read_run();
    if (const Node* policy = file_.find("policy")) {
      const Fields fields("[policy]", *policy, problems_, policy_keys());
    }
    for (const Node* of : tables("class", limits::classes_max)) read_class(*of);
    for (const Node* group : tables("group", limits::groups_max)) read_group(*group);
    check_skills();
    if (problems_.empty()) check_size();
    if (problems_.empty()) compile();
    return std::move(model_);
  }

 private:
  void read_run() {
    static const Node nothing;
    const Node* run = file_.find("run");
    const Fields fields("[run]", run == nullptr ? nothing : *run, problems_,
                        {"arrivals", "seed", "warmup", "time_unit_s"});
    const auto arrivals = static_cast<std::int64_t>(model_.arrivals);
    model_.arrivals =
        static_cast<std::uint64_t>(fields.whole("arrivals", 1, model_arrivals_max, arrivals));
    model_.seed = static_cast<std::uint64_t>(fields.whole("seed", 0, model_seed_max, 1));
    if (overrides_.arrivals) model_.arrivals = *overrides_.arrivals;
    if (overrides_.seed) model_.seed = *overrides_.seed;
    model_.warmup = fields.number("warmup", 0.0, 0.9, model_.warmup);
    model_.time_unit_s = fields.number("time_unit_s", 0.001, 1e6, model_.time_unit_s);
  }

  std::vector<const Node*> tables(std::string_view key, std::size_t most) {
    const Node* list = file_.find(key);
    const std::size_t count = list == nullptr ? 0 : list->children.size();
    if (list != nullptr && list->kind != Node::Kind::list) {
      problems_.add(list->line,
                    fmt::format("{} must be written as [[{}]], found {}", key, key, list->shown()));
      return {};
    }
    if (count == 0 || count > most) {
      problems_.add(list == nullptr ? 0 : list->line,
                    fmt::format("there must be 1 to {} [[{}]], found {}", most, key, count));
      return {};
    }
    std::vector<const Node*> tables;
    for (const Node& table : list->children) tables.push_back(&table);
    return tables;
  }

  // Each once among its kind.
  std::string new_name(const Fields& fields, std::string_view what, std::set<std::string>& names) {
    std::string name = fields.name("name");
    if (!name.empty() && !names.insert(name).second) {
      problems_.add(fields.line_of("name"),
                    fmt::format("there must be one {} called {}, found another", what, name));
    }
    return name;
  }

  void read_class(const Node& node) {
    const Fields fields("[[class]]", node, problems_, class_keys());
    ModelClass of;
    of.name = new_name(fields, "class", class_names_);
    of.rate = fields.number("rate", 1e-9, rate_max);
    const auto service = fields.distribution("service");
    if (service) of.service = *service;
    if (!fields.has("service")) {
      problems_.add(node.line,
                    "[[class]] needs service: a table such as {dist = \"exp\", mean = 1.0}");
    }
    of.patience = fields.distribution("patience");
    const double time_unit_us = model_.time_unit_us();
    if (const auto law = fields.distribution("accept_after")) {
      of.kind.accept_us = law->times(time_unit_us);
    }
    if (const auto law = fields.distribution("reply_after")) {
      of.kind.reply_us = law->times(time_unit_us);
    }
    for (const std::string_view key : {"skills", "relax"}) {
      if (fields.has(key) && fields.has("need")) {
        problems_.add(fields.line_of(key),
                      fmt::format("{} must not stand beside need, which says all of it", key));
      }
    }
    require_names(node, "skills");
    require_names(node, "relax");
    model_.classes.push_back(std::move(of));
  }

  // What goes into the tree of usher.toml must have the shape that is read there.
  void require_names(const Node& node, std::string_view key) {
    const Node* list = node.find(key);
    if (list == nullptr) return;
    const bool good = list->kind == Node::Kind::list &&
                      std::all_of(list->children.begin(), list->children.end(),
                                  [](const Node& one) { return one.kind == Node::Kind::text; });
    if (good) return;
    problems_.add(list->line, fmt::format("{} must be a list of texts in quotes, found {}", key,
                                          list->kind == Node::Kind::list ? "something else in it"
                                                                         : list->shown()));
  }

  void read_group(const Node& node) {
    const Fields fields(
        "[[group]]", node, problems_,
        {"name", "agents", "skills", "capacity", "speed", "rate", "tier", "level", "authorities"});
    ModelGroup group;
    group.name = new_name(fields, "group", group_names_);
    group.agents = static_cast<std::uint32_t>(
        fields.whole("agents", 1, static_cast<std::int64_t>(limits::agents_max)));
    group.capacity =
        static_cast<std::uint32_t>(fields.whole("capacity", 1, limits::holds_count_max, 1));
    group.definition.level = static_cast<std::uint8_t>(
        fields.whole("level", 1, static_cast<std::int64_t>(limits::levels_max), 1));
    const double rate = fields.number("rate", speed_min, speed_max, 1.0);
    group.pace = fields.numbers("speed", speed_min, speed_max, speeds_max);
    if (group.pace.empty()) group.pace = {1.0};
    for (double& speed : group.pace) speed *= rate;
    require_names(node, "authorities");
    constexpr auto level_max = static_cast<std::int64_t>(limits::skill_level_max);
    for (const auto& [skill, level] : fields.levels("skills", 1, level_max, level_max)) {
      skills_.push_back({model_.groups.size(), skill->key.empty() ? skill->text : skill->key,
                         skill->line, static_cast<std::uint8_t>(level)});
    }
    for (const auto& [tier, number] : fields.levels("tier", 0, 255, 0)) {
      if (class_names_.contains(tier->key)) continue;
      const std::vector<std::string_view> names(class_names_.begin(), class_names_.end());
      problems_.add(tier->line, fmt::format("tier names \"{}\", which is no class{}", tier->key,
                                            config::nearest(tier->key, names)));
    }
    model_.groups.push_back(std::move(group));
  }

  void check_size() {
    std::uint64_t agents = 0;
    for (const ModelGroup& group : model_.groups) agents += group.agents;
    if (agents > limits::agents_max) {
      problems_.add(0, fmt::format("the groups must have 1 to {} agents together, found {}",
                                   limits::agents_max, agents));
    }
    double rate = 0.0;
    for (const ModelClass& of : model_.classes) rate += of.rate;
    check_services();
    const double gap_us = model_.time_unit_us() / rate;
    const double gap_us_max =
        static_cast<double>(limits::pool_ms_max) * 500.0 / static_cast<double>(model_.arrivals);
    if (gap_us >= gap_us_min && gap_us <= gap_us_max) return;
    const Node* run = file_.find("run");
    problems_.add(
        run == nullptr ? 0 : run->line,
        fmt::format("time_unit_s must put {} to {} s between arrivals on average, found "
                    "{} with {:.6g} s between them",
                    gap_us_min / 1e6, gap_us_max / 1e6, model_.time_unit_s, gap_us / 1e6));
  }

  // By the agents who are fastest.
  void check_services() {
    double speed = 0.0;
    for (const ModelGroup& group : model_.groups) {
      speed = std::max(speed, *std::max_element(group.pace.begin(), group.pace.end()));
    }
    for (std::size_t i = 0; i < model_.classes.size(); ++i) {
      const double service_us = model_.classes[i].service.mean() * model_.time_unit_us() / speed;
      if (service_us >= service_us_min) continue;
      const Fields fields("[[class]]", file_.find("class")->children[i], problems_, class_keys());
      problems_.add(fields.line_of("service"),
                    fmt::format("service must take the fastest agents {} s or more on average, as "
                                "the clock counts microseconds; found {:.6g} s, a mean of {} in "
                                "units of {} s at speed {}",
                                service_us_min / 1e6, service_us / 1e6,
                                model_.classes[i].service.mean(), model_.time_unit_s, speed));
    }
  }

  // Those of a class that stand alone: what else a need may say is read with the need.
  void check_skills() {
    std::set<std::string_view> had;
    for (const GroupSkill& skill : skills_) had.insert(skill.name);
    const std::vector<std::string_view> words(had.begin(), had.end());
    const Node* classes = file_.find("class");
    if (classes == nullptr) return;
    for (const Node& of : classes->children) {
      const Node* list = of.find("skills");
      if (list == nullptr) continue;
      for (const Node& skill : list->children) {
        const auto* end = std::find_if_not(skill.text.data(), skill.text.data() + skill.text.size(),
                                           config::is_name_character);
        const std::string_view name(skill.text.data(), end);
        const bool is_skill = !name.empty() && name != "lang" && name != "level" &&
                              name != "group" && name != "anyone";
        if (!is_skill || had.contains(name)) continue;
        problems_.add(skill.line,
                      fmt::format("skills names \"{}\", which no group has; {}", name,
                                  words.empty() ? std::string("no group has skills")
                                                : "the groups have " + config::any_of(words)));
      }
    }
  }

  void compile() {
    const Node tree = routing_tree(file_, model_.time_unit_s * 1000.0);
    config::Routing routing = config::read_routing(tree, {}, problems_);
    model_.policy = std::move(routing.policy);
    model_.pool = std::move(routing.configuration);
    if (!problems_.empty()) return;
    if (model_.pool.channels.size() > 1) {
      problems_.add(
          file_.find("channels")->line,
          fmt::format("a model must have one channel, found {}", model_.pool.channels.size()));
      return;
    }
    for (std::size_t i = 0; i < model_.classes.size(); ++i) {
      fit_class(model_.classes[i], model_.pool.classes[i], file_.find("class")->children[i]);
    }
    for (std::size_t i = 0; i < model_.groups.size(); ++i) {
      fit_group(model_.groups[i], file_.find("group")->children[i]);
    }
    for (const GroupSkill& skill : skills_) {
      auto& skills = model_.groups[skill.group].definition.skills;
      if (skills.full()) {
        problems_.add(skill.line, fmt::format("a group must have at most {} skills, found more",
                                              limits::agent_skills_max));
        return;
      }
      skills.push_back({SkillNumber{number_of_name(NameKind::skill, skill.name)}, skill.level});
    }
  }

  // 0 when there is no such name.
  std::uint16_t number_of_name(NameKind kind, std::string_view text) const {
    const auto& names = model_.pool.names;
    const auto found = std::find_if(names.begin(), names.end(), [&](const Name& name) {
      return name.kind == kind && name.text == text;
    });
    return found == names.end() ? std::uint16_t{0} : found->number;
  }

  void fit_class(ModelClass& of, const ClassConfiguration& compiled, const Node& node) {
    of.target_us = compiled.target_ms * us_per_ms;
    of.kind.open.channel = model_.pool.channels.front().number;
    of.kind.open.category = {number_of_name(NameKind::category, of.name)};
    of.kind.open.tier = {number_of_name(NameKind::tier, of.name)};
    of.kind.tells_reply = compiled.replied_by == RepliedBy::reply;
    const auto require = [&](std::string_view key, bool holds, std::string_view beside) {
      const Node* found = node.find(key);
      if (found == nullptr || holds) return;
      problems_.add(found->line,
                    fmt::format("{} must stand beside {}, found it without", key, beside));
    };
    require("accept_after", compiled.delivery == Delivery::offer, "accept = \"offer\"");
    require("reply_after", of.kind.tells_reply, "replied = \"reply\"");
  }

  void fit_group(ModelGroup& group, const Node& node) {
    command::AgentDefinition& definition = group.definition;
    definition.group = {number_of_name(NameKind::group, group.name)};
    definition.holds.push_back(
        {model_.pool.channels.front().number, static_cast<std::uint16_t>(group.capacity)});
    const Node* authorities = node.find("authorities");
    if (authorities == nullptr) return;
    for (const Node& authority : authorities->children) {
      if (definition.authorities.full()) {
        problems_.add(authority.line, fmt::format("authorities must be at most {}, found more",
                                                  limits::agent_authorities_max));
        return;
      }
      definition.authorities.push_back({number_of_name(NameKind::authority, authority.text)});
    }
  }

  struct GroupSkill {
    std::size_t group = 0;
    std::string name;
    std::uint32_t line = 0;
    std::uint8_t level = 0;
  };

  const Node& file_;
  const ModelOverrides& overrides_;
  Problems& problems_;
  Model model_;
  std::set<std::string> class_names_;
  std::set<std::string> group_names_;
  std::vector<GroupSkill> skills_;
};

}  // namespace

std::variant<Model, ConfigurationErrors> parse_model(std::string_view text, const std::string& name,
                                                     const ModelOverrides& overrides) {
  Problems problems(name);
  const Node file = config::parse_toml(text, problems);
  if (!problems.empty()) return ConfigurationErrors{problems.lines()};
  Model model = ModelReader(file, overrides, problems).read();
  if (!problems.empty()) return ConfigurationErrors{problems.lines()};
  return model;
}

std::variant<Model, ConfigurationErrors> read_model(const std::string& path,
                                                    const ModelOverrides& overrides) {
  if (std::filesystem::is_directory(path)) {
    return ConfigurationErrors{{path + ": must be a file, found a directory"}};
  }
  std::ifstream file(path);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    return ConfigurationErrors{{fmt::format("{}: must be a file that can be read, found: {}", path,
                                            std::strerror(errno))}};
  }
  return parse_model(text.str(), path, overrides);
}

}  // namespace usher::sim
