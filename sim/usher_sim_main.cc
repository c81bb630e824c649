// usher-sim: the core in virtual time.

#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/options.h"
#include "sim/comparison.h"
#include "sim/faults_command.h"
#include "sim/model_command.h"
#include "sim/trace_command.h"

namespace {

using usher::cli::in_range;
using usher::sim::Features;
using usher::sim::Finding;
using usher::sim::Players;
using usher::sim::Script;

// Far above what anybody waits for, and small enough that a seed and what follows it are numbers.
constexpr std::uint64_t rounds_max = 10'000'000;
constexpr std::uint64_t commands_max = 10'000'000'000;
constexpr std::uint64_t lines_max = 1'000'000;  // of one world, all of which is in memory
constexpr std::uint64_t seed_max = usher::sim::model_seed_max;

struct TwinOptions {
  std::uint64_t worlds = 1000;
  std::uint64_t commands = 1'000'000;  // in all worlds together
  std::uint64_t seed = 1;
  bool for_long = false;
  bool alone = false;
  bool no_shrink = false;
  std::vector<std::string> without;
};

// Plays in a process of its own, so that a core that crashes is a finding like any other.
Finding play_apart(const Script& script, Players players) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return {0, "system: no pipe"};
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return {0, "system: no process"};
  if (child == 0) {
    close(ends[0]);
    const auto found = usher::sim::play(script, players);
    if (found) {
      const std::string text = fmt::format("{} {}", found->line, found->what);
      if (write(ends[1], text.data(), text.size()) < 0) _exit(2);
    }
    _exit(found ? 1 : 0);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = read(ends[0], part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return {script.size(), "crash: the core stopped the process"};
  if (WEXITSTATUS(status) == 0) return {};
  const std::size_t space = text.find(' ');
  return {std::stoul(text.substr(0, space)), text.substr(space + 1)};
}

int report(std::uint64_t seed, const Script& script, const Finding& finding, bool no_shrink,
           Players players) {
  fmt::print("seed {}: line {}: {}\n", seed, finding.line, finding.what);
  if (no_shrink) return 1;
  Script failing = script;
  if (finding.line + 1 < failing.size()) failing.resize(finding.line + 1);
  const auto fails = [&](const Script& candidate) { return play_apart(candidate, players).kind(); };
  const Script shrunk = usher::sim::shrink(failing, fails);
  const Finding last = play_apart(shrunk, players);
  fmt::print("shrunk to {} lines, which fail {} with: {}\n{}", shrunk.size(),
             last.line < shrunk.size() ? "at the last" : "when time alone goes on", last.what,
             usher::sim::in_words(shrunk));
  return 1;
}

int run_twin(TwinOptions options) {
  if (options.commands / options.worlds >= lines_max) {
    fmt::print(stderr, "--commands must be less than {} a world, found {} in {} world{}\n",
               lines_max, options.commands, options.worlds, options.worlds == 1 ? "" : "s");
    return usher::cli::wrong_usage;
  }
  if (options.for_long) {
    options.worlds *= 20;
    options.commands *= 20;
  }
  Features features;
  for (const std::string& name : options.without) *features.find(name) = false;
  const Players players = options.alone ? Players::twin_alone : Players::router_and_twin;
  const std::size_t lines = options.commands / options.worlds + 1;
  for (std::uint64_t world = 0; world < options.worlds; ++world) {
    const std::uint64_t seed = options.seed + world;
    const Script script = usher::sim::script_of(seed, lines, features);
    const Finding finding = play_apart(script, players);
    if (!finding.what.empty()) {
      return report(seed, script, finding, options.no_shrink, players);
    }
  }
  fmt::print("{} worlds, {} commands: no difference, every property holds\n", options.worlds,
             lines * options.worlds);
  return 0;
}

CLI::App* add_trace(CLI::App& app, usher::sim::TraceOptions& options) {
  CLI::App* trace =
      app.add_subcommand("trace", "A call centre's trace under policies; docs/usher-sim.md.");
  trace->add_option("--calls", options.files.calls, "CSV of calls")->required();
  trace->add_option("--shifts", options.files.shifts, "CSV of shifts")->required();
  trace->add_option("--patience", options.files.patience, "CSV of survival by type")->required();
  trace->add_option("--config", options.configurations, "usher.toml; the first is the base line")
      ->required();
  trace->add_option("--days", options.days, "the first so many working days; default all")
      ->check(in_range(1, 3660));
  trace->add_option("--replications", options.replications, "of each day, with other chance")
      ->check(in_range(1, 1000));
  trace->add_option("--seed", options.changes.seed, "of all random numbers")
      ->check(in_range(std::uint64_t{0}, seed_max));
  trace->add_option("--scale", options.changes.scale, "arrivals, times this")
      ->check(in_range(0.01, 100.0));
  trace->add_option("--security", options.changes.security_share, "share of incidents, 0 to 1")
      ->check(in_range(0.0, 1.0));
  trace->add_option("--capacity", options.habits.capacity, "conversations at once of each agent")
      ->check(in_range(1, 1000));
  usher::cli::add_numbers(*trace, "--speed", options.habits.pace, 1e-6, 1e6,
                          "of each with 1, 2 … in hand");
  trace
      ->add_option_function<std::string>(
          "--wrap-up",
          [&options](const std::string& kind) { options.habits.wrap_up_is_work = kind == "work"; },
          "work (default) at the agent's pace, or clock: it slows nothing")
      ->check(CLI::IsMember({"work", "clock"}));
  trace->add_flag("--delays", options.habits.delays, "agents take time to accept and to reply");
  trace->add_flag("--json", options.json, "one object instead of tables");
  return trace;
}

void add_twin(CLI::App& app, TwinOptions& options) {
  CLI::App* twin = app.add_subcommand("twin", "The core against its obvious twin.");
  twin->add_option("--worlds", options.worlds, "random worlds")
      ->check(in_range(std::uint64_t{1}, rounds_max));
  twin->add_option("--commands", options.commands, "commands, in all worlds together")
      ->check(in_range(std::uint64_t{1}, commands_max));
  twin->add_option("--seed", options.seed, "of the first world; the next ones follow")
      ->check(in_range(std::uint64_t{0}, seed_max));
  twin->add_flag("--long", options.for_long, "twenty times as many of both");
  twin->add_flag("--alone", options.alone, "only the properties, on the twin itself");
  twin->add_flag("--no-shrink", options.no_shrink, "say the first difference and stop");
  const auto leave_out = [&options](const std::string& name) {
    if (Features{}.find(name) == nullptr) return fmt::format("no feature is called \"{}\"", name);
    options.without.push_back(name);
    return std::string{};
  };
  usher::cli::add_list(*twin, "--without", leave_out, "features the worlds leave out");
}

const CLI::App* add_model(CLI::App& app, usher::sim::ModelOptions& options) {
  CLI::App* model =
      app.add_subcommand("model", "A queueing model; docs/usher-sim.md has the file.");
  model->add_option("file", options.file, "the model")->required();
  model->add_option("--arrivals", options.overrides.arrivals, "instead of the file's")
      ->check(in_range(std::int64_t{1}, usher::sim::model_arrivals_max));
  model->add_option("--seed", options.overrides.seed, "instead of the file's")
      ->check(in_range(std::int64_t{0}, usher::sim::model_seed_max));
  model->add_flag("--json", options.json, "one object instead of tables");
  return model;
}

const CLI::App* add_faults(CLI::App& app, usher::sim::FaultOptions& options) {
  CLI::App* faults =
      app.add_subcommand("faults", "usherd's whole path while disk, network and clock fail.");
  faults->add_option("--seed", options.seed, "the first; the next ones follow")
      ->check(in_range(std::uint64_t{0}, seed_max));
  faults->add_option("--seeds", options.seeds, "how many")
      ->check(in_range(std::uint64_t{1}, rounds_max));
  faults->add_flag("--long", options.for_long, "ten times as many");
  return faults;
}

int run(int argc, char** argv) {
  CLI::App app{"The routing core in virtual time."};
  app.require_subcommand(1);
  TwinOptions twin_options;
  add_twin(app, twin_options);
  usher::sim::ModelOptions model_options;
  const CLI::App* model = add_model(app, model_options);
  usher::sim::TraceOptions trace_options;
  const CLI::App* trace = add_trace(app, trace_options);
  usher::sim::FaultOptions fault_options;
  const CLI::App* faults = add_faults(app, fault_options);
  if (const auto code = usher::cli::parse(app, argc, argv)) return *code;
  if (faults->parsed()) return run_faults_command(fault_options);
  if (trace->parsed()) return run_trace_command(trace_options);
  return model->parsed() ? run_model_command(model_options) : run_twin(twin_options);
}

}  // namespace

int main(int argc, char** argv) {
  return usher::cli::run_program("usher-sim", [&] { return run(argc, argv); });
}
