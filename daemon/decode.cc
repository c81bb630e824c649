#include "daemon/decode.h"

#include <flatbuffers/flatbuffers.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/decode_fields.h"
#include "routing/check.h"
#include "schemas/commands_generated.h"
#include "schemas/queries_generated.h"

namespace usher {
namespace {

using namespace decode;

// Root offset, identifier, an empty vtable and a table that points to it.
constexpr std::size_t frame_bytes_min = 16;
// The deepest legal frame is frame, batch, command, body; the limit leaves room for the schema.
constexpr flatbuffers::uoffset_t depth_max = 8;
// A batch is the frame and the batch itself, and a command and a body for each command.
constexpr flatbuffers::uoffset_t client_tables_max = 2 + 2 * limits::batch_commands_max;
constexpr flatbuffers::uoffset_t query_tables_max = 2;
constexpr std::size_t pool_bytes_max = 8;
constexpr std::uint32_t replay_count_max = 1024;

Malformed malformed(std::string text) { return {Refusal::malformed, std::move(text)}; }
Malformed out_of_range(std::string text) { return {Refusal::out_of_range, std::move(text)}; }

Malformed wrong_version(const char* message, std::uint16_t found) {
  return {Refusal::wrong_version, std::string(message) + ".version: must be " +
                                      std::to_string(protocol_version) + ", found " +
                                      std::to_string(found)};
}

Malformed no_session(const char* message) {
  return malformed(std::string(message) + ".session: must be the id of a session, found zero");
}

// Text from the network never reaches a log or a terminal as it came.
std::string shown(std::string_view text) {
  const bool cut = text.size() > 40;
  std::string printable(text.substr(0, 40));
  for (char& c : printable) {
    if (c < ' ' || c > '~' || c == '"') c = '?';
  }
  return '"' + printable + (cut ? "\" …" : "\"");
}

// Checks the name that `field` must be, and says what is wrong with it.
std::optional<Malformed> read_name(const char* field, const flatbuffers::String* from,
                                   std::size_t bytes_max, std::string& to) {
  const std::string_view text =
      from == nullptr ? std::string_view() : std::string_view(from->c_str(), from->size());
  bool allowed = !text.empty() && text.size() <= bytes_max;
  for (std::size_t i = 0; allowed && i < text.size(); ++i) {
    const char c = text[i];
    allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.';
  }
  if (!allowed) {
    return malformed(std::string(field) + ": must be 1 to " + std::to_string(bytes_max) +
                     " letters, digits, - _ ., found " + shown(text));
  }
  to = text;
  return std::nullopt;
}

// Copies the bytes to where FlatBuffers may be read and verifies them: ZeroMQ's own are aligned by
// chance. Nobody looks at a frame before this has let it pass.
template <class Root>
std::variant<const Root*, Malformed> verified(std::span<const std::byte> bytes,
                                              const char* identifier,
                                              flatbuffers::uoffset_t tables_max, Bytes& aligned) {
  if (bytes.size() < frame_bytes_min || bytes.size() > frame_bytes_max) {
    return malformed("frame: must be " + std::to_string(frame_bytes_min) + " to " +
                     std::to_string(frame_bytes_max) + " bytes, found " +
                     std::to_string(bytes.size()));
  }
  aligned.assign(bytes.begin(), bytes.end());
  CHECK(reinterpret_cast<std::uintptr_t>(aligned.data()) % 8 == 0);
  const auto* data = reinterpret_cast<const std::uint8_t*>(aligned.data());
  if (!flatbuffers::BufferHasIdentifier(data, identifier)) {
    const std::string_view found(
        reinterpret_cast<const char*>(data) + sizeof(flatbuffers::uoffset_t),
        flatbuffers::kFileIdentifierLength);
    return malformed("frame: must have the identifier " + shown(identifier) + ", found " +
                     shown(found));
  }
  flatbuffers::Verifier verifier(data, aligned.size(), depth_max, tables_max);
  if (!verifier.VerifyBuffer<Root>(identifier)) {
    return malformed("frame: must be a FlatBuffer of at most " + std::to_string(tables_max) +
                     " tables, found offsets that lead elsewhere or more tables");
  }
  return flatbuffers::GetRoot<Root>(data);
}

std::variant<ClientMessage, Malformed> read_hello(const wire::Hello& from) {
  Hello hello;
  hello.version = from.version();
  if (hello.version != protocol_version) return wrong_version("Hello", hello.version);
  if (auto wrong = read_name("Hello.pool", from.pool(), pool_bytes_max, hello.pool)) {
    return *std::move(wrong);
  }
  if (auto wrong = read_name("Hello.origin", from.origin(), limits::name_bytes_max, hello.origin)) {
    return *std::move(wrong);
  }
  read_id(from.session(), hello.session);  // zero opens a session
  hello.incarnation = from.incarnation();
  hello.directed_from = from.directed_from();
  return ClientMessage(std::move(hello));
}

std::variant<ClientMessage, Malformed> read_batch(const wire::Batch& from, std::size_t bytes) {
  Batch batch;
  if (!read_id(from.session(), batch.session)) return no_session("Batch");
  const std::size_t count = from.commands() == nullptr ? 0 : from.commands()->size();
  if (count < 1 || count > limits::batch_commands_max) {
    return out_of_range("Batch.commands: must be 1 to " +
                        std::to_string(limits::batch_commands_max) + ", found " +
                        std::to_string(count));
  }
  batch.number = from.number();
  if (batch.number < 1 || batch.number > UINT64_MAX - count) {
    return out_of_range("Batch.number: must be 1 or more and leave room for the commands, found " +
                        std::to_string(batch.number));
  }
  Allowance allowance(bytes);
  batch.commands.reserve(count);
  for (const wire::Command* said : *from.commands()) {
    Command& command = batch.commands.emplace_back();
    const std::size_t said_bytes =
        command_bytes_min + (said->body() == nullptr ? 0 : body_bytes_min);
    const Refusal refusal =
        allowance.take(said_bytes) ? read_command(*said, command, allowance) : Refusal::malformed;
    if (allowance.exceeded()) {
      return malformed(
          "Batch.commands: must share no bytes with each other, found more in them "
          "than the frame's " +
          std::to_string(bytes) + " bytes");
    }
    if (refusal != Refusal::none) command = command::Refused{refusal};
  }
  return ClientMessage(std::move(batch));
}

// Messages that are a session and no more.
template <class To, class Wire>
std::variant<ClientMessage, Malformed> read_session(const char* message, const Wire& from) {
  To to;
  if (!read_id(from.session(), to.session)) return no_session(message);
  return ClientMessage(to);
}

std::variant<ClientMessage, Malformed> read_advance(const wire::Advance& from) {
  Advance advance;
  if (!read_id(from.session(), advance.session)) return no_session("Advance");
  if (!read_ms(from.to_ms(), limits::pool_ms_max, advance.to_ms)) {
    return out_of_range("Advance.to_ms: must be 0 to " + std::to_string(limits::pool_ms_max) +
                        ", found " + std::to_string(from.to_ms()));
  }
  return ClientMessage(advance);
}

std::variant<ClientMessage, Malformed> read_replay(const wire::ReplayDirected& from) {
  ReplayDirected replay;
  if (!read_id(from.session(), replay.session)) return no_session("ReplayDirected");
  replay.after = from.after();
  return ClientMessage(replay);
}

std::optional<Malformed> read_ask(const wire::AskReplay& from, AskReplay& to) {
  to.after = from.after();
  to.count_max = from.count_max();
  if (to.count_max < 1 || to.count_max > replay_count_max) {
    return out_of_range("AskReplay.count_max: must be 1 to " + std::to_string(replay_count_max) +
                        ", found " + std::to_string(to.count_max));
  }
  if (!read_number(from.origin(), to.origin)) {
    return out_of_range("AskReplay.origin: must be 0 to " + std::to_string(limits::names_max) +
                        ", found " + std::to_string(to.origin.value));
  }
  read_id(from.conversation(), to.conversation);
  read_id(from.agent(), to.agent);
  return std::nullopt;
}

std::optional<Malformed> read_ask(const wire::AskExplain& from, AskExplain& to) {
  to.sequence = from.sequence();
  to.from = from.from();
  if (to.from > limits::agents_max) {
    return out_of_range("AskExplain.from: must be 0 to " + std::to_string(limits::agents_max) +
                        ", found " + std::to_string(to.from));
  }
  if (read_id(from.conversation(), to.conversation) || to.sequence != 0) return std::nullopt;
  return malformed("AskExplain: must have a conversation or a sequence, found neither");
}

std::optional<Malformed> read_ask(const wire::AskEstimate& from, AskEstimate& to) {
  command::Open& open = to.open;
  const bool in_range =
      read_number(from.channel(), open.channel, limits::channels_max) &&
      read_number(from.category(), open.category) && read_number(from.tier(), open.tier) &&
      read_number(from.impact(), open.impact) && read_number(from.language(), open.language);
  if (!in_range) {
    return out_of_range("AskEstimate: numbers of names must be 0 to " +
                        std::to_string(limits::names_max) + ", of channels to " +
                        std::to_string(limits::channels_max) + ", found a greater one");
  }
  const Refusal refusal = read_required(from.required(), open.required);
  if (refusal == Refusal::none) return std::nullopt;
  return Malformed{
      refusal, "AskEstimate.required: must be at most " + std::to_string(limits::required_max) +
                   " different skills of level 1 to " + std::to_string(limits::skill_level_max)};
}

std::optional<Malformed> read_question(const wire::Query& from, Question& to) {
  using wire::Question;
  if (from.question() != nullptr) {
    switch (from.question_type()) {
      case Question::AskStatus: to.emplace<AskStatus>(); return std::nullopt;
      case Question::AskSnapshot:
        to.emplace<AskSnapshot>().cursor = from.question_as_AskSnapshot()->cursor();
        return std::nullopt;
      case Question::AskConversation:
        if (read_id(from.question_as_AskConversation()->conversation(),
                    to.emplace<AskConversation>().conversation)) {
          return std::nullopt;
        }
        return malformed("AskConversation.conversation: must be an id, found zero");
      case Question::AskAgent:
        if (read_id(from.question_as_AskAgent()->agent(), to.emplace<AskAgent>().agent)) {
          return std::nullopt;
        }
        return malformed("AskAgent.agent: must be an id, found zero");
      case Question::AskReplay:
        return read_ask(*from.question_as_AskReplay(), to.emplace<AskReplay>());
      case Question::AskDictionary: to.emplace<AskDictionary>(); return std::nullopt;
      case Question::AskWhy:
        to.emplace<AskWhy>().sequence = from.question_as_AskWhy()->sequence();
        if (read_id(from.question_as_AskWhy()->conversation(), std::get<AskWhy>(to).conversation)) {
          return std::nullopt;
        }
        return malformed("AskWhy.conversation: must be an id, found zero");
      case Question::AskExplain:
        return read_ask(*from.question_as_AskExplain(), to.emplace<AskExplain>());
      case Question::AskEstimate:
        return read_ask(*from.question_as_AskEstimate(), to.emplace<AskEstimate>());
      case Question::NONE: break;
    }
  }
  return malformed("Query.question: must be one of the kinds 1 to " +
                   std::to_string(static_cast<unsigned>(Question::MAX)) + ", found " +
                   (from.question() == nullptr
                        ? "none"
                        : "kind " + std::to_string(static_cast<unsigned>(from.question_type()))));
}

}  // namespace

std::variant<ClientMessage, Malformed> Decoder::client_frame(std::span<const std::byte> bytes) {
  auto opened = verified<wire::ClientFrame>(bytes, wire::ClientFrameIdentifier(), client_tables_max,
                                            aligned_);
  if (auto* wrong = std::get_if<Malformed>(&opened)) return std::move(*wrong);
  const wire::ClientFrame& frame = *std::get<const wire::ClientFrame*>(opened);
  using wire::ClientMessage;
  if (frame.message() != nullptr) {
    switch (frame.message_type()) {
      case ClientMessage::Hello: return read_hello(*frame.message_as_Hello());
      case ClientMessage::Batch: return read_batch(*frame.message_as_Batch(), bytes.size());
      case ClientMessage::Heartbeat:
        return read_session<Heartbeat>("Heartbeat", *frame.message_as_Heartbeat());
      case ClientMessage::Bye: return read_session<Bye>("Bye", *frame.message_as_Bye());
      case ClientMessage::Advance: return read_advance(*frame.message_as_Advance());
      case ClientMessage::ReplayDirected: return read_replay(*frame.message_as_ReplayDirected());
      case ClientMessage::NONE: break;
    }
  }
  return malformed("ClientFrame.message: must be one of the kinds 1 to " +
                   std::to_string(static_cast<unsigned>(ClientMessage::MAX)) + ", found " +
                   (frame.message() == nullptr
                        ? "none"
                        : "kind " + std::to_string(static_cast<unsigned>(frame.message_type()))));
}

std::variant<Query, Malformed> Decoder::query_frame(std::span<const std::byte> bytes) {
  auto opened = verified<wire::Query>(bytes, wire::QueryIdentifier(), query_tables_max, aligned_);
  if (auto* wrong = std::get_if<Malformed>(&opened)) return std::move(*wrong);
  const wire::Query& from = *std::get<const wire::Query*>(opened);
  Query query;
  query.version = from.version();
  if (query.version != protocol_version) return wrong_version("Query", query.version);
  if (auto wrong = read_name("Query.pool", from.pool(), pool_bytes_max, query.pool)) {
    return *std::move(wrong);
  }
  query.ticket = from.ticket();
  if (auto wrong = read_question(from, query.question)) return *std::move(wrong);
  return query;
}

}  // namespace usher
