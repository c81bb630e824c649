// A record in words: what a failing script is read by.

#include <string>
#include <type_traits>

#include "sim/differences.h"

namespace usher::sim {
namespace {

std::string text(std::uint64_t value) { return std::to_string(value); }
std::string text(std::int64_t value) { return std::to_string(value); }

template <class List, class Show>
std::string list_of(const List& list, Show show) {
  std::string all;
  for (const auto& item : list) all += (all.empty() ? "" : ",") + show(item);
  return "[" + all + "]";
}

std::string skill(const SkillLevel& s) {
  return text(std::uint64_t{s.skill.value}) + ">=" + text(std::uint64_t{s.level});
}

const char* presence(Presence value) {
  constexpr const char* names[] = {"none",     "available",      "away",
                                   "draining", "not_responding", "offline"};
  return names[static_cast<std::size_t>(value)];
}

std::string term(const NeedTerm& t) {
  constexpr const char* kinds[] = {"skill", "lang", "group", "level"};
  return (t.negated ? "!" : "") + std::string(kinds[static_cast<std::size_t>(t.kind)]) +
         text(std::uint64_t{t.number}) + ">=" + text(std::uint64_t{t.level});
}

std::string step(const NeedStep& s) {
  return text(s.after_ms) +
         "ms:" + list_of(s.alternatives, [](const auto& terms) { return list_of(terms, term); });
}

std::string rule(const TierRule& r) {
  return "group" + text(std::uint64_t{r.group.value}) + "/level" + text(std::uint64_t{r.level}) +
         "=" + text(std::uint64_t{r.tier}) + " after " + text(r.helps_after_ms);
}

std::string diversion(const Diversion& to) {
  constexpr const char* ways[] = {"nowhere", "deferred", "refused", "class "};
  std::string all = ways[static_cast<std::size_t>(to.kind)];
  if (to.service_class) all += text(std::uint64_t{to.service_class.value});
  return all;
}

std::string hours(const ClassHours& line) {
  const std::string calendar = text(std::uint64_t{line.hours.value});
  return line.language ? "lang" + text(std::uint64_t{line.language.value}) + ":" + calendar
                       : calendar;
}

std::string class_rule(const ClassRule& r) {
  const auto number = [](auto n) { return text(std::uint64_t{n.value}); };
  return "\n      class " + number(r.service_class) + " for categories " +
         list_of(r.categories, number) + " channels " + list_of(r.channels, number) + " tiers " +
         list_of(r.tiers, number) + " impacts " + list_of(r.impacts, number);
}

std::string service_class(const ClassConfiguration& k) {
  std::string all = "\n      class " + text(std::uint64_t{k.number.value});
  const auto say = [&](const char* name, auto value) {
    if (value != 0) all += std::string(" ") + name + "=" + std::to_string(value);
  };
  say("band", k.band.value);
  say("target", k.target_ms);
  all += k.delivery == Delivery::give ? " give" : " offer";
  say("at_once", k.offers_at_once);
  if (!k.need.empty()) all += " need=" + list_of(k.need, step);
  if (!k.authorities.empty()) {
    all += " must=" + list_of(k.authorities, [](auto a) { return text(std::uint64_t{a.value}); });
  }
  say("reply_within", k.reply_within_ms);
  say("wrap_up", k.wrap_up_ms);
  say("cool_down", k.cool_down_ms);
  say("preferred_wait", k.preferred_wait_ms);
  say("hold_for_preferred", k.hold_for_preferred);
  say("handling_max", k.handling_ms_max);
  say("release_when_exceeded", k.release_when_exceeded);
  if (!k.tiers.empty()) all += " tiers=" + list_of(k.tiers, rule);
  if (k.replied_by == RepliedBy::accept) all += " replied=accept";
  say("scarce", k.scarce);
  say("over_slots", k.over_slots);
  if (k.surge_lend_percent < 100) {
    say("surge_above", k.surge_above);
    all += " surge_lend=" + std::to_string(k.surge_lend_percent);
  }
  say("bot_first", k.bot_first_ms);
  say("bot_replies_count", k.bot_replies_count);
  if (!k.hours.empty()) {
    all += " hours=" + list_of(k.hours, hours) + " closed_to=" + diversion(k.closed_to);
  }
  if (k.overflow.to.kind != Diversion::Kind::none) {
    all += " overflow=" + diversion(k.overflow.to);
    say("waiting_max", k.overflow.waiting_max);
    say("wait_ms_max", k.overflow.wait_ms_max);
  }
  say("defer_ms", k.overflow.defer_ms);
  say("heir", k.heir.value);
  return all;
}

std::string rules(const RoutingRules& c) {
  std::string all;
  for (const ChannelConfiguration& k : c.channels) {
    all += "\n      channel " + text(std::uint64_t{k.number.value}) +
           " holds=" + text(std::uint64_t{k.holds}) + " offer_ms=" + text(k.offer_ms) +
           (k.background ? " background" : "") + (k.voice ? " voice" : "");
  }
  for (const BandConfiguration& b : c.bands) {
    constexpr const char* orders[] = {"oldest", "deadline", "service_level"};
    all += "\n      band " + text(std::uint64_t{b.number.value}) + " " +
           orders[static_cast<std::size_t>(b.order)] + " rescue=" + text(std::uint64_t{b.rescue}) +
           (b.security ? " security" : "");
  }
  for (const ClassConfiguration& k : c.classes) all += service_class(k);
  for (const HeadStart& h : c.head_starts) {
    all += "\n      head start " + text(h.head_start_ms) + " of " + (h.tier ? "tier " : "impact ") +
           text(std::uint64_t{h.tier ? h.tier.value : h.impact.value});
  }
  all += "\n      scarce=" +
         list_of(c.scarce_skills, [](SkillNumber s) { return text(std::uint64_t{s.value}); });
  all += c.give_to == GiveTo::least_loaded ? " least_loaded" : " longest_idle";
  all += " fair_pick=" + text(std::uint64_t{c.fair_pick}) +
         " misses=" + text(std::uint64_t{c.misses_max}) + " lost_grace=" + text(c.lost_grace_ms) +
         " resume_grace=" + text(c.resume_grace_ms) +
         " closed_keep=" + text(std::uint64_t{c.closed_keep}) +
         " login_burst=" + text(std::uint64_t{c.login_burst_per_minute}) +
         " levels=" + text(std::uint64_t{c.levels}) +
         " waiting_max=" + text(std::uint64_t{c.waiting_max}) + " stop_new=" + text(c.stop_new_ms);
  for (const ClassRule& r : c.rules) all += class_rule(r);
  return all;
}

std::string configuration(const PoolConfiguration& c) {
  std::string all = rules(c);
  for (const Mode& mode : c.modes) {
    all += "\n     mode " + text(std::uint64_t{mode.number.value}) + rules(mode.rules);
  }
  return all;
}

// The name of the command's kind, in the order of the variant.
constexpr const char* kinds[] = {
    "Tick",      "Open",          "Update",       "CustomerWrote", "Abandon",     "Close",
    "Transfer",  "Escalate",      "Reopen",       "Rate",          "SignIn",      "SetPresence",
    "SignOff",   "Accept",        "Reject",       "Pick",          "Replied",     "Hold",
    "Resume",    "Release",       "FinishWrapUp", "ExtendWrapUp",  "DefineAgent", "RemoveAgent",
    "SetScope",  "MoveAll",       "SetMode",      "Configure",     "OpenSession", "EndSession",
    "AgentLost", "AgentRegained", "Resumed",      "Refused",       "SetHours",    "ShiftEnds"};
static_assert(std::size(kinds) == std::variant_size_v<Command>);

std::string definition(const command::AgentDefinition& d) {
  return " " + words(d.agent) + " group=" + text(std::uint64_t{d.group.value}) +
         " level=" + text(std::uint64_t{d.level}) + (d.kind == AgentKind::bot ? " bot" : "") +
         " share=" + text(std::uint64_t{d.share_percent}) + " skills=" + list_of(d.skills, skill) +
         " may=" + list_of(d.authorities, [](auto a) { return text(std::uint64_t{a.value}); }) +
         " holds=" + list_of(d.holds, [](const ChannelHold& h) {
           return text(std::uint64_t{h.channel.value}) + ":" + text(std::uint64_t{h.count});
         });
}

// The fields that several commands have, under the same names.
template <class Kind>
std::string common(const Kind& c) {
  std::string all;
  const auto say = [&](const char* name, auto value) {
    if (value != 0) all += std::string(" ") + name + "=" + std::to_string(value);
  };
  if constexpr (requires { c.conversation; }) all += " " + words(c.conversation);
  if constexpr (requires { c.agent; }) all += " " + words(c.agent);
  if constexpr (requires { c.epoch; }) say("epoch", c.epoch);
  if constexpr (requires { c.presence; }) all += std::string(" ") + presence(c.presence);
  if constexpr (requires { c.customer; }) {
    if (!c.customer.is_zero()) all += " customer=" + words(c.customer);
  }
  if constexpr (requires { c.channels; }) say("channels", c.channels);
  if constexpr (requires { c.fields; }) say("fields", c.fields);
  if constexpr (requires { c.channel; }) say("channel", c.channel.value);
  if constexpr (requires { c.category; }) say("category", c.category.value);
  if constexpr (requires { c.impact; }) say("impact", c.impact.value);
  if constexpr (requires { c.tier; }) say("tier", c.tier.value);
  if constexpr (requires { c.language; }) say("language", c.language.value);
  if constexpr (requires { c.test; }) say("test", c.test);
  if constexpr (requires { c.age_ms; }) say("age_ms", c.age_ms);
  if constexpr (requires { c.not_before_ms; }) say("not_before_ms", c.not_before_ms);
  if constexpr (requires { c.required; }) all += " required=" + list_of(c.required, skill);
  if constexpr (requires { c.preferred_agent; }) {
    if (!c.preferred_agent.is_zero()) all += " preferred=" + words(c.preferred_agent);
  }
  if constexpr (requires { c.excluded; }) {
    all += " excluded=" + list_of(c.excluded, [](AgentId a) { return words(a); });
  }
  if constexpr (requires { c.from_class; }) say("from_class", c.from_class.value);
  if constexpr (requires { c.count_max; }) say("count_max", c.count_max);
  if constexpr (requires { c.to_class; }) say("to_class", c.to_class.value);
  if constexpr (requires { c.scope; }) {
    constexpr const char* scopes[] = {"none", "pool", "class", "group", "agent"};
    constexpr const char* states[] = {"none", "open", "paused", "draining"};
    all += std::string(" ") + scopes[static_cast<std::size_t>(c.scope)] + " " +
           text(std::uint64_t{c.number}) + " " + states[static_cast<std::size_t>(c.state)];
  }
  if constexpr (requires { c.score; }) say("score", c.score);
  if constexpr (requires { c.to_agent; }) {
    if (!c.to_agent.is_zero()) all += " to " + words(c.to_agent);
  }
  if constexpr (requires { c.hours; }) say("hours", c.hours.value);
  if constexpr (requires { c.open; }) say("open", c.open);
  if constexpr (requires { c.mode; }) say("mode", c.mode.value);
  if constexpr (requires { c.in_ms; }) say("in_ms", c.in_ms);
  if constexpr (requires { c.for_ms; }) say("for_ms", c.for_ms);
  if constexpr (requires { c.by_ms; }) say("by_ms", c.by_ms);
  if constexpr (requires { c.outcome; }) say("outcome", static_cast<int>(c.outcome));
  if constexpr (requires { c.reason.value; }) say("reason", c.reason.value);
  if constexpr (requires { c.definition; }) all += definition(*c.definition);
  if constexpr (requires { c.configuration; }) all += configuration(*c.configuration);
  return all;
}

}  // namespace

std::string words(const Record& record) {
  std::string all = text(record.stamp.sequence) + " at " + text(record.stamp.pool_ms) + " ms: ";
  all += kinds[record.command.index()];
  all += std::visit([](const auto& c) { return common(c); }, record.command);
  if (record.number != 0) all += "  (number " + text(record.number) + ")";
  return all;
}

}  // namespace usher::sim
