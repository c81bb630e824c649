#pragma once

// event → frame: the only place where bytes for the outside are made.

#include <array>
#include <memory>
#include <span>

#include "daemon/nouns.h"

namespace usher {

// The first 32 bytes of a published frame, little-endian: topic, incarnation, first sequence,
// count, term. The topic is the pool's name padded with zeros, because ZeroMQ matches prefixes. An
// empty frame (count 0) carries the next sequence and no FlatBuffer. Behind the header lies an
// EventBatch, aligned to 8 when the frame is.
struct PublishedHeader {
  std::array<char, 8> topic{};
  std::uint64_t incarnation = 0;
  std::uint64_t first_sequence = 0;
  std::uint32_t count = 0;
  std::uint32_t term = 0;
};
static_assert(sizeof(PublishedHeader) == 32);

// How many events go into one frame without passing frame_bytes_max.
inline constexpr std::size_t frame_events_max = 512;

class Encoder {
 public:
  Encoder();
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // The stream of the event socket. Requires: events.size() <= frame_events_max; their sequences
  // are contiguous and begin with next_sequence; the term fits 32 bits.
  [[nodiscard]] Bytes published(const Identity& identity, std::uint64_t next_sequence,
                                std::span<const Event> events);

  // Frames of the command socket: a ServerFrame. directed() requires events.size() <=
  // frame_events_max.
  [[nodiscard]] Bytes welcome(const Welcome& welcome);
  [[nodiscard]] Bytes acknowledgement(const Acknowledgement& acknowledgement);
  [[nodiscard]] Bytes directed(const Identity& identity, std::span<const Event> events);
  [[nodiscard]] Bytes frame_refused(const FrameRefused& refused);
  [[nodiscard]] Bytes directed_lost(const DirectedLost& lost);
  [[nodiscard]] Bytes advanced(const Advanced& advanced);
  [[nodiscard]] Bytes alive(const Alive& alive);
  [[nodiscard]] Bytes names(const Names& names);

  // Frames of the query socket: a QueryAnswer, with the identifier of Query. Requires: what was
  // found fits a frame; whoever asks for it divides it into chunks.
  [[nodiscard]] Bytes answer(std::uint64_t ticket, std::uint64_t sequence, const Found& found);

 private:
  struct Builder;
  std::unique_ptr<Builder> builder_;
};

}  // namespace usher
