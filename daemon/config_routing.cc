#include "daemon/config_routing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/config_classes.h"
#include "daemon/config_hours.h"
#include "daemon/config_modes.h"
#include "daemon/config_names.h"
#include "daemon/config_section.h"
#include "routing/capacity.h"
#include "routing/check.h"
#include "routing/limits.h"

namespace usher::config {
namespace {

// What a policy stands for, in the order of its row in the table.
struct Policy {
  GiveTo give_to = GiveTo::least_loaded;
  Order order = Order::oldest;  // of every band that is not `security`
};
constexpr std::array<Policy, 3> policies = {{
    {GiveTo::least_loaded, Order::oldest},
    {GiveTo::least_loaded, Order::service_level},
    {GiveTo::longest_idle, Order::oldest},
}};

class RoutingReader {
 public:
  RoutingReader(const Node& file, std::span<const Name> known, Problems& problems)
      : file_(file), names_(known, problems), problems_(problems) {}

  // Names are declared before anything refers to them; their numbers follow this order.
  Routing read() {
    read_channels();
    read_names();
    read_customers();
    read_policy();
    result_.timetable.calendars = read_calendars(file_, names_, problems_);
    read_bands();
    read_classes(file_, names_, problems_, result_.configuration);
    for (const Node* mode : modes_of(file_, problems_)) {
      names_.declare(NameKind::mode, {mode->key, mode->line});
    }
    result_.configuration.names = names_.all();
    return std::move(result_);
  }

 private:
  // The section of that name, or an empty one when the file has none.
  const Node& node_of(std::string_view key) const {
    static const Node nothing;
    const Node* node = file_.find(key);
    return node == nullptr ? nothing : *node;
  }

  void read_channels() {
    const Node& channels = node_of("channels");
    if (channels.kind != Node::Kind::table || channels.children.empty()) {
      problems_.add(channels.line,
                    "there must be a table for each channel, such as "
                    "[channels.chat], found none");
      return;
    }
    std::vector<ChannelHold> counts;
    for (const Node& node : channels.children) {
      const Section section("channels", fmt::format("[channels.{}]", node.key), node, problems_);
      ChannelConfiguration channel;
      channel.number = {names_.declare(NameKind::channel, {node.key, node.line})};
      channel.holds = section.count<std::uint16_t>("holds");
      channel.background = section.flag("background");
      channel.voice = section.flag("voice");
      channel.offer_ms = section.duration_ms("offer_timeout");
      if (channel.voice && channel.background) {
        problems_.add(
            node.line,
            fmt::format("[channels.{}] must be voice or background, found both", node.key));
      }
      if (!channel.number) continue;
      counts.push_back({channel.number, channel.holds});
      result_.configuration.channels.push_back(channel);
    }
    if (!holds_of(counts, result_.configuration.channels)) {
      problems_.add(channels.line,
                    fmt::format("the holds of all channels must have a common multiple, found none "
                                "up to {}; rounder numbers have one",
                                capacity_units_max / 100));
    }
  }

  void read_names() {
    const Section section("names", "[names]", node_of("names"), problems_);
    constexpr std::array<std::pair<std::string_view, NameKind>, 6> lists = {
        {{"skills", NameKind::skill},
         {"languages", NameKind::skill},
         {"categories", NameKind::category},
         {"groups", NameKind::group},
         {"authorities", NameKind::authority},
         {"reasons", NameKind::reason}}};
    for (const auto& [key, kind] : lists) {
      for (const Word& word : section.words(key)) {
        if (key == "languages") {
          names_.declare_language(word);
        } else {
          names_.declare(kind, word);
        }
      }
    }
  }

  void read_customers() {
    for (const Node& node : tables_below("tiers")) {
      HeadStart head_start;
      head_start.tier = {names_.declare(NameKind::tier, {node.key, node.line})};
      read_head_start("tiers", node, head_start);
    }
    for (const Node& node : tables_below("impacts")) {
      HeadStart head_start;
      head_start.impact = {names_.declare(NameKind::impact, {node.key, node.line})};
      read_head_start("impacts", node, head_start);
    }
  }

  const std::vector<Node>& tables_below(std::string_view key) {
    const Node& node = node_of(key);
    if (node.kind == Node::Kind::table) return node.children;
    problems_.add(node.line, fmt::format("{} must be a table, found {}", key, node.shown()));
    static const std::vector<Node> nothing;
    return nothing;
  }

  void read_head_start(std::string_view kind, const Node& node, HeadStart head_start) {
    const Section section(kind, fmt::format("[{}.{}]", kind, node.key), node, problems_);
    head_start.head_start_ms = section.duration_ms("head_start");
    if (head_start.head_start_ms > 0) result_.configuration.head_starts.push_back(head_start);
  }

  void read_policy() {
    const Section section("routing", "[routing]", node_of("routing"), problems_);
    const std::size_t policy = section.choice("policy");
    result_.policy = choices(setting("routing", "policy"))[policy];
    policy_ = policies[policy];
    PoolConfiguration& pool = result_.configuration;
    pool.give_to = policy_.give_to;
    if (section.has("give_to")) {
      pool.give_to = section.choice("give_to") == 0 ? GiveTo::least_loaded : GiveTo::longest_idle;
    }
    pool.fair_pick = section.count<std::uint16_t>("fair_pick");
    pool.misses_max = section.count<std::uint16_t>("misses");
    pool.lost_grace_ms = section.duration_ms("grace");
    pool.resume_grace_ms = section.duration_ms("resume_grace");
    pool.closed_keep = section.count<std::uint32_t>("closed_keep");
    pool.levels = section.count<std::uint8_t>("levels");
    pool.login_burst_per_minute = section.count<std::uint16_t>("login_burst");
    pool.waiting_max = section.count<std::uint32_t>("shed_above");
    pool.stop_new_ms = section.duration_ms("stop_new");
    result_.timetable.shift_zone = section.time_zone("time_zone");
    for (const Word& word : section.words("scarce")) {
      const SkillNumber skill = {names_.find(NameKind::skill, "scarce", word)};
      if (skill) pool.scarce_skills.push_back(skill);
    }
  }

  void read_bands() {
    const std::size_t problems_before = problems_.size();
    std::vector<Word> names;
    for (const Node* node : tables_of(file_, "band", limits::bands_max, problems_)) {
      const Section section("band", "[[band]]", *node, problems_);
      BandConfiguration band;
      if (const Word name = section.name("name"); !name.text.empty()) {
        band.number = {names_.declare(NameKind::band, name)};
        names.push_back(name);
      }
      band.security = section.flag("security");
      if (band.security && !result_.configuration.bands.empty()) {
        problems_.add(section.line_of("security"),
                      "security must be true in the first band only, found it in a later one");
      }
      band.order = band.security ? Order::oldest : policy_.order;
      if (section.has("order")) band.order = static_cast<Order>(section.choice("order"));
      band.rescue = section.count<std::uint16_t>("rescue");
      result_.configuration.bands.push_back(band);
    }
    if (problems_.size() == problems_before) require_places(names);
  }

  // A band's number is its place, and a pool never numbers a name anew.
  void require_places(const std::vector<Word>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::size_t number = result_.configuration.bands[i].number.value;
      if (number == i + 1) continue;
      problems_.add(names[i].line,
                    fmt::format("band {} must be at place {} of all bands, found it at {}: those a "
                                "pool has known keep their places, and new ones come after them",
                                names[i].text, number, i + 1));
    }
  }

  const Node& file_;
  Names names_;
  Problems& problems_;
  Policy policy_;
  Routing result_;
};

}  // namespace

Routing read_routing(const Node& file, std::span<const Name> known, Problems& problems) {
  const std::size_t problems_before = problems.size();
  Routing routing = RoutingReader(file, known, problems).read();
  if (problems.size() != problems_before) return routing;
  PoolConfiguration& pool = routing.configuration;
  for (const Node* mode : modes_of(file, problems)) {
    const auto name = std::find_if(pool.names.begin(), pool.names.end(), [&](const Name& one) {
      return one.kind == NameKind::mode && one.text == mode->key;
    });
    CHECK(name != pool.names.end());
    const Node changed = file_in_mode(file, *mode, problems);
    pool.modes.push_back(
        {.number = {name->number},
         .rules = RoutingReader(changed, pool.names, problems).read().configuration});
  }
  return routing;
}

}  // namespace usher::config
