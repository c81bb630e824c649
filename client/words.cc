#include "client/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace usher::client {
namespace {

constexpr std::int64_t second_ms = 1'000;
constexpr std::int64_t minute_s = 60;
constexpr std::int64_t hour_s = 60 * minute_s;
constexpr std::int64_t day_s = 24 * hour_s;

template <class Enum>
std::string enum_words(Enum value, const char* name) {
  if (*name == '\0') return fmt::format("#{}", static_cast<unsigned>(value));
  std::string words = name;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

// What a sentence is made of.
struct Teller {
  const Event& event;
  const Dictionary& names;

  [[nodiscard]] std::string agent() const { return event.agent.text(); }
  [[nodiscard]] std::string other() const { return event.other_agent.text(); }
  [[nodiscard]] std::string service_class() const {
    return names.name(NameKind::service_class, event.service_class);
  }
  // Of what was held and does not go on with its agent.
  [[nodiscard]] std::string not_back() const { return ": " + other() + " cannot go on with it"; }
  // " (lunch)", or nothing.
  [[nodiscard]] std::string reason() const {
    const auto name = names.name(NameKind::reason, event.reason);
    return name.empty() ? name : " (" + name + ")";
  }
  // ", 20 s to accept", or nothing when no time is set.
  [[nodiscard]] std::string time_left(std::string_view to) const {
    if (event.due_ms <= event.pool_ms) return {};
    return fmt::format(", {}{}", duration_words(event.due_ms - event.pool_ms), to);
  }

  [[nodiscard]] std::string opened() const;
  [[nodiscard]] std::string waiting() const;
  [[nodiscard]] std::string offer_ended() const;
  [[nodiscard]] std::string assigned() const;
  [[nodiscard]] std::string ended(std::string_view how) const;
  [[nodiscard]] std::string deferred() const;
  [[nodiscard]] std::string scope_changed() const;
  [[nodiscard]] std::string mode_changed() const;
  [[nodiscard]] std::string alarm() const;
};

std::string Teller::opened() const {
  std::string text = fmt::format("{} opened", names.name(NameKind::channel, event.channel));
  if (event.origin != 0) text += " by " + names.name(NameKind::origin, event.origin);
  text += ": class " + service_class();
  if (event.band != 0) text += ", band " + names.name(NameKind::band, event.band);
  if (event.tier != 0) text += ", " + names.name(NameKind::tier, event.tier);
  if (event.customer) text += ", customer " + event.customer.text();
  if (event.test) text += ", a test";
  if (event.state == ConversationState::scheduled)
    return text + ", for later" + time_left(" from now");
  return text;
}

std::string Teller::waiting() const {
  std::string place = "waits in " + service_class();
  switch (event.cause) {
    case Cause::none:
    case Cause::command: return place;
    case Cause::due: return place + (event.other_agent ? not_back() : ": its time has come");
    case Cause::rejected: return place + " again: " + other() + " rejected it" + reason();
    case Cause::lapsed: return place + " again: " + other() + " did not accept in time";
    case Cause::silent: return place + " again: " + other() + " did not reply in time";
    case Cause::agent_lost: return place + " again: " + other() + " was lost";
    case Cause::agent_gone: return place + " again: " + other() + " has left";
    case Cause::released: return place + " again: " + other() + " gave it back" + reason();
    case Cause::transferred:
      return place + ": transferred" + (event.other_agent ? " by " + other() : "") + reason();
    case Cause::escalated: return place + ": escalated" + reason();
    case Cause::reopened: return place + ": reopened";
    case Cause::reclassified: return place + ": it is of another class now" + reason();
    case Cause::customer_wrote:
    case Cause::resumed: return place + not_back();
    case Cause::bot_handed_over: return place + " for a person: " + other() + " handed it over";
    case Cause::operator_order: return place + ": an operator moved it";
    case Cause::customer: return place + ": now the customer's first in the queue";
    case Cause::hours: return place + ": because of opening hours";
    case Cause::overflow: return place + ": it could not wait where it was";
    case Cause::mode: return place + ": by the rules of the mode";
    default: return place + ": " + words_of(event.cause);
  }
}

std::string Teller::offer_ended() const {
  const std::string offer = "offer to " + other() + " ended: ";
  switch (event.cause) {
    case Cause::rejected: return other() + " rejected the offer" + reason();
    case Cause::lapsed: return other() + " did not accept in time";
    case Cause::revoked: return offer + "taken back";
    case Cause::taken_by_another: return offer + "somebody else was quicker";
    case Cause::agent_lost: return offer + "the agent was lost";
    case Cause::agent_gone: return offer + "the agent is not available any more";
    default: return offer + words_of(event.cause);
  }
}

std::string Teller::assigned() const {
  const std::string limit = time_left(" to reply");
  const std::string over = event.over ? ", above capacity" : "";
  const std::string from = event.other_agent ? ", taken over from " + other() : "";
  switch (event.cause) {
    case Cause::given: return "given to " + agent() + over + limit;
    case Cause::accepted:
    case Cause::transferred: return "accepted by " + agent() + from + over + limit;
    case Cause::picked: return "picked by " + agent() + from + over + limit;
    case Cause::resumed: return "resumed by " + agent() + over;
    case Cause::customer_wrote: return "back with " + agent() + ": the customer wrote" + over;
    case Cause::due: return "back with " + agent() + ": the hold is over" + over;
    default: return fmt::format("with {}: {}{}{}", agent(), words_of(event.cause), from, over);
  }
}

std::string Teller::ended(std::string_view how) const {
  std::string text(how);
  if (event.outcome != CloseOutcome::none) text += ", " + words_of(event.outcome);
  if (event.other_agent) text += ", was with " + other();
  switch (event.cause) {
    case Cause::none:
    case Cause::command:
    case Cause::due: return text;
    default: return text + " (" + words_of(event.cause) + ")";
  }
}

std::string Teller::deferred() const {
  if (event.cause == Cause::hours) return "put off until " + service_class() + " opens";
  const std::string text = event.cause == Cause::overflow ? "put off: too much waits"
                                                          : "put off: " + words_of(event.cause);
  return text + time_left(" from now");
}

std::string Teller::mode_changed() const {
  if (event.count == 0) {
    return event.cause == Cause::due ? "back to normal: the mode's time is over" : "back to normal";
  }
  std::string text = "mode " + names.name(NameKind::mode, static_cast<std::uint16_t>(event.count));
  if (event.due_ms <= event.pool_ms) return text;
  const std::string until = clock_words(event.wall_ms + event.due_ms - event.pool_ms, false);
  return text + " until " + until.substr(0, until.rfind(':'));
}

std::string Teller::alarm() const {
  const bool ever = event.cause == Cause::nobody_ever;
  if (!ever && event.cause != Cause::nobody_on_duty) return "alarm: " + words_of(event.cause);
  const std::string where = ever ? "on the roster" : "on duty";
  if (event.count == 0) {
    return fmt::format("alarm over: somebody {} can take what waits in class {}", where,
                       service_class());
  }
  return fmt::format("alarm: nobody {} could take {} conversation{} of class {}", where,
                     event.count, event.count == 1 ? "" : "s", service_class());
}

std::string Teller::scope_changed() const {
  std::string what = words_of(event.kind);
  const auto number = static_cast<std::uint16_t>(event.count);
  switch (event.scope) {
    case Scope::pool: what = "the pool"; break;
    case Scope::service_class: what = "class " + names.name(NameKind::service_class, number); break;
    case Scope::group: what = "group " + names.name(NameKind::group, number); break;
    case Scope::agent: what = agent(); break;
    case Scope::none: break;
  }
  switch (event.scope_state) {
    case ScopeState::open: return what + " takes work again";
    case ScopeState::paused: return what + " is paused";
    case ScopeState::draining: return what + " is draining: no new work";
    case ScopeState::none: break;
  }
  return what + " changed";
}

std::string conversation_sentence(const Teller& tell) {
  const Event& event = tell.event;
  switch (event.kind) {
    case EventKind::opened: return tell.opened();
    case EventKind::waiting: return tell.waiting();
    case EventKind::offered:
      return "offered to " + tell.agent() + tell.time_left(" to accept") +
             (event.other_agent ? ", still with " + tell.other() : "");
    case EventKind::offer_ended: return tell.offer_ended();
    case EventKind::assigned: return tell.assigned();
    case EventKind::replied:
      return event.count <= 1 ? "first reply by " + tell.agent() : "reply by " + tell.agent();
    case EventKind::customer_wrote: return "the customer wrote";
    case EventKind::held:
      return "held by " + tell.agent() +
             (event.due_ms == 0 ? ", until the customer writes" : tell.time_left(" at most"));
    case EventKind::wrapping:
      return (event.outcome == CloseOutcome::none ? "over" : "over, " + words_of(event.outcome)) +
             "; " + tell.agent() + " wraps up" + tell.time_left("");
    case EventKind::wrap_up_extended:
      return tell.agent() + " wraps up for longer" + tell.time_left(" more");
    case EventKind::closed: return tell.ended("closed");
    case EventKind::abandoned: return tell.ended("abandoned by the customer");
    case EventKind::deferred: return tell.deferred();
    case EventKind::unroutable:
      return event.cause == Cause::nobody_on_duty
                 ? "nobody on duty can take it"
                 : "nobody on the roster can ever take it (class " + tell.service_class() + ")";
    case EventKind::updated: return "updated: class " + tell.service_class() + tell.reason();
    case EventKind::escalated: return "escalated to " + tell.service_class() + tell.reason();
    case EventKind::rated: return fmt::format("rated {} of 5", event.score);
    case EventKind::joined: return "joined the customer's other conversation";
    case EventKind::at_risk: return "about to miss its target";
    case EventKind::breached: return "has missed its target";
    case EventKind::handling_exceeded: return "has been with " + tell.agent() + " for very long";
    default: return words_of(event.kind);
  }
}

std::string agent_sentence(const Teller& tell) {
  const Event& event = tell.event;
  const std::string who = tell.agent();
  switch (event.kind) {
    case EventKind::agent_defined: return who + " is on the roster";
    case EventKind::agent_removed: return who + " was taken off the roster";
    case EventKind::agent_signed_in: {
      const auto desk = tell.names.name(NameKind::origin, event.agent_origin);
      return who + " signed in" + (desk.empty() ? "" : " from " + desk) + ", " +
             words_of(event.presence);
    }
    case EventKind::agent_presence:
      return who + " is " + words_of(event.presence) + tell.reason() +
             (event.cause == Cause::misses ? ": too many offers missed" : "");
    case EventKind::agent_lost: return who + " is lost: the desk is silent";
    case EventKind::agent_regained: return who + " is back";
    case EventKind::agent_signed_off:
      return who + " signed off" +
             (event.cause == Cause::agent_lost ? ": lost for too long"
              : event.cause == Cause::hours    ? ": the shift is over"
                                               : "");
    default: return who + ": " + words_of(event.kind);
  }
}

}  // namespace

std::string duration_words(std::int64_t ms) {
  if (ms < 0) ms = 0;
  if (ms < 10 * second_ms && ms % second_ms >= 100) {
    // Cut, not rounded: 9.99 s is not yet 10.
    return fmt::format("{}.{} s", ms / second_ms, ms % second_ms / 100);
  }
  const std::int64_t s = ms / second_ms;
  if (s < minute_s) return fmt::format("{} s", s);
  if (s < hour_s) return fmt::format("{}m {:02}s", s / minute_s, s % minute_s);
  if (s < day_s) return fmt::format("{}h {:02}m", s / hour_s, s % hour_s / minute_s);
  return fmt::format("{}d {:02}h", s / day_s, s % day_s / hour_s);
}

std::string wait_words(std::int64_t p50_ms, std::int64_t p90_ms) {
  if (p50_ms < 0 || p90_ms < 0) return {};
  if (p90_ms == 0) return "next to nothing to wait";
  return "about " + duration_words(p50_ms) + " to wait, hardly more than " + duration_words(p90_ms);
}

std::string clock_words(std::int64_t wall_ms, bool day) {
  const auto seconds = static_cast<std::time_t>(wall_ms / second_ms);
  std::tm local{};
  if (wall_ms < 0 || localtime_r(&seconds, &local) == nullptr) return "--:--:--.---";
  std::string time = fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min,
                                 local.tm_sec, wall_ms % second_ms);
  if (!day) return time;
  return fmt::format("{:04}-{:02}-{:02} {}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     time);
}

std::string opening_words(std::int64_t wall_ms) {
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const std::time_t now = std::time(nullptr);
  const auto seconds = static_cast<std::time_t>(wall_ms / second_ms);
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr) return "--- --:--";
  std::string text = days[local.tm_wday];
  if (seconds < now || seconds - now > 6 * day_s) {
    text +=
        fmt::format(" {:04}-{:02}-{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
  }
  return text + fmt::format(" {:02}:{:02}", local.tm_hour, local.tm_min);
}

std::string words_of(wire::ConversationState state) {
  return enum_words(state, wire::EnumNameConversationState(state));
}
std::string words_of(wire::Presence presence) {
  return enum_words(presence, wire::EnumNamePresence(presence));
}
std::string words_of(wire::CloseOutcome outcome) {
  return enum_words(outcome, wire::EnumNameCloseOutcome(outcome));
}
std::string words_of(wire::EventKind kind) {
  return enum_words(kind, wire::EnumNameEventKind(kind));
}
std::string words_of(wire::Cause cause) { return enum_words(cause, wire::EnumNameCause(cause)); }

std::string words_of(wire::Verdict verdict, bool one) {
  using wire::Verdict;
  const std::string is = one ? "is " : "are ";
  const std::string has = one ? "has " : "have ";
  const std::string lacks = one ? "lacks " : "lack ";
  switch (verdict) {
    case Verdict::eligible: return "could take it";
    case Verdict::has_it: return has + "it";
    case Verdict::asked: return is + "being asked";
    case Verdict::not_available: return is + "not available";
    case Verdict::lost: return is + "lost";
    case Verdict::paused: return is + "paused or draining, or the class is";
    case Verdict::need_later: return "may take it at a later step of the need";
    case Verdict::need: return lacks + "the skill, language, group or level";
    case Verdict::authority: return lacks + "the authority";
    case Verdict::helps_later: return one ? "helps only after a wait" : "help only after a wait";
    case Verdict::excluded: return is + "excluded by the front-end";
    case Verdict::cooling_down: return "rejected or missed it";
    case Verdict::channel: return one ? "does not take the channel" : "do not take the channel";
    case Verdict::room: return is + "full";
    case Verdict::held_back: return has + "only just come online";
    case Verdict::bot:
      return is + (one ? "a bot, and bots get it no more" : "bots, who get it no more");
    case Verdict::kept_for_other:
      return one ? "stands behind its own agent" : "stand behind its own agent";
    case Verdict::shift_ends:
      return one ? "has a shift that ends soon" : "have shifts that end soon";
    case Verdict::closed: return is + "kept from it while the class is closed";
    case Verdict::lent_enough: return is + "kept for other work in a mass incident";
  }
  return enum_words(verdict, wire::EnumNameVerdict(verdict));
}

std::string sentence(const Event& event, const Dictionary& names) {
  const Teller tell{event, names};
  switch (event.kind) {
    case EventKind::pool_started: return "usherd started";
    case EventKind::pool_configured: return "the configuration was applied";
    case EventKind::scope_changed: return tell.scope_changed();
    case EventKind::mode_changed: return tell.mode_changed();
    case EventKind::alarm: return tell.alarm();
    default: break;
  }
  return event.conversation ? conversation_sentence(tell) : agent_sentence(tell);
}

std::string refusal_name(wire::Refusal refusal) {
  const char* name = wire::EnumNameRefusal(refusal);
  return *name == '\0' ? fmt::format("refusal #{}", static_cast<unsigned>(refusal)) : name;
}

std::string_view refusal_words(wire::Refusal refusal) {
  using wire::Refusal;
  switch (refusal) {
    case Refusal::none: return "";
    case Refusal::wrong_state: return "this cannot be done in the state it is in";
    case Refusal::stale: return "it has moved on meanwhile";
    case Refusal::unknown_conversation: return "no such conversation";
    case Refusal::unknown_agent: return "no such agent on the roster";
    case Refusal::unknown_name: return "a name that the pool does not know";
    case Refusal::no_capacity: return "the agent has no room for it";
    case Refusal::not_eligible: return "the agent may not take it";
    case Refusal::not_present: return "the agent is not signed in";
    case Refusal::conflict: return "it contradicts what is there";
    case Refusal::id_zero: return "an id is missing";
    case Refusal::out_of_range: return "a value is out of its range";
    case Refusal::too_many: return "too many of them";
    case Refusal::not_allowed: return "it is not for this agent or connection to do";
    case Refusal::no_class: return "no service class is configured for such a conversation";
    case Refusal::same_target: return "it is there already";
    case Refusal::top_level: return "there is no level above";
    case Refusal::pool_full: return "the pool is full";
    case Refusal::gap: return "commands are missing before this one";
    case Refusal::unknown_session: return "the session is not known";
    case Refusal::session_of_another: return "the session belongs to somebody else";
    case Refusal::wrong_version: return "usherd speaks another version of the protocol";
    case Refusal::unknown_pool: return "usherd serves another pool";
    case Refusal::malformed: return "it makes no sense to usherd";
    case Refusal::unsupported: return "this usherd cannot do that yet";
    case Refusal::quarantined: return "it made usherd crash before";
    case Refusal::disk_full: return "usherd's disk is full";
    case Refusal::draining: return "usherd is stopping";
    case Refusal::outside_hours: return "the class is closed now";
    case Refusal::overflow: return "too many are waiting";
    case Refusal::busy: return "usherd is busy; try again in a moment";
    case Refusal::below_ring: return "usherd does not keep events that old";
  }
  return "for a reason this program does not know";
}

}  // namespace usher::client
