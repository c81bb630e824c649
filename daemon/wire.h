#pragma once

// The sockets: the daemon's only door to ZeroMQ, and the one place that knows its edges.
//
// A ZeroMQ socket has one descriptor that turns readable when something *changed*, and any send or
// receive may swallow that change. So a readable descriptor says nothing but "look", and before its
// thread sleeps the owner must ask ready(), which looks at every socket; while it answers true the
// thread must call receive() again instead of sleeping. ready() must be called at least once a
// second, or subscribers who are gone are never cleaned up.
//
// Nothing here blocks. One thread owns a Wire for life, from bind() to the end.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/config.h"
#include "daemon/status.h"
#include "daemon/transport.h"

namespace usher {

// The oldest libzmq that has no known hole for whoever can connect.
inline constexpr int libzmq_version_min[3] = {4, 3, 3};
[[nodiscard]] Status check_libzmq();
[[nodiscard]] std::string libzmq_version();

class Wire final : public Transport {
 public:
  struct Handlers {
    std::function<void(Peer, std::span<const std::byte>)> command;
    std::function<void(Peer, std::span<const std::byte>)> query;
  };
  struct Counts {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t violations = 0;     // messages of several parts, or from a peer that chose its id
    std::uint64_t subscriptions = 0;  // refused: not a prefix of the pool's topic
  };

  Wire();
  ~Wire() override;

  // Binds every endpoint of the settings. Trouble names the endpoint and the setting to change.
  Status bind(const Settings& settings);
  // The descriptors to watch, fixed after bind().
  [[nodiscard]] std::vector<int> descriptors() const;
  // The endpoints that bind() got, with real ports in place of 0.
  [[nodiscard]] const std::vector<std::string>& endpoints() const;

  [[nodiscard]] bool ready();
  // Receives at most frames_max frames of each socket. The bytes live until the handler returns.
  void receive(const Handlers& handlers, std::size_t frames_max);

  Sent reply(Peer peer, std::span<const std::byte> frame) override;
  Sent answer(Peer peer, std::span<const std::byte> frame) override;
  void publish(std::span<const std::byte> frame) override;

  // Closes the sockets; what was sent goes out for at most linger_ms more. Blocks for as long.
  void close(int linger_ms);

  [[nodiscard]] const Counts& counts() const;

 private:
  struct Sockets;
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace usher
