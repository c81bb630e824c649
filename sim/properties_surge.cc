// What a mass incident may take from others.

#include <algorithm>

#include "sim/differences.h"
#include "sim/properties.h"

namespace usher::sim {

using State = ConversationState;

namespace {

// Skills alone make somebody of the class one of its own; whatever else is asked for counts as met.
bool as_skilled(const std::vector<NeedTerm>& terms, const AgentView& a) {
  for (const NeedTerm& term : terms) {
    if (term.negated || term.kind != NeedTerm::Kind::skill) continue;
    bool has = false;
    for (const SkillLevel& its : a.skills) {
      has = has || (its.skill.value == term.number && its.level >= std::max<int>(term.level, 1));
    }
    if (!has) return false;
  }
  return true;
}

bool counts(State state) {
  return state == State::waiting || state == State::offered || state == State::assigned;
}

}  // namespace

bool Properties::is_other(const ClassConfiguration& k, const AgentView& a) {
  bool from_the_start = false;
  for (const NeedStep& step : k.need) {
    if (step.after_ms > 0) continue;
    from_the_start = true;
    for (const auto& terms : step.alternatives) {
      if (as_skilled(terms, a)) return false;
    }
  }
  return from_the_start && a.kind == AgentKind::person;
}

bool Properties::lent(const ClassConfiguration& k, const AgentView& a) const {
  if (!is_other(k, a)) return false;
  return std::any_of(
      sight_->conversations.begin(), sight_->conversations.end(), [&](const ConversationView& c) {
        const bool asked = std::find(c.offers.begin(), c.offers.end(), a.agent) != c.offers.end();
        const bool has_it = c.agent == a.agent && c.state != State::held;
        return c.service_class == k.number && (asked || has_it);
      });
}

std::uint64_t Properties::share(const ClassConfiguration& k) const {
  std::uint64_t others = 0;
  for (const AgentView& a : sight_->agents) others += on_duty(a) && is_other(k, a) ? 1 : 0;
  return others * k.surge_lend_percent / 100;
}

bool Properties::lent_enough(const ConversationView& c, const AgentView& a) const {
  const ClassConfiguration& k = class_of(c);
  if (k.surge_lend_percent == 100 || !is_other(k, a) || lent(k, a)) return false;
  std::uint64_t open = 0;
  for (const ConversationView& d : sight_->conversations) {
    open += d.service_class == k.number && counts(d.state) ? 1 : 0;
  }
  std::uint64_t already = 0;
  for (const AgentView& other : sight_->agents) already += lent(k, other) ? 1 : 0;
  return open > k.surge_above && already >= share(k);
}

bool Properties::told_lent(const ClassConfiguration& k, const AgentView& a) const {
  if (!is_other(k, a)) return false;
  return std::any_of(sight_->conversations.begin(), sight_->conversations.end(),
                     [&](const ConversationView& c) {
                       if (c.service_class != k.number) return false;
                       const Told& told = told_.at(c.conversation);
                       const bool has_it = told.owner == a.agent && told.state != State::held;
                       return has_it || told.offers.contains(a.agent);
                     });
}

// While the rule is in force nobody is lent beyond the share, and who is lent already may get more.
void Properties::check_lending(const Event& event) {
  const ConversationView& c = *conversation(event.conversation);
  const ClassConfiguration& k = class_of(c);
  const AgentView& a = *agent(event.agent);
  if (k.surge_lend_percent == 100 || !is_other(k, a) || told_lent(k, a)) return;
  std::uint64_t open = 0;
  for (const ConversationView& d : sight_->conversations) {
    const auto told = told_.find(d.conversation);
    const bool known = told != told_.end() && counts(told->second.state);
    open += d.service_class == k.number && known ? 1 : 0;
  }
  std::uint64_t already = 0;
  for (const AgentView& other : sight_->agents) already += told_lent(k, other) ? 1 : 0;
  if (open > k.surge_above && already >= share(k)) {
    fail("R68: " + words(event.conversation) + " to " + words(event.agent) +
         ", though enough others are lent");
  }
}

}  // namespace usher::sim
