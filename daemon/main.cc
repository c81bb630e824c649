// usherd: routes the conversations of one pool. Read main() as a table of contents.
//
// Exit codes: 0 stopped in good order, or --check found nothing; 1 the command line or the
// configuration is wrong; 2 could not start; 3 the journal failed; 4 could not stop in time; 5
// usherd crashed at what it would do again, and a person has to decide.

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "cli/options.h"
#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/journal_rocksdb.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/main_poison.h"
#include "daemon/pipeline.h"
#include "daemon/service.h"
#include "daemon/wire.h"

// An idle daemon gives memory back; two busy threads need no more arenas.
extern "C" const char* malloc_conf;
const char* malloc_conf =
    "background_thread:true,narenas:4,dirty_decay_ms:5000,muzzy_decay_ms:5000";

namespace usher {
namespace {

constexpr int wrong_input = 1;
constexpr int could_not_start = 2;
constexpr int journal_failed = 3;
constexpr int could_not_stop = 4;
constexpr int would_crash_again = 5;

constexpr std::size_t frames_per_turn_max = 256;
constexpr int steps_per_turn_max = 8;
constexpr std::int64_t drain_ns_max = 8'000'000'000;
constexpr std::int64_t debts_ns_max = 1'000'000'000;  // of it, for those who do not read
constexpr int linger_ms = 500;
constexpr std::int64_t recovery_step_ms = 30'000;  // far more than 8,192 events or a part take
constexpr int aside_niceness = 10;

struct CommandLine {
  std::string config;
  bool check = false;
  bool accept_torn_tail = false;
  bool seal = false;
  PoolClock clock = PoolClock::real;
};

// The command line, or what to exit with.
std::variant<CommandLine, int> read_command_line(int argc, char** argv) {
  CommandLine line;
  std::string clock = "real";
  CLI::App app("usherd: routes support conversations to people", "usherd");
  app.add_option("--config", line.config, "read this file; without it built-in defaults count")
      ->type_name("FILE");
  app.add_flag("--check", line.check, "only say whether the configuration is good");
  app.add_flag(
      "--accept-torn-tail", line.accept_torn_tail,
      "of a damaged journal take what stands before the damage; what is behind it is lost");
  app.add_flag("--seal", line.seal,
               "only keep the state that follows from the journal, so that another version can go "
               "on from it");
  app.add_option("--clock", clock, "client: pool time only moves when a client says so")
      ->check(CLI::IsMember({"real", "client"}))
      ->type_name("real|client");
  app.set_version_flag("--version", std::string("usherd ") + USHER_VERSION);
  app.footer(
      "Exit codes: 0 stopped in good order, 1 wrong command line or configuration, 2 could not\n"
      "start, 3 the journal failed, 4 could not stop in time, 5 would crash again as it did\n"
      "before: the log says at what, and what can be done.");
  if (const auto code = cli::parse(app, argc, argv, wrong_input)) return *code;
  if (clock == "client") line.clock = PoolClock::client;
  return line;
}

std::optional<Settings> read_settings(const std::string& path, std::span<const Name> known) {
  if (path.empty()) return default_configuration(known);
  auto read = read_configuration(path, known);
  if (auto* settings = std::get_if<Settings>(&read)) return std::move(*settings);
  for (const std::string& line : std::get<ConfigurationErrors>(read).lines) {
    fmt::print(stderr, "{}\n", line);
  }
  return std::nullopt;
}

std::uint64_t entropy() {
  std::uint64_t word = 0;
  CHECK(getentropy(&word, sizeof word) == 0);
  return word;
}

// By the client's clock the same trace gives the same state, ids of sessions included.
std::function<std::uint64_t()> session_ids(PoolClock clock) {
  if (clock == PoolClock::real) return entropy;
  return [count = std::uint64_t{0}]() mutable { return ++count; };
}

Status check_loopback(const Settings& settings) {
  for (const auto* endpoints :
       {&settings.commands_endpoints, &settings.events_endpoints, &settings.queries_endpoints}) {
    for (const std::string& endpoint : *endpoints) {
      if (endpoint.starts_with("ipc://") || endpoint.starts_with("tcp://127.") ||
          endpoint.starts_with("tcp://[::1]")) {
        continue;
      }
      return Status::trouble(fmt::format(
          "--clock client is for this machine only: endpoints must be tcp://127.0.0.1:PORT or "
          "ipc://PATH, found \"{}\"",
          endpoint));
    }
  }
  return {};
}

std::string state_directory(const Settings& settings) {
  if (!settings.state_directory.empty()) return settings.state_directory;
  const char* given = std::getenv("STATE_DIRECTORY");
  return given != nullptr && *given != '\0' ? given : "usher-data";
}

// --- reload ---

// What only a restart can change, by the keys of the file.
std::string unchangeable(const Settings& old, const Settings& wanted) {
  std::string keys;
  const auto note = [&](bool same, const char* key) {
    if (!same) keys += (keys.empty() ? "" : ", ") + std::string(key);
  };
  note(old.pool == wanted.pool, "server.pool");
  note(old.commands_endpoints == wanted.commands_endpoints, "server.commands");
  note(old.events_endpoints == wanted.events_endpoints, "server.events");
  note(old.queries_endpoints == wanted.queries_endpoints, "server.queries");
  note(old.state_directory == wanted.state_directory, "server.state");
  note(old.durability == wanted.durability, "server.durability");
  note(old.disk_floor_bytes == wanted.disk_floor_bytes, "server.disk_floor");
  note(old.snapshot_every_ms == wanted.snapshot_every_ms, "server.snapshot_every");
  note(old.keep_ms == wanted.keep_ms, "server.keep");
  note(old.keep_bytes == wanted.keep_bytes, "server.keep_size");
  note(old.inbox_commands == wanted.inbox_commands, "server.inbox");
  note(old.event_ring == wanted.event_ring, "server.event_ring");
  return keys;
}

void reload(const CommandLine& line, Settings& settings, Front& front) {
  if (front.reconfiguring()) return log_warning("a reload is under way; send SIGHUP again later");
  auto wanted = read_settings(line.config, front.dictionary());
  if (!wanted) return log_error("nothing was reloaded: the configuration is wrong, see above");
  if (const std::string keys = unchangeable(settings, *wanted); !keys.empty()) {
    return log_error(fmt::format("nothing was reloaded: {} need a restart", keys));
  }
  log_from(wanted->log_level);
  settings = *wanted;
  front.reconfigure(settings);
}

// --- the threads ---

// A thread that calls `turn` whenever it is rung, and again while it says that work waits, until it
// is told to stop.
class Worker {
 public:
  explicit Worker(std::function<bool(Loop&)> turn, int niceness = 0) : niceness_(niceness) {
    loop_.every_turn(
        [this, turn = std::move(turn)] {
          if (stop_.load()) return loop_.stop();
          more_ = turn(loop_);
        },
        [this] { return more_; });
  }
  void ring() { loop_.doorbell().ring(); }
  void start() {
    thread_ = std::thread([this] {
      // Of this thread only.
      if (niceness_ != 0) setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness_);
      loop_.run();
    });
  }
  void stop() {
    stop_.store(true);
    ring();
    thread_.join();
  }

 private:
  const int niceness_;
  Loop loop_;
  std::atomic<bool> stop_{false};
  bool more_ = true;
  std::thread thread_;
};

// Owns the sockets' loop and what it does in a turn.
class Io {
 public:
  // Once the journal is in trouble nothing more is done.
  Io(const Clock& clock, Wire& wire, const Journal& journal, Front& front, Service& service)
      : clock_(clock), wire_(wire), journal_(journal), front_(front), service_(service) {
    for (const int descriptor : wire_.descriptors()) {
      loop_.watch(descriptor, [this] { front_.expect(); });
    }
    loop_.every_turn([this] { turn(); },
                     [this] { return more_ || wire_.ready() || front_.linger(); });
  }

  Loop& loop() { return loop_; }
  void drain() {
    if (drain_until_ns_ != 0) return;
    log_info("stopping: what is under way is finished");
    service_.stopping();
    service_.extend(drain_ns_max / 1'000'000);
    drain_until_ns_ = clock_.boot_ns() + drain_ns_max;
    front_.drain();
  }
  [[nodiscard]] bool in_time() const { return in_time_; }

 private:
  void turn() {
    if (!journal_.trouble().ok()) return loop_.stop();
    // What others wait for goes out before anything is let in.
    more_ = front_.step();
    front_.begin_turn();
    wire_.receive(handlers_, frames_per_turn_max);
    front_.hand_in();
    const std::uint64_t violations = wire_.counts().violations;
    front_.count_dropped(violations - std::exchange(violations_, violations));
    const std::int64_t now_ns = clock_.boot_ns();
    service_.watch(now_ns, front_.pulsed_ns());
    loop_.alarm().set(front_.wait_ms());
    if (drain_until_ns_ != 0) draining(now_ns);
  }

  void draining(std::int64_t now_ns) {
    if (front_.drained()) {
      drain_until_ns_ = std::min(drain_until_ns_, drained_until(now_ns));
      if (!front_.has_debts() || now_ns >= drain_until_ns_) loop_.stop();
    } else if (now_ns >= drain_until_ns_) {
      in_time_ = false;
      loop_.stop();
    }
    loop_.alarm().set(1);
  }

  std::int64_t drained_until(std::int64_t now_ns) {
    if (drained_ns_ == 0) drained_ns_ = now_ns;
    return drained_ns_ + debts_ns_max;
  }

  const Clock& clock_;
  Wire& wire_;
  const Journal& journal_;
  Front& front_;
  Service& service_;
  Loop loop_;
  Wire::Handlers handlers_{
      .command = [this](Peer peer,
                        std::span<const std::byte> bytes) { front_.command_frame(peer, bytes); },
      .query = [this](Peer peer,
                      std::span<const std::byte> bytes) { front_.query_frame(peer, bytes); }};
  std::uint64_t violations_ = 0;
  std::int64_t drain_until_ns_ = 0;
  std::int64_t drained_ns_ = 0;
  bool more_ = false;
  bool in_time_ = true;
};

int trouble(const Status& status, int code = could_not_start) {
  log_error(status.text());
  return code;
}

Status open_journal(const CommandLine& line, const Settings& settings,
                    std::unique_ptr<RocksJournal>& journal) {
  RocksJournal::Options options;
  options.directory = state_directory(settings) + "/journal";
  options.pool = settings.pool;
  options.client_clock = line.clock == PoolClock::client;
  options.core_version = core_version();
  options.durability = settings.durability;
  options.random = entropy;
  options.accept_torn_tail = line.accept_torn_tail;
  Status status = RocksJournal::open(std::move(options), journal);
  if (!status.ok()) return status;
  if (const auto& vanished = journal->vanished()) {
    log_error(fmt::format(
        "the journal was damaged: {} groups of records or more are lost; it goes on behind record "
        "{} as another incarnation, and whoever knew the old one must take a snapshot",
        vanished->groups, vanished->last_record));
  }
  return {};
}

// The replay may take longer than a start is given, so the service manager hears of every step.
Status recover(Pipeline& pipeline, const Clock& clock, Service& service,
               Core::Recovered& recovered) {
  const std::int64_t begin_ns = clock.boot_ns();
  Status status = pipeline.recover(recovered, [&service] { service.extend(recovery_step_ms); });
  if (!status.ok() || !recovered.pool) return status;
  const std::string from = recovered.snapshot == 0
                               ? std::string("the first record on")
                               : fmt::format("the state of record {} on", recovered.snapshot);
  log_info(fmt::format(
      "recovered {} records in {} ms, from {}, and the events of {} before it; the pool "
      "was down for {} ms and goes on at record {}, event {}",
      recovered.records, (clock.boot_ns() - begin_ns) / 1'000'000, from, recovered.remembered,
      recovered.downtime_ms, recovered.last_record, recovered.last_event));
  return {};
}

// Keeps the state as it is now, so that the next start has nothing to carry out again, and ends the
// journal, which may still fail: only then it is known what to exit with.
int seal(Pipeline& pipeline, RocksJournal& journal, Service& service) {
  pipeline.seal([&service] { service.extend(recovery_step_ms); });
  const Status closed = journal.close();
  if (closed.ok()) return 0;
  log_error(closed.text());
  return journal_failed;
}

void announce(const CommandLine& line, const Settings& settings, const Wire& wire,
              const Identity& identity) {
  std::string endpoints;
  for (const std::string& endpoint : wire.endpoints()) endpoints += " " + endpoint;
  log_info(fmt::format("usherd {} (libzmq {}) pool \"{}\" incarnation {:016x} on{}", USHER_VERSION,
                       libzmq_version(), settings.pool, identity.incarnation, endpoints));
  if (settings.durability.kind == Durability::Kind::group) {
    log_info("durability is group: what was acknowledged survives a failure of the machine");
  } else {
    log_warning(fmt::format("durability is {}: a failure of the machine loses what was done last",
                            text_of(settings.durability)));
  }
  log_info("operators' commands are taken from whoever can connect");
  if (line.clock == PoolClock::client) log_info("pool time stands still until a client moves it");
}

int run(const CommandLine& line, Settings settings) {
  Service service;
  log_from(settings.log_level);
  if (Status status = check_libzmq(); !status.ok()) return trouble(status);
  if (line.clock == PoolClock::client) {
    if (Status status = check_loopback(settings); !status.ok()) return trouble(status);
  }
  std::vector<Poison> poison;
  if (Status status = open_poison(state_directory(settings), poison); !status.ok()) {
    return trouble(status);
  }
  Wire wire;
  if (Status status = wire.bind(settings); !status.ok()) return trouble(status);

  const SystemClock clock;
  std::unique_ptr<RocksJournal> journal_on_disk;
  if (Status status = open_journal(line, settings, journal_on_disk); !status.ok()) {
    return trouble(status);
  }
  RocksJournal& journal = *journal_on_disk;
  std::vector<Command> quarantined;
  if (Status status = judge_poison(poison, state_directory(settings), journal, quarantined);
      !status.ok()) {
    return trouble(status, would_crash_again);
  }
  Pipeline pipeline(settings,
                    {.pool = settings.pool,
                     .lease_ms = settings.lease_ms,
                     .clock = line.clock,
                     .disk_floor_bytes = settings.disk_floor_bytes,
                     .snapshot_every_ms = settings.snapshot_every_ms,
                     // What made usherd crash is not carried out for its events' sake.
                     .events_wanted = line.seal || !poison.empty() ? 0 : settings.event_ring,
                     .version = USHER_VERSION,
                     .incarnation = entropy(),
                     .random = session_ids(line.clock),
                     .quarantined = std::move(quarantined)},
                    clock, wire, journal);
  watch_for_poison();
  Core::Recovered recovered;
  if (Status status = recover(pipeline, clock, service, recovered); !status.ok()) {
    return trouble(status);
  }
  if (line.seal) return seal(pipeline, journal, service);
  if (recovered.pool) {
    // Names keep the numbers they had.
    auto again = read_settings(line.config, pipeline.core().router().dictionary());
    if (!again) return wrong_input;
    settings = std::move(*again);
  }
  if (Status status = pipeline.start(settings.pool_configuration, settings.timetable);
      !status.ok()) {
    return trouble(status);
  }

  Io io(clock, wire, journal, pipeline.front(), service);
  Worker core([&](Loop& loop) {
    pipeline.core().linger();
    bool more = true;
    for (int i = 0; more && i < steps_per_turn_max; ++i) more = pipeline.core().step();
    loop.alarm().set(pipeline.core().wait_ms().value_or(-1));
    return more;
  });
  // Beside the path; they may wait for the disk.
  Worker past([&](Loop&) { return pipeline.past().step(); }, aside_niceness);
  Worker keeper([&](Loop&) { return pipeline.keeper().step(); }, aside_niceness);
  pipeline.on_ring([&] { core.ring(); }, [&] { io.loop().doorbell().ring(); }, [&] { past.ring(); },
                   [&] { keeper.ring(); });
  signal(SIGPIPE, SIG_IGN);
  io.loop().on_signal(SIGTERM, [&] { io.drain(); });
  io.loop().on_signal(SIGINT, [&] { io.drain(); });
  io.loop().on_signal(SIGHUP, [&] {
    service.reloading(clock.boot_ns());
    reload(line, settings, pipeline.front());
    service.ready("routing");
  });
  announce(line, settings, wire, pipeline.core().identity());
  core.start();
  past.start();
  keeper.start();
  service.ready("routing");
  io.loop().run();

  if (!io.in_time()) {
    log_error("did not stop in time: what was under way is lost");
    std::_Exit(could_not_stop);
  }
  core.stop();
  past.stop();
  keeper.stop();
  pipeline.ring_nobody();
  // What the journal did not take must not be shown, so nothing lingers after a failure.
  const Status trouble_met = journal.trouble();
  wire.close(trouble_met.ok() ? linger_ms : 0);
  int code = journal_failed;
  if (trouble_met.ok()) {
    code = seal(pipeline, journal, service);
  } else {
    log_error(trouble_met.text());
  }
  log_info(fmt::format("stopped after {} events; {} frames refused, {} dropped",
                       pipeline.front().published(), pipeline.front().counts().refused,
                       pipeline.front().counts().dropped));
  return code;
}

int main(int argc, char** argv) {
  const auto line = read_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&line)) return *code;
  const auto& wanted = std::get<CommandLine>(line);
  auto settings = read_settings(wanted.config, {});
  if (!settings) return wrong_input;
  if (wanted.check) {
    const auto say = [&] {
      fmt::print("{}\n", check_summary(*settings));
      return 0;
    };
    return cli::run_program("usherd", say, could_not_start);
  }
  return run(wanted, std::move(*settings));
}

}  // namespace
}  // namespace usher

int main(int argc, char** argv) { return usher::main(argc, argv); }
