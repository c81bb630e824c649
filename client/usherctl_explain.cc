// Why an agent got a conversation, and not others.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "client/usherctl.h"
#include "client/usherctl_ask.h"
#include "client/usherctl_terminal.h"
#include "client/words.h"

namespace usher::client {
namespace {

using wire::TupleField;

constexpr std::size_t fields = static_cast<std::size_t>(TupleField::MAX) + 1;

const Candidate* winner_of(const Explained& explained) {
  const auto& all = explained.candidates;
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const Candidate& one) { return one.agent == explained.winner; });
  return found == all.end() ? nullptr : &*found;
}

// "2 of 3": loads are counted in units that no supervisor knows.
std::string load_of(const Candidate& candidate) {
  const std::uint32_t unit =
      std::max<std::uint32_t>(1, std::gcd(candidate.used, candidate.capacity));
  if (candidate.used == 0) return "nothing";
  return fmt::format("{} of {}", candidate.used / unit, candidate.capacity / unit);
}

// What the winner has that those who lost on the field have not.
std::string advantage(TupleField field, const Candidate& winner) {
  switch (field) {
    case TupleField::bot: return "bots come first";
    case TupleField::over: return "has capacity left, others would be above theirs";
    case TupleField::preferred: return "the preferred agent";
    case TupleField::tier: return "of the group that comes first for the class";
    case TupleField::load: return "least loaded: " + load_of(winner);
    case TupleField::scarce: return "agents with scarce skills are kept free";
    case TupleField::idle: return "idle longest";
    case TupleField::id: return "by the order of ids, all else being equal";
    case TupleField::none: break;
  }
  return "chosen before them";
}

std::string handicap(const Candidate& candidate) {
  switch (candidate.lost_on) {
    case TupleField::bot: return "is no bot";
    case TupleField::over: return "would be above capacity";
    case TupleField::preferred: return "is not the preferred agent";
    case TupleField::tier: return "is of a group that comes later";
    case TupleField::load: return "has more to do: " + load_of(candidate);
    case TupleField::scarce: return "has scarce skills and is kept free";
    case TupleField::idle: return "was idle for less long";
    case TupleField::id: return "comes later in the order of ids";
    case TupleField::none: break;
  }
  return words_of(candidate.verdict, true);
}

// One line for each field that decided against somebody.
void print_advantages(const Explained& explained, const Candidate& winner) {
  std::array<std::size_t, fields> lost{};
  for (const Candidate& candidate : explained.candidates) {
    ++lost[std::min(static_cast<std::size_t>(candidate.lost_on), fields - 1)];
  }
  bool first = true;
  if (explained.debt) {
    print_line("why", explained.winner.text() + " owed it: it was passed over often enough");
    first = false;
  }
  for (std::size_t field = 1; field < fields; ++field) {
    if (lost[field] == 0) continue;
    print_line(first ? "why" : "",
               fmt::format("{}, before {} {}", advantage(static_cast<TupleField>(field), winner),
                           lost[field], lost[field] == 1 ? "other" : "others"));
    first = false;
  }
  if (first) print_line("why", "nobody else could take it");
}

// "12 are full; 3 lack the authority".
std::string passed_over(const Explained& explained) {
  std::string text;
  for (const VerdictCount& of : explained.counts) {
    if (of.verdict == wire::Verdict::eligible) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", of.count,
                        words_of(of.verdict, of.count == 1));
  }
  return text;
}

// As usherd logs it when it decides.
std::string decision_line(const Explained& explained, const Candidate& winner) {
  std::string line = fmt::format(
      "decision {}: {} to {}, record {}, configured by {}{}; bot {:d} over {:d} preferred {:d} "
      "tier {} used {}/{} scarce {:d} idle since {};",
      explained.sequence, explained.conversation.text(), explained.winner.text(), explained.record,
      explained.configured_at, explained.debt ? ", owed" : "", winner.bot, winner.over,
      winner.preferred, winner.tier, winner.used, winner.capacity, winner.scarce,
      winner.idle_since);
  for (const VerdictCount& of : explained.counts) {
    line += fmt::format(" {} {}", wire::EnumNameVerdict(of.verdict), of.count);
  }
  return line;
}

// "the first in band live that somebody could take, opened 12:03:04.118, 41 s before".
std::string place(const Explained& explained, const Dictionary& names) {
  const std::int64_t waited_ms = explained.pool_ms - explained.opened_ms;
  const std::string band = names.name(NameKind::band, explained.band);
  return fmt::format("{}, opened {}, {} before",
                     explained.debt ? "in band " + band + ", passed over by others"
                                    : "the first in band " + band + " that somebody could take",
                     clock_words(explained.wall_ms - waited_ms), duration_words(waited_ms));
}

void print_candidates(const Explained& explained) {
  bool first = true;
  for (const Candidate& candidate : explained.candidates) {
    if (candidate.agent == explained.winner) continue;
    print_line(first ? "the others" : "", candidate.agent.text() + " " + handicap(candidate));
    first = false;
  }
}

void print(const Explained& explained, const Dictionary& names, bool all_candidates) {
  const Candidate* winner = winner_of(explained);
  if (winner == nullptr) return complain("usherd's answer does not name the winner");
  print_line("conversation", explained.conversation.text(), Paint::strong);
  const bool offered = explained.kind == wire::EventKind::offered;
  print_line("decision",
             fmt::format("{} {}, {}", offered ? "offered to" : "given to", explained.winner.text(),
                         clock_words(explained.wall_ms, true)));
  print_advantages(explained, *winner);
  print_line("class", names.name(NameKind::service_class, explained.service_class));
  print_line("order", place(explained, names));
  print_line("need", fmt::format("step {} of {}", explained.step, explained.steps));
  print_line("passed over", passed_over(explained));
  if (all_candidates) print_candidates(explained);
  for (const std::uint64_t other : explained.others) {
    print_line("also", fmt::format("event {} of the same moment: --at {}", other, other));
  }
  print_line("as of", fmt::format("event {}, record {}, configured by record {}",
                                  explained.sequence, explained.record, explained.configured_at));
  print_line("in the log", decision_line(explained, *winner));
}

}  // namespace

Exit show_explain(const Target& target, const std::string& id, std::uint64_t sequence,
                  bool all_candidates) {
  Id conversation;
  if (!id.empty()) {
    const auto parsed = id_of(id);
    if (!parsed) return Exit::usage;
    conversation = *parsed;
  }
  Explained explained;
  Dictionary names;
  Exit exit = Exit::done;
  const auto ask = [&](Queries& queries) { return queries.explain(conversation, sequence); };
  if (!ask_with_names<Explained>(patient(target), ask, explained, names, exit)) return exit;
  print(explained, names, all_candidates);
  return Exit::done;
}

}  // namespace usher::client
