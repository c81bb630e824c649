// usher-load: an open-loop load generator that judges what it sees.

#include <cstdio>
#include <exception>

#include "bench/usher_load/check_process.h"
#include "bench/usher_load/roles.h"
#include "bench/usher_load/signals.h"
#include "cli/options.h"

namespace usher::load {
namespace {

using cli::in_range;

constexpr int cannot_run = 2;
constexpr std::uint64_t seed_max = 1'000'000'000'000;
constexpr std::uint32_t over_slots_max = 1000;

void add_endpoints(CLI::App& role, Endpoints& endpoints) {
  role.add_option("--commands", endpoints.commands, "endpoint of usherd's command socket")
      ->capture_default_str();
  role.add_option("--events", endpoints.events, "endpoint of its event socket")
      ->capture_default_str();
  role.add_option("--queries", endpoints.queries, "endpoint of its query socket")
      ->capture_default_str();
  role.add_option("--pool", endpoints.pool, "the pool")->capture_default_str();
}

void add_common(CLI::App& role, CommonOptions& options) {
  add_endpoints(role, options.endpoints);
  role.add_option("--origin", options.origin, "name of the front-end to be")->capture_default_str();
  role.add_option("--seed", options.seed, "all chance follows from it")
      ->check(in_range(std::uint64_t{0}, seed_max))
      ->capture_default_str();
  role.add_option("--over-slots", options.over_slots,
                  "conversations above capacity an agent may have, as configured")
      ->check(in_range(0U, over_slots_max))
      ->capture_default_str();
  role.add_flag("--json", options.json, "print one JSON object instead of tables");
}

void add_people(CLI::App& role, FloorRoleOptions& options) {
  add_common(role, options);
  role.add_option("--for,--seconds", options.for_seconds, "end by itself; 0 = with Ctrl-C")
      ->check(in_range(0.0, 1e7));
  role.add_option("--compress", options.compress, "seconds of the floor in one real second")
      ->check(in_range(1.0, 1000.0))
      ->capture_default_str();
  role.add_flag("--live", options.live, "show the floor at work");
}

void add_customers(CLI::App& role, FloorRoleOptions& options) {
  role.add_option("--rate", options.rate_per_second,
                  "conversations per real second in the busiest half hour; 0 = what the agents can "
                  "just do")
      ->check(in_range(0.0, 1e6));
  role.add_option("--start", options.start_hour, "hour of the floor's day at the beginning")
      ->check(in_range(0.0, 24.0))
      ->capture_default_str();
}

int run(int argc, char** argv) {
  CLI::App program(
      "Drives a usherd as front-ends and agents' desks would, and judges what it does.");
  program.require_subcommand(1);
  int code = 0;

  FloorRoleOptions floor;
  CLI::App* floor_role = program.add_subcommand(
      "floor", "a support floor from published statistics: customers, agents, and a checker");
  add_people(*floor_role, floor);
  add_customers(*floor_role, floor);
  floor_role->add_option("--agents", floor.agents, "people on the roster")
      ->check(in_range(20U, 20'000U))
      ->capture_default_str();
  floor_role->callback([&] { code = run_floor(floor); });

  FloorRoleOptions customers;
  customers.origin = "customers";
  CLI::App* customers_role =
      program.add_subcommand("customers", "only the floor's customers, for somebody's desk");
  add_people(*customers_role, customers);
  add_customers(*customers_role, customers);
  customers_role->add_option("--agents", customers.agents, "how many people the rate is made for")
      ->check(in_range(1U, 20'000U))
      ->capture_default_str();
  customers_role->callback([&] { code = run_customers(customers); });

  FloorRoleOptions agents;
  agents.origin = "agents";
  CLI::App* agents_role =
      program.add_subcommand("agents", "agents of the roster who work for somebody's customers");
  add_people(*agents_role, agents);
  agents_role->add_option("count", agents.agents, "how many to sign in")
      ->check(in_range(1U, 20'000U))
      ->required();
  agents_role->callback([&] { code = run_agents(agents); });

  TraceRoleOptions trace;
  CLI::App* trace_role = program.add_subcommand(
      "trace", "a call centre's trace, in lock-step with usherd --clock client");
  add_common(*trace_role, trace);
  trace_role->add_option("--calls", trace.files.calls, "the calls, CSV")->required();
  trace_role->add_option("--shifts", trace.files.shifts, "the agents' shifts, CSV")->required();
  trace_role->add_option("--patience", trace.files.patience, "Kaplan-Meier curves by type, CSV");
  trace_role->add_option("--days", trace.files.days, "only the first so many; 0 = all")
      ->check(in_range(0, 3660));
  trace_role->add_option("--accept", trace.accept_s, "median seconds until an offer is accepted")
      ->check(in_range(0.0, 600.0));
  trace_role->add_option("--reply", trace.reply_s, "median seconds until the first reply")
      ->check(in_range(0.0, 600.0));
  trace_role->callback([&] { code = run_trace(trace); });

  BlastRoleOptions blast;
  CLI::App* blast_role = program.add_subcommand(
      "blast", "as many commands as go through, beside bare libzmq with the same frames");
  add_common(*blast_role, blast);
  blast_role->add_option("--agents", blast.agents)
      ->check(in_range(1U, 100'000U))
      ->capture_default_str();
  blast_role->add_option("--for,--seconds", blast.for_seconds)
      ->check(in_range(0.1, 1e5))
      ->capture_default_str();
  blast_role
      ->add_option("--rate", blast.rate_per_second,
                   "conversations per second; 0 = as fast as answers come back")
      ->check(in_range(0.0, 1e7));
  blast_role->add_option("--under-way", blast.under_way, "conversations at once, with rate 0")
      ->check(in_range(1U, 1'000'000U))
      ->capture_default_str();
  blast_role->add_flag("!--no-baseline", blast.baseline, "leave bare libzmq out");
  blast_role->add_flag("!--no-check", blast.check, "leave the checker out");
  blast_role->callback([&] { code = run_blast(blast); });

  CheckOptions check;
  CLI::App* check_role = program.add_subcommand(
      "check", "only the checker: reads the stream, prints its findings as JSON");
  add_endpoints(*check_role, check.endpoints);
  check_role->add_option("--over-slots", check.over_slots)
      ->check(in_range(0U, over_slots_max))
      ->capture_default_str();
  check_role->add_option("--for", check.for_seconds, "seconds; 0 = until Ctrl-C")
      ->check(in_range(0.0, 1e7));
  check_role->add_flag("--piped", check.piped, "for usher-load itself")->group("");
  check_role->callback([&] { code = run_check(check); });

  if (const auto wrong = cli::parse(program, argc, argv)) return *wrong;
  return code;
}

}  // namespace
}  // namespace usher::load

int main(int argc, char** argv) {
  usher::load::watch_stop_signals();
  try {
    return usher::cli::run_program("usher-load", [&] { return usher::load::run(argc, argv); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "usher-load: %s\n", error.what());
    return usher::load::cannot_run;
  }
}
