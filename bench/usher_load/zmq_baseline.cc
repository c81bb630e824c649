#include "bench/usher_load/zmq_baseline.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fmt/format.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <zmq.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace usher::load {
namespace {

using Clock = std::chrono::steady_clock;

struct ContextEnd {
  void operator()(void* context) const { zmq_ctx_term(context); }
};
struct SocketEnd {
  void operator()(void* socket) const { zmq_close(socket); }
};
using ZmqContext = std::unique_ptr<void, ContextEnd>;
using ZmqSocket = std::unique_ptr<void, SocketEnd>;

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(fmt::format("{}: {}", what, zmq_strerror(zmq_errno())));
}

ZmqSocket make_socket(void* context, int kind) {
  ZmqSocket socket(zmq_socket(context, kind));
  require(socket != nullptr, "zmq_socket");
  const int linger = 0;
  const int frames_max = 10'000;
  const int look_every_ms = 100;
  zmq_setsockopt(socket.get(), ZMQ_LINGER, &linger, sizeof linger);
  zmq_setsockopt(socket.get(), ZMQ_SNDHWM, &frames_max, sizeof frames_max);
  zmq_setsockopt(socket.get(), ZMQ_RCVHWM, &frames_max, sizeof frames_max);
  zmq_setsockopt(socket.get(), ZMQ_RCVTIMEO, &look_every_ms, sizeof look_every_ms);
  zmq_setsockopt(socket.get(), ZMQ_SNDTIMEO, &look_every_ms, sizeof look_every_ms);
  return socket;
}

// 0 when the descriptor is no connected TCP socket.
std::uint16_t port_of_peer(int descriptor) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return 0;
  // A socket that can do IPv6 has peers of that family, whatever their address.
  if (peer.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(peer).sin6_port);
  }
  if (peer.ss_family != AF_INET) return 0;
  return ntohs(reinterpret_cast<const sockaddr_in&>(peer).sin_port);
}

// Answers every request with its share of replies until told to stop.
void answer(void* router, const FrameShape& shape, const std::atomic<bool>& stop) {
  const std::vector<char> reply(shape.reply_bytes, 'r');
  double owed = 0.0;
  while (!stop) {
    char identity[64];
    const int length = zmq_recv(router, identity, sizeof identity, 0);
    if (length < 0) continue;
    zmq_msg_t request;
    zmq_msg_init(&request);
    const int got = zmq_msg_recv(&request, router, 0);
    zmq_msg_close(&request);
    if (got < 0) continue;
    owed += shape.replies_per_request;
    // The first reply carries the credit back, so every request gets one.
    for (bool first = true; first || owed >= 1.0; first = false) {
      zmq_send(router, identity, static_cast<std::size_t>(length), ZMQ_SNDMORE);
      zmq_send(router, reply.data(), reply.size(), 0);
      owed -= 1.0;
    }
  }
}

}  // namespace

BaselineResult run_zmq_baseline(const FrameShape& shape, double seconds) {
  const ZmqContext context(zmq_ctx_new());
  const ZmqSocket router = make_socket(context.get(), ZMQ_ROUTER);
  require(zmq_bind(router.get(), "tcp://127.0.0.1:*") == 0, "zmq_bind");
  char endpoint[128];
  std::size_t size = sizeof endpoint;
  require(zmq_getsockopt(router.get(), ZMQ_LAST_ENDPOINT, endpoint, &size) == 0, "zmq_getsockopt");
  const ZmqSocket dealer = make_socket(context.get(), ZMQ_DEALER);
  require(zmq_connect(dealer.get(), endpoint) == 0, "zmq_connect");

  std::atomic<bool> stop{false};
  std::thread server([&] { answer(router.get(), shape, stop); });
  const std::vector<char> request(shape.request_bytes, 'q');
  const double per_request = shape.replies_per_request < 1.0 ? 1.0 : shape.replies_per_request;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration<double>(seconds);
  while (Clock::now() < end) {
    const auto room = static_cast<double>(sent) * per_request -
                      static_cast<double>(shape.under_way) * per_request;
    if (static_cast<double>(received) >= room) {
      if (zmq_send(dealer.get(), request.data(), request.size(), 0) >= 0) ++sent;
      continue;
    }
    zmq_msg_t reply;
    zmq_msg_init(&reply);
    if (zmq_msg_recv(&reply, dealer.get(), 0) >= 0) ++received;
    while (zmq_msg_recv(&reply, dealer.get(), ZMQ_DONTWAIT) >= 0) ++received;
    zmq_msg_close(&reply);
  }
  const double passed = std::chrono::duration<double>(Clock::now() - begin).count();
  stop = true;
  server.join();
  return {.requests_per_second = static_cast<double>(sent) / passed,
          .replies_per_second = static_cast<double>(received) / passed};
}

WireBytes wire_bytes_to(const std::string& endpoint) {
  WireBytes bytes;
  const std::size_t colon = endpoint.rfind(':');
  if (!endpoint.starts_with("tcp://") || colon == std::string::npos) return bytes;
  std::uint16_t port = 0;
  std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
  DIR* descriptors = opendir("/proc/self/fd");
  if (descriptors == nullptr) return bytes;
  while (const dirent* entry = readdir(descriptors)) {
    const int descriptor = std::atoi(entry->d_name);
    if (port_of_peer(descriptor) != port) continue;
    tcp_info info{};
    socklen_t length = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) continue;
    bytes.sent += info.tcpi_bytes_acked;
    bytes.received += info.tcpi_bytes_received;
  }
  closedir(descriptors);
  return bytes;
}

}  // namespace usher::load
