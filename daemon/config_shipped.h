#pragma once

#include <string_view>

namespace usher::config {

// The text of config/usher.toml, put in by the build.
extern const std::string_view shipped_file;

}  // namespace usher::config
