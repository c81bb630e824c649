#pragma once

// What the files of publish share: the builder behind an Encoder, and how nouns that appear in more
// than one frame are written. Zero, none and empty are what FlatBuffers reads where nothing was
// written, so they are not written.

#include <flatbuffers/flatbuffers.h>

#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "daemon/publish.h"
#include "schemas/queries_generated.h"
#include "schemas/replies_generated.h"

namespace usher {

// Memory of an Encoder that outlives its frames: in the steady state a frame costs one allocation,
// that of the bytes it returns.
struct Encoder::Builder {
  flatbuffers::FlatBufferBuilder fbb{frame_bytes_max};
  std::vector<flatbuffers::Offset<wire::Event>> events;
  std::vector<flatbuffers::Offset<wire::Answer>> answers;
  std::vector<wire::Refused> refused;
};

namespace publish {

static_assert(sizeof(wire::Id) == sizeof(ConversationId));

template <class T>
using VectorOffset = flatbuffers::Offset<flatbuffers::Vector<T>>;
template <class T>
using TablesOffset = VectorOffset<flatbuffers::Offset<T>>;

// An id in the alignment that the builder needs; null for no id.
class WireId {
 public:
  template <class Tag>
  explicit WireId(const Id<Tag>& id) : given_(!id.is_zero()) {
    std::memcpy(&id_, id.bytes.data(), sizeof id_);
  }
  [[nodiscard]] const wire::Id& value() const { return id_; }
  [[nodiscard]] const wire::Id* get() const { return given_ ? &id_ : nullptr; }

 private:
  wire::Id id_;
  bool given_;
};

// The numeric values of the core's enums are those of the wire; a test holds them equal.
template <class Wire, class Core>
Wire wire_enum(Core from) {
  return static_cast<Wire>(from);
}

TablesOffset<wire::Event> write_events(flatbuffers::FlatBufferBuilder& fbb,
                                       std::vector<flatbuffers::Offset<wire::Event>>& offsets,
                                       std::span<const Event> events);
TablesOffset<wire::Name> write_names(flatbuffers::FlatBufferBuilder& fbb,
                                     std::span<const Name> names);

// The bytes of the buffer that was finished last.
Bytes finished(const flatbuffers::FlatBufferBuilder& fbb);

}  // namespace publish
}  // namespace usher
