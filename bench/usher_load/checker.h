#pragma once

// Recounts from the published events alone what the router promises, and names what does not hold.
// It shares no code with the router. Fed with a snapshot and then with every event after it.
//
// What is checked at once: the sequence, the transitions, one owner, epochs, one terminal state,
// work only for those present. Capacity is checked at the end of a record, because the events of a
// record are one step; background work must have fitted when it came or at the end, because live
// work may come on top of it within one record.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/usher_load/names.h"

namespace usher::load {

enum class Violation : std::uint8_t {
  sequence_broken,  // a gap or a repetition
  two_owners,       // assigned while somebody else has it
  epoch_of_two,     // one (conversation, epoch) for two agents
  epoch_not_rising,
  second_end,  // ended again without a reopening
  illegal_transition,
  not_opened,     // an event about a conversation that nobody opened
  over_capacity,  // units above what fills the agent
  over_channel_limit,
  over_slots,         // more conversations above capacity than allowed, or one beside a call
  background_on_top,  // background work given to a full agent
  given_to_absent,    // offered or given to somebody who was not available
  lost,               // acknowledged, and never seen in the stream
  snapshot_differs,   // the final snapshot disagrees with the events
};
inline constexpr std::size_t violation_count = 14;

[[nodiscard]] std::string_view name_of(Violation violation);

struct Findings {
  std::array<std::uint64_t, violation_count> counts{};
  std::vector<std::string> first;  // a sentence each, at most 20
  std::uint64_t events = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t routed = 0;  // conversations assigned at least once
  std::uint64_t opened = 0;
  std::uint64_t ended = 0;
  std::uint64_t open = 0;      // at the end
  std::uint64_t compared = 0;  // conversations of the final snapshot, that agree with the events

  [[nodiscard]] std::uint64_t count(Violation violation) const {
    return counts[static_cast<std::size_t>(violation)];
  }
  [[nodiscard]] std::uint64_t doubled() const;
  [[nodiscard]] std::uint64_t over() const;
  [[nodiscard]] std::uint64_t total() const;
};

// What fills an agent, as its roster entry says.
struct AgentLimits {
  struct Channel {
    std::uint16_t number = 0;
    std::uint32_t limit = 0;  // so many fill the agent
    bool background = false;
  };
  std::vector<Channel> channels;
  std::uint32_t share_percent = 100;
};

class Checker {
 public:
  struct Rules {
    std::uint32_t over_slots = 1;     // conversations above capacity an agent may have
    std::uint16_t voice_channel = 0;  // never beside one above capacity; 0 = there is none
  };

  explicit Checker(Rules rules) : rules_(rules) {}

  // --- the snapshot; all before the first event ---

  void begin(std::uint64_t sequence) { findings_.last_sequence = sequence; }
  void know_agent(const Id& agent, AgentLimits limits);
  void know_presence(const Id& agent, Presence presence, bool lost);
  struct Standing {
    Id conversation = {};
    ConversationState state = ConversationState::none;
    std::uint16_t channel = 0;
    Id agent = {};  // who has it as assigned, held or wrapping; zero = nobody
    std::uint64_t epoch = 0;
    bool over = false;
    std::vector<Id> offers = {};
  };
  void know_conversation(const Standing& standing);

  // --- the stream ---

  void see(const Event& event);

  // The stream could not be had from after + 1 to before oldest: what follows is judged from a new
  // snapshot, and the run has failed.
  void events_missing(std::uint64_t after, std::uint64_t oldest);

  // --- the end ---

  // An open of this conversation was acknowledged; may be called before or after its events.
  void acknowledged(const Id& conversation);
  // Requires: no event of the last record is missing.
  void end_record();
  // Every acknowledged conversation that was not seen is lost. Call once, after the last event.
  void end_acknowledged();
  // Compares with a snapshot of the same sequence. Requires: sequence() is the snapshot's.
  void compare(const std::vector<Standing>& snapshot);

  [[nodiscard]] std::uint64_t sequence() const { return findings_.last_sequence; }
  [[nodiscard]] Findings findings() const;

 private:
  struct Conversation {
    ConversationState state = ConversationState::none;
    Id agent;
    std::uint64_t assigned_epoch = 0;
    std::uint64_t last_epoch = 0;
    std::uint16_t channel = 0;
    bool over = false;
    bool routed = false;
    bool acknowledged = false;
    std::vector<Id> offers;
  };
  struct Agent {
    AgentLimits limits;
    bool known = false;
    bool available = false;
    bool lost = false;
    std::map<std::uint16_t, std::uint32_t> counts;  // per channel, without those above capacity
    std::uint32_t over = 0;
    bool came = false;             // something, in this record
    bool background_over = false;  // background work came in this record and did not fit then
  };

  void violated(Violation violation, const Event& event, std::string_view what);
  void see_conversation(const Event& event);
  void see_agent(const Event& event);
  void see_offered(Conversation& conversation, const Event& event);
  void see_assigned(Conversation& conversation, const Event& event);
  void see_state(Conversation& conversation, const Event& event);
  void check_present(const Id& agent, const Event& event);
  void take_room(const Id& agent, std::uint16_t channel, bool over, const Event& event);
  void give_room(const Id& agent, std::uint16_t channel, bool over);
  bool drop_offer(Conversation& conversation, const Id& agent);
  void forget(const Id& id);
  void check_room(const Id& id, const Agent& agent);

  // In hundredths of the least common multiple of the agent's limits.
  struct Used {
    std::uint64_t live = 0;
    std::uint64_t background = 0;
    std::uint64_t capacity = 0;
  };
  [[nodiscard]] static Used used_of(const Agent& agent);

  Rules rules_;
  Findings findings_;
  IdMap<Conversation> conversations_;
  IdMap<Agent> agents_;
  IdSet awaited_;            // acknowledged, not seen yet
  std::deque<Id> ended_;     // ended and acknowledged; the oldest are forgotten
  std::vector<Id> touched_;  // in the record under way
  std::uint64_t record_ = 0;
  Event last_;
};

}  // namespace usher::load
