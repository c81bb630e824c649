// `usher-load blast`: as many commands as go through, end to end, and beside it what bare libzmq
// does with the same frames. Each conversation is opened, accepted, answered and closed at once.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "bench/usher_load/role.h"
#include "bench/usher_load/signals.h"
#include "bench/usher_load/zmq_baseline.h"

namespace usher::load {
namespace {

using namespace std::chrono_literals;

constexpr double baseline_s = 2.0;
constexpr std::uint32_t chats_per_agent = 3;

class Blast {
 public:
  explicit Blast(const BlastRoleOptions& options);
  int run();

 private:
  void define_roster();
  void open_due(std::int64_t now);
  void open(std::int64_t due_ns);
  void loop();
  void end();
  void see(const Event& event);
  void report_frames(Report& report);

  const BlastRoleOptions& options_;
  std::unique_ptr<CheckProcess> check_;  // before the desk: it starts without a ZeroMQ context
  Figures figures_;
  Desk desk_;
  client::Open prototype_;
  std::string prefix_;
  std::vector<Id> agents_;
  std::uint64_t opened_ = 0;
  std::uint64_t ended_ = 0;
  std::int64_t start_ns_ = 0;
  double seconds_ = 0.0;
  bool measuring_ = false;
  client::Statistics statistics_;  // of the measured part
  WireBytes wire_;
};

Blast::Blast(const BlastRoleOptions& options)
    : options_(options),
      check_(options.check ? std::make_unique<CheckProcess>(options.endpoints, options.over_slots)
                           : nullptr),
      figures_(1.0),
      desk_(options.endpoints, options.origin,
            {.event = [this](const Event& event) { see(event); },
             .opened =
                 [this](const Id& conversation) {
                   if (check_) check_->acknowledged(conversation);
                 }}),
      prefix_(draw_prefix()) {}

int Blast::run() {
  desk_.connect();
  define_roster();
  if (check_) check_->begin();
  figures_.know_classes(ask_status(options_.endpoints).classes);
  loop();
  end();
  Report report{.role = "blast",
                .seed = options_.seed,
                .seconds = seconds_,
                .figures = &figures_,
                .traffic = &desk_.traffic(),
                .names = &desk_.client().dictionary()};
  report_frames(report);
  if (check_) report.findings = end_check(*check_, options_.endpoints);
  return print_report(report, desk_, options_.json);
}

void Blast::define_roster() {
  const std::uint16_t language = desk_.number(NameKind::skill, "en");
  const std::uint16_t channel = desk_.number(NameKind::channel, "chat");
  prototype_.channel = channel;
  prototype_.category = desk_.number(NameKind::category, "how-to");
  prototype_.language = language;
  prototype_.tier = desk_.number(NameKind::tier, "regular");
  for (std::uint32_t index = 0; index < options_.agents; ++index) {
    client::DefineAgent agent;
    agent.agent = *Id::parse(fmt::format("blast-{:06}", index + 1));
    agent.group = desk_.number_if_known(NameKind::group, "frontline");
    agent.skills = {{language, 8}};
    agent.holds = {{channel, chats_per_agent}};
    agents_.push_back(agent.agent);
    desk_.send(std::move(agent));
    desk_.send(client::SignIn{.agent = agents_.back()});
  }
  if (!desk_.settle(60s) || desk_.traffic().refused != 0) {
    throw std::runtime_error(fmt::format("the roster was not taken: {} of {} commands refused",
                                         desk_.traffic().refused, 2 * options_.agents));
  }
  desk_.set_traffic({});
}

void Blast::open(std::int64_t due_ns) {
  ++opened_;
  prototype_.conversation = *Id::parse(fmt::format("{}{:07x}", prefix_, opened_));
  desk_.send(prototype_, due_ns);
}

// With a rate, what should have been opened by now is opened, however late usherd is: its latency
// counts from when it was due. Without one, as many are under way as were asked for.
void Blast::open_due(std::int64_t now) {
  if (options_.rate_per_second == 0.0) {
    const std::uint32_t under_way = std::min(options_.under_way, options_.agents * chats_per_agent);
    while (opened_ - ended_ < under_way) open(now);
    return;
  }
  const double gap_ns = 1e9 / options_.rate_per_second;
  for (;;) {
    const auto due_ns =
        start_ns_ + static_cast<std::int64_t>(static_cast<double>(opened_) * gap_ns);
    if (due_ns > now) return;
    open(due_ns);
  }
}

void Blast::loop() {
  const client::Statistics before = desk_.client().statistics();
  const WireBytes wire_before = wire_bytes_to(options_.endpoints.commands);
  start_ns_ = now_ns();
  measuring_ = true;
  const std::int64_t end_ns = start_ns_ + static_cast<std::int64_t>(options_.for_seconds * 1e9);
  for (std::int64_t now = start_ns_; now < end_ns && !stop_requested(); now = now_ns()) {
    if (desk_.client().state() == client::State::failed) {
      throw std::runtime_error(desk_.client().problem());
    }
    open_due(now);
    desk_.client().flush();
    if (check_) check_->flush();
    wait_for_desk(desk_, std::min(end_ns, now + 1'000'000));
  }
  seconds_ = static_cast<double>(now_ns() - start_ns_) / 1e9;
  const client::Statistics& after = desk_.client().statistics();
  const WireBytes wire_after = wire_bytes_to(options_.endpoints.commands);
  statistics_.commands_sent = after.commands_sent - before.commands_sent;
  statistics_.frames_sent = after.frames_sent - before.frames_sent;
  statistics_.frames_received = after.frames_received - before.frames_received;
  wire_ = {.sent = wire_after.sent - wire_before.sent,
           .received = wire_after.received - wire_before.received};
}

// What is open is served to its end, outside the measured time; then everybody goes.
void Blast::end() {
  const std::int64_t until = now_ns() + 20'000'000'000;
  const Traffic measured = desk_.traffic();
  const std::uint64_t events = figures_.events;
  while (ended_ < opened_ && now_ns() < until) {
    desk_.client().flush();
    wait_for_desk(desk_, now_ns() + 10'000'000);
  }
  figures_.events = events;
  for (const Id& agent : agents_) desk_.send(client::SignOff{.agent = agent});
  if (!desk_.settle(20s)) {
    throw std::runtime_error(
        fmt::format("{} commands were not acknowledged within 20 s", desk_.under_way()));
  }
  desk_.set_traffic(measured);
}

void Blast::see(const Event& event) {
  if (!measuring_) return;
  figures_.see(event);
  switch (event.kind) {
    case EventKind::offered:
      desk_.send(client::Accept{
          .conversation = event.conversation, .agent = event.agent, .epoch = event.epoch});
      break;
    case EventKind::assigned:
      desk_.send(client::Replied{
          .conversation = event.conversation, .agent = event.agent, .epoch = event.epoch});
      desk_.send(client::Close{.conversation = event.conversation,
                               .agent = event.agent,
                               .epoch = event.epoch,
                               .outcome = client::CloseOutcome::solved});
      break;
    case EventKind::closed: ++ended_; break;
    default: break;
  }
}

void Blast::report_frames(Report& report) {
  const auto per = [](std::uint64_t whole, std::uint64_t parts) {
    return parts == 0 ? 0.0 : static_cast<double>(whole) / static_cast<double>(parts);
  };
  report.add("commands_per_frame", "commands in a frame",
             per(statistics_.commands_sent, statistics_.frames_sent), 1);
  report.add("frames_per_second", "frames to usherd, per second",
             static_cast<double>(statistics_.frames_sent) / seconds_, 0);
  report.add("bytes_per_frame", "bytes in such a frame", per(wire_.sent, statistics_.frames_sent),
             0);
  report.add("bytes_per_reply_frame", "bytes in a frame from usherd",
             per(wire_.received, statistics_.frames_received), 0);
  // At a given rate usherd is not at its limit, and a ratio would say nothing.
  if (!options_.baseline || options_.rate_per_second != 0.0) return;
  if (wire_.sent == 0 || statistics_.frames_received == 0) return;
  const FrameShape shape{
      .request_bytes = wire_.sent / statistics_.frames_sent,
      .reply_bytes = wire_.received / statistics_.frames_received,
      .replies_per_request = per(statistics_.frames_received, statistics_.frames_sent)};
  const BaselineResult bare = run_zmq_baseline(shape, baseline_s);
  const double usherd = static_cast<double>(statistics_.frames_sent) / seconds_;
  report.add("zmq_frames_per_second", "bare libzmq, the same frames, /s", bare.requests_per_second,
             0);
  report.add("share_of_zmq", "usherd ÷ bare libzmq", usherd / bare.requests_per_second, 3);
}

}  // namespace

int run_blast(const BlastRoleOptions& options) { return Blast(options).run(); }

}  // namespace usher::load
