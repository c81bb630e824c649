#include "bench/usher_load/live.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "bench/usher_load/report.h"

namespace usher::load {
namespace {

constexpr std::int64_t redraw_ns = 200'000'000;
constexpr std::int64_t plain_ns = 3'000'000'000;
constexpr std::size_t assignments_shown = 7;

constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view plain = "\x1b[0m";

std::string bar(double share, int width) {
  const int full = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * width));
  std::string text;
  for (int at = 0; at < width; ++at) text += at < full ? "█" : "░";
  return text;
}

std::string clock_of(double hour) {
  const int minutes = static_cast<int>(hour * 60.0) % (24 * 60);
  return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}

double ratio(std::uint32_t part, std::uint32_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string_view Live::paint(std::string_view colour) const {
  return terminal_ ? colour : std::string_view{};
}

void Live::draw(std::int64_t now_ns, const LiveState& state) {
  if (last_ns_ != 0) {
    const double passed = static_cast<double>(now_ns - last_ns_) / 1e9;
    const auto rate = [&](double& kept, std::uint64_t now, std::uint64_t before) {
      // Half old, half new: numbers that a person can read while they change.
      kept = (kept + static_cast<double>(now - before) / passed) / 2.0;
    };
    rate(commands_rate_, state.traffic->commands, last_commands_);
    rate(events_rate_, state.figures->events, last_events_);
    rate(assignments_rate_, state.figures->assignments, last_assignments_);
  }
  last_ns_ = now_ns;
  last_commands_ = state.traffic->commands;
  last_events_ = state.figures->events;
  last_assignments_ = state.figures->assignments;
  next_ns_ = now_ns + (terminal_ ? redraw_ns : plain_ns);
  if (!terminal_) {
    fmt::print("{}\n", line(state));
    std::fflush(stdout);
    return;
  }
  std::string picture = table(state);
  const auto lines = static_cast<std::size_t>(std::ranges::count(picture, '\n'));
  // Each line clears what stood there before; below the last one nothing may be left over.
  std::string output;
  if (lines_drawn_ != 0) output += fmt::format("\x1b[{}F", lines_drawn_);
  for (std::size_t at = 0; at < picture.size();) {
    const std::size_t end = picture.find('\n', at);
    output.append(picture, at, end - at);
    output += "\x1b[K\n";
    at = end + 1;
  }
  output += "\x1b[J";
  lines_drawn_ = lines;
  std::fwrite(output.data(), 1, output.size(), stdout);
  std::fflush(stdout);
}

std::string Live::table(const LiveState& state) const {
  return head(state) + classes(state) + assignments(state);
}

std::string Live::head(const LiveState& state) const {
  const std::uint32_t busy = state.people.on_duty - state.people.free;
  std::string text = fmt::format(
      "\n  {}usher{}  a support floor at {}{}{}, {:.0f} times faster than real{}\n", paint(bold),
      paint(plain), paint(bold), clock_of(state.hour), paint(plain), state.compress,
      state.listing
          ? fmt::format("   {}a coin is being listed: arrivals × 3{}", paint(yellow), paint(plain))
          : "");
  text += fmt::format("  people {:>5} on duty   {} {:>5} busy {:>5} free {:>4} away\n",
                      state.people.on_duty, bar(ratio(busy, state.people.on_duty), 24), busy,
                      state.people.free, state.people.away);
  text += fmt::format(
      "  {:.0f} assignments/s   {:.0f} commands/s   {:.0f} events/s   acknowledged "
      "in {} µs (p50), {} µs (p99)\n\n",
      assignments_rate_, commands_rate_, events_rate_, state.traffic->acknowledged_us.quantile(0.5),
      state.traffic->acknowledged_us.quantile(0.99));
  return text;
}

std::string Live::classes(const LiveState& state) const {
  std::string text = fmt::format("  {}{:<9}{:<16}{:>8}  {:>9}  {:>8}   {:<20}{:>10}{:>7}{}\n",
                                 paint(dim), "band", "class", "waiting", "oldest", "target",
                                 "in target", "answered", "left", paint(plain));
  std::vector<std::pair<std::uint16_t, const ClassFigures*>> rows;
  for (const auto& [number, figures] : state.figures->classes()) {
    if (number != 0) rows.emplace_back(number, &figures);
  }
  std::ranges::stable_sort(rows, {}, [](const auto& row) { return row.second->band; });
  for (const auto& [number, figures] : rows) {
    const double level = figures->service_level();
    const std::string_view colour = level >= 0.9 ? green : level >= 0.7 ? yellow : red;
    const bool urgent = figures->band == 1;
    const std::int64_t oldest = state.figures->oldest_ms(*figures);
    text += fmt::format("  {}{:<9}{:<16}{}{:>8}  {:>9}  {:>8}   {}{}{} {:>5.1f} %{:>10}{:>7}\n",
                        urgent ? paint(red) : paint(dim),
                        state.names->name(NameKind::band, figures->band),
                        state.names->name(NameKind::service_class, number), paint(plain),
                        figures->waiting.size(), figures->waiting.empty() ? "–" : human_ms(oldest),
                        human_ms(figures->target_ms), paint(colour), bar(level, 12), paint(plain),
                        100.0 * level, figures->answered, figures->abandoned);
  }
  return text;
}

std::string Live::assignments(const LiveState& state) const {
  std::string text = fmt::format(
      "\n  {}last assignments, incidents first (times are the floor's)"
      "{}\n",
      paint(dim), paint(plain));
  std::size_t shown = 0;
  const auto show = [&](const Assignment& assignment) {
    const bool urgent = assignment.band == 1;
    text += fmt::format(
        "  {}{:<16}{}{:<8} → {:<14} waited {:<10}{}\n", urgent ? paint(red) : std::string_view{},
        state.names->name(NameKind::service_class, assignment.service_class),
        urgent ? paint(plain) : std::string_view{},
        state.names->name(NameKind::channel, assignment.channel), assignment.agent.text(),
        human_ms(assignment.waited_ms), assignment.over ? " above capacity" : "");
    ++shown;
  };
  const auto& urgent = state.figures->last_urgent();
  for (std::size_t at = 0; at < urgent.size() && at < 3; ++at) show(urgent[at]);
  for (const Assignment& assignment : state.figures->last_others()) {
    if (shown < assignments_shown) show(assignment);
  }
  // The table keeps its height from the first picture on.
  for (; shown < assignments_shown; ++shown) text += '\n';
  return text;
}

std::string Live::line(const LiveState& state) const {
  const ClassFigures total = state.figures->total();
  std::uint64_t incidents = 0;
  for (const auto& [number, figures] : state.figures->classes()) {
    if (figures.band == 1) incidents += figures.answered;
  }
  return fmt::format(
      "{:6.1f} s  floor {}  {} on duty, {} free | waiting {}, oldest {} | answered {}, in target "
      "{:.1f} %, left {} | incidents {} | {:.0f} events/s",
      state.real_s, clock_of(state.hour), state.people.on_duty, state.people.free,
      total.waiting.size(), human_ms(state.figures->oldest_ms(total)), total.answered,
      100.0 * total.service_level(), total.abandoned, incidents, events_rate_);
}

}  // namespace usher::load
