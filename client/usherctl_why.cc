// Why a conversation is where it is.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/usherctl.h"
#include "client/usherctl_ask.h"
#include "client/usherctl_terminal.h"
#include "client/words.h"

namespace usher::client {
namespace {

constexpr std::size_t hopes_max = 8;  // by name, of each kind

// "12 are full; 3 lack the authority".
std::string counted(const std::vector<VerdictCount>& counts) {
  std::string text;
  for (const VerdictCount& of : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", of.count,
                        words_of(of.verdict, of.count == 1));
  }
  return text;
}

// What keeps everybody from it: "the class opens, Mon 08:00"; nothing if nothing does.
std::string awaited(const Why& why, const Dictionary& names) {
  std::string text;
  const auto add = [&](const std::string& one) { text += (text.empty() ? "" : " and ") + one; };
  const auto stands = [](wire::ScopeState state) {
    return state == wire::ScopeState::paused || state == wire::ScopeState::draining;
  };
  if (why.due_ms > why.pool_ms) {
    const bool scheduled = why.state == wire::ConversationState::scheduled;
    add((scheduled ? "its time comes, in " : "it comes back, in ") +
        duration_words(why.due_ms - why.pool_ms));
  }
  if (why.closed && why.opens_ms != 0) {
    add("the class opens, " + opening_words(why.opens_ms));
  } else if (why.closed) {
    add("the class opens, it is not known when");
  }
  if (stands(why.pool_scope)) add("the pool is unpaused");
  if (stands(why.class_scope)) {
    add("class " + names.name(NameKind::service_class, why.service_class) + " is unpaused");
  }
  return text;
}

// What would have to change for an agent to get it: of one, and of several. Empty: nothing helps.
struct Hope {
  std::string one = {};
  std::string several = {};
};

Hope hope(const Why& why, const Candidate& of, const Dictionary& names, bool waits) {
  using wire::Verdict;
  const auto both = [](const std::string& text) { return Hope{text, text}; };
  if (of.lacks != Verdict::eligible) return {};
  if (of.verdict == Verdict::paused && of.paused == wire::Scope::agent) {
    return {"when unpaused", "when they are unpaused"};
  }
  if (of.verdict == Verdict::paused && of.paused == wire::Scope::group) {
    return both("when group " + names.name(NameKind::group, of.group) + " is unpaused");
  }
  if (of.from_ms > why.pool_ms) {
    return both(fmt::format("in {}: {}", duration_words(of.from_ms - why.pool_ms),
                            words_of(of.verdict, true)));
  }
  switch (of.verdict) {
    case Verdict::eligible:
    case Verdict::closed:
    case Verdict::paused: return both(waits ? "then" : "can");
    case Verdict::has_it:
    case Verdict::need:
    case Verdict::authority:
    case Verdict::excluded:
    case Verdict::bot: return {};
    case Verdict::asked: return both("if the offer is accepted");
    case Verdict::not_available: return {"as soon as available", "as soon as they are available"};
    case Verdict::lost: return {"as soon as heard again", "as soon as they are heard again"};
    case Verdict::channel: return both("when signed in for the channel");
    case Verdict::room: return both("as soon as there is room");
    case Verdict::shift_ends: return both("in the next shift");
    case Verdict::lent_enough: return both("as soon as fewer are lent to the incident");
    case Verdict::held_back: return both("when no longer fresh online");
    case Verdict::kept_for_other: return both("when it is no longer held for its own agent");
    case Verdict::need_later:
    case Verdict::helps_later:
    case Verdict::cooling_down: return both("in a moment");
  }
  return {};
}

// Who could, each with what would have to change: those for whom it is the same in one line.
std::vector<std::string> hopes(const Why& why, const Dictionary& names) {
  struct Group {
    Hope hope;
    std::vector<std::string> agents;
  };
  std::vector<std::string> lines;
  const std::string until = awaited(why, names);
  if (!until.empty()) lines.push_back("nobody until " + until);
  std::vector<Group> groups;
  std::uint32_t named = 0;
  std::uint32_t able = 0;
  for (const VerdictCount& of : why.lacks) {
    if (of.verdict == wire::Verdict::eligible) able = of.count;
  }
  for (const Candidate& of : why.candidates) {
    if (of.lacks == wire::Verdict::eligible) ++named;
    Hope its = hope(why, of, names, !until.empty());
    if (its.one.empty()) continue;
    const auto same = std::find_if(groups.begin(), groups.end(),
                                   [&](const Group& one) { return one.hope.one == its.one; });
    Group& group = same != groups.end() ? *same : groups.emplace_back(Group{std::move(its), {}});
    group.agents.push_back(of.agent.text());
  }
  for (const Group& group : groups) {
    if (group.agents.size() == 1) {
      lines.push_back(group.agents.front() + " " + group.hope.one);
      continue;
    }
    std::string line = fmt::format("{} {}: ", group.agents.size(), group.hope.several);
    for (std::size_t i = 0; i < std::min(group.agents.size(), hopes_max); ++i) {
      line += (i == 0 ? "" : ", ") + group.agents[i];
    }
    lines.push_back(line + (group.agents.size() > hopes_max ? ", …" : ""));
  }
  if (able > named) lines.push_back(fmt::format("and {} more", able - named));
  if (named > 0) {
    if (groups.empty()) lines.emplace_back("nobody but who has it");
    return lines;
  }
  if (why.lacks.empty()) return {"nobody: the roster is empty"};
  return {"nobody on the roster ever: " + counted(why.lacks)};
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
  print_line("agents", why.counts.empty() ? "nobody is on the roster" : counted(why.counts));
  std::string_view heading = "who could";
  for (const std::string& line : hopes(why, names)) {
    print_line(std::exchange(heading, ""), line);
  }
  std::string as_of =
      fmt::format("record {}, configured by record {}", why.record, why.configured_at);
  if (why.wall_ms != 0) as_of = clock_words(why.wall_ms, true) + ", " + as_of;
  print_line("as of", as_of);
  return Exit::done;
}

}  // namespace usher::client
