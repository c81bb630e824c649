#include "daemon/journal_group.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "daemon/journal_record.h"
#include "routing/check.h"

namespace usher {

namespace {

// Where the fields of a group's head are, and those of a run's.
constexpr std::size_t checksum_at = 0;
constexpr std::size_t previous_at = 8;
constexpr std::size_t format_at = 16;
constexpr std::size_t runs_at = 18;
constexpr std::size_t bytes_at = 20;
constexpr std::size_t number_at = 24;
constexpr std::size_t term_at = 32;
constexpr std::size_t run_pool_at = 0;
constexpr std::size_t run_first_at = 8;
constexpr std::size_t run_count_at = 16;
constexpr std::size_t run_bytes_at = 20;

template <class T>
void write(std::span<std::byte> into, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    into[at + i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
}

template <class T>
T read(std::span<const std::byte> from, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= std::to_integer<std::uint64_t>(from[at + i]) << (8 * i);
  }
  return static_cast<T>(value);
}

}  // namespace

PoolName pool_name(std::string_view text) {
  PoolName name{};
  CHECK(text.size() <= name.size());
  std::ranges::copy(text, name.begin());
  return name;
}

std::string text_of(const PoolName& name) { return {name.begin(), std::ranges::find(name, '\0')}; }

std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

GroupWriter::GroupWriter(std::uint64_t number, std::uint64_t term, const PoolName& pool,
                         Bytes&& storage)
    : bytes_(std::move(storage)) {
  bytes_.assign(group_head_bytes + run_head_bytes, std::byte{});
  write<std::uint16_t>(bytes_, format_at, group_format);
  write<std::uint16_t>(bytes_, runs_at, 1);
  write<std::uint64_t>(bytes_, number_at, number);
  write<std::uint64_t>(bytes_, term_at, term);
  std::memcpy(bytes_.data() + group_head_bytes + run_pool_at, pool.data(), pool.size());
}

bool GroupWriter::add(const Record& record) {
  const std::size_t before = bytes_.size();
  append_record(record, bytes_);
  if (bytes_.size() > group_bytes_max) {
    CHECK(count_ > 0);  // the largest record fits alone
    bytes_.resize(before);
    return false;
  }
  CHECK(count_ == 0 || record.stamp.sequence == last_ + 1);
  if (count_ == 0) {
    write<std::uint64_t>(bytes_, group_head_bytes + run_first_at, record.stamp.sequence);
  }
  last_ = record.stamp.sequence;
  ++count_;
  return true;
}

Bytes GroupWriter::take() {
  CHECK(count_ > 0);
  write<std::uint32_t>(bytes_, bytes_at, static_cast<std::uint32_t>(bytes_.size()));
  const auto run = std::span(bytes_).subspan(group_head_bytes);
  write<std::uint32_t>(run, run_count_at, count_);
  write<std::uint32_t>(run, run_bytes_at, static_cast<std::uint32_t>(run.size() - run_head_bytes));
  return std::move(bytes_);
}

std::uint64_t seal_group(Bytes& group, std::uint64_t previous) {
  write<std::uint64_t>(group, previous_at, previous);
  const std::uint64_t checksum = checksum_of(std::span(group).subspan(previous_at));
  write<std::uint64_t>(group, checksum_at, checksum);
  return checksum;
}

Status read_group(std::span<const std::byte> bytes, GroupView& group) {
  if (bytes.size() < group_head_bytes) {
    return Status::trouble(fmt::format("{} bytes are too few for a group", bytes.size()));
  }
  group = {.number = read<std::uint64_t>(bytes, number_at),
           .term = read<std::uint64_t>(bytes, term_at),
           .checksum = read<std::uint64_t>(bytes, checksum_at),
           .previous = read<std::uint64_t>(bytes, previous_at),
           .runs = {}};
  if (const auto sum = checksum_of(bytes.subspan(previous_at)); sum != group.checksum) {
    return Status::trouble(
        fmt::format("checksum mismatch: {:016x} is written, {:016x} is what its {} bytes give",
                    group.checksum, sum, bytes.size()));
  }
  if (const auto format = read<std::uint16_t>(bytes, format_at); format != group_format) {
    return Status::trouble(
        fmt::format("its format is {}; this usherd knows {}", format, group_format));
  }
  if (const auto told = read<std::uint32_t>(bytes, bytes_at); told != bytes.size()) {
    return Status::trouble(fmt::format("it says {} bytes and has {}", told, bytes.size()));
  }
  const auto runs = read<std::uint16_t>(bytes, runs_at);
  bytes = bytes.subspan(group_head_bytes);
  for (std::size_t i = 0; i < runs; ++i) {
    if (bytes.size() < run_head_bytes) return Status::trouble("a run begins beyond its end");
    GroupView::Run run{.pool = {},
                       .first = read<std::uint64_t>(bytes, run_first_at),
                       .count = read<std::uint32_t>(bytes, run_count_at),
                       .records = {}};
    std::memcpy(run.pool.data(), bytes.data() + run_pool_at, run.pool.size());
    const auto size = read<std::uint32_t>(bytes, run_bytes_at);
    bytes = bytes.subspan(run_head_bytes);
    if (run.count == 0 || size > bytes.size()) {
      return Status::trouble(fmt::format("a run of {} records and {} bytes, of which {} are there",
                                         run.count, size, bytes.size()));
    }
    run.records = bytes.first(size);
    bytes = bytes.subspan(size);
    group.runs.push_back(run);
  }
  if (!bytes.empty()) return Status::trouble(fmt::format("{} bytes are of no run", bytes.size()));
  return {};
}

Status read_run(const GroupView::Run& run, std::vector<Record>& into) {
  std::span<const std::byte> bytes = run.records;
  for (std::uint32_t i = 0; i < run.count; ++i) {
    Record& record = into.emplace_back();
    if (Status status = take_record(bytes, record); !status.ok()) return status;
    if (record.stamp.sequence != run.first + i) {
      return Status::trouble(
          fmt::format("record {} stands where {} should be", record.stamp.sequence, run.first + i));
    }
  }
  if (!bytes.empty()) {
    return Status::trouble(fmt::format("{} bytes are of no record", bytes.size()));
  }
  return {};
}

}  // namespace usher
