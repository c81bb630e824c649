#pragma once

// The [mode.NAME] of usher.toml: what is different while a mode is in force. A mode is the whole
// file with some settings changed, and is read as such.

#include <string>
#include <vector>

#include "daemon/config_file.h"

namespace usher::config {

// The tables of the modes, in the order of the file; reported if they are none.
[[nodiscard]] std::vector<const Node*> modes_of(const Node& file, Problems& problems);

// The file without its modes, as it would read in that one. Lines are those where each setting
// stands. Reports what the mode must not change and what the file does not have.
[[nodiscard]] Node file_in_mode(const Node& file, const Node& mode, Problems& problems);

}  // namespace usher::config
