#pragma once

// The sockets' side of the pipeline: frames become messages for the core, and what the core caused
// becomes frames once it is durable. Owns what the outside is told: the ring of events, the desk,
// the cuts. Passive: whoever owns the sockets calls it, always from one thread.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/cuts.h"
#include "daemon/decode.h"
#include "daemon/desk.h"
#include "daemon/handover.h"
#include "daemon/journal.h"
#include "daemon/nouns.h"
#include "daemon/publish.h"
#include "daemon/reception.h"
#include "daemon/ring.h"
#include "daemon/transport.h"

namespace usher {

class Front {
 public:
  // Requires: everything given outlives it.
  Front(const Settings& settings, const Clock& clock, Transport& transport, const Journal& journal,
        Handover<Intake>& inbox, Handover<Outgoing>& outbox);

  // Who the outside is told we are. Requires: called before the first step().
  void introduce(const Identity& identity, std::span<const Name> dictionary) {
    identity_ = identity;
    dictionary_.assign(dictionary.begin(), dictionary.end());
  }

  // What was published by a process before: behind this event, if there was one; and events, in
  // order. Requires: called in this order, before the first step().
  void remember_behind(std::uint64_t sequence, const LastOfOrigins& last_of);
  void remember(std::span<const Event> events);

  // Reads the clock for all that is received until the next call.
  void begin_turn() { now_ns_ = clock_.boot_ns(); }
  // A frame of the command or query socket; the bytes are not kept.
  void command_frame(Peer peer, std::span<const std::byte> bytes);
  void query_frame(Peer peer, std::span<const std::byte> bytes);
  // Says that a frame is about to be received, or that it may be.
  void expect() { inbox_.announce(); }
  // Says that the journal is about to move. From any thread; true when who calls step() has to be
  // woken.
  [[nodiscard]] bool expect_durable() { return durable_soon_.make(); }
  // Once there is nothing to do: waits a moment for the journal if it is about to move; true when
  // something can be let out.
  bool linger();
  // Wakes the core for what was received; step() does so too.
  void hand_in() { inbox_.ring(); }
  // Frames that the sockets threw away.
  void count_dropped(std::uint64_t frames) { reception_.count_dropped(frames); }

  // Sends what has become due; true when more can be done at once.
  bool step();
  // Milliseconds until step() must be called though nothing arrived and nobody rang.
  [[nodiscard]] std::int64_t wait_ms() const;

  // Hands new settings to the core; once it took them, those that belong here count too. What
  // becomes of it is logged. Requires: none is under way.
  void reconfigure(const Settings& settings);
  [[nodiscard]] bool reconfiguring() const { return reconfiguring_; }
  [[nodiscard]] std::span<const Name> dictionary() const { return dictionary_; }

  // Lets nothing new in; what is under way is finished.
  void drain();
  // Everything is done and sent, save to who does not read.
  [[nodiscard]] bool drained() const { return drained_; }
  [[nodiscard]] bool has_debts() const { return desk_.has_debts(); }

  // Boot time of the last pulse that came back: core and journal were alive then.
  [[nodiscard]] std::int64_t pulsed_ns() const { return pulsed_ns_; }
  [[nodiscard]] const Reception::Counts& counts() const { return reception_.counts(); }
  [[nodiscard]] std::uint64_t published() const { return published_; }
  [[nodiscard]] std::size_t peers() const { return reception_.peers(); }

 private:
  void put(Peer peer, decltype(Intake::what)&& what);
  void answer(Peer peer, std::uint64_t ticket, const Found& found);
  void look_up(AskExplain& explain) const;
  void pulse();

  bool take_durable();
  void let_out(Outgoing& outgoing);
  void publish_let_out();
  void publish(std::span<const Event> events);
  void deliver(Message& message);
  void deliver(Peer peer, Welcomed& welcomed);
  void deliver(Peer peer, Acknowledgement& acknowledgement);
  void deliver(Peer peer, const FrameRefused& refused) { desk_.say(peer, refused); }
  void deliver(Peer peer, const Alive& alive) { desk_.say(peer, alive); }
  void deliver(Peer peer, const Rewound& rewound) { desk_.rewind(peer, rewound.after); }
  void deliver(Peer peer, const Advanced& advanced) { desk_.owe(peer, advanced); }
  void deliver(Peer peer, const Ended& ended);
  void deliver(Peer peer, Answered& answered);
  void deliver(Peer peer, const CutTaken& taken);
  void deliver(Peer peer, Configured& configured);
  void deliver(Peer peer, const Pulsed& pulsed);
  void deliver(Peer peer, const Drained& drained);
  Sent send(Peer peer, const ServerMessage& message);

  const Clock& clock_;
  Transport& transport_;
  const Journal& journal_;
  Handover<Intake>& inbox_;
  Handover<Outgoing>& outbox_;
  Outgoing outgoing_;
  bool held_ = false;  // it waits for the journal
  Announcement durable_soon_;
  std::vector<std::vector<Event>> let_out_;  // by this step, to be published
  Identity identity_;
  Decoder decoder_;
  Encoder encoder_;
  Reception reception_;
  Ring ring_;
  Desk desk_;
  Cuts cuts_;
  std::vector<Name> dictionary_;

  std::int64_t now_ns_ = 0;
  std::int64_t pulse_ns_;  // between two pulses
  std::int64_t next_pulse_ns_ = 0;
  std::int64_t published_ns_ = 0;  // the last published frame
  std::uint64_t published_ = 0;    // the last event
  std::int64_t pulsed_ns_ = 0;
  std::int64_t counted_ns_ = 0;
  Reception::Counts counted_;  // as last logged
  bool pulse_under_way_ = false;
  bool reconfiguring_ = false;
  std::uint32_t new_window_ = 0;  // of the settings under way
  bool more_ = false;
  bool drained_ = false;
};

}  // namespace usher
