#pragma once

// A model file (docs/usher-sim.md) → a model. What it says of routing is handed to the compiler of
// usher.toml, so that keys, bounds and messages are the same as there.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/config.h"
#include "sim/model.h"

namespace usher::sim {

inline constexpr std::int64_t model_arrivals_max = 1'000'000'000;
inline constexpr std::int64_t model_seed_max = 1'000'000'000'000;

// Instead of what the file says.
struct ModelOverrides {
  std::optional<std::uint64_t> arrivals;  // 1 to model_arrivals_max
  std::optional<std::uint64_t> seed;      // 0 to model_seed_max
};

[[nodiscard]] std::variant<Model, ConfigurationErrors> read_model(
    const std::string& path, const ModelOverrides& overrides = {});

// The same of a text; messages call it `name`.
[[nodiscard]] std::variant<Model, ConfigurationErrors> parse_model(
    std::string_view text, const std::string& name, const ModelOverrides& overrides = {});

}  // namespace usher::sim
