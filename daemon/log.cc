#include "daemon/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

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

void log_debug(const std::string& line) { logger().debug(line); }
void log_info(const std::string& line) { logger().info(line); }
void log_warning(const std::string& line) { logger().warn(line); }
void log_error(const std::string& line) { logger().error(line); }

bool LogLimit::pass(std::int64_t now_ns, std::uint64_t& left_out) {
  if (now_ns < next_ns_) {
    ++left_out_;
    return false;
  }
  next_ns_ = now_ns + 1'000'000'000;
  left_out = std::exchange(left_out_, 0);
  return true;
}

}  // namespace usher
