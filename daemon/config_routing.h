#pragma once

// The part of usher.toml that the core is told: names, channels, customers, bands and classes.

#include <span>
#include <string>

#include "daemon/config_file.h"
#include "routing/configuration.h"

namespace usher::config {

struct Routing {
  std::string policy;
  PoolConfiguration configuration;
};

// What is wrong goes to `problems`; the result then means nothing.
[[nodiscard]] Routing read_routing(const Node& file, std::span<const Name> known,
                                   Problems& problems);

}  // namespace usher::config
