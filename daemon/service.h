#pragma once

// Tells the service manager how we are: systemd's datagram protocol, by hand, because linking its
// library would bring more code into the process than usherd itself has. Says nothing when nobody
// listens.

#include <cstdint>
#include <string>
#include <string_view>

namespace usher {

class Service {
 public:
  // Reads and removes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment, so that
  // no child speaks for us. Requires: no other thread runs yet.
  Service();
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void ready(std::string_view status);
  void reloading(std::int64_t boot_ns);
  void stopping();
  // More time for a start or stop that goes on.
  void extend(std::int64_t ms);

  // To be called every turn. Pings at half the watchdog's time, but only if there was a sign of
  // life since the last ping: `alive_ns` is when all threads were last seen at work.
  void watch(std::int64_t now_ns, std::int64_t alive_ns);
  // Half the watchdog's time; 0 = no watchdog.
  [[nodiscard]] std::int64_t watchdog_ms() const { return watchdog_ns_ / 2 / 1'000'000; }

 private:
  void tell(std::string_view words) const;

  std::string path_;
  int socket_ = -1;
  std::int64_t watchdog_ns_ = 0;
  std::int64_t pinged_ns_ = 0;
  std::int64_t seen_ns_ = 0;
};

}  // namespace usher
