#pragma once

// `usher-sim model FILE.toml`: reads a model, runs it, prints what it came to.

#include <string>

#include "sim/model_file.h"

namespace usher::sim {

struct ModelOptions {
  std::string file;
  ModelOverrides overrides;
  bool json = false;
};

// The exit code: 0, or 2 after what is wrong with the file has been said.
[[nodiscard]] int run_model_command(const ModelOptions& options);

}  // namespace usher::sim
