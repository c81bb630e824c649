#include "daemon/config_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/config_text.h"
#include "routing/check.h"
#include "routing/limits.h"

namespace usher::config {
namespace {

using limits::hour_ms;
using limits::minute_ms;
using limits::second_ms;
using Kind = SettingKind;

constexpr std::int64_t long_ms_max = limits::age_ms_max;
constexpr std::int64_t names_max = limits::names_max;
constexpr std::int64_t name_bytes_max = limits::name_bytes_max;

// In the order of the shipped file.
constexpr auto table = std::to_array<Setting>({
    {"server", "pool", Kind::name, 1, 8, "a name", "main", false,
     "One usherd is one pool: agents and conversations routed together."},
    {"server", "commands", Kind::texts, 1, 8, "endpoints, tcp://ADDRESS:PORT or ipc://PATH",
     "tcp://127.0.0.1:5710", false,
     "Where front-ends and agents' desks connect: they send commands and get their own events "
     "back."},
    {"server", "events", Kind::texts, 1, 8, "endpoints, tcp://ADDRESS:PORT or ipc://PATH",
     "tcp://127.0.0.1:5711", false,
     "Where the whole stream of events is published for whoever displays or audits it."},
    {"server", "queries", Kind::texts, 1, 8, "endpoints, tcp://ADDRESS:PORT or ipc://PATH",
     "tcp://127.0.0.1:5712", false, "Where snapshots, replays and figures are asked for."},
    {"server", "state", Kind::text, 0, 255, "a directory", "none", false,
     "Where the pool's state lives; empty means $STATE_DIRECTORY, which systemd sets to "
     "/var/lib/usher, and without that ./usher-data."},
    {"server", "durability", Kind::text, 4, 13, "group, none, or relaxed:MS with 1 to 60000",
     "group", false,
     "When what a client said counts as done. group: when it is on the disk. relaxed:200: when the "
     "system has it, and within 200 ms the disk: if the machine fails, so much is lost. none: when "
     "the system has it. A crash of usherd alone loses nothing in all three."},
    {"server", "disk_floor", Kind::count, 0, 1'048'576, "MiB", "256", false,
     "With less left on the disk of `state`, opens, reopenings and roster entries are refused with "
     "disk_full; everything that ends work goes on, and what the newest state makes superfluous is "
     "forgotten. At least half as much again as a state takes."},
    {"server", "snapshot_every", Kind::duration, second_ms, 24 * hour_ms, "", "1h", false,
     "How often the state is kept while the pool runs, and always when it stops: a start carries "
     "out again only what came behind."},
    {"server", "keep", Kind::duration, 0, 9600 * hour_ms, "", "24h", false,
     "How far back what happened can be explained. The two newest states and everything behind "
     "them are always kept."},
    {"server", "keep_size", Kind::count, 1, 16'777'216, "MiB", "4096", false,
     "What `keep` may take on the disk at most: beyond it the oldest goes first."},
    {"server", "lease", Kind::duration, 5 * second_ms, 10 * minute_ms, "", "30s", true,
     "A front-end that says nothing for so long is gone, and its agents count as lost until it is "
     "back."},
    {"server", "window", Kind::count, 1, limits::batch_commands_max, "commands", "4096", true,
     "How many commands one front-end may have under way without an answer. Applies to sessions "
     "that begin after a reload."},
    {"server", "inbox", Kind::count, limits::batch_commands_max, 16'777'216, "commands", "262144",
     false, "How many commands of all front-ends together may wait inside usherd."},
    {"server", "event_ring", Kind::count, 1024, 134'217'728, "events", "1048576", false,
     "The newest events, kept in memory for subscribers and front-ends that missed some."},
    {"server", "log_level", Kind::choice, 0, 0, "debug, info, warn, error", "info", true,
     "The least important messages that are logged."},

    {"names", "skills", Kind::names, 0, names_max, "skills", "none", true,
     "What agents can be good at, each at a level of 1 to 10."},
    {"names", "languages", Kind::names, 0, names_max, "languages", "none", true,
     "What customers speak. A language is a skill of the agent; `lang` in a need means the one of "
     "the conversation."},
    {"names", "categories", Kind::names, 0, names_max, "categories", "none", true,
     "What a conversation can be about, as the front-end says."},
    {"names", "groups", Kind::names, 0, limits::groups_max, "groups", "none", true,
     "The teams agents belong to, one each."},
    {"names", "authorities", Kind::names, 0, names_max, "authorities", "none", true,
     "What an agent may be allowed to do. A class that asks for one never goes without."},
    {"names", "reasons", Kind::names, 0, names_max, "reasons", "none", true,
     "Why an agent is away, or why a conversation is rejected, given back, transferred or "
     "reclassified."},

    {"routing", "policy", Kind::choice, 0, 0, "fair, service_level, voice", "fair", true,
     "What the settings of this section and the order of bands are when nothing else is said. "
     "fair: the oldest first, to the least loaded. service_level: who can still be answered "
     "inside the target goes before who is late, except in the security band; to the least loaded. "
     "voice: the "
     "oldest first, to whoever has been idle longest. No policy touches scarce, and over_capacity "
     "and need of a class. usherctl policy says who gains and who pays."},
    {"routing", "give_to", Kind::choice, 0, 0, "least_loaded, longest_idle", "the policy's", true,
     "Which of several suitable agents gets a conversation."},
    {"routing", "fair_pick", Kind::count, 0, 10'000, "picks", "16", true,
     "After an agent has so often taken something from a better band while older work of a worse "
     "one waited, its next pick is the oldest of what it passed over. Incidents of a security band "
     "neither count nor wait. 0 switches this off: a better band may then starve a worse one."},
    {"routing", "scarce", Kind::names, 0, 64, "skills", "none", true,
     "Skills worth saving: who has one is asked last, unless the class needs it."},
    {"routing", "misses", Kind::count, 1, 100, "offers", "2", true,
     "After so many missed in a row the agent is shown as not responding and gets nothing until it "
     "says it is available."},
    {"routing", "grace", Kind::duration, second_ms, hour_ms, "", "90s", true,
     "How long a lost agent's conversations wait for its return before others get them."},
    {"routing", "resume_grace", Kind::duration, 0, 10 * minute_ms, "", "30s", true,
     "After a restart of usherd no offer, reply or hold ends sooner than this."},
    {"routing", "closed_keep", Kind::count, 1, 16'000'000, "conversations", "1000000", true,
     "How many ended ones are remembered, so that they can be reopened."},
    {"routing", "levels", Kind::count, 1, limits::levels_max, "levels", "3", true,
     "Agents are of level 1, 2, 3 and so on; escalating a conversation asks for the next one, up "
     "to "
     "this."},
    {"routing", "login_burst", Kind::count, 0, 1000, "conversations", "0", true,
     "An agent who comes online to a long queue is given so many a minute, until a minute passes "
     "in "
     "which that many were not needed. Incidents of a security band do not count. 0 switches this "
     "off."},
    {"routing", "shed_above", Kind::count, 0, limits::conversations_max, "conversations", "0", true,
     "Once more than so many wait, the newest of the last band are put off for the `back_after` of "
     "their class. Never incidents of a security band. 0 switches this off."},
    {"routing", "stop_new", Kind::duration, 0, 4 * hour_ms, "", "0s", true,
     "So long before the shift of an agent ends it gets no new live work; at its end it is signed "
     "off."},
    {"routing", "time_zone", Kind::text, 1, 64, "an IANA time zone", "UTC", true,
     "Of the shifts in the roster."},

    {"hours", "time_zone", Kind::text, 1, 64, "an IANA time zone", "UTC", true,
     "Whose clocks and holidays count; they are put forward and back as the zone does."},
    {"hours", "open", Kind::lines, 1, 64, "times of a week", "", true,
     "When it is open, such as \"mon-fri 08:00-20:00\", \"sat 10:00-24:00\" or "
     "\"sun 22:00-02:00\", which ends on Monday."},
    {"hours", "holidays", Kind::lines, 0, 512, "days", "none", true,
     "Closed from midnight to midnight, on one day, such as \"2026-04-03\", or on that day of "
     "every "
     "year, such as \"12-25\"."},

    {"channels", "holds", Kind::count, 1, limits::holds_count_max, "conversations", "1", true,
     "So many of this channel fill an agent, unless the roster says otherwise. Mixtures count as "
     "shares."},
    {"channels", "background", Kind::flag, 0, 0, "", "false", true,
     "Work that never keeps a chat or a call away: live work may come on top of it, never the "
     "other "
     "way round."},
    {"channels", "voice", Kind::flag, 0, 0, "", "false", true,
     "Calls: an agent in one is never given anything above capacity."},
    {"channels", "offer_timeout", Kind::duration, second_ms, 10 * minute_ms, "", "20s", true,
     "An offer not accepted by then goes back to its place and to somebody else."},

    {"tiers", "head_start", Kind::duration, 0, 24 * hour_ms, "", "0s", true,
     "Conversations of such customers are treated as if they had come so much earlier, inside "
     "their band."},
    {"impacts", "head_start", Kind::duration, 0, 24 * hour_ms, "", "0s", true,
     "The same for conversations of this impact; it is added to that of the customer's tier."},

    {"band", "name", Kind::name, 1, name_bytes_max, "a name", "", true,
     "What people see in reports."},
    {"band", "order", Kind::choice, 0, 0, "oldest, deadline, service_level", "the policy's", true,
     "Who goes first inside the band. oldest: by time of opening. deadline: by the end of the "
     "target. service_level: first whoever waited `rescue` times the target, then who is still "
     "inside the target, then who is late."},
    {"band", "rescue", Kind::count, 1, 1000, "targets", "5", true,
     "With the order service_level: whoever waited so many times its target goes first."},
    {"band", "security", Kind::flag, 0, 0, "", "false", true,
     "Only for the first band: its work is outside every fairness rule."},

    {"class", "name", Kind::name, 1, name_bytes_max, "a name", "", true,
     "What people see in reports."},
    {"class", "band", Kind::name, 1, name_bytes_max, "the name of a band", "", true,
     "Where it waits."},
    {"class", "when", Kind::tables, 0, 64, "conditions", "", true,
     "Which conversations are of this class, by category, channel, tier and impact: "
     "{category = [\"a\", \"b\"], channel = [\"chat\"]} means a or b, and on chat; a list of such "
     "conditions means any of them; {} means everything that no class above has taken; [] means "
     "only what is transferred here. The first class that fits wins."},
    {"class", "target", Kind::duration, second_ms, long_ms_max, "", "60s", true,
     "The first reply is due by then."},
    {"class", "accept", Kind::choice, 0, 0, "offer, auto", "offer", true,
     "offer: the agent is asked and may refuse. auto: the conversation is given."},
    {"class", "offers_at_once", Kind::count, 1, limits::offers_max, "agents", "1", true,
     "How many are asked at the same time; the first to accept gets it."},
    {"class", "over_capacity", Kind::count, 0, 100, "conversations", "0", true,
     "Only in a security band: when nobody suitable has room, an agent who has none may be given "
     "so "
     "many more. Never a call, and never beside one."},
    {"class", "surge", Kind::tables, 0, 1, "rows", "none", true,
     "In a mass incident this keeps the rest of the floor at its work: {above = 20, lend = 30} "
     "lets "
     "at most 30 % of the others on duty be asked for help while more than 20 are under way. "
     "Others "
     "are persons without the skills that the first step of the need asks for. Only in a security "
     "band."},
    {"class", "first", Kind::tables, 0, 1, "rows", "none", true,
     "Who is asked before all others: {bot = \"60s\"} gives it to bots until the customer has "
     "waited "
     "so long, or the bot hands it over; then a person gets it, at its age. Not in a security "
     "band."},
    {"class", "need", Kind::lines, 0, limits::steps_max, "steps", "none", true,
     "What an agent must have, step by step, counted from the opening: "
     "\"0s: chain>=5, lang | wallet>=7, lang\" means chain at level 5 or wallet at level 7, either "
     "with the customer's language. Also: `level>=2` of the agent, `group:NAME`, `!` for must not, "
     "and `anyone`. Each later step adds to those before it."},
    {"class", "authorities", Kind::names, 0, limits::agent_authorities_max, "authorities", "none",
     true, "What an agent must be allowed to do, all of them; no step relaxes this."},
    {"class", "reply_within", Kind::duration, 0, 24 * hour_ms, "", "0s", true,
     "An agent silent for so long after getting the conversation loses it, and that counts as a "
     "miss. 0s switches this off."},
    {"class", "replied", Kind::choice, 0, 0, "reply, accept", "reply", true,
     "What counts as the first reply. accept is for front-ends that cannot tell, such as "
     "telephones."},
    {"class", "wrap_up", Kind::duration, 0, hour_ms, "", "0s", true,
     "After closing, the agent's room stays taken for so long, for notes."},
    {"class", "cool_down", Kind::duration, second_ms, 24 * hour_ms, "", "60s", true,
     "Who refused or missed a conversation is not asked again before that."},
    {"class", "preferred_wait", Kind::duration, 0, 24 * hour_ms, "", "0s", true,
     "For so long the agent who knows the customer goes before all others."},
    {"class", "hold_for_preferred", Kind::flag, 0, 0, "", "false", true,
     "Meanwhile nobody else is asked at all."},
    {"class", "handling_max", Kind::duration, 0, 24 * hour_ms, "", "0s", true,
     "Supervisors are told of a conversation that one agent has had for longer. 0s switches this "
     "off."},
    {"class", "release_after_handling_max", Kind::flag, 0, 0, "", "false", true,
     "And it goes back to its class."},
    {"class", "hours", Kind::tables, 0, 64, "rows", "none", true,
     "When it is open: {calendar = \"office\", language = [\"de\"]} for the conversations in these "
     "languages; the first row that fits counts, and without one it is always open. While it is "
     "closed nobody is given what waits, and the clock of the target stands. Not in a security "
     "band."},
    {"class", "when_closed", Kind::name, 1, name_bytes_max, "defer, refuse or the name of a class",
     "defer", true,
     "What becomes of what would wait then. defer: it waits for the class to open. refuse: opening "
     "it is refused. A class: that one gets it."},
    {"class", "overflow", Kind::tables, 0, 1, "rows", "none", true,
     "Where a conversation goes, once, that would wait too long or in vain: {to = \"mail\", wait = "
     "\"30m\"}; also when nobody on duty could take it. Not in a security band."},
    {"class", "heir", Kind::name, 1, name_bytes_max, "the name of a class", "none", true,
     "Who gets its conversations once this class is taken out of the file. A reload without a "
     "class "
     "that has no heir is refused."},
    {"class", "agent_tiers", Kind::tables, 0, 64, "rows", "none", true,
     "Who is asked first: {group = \"specialists\", tier = 1} puts a group behind those of tier 0, "
     "which is everyone no row names; the first row that fits counts."},

    {"when", "category", Kind::names, 1, names_max, "categories", "any", true,
     "One of these categories."},
    {"when", "channel", Kind::names, 1, limits::channels_max, "channels", "any", true,
     "On one of these channels."},
    {"when", "tier", Kind::names, 1, names_max, "tiers", "any", true,
     "Of a customer of one of these tiers."},
    {"when", "impact", Kind::names, 1, names_max, "impacts", "any", true,
     "Of one of these impacts."},

    {"surge", "above", Kind::count, 0, 1'000'000, "conversations", "", true,
     "The rule holds while more than so many of the class wait, are offered or lie with somebody."},
    {"surge", "lend", Kind::count, 0, 100, "percent", "", true,
     "Of the others on duty, rounded down, so many may have work of the class at a time; who has "
     "some may get more. What is there when the rule begins stays, and picking is free. 100 "
     "switches the rule off."},

    {"first", "bot", Kind::duration, second_ms, 24 * hour_ms, "", "", true,
     "For so long since the opening bots go before persons."},
    {"first", "replies_count", Kind::flag, 0, 0, "", "false", true,
     "A bot's answer counts as the first reply."},

    {"class.hours", "calendar", Kind::name, 1, name_bytes_max, "the name of hours", "", true,
     "The [hours.NAME] that count."},
    {"class.hours", "language", Kind::names, 1, names_max, "languages", "every language", true,
     "The languages the row is about."},

    {"overflow", "to", Kind::name, 1, name_bytes_max, "defer, refuse or the name of a class", "",
     true,
     "defer: put off for `back_after`. refuse: opening it is refused. A class: that one "
     "gets it."},
    {"overflow", "waiting", Kind::count, 0, 1'000'000, "conversations", "0", true,
     "So many of the class wait already. 0 is no limit."},
    {"overflow", "wait", Kind::duration, 0, long_ms_max, "", "0s", true,
     "It has waited so long since the opening. 0s is no limit."},
    {"overflow", "back_after", Kind::duration, minute_ms, long_ms_max, "", "30m", true,
     "When what is put off waits again."},

    {"agent_tiers", "group", Kind::name, 1, name_bytes_max, "the name of a group", "every group",
     true, "The group the row is about."},
    {"agent_tiers", "level", Kind::count, 1, limits::levels_max, "as the agent's level",
     "every level", true, "The level the row is about."},
    {"agent_tiers", "tier", Kind::count, 0, 255, "as the tier", "", true,
     "A smaller tier is asked first."},
    {"agent_tiers", "helps_after", Kind::duration, 0, 24 * hour_ms, "", "0s", true,
     "These agents are asked only for what has waited so long."},
});

constexpr std::size_t width_max = 100;

// Breaks a paragraph into comment lines.
std::string commented(std::string_view paragraph) {
  std::string text;
  std::string line = "#";
  while (!paragraph.empty()) {
    const std::size_t space = paragraph.find(' ');
    const std::string_view word = paragraph.substr(0, space);
    paragraph = space == std::string_view::npos ? "" : paragraph.substr(space + 1);
    if (line.size() + 1 + word.size() > width_max) {
      text += line + "\n";
      line = "#";
    }
    line += " ";
    line += word;
  }
  return text + line + "\n";
}

}  // namespace

std::span<const Setting> settings() { return table; }

const Setting& setting(std::string_view section, std::string_view key) {
  const auto* row = std::find_if(table.begin(), table.end(), [&](const Setting& candidate) {
    return candidate.section == section && candidate.key == key;
  });
  CHECK(row != table.end());
  return *row;
}

std::vector<std::string_view> choices(const Setting& row) {
  CHECK(row.kind == Kind::choice);
  std::vector<std::string_view> words;
  std::string_view rest = row.words;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(", ");
    words.push_back(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 2);
  }
  return words;
}

std::string accepted(const Setting& row) {
  switch (row.kind) {
    case Kind::duration:
      return fmt::format("{} to {}", duration_text(row.low), duration_text(row.high));
    case Kind::count:
    case Kind::texts:
    case Kind::lines:
    case Kind::tables: return fmt::format("{} to {} {}", row.low, row.high, row.words);
    case Kind::flag: return "true or false";
    case Kind::choice: return any_of(choices(row));
    case Kind::name:
      return fmt::format("{} of {} to {} letters, digits, - _ .", row.words, row.low, row.high);
    case Kind::names: return fmt::format("{} to {} names of {}", row.low, row.high, row.words);
    case Kind::text: return fmt::format("{} of {} to {} bytes", row.words, row.low, row.high);
  }
  return "";
}

std::string documentation(const Setting& row) {
  const std::string fallback =
      row.fallback.empty() ? "required" : fmt::format("default {}", row.fallback);
  return commented(fmt::format("{}: {}; {}{}. {}", row.key, accepted(row), fallback,
                               row.hot ? "" : "; needs a restart", row.effect));
}

}  // namespace usher::config
