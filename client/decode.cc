#include "client/decode.h"

#include <algorithm>
#include <cstring>

#include "client/decode_fields.h"
#include "schemas/replies_generated.h"

namespace usher::client {

namespace decode {

// Enumerators that this library does not know keep their number: they are those of a newer usherd.
Event read(const wire::Event& from) {
  Event event;
  event.sequence = from.sequence();
  event.record = from.record();
  event.pool_ms = from.pool_ms();
  event.wall_ms = from.wall_ms();
  event.kind = from.kind();
  event.cause = from.cause();
  event.state = from.state();
  event.presence = from.presence();
  event.outcome = from.outcome();
  event.score = from.score();
  event.test = from.test();
  event.over = from.over();
  event.conversation = read(from.conversation());
  event.agent = read(from.agent());
  event.other_agent = read(from.other_agent());
  event.customer = read(from.customer());
  event.epoch = from.epoch();
  event.service_class = from.service_class();
  event.band = from.band();
  event.channel = from.channel();
  event.origin = from.origin();
  event.agent_origin = from.agent_origin();
  event.other_origin = from.other_origin();
  event.reason = from.reason();
  event.language = from.language();
  event.tier = from.tier();
  event.previous = from.previous();
  event.agent_previous = from.agent_previous();
  event.other_previous = from.other_previous();
  event.waited_ms = from.waited_ms();
  event.due_ms = from.due_ms();
  event.count = from.count();
  event.scope = from.scope();
  event.scope_state = from.scope_state();
  return event;
}

std::vector<NameEntry> read_names(
    const flatbuffers::Vector<flatbuffers::Offset<wire::Name>>* from) {
  return read_list<NameEntry>(from, [](const wire::Name* name) {
    return NameEntry{name->kind(), name->number(), read(name->text(), name_bytes_max)};
  });
}

std::vector<Event> read_events(const flatbuffers::Vector<flatbuffers::Offset<wire::Event>>* from) {
  return read_list<Event>(from, [](const wire::Event* event) { return read(*event); });
}

}  // namespace decode

namespace {

using namespace decode;
// Beside the readers of this file, which would hide them.
using decode::read;

constexpr std::size_t header_bytes = 32;

WelcomeFrame read(const wire::Welcome& from) {
  WelcomeFrame frame;
  frame.version = from.version();
  frame.welcome = {.session = read(from.session()),
                   .incarnation = from.incarnation(),
                   .term = from.term(),
                   .last_applied = from.last_applied(),
                   .directed_last = from.directed_last(),
                   .sequence = from.sequence(),
                   .window = from.window(),
                   .origin = from.origin()};
  if (const auto* limits = from.limits(); limits != nullptr) {
    frame.welcome.lease_ms = limits->lease_ms();
    frame.frame_bytes_max = limits->frame_bytes_max();
    frame.batch_commands_max = limits->batch_commands_max();
  }
  frame.names = read_names(from.dictionary());
  return frame;
}

AcknowledgementFrame read(const wire::Acknowledgement& from) {
  AcknowledgementFrame frame;
  frame.session = read(from.session());
  frame.up_to = from.up_to();
  frame.window = from.window();
  frame.answers =
      read_list<std::pair<std::uint64_t, Answer>>(from.answers(), [](const wire::Answer* item) {
        return std::pair(item->number(), Answer{.state = item->state(),
                                                .service_class = item->service_class(),
                                                .position = item->position(),
                                                .expected_p50_ms = item->expected_p50_ms(),
                                                .expected_p90_ms = item->expected_p90_ms(),
                                                .epoch = item->epoch()});
      });
  frame.refused = read_list<std::pair<std::uint64_t, Refusal>>(
      from.refused(),
      [](const wire::Refused* item) { return std::pair(item->number(), item->reason()); });
  const auto by_number = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(frame.answers.begin(), frame.answers.end(), by_number);
  std::stable_sort(frame.refused.begin(), frame.refused.end(), by_number);
  return frame;
}

}  // namespace

ServerFrame Decoder::server_frame(Bytes bytes) {
  const auto* root = verified<wire::ServerFrame>(bytes, wire::ServerFrameIdentifier());
  if (root == nullptr || root->message() == nullptr) return Unreadable{};
  switch (root->message_type()) {
    case wire::ServerMessage::Welcome: return read(*root->message_as_Welcome());
    case wire::ServerMessage::Acknowledgement: return read(*root->message_as_Acknowledgement());
    case wire::ServerMessage::Directed: {
      const auto& from = *root->message_as_Directed();
      return DirectedFrame{from.incarnation(), from.term(), read_events(from.events())};
    }
    case wire::ServerMessage::FrameRefused: {
      const auto& from = *root->message_as_FrameRefused();
      return RefusedFrame{from.reason(), from.wanted(), read(from.text(), text_bytes_max)};
    }
    case wire::ServerMessage::DirectedLost: {
      const auto& from = *root->message_as_DirectedLost();
      return EventsLost{from.after(), from.oldest()};
    }
    case wire::ServerMessage::Advanced: {
      const auto& from = *root->message_as_Advanced();
      return Advanced{from.to_ms(), from.next_deadline_ms(), from.sequence()};
    }
    case wire::ServerMessage::Alive: return AliveFrame{};
    case wire::ServerMessage::Names:
      return NamesFrame{read_names(root->message_as_Names()->dictionary())};
    case wire::ServerMessage::NONE: break;
  }
  return Unreadable{};
}

bool Decoder::published_header(Bytes bytes, std::string_view topic, PublishedFrame& frame) {
  if (bytes.size() < header_bytes) return false;
  // ZeroMQ matches prefixes; the topic has a fixed width, so this is for the sake of a strange
  // peer.
  if (std::memcmp(bytes.data(), topic.data(), topic.size()) != 0) return false;
  // Little-endian, as both sides of every supported machine are.
  std::memcpy(&frame.incarnation, bytes.data() + 8, sizeof frame.incarnation);
  std::memcpy(&frame.first_sequence, bytes.data() + 16, sizeof frame.first_sequence);
  std::memcpy(&frame.count, bytes.data() + 24, sizeof frame.count);
  std::memcpy(&frame.term, bytes.data() + 28, sizeof frame.term);
  return frame.count <= items_max && frame.first_sequence > 0 &&
         (frame.count > 0) == (bytes.size() > header_bytes);
}

bool Decoder::published_events(Bytes bytes, const PublishedFrame& frame,
                               std::vector<Event>& events) {
  events.clear();
  if (frame.count == 0) return true;
  const auto* batch =
      verified<wire::EventBatch>(bytes.subspan(header_bytes), wire::EventBatchIdentifier());
  if (batch == nullptr || size_of(batch->events()) != frame.count) return false;
  events.reserve(frame.count);
  for (const auto* event : *batch->events()) {
    if (event->sequence() != frame.first_sequence + events.size()) return false;
    events.push_back(read(*event));
  }
  return true;
}

}  // namespace usher::client
