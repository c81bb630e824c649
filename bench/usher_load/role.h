#pragma once

// What several roles do alike: ask for the status, end a checked run, report.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/usher_load/check_process.h"
#include "bench/usher_load/desk.h"
#include "bench/usher_load/report.h"
#include "bench/usher_load/roles.h"

namespace usher::load {

// Throws std::runtime_error when usherd does not answer.
[[nodiscard]] client::Status ask_status(const Endpoints& endpoints);

// The checker's findings once it has read everything up to usherd's present last event.
[[nodiscard]] Findings end_check(CheckProcess& check, const Endpoints& endpoints);

// Prints the table and the last line, or the JSON. Returns the exit code: 0 only when the checker
// found nothing, no command was lost and no event of ours was.
int print_report(const Report& report, const Desk& desk, bool json);

// Waits for the desk's next frame, at most until `until_ns`, and processes it.
void wait_for_desk(Desk& desk, std::int64_t until_ns);

// Eight characters that no other run has, for the ids of its conversations: 28 bits of chance.
// Seven more characters count.
[[nodiscard]] std::string draw_prefix();

// Looks names up in the desk's dictionary; throws when there is none.
[[nodiscard]] inline auto numbers_of(const Desk& desk) {
  return [&desk](NameKind kind, std::string_view name) { return desk.number(kind, name); };
}

}  // namespace usher::load
