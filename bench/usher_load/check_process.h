#pragma once

// The checker as a process of its own: `usher-load check`, started before this one has any ZeroMQ
// context, fed through a pipe with what was acknowledged, answering through another one with what
// it found. Two processes, so that the one who drives cannot make the one who judges believe
// anything.
//
// To the checker: 'g' = take the snapshot and begin; 'a' + 16 bytes = an open of this conversation
// was acknowledged; 'e' + 8 bytes of a number = read up to this event, compare, report, end.
// From it: the line "ready" once it has its snapshot, and one line of JSON at the end.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "bench/usher_load/checker.h"
#include "bench/usher_load/desk.h"

namespace usher::load {

class CheckProcess {
 public:
  // Starts it. Requires: this process has no ZeroMQ context yet. Throws std::runtime_error.
  CheckProcess(const Endpoints& endpoints, std::uint32_t over_slots);
  ~CheckProcess();
  CheckProcess(const CheckProcess&) = delete;
  CheckProcess& operator=(const CheckProcess&) = delete;

  // Returns when it has its snapshot. Throws std::runtime_error with what it says when it cannot.
  void begin();
  void acknowledged(const Id& conversation);
  // Writes what the pipe takes; never blocks.
  void flush();
  // Its JSON; throws std::runtime_error when it does not report within the time.
  std::string finish(std::uint64_t sequence, std::chrono::milliseconds at_most);

 private:
  std::string read_line(std::chrono::milliseconds at_most);

  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string outgoing_;
  std::string incoming_;
};

// The other end: what `usher-load check` does. Without a parent it begins at once and reports after
// for_seconds, or when it is told to stop. Returns the exit code: 0 only without a violation.
struct CheckOptions {
  Endpoints endpoints;
  std::uint32_t over_slots = 1;
  bool piped = false;      // there is a parent at standard input and output
  double for_seconds = 0;  // 0 = until told
};
int run_check(const CheckOptions& options);

// Findings as one line of JSON, and back; none when the text is not such a line.
[[nodiscard]] std::string to_json(const Findings& findings);
[[nodiscard]] std::optional<Findings> findings_of(const std::string& json);

}  // namespace usher::load
