#pragma once

// The core's side of the pipeline: takes what the sockets let in, stamps it, carries it out, hands
// the records to the journal and what they caused to the other side, which lets it out once the
// journal is done with them. By the client's clock the wall shows pool time, as milliseconds since
// 1970-01-01T00:00Z. Passive: whoever owns it calls step(), always from one thread.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/answers.h"
#include "daemon/answers_past.h"
#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/handover.h"
#include "daemon/hours.h"
#include "daemon/journal.h"
#include "daemon/keeper.h"
#include "daemon/leases.h"
#include "daemon/nouns.h"
#include "daemon/ring.h"
#include "daemon/sequencer.h"
#include "daemon/sessions.h"
#include "routing/router.h"

namespace usher {

// A group ends when it has caused so many events; with the last record's at most events_max more.
inline constexpr std::size_t group_events_max = 8192;
// A start carries out at most so many records, some 400 ms, to know again the events that were
// before the newest state.
inline constexpr std::uint64_t remembered_records_max = 262'144;

class Core {
 public:
  struct Options {
    std::string pool;
    std::int64_t lease_ms = 0;
    PoolClock clock = PoolClock::real;
    std::uint64_t disk_floor_bytes = 0;  // with less free, nothing that adds work is taken
    std::int64_t snapshot_every_ms = 0;  // 0 = never
    std::uint64_t events_wanted = 0;     // that a start knows again, for who missed some
    std::string version;
    std::uint64_t incarnation = 0;          // where the journal keeps none
    std::function<std::uint64_t()> random;  // for the ids of sessions
    std::vector<Command> quarantined = {};  // refused, whoever sends them
  };
  struct Recovered {
    bool pool = false;             // there was one
    std::uint64_t snapshot = 0;    // the record it was taken after; 0 = there was none
    std::uint64_t records = 0;     // carried out again
    std::uint64_t remembered = 0;  // carried out for their events, before the snapshot
    std::uint64_t last_record = 0;
    std::uint64_t last_event = 0;
    std::int64_t downtime_ms = 0;
  };

  // Where the past is replayed, and the state is kept.
  struct ToOthers {
    Handover<AskPast>& asks;
    Handover<PastAnswered>& answers;
    Handover<StatePart>& state;
    Handover<CutMade>& cuts;
  };
  // Who remembers what was published: behind which event, which makes it forget all it was told,
  // and the events, in order and in parts.
  struct Memory {
    std::function<void(std::uint64_t, const LastOfOrigins&)> behind;
    std::function<void(std::span<const Event>)> again;
  };

  // Requires: everything given outlives it.
  Core(Options options, const Clock& clock, Journal& journal, Handover<Intake>& inbox,
       Handover<Outgoing>& outbox, ToOthers others);

  // Takes the lead, reads the newest snapshot that is whole and carries out again the records
  // behind it. Those before it that the events wanted follow from are carried out too, in a pool of
  // their own. Requires: called once, before start().
  Status recover(const Memory& memory, Recovered& recovered);
  // Creates the pool or goes on with it, under this configuration, whose numbers are those of
  // router().dictionary(). Requires: called once, before step().
  Status start(const PoolConfiguration& configuration, const Timetable& timetable);
  // Hands on a part of the state as it was when this began, at the last record, and begins if
  // nothing is under way; false once all of it was. Whatever is under way goes on by itself while
  // the core is driven. Requires: whoever keeps it takes it.
  bool keep_state();
  [[nodiscard]] bool keeping_state() const { return router_.saving() || part_; }
  // Whether what was last handed on was the state of the last record.
  [[nodiscard]] bool kept_at_tip() const { return kept_record_ == sequencer_.last().sequence; }
  [[nodiscard]] const Identity& identity() const { return identity_; }

  // Does a bounded piece of work; true when more can be done at once.
  bool step();
  // Before step(): waits a moment for what the sockets said they are about to let in. Whether it
  // came or not, step() finds out.
  void linger() {
    if (!waits_for_others()) (void)inbox_.linger();
  }
  // Milliseconds until step() must be called though nobody rang; none = never.
  [[nodiscard]] std::optional<std::int64_t> wait_ms() const;

  // Whether the core stopped because it was too far ahead of the journal, and has to be woken now
  // that the journal moved; then it counts as told. From any thread.
  [[nodiscard]] bool waits_for_journal() {
    return waits_for_journal_.load() && waits_for_journal_.exchange(false);
  }

  // The record that the calling thread is carrying out and who does it, for whoever has to tell why
  // the process stopped; or nulls.
  struct CarriedOut {
    const Record* record;
    const Router* by;
  };
  [[nodiscard]] static CarriedOut current() { return carried_out; }
  [[nodiscard]] const Router& router() const { return router_; }

 private:
  // Who ring once they are done.
  [[nodiscard]] bool waits_for_others() const {
    return drained_ || held_ || waits_for_journal_.load();
  }

  // A batch whose commands do not all fit into one group.
  struct Unfinished {
    Peer peer = 0;
    Batch batch;
    std::size_t done = 0;
  };
  struct Advancing {
    Peer peer = 0;
    std::int64_t to_ms = 0;
  };

  void resume(Recovered& recovered);
  Status read_newest_snapshot(const Memory& memory, Recovered& recovered);
  [[nodiscard]] Journal::Snapshot begin_of_events(std::vector<Journal::Snapshot> kept) const;
  bool remember(const std::vector<Journal::Snapshot>& kept, const Memory& memory,
                Recovered& recovered);
  // Carries out those records again, and hands on their events; counts both.
  struct Replay {
    std::uint64_t from = 0;
    std::uint64_t upto = 0;
  };
  Status replay(const Replay& which, Router& router, const Memory& memory,
                std::uint64_t& last_event, std::uint64_t& records);

  // Whether it is time to keep the state, and there is room for it.
  [[nodiscard]] bool state_due() const;
  [[nodiscard]] bool state_fits() const;
  [[nodiscard]] std::uint64_t state_bytes() const;
  void warn_of_small_floor() const;
  // Has forgotten what the newest state makes superfluous, for when the disk is full and no other
  // is kept.
  void make_room();
  // Whether somebody waits for a cut and it is time for one.
  [[nodiscard]] bool cut_due() const;
  void begin_state(bool for_readers);
  bool hand_on_state();
  void ask_cut(Peer peer, std::uint64_t ticket);
  void hear_cut();
  void refuse_cuts();

  // Looks, now and then, whether the journal still has room to grow.
  void look_at_disk();
  [[nodiscard]] bool group_full() const;
  [[nodiscard]] bool too_far_ahead();
  [[nodiscard]] bool may_go_on();
  void hand_on();
  bool fill_group();
  void close_group();

  Outcome apply(const SessionId& session, std::uint64_t number, Command&& command);
  Outcome apply(Command&& command) { return apply({}, 0, std::move(command)); }
  // Tells the core what an agent's own command changed about its shift.
  void tell_shift(AgentId agent);
  [[nodiscard]] std::optional<std::int64_t> next_stop() const;
  void tick();
  [[nodiscard]] std::uint64_t sequence() const;  // the last event

  bool handle(Intake& intake);
  void hello(Peer peer, const Hello& hello, std::int64_t received_ns);
  void open_session(Peer peer, const Hello& hello, std::int64_t received_ns);
  void welcome(Session& session, const Hello& hello, bool fresh);
  void batch(Peer peer, Batch&& batch, std::int64_t received_ns);
  void gap(Session& session, std::int64_t received_ns);
  void go_on(Unfinished& unfinished);
  // It made usherd crash before.
  [[nodiscard]] bool in_quarantine(const Command& command) const;
  void advance(Peer peer, const Advance& advance);
  void go_on(const Advancing& advancing);
  void end_session(SessionId id);
  void reconfigure(const Reconfigure& what);
  void pulse(std::int64_t received_ns);

  void ask(Peer peer, const Query& query);
  void ask_past(Peer peer, std::uint64_t ticket, std::uint64_t sequence,
                const decltype(AskPast::question)& question);
  void hand_on_past();
  void hear_past();
  // As apply(), with a line for the log of each decision.
  Outcome apply_and_tell(const Record& record);

  // The session this peer speaks for, now heard; null when another peer took it over.
  Session* heard(Peer peer, SessionId id, std::int64_t received_ns);
  Acknowledgement& acknowledgement(Session& session);
  void say(Peer peer, decltype(Message::what)&& what);
  void refuse(Peer peer, Refusal reason, std::string text, std::uint64_t wanted = 0);
  void taken(Peer peer, std::size_t commands);
  [[nodiscard]] std::string_view origin_name(OriginNumber number) const;
  [[nodiscard]] OriginNumber origin_number(std::string_view name) const;

  Options options_;
  const Clock& clock_;
  Journal& journal_;
  Handover<Intake>& inbox_;
  Handover<Outgoing>& outbox_;
  ToOthers others_;
  std::size_t past_asks_ = 0;   // under way there
  std::vector<AskPast> asked_;  // of them, in the open group
  Identity identity_;
  Router router_;
  Sequencer sequencer_;
  Sessions sessions_;
  Leases leases_;
  Hours hours_;
  std::optional<Answers> answers_;

  // The open group.
  std::vector<Record> records_;
  Outgoing out_;
  std::uint64_t turn_ = 1;      // counts groups, those without records too
  std::uint64_t group_ = 0;     // the last one appended
  std::uint64_t sequence_ = 0;  // the last event of the groups before

  std::optional<Outgoing> held_;  // waits for room in the outbox
  std::atomic<bool> waits_for_journal_{false};
  std::optional<Intake> postponed_;
  std::optional<Unfinished> unfinished_;
  std::optional<Advancing> advancing_;
  SessionId driver_;                    // who may advance the client's clock
  std::optional<StatePart> part_;       // waits to be kept
  Journal::Snapshot keeping_;           // the state that is being handed on
  bool for_readers_ = false;            // it is not to be kept
  std::uint64_t kept_record_ = 0;       // of the last one that was
  std::uint64_t kept_bytes_ = 0;        // of it
  std::int64_t kept_ns_ = 0;            // when it began
  bool room_made_ = false;              // all that was before it is to go
  std::int64_t resumed_after_ms_ = -1;  // a pool goes on, which was down for so long
  inline static constinit thread_local CarriedOut carried_out = {};
  std::uint64_t disk_free_bytes_ = UINT64_MAX;  // when it was last looked at
  struct CutAsk {
    Peer peer = 0;
    std::uint64_t ticket = 0;
    friend bool operator==(const CutAsk&, const CutAsk&) = default;
  };
  std::vector<CutAsk> cut_asks_;     // for the next cut
  std::vector<CutAsk> cut_readers_;  // of the one under way
  std::int64_t cut_begun_ns_ = 0;
  std::int64_t cut_rested_ns_ = 0;  // the next one may begin then
  bool disk_full_ = false;
  std::int64_t disk_looked_ns_ = 0;
  bool drained_ = false;
  bool tells_ = false;  // decisions are to be logged
};

}  // namespace usher
