#pragma once

// The door to spdlog: lines for the operator on standard error. Nothing is logged per command or
// per frame: what clients can cause is counted and told every few seconds.

#include <string>
#include <string_view>

namespace usher {

// Requires: name is debug, info, warn or error.
void log_from(std::string_view name);

// Whether log_debug() says anything; for who would otherwise prepare a line in vain.
[[nodiscard]] bool log_debugs();
void log_debug(const std::string& line);
void log_info(const std::string& line);
void log_warning(const std::string& line);
void log_error(const std::string& line);

}  // namespace usher
