#include "client/encode.h"

#include <cstring>

#include "schemas/commands_generated.h"
#include "schemas/queries_generated.h"

namespace usher::client {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

// An id as the schema holds it. None is left out of the table: it costs nothing on the wire.
class WireId {
 public:
  explicit WireId(const Id& id) : is_set_(static_cast<bool>(id)) {
    static_assert(sizeof(wire::Id) == sizeof id.bytes);
    std::memcpy(&value_, id.bytes.data(), sizeof value_);
  }
  operator const wire::Id*() const { return is_set_ ? &value_ : nullptr; }
  [[nodiscard]] const wire::Id& value() const { return value_; }

 private:
  wire::Id value_;
  bool is_set_;
};

// --- lists; an empty one is left out ---

Offset<flatbuffers::Vector<const wire::SkillLevel*>> write(FlatBufferBuilder& to,
                                                           const std::vector<SkillLevel>& from) {
  if (from.empty()) return 0;
  wire::SkillLevel* items = nullptr;
  const auto offset = to.CreateUninitializedVectorOfStructs(from.size(), &items);
  for (const auto& item : from) *items++ = wire::SkillLevel(item.skill, item.level);
  return offset;
}

Offset<flatbuffers::Vector<const wire::ChannelHold*>> write(FlatBufferBuilder& to,
                                                            const std::vector<ChannelHold>& from) {
  if (from.empty()) return 0;
  wire::ChannelHold* items = nullptr;
  const auto offset = to.CreateUninitializedVectorOfStructs(from.size(), &items);
  for (const auto& item : from) *items++ = wire::ChannelHold(item.channel, item.count);
  return offset;
}

Offset<flatbuffers::Vector<const wire::Shift*>> write(FlatBufferBuilder& to,
                                                      const std::vector<Shift>& from) {
  if (from.empty()) return 0;
  wire::Shift* items = nullptr;
  const auto offset = to.CreateUninitializedVectorOfStructs(from.size(), &items);
  for (const auto& item : from) *items++ = wire::Shift(item.from_minute, item.to_minute);
  return offset;
}

Offset<flatbuffers::Vector<const wire::Id*>> write(FlatBufferBuilder& to,
                                                   const std::vector<Id>& from) {
  if (from.empty()) return 0;
  wire::Id* items = nullptr;
  const auto offset = to.CreateUninitializedVectorOfStructs(from.size(), &items);
  for (const auto& item : from) *items++ = WireId(item).value();
  return offset;
}

Offset<flatbuffers::Vector<std::uint16_t>> write(FlatBufferBuilder& to,
                                                 const std::vector<std::uint16_t>& from) {
  return from.empty() ? 0 : to.CreateVector(from);
}

// --- bodies ---

auto write(FlatBufferBuilder& to, const Open& from) {
  const auto required = write(to, from.required);
  const auto preferred = write(to, from.preferred);
  const auto excluded = write(to, from.excluded);
  return wire::CreateOpen(to, WireId(from.conversation), WireId(from.customer), from.channel,
                          from.category, from.impact, from.tier, from.language, from.age_ms,
                          from.not_before_ms, required, preferred, WireId(from.preferred_agent),
                          excluded, from.test);
}

auto write(FlatBufferBuilder& to, const Update& from) {
  const auto required = write(to, from.required);
  const auto preferred = write(to, from.preferred);
  const auto excluded = write(to, from.excluded);
  return wire::CreateUpdate(to, WireId(from.conversation), from.fields, from.category, from.impact,
                            from.tier, from.language, required, preferred,
                            WireId(from.preferred_agent), excluded, WireId(from.customer),
                            from.reason);
}

auto write(FlatBufferBuilder& to, const CustomerWrote& from) {
  return wire::CreateCustomerWrote(to, WireId(from.conversation));
}
auto write(FlatBufferBuilder& to, const Abandon& from) {
  return wire::CreateAbandon(to, WireId(from.conversation));
}
auto write(FlatBufferBuilder& to, const Close& from) {
  return wire::CreateClose(to, WireId(from.conversation), WireId(from.agent), from.epoch,
                           from.outcome);
}
auto write(FlatBufferBuilder& to, const Transfer& from) {
  return wire::CreateTransfer(to, WireId(from.conversation), from.epoch, from.to_class,
                              WireId(from.to_agent), from.reason);
}
auto write(FlatBufferBuilder& to, const Escalate& from) {
  return wire::CreateEscalate(to, WireId(from.conversation), from.epoch, from.reason);
}
auto write(FlatBufferBuilder& to, const Reopen& from) {
  return wire::CreateReopen(to, WireId(from.conversation));
}
auto write(FlatBufferBuilder& to, const Rate& from) {
  return wire::CreateRate(to, WireId(from.conversation), from.score);
}

auto write(FlatBufferBuilder& to, const SignIn& from) {
  const auto channels = write(to, from.channels);
  return wire::CreateSignIn(to, WireId(from.agent), from.presence, channels);
}
auto write(FlatBufferBuilder& to, const SetPresence& from) {
  return wire::CreateSetPresence(to, WireId(from.agent), from.presence, from.reason);
}
auto write(FlatBufferBuilder& to, const SignOff& from) {
  return wire::CreateSignOff(to, WireId(from.agent));
}
auto write(FlatBufferBuilder& to, const Accept& from) {
  return wire::CreateAccept(to, WireId(from.conversation), WireId(from.agent), from.epoch);
}
auto write(FlatBufferBuilder& to, const Reject& from) {
  return wire::CreateReject(to, WireId(from.conversation), WireId(from.agent), from.epoch,
                            from.reason);
}
auto write(FlatBufferBuilder& to, const Pick& from) {
  return wire::CreatePick(to, WireId(from.conversation), WireId(from.agent), from.epoch);
}
auto write(FlatBufferBuilder& to, const Replied& from) {
  return wire::CreateReplied(to, WireId(from.conversation), WireId(from.agent), from.epoch);
}
auto write(FlatBufferBuilder& to, const Hold& from) {
  return wire::CreateHold(to, WireId(from.conversation), WireId(from.agent), from.epoch,
                          from.for_ms);
}
auto write(FlatBufferBuilder& to, const Resume& from) {
  return wire::CreateResume(to, WireId(from.conversation), WireId(from.agent), from.epoch);
}
auto write(FlatBufferBuilder& to, const Release& from) {
  return wire::CreateRelease(to, WireId(from.conversation), WireId(from.agent), from.epoch,
                             from.reason);
}
auto write(FlatBufferBuilder& to, const FinishWrapUp& from) {
  return wire::CreateFinishWrapUp(to, WireId(from.conversation), WireId(from.agent));
}
auto write(FlatBufferBuilder& to, const ExtendWrapUp& from) {
  return wire::CreateExtendWrapUp(to, WireId(from.conversation), WireId(from.agent), from.by_ms);
}

auto write(FlatBufferBuilder& to, const DefineAgent& from) {
  const auto skills = write(to, from.skills);
  const auto authorities = write(to, from.authorities);
  const auto holds = write(to, from.holds);
  const auto shifts = write(to, from.shifts);
  return wire::CreateDefineAgent(to, WireId(from.agent), from.group, from.level, from.share_percent,
                                 from.kind, skills, authorities, holds, shifts);
}
auto write(FlatBufferBuilder& to, const RemoveAgent& from) {
  return wire::CreateRemoveAgent(to, WireId(from.agent));
}
auto write(FlatBufferBuilder& to, const SetScope& from) {
  return wire::CreateSetScope(to, from.scope, from.state, from.number, WireId(from.agent));
}
auto write(FlatBufferBuilder& to, const MoveAll& from) {
  return wire::CreateMoveAll(to, from.from_class, from.to_class, from.count_max);
}
auto write(FlatBufferBuilder& to, const SetMode& from) {
  return wire::CreateSetMode(to, from.mode, from.for_ms);
}

template <class Table>
wire::Body kind_of(Offset<Table> /*body*/) {
  return wire::BodyTraits<Table>::enum_value;
}

}  // namespace

// --- frames ---

Encoder::Bytes Encoder::written() const {
  return {builder_.GetBufferPointer(), builder_.GetSize()};
}

template <class Message>
Encoder::Bytes Encoder::finish_message(Offset<Message> message) {
  wire::FinishClientFrameBuffer(
      builder_, wire::CreateClientFrame(builder_, wire::ClientMessageTraits<Message>::enum_value,
                                        message.Union()));
  return written();
}

Encoder::Bytes Encoder::hello(const Hello& hello) {
  builder_.Clear();
  const auto pool = builder_.CreateString(hello.pool.data(), hello.pool.size());
  const auto origin = builder_.CreateString(hello.origin.data(), hello.origin.size());
  return finish_message(wire::CreateHello(builder_, protocol_version, pool, origin,
                                          WireId(hello.session), hello.incarnation,
                                          hello.directed_from));
}

Encoder::Bytes Encoder::heartbeat(const Id& session) {
  builder_.Clear();
  return finish_message(wire::CreateHeartbeat(builder_, WireId(session)));
}

Encoder::Bytes Encoder::bye(const Id& session) {
  builder_.Clear();
  return finish_message(wire::CreateBye(builder_, WireId(session)));
}

Encoder::Bytes Encoder::advance(const Id& session, std::uint64_t to_ms) {
  builder_.Clear();
  return finish_message(wire::CreateAdvance(builder_, WireId(session), to_ms));
}

Encoder::Bytes Encoder::replay_directed(const Id& session, std::uint64_t after) {
  builder_.Clear();
  return finish_message(wire::CreateReplayDirected(builder_, WireId(session), after));
}

void Encoder::begin_batch() {
  builder_.Clear();
  commands_.clear();
}

void Encoder::add(const Command& command) {
  commands_.push_back(std::visit(
      [&](const auto& body) {
        const auto offset = write(builder_, body);
        return wire::CreateCommand(builder_, kind_of(offset), offset.Union());
      },
      command));
}

Encoder::Bytes Encoder::finish_batch(const Id& session, std::uint64_t first_number) {
  const auto commands = builder_.CreateVector(commands_);
  return finish_message(wire::CreateBatch(builder_, WireId(session), first_number, commands));
}

// --- questions ---

template <class Question>
Encoder::Bytes Encoder::finish_question(std::string_view pool, std::uint64_t ticket,
                                        Offset<Question> question) {
  const auto name = builder_.CreateString(pool.data(), pool.size());
  wire::FinishQueryBuffer(
      builder_, wire::CreateQuery(builder_, protocol_version, name, ticket,
                                  wire::QuestionTraits<Question>::enum_value, question.Union()));
  return written();
}

Encoder::Bytes Encoder::ask_status(std::string_view pool, std::uint64_t ticket) {
  builder_.Clear();
  return finish_question(pool, ticket, wire::CreateAskStatus(builder_));
}

Encoder::Bytes Encoder::ask_snapshot(std::string_view pool, std::uint64_t ticket,
                                     std::uint64_t cursor) {
  builder_.Clear();
  return finish_question(pool, ticket, wire::CreateAskSnapshot(builder_, cursor));
}

Encoder::Bytes Encoder::ask_conversation(std::string_view pool, std::uint64_t ticket,
                                         const Id& id) {
  builder_.Clear();
  return finish_question(pool, ticket, wire::CreateAskConversation(builder_, WireId(id)));
}

Encoder::Bytes Encoder::ask_why(std::string_view pool, std::uint64_t ticket, const Id& id,
                                std::uint64_t sequence) {
  builder_.Clear();
  return finish_question(pool, ticket, wire::CreateAskWhy(builder_, WireId(id), sequence));
}

Encoder::Bytes Encoder::ask_explain(std::string_view pool, std::uint64_t ticket, const Id& id,
                                    std::uint64_t sequence, std::size_t from) {
  builder_.Clear();
  return finish_question(
      pool, ticket,
      wire::CreateAskExplain(builder_, WireId(id), sequence, static_cast<std::uint32_t>(from)));
}

Encoder::Bytes Encoder::ask_agent(std::string_view pool, std::uint64_t ticket, const Id& id) {
  builder_.Clear();
  return finish_question(pool, ticket, wire::CreateAskAgent(builder_, WireId(id)));
}

Encoder::Bytes Encoder::ask_estimate(std::string_view pool, std::uint64_t ticket,
                                     const EstimateRequest& request) {
  builder_.Clear();
  const auto required = write(builder_, request.required);
  return finish_question(
      pool, ticket,
      wire::CreateAskEstimate(builder_, request.channel, request.category, request.tier,
                              request.impact, request.language, required));
}

Encoder::Bytes Encoder::ask_replay(std::string_view pool, std::uint64_t ticket,
                                   const ReplayRequest& request) {
  builder_.Clear();
  return finish_question(
      pool, ticket,
      wire::CreateAskReplay(builder_, request.after, request.count_max, request.origin,
                            WireId(request.conversation), WireId(request.agent)));
}

Encoder::Bytes Encoder::ask_dictionary(std::string_view pool, std::uint64_t ticket) {
  builder_.Clear();
  return finish_question(pool, ticket, wire::CreateAskDictionary(builder_));
}

}  // namespace usher::client
