#pragma once

// What a model file says of routing, as the tree of an usher.toml: one channel, a category for each
// class, the skills that the groups have. Every node keeps its line in the model file.

#include <string_view>
#include <vector>

#include "daemon/config_file.h"

namespace usher::sim {

// The keys of [[class]] in a model file that usher.toml does not have.
[[nodiscard]] const std::vector<std::string_view>& own_class_keys();
// All keys of [[class]] and [policy] in a model file.
[[nodiscard]] const std::vector<std::string_view>& class_keys();
[[nodiscard]] const std::vector<std::string_view>& policy_keys();

// Requires: `file` has a list of [[class]] and one of [[group]], all of them tables.
[[nodiscard]] config::Node routing_tree(const config::Node& file, double time_unit_ms);

}  // namespace usher::sim
