#pragma once

// What a crash leaves behind: the record that did it, in a file opened while all was well. The next
// start refuses that command from anyone, so that usherd crashes at it once.

#include <string>
#include <vector>

#include "daemon/journal.h"
#include "daemon/status.h"
#include "routing/command.h"

namespace usher {

// Reads what was written before: records, the oldest first. Requires: called once.
Status open_poison(const std::string& directory, std::vector<Record>& before);

// From now on a CHECK that fails while the core carries out a record writes that record, in one
// line: for people, and its bytes. One that fails in another thread has no record and writes
// nothing.
void watch_for_poison();

// What to refuse from now on, of these records. Trouble when the journal has one of them, because
// it would be carried out again.
Status judge_poison(const std::vector<Record>& records, const std::string& directory,
                    Journal& journal, std::vector<Command>& refused);

}  // namespace usher
