#pragma once

// The whole path of a conversation, put together: the only place that knows every stage. Two
// threads drive it, one front(), one core(), and a third past(), which is beside it; a simulator
// drives all in one.

#include <functional>

#include "daemon/pipeline_core.h"
#include "daemon/pipeline_front.h"

namespace usher {

class Pipeline {
 public:
  // Requires: clock, transport and journal outlive it.
  Pipeline(const Settings& settings, Core::Options options, const Clock& clock,
           Transport& transport, Journal& journal)
      // Reception lets in inbox_commands of clients and queries_max questions; the rest is the
      // shell's own: a pulse, a configuration, the end.
      : inbox_(settings.inbox_commands + queries_max + 4),
        outbox_(outgoing_max),
        past_inbox_(past_asks_max),
        past_outbox_(past_asks_max),
        core_(std::move(options), clock, journal, inbox_, outbox_, {past_inbox_, past_outbox_}),
        front_(settings, clock, transport, inbox_, outbox_),
        past_(journal, past_inbox_, past_outbox_) {}

  // How each side wakes the others. Requires: called before the threads start.
  void on_ring(const std::function<void()>& wake_core, const std::function<void()>& wake_front,
               const std::function<void()>& wake_past) {
    inbox_.on_ring(wake_core);
    inbox_.on_ring_back(wake_front);
    outbox_.on_ring(wake_front);
    outbox_.on_ring_back(wake_core);
    past_inbox_.on_ring(wake_past);
    past_outbox_.on_ring(wake_core);
  }

  // Brings back the pool that the journal keeps, if it keeps one. Requires: called once, first.
  // Calls `progress` now and then.
  Status recover(
      Core::Recovered& recovered, const std::function<void()>& progress = [] {}) {
    return core_.recover(
        [&](std::span<const Event> events) {
          front_.remember(events);
          progress();
        },
        recovered);
  }
  // Creates the pool or goes on with it. Requires: called once, before either side is driven; the
  // numbers in the configuration are those of core().router().dictionary().
  Status start(const PoolConfiguration& configuration, const Timetable& timetable) {
    Status status = core_.start(configuration, timetable);
    if (status.ok()) front_.introduce(core_.identity(), core_.router().dictionary());
    return status;
  }

  [[nodiscard]] Core& core() { return core_; }
  [[nodiscard]] Front& front() { return front_; }
  [[nodiscard]] Past& past() { return past_; }

 private:
  // With group_events_max they bound what waits for the sockets' thread.
  static constexpr std::size_t outgoing_max = 64;

  Handover<Intake> inbox_;
  Handover<Outgoing> outbox_;
  Handover<AskPast> past_inbox_;
  Handover<PastAnswered> past_outbox_;
  Core core_;
  Front front_;
  Past past_;
};

}  // namespace usher
