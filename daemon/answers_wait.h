#pragma once

// What was told of a conversation's wait, so that whoever asks again soon is told the same: a
// customer does not see numbers jump, and asking often costs nothing and gains nothing.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "daemon/nouns.h"

namespace usher {

inline constexpr std::int64_t told_again_ms = 10'000;
// Of the conversations told of lately, the newest so many. Who is forgotten is told the present.
inline constexpr std::size_t told_max = 65'536;

class Told {
 public:
  // The conversation as it is at `pool_ms`, with position and wait as they were told less than
  // told_again_ms before, if it still waits in that state and class.
  // Requires: pool_ms is not less than the last one.
  [[nodiscard]] ConversationFound tell(ConversationView now, std::int64_t pool_ms);
  [[nodiscard]] std::size_t count() const { return told_.size(); }

 private:
  struct Wait {
    std::int64_t told_ms = 0;
    ConversationState state = ConversationState::none;
    ClassNumber service_class;
    std::uint32_t position = 0;
    Expected expected;
  };

  void forget(std::int64_t pool_ms);

  std::map<ConversationId, Wait> told_;
  // Each telling, the oldest first; one that was told anew stands here twice.
  std::deque<std::pair<std::int64_t, ConversationId>> order_;
};

}  // namespace usher
