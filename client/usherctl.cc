// The command line of usherctl: what may be said, and who does it.

#include "client/usherctl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <limits>

#include "cli/options.h"
#include "client/usherctl_terminal.h"

namespace usher::client {

// --- shared ---

Options Target::options(const std::string& default_origin) const {
  return {.endpoint = commands, .pool = pool, .origin = origin.empty() ? default_origin : origin};
}

Queries Target::ask() const {
  return Queries(
      {.endpoint = queries, .pool = pool, .deadline = std::chrono::milliseconds(timeout_ms)});
}

void complain(const std::string& text) { fmt::print(stderr, "usherctl: {}\n", text); }

std::optional<Id> id_of(const std::string& text) {
  const auto id = Id::parse(text);
  if (!id) complain("an id is a UUID or 1 to 15 bytes without blanks, found \"" + text + "\"");
  return id;
}

Exit no_server(const std::string& endpoint, const std::string& why) {
  complain(why);
  fmt::print(
      stderr,
      "Is usherd running (systemctl status usherd)? Does it listen on {}, as its\n"
      "configuration says? Another place is given with --commands, --events and --queries.\n",
      endpoint);
  return Exit::no_server;
}

Exit failed(const Target& target, const Failure& failure) {
  if (failure.kind != Failure::Kind::refused) return no_server(target.queries, failure.text);
  std::string text = "refused: ";
  text += wire::EnumNameRefusal(failure.refusal);
  if (!failure.text.empty()) text += " — " + failure.text;
  complain(text);
  return Exit::refused;
}

namespace {

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  // Without SA_RESTART: poll() has to return.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool is_interrupted() { return interrupted != 0; }

// --- the command line ---

namespace {

using cli::in_range;

constexpr std::uint64_t any_number = std::numeric_limits<std::uint64_t>::max();

struct CommandLine {
  Target target;
  Arguments arguments;
  WatchOptions watching;
  std::string id;
  std::string path;
  std::string policy;
  std::vector<std::string> agents;
  bool json = false;
  bool all = false;
  bool figures = false;
  std::uint64_t sequence = 0;
  std::size_t conversations_max = 20;
  std::function<Exit()> action;
};

template <class Value>
struct OptionRow {
  std::string_view name;
  Value Arguments::*value;
  const char* help;
};

constexpr OptionRow<std::string> text_options[] = {
    {"conversation", &Arguments::conversation, "a UUID, or up to 15 characters"},
    {"agent", &Arguments::agent, "the agent's id"},
    {"duration", &Arguments::duration, "like 90s, 10m or 2h"},
    {"presence", &Arguments::presence, "available, away, draining or offline"},
    {"scope", &Arguments::scope, "pool, class:NAME, group:NAME or agent:ID"},
    {"from", &Arguments::from_class, "a class"},
    {"to", &Arguments::to_class, "a class"},
    {"mode", &Arguments::mode, "a mode of the configuration, or normal"},
    {"--channel", &Arguments::channel, "chat, email, voice …"},
    {"--category", &Arguments::category, "what it is about, as configured"},
    {"--impact", &Arguments::impact, "how bad it is, as configured"},
    {"--tier", &Arguments::tier, "the customer's tier"},
    {"--language", &Arguments::language, "the customer's language"},
    {"--customer", &Arguments::customer, "the customer's id"},
    {"--age", &Arguments::age, "how long the customer has waited already, like 90s"},
    {"--in", &Arguments::not_before, "begin only after so long, like 2h"},
    {"--agent", &Arguments::agent, "the agent's id; with open and update the preferred one"},
    {"--outcome", &Arguments::outcome, "solved, not_solved, duplicate, spam or handed_over"},
    {"--reason", &Arguments::reason, "a reason of the configuration"},
    {"--to-class", &Arguments::to_class, "a class"},
    {"--to-agent", &Arguments::to_agent, "an agent"},
    {"--for", &Arguments::duration, "like 90s, 10m or 2h"},
};

constexpr OptionRow<std::vector<std::string>> list_options[] = {
    {"--require", &Arguments::required, "a skill the agent must have, like chain=5; repeatable"},
    {"--prefer", &Arguments::preferred, "a skill the agent should have; repeatable"},
    {"--exclude", &Arguments::excluded, "an agent who must not get it; repeatable"},
    {"--on", &Arguments::channels, "only this channel of those the agent holds; repeatable"},
};

CLI::Option* add_option(CLI::App& app, std::string_view name, Arguments& arguments) {
  for (const auto& row : text_options) {
    if (row.name == name) return app.add_option(std::string(name), arguments.*row.value, row.help);
  }
  for (const auto& row : list_options) {
    // One value each: what follows must not be swallowed.
    if (row.name == name) {
      return app.add_option(std::string(name), arguments.*row.value, row.help)
          ->expected(1)
          ->take_all();
    }
  }
  if (name == "--epoch") {
    return app
        .add_option("--epoch", arguments.epoch, "the offer or assignment meant; 0 = whatever is")
        ->check(in_range(std::uint64_t{0}, any_number));
  }
  if (name == "--max") {
    return app.add_option("--max", arguments.count_max, "at most so many; 0 = all")
        ->check(in_range(0U, std::numeric_limits<std::uint32_t>::max()));
  }
  if (name == "score") {
    return app.add_option("score", arguments.score, "1 to 5")->check(in_range(1U, 5U));
  }
  if (name == "--test") return app.add_flag("--test", arguments.test, "routed, but in no figure");
  return app.add_flag("--away", arguments.away, "signed in, but not yet available");
}

void add_commands(CLI::App& app, CommandLine& line) {
  for (const auto& row : command_rows()) {
    auto* command = app.add_subcommand(std::string(row.name), std::string(row.help));
    for (std::string_view name : row.options) {
      const bool needed = name.ends_with('!');
      if (needed) name.remove_suffix(1);
      add_option(*command, name, line.arguments)->required(needed);
    }
    command->callback([&line, build = row.build] {
      line.action = [&line, build] {
        return send_commands(line.target, {[&line, build](const Dictionary& names) -> Built {
                               Reader reader(names);
                               Command made = build(reader, line.arguments);
                               if (!reader.problem().empty()) return Problems{reader.problem()};
                               return made;
                             }});
      };
    });
  }
}

void add_looks(CLI::App& app, CommandLine& line) {
  auto* status = app.add_subcommand("status", "How the floor is doing, class by class.");
  auto* json = status->add_flag("--json", line.json, "one JSON object, with all figures");
  status->add_flag("--figures", line.figures, "what was counted since the pool began")
      ->excludes(json);
  status->callback(
      [&] { line.action = [&] { return show_status(line.target, line.json, line.figures); }; });

  auto* agents = app.add_subcommand("agents", "Who is on the roster, and what lies with them.");
  agents->callback([&] { line.action = [&] { return show_agents(line.target); }; });

  auto* queue = app.add_subcommand("queue", "What waits: by class, and the longest waiting.");
  queue->add_option("--max", line.conversations_max, "so many conversations")
      ->check(in_range(0U, 1'000'000U))
      ->capture_default_str();
  queue->callback(
      [&] { line.action = [&] { return show_queue(line.target, line.conversations_max); }; });

  auto* estimate =
      app.add_subcommand("estimate", "How long somebody who comes now would wait; opens nothing.");
  for (const char* name : {"--channel", "--category", "--tier", "--impact", "--language"}) {
    add_option(*estimate, name, line.arguments);
  }
  add_option(*estimate, "--require", line.arguments);
  estimate->get_option("--channel")->required();
  estimate->add_flag("--json", line.json, "one JSON object");
  estimate->callback(
      [&] { line.action = [&] { return show_estimate(line.target, line.arguments, line.json); }; });

  auto* policy = app.add_subcommand(
      "policy", "What the policies fair, service_level and voice do, and which one is in force.");
  policy->add_option("name", line.policy, "only this one");
  policy->add_flag("--json", line.json, "one JSON object");
  policy->callback(
      [&] { line.action = [&] { return show_policy(line.target, line.policy, line.json); }; });
}

void add_looks_at_one(CLI::App& app, CommandLine& line) {
  auto* conversation = app.add_subcommand("conversation", "Everything about one conversation now.");
  conversation->add_option("id", line.id, "a UUID, or up to 15 characters")->required();
  conversation->add_flag("--json", line.json, "one JSON object");
  conversation->callback(
      [&] { line.action = [&] { return show_conversation(line.target, line.id, line.json); }; });

  auto* why = app.add_subcommand("why", "Why a conversation waits, and who could if what changed.");
  why->add_option("id", line.id, "a UUID, or up to 15 characters")->required();
  why->add_option("--at", line.sequence, "as it was after this event")
      ->check(in_range(std::uint64_t{1}, any_number));
  why->callback(
      [&] { line.action = [&] { return show_why(line.target, line.id, line.sequence); }; });

  auto* explain = app.add_subcommand("explain", "Why an agent got a conversation, and not others.");
  explain->add_option("id", line.id, "a conversation; with --at, that of the event if left out");
  explain->add_option("--at", line.sequence, "what was decided in this event; else the last time")
      ->check(in_range(std::uint64_t{1}, any_number));
  explain->add_flag("--all", line.all, "name every agent");
  explain->callback([&] {
    if (line.id.empty() && line.sequence == 0) throw CLI::RequiredError("explain: id or --at");
    line.action = [&] { return show_explain(line.target, line.id, line.sequence, line.all); };
  });

  auto* agent = app.add_subcommand("agent", "Everything about one agent now.");
  agent->add_option("id", line.id, "the agent's id")->required();
  agent->callback([&] { line.action = [&] { return show_agent(line.target, line.id); }; });
}

void add_stories(CLI::App& app, CommandLine& line) {
  auto* history = app.add_subcommand("history", "What happened to a conversation, in words.");
  auto* id = history->add_option("id", line.id, "a conversation: a UUID, or up to 15 characters");
  auto* of = history->add_option("--agent", line.watching.agent, "of an agent instead");
  id->excludes(of);
  history->add_flag("--json", line.watching.json, "one JSON object per event");
  history->callback([&] {
    if (line.id.empty() && line.watching.agent.empty()) {
      throw CLI::RequiredError("history: id or --agent");
    }
    line.action = [&] {
      return show_history(line.target, line.id, line.watching.agent, line.watching.json);
    };
  });

  auto* watching =
      app.add_subcommand("watch", "What happens on the floor, as it happens, in words.");
  watching->add_flag("--json", line.watching.json, "one JSON object per event");
  watching
      ->add_option("--after", line.watching.after, "begin after this event; 0 = the oldest kept")
      ->check(in_range(std::uint64_t{0}, any_number));
  watching->add_option("--conversation", line.watching.conversation, "only of this one");
  watching->add_option("--agent", line.watching.agent, "only of this one");
  watching->add_option("--for", line.watching.seconds, "so many seconds; else until Ctrl-C")
      ->check(in_range(1, 31'536'000));
  watching->callback([&] { line.action = [&] { return watch(line.target, line.watching); }; });
}

void add_floor(CLI::App& app, CommandLine& line) {
  auto* roster = app.add_subcommand("roster", "Who the agents are.");
  roster->require_subcommand(1);
  auto* put = roster->add_subcommand("import", roster_help);
  put->add_option("file", line.path, "a TOML file")->required()->check(CLI::ExistingFile);
  put->callback([&] { line.action = [&] { return import_roster(line.target, line.path); }; });
  auto* remove = roster->add_subcommand("remove", "Take agents off the roster.");
  remove->add_option("agents", line.agents, "their ids")->required();
  remove->callback([&] { line.action = [&] { return remove_agents(line.target, line.agents); }; });

  auto* desk = app.add_subcommand("desk", desk_help);
  desk->add_option("agent", line.id, "who sits there")->required();
  desk->callback([&] { line.action = [&] { return run_desk(line.target, line.id); }; });
}

// As usherd has it: no pool can be called otherwise.
std::string pool_problem(const std::string& text) {
  const bool good =
      !text.empty() && text.size() <= pool_name_bytes_max &&
      std::all_of(text.begin(), text.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
      });
  if (good) return {};
  return fmt::format("must be 1 to {} letters, digits, - _ ., found \"{}\"", pool_name_bytes_max,
                     text);
}

void add_target(CLI::App& app, Target& target) {
  app.add_option("--commands", target.commands, "where usherd takes commands")
      ->envname("USHER_COMMANDS")
      ->capture_default_str();
  app.add_option("--events", target.events, "where usherd publishes events")
      ->envname("USHER_EVENTS")
      ->capture_default_str();
  app.add_option("--queries", target.queries, "where usherd answers questions")
      ->envname("USHER_QUERIES")
      ->capture_default_str();
  app.add_option("--pool", target.pool, "the pool")
      ->check(CLI::Validator(pool_problem, "NAME"))
      ->envname("USHER_POOL")
      ->capture_default_str();
  app.add_option("--origin", target.origin, "the front-end to speak as; usherctl, or desk-AGENT");
  app.add_option("--timeout", target.timeout_ms, "how long to wait for usherd, in milliseconds")
      ->check(in_range(1, 3'600'000))
      ->capture_default_str();
}

int run(int argc, char** argv) {
  CLI::App app("usherctl looks into a running usherd and plays every part of its floor.");
  app.set_version_flag("--version", "usherctl " USHER_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Exit code: 0 done, 1 refused, 2 wrong usage, 3 no usherd, 4 the answer could not be "
      "written.\n"
      "Times of day are local. "
      "usherctl COMMAND --help explains one command.");
  CommandLine line;
  add_target(app, line.target);
  add_looks(app, line);
  add_looks_at_one(app, line);
  add_stories(app, line);
  add_floor(app, line);
  // For the help: what follows it is for another program, see below.
  app.add_subcommand("journal", "The journal of a usherd that is stopped: verify, stats, dump …");
  add_commands(app, line);
  if (argc > 1 && std::string_view(argv[1]) == "journal") {
    return static_cast<int>(look_into_journal({argv + 2, argv + argc}));
  }
  if (const auto code = cli::parse(app, argc, argv)) return *code;
  return static_cast<int>(line.action());
}

}  // namespace
}  // namespace usher::client

int main(int argc, char** argv) {
  return usher::cli::run_program("usherctl", [&] { return usher::client::run(argc, argv); });
}
