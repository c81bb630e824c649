#pragma once

// The real core in virtual time, without a daemon: customers who arrive, wait and lose patience,
// agents who work on several conversations at once and slow down by it, and the core's own alarms.
//
// Time is counted in microseconds, so that waits are not rounded; the core is told milliseconds,
// rounded down, and uses them only for what it times itself (steps, orders, offers, wrap-up). What
// is due at the same microsecond comes in this order: the core's alarm, agents by index,
// conversations, then the source. An arrival brings what was drawn for it, so that several policies
// meet the same customers; how long agents take to accept is drawn anew for each offer, from the
// arrival's own numbers, since an offer that lapses is followed by another one.
//
// An agent works on what is assigned to it; open offers take room but do not slow, nor does wrap-up
// unless the kind says so. Each conversation in hand goes on at speed(n) when n are in hand, and n
// may change at any time.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "routing/router.h"
#include "sim/alarms.h"
#include "sim/distribution.h"

namespace usher::sim {

struct Arrival {
  std::uint32_t kind = 0;
  bool counts = true;                        // in the figures; outside the warm-up
  std::int64_t work_us = 0;                  // at speed 1
  std::int64_t patience_us = Alarms::never;  // leaves when it has waited so long unanswered
  std::uint64_t delays_seed = 0;             // of how long agents take to accept and to reply
};

// An arrival, or a command: somebody comes on duty, a group is paused.
struct Happening {
  std::int64_t at_us = 0;  // never less than that of the one before
  std::variant<Arrival, Command> what;
};
// The next one, or none when there are no more.
using Source = std::function<std::optional<Happening>()>;

// What became of an arrival; told once, when it is answered or it is known that it is not.
struct Fate {
  enum class End : std::uint8_t {
    answered,
    abandoned,
    refused,  // the core did not open it
    unserved  // still waiting when nothing could happen any more
  };
  std::uint64_t number = 0;  // of the arrival: 0, 1, 2 …
  std::uint32_t kind = 0;
  bool counts = true;
  End end = End::answered;
  std::int64_t arrived_us = 0;
  std::int64_t wait_us = 0;   // until it was assigned, or left
  bool waited = false;        // nobody was asked to take it when it came
  Expected expected;          // what it was told then; with `waited`
  std::int64_t reply_us = 0;  // since it arrived; with `answered`
  std::uint32_t agent = 0;    // likewise
  std::uint32_t group = 0;
};
using Observer = std::function<void(const Fate&)>;

struct Kind {
  command::Open open;        // without the conversation's id
  bool tells_reply = false;  // the core hears of the first reply; else the assignment is the answer
  std::optional<Distribution> accept_us;  // after the offer; none = at once
  std::optional<Distribution> reply_us;   // after the assignment; likewise
  // The work takes so many times as long with an agent whom the floor gives no such skill.
  SkillNumber skill;
  double unskilled_factor = 1.0;
  // 0 = wrap-up ends by the core's timer and slows nothing. Else it is so much work at speed 1, in
  // hand like the conversation before: the agent extends the timer and finishes when it is done.
  std::int64_t wrap_up_us = 0;
};

struct Worker {
  command::AgentDefinition definition;  // the driver sets the id
  std::uint32_t group = 0;
  bool present = true;  // from the beginning; else the source signs it in
};

// Speed of each conversation by how many are in hand: [0] of one, [1] of two …; the last holds for
// more. Never empty, every one > 0.
using Pace = std::vector<double>;

struct Floor {
  PoolConfiguration pool;
  std::vector<Kind> kinds;
  std::vector<Pace> groups;
  std::vector<Worker> agents;
};

// An agent's time on duty, between the first and the last arrival that counts.
struct AgentTime {
  std::uint32_t group = 0;
  std::vector<std::int64_t> us_by_count;  // [n] = with n conversations in hand
};

class Driver {
 public:
  // Requires: the core accepts the floor's configuration and agents.
  explicit Driver(const Floor& floor);

  // Until the source has no more and everything that can end has ended. Once.
  void run(const Source& source, const Observer& observer);

  [[nodiscard]] const Router& router() const { return router_; }
  [[nodiscard]] std::span<const AgentTime> agent_times() const { return times_; }
  [[nodiscard]] std::uint64_t records() const { return sequence_; }
  [[nodiscard]] std::uint64_t events() const { return event_count_; }
  [[nodiscard]] std::int64_t now_us() const { return now_us_; }

  // Whether the core said of one of that kind that nobody on the floor can ever take it.
  [[nodiscard]] bool is_for_nobody(std::uint32_t kind) const { return for_nobody_[kind]; }

  // Of the floor's agents by position, for commands of a source.
  [[nodiscard]] static AgentId agent_id(std::uint32_t index);

 private:
  static constexpr std::uint32_t nobody = 0xffffffff;

  struct Conversation {
    Arrival arrival;
    std::uint64_t number = 0;
    std::int64_t arrived_us = 0;
    std::int64_t wait_us = 0;
    bool waited = false;
    Expected expected;
    std::int64_t leaves_us = Alarms::never;
    std::int64_t accepts_us = Alarms::never;
    std::int64_t replies_us = Alarms::never;
    double work_left_us = 0.0;
    load::Random accept_delays{0};
    load::Random reply_delays{0};
    std::uint32_t offered_to = nobody;
    std::uint32_t agent = nobody;  // who has it in hand
    bool live = false;             // in the core
    bool answered = false;         // assigned at least once
    bool told = false;             // to the observer
    bool wrapping = false;         // what is in hand is its wrap-up
  };
  // What an agent has in hand is finished when its clock shows `done_at`. The clock goes at the
  // speed of each conversation, so a change of their number moves no conversation's entry.
  struct InHand {
    double done_at = 0.0;
    std::uint32_t conversation = 0;
  };
  struct Agent {
    double clock_us = 0.0;
    std::int64_t since_us = 0;  // the clock was set
    bool present = false;
    command::AgentDefinition definition;  // as the floor has it
    std::vector<InHand> in_hand;
  };

  void act(Command command);
  Outcome apply(Command command);
  void follow_up();
  void arrive(const Arrival& arrival);
  void ring(Alarms::Handle handle);
  void finish_first_of(std::uint32_t agent);
  void reply(std::uint32_t slot);
  void on(const Event& event);
  void on_conversation(const Event& event, std::uint32_t slot);
  void assigned(std::uint32_t slot, std::uint32_t agent);
  void offered(std::uint32_t slot, std::uint32_t agent);
  void take(std::uint32_t slot, std::uint32_t agent);
  void put_down(std::uint32_t slot);
  void wrap_up(std::uint32_t slot);
  void move_clock(std::uint32_t agent);
  void set_alarm_of_agent(std::uint32_t agent);
  void set_alarm_of(std::uint32_t slot);
  void tell(std::uint32_t slot, Fate::End end);
  void start_or_stop_counting(bool counts);
  [[nodiscard]] std::int64_t core_due_us() const;
  [[nodiscard]] double effort(std::uint32_t slot, std::uint32_t agent) const;
  [[nodiscard]] double speed_of(std::uint32_t agent, std::size_t count) const;
  [[nodiscard]] ConversationId id_of(std::uint32_t slot) const;

  Router router_;
  Events events_;
  std::vector<Kind> kinds_;
  std::vector<bool> for_nobody_;  // by kind
  std::vector<Pace> paces_;
  std::vector<Agent> agents_;
  std::vector<AgentTime> times_;
  std::vector<Conversation> conversations_;
  std::vector<std::uint32_t> free_;
  std::vector<Command> follow_ups_;
  Alarms alarms_;
  const Observer* observer_ = nullptr;
  std::int64_t now_us_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t event_count_ = 0;
  std::uint64_t arrivals_ = 0;
  std::size_t live_ = 0;
  bool counting_ = false;
};

}  // namespace usher::sim
