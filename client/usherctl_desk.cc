// An agent's desk in a terminal: signs in, keeps the lease, shows what comes, takes typed commands.

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "client/usherctl.h"
#include "client/usherctl_terminal.h"
#include "client/words.h"

namespace usher::client {

const char* const desk_help =
    "Sit down at an agent's desk: sign in, keep the lease, see offers and assignments as they "
    "come, "
    "and type what the agent does (accept, reply, hold 10m, transfer CLASS, close solved …; help "
    "lists it). Lines may come from a pipe; at their end, at quit or at Ctrl-C the agent signs "
    "off.";

namespace {

using std::chrono::milliseconds;

constexpr const char* typed_help =
    "  accept [ID]              take an offer              list           what lies with you\n"
    "  reject [ID] [REASON]     refuse it                  pick ID        take what waits\n"
    "  reply [ID]               you wrote to the customer  away [REASON]  nothing new for now\n"
    "  hold [ID] [10m]          so long at most            available      ready again\n"
    "  resume [ID]              take it up again           draining       finish what is there\n"
    "  release [ID] [REASON]    give it back               sign-in        once more\n"
    "  transfer [ID] CLASS      or to agent:NAME           quit           sign off and leave\n"
    "  escalate [ID] [REASON]   to the next level          help           this\n"
    "  close [ID] [OUTCOME]     solved, not_solved, duplicate, spam or handed_over\n"
    "  finish [ID]              the wrap-up is done\n"
    "  extend [ID] 5m           the wrap-up takes longer\n"
    "Without ID it is the only conversation that it can be.\n";

// What a desk knows of a conversation that lies with its agent.
struct Item {
  ConversationState state = ConversationState::none;
  std::uint64_t epoch = 0;
  // An offer, also of something that still lies with another agent.
  bool is_offer = false;
};

class Desk {
 public:
  Desk(const Target& target, Id agent)
      : target_(target),
        agent_(agent),
        client_(target.options("desk-" + origin_part(agent.text())),
                {.welcome = [this](const Welcome& welcome) { on(welcome); },
                 .outcome = [this](const Outcome& outcome) { on(outcome); },
                 .event = [this](const Event& event) { on(event); },
                 .events_lost = [this](const EventsLost&) { look_around(); },
                 .problem = [](const std::string& text) { complain(text); }}) {}

  Exit run();

 private:
  // An origin is made of letters, digits, - _ .
  static std::string origin_part(std::string text) {
    for (char& c : text) {
      const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
      if (!allowed) c = '_';
    }
    return text.substr(0, 27);
  }

  void on(const Welcome& welcome);
  void on(const Outcome& outcome);
  void on(const Event& event);
  void look_around();
  void note(const Event& event);
  void list() const;

  void read_input();
  void obey(const std::string& text);
  void obey(const std::vector<std::string>& words);
  void send(Command command);
  void send_work(const std::string& verb, std::vector<std::string> words);
  Id take_id(std::vector<std::string>& words, const std::string& verb);
  [[nodiscard]] std::vector<Id> candidates(const std::string& verb) const;
  [[nodiscard]] std::uint64_t epoch_of(const Id& id) const;
  void wait_a_turn();

  const Target& target_;
  Id agent_;
  Client client_;
  std::map<Id, Item> items_;
  std::map<std::uint64_t, Command> under_way_;
  std::uint64_t tokens_ = 0;
  std::string typed_;  // the beginning of a line
  bool reads_ = true;
  bool leaves_ = false;
  bool is_seated_ = false;
  bool has_left_ = false;  // was told so, or that it cannot
  Exit exit_ = Exit::done;
};

void Desk::on(const Welcome& welcome) {
  if (welcome.resumed) {
    fmt::print("{}\n", painted(Paint::faint, "connected again"));
    return;
  }
  // A new session, or a new pool: whoever sits here says so again.
  if (welcome.new_incarnation) complain("the pool began anew");
  items_.clear();
  if (!leaves_) send(SignIn{.agent = agent_});
}

void Desk::on(const Outcome& outcome) {
  const auto found = under_way_.find(outcome.token);
  if (found == under_way_.end()) return;
  const Command command = std::move(found->second);
  under_way_.erase(found);
  const bool is_sign_in = std::holds_alternative<SignIn>(command);
  if (outcome.result == Result::done) {
    // Whatever changes something comes as an event, in words; here only what does not.
    if (is_sign_in) {
      is_seated_ = true;
      fmt::print("{}\n", painted(Paint::strong, agent_.text() + " sits at the desk; help lists "
                                                                "what can be typed"));
      look_around();
    }
    return;
  }
  if (outcome.result == Result::lost) {
    complain("the session ended; nobody knows whether this was done");
    return;
  }
  if (std::holds_alternative<SignOff>(command)) has_left_ = true;
  auto queries = target_.ask();
  fmt::print("{}\n", painted(Paint::bad, "refused: ") +
                         refusal_story(queries, client_.dictionary(), command, outcome.refusal));
  if (is_sign_in && !is_seated_) {
    exit_ = Exit::refused;
    leaves_ = true;
  }
}

void Desk::note(const Event& event) {
  const bool is_ours = event.agent == agent_;
  const bool was_ours = event.other_agent == agent_;
  switch (event.kind) {
    case EventKind::offered:
      if (is_ours) items_[event.conversation] = {event.state, event.epoch, true};
      break;
    case EventKind::offer_ended:
      if (was_ours) items_.erase(event.conversation);
      break;
    case EventKind::assigned:
    case EventKind::held:
    case EventKind::wrapping:
      if (is_ours) items_[event.conversation] = {event.state, event.epoch, false};
      if (was_ours) items_.erase(event.conversation);
      break;
    case EventKind::waiting:
    case EventKind::unroutable:
    case EventKind::deferred:
    case EventKind::closed:
    case EventKind::abandoned: items_.erase(event.conversation); break;
    default: break;
  }
}

void Desk::on(const Event& event) {
  const bool concerns = event.agent == agent_ || event.other_agent == agent_ ||
                        (event.conversation && items_.contains(event.conversation));
  if (!concerns) return;
  if (event.kind == EventKind::agent_signed_off && event.agent == agent_) has_left_ = true;
  note(event);
  std::string line = painted(Paint::faint, clock_words(event.wall_ms)) + "  ";
  if (event.conversation) line += painted(Paint::strong, event.conversation.text()) + "  ";
  const bool asks = event.agent == agent_ &&
                    (event.kind == EventKind::offered || event.kind == EventKind::assigned);
  line += painted(asks ? Paint::good : Paint::plain, sentence(event, client_.dictionary()));
  fmt::print("{}\n", line);
}

// What lies with the agent already: after a sign-in elsewhere, or when events were lost.
void Desk::look_around() {
  auto queries = target_.ask();
  const auto found = queries.agent(agent_);
  const auto* agent = std::get_if<Agent>(&found);
  if (agent == nullptr) return;
  for (const auto& id : agent->conversations) {
    const auto answered = queries.conversation(id);
    const auto* of = std::get_if<Conversation>(&answered);
    if (of == nullptr) continue;
    const bool is_offer = of->agent != agent_ && std::find(of->offers.begin(), of->offers.end(),
                                                           agent_) != of->offers.end();
    items_[id] = {of->state, is_offer ? of->offer_epoch : of->epoch, is_offer};
  }
}

void Desk::list() const {
  if (items_.empty()) fmt::print("nothing lies with you\n");
  for (const auto& [id, item] : items_) {
    fmt::print("{}  {}\n", painted(Paint::strong, id.text()),
               item.is_offer ? "offered to you" : words_of(item.state));
  }
}

// --- what is typed ---

void Desk::send(Command command) {
  const std::uint64_t token = ++tokens_;
  under_way_.emplace(token, command);
  if (client_.send(std::move(command), token) != Sent::queued) {
    under_way_.erase(token);
    complain("too much is under way; wait a moment");
  }
}

std::vector<Id> Desk::candidates(const std::string& verb) const {
  std::vector<Id> fitting;
  for (const auto& [id, item] : items_) {
    const bool is_held = item.state == ConversationState::held;
    const bool is_wrapping = item.state == ConversationState::wrapping;
    bool fits = !item.is_offer && !is_wrapping && (verb == "close" || !is_held);
    if (verb == "accept" || verb == "reject") fits = item.is_offer;
    if (verb == "resume") fits = is_held;
    if (verb == "finish" || verb == "extend") fits = is_wrapping;
    if (fits) fitting.push_back(id);
  }
  return fitting;
}

// The conversation that is meant: the first word if it is one of ours, else the only one that fits.
// None, with a complaint, when that is not clear.
Id Desk::take_id(std::vector<std::string>& words, const std::string& verb) {
  if (!words.empty()) {
    const auto typed = Id::parse(words[0]);
    if (typed && (items_.contains(*typed) || verb == "pick")) {
      words.erase(words.begin());
      return *typed;
    }
  }
  const auto fitting = candidates(verb);
  if (fitting.size() == 1) return fitting[0];
  if (fitting.empty()) {
    complain("there is nothing to " + verb);
    return {};
  }
  std::string text = verb + " which?";
  for (const auto& id : fitting) text += " " + id.text();
  complain(text);
  return {};
}

std::uint64_t Desk::epoch_of(const Id& id) const {
  const auto found = items_.find(id);
  return found == items_.end() ? 0 : found->second.epoch;
}

// Verbs about a conversation.
void Desk::send_work(const std::string& verb, std::vector<std::string> words) {
  static const std::map<std::string, std::string> commands = {
      {"accept", "accept"},   {"reject", "reject"},     {"reply", "replied"},
      {"replied", "replied"}, {"hold", "hold"},         {"resume", "resume"},
      {"release", "release"}, {"transfer", "transfer"}, {"escalate", "escalate"},
      {"close", "close"},     {"finish", "finish"},     {"extend", "extend"},
      {"pick", "pick"}};
  const auto command = commands.find(verb);
  if (command == commands.end()) {
    complain("unknown: \"" + verb + "\"; help lists what can be typed");
    return;
  }
  const Id id = take_id(words, verb);
  if (!id) return;
  Arguments given;
  given.conversation = id.text();
  given.agent = agent_.text();
  given.epoch = epoch_of(id);
  const std::string word = words.empty() ? "" : words[0];
  if (verb == "hold" || verb == "extend") {
    given.duration = word;
  } else if (verb == "close") {
    given.outcome = word;
  } else if (verb == "transfer") {
    const bool to_agent = word.starts_with("agent:");
    (to_agent ? given.to_agent : given.to_class) = to_agent ? word.substr(6) : word;
    if (words.size() > 1) given.reason = words[1];
  } else {
    given.reason = word;
  }
  const auto& rows = command_rows();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const CommandRow& of) { return of.name == command->second; });
  Reader reader(client_.dictionary());
  Command made = row->build(reader, given);
  if (reader.problem().empty()) {
    send(std::move(made));
  } else {
    complain(reader.problem());
  }
}

void Desk::obey(const std::vector<std::string>& words) {
  const std::string& verb = words[0];
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (verb == "help") {
    fmt::print("{}", typed_help);
  } else if (verb == "list") {
    list();
  } else if (verb == "quit" || verb == "exit") {
    leaves_ = true;
  } else if (verb == "sign-in") {
    send(SignIn{.agent = agent_});
  } else if (verb == "available" || verb == "away" || verb == "draining") {
    Reader reader(client_.dictionary());
    SetPresence set{.agent = agent_, .presence = reader.presence(verb)};
    if (!rest.empty()) set.reason = reader.name(NameKind::reason, rest[0]);
    if (reader.problem().empty()) {
      send(set);
    } else {
      complain(reader.problem());
    }
  } else {
    send_work(verb, rest);
  }
}

void Desk::obey(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  if (!words.empty()) obey(words);
}

void Desk::read_input() {
  char bytes[4096];
  const auto size = ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (size <= 0) {
    reads_ = false;
    leaves_ = true;
    return;
  }
  typed_.append(bytes, static_cast<std::size_t>(size));
  for (auto end = typed_.find('\n'); end != std::string::npos; end = typed_.find('\n')) {
    const std::string text = typed_.substr(0, end);
    typed_.erase(0, end + 1);
    obey(text);
  }
}

// --- the loop ---

void Desk::wait_a_turn() {
  client_.process();
  // What is typed before the agent sits there has nothing to work on.
  const bool listens = reads_ && is_seated_ && under_way_.empty();
  pollfd entries[2] = {{.fd = client_.fd(), .events = POLLIN, .revents = 0},
                       {.fd = listens ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0}};
  ::poll(entries, 2, client_.timeout_ms());
  if (entries[1].revents != 0) read_input();
  if (is_interrupted()) leaves_ = true;
}

Exit Desk::run() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  watch_signals();
  const auto is_there = [&] {
    return client_.state() == State::ready || client_.state() == State::failed;
  };
  client_.run_until(is_there, milliseconds(target_.timeout_ms));
  if (client_.state() != State::ready) return no_server(target_.commands, client_.problem());
  while (!leaves_ && client_.state() != State::failed) wait_a_turn();
  if (client_.state() == State::failed) return no_server(target_.commands, client_.problem());
  if (is_seated_) {
    const auto all_done = [&] { return under_way_.empty(); };
    client_.run_until(all_done, milliseconds(target_.timeout_ms));
    // The event follows the answer: what the agent leaves behind is shown, too.
    has_left_ = false;
    send(SignOff{agent_});
    client_.run_until([&] { return has_left_; }, milliseconds(target_.timeout_ms));
  }
  client_.bye();
  return exit_;
}

}  // namespace

Exit run_desk(const Target& target, const std::string& agent) {
  const auto id = id_of(agent);
  if (!id) return Exit::usage;
  return Desk(target, *id).run();
}

}  // namespace usher::client
