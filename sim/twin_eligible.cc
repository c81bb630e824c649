// Who may take what: room, need and everything else that is asked of an agent.

#include <algorithm>
#include <limits>
#include <numeric>

#include "sim/twin.h"

namespace usher::sim {
namespace {

std::uint8_t level_of(const command::AgentDefinition& agent, SkillNumber skill) {
  for (const SkillLevel& s : agent.skills) {
    if (s.skill == skill) return s.level;
  }
  return 0;
}

}  // namespace

// --- room ---

std::vector<ChannelHold> Twin::holds_of(const Agent& a) const {
  std::vector<ChannelHold> holds(a.definition.holds.begin(), a.definition.holds.end());
  if (holds.empty()) {
    for (const ChannelConfiguration& c : rules().channels) {
      holds.push_back({c.number, c.holds});
    }
  }
  std::erase_if(holds, [](const ChannelHold& hold) { return hold.count == 0; });
  return holds;
}

std::uint32_t Twin::limit(const Agent& a, ChannelNumber number) const {
  for (const ChannelHold& hold : holds_of(a)) {
    if (hold.channel == number) return hold.count;
  }
  return 0;
}

std::uint64_t Twin::unit(const Agent& a, ChannelNumber number) const {
  std::uint64_t whole = 1;
  for (const ChannelHold& hold : holds_of(a)) whole = std::lcm(whole, std::uint64_t{hold.count});
  return whole * 100 / limit(a, number);
}

std::uint32_t Twin::count(const Agent& a, ChannelNumber number) const {
  std::uint32_t count = 0;
  for (const Conversation& c : conversations_) {
    if (c.now.channel != number) continue;
    const bool lies_there =
        c.state == ConversationState::assigned || c.state == ConversationState::wrapping;
    if (lies_there && !c.over && c.agent == a.definition.agent) ++count;
    for (const Offer& o : c.offers) {
      if (!o.over && o.agent == a.definition.agent) ++count;
    }
  }
  return count;
}

std::uint32_t Twin::over_count(const Agent& a) const {
  std::uint32_t count = 0;
  for (const Conversation& c : conversations_) {
    if (c.over && c.agent == a.definition.agent) ++count;
    for (const Offer& o : c.offers) {
      if (o.over && o.agent == a.definition.agent) ++count;
    }
  }
  return count;
}

Twin::Room Twin::room(const Agent& a) const {
  Room room;
  std::uint64_t whole = 1;
  for (const ChannelHold& hold : holds_of(a)) {
    whole = std::lcm(whole, std::uint64_t{hold.count});
    const std::uint64_t used = count(a, hold.channel) * unit(a, hold.channel);
    const ChannelConfiguration* configured = channel(hold.channel);
    (configured != nullptr && configured->background ? room.background : room.live) += used;
  }
  room.capacity = whole * a.definition.share_percent;
  return room;
}

bool Twin::takes_channel(const Agent& a, ChannelNumber number) const {
  const bool masked = a.channels != 0 && (a.channels >> (number.value - 1) & 1) == 0;
  return limit(a, number) > 0 && !masked;
}

bool Twin::has_room(const Agent& a, const Conversation& c) const {
  const ChannelNumber number = c.now.channel;
  if (!takes_channel(a, number) || count(a, number) >= limit(a, number)) return false;
  if (channel(number)->voice && over_count(a) > 0) return false;
  const Room used = room(a);
  const std::uint64_t below = channel(number)->background ? used.background : 0;
  return used.live + below + unit(a, number) <= used.capacity;
}

// Above capacity: an incident, one of few, and never voice or beside it.
bool Twin::has_over_slot(const Agent& a, const Conversation& c) const {
  const ChannelNumber number = c.now.channel;
  if (!band_of(c).security || channel(number)->voice || !takes_channel(a, number)) return false;
  for (const Conversation& d : conversations_) {
    const ChannelConfiguration* its = channel(d.now.channel);
    if (its == nullptr || !its->voice) continue;
    const bool lies_there = d.agent == a.definition.agent && d.state != ConversationState::held;
    const bool offered = std::any_of(d.offers.begin(), d.offers.end(),
                                     [&](const Offer& o) { return o.agent == a.definition.agent; });
    if (lies_there || offered) return false;
  }
  return over_count(a) < class_of(c).over_slots;
}

// --- need ---

bool Twin::meets(const NeedTerm& term, const Conversation& c, const Agent& a) const {
  const std::uint8_t level = std::max<std::uint8_t>(term.level, 1);
  bool met = false;
  switch (term.kind) {
    case NeedTerm::Kind::skill:
      met = level_of(a.definition, SkillNumber{term.number}) >= level;
      break;
    case NeedTerm::Kind::language:
      if (!c.now.language) return true;
      met = level_of(a.definition, c.now.language) >= level;
      break;
    case NeedTerm::Kind::group: met = a.definition.group.value == term.number; break;
    case NeedTerm::Kind::level: met = a.definition.level >= term.level; break;
  }
  return met != term.negated;
}

bool Twin::meets(const NeedStep& step, const Conversation& c, const Agent& a) const {
  return std::any_of(step.alternatives.begin(), step.alternatives.end(), [&](const auto& terms) {
    return std::all_of(terms.begin(), terms.end(),
                       [&](const NeedTerm& term) { return meets(term, c, a); });
  });
}

bool Twin::need_met(const Conversation& c, const Agent& a, std::int64_t waited_ms) const {
  if (a.definition.level < c.level) return false;
  for (const SkillLevel& own : c.now.required) {
    if (level_of(a.definition, own.skill) < own.level) return false;
  }
  const auto& need = class_of(c).need;
  return need.empty() || std::any_of(need.begin(), need.end(), [&](const NeedStep& step) {
           return step.after_ms <= waited_ms && meets(step, c, a);
         });
}

bool Twin::authorised(const Conversation& c, const Agent& a) const {
  const auto& has = a.definition.authorities;
  const auto& asked = class_of(c).authorities;
  return std::all_of(asked.begin(), asked.end(), [&](AuthorityNumber authority) {
    return std::find(has.begin(), has.end(), authority) != has.end();
  });
}

bool Twin::excluded_for_good(const Conversation& c, const Agent& a) const {
  return std::any_of(c.exclusions.begin(), c.exclusions.end(), [&](const Exclusion& e) {
    return e.agent == a.definition.agent && e.until_ms == 0;
  });
}

bool Twin::cooling_down(const Conversation& c, const Agent& a, std::int64_t at_ms) const {
  return std::any_of(c.exclusions.begin(), c.exclusions.end(), [&](const Exclusion& e) {
    return e.agent == a.definition.agent && e.until_ms > at_ms;
  });
}

const TierRule* Twin::tier_rule(const Conversation& c, const Agent& a) const {
  for (const TierRule& rule : class_of(c).tiers) {
    const bool group = !rule.group || rule.group == a.definition.group;
    const bool level = rule.level == 0 || rule.level == a.definition.level;
    if (group && level) return &rule;
  }
  return nullptr;
}

bool Twin::preferred(const Conversation& c, const Agent& a, std::int64_t at_ms) const {
  return c.now.preferred_agent == a.definition.agent &&
         at_ms < c.preferred_since_ms + class_of(c).preferred_wait_ms;
}

bool Twin::held_for_another(const Conversation& c, const Agent& a, std::int64_t at_ms) const {
  if (!class_of(c).hold_for_preferred || c.now.preferred_agent == a.definition.agent) return false;
  const Agent* kept_for = agent_of(c.now.preferred_agent);
  return kept_for != nullptr && preferred(c, *kept_for, at_ms);
}

bool Twin::bot_may_take(const Conversation& c, const Agent& a, std::int64_t at_ms) const {
  if (a.definition.kind != AgentKind::bot) return true;
  return !band_of(c).security && !c.handed_over && at_ms - c.opened_ms < class_of(c).bot_first_ms;
}

bool Twin::capped(const Conversation& c, const Agent& a, std::int64_t at_ms) const {
  const std::uint16_t cap = rules().login_burst_per_minute;
  if (band_of(c).security || a.definition.kind == AgentKind::bot) return false;
  return cap > 0 && a.burst >= cap && at_ms < a.window_until_ms;
}

bool Twin::fit(const Conversation& c, const Agent& a, std::int64_t at_ms) const {
  if (a.presence != Presence::available || a.lost) return false;
  if (a.definition.agent == c.agent || !bot_may_take(c, a, at_ms)) return false;
  const std::int64_t waited_ms = at_ms - c.opened_ms;
  if (!need_met(c, a, waited_ms) || !authorised(c, a)) return false;
  if (excluded_for_good(c, a) || cooling_down(c, a, at_ms)) return false;
  const TierRule* rule = tier_rule(c, a);
  if (rule != nullptr && waited_ms < rule->helps_after_ms) return false;
  if (paused(c, a)) return false;
  return takes_channel(a, c.now.channel) && !held_for_another(c, a, at_ms);
}

bool Twin::shift_ends(const Conversation& c, const Agent& a, std::int64_t at_ms) const {
  const bool last_minutes = a.no_new_from_ms && at_ms >= *a.no_new_from_ms;
  return last_minutes && !channel(c.now.channel)->background;
}

bool Twin::eligible(const Conversation& c, const Agent& a, std::int64_t at_ms) const {
  return !closed(c) && fit(c, a, at_ms) && !capped(c, a, at_ms) && !lent_enough(c, a) &&
         !shift_ends(c, a, at_ms) && (has_room(a, c) || has_over_slot(a, c));
}

bool Twin::in_queue(const Conversation& c) {
  if (c.state == ConversationState::waiting) return !c.joined;
  return c.seeking && c.offers.empty();
}

bool Twin::ever(const Conversation& c) const {
  constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();
  if (c.now.test && band_of(c).security) return false;
  return std::any_of(agents_.begin(), agents_.end(), [&](const auto& entry) {
    const Agent& a = entry.second;
    const bool person = a.definition.kind == AgentKind::person;
    return person && limit(a, c.now.channel) > 0 && need_met(c, a, forever) && authorised(c, a) &&
           !excluded_for_good(c, a);
  });
}

bool Twin::on_duty(const Agent& a) {
  const bool there = a.presence != Presence::offline && a.presence != Presence::draining && !a.lost;
  return there && a.definition.kind == AgentKind::person;
}

bool Twin::on_duty(const Conversation& c, const std::map<AgentId, Agent>& agents) const {
  constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();
  return std::any_of(agents.begin(), agents.end(), [&](const auto& entry) {
    const Agent& a = entry.second;
    return on_duty(a) && takes_channel(a, c.now.channel) && need_met(c, a, forever) &&
           authorised(c, a);
  });
}

void Twin::wake_ups(const Conversation& c, std::vector<std::int64_t>& times) const {
  std::vector<std::int64_t> changes;
  for (const NeedStep& step : class_of(c).need) changes.push_back(c.opened_ms + step.after_ms);
  for (const TierRule& r : class_of(c).tiers) changes.push_back(c.opened_ms + r.helps_after_ms);
  for (const Exclusion& e : c.exclusions) changes.push_back(e.until_ms);
  changes.push_back(c.preferred_since_ms + class_of(c).preferred_wait_ms);
  for (const auto& [id, a] : agents_) changes.push_back(a.window_until_ms);
  for (const std::int64_t time : changes) {
    if (time <= now()) continue;
    const bool helps = std::any_of(agents_.begin(), agents_.end(), [&](const auto& entry) {
      return eligible(c, entry.second, time);
    });
    if (helps) times.push_back(time);
  }
}

}  // namespace usher::sim
