#pragma once

// The whole event stream of a pool, in order and without gaps. PUB sockets lose; the subscriber
// sees it by the sequences and fills the hole from the query socket. Used like a Client: one
// thread, fd() and process(), nothing throws or blocks.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "client/client.h"
#include "client/event.h"
#include "client/queries.h"

namespace usher::client {

struct SubscriberOptions {
  std::string endpoint = "tcp://127.0.0.1:5711";
  std::string queries = "tcp://127.0.0.1:5712";
  std::string pool = "main";
  // Where to begin: after this event (0 = with the oldest kept); none = with a snapshot when
  // SubscriberHandlers::snapshot is set, else with the first event that comes.
  std::optional<std::uint64_t> after = {};
  std::uint64_t incarnation = 0;    // that `after` belongs to; 0 = whatever is
  int retry_ms = 1'000;             // a question not answered by then is asked again
  int silence_ms = 5'000;           // a pool is never quiet for longer than 1 s: connect anew
  int receive_frames_max = 10'000;  // queued by ZeroMQ while the caller is busy; beyond it, gaps
  Context* context = nullptr;
};

struct SubscriberHandlers {
  // Contiguous with what came before, oldest first, all of one term.
  std::function<void(std::span<const Event>)> events = {};
  // The state to begin with, or to go on with when too much was missed; events after
  // Snapshot::sequence follow.
  std::function<void(const Snapshot&)> snapshot = {};
  // The events from `after` + 1 up to before `oldest` are gone for good. Followed by a snapshot
  // when that handler is set.
  std::function<void(const EventsLost&)> lost = {};
  // The pool began anew: forget everything. A snapshot follows when that handler is set.
  std::function<void(std::uint64_t incarnation)> incarnation = {};
  std::function<void(const std::string&)> problem = {};
};

struct SubscriberStatistics {
  std::uint64_t frames = 0;
  std::uint64_t events = 0;      // handed over
  std::uint64_t duplicates = 0;  // dropped
  std::uint64_t lower_term = 0;  // frames dropped
  std::uint64_t malformed = 0;   // frames dropped
  std::uint64_t gaps = 0;
  std::uint64_t replayed = 0;  // events that came from the query socket
};

class Subscriber {
 public:
  Subscriber(SubscriberOptions options, SubscriberHandlers handlers);
  ~Subscriber();
  Subscriber(Subscriber&&) noexcept;
  Subscriber& operator=(Subscriber&&) noexcept;

  // See client.h.
  [[nodiscard]] int fd() const;
  [[nodiscard]] int timeout_ms() const;
  void process();
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most);

  // Whether the stream is flowing: frames come, and no gap is being filled.
  [[nodiscard]] bool live() const;
  // The last event handed over (or of the snapshot), and the incarnation it belongs to.
  [[nodiscard]] std::uint64_t sequence() const;
  [[nodiscard]] std::uint64_t incarnation() const;
  [[nodiscard]] const SubscriberStatistics& statistics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher::client
