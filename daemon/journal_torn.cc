#include "daemon/journal_torn.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

#include "routing/endian.h"

namespace usher {

namespace {

// A log is blocks, the last one cut short; in a block stand pieces of records: a checksum of type
// and bytes, a length, a type, the bytes. What is left of a block and too short for a head is zero.
constexpr std::size_t block_bytes = 32'768;
constexpr std::size_t head_bytes = 4 + 2 + 1;
constexpr std::size_t length_at = 4;
constexpr std::size_t type_at = 6;
enum Type : std::uint8_t { whole = 1, first, middle, last };

// A record of the write-ahead log is a write: a sequence, a count, and so many entries, each a tag
// and what goes with it. We put into families and do nothing else.
constexpr std::size_t write_head_bytes = 8 + 4;
constexpr std::byte put_into_family{5};

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

// For CRC-32C (Castagnoli), eight bytes at a time.
constexpr Table make_table() {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) * 0x82f63b78U);
    table[0][i] = value;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    for (std::size_t step = 1; step < 8; ++step) {
      const std::uint32_t before = table[step - 1][i];
      table[step][i] = (before >> 8) ^ table[0][before & 0xff];
    }
  }
  return table;
}
constexpr Table table = make_table();

using View = std::span<const std::byte>;

std::uint32_t crc32c(View bytes) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
  std::uint32_t crc = 0xffffffffU;
  while (bytes.size() >= 8) {
    crc ^= load_little<std::uint32_t>(bytes.data());
    crc = table[7][crc & 0xff] ^ table[6][(crc >> 8) & 0xff] ^ table[5][(crc >> 16) & 0xff] ^
          table[4][crc >> 24] ^ table[3][at(4)] ^ table[2][at(5)] ^ table[1][at(6)] ^
          table[0][at(7)];
    bytes = bytes.subspan(8);
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    crc = (crc >> 8) ^ table[0][(crc ^ at(i)) & 0xff];
  }
  return ~crc;
}

// RocksDB rotates a checksum and adds a constant before it stores it.
std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8U; }

struct Piece {
  std::uint8_t type = 0;
  View bytes;
};

// The piece at the front, taking its length for what it says or for `length`.
std::optional<Piece> piece_at(View at, std::optional<std::size_t> length = {}) {
  if (at.size() < head_bytes) return std::nullopt;
  const auto type = std::to_integer<std::uint8_t>(at[type_at]);
  const std::size_t bytes = length.value_or(load_little<std::uint16_t>(at.data() + length_at));
  if (type < whole || type > last || bytes > at.size() - head_bytes) return std::nullopt;
  if (load_little<std::uint32_t>(at.data()) != masked(crc32c(at.subspan(type_at, 1 + bytes)))) {
    return std::nullopt;
  }
  return Piece{type, at.subspan(head_bytes, bytes)};
}

// Whether a crash can have left such a head: what was not yet written of it is missing or zero, so
// its type is one of ours or 0. RocksDB takes others for what was in a file that it used again, and
// ends there without a word; we never let it use one again.
bool maybe_torn(View at) {
  return at.size() < head_bytes || std::to_integer<std::uint8_t>(at[type_at]) <= last;
}

// Puts records together from their pieces, and drops those of which one is missing.
class Records {
 public:
  explicit Records(const std::function<void(std::uint64_t, View)>& each) : each_(each) {}

  void add(std::uint64_t at, const Piece& piece) {
    if (piece.type == whole) {
      each_(at, piece.bytes);
    } else if (piece.type == first) {
      begin_ = at;
      record_.assign(piece.bytes.begin(), piece.bytes.end());
    } else if (begun_) {
      record_.insert(record_.end(), piece.bytes.begin(), piece.bytes.end());
      if (piece.type == last) each_(begin_, record_);
    }
    begun_ = piece.type == first || (begun_ && piece.type == middle);
  }
  void gap() { begun_ = false; }

 private:
  const std::function<void(std::uint64_t, View)>& each_;
  bool begun_ = false;
  std::uint64_t begin_ = 0;
  std::vector<std::byte> record_;
};

bool all_zero(View bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

// Seven bits a byte, the lowest first; nothing when it does not end.
std::optional<std::uint32_t> take_varint(View& from) {
  std::uint32_t value = 0;
  for (unsigned shift = 0; shift < 32 && !from.empty(); shift += 7) {
    const auto byte = std::to_integer<std::uint32_t>(from[0]);
    from = from.subspan(1);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// Looks through a log, block by block.
class Walk {
 public:
  explicit Walk(const std::function<void(std::uint64_t, View)>& each) : records_(each) {}

  void block(std::uint64_t begin, View block) {
    std::size_t at = 0;
    while (at < block.size()) {
      const View rest = block.subspan(at);
      // Where a block has no room for a head it is filled with zeros.
      if (rest.size() < head_bytes && block.size() == block_bytes && all_zero(rest)) return;
      auto piece = piece_at(rest);
      if (!piece) {
        if (!ended_) {
          ended_ = begin + at;
          damaged_ = !maybe_torn(rest);
        }
        records_.gap();
        if (rest.size() > head_bytes) piece = piece_at(rest, rest.size() - head_bytes);
      }
      if (!piece) {
        ++at;
        continue;
      }
      if (ended_) damaged_ = true;
      records_.add(begin + at, *piece);
      at += head_bytes + piece->bytes.size();
    }
  }
  [[nodiscard]] std::optional<std::uint64_t> damage() const {
    return damaged_ ? ended_ : std::nullopt;
  }

 private:
  Records records_;
  std::optional<std::uint64_t> ended_;
  bool damaged_ = false;
};

}  // namespace

std::optional<std::uint64_t> damage_in_log(
    const std::string& file,
    const std::function<void(std::uint64_t at, std::span<const std::byte> record)>& each) {
  std::ifstream stream(file, std::ios::binary);
  std::vector<std::byte> bytes(block_bytes);
  Walk walk(each);
  for (std::uint64_t begin = 0; stream; begin += block_bytes) {
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(block_bytes));
    walk.block(begin, View(bytes).first(static_cast<std::size_t>(stream.gcount())));
  }
  return walk.damage();
}

void values_of_write(std::span<const std::byte> record,
                     const std::function<void(std::span<const std::byte> value)>& each) {
  if (record.size() < write_head_bytes) return;
  record = record.subspan(write_head_bytes);
  while (!record.empty() && record[0] == put_into_family) {
    record = record.subspan(1);
    const auto family = take_varint(record);
    const auto key = take_varint(record);
    if (!family || !key || *key > record.size()) return;
    record = record.subspan(*key);
    const auto value = take_varint(record);
    if (!value || *value > record.size()) return;
    each(record.first(*value));
    record = record.subspan(*value);
  }
}

}  // namespace usher
