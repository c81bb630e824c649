#include <fmt/format.h>

#include <algorithm>

#include "client/usherctl.h"
#include "client/usherctl_terminal.h"
#include "client/words.h"

namespace usher::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds names_patience{200};

// What the agent has of each channel: "ana has 3 of 3 chat".
std::string load_words(const Agent& agent, const Dictionary& names) {
  std::string text;
  for (const auto& load : agent.loads) {
    if (load.count == 0) continue;
    text += fmt::format("{}{} of {} {}", text.empty() ? "" : ", ", load.count, load.limit,
                        names.name(NameKind::channel, load.channel));
  }
  return agent.agent.text() + " has " + (text.empty() ? "nothing" : text);
}

std::string agent_words(const Agent& agent, const Dictionary& names) {
  std::string text = agent.agent.text() + " is " + words_of(agent.presence);
  if (agent.reason != 0) text += " (" + names.name(NameKind::reason, agent.reason) + ")";
  return agent.lost ? text + ", and lost" : text;
}

std::string conversation_words(const Conversation& of) {
  std::string text = of.conversation.text() + " is " + words_of(of.state);
  if (of.agent) text += " with " + of.agent.text();
  if (!of.offers.empty()) {
    text += " to";
    for (const auto& agent : of.offers) text += " " + agent.text();
  }
  return text;
}

// The facts behind a refusal, as far as there are any.
std::string facts(Queries& queries, const Dictionary& names, const Command& command,
                  wire::Refusal refusal) {
  using wire::Refusal;
  const Id conversation = conversation_of(command);
  const Id agent = agent_of(command);
  switch (refusal) {
    case Refusal::unknown_conversation: return "no conversation " + conversation.text();
    case Refusal::unknown_agent:
      return agent ? "no agent " + agent.text() + " on the roster" : std::string();
    case Refusal::no_capacity:
    case Refusal::not_present:
    case Refusal::not_eligible:
      if (auto found = queries.agent(agent); std::holds_alternative<Agent>(found)) {
        const auto& known = std::get<Agent>(found);
        return refusal == Refusal::no_capacity ? load_words(known, names)
                                               : agent_words(known, names);
      }
      return {};
    case Refusal::wrong_state:
    case Refusal::stale:
    case Refusal::conflict:
    case Refusal::same_target:
    case Refusal::not_allowed:
      if (!conversation) return {};
      if (auto found = queries.conversation(conversation);
          std::holds_alternative<Conversation>(found)) {
        return conversation_words(std::get<Conversation>(found));
      }
      return {};
    default: return {};
  }
}

// Empty, or what is wrong with all of them.
Problems build_all(const std::vector<Build>& builds, const Dictionary& names,
                   std::vector<Command>& commands) {
  commands.clear();
  Problems problems;
  for (const auto& build : builds) {
    auto built = build(names);
    if (const auto* found = std::get_if<Problems>(&built)) {
      problems.insert(problems.end(), found->begin(), found->end());
    } else {
      commands.push_back(std::get<Command>(std::move(built)));
    }
  }
  return problems;
}

}  // namespace

std::string refusal_story(Queries& queries, const Dictionary& names, const Command& command,
                          wire::Refusal refusal) {
  const std::string known = facts(queries, names, command, refusal);
  return refusal_name(refusal) + " — " +
         (known.empty() ? std::string(refusal_words(refusal)) : known);
}

Exit send_commands(const Target& target, const std::vector<Build>& builds) {
  std::vector<Command> commands;
  std::size_t refused = 0;
  std::size_t outcomes = 0;
  std::unique_ptr<Client> client;
  std::vector<std::pair<Command, Outcome>> refusals;
  const auto on_outcome = [&](const Outcome& outcome) {
    ++outcomes;
    const Command& command = commands[outcome.token];
    if (outcome.result == Result::done) {
      fmt::print("{}\n", done_words(command, outcome, client->dictionary()));
      return;
    }
    ++refused;
    if (outcome.result == Result::lost) {
      complain("the session ended; nobody knows whether this was done");
    } else {
      refusals.emplace_back(command, outcome);
    }
  };
  client = std::make_unique<Client>(target.options("usherctl"), Handlers{.outcome = on_outcome});
  const milliseconds patience(target.timeout_ms);
  const auto is_welcome = [&] {
    return client->state() == State::ready || client->state() == State::failed;
  };
  client->run_until(is_welcome, patience);
  if (client->state() != State::ready) return no_server(target.commands, client->problem());

  // Everything is read before anything is sent: a mistake in the last line changes nothing.
  Problems problems = build_all(builds, client->dictionary(), commands);
  if (!problems.empty()) {
    // The rest of a long dictionary follows the welcome.
    client->run_until([] { return false; }, names_patience);
    problems = build_all(builds, client->dictionary(), commands);
  }
  if (!problems.empty()) {
    for (const std::string& problem : problems) complain(problem);
    client->bye();
    return Exit::usage;
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    while (client->send(commands[i], i) == Sent::would_block) {
      if (!client->run_until([&] { return client->room() > 0; }, patience)) {
        return no_server(target.commands, client->problem());
      }
    }
  }
  // As long as outcomes keep coming, nobody is impatient.
  std::size_t before = 0;
  do {
    before = outcomes;
    client->run_until([&] { return outcomes == commands.size(); }, patience);
  } while (outcomes < commands.size() && outcomes > before);
  if (outcomes < commands.size()) {
    return no_server(target.commands, "usherd did not answer; perhaps the command was done");
  }
  if (!refusals.empty()) {
    auto queries = target.ask();
    for (const auto& [command, outcome] : refusals) {
      auto story = refusal_story(queries, client->dictionary(), command, outcome.refusal);
      const Answer& answer = outcome.answer;
      const auto wait = wait_words(answer.expected_p50_ms, answer.expected_p90_ms);
      if (!wait.empty()) story += "; " + wait;
      fmt::print("{}\n", painted(Paint::bad, "refused: ") + story);
    }
  }
  client->bye();
  return refused == 0 ? Exit::done : Exit::refused;
}

}  // namespace usher::client
