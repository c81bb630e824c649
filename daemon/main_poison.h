#pragma once

// What a crash leaves behind: the record that did it, in a file opened while all was well. The next
// start refuses that command from anyone, so that usherd crashes at it once.

#include <string>
#include <vector>

#include "daemon/journal.h"
#include "daemon/pipeline_core.h"
#include "daemon/status.h"
#include "routing/command.h"

namespace usher {

// From now on a failed CHECK writes the record that is being carried out, in one line: for people,
// and its bytes. Reads what was written before: records, the oldest first.
//
// Requires: called once; the core lives as long as it is watched.
Status open_poison(const std::string& directory, std::vector<Record>& before);
void watch_for_poison(const Core& core);

// What to refuse from now on, of these records. Trouble when the journal has one of them, because
// it would be carried out again.
Status judge_poison(const std::vector<Record>& records, const std::string& directory,
                    Journal& journal, std::vector<Command>& refused);

}  // namespace usher
