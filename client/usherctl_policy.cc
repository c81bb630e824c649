// The named policies: what each sets, who gains, who pays, and which one a daemon runs.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "client/usherctl.h"
#include "client/usherctl_json.h"
#include "client/usherctl_terminal.h"
#include "client/words.h"

namespace usher::client {
namespace {

using wire::BandOrder;
using wire::GiveTo;

// Of docs/usher-sim.md: under strict priority, under the policy, and the paired difference with its
// 95 % interval.
struct Measured {
  std::string_view what;
  std::string_view strict;
  std::string_view policy;
  std::string_view difference;
};

struct Policy {
  std::string_view name;
  GiveTo give_to = GiveTo::least_loaded;
  BandOrder order = BandOrder::oldest;  // of every band that is not a security band
  std::string_view in_short;
  std::string_view gives;
  std::string_view orders;
  std::string_view with;  // settings it is meant to stand beside, which it does not touch
  std::string_view gain;
  std::string_view pay;
  std::string_view floor;  // on which it was measured
  std::string_view options;
  std::string_view files;
  std::span<const Measured> measured;
};

constexpr std::uint16_t fair_pick_default = 16;
constexpr std::uint16_t rescue_default = 5;

constexpr std::array<Measured, 9> fair_measured = {{
    {"incidents with a person in 15 s, %", "71.18", "99.62", "+28.02 ±3.57"},
    {"VIPs answered in 30 s, %", "85.44", "85.86", "+0.40 ±0.20"},
    {"regular customers in 60 s, %", "81.07", "81.72", "+0.63 ±0.21"},
    {"prospects in 120 s, %", "76.72", "77.88", "+1.11 ±0.33"},
    {"everybody in target, %", "82.29", "83.35", "+1.02 ±0.18"},
    {"left before an answer, %", "7.15", "6.72", "-0.42 ±0.07"},
    {"longest waits (p99), s", "394", "367", "-26 ±9"},
    {"waited beyond the target, h a day", "10.02", "9.07", "-0.95 ±0.27"},
    {"unevenness of load, by time on duty", ".157", ".164", "+.007 ±.003"},
}};

constexpr std::array<Measured, 9> service_level_measured = {{
    {"incidents with a person in 15 s, %", "71.18", "99.55", "+27.96 ±3.58"},
    {"VIPs answered in 30 s, %", "85.44", "89.65", "+4.12 ±0.78"},
    {"regular customers in 60 s, %", "81.07", "84.14", "+2.98 ±0.51"},
    {"prospects in 120 s, %", "76.72", "80.08", "+2.84 ±0.76"},
    {"everybody in target, %", "82.29", "86.38", "+3.96 ±0.62"},
    {"left before an answer, %", "7.15", "6.72", "-0.42 ±0.08"},
    {"longest waits (p99), s", "394", "449", "+28 ±16"},
    {"waited beyond the target, h a day", "10.02", "10.44", "+0.42 ±0.32"},
    {"unevenness of load, by time on duty", ".157", ".180", "+.023 ±.005"},
}};

constexpr std::array<Measured, 9> voice_measured = {{
    {"incidents with a person in 15 s, %", "48.89", "59.08", "+10.22 ±1.80"},
    {"VIPs answered in 30 s, %", "66.72", "66.10", "-0.58 ±0.28"},
    {"regular customers in 60 s, %", "65.67", "65.52", "-0.13 ±0.34"},
    {"prospects in 120 s, %", "60.86", "61.28", "+0.33 ±0.47"},
    {"everybody in target, %", "65.00", "64.89", "-0.12 ±0.22"},
    {"left before an answer, %", "12.65", "12.57", "-0.07 ±0.09"},
    {"longest waits (p99), s", "476", "454", "-17 ±10"},
    {"waited beyond the target, h a day", "9.95", "9.76", "-0.19 ±0.19"},
    {"unevenness of load, by time on duty", ".131", ".131", "+.000 ±.001"},
}};

constexpr std::string_view chat_options =
    " --scale 1.85 --capacity 3 --speed 1,0.8,0.65,0.53 --security 0.015";

constexpr std::array<Policy, 3> policies = {{
    {.name = "fair",
     .give_to = GiveTo::least_loaded,
     .order = BandOrder::oldest,
     .in_short = "the oldest first, to the least loaded; the default",
     .gives = "give_to = \"least_loaded\": of the suitable agents the one with most room left",
     .orders = "order = \"oldest\" in every band: who waits longest goes first",
     .with =
         "for incidents, in their class: over_capacity = 1, and a second step of the need after "
         "10 s",
     .gain = "who has waited long: the longest waits become shorter, nobody is passed over for "
             "ever, and incidents go first all the same",
     .pay = "the agents, a little: their load, by time on duty, is less even by +.007 ±.003; where "
            "they take one call at a time, VIPs a little, for the fair pick",
     .floor = "a chat floor, three conversations at once",
     .options = chat_options,
     .files = "chat_strict chat_fair",
     .measured = fair_measured},
    {.name = "service_level",
     .give_to = GiveTo::least_loaded,
     .order = BandOrder::service_level,
     .in_short = "who can still be answered in time goes first",
     .gives = "give_to = \"least_loaded\": of the suitable agents the one with most room left",
     .orders =
         "order = \"service_level\" in every band but the security band: first whoever waited "
         "5 times the target (rescue), then who is still inside the target, then who is late",
     .with = "scarce = [\"security\"], so that people with that skill stay free; for incidents, in "
             "their class: over_capacity = 1, and a second step of the need after 10 s",
     .gain = "most customers: more of every kind are answered inside their target",
     .pay = "who is late already waits still longer, up to 5 times the target; the agents' load is "
            "less even",
     .floor =
         "a chat floor, three conversations at once, scarce = [\"security\"], fair_pick = 0; with "
         "wrap-up that does not slow the agent (--wrap-up clock) everybody in target gains "
         "+2.67 ±0.50 only",
     .options = chat_options,
     .files = "chat_strict chat_service_level",
     .measured = service_level_measured},
    {.name = "voice",
     .give_to = GiveTo::longest_idle,
     .order = BandOrder::oldest,
     .in_short = "the oldest first, to whoever has been idle longest: for telephones",
     .gives = "give_to = \"longest_idle\": of the suitable agents the one who has rested longest",
     .orders = "order = \"oldest\" in every band: who waits longest goes first",
     .with =
         "for incidents, in their class: a second step of the need after 10 s. No over_capacity: "
         "on a voice channel nobody ever gets a second call, whatever it says",
     .gain = "agents who take one call at a time: turns are fair; incidents find more people",
     .pay = "VIPs a little, for the fair pick: with fair_pick = 0 it is -0.19 ±0.28 for them",
     .floor = "the telephone, one call at a time",
     .options = " --security 0.015",
     .files = "voice_strict voice_voice",
     .measured = voice_measured},
}};

constexpr std::string_view source =
    "usher-sim trace: January and February 1999 of a bank's call centre (the Technion's Anonymous "
    "Bank), 39 working days, 3 replications, 1.5 % incidents; beside strict priority, first come "
    "first served, to whoever is idle longest, and incidents only to who has the skill and room. "
    "The difference is the mean of the days with its interval of 95 %, so not exactly the one of "
    "the "
    "two columns. What incidents gain comes mostly from the settings it goes with";

std::string command_of(const Policy& policy) {
  std::string command =
      "usher-sim trace --calls bank_calls.csv --shifts bank_shifts.csv --patience "
      "bank_patience.csv";
  for (std::size_t at = 0; at < policy.files.size();) {
    const std::size_t end = std::min(policy.files.find(' ', at), policy.files.size());
    command += fmt::format(" --config sim/traces/{}.toml", policy.files.substr(at, end - at));
    at = end + 1;
  }
  return command + std::string(policy.options);
}

// What of a policy's settings the rules in force have otherwise: "" if they are exactly it, none if
// they are another policy altogether.
std::optional<std::string> deviation(const Policy& policy, const Status& status) {
  if (status.give_to != policy.give_to) return std::nullopt;
  std::string otherwise;
  for (const BandStatus& band : status.bands) {
    const BandOrder wanted = band.security ? BandOrder::oldest : policy.order;
    if (band.order != wanted) return std::nullopt;
    if (band.order == BandOrder::service_level && band.rescue != rescue_default) {
      otherwise = fmt::format(", rescue {} instead of {}", band.rescue, rescue_default);
    }
  }
  if (status.fair_pick != fair_pick_default) {
    otherwise += fmt::format(", fair_pick {} instead of {}", status.fair_pick, fair_pick_default);
  }
  return otherwise;
}

// What the daemon at hand runs, by its settings: their name is not known to it.
struct Running {
  std::string name;  // empty = own settings
  std::string words;
};

Running running(const Status& status, const Dictionary& names) {
  for (const Policy& policy : policies) {
    const auto otherwise = deviation(policy, status);
    if (!otherwise) continue;
    // With nothing but security bands two policies are the same.
    const std::string name(policy.name);
    if (otherwise->empty()) return {name, name};
    return {"", "own settings: as " + name + *otherwise};
  }
  std::string words = fmt::format("own settings: give_to {}", wire::EnumNameGiveTo(status.give_to));
  for (const BandStatus& band : status.bands) {
    words += fmt::format(", {} by {}", names.name(NameKind::band, band.band),
                         wire::EnumNameBandOrder(band.order));
  }
  return {"", words + fmt::format(", fair_pick {}", status.fair_pick)};
}

void print(const Policy& policy) {
  print_line("policy", fmt::format("{}: {}", policy.name, policy.in_short), Paint::strong);
  print_line("sets", std::string(policy.gives));
  print_line("", std::string(policy.orders));
  print_line("leaves", fmt::format("fair_pick: {} unless the file says otherwise; what classes set",
                                   fair_pick_default));
  print_line("goes with", std::string(policy.with));
  print_line("who gains", std::string(policy.gain));
  print_line("who pays", std::string(policy.pay));
  Table table({"measured", ">strict priority", ">" + std::string(policy.name), ">difference"});
  for (const Measured& row : policy.measured) {
    table.add({{std::string(row.what)},
               {std::string(row.strict)},
               {std::string(row.policy)},
               {std::string(row.difference)}});
  }
  fmt::print("\n{}\n", table.text());
  print_line("floor", std::string(policy.floor));
  print_line("again by", command_of(policy));
}

Json json_of(const Policy& policy) {
  Json rows = Json::list();
  for (const Measured& row : policy.measured) {
    rows.add(Json::object()
                 .set("what", row.what)
                 .set("strict", row.strict)
                 .set("policy", row.policy)
                 .set("difference", row.difference));
  }
  return Json::object()
      .set("policy", policy.name)
      .set("summary", policy.in_short)
      .set("give_to", wire::EnumNameGiveTo(policy.give_to))
      .set("order", wire::EnumNameBandOrder(policy.order))
      .set("goes_with", policy.with)
      .set("gains", policy.gain)
      .set("pays", policy.pay)
      .set("measured_on", policy.floor)
      .set("measured", rows)
      .set("command", command_of(policy));
}

// None when nobody answers: the policies can be read without a daemon.
std::optional<Running> look(const Target& target) {
  Queries queries = target.ask();
  const Found<Status> status = queries.status();
  const auto* found = std::get_if<Status>(&status);
  if (found == nullptr || found->bands.empty()) return std::nullopt;
  const Found<Dictionary> names = queries.dictionary();
  if (!std::holds_alternative<Dictionary>(names)) return std::nullopt;
  return running(*found, std::get<Dictionary>(names));
}

}  // namespace

Exit show_policy(const Target& target, const std::string& name, bool json) {
  std::vector<const Policy*> shown;
  for (const Policy& policy : policies) {
    if (name.empty() || policy.name == name) shown.push_back(&policy);
  }
  if (shown.empty()) {
    complain(fmt::format("a policy is fair, service_level or voice, found \"{}\"", name));
    return Exit::usage;
  }
  const std::optional<Running> at_hand = look(target);
  if (json) {
    Json list = Json::list();
    for (const Policy* policy : shown) list.add(json_of(*policy));
    Json all = Json::object().set("policies", list).set("source", source);
    if (at_hand) all.set("running", at_hand->name).set("running_words", at_hand->words);
    fmt::print("{}\n", all.text());
    return Exit::done;
  }
  for (const Policy* policy : shown) {
    print(*policy);
    fmt::print("\n");
  }
  print_line("source", std::string(source));
  print_line(
      "running",
      at_hand ? at_hand->words : fmt::format("not known: no usherd at {} tells", target.queries),
      at_hand ? Paint::good : Paint::faint);
  return Exit::done;
}

}  // namespace usher::client
