// Why a conversation is where it is.

#include <fmt/format.h>

#include "client/usherctl.h"
#include "client/usherctl_ask.h"
#include "client/usherctl_terminal.h"
#include "client/words.h"

namespace usher::client {
namespace {

constexpr std::size_t hopes_max = 8;

// "12 are full; 3 lack the authority".
std::string counted(const Why& why) {
  std::string text;
  for (const VerdictCount& of : why.counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", of.count,
                        words_of(of.verdict, of.count == 1));
  }
  return text.empty() ? "nobody is on the roster" : text;
}

// What would have to change for this agent to get it; nothing if more than one thing.
std::string hope(const Why& why, const Candidate& candidate) {
  const std::string agent = candidate.agent.text() + " ";
  if (candidate.verdict == wire::Verdict::eligible) return agent + "can";
  if (candidate.verdict == wire::Verdict::room) return agent + "as soon as there is room";
  if (candidate.from_ms <= why.pool_ms) return {};
  return fmt::format("{}in {}: {}", agent, duration_words(candidate.from_ms - why.pool_ms),
                     words_of(candidate.verdict, true));
}

}  // namespace

Exit show_why(const Target& target, const std::string& id, std::uint64_t sequence) {
  const auto parsed = id_of(id);
  if (!parsed) return Exit::usage;
  Why why;
  Dictionary names;
  Exit exit = Exit::done;
  const auto ask = [&](Queries& queries) { return queries.why(*parsed, sequence); };
  if (!ask_with_names<Why>(sequence == 0 ? target : patient(target), ask, why, names, exit))
    return exit;
  print_line("conversation", why.conversation.text(), Paint::strong);
  std::string state = words_of(why.state) + ", " + duration_words(why.pool_ms - why.opened_ms);
  if (why.joined) state += ", behind another conversation of the customer";
  print_line("state", state);
  print_line("class", names.name(NameKind::service_class, why.service_class));
  print_line("band", names.name(NameKind::band, why.band));
  print_line("need", fmt::format("step {} of {}", why.step, why.steps));
  print_line("agents", counted(why));
  std::size_t told = 0;
  for (const Candidate& candidate : why.candidates) {
    const std::string text = hope(why, candidate);
    if (text.empty() || told == hopes_max) continue;
    print_line(told++ == 0 ? "who could" : "", text);
  }
  if (told == 0) print_line("who could", "nobody, unless the roster or the conversation changes");
  std::string as_of =
      fmt::format("record {}, configured by record {}", why.record, why.configured_at);
  if (why.wall_ms != 0) as_of = clock_words(why.wall_ms, true) + ", " + as_of;
  print_line("as of", as_of);
  return Exit::done;
}

}  // namespace usher::client
