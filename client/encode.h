#pragma once

// command → frame: everything the library sends. For its own use.

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "client/command.h"
#include "client/queries.h"

namespace usher::client {

inline constexpr std::uint16_t protocol_version = 1;

// One frame at a time; its bytes are valid until the next call. Memory is kept between frames.
class Encoder {
 public:
  using Bytes = std::span<const std::uint8_t>;

  struct Hello {
    std::string_view pool;
    std::string_view origin;
    Id session;
    std::uint64_t incarnation = 0;
    std::uint64_t directed_from = 0;
  };
  [[nodiscard]] Bytes hello(const Hello& hello);
  [[nodiscard]] Bytes heartbeat(const Id& session);
  [[nodiscard]] Bytes bye(const Id& session);
  [[nodiscard]] Bytes advance(const Id& session, std::uint64_t to_ms);
  [[nodiscard]] Bytes replay_directed(const Id& session, std::uint64_t after);

  // A batch: begin, add one by one, finish. bytes() is how large it has become.
  void begin_batch();
  void add(const Command& command);
  [[nodiscard]] std::size_t bytes() const { return builder_.GetSize(); }
  [[nodiscard]] std::size_t count() const { return commands_.size(); }
  [[nodiscard]] Bytes finish_batch(const Id& session, std::uint64_t first_number);

  // Questions.
  [[nodiscard]] Bytes ask_status(std::string_view pool, std::uint64_t ticket);
  [[nodiscard]] Bytes ask_snapshot(std::string_view pool, std::uint64_t ticket,
                                   std::uint64_t cursor);
  [[nodiscard]] Bytes ask_conversation(std::string_view pool, std::uint64_t ticket, const Id& id);
  [[nodiscard]] Bytes ask_agent(std::string_view pool, std::uint64_t ticket, const Id& id);
  [[nodiscard]] Bytes ask_estimate(std::string_view pool, std::uint64_t ticket,
                                   const EstimateRequest& request);
  [[nodiscard]] Bytes ask_replay(std::string_view pool, std::uint64_t ticket,
                                 const ReplayRequest& request);
  [[nodiscard]] Bytes ask_why(std::string_view pool, std::uint64_t ticket, const Id& id,
                              std::uint64_t sequence);
  [[nodiscard]] Bytes ask_explain(std::string_view pool, std::uint64_t ticket, const Id& id,
                                  std::uint64_t sequence, std::size_t from);
  [[nodiscard]] Bytes ask_dictionary(std::string_view pool, std::uint64_t ticket);

 private:
  template <class Message>
  Bytes finish_message(flatbuffers::Offset<Message> message);
  template <class Question>
  Bytes finish_question(std::string_view pool, std::uint64_t ticket,
                        flatbuffers::Offset<Question> question);
  [[nodiscard]] Bytes written() const;

  flatbuffers::FlatBufferBuilder builder_{64 * 1024};
  std::vector<flatbuffers::Offset<wire::Command>> commands_;
};

}  // namespace usher::client
