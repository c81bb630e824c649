#pragma once

// What a Client does: the greeting, the numbering and sending of commands, what usherd answers, and
// what time makes due. For the library's own use.

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "client/client.h"
#include "client/decode.h"
#include "client/directed.h"
#include "client/encode.h"
#include "client/socket.h"

namespace usher::client {

struct Client::Impl {
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  Impl(Options given, Handlers to_call);

  // --- for Client ---
  Sent send(Command command, std::uint64_t token);
  void flush();
  bool advance(std::uint64_t to_ms);
  [[nodiscard]] int timeout_ms() const;
  void process();
  void bye();

  // --- connection ---
  void greet();
  void reconnect(const std::string& why);
  void fail(const std::string& why);
  void receive();
  void look_at_connection();
  void keep_time();
  void settle();
  bool transmit(std::span<const std::uint8_t> bytes);

  // --- commands ---
  void send_batches();
  void rewind(std::size_t to);

  // --- what usherd says ---
  void on(const Unreadable& frame);
  void on(const WelcomeFrame& frame);
  void on(const AcknowledgementFrame& frame);
  void on(const DirectedFrame& frame);
  void on(const RefusedFrame& frame);
  void on(const EventsLost& frame);
  void on(const Advanced& frame);
  void on(const AliveFrame& frame);
  void on(const NamesFrame& frame);
  void greeting_refused(const RefusedFrame& frame);
  void batch_refused(const RefusedFrame& frame);
  [[nodiscard]] bool continues(const Welcome& welcome) const;
  std::vector<Outcome> take_lost(const Welcome& welcome);
  void begin_chain(const Welcome& welcome);
  void ask_directed();
  void learn_names(const std::vector<NameEntry>& names);
  void tell_problem(const std::string& text);

  Options options;
  Handlers handlers;
  std::unique_ptr<Context> own_context;
  Readiness readiness;
  Socket socket;
  Encoder encoder;
  Decoder decoder;
  Dictionary dictionary;
  Welcome welcome;
  State state = State::connecting;
  std::string problem;
  Statistics statistics;
  bool greeted_before = false;  // a welcome came, ever

  // Commands without an outcome: acknowledged + 1, acknowledged + 2, … The first `sent` of them
  // went out on this connection, the first `ever_sent` on any.
  struct Entry {
    Command command;
    std::uint64_t token = 0;
  };
  std::deque<Entry> entries;
  std::size_t sent = 0;
  std::size_t ever_sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t gap_wanted = 0;  // last answered; until something moves, again is the same gap
  std::uint32_t window = 0;
  std::size_t batch_commands_max = 4096;
  std::size_t frame_bytes_max = 256 * 1024;

  DirectedChain chain;
  std::optional<std::uint64_t> advance_to;
  bool advance_sent = false;

  // When it last happened.
  Time now;
  Time greeted;
  Time heard;
  Time spoken;
  Time progressed;
  Time directed_moved;
  Time advanced_at;
  // Backs off while usherd refuses again and again.
  Time greet_not_before;
  std::chrono::milliseconds greet_pause{0};
};

}  // namespace usher::client
