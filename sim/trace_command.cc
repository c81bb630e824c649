#include "sim/trace_command.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <cstdio>
#include <set>
#include <utility>
#include <variant>

#include "sim/trace_report.h"

namespace usher::sim {
namespace {

// Policies can only be compared by one yardstick.
void compare_targets(const std::vector<std::string>& types, const TracePolicy& base,
                     const TracePolicy& other, std::vector<std::string>& errors) {
  for (std::size_t type = 0; type < types.size(); ++type) {
    for (std::size_t rank = 0; rank < rank_count; ++rank) {
      const std::int64_t wanted_us = base.target_us(type, static_cast<Rank>(rank));
      const std::int64_t found_us = other.target_us(type, static_cast<Rank>(rank));
      if (wanted_us == found_us) continue;
      errors.push_back(fmt::format(
          "{}: the target of {} of type {} must be that of {}, {} ms, found {} ms", other.name(),
          rank_names[rank], types[type], base.name(), wanted_us / 1000, found_us / 1000));
    }
  }
}

std::vector<TracePolicy> read_policies(const TraceOptions& options, const TraceWorld& world,
                                       std::vector<std::string>& errors) {
  std::vector<TracePolicy> policies;
  std::set<std::string> names;
  for (const std::string& path : options.configurations) {
    auto read = TracePolicy::read(path, world.types());
    if (const auto* wrong = std::get_if<ConfigurationErrors>(&read)) {
      errors.insert(errors.end(), wrong->lines.begin(), wrong->lines.end());
      continue;
    }
    policies.push_back(std::get<TracePolicy>(std::move(read)));
    if (!names.insert(policies.back().name()).second) {
      errors.push_back(
          fmt::format("{}: each configuration must have a name of its own, found {} "
                      "twice",
                      path, policies.back().name()));
    }
    compare_targets(world.types(), policies.front(), policies.back(), errors);
  }
  return policies;
}

int refuse(const std::vector<std::string>& errors) {
  for (const std::string& line : errors) fmt::print(stderr, "{}\n", line);
  return 2;
}

}  // namespace

int run_trace_command(const TraceOptions& options) try {
  const TraceWorld world(load::read_trace(options.files));
  if (world.days() == 0) {
    return refuse({fmt::format("{}: expected calls of a Sunday to Thursday, found none",
                               options.files.calls)});
  }
  if (options.days > world.days()) {
    return refuse({fmt::format("--days must be at most the {} working days of the trace, found {}",
                               world.days(), options.days)});
  }
  const std::size_t days = options.days == 0 ? world.days() : options.days;
  std::vector<std::string> errors;
  for (std::size_t day = 0; day < days; ++day) {
    if (world.has_shifts(day)) continue;
    errors.push_back(fmt::format("{}: expected a shift on day {}, which has calls, found none",
                                 options.files.shifts, world.number_of(day)));
  }
  const std::vector<TracePolicy> policies = read_policies(options, world, errors);
  if (!errors.empty()) return refuse(errors);
  const TraceQuestion question{days, options.replications, options.changes, options.habits};
  const std::vector<PolicyResult> results = run_trace(world, policies, question);
  fmt::print("{}", options.json ? report_json(policies, question, results)
                                : report_text(policies, question, results));
  return 0;
} catch (const load::TraceError& error) {
  return refuse({error.what()});
}

}  // namespace usher::sim
