#pragma once

// The files of a call centre's trace, as shared/reference/quality.md describes them, and what is
// drawn from them. Times are milliseconds since the first day's midnight.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/usher_load/random.h"

namespace usher::load {

inline constexpr std::int64_t day_ms = 86'400'000;

// A line that cannot be read, or a file that lacks some; what() is `FILE:LINE: what was expected,
// what was found`.
struct TraceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Call {
  std::int64_t at_ms = 0;
  std::int64_t day = 0;      // as the file has it: its seconds may reach past midnight
  std::uint8_t weekday = 0;  // 0 = Monday
  std::string type;
  bool vip = false;             // priority 2
  bool priority_known = false;  // it is not -1
  bool served = false;
  std::int64_t wait_ms = 0;
  std::int64_t service_ms = 0;
};

struct Shift {
  std::int64_t day = 0;  // likewise
  std::int64_t on_ms = 0;
  std::int64_t off_ms = 0;
  std::string agent;
  std::vector<std::string> skills;
};

// The share of callers of one type who still wait after a time (Kaplan-Meier), a step function that
// falls at each point.
class PatienceCurve {
 public:
  struct Point {
    std::int64_t at_ms = 0;
    double survival = 1.0;
  };

  // Requires: the points are in order of time.
  explicit PatienceCurve(std::vector<Point> points) : points_(std::move(points)) {}

  [[nodiscard]] double survival(std::int64_t at_ms) const;

  // The patience of a caller who was still there after waited_ms: the time at which the curve falls
  // to unit × survival(waited_ms). Where the curve ends above that nothing is known: the caller
  // leaves a second after the end of the curve or after the wait that was seen, whichever is later.
  // Always more than waited_ms. Requires: unit in [0, 1).
  [[nodiscard]] std::int64_t given_waited(std::int64_t waited_ms, double unit) const;

 private:
  std::vector<Point> points_;
};

struct Trace {
  std::vector<Call> calls;    // by time
  std::vector<Shift> shifts;  // by start, then agent
  std::vector<std::pair<std::string, PatienceCurve>> curves;

  [[nodiscard]] const PatienceCurve* curve(std::string_view type) const;
};

struct TraceFiles {
  std::string calls;
  std::string shifts;
  std::string patience;   // empty = callers who were served never hang up in less than a day
  std::int64_t days = 0;  // only the first so many; 0 = all
};

// Throws TraceError, also when there are calls but no shifts, or a type of call without a curve.
[[nodiscard]] Trace read_trace(const TraceFiles& files);

// A call with what chance adds to it: how long its caller waits at most, how long it takes.
struct PlannedCall {
  std::int64_t at_ms = 0;
  std::string type;
  bool vip = false;
  std::int64_t patience_ms = 0;
  std::int64_t service_ms = 0;
};

// Who left in the trace has the patience seen there and a service time drawn from the served calls
// of the same type; who was served has that service time and a patience drawn from the curve, given
// that it was more than the wait seen. Every call draws from its own stream of the seed.
[[nodiscard]] std::vector<PlannedCall> plan_calls(const Trace& trace, std::uint64_t seed);

// The same shifts, of which none of one agent touches or overlaps another: those with the same
// skills become one, else the earlier one ends where the later one begins. By start, then agent.
[[nodiscard]] std::vector<Shift> joined(const std::vector<Shift>& shifts);

// Abandoned ÷ all, as the trace has it.
[[nodiscard]] double abandoned_share(const Trace& trace);

}  // namespace usher::load
