// Mass incidents: how many of the agents who are there for other work they may borrow.

#include <algorithm>

#include "sim/twin.h"

namespace usher::sim {

using State = ConversationState;

// A person who meets no alternative of the need's steps at 0, as far as those ask for skills.
bool Twin::is_other(const ClassConfiguration& its, const Agent& a) const {
  if (a.definition.kind != AgentKind::person) return false;
  const auto has = [&](const NeedTerm& term) {
    if (term.kind != NeedTerm::Kind::skill || term.negated) return true;
    const int asked = std::max<int>(term.level, 1);
    return std::any_of(
        a.definition.skills.begin(), a.definition.skills.end(),
        [&](const SkillLevel& s) { return s.skill.value == term.number && s.level >= asked; });
  };
  bool from_the_start = false;
  for (const NeedStep& step : its.need) {
    if (step.after_ms != 0) continue;
    from_the_start = true;
    for (const auto& terms : step.alternatives) {
      if (std::all_of(terms.begin(), terms.end(), has)) return false;
    }
  }
  return from_the_start;
}

bool Twin::lent(const ClassConfiguration& its, const Agent& a) const {
  const AgentId id = a.definition.agent;
  return is_other(its, a) &&
         std::any_of(conversations_.begin(), conversations_.end(), [&](const Conversation& c) {
           if (c.service_class != its.number) return false;
           const bool lies_there = c.state == State::assigned || c.state == State::wrapping;
           return (lies_there && c.agent == id) ||
                  std::any_of(c.offers.begin(), c.offers.end(),
                              [&](const Offer& o) { return o.agent == id; });
         });
}

Twin::Surge Twin::surge(ClassNumber number) const {
  const ClassConfiguration& its = class_of(number);
  Surge surge;
  std::uint64_t open = 0;
  for (const Conversation& c : conversations_) {
    if (c.service_class != number) continue;
    open += c.state == State::waiting || c.state == State::offered || c.state == State::assigned;
  }
  surge.in_force = its.surge_lend_percent < 100 && open > its.surge_above;
  std::uint64_t others = 0;
  for (const auto& [id, a] : agents_) {
    others += is_other(its, a) && on_duty(a);
    surge.lent += lent(its, a);
  }
  surge.share = others * its.surge_lend_percent / 100;
  return surge;
}

bool Twin::lent_enough(const Conversation& c, const Agent& a) const {
  const ClassConfiguration& its = class_of(c);
  if (its.surge_lend_percent == 100 || !is_other(its, a) || lent(its, a)) return false;
  const Surge now = surge(c.service_class);
  return now.in_force && now.lent >= now.share;
}

bool Twin::is_other(ClassNumber number, AgentId id) const {
  const Agent* a = agent_of(id);
  return a != nullptr && is_other(class_of(number), *a);
}

}  // namespace usher::sim
