// `usher-load trace`: a call centre's trace against a usherd whose time is ours (--clock client),
// in lock-step: time moves only when everything of the present instant is acknowledged and its
// events were seen. Offers, wrap-up and deadlines then last what they should, at any speed.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "bench/usher_load/robots.h"
#include "bench/usher_load/role.h"
#include "bench/usher_load/signals.h"

namespace usher::load {
namespace {

using namespace std::chrono_literals;

// What a trace's types are called in config/bank.toml.
constexpr std::string_view channel_name = "voice";
constexpr std::uint8_t skill_level = 5;

class TraceRun {
 public:
  explicit TraceRun(const TraceRoleOptions& options);
  int run();

 private:
  void schedule_shifts();
  const client::DefineAgent* definition_of(const Shift& shift);
  void define_roster();
  [[nodiscard]] Arrival arrival_of(const PlannedCall& call, std::size_t index) const;
  void replay();
  std::uint64_t live_through(std::int64_t at_ms);
  void report_time(Report& report, const client::Status& status) const;
  void report_trace(Report& report) const;

  const TraceRoleOptions& options_;
  Trace trace_;
  std::vector<PlannedCall> calls_;
  std::unique_ptr<CheckProcess> check_;  // before the desk: it starts without a ZeroMQ context
  Figures figures_;
  Desk desk_;
  Robots robots_;
  // By agent and skills: what its shifts define; a map, so that the addresses stay.
  std::map<std::pair<std::string, std::vector<std::string>>, client::DefineAgent> definitions_;
  std::map<std::string, std::uint16_t> numbers_;  // of the types, as categories
  std::size_t next_call_ = 0;
  std::int64_t now_ms_ = 0;   // of the trace
  std::int64_t base_ms_ = 0;  // pool time at which the trace begins
  std::int64_t begin_ns_ = 0;
  double seconds_ = 0.0;
  std::uint16_t vip_ = 0;
  std::uint16_t channel_ = 0;
};

Habits trace_habits(const TraceRoleOptions& options) {
  return {.accept = {.median_ms = options.accept_s * 1000.0},
          .reply = {.median_ms = options.reply_s * 1000.0},
          .recover_ms = 1000};
}

TraceRun::TraceRun(const TraceRoleOptions& options)
    : options_(options),
      trace_(read_trace(options.files)),
      calls_(plan_calls(trace_, options.seed)),
      check_(std::make_unique<CheckProcess>(options.endpoints, options.over_slots)),
      figures_(1.0),
      desk_(options.endpoints, options.origin,
            {.event =
                 [this](const Event& event) {
                   figures_.see(event);
                   robots_.see(now_ms_, event);
                 },
             .opened = [this](const Id& conversation) { check_->acknowledged(conversation); }}),
      robots_(trace_habits(options), Random(options.seed).fork(0x0B07),
              [this](Command command) { desk_.send(std::move(command)); }) {}

int TraceRun::run() {
  desk_.connect();
  define_roster();
  check_->begin();
  const client::Status before = ask_status(options_.endpoints);
  figures_.know_classes(before.classes);
  base_ms_ = before.pool_ms;
  schedule_shifts();
  begin_ns_ = now_ns();
  replay();
  seconds_ = static_cast<double>(now_ns() - begin_ns_) / 1e9;
  const client::Status after = ask_status(options_.endpoints);
  Report report{.role = "trace",
                .seed = options_.seed,
                .seconds = seconds_,
                .figures = &figures_,
                .traffic = &desk_.traffic(),
                .names = &desk_.client().dictionary()};
  report_trace(report);
  report_time(report, after);
  report.findings = end_check(*check_, options_.endpoints);
  return print_report(report, desk_, options_.json);
}

// One definition for every set of skills an agent has in its shifts. Those of most never change;
// who has other skills in another shift is defined anew when that shift begins.
const client::DefineAgent* TraceRun::definition_of(const Shift& shift) {
  const auto [found, added] = definitions_.try_emplace({shift.agent, shift.skills});
  client::DefineAgent& agent = found->second;
  if (added) {
    const std::optional<Id> id = Id::parse(shift.agent);
    if (!id) throw std::runtime_error(fmt::format("\"{}\" is no name of an agent", shift.agent));
    agent.agent = *id;
    for (const std::string& skill : shift.skills) {
      agent.skills.push_back({desk_.number(NameKind::skill, skill), skill_level});
    }
    agent.holds = {{desk_.number(NameKind::channel, channel_name), 1}};
  }
  return &agent;
}

void TraceRun::define_roster() {
  channel_ = desk_.number(NameKind::channel, channel_name);
  vip_ = desk_.number(NameKind::tier, "vip");
  for (const Call& call : trace_.calls) {
    if (!numbers_.contains(call.type)) {
      numbers_.emplace(call.type, desk_.number(NameKind::category, call.type));
    }
  }
  std::set<std::string> defined;
  for (const Shift& shift : trace_.shifts) {
    const client::DefineAgent* definition = definition_of(shift);
    if (defined.insert(shift.agent).second) desk_.send(*definition);
  }
  if (!desk_.settle(30s) || desk_.traffic().refused != 0) {
    throw std::runtime_error(fmt::format("the roster was not taken: {} of {} definitions refused",
                                         desk_.traffic().refused, defined.size()));
  }
}

void TraceRun::schedule_shifts() {
  std::map<std::string, const client::DefineAgent*> known;
  for (const Shift& shift : joined(trace_.shifts)) {
    const client::DefineAgent* definition = definition_of(shift);
    const client::DefineAgent*& last = known[shift.agent];
    const bool changed = last != nullptr && last != definition;
    last = definition;
    robots_.schedule_come(shift.on_ms, definition->agent, changed ? definition : nullptr);
    robots_.schedule_leave(shift.off_ms, definition->agent);
  }
}

Arrival TraceRun::arrival_of(const PlannedCall& call, std::size_t index) const {
  Arrival arrival{
      .at_ms = call.at_ms, .patience_ms = call.patience_ms, .service_ms = call.service_ms};
  arrival.open.conversation = *Id::parse(fmt::format("call-{:08}", index + 1));
  arrival.open.channel = channel_;
  arrival.open.category = numbers_.at(call.type);
  if (call.vip) arrival.open.tier = vip_;
  return arrival;
}

// Everything of one instant: timers of usherd, what people do, and what they do about what came of
// it, until nothing more happens. Returns usherd's next deadline in trace time; 0 = none.
std::uint64_t TraceRun::live_through(std::int64_t at_ms) {
  now_ms_ = at_ms;
  std::uint64_t deadline = desk_.advance(base_ms_ + at_ms);
  for (;;) {
    const std::uint64_t before = desk_.traffic().commands;
    while (next_call_ < calls_.size() && calls_[next_call_].at_ms <= at_ms) {
      robots_.arrive(arrival_of(calls_[next_call_], next_call_));
      ++next_call_;
    }
    robots_.run(at_ms);
    if (desk_.traffic().commands == before) return deadline;
    deadline = desk_.advance(base_ms_ + at_ms);
  }
}

void TraceRun::replay() {
  std::int64_t at_ms = 0;
  for (;;) {
    const std::uint64_t deadline = live_through(at_ms);
    check_->flush();
    if (stop_requested()) throw std::runtime_error("stopped before the end of the trace");
    std::int64_t next = INT64_MAX;
    if (next_call_ < calls_.size()) next = calls_[next_call_].at_ms;
    if (robots_.has_due()) next = std::min(next, robots_.next_due_ms());
    if (deadline != 0) {
      next = std::min(next, static_cast<std::int64_t>(deadline) - base_ms_);
    }
    // Nothing is to come, and no conversation is open: timers that remain concern no call.
    if (next == INT64_MAX ||
        (next_call_ == calls_.size() && !robots_.has_due() && figures_.open() == 0)) {
      return;
    }
    at_ms = std::max(next, at_ms);
  }
}

void TraceRun::report_trace(Report& report) const {
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> types;  // left, of all
  std::uint64_t left = 0;
  double waited = 0.0;
  for (const Call& call : trace_.calls) {
    auto& [of_type, all] = types[call.type];
    ++all;
    waited += static_cast<double>(call.wait_ms);
    if (call.served) continue;
    ++of_type;
    ++left;
  }
  const auto share = [](std::uint64_t part, std::uint64_t all) {
    return all == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
  };
  const ClassFigures total = figures_.total();
  const std::uint64_t ended = total.answered + total.abandoned;
  report.add("calls", "calls of the trace", trace_.calls.size());
  report.add("ended", "of them ended, here", ended);
  report.add("abandoned_percent", "hung up, here, %", share(total.abandoned, ended), 2);
  report.add("trace_abandoned_percent", "hung up, in the trace, %", 100.0 * abandoned_share(trace_),
             2);
  report.add("difference_points", "difference, percentage points",
             share(total.abandoned, ended) - 100.0 * abandoned_share(trace_), 2);
  const double here = total.wait.mean() * static_cast<double>(total.wait.count()) +
                      total.left_wait.mean() * static_cast<double>(total.left_wait.count());
  report.add("mean_wait_s", "mean wait of all, here, s",
             here / 1000.0 / static_cast<double>(std::max<std::uint64_t>(ended, 1)), 1);
  report.add("trace_mean_wait_s", "mean wait of all, in the trace, s",
             waited / 1000.0 / static_cast<double>(std::max<std::size_t>(trace_.calls.size(), 1)),
             1);
  std::string by_type;
  for (const auto& [type, counts] : types) {
    by_type += fmt::format("{}{} {:.1f}", by_type.empty() ? "" : ", ", type,
                           share(counts.first, counts.second));
  }
  report.add("trace_abandoned_by_type", "the trace by type, %", by_type);
}

void TraceRun::report_time(Report& report, const client::Status& status) const {
  const double simulated_s = static_cast<double>(now_ms_) / 1000.0;
  report.add("simulated_s", "seconds of the trace", simulated_s, 0);
  report.add("times_real", "times faster than real", seconds_ > 0 ? simulated_s / seconds_ : 0.0,
             0);
  report.add("events", "events of the pool", status.sequence);
  report.add("digest", "digest of the state", fmt::format("{:016x}", status.digest));
  report.add("chain", "chain hash of all events", fmt::format("{:016x}", status.chain));
}

}  // namespace

int run_trace(const TraceRoleOptions& options) { return TraceRun(options).run(); }

}  // namespace usher::load
