#include "sim/trace.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "sim/statistics.h"

namespace usher::sim {
namespace {

TraceFigures run_day(const TracePolicy& policy, const DayPlan& plan, const FloorHabits& habits) {
  TraceFigures figures;
  figures.days = 1;
  const std::vector<Happening> happenings = policy.happenings(plan, habits);
  // By number of the arrival.
  std::vector<std::int64_t> targets_us;
  for (const Caller& caller : plan.callers) {
    targets_us.push_back(policy.target_us(caller.type, caller.rank));
  }
  Driver driver(policy.floor(plan, habits));
  std::size_t next = 0;
  driver.run(
      [&]() -> std::optional<Happening> {
        if (next == happenings.size()) return std::nullopt;
        return happenings[next++];
      },
      [&](const Fate& fate) {
        figures.add(fate, TracePolicy::rank_of(fate.kind), targets_us[fate.number]);
      });
  const GroupFigures agents = figures_of_group(driver.agent_times(), 0, 1);
  figures.load_cv = agents.occupancy_cv;
  figures.load_cv_by_time = agents.occupancy_cv_by_time;
  figures.digest = driver.router().digest();
  return figures;
}

Measured mean_of(const std::vector<Measured>& replications) {
  Measured mean;
  for (std::size_t i = 0; i < measures.size(); ++i) {
    double sum = 0.0;
    double count = 0.0;
    for (const Measured& one : replications) {
      if (!one[i]) continue;
      sum += *one[i];
      count += 1.0;
    }
    if (count > 0.0) mean[i] = sum / count;
  }
  return mean;
}

}  // namespace

std::vector<PolicyResult> run_trace(const TraceWorld& world,
                                    const std::vector<TracePolicy>& policies,
                                    const TraceQuestion& question) {
  const std::size_t cells = question.days * question.replications;
  // By policy, and in it by day and replication.
  std::vector<TraceFigures> figures(cells * policies.size());
  std::atomic<std::size_t> next_cell{0};
  const auto work = [&] {
    for (std::size_t cell = next_cell++; cell < cells; cell = next_cell++) {
      const DayPlan plan =
          world.plan(cell / question.replications, cell % question.replications, question.changes);
      for (std::size_t policy = 0; policy < policies.size(); ++policy) {
        figures[policy * cells + cell] = run_day(policies[policy], plan, question.habits);
      }
    }
  };
  std::vector<std::jthread> threads;
  const std::size_t processors = std::max(1u, std::thread::hardware_concurrency());
  for (std::size_t i = 1; i < std::min(processors, cells); ++i) threads.emplace_back(work);
  work();
  threads.clear();

  std::vector<PolicyResult> results(policies.size());
  for (std::size_t policy = 0; policy < policies.size(); ++policy) {
    PolicyResult& result = results[policy];
    for (std::size_t day = 0; day < question.days; ++day) {
      std::vector<Measured> replications;
      for (std::size_t i = 0; i < question.replications; ++i) {
        const TraceFigures& one = figures[policy * cells + day * question.replications + i];
        replications.push_back(measure(one));
        result.all.add(one);
      }
      result.days.push_back(mean_of(replications));
    }
  }
  return results;
}

Interval difference(const PolicyResult& policy, const PolicyResult& base, std::size_t measure) {
  std::vector<double> differences;
  for (std::size_t day = 0; day < policy.days.size(); ++day) {
    const auto& one = policy.days[day][measure];
    const auto& other = base.days[day][measure];
    if (one && other) differences.push_back(*one - *other);
  }
  return interval_95(differences);
}

}  // namespace usher::sim
