#pragma once

// A group as it lies on the disk or at a replica, as docs/formats.md tells it: a head with its
// number, term and checksum and the checksum of the group before it, then runs of records, each
// run of one pool. Nothing here knows what keeps it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/journal.h"
#include "daemon/nouns.h"
#include "daemon/status.h"

struct XXH3_state_s;

namespace usher {

inline constexpr std::uint16_t group_format = 1;
inline constexpr std::size_t group_head_bytes = 8 + 8 + 2 + 2 + 4 + 8 + 8;
inline constexpr std::size_t run_head_bytes = 8 + 8 + 4 + 4;
// The largest record there is a group for.
inline constexpr std::size_t record_bytes_limit =
    group_bytes_max - group_head_bytes - run_head_bytes;

// A pool's name, padded with zeros.
using PoolName = std::array<char, 8>;
// Requires: text is at most 8 bytes long.
[[nodiscard]] PoolName pool_name(std::string_view text);
[[nodiscard]] std::string text_of(const PoolName& name);

// XXH3, 64 bits.
[[nodiscard]] std::uint64_t checksum_of(std::span<const std::byte> bytes);

// The same of bytes that come in parts.
class Checksum {
 public:
  Checksum();
  void add(std::span<const std::byte> bytes);
  [[nodiscard]] std::uint64_t value() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

// Lays out a group of one run.
class GroupWriter {
 public:
  GroupWriter(std::uint64_t number, std::uint64_t term, const PoolName& pool, Bytes&& storage);

  // False, and nothing is added, when the record does not fit any more.
  // Requires: it goes on where the last one ended and takes at most record_bytes_limit.
  [[nodiscard]] bool add(const Record& record);
  // The group, all but sealed. Requires: something was added.
  [[nodiscard]] Bytes take();

 private:
  Bytes bytes_;
  std::uint32_t count_ = 0;
  std::uint64_t last_ = 0;
};

// Chains the group to the one before it, whose checksum is `previous`, 0 for the first group of a
// journal; answers the group's own checksum.
std::uint64_t seal_group(Bytes& group, std::uint64_t previous);

// Points into the bytes it was read from.
struct GroupView {
  struct Run {
    PoolName pool{};
    std::uint64_t first = 0;  // sequence
    std::uint32_t count = 0;
    std::span<const std::byte> records;
  };
  std::uint64_t number = 0;
  std::uint64_t term = 0;
  std::uint64_t checksum = 0;
  std::uint64_t previous = 0;
  std::vector<Run> runs;
};

// Verifies the checksum and everything but the fields of the records.
Status read_group(std::span<const std::byte> bytes, GroupView& group);

// Appends the records of a run, whose sequences are looked at too.
Status read_run(const GroupView::Run& run, std::vector<Record>& into);

}  // namespace usher
