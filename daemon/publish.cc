#include "daemon/publish.h"

#include <bit>
#include <limits>

#include "daemon/publish_fields.h"
#include "routing/check.h"

namespace usher {

static_assert(std::endian::native == std::endian::little, "the header is copied as it lies");
// An event with every field given: four ids, ten numbers of 8 bytes and forty bytes of smaller
// ones, a vtable of its own in the worst case, and its place in the vector.
static_assert(sizeof(PublishedHeader) + frame_events_max * (64 + 80 + 40 + 68 + 4) <
              frame_bytes_max);

namespace publish {
namespace {

// The widest fields first: then nothing is padded.
flatbuffers::Offset<wire::Event> write_event(flatbuffers::FlatBufferBuilder& fbb,
                                             const Event& event) {
  wire::EventBuilder to(fbb);
  to.add_conversation(WireId(event.conversation).get());
  to.add_agent(WireId(event.agent).get());
  to.add_other_agent(WireId(event.other_agent).get());
  to.add_customer(WireId(event.customer).get());
  to.add_sequence(event.sequence);
  to.add_record(event.record);
  to.add_pool_ms(event.pool_ms);
  to.add_wall_ms(event.wall_ms);
  to.add_epoch(event.epoch);
  to.add_previous(event.previous);
  to.add_agent_previous(event.agent_previous);
  to.add_other_previous(event.other_previous);
  to.add_waited_ms(event.waited_ms);
  to.add_due_ms(event.due_ms);
  to.add_count(event.count);
  to.add_service_class(event.service_class.value);
  to.add_band(event.band.value);
  to.add_channel(event.channel.value);
  to.add_origin(event.origin.value);
  to.add_agent_origin(event.agent_origin.value);
  to.add_other_origin(event.other_origin.value);
  to.add_reason(event.reason.value);
  to.add_language(event.language.value);
  to.add_tier(event.tier.value);
  to.add_kind(wire_enum<wire::EventKind>(event.kind));
  to.add_cause(wire_enum<wire::Cause>(event.cause));
  to.add_state(wire_enum<wire::ConversationState>(event.state));
  to.add_presence(wire_enum<wire::Presence>(event.presence));
  to.add_outcome(wire_enum<wire::CloseOutcome>(event.outcome));
  to.add_score(event.score);
  to.add_test(event.test);
  to.add_over(event.over);
  return to.Finish();
}

}  // namespace

TablesOffset<wire::Event> write_events(flatbuffers::FlatBufferBuilder& fbb,
                                       std::vector<flatbuffers::Offset<wire::Event>>& offsets,
                                       std::span<const Event> events) {
  offsets.clear();
  for (const Event& event : events) offsets.push_back(write_event(fbb, event));
  return fbb.CreateVector(offsets);
}

TablesOffset<wire::Name> write_names(flatbuffers::FlatBufferBuilder& fbb,
                                     std::span<const Name> names) {
  std::vector<flatbuffers::Offset<wire::Name>> offsets;
  offsets.reserve(names.size());
  for (const Name& name : names) {
    const auto text = fbb.CreateString(name.text);
    offsets.push_back(
        wire::CreateName(fbb, wire_enum<wire::NameKind>(name.kind), name.number, text));
  }
  return fbb.CreateVector(offsets);
}

Bytes finished(const flatbuffers::FlatBufferBuilder& fbb) {
  const auto* begin = reinterpret_cast<const std::byte*>(fbb.GetBufferPointer());
  return Bytes(begin, begin + fbb.GetSize());
}

}  // namespace publish

namespace {

using namespace publish;

template <class Message>
Bytes server_frame(flatbuffers::FlatBufferBuilder& fbb, flatbuffers::Offset<Message> message) {
  const auto type = wire::ServerMessageTraits<Message>::enum_value;
  fbb.Finish(wire::CreateServerFrame(fbb, type, message.Union()), wire::ServerFrameIdentifier());
  return finished(fbb);
}

flatbuffers::Offset<wire::Answer> write_answer(flatbuffers::FlatBufferBuilder& fbb,
                                               const NumberedOutcome& numbered) {
  const Outcome& outcome = numbered.outcome;
  return wire::CreateAnswer(fbb, numbered.number, wire_enum<wire::ConversationState>(outcome.state),
                            outcome.service_class.value, outcome.position, outcome.expected_p50_ms,
                            outcome.expected_p90_ms, outcome.epoch);
}

}  // namespace

Encoder::Encoder() : builder_(std::make_unique<Builder>()) {}
Encoder::~Encoder() = default;

Bytes Encoder::published(const Identity& identity, std::uint64_t next_sequence,
                         std::span<const Event> events) {
  CHECK(events.size() <= frame_events_max);
  CHECK(identity.term <= std::numeric_limits<std::uint32_t>::max());
  PublishedHeader header{.incarnation = identity.incarnation,
                         .first_sequence = next_sequence,
                         .count = static_cast<std::uint32_t>(events.size()),
                         .term = static_cast<std::uint32_t>(identity.term)};
  CHECK(identity.pool.size() <= header.topic.size());
  std::memcpy(header.topic.data(), identity.pool.data(), identity.pool.size());
  // Subscribers see gaps in the headers alone, so a header may never be wrong about its events.
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(events[i].sequence == next_sequence + i);

  const auto* head = reinterpret_cast<const std::byte*>(&header);
  if (events.empty()) return Bytes(head, head + sizeof header);

  auto& [fbb, offsets, answers, refused] = *builder_;
  fbb.Clear();
  fbb.Finish(wire::CreateEventBatch(fbb, write_events(fbb, offsets, events)),
             wire::EventBatchIdentifier());
  const auto* body = reinterpret_cast<const std::byte*>(fbb.GetBufferPointer());
  Bytes bytes;
  bytes.reserve(sizeof header + fbb.GetSize());
  bytes.insert(bytes.end(), head, head + sizeof header);
  bytes.insert(bytes.end(), body, body + fbb.GetSize());
  return bytes;
}

Bytes Encoder::welcome(const Welcome& welcome) {
  auto& fbb = builder_->fbb;
  fbb.Clear();
  const auto dictionary = write_names(fbb, welcome.dictionary);
  const auto bounds =
      wire::CreateLimits(fbb, frame_bytes_max, limits::batch_commands_max,
                         static_cast<std::uint64_t>(limits::age_ms_max), welcome.lease_ms);
  return server_frame(
      fbb, wire::CreateWelcome(fbb, protocol_version, WireId(welcome.session).get(),
                               welcome.identity.incarnation, welcome.identity.term,
                               welcome.last_applied, welcome.window, welcome.origin.value,
                               welcome.directed_last, welcome.sequence, bounds, dictionary));
}

Bytes Encoder::acknowledgement(const Acknowledgement& acknowledgement) {
  auto& [fbb, events, answers, refused] = *builder_;
  fbb.Clear();
  answers.clear();
  refused.clear();
  for (const NumberedOutcome& numbered : acknowledgement.outcomes) {
    const bool is_done = numbered.outcome.refusal == Refusal::none;
    // Who is sent away may still be told how long it would have been.
    if (is_done || numbered.outcome.expected_p50_ms >= 0) {
      answers.push_back(write_answer(fbb, numbered));
    }
    if (!is_done) {
      refused.emplace_back(numbered.number, wire_enum<wire::Refusal>(numbered.outcome.refusal));
    }
  }
  const auto answers_offset =
      answers.empty() ? TablesOffset<wire::Answer>() : fbb.CreateVector(answers);
  const auto refused_offset =
      refused.empty() ? VectorOffset<const wire::Refused*>() : fbb.CreateVectorOfStructs(refused);
  return server_frame(
      fbb, wire::CreateAcknowledgement(fbb, WireId(acknowledgement.session).get(),
                                       acknowledgement.up_to, acknowledgement.window,
                                       acknowledgement.sequence, answers_offset, refused_offset));
}

Bytes Encoder::directed(const Identity& identity, std::span<const Event> events) {
  CHECK(events.size() <= frame_events_max);
  auto& fbb = builder_->fbb;
  fbb.Clear();
  const auto written = write_events(fbb, builder_->events, events);
  return server_frame(fbb, wire::CreateDirected(fbb, identity.incarnation, identity.term, written));
}

Bytes Encoder::frame_refused(const FrameRefused& refused) {
  auto& fbb = builder_->fbb;
  fbb.Clear();
  const auto text = fbb.CreateString(refused.text);
  return server_frame(fbb, wire::CreateFrameRefused(fbb, wire_enum<wire::Refusal>(refused.reason),
                                                    refused.wanted, text));
}

Bytes Encoder::directed_lost(const DirectedLost& lost) {
  auto& fbb = builder_->fbb;
  fbb.Clear();
  return server_frame(fbb, wire::CreateDirectedLost(fbb, lost.after, lost.oldest));
}

Bytes Encoder::advanced(const Advanced& advanced) {
  auto& fbb = builder_->fbb;
  fbb.Clear();
  return server_frame(fbb,
                      wire::CreateAdvanced(fbb, static_cast<std::uint64_t>(advanced.to_ms),
                                           static_cast<std::uint64_t>(advanced.next_deadline_ms),
                                           advanced.sequence));
}

Bytes Encoder::alive(const Alive& alive) {
  auto& fbb = builder_->fbb;
  fbb.Clear();
  return server_frame(fbb, wire::CreateAlive(fbb, alive.sequence));
}

Bytes Encoder::names(const Names& names) {
  auto& fbb = builder_->fbb;
  fbb.Clear();
  return server_frame(fbb, wire::CreateNames(fbb, write_names(fbb, names.dictionary)));
}

}  // namespace usher
