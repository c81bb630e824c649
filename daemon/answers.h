#pragma once

// Answers what is asked about a pool's state. What is costly, its digest, is done for everybody who
// waits at once, and gets at most a fifth of the core's time.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/answers_wait.h"
#include "daemon/clock.h"
#include "daemon/nouns.h"
#include "routing/router.h"

namespace usher {

class Answers {
 public:
  // When a calendar opens next, wall time; 0 = not known.
  using Opens = std::function<std::int64_t(HoursNumber)>;

  // Requires: router, clock and what `opens` looks at outlive it.
  Answers(const Router& router, const Clock& clock, Identity identity, std::string version,
          std::string durability, Opens opens);

  // Appends the answer to `into`, now or in a later step(); sequence is the pool's last event.
  // Requires: about the present, and neither an AskReplay nor an AskSnapshot.
  void ask(Peer peer, const Query& query, std::uint64_t sequence, std::vector<Message>& into);
  // Appends what had to wait.
  void step(std::vector<Message>& into);
  // Nanoseconds of boot time when step() has something to do; -1 = nothing waits.
  [[nodiscard]] std::int64_t due_ns() const { return waiting_.empty() ? -1 : rested_ns_; }

 private:
  struct Waiting {
    Peer peer = 0;
    std::uint64_t ticket = 0;
    ConversationId why;  // zero = not asked
  };

  [[nodiscard]] Found conversation(ConversationId id);
  [[nodiscard]] std::int64_t opens_ms(HoursNumber hours) const { return hours ? opens_(hours) : 0; }
  [[nodiscard]] StatusFound status(const PoolView& view, std::uint64_t digest) const;
  [[nodiscard]] Found why(ConversationId conversation) const;
  [[nodiscard]] EstimateFound estimate(const command::Open& open) const;

  const Router& router_;
  const Clock& clock_;
  Identity identity_;
  std::string version_;
  std::string durability_;
  Opens opens_;
  Told told_;
  std::vector<Waiting> waiting_;
  std::int64_t rested_ns_ = 0;  // the next costly answer may begin then
};

}  // namespace usher
