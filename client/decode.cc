#include "client/decode.h"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "schemas/events_generated.h"
#include "schemas/queries_generated.h"
#include "schemas/replies_generated.h"

namespace usher::client {
namespace {

constexpr std::size_t header_bytes = 32;
constexpr flatbuffers::uoffset_t depth_max = 8;
constexpr flatbuffers::uoffset_t tables_max = 200'000;
// Offsets may alias, so what is copied out is bounded here and not by the bytes that came.
constexpr std::size_t items_max = 65'536;
constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t text_bytes_max = 512;

Id read(const wire::Id* from) {
  Id id;
  if (from != nullptr) std::memcpy(id.bytes.data(), from, sizeof id.bytes);
  return id;
}

std::string read(const flatbuffers::String* from, std::size_t bytes_max) {
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

std::vector<SkillLevel> read_skills(const flatbuffers::Vector<const wire::SkillLevel*>* from) {
  return read_list<SkillLevel>(from, [](const wire::SkillLevel* item) {
    return SkillLevel{item->skill(), item->level()};
  });
}

std::vector<Id> read_ids(const flatbuffers::Vector<const wire::Id*>* from) {
  return read_list<Id>(from, [](const wire::Id* item) { return read(item); });
}

// --- the command socket ---

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

// --- the query socket ---

ClassStatus read(const wire::ClassStatus& from) {
  return {.service_class = from.service_class(),
          .band = from.band(),
          .target_ms = from.target_ms(),
          .oldest_ms = from.oldest_ms(),
          .waiting = from.waiting(),
          .offered = from.offered(),
          .assigned = from.assigned(),
          .held = from.held(),
          .wrapping = from.wrapping(),
          .opened = from.opened(),
          .replied = from.replied(),
          .in_target = from.in_target(),
          .abandoned = from.abandoned(),
          .closed = from.closed(),
          .misses = from.misses()};
}

Status read(const wire::Status& from) {
  Status status;
  status.incarnation = from.incarnation();
  status.term = from.term();
  status.sequence = from.sequence();
  status.record = from.record();
  status.pool_ms = from.pool_ms();
  status.version = read(from.version(), text_bytes_max);
  status.core_version = from.core_version();
  status.digest = from.digest();
  status.chain = from.chain();
  status.conversations = from.conversations();
  status.waiting = from.waiting();
  status.unroutable = from.unroutable();
  status.deferred = from.deferred();
  status.scheduled = from.scheduled();
  status.mode = from.mode();
  status.mode_ends_ms = from.mode_ends_ms();
  status.agents = from.agents();
  status.available = from.available();
  status.offers = from.offers();
  status.lapses = from.lapses();
  status.refused = from.refused();
  status.sessions = from.sessions();
  status.frames_refused = from.frames_refused();
  status.frames_dropped = from.frames_dropped();
  status.classes = read_list<ClassStatus>(
      from.classes(), [](const wire::ClassStatus* item) { return read(*item); });
  status.durability = read(from.durability(), text_bytes_max);
  return status;
}

Conversation read(const wire::Conversation& from) {
  Conversation to;
  to.conversation = read(from.conversation());
  to.customer = read(from.customer());
  to.state = from.state();
  to.service_class = from.service_class();
  to.band = from.band();
  to.channel = from.channel();
  to.category = from.category();
  to.impact = from.impact();
  to.tier = from.tier();
  to.language = from.language();
  to.origin = from.origin();
  to.agent = read(from.agent());
  to.epoch = from.epoch();
  to.offers = read_ids(from.offers());
  to.offer_epoch = from.offer_epoch();
  to.opened_ms = from.opened_ms();
  to.due_ms = from.due_ms();
  to.waited_ms = from.waited_ms();
  to.replied = from.replied();
  to.test = from.test();
  to.over = from.over();
  to.joined = from.joined();
  to.seeking = from.seeking();
  to.level = from.level();
  to.required = read_skills(from.required());
  to.exclusions = read_list<Exclusion>(from.exclusions(), [](const wire::Exclusion* item) {
    return Exclusion{read(item->agent()), item->until_ms()};
  });
  to.misses = from.misses();
  to.outcome = from.outcome();
  return to;
}

Agent read(const wire::Agent& from) {
  Agent to;
  to.agent = read(from.agent());
  to.group = from.group();
  to.level = from.level();
  to.share_percent = from.share_percent();
  to.kind = static_cast<wire::AgentKind>(from.kind());
  to.presence = from.presence();
  to.reason = from.reason();
  to.lost = from.lost();
  to.origin = from.origin();
  to.used_live = from.used_live();
  to.used_background = from.used_background();
  to.capacity = from.capacity();
  to.loads = read_list<ChannelLoad>(from.loads(), [](const wire::ChannelLoad* item) {
    return ChannelLoad{item->channel(), item->count(), item->limit(), item->background()};
  });
  to.skills = read_skills(from.skills());
  to.authorities =
      read_list<std::uint16_t>(from.authorities(), [](std::uint16_t item) { return item; });
  to.idle_since = from.idle_since();
  to.contested = from.contested();
  to.over = from.over();
  to.misses = from.misses();
  to.conversations = read_ids(from.conversations());
  to.shifts = read_list<Shift>(from.shifts(), [](const wire::Shift* item) {
    return Shift{item->from_minute(), item->to_minute()};
  });
  to.shift_ends_ms = from.shift_ends_ms();
  return to;
}

SnapshotPart read(const wire::SnapshotChunk& from) {
  SnapshotPart part;
  part.cursor = from.cursor();
  part.snapshot.incarnation = from.incarnation();
  part.snapshot.term = from.term();
  part.snapshot.sequence = from.sequence();
  part.snapshot.pool_ms = from.pool_ms();
  part.snapshot.agents =
      read_list<Agent>(from.agents(), [](const wire::Agent* item) { return read(*item); });
  part.snapshot.conversations = read_list<Conversation>(
      from.conversations(), [](const wire::Conversation* item) { return read(*item); });
  return part;
}

Replay read(const wire::Replay& from) {
  Replay replay;
  replay.incarnation = from.incarnation();
  replay.term = from.term();
  replay.oldest = from.oldest();
  replay.last = from.last();
  replay.next = from.next();
  replay.events = read_events(from.events());
  return replay;
}

std::vector<VerdictCount> read(
    const flatbuffers::Vector<flatbuffers::Offset<wire::VerdictCount>>* from) {
  return read_list<VerdictCount>(from, [](const wire::VerdictCount* item) {
    return VerdictCount{item->verdict(), item->count()};
  });
}

std::vector<Candidate> read(const flatbuffers::Vector<flatbuffers::Offset<wire::Candidate>>* from) {
  return read_list<Candidate>(from, [](const wire::Candidate* item) {
    return Candidate{.agent = read(item->agent()),
                     .verdict = item->verdict(),
                     .from_ms = item->from_ms(),
                     .used = item->used(),
                     .capacity = item->capacity(),
                     .lost_on = item->lost_on(),
                     .bot = item->bot(),
                     .over = item->over(),
                     .preferred = item->preferred(),
                     .tier = item->tier(),
                     .scarce = item->scarce(),
                     .idle_since = item->idle_since()};
  });
}

Why read(const wire::Why& from) {
  Why why;
  why.conversation = read(from.conversation());
  why.state = from.state();
  why.record = from.record();
  why.configured_at = from.configured_at();
  why.pool_ms = from.pool_ms();
  why.opened_ms = from.opened_ms();
  why.service_class = from.service_class();
  why.band = from.band();
  why.step = from.step();
  why.steps = from.steps();
  why.joined = from.joined();
  why.counts = read(from.counts());
  why.candidates = read(from.candidates());
  why.wall_ms = from.wall_ms();
  return why;
}

Explained read(const wire::Explained& from) {
  Explained explained;
  explained.conversation = read(from.conversation());
  explained.winner = read(from.winner());
  explained.kind = from.kind();
  explained.sequence = from.sequence();
  explained.record = from.record();
  explained.configured_at = from.configured_at();
  explained.pool_ms = from.pool_ms();
  explained.wall_ms = from.wall_ms();
  explained.opened_ms = from.opened_ms();
  explained.service_class = from.service_class();
  explained.band = from.band();
  explained.rank = from.rank();
  explained.time_ms = from.time_ms();
  explained.queued = from.queued();
  explained.step = from.step();
  explained.steps = from.steps();
  explained.debt = from.debt();
  explained.counts = read(from.counts());
  explained.candidates = read(from.candidates());
  if (const auto* others = from.others(); others != nullptr) {
    explained.others.assign(others->begin(), others->end());
  }
  return explained;
}

}  // namespace

template <class Root>
const Root* Decoder::verified(Bytes bytes, const char* identifier) {
  constexpr std::size_t least = sizeof(flatbuffers::uoffset_t) + flatbuffers::kFileIdentifierLength;
  if (bytes.size() < least) return nullptr;
  aligned_.resize((bytes.size() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
  std::memcpy(aligned_.data(), bytes.data(), bytes.size());
  const auto* data = reinterpret_cast<const std::uint8_t*>(aligned_.data());
  flatbuffers::Verifier verifier(data, bytes.size(), depth_max, tables_max);
  if (!verifier.VerifyBuffer<Root>(identifier)) return nullptr;
  return flatbuffers::GetRoot<Root>(data);
}

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

bool extend(SnapshotPart& whole, SnapshotPart part, bool is_first) {
  if (is_first) {
    whole = std::move(part);
    return true;
  }
  auto& to = whole.snapshot;
  auto& from = part.snapshot;
  if (from.incarnation != to.incarnation || from.sequence != to.sequence) return false;
  whole.cursor = part.cursor;
  std::move(from.agents.begin(), from.agents.end(), std::back_inserter(to.agents));
  std::move(from.conversations.begin(), from.conversations.end(),
            std::back_inserter(to.conversations));
  return true;
}

QueryAnswer Decoder::query_answer(Bytes bytes) {
  QueryAnswer answer;
  const auto* root = verified<wire::QueryAnswer>(bytes, wire::QueryIdentifier());
  if (root == nullptr) return answer;
  answer.ticket = root->ticket();
  if (root->found() == nullptr) return answer;
  switch (root->found_type()) {
    case wire::Found::Status: answer.found = read(*root->found_as_Status()); break;
    case wire::Found::SnapshotChunk: answer.found = read(*root->found_as_SnapshotChunk()); break;
    case wire::Found::Conversation: answer.found = read(*root->found_as_Conversation()); break;
    case wire::Found::Agent: answer.found = read(*root->found_as_Agent()); break;
    case wire::Found::Replay: answer.found = read(*root->found_as_Replay()); break;
    case wire::Found::Dictionary: {
      Dictionary dictionary;
      for (const auto& name : read_names(root->found_as_Dictionary()->names())) {
        dictionary.add(name.kind, name.number, name.text);
      }
      answer.found = std::move(dictionary);
      break;
    }
    case wire::Found::Why: answer.found = read(*root->found_as_Why()); break;
    case wire::Found::Explained: answer.found = read(*root->found_as_Explained()); break;
    case wire::Found::Refusing: {
      const auto& from = *root->found_as_Refusing();
      answer.found = Failure{.kind = Failure::Kind::refused,
                             .refusal = from.reason(),
                             .text = read(from.text(), text_bytes_max)};
      break;
    }
    case wire::Found::NONE: break;
  }
  return answer;
}

}  // namespace usher::client
