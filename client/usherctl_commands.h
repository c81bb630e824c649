#pragma once

// The commands of usherctl that change something: their arguments as text, and what becomes of them
// once the pool's dictionary is known.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "client/client.h"
#include "client/command.h"
#include "client/dictionary.h"

namespace usher::client {

// Bounds that usherd has too, so that who types is told them.
inline constexpr std::size_t pool_name_bytes_max = 8;
inline constexpr std::uint64_t age_ms_max = 30 * 86'400'000ULL;
inline constexpr std::uint64_t delay_ms_max = 30 * 86'400'000ULL;
inline constexpr std::uint64_t wrap_up_extension_ms_max = 3'600'000;

// As typed; empty = not given.
struct Arguments {
  std::string conversation;
  std::string agent;
  std::string customer;
  std::string channel;
  std::string category;
  std::string impact;
  std::string tier;
  std::string language;
  std::string age;
  std::string not_before;
  std::string outcome;
  std::string to_class;
  std::string from_class;
  std::string to_agent;
  std::string reason;
  std::string duration;
  std::string presence;
  std::string scope;
  std::string mode;
  std::vector<std::string> required;
  std::vector<std::string> preferred;
  std::vector<std::string> excluded;
  std::vector<std::string> channels;
  std::uint64_t epoch = 0;
  std::uint32_t count_max = 0;
  unsigned score = 0;
  bool test = false;
  bool away = false;
};

// Turns words into values and keeps the first thing that is wrong with them.
class Reader {
 public:
  explicit Reader(const Dictionary& names) : names_(names) {}

  // Empty and "none" are none.
  Id id(const std::string& text);
  Id needed_id(const std::string& text, std::string_view what);
  // `what` it is called in a message, if not by its kind.
  std::uint16_t name(NameKind kind, const std::string& text, std::string_view what = {});
  // "90s", "10m", "2h", "3d", "250ms", from `low_ms` to `high_ms`; 0 when it was not given. `what`
  // is how a message calls it.
  std::uint64_t duration_ms(std::string_view what, const std::string& text, std::uint64_t low_ms,
                            std::uint64_t high_ms);
  // "chain=5"; a bare name is level 1.
  std::vector<SkillLevel> skills(const std::vector<std::string>& texts);
  std::vector<Id> ids(const std::vector<std::string>& texts);
  std::vector<std::uint16_t> channels(const std::vector<std::string>& texts);
  CloseOutcome outcome(const std::string& text);
  Presence presence(const std::string& text);
  // "pool", "class:NAME", "group:NAME" or "agent:ID".
  SetScope scope(const std::string& text, ScopeState state);

  void complain(const std::string& problem);
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  const Dictionary& names_;
  std::string problem_;
};

struct CommandRow {
  std::string_view name;
  std::string_view help;
  // The options it takes, in order, as named in usherctl.cc; "!" = needed, a bare word = in its
  // place on the line.
  std::vector<std::string_view> options;
  Command (*build)(Reader& reader, const Arguments& arguments);
};

const std::vector<CommandRow>& command_rows();

// What was done, in words: "chat c-17 opened: class account, waiting, 3 wait in its class".
std::string done_words(const Command& command, const Outcome& outcome, const Dictionary& names);

// Whom a command is about; none when it is about nobody of that kind.
Id conversation_of(const Command& command);
Id agent_of(const Command& command);

}  // namespace usher::client
