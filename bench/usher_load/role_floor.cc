// `usher-load floor`, `customers` and `agents`: people at work on the real clock.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

#include "bench/usher_load/floor_plan.h"
#include "bench/usher_load/live.h"
#include "bench/usher_load/role.h"
#include "bench/usher_load/signals.h"

namespace usher::load {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::int64_t minute_ms = 60'000;

class Floor {
 public:
  enum class Sides : std::uint8_t { both, customers, agents };

  Floor(const FloorRoleOptions& options, Sides sides);
  int run();

 private:
  void begin();
  void define_roster();
  void find_roster();
  void schedule_people();
  void loop();
  void end();
  void draw(std::int64_t now);
  void see(const Event& event);
  [[nodiscard]] std::int64_t now_ms() const { return (now_ns() - start_ns_) / ms_ns; }
  [[nodiscard]] std::int64_t real_ms(double floor_ms) const {
    return static_cast<std::int64_t>(floor_ms / options_.compress);
  }

  const FloorRoleOptions& options_;
  Sides sides_;
  // Of a floor only: when others are on the floor too, their work is not ours to count. Declared
  // before the desk, because it must start before there is a ZeroMQ context.
  std::unique_ptr<CheckProcess> check_;
  Figures figures_;
  Desk desk_;
  Robots robots_;
  Live live_;
  std::optional<FloorPlan> plan_;
  std::vector<Id> people_;
  std::int64_t start_ns_ = 0;
  double seconds_ = 0.0;
  bool measuring_ = false;
};

Floor::Floor(const FloorRoleOptions& options, Sides sides)
    : options_(options),
      sides_(sides),
      check_(sides == Sides::both
                 ? std::make_unique<CheckProcess>(options.endpoints, options.over_slots)
                 : nullptr),
      figures_(options.compress),
      desk_(options.endpoints, options.origin,
            {.event = [this](const Event& event) { see(event); },
             .opened =
                 [this](const Id& conversation) {
                   if (check_) check_->acknowledged(conversation);
                 }}),
      robots_(floor_habits(options.compress), Random(options.seed),
              [this](Command command) { desk_.send(std::move(command)); }),
      live_(isatty(STDOUT_FILENO) != 0) {}

int Floor::run() {
  begin();
  loop();
  end();
  Report report{.role = sides_ == Sides::both        ? "floor"
                        : sides_ == Sides::customers ? "customers"
                                                     : "agents",
                .seed = options_.seed,
                .compress = options_.compress,
                .seconds = seconds_,
                .figures = &figures_,
                .traffic = &desk_.traffic(),
                .names = &desk_.client().dictionary()};
  if (check_) report.findings = end_check(*check_, options_.endpoints);
  report.add(
      "note", "time",
      fmt::format("waits and targets are the floor's, {:.0f} times faster than real; usherd's "
                  "own timers are not",
                  options_.compress));
  report.add("event_gaps", "gaps in our events, all filled",
             desk_.client().statistics().event_gaps);
  return print_report(report, desk_, options_.json);
}

void Floor::begin() {
  desk_.connect();
  if (sides_ == Sides::both) define_roster();
  if (sides_ == Sides::agents) find_roster();
  if (check_) check_->begin();
  figures_.know_classes(ask_status(options_.endpoints).classes);
  if (sides_ != Sides::agents) {
    plan_.emplace(FloorOptions{.seed = options_.seed,
                               .agents = options_.agents,
                               .compress = options_.compress,
                               .rate_per_second = options_.rate_per_second,
                               .start_hour = options_.start_hour,
                               .id_prefix = draw_prefix()},
                  numbers_of(desk_));
  }
  schedule_people();
  if (options_.live && !options_.json) {
    fmt::print(
        "{} people, {}; {:.0f} seconds of the floor pass in one second; seed {}\n", people_.size(),
        plan_ ? fmt::format("{:.0f} customers/s in the busiest half hour", plan_->rate_per_second())
              : "somebody else's customers",
        options_.compress, options_.seed);
  }
  start_ns_ = now_ns();
  measuring_ = true;
}

void Floor::define_roster() {
  for (client::DefineAgent& agent : floor_roster(options_.agents, numbers_of(desk_))) {
    people_.push_back(agent.agent);
    desk_.send(std::move(agent));
  }
  if (!desk_.settle(30s) || desk_.traffic().refused != 0) {
    throw std::runtime_error(fmt::format("the roster was not taken: {} of {} definitions refused",
                                         desk_.traffic().refused, options_.agents));
  }
}

// Agents that operators have defined and that nobody has signed in.
void Floor::find_roster() {
  client::Queries queries(
      {.endpoint = options_.endpoints.queries, .pool = options_.endpoints.pool});
  const auto found = queries.snapshot();
  const auto* snapshot = std::get_if<client::Snapshot>(&found);
  if (snapshot == nullptr) throw std::runtime_error(std::get<client::Failure>(found).text);
  for (const client::Agent& agent : snapshot->agents) {
    if (people_.size() == options_.agents) break;
    if (agent.presence == Presence::offline || agent.presence == Presence::none) {
      people_.push_back(agent.agent);
    }
  }
  if (people_.size() < options_.agents) {
    throw std::runtime_error(fmt::format("{} agents of the roster are free to sign in, {} wanted",
                                         people_.size(), options_.agents));
  }
}

// Everybody comes in the first floor minute, and has a break of about ten minutes every two hours.
void Floor::schedule_people() {
  const std::uint16_t reason = desk_.number_if_known(NameKind::reason, "break");
  Random chance = Random(options_.seed).fork(0xB4EA);
  for (const Id& agent : people_) {
    robots_.schedule_come(real_ms(chance.unit() * minute_ms), agent);
    constexpr int breaks = 12;
    for (int turn = 0; turn < breaks; ++turn) {
      const double at = (turn + chance.unit()) * 120.0 * minute_ms + 2.0 * minute_ms;
      const double length = (5.0 + chance.unit() * 10.0) * minute_ms;
      robots_.schedule_break(real_ms(at), real_ms(length), agent, reason);
    }
  }
}

void Floor::loop() {
  std::optional<Arrival> next;
  if (plan_) next = plan_->next();
  const std::int64_t end_ns =
      options_.for_seconds > 0.0 ? start_ns_ + static_cast<std::int64_t>(options_.for_seconds * 1e9)
                                 : INT64_MAX;
  while (!stop_requested()) {
    const std::int64_t now = now_ns();
    if (now >= end_ns) break;
    if (desk_.client().state() == client::State::failed) {
      throw std::runtime_error(desk_.client().problem());
    }
    while (next && next->at_ms <= now_ms()) {
      robots_.arrive(*next);
      next = plan_->next();
    }
    robots_.run(now_ms());
    desk_.client().flush();
    if (check_) check_->flush();
    if (options_.live && !options_.json && live_.due(now)) draw(now);
    std::int64_t until_ns = std::min(end_ns, now + 50 * ms_ns);
    if (next) until_ns = std::min(until_ns, start_ns_ + next->at_ms * ms_ns);
    if (robots_.has_due()) {
      until_ns = std::min(until_ns, start_ns_ + robots_.next_due_ms() * ms_ns);
    }
    wait_for_desk(desk_, until_ns);
  }
  seconds_ = static_cast<double>(now_ns() - start_ns_) / 1e9;
  if (options_.live && !options_.json) draw(now_ns());
}

// The figures are those of the end of the measured time; then everybody goes home, so that nothing
// of this run stays behind in usherd.
void Floor::end() {
  // Nobody goes home with a question open: what is under way is still counted.
  const bool answered = desk_.settle(10s);
  measuring_ = false;
  robots_.go_home();
  if (!answered || !desk_.settle(10s)) {
    throw std::runtime_error(
        fmt::format("{} commands were not acknowledged within 10 s", desk_.under_way()));
  }
}

void Floor::see(const Event& event) {
  if (!measuring_) return;
  figures_.see(event);
  robots_.see(now_ms(), event);
}

void Floor::draw(std::int64_t now) {
  const std::int64_t at_ms = now_ms();
  const double floor_s = static_cast<double>(at_ms) / 1000.0 * options_.compress;
  live_.draw(now, {.figures = &figures_,
                   .traffic = &desk_.traffic(),
                   .names = &desk_.client().dictionary(),
                   .people = robots_.people(),
                   .compress = options_.compress,
                   .hour = options_.start_hour + floor_s / 3600.0,
                   .real_s = static_cast<double>(at_ms) / 1000.0,
                   .listing = plan_ && floor_s >= Listing::begin_s && floor_s < Listing::end_s});
}

}  // namespace

int run_floor(const FloorRoleOptions& options) { return Floor(options, Floor::Sides::both).run(); }

int run_customers(const FloorRoleOptions& options) {
  return Floor(options, Floor::Sides::customers).run();
}

int run_agents(const FloorRoleOptions& options) {
  return Floor(options, Floor::Sides::agents).run();
}

}  // namespace usher::load
