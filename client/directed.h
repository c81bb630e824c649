#pragma once

// The directed events of one origin form a chain: each names the one before it. Tells what to do
// with the next one that comes. For the library's own use.

#include <algorithm>
#include <cstdint>

#include "client/event.h"

namespace usher::client {

class DirectedChain {
 public:
  enum class Verdict : std::uint8_t { deliver, duplicate, gap };

  // The last event handed over; what comes after it is wanted.
  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  // How far usherd is known to be; until then a gap is open.
  [[nodiscard]] bool is_behind() const { return known_ > seen_; }

  void begin_after(std::uint64_t sequence) {
    seen_ = sequence;
    known_ = sequence;
    any_is_next_ = false;
  }
  // usherd says that there are events up to this one.
  void learn(std::uint64_t sequence) { known_ = std::max(known_, sequence); }
  // What was missed is gone: whatever comes next begins the chain anew.
  void skip_lost() {
    known_ = seen_;
    any_is_next_ = true;
  }

  Verdict judge(const Event& event, std::uint16_t origin) {
    if (event.sequence <= seen_) return Verdict::duplicate;
    learn(event.sequence);
    if (!any_is_next_ && previous_of(event, origin) > seen_) return Verdict::gap;
    any_is_next_ = false;
    seen_ = event.sequence;
    return Verdict::deliver;
  }

 private:
  // An origin may be concerned in several roles; each then names the same event.
  static std::uint64_t previous_of(const Event& event, std::uint16_t origin) {
    std::uint64_t previous = 0;
    if (event.origin == origin) previous = std::max(previous, event.previous);
    if (event.agent_origin == origin) previous = std::max(previous, event.agent_previous);
    if (event.other_origin == origin) previous = std::max(previous, event.other_previous);
    return previous;
  }

  std::uint64_t seen_ = 0;
  std::uint64_t known_ = 0;
  bool any_is_next_ = false;
};

}  // namespace usher::client
