#pragma once

// Model files in a few words, for tests.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "sim/model_file.h"

namespace usher::sim {

inline Model model_of(const std::string& text) {
  auto read = parse_model(text, "test.toml");
  if (const auto* errors = std::get_if<ConfigurationErrors>(&read)) {
    for (const std::string& line : errors->lines) ADD_FAILURE() << line;
    return {};
  }
  return std::get<Model>(std::move(read));
}

// Units of 1000 s, and no fair pick: what theory needs.
inline constexpr std::string_view head = "[run]\ntime_unit_s = 1000\n[policy]\nfair_pick = 0\n";

inline std::string class_of(std::string_view name, double rate, std::string_view more = "",
                            std::string_view service = "{dist = \"exp\", mean = 1.0}") {
  return fmt::format("[[class]]\nname = \"{}\"\nrate = {}\nservice = {}\n{}\n", name, rate, service,
                     more);
}

inline std::string group_of(std::string_view name, int agents, std::string_view more = "") {
  return fmt::format("[[group]]\nname = \"{}\"\nagents = {}\n{}\n", name, agents, more);
}

}  // namespace usher::sim
