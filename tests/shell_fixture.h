#pragma once

// The whole shell in one thread, without sockets or real time: a pipeline with a network, a clock
// and a journal that a test moves by hand, and visitors who speak to it as clients do.

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/decode.h"
#include "client/encode.h"
#include "daemon/journal_memory.h"
#include "daemon/pipeline.h"
#include "sim/fake_clock.h"
#include "tests/pool_fixture.h"

namespace usher {

using sim::FakeClock;

using Frame = std::vector<std::uint8_t>;

// Keeps what is sent, for each peer up to its capacity.
class FakeTransport final : public Transport {
 public:
  Sent reply(Peer peer, std::span<const std::byte> frame) override {
    return put(replies, peer, frame);
  }
  Sent answer(Peer peer, std::span<const std::byte> frame) override {
    return put(answers, peer, frame);
  }
  void publish(std::span<const std::byte> frame) override { published.push_back(copy(frame)); }

  std::map<Peer, std::deque<Frame>> replies;
  std::map<Peer, std::deque<Frame>> answers;
  std::deque<Frame> published;
  std::map<Peer, std::size_t> capacity;  // of those who do not have a large one
  std::set<Peer> gone;

 private:
  static Frame copy(std::span<const std::byte> frame) {
    const auto* begin = reinterpret_cast<const std::uint8_t*>(frame.data());
    return {begin, begin + frame.size()};
  }
  Sent put(std::map<Peer, std::deque<Frame>>& to, Peer peer, std::span<const std::byte> frame) {
    EXPECT_LE(frame.size(), frame_bytes_max);
    if (gone.contains(peer)) return Sent::gone;
    const auto limit = capacity.find(peer);
    if (limit != capacity.end() && to[peer].size() >= limit->second) return Sent::full;
    to[peer].push_back(copy(frame));
    return Sent::yes;
  }
};

// Becomes durable only when it is told to.
class SlowJournal final : public Journal {
 public:
  void on_moved(std::function<void()>) override {}
  Status lead(std::uint64_t& term) override {
    term = 7;
    return {};
  }
  std::uint64_t append(std::span<const Record> records) override {
    all.insert(all.end(), records.begin(), records.end());
    bytes += records.size() * record_bytes_max;
    return ++groups;
  }
  [[nodiscard]] std::uint64_t durable() const override { return mark; }
  [[nodiscard]] std::size_t ahead_bytes() const override { return mark == groups ? 0 : bytes; }
  [[nodiscard]] Status trouble() const override { return failed; }
  Status read(std::uint64_t, const std::function<bool(const Record&)>&) override { return {}; }
  Status begin_snapshot(const Snapshot&) override { return {}; }
  Status add_to_snapshot(std::span<const std::byte>) override { return {}; }
  Status keep_snapshot() override { return {}; }
  void share(std::uint64_t from, std::size_t, std::vector<Group>& into) override {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(from - 1);
    if (first < all.end()) {
      into.push_back(std::make_shared<const std::vector<Record>>(first, all.end()));
    }
  }
  [[nodiscard]] std::uint64_t oldest() const override { return 1; }
  [[nodiscard]] std::vector<Snapshot> snapshots() const override { return {}; }
  Status read_snapshot(std::uint64_t,
                       const std::function<bool(std::span<const std::byte>)>&) const override {
    return Status::trouble("there is none");
  }
  void trim(std::uint64_t) override {}
  [[nodiscard]] std::uint64_t free_bytes() const override { return free; }
  [[nodiscard]] std::string_view durability() const override { return "group"; }
  void sync() {
    mark = groups;
    bytes = 0;
  }

  std::vector<Record> all;
  std::uint64_t groups = 0;
  std::uint64_t mark = 0;
  std::size_t bytes = 0;
  std::uint64_t free = UINT64_MAX;
  Status failed;
};

class Shell {
 public:
  struct Given {
    Settings settings;
    PoolClock clock = PoolClock::real;
    Journal* journal = nullptr;
    std::int64_t wall_ms = 0;  // later than a clock at its beginning
    std::uint64_t incarnation = 4711;
    std::uint64_t disk_floor_bytes = 0;
    std::int64_t snapshot_every_ms = 0;
    std::uint64_t events_wanted = 0;
    std::vector<Command> quarantined = {};
  };

  static Settings small_settings() {
    Settings settings;
    settings.pool_configuration = test_configuration();
    settings.event_ring = 1024;
    return settings;
  }

  Shell() : Shell({.settings = small_settings()}) {}
  explicit Shell(Given given)
      : pipeline_(given.settings,
                  {.pool = given.settings.pool,
                   .lease_ms = given.settings.lease_ms,
                   .clock = given.clock,
                   .disk_floor_bytes = given.disk_floor_bytes,
                   .snapshot_every_ms = given.snapshot_every_ms,
                   .events_wanted = given.events_wanted,
                   .version = "test",
                   .incarnation = given.incarnation,
                   .random = [count = std::uint64_t{0}]() mutable { return ++count; },
                   .quarantined = given.quarantined},
                  clock, transport, given.journal == nullptr ? memory_ : *given.journal) {
    clock.step_wall_ms(given.wall_ms);
    EXPECT_EQ("", pipeline_.recover(recovered).text());
    EXPECT_EQ("",
              pipeline_.start(given.settings.pool_configuration, given.settings.timetable).text());
    settle();
  }

  void command(Peer peer, client::Encoder::Bytes frame) {
    front().begin_turn();
    front().command_frame(peer, std::as_bytes(frame));
  }
  void query(Peer peer, client::Encoder::Bytes frame) {
    front().begin_turn();
    front().query_frame(peer, std::as_bytes(frame));
  }
  // All sides, until none has anything to do at once.
  void settle() {
    for (int quiet = 0; quiet < 3;) {
      const bool core_more = core().step();
      const bool front_more = front().step();
      const bool past_more = past().step();
      const bool kept = pipeline_.keeper().step();
      const bool more = core_more || front_more || past_more || kept || past().asked() > 0;
      quiet = more ? 0 : quiet + 1;
    }
  }
  // Time goes by in small steps, as the two loops would see it.
  void pass_ms(std::int64_t ms, std::int64_t step_ms = 10) {
    for (std::int64_t gone = 0; gone < ms; gone += step_ms) {
      clock.move_ms(std::min(step_ms, ms - gone));
      settle();
    }
  }

  void seal() { pipeline_.seal(); }

  Core& core() { return pipeline_.core(); }
  Front& front() { return pipeline_.front(); }
  Past& past() { return pipeline_.past(); }

  FakeClock clock;
  FakeTransport transport;
  Core::Recovered recovered;

 private:
  MemoryJournal memory_{memory_journal_bytes};
  Pipeline pipeline_;
};

// A client of the command socket, without any cleverness: sends what it is told to and reads what
// has come.
class Visitor {
 public:
  Visitor(Shell& shell, Peer peer, std::string origin = "desk")
      : shell_(shell), peer_(peer), origin_(std::move(origin)) {}

  struct Greeting {
    std::string pool = "main";
    client::Id session = {};
    std::uint64_t incarnation = 0;
    std::uint64_t directed_from = 0;
  };
  void hello(const Greeting& greeting) {
    put_hello(greeting);
    shell_.settle();
    read();
  }
  void put_hello(const Greeting& greeting) {
    shell_.command(peer_, encoder_.hello({.pool = greeting.pool,
                                          .origin = origin_,
                                          .session = greeting.session,
                                          .incarnation = greeting.incarnation,
                                          .directed_from = greeting.directed_from}));
  }
  // Opens a session, and must succeed.
  Visitor& enter() {
    hello({});
    EXPECT_TRUE(welcome.has_value()) << "no welcome for " << origin_;
    if (welcome) session = welcome->welcome.session;
    return *this;
  }
  // The same session from another connection.
  void enter_as(const Visitor& other, std::uint64_t directed_from = 0) {
    hello({.session = other.session,
           .incarnation = other.welcome->welcome.incarnation,
           .directed_from = directed_from});
    session = other.session;
  }

  void put(std::uint64_t number, const std::vector<client::Command>& commands) {
    encoder_.begin_batch();
    for (const auto& command : commands) encoder_.add(command);
    shell_.command(peer_, encoder_.finish_batch(session, number));
  }
  void send(std::uint64_t number, const std::vector<client::Command>& commands) {
    put(number, commands);
    shell_.settle();
    read();
  }
  // The next command of the session.
  void say(const client::Command& command) { send(++said, {command}); }
  void heartbeat() {
    shell_.command(peer_, encoder_.heartbeat(session));
    shell_.settle();
    read();
  }
  void bye() {
    shell_.command(peer_, encoder_.bye(session));
    shell_.settle();
    read();
  }
  void advance(std::uint64_t to_ms) {
    shell_.command(peer_, encoder_.advance(session, to_ms));
    shell_.settle();
    read();
  }
  void replay_directed(std::uint64_t after) {
    shell_.command(peer_, encoder_.replay_directed(session, after));
    shell_.settle();
    read();
  }

  void read() {
    auto& frames = shell_.transport.replies[peer_];
    for (; !frames.empty(); frames.pop_front()) take(decoder_.server_frame(frames.front()));
  }

  Peer peer() const { return peer_; }

  std::optional<client::WelcomeFrame> welcome;
  client::Id session;
  std::uint64_t said = 0;
  std::uint64_t up_to = 0;
  std::uint32_t window = 0;
  std::map<std::uint64_t, client::Refusal> refused;
  std::map<std::uint64_t, client::Answer> answered;
  std::vector<client::RefusedFrame> frames_refused;
  std::vector<client::Event> events;
  std::vector<client::EventsLost> lost;
  std::vector<std::string> order;  // what came, by kind
  std::optional<client::Advanced> advanced;
  int alive = 0;
  std::size_t names = 0;  // told after the welcome

 private:
  void take(client::ServerFrame&& frame) {
    if (auto* got = std::get_if<client::WelcomeFrame>(&frame)) {
      welcome = *got;
      window = got->welcome.window;
      order.emplace_back("welcome");
    } else if (auto* acknowledged = std::get_if<client::AcknowledgementFrame>(&frame)) {
      up_to = acknowledged->up_to;
      window = acknowledged->window;
      for (const auto& [number, answer] : acknowledged->answers) answered[number] = answer;
      for (const auto& [number, reason] : acknowledged->refused) refused[number] = reason;
      order.emplace_back("acknowledgement");
    } else if (auto* directed = std::get_if<client::DirectedFrame>(&frame)) {
      events.insert(events.end(), directed->events.begin(), directed->events.end());
      order.emplace_back("directed");
    } else if (auto* refusal = std::get_if<client::RefusedFrame>(&frame)) {
      frames_refused.push_back(*refusal);
      order.emplace_back("refused");
    } else if (auto* gap = std::get_if<client::EventsLost>(&frame)) {
      lost.push_back(*gap);
      order.emplace_back("lost");
    } else if (auto* moved = std::get_if<client::Advanced>(&frame)) {
      advanced = *moved;
      order.emplace_back("advanced");
    } else if (std::holds_alternative<client::AliveFrame>(frame)) {
      ++alive;
    } else if (auto* more = std::get_if<client::NamesFrame>(&frame)) {
      names += more->names.size();
    } else {
      ADD_FAILURE() << "a frame that cannot be read";
    }
  }

  Shell& shell_;
  Peer peer_;
  std::string origin_;
  client::Encoder encoder_;
  client::Decoder decoder_;
};

// Whoever asks on the query socket.
class Asker {
 public:
  explicit Asker(Shell& shell, Peer peer = 1) : shell_(shell), peer_(peer) {}

  template <class Found, class Ask>
  Found ask(const Ask& ask) {
    shell_.query(peer_, ask(encoder_));
    shell_.settle();
    auto& frames = shell_.transport.answers[peer_];
    EXPECT_EQ(1u, frames.size());
    if (frames.empty()) return {};
    auto answer = decoder_.query_answer(frames.front());
    frames.clear();
    auto* found = std::get_if<Found>(&answer.found);
    EXPECT_NE(nullptr, found);
    return found == nullptr ? Found{} : *found;
  }

 private:
  Shell& shell_;
  Peer peer_;
  client::Encoder encoder_;
  client::Decoder decoder_;
};

inline client::Id id_of(std::string_view text) { return *client::Id::parse(text); }

// An agent who takes anything, and a conversation that is given at once.
inline client::DefineAgent roster(std::string_view agent) {
  return {.agent = id_of(agent), .group = 1};
}
inline client::SignIn sign_in(std::string_view agent) { return {.agent = id_of(agent)}; }
inline client::Open ask(std::string_view conversation) {
  return {.conversation = id_of(conversation),
          .channel = test_name::chat.value,
          .category = test_name::ask.value};
}

}  // namespace usher
