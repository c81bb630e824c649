#pragma once

// Whether the end of a log file is torn, as a crash leaves it, or damaged. RocksDB takes both for
// the end when the damage is in the length or the type of a record: then it opens without that
// record and what stands behind, which may have been acknowledged. Here a record that makes no
// sense is the end only when nothing behind it makes sense either and a crash can have left it so.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace usher {

// Reads a file in the format of RocksDB's log, which its write-ahead log and manifest have, and
// calls `each` with every record that is whole and where it begins, those behind damage too.
//
// Answers where the file stops making sense although it goes on or no crash does that; nothing for
// one that is whole or torn. A file that cannot be read is left to RocksDB to complain about.
std::optional<std::uint64_t> damage_in_log(
    const std::string& file,
    const std::function<void(std::uint64_t at, std::span<const std::byte> record)>& each);

// Calls `each` with every value that a write of ours put, as the write-ahead log holds it; whatever
// else a record is has none.
void values_of_write(std::span<const std::byte> record,
                     const std::function<void(std::span<const std::byte> value)>& each);

}  // namespace usher
