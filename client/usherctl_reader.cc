#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "client/usherctl_commands.h"
#include "client/words.h"

namespace usher::client {
namespace {

bool is_none(const std::string& text) { return text.empty() || text == "none"; }

// Names of enumerators are typed with dashes or underscores.
template <class Enum>
bool find_enumerator(const std::string& text, const char* const* names, Enum last, Enum& found) {
  std::string wanted = text;
  for (char& c : wanted) {
    if (c == '-') c = '_';
  }
  for (std::size_t i = 1; i <= static_cast<std::size_t>(last); ++i) {
    if (wanted == names[i]) {
      found = static_cast<Enum>(i);
      return true;
    }
  }
  return false;
}

struct Unit {
  std::string_view text;
  std::uint64_t ms;
};
constexpr std::array<Unit, 5> units = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

// As it would be typed.
std::string exact(std::uint64_t ms) {
  if (ms == 0) return "0s";
  const auto* unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& one) { return ms % one.ms == 0; });
  return fmt::format("{}{}", ms / unit->ms, unit->text);
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void Reader::complain(const std::string& problem) {
  if (problem_.empty()) problem_ = problem;
}

Id Reader::id(const std::string& text) {
  if (is_none(text)) return {};
  const auto parsed = Id::parse(text);
  if (!parsed) {
    complain(fmt::format("an id is a UUID or 1 to 15 bytes without blanks, found \"{}\"", text));
  }
  return parsed.value_or(Id{});
}

Id Reader::needed_id(const std::string& text, std::string_view what) {
  if (is_none(text)) complain(fmt::format("which {}? its id is missing", what));
  return id(text);
}

std::uint16_t Reader::name(NameKind kind, const std::string& text, std::string_view what) {
  if (is_none(text)) return 0;
  const auto lookup = names_.find(kind, text, what);
  if (!lookup) complain(lookup.problem);
  return lookup.number;
}

std::uint64_t Reader::duration_ms(std::string_view what, const std::string& text,
                                  std::uint64_t low_ms, std::uint64_t high_ms) {
  if (is_none(text)) return 0;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto* unit = std::find_if(units.begin(), units.end(), [&](const Unit& one) {
    return std::string_view(text).substr(digits) == one.text;
  });
  std::uint64_t number = 0;
  // What does not fit into the number is longer than any bound.
  if (digits == 0 || unit == units.end()) {
    complain(
        fmt::format("{}: a duration is like 90s, 10m, 2h, 3d or 250ms, found \"{}\"", what, text));
    return 0;
  }
  const bool fits = read_number(std::string_view(text).substr(0, digits), number);
  if (fits && number <= high_ms / unit->ms && number * unit->ms >= low_ms) {
    return number * unit->ms;
  }
  complain(
      fmt::format("{} must be {} to {}, found \"{}\"", what, exact(low_ms), exact(high_ms), text));
  return 0;
}

std::vector<SkillLevel> Reader::skills(const std::vector<std::string>& texts) {
  std::vector<SkillLevel> skills;
  for (const auto& text : texts) {
    if (is_none(text)) continue;
    const std::size_t equals = std::min(text.find('='), text.size());
    SkillLevel skill{.skill = name(NameKind::skill, text.substr(0, equals)), .level = 1};
    const std::string level = equals == text.size() ? "1" : text.substr(equals + 1);
    if (!read_number(level, skill.level) || skill.level < 1 || skill.level > 10) {
      complain(fmt::format("the level of a skill is 1 to 10, found \"{}\"", text));
    }
    skills.push_back(skill);
  }
  return skills;
}

std::vector<Id> Reader::ids(const std::vector<std::string>& texts) {
  std::vector<Id> found;
  for (const auto& text : texts) {
    if (!is_none(text)) found.push_back(id(text));
  }
  return found;
}

std::vector<std::uint16_t> Reader::channels(const std::vector<std::string>& texts) {
  std::vector<std::uint16_t> channels;
  channels.reserve(texts.size());
  for (const auto& text : texts) channels.push_back(name(NameKind::channel, text));
  return channels;
}

CloseOutcome Reader::outcome(const std::string& text) {
  CloseOutcome outcome = CloseOutcome::none;
  if (is_none(text)) return outcome;
  if (!find_enumerator(text, wire::EnumNamesCloseOutcome(), CloseOutcome::MAX, outcome)) {
    complain(fmt::format(
        "an outcome is solved, not_solved, duplicate, spam or handed_over, found \"{}\"", text));
  }
  return outcome;
}

Presence Reader::presence(const std::string& text) {
  Presence presence = Presence::none;
  if (!find_enumerator(text, wire::EnumNamesPresence(), Presence::MAX, presence) ||
      presence == Presence::not_responding) {
    complain(fmt::format("presence is available, away, draining or offline, found \"{}\"", text));
  }
  return presence;
}

SetScope Reader::scope(const std::string& text, ScopeState state) {
  SetScope set{.scope = Scope::none, .state = state};
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string kind = text.substr(0, colon);
  const std::string what = colon == text.size() ? "" : text.substr(colon + 1);
  if (kind == "pool" && what.empty()) {
    set.scope = Scope::pool;
  } else if (kind == "class" && !what.empty()) {
    set.scope = Scope::service_class;
    set.number = name(NameKind::service_class, what);
  } else if (kind == "group" && !what.empty()) {
    set.scope = Scope::group;
    set.number = name(NameKind::group, what);
  } else if (kind == "agent" && !what.empty()) {
    set.scope = Scope::agent;
    set.agent = id(what);
  } else {
    complain(
        fmt::format("a scope is pool, class:NAME, group:NAME or agent:ID, found \"{}\"", text));
  }
  return set;
}

// --- what was done ---

namespace {

// ": class account, waiting, 3 wait in its class, about 40 s to wait".
std::string answer_words(const Outcome& outcome, const Dictionary& names) {
  if (!outcome.answered) return {};
  const Answer& answer = outcome.answer;
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? ": " : ", ") + part; };
  if (answer.service_class != 0) {
    add("class " + names.name(NameKind::service_class, answer.service_class));
  }
  if (answer.state != wire::ConversationState::none) add(words_of(answer.state));
  if (answer.position != 0) add(std::to_string(answer.position) + " wait in its class");
  const std::string wait = wait_words(answer.expected_p50_ms, answer.expected_p90_ms);
  if (!wait.empty()) add(wait);
  return text;
}

std::string by(const Id& agent) { return agent ? " by " + agent.text() : ""; }

struct DoneWords {
  const Outcome& outcome;
  const Dictionary& names;

  [[nodiscard]] std::string answer() const { return answer_words(outcome, names); }

  std::string operator()(const Open& body) const {
    return names.name(NameKind::channel, body.channel) + " " + body.conversation.text() +
           " opened" + answer();
  }
  std::string operator()(const Update& body) const {
    return body.conversation.text() + " updated" + answer();
  }
  std::string operator()(const CustomerWrote& body) const {
    return body.conversation.text() + ": the customer wrote";
  }
  std::string operator()(const Abandon& body) const {
    return body.conversation.text() + " abandoned";
  }
  std::string operator()(const Close& body) const {
    return body.conversation.text() + " closed" + by(body.agent) +
           (body.outcome == CloseOutcome::none ? "" : ", " + words_of(body.outcome)) + answer();
  }
  std::string operator()(const Transfer& body) const {
    const auto to =
        body.to_agent ? body.to_agent.text() : names.name(NameKind::service_class, body.to_class);
    return body.conversation.text() + " transferred to " + to + answer();
  }
  std::string operator()(const Escalate& body) const {
    return body.conversation.text() + " escalated" + answer();
  }
  std::string operator()(const Reopen& body) const {
    return body.conversation.text() + " reopened" + answer();
  }
  std::string operator()(const Rate& body) const {
    return fmt::format("{} rated {} of 5", body.conversation.text(), body.score);
  }
  std::string operator()(const SignIn& body) const {
    return body.agent.text() + " signed in, " + words_of(body.presence);
  }
  std::string operator()(const SetPresence& body) const {
    const auto reason = names.name(NameKind::reason, body.reason);
    return body.agent.text() + " is " + words_of(body.presence) +
           (reason.empty() ? "" : " (" + reason + ")");
  }
  std::string operator()(const SignOff& body) const { return body.agent.text() + " signed off"; }
  std::string operator()(const Accept& body) const { return work(body, "accepted"); }
  std::string operator()(const Reject& body) const { return work(body, "rejected"); }
  std::string operator()(const Pick& body) const { return work(body, "picked"); }
  std::string operator()(const Replied& body) const { return work(body, "replied to"); }
  std::string operator()(const Hold& body) const {
    return work(body, "held") +
           (body.for_ms == 0 ? ", until the customer writes"
                             : " for " + duration_words(static_cast<std::int64_t>(body.for_ms)));
  }
  std::string operator()(const Resume& body) const { return work(body, "resumed"); }
  std::string operator()(const Release& body) const { return work(body, "given back"); }
  std::string operator()(const FinishWrapUp& body) const { return work(body, "finished"); }
  std::string operator()(const ExtendWrapUp& body) const {
    return work(body, "wrap-up extended") + ", " +
           duration_words(static_cast<std::int64_t>(body.by_ms)) + " more";
  }
  std::string operator()(const DefineAgent& body) const {
    return body.agent.text() + " is on the roster";
  }
  std::string operator()(const RemoveAgent& body) const {
    return body.agent.text() + " is off the roster";
  }
  std::string operator()(const SetScope& body) const {
    Event event;
    event.kind = EventKind::scope_changed;
    event.scope = body.scope;
    event.scope_state = body.state;
    event.count = body.number;
    event.agent = body.agent;
    return sentence(event, names);
  }
  std::string operator()(const MoveAll& body) const {
    return "moved from " + names.name(NameKind::service_class, body.from_class) + " to " +
           names.name(NameKind::service_class, body.to_class);
  }
  std::string operator()(const SetMode& body) const {
    return body.mode == 0 ? "back to normal" : "mode " + names.name(NameKind::mode, body.mode);
  }

  template <class Body>
  [[nodiscard]] std::string work(const Body& body, std::string_view what) const {
    return fmt::format("{} {}{}{}", body.conversation.text(), what, by(body.agent), answer());
  }
};

}  // namespace

std::string done_words(const Command& command, const Outcome& outcome, const Dictionary& names) {
  return std::visit(DoneWords{outcome, names}, command);
}

Id conversation_of(const Command& command) {
  return std::visit(
      [](const auto& body) {
        if constexpr (requires { body.conversation; }) return body.conversation;
        return Id{};
      },
      command);
}

Id agent_of(const Command& command) {
  return std::visit(
      [](const auto& body) {
        if constexpr (requires { body.agent; }) return body.agent;
        return Id{};
      },
      command);
}

}  // namespace usher::client
