#include "bench/usher_load/report.h"

#include <fmt/format.h>

#include "bench/usher_load/check_process.h"
#include "bench/usher_load/json.h"

namespace usher::load {
namespace {

std::string seconds_of(double ms) { return fmt::format("{:.1f}", ms / 1000.0); }

std::string class_name(const Report& report, std::uint16_t number) {
  return number == 0 ? "(no class)" : report.names->name(NameKind::service_class, number);
}

void add_class_row(std::string& table, const std::string& name, const ClassFigures& figures) {
  const auto quantile = [&](double share) {
    return seconds_of(static_cast<double>(figures.wait.quantile(share)));
  };
  table += fmt::format("  {:<16}{:>9}{:>10}{:>8}{:>9.1f} %{:>10}{:>10}{:>10}{:>10}\n", name,
                       figures.opened, figures.answered, figures.abandoned,
                       100.0 * figures.service_level(), seconds_of(figures.wait.mean()),
                       quantile(0.5), quantile(0.9), quantile(0.99));
}

std::string latency_row(std::string_view name, const Histogram& latency) {
  return fmt::format("  {:<34}{:>10}{:>10}{:>10}{:>10}{:>12}\n", name, latency.quantile(0.5),
                     latency.quantile(0.9), latency.quantile(0.99), latency.quantile(0.999),
                     latency.count());
}

JsonObject latency_json(const Histogram& latency) {
  JsonObject object;
  object.add("count", latency.count());
  object.add("mean", latency.mean());
  object.add("p50", latency.quantile(0.5));
  object.add("p90", latency.quantile(0.9));
  object.add("p99", latency.quantile(0.99));
  object.add("p999", latency.quantile(0.999));
  object.add("max", latency.max());
  return object;
}

JsonObject class_json(const ClassFigures& figures) {
  JsonObject object;
  object.add("opened", figures.opened);
  object.add("answered", figures.answered);
  object.add("abandoned", figures.abandoned);
  object.add("deferred", figures.deferred);
  object.add("unroutable", figures.unroutable);
  object.add("closed", figures.closed);
  object.add("target_ms", figures.target_ms);
  object.add("service_level", figures.service_level());
  object.add("wait_ms", latency_json(figures.wait));
  return object;
}

std::string refusals_of(const Traffic& traffic) {
  std::string text;
  for (std::size_t reason = 0; reason < traffic.reasons.size(); ++reason) {
    if (traffic.reasons[reason] == 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", traffic.reasons[reason],
                        wire::EnumNameRefusal(static_cast<client::Refusal>(reason)));
  }
  return text.empty() ? "none" : text;
}

double per_second(std::uint64_t count, double seconds) {
  return seconds > 0.0 ? static_cast<double>(count) / seconds : 0.0;
}

}  // namespace

void Report::add(std::string key, std::string words, std::uint64_t value) {
  const std::string text = fmt::format("{}", value);
  extras.push_back({std::move(key), std::move(words), text, text});
}

void Report::add(std::string key, std::string words, double value, int digits) {
  const std::string text = fmt::format("{:.{}f}", value, digits);
  extras.push_back({std::move(key), std::move(words), text, text});
}

void Report::add(std::string key, std::string words, std::string value) {
  const std::string json = JsonObject::quoted(value);
  extras.push_back({std::move(key), std::move(words), std::move(value), json});
}

std::string table_of(const Report& report) {
  const Figures& figures = *report.figures;
  std::string table =
      fmt::format("\n  {:<16}{:>9}{:>10}{:>8}{:>11}{:>10}{:>10}{:>10}{:>10}\n", "class", "opened",
                  "answered", "left", "in target", "mean s", "p50 s", "p90 s", "p99 s");
  for (const auto& [number, of_class] : figures.classes()) {
    if (of_class.opened == 0) continue;
    add_class_row(table, class_name(report, number), of_class);
  }
  const ClassFigures total = figures.total();
  add_class_row(table, "all", total);
  table += fmt::format(
      "\n  offers {}, lapsed {}, rejected {}; assignments {}, above capacity {}, taken back {}; "
      "deferred {},\n  unroutable {}, open at the end {}\n",
      figures.offers, figures.lapses, figures.rejects, figures.assignments, figures.over,
      figures.taken_back, total.deferred, total.unroutable, figures.open());
  const Traffic& traffic = *report.traffic;
  table +=
      fmt::format("  {:.0f} commands/s, {:.0f} events/s over {:.1f} s; refused: {}\n",
                  per_second(traffic.commands, report.seconds),
                  per_second(figures.events, report.seconds), report.seconds, refusals_of(traffic));
  table += fmt::format("\n  {:<34}{:>10}{:>10}{:>10}{:>10}{:>12}\n", "latency in microseconds",
                       "p50", "p90", "p99", "p99.9", "measured");
  table += latency_row("command to acknowledgement", traffic.acknowledged_us);
  table += latency_row("open to offer or assignment", traffic.placed_us);
  table += latency_row("accept to assignment", traffic.assigned_us);
  if (!report.extras.empty()) table += '\n';
  for (const Report::Extra& extra : report.extras) {
    table += fmt::format("  {:<34}{}\n", extra.words, extra.text);
  }
  table += fmt::format("  {:<34}{}\n", "seed", report.seed);
  if (!report.findings) return table;
  table += fmt::format("\n  the checker read {} events up to {}: {} violations\n",
                       report.findings->events, report.findings->last_sequence,
                       report.findings->total());
  for (std::size_t index = 0; index < violation_count; ++index) {
    if (report.findings->counts[index] == 0) continue;
    table += fmt::format("    {:<20}{}\n", name_of(static_cast<Violation>(index)),
                         report.findings->counts[index]);
  }
  for (const std::string& sentence : report.findings->first) table += "    " + sentence + "\n";
  return table;
}

std::string json_of(const Report& report) {
  const Figures& figures = *report.figures;
  const Traffic& traffic = *report.traffic;
  JsonObject object;
  object.add("role", report.role);
  object.add("seed", report.seed);
  object.add("compress", report.compress);
  object.add("seconds", report.seconds);
  const ClassFigures total = figures.total();
  object.raw("all", class_json(total).text());
  JsonObject classes;
  for (const auto& [number, of_class] : figures.classes()) {
    if (of_class.opened != 0) classes.add(class_name(report, number), class_json(of_class));
  }
  object.add("classes", classes);
  object.add("open_at_end", figures.open());
  object.add("offers", figures.offers);
  object.add("lapses", figures.lapses);
  object.add("rejects", figures.rejects);
  object.add("assignments", figures.assignments);
  object.add("above_capacity", figures.over);
  object.add("taken_back", figures.taken_back);
  object.add("commands", traffic.commands);
  object.add("refused", traffic.refused);
  object.add("commands_per_second", per_second(traffic.commands, report.seconds));
  object.add("events_per_second", per_second(figures.events, report.seconds));
  JsonObject latency;
  latency.add("acknowledgement", latency_json(traffic.acknowledged_us));
  latency.add("open_to_placed", latency_json(traffic.placed_us));
  latency.add("accept_to_assigned", latency_json(traffic.assigned_us));
  object.add("latency_us", latency);
  for (const Report::Extra& extra : report.extras) object.raw(extra.key, extra.json);
  if (report.findings) object.raw("checker", to_json(*report.findings));
  return object.text();
}

std::string last_line(const Findings& findings) {
  return fmt::format("routed {} conversations; {} lost, {} doubled, {} over capacity",
                     findings.routed, findings.count(Violation::lost), findings.doubled(),
                     findings.over());
}

std::string human_ms(std::int64_t ms) {
  if (ms < 1000) return fmt::format("{} ms", ms);
  const std::int64_t seconds = ms / 1000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{}:{:02} min", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02} h", seconds / 3600, seconds / 60 % 60);
}

}  // namespace usher::load
