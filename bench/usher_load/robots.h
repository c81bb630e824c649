#pragma once

// The people of a run: customers who open conversations and hang up, agents who come, accept,
// reply, close and go. They know what a desk knows, the directed events, and act after human delays
// drawn from the seed; a conversation draws from its own stream, so that who was served first
// changes no other draw. Times are milliseconds of the caller's clock.

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "bench/usher_load/names.h"
#include "bench/usher_load/random.h"

namespace usher::load {

// A customer to come.
struct Arrival {
  std::int64_t at_ms = 0;
  client::Open open = {};
  std::int64_t patience_ms = 0;
  std::int64_t service_ms = 0;  // from the assignment to the close
  double reply_factor = 1.0;    // of the usual time to the first reply
};

// A log-normal delay; a median of 0 is no delay at all.
struct Delay {
  double median_ms = 0.0;
  double sigma = 0.5;

  [[nodiscard]] std::int64_t draw(Random& chance) const;
};

struct Habits {
  Delay accept = {};
  Delay reply = {};
  Delay wrap_up = {};         // then the agent is done with it; median 0 = usherd's timer ends it
  Delay service = {};         // of conversations that somebody else opened
  double reject_share = 0.0;  // of offers
  double ignore_share = 0.0;  // of offers: they lapse
  double hold_share = 0.0;    // of conversations: held once until the customer writes again
  Delay hold = {};
  std::int64_t recover_ms = 0;  // until an agent who is not responding is back
};

class Robots {
 public:
  // send must take every command; kept for as long as the robots live.
  Robots(Habits habits, Random chance, std::function<void(Command)> send);

  // --- what is to come ---

  void arrive(const Arrival& arrival) { open_conversation(arrival); }
  // Defines the agent anew first when the definition is given, which must stay alive.
  void schedule_come(std::int64_t at_ms, Id agent, const client::DefineAgent* definition = nullptr);
  // Busy agents finish what they have before they sign off.
  void schedule_leave(std::int64_t at_ms, Id agent);
  void schedule_break(std::int64_t at_ms, std::int64_t for_ms, Id agent, std::uint16_t reason);

  // --- the caller's loop ---

  void see(std::int64_t now_ms, const Event& event);
  // Does everything due by now.
  void run(std::int64_t now_ms);
  [[nodiscard]] bool has_due() const { return !due_.empty(); }
  // Requires: has_due().
  [[nodiscard]] std::int64_t next_due_ms() const { return due_.top().at_ms; }

  // --- the end ---

  // Customers hang up, agents put down what they have and go.
  void go_home();

  struct People {
    std::uint32_t on_duty = 0;
    std::uint32_t free = 0;  // of them, without work
    std::uint32_t away = 0;
  };
  [[nodiscard]] People people() const;

 private:
  enum class Act : std::uint8_t {
    give_up,
    answer,
    reply,
    hold,
    write,
    finish,
    wrapped_up,
    come,
    leave,
    sign_off,
    pause,
    available
  };
  struct Due {
    std::int64_t at_ms = 0;
    std::uint64_t order = 0;
    Act act = Act::give_up;
    Id conversation = {};
    Id agent = {};
    std::uint64_t epoch = 0;
    const client::DefineAgent* definition = nullptr;
    std::int64_t for_ms = 0;
    std::uint16_t reason = 0;

    friend bool operator<(const Due& a, const Due& b) {
      return a.at_ms != b.at_ms ? a.at_ms > b.at_ms : a.order > b.order;
    }
  };
  struct Conversation {
    ConversationState state = ConversationState::none;
    Id agent = {};
    std::uint64_t epoch = 0;
    std::int64_t service_ms = -1;  // still to do; below 0 = not drawn yet
    std::int64_t assigned_at_ms = 0;
    double reply_factor = 1.0;
    bool replied = false;
    bool was_held = false;
    bool ours = false;  // a customer of this process
    std::vector<Id> offers = {};
  };
  enum class Duty : std::uint8_t { off, available, away, leaving };
  struct Agent {
    Duty duty = Duty::off;
    std::uint32_t busy = 0;  // offers, assignments, wrap-ups
  };

  void open_conversation(const Arrival& arrival);
  void push(std::int64_t at_ms, Due due);
  void act(const Due& due);
  void act_for_conversation(const Due& due, Conversation& conversation);
  void act_for_agent(const Due& due, Agent& agent);
  void answer(const Due& due, const Conversation& conversation);
  void see_offered(std::int64_t now_ms, const Event& event, Conversation& conversation);
  void see_assigned(std::int64_t now_ms, const Event& event, Conversation& conversation);
  void see_agent(std::int64_t now_ms, const Event& event);
  void leave_owner(std::int64_t now_ms, Conversation& conversation);
  void drop_offer(Conversation& conversation, const Id& agent);
  void less_busy(const Id& agent);
  [[nodiscard]] Random chance_of(const Id& conversation, std::uint64_t stream) const;

  Habits habits_;
  Random chance_;
  std::function<void(Command)> send_;
  std::priority_queue<Due> due_;
  std::uint64_t order_ = 0;
  IdMap<Conversation> conversations_;
  IdMap<Agent> agents_;  // those that are ours
};

}  // namespace usher::load
