// `usher-load check`: the checker at the other end of the pipe, or by itself.

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#include "bench/usher_load/check_process.h"
#include "bench/usher_load/signals.h"
#include "client/subscriber.h"

namespace usher::load {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

AgentLimits limits_of(const client::Agent& agent) {
  AgentLimits limits;
  limits.share_percent = agent.share_percent;
  for (const client::ChannelLoad& load : agent.loads) {
    limits.channels.push_back(
        {.number = load.channel, .limit = load.limit, .background = load.background});
  }
  return limits;
}

Checker::Standing standing_of(const client::Conversation& found) {
  return {.conversation = found.conversation,
          .state = found.state,
          .channel = found.channel,
          .agent = found.agent,
          .epoch = std::max(found.epoch, found.offer_epoch),
          .over = found.over,
          .offers = found.offers};
}

// Reads the stream into a Checker, and the parent's pipe.
class CheckRole {
 public:
  explicit CheckRole(const CheckOptions& options)
      : options_(options),
        queries_({.endpoint = options.endpoints.queries, .pool = options.endpoints.pool}) {}

  int run();

 private:
  bool begin();
  void know(const client::Snapshot& snapshot);
  void see(std::span<const Event> events);
  void read_parent();
  [[nodiscard]] bool take_message();
  void wait();
  void end();
  [[nodiscard]] bool reach(std::uint64_t sequence, Clock::time_point until);
  void compare(Clock::time_point until);

  const CheckOptions& options_;
  client::Queries queries_;
  std::optional<client::Subscriber> subscriber_;
  std::optional<Checker> checker_;
  bool started_ = false;  // has its snapshot
  std::string incoming_;
  std::size_t taken_ = 0;  // of it
  std::optional<std::uint64_t> last_wanted_;
  bool parent_gone_ = false;
};

int CheckRole::run() {
  if (!options_.piped) {
    if (!begin()) return 2;
  }
  const auto start = Clock::now();
  const std::chrono::duration<double> limit(options_.for_seconds);
  while (!parent_gone_ && !last_wanted_) {
    if (!options_.piped && stop_requested()) break;
    if (limit.count() > 0 && Clock::now() - start >= limit) break;
    wait();
  }
  if (parent_gone_ || !checker_) return 2;
  end();
  const Findings findings = checker_->findings();
  fmt::print("{}\n", to_json(findings));
  std::fflush(stdout);
  return findings.total() == 0 ? 0 : 1;
}

bool CheckRole::begin() {
  Checker::Rules rules{.over_slots = options_.over_slots};
  const auto dictionary = queries_.dictionary();
  if (const auto* names = std::get_if<client::Dictionary>(&dictionary)) {
    rules.voice_channel = names->find(NameKind::channel, "voice").number;
  } else {
    fmt::print("{}\n", std::get<client::Failure>(dictionary).text);
    std::fflush(stdout);
    return false;
  }
  checker_.emplace(rules);
  subscriber_.emplace(
      client::SubscriberOptions{.endpoint = options_.endpoints.events,
                                .queries = options_.endpoints.queries,
                                .pool = options_.endpoints.pool},
      client::SubscriberHandlers{
          .events = [this](std::span<const Event> events) { see(events); },
          .snapshot = [this](const client::Snapshot& snapshot) { know(snapshot); },
          .lost =
              [this](const client::EventsLost& lost) {
                checker_->events_missing(lost.after, lost.oldest);
              },
          .incarnation = [this](std::uint64_t) { checker_->events_missing(0, 0); },
          .problem = [](const std::string& text) { fmt::print(stderr, "check: {}\n", text); }});
  if (!subscriber_->run_until([this] { return started_; }, 15s)) {
    fmt::print("no snapshot within 15 s\n");
    std::fflush(stdout);
    return false;
  }
  if (options_.piped) {
    fmt::print("ready\n");
    std::fflush(stdout);
  }
  return true;
}

void CheckRole::know(const client::Snapshot& snapshot) {
  checker_->begin(snapshot.sequence);
  for (const client::Agent& agent : snapshot.agents) {
    checker_->know_agent(agent.agent, limits_of(agent));
    checker_->know_presence(agent.agent, agent.presence, agent.lost);
  }
  for (const client::Conversation& found : snapshot.conversations) {
    checker_->know_conversation(standing_of(found));
  }
  started_ = true;
}

void CheckRole::see(std::span<const Event> events) {
  for (const Event& event : events) {
    if (event.kind == EventKind::agent_defined) {
      // What fills an agent is not in the event.
      const auto found = queries_.agent(event.agent);
      if (const auto* agent = std::get_if<client::Agent>(&found)) {
        checker_->know_agent(agent->agent, limits_of(*agent));
      }
    }
    checker_->see(event);
  }
}

void CheckRole::wait() {
  pollfd ends[2] = {{STDIN_FILENO, static_cast<short>(options_.piped ? POLLIN : 0), 0},
                    {subscriber_ ? subscriber_->fd() : -1, POLLIN, 0}};
  const int timeout = subscriber_ ? std::min(subscriber_->timeout_ms(), 200) : 200;
  poll(ends, 2, timeout);
  if (options_.piped && ends[0].revents != 0) read_parent();
  if (subscriber_) subscriber_->process();
}

void CheckRole::read_parent() {
  char bytes[65'536];
  const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
  if (count <= 0) {
    parent_gone_ = true;
    return;
  }
  incoming_.append(bytes, static_cast<std::size_t>(count));
  while (take_message()) {
  }
  incoming_.erase(0, taken_);
  taken_ = 0;
}

bool CheckRole::take_message() {
  const std::string_view message = std::string_view(incoming_).substr(taken_);
  if (message.empty()) return false;
  std::size_t size = 1;
  switch (message.front()) {
    case 'g':
      if (!begin()) parent_gone_ = true;
      break;
    case 'a': {
      Id id;
      size += id.bytes.size();
      if (message.size() < size) return false;
      std::memcpy(id.bytes.data(), message.data() + 1, id.bytes.size());
      if (checker_) checker_->acknowledged(id);
      break;
    }
    case 'e': {
      std::uint64_t sequence = 0;
      size += sizeof sequence;
      if (message.size() < size) return false;
      std::memcpy(&sequence, message.data() + 1, sizeof sequence);
      last_wanted_ = sequence;
      break;
    }
    default: parent_gone_ = true; return false;
  }
  taken_ += size;
  return true;
}

// Reads up to the last event wanted: the parent's, or what is the last one now.
void CheckRole::end() {
  if (!options_.piped) {
    const auto found = queries_.status();
    const auto* status = std::get_if<client::Status>(&found);
    last_wanted_ = status == nullptr ? checker_->sequence() : status->sequence;
  }
  const auto until = Clock::now() + 30s;
  if (!reach(*last_wanted_, until)) {
    checker_->events_missing(checker_->sequence(), *last_wanted_ + 1);
  }
  checker_->end_record();
  if (!options_.piped) return;
  checker_->end_acknowledged();
  compare(std::min(until, Clock::now() + 3s));
}

bool CheckRole::reach(std::uint64_t sequence, Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
  return subscriber_->run_until([&] { return checker_->sequence() >= sequence; }, left);
}

// Asks for snapshots until one is of the very sequence the stream was read to. Where others keep
// the pool busy there may be none, and nothing is compared.
void CheckRole::compare(Clock::time_point until) {
  while (Clock::now() < until) {
    const auto found = queries_.snapshot();
    const auto* snapshot = std::get_if<client::Snapshot>(&found);
    if (snapshot == nullptr || !reach(snapshot->sequence, until)) continue;
    if (snapshot->sequence != checker_->sequence()) continue;
    std::vector<Checker::Standing> standing;
    for (const client::Conversation& conversation : snapshot->conversations) {
      standing.push_back(standing_of(conversation));
    }
    checker_->end_record();
    checker_->compare(standing);
    return;
  }
}

}  // namespace

int run_check(const CheckOptions& options) {
  // The parent ends it through the pipe; Ctrl-C in the terminal is the parent's.
  if (options.piped) {
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
  } else {
    watch_stop_signals();
  }
  return CheckRole(options).run();
}

}  // namespace usher::load
