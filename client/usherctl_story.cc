#include <fmt/format.h>

#include <cstdio>

#include "client/usherctl.h"
#include "client/usherctl_json.h"
#include "client/usherctl_terminal.h"
#include "client/words.h"

namespace usher::client {
namespace {

using std::chrono::milliseconds;

constexpr int poll_ms = 200;  // how late an interruption may be seen
constexpr std::size_t id_columns_min = 15;

Paint paint_of(const Event& event) {
  switch (event.kind) {
    case EventKind::assigned:
    case EventKind::replied: return Paint::good;
    case EventKind::offered:
    case EventKind::held: return Paint::notable;
    case EventKind::unroutable:
    case EventKind::breached:
    case EventKind::at_risk:
    case EventKind::handling_exceeded:
    case EventKind::agent_lost:
    case EventKind::abandoned:
    case EventKind::alarm: return Paint::bad;
    case EventKind::closed:
    case EventKind::agent_defined:
    case EventKind::agent_removed:
    case EventKind::pool_started:
    case EventKind::pool_configured: return Paint::faint;
    default: return Paint::plain;
  }
}

std::string json_of(const Event& event, const Dictionary& names) {
  Json json = Json::object();
  json.set("sequence", event.sequence)
      .set("record", event.record)
      .set("pool_ms", event.pool_ms)
      .set("wall_ms", event.wall_ms)
      .set("kind", wire::EnumNameEventKind(event.kind))
      .set("cause", wire::EnumNameCause(event.cause));
  const auto id = [&json](const char* key, const Id& value) {
    if (value) json.set(key, value.text());
  };
  const auto name = [&](const char* key, NameKind kind, std::uint16_t number) {
    if (number != 0) json.set(key, names.name(kind, number));
  };
  id("conversation", event.conversation);
  if (event.state != ConversationState::none) {
    json.set("state", wire::EnumNameConversationState(event.state));
  }
  id("agent", event.agent);
  id("other_agent", event.other_agent);
  id("customer", event.customer);
  if (event.epoch != 0) json.set("epoch", event.epoch);
  name("class", NameKind::service_class, event.service_class);
  name("band", NameKind::band, event.band);
  name("channel", NameKind::channel, event.channel);
  name("language", NameKind::skill, event.language);
  name("tier", NameKind::tier, event.tier);
  name("origin", NameKind::origin, event.origin);
  name("agent_origin", NameKind::origin, event.agent_origin);
  name("other_origin", NameKind::origin, event.other_origin);
  name("reason", NameKind::reason, event.reason);
  if (event.conversation) json.set("waited_ms", event.waited_ms);
  if (event.due_ms != 0) json.set("due_ms", event.due_ms);
  if (event.presence != Presence::none)
    json.set("presence", wire::EnumNamePresence(event.presence));
  if (event.outcome != CloseOutcome::none) {
    json.set("outcome", wire::EnumNameCloseOutcome(event.outcome));
  }
  if (event.score != 0) json.set("score", event.score);
  if (event.test) json.set("test", true);
  if (event.over) json.set("over", true);
  if (event.count != 0) json.set("count", event.count);
  if (event.scope != Scope::none) {
    json.set("scope", wire::EnumNameScope(event.scope))
        .set("scope_state", wire::EnumNameScopeState(event.scope_state));
  }
  return json.set("words", sentence(event, names)).text();
}

// Prints events, one per line, and keeps the names they need.
class Teller {
 public:
  Teller(const Target& target, bool json, bool with_ids)
      : queries_(target.ask()), json_(json), with_ids_(with_ids) {}

  Found<Dictionary> learn() {
    auto found = queries_.dictionary();
    if (auto* dictionary = std::get_if<Dictionary>(&found)) names_ = *dictionary;
    return found;
  }

  void tell(const Event& event) {
    // The dictionary grows: a front-end that is new, a configuration that was applied.
    if (is_new(event)) learn();
    if (json_) {
      fmt::print("{}\n", json_of(event, names_));
      return;
    }
    tell_day(event.wall_ms);
    std::string line = painted(Paint::faint, clock_words(event.wall_ms)) + "  ";
    if (with_ids_) line += column(event.conversation ? event.conversation.text() : "");
    const std::string waited = event.conversation ? duration_words(event.waited_ms) : "";
    line += painted(Paint::faint, fmt::format("{:>8}", waited)) + "  ";
    if (with_ids_ && event.band == 1 && event.kind == EventKind::opened) {
      line += painted(Paint::bad, sentence(event, names_));
    } else {
      line += painted(paint_of(event), sentence(event, names_));
    }
    fmt::print("{}\n", line);
  }

 private:
  [[nodiscard]] bool is_new(const Event& event) const {
    const auto beyond = [this](NameKind kind, std::uint16_t number) {
      return number > names_.last(kind);
    };
    return beyond(NameKind::origin, event.origin) || beyond(NameKind::origin, event.agent_origin) ||
           beyond(NameKind::service_class, event.service_class) ||
           beyond(NameKind::reason, event.reason) || beyond(NameKind::channel, event.channel) ||
           beyond(NameKind::band, event.band) || beyond(NameKind::tier, event.tier) ||
           (event.scope == Scope::group &&
            beyond(NameKind::group, static_cast<std::uint16_t>(event.count)));
  }
  // A line of its own when the day is not that of the line before; the first is taken to be today.
  void tell_day(std::int64_t wall_ms) {
    const std::string day = day_of(wall_ms);
    if (day != day_) fmt::print("{}\n", painted(Paint::strong, day));
    day_ = day;
  }
  static std::string day_of(std::int64_t wall_ms) {
    return clock_words(wall_ms, true).substr(0, 10);
  }
  static std::string today() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return day_of(std::chrono::duration_cast<milliseconds>(now).count());
  }
  std::string column(const std::string& id) {
    width_ = std::max(width_, columns_of(id));
    return painted(Paint::strong, id) + std::string(width_ - columns_of(id) + 2, ' ');
  }

  Queries queries_;
  Dictionary names_;
  bool json_;
  bool with_ids_;
  std::size_t width_ = id_columns_min;
  std::string day_ = today();
};

// Empty = whatever. False when it is no id.
bool read_id(const std::string& text, Id& id) {
  if (text.empty()) return true;
  const auto parsed = id_of(text);
  if (!parsed) return false;
  id = *parsed;
  return true;
}

bool concerns(const Event& event, const Id& conversation, const Id& agent) {
  if (conversation && event.conversation != conversation) return false;
  return !agent || event.agent == agent || event.other_agent == agent;
}

}  // namespace

Exit show_history(const Target& target, const std::string& conversation, const std::string& agent,
                  bool json) {
  ReplayRequest request;
  if (!read_id(conversation, request.conversation) || !read_id(agent, request.agent)) {
    return Exit::usage;
  }
  Teller teller(target, json, !request.conversation);
  if (const auto names = teller.learn(); std::holds_alternative<Failure>(names)) {
    return failed(target, std::get<Failure>(names));
  }
  auto queries = target.ask();
  std::size_t told = 0;
  while (true) {
    auto found = queries.replay(request);
    if (const auto* failure = std::get_if<Failure>(&found)) {
      return failed(target, *failure);
    }
    const auto& replay = std::get<Replay>(found);
    if (replay.oldest > 1 && told == 0 && request.after == 0 && !json) {
      fmt::print("{}\n", painted(Paint::faint, "what happened before event " +
                                                   grouped(replay.oldest) + " is no longer kept"));
    }
    if (told == 0 && !replay.events.empty() && !json && request.conversation) {
      fmt::print("{}\n", painted(Paint::strong, request.conversation.text()));
    }
    for (const auto& event : replay.events) teller.tell(event);
    told += replay.events.size();
    if (replay.next >= replay.last || replay.next <= request.after) break;
    request.after = replay.next;
  }
  if (told > 0) return Exit::done;
  complain("nothing is known of " +
           (request.conversation ? request.conversation : request.agent).text());
  return Exit::refused;
}

Exit watch(const Target& target, const WatchOptions& options) {
  Id conversation;
  Id agent;
  if (!read_id(options.conversation, conversation) || !read_id(options.agent, agent)) {
    return Exit::usage;
  }
  Teller teller(target, options.json, true);
  if (const auto names = teller.learn(); std::holds_alternative<Failure>(names)) {
    return failed(target, std::get<Failure>(names));
  }
  if (options.after.value_or(0) > 0) {
    const auto found = target.ask().status();
    if (const auto* failure = std::get_if<Failure>(&found)) return failed(target, *failure);
    const std::uint64_t last = std::get<Status>(found).sequence;
    if (*options.after > last) {
      complain(fmt::format("--after must be 0 to {}, as far as the stream has come, found {}", last,
                           *options.after));
      return Exit::usage;
    }
  }
  watch_signals();
  // Each event is to be seen when it happens, through a pipe as well.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  SubscriberHandlers handlers;
  handlers.events = [&](std::span<const Event> events) {
    for (const auto& event : events) {
      if (concerns(event, conversation, agent)) teller.tell(event);
    }
  };
  handlers.lost = [](const EventsLost& lost) {
    complain(fmt::format("events {} to {} were missed and are no longer kept",
                         grouped(lost.after + 1), grouped(lost.oldest - 1)));
  };
  handlers.incarnation = [&](std::uint64_t) {
    complain("the pool began anew");
    teller.learn();
  };
  handlers.problem = [](const std::string& text) { complain(text); };
  Subscriber subscriber({.endpoint = target.events,
                         .queries = target.queries,
                         .pool = target.pool,
                         .after = options.after},
                        handlers);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
  const auto is_over = [&] {
    return is_interrupted() ||
           (options.seconds > 0 && std::chrono::steady_clock::now() >= deadline);
  };
  while (!subscriber.run_until(is_over, milliseconds(poll_ms))) {
  }
  return Exit::done;
}

}  // namespace usher::client
