#include "sim/trace_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "bench/usher_load/json.h"

namespace usher::sim {
namespace {

using Out = std::back_insert_iterator<std::string>;

constexpr std::size_t column = 19;
constexpr std::array<std::string_view, rank_count> rank_keys = {"security", "vip", "regular",
                                                                "prospect"};

std::string with_unit(const Measure& measure) {
  return measure.unit.empty() ? std::string(measure.text)
                              : fmt::format("{}, {}", measure.text, measure.unit);
}

std::string shown(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

std::string shown(const Interval& interval, int digits) {
  std::string mean = fmt::format("{:+.{}f}", interval.mean, digits);
  if (!interval.half_width) return mean;
  return fmt::format("{} +-{:.{}f}", mean, *interval.half_width, digits);
}

std::uint64_t of_ranks(const TraceFigures& figures, std::uint64_t RankFigures::*count) {
  return std::accumulate(
      figures.ranks.begin(), figures.ranks.end(), std::uint64_t{0},
      [&](std::uint64_t sum, const RankFigures& rank) { return sum + rank.*count; });
}

// A table with a row for each measure; `cell` makes the text of one.
template <class Cell>
void table(Out out, const std::vector<TracePolicy>& policies, std::size_t first, Cell&& cell) {
  fmt::format_to(out, "{:<34}", "");
  for (std::size_t i = first; i < policies.size(); ++i) {
    fmt::format_to(out, " {:>{}}", policies[i].name(), std::max(column, policies[i].name().size()));
  }
  for (std::size_t row = 0; row < measures.size(); ++row) {
    fmt::format_to(out, "\n{:<34}", with_unit(measures[row]));
    for (std::size_t i = first; i < policies.size(); ++i) {
      fmt::format_to(out, " {:>{}}", cell(i, row), std::max(column, policies[i].name().size()));
    }
  }
  fmt::format_to(out, "\n");
}

// What was said of waits, of one policy; nothing if nobody waited.
void cover_table(Out out, const std::string& policy, const TraceFigures& figures) {
  fmt::format_to(out, "\n{:<20} {:>9} {:>9} {:>9} {:>9} {:>9}\n", policy, "waited", "told",
                 "answered", "in p50, %", "in p90, %");
  for (std::size_t i = 0; i < rank_count; ++i) {
    const CoverFigures& cover = figures.ranks[i].cover;
    fmt::format_to(out, "{:<20} {:>9} {:>9} {:>9} {:>9} {:>9}\n", rank_names[i], cover.waited,
                   cover.told, cover.answered, shown(cover.p50(), 1), shown(cover.p90(), 1));
  }
}

load::JsonObject cover_json(const TraceFigures& figures) {
  const auto percent = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.6g}", *value) : "null";
  };
  load::JsonObject ranks;
  for (std::size_t i = 0; i < rank_count; ++i) {
    const CoverFigures& cover = figures.ranks[i].cover;
    load::JsonObject of;
    of.add("waited", cover.waited);
    of.add("told", cover.told);
    of.add("answered", cover.answered);
    of.raw("p50", percent(cover.p50()));
    of.raw("p90", percent(cover.p90()));
    ranks.add(rank_keys[i], of);
  }
  return ranks;
}

}  // namespace

std::string report_text(const std::vector<TracePolicy>& policies, const TraceQuestion& question,
                        const std::vector<PolicyResult>& results) {
  std::string text;
  const Out out = std::back_inserter(text);
  fmt::format_to(out,
                 "{} working days, {} replications, seed {}: {} arrivals, {:g} times the trace's; "
                 "{:g} % security{}\n\n",
                 question.days, question.replications, question.changes.seed,
                 results[0].all.arrivals(), question.changes.scale,
                 100.0 * question.changes.security_share,
                 question.habits.delays ? "; agents take time to accept and to reply" : "");
  table(out, policies, 0, [&](std::size_t policy, std::size_t row) {
    return shown(measure(results[policy].all)[row], measures[row].digits);
  });
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const std::uint64_t unanswered = of_ranks(results[i].all, &RankFigures::unanswered);
    if (unanswered == 0) continue;
    fmt::format_to(out, "{}: {} refused or never answered\n", policies[i].name(), unanswered);
  }
  if (policies.size() > 1) {
    fmt::format_to(out,
                   "\nless {}, paired: mean of {} days, each the mean of its replications, and "
                   "95 % interval\n\n",
                   policies[0].name(), question.days);
    table(out, policies, 1, [&](std::size_t policy, std::size_t row) {
      return shown(difference(results[policy], results[0], row), measures[row].digits);
    });
  }
  fmt::format_to(out,
                 "\nof those told an estimate when they began to wait and answered, the share "
                 "answered within it\n");
  for (std::size_t i = 0; i < policies.size(); ++i) {
    cover_table(out, policies[i].name(), results[i].all);
  }
  fmt::format_to(out, "\n");
  for (std::size_t i = 0; i < policies.size(); ++i) {
    fmt::format_to(out, "digest of {}: {:016x}\n", policies[i].name(), results[i].all.digest);
  }
  return text;
}

std::string report_json(const std::vector<TracePolicy>& policies, const TraceQuestion& question,
                        const std::vector<PolicyResult>& results) {
  std::string list;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const TraceFigures& all = results[i].all;
    load::JsonObject of;
    of.add("policy", policies[i].name());
    of.add("arrivals", all.arrivals());
    of.add("abandoned_count", of_ranks(all, &RankFigures::abandoned));
    of.add("unanswered_count", of_ranks(all, &RankFigures::unanswered));
    const Measured values = measure(all);
    load::JsonObject differences;
    for (std::size_t row = 0; row < measures.size(); ++row) {
      const std::string_view key = measures[row].key;
      of.raw(key, values[row] ? fmt::format("{:.6g}", *values[row]) : "null");
      const Interval interval = difference(results[i], results[0], row);
      load::JsonObject one;
      one.add("mean", interval.mean);
      const auto& half_width = interval.half_width;
      one.raw("half_width", half_width ? fmt::format("{:.6g}", *half_width) : "null");
      differences.add(key, one);
    }
    if (i > 0) of.add("less_" + policies[0].name(), differences);
    of.add("estimates", cover_json(all));
    of.add("digest", fmt::format("{:016x}", all.digest));
    list += (i > 0 ? "," : "") + of.text();
  }
  load::JsonObject report;
  report.add("days", std::uint64_t{question.days});
  report.add("replications", std::uint64_t{question.replications});
  report.add("seed", question.changes.seed);
  report.add("scale", question.changes.scale);
  report.add("security_share", question.changes.security_share);
  report.raw("policies", "[" + list + "]");
  return report.text() + "\n";
}

}  // namespace usher::sim
