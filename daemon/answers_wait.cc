#include "daemon/answers_wait.h"

#include "routing/check.h"

namespace usher {

ConversationFound Told::tell(ConversationView now, std::int64_t pool_ms) {
  forget(pool_ms);
  const bool waits =
      now.state == ConversationState::waiting || now.state == ConversationState::offered;
  if (!waits) return {std::move(now), 0};
  const auto found = told_.find(now.conversation);
  if (found != told_.end() && found->second.state == now.state &&
      found->second.service_class == now.service_class) {
    now.position = found->second.position;
    now.expected = found->second.expected;
    return {std::move(now), found->second.told_ms};
  }
  told_[now.conversation] = {pool_ms, now.state, now.service_class, now.position, now.expected};
  order_.emplace_back(pool_ms, now.conversation);
  return {std::move(now), pool_ms};
}

// Makes room for one more, and lets go of what was told long enough ago.
void Told::forget(std::int64_t pool_ms) {
  while (!order_.empty()) {
    const auto& [told_ms, conversation] = order_.front();
    if (order_.size() < told_max && pool_ms - told_ms < told_again_ms) return;
    const auto found = told_.find(conversation);
    if (found != told_.end() && found->second.told_ms == told_ms) told_.erase(found);
    order_.pop_front();
  }
}

}  // namespace usher
