// What the service manager is told, and when.

#include "daemon/service.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace usher {
namespace {

constexpr std::int64_t second = 1'000'000'000;

// A service manager that listens.
class Manager {
 public:
  explicit Manager(std::string path)
      : path_(std::move(path)), socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (path_[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
    EXPECT_EQ(0, bind(socket_, reinterpret_cast<const sockaddr*>(&address), size));
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~Manager() {
    close(socket_);
    unlink(path_.c_str());
    unsetenv("NOTIFY_SOCKET");
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::string heard() {
    char buffer[256];
    const auto size = recv(socket_, buffer, sizeof buffer, 0);
    return size < 0 ? "" : std::string(buffer, static_cast<std::size_t>(size));
  }

 private:
  std::string path_;
  int socket_;
};

std::string path(const char* name) {
  return testing::TempDir() + "usher-service-" + name + std::to_string(getpid());
}

TEST(Service, SaysReadyAndStopping) {
  Manager manager(path("ready"));
  Service service;
  service.ready("routing");
  EXPECT_EQ("READY=1\nSTATUS=routing", manager.heard());
  service.reloading(5 * second);
  EXPECT_EQ("RELOADING=1\nMONOTONIC_USEC=5000000", manager.heard());
  service.extend(8000);
  EXPECT_EQ("EXTEND_TIMEOUT_USEC=8000000", manager.heard());
  service.stopping();
  EXPECT_EQ("STOPPING=1", manager.heard());
}

TEST(Service, FindsAManagerInTheAbstractSpace) {
  Manager manager("@usher-service-" + std::to_string(getpid()));
  Service service;
  service.stopping();
  EXPECT_EQ("STOPPING=1", manager.heard());
}

TEST(Service, NoChildInheritsTheManager) {
  Manager manager(path("child"));
  setenv("WATCHDOG_USEC", "1000000", 1);
  const Service service;
  EXPECT_EQ(nullptr, std::getenv("NOTIFY_SOCKET"));
  EXPECT_EQ(nullptr, std::getenv("WATCHDOG_USEC"));
}

TEST(Service, TheWatchdogIsFedOnlyBySignsOfLife) {
  Manager manager(path("watchdog"));
  setenv("WATCHDOG_USEC", "10000000", 1);
  Service service;
  EXPECT_EQ(5000, service.watchdog_ms());
  std::int64_t now = 100 * second;
  service.watch(now, now);
  EXPECT_EQ("WATCHDOG=1", manager.heard());
  // Alive, but not yet due.
  service.watch(now + second, now + second);
  EXPECT_EQ("", manager.heard());
  // Due, but nobody has moved since.
  service.watch(now + 20 * second, now);
  EXPECT_EQ("", manager.heard());
  service.watch(now + 20 * second, now + 19 * second);
  EXPECT_EQ("WATCHDOG=1", manager.heard());
}

TEST(Service, AWatchdogForAnotherProcessIsNotOurs) {
  Manager manager(path("other"));
  setenv("WATCHDOG_USEC", "10000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  Service service;
  service.watch(100 * second, 100 * second);
  EXPECT_EQ("", manager.heard());
  EXPECT_EQ(0, service.watchdog_ms());
}

TEST(Service, SaysNothingWhenNobodyListens) {
  unsetenv("NOTIFY_SOCKET");
  Service service;
  service.ready("routing");
  service.watch(100 * second, 100 * second);
}

}  // namespace
}  // namespace usher
