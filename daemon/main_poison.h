#pragma once

// What a crash leaves behind: the record that did it, in a file opened while all was well. The next
// start refuses that command from anyone, so that usherd crashes at it once. Where it would
// crash again as time goes by, whoever sends what, it does not start.

#include <string>
#include <vector>

#include "daemon/journal.h"
#include "daemon/status.h"
#include "routing/command.h"

namespace usher {

struct Poison {
  Record record;
  bool at_timers = false;  // those due at its time, before its command
};

// Reads what was written before, the oldest first. Requires: called once.
Status open_poison(const std::string& directory, std::vector<Poison>& before);

// From now on a CHECK that fails while the core carries out a record writes that record, in one
// line: for people, and its bytes. One that fails in another thread has no record and writes
// nothing.
void watch_for_poison();

// What to refuse from now on, of these. Trouble when one of them would come again, because the
// journal has it or time alone brings it: what then is for a person to decide.
Status judge_poison(const std::vector<Poison>& before, const std::string& directory,
                    Journal& journal, std::vector<Command>& refused);

}  // namespace usher
