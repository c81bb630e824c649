#pragma once

// Which front-ends are alive, and with them their agents. Whatever a session of an origin sends
// renews the agents that signed in from it; an origin not heard for a lease has lost them. The core
// is told by AgentLost and AgentRegained and knows no heartbeats.
//
// Time is that of the I/O thread's pulses, which stand in the same queue behind the frames received
// before them: a shell that is late never takes its own lateness for a front-end's silence.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "daemon/nouns.h"

namespace usher {

class Leases {
 public:
  // lease_ms 0 = leases never end (with the client's clock, whose hours pass in milliseconds).
  explicit Leases(std::int64_t lease_ms) : lease_ns_(lease_ms * 1'000'000) {}

  // From now on. Without effect when leases never end.
  void set_lease(std::int64_t lease_ms) {
    if (lease_ns_ != 0) lease_ns_ = lease_ms * 1'000'000;
  }

  // A session of the origin was heard.
  void heard(OriginNumber origin, std::int64_t at_ns);
  // Nothing received before `at_ns` is still to come. When the last pulse was more than half a
  // lease ago, every lease starts anew: it was the shell who was not there.
  void pulse(std::int64_t at_ns);

  // Keeps the table in step with what the core says about agents.
  void observe(const Event& event);
  // What the core had at a start.
  void restore(const AgentView& agent);

  // The next command for the core: AgentLost or AgentRegained. None when there is nothing to say.
  [[nodiscard]] std::optional<Command> next();

 private:
  struct Hash {
    std::size_t operator()(const AgentId& id) const;
  };
  struct Origin {
    std::int64_t heard_ns = 0;
    bool lost = false;
    bool awaited = false;  // some of its agents were lost at a start
    bool queued = false;   // stands in uneven_
    std::vector<AgentId> agents;
  };
  struct Agent {
    OriginNumber origin;
    std::size_t position = 0;  // in the origin's agents
    bool lost = false;         // as the core was told
  };

  void place(AgentId id, OriginNumber origin, bool lost);
  void remove(AgentId id);
  void uneven(OriginNumber number, Origin& origin);

  std::int64_t lease_ns_;
  std::optional<std::int64_t> pulsed_ns_;
  std::map<OriginNumber, Origin> origins_;
  std::unordered_map<AgentId, Agent, Hash> agents_;
  // Origins whose agents were not all told yet what their origin is, and how far the first is done.
  std::deque<OriginNumber> uneven_;
  std::size_t done_ = 0;
};

}  // namespace usher
