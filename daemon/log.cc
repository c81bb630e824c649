#include "daemon/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace usher {

namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> only = [] {
    auto fresh = std::make_shared<spdlog::logger>(
        "usherd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    fresh->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    fresh->flush_on(spdlog::level::trace);
    return fresh;
  }();
  return *only;
}

}  // namespace

void log_from(std::string_view name) {
  logger().set_level(spdlog::level::from_str(std::string(name)));
}

bool log_debugs() { return logger().should_log(spdlog::level::debug); }
void log_debug(const std::string& line) { logger().debug(line); }
void log_info(const std::string& line) { logger().info(line); }
void log_warning(const std::string& line) { logger().warn(line); }
void log_error(const std::string& line) { logger().error(line); }

}  // namespace usher
