#pragma once

// What the files of decode share: how fields are read from a verified frame.

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "client/decode.h"
#include "schemas/events_generated.h"

namespace usher::client {

namespace decode {

inline constexpr flatbuffers::uoffset_t depth_max = 8;
inline constexpr flatbuffers::uoffset_t tables_max = 200'000;
// Offsets may alias, so what is copied out is bounded here and not by the bytes that came.
inline constexpr std::size_t items_max = 65'536;
inline constexpr std::size_t name_bytes_max = 64;
inline constexpr std::size_t text_bytes_max = 512;

inline Id read(const wire::Id* from) {
  Id id;
  if (from != nullptr) std::memcpy(id.bytes.data(), from, sizeof id.bytes);
  return id;
}

inline std::string read(const flatbuffers::String* from, std::size_t bytes_max) {
  if (from == nullptr) return {};
  std::string text(from->c_str(), std::min<std::size_t>(from->size(), bytes_max));
  // It ends up on terminals: no control characters from the network.
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = ' ';
  }
  return text;
}

template <class Vector>
std::size_t size_of(const Vector* from) {
  return from == nullptr ? 0 : std::min<std::size_t>(from->size(), items_max);
}

// Copies a list, bounded; `each` makes the value.
template <class Item, class Vector, class Each>
std::vector<Item> read_list(const Vector* from, Each each) {
  std::vector<Item> items;
  const std::size_t size = size_of(from);
  items.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    items.push_back(each(from->Get(static_cast<flatbuffers::uoffset_t>(i))));
  }
  return items;
}

Event read(const wire::Event& from);
std::vector<NameEntry> read_names(const flatbuffers::Vector<flatbuffers::Offset<wire::Name>>* from);
std::vector<Event> read_events(const flatbuffers::Vector<flatbuffers::Offset<wire::Event>>* from);

}  // namespace decode

template <class Root>
const Root* Decoder::verified(Bytes bytes, const char* identifier) {
  constexpr std::size_t least = sizeof(flatbuffers::uoffset_t) + flatbuffers::kFileIdentifierLength;
  if (bytes.size() < least) return nullptr;
  aligned_.resize((bytes.size() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
  std::memcpy(aligned_.data(), bytes.data(), bytes.size());
  const auto* data = reinterpret_cast<const std::uint8_t*>(aligned_.data());
  flatbuffers::Verifier verifier(data, bytes.size(), decode::depth_max, decode::tables_max);
  if (!verifier.VerifyBuffer<Root>(identifier)) return nullptr;
  return flatbuffers::GetRoot<Root>(data);
}

}  // namespace usher::client
