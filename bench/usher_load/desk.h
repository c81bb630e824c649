#pragma once

// The one session a role speaks through: sends every command, measures what comes back, and tells
// the checker which conversations were acknowledged.

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bench/usher_load/histogram.h"
#include "bench/usher_load/names.h"

namespace usher::load {

struct Endpoints {
  std::string commands = "tcp://127.0.0.1:5710";
  std::string events = "tcp://127.0.0.1:5711";
  std::string queries = "tcp://127.0.0.1:5712";
  std::string pool = "main";
};

// Latencies in microseconds, as this process sees them.
struct Traffic {
  std::uint64_t commands = 0;
  std::uint64_t refused = 0;
  std::uint64_t lost = 0;                    // the session ended while they were under way
  std::array<std::uint64_t, 256> reasons{};  // refused, by wire::Refusal
  Histogram acknowledged_us;                 // command sent → its outcome
  // Open sent → offered or assigned, of those that did not wait: one record did both.
  Histogram placed_us;
  // Accept sent → assigned.
  Histogram assigned_us;
};

class Desk {
 public:
  struct Handlers {
    std::function<void(const Event&)> event = {};
    std::function<void(const Id&)> opened = {};  // acknowledged, and not refused
  };

  Desk(const Endpoints& endpoints, const std::string& origin, Handlers handlers);

  // Throws std::runtime_error with the reason when usherd does not answer in time.
  void connect();

  // Never refuses: what the client cannot take yet waits its turn here. Latencies count from
  // since_ns, when the command was due; 0 = from now.
  void send(Command command, std::int64_t since_ns = 0);
  void process();
  // Processes until everything sent has its outcome; false when time is over.
  bool settle(std::chrono::milliseconds at_most);

  // Lock-step: everything sent is applied at the present instant, then time moves; returns the next
  // deadline (0 = none) when all of it is acknowledged and its events were seen. Throws
  // std::runtime_error when usherd does not answer in time or does not run with --clock client.
  std::uint64_t advance(std::int64_t to_ms);

  // Throws std::runtime_error when the name is unknown, with the nearest known one.
  [[nodiscard]] std::uint16_t number(NameKind kind, std::string_view name) const;
  // 0 when it is unknown.
  [[nodiscard]] std::uint16_t number_if_known(NameKind kind, std::string_view name) const;

  [[nodiscard]] client::Client& client() { return client_; }
  [[nodiscard]] const client::Client& client() const { return client_; }
  [[nodiscard]] const Traffic& traffic() const { return traffic_; }
  // For what is done before and after the measured part.
  void set_traffic(const Traffic& traffic) { traffic_ = traffic; }
  [[nodiscard]] std::size_t under_way() const { return pending_.size() + backlog_.size(); }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::uint64_t events_lost() const { return events_lost_; }

 private:
  struct Pending {
    std::int64_t sent_ns = 0;
    Id opened = {};
  };
  struct Opening {
    std::int64_t sent_ns = 0;
    std::uint64_t record = 0;
  };

  void hand_over(Command command, std::int64_t since_ns);
  void send_backlog();
  void see_outcome(const client::Outcome& outcome);
  void see_event(const Event& event);

  Handlers handlers_;
  Traffic traffic_;
  std::deque<Pending> pending_;
  std::deque<std::pair<Command, std::int64_t>> backlog_;
  IdMap<Opening> openings_;                // until the first offer or assignment
  IdMap<std::int64_t> accepts_;            // until the assignment
  std::optional<std::uint64_t> deadline_;  // answer to the advance under way
  std::string problem_;
  std::uint64_t events_lost_ = 0;
  client::Client client_;
};

// Of the monotonic clock.
[[nodiscard]] std::int64_t now_ns();

}  // namespace usher::load
