#pragma once

// A network for the fault simulator: frames wait until they are delivered, and some are lost, come
// twice or overtake others.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "daemon/transport.h"
#include "sim/world.h"

namespace usher::sim {

struct NetworkFaults {
  std::uint64_t dropped_percent = 0;
  std::uint64_t doubled_percent = 0;
  std::uint64_t overtaken_percent = 0;
};

class FaultNetwork final : public Transport {
 public:
  using Bytes = std::vector<std::uint8_t>;
  enum class Socket : std::uint8_t { commands, queries, events };
  struct Frame {
    Socket socket = Socket::commands;
    Peer peer = 0;
    Bytes bytes;
  };

  FaultNetwork(Dice& dice, const NetworkFaults& faults) : dice_(dice), faults_(faults) {}

  Sent reply(Peer peer, std::span<const std::byte> frame) override {
    return put(to_clients_, Socket::commands, peer, frame);
  }
  Sent answer(Peer peer, std::span<const std::byte> frame) override {
    return put(to_clients_, Socket::queries, peer, frame);
  }
  void publish(std::span<const std::byte> frame) override {
    (void)put(to_clients_, Socket::events, 0, frame);
  }
  void send(Socket socket, Peer peer, std::span<const std::uint8_t> frame) {
    (void)put(to_usherd_, socket, peer, std::as_bytes(frame));
  }

  // The next frame that arrives; none while none is under way.
  std::optional<Frame> for_usherd() { return take(to_usherd_); }
  std::optional<Frame> for_clients() { return take(to_clients_); }
  // usherd is gone: what it had not read is too, and what it sent may still arrive.
  void cut() {
    to_usherd_.clear();
    if (dice_.percent(50)) to_clients_.clear();
  }
  void heal() { faults_ = {}; }

 private:
  Sent put(std::deque<Frame>& to, Socket socket, Peer peer, std::span<const std::byte> frame) {
    if (dice_.percent(faults_.dropped_percent)) return Sent::yes;
    const auto* begin = reinterpret_cast<const std::uint8_t*>(frame.data());
    to.push_back({socket, peer, Bytes(begin, begin + frame.size())});
    if (dice_.percent(faults_.doubled_percent)) to.push_back(to.back());
    return Sent::yes;
  }
  std::optional<Frame> take(std::deque<Frame>& from) {
    if (from.empty()) return std::nullopt;
    constexpr std::size_t reach = 6;
    const bool overtakes = dice_.percent(faults_.overtaken_percent);
    const std::size_t place = overtakes ? dice_.below(std::min(reach, from.size())) : 0;
    Frame frame = std::move(from[place]);
    from.erase(from.begin() + static_cast<std::ptrdiff_t>(place));
    return frame;
  }

  Dice& dice_;
  NetworkFaults faults_;
  std::deque<Frame> to_usherd_;
  std::deque<Frame> to_clients_;
};

}  // namespace usher::sim
