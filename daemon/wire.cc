#include "daemon/wire.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "routing/check.h"

namespace usher {

namespace {

// Per peer and direction. With frames of frame_bytes_max they bound what one peer can make us keep.
constexpr int command_frames_max = 64;
constexpr int query_frames_max = 64;
// Published frames are shared by all subscribers: the slowest costs at most these.
constexpr int published_frames_max = 2048;
constexpr std::int64_t query_bytes_max = 4096;
constexpr std::int64_t subscription_bytes_max = 64;
constexpr int backlog = 1024;  // after a restart everybody comes at once
constexpr int heartbeat_ms = 5'000;
// Longer than anybody is stopped for in good order: who is stopped goes on where he was.
constexpr int heartbeat_timeout_ms = 30'000;

constexpr std::string_view unix_scheme = "ipc://";

// ZeroMQ takes the path of a Unix socket away from whoever listens on it: asked before it can.
bool somebody_listens(const std::string& endpoint) {
  if (!endpoint.starts_with(unix_scheme)) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = std::string_view(endpoint).substr(unix_scheme.size());
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool answered =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return answered;
}

std::string last_error() { return zmq_strerror(zmq_errno()); }

// A signal that arrives meanwhile is no answer: asks again.
template <class Call>
int persist(const Call& call) {
  int result = call();
  while (result < 0 && zmq_errno() == EINTR) result = call();
  return result;
}

struct ZmqMessage {
  zmq_msg_t raw;
  ZmqMessage() { zmq_msg_init(&raw); }
  ~ZmqMessage() { zmq_msg_close(&raw); }
  ZmqMessage(const ZmqMessage&) = delete;
  ZmqMessage& operator=(const ZmqMessage&) = delete;

  [[nodiscard]] bool receive(void* socket) {
    return persist([&] { return zmq_msg_recv(&raw, socket, ZMQ_DONTWAIT); }) >= 0;
  }
  [[nodiscard]] bool more() const { return zmq_msg_more(&raw) != 0; }
  [[nodiscard]] std::span<const std::byte> bytes() {
    return {static_cast<const std::byte*>(zmq_msg_data(&raw)), zmq_msg_size(&raw)};
  }
};

// A ROUTER's own number of a connection: a zero byte and 32 bits, most significant first.
constexpr std::size_t id_bytes = 5;

bool peer_of(std::span<const std::byte> id, Peer& peer) {
  if (id.size() != id_bytes || id[0] != std::byte{0}) return false;
  peer = 0;
  for (const std::byte byte : id.subspan(1)) peer = peer << 8 | std::to_integer<Peer>(byte);
  return true;
}

std::array<std::byte, id_bytes> id_of(Peer peer) {
  return {std::byte{0}, static_cast<std::byte>(peer >> 24), static_cast<std::byte>(peer >> 16),
          static_cast<std::byte>(peer >> 8), static_cast<std::byte>(peer)};
}

}  // namespace

std::string libzmq_version() {
  int found[3];
  zmq_version(&found[0], &found[1], &found[2]);
  return std::to_string(found[0]) + "." + std::to_string(found[1]) + "." + std::to_string(found[2]);
}

Status check_libzmq() {
  std::array<int, 3> found{};
  zmq_version(&found[0], &found[1], &found[2]);
  const std::array<int, 3> least = {libzmq_version_min[0], libzmq_version_min[1],
                                    libzmq_version_min[2]};
  if (found >= least) return {};
  return Status::trouble(
      "libzmq must be 4.3.3 or newer, which closed holes that anybody who can "
      "connect could use; found " +
      libzmq_version());
}

struct Wire::Sockets {
  void* context = nullptr;
  void* commands = nullptr;
  void* events = nullptr;
  void* queries = nullptr;
  std::array<char, 8> topic{};
  std::vector<std::string> endpoints;
  Counts counts;

  [[nodiscard]] std::array<void*, 3> all() const { return {commands, events, queries}; }

  // Most options act on a later bind only: everything is set here, before it.
  void* open(int type, int receive_max, int send_max, std::int64_t bytes_max) const {
    void* socket = zmq_socket(context, type);
    CHECK(socket != nullptr);
    const auto set = [&](int option, auto value) {
      CHECK(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
    };
    set(ZMQ_RCVHWM, receive_max);
    set(ZMQ_SNDHWM, send_max);
    set(ZMQ_MAXMSGSIZE, bytes_max);
    set(ZMQ_LINGER, 0);
    set(ZMQ_BACKLOG, backlog);
    set(ZMQ_HEARTBEAT_IVL, heartbeat_ms);
    set(ZMQ_HEARTBEAT_TIMEOUT, heartbeat_timeout_ms);
    if (type == ZMQ_ROUTER) {
      // Tells "gone" from "sent"; and a peer can take nobody's number.
      set(ZMQ_ROUTER_MANDATORY, 1);
      set(ZMQ_ROUTER_HANDOVER, 0);
    } else {
      // A subscription counts only once we said so: see subscriptions().
      set(ZMQ_XPUB_MANUAL, 1);
    }
    return socket;
  }

  Status bind(void* socket, const std::vector<std::string>& to, const char* setting) {
    for (const std::string& endpoint : to) {
      bool taken = somebody_listens(endpoint);
      if (taken || zmq_bind(socket, endpoint.c_str()) != 0) {
        taken = taken || zmq_errno() == EADDRINUSE;
        return Status::trouble(
            std::string(setting) + " cannot listen on " + endpoint + ": " +
            (taken ? "it is taken, perhaps by another usherd; stop that one or change " +
                         std::string(setting)
                   : last_error()));
      }
      std::array<char, 256> bound{};
      std::size_t size = bound.size();
      CHECK(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound.data(), &size) == 0);
      if (endpoint.starts_with(unix_scheme)) {
        (void)chmod(endpoint.c_str() + unix_scheme.size(), S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP);
      }
      endpoints.emplace_back(bound.data());
    }
    return {};
  }

  // What happened on the socket: reading it is what makes ZeroMQ do its housekeeping.
  static int pending(void* socket) {
    int events = 0;
    std::size_t size = sizeof events;
    CHECK(persist([&] { return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size); }) == 0);
    return events;
  }

  // One message of a ROUTER: its peer and its only part. False when there is none.
  template <class Handler>
  bool receive_one(void* socket, const Handler& handler) {
    ZmqMessage id;
    if (!id.receive(socket)) return false;
    Peer peer = 0;
    bool good = peer_of(id.bytes(), peer);
    ZmqMessage body;
    CHECK(id.more() && body.receive(socket));
    // All parts of a message arrive at once: what is left of a bad one is read and thrown away.
    while (body.more()) {
      good = false;
      CHECK(body.receive(socket));
    }
    if (good) {
      ++counts.received;
      handler(peer, body.bytes());
    } else {
      ++counts.violations;
    }
    return true;
  }

  // Peers choose what they subscribe to and the publisher pays for it: only the pool's topic and
  // its prefixes, nine in all, are taken.
  void subscriptions(std::size_t frames_max) {
    for (std::size_t i = 0; i < frames_max; ++i) {
      ZmqMessage message;
      if (!message.receive(events)) return;
      bool good = !message.more();
      while (message.more()) {
        if (!message.receive(events)) break;
      }
      const auto bytes = message.bytes();
      if (!good || bytes.empty()) {
        ++counts.violations;
        continue;
      }
      const auto prefix = bytes.subspan(1);
      if (prefix.size() > topic.size() ||
          std::memcmp(prefix.data(), topic.data(), prefix.size()) != 0) {
        ++counts.subscriptions;
        continue;
      }
      const int option = bytes[0] == std::byte{1} ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE;
      // Fails when the subscriber is already gone again.
      (void)zmq_setsockopt(events, option, prefix.data(), prefix.size());
    }
  }

  Sent send(void* router, Peer peer, std::span<const std::byte> frame) {
    const auto id = id_of(peer);
    if (persist([&] {
          return zmq_send(router, id.data(), id.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT);
        }) < 0) {
      if (zmq_errno() == EHOSTUNREACH) return Sent::gone;
      CHECK(zmq_errno() == EAGAIN);
      return Sent::full;
    }
    // Once the id is taken so is the body, though it is thrown away if the peer dies in between.
    CHECK(persist([&] { return zmq_send(router, frame.data(), frame.size(), ZMQ_DONTWAIT); }) >= 0);
    ++counts.sent;
    return Sent::yes;
  }
};

Wire::Wire() : sockets_(std::make_unique<Sockets>()) {
  sockets_->context = zmq_ctx_new();
  CHECK(sockets_->context != nullptr);
}

Wire::~Wire() { close(0); }

Status Wire::bind(const Settings& settings) {
  Sockets& all = *sockets_;
  CHECK(all.commands == nullptr);
  std::memcpy(all.topic.data(), settings.pool.data(),
              std::min(settings.pool.size(), all.topic.size()));
  all.commands = all.open(ZMQ_ROUTER, command_frames_max, command_frames_max, frame_bytes_max);
  all.events = all.open(ZMQ_XPUB, command_frames_max, published_frames_max, subscription_bytes_max);
  all.queries = all.open(ZMQ_ROUTER, query_frames_max, query_frames_max, query_bytes_max);
  Status status = all.bind(all.commands, settings.commands_endpoints, "server.commands");
  if (status.ok()) status = all.bind(all.events, settings.events_endpoints, "server.events");
  if (status.ok()) status = all.bind(all.queries, settings.queries_endpoints, "server.queries");
  return status;
}

std::vector<int> Wire::descriptors() const {
  std::vector<int> result;
  for (void* socket : sockets_->all()) {
    int descriptor = -1;
    std::size_t size = sizeof descriptor;
    CHECK(zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size) == 0);
    result.push_back(descriptor);
  }
  return result;
}

const std::vector<std::string>& Wire::endpoints() const { return sockets_->endpoints; }
const Wire::Counts& Wire::counts() const { return sockets_->counts; }

bool Wire::ready() {
  bool any = false;
  for (void* socket : sockets_->all()) {
    if (socket != nullptr && (Sockets::pending(socket) & ZMQ_POLLIN) != 0) any = true;
  }
  return any;
}

void Wire::receive(const Handlers& handlers, std::size_t frames_max) {
  Sockets& all = *sockets_;
  for (std::size_t i = 0; i < frames_max; ++i) {
    const bool command = all.receive_one(all.commands, handlers.command);
    const bool query = all.receive_one(all.queries, handlers.query);
    if (!command && !query) break;
  }
  all.subscriptions(frames_max);
}

Sent Wire::reply(Peer peer, std::span<const std::byte> frame) {
  return sockets_->send(sockets_->commands, peer, frame);
}

Sent Wire::answer(Peer peer, std::span<const std::byte> frame) {
  return sockets_->send(sockets_->queries, peer, frame);
}

void Wire::publish(std::span<const std::byte> frame) {
  // Never full: who does not keep up misses it.
  CHECK(persist([&] {
          return zmq_send(sockets_->events, frame.data(), frame.size(), ZMQ_DONTWAIT);
        }) >= 0);
  ++sockets_->counts.sent;
}

void Wire::close(int linger_ms) {
  Sockets& all = *sockets_;
  for (void* socket : all.all()) {
    if (socket == nullptr) continue;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    zmq_close(socket);
  }
  all.commands = all.events = all.queries = nullptr;
  if (all.context != nullptr) zmq_ctx_term(std::exchange(all.context, nullptr));
}

}  // namespace usher
