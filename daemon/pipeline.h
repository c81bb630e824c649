#pragma once

// The whole path of a conversation, put together: the only place that knows every stage. Two
// threads drive it, one front(), one core(); past() and keeper(), which are beside it and wait for
// the disk, have one each. A simulator drives all in one.

#include <functional>

#include "daemon/pipeline_core.h"
#include "daemon/pipeline_front.h"

namespace usher {

// Groups whose output waits for the journal and for the sockets' thread.
inline constexpr std::size_t groups_held_max = 256;

class Pipeline {
 public:
  // Requires: clock, transport and journal outlive it.
  Pipeline(const Settings& settings, Core::Options options, const Clock& clock,
           Transport& transport, Journal& journal)
      // Reception lets in inbox_commands of clients and queries_max questions; the rest is the
      // shell's own: a pulse, a configuration, the end.
      : journal_(journal),
        inbox_(settings.inbox_commands + queries_max + 4),
        outbox_(groups_held_max),
        past_inbox_(past_asks_max),
        past_outbox_(past_asks_max),
        state_(state_parts_max),
        cuts_(1),
        core_(std::move(options), clock, journal, inbox_, outbox_,
              {past_inbox_, past_outbox_, state_, cuts_}),
        front_(settings, clock, transport, journal, inbox_, outbox_),
        past_(journal, past_inbox_, past_outbox_),
        keeper_(journal, clock, state_, cuts_,
                {.keep_ms = settings.keep_ms, .bytes_max = settings.keep_bytes}) {}

  ~Pipeline() { ring_nobody(); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // How each side wakes the others. Requires: called before the threads start.
  void on_ring(const std::function<void()>& wake_core, const std::function<void()>& wake_front,
               const std::function<void()>& wake_past, const std::function<void()>& wake_keeper) {
    inbox_.on_ring(wake_core);
    inbox_.on_ring_back(wake_front);
    outbox_.on_ring(wake_front);
    outbox_.on_ring_back(wake_core);
    past_inbox_.on_ring(wake_past);
    past_outbox_.on_ring(wake_core);
    state_.on_ring(wake_keeper);
    state_.on_ring_back(wake_core);
    cuts_.on_ring(wake_core);
    journal_.on_moved([this, wake_core, wake_front] {
      wake_front();
      if (core_.waits_for_journal()) wake_core();
    });
    journal_.on_moving([this, wake_front] {
      if (front_.expect_durable()) wake_front();
    });
    wake_front();  // for what start() caused, which rang nobody
  }
  // From now on the journal, whose thread goes on, wakes nobody.
  void ring_nobody() {
    journal_.on_moving({});
    journal_.on_moved({});
  }

  // Brings back the pool that the journal keeps, if it keeps one. Requires: called once, first.
  // Calls `progress` now and then.
  Status recover(
      Core::Recovered& recovered, const std::function<void()>& progress = [] {}) {
    return core_.recover({.behind =
                              [&](std::uint64_t sequence, const LastOfOrigins& last_of) {
                                front_.remember_behind(sequence, last_of);
                                progress();
                              },
                          .again =
                              [&](std::span<const Event> events) {
                                front_.remember(events);
                                progress();
                              }},
                         recovered);
  }
  // Creates the pool or goes on with it. Requires: called once, before either side is driven; the
  // numbers in the configuration are those of core().router().dictionary().
  Status start(const PoolConfiguration& configuration, const Timetable& timetable) {
    Status status = core_.start(configuration, timetable);
    if (status.ok()) front_.introduce(core_.identity(), core_.router().dictionary());
    return status;
  }

  // Keeps the state of the last record, unless it is kept. Requires: nobody drives core or keeper.
  void seal(const std::function<void()>& progress = [] {}) {
    const auto take = [&] {
      while (keeper_.step()) {
      }
    };
    const auto hand_on = [&] {
      while (core_.keep_state() || core_.keeping_state()) {
        take();
        progress();
      }
      take();
    };
    // The core calls kept what it has handed on, and the keeper may have been stopped before it.
    take();
    if (core_.keeping_state()) hand_on();
    if (!core_.kept_at_tip()) hand_on();
  }

  [[nodiscard]] Core& core() { return core_; }
  [[nodiscard]] Front& front() { return front_; }
  [[nodiscard]] Past& past() { return past_; }
  [[nodiscard]] Keeper& keeper() { return keeper_; }

 private:
  Journal& journal_;
  Handover<Intake> inbox_;
  Handover<Outgoing> outbox_;
  Handover<AskPast> past_inbox_;
  Handover<PastAnswered> past_outbox_;
  Handover<StatePart> state_;
  Handover<CutMade> cuts_;
  Core core_;
  Front front_;
  Past past_;
  Keeper keeper_;
};

}  // namespace usher
