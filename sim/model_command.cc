#include "sim/model_command.h"

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <variant>

#include "sim/model_report.h"

namespace usher::sim {

int run_model_command(const ModelOptions& options) {
  const auto read = read_model(options.file, options.overrides);
  if (const auto* errors = std::get_if<ConfigurationErrors>(&read)) {
    for (const std::string& line : errors->lines) fmt::print(stderr, "{}\n", line);
    return 2;
  }
  const Model& model = std::get<Model>(read);
  const auto start = std::chrono::steady_clock::now();
  const ModelResult result = run_model(model);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const std::size_t i : result.for_nobody) {
    fmt::print(stderr, "{}: no group meets the need of class {}\n", options.file,
               model.classes[i].name);
  }
  fmt::print("{}", options.json ? report_json(model, result, seconds)
                                : report_text(model, result, seconds));
  return 0;
}

}  // namespace usher::sim
