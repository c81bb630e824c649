#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "client/usherctl.h"
#include "client/usherctl_ask.h"
#include "client/usherctl_figures.h"
#include "client/usherctl_json.h"
#include "client/usherctl_terminal.h"
#include "client/words.h"
#include "schemas/week.h"

namespace usher::client {
namespace {

using Cell = Table::Cell;

// How long the oldest waits, against what was promised.
Cell oldest(const ClassStatus& of) {
  if (of.waiting == 0) return {"-", Paint::faint};
  Paint paint = Paint::plain;
  if (of.oldest_ms > of.target_ms) {
    paint = Paint::bad;
  } else if (of.oldest_ms > of.target_ms / 2) {
    paint = Paint::notable;
  }
  return {duration_words(static_cast<std::int64_t>(of.oldest_ms)), paint};
}

Paint paint_of(const Agent& agent) {
  if (agent.lost) return Paint::bad;
  switch (agent.presence) {
    case wire::Presence::available: return Paint::good;
    case wire::Presence::not_responding: return Paint::bad;
    case wire::Presence::offline:
    case wire::Presence::none: return Paint::faint;
    default: return Paint::notable;
  }
}

std::string presence_words(const Agent& agent, const Dictionary& names) {
  std::string text = agent.presence == wire::Presence::none ? "offline" : words_of(agent.presence);
  if (agent.reason != 0) text += " (" + names.name(NameKind::reason, agent.reason) + ")";
  return agent.lost ? text + ", lost" : text;
}

// "chat 2/3, email 0/5"; with `taken_only` what is empty is left out.
std::string load_words(const Agent& agent, const Dictionary& names, bool taken_only) {
  std::string text;
  for (const auto& load : agent.loads) {
    if (taken_only && load.count == 0) continue;
    text += fmt::format("{}{} {}/{}", text.empty() ? "" : ", ",
                        names.name(NameKind::channel, load.channel), load.count, load.limit);
  }
  return text;
}

std::string skill_words(const std::vector<SkillLevel>& skills, const Dictionary& names) {
  std::string text;
  for (const auto& skill : skills) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        names.name(NameKind::skill, skill.skill), skill.level);
  }
  return text;
}

std::string shift_words(const std::vector<Shift>& shifts) {
  std::vector<week::Times> times;
  times.reserve(shifts.size());
  for (const Shift& one : shifts) times.push_back({one.from_minute, one.to_minute});
  return week::text_of(times);
}

// "shift ends in 8m 00s", or nothing while that is not near.
std::string shift_end_words(const Agent& agent, std::int64_t pool_ms) {
  if (agent.shift_ends_ms == 0) return {};
  return "shift ends in " + duration_words(agent.shift_ends_ms - pool_ms);
}

std::string id_words(const std::vector<Id>& ids) {
  std::string text;
  for (const auto& id : ids) text += (text.empty() ? "" : " ") + id.text();
  return text;
}

void print_json(const Status& status, const Dictionary& names) {
  Json classes = Json::list();
  for (const auto& of : in_order(status.classes)) {
    Json one = Json::object();
    one.set("class", names.name(NameKind::service_class, of.service_class))
        .set("band", names.name(NameKind::band, of.band))
        .set("target_ms", of.target_ms)
        .set("waiting", of.waiting)
        .set("oldest_ms", of.oldest_ms)
        .set("offered", of.offered)
        .set("assigned", of.assigned)
        .set("held", of.held)
        .set("wrapping", of.wrapping)
        .set("opened", of.opened)
        .set("replied", of.replied)
        .set("in_target", of.in_target)
        .set("abandoned", of.abandoned)
        .set("closed", of.closed)
        .set("misses", of.misses)
        .set("expected_p50_ms", of.expected_p50_ms)
        .set("expected_p90_ms", of.expected_p90_ms)
        .set("estimated", of.estimated)
        .set("within_p50", of.within_p50)
        .set("within_p90", of.within_p90);
    add_figures(one, of);
    classes.add(one);
  }
  fmt::print("{}\n", Json::object()
                         .set("version", status.version)
                         // Beyond 2^53 a number is not safe in JSON: these are identities.
                         .set("incarnation", fmt::format("{:016x}", status.incarnation))
                         .set("core_version", fmt::format("{:016x}", status.core_version))
                         .set("digest", fmt::format("{:016x}", status.digest))
                         .set("chain", fmt::format("{:016x}", status.chain))
                         .set("durability", status.durability)
                         .set("term", status.term)
                         .set("sequence", status.sequence)
                         .set("record", status.record)
                         .set("pool_ms", status.pool_ms)
                         .set("conversations", status.conversations)
                         .set("waiting", status.waiting)
                         .set("unroutable", status.unroutable)
                         .set("deferred", status.deferred)
                         .set("scheduled", status.scheduled)
                         .set("mode", names.name(NameKind::mode, status.mode))
                         .set("mode_ends_ms", status.mode_ends_ms)
                         .set("agents", status.agents)
                         .set("available", status.available)
                         .set("offers", status.offers)
                         .set("lapses", status.lapses)
                         .set("refused", status.refused)
                         .set("sessions", status.sessions)
                         .set("frames_refused", status.frames_refused)
                         .set("frames_dropped", status.frames_dropped)
                         .set("classes", classes)
                         .set("groups", groups_json(status, names))
                         .set("origins", origins_json(status, names))
                         .text());
}

void print_head(const Target& target, const Status& status, const Dictionary& names) {
  fmt::print("{}  {} conversations, {} waiting, {} of {} agents available\n",
             painted(Paint::strong, "pool " + target.pool), grouped(status.conversations),
             grouped(status.waiting), grouped(status.available), grouped(status.agents));
  std::string aside;
  const auto add = [&aside](std::uint64_t number, std::string_view what) {
    if (number > 0)
      aside += fmt::format("{}{} {}", aside.empty() ? "" : ", ", grouped(number), what);
  };
  add(status.unroutable, "unroutable");
  add(status.deferred, "put off");
  add(status.scheduled, "scheduled");
  if (!aside.empty()) fmt::print("{}\n", painted(Paint::notable, aside));
  if (status.mode == 0) return;
  std::string mode = "mode " + names.name(NameKind::mode, status.mode);
  if (status.mode_ends_ms != 0) {
    mode += ", " + duration_words(status.mode_ends_ms - status.pool_ms) + " more";
  }
  fmt::print("{}\n", painted(Paint::notable, mode));
}

// What who comes now is told, and how often that held; nothing before anybody was told.
void print_estimates(const Status& status, const Dictionary& names) {
  Table table({"to wait now", ">about", ">hardly more than", ">told so far", ">held, of 50 %",
               ">held, of 90 %"});
  const auto wait = [](std::int64_t ms) { return ms < 0 ? "-" : duration_words(ms); };
  for (const auto& of : in_order(status.classes)) {
    if (of.expected_p50_ms < 0 && of.estimated == 0) continue;
    table.add({{names.name(NameKind::service_class, of.service_class), Paint::strong},
               {wait(of.expected_p50_ms)},
               {wait(of.expected_p90_ms)},
               count(of.estimated),
               {share(of.within_p50, of.estimated)},
               {share(of.within_p90, of.estimated)}});
  }
  if (!table.is_empty()) fmt::print("{}\n", table.text());
}

Json json_of(const Conversation& of, const Dictionary& names) {
  const auto name = [&](NameKind kind, std::uint16_t number) { return names.name(kind, number); };
  return Json::object()
      .set("conversation", of.conversation.text())
      .set("state", words_of(of.state))
      .set("class", name(NameKind::service_class, of.service_class))
      .set("band", name(NameKind::band, of.band))
      .set("channel", name(NameKind::channel, of.channel))
      .set("category", name(NameKind::category, of.category))
      .set("impact", name(NameKind::impact, of.impact))
      .set("tier", name(NameKind::tier, of.tier))
      .set("language", name(NameKind::skill, of.language))
      .set("customer", of.customer ? of.customer.text() : "")
      .set("origin", name(NameKind::origin, of.origin))
      .set("agent", of.agent ? of.agent.text() : "")
      .set("epoch", of.epoch)
      .set("offered_to", id_words(of.offers))
      .set("opened_ms", of.opened_ms)
      .set("waited_ms", of.waited_ms)
      .set("due_ms", of.due_ms)
      .set("position", of.position)
      .set("expected_p50_ms", of.expected_p50_ms)
      .set("expected_p90_ms", of.expected_p90_ms)
      .set("told_ms", of.told_ms)
      .set("opens_ms", of.opens_ms)
      .set("replied", of.replied)
      .set("test", of.test)
      .set("over", of.over)
      .set("joined", of.joined)
      .set("seeking", of.seeking)
      .set("level", of.level)
      .set("misses", of.misses)
      .set("outcome", words_of(of.outcome));
}

// "about 40 s to wait, hardly more than 2m 10s, told 4 s ago".
std::string left_words(const Conversation& of) {
  std::string text = wait_words(of.expected_p50_ms, of.expected_p90_ms);
  const std::int64_t ago_ms = of.opened_ms + of.waited_ms - of.told_ms;
  if (!text.empty() && of.told_ms != 0 && ago_ms > 0) {
    text += ", told " + duration_words(ago_ms) + " ago";
  }
  return text;
}

// Why it is deferred, and when it comes back.
std::string deferred_words(const Conversation& of) {
  if (of.state != wire::ConversationState::deferred) return {};
  if (of.due_ms != 0) {
    const std::int64_t left_ms = of.due_ms - (of.opened_ms + of.waited_ms);
    return "by the overflow of its class, or shed; it comes back in " + duration_words(left_ms);
  }
  const std::string when = of.opens_ms == 0 ? "" : ", " + opening_words(of.opens_ms);
  return "its class is closed; it comes back when that opens" + when;
}

}  // namespace

Exit show_status(const Target& target, bool json, bool figures) {
  Status status;
  Dictionary names;
  Exit exit = Exit::done;
  const auto ask = [](Queries& queries) { return queries.status(); };
  if (!ask_with_names<Status>(target, ask, status, names, exit)) return exit;
  if (json) {
    print_json(status, names);
    return Exit::done;
  }
  print_head(target, status, names);
  if (figures) {
    print_figures(status, names);
    return Exit::done;
  }
  Table table({"class", "band", ">target", ">waiting", ">oldest", ">offered", ">with agents",
               ">held", ">wrap-up", ">opened", ">answered", ">in target", ">abandoned"});
  for (const auto& of : in_order(status.classes)) {
    table.add({{names.name(NameKind::service_class, of.service_class), Paint::strong},
               {names.name(NameKind::band, of.band)},
               {duration_words(static_cast<std::int64_t>(of.target_ms)), Paint::faint},
               count(of.waiting),
               oldest(of),
               count(of.offered),
               count(of.assigned),
               count(of.held),
               count(of.wrapping),
               count(of.opened),
               count(of.replied),
               {share(of.in_target, of.replied + of.abandoned)},
               count(of.abandoned)});
  }
  fmt::print("\n{}\n", table.text());
  print_estimates(status, names);
  fmt::print("{}\n", painted(Paint::faint,
                             fmt::format("usherd {}, event {}, record {}, {} offers, {} lapsed, {} "
                                         "refused, {} sessions, journal: {}",
                                         status.version, grouped(status.sequence),
                                         grouped(status.record), grouped(status.offers),
                                         grouped(status.lapses), grouped(status.refused),
                                         grouped(status.sessions), status.durability)));
  return Exit::done;
}

Exit show_agents(const Target& target) {
  Snapshot snapshot;
  Dictionary names;
  Exit exit = Exit::done;
  const auto ask = [](Queries& queries) { return queries.snapshot(); };
  if (!ask_with_names<Snapshot>(target, ask, snapshot, names, exit)) return exit;
  Table table({"agent", "group", ">level", "presence", "desk", "has", "conversations", "shift"});
  for (const auto& agent : snapshot.agents) {
    table.add({{agent.agent.text(), Paint::strong},
               {names.name(NameKind::group, agent.group)},
               {std::to_string(agent.level)},
               {presence_words(agent, names), paint_of(agent)},
               {names.name(NameKind::origin, agent.origin)},
               {load_words(agent, names, true)},
               {id_words(agent.conversations)},
               {shift_end_words(agent, snapshot.pool_ms), Paint::notable}});
  }
  if (table.is_empty()) {
    fmt::print("Nobody is on the roster. usherctl roster import FILE puts agents there.\n");
  } else {
    fmt::print("{}", table.text());
  }
  return Exit::done;
}

Exit show_queue(const Target& target, std::size_t conversations_max) {
  Status status;
  Dictionary names;
  Exit exit = Exit::done;
  Snapshot snapshot;
  const auto ask = [&](Queries& queries) -> Found<Status> {
    Found<Snapshot> found = queries.snapshot();
    if (auto* failure = std::get_if<Failure>(&found)) return std::move(*failure);
    snapshot = std::get<Snapshot>(std::move(found));
    return queries.status();
  };
  if (!ask_with_names<Status>(target, ask, status, names, exit)) return exit;

  Table classes({"class", "band", ">waiting", ">oldest", ">target", ">offered"});
  for (const auto& of : in_order(status.classes)) {
    if (of.waiting + of.offered == 0) continue;
    classes.add({{names.name(NameKind::service_class, of.service_class), Paint::strong},
                 {names.name(NameKind::band, of.band)},
                 count(of.waiting),
                 oldest(of),
                 {duration_words(static_cast<std::int64_t>(of.target_ms)), Paint::faint},
                 count(of.offered)});
  }
  if (classes.is_empty()) {
    fmt::print("Nothing waits.\n");
    return Exit::done;
  }
  fmt::print("{}\n", classes.text());

  std::vector<const Conversation*> waiting;
  for (const auto& of : snapshot.conversations) {
    if (of.state == wire::ConversationState::waiting ||
        of.state == wire::ConversationState::offered) {
      waiting.push_back(&of);
    }
  }
  std::stable_sort(waiting.begin(), waiting.end(), [](const auto* a, const auto* b) {
    return std::pair(a->band, a->opened_ms) < std::pair(b->band, b->opened_ms);
  });
  Table table({"conversation", "class", "channel", ">waits", "language", "tier", "offered to"});
  for (std::size_t i = 0; i < std::min(waiting.size(), conversations_max); ++i) {
    const auto& of = *waiting[i];
    table.add({{of.conversation.text(), Paint::strong},
               {names.name(NameKind::service_class, of.service_class)},
               {names.name(NameKind::channel, of.channel)},
               {duration_words(snapshot.pool_ms - of.opened_ms)},
               {names.name(NameKind::skill, of.language)},
               {names.name(NameKind::tier, of.tier)},
               {id_words(of.offers)}});
  }
  if (!table.is_empty()) fmt::print("{}", table.text());
  if (waiting.size() > conversations_max) {
    fmt::print("{}\n",
               painted(Paint::faint, fmt::format("and {} more; --max N shows more",
                                                 grouped(waiting.size() - conversations_max))));
  }
  return Exit::done;
}

Exit show_conversation(const Target& target, const std::string& id, bool json) {
  const auto parsed = id_of(id);
  if (!parsed) return Exit::usage;
  Conversation of;
  Dictionary names;
  Exit exit = Exit::done;
  const auto ask = [&](Queries& queries) { return queries.conversation(*parsed); };
  if (!ask_with_names<Conversation>(target, ask, of, names, exit)) return exit;
  if (json) {
    fmt::print("{}\n", json_of(of, names).text());
    return Exit::done;
  }
  const auto name = [&](NameKind kind, std::uint16_t number) { return names.name(kind, number); };
  print_line("conversation", of.conversation.text(), Paint::strong);
  std::string state = words_of(of.state);
  if (of.agent) state += ", with " + of.agent.text();
  if (of.over) state += ", above capacity";
  if (of.joined) state += ", behind another conversation of the customer";
  if (of.seeking) state += ", until somebody is found who can handle the incident";
  if (of.level > 0) state += fmt::format(", for level {} and up", of.level);
  if (of.outcome != wire::CloseOutcome::none) state += ", " + words_of(of.outcome);
  print_line("state", state);
  print_line("deferred", deferred_words(of));
  print_line("class", name(NameKind::service_class, of.service_class));
  print_line("band", name(NameKind::band, of.band));
  print_line("channel", name(NameKind::channel, of.channel));
  print_line("category", name(NameKind::category, of.category));
  print_line("impact", name(NameKind::impact, of.impact));
  print_line("tier", name(NameKind::tier, of.tier));
  print_line("language", name(NameKind::skill, of.language));
  print_line("customer", of.customer ? of.customer.text() : "");
  print_line("front-end", name(NameKind::origin, of.origin));
  print_line("waited",
             duration_words(of.waited_ms) + (of.replied ? ", answered" : ", no reply yet"));
  print_line("queue",
             of.position == 0 ? "" : fmt::format("{} wait in its class", grouped(of.position)));
  print_line("to wait", left_words(of));
  print_line("offered to", id_words(of.offers));
  print_line("epoch", of.epoch == 0 ? "" : std::to_string(of.epoch));
  print_line("required", skill_words(of.required, names));
  for (const auto& exclusion : of.exclusions) {
    print_line("excluded",
               exclusion.agent.text() + (exclusion.until_ms == 0 ? ", for good" : ", for a while"));
  }
  print_line("misses", of.misses == 0 ? "" : std::to_string(of.misses));
  print_line("", of.test ? "a test: in no figure" : "");
  return Exit::done;
}

Exit show_agent(const Target& target, const std::string& id) {
  const auto parsed = id_of(id);
  if (!parsed) return Exit::usage;
  Agent agent;
  Dictionary names;
  Exit exit = Exit::done;
  const auto ask = [&](Queries& queries) { return queries.agent(*parsed); };
  if (!ask_with_names<Agent>(target, ask, agent, names, exit)) return exit;
  print_line("agent", agent.agent.text(), Paint::strong);
  print_line("", agent.kind == wire::AgentKind::bot ? "a bot" : "");
  print_line("presence", presence_words(agent, names), paint_of(agent));
  print_line("group", names.name(NameKind::group, agent.group));
  print_line("level", std::to_string(agent.level));
  print_line("desk", names.name(NameKind::origin, agent.origin));
  print_line("has", load_words(agent, names, false));
  print_line("conversations", id_words(agent.conversations));
  print_line("share", fmt::format("{} % of a full load", agent.share_percent));
  print_line("skills", skill_words(agent.skills, names));
  std::string authorities;
  for (const auto authority : agent.authorities) {
    authorities += (authorities.empty() ? "" : ", ") + names.name(NameKind::authority, authority);
  }
  print_line("authorities", authorities);
  print_line("shifts", shift_words(agent.shifts));
  print_line("misses", agent.misses == 0 ? "" : std::to_string(agent.misses));
  return Exit::done;
}

}  // namespace usher::client
