#pragma once

// The door to spdlog: lines for the operator on standard error. Nothing is logged per command or
// per frame; what clients can cause goes through a LogLimit.

#include <cstdint>
#include <string>
#include <string_view>

namespace usher {

// Requires: name is debug, info, warn or error.
void log_from(std::string_view name);

void log_debug(const std::string& line);
void log_info(const std::string& line);
void log_warning(const std::string& line);
void log_error(const std::string& line);

// Lets at most one line per second through and counts the others, so that the next line can say how
// many were left out. One thread.
class LogLimit {
 public:
  // True when a line may be written now; `left_out` then says how many could not be since the last.
  bool pass(std::int64_t now_ns, std::uint64_t& left_out);

 private:
  std::int64_t next_ns_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace usher
