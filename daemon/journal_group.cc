#include "daemon/journal_group.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "daemon/journal_record.h"
#include "routing/check.h"
#include "routing/endian.h"

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

Checksum::Checksum() : state_(XXH3_createState()) {
  CHECK(state_ != nullptr);
  CHECK(XXH3_64bits_reset(state_.get()) == XXH_OK);
}
void Checksum::add(std::span<const std::byte> bytes) {
  CHECK(XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()) == XXH_OK);
}
std::uint64_t Checksum::value() const { return XXH3_64bits_digest(state_.get()); }
void Checksum::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

GroupWriter::GroupWriter(std::uint64_t number, std::uint64_t term, const PoolName& pool,
                         Bytes&& storage)
    : bytes_(std::move(storage)) {
  bytes_.assign(group_head_bytes + run_head_bytes, std::byte{});
  store_little<std::uint16_t>(bytes_.data() + format_at, group_format);
  store_little<std::uint16_t>(bytes_.data() + runs_at, 1);
  store_little<std::uint64_t>(bytes_.data() + number_at, number);
  store_little<std::uint64_t>(bytes_.data() + term_at, term);
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
    store_little<std::uint64_t>(bytes_.data() + group_head_bytes + run_first_at,
                                record.stamp.sequence);
  }
  last_ = record.stamp.sequence;
  ++count_;
  return true;
}

Bytes GroupWriter::take() {
  CHECK(count_ > 0);
  store_little<std::uint32_t>(bytes_.data() + bytes_at, static_cast<std::uint32_t>(bytes_.size()));
  const auto run = std::span(bytes_).subspan(group_head_bytes);
  store_little<std::uint32_t>(run.data() + run_count_at, count_);
  store_little<std::uint32_t>(run.data() + run_bytes_at,
                              static_cast<std::uint32_t>(run.size() - run_head_bytes));
  return std::move(bytes_);
}

std::uint64_t seal_group(Bytes& group, std::uint64_t previous) {
  store_little<std::uint64_t>(group.data() + previous_at, previous);
  const std::uint64_t checksum = checksum_of(std::span(group).subspan(previous_at));
  store_little<std::uint64_t>(group.data() + checksum_at, checksum);
  return checksum;
}

Status read_group(std::span<const std::byte> bytes, GroupView& group) {
  if (bytes.size() < group_head_bytes) {
    return Status::trouble(fmt::format("{} bytes are too few for a group", bytes.size()));
  }
  group = {.number = load_little<std::uint64_t>(bytes.data() + number_at),
           .term = load_little<std::uint64_t>(bytes.data() + term_at),
           .checksum = load_little<std::uint64_t>(bytes.data() + checksum_at),
           .previous = load_little<std::uint64_t>(bytes.data() + previous_at),
           .runs = {}};
  if (const auto sum = checksum_of(bytes.subspan(previous_at)); sum != group.checksum) {
    return Status::trouble(
        fmt::format("checksum mismatch: {:016x} is written, {:016x} is what its {} bytes give",
                    group.checksum, sum, bytes.size()));
  }
  if (const auto format = load_little<std::uint16_t>(bytes.data() + format_at);
      format != group_format) {
    return Status::trouble(
        fmt::format("its format is {}; this usherd knows {}", format, group_format));
  }
  if (const auto told = load_little<std::uint32_t>(bytes.data() + bytes_at); told != bytes.size()) {
    return Status::trouble(fmt::format("it says {} bytes and has {}", told, bytes.size()));
  }
  const auto runs = load_little<std::uint16_t>(bytes.data() + runs_at);
  bytes = bytes.subspan(group_head_bytes);
  for (std::size_t i = 0; i < runs; ++i) {
    if (bytes.size() < run_head_bytes) return Status::trouble("a run begins beyond its end");
    GroupView::Run run{.pool = {},
                       .first = load_little<std::uint64_t>(bytes.data() + run_first_at),
                       .count = load_little<std::uint32_t>(bytes.data() + run_count_at),
                       .records = {}};
    std::memcpy(run.pool.data(), bytes.data() + run_pool_at, run.pool.size());
    const auto size = load_little<std::uint32_t>(bytes.data() + run_bytes_at);
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
