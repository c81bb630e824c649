#include "sim/differences.h"

#include <iterator>
#include <type_traits>

namespace usher::sim {
namespace {

// --- words ---

constexpr const char* event_kinds[] = {"none",
                                       "opened",
                                       "scheduled",
                                       "waiting",
                                       "offered",
                                       "offer_ended",
                                       "assigned",
                                       "replied",
                                       "customer_wrote",
                                       "held",
                                       "wrapping",
                                       "wrap_up_extended",
                                       "closed",
                                       "abandoned",
                                       "deferred",
                                       "unroutable",
                                       "updated",
                                       "escalated",
                                       "rated",
                                       "joined",
                                       "at_risk",
                                       "breached",
                                       "handling_exceeded",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "agent_defined",
                                       "agent_removed",
                                       "agent_signed_in",
                                       "agent_presence",
                                       "agent_lost",
                                       "agent_regained",
                                       "agent_signed_off",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "",
                                       "pool_started",
                                       "pool_configured",
                                       "scope_changed",
                                       "mode_changed",
                                       "alarm"};
std::string show(EventKind value) {
  const auto number = static_cast<std::size_t>(value);
  return number < std::size(event_kinds) ? event_kinds[number] : std::to_string(number);
}
constexpr const char* causes[] = {"none",
                                  "command",
                                  "due",
                                  "given",
                                  "accepted",
                                  "picked",
                                  "rejected",
                                  "lapsed",
                                  "revoked",
                                  "silent",
                                  "agent_lost",
                                  "agent_gone",
                                  "released",
                                  "transferred",
                                  "resumed",
                                  "customer_wrote",
                                  "reclassified",
                                  "escalated",
                                  "reopened",
                                  "hours",
                                  "overflow",
                                  "configuration",
                                  "roster",
                                  "operator_order",
                                  "misses",
                                  "nobody_ever",
                                  "nobody_on_duty",
                                  "bot_handed_over",
                                  "mode",
                                  "taken_by_another",
                                  "customer"};
std::string show(Cause value) {
  const auto number = static_cast<std::size_t>(value);
  return number < std::size(causes) ? causes[number] : std::to_string(number);
}
constexpr const char* states[] = {"none",       "scheduled", "waiting",  "offered",
                                  "assigned",   "held",      "wrapping", "deferred",
                                  "unroutable", "closed",    "abandoned"};
std::string show(ConversationState value) {
  const auto number = static_cast<std::size_t>(value);
  return number < std::size(states) ? states[number] : std::to_string(number);
}
constexpr const char* presences[] = {"none",     "available",      "away",
                                     "draining", "not_responding", "offline"};
std::string show(Presence value) {
  const auto number = static_cast<std::size_t>(value);
  return number < std::size(presences) ? presences[number] : std::to_string(number);
}
constexpr const char* close_outcomes[] = {"none",      "solved", "not_solved",
                                          "duplicate", "spam",   "handed_over"};
std::string show(CloseOutcome value) {
  const auto number = static_cast<std::size_t>(value);
  return number < std::size(close_outcomes) ? close_outcomes[number] : std::to_string(number);
}
constexpr const char* refusals[] = {"none",
                                    "wrong_state",
                                    "stale",
                                    "unknown_conversation",
                                    "unknown_agent",
                                    "unknown_name",
                                    "no_capacity",
                                    "not_eligible",
                                    "not_present",
                                    "conflict",
                                    "id_zero",
                                    "out_of_range",
                                    "too_many",
                                    "not_allowed",
                                    "no_class",
                                    "same_target",
                                    "top_level",
                                    "pool_full",
                                    "gap",
                                    "unknown_session",
                                    "session_of_another",
                                    "wrong_version",
                                    "unknown_pool",
                                    "malformed",
                                    "unsupported",
                                    "quarantined",
                                    "disk_full",
                                    "draining",
                                    "outside_hours",
                                    "overflow",
                                    "busy",
                                    "below_ring"};
std::string show(Refusal value) {
  const auto number = static_cast<std::size_t>(value);
  return number < std::size(refusals) ? refusals[number] : std::to_string(number);
}

template <class T>
requires std::is_arithmetic_v<T> std::string show(T value) { return std::to_string(value); }

template <class Tag>
std::string show(Number<Tag> number) {
  return std::to_string(number.value);
}

// The ids of a world are short texts.
template <class Tag>
std::string show(Id<Tag> id) {
  std::string text;
  for (const std::uint8_t byte : id.bytes) {
    if (byte != 0) text += static_cast<char>(byte);
  }
  return text.empty() ? "nobody" : text;
}

constexpr const char* scopes[] = {"none", "pool", "service_class", "group", "agent"};
std::string show(Scope value) { return scopes[static_cast<std::size_t>(value)]; }
constexpr const char* scope_states[] = {"none", "open", "paused", "draining"};
std::string show(ScopeState value) { return scope_states[static_cast<std::size_t>(value)]; }

std::string show(AgentKind kind) { return kind == AgentKind::bot ? "bot" : "person"; }
std::string show(SkillLevel s) { return show(s.skill) + ">=" + std::to_string(s.level); }
std::string show(const ExclusionView& e) { return show(e.agent) + " until " + show(e.until_ms); }
std::string show(const ChannelLoadView& l) {
  return show(l.channel) + ": " + show(l.count) + "/" + show(l.limit) +
         (l.background ? " background" : "");
}

template <class T>
std::string show(const std::vector<T>& list) {
  std::string text;
  for (const T& item : list) text += (text.empty() ? "" : ", ") + show(item);
  return "[" + text + "]";
}

// --- the fields of everything that is compared ---

template <class See>
void each_field(const Outcome& a, const Outcome& b, See see) {
  see("refusal", a.refusal, b.refusal);
  see("state", a.state, b.state);
  see("service_class", a.service_class, b.service_class);
  see("position", a.position, b.position);
  see("expected_p50_ms", a.expected_p50_ms, b.expected_p50_ms);
  see("expected_p90_ms", a.expected_p90_ms, b.expected_p90_ms);
  see("epoch", a.epoch, b.epoch);
}

template <class See>
void each_field(const Event& a, const Event& b, See see) {
  see("sequence", a.sequence, b.sequence);
  see("record", a.record, b.record);
  see("pool_ms", a.pool_ms, b.pool_ms);
  see("wall_ms", a.wall_ms, b.wall_ms);
  see("kind", a.kind, b.kind);
  see("cause", a.cause, b.cause);
  see("state", a.state, b.state);
  see("presence", a.presence, b.presence);
  see("outcome", a.outcome, b.outcome);
  see("score", a.score, b.score);
  see("test", a.test, b.test);
  see("over", a.over, b.over);
  see("conversation", a.conversation, b.conversation);
  see("agent", a.agent, b.agent);
  see("other_agent", a.other_agent, b.other_agent);
  see("customer", a.customer, b.customer);
  see("epoch", a.epoch, b.epoch);
  see("service_class", a.service_class, b.service_class);
  see("band", a.band, b.band);
  see("channel", a.channel, b.channel);
  see("origin", a.origin, b.origin);
  see("agent_origin", a.agent_origin, b.agent_origin);
  see("other_origin", a.other_origin, b.other_origin);
  see("reason", a.reason, b.reason);
  see("language", a.language, b.language);
  see("tier", a.tier, b.tier);
  see("previous", a.previous, b.previous);
  see("agent_previous", a.agent_previous, b.agent_previous);
  see("other_previous", a.other_previous, b.other_previous);
  see("waited_ms", a.waited_ms, b.waited_ms);
  see("due_ms", a.due_ms, b.due_ms);
  see("count", a.count, b.count);
  see("scope", a.scope, b.scope);
  see("scope_state", a.scope_state, b.scope_state);
}

template <class See>
void each_field(const ClassView& a, const ClassView& b, See see) {
  see("number", a.number, b.number);
  see("band", a.band, b.band);
  see("target_ms", a.target_ms, b.target_ms);
  see("oldest_ms", a.oldest_ms, b.oldest_ms);
  see("waiting", a.waiting, b.waiting);
  see("offered", a.offered, b.offered);
  see("assigned", a.assigned, b.assigned);
  see("held", a.held, b.held);
  see("wrapping", a.wrapping, b.wrapping);
  see("opened", a.opened, b.opened);
  see("replied", a.replied, b.replied);
  see("in_target", a.in_target, b.in_target);
  see("reply_ms", a.reply_ms, b.reply_ms);
  see("abandoned", a.abandoned, b.abandoned);
  see("closed", a.closed, b.closed);
  see("misses", a.misses, b.misses);
  see("deferred", a.deferred, b.deferred);
  see("unroutable", a.unroutable, b.unroutable);
  see("breached", a.breached, b.breached);
  see("deferrals", a.deferrals, b.deferrals);
  see("reopened", a.reopened, b.reopened);
  see("rated", a.rated, b.rated);
  see("score", a.score, b.score);
  for (std::size_t i = 0; i < a.outcomes.size(); ++i) see("outcomes", a.outcomes[i], b.outcomes[i]);
  see("expected p50", a.expected.p50_ms, b.expected.p50_ms);
  see("expected p90", a.expected.p90_ms, b.expected.p90_ms);
  see("estimated", a.estimated, b.estimated);
  see("within_p50", a.within_p50, b.within_p50);
  see("within_p90", a.within_p90, b.within_p90);
}

template <class See>
void each_field(const AgentGroupView& a, const AgentGroupView& b, See see) {
  see("number", a.number, b.number);
  see("people", a.people, b.people);
  see("on_duty", a.on_duty, b.on_duty);
  see("load_permille", a.load_permille, b.load_permille);
  see("spread_permille", a.spread_permille, b.spread_permille);
  see("replied", a.tally.replied, b.tally.replied);
  see("in_target", a.tally.in_target, b.tally.in_target);
  see("reply_ms", a.tally.reply_ms, b.tally.reply_ms);
  see("misses", a.tally.misses, b.tally.misses);
  see("abandoned", a.tally.abandoned, b.tally.abandoned);
  see("closed", a.tally.closed, b.tally.closed);
  see("reopened", a.tally.reopened, b.tally.reopened);
  see("rated", a.tally.rated, b.tally.rated);
  see("score", a.tally.score, b.tally.score);
  for (std::size_t i = 0; i < a.tally.outcomes.size(); ++i) {
    see("outcomes", a.tally.outcomes[i], b.tally.outcomes[i]);
  }
}

template <class See>
void each_field(const OriginView& a, const OriginView& b, See see) {
  see("number", a.number, b.number);
  see("incidents", a.tally.incidents, b.tally.incidents);
  see("demoted", a.tally.demoted, b.tally.demoted);
}

template <class See>
void each_field(const PoolView& a, const PoolView& b, See see) {
  see("record", a.record, b.record);
  see("sequence", a.sequence, b.sequence);
  see("pool_ms", a.pool_ms, b.pool_ms);
  see("conversations", a.conversations, b.conversations);
  see("waiting", a.waiting, b.waiting);
  see("unroutable", a.unroutable, b.unroutable);
  see("deferred", a.deferred, b.deferred);
  see("scheduled", a.scheduled, b.scheduled);
  see("agents", a.agents, b.agents);
  see("available", a.available, b.available);
  see("sessions", a.sessions, b.sessions);
  see("offers", a.offers, b.offers);
  see("lapses", a.lapses, b.lapses);
  see("refused", a.refused, b.refused);
  see("classes", a.classes, b.classes);
  see("groups", a.groups, b.groups);
  see("origins", a.origins, b.origins);
}

template <class See>
void each_field(const ConversationView& a, const ConversationView& b, See see) {
  see("conversation", a.conversation, b.conversation);
  see("customer", a.customer, b.customer);
  see("state", a.state, b.state);
  see("service_class", a.service_class, b.service_class);
  see("band", a.band, b.band);
  see("channel", a.channel, b.channel);
  see("category", a.category, b.category);
  see("impact", a.impact, b.impact);
  see("tier", a.tier, b.tier);
  see("language", a.language, b.language);
  see("origin", a.origin, b.origin);
  see("agent", a.agent, b.agent);
  see("epoch", a.epoch, b.epoch);
  see("offers", a.offers, b.offers);
  see("offer_epoch", a.offer_epoch, b.offer_epoch);
  see("opened_ms", a.opened_ms, b.opened_ms);
  see("due_ms", a.due_ms, b.due_ms);
  see("waited_ms", a.waited_ms, b.waited_ms);
  see("position", a.position, b.position);
  see("expected p50", a.expected.p50_ms, b.expected.p50_ms);
  see("expected p90", a.expected.p90_ms, b.expected.p90_ms);
  see("replied", a.replied, b.replied);
  see("test", a.test, b.test);
  see("over", a.over, b.over);
  see("joined", a.joined, b.joined);
  see("seeking", a.seeking, b.seeking);
  see("level", a.level, b.level);
  see("required", a.required, b.required);
  see("exclusions", a.exclusions, b.exclusions);
  see("misses", a.misses, b.misses);
  see("outcome", a.outcome, b.outcome);
}

template <class See>
void each_field(const AgentView& a, const AgentView& b, See see) {
  see("agent", a.agent, b.agent);
  see("group", a.group, b.group);
  see("level", a.level, b.level);
  see("share_percent", a.share_percent, b.share_percent);
  see("kind", a.kind, b.kind);
  see("presence", a.presence, b.presence);
  see("reason", a.reason, b.reason);
  see("lost", a.lost, b.lost);
  see("origin", a.origin, b.origin);
  see("used_live", a.used_live, b.used_live);
  see("used_background", a.used_background, b.used_background);
  see("capacity", a.capacity, b.capacity);
  see("over", a.over, b.over);
  see("loads", a.loads, b.loads);
  see("skills", a.skills, b.skills);
  see("authorities", a.authorities, b.authorities);
  see("idle_since", a.idle_since, b.idle_since);
  see("contested", a.contested, b.contested);
  see("misses", a.misses, b.misses);
  see("conversations", a.conversations, b.conversations);
}

template <class T>
std::string first_difference(const T& twin, const T& core);

// What has figures is told apart field by field, everything else by what it shows.
template <class T>
requires std::is_same_v<T, ClassView> || std::is_same_v<T, AgentGroupView> ||
    std::is_same_v<T, OriginView>
        std::string field_difference(const std::vector<T>& twin, const std::vector<T>& core) {
  if (twin.size() != core.size()) return "so many: " + std::to_string(core.size());
  for (std::size_t i = 0; i < twin.size(); ++i) {
    const std::string found = first_difference(twin[i], core[i]);
    if (!found.empty()) return "number " + show(twin[i].number) + ": " + found;
  }
  return {};
}

template <class T>
std::string field_difference(const std::vector<T>& twin, const std::vector<T>& core) {
  if (twin.empty() && core.empty()) return {};
  const std::string left = show(twin);
  const std::string right = show(core);
  return left == right ? std::string{} : "twin " + left + ", core " + right;
}

template <class T>
std::string field_difference(const T& twin, const T& core) {
  return twin == core ? std::string{} : "twin " + show(twin) + ", core " + show(core);
}

template <class T>
std::string first_difference(const T& twin, const T& core) {
  std::string text;
  each_field(twin, core, [&](const char* name, const auto& left, const auto& right) {
    if (!text.empty()) return;
    const std::string found = field_difference(left, right);
    if (!found.empty()) text = std::string(name) + ": " + found;
  });
  return text;
}

// Every field that is not as a new one has it.
template <class T>
std::string set_fields(const T& value) {
  std::string text;
  each_field(value, T{}, [&](const char* name, const auto& mine, const auto& none) {
    if constexpr (requires { show(mine); }) {
      if (show(mine) != show(none)) text += std::string(" ") + name + "=" + show(mine);
    }
  });
  return text;
}

}  // namespace

std::string difference(const Outcome& twin, const Outcome& core) {
  return first_difference(twin, core);
}

std::string difference(const AgentView& twin, const AgentView& core) {
  const std::string found = first_difference(twin, core);
  return found.empty() ? found : "agent " + show(twin.agent) + ": " + found;
}

std::string difference(const ConversationView& twin, const ConversationView& core) {
  const std::string found = first_difference(twin, core);
  return found.empty() ? found : "conversation " + show(twin.conversation) + ": " + found;
}

std::string difference(const PoolView& twin, const PoolView& core) {
  return first_difference(twin, core);
}

std::string difference(const Events& twin, const Events& core) {
  for (std::size_t i = 0; i < twin.size() || i < core.size(); ++i) {
    const std::string which = "event " + std::to_string(i + 1) + ": ";
    if (i >= twin.size()) return which + "twin has none, core" + set_fields(core[i]);
    if (i >= core.size()) return which + "core has none, twin" + set_fields(twin[i]);
    const std::string found = first_difference(twin[i], core[i]);
    if (!found.empty()) {
      return which + found + "\n    twin" + set_fields(twin[i]) + "\n    core" +
             set_fields(core[i]);
    }
  }
  return {};
}

std::string words(const Event& event) { return set_fields(event); }
std::string words(const Outcome& outcome) { return set_fields(outcome); }
std::string words(AgentId id) { return show(id); }
std::string words(ConversationId id) { return show(id); }
std::string words(CustomerId id) { return show(id); }

}  // namespace usher::sim
