#pragma once

// frame → values: everything the library receives. Bytes of the network are copied to aligned
// memory and verified with limits before anybody looks at them. For the library's own use.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/client.h"
#include "client/dictionary.h"
#include "client/event.h"
#include "client/queries.h"

namespace usher::client {

// --- frames of the command socket ---

struct NameEntry {
  NameKind kind = NameKind::none;
  std::uint16_t number = 0;
  std::string text;
};
struct WelcomeFrame {
  Welcome welcome;
  std::uint16_t version = 0;
  std::uint32_t frame_bytes_max = 0;
  std::uint32_t batch_commands_max = 0;
  std::vector<NameEntry> names;
};
struct AcknowledgementFrame {
  Id session;
  std::uint64_t up_to = 0;
  std::uint32_t window = 0;
  std::vector<std::pair<std::uint64_t, Answer>> answers;   // by number
  std::vector<std::pair<std::uint64_t, Refusal>> refused;  // by number
};
struct DirectedFrame {
  std::uint64_t incarnation = 0;
  std::uint64_t term = 0;
  std::vector<Event> events;
};
struct RefusedFrame {
  Refusal reason = Refusal::none;
  std::uint64_t wanted = 0;
  std::string text;
};
struct AliveFrame {};
struct NamesFrame {
  std::vector<NameEntry> names;
};
// Makes no sense, or is of a kind this library does not know.
struct Unreadable {};

using ServerFrame = std::variant<Unreadable, WelcomeFrame, AcknowledgementFrame, DirectedFrame,
                                 RefusedFrame, EventsLost, Advanced, AliveFrame, NamesFrame>;

// --- frames of the event socket ---

struct PublishedFrame {
  std::uint64_t incarnation = 0;
  std::uint64_t first_sequence = 0;
  std::uint32_t count = 0;
  std::uint32_t term = 0;
};

// --- frames of the query socket ---

struct SnapshotPart {
  Snapshot snapshot;
  std::uint64_t cursor = 0;
};
// Appends a chunk to what came before it; false when it is of another snapshot.
bool extend(SnapshotPart& whole, SnapshotPart part, bool is_first);

struct QueryAnswer {
  std::uint64_t ticket = 0;
  std::variant<Unreadable, Status, SnapshotPart, Conversation, Agent, Replay, Dictionary, Why,
               Explained, Estimate, Failure>
      found;
};

class Decoder {
 public:
  using Bytes = std::span<const std::uint8_t>;

  [[nodiscard]] ServerFrame server_frame(Bytes bytes);
  // The header only; nothing of the events is looked at. False when it makes no sense.
  [[nodiscard]] static bool published_header(Bytes bytes, std::string_view topic,
                                             PublishedFrame& frame);
  // The events behind the header, contiguous from first_sequence; false when they are not.
  [[nodiscard]] bool published_events(Bytes bytes, const PublishedFrame& frame,
                                      std::vector<Event>& events);
  [[nodiscard]] QueryAnswer query_answer(Bytes bytes);

 private:
  template <class Root>
  const Root* verified(Bytes bytes, const char* identifier);

  std::vector<std::uint64_t> aligned_;  // kept between frames
};

}  // namespace usher::client
