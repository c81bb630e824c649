#pragma once

// usherctl: plays every part of the floor by hand. What its files share: where usherd is, and how a
// run ends.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/client.h"
#include "client/queries.h"
#include "client/subscriber.h"
#include "client/usherctl_commands.h"

namespace usher::client {

struct Target {
  std::string commands = "tcp://127.0.0.1:5710";
  std::string events = "tcp://127.0.0.1:5711";
  std::string queries = "tcp://127.0.0.1:5712";
  std::string pool = "main";
  std::string origin;  // empty = usherctl, or desk-AGENT for a desk
  int timeout_ms = 3'000;

  [[nodiscard]] Options options(const std::string& default_origin) const;
  [[nodiscard]] Queries ask() const;
};

// What usherctl ends with, and 4 when the answer could not be written (cli/options.h).
enum class Exit : std::uint8_t { done = 0, refused = 1, usage = 2, no_server = 3 };

// Prints to standard error, as "usherctl: …".
void complain(const std::string& text);
// None, with a complaint, when the text is no id.
std::optional<Id> id_of(const std::string& text);
// There is nobody at `endpoint`: says what to look at.
Exit no_server(const std::string& endpoint, const std::string& why);
Exit failed(const Target& target, const Failure& failure);

// --- usherctl_send.cc: commands that change something ---

// A command, or everything that is wrong with its arguments.
using Problems = std::vector<std::string>;
using Built = std::variant<Command, Problems>;
using Build = std::function<Built(const Dictionary&)>;
// A session of its own: sends, waits for every outcome, prints it, says bye.
Exit send_commands(const Target& target, const std::vector<Build>& builds);
// Why it was refused, with the facts behind it: "no_capacity — ana has 3 of 3 chat".
std::string refusal_story(Queries& queries, const Dictionary& names, const Command& command,
                          wire::Refusal refusal);

// --- usherctl_look.cc: what there is now ---

// With `figures` what was counted since the pool began, not what there is now.
Exit show_status(const Target& target, bool json, bool figures);
Exit show_agents(const Target& target);
Exit show_queue(const Target& target, std::size_t conversations_max);
Exit show_conversation(const Target& target, const std::string& id, bool json);
Exit show_agent(const Target& target, const std::string& id);

// --- usherctl_estimate.cc: what somebody who comes now would be told ---

Exit show_estimate(const Target& target, const Arguments& arguments, bool json);

// --- usherctl_policy.cc: the policies by name ---

// All of them, or the one of that name.
Exit show_policy(const Target& target, const std::string& name, bool json);

// --- usherctl_why.cc, usherctl_explain.cc: why ---

// As of now, or with a sequence after the record of that event.
Exit show_why(const Target& target, const std::string& id, std::uint64_t sequence);
// Why matching chose whom it chose; of an event, or without a sequence of the last decision.
Exit show_explain(const Target& target, const std::string& id, std::uint64_t sequence,
                  bool all_candidates);

// --- usherctl_story.cc: what happened ---

struct WatchOptions {
  bool json = false;
  std::optional<std::uint64_t> after;
  std::string conversation;
  std::string agent;
  int seconds = 0;  // 0 = until interrupted
};
Exit watch(const Target& target, const WatchOptions& options);
Exit show_history(const Target& target, const std::string& conversation, const std::string& agent,
                  bool json);

// --- usherctl_roster.cc ---

extern const char* const roster_help;
Exit import_roster(const Target& target, const std::string& path);
Exit remove_agents(const Target& target, const std::vector<std::string>& agents);

// --- usherctl_journal.cc ---

// Becomes the program that knows the journal; returns only when that cannot be.
Exit look_into_journal(const std::vector<std::string>& arguments);

// --- usherctl_desk.cc ---

extern const char* const desk_help;
Exit run_desk(const Target& target, const std::string& agent);

// Set by SIGINT and SIGTERM after watch_signals(); poll() then returns early.
void watch_signals();
bool is_interrupted();

}  // namespace usher::client
