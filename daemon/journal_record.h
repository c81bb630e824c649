#pragma once

// Record ↔ its bytes in the journal, as docs/formats.md tells them: a head that is the same for
// every kind, then the fields of the kind. What is read was written by some usherd, perhaps by an
// older one, and has lain on a disk: every length, count and enum is looked at.

#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon/nouns.h"
#include "daemon/status.h"

namespace usher {

// Of a record: length, kind, stamp, session, number.
inline constexpr std::size_t record_head_bytes = 4 + 2 + 8 + 8 + 8 + 16 + 8;

// What a record takes, or 0 when one of its lists is longer than may be read back; which only a
// configuration's can be.
[[nodiscard]] std::size_t bytes_of(const Record& record);

// A command alone, so that two can be compared. Requires: it fits a record.
[[nodiscard]] Bytes bytes_of_command(const Command& command);

// Writes the record behind what is there.
// Requires: bytes_of(record) is not 0.
void append_record(const Record& record, Bytes& into);

// Reads one record and takes its bytes from the front. Trouble says what makes no sense in them.
Status take_record(std::span<const std::byte>& from, Record& record);

}  // namespace usher
