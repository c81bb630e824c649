#pragma once

// What the stages send through: ZeroMQ in usherd (wire.h), a fake network in a simulator.

#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon/nouns.h"

namespace usher {

enum class Sent : std::uint8_t {
  yes,   // handed to the network, which may still lose it
  full,  // the peer does not read: try again later
  gone   // no such peer any more
};

// No function blocks. One thread, the one that owns the sockets.
class Transport {
 public:
  virtual ~Transport() = default;

  // To a peer of the command socket.
  virtual Sent reply(Peer peer, std::span<const std::byte> frame) = 0;
  // To a peer of the query socket.
  virtual Sent answer(Peer peer, std::span<const std::byte> frame) = 0;
  // To every subscriber who keeps up; the others miss it and see so by the sequence.
  virtual void publish(std::span<const std::byte> frame) = 0;
};

}  // namespace usher
