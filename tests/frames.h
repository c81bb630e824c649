#pragma once

// What a client would send: nouns written as frames, for tests that feed the decoder. Written apart
// from the client library, so that a mistake is not made twice in the same way.

#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/nouns.h"
#include "schemas/commands_generated.h"
#include "schemas/queries_generated.h"

namespace usher::frames {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

// An id as the wire has it; absent when it is zero.
class WireId {
 public:
  template <class Tag>
  explicit WireId(const Id<Tag>& id) : given_(!id.is_zero()) {
    std::memcpy(&id_, id.bytes.data(), sizeof id_);
  }
  const wire::Id* get() const { return given_ ? &id_ : nullptr; }
  const wire::Id& value() const { return id_; }

 private:
  wire::Id id_;
  bool given_;
};

inline Bytes bytes_of(const FlatBufferBuilder& fbb) {
  const auto* begin = reinterpret_cast<const std::byte*>(fbb.GetBufferPointer());
  return Bytes(begin, begin + fbb.GetSize());
}

// --- commands ---

inline auto skills(FlatBufferBuilder& fbb, std::span<const SkillLevel> from) {
  std::vector<wire::SkillLevel> to;
  for (const SkillLevel& one : from) to.emplace_back(one.skill.value, one.level);
  return fbb.CreateVectorOfStructs(to);
}
inline auto ids(FlatBufferBuilder& fbb, std::span<const AgentId> from) {
  std::vector<wire::Id> to;
  for (const AgentId& one : from) to.push_back(WireId(one).value());
  return fbb.CreateVectorOfStructs(to);
}
template <class Items>
std::span<const typename Items::value_type> items(const Items& from) {
  return {from.begin(), from.size()};
}
inline std::uint64_t ms(std::int64_t value) { return static_cast<std::uint64_t>(value); }

inline auto body(FlatBufferBuilder& fbb, const command::Open& from) {
  const auto required = skills(fbb, items(from.required));
  const auto preferred = skills(fbb, items(from.preferred));
  const auto excluded = ids(fbb, items(from.excluded));
  return wire::CreateOpen(fbb, WireId(from.conversation).get(), WireId(from.customer).get(),
                          from.channel.value, from.category.value, from.impact.value,
                          from.tier.value, from.language.value, ms(from.age_ms),
                          ms(from.not_before_ms), required, preferred,
                          WireId(from.preferred_agent).get(), excluded, from.test);
}
inline auto body(FlatBufferBuilder& fbb, const command::Update& from) {
  const auto required = skills(fbb, items(from.required));
  const auto preferred = skills(fbb, items(from.preferred));
  const auto excluded = ids(fbb, items(from.excluded));
  return wire::CreateUpdate(fbb, WireId(from.conversation).get(), from.fields, from.category.value,
                            from.impact.value, from.tier.value, from.language.value, required,
                            preferred, WireId(from.preferred_agent).get(), excluded,
                            WireId(from.customer).get(), from.reason.value);
}
inline auto body(FlatBufferBuilder& fbb, const command::CustomerWrote& from) {
  return wire::CreateCustomerWrote(fbb, WireId(from.conversation).get());
}
inline auto body(FlatBufferBuilder& fbb, const command::Abandon& from) {
  return wire::CreateAbandon(fbb, WireId(from.conversation).get());
}
inline auto body(FlatBufferBuilder& fbb, const command::Close& from) {
  return wire::CreateClose(fbb, WireId(from.conversation).get(), WireId(from.agent).get(),
                           from.epoch, static_cast<wire::CloseOutcome>(from.outcome));
}
inline auto body(FlatBufferBuilder& fbb, const command::Transfer& from) {
  return wire::CreateTransfer(fbb, WireId(from.conversation).get(), from.epoch, from.to_class.value,
                              WireId(from.to_agent).get(), from.reason.value);
}
inline auto body(FlatBufferBuilder& fbb, const command::Escalate& from) {
  return wire::CreateEscalate(fbb, WireId(from.conversation).get(), from.epoch, from.reason.value);
}
inline auto body(FlatBufferBuilder& fbb, const command::Reopen& from) {
  return wire::CreateReopen(fbb, WireId(from.conversation).get());
}
inline auto body(FlatBufferBuilder& fbb, const command::Rate& from) {
  return wire::CreateRate(fbb, WireId(from.conversation).get(), from.score);
}
inline auto body(FlatBufferBuilder& fbb, const command::SignIn& from) {
  std::vector<std::uint16_t> channels;
  for (std::uint16_t n = 1; n <= 16; ++n) {
    if ((from.channels >> (n - 1) & 1) != 0) channels.push_back(n);
  }
  const auto written = fbb.CreateVector(channels);
  return wire::CreateSignIn(fbb, WireId(from.agent).get(),
                            static_cast<wire::Presence>(from.presence), written);
}
inline auto body(FlatBufferBuilder& fbb, const command::SetPresence& from) {
  return wire::CreateSetPresence(fbb, WireId(from.agent).get(),
                                 static_cast<wire::Presence>(from.presence), from.reason.value);
}
inline auto body(FlatBufferBuilder& fbb, const command::SignOff& from) {
  return wire::CreateSignOff(fbb, WireId(from.agent).get());
}
inline auto body(FlatBufferBuilder& fbb, const command::Accept& from) {
  return wire::CreateAccept(fbb, WireId(from.conversation).get(), WireId(from.agent).get(),
                            from.epoch);
}
inline auto body(FlatBufferBuilder& fbb, const command::Reject& from) {
  return wire::CreateReject(fbb, WireId(from.conversation).get(), WireId(from.agent).get(),
                            from.epoch, from.reason.value);
}
inline auto body(FlatBufferBuilder& fbb, const command::Pick& from) {
  return wire::CreatePick(fbb, WireId(from.conversation).get(), WireId(from.agent).get(),
                          from.epoch);
}
inline auto body(FlatBufferBuilder& fbb, const command::Replied& from) {
  return wire::CreateReplied(fbb, WireId(from.conversation).get(), WireId(from.agent).get(),
                             from.epoch);
}
inline auto body(FlatBufferBuilder& fbb, const command::Hold& from) {
  return wire::CreateHold(fbb, WireId(from.conversation).get(), WireId(from.agent).get(),
                          from.epoch, ms(from.for_ms));
}
inline auto body(FlatBufferBuilder& fbb, const command::Resume& from) {
  return wire::CreateResume(fbb, WireId(from.conversation).get(), WireId(from.agent).get(),
                            from.epoch);
}
inline auto body(FlatBufferBuilder& fbb, const command::Release& from) {
  return wire::CreateRelease(fbb, WireId(from.conversation).get(), WireId(from.agent).get(),
                             from.epoch, from.reason.value);
}
inline auto body(FlatBufferBuilder& fbb, const command::FinishWrapUp& from) {
  return wire::CreateFinishWrapUp(fbb, WireId(from.conversation).get(), WireId(from.agent).get());
}
inline auto body(FlatBufferBuilder& fbb, const command::ExtendWrapUp& from) {
  return wire::CreateExtendWrapUp(fbb, WireId(from.conversation).get(), WireId(from.agent).get(),
                                  ms(from.by_ms));
}
inline auto body(FlatBufferBuilder& fbb, const command::DefineAgent& from) {
  const command::AgentDefinition& agent = *from.definition;
  const auto written = skills(fbb, items(agent.skills));
  std::vector<std::uint16_t> authorities;
  for (const AuthorityNumber one : agent.authorities) authorities.push_back(one.value);
  const auto authorities_written = fbb.CreateVector(authorities);
  std::vector<wire::ChannelHold> holds;
  for (const ChannelHold& one : agent.holds) holds.emplace_back(one.channel.value, one.count);
  const auto holds_written = fbb.CreateVectorOfStructs(holds);
  std::vector<wire::Shift> times;
  for (const command::Shift& one : agent.shifts) times.emplace_back(one.from_minute, one.to_minute);
  const auto shifts = fbb.CreateVectorOfStructs(times);
  return wire::CreateDefineAgent(fbb, WireId(agent.agent).get(), agent.group.value, agent.level,
                                 agent.share_percent, static_cast<wire::AgentKind>(agent.kind),
                                 written, authorities_written, holds_written, shifts);
}
inline auto body(FlatBufferBuilder& fbb, const command::RemoveAgent& from) {
  return wire::CreateRemoveAgent(fbb, WireId(from.agent).get());
}
inline auto body(FlatBufferBuilder& fbb, const command::SetScope& from) {
  return wire::CreateSetScope(fbb, static_cast<wire::Scope>(from.scope),
                              static_cast<wire::ScopeState>(from.state), from.number,
                              WireId(from.agent).get());
}
inline auto body(FlatBufferBuilder& fbb, const command::MoveAll& from) {
  return wire::CreateMoveAll(fbb, from.from_class.value, from.to_class.value, from.count_max);
}
inline auto body(FlatBufferBuilder& fbb, const command::SetMode& from) {
  return wire::CreateSetMode(fbb, from.mode.value, ms(from.for_ms));
}

template <class Body>
Offset<wire::Command> command_of(FlatBufferBuilder& fbb, Offset<Body> written) {
  return wire::CreateCommand(fbb, wire::BodyTraits<Body>::enum_value, written.Union());
}

// What no client can say is written as a command without a body.
inline Offset<wire::Command> write_command(FlatBufferBuilder& fbb, const Command& from) {
  return std::visit(
      [&](const auto& one) {
        if constexpr (requires { body(fbb, one); }) {
          return command_of(fbb, body(fbb, one));
        } else {
          return wire::CreateCommand(fbb);
        }
      },
      from);
}

// --- frames ---

template <class Message>
Bytes client_frame(FlatBufferBuilder& fbb, Offset<Message> message) {
  const auto type = wire::ClientMessageTraits<Message>::enum_value;
  fbb.Finish(wire::CreateClientFrame(fbb, type, message.Union()), wire::ClientFrameIdentifier());
  return bytes_of(fbb);
}

inline Bytes encode(const Hello& from) {
  FlatBufferBuilder fbb;
  const auto pool = fbb.CreateString(from.pool);
  const auto origin = fbb.CreateString(from.origin);
  return client_frame(fbb,
                      wire::CreateHello(fbb, from.version, pool, origin, WireId(from.session).get(),
                                        from.incarnation, from.directed_from));
}
inline Bytes batch_frame(FlatBufferBuilder& fbb, const SessionId& session, std::uint64_t number,
                         const std::vector<Offset<wire::Command>>& commands) {
  const auto written = fbb.CreateVector(commands);
  return client_frame(fbb, wire::CreateBatch(fbb, WireId(session).get(), number, written));
}
inline Bytes encode(const Batch& from) {
  FlatBufferBuilder fbb;
  std::vector<Offset<wire::Command>> commands;
  for (const Command& command : from.commands) commands.push_back(write_command(fbb, command));
  return batch_frame(fbb, from.session, from.number, commands);
}
inline Bytes encode(const Heartbeat& from) {
  FlatBufferBuilder fbb;
  return client_frame(fbb, wire::CreateHeartbeat(fbb, WireId(from.session).get()));
}
inline Bytes encode(const Bye& from) {
  FlatBufferBuilder fbb;
  return client_frame(fbb, wire::CreateBye(fbb, WireId(from.session).get()));
}
inline Bytes encode(const Advance& from) {
  FlatBufferBuilder fbb;
  return client_frame(fbb, wire::CreateAdvance(fbb, WireId(from.session).get(), ms(from.to_ms)));
}
inline Bytes encode(const ReplayDirected& from) {
  FlatBufferBuilder fbb;
  return client_frame(fbb, wire::CreateReplayDirected(fbb, WireId(from.session).get(), from.after));
}
inline Bytes encode(const ClientMessage& from) {
  return std::visit([](const auto& one) { return encode(one); }, from);
}

inline auto question(FlatBufferBuilder& fbb, const AskStatus&) {
  return wire::CreateAskStatus(fbb);
}
inline auto question(FlatBufferBuilder& fbb, const AskSnapshot& from) {
  return wire::CreateAskSnapshot(fbb, from.cursor);
}
inline auto question(FlatBufferBuilder& fbb, const AskConversation& from) {
  return wire::CreateAskConversation(fbb, WireId(from.conversation).get());
}
inline auto question(FlatBufferBuilder& fbb, const AskAgent& from) {
  return wire::CreateAskAgent(fbb, WireId(from.agent).get());
}
inline auto question(FlatBufferBuilder& fbb, const AskReplay& from) {
  return wire::CreateAskReplay(fbb, from.after, from.count_max, from.origin.value,
                               WireId(from.conversation).get(), WireId(from.agent).get());
}
inline auto question(FlatBufferBuilder& fbb, const AskWhy& from) {
  return wire::CreateAskWhy(fbb, WireId(from.conversation).get(), from.sequence);
}
inline auto question(FlatBufferBuilder& fbb, const AskExplain& from) {
  return wire::CreateAskExplain(fbb, WireId(from.conversation).get(), from.sequence, from.from);
}
inline auto question(FlatBufferBuilder& fbb, const AskEstimate& from) {
  const command::Open& open = from.open;
  const auto required = skills(fbb, items(open.required));
  return wire::CreateAskEstimate(fbb, open.channel.value, open.category.value, open.tier.value,
                                 open.impact.value, open.language.value, required);
}
inline auto question(FlatBufferBuilder& fbb, const AskDictionary&) {
  return wire::CreateAskDictionary(fbb);
}

template <class Question>
void finish_query(FlatBufferBuilder& fbb, const Query& from, Offset<flatbuffers::String> pool,
                  Offset<Question> written) {
  const auto type = wire::QuestionTraits<Question>::enum_value;
  wire::FinishQueryBuffer(
      fbb, wire::CreateQuery(fbb, from.version, pool, from.ticket, type, written.Union()));
}
inline Bytes encode(const Query& from) {
  FlatBufferBuilder fbb;
  const auto pool = fbb.CreateString(from.pool);
  std::visit([&](const auto& ask) { finish_query(fbb, from, pool, question(fbb, ask)); },
             from.question);
  return bytes_of(fbb);
}

}  // namespace usher::frames
