#pragma once

// Those on the other side of the fault simulator's network: a front-end that sends every command
// until it is acknowledged, and a reader of the whole stream. Each keeps what it was told, so that
// it can be compared with what is true in the end.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/decode.h"
#include "client/directed.h"
#include "client/encode.h"
#include "sim/fault_network.h"

namespace usher::sim {

// Told of every event that anybody sees, and of what is wrong.
struct Witness {
  std::function<void(const client::Event&)> event;
  std::function<void(std::string)> wrong;
};

class FrontEnd {
 public:
  // What an acknowledged command came to, as far as it was heard: the answer may have been lost.
  struct Told {
    client::Command command;
    bool applied = false;
    std::optional<client::Refusal> refusal;
    std::optional<client::Answer> answer;
  };
  using Key = std::pair<client::Id, std::uint64_t>;  // session, number

  FrontEnd(std::uint64_t number, Dice& dice, FaultNetwork& network, Witness witness);

  // Says hello, makes commands, sends, and sends again what was not answered. `makes`: new commands
  // may be made.
  void act(bool makes);
  void hear(const FaultNetwork::Frame& frame);
  // Forgets its connection, or everything but what it was told.
  void lose_connection();
  void die();

  [[nodiscard]] Peer peer() const { return peer_; }
  // Everything it wanted is acknowledged, and every event about it was seen.
  [[nodiscard]] bool content() const {
    return welcome_ && commands_.empty() && !chain_.is_behind();
  }
  // What it still does.
  [[nodiscard]] std::string wants() const;
  [[nodiscard]] const std::map<Key, Told>& told() const { return told_; }

 private:
  void greet();
  void send();
  [[nodiscard]] client::Command make();
  [[nodiscard]] client::Id conversation();
  [[nodiscard]] client::Id agent();
  void applied_up_to(std::uint64_t number);

  void on(const client::WelcomeFrame& frame);
  void on(const client::AcknowledgementFrame& frame);
  void on(const client::DirectedFrame& frame);
  void on(const client::RefusedFrame& frame);
  void on(const client::EventsLost& frame);

  std::uint64_t number_;
  Dice& dice_;
  FaultNetwork& network_;
  Witness witness_;
  std::string origin_;
  client::Encoder encoder_;
  client::Decoder decoder_;
  Peer peer_ = 0;

  client::Id session_;
  std::uint64_t incarnation_ = 0;
  std::uint16_t origin_number_ = 0;
  bool welcome_ = false;  // on this connection
  std::uint64_t acknowledged_ = 0;
  std::deque<client::Command> commands_;  // acknowledged + 1, …
  std::size_t sent_ = 0;                  // of them, on this connection
  std::uint32_t window_ = 0;
  int silence_ = 0;  // acts since something moved
  client::DirectedChain chain_;
  std::uint64_t opened_ = 0;
  std::map<Key, Told> told_;
};

// Reads the stream of events, and asks for what it missed.
class Listener {
 public:
  Listener(FaultNetwork& network, Witness witness)
      : network_(network), witness_(std::move(witness)) {}

  void act();
  void hear(const FaultNetwork::Frame& frame);
  // The next event it waits for.
  [[nodiscard]] std::uint64_t next() const { return next_; }
  // States it went on from because events were no longer kept, by their last event.
  [[nodiscard]] const std::vector<std::uint64_t>& states() const { return states_; }

 private:
  void published(const FaultNetwork::Bytes& bytes);
  void take(const client::Event& event);

  FaultNetwork& network_;
  Witness witness_;
  client::Encoder encoder_;
  client::Decoder decoder_;
  std::uint64_t next_ = 1;
  std::uint64_t known_ = 0;  // there are events up to this one
  bool needs_state_ = false;
  std::uint64_t incarnation_ = 0;
  std::vector<std::uint64_t> states_;
};

}  // namespace usher::sim
