#pragma once

// A fake usherd on real sockets, for the tests of client/: it keeps the rules of a session
// (numbers, gaps, the table of outcomes), remembers what came, and says what the test wants it to
// say. One thread drives both sides, so nothing depends on the speed of the machine.

#include <flatbuffers/flatbuffers.h>
#include <poll.h>
#include <zmq.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/client.h"
#include "client/queries.h"
#include "schemas/commands_generated.h"
#include "schemas/queries_generated.h"
#include "schemas/replies_generated.h"

namespace usher::client {

using FlatBuffer = flatbuffers::FlatBufferBuilder;
using Frame = std::vector<std::uint8_t>;

inline Id id_of(std::string_view text) { return *Id::parse(text); }

inline wire::Id to_wire(const Id& id) {
  wire::Id to;
  std::memcpy(&to, id.bytes.data(), sizeof to);
  return to;
}

inline Id from_wire(const wire::Id* id) {
  Id to;
  if (id != nullptr) std::memcpy(to.bytes.data(), id, sizeof to.bytes);
  return to;
}

inline Frame frame_of(const FlatBuffer& builder) {
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

template <class Message>
Frame server_frame(FlatBuffer& builder, flatbuffers::Offset<Message> message) {
  builder.Finish(wire::CreateServerFrame(builder, wire::ServerMessageTraits<Message>::enum_value,
                                         message.Union()),
                 wire::ServerFrameIdentifier());
  return frame_of(builder);
}

template <class Message>
Frame answer_frame(FlatBuffer& builder, std::uint64_t ticket, flatbuffers::Offset<Message> found) {
  builder.Finish(wire::CreateQueryAnswer(builder, ticket, 0, wire::FoundTraits<Message>::enum_value,
                                         found.Union()),
                 wire::QueryIdentifier());
  return frame_of(builder);
}

inline flatbuffers::Offset<wire::Event> write_event(FlatBuffer& to, const Event& from) {
  const auto conversation = to_wire(from.conversation);
  const auto agent = to_wire(from.agent);
  const auto other_agent = to_wire(from.other_agent);
  const auto customer = to_wire(from.customer);
  return wire::CreateEvent(to, from.sequence, from.record, from.pool_ms, from.wall_ms, from.kind,
                           from.cause, from.state, &conversation, &agent, &other_agent, from.epoch,
                           from.service_class, from.band, from.channel, from.origin,
                           from.agent_origin, from.previous, from.agent_previous, from.waited_ms,
                           from.due_ms, from.presence, from.outcome, from.reason, from.score,
                           from.test, from.over, &customer, from.count, from.language, from.tier,
                           from.other_origin, from.other_previous, from.scope, from.scope_state);
}

inline flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::Event>>> write_events(
    FlatBuffer& to, std::span<const Event> events) {
  std::vector<flatbuffers::Offset<wire::Event>> offsets;
  for (const auto& event : events) offsets.push_back(write_event(to, event));
  return to.CreateVector(offsets);
}

// A socket of the fake's, bound to a port of its own choice and later to the same one again.
class FakeSocket {
 public:
  explicit FakeSocket(int type) : context_(zmq_ctx_new()), type_(type) {
    bind("tcp://127.0.0.1:*");
  }
  ~FakeSocket() {
    close();
    zmq_ctx_term(context_);
  }
  FakeSocket(const FakeSocket&) = delete;
  FakeSocket& operator=(const FakeSocket&) = delete;

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  void close() {
    if (socket_ != nullptr) zmq_close(socket_);
    socket_ = nullptr;
  }
  void bind(const std::string& endpoint) {
    socket_ = zmq_socket(context_, type_);
    const int linger_ms = 0;
    zmq_setsockopt(socket_, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    const int frames = 100'000;
    zmq_setsockopt(socket_, ZMQ_SNDHWM, &frames, sizeof frames);
    zmq_setsockopt(socket_, ZMQ_RCVHWM, &frames, sizeof frames);
    // The port of a socket closed just now is free a moment later.
    while (zmq_bind(socket_, endpoint.c_str()) != 0) wait(1);
    char name[128];
    std::size_t size = sizeof name;
    zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, name, &size);
    endpoint_ = name;
  }
  void bind_again() { bind(endpoint_); }

  std::optional<Frame> receive() {
    if (socket_ == nullptr) return std::nullopt;
    zmq_msg_t part;
    zmq_msg_init(&part);
    std::optional<Frame> frame;
    if (zmq_msg_recv(&part, socket_, ZMQ_DONTWAIT) >= 0) frame = bytes_of(part);
    zmq_msg_close(&part);
    return frame;
  }
  void send(const Frame& frame, int flags = 0) {
    zmq_send(socket_, frame.data(), frame.size(), flags | ZMQ_DONTWAIT);
  }
  static void wait(int ms) { ::poll(nullptr, 0, ms); }

 private:
  static Frame bytes_of(zmq_msg_t& part) {
    const auto* data = static_cast<const std::uint8_t*>(zmq_msg_data(&part));
    return {data, data + zmq_msg_size(&part)};
  }

  void* context_;
  int type_;
  void* socket_ = nullptr;
  std::string endpoint_;
};

// The command socket.
class FakeUsherd {
 public:
  struct Came {
    std::uint64_t number = 0;
    wire::Body kind = wire::Body::NONE;
    Id conversation = {};  // of an Open
  };

  [[nodiscard]] const std::string& endpoint() const { return socket_.endpoint(); }

  // What it is to do.
  std::uint64_t incarnation = 77;
  std::uint32_t window = 4096;
  std::uint64_t directed_last = 0;
  bool acknowledges = true;
  bool answers = true;                  // anything at all
  int drop_batches = 0;                 // so many of the next
  std::map<Id, wire::Refusal> refuses;  // the open of these conversations
  std::optional<wire::Refusal> refuses_hello;

  // What came.
  std::vector<Came> applied;
  std::vector<wire::ClientMessage> messages;
  std::vector<std::uint64_t> batch_sizes;
  std::size_t frame_bytes = 0;  // of the largest
  std::uint64_t repeated = 0;   // commands that came again
  std::uint64_t last_applied = 0;
  std::uint64_t replay_after = 0;
  std::uint64_t hello_directed_from = 0;
  Id hello_session;
  std::uint64_t advanced_after = 0;  // commands applied when Advance came

  // The process ends and another one takes its place; with `remembers` it has the session's table.
  void restart(bool remembers) {
    socket_.close();
    peer_.clear();
    greeted_ = false;
    if (!remembers) forget_session();
    socket_.bind_again();
  }
  void stop() {
    socket_.close();
    greeted_ = false;
  }
  void start() { socket_.bind_again(); }
  void forget_session() {
    session_ = {};
    last_applied = 0;
  }

  void process() {
    while (true) {
      auto identity = socket_.receive();
      if (!identity) return;
      auto body = socket_.receive();
      frame_bytes = std::max(frame_bytes, body->size());
      if (peer_ != *identity) greeted_ = false;
      peer_ = *identity;
      const auto* frame = flatbuffers::GetRoot<wire::ClientFrame>(body->data());
      flatbuffers::Verifier verifier(body->data(), body->size());
      if (!wire::VerifyClientFrameBuffer(verifier)) std::abort();
      on(*frame);
    }
  }

  void say(const Frame& frame) {
    if (!answers) return;
    socket_.send(peer_, ZMQ_SNDMORE);
    socket_.send(frame);
  }
  void acknowledge() {
    FlatBuffer to;
    std::vector<flatbuffers::Offset<wire::Answer>> answered;
    std::vector<wire::Refused> refused;
    for (const auto& [number, reason] : outcomes_) {
      if (reason == wire::Refusal::none) {
        answered.push_back(wire::CreateAnswer(to, number, wire::ConversationState::waiting, 3,
                                              static_cast<std::uint32_t>(number), 10, 20, 5));
      } else {
        refused.emplace_back(number, reason);
        if (reason != wire::Refusal::overflow) continue;
        answered.push_back(
            wire::CreateAnswer(to, number, wire::ConversationState::none, 0, 0, 30, 40));
      }
    }
    const auto session = to_wire(session_);
    const auto answers_at = to.CreateVector(answered);
    const auto refused_at = to.CreateVectorOfStructs(refused);
    say(server_frame(to, wire::CreateAcknowledgement(to, &session, last_applied, window, 0,
                                                     answers_at, refused_at)));
    outcomes_.clear();
  }
  void direct(std::span<const Event> events, std::uint64_t term = 1,
              std::optional<std::uint64_t> of_incarnation = {}) {
    FlatBuffer to;
    const auto written = write_events(to, events);
    say(server_frame(
        to, wire::CreateDirected(to, of_incarnation.value_or(incarnation), term, written)));
  }
  void refuse_frame(wire::Refusal reason, std::uint64_t wanted = 0) {
    FlatBuffer to;
    const auto text = to.CreateString("as the test wants it");
    say(server_frame(to, wire::CreateFrameRefused(to, reason, wanted, text)));
  }
  void lose_directed(std::uint64_t after, std::uint64_t oldest) {
    FlatBuffer to;
    say(server_frame(to, wire::CreateDirectedLost(to, after, oldest)));
  }
  void advanced(std::uint64_t to_ms) {
    FlatBuffer to;
    say(server_frame(to, wire::CreateAdvanced(to, to_ms, to_ms + 5, 9)));
  }
  void welcome() {
    FlatBuffer to;
    const auto session = to_wire(session_);
    const std::vector<flatbuffers::Offset<wire::Name>> names = {
        wire::CreateNameDirect(to, wire::NameKind::category, 1, "takeover"),
        wire::CreateNameDirect(to, wire::NameKind::category, 2, "account"),
        wire::CreateNameDirect(to, wire::NameKind::channel, 1, "chat")};
    const auto limits = wire::CreateLimits(to, 256 * 1024, 4096, 0, 30'000);
    const auto dictionary = to.CreateVector(names);
    say(server_frame(to, wire::CreateWelcome(to, 1, &session, incarnation, 1, last_applied, window,
                                             origin, directed_last, 0, limits, dictionary)));
    greeted_ = true;
  }

  static constexpr std::uint16_t origin = 4;

 private:
  void on(const wire::ClientFrame& frame) {
    messages.push_back(frame.message_type());
    if (const auto* hello = frame.message_as_Hello()) return on(*hello);
    if (!greeted_) return refuse_frame(wire::Refusal::unknown_session);
    if (const auto* batch = frame.message_as_Batch()) on(*batch);
    if (frame.message_as_Heartbeat() != nullptr) {
      FlatBuffer to;
      say(server_frame(to, wire::CreateAlive(to, 0)));
    }
    if (const auto* replay = frame.message_as_ReplayDirected()) replay_after = replay->after();
    if (frame.message_as_Advance() != nullptr) advanced_after = applied.size();
  }

  void on(const wire::Hello& hello) {
    hello_session = from_wire(hello.session());
    hello_directed_from = hello.directed_from();
    if (refuses_hello) return refuse_frame(*refuses_hello);
    const bool is_known = hello_session == session_ && hello.incarnation() == incarnation;
    if (hello_session && !is_known) return refuse_frame(wire::Refusal::unknown_session);
    if (!hello_session) {
      session_ = Id::random();
      last_applied = 0;
      table_.clear();
    }
    welcome();
  }

  void on(const wire::Batch& batch) {
    batch_sizes.push_back(batch.commands()->size());
    if (drop_batches > 0) {
      --drop_batches;
      return;
    }
    if (batch.number() > last_applied + 1) {
      return refuse_frame(wire::Refusal::gap, last_applied + 1);
    }
    std::uint64_t number = batch.number();
    for (const auto* command : *batch.commands()) {
      if (number > last_applied) {
        apply(number, *command);
        last_applied = number;
      } else {
        ++repeated;
      }
      if (const auto outcome = table_.find(number); outcome != table_.end()) {
        outcomes_[number] = outcome->second;
      }
      ++number;
    }
    if (acknowledges) acknowledge();
  }

  void apply(std::uint64_t number, const wire::Command& command) {
    Came came{.number = number, .kind = command.body_type()};
    if (const auto* open = command.body_as_Open()) {
      came.conversation = from_wire(open->conversation());
      const auto refusal = refuses.find(came.conversation);
      table_[number] = refusal == refuses.end() ? wire::Refusal::none : refusal->second;
    }
    applied.push_back(came);
  }

  FakeSocket socket_{ZMQ_ROUTER};
  Frame peer_;
  bool greeted_ = false;
  Id session_;
  std::map<std::uint64_t, wire::Refusal> table_;     // of every open
  std::map<std::uint64_t, wire::Refusal> outcomes_;  // not yet acknowledged
};

// Drives both sides until it holds, for at most 10 s: more than any machine needs.
inline bool eventually(std::initializer_list<std::function<void()>> sides,
                       const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (true) {
    for (const auto& side : sides) side();
    if (holds()) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    FakeSocket::wait(1);
  }
}

}  // namespace usher::client
