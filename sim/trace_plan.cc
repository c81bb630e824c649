#include "sim/trace_plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace usher::sim {
namespace {

constexpr std::int64_t us_per_ms = 1000;
constexpr std::int64_t half_hour_ms = 1'800'000;
constexpr std::string_view regular_type = "PS";
constexpr std::string_view prospect_type = "NW";

// Monday is 0; Friday and Saturday are the bank's weekend.
bool is_working_day(std::uint8_t weekday) { return weekday != 4 && weekday != 5; }

bool serves_regular(const load::Shift& shift) {
  return std::find(shift.skills.begin(), shift.skills.end(), regular_type) != shift.skills.end();
}

}  // namespace

TraceWorld::TraceWorld(load::Trace trace) : trace_(std::move(trace)) {
  std::set<std::string> types;
  for (const load::Call& call : trace_.calls) types.insert(call.type);
  types_.assign(types.begin(), types.end());
  for (const std::string& name : types_) {
    Type type;
    double known = 0.0;
    double vips = 0.0;
    for (const load::Call& call : trace_.calls) {
      if (call.type != name) continue;
      if (call.served) type.services_ms.push_back(call.service_ms);
      known += call.priority_known ? 1.0 : 0.0;
      vips += call.vip ? 1.0 : 0.0;
    }
    type.curve = trace_.curve(name);
    type.vip_share = known > 0.0 ? vips / known : 0.0;
    of_types_.push_back(std::move(type));
  }
  std::map<std::int64_t, Day> days;
  for (const load::Call& call : trace_.calls) {
    if (is_working_day(call.weekday)) days[call.day].calls.push_back(&call);
  }
  std::set<std::string> regular_agents;
  for (const load::Shift& shift : load::joined(trace_.shifts)) {
    if (serves_regular(shift)) regular_agents.insert(shift.agent);
    const auto day = days.find(shift.day);
    if (day != days.end()) day->second.shifts.push_back(shift);
  }
  regular_agents_.assign(regular_agents.begin(), regular_agents.end());
  for (auto& [number, day] : days) {
    day.midnight_ms = number * load::day_ms;
    days_.push_back(std::move(day));
  }
}

Caller TraceWorld::caller(const load::Call& call, const Day& day, bool further, load::Random& draw,
                          const TraceChanges& changes) const {
  Caller caller;
  const auto position = std::find(types_.begin(), types_.end(), call.type);
  caller.type = static_cast<std::size_t>(position - types_.begin());
  const Type& type = of_types_[caller.type];
  // Every number is drawn, needed or not, so that none depends on what another one came to.
  const double when = draw.unit();
  const double service = draw.unit();
  const double patience = draw.unit();
  const double security = draw.unit();
  const double vip = draw.unit();
  caller.delays_seed = draw.next();

  std::int64_t at_ms = call.at_ms - day.midnight_ms;
  if (further) {
    const auto second = static_cast<std::int64_t>(when * (half_hour_ms / 1000.0));
    at_ms = at_ms / half_hour_ms * half_hour_ms + second * 1000;
  }
  caller.at_us = at_ms * us_per_ms;

  const bool seen_service = call.served && !further;
  std::int64_t service_ms = call.service_ms;
  if (!seen_service) {
    const auto& services = type.services_ms;
    const auto which = static_cast<std::size_t>(service * static_cast<double>(services.size()));
    service_ms = services.empty() ? 0 : services[which];
  }
  caller.work_us = service_ms * us_per_ms;

  const std::int64_t waited_ms = further ? 0 : call.wait_ms;
  std::int64_t patience_ms = waited_ms;
  if (further || call.served) {
    patience_ms = type.curve == nullptr ? waited_ms + load::day_ms
                                        : type.curve->given_waited(waited_ms, patience);
  }
  caller.patience_us = patience_ms * us_per_ms;

  const bool is_vip = call.priority_known && !further ? call.vip : vip < type.vip_share;
  if (security < changes.security_share) {
    caller.rank = Rank::security;
  } else if (is_vip) {
    caller.rank = Rank::vip;
  } else if (call.type == prospect_type) {
    caller.rank = Rank::prospect;
  }
  return caller;
}

std::vector<AgentOfDay> TraceWorld::agents_of(const Day& day, load::Random draw) const {
  std::vector<std::string> regular = regular_agents_;
  for (std::size_t left = regular.size(); left > 1; --left) {
    std::swap(regular[left - 1], regular[draw.below(left)]);
  }
  std::set<std::string> security;
  for (std::size_t i = 0; i < regular.size(); i += 2) security.insert(regular[i]);
  std::set<std::string> names;
  for (const load::Shift& shift : day.shifts) names.insert(shift.agent);
  std::vector<AgentOfDay> agents;
  agents.reserve(names.size());
  for (const std::string& name : names) agents.push_back({name, security.contains(name)});
  return agents;
}

DayPlan TraceWorld::plan(std::size_t day, std::size_t replication,
                         const TraceChanges& changes) const {
  const Day& of = days_[day];
  const load::Random chance = load::Random(changes.seed).fork(replication).fork(day);
  DayPlan plan;
  plan.agents = agents_of(of, chance.fork(0));
  for (std::size_t i = 0; i < of.calls.size(); ++i) {
    load::Random draw = chance.fork(i + 1);
    const double whole = std::floor(changes.scale);
    const bool one_more = draw.unit() < changes.scale - whole;
    const auto count = static_cast<std::uint64_t>(whole) + (one_more ? 1 : 0);
    for (std::uint64_t copy = 0; copy < count; ++copy) {
      load::Random own = draw.fork(copy);
      plan.callers.push_back(caller(*of.calls[i], of, copy > 0, own, changes));
    }
  }
  std::ranges::stable_sort(plan.callers, {}, &Caller::at_us);
  for (const load::Shift& shift : of.shifts) {
    const auto agent = std::ranges::lower_bound(plan.agents, shift.agent, {}, &AgentOfDay::name);
    plan.duties.push_back({(shift.on_ms - of.midnight_ms) * us_per_ms,
                           (shift.off_ms - of.midnight_ms) * us_per_ms,
                           static_cast<std::size_t>(agent - plan.agents.begin()), shift.skills});
  }
  return plan;
}

}  // namespace usher::sim
