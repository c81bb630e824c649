#include "daemon/main_journal_words.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <type_traits>
#include <variant>

#include "daemon/answers_told.h"
#include "schemas/events_generated.h"

namespace usher {

namespace {

template <class Tag>
std::string text(const Id<Tag>& id) {
  return text_of(ConversationId{id.bytes});
}

std::string duration(std::int64_t ms) {
  if (ms % 1000 != 0) return fmt::format("{} ms", ms);
  if (ms % 60'000 != 0) return fmt::format("{} s", ms / 1000);
  return fmt::format("{} min", ms / 60'000);
}

// "a, b": what is empty is left out.
template <class... Parts>
std::string joined(const Parts&... parts) {
  std::string all;
  const auto add = [&](const std::string& part) {
    if (part.empty()) return;
    if (!all.empty()) all += ", ";
    all += part;
  };
  (add(parts), ...);
  return all;
}

std::string epoch_text(std::uint64_t epoch) {
  return epoch == 0 ? std::string() : fmt::format(" (epoch {})", epoch);
}

std::string lower(std::string text) {
  for (char& letter : text) {
    if (letter == '_') letter = ' ';
  }
  return text;
}

}  // namespace

std::string kind_word(const Command& command) {
  static constexpr std::array<const char*, std::variant_size_v<Command>> words = {
      "tick",           "open",           "update",       "customer wrote", "abandon",
      "close",          "transfer",       "escalate",     "reopen",         "rate",
      "sign in",        "presence",       "sign off",     "accept",         "reject",
      "pick",           "replied",        "hold",         "resume",         "release",
      "finish wrap-up", "extend wrap-up", "define agent", "remove agent",   "scope",
      "move all",       "mode",           "configure",    "open session",   "end session",
      "agent lost",     "agent regained", "resumed",      "refused",        "hours",
      "shift ends"};
  static_assert(std::is_same_v<std::variant_alternative_t<27, Command>, command::Configure>);
  static_assert(std::is_same_v<std::variant_alternative_t<35, Command>, command::ShiftEnds>);
  return words[command.index()];
}

std::string time_text(std::int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     wall_ms % 1000);
}

void JournalWords::learn(std::span<const Name> dictionary) {
  for (; known_ < dictionary.size(); ++known_) {
    const Name& name = dictionary[known_];
    names_[{name.kind, name.number}] = name.text;
  }
}

std::string JournalWords::name(NameKind kind, std::uint16_t number) const {
  if (number == 0) return {};
  const auto found = names_.find({kind, number});
  return found == names_.end() ? fmt::format("#{}", number) : found->second;
}

std::string JournalWords::who(const Record& record) const {
  if (record.session.is_zero()) return "usherd";
  const auto found = origins_.find(record.session);
  const std::string origin = found == origins_.end() ? "session " + text(record.session)
                                                     : name(NameKind::origin, found->second.value);
  return fmt::format("{} #{}", origin, record.number);
}

std::string JournalWords::of(const Command& command) const {
  const auto channel = [&](ChannelNumber n) { return name(NameKind::channel, n.value); };
  const auto service_class = [&](ClassNumber n) { return name(NameKind::service_class, n.value); };
  const auto because = [&](ReasonNumber n) {
    return n ? ": " + name(NameKind::reason, n.value) : std::string();
  };
  std::string said = std::visit(
      [&](const auto& one) -> std::string {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, command::Open>) {
          return fmt::format(
              " {}: {}", text(one.conversation),
              joined(channel(one.channel), name(NameKind::category, one.category.value),
                     name(NameKind::impact, one.impact.value), name(NameKind::tier, one.tier.value),
                     name(NameKind::skill, one.language.value),
                     one.customer.is_zero() ? "" : "customer " + text(one.customer),
                     one.preferred_agent.is_zero() ? "" : "wants " + text(one.preferred_agent),
                     one.not_before_ms == 0 ? "" : "in " + duration(one.not_before_ms),
                     one.age_ms == 0 ? "" : "waited " + duration(one.age_ms) + " elsewhere",
                     one.test ? "a test" : ""));
        } else if constexpr (std::is_same_v<T, command::Update>) {
          return fmt::format(
              " {}: {}{}", text(one.conversation),
              joined(name(NameKind::category, one.category.value),
                     name(NameKind::impact, one.impact.value), name(NameKind::tier, one.tier.value),
                     name(NameKind::skill, one.language.value)),
              because(one.reason));
        } else if constexpr (std::is_same_v<T, command::Transfer>) {
          const std::string to =
              one.to_agent.is_zero() ? "class " + service_class(one.to_class) : text(one.to_agent);
          return fmt::format(" {} to {}{}", text(one.conversation), to, because(one.reason));
        } else if constexpr (std::is_same_v<T, command::Rate>) {
          return fmt::format(" {}: {}", text(one.conversation), one.score);
        } else if constexpr (std::is_same_v<T, command::Hold>) {
          return fmt::format(" {} by {}{}", text(one.conversation), text(one.agent),
                             one.for_ms == 0 ? "" : " for " + duration(one.for_ms));
        } else if constexpr (std::is_same_v<T, command::Close>) {
          const auto outcome =
              wire::EnumNameCloseOutcome(static_cast<wire::CloseOutcome>(one.outcome));
          return fmt::format(" {}{}{}", text(one.conversation),
                             one.agent.is_zero() ? "" : " by " + text(one.agent),
                             one.outcome == CloseOutcome::none ? "" : ": " + lower(outcome));
        } else if constexpr (std::is_same_v<T, command::SetPresence>) {
          return fmt::format(
              " {}: {}{}", text(one.agent),
              lower(wire::EnumNamePresence(static_cast<wire::Presence>(one.presence))),
              because(one.reason));
        } else if constexpr (std::is_same_v<T, command::DefineAgent>) {
          const command::AgentDefinition& who = *one.definition;
          std::string skills;
          for (const SkillLevel& skill : who.skills) {
            skills += fmt::format("{}{} {}", skills.empty() ? "" : ", ",
                                  name(NameKind::skill, skill.skill.value), skill.level);
          }
          return fmt::format(
              " {}: {}", text(who.agent),
              joined(name(NameKind::group, who.group.value), fmt::format("level {}", who.level),
                     skills, who.kind == AgentKind::bot ? "a bot" : ""));
        } else if constexpr (std::is_same_v<T, command::SetScope>) {
          std::string what = "the pool";
          if (one.scope == Scope::service_class) {
            what = "class " + name(NameKind::service_class, one.number);
          } else if (one.scope == Scope::group) {
            what = "group " + name(NameKind::group, one.number);
          } else if (one.scope == Scope::agent) {
            what = text(one.agent);
          }
          return fmt::format(
              ": {} is {}", what,
              lower(wire::EnumNameScopeState(static_cast<wire::ScopeState>(one.state))));
        } else if constexpr (std::is_same_v<T, command::MoveAll>) {
          return fmt::format(": {} from {} to {}", one.count_max, service_class(one.from_class),
                             service_class(one.to_class));
        } else if constexpr (std::is_same_v<T, command::SetMode>) {
          return one.mode ? ": " + name(NameKind::mode, one.mode.value) : std::string(": none");
        } else if constexpr (std::is_same_v<T, command::Configure>) {
          return fmt::format(": {} classes, {} bands, {} channels",
                             one.configuration->classes.size(), one.configuration->bands.size(),
                             one.configuration->channels.size());
        } else if constexpr (std::is_same_v<T, command::OpenSession>) {
          return " of " + std::string(one.origin.begin(), one.origin.end());
        } else if constexpr (std::is_same_v<T, command::Resumed>) {
          return " after " + duration(one.downtime_ms);
        } else if constexpr (std::is_same_v<T, command::Refused>) {
          return ": " + of(one.reason);
        } else if constexpr (std::is_same_v<T, command::SetHours>) {
          return fmt::format(": {} {}", name(NameKind::hours, one.hours.value),
                             one.open ? "opens" : "closes");
        } else if constexpr (requires {
                               one.conversation;
                               one.agent;
                             }) {
          return fmt::format(" {} by {}", text(one.conversation), text(one.agent));
        } else if constexpr (requires { one.conversation; }) {
          return " " + text(one.conversation);
        } else if constexpr (requires { one.agent; }) {
          return " " + text(one.agent);
        } else {
          return {};
        }
      },
      command);
  const std::uint64_t epoch = std::visit(
      [](const auto& one) -> std::uint64_t {
        if constexpr (requires { one.epoch; }) return one.epoch;
        return 0;
      },
      command);
  return kind_word(command) + said + epoch_text(epoch);
}

std::string JournalWords::of(Refusal reason) {
  return lower(wire::EnumNameRefusal(static_cast<wire::Refusal>(reason)));
}

std::string JournalWords::of(const Event& event) const {
  std::string all = lower(wire::EnumNameEventKind(static_cast<wire::EventKind>(event.kind)));
  if (!event.conversation.is_zero()) all += " " + text(event.conversation);
  if (!event.agent.is_zero())
    all += (event.conversation.is_zero() ? " " : ": ") + text(event.agent);
  if (!event.other_agent.is_zero()) all += ", not " + text(event.other_agent);
  if (event.cause != Cause::none && event.cause != Cause::command) {
    all += fmt::format(" ({})", lower(wire::EnumNameCause(static_cast<wire::Cause>(event.cause))));
  }
  const std::string of_class = name(NameKind::service_class, event.service_class.value);
  return of_class.empty() ? all : all + ", class " + of_class;
}

std::string JournalWords::json(const Event& event) const {
  std::string all =
      fmt::format(R"({{"sequence":{},"record":{},"wall_ms":{},"pool_ms":{},"kind":"{}")",
                  event.sequence, event.record, event.wall_ms, event.pool_ms,
                  wire::EnumNameEventKind(static_cast<wire::EventKind>(event.kind)));
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) all += fmt::format(R"(,"{}":"{}")", key, value);
  };
  const auto id = [](const auto& one) { return one.is_zero() ? std::string() : text(one); };
  const auto count = [&](const char* key, auto value) {
    if (value != 0) all += fmt::format(R"(,"{}":{})", key, value);
  };
  if (event.cause != Cause::none) {
    add("cause", wire::EnumNameCause(static_cast<wire::Cause>(event.cause)));
  }
  if (event.state != ConversationState::none) {
    add("state",
        wire::EnumNameConversationState(static_cast<wire::ConversationState>(event.state)));
  }
  if (event.presence != Presence::none) {
    add("presence", wire::EnumNamePresence(static_cast<wire::Presence>(event.presence)));
  }
  if (event.outcome != CloseOutcome::none) {
    add("outcome", wire::EnumNameCloseOutcome(static_cast<wire::CloseOutcome>(event.outcome)));
  }
  add("conversation", id(event.conversation));
  add("customer", id(event.customer));
  add("agent", id(event.agent));
  add("other_agent", id(event.other_agent));
  add("class", name(NameKind::service_class, event.service_class.value));
  add("band", name(NameKind::band, event.band.value));
  add("channel", name(NameKind::channel, event.channel.value));
  add("language", name(NameKind::skill, event.language.value));
  add("tier", name(NameKind::tier, event.tier.value));
  add("origin", name(NameKind::origin, event.origin.value));
  add("reason", name(NameKind::reason, event.reason.value));
  count("epoch", event.epoch);
  count("waited_ms", event.waited_ms);
  count("due_ms", event.due_ms);
  count("count", event.count);
  if (event.test) all += R"(,"test":true)";
  if (event.over) all += R"(,"over":true)";
  return all + "}";
}

}  // namespace usher
