#pragma once

// The [[class]] part of usher.toml: which conversations are of a class, and what the class asks.

#include "daemon/config_names.h"

namespace usher::config {

// Adds the classes and rules of the file's `class` list. Requires: every other name of the file is
// declared, and the scarce skills are in `configuration` already.
void read_classes(const Node& file, Names& names, Problems& problems,
                  PoolConfiguration& configuration);

// The tables of a list that the file writes as [[KEY]], reported if it is none of 1 to `most`.
[[nodiscard]] std::vector<const Node*> tables_of(const Node& file, std::string_view key,
                                                 std::size_t most, Problems& problems);

}  // namespace usher::config
