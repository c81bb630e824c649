#pragma once

// A session with usherd: sends commands, exactly once each, and hears what became of them and what
// happens to the conversations and agents of its origin.
//
//   client::Client client({.origin = "web-chat"}, {.outcome = …, .event = …});
//   poll(client.fd(), POLLIN, client.timeout_ms());   // in the caller's loop
//   client.process();                                 // calls the handlers
//
// Everything happens in the caller's thread: one thread uses a Client at a time. No function throws
// or blocks, save run_until(). A handler may call any function but process(), run_until() and the
// destructor.
//
// What it promises: a command is applied at most once, and its outcome is told exactly once. What
// was not acknowledged is sent again after a lost connection, a timeout or a gap. Directed events
// come in order, each once; what the connection lost is asked for again. Only a session or an
// incarnation that usherd no longer knows breaks this, and says so (welcome handler, Result::lost).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "client/command.h"
#include "client/dictionary.h"
#include "client/event.h"
#include "client/id.h"
#include "schemas/types_generated.h"

namespace usher::client {

using wire::Refusal;

// What may be shared by several clients: ZeroMQ's I/O thread. One is enough for a million commands
// a second. Outlives every Client that was given it.
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] void* handle() const { return handle_; }

 private:
  void* handle_;
};

struct Options {
  std::string endpoint = "tcp://127.0.0.1:5710";
  std::string pool = "main";        // at most 8 bytes
  std::string origin = "client";    // at most 32 bytes: letters, digits, - _ .
  Id session = {};                  // none = a new one; else the one to resume …
  std::uint64_t incarnation = 0;    // … the incarnation it was opened in,
  std::uint64_t directed_from = 0;  // and the last directed event seen. 0 with a new session = only
                                    // what happens from now on
  std::size_t queue_max = 65'536;   // commands not yet acknowledged; beyond it send() would block
  int heartbeat_ms = 1'000;         // shortened to a third of the lease when that is less
  int silence_ms = 4'000;           // without a frame from usherd for so long: connect anew
  int resend_ms = 3'000;            // without an acknowledgement for so long: send again
  int linger_ms = 500;              // at the end, to get the last frame out
  Context* context = nullptr;       // none = one of its own
};

enum class State : std::uint8_t {
  connecting,  // no connection yet, or lost; tries for ever
  greeting,    // hello sent
  ready,       // welcome
  failed,      // usherd does not want us (see problem()), or an option makes no sense
  closed       // after bye()
};

// Who we are talking to.
struct Welcome {
  Id session = {};
  std::uint64_t incarnation = 0;
  std::uint64_t term = 0;
  std::uint64_t last_applied = 0;
  std::uint64_t directed_last = 0;
  std::uint64_t sequence = 0;  // the pool's last event then
  std::uint32_t window = 0;
  std::uint32_t lease_ms = 0;
  std::uint16_t origin = 0;      // its number
  bool resumed = false;          // the session we had; else commands under way were lost
  bool new_incarnation = false;  // of the pool: what is known of its state is void, take a snapshot
};

// What an open, update, transfer or reopen found.
struct Answer {
  wire::ConversationState state = wire::ConversationState::none;
  std::uint16_t service_class = 0;
  std::uint32_t position = 0;         // waiting in its class, itself included; 0 = not waiting
  std::int64_t expected_p50_ms = -1;  // -1 = not known
  std::int64_t expected_p90_ms = -1;
  std::uint64_t epoch = 0;
};

enum class Result : std::uint8_t {
  done,
  refused,
  lost  // the session ended while it was under way: nobody knows whether it was applied
};

struct Outcome {
  std::uint64_t number = 0;  // of the command in its session; 0 = it was never sent
  std::uint64_t token = 0;   // as given to send()
  Result result = Result::done;
  Refusal refusal = Refusal::none;
  bool answered = false;  // `answer` was sent; beside a refusal it tells only how long to wait
  Answer answer;
};

// Directed events after `after` are no longer kept by usherd: take a snapshot (queries.h).
struct EventsLost {
  std::uint64_t after = 0;
  std::uint64_t oldest = 0;
};

struct Advanced {
  std::uint64_t to_ms = 0;
  std::uint64_t next_deadline_ms = 0;  // 0 = no timer is pending
  std::uint64_t sequence = 0;          // of the last event
};

// Each may be left empty. Called from process() and run_until() only, save that bye(), destruction
// and send() call none.
struct Handlers {
  std::function<void(const Welcome&)> welcome = {};  // each time a session begins or is taken up
  std::function<void(const Outcome&)> outcome = {};  // once per command, in order of numbers
  std::function<void(const Event&)> event = {};      // directed, in order
  std::function<void(const EventsLost&)> events_lost = {};
  std::function<void(const Advanced&)> advanced = {};
  std::function<void(const std::string&)> problem = {};  // what went wrong, for a log
};

enum class Sent : std::uint8_t {
  queued,
  would_block,  // queue_max commands are not yet acknowledged: process() first
  closed        // failed, or after bye()
};

struct Statistics {
  std::uint64_t commands_sent = 0;    // encoded, resends included
  std::uint64_t commands_resent = 0;  // of them
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t frames_malformed = 0;
  std::uint64_t events = 0;
  std::uint64_t event_gaps = 0;
  std::uint64_t connections = 0;
};

class Client {
 public:
  explicit Client(Options options, Handlers handlers = {});
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Queues a command; it leaves with the next flush(), process() or full frame. `token` comes back
  // with the outcome.
  Sent send(Command command, std::uint64_t token = 0);
  // Sends what is queued, as far as usherd's window allows.
  void flush();
  // How many commands send() takes before it would block; and how many have no outcome yet.
  [[nodiscard]] std::size_t room() const;
  [[nodiscard]] std::size_t pending() const;

  // usherd --clock client only: moves pool time once every command sent before is on its way;
  // answered by the advanced handler. One at a time: false while another one is not yet answered.
  bool advance(std::uint64_t to_ms);

  // Level-triggered: readable as long as process() has something to do. Never read or written by
  // the caller. Stays the same for the life of the Client.
  [[nodiscard]] int fd() const;
  // How long poll() may wait before process() must be called though fd() is quiet: 0 or more.
  [[nodiscard]] int timeout_ms() const;
  // Receives, calls the handlers, and does what time has made due. Takes at most a few hundred
  // frames at a time, so that the caller's other work goes on.
  void process();
  // For programs without a loop: polls and processes until `done()` is true or the time is over.
  // Returns done().
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most);

  [[nodiscard]] State state() const;
  // Why the state is failed, or why there is no connection yet; names the endpoint.
  [[nodiscard]] const std::string& problem() const;
  // The last welcome.
  [[nodiscard]] const Welcome& session() const;
  // Of thousands of names the welcome brings the first; the rest comes moments later.
  [[nodiscard]] const Dictionary& dictionary() const;
  [[nodiscard]] const Statistics& statistics() const;
  // The last command acknowledged and the last directed event handed over: with session(), what is
  // needed to resume in another process.
  [[nodiscard]] std::uint64_t acknowledged() const;
  [[nodiscard]] std::uint64_t directed_seen() const;

  // Ends the session and closes: its agents' leases are no longer renewed, its unacknowledged
  // commands are given up. Without bye the session stays and can be resumed.
  void bye();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher::client
