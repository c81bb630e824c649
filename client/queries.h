#pragma once

// Questions to usherd: its status, a snapshot of a pool, one conversation, one agent, how long it
// would be, past events, the dictionary. Each call blocks until the answer or the deadline. One
// thread at a time; nothing throws.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "client/client.h"
#include "client/command.h"
#include "client/dictionary.h"
#include "client/event.h"
#include "client/id.h"

namespace usher::client {

// Of what was closed.
struct Outcomes {
  std::uint64_t solved = 0;
  std::uint64_t not_solved = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t spam = 0;
  std::uint64_t handed_over = 0;
};

struct ClassStatus {
  std::uint16_t service_class = 0;
  std::uint16_t band = 0;
  std::uint64_t target_ms = 0;
  std::uint64_t oldest_ms = 0;  // the longest wait of anything waiting now
  std::uint32_t waiting = 0;
  std::uint32_t offered = 0;
  std::uint32_t assigned = 0;
  std::uint32_t held = 0;
  std::uint32_t wrapping = 0;
  std::uint64_t opened = 0;
  std::uint64_t replied = 0;    // first replies
  std::uint64_t in_target = 0;  // of them
  std::uint64_t abandoned = 0;
  std::uint64_t closed = 0;
  std::uint64_t misses = 0;
  std::int64_t expected_p50_ms = -1;  // to wait, were one more opened now; -1 = not known
  std::int64_t expected_p90_ms = -1;
  std::uint64_t estimated = 0;   // answered after they had waited and were told how long
  std::uint64_t within_p50 = 0;  // of them, no longer than that: half of them if it is right
  std::uint64_t within_p90 = 0;  // nine of ten
  std::uint32_t deferred = 0;    // now: outside hours, or put off by overflow
  std::uint32_t unroutable = 0;  // now
  std::uint64_t breached = 0;    // not replied to within the target
  std::uint64_t deferrals = 0;   // times that one was put off
  std::uint64_t reopened = 0;    // times that one was
  std::uint64_t rated = 0;       // ratings; one may be rated often
  std::uint64_t score = 0;       // of all ratings together, 1 to 5 each
  Outcomes outcomes = {};
  std::uint64_t reply_ms = 0;  // how long all of `replied` together had waited, since opened
};

// Of the agents of a group, counted as a class's; see schemas/queries.fbs for what is whose.
struct GroupStatus {
  std::uint16_t group = 0;
  std::uint32_t people = 0;           // on the roster; bots left out
  std::uint32_t on_duty = 0;          // of them: signed in, not lost, not draining
  std::int32_t load_permille = -1;    // of their capacity, in use: the mean of those on duty
  std::int32_t spread_permille = -1;  // how unlike these are: standard deviation ÷ mean
  std::uint64_t replied = 0;          // first replies
  std::uint64_t in_target = 0;        // of them, within the class's target
  std::uint64_t reply_ms = 0;         // how long all of them together had waited, since opened
  std::uint64_t misses = 0;
  std::uint64_t abandoned = 0;  // while an agent of the group had it
  std::uint64_t closed = 0;
  std::uint64_t reopened = 0;
  std::uint64_t rated = 0;  // ratings; one may be rated often
  std::uint64_t score = 0;  // of all ratings together, 1 to 5 each
  Outcomes outcomes = {};
};

// What became of a front-end's claims that something is a security incident.
struct OriginStatus {
  std::uint16_t origin = 0;
  std::uint64_t incidents = 0;  // conversations it opened in a security band
  std::uint64_t demoted = 0;    // of them, reclassified out of one
};

struct BandStatus {
  std::uint16_t band = 0;
  wire::BandOrder order = wire::BandOrder::oldest;
  std::uint16_t rescue = 0;  // with service_level: waited that many targets goes first
  bool security = false;     // outside every fairness rule
};

struct Status {
  std::uint64_t incarnation = 0;
  std::uint64_t term = 0;
  std::uint64_t sequence = 0;  // last event
  std::uint64_t record = 0;
  std::int64_t pool_ms = 0;
  std::string version = {};
  std::uint64_t core_version = 0;
  std::uint64_t digest = 0;
  std::uint64_t chain = 0;
  std::uint32_t conversations = 0;  // live
  std::uint32_t waiting = 0;
  std::uint32_t unroutable = 0;
  std::uint32_t deferred = 0;
  std::uint32_t scheduled = 0;
  std::uint16_t mode = 0;         // in force; 0 = the pool's own rules
  std::int64_t mode_ends_ms = 0;  // pool time; 0 = until told otherwise
  std::uint32_t agents = 0;
  std::uint32_t available = 0;
  std::uint64_t offers = 0;
  std::uint64_t lapses = 0;
  std::uint64_t refused = 0;
  std::uint32_t sessions = 0;
  std::uint64_t frames_refused = 0;
  std::uint64_t frames_dropped = 0;
  std::vector<ClassStatus> classes = {};
  std::string durability = {};
  std::vector<BandStatus> bands = {};  // by the rules in force, as the next two
  wire::GiveTo give_to = wire::GiveTo::least_loaded;
  std::uint16_t fair_pick = 0;             // 0 = off
  std::vector<GroupStatus> groups = {};    // every one that has a name
  std::vector<OriginStatus> origins = {};  // that opened incidents, the most first
};

struct Exclusion {
  Id agent = {};
  std::int64_t until_ms = 0;  // 0 = for good
};

struct Conversation {
  Id conversation = {};
  Id customer = {};
  wire::ConversationState state = wire::ConversationState::none;
  std::uint16_t service_class = 0;
  std::uint16_t band = 0;
  std::uint16_t channel = 0;
  std::uint16_t category = 0;
  std::uint16_t impact = 0;
  std::uint16_t tier = 0;
  std::uint16_t language = 0;
  std::uint16_t origin = 0;
  Id agent = {};
  std::uint64_t epoch = 0;
  std::vector<Id> offers = {};  // agents who have it as an offer
  std::uint64_t offer_epoch = 0;
  std::int64_t opened_ms = 0;  // pool time
  std::int64_t due_ms = 0;
  std::int64_t waited_ms = 0;
  bool replied = false;
  bool test = false;
  bool over = false;
  bool joined = false;     // waiting; another conversation of the customer has the place
  bool seeking = false;    // assigned; looked for an agent who can handle the incident
  std::uint8_t level = 0;  // at least this of the agent, by escalation
  std::vector<SkillLevel> required = {};
  std::vector<Exclusion> exclusions = {};
  std::uint32_t misses = 0;
  wire::CloseOutcome outcome = wire::CloseOutcome::none;
  std::uint32_t position = 0;         // waiting in its class, itself included; 0 = not waiting
  std::int64_t expected_p50_ms = -1;  // left to wait; -1 = not known, or it does not wait
  std::int64_t expected_p90_ms = -1;
  std::int64_t told_ms = 0;  // pool time at which these were so, at most 10 s ago; 0 = now
  // Deferred until its class opens: the wall time when it does; 0 = not that, or not known.
  std::int64_t opens_ms = 0;
};

struct ChannelLoad {
  std::uint16_t channel = 0;
  std::uint16_t count = 0;
  std::uint16_t limit = 0;
  bool background = false;
};

struct Agent {
  Id agent = {};
  std::uint16_t group = 0;
  std::uint8_t level = 0;
  std::uint8_t share_percent = 0;
  wire::AgentKind kind = wire::AgentKind::person;
  wire::Presence presence = wire::Presence::none;
  std::uint16_t reason = 0;
  bool lost = false;
  std::uint16_t origin = 0;
  std::uint32_t used_live = 0;  // in units of the agent's own holds
  std::uint32_t used_background = 0;
  std::uint32_t capacity = 0;
  std::uint32_t over = 0;  // conversations above it
  std::vector<ChannelLoad> loads = {};
  std::vector<SkillLevel> skills = {};
  std::vector<std::uint16_t> authorities = {};
  std::uint64_t idle_since = 0;
  std::uint32_t contested = 0;
  std::uint32_t misses = 0;
  std::vector<Id> conversations = {};
  std::vector<Shift> shifts = {};
  std::int64_t shift_ends_ms = 0;  // pool time, known some minutes before; 0 = not yet
};

// The pool as it was after event `sequence`.
struct Snapshot {
  std::uint64_t incarnation = 0;
  std::uint64_t term = 0;
  std::uint64_t sequence = 0;
  std::int64_t pool_ms = 0;
  std::vector<Agent> agents = {};
  std::vector<Conversation> conversations = {};
};

struct ReplayRequest {
  std::uint64_t after = 0;
  std::uint32_t count_max = 1024;  // 1 to 1,024
  std::uint16_t origin = 0;        // 0 and none: not filtered
  Id conversation = {};
  Id agent = {};
};

struct Replay {
  std::uint64_t incarnation = 0;
  std::uint64_t term = 0;
  std::uint64_t oldest = 0;  // kept
  std::uint64_t last = 0;    // the newest
  std::uint64_t next = 0;    // ask after this one to go on
  std::vector<Event> events = {};
};

struct Candidate {
  Id agent = {};
  wire::Verdict verdict = wire::Verdict::eligible;
  std::int64_t from_ms = 0;  // pool time at which time alone lifts the verdict; 0 = it does not
  std::uint32_t used = 0;    // in units of the agent's own holds
  std::uint32_t capacity = 0;
  wire::TupleField lost_on = wire::TupleField::none;  // of who was eligible and was not chosen
  bool bot = false;                                   // from here the tuple, with used of capacity
  bool over = false;
  bool preferred = false;
  std::uint8_t tier = 0;
  bool scarce = false;
  std::uint64_t idle_since = 0;
  // What keeps the agent from it until the roster or the conversation changes; eligible = nothing.
  wire::Verdict lacks = wire::Verdict::eligible;
  wire::Scope paused = wire::Scope::none;  // agent or group, where that is paused or draining
  std::uint16_t group = 0;
};
struct VerdictCount {
  wire::Verdict verdict = wire::Verdict::eligible;
  std::uint32_t count = 0;
};

// Why a live conversation is where it is: what speaks against whom.
struct Why {
  Id conversation = {};
  wire::ConversationState state = wire::ConversationState::none;
  std::uint64_t record = 0;         // at which this was so
  std::uint64_t configured_at = 0;  // the record that brought the configuration
  std::int64_t pool_ms = 0;
  std::int64_t opened_ms = 0;
  std::uint16_t service_class = 0;
  std::uint16_t band = 0;
  std::uint8_t step = 0;   // how many steps of the need have come
  std::uint8_t steps = 0;  // of so many
  bool joined = false;
  std::vector<VerdictCount> counts = {};   // of every agent of the roster
  std::vector<Candidate> candidates = {};  // to whom it would go soonest, at most 64
  std::int64_t wall_ms = 0;                // of a past state; 0 = it is that of now
  std::vector<VerdictCount> lacks = {};    // of every agent, by Candidate::lacks
  bool closed = false;                     // outside the hours of its class
  std::int64_t opens_ms = 0;               // wall time when that ends; 0 = not known
  std::int64_t due_ms = 0;  // pool time when it comes back, deferred or scheduled; 0 = open
  wire::ScopeState pool_scope = wire::ScopeState::open;
  wire::ScopeState class_scope = wire::ScopeState::open;
};

// Why matching gave or offered a conversation to whom it did.
struct Explained {
  Id conversation = {};
  Id winner = {};
  wire::EventKind kind = wire::EventKind::none;  // offered or assigned
  std::uint64_t sequence = 0;                    // of the event that told it
  std::uint64_t record = 0;
  std::uint64_t configured_at = 0;  // the record that brought the configuration
  std::int64_t pool_ms = 0;
  std::int64_t wall_ms = 0;
  std::int64_t opened_ms = 0;
  std::uint16_t service_class = 0;
  std::uint16_t band = 0;
  std::uint8_t rank = 0;  // with time_ms and queued its place in the band
  std::int64_t time_ms = 0;
  std::uint64_t queued = 0;
  std::uint8_t step = 0;                   // how many steps of the need had come
  std::uint8_t steps = 0;                  // of so many
  bool debt = false;                       // the winner owed it: fair pick
  std::vector<VerdictCount> counts = {};   // of every agent of the roster
  std::vector<Candidate> candidates = {};  // who was eligible in order, then the others by id
  std::vector<std::uint64_t> others = {};  // events of the record's other decisions on it
};

// An open that is not made. Only names and what is required count.
struct EstimateRequest {
  std::uint16_t channel = 0;
  std::uint16_t category = 0;
  std::uint16_t tier = 0;
  std::uint16_t impact = 0;
  std::uint16_t language = 0;
  std::vector<SkillLevel> required = {};
};

// What it would meet. Refused otherwise than by hours or overflow, it is told the class at most.
struct Estimate {
  Refusal refusal = Refusal::none;  // that the open would get
  std::uint16_t service_class = 0;
  std::uint32_t position = 0;         // waiting in its class then, itself included
  std::int64_t expected_p50_ms = -1;  // -1 = not known
  std::int64_t expected_p90_ms = -1;
  std::uint64_t estimated = 0;  // this and the next, as in ClassStatus
  std::uint64_t within_p50 = 0;
  std::uint64_t within_p90 = 0;
  std::int64_t pool_ms = 0;
  wire::Hindrance hindrance = wire::Hindrance::none;  // why it would not wait and be taken
  // In which the open would be; none = refused.
  wire::ConversationState state = wire::ConversationState::none;
  std::uint16_t to_class = 0;  // to which it would be sent; 0 = it stays
  std::int64_t opens_ms = 0;   // wall time when what is closed opens; 0 = not known
};

// Why there is no answer.
struct Failure {
  enum class Kind : std::uint8_t { no_server, refused, malformed };
  Kind kind = Kind::no_server;
  Refusal refusal = Refusal::none;
  std::string text = {};
};

template <class T>
using Found = std::variant<T, Failure>;

struct QueryOptions {
  std::string endpoint = "tcp://127.0.0.1:5712";
  std::string pool = "main";
  std::chrono::milliseconds deadline{5'000};  // of one question
  Context* context = nullptr;
};

class Queries {
 public:
  explicit Queries(QueryOptions options);
  ~Queries();
  Queries(Queries&&) noexcept;
  Queries& operator=(Queries&&) noexcept;

  [[nodiscard]] Found<Status> status();
  // All chunks, of one sequence.
  [[nodiscard]] Found<Snapshot> snapshot();
  [[nodiscard]] Found<Conversation> conversation(Id id);
  [[nodiscard]] Found<Agent> agent(Id id);
  [[nodiscard]] Found<Estimate> estimate(const EstimateRequest& request);
  [[nodiscard]] Found<Replay> replay(const ReplayRequest& request);
  [[nodiscard]] Found<Dictionary> dictionary();
  // Of a live conversation; with a sequence, as it was after the record of that event.
  [[nodiscard]] Found<Why> why(Id conversation, std::uint64_t sequence = 0);
  // The decision that the event told, or another one of its record; without a sequence the
  // conversation's last, without a conversation that of the event. Names every candidate. The past
  // is replayed first, which takes seconds when a million records are kept.
  [[nodiscard]] Found<Explained> explain(Id conversation, std::uint64_t sequence = 0);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher::client
