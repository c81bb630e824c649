#pragma once

// The only place that talks to ZeroMQ. For the library's own use.
//
// A ZeroMQ descriptor is edge-triggered, and any call on the socket may consume the edge. So nobody
// is given it: Readiness is a descriptor of ours that stays readable while there is work, and every
// turn ends with settle(), which asks the sockets anew.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "client/client.h"

namespace usher::client {

// Level-triggered: an epoll set of the sockets' descriptors and a doorbell of our own.
class Readiness {
 public:
  Readiness();
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  [[nodiscard]] int fd() const { return epoll_; }
  void watch(int descriptor);
  void forget(int descriptor);
  // Whether there is work that no descriptor will tell of again.
  void set_pending(bool pending);

 private:
  int epoll_;
  int doorbell_;
  bool pending_ = false;
};

class Socket {
 public:
  enum class Kind : std::uint8_t { dealer, subscriber };

  struct Setup {
    Kind kind = Kind::dealer;
    std::string endpoint;
    std::string topic;  // of a subscriber
    int linger_ms = 0;
    int frames_max = 10'000;  // queued either way
  };

  // Requires: context and readiness outlive the socket.
  Socket(Context& context, Readiness& readiness, Setup setup);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // A fresh connection: nothing of the old one can arrive any more. False when the endpoint makes
  // no sense; problem() says why.
  bool open();
  // Drops what is queued unless `keep_queued`, which leaves it linger_ms to get out.
  void close(bool keep_queued);

  struct Ready {
    bool readable = false;
    bool writable = false;  // with a dealer: there is a connection
  };
  // Ask after the last call of a turn: every call may consume the edge that would have told.
  [[nodiscard]] Ready ready();
  // Whole or not at all; never blocks.
  [[nodiscard]] bool send(std::span<const std::uint8_t> bytes);
  // False when there is nothing. The bytes are valid until the next receive() or close(), at any
  // alignment. A message of several frames comes as its first one, cut to zero bytes: no frame of
  // ours has a second part.
  [[nodiscard]] bool receive(std::span<const std::uint8_t>& bytes);

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool configure();

  Context& context_;
  Readiness& readiness_;
  Setup setup_;
  void* handle_ = nullptr;
  int descriptor_ = -1;
  struct Message;
  Message* message_;
  std::string problem_;
};

// Waits until the descriptor is readable or the time is over.
void wait_readable(int fd, int timeout_ms);

// The loop of programs that have none: processes until `done()` or the time is over.
template <class Source>
bool drive(Source& source, const std::function<bool()>& done, std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (true) {
    source.process();
    if (done()) return true;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const auto wait = std::min<std::int64_t>(left.count(), source.timeout_ms());
    wait_readable(source.fd(), static_cast<int>(wait));
  }
}

}  // namespace usher::client
