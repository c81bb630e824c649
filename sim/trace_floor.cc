#include "sim/trace_floor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

namespace usher::sim {
namespace {

constexpr const char* security_name = "security";
constexpr std::array<std::string_view, rank_count> tiers = {"regular", "vip", "regular",
                                                            "prospect"};
constexpr std::uint8_t skill_level = 10;
// Agents without the skill take longer over an incident; reference: quality.md, C.1.
constexpr double unskilled_factor = 1.3;
constexpr double delay_median_us = 4e6;
constexpr double delay_sigma = 0.7;

// The mean of a log-normal law is median · exp(σ² / 2), its coefficient of variation
// √(exp(σ²) − 1).
Distribution human_delay() {
  const double variance = delay_sigma * delay_sigma;
  return Distribution::lognormal(delay_median_us * std::exp(variance / 2.0),
                                 std::sqrt(std::exp(variance) - 1.0));
}

template <class T>
bool fits(const std::vector<T>& list, T one) {
  return list.empty() || std::find(list.begin(), list.end(), one) != list.end();
}

bool takes(const ClassRule& rule, const command::Open& open) {
  return fits(rule.categories, open.category) && fits(rule.channels, open.channel) &&
         fits(rule.tiers, open.tier) && fits(rule.impacts, open.impact);
}

}  // namespace

std::variant<TracePolicy, ConfigurationErrors> TracePolicy::read(
    const std::string& path, const std::vector<std::string>& types) {
  auto read = read_configuration(path, {});
  if (auto* errors = std::get_if<ConfigurationErrors>(&read)) return std::move(*errors);
  TracePolicy policy;
  policy.name_ = std::filesystem::path(path).stem().string();
  policy.pool_ = std::get<Settings>(std::move(read)).pool_configuration;
  ConfigurationErrors errors;
  policy.find_names(types, errors.lines);
  if (errors.lines.empty()) policy.find_classes(types, errors.lines);
  if (errors.lines.empty()) return policy;
  for (std::string& line : errors.lines) line = fmt::format("{}: {}", path, line);
  return errors;
}

std::uint16_t TracePolicy::number(NameKind kind, const std::string& name) const {
  const auto found = std::ranges::find_if(
      pool_.names, [&](const Name& one) { return one.kind == kind && one.text == name; });
  return found == pool_.names.end() ? std::uint16_t{0} : found->number;
}

void TracePolicy::find_names(const std::vector<std::string>& types,
                             std::vector<std::string>& errors) {
  if (pool_.channels.size() != 1) {
    errors.push_back(fmt::format("there must be 1 channel for the calls of the trace, found {}",
                                 pool_.channels.size()));
    return;
  }
  channel_ = pool_.channels[0].number;
  std::vector<std::string> words = types;
  words.emplace_back(security_name);
  for (const std::string& word : words) {
    if (number(NameKind::category, word) == 0) {
      errors.push_back(fmt::format("categories must have \"{}\" of the trace, found none", word));
    }
    if (number(NameKind::skill, word) == 0) {
      errors.push_back(fmt::format("skills must have \"{}\" of the trace, found none", word));
    }
  }
  for (const std::string_view tier : {"vip", "regular", "prospect"}) {
    if (number(NameKind::tier, std::string(tier)) == 0) {
      errors.push_back(fmt::format("there must be a table [tiers.{}], found none", tier));
    }
  }
  security_ = {number(NameKind::skill, security_name)};
}

void TracePolicy::find_classes(const std::vector<std::string>& types,
                               std::vector<std::string>& errors) {
  for (const std::string& type : types) {
    for (std::size_t rank = 0; rank < rank_count; ++rank) {
      const bool incident = static_cast<Rank>(rank) == Rank::security;
      const std::string category = incident ? security_name : type;
      Meaning meaning;
      command::Open& open = meaning.open;
      open.channel = channel_;
      open.category = {number(NameKind::category, category)};
      open.tier = {number(NameKind::tier, std::string(tiers[rank]))};
      if (!incident) open.required.push_back({{number(NameKind::skill, type)}, 1});
      const auto rule =
          std::ranges::find_if(pool_.rules, [&](const ClassRule& one) { return takes(one, open); });
      if (rule == pool_.rules.end()) {
        errors.push_back(
            fmt::format("there must be a class for category \"{}\" of tier \"{}\", "
                        "found none",
                        category, tiers[rank]));
        continue;
      }
      const auto found =
          std::ranges::find(pool_.classes, rule->service_class, &ClassConfiguration::number);
      meaning.service_class = static_cast<std::size_t>(found - pool_.classes.begin());
      meanings_.push_back(meaning);
    }
  }
}

std::int64_t TracePolicy::target_us(std::size_t type, Rank rank) const {
  return pool_.classes[meanings_[kind_of(type, rank)].service_class].target_ms * 1000;
}

command::AgentDefinition TracePolicy::definition(const AgentOfDay& agent,
                                                 const std::vector<std::string>& skills,
                                                 const FloorHabits& habits) const {
  command::AgentDefinition definition;
  for (const std::string& skill : skills) {
    const SkillNumber found = {number(NameKind::skill, skill)};
    // Nobody of the trace asks for a skill that is none of its types.
    if (found) definition.skills.push_back({found, skill_level});
  }
  if (agent.security) definition.skills.push_back({security_, skill_level});
  if (habits.capacity > 0) definition.holds.push_back({channel_, habits.capacity});
  return definition;
}

Floor TracePolicy::floor(const DayPlan& plan, const FloorHabits& habits) const {
  Floor floor;
  floor.pool = pool_;
  floor.groups = {habits.pace};
  for (std::size_t kind = 0; kind < meanings_.size(); ++kind) {
    Kind of;
    of.open = meanings_[kind].open;
    const ClassConfiguration& service_class = pool_.classes[meanings_[kind].service_class];
    of.tells_reply = service_class.replied_by == RepliedBy::reply;
    if (habits.wrap_up_is_work) of.wrap_up_us = service_class.wrap_up_ms * 1000;
    if (habits.delays) of.accept_us = of.reply_us = human_delay();
    if (rank_of(static_cast<std::uint32_t>(kind)) == Rank::security) {
      of.skill = security_;
      of.unskilled_factor = unskilled_factor;
    }
    floor.kinds.push_back(of);
  }
  for (std::size_t i = 0; i < plan.agents.size(); ++i) {
    const auto first = std::ranges::find(plan.duties, i, &Duty::agent);
    Worker worker;
    worker.definition = definition(plan.agents[i], first->skills, habits);
    worker.present = false;
    floor.agents.push_back(worker);
  }
  return floor;
}

std::vector<Happening> TracePolicy::happenings(const DayPlan& plan,
                                               const FloorHabits& habits) const {
  std::vector<Happening> happenings;
  std::vector<const Duty*> last(plan.agents.size(), nullptr);
  for (const Duty& duty : plan.duties) {
    const AgentId id = Driver::agent_id(static_cast<std::uint32_t>(duty.agent));
    const Duty*& before = last[duty.agent];
    if (before != nullptr && before->skills != duty.skills) {
      auto changed = definition(plan.agents[duty.agent], duty.skills, habits);
      changed.agent = id;
      happenings.push_back(
          {duty.on_us,
           command::DefineAgent{std::make_shared<const command::AgentDefinition>(changed)}});
    }
    before = &duty;
    happenings.push_back({duty.on_us, command::SignIn{id, Presence::available, 0}});
    // Away, not signed off: what is in hand is finished.
    happenings.push_back({duty.off_us, command::SetPresence{id, Presence::away, {}}});
  }
  for (const Caller& caller : plan.callers) {
    Arrival arrival;
    arrival.kind = kind_of(caller.type, caller.rank);
    arrival.work_us = caller.work_us;
    arrival.patience_us = caller.patience_us;
    arrival.delays_seed = caller.delays_seed;
    happenings.push_back({caller.at_us, arrival});
  }
  std::ranges::stable_sort(happenings, {}, &Happening::at_us);
  return happenings;
}

}  // namespace usher::sim
