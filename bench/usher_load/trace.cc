#include "bench/usher_load/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <span>

namespace usher::load {
namespace {

// One line of a file, cut at its commas.
class Line {
 public:
  Line(const std::string& path, std::size_t number, std::string_view text)
      : path_(path), number_(number) {
    for (;;) {
      const std::size_t comma = text.find(',');
      fields_.push_back(text.substr(0, comma));
      if (comma == std::string_view::npos) return;
      text.remove_prefix(comma + 1);
    }
  }

  void want_fields(std::size_t count) const {
    if (fields_.size() != count) fail(fmt::format("{} fields", count), fields_.size());
  }

  template <class T>
  [[nodiscard]] T number(std::size_t field, T from, T to) const {
    const std::string_view text = fields_[field];
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < from || value > to) {
      fail(fmt::format("a number from {} to {} as field {}", from, to, field + 1), text);
    }
    return value;
  }

  [[nodiscard]] std::string text(std::size_t field) const {
    if (fields_[field].empty()) fail(fmt::format("a name as field {}", field + 1), "");
    return std::string(fields_[field]);
  }

  template <class Found>
  [[noreturn]] void fail(const std::string& expected, const Found& found) const {
    throw TraceError(
        fmt::format("{}:{}: expected {}, found \"{}\"", path_, number_, expected, found));
  }

 private:
  const std::string& path_;
  std::size_t number_;
  std::vector<std::string_view> fields_;
};

// Calls row for every line but the header, which must be as given.
template <class Row>
void read_lines(const std::string& path, std::string_view header, Row&& row) {
  if (std::filesystem::is_directory(path)) {
    throw TraceError(fmt::format("{}: expected a CSV file, found a directory", path));
  }
  std::ifstream file(path);
  if (!file) throw TraceError(fmt::format("{}: cannot be opened", path));
  std::string text;
  std::size_t number = 1;
  for (; std::getline(file, text); ++number) {
    if (text.ends_with('\r')) text.pop_back();
    const Line line(path, number, text);
    if (number == 1) {
      if (text != header) line.fail(fmt::format("the header \"{}\"", header), text);
    } else {
      row(line);
    }
  }
  if (number == 1) {
    throw TraceError(
        fmt::format("{}:1: expected the header \"{}\", found an empty file", path, header));
  }
}

constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t days_max = 3660;
// A shift or a service may reach past midnight.
constexpr std::int64_t seconds_max = 2 * 86'400;

std::int64_t read_day(const Line& line) { return line.number<std::int64_t>(0, 0, days_max); }

std::int64_t read_ms(const Line& line, std::size_t field) {
  return line.number<std::int64_t>(field, 0, seconds_max) * second_ms;
}

std::vector<std::string> split_skills(const std::string& text) {
  std::vector<std::string> skills;
  std::string_view rest = text;
  for (;;) {
    const std::size_t plus = rest.find('+');
    skills.emplace_back(rest.substr(0, plus));
    if (plus == std::string_view::npos) return skills;
    rest.remove_prefix(plus + 1);
  }
}

std::vector<Call> read_calls(const TraceFiles& files, std::int64_t days) {
  std::vector<Call> calls;
  read_lines(files.calls, "day,weekday,t,type,priority,served,wait,service", [&](const Line& line) {
    line.want_fields(8);
    const std::int64_t day = read_day(line);
    if (day >= days) return;
    const int priority = line.number(4, -1, 99);
    calls.push_back({.at_ms = day * day_ms + read_ms(line, 2),
                     .day = day,
                     .weekday = static_cast<std::uint8_t>(line.number(1, 0, 6)),
                     .type = line.text(3),
                     .vip = priority == 2,
                     .priority_known = priority >= 0,
                     .served = line.number(5, 0, 1) == 1,
                     .wait_ms = read_ms(line, 6),
                     .service_ms = read_ms(line, 7)});
  });
  // Calls of one second keep the order of the file.
  std::stable_sort(calls.begin(), calls.end(),
                   [](const Call& a, const Call& b) { return a.at_ms < b.at_ms; });
  return calls;
}

std::vector<Shift> read_shifts(const TraceFiles& files, std::int64_t days) {
  std::vector<Shift> shifts;
  read_lines(files.shifts, "day,on,off,server,skills", [&](const Line& line) {
    line.want_fields(5);
    const std::int64_t day = read_day(line);
    if (day >= days) return;
    Shift shift{.day = day,
                .on_ms = day * day_ms + read_ms(line, 1),
                .off_ms = day * day_ms + read_ms(line, 2),
                .agent = line.text(3),
                .skills = split_skills(line.text(4))};
    if (shift.off_ms <= shift.on_ms) line.fail("a shift that ends after it begins", line.text(2));
    shifts.push_back(std::move(shift));
  });
  std::sort(shifts.begin(), shifts.end(), [](const Shift& a, const Shift& b) {
    return std::tie(a.on_ms, a.agent) < std::tie(b.on_ms, b.agent);
  });
  return shifts;
}

std::vector<std::pair<std::string, PatienceCurve>> read_curves(const std::string& path) {
  std::map<std::string, std::vector<PatienceCurve::Point>> points;
  read_lines(path, "type,t,S", [&](const Line& line) {
    line.want_fields(3);
    const std::int64_t at = read_ms(line, 1);
    // libstdc++ 12 reads a double by from_chars without a locale.
    const double survival = line.number(2, 0.0, 1.0);
    auto& curve = points[line.text(0)];
    if (!curve.empty() && (at <= curve.back().at_ms || survival > curve.back().survival)) {
      line.fail("later times with falling shares", line.text(2));
    }
    curve.push_back({at, survival});
  });
  std::vector<std::pair<std::string, PatienceCurve>> curves;
  curves.reserve(points.size());
  for (auto& [type, curve] : points) curves.emplace_back(type, PatienceCurve(std::move(curve)));
  return curves;
}

// A file that was cut short would quietly give days on which nobody works, or callers who wait for
// ever.
void want_the_rest(const TraceFiles& files, const Trace& trace) {
  if (!trace.calls.empty() && trace.shifts.empty()) {
    throw TraceError(fmt::format("{}: expected shifts, found none", files.shifts));
  }
  if (files.patience.empty()) return;
  std::map<std::string_view, std::size_t> counts;
  for (const Call& call : trace.calls) ++counts[call.type];
  for (const auto& [type, count] : counts) {
    if (trace.curve(type) != nullptr) continue;
    throw TraceError(
        fmt::format("{}: expected a survival curve of type \"{}\", of which {} has {} "
                    "call{}, found none",
                    files.patience, type, files.calls, count, count == 1 ? "" : "s"));
  }
}

}  // namespace

double PatienceCurve::survival(std::int64_t at_ms) const {
  const auto after =
      std::upper_bound(points_.begin(), points_.end(), at_ms,
                       [](std::int64_t at, const Point& point) { return at < point.at_ms; });
  return after == points_.begin() ? 1.0 : std::prev(after)->survival;
}

std::int64_t PatienceCurve::given_waited(std::int64_t waited_ms, double unit) const {
  const double wanted = unit * survival(waited_ms);
  const auto left = std::partition_point(points_.begin(), points_.end(), [&](const Point& point) {
    return point.at_ms <= waited_ms || point.survival > wanted;
  });
  if (left != points_.end()) return left->at_ms;
  const std::int64_t end = points_.empty() ? 0 : points_.back().at_ms;
  return std::max(end, waited_ms) + second_ms;
}

const PatienceCurve* Trace::curve(std::string_view type) const {
  const auto found = std::find_if(curves.begin(), curves.end(),
                                  [&](const auto& entry) { return entry.first == type; });
  return found == curves.end() ? nullptr : &found->second;
}

Trace read_trace(const TraceFiles& files) {
  const std::int64_t days = files.days == 0 ? days_max + 1 : files.days;
  Trace trace;
  trace.calls = read_calls(files, days);
  trace.shifts = read_shifts(files, days);
  if (!files.patience.empty()) trace.curves = read_curves(files.patience);
  want_the_rest(files, trace);
  return trace;
}

std::vector<PlannedCall> plan_calls(const Trace& trace, std::uint64_t seed) {
  std::map<std::string, std::vector<std::int64_t>> services;
  for (const Call& call : trace.calls) {
    if (call.served) services[call.type].push_back(call.service_ms);
  }
  const Random chance(seed);
  std::vector<PlannedCall> planned;
  planned.reserve(trace.calls.size());
  for (const Call& call : trace.calls) {
    Random draw = chance.fork(planned.size());
    PlannedCall plan{.at_ms = call.at_ms, .type = call.type, .vip = call.vip};
    if (call.served) {
      const PatienceCurve* curve = trace.curve(call.type);
      plan.service_ms = call.service_ms;
      plan.patience_ms =
          curve == nullptr ? call.wait_ms + day_ms : curve->given_waited(call.wait_ms, draw.unit());
    } else {
      const auto& served = services[call.type];
      plan.patience_ms = call.wait_ms;
      plan.service_ms = served.empty() ? 0 : served[draw.below(served.size())];
    }
    planned.push_back(std::move(plan));
  }
  return planned;
}

std::vector<Shift> joined(const std::vector<Shift>& shifts) {
  std::map<std::string, std::vector<Shift>> by_agent;
  for (const Shift& shift : shifts) {
    std::vector<Shift>& own = by_agent[shift.agent];
    if (!own.empty() && shift.on_ms <= own.back().off_ms) {
      if (shift.skills == own.back().skills) {
        own.back().off_ms = std::max(own.back().off_ms, shift.off_ms);
        continue;
      }
      own.back().off_ms = shift.on_ms;
    }
    own.push_back(shift);
  }
  std::vector<Shift> all;
  for (auto& [agent, own] : by_agent) {
    all.insert(all.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  }
  // The agents of one instant stay in the order of their names.
  std::ranges::stable_sort(all, {}, &Shift::on_ms);
  return all;
}

double abandoned_share(const Trace& trace) {
  const auto left = std::count_if(trace.calls.begin(), trace.calls.end(),
                                  [](const Call& call) { return !call.served; });
  return trace.calls.empty() ? 0.0
                             : static_cast<double>(left) / static_cast<double>(trace.calls.size());
}

}  // namespace usher::load
