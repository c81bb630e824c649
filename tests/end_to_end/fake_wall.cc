// A fake clock on the wall for a program that is not told so: preloaded, it shows so many seconds
// more than there are, or less, as FAKE_WALL_SECONDS says. All other clocks are true.

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace {

long seconds_ahead() {
  const char* given = std::getenv("FAKE_WALL_SECONDS");
  return given == nullptr ? 0 : std::strtol(given, nullptr, 10);
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    static const long ahead = seconds_ahead();
    now->tv_sec += ahead;
  }
  return static_cast<int>(result);
}
