#include "daemon/service.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace usher {

namespace {

std::string taken_from_environment(const char* name) {
  const char* value = std::getenv(name);
  std::string result = value == nullptr ? "" : value;
  unsetenv(name);
  return result;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Service::Service() : path_(taken_from_environment("NOTIFY_SOCKET")) {
  const std::int64_t watchdog_us = number(taken_from_environment("WATCHDOG_USEC"));
  const std::int64_t process = number(taken_from_environment("WATCHDOG_PID"));
  if (process == 0 || process == getpid()) watchdog_ns_ = watchdog_us * 1000;
  if (path_.size() < 2 || path_.size() > sizeof(sockaddr_un::sun_path)) path_.clear();
  if (!path_.empty()) socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

Service::~Service() {
  if (socket_ >= 0) close(socket_);
}

void Service::tell(std::string_view words) const {
  if (socket_ < 0) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  // A name in the abstract space begins with a zero, written as @.
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
  // A manager that does not listen just now is not our trouble.
  (void)sendto(socket_, words.data(), words.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size);
}

void Service::ready(std::string_view status) { tell("READY=1\nSTATUS=" + std::string(status)); }

void Service::reloading(std::int64_t boot_ns) {
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(boot_ns / 1000));
}

void Service::stopping() { tell("STOPPING=1"); }

void Service::extend(std::int64_t ms) { tell("EXTEND_TIMEOUT_USEC=" + std::to_string(ms * 1000)); }

void Service::watch(std::int64_t now_ns, std::int64_t alive_ns) {
  if (watchdog_ns_ == 0 || alive_ns == seen_ns_) return;
  // A little early, so that a ping that is put off by one turn still comes in time.
  if (now_ns - pinged_ns_ < watchdog_ns_ * 3 / 8) return;
  seen_ns_ = alive_ns;
  pinged_ns_ = now_ns;
  tell("WATCHDOG=1");
}

}  // namespace usher
