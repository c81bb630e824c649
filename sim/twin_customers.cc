// One customer, one place; and the agent whom a customer knows.

#include <algorithm>

#include "sim/twin.h"

namespace usher::sim {

bool Twin::another_has_the_place(const Conversation& c) const {
  if (c.now.customer.is_zero() || c.state != ConversationState::waiting) return false;
  return std::any_of(conversations_.begin(), conversations_.end(), [&](const Conversation& d) {
    if (d.now.customer != c.now.customer) return false;
    if (d.state != ConversationState::waiting && d.state != ConversationState::offered) {
      return false;
    }
    return std::make_pair(band_position(d), d.queued) < std::make_pair(band_position(c), c.queued);
  });
}

// Who is judged anew may leave the place again, to one that was looked at before.
void Twin::look_at_customers() {
  for (bool changed = true; changed;) {
    changed = false;
    for (Conversation& c : conversations_) {
      const bool joined = another_has_the_place(c);
      if (c.state != ConversationState::waiting || joined == c.joined) continue;
      changed = true;
      c.joined = joined;
      if (!joined) prefer_last_agent(c);
      tell(c, joined ? EventKind::joined : EventKind::waiting, Cause::customer);
      if (joined) {
        stop(TimerKind::longest_wait, c.now.conversation);
      } else {
        judge(c, Cause::none);
      }
    }
  }
}

void Twin::prefer_last_agent(Conversation& c) {
  const auto last = last_agents_.find(c.now.customer);
  if (last == last_agents_.end() || !c.now.preferred_agent.is_zero()) return;
  c.now.preferred_agent = last->second;
  c.preferred_since_ms = now();
}

void Twin::remember_agent_of_customer(const Conversation& c, AgentId agent) {
  if (!c.now.customer.is_zero()) last_agents_[c.now.customer] = agent;
}

void Twin::forget_customers() {
  std::erase_if(last_agents_, [&](const auto& entry) {
    const auto is_theirs = [&](const Conversation& c) { return c.now.customer == entry.first; };
    return std::none_of(conversations_.begin(), conversations_.end(), is_theirs) &&
           std::none_of(ended_.begin(), ended_.end(), is_theirs);
  });
}

}  // namespace usher::sim
