#include "bench/usher_load/signals.h"

#include <signal.h>

namespace usher::load {
namespace {

volatile sig_atomic_t stop = 0;

void note_stop(int number) {
  if (stop != 0) {
    signal(number, SIG_DFL);
    raise(number);
  }
  stop = 1;
}

}  // namespace

void watch_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = note_stop;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

bool stop_requested() { return stop != 0; }

}  // namespace usher::load
