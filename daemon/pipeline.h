#pragma once

// The whole path of a conversation, put together: the only place that knows every stage. Two
// threads drive it, one front(), one core(); a simulator drives both in one.

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
        core_(std::move(options), clock, journal, inbox_, outbox_),
        front_(settings, clock, transport, inbox_, outbox_) {}

  // How each side wakes the other. Requires: called before the threads start.
  void on_ring(const std::function<void()>& wake_core, const std::function<void()>& wake_front) {
    inbox_.on_ring(wake_core);
    inbox_.on_ring_back(wake_front);
    outbox_.on_ring(wake_front);
    outbox_.on_ring_back(wake_core);
  }

  // Creates the pool. Requires: called once, before either side is driven.
  Status start() {
    Status status = core_.start();
    if (status.ok()) front_.introduce(core_.identity(), core_.router().dictionary());
    return status;
  }

  [[nodiscard]] Core& core() { return core_; }
  [[nodiscard]] Front& front() { return front_; }

 private:
  // With group_events_max they bound what waits for the sockets' thread.
  static constexpr std::size_t outgoing_max = 64;

  Handover<Intake> inbox_;
  Handover<Outgoing> outbox_;
  Core core_;
  Front front_;
};

}  // namespace usher
