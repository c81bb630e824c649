#include "client/socket.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include <cerrno>

namespace usher::client {
namespace {

// The server's frames are at most 256 KiB, save a welcome with a very large dictionary.
constexpr std::int64_t message_bytes_max = 8 * 1024 * 1024;
constexpr int reconnect_ms = 100;
constexpr int reconnect_ms_max = 3'000;
// Of the transport; for links that die without a word.
constexpr int heartbeat_ms = 5'000;
constexpr int heartbeat_timeout_ms = 15'000;

bool set(void* handle, int option, int value) {
  return zmq_setsockopt(handle, option, &value, sizeof value) == 0;
}

}  // namespace

// --- Context ---

Context::Context() : handle_(zmq_ctx_new()) {}

Context::~Context() {
  // Ends at once: every socket was closed before, and lingers for its linger_ms at most.
  while (zmq_ctx_term(handle_) == -1 && errno == EINTR) {
  }
}

// --- Readiness ---

Readiness::Readiness()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), doorbell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  watch(doorbell_);
}

Readiness::~Readiness() {
  ::close(doorbell_);
  ::close(epoll_);
}

void Readiness::watch(int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

void Readiness::forget(int descriptor) { epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr); }

void Readiness::set_pending(bool pending) {
  if (pending == pending_) return;
  std::uint64_t count = 1;
  const auto moved =
      pending ? ::write(doorbell_, &count, sizeof count) : ::read(doorbell_, &count, sizeof count);
  if (moved == sizeof count) pending_ = pending;
}

// --- Socket ---

struct Socket::Message {
  zmq_msg_t content;
};

Socket::Socket(Context& context, Readiness& readiness, Setup setup)
    : context_(context), readiness_(readiness), setup_(std::move(setup)), message_(new Message) {
  zmq_msg_init(&message_->content);
}

Socket::~Socket() {
  close(true);
  zmq_msg_close(&message_->content);
  delete message_;
}

bool Socket::open() {
  close(false);
  handle_ = zmq_socket(context_.handle(), setup_.kind == Kind::dealer ? ZMQ_DEALER : ZMQ_SUB);
  const bool is_open =
      handle_ != nullptr && configure() && zmq_connect(handle_, setup_.endpoint.c_str()) == 0;
  if (!is_open) {
    problem_ = "cannot connect to \"" + setup_.endpoint + "\": " + zmq_strerror(zmq_errno()) +
               "; an endpoint is like tcp://127.0.0.1:5710 or ipc:///run/usher/commands";
    close(false);
    return false;
  }
  std::size_t size = sizeof descriptor_;
  zmq_getsockopt(handle_, ZMQ_FD, &descriptor_, &size);
  readiness_.watch(descriptor_);
  problem_.clear();
  return true;
}

bool Socket::configure() {
  bool ok = set(handle_, ZMQ_LINGER, setup_.linger_ms);
  // Nothing is queued for a peer that is not there: it would be lost, or come out of turn.
  ok = ok && set(handle_, ZMQ_IMMEDIATE, 1);
  ok = ok && set(handle_, ZMQ_RECONNECT_IVL, reconnect_ms);
  ok = ok && set(handle_, ZMQ_RECONNECT_IVL_MAX, reconnect_ms_max);
  ok = ok && set(handle_, ZMQ_SNDHWM, setup_.frames_max);
  ok = ok && set(handle_, ZMQ_RCVHWM, setup_.frames_max);
  ok = ok && set(handle_, ZMQ_HEARTBEAT_IVL, heartbeat_ms);
  ok = ok && set(handle_, ZMQ_HEARTBEAT_TIMEOUT, heartbeat_timeout_ms);
  ok = ok && set(handle_, ZMQ_IPV6, 1);
  ok = ok &&
       zmq_setsockopt(handle_, ZMQ_MAXMSGSIZE, &message_bytes_max, sizeof message_bytes_max) == 0;
  if (ok && setup_.kind == Kind::subscriber) {
    ok = zmq_setsockopt(handle_, ZMQ_SUBSCRIBE, setup_.topic.data(), setup_.topic.size()) == 0;
  }
  return ok;
}

void Socket::close(bool keep_queued) {
  if (handle_ == nullptr) return;
  if (descriptor_ != -1) readiness_.forget(descriptor_);
  descriptor_ = -1;
  if (!keep_queued) set(handle_, ZMQ_LINGER, 0);
  zmq_close(handle_);
  handle_ = nullptr;
}

Socket::Ready Socket::ready() {
  if (handle_ == nullptr) return {};
  int events = 0;
  std::size_t size = sizeof events;
  while (zmq_getsockopt(handle_, ZMQ_EVENTS, &events, &size) == -1) {
    if (errno != EINTR) return {};
  }
  return {.readable = (events & ZMQ_POLLIN) != 0, .writable = (events & ZMQ_POLLOUT) != 0};
}

bool Socket::send(std::span<const std::uint8_t> bytes) {
  if (handle_ == nullptr) return false;
  while (zmq_send(handle_, bytes.data(), bytes.size(), ZMQ_DONTWAIT) == -1) {
    if (errno != EINTR) return false;
  }
  return true;
}

bool Socket::receive(std::span<const std::uint8_t>& bytes) {
  if (handle_ == nullptr) return false;
  zmq_msg_t* const message = &message_->content;
  bool several = false;
  do {
    while (zmq_msg_recv(message, handle_, ZMQ_DONTWAIT) == -1) {
      if (errno != EINTR) return false;
    }
    several = several || zmq_msg_more(message) != 0;
  } while (zmq_msg_more(message) != 0);
  bytes = {static_cast<const std::uint8_t*>(zmq_msg_data(message)),
           several ? 0 : zmq_msg_size(message)};
  return true;
}

void wait_readable(int fd, int timeout_ms) {
  pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
  ::poll(&entry, 1, timeout_ms);
}

}  // namespace usher::client
