#pragma once

// The nouns of the shell that more than one stage touches. They carry data and do nothing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "daemon/calendar.h"
#include "routing/command.h"
#include "routing/event.h"
#include "routing/explain.h"
#include "routing/view.h"

namespace usher {

inline constexpr std::uint16_t protocol_version = 1;
inline constexpr std::size_t frame_bytes_max = 256 * 1024;  // in either direction
inline constexpr std::size_t window_max = limits::batch_commands_max;

// The bytes of one frame. Its storage is aligned for any scalar, as FlatBuffers needs.
using Bytes = std::vector<std::byte>;

// A connection, as the ROUTER that owns it numbered it. Never an identity: that is the session.
using Peer = std::uint64_t;

// Identity of the output: see "Identity" in docs/architecture.md.
struct Identity {
  std::string pool = "main";  // at most 8 bytes
  std::uint64_t incarnation = 0;
  std::uint64_t term = 1;
};

// --- what clients say (ClientFrame) ---

struct Hello {
  std::uint16_t version = 0;
  std::string pool;
  std::string origin;
  SessionId session;
  std::uint64_t incarnation = 0;
  std::uint64_t directed_from = 0;
};
struct Batch {
  SessionId session;
  std::uint64_t number = 0;  // of the first command
  std::vector<Command> commands;
};
struct Heartbeat {
  SessionId session;
};
struct Bye {
  SessionId session;
};
struct Advance {
  SessionId session;
  std::int64_t to_ms = 0;
};
struct ReplayDirected {
  SessionId session;
  std::uint64_t after = 0;
};
using ClientMessage = std::variant<Hello, Batch, Heartbeat, Bye, Advance, ReplayDirected>;

// --- what they are told (ServerFrame) ---

struct Welcome {
  Identity identity;
  SessionId session;
  OriginNumber origin;
  std::uint64_t last_applied = 0;
  std::uint64_t directed_last = 0;
  std::uint64_t sequence = 0;
  std::uint32_t window = 0;
  std::uint32_t lease_ms = 0;
  std::vector<Name> dictionary;
};
struct NumberedOutcome {
  std::uint64_t number = 0;
  Outcome outcome;
};
struct Acknowledgement {
  SessionId session;
  std::uint64_t up_to = 0;
  std::uint32_t window = 0;
  std::uint64_t sequence = 0;
  std::vector<NumberedOutcome> outcomes;  // only those with more to say than "done"
};
struct FrameRefused {
  Refusal reason = Refusal::malformed;
  std::uint64_t wanted = 0;
  std::string text;
};
struct DirectedLost {
  std::uint64_t after = 0;
  std::uint64_t oldest = 0;
};
struct Advanced {
  std::int64_t to_ms = 0;
  std::int64_t next_deadline_ms = 0;  // 0 = none
  std::uint64_t sequence = 0;
};
struct Alive {
  std::uint64_t sequence = 0;
};
struct Names {
  std::vector<Name> dictionary;
};
struct Directed {
  std::vector<Event> events;  // of one origin, at most frame_events_max
};
using ServerMessage = std::variant<Welcome, Acknowledgement, Directed, FrameRefused, DirectedLost,
                                   Advanced, Alive, Names>;

// --- questions and what was found (Query, QueryAnswer) ---

struct AskStatus {};
struct AskSnapshot {
  std::uint64_t cursor = 0;
};
struct AskConversation {
  ConversationId conversation;
};
struct AskAgent {
  AgentId agent;
};
struct AskReplay {
  std::uint64_t after = 0;
  std::uint32_t count_max = 0;  // 1 to 1,024
  OriginNumber origin = {};
  ConversationId conversation = {};
  AgentId agent = {};
};
struct AskDictionary {};
struct AskWhy {
  ConversationId conversation;
  std::uint64_t sequence = 0;  // 0 = now
};
struct AskExplain {
  ConversationId conversation;  // zero = that of the event
  std::uint64_t sequence = 0;   // 0 = the last decision
  std::uint32_t from = 0;       // candidates to skip
  std::uint64_t record = 0;     // that caused the event; not asked, 0 = must be looked for
};
struct AskEstimate {
  command::Open open;  // nothing of it counts but its names and what it requires
};
using Question = std::variant<AskStatus, AskSnapshot, AskConversation, AskAgent, AskReplay,
                              AskDictionary, AskWhy, AskExplain, AskEstimate>;

struct Query {
  std::uint16_t version = 0;
  std::string pool;
  std::uint64_t ticket = 0;
  Question question;
};

struct StatusFound {
  Identity identity;
  PoolView pool;
  std::string version;
  std::uint64_t core_version = 0;
  std::uint64_t digest = 0;
  std::uint64_t frames_refused = 0;
  std::uint64_t frames_dropped = 0;
  std::string durability;
  // Of the rules in force.
  std::vector<BandConfiguration> bands = {};
  GiveTo give_to = GiveTo::least_loaded;
  std::uint16_t fair_pick = 0;
};
struct ConversationFound {
  ConversationView conversation;
  std::int64_t told_ms = 0;   // pool time of its position and of what is left to wait; 0 = now
  std::int64_t opens_ms = 0;  // wall time when what is closed opens; 0 = not known
};
struct SnapshotFound {
  Identity identity;
  std::uint64_t sequence = 0;
  std::int64_t pool_ms = 0;
  std::uint64_t cursor = 0;  // 0 = this was the last chunk
  std::vector<AgentView> agents;
  std::vector<ConversationView> conversations;
};
struct ReplayFound {
  Identity identity;
  std::uint64_t oldest = 0;
  std::uint64_t last = 0;
  std::uint64_t next = 0;
  std::vector<Event> events;
};
struct DictionaryFound {
  std::vector<Name> names;
};
struct Refusing {
  Refusal reason = Refusal::malformed;
  std::string text;
};
using VerdictCounts = std::array<std::uint32_t, verdict_count>;
// Counts every agent of the roster and names those to whom it would go soonest.
struct WhyFound {
  static constexpr std::size_t candidates_max = 64;
  Explanation explanation;
  VerdictCounts counts{};
  VerdictCounts lacks{};      // likewise of everybody, by what keeps them from it for good
  std::int64_t wall_ms = 0;   // 0 = now
  std::int64_t opens_ms = 0;  // wall time when what is closed opens; 0 = not known
};
// Of one decision; names the candidates that were asked for.
struct ExplainFound {
  static constexpr std::size_t candidates_max = 2048;  // what fits into a frame
  Explanation explanation;
  VerdictCounts counts{};
  EventKind kind = EventKind::none;  // what the decision caused
  std::uint64_t sequence = 0;        // of that event
  std::int64_t wall_ms = 0;
  std::vector<std::uint64_t> others;  // events of other decisions on it by the same record
};
struct EstimateFound {
  Quote quote;
  std::int64_t pool_ms = 0;
  std::int64_t opens_ms = 0;  // wall time when what is closed opens; 0 = not known
};
using Found = std::variant<StatusFound, SnapshotFound, ConversationFound, AgentView, ReplayFound,
                           DictionaryFound, Refusing, WhyFound, ExplainFound, EstimateFound>;

// --- what the I/O thread hands to the core ---

struct Pulse {};  // the I/O thread is alive; comes back as Pulsed by the way that everything takes
struct Reconfigure {
  std::shared_ptr<const PoolConfiguration> configuration;  // never null
  Timetable timetable;
  std::int64_t lease_ms = 0;
};
struct Drain {};  // nothing comes after it

struct Intake {
  Peer peer = 0;  // of the query socket with Query, else of the command socket; 0 = the shell
  std::int64_t received_ns = 0;  // boot time, read once for all that was received together
  std::variant<Pulse, Hello, Batch, Heartbeat, Bye, Advance, ReplayDirected, Query, Reconfigure,
               Drain>
      what;
};

// --- what the core hands back, once it is durable ---

struct Welcomed {
  Welcome welcome;
  std::uint64_t directed_after = 0;  // directed events begin after it
};
struct Rewound {
  std::uint64_t after = 0;
};
struct Answered {
  std::uint64_t ticket = 0;
  std::uint64_t sequence = 0;
  Found found;
};
// The pool at one sequence, for as many readers as want it, chunk by chunk.
struct Cut {
  Identity identity;
  std::uint64_t sequence = 0;
  std::int64_t pool_ms = 0;
  std::vector<AgentView> agents;
  std::vector<ConversationView> conversations;
};
struct CutTaken {
  std::uint64_t ticket = 0;
  std::shared_ptr<const Cut> cut;  // never null
};
struct Configured {
  Refusal refusal = Refusal::none;
  std::vector<Name> dictionary;
};
struct Ended {
  SessionId session;
};
struct Pulsed {};
struct Drained {};

struct Message {
  Peer peer = 0;
  std::variant<Pulsed, Welcomed, Acknowledgement, FrameRefused, Alive, Rewound, Advanced, Ended,
               Answered, CutTaken, Configured, Drained>
      what;
};

// So many commands of a peer are no longer under way.
struct Taken {
  Peer peer = 0;
  std::uint32_t commands = 0;
};

// All that one group of records caused.
struct Outgoing {
  std::uint64_t group = 0;
  std::vector<Event> events;
  std::vector<Message> messages;
  std::vector<Taken> taken;
  std::vector<std::string> decisions;  // in one line each, when they are to be logged
};

// --- between the core and who replays the past ---

// The records of one turn, as the journal keeps them; shared, and never changed.
using Group = std::shared_ptr<const std::vector<Record>>;

struct AskPast {
  Peer peer = 0;
  std::uint64_t ticket = 0;
  std::variant<AskExplain, AskWhy> question;
  std::uint64_t record = 0;  // the last one when it was asked; the journal has it
};
struct PastAnswered {
  Peer peer = 0;
  Answered answered;
};

}  // namespace usher
