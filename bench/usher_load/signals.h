#pragma once

namespace usher::load {

// From now on SIGINT and SIGTERM only set a flag: every role ends in order, with its report. A
// second one ends the process.
void watch_stop_signals();
[[nodiscard]] bool stop_requested();

}  // namespace usher::load
