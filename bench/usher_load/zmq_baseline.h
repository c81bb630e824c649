#pragma once

// What bare libzmq can do with the same frames: the upper bound that a run through usherd is
// compared with, measured in the same run on the same machine.

#include <cstddef>
#include <cstdint>
#include <string>

namespace usher::load {

// The shape of the traffic to repeat.
struct FrameShape {
  std::size_t request_bytes = 0;
  std::size_t reply_bytes = 0;
  double replies_per_request = 1.0;
  std::size_t under_way = 16;  // requests not yet answered
};

struct BaselineResult {
  double requests_per_second = 0.0;
  double replies_per_second = 0.0;
};

// DEALER to ROUTER over TCP on the loopback, one thread each and one I/O thread between them, with
// usherd's socket options; runs for the seconds given. Throws std::runtime_error.
[[nodiscard]] BaselineResult run_zmq_baseline(const FrameShape& shape, double seconds);

// Bytes that went over this process's TCP connections to a port, either way, as the kernel counts
// them. Nothing for other transports.
struct WireBytes {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
};
[[nodiscard]] WireBytes wire_bytes_to(const std::string& endpoint);

}  // namespace usher::load
