#include "sim/model_report.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>

namespace usher::sim {
namespace {

using Out = std::back_insert_iterator<std::string>;

constexpr std::array<std::pair<std::string_view, double>, 3> quantiles = {
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}};

double units(const Model& model, double us) { return us / model.time_unit_us(); }

// A figure of so many; of nobody there is none.
std::string figure_of(std::uint64_t count, double value, int digits, std::string_view none) {
  return count == 0 ? std::string(none) : fmt::format("{:.{}f}", value, digits);
}

std::string in_text(std::uint64_t count, double value, int digits) {
  return figure_of(count, value, digits, "-");
}

// Of a share.
std::string in_percent(std::uint64_t count, double share, int digits) {
  return count == 0 ? "-" : fmt::format("{:.{}f}%", 100.0 * share, digits);
}

std::string in_json(std::uint64_t count, double value) {
  return figure_of(count, value, 9, "null");
}

std::string target_text(const Model& model, std::size_t kind) {
  return kind < model.classes.size()
             ? fmt::format("{:.6g}",
                           units(model, static_cast<double>(model.classes[kind].target_us)))
             : "-";
}

// Classes in the order of the file, then all of them together, if there are several.
template <class Show>
void for_each_class(const Model& model, const ModelResult& result, Show&& show) {
  for (std::size_t i = 0; i < model.classes.size(); ++i) {
    show(i, model.classes[i].name, result.statistics.kind(i));
  }
  if (model.classes.size() > 1) {
    show(model.classes.size(), std::string("all"), result.statistics.all());
  }
}

void show_waits(Out out, const Model& model, const ModelResult& result) {
  fmt::format_to(out, "{:<16} {:>9} {:>9} {:>9} {:>8} {:>10} {:>10} {:>10} {:>10} {:>10}\n",
                 "class", "arrivals", "answered", "abandoned", "P(wait)", "mean wait", "answered's",
                 "p50", "p90", "p99");
  for_each_class(model, result, [&](std::size_t, const auto& name, const KindFigures& kind) {
    fmt::format_to(out, "{:<16} {:>9} {:>9} {:>9} {:>8} {:>10} {:>10}", name, kind.arrivals,
                   kind.answered, kind.abandoned,
                   in_text(kind.arrivals, kind.share(kind.waited), 5),
                   in_text(kind.arrivals, units(model, kind.mean_wait_us()), 6),
                   in_text(kind.answered, units(model, kind.mean_answered_wait_us()), 6));
    for (const auto& [label, share] : quantiles) {
      const auto wait_us = static_cast<double>(kind.waits_us.quantile(share));
      fmt::format_to(out, " {:>10}", in_text(kind.arrivals, units(model, wait_us), 6));
    }
    fmt::format_to(out, "\n");
  });
}

void show_service(Out out, const Model& model, const ModelResult& result) {
  fmt::format_to(out, "\n{:<16} {:>9} {:>9} {:>9}   {}\n", "class", "target", "in target",
                 "abandoned", "answered by");
  for_each_class(model, result, [&](std::size_t i, const auto& name, const KindFigures& kind) {
    fmt::format_to(out, "{:<16} {:>9} {:>9} {:>9}  ", name, target_text(model, i),
                   in_percent(kind.arrivals, kind.share(kind.in_target), 2),
                   in_percent(kind.arrivals, kind.share(kind.abandoned), 2));
    for (std::size_t group = 0; group < model.groups.size(); ++group) {
      const auto count = static_cast<double>(kind.answered_by_group[group]);
      const double share = count / static_cast<double>(kind.answered);
      fmt::format_to(out, " {} {}", model.groups[group].name, in_percent(kind.answered, share, 2));
    }
    fmt::format_to(out, "\n");
  });
}

void show_groups(Out out, const Model& model, const ModelResult& result) {
  fmt::format_to(out, "\n{:<16} {:>7} {:>9} {:>9}   {}\n", "group", "agents", "occupancy", "spread",
                 "time by conversations in hand");
  for (std::size_t i = 0; i < model.groups.size(); ++i) {
    const GroupFigures& group = result.groups[i];
    fmt::format_to(out, "{:<16} {:>7} {:>9} {:>9}  ", model.groups[i].name, model.groups[i].agents,
                   in_percent(group.agents, group.occupancy, 3),
                   in_text(group.agents, group.occupancy_cv, 4));
    if (group.agents == 0) fmt::format_to(out, " no time passed");
    for (std::size_t count = 0; group.agents > 0 && count < group.time_by_count.size(); ++count) {
      fmt::format_to(out, " {}: {:.3f}%", count, 100.0 * group.time_by_count[count]);
    }
    fmt::format_to(out, "\n");
  }
}

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text); }

void json_class(Out out, const Model& model, const std::string& name, const KindFigures& kind) {
  fmt::format_to(out,
                 "{{\"name\":{},\"arrivals\":{},\"answered\":{},\"abandoned\":{},\"refused\":{},"
                 "\"unserved\":{},\"p_wait\":{},\"mean_wait\":{},\"mean_wait_answered\":{}",
                 in_quotes(name), kind.arrivals, kind.answered, kind.abandoned, kind.refused,
                 kind.unserved, in_json(kind.arrivals, kind.share(kind.waited)),
                 in_json(kind.arrivals, units(model, kind.mean_wait_us())),
                 in_json(kind.answered, units(model, kind.mean_answered_wait_us())));
  for (const auto& [label, share] : quantiles) {
    const auto wait_us = static_cast<double>(kind.waits_us.quantile(share));
    fmt::format_to(out, ",{}:{}", in_quotes(label), in_json(kind.arrivals, units(model, wait_us)));
  }
  fmt::format_to(out, ",\"service_level\":{},\"answered_by\":{{",
                 in_json(kind.arrivals, kind.share(kind.in_target)));
  for (std::size_t group = 0; group < model.groups.size(); ++group) {
    fmt::format_to(out, "{}{}:{}", group > 0 ? "," : "", in_quotes(model.groups[group].name),
                   kind.answered_by_group[group]);
  }
  fmt::format_to(out, "}}}}");
}

void json_group(Out out, const ModelGroup& of, const GroupFigures& group) {
  fmt::format_to(out,
                 "{{\"name\":{},\"agents\":{},\"occupancy\":{},\"occupancy_cv\":{},"
                 "\"time_by_count\":[",
                 in_quotes(of.name), of.agents, in_json(group.agents, group.occupancy),
                 in_json(group.agents, group.occupancy_cv));
  for (std::size_t count = 0; count < group.time_by_count.size(); ++count) {
    fmt::format_to(out, "{}{:.9f}", count > 0 ? "," : "", group.time_by_count[count]);
  }
  fmt::format_to(out, "]}}");
}

}  // namespace

std::string report_text(const Model& model, const ModelResult& result, double seconds) {
  std::string text;
  const Out out = std::back_inserter(text);
  fmt::format_to(out,
                 "policy {}, seed {}, {} arrivals, the first {:g} % left out; times in units "
                 "of {:g} s\n\n",
                 model.policy, model.seed, model.arrivals, 100.0 * model.warmup, model.time_unit_s);
  show_waits(out, model, result);
  show_service(out, model, result);
  show_groups(out, model, result);
  const KindFigures all = result.statistics.all();
  if (all.refused + all.unserved > 0) {
    fmt::format_to(out, "\nrefused {}, never answered {}\n", all.refused, all.unserved);
  }
  fmt::format_to(out, "\ndigest {:016x}, waits {:016x}\n", result.digest,
                 result.statistics.waits_hash());
  fmt::format_to(out, "{} records and {} events in {:.2f} s: {:.0f} events/s\n", result.records,
                 result.events, seconds, static_cast<double>(result.events) / seconds);
  return text;
}

std::string report_json(const Model& model, const ModelResult& result, double seconds) {
  std::string text;
  const Out out = std::back_inserter(text);
  fmt::format_to(out,
                 "{{\"policy\":{},\"seed\":{},\"arrivals\":{},\"warmup\":{:g},"
                 "\"time_unit_s\":{:g},\"classes\":[",
                 in_quotes(model.policy), model.seed, model.arrivals, model.warmup,
                 model.time_unit_s);
  for_each_class(model, result, [&](std::size_t i, const auto& name, const KindFigures& kind) {
    if (i == model.classes.size()) return;
    fmt::format_to(out, "{}", i > 0 ? "," : "");
    json_class(out, model, name, kind);
  });
  fmt::format_to(out, "],\"all\":");
  json_class(out, model, "all", result.statistics.all());
  fmt::format_to(out, ",\"groups\":[");
  for (std::size_t i = 0; i < model.groups.size(); ++i) {
    fmt::format_to(out, "{}", i > 0 ? "," : "");
    json_group(out, model.groups[i], result.groups[i]);
  }
  fmt::format_to(out,
                 "],\"digest\":\"{:016x}\",\"waits\":\"{:016x}\",\"records\":{},"
                 "\"events\":{},\"seconds\":{:.3f},\"events_per_second\":{:.0f}}}\n",
                 result.digest, result.statistics.waits_hash(), result.records, result.events,
                 seconds, static_cast<double>(result.events) / seconds);
  return text;
}

}  // namespace usher::sim
