// Who may take what, which conversation is next and whose it becomes.

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "routing/check.h"
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
    for (const ChannelConfiguration& c : configuration_.channels) {
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
    if (lies_there && c.agent == a.definition.agent) ++count;
    for (const Offer& o : c.offers) {
      if (o.agent == a.definition.agent) ++count;
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
  const Room used = room(a);
  const std::uint64_t below = channel(number)->background ? used.background : 0;
  return used.live + below + unit(a, number) <= used.capacity;
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

bool Twin::fit(const Conversation& c, const Agent& a, std::int64_t at_ms) const {
  if (a.presence != Presence::available || a.lost) return false;
  const std::int64_t waited_ms = at_ms - c.opened_ms;
  if (!need_met(c, a, waited_ms) || !authorised(c, a)) return false;
  if (excluded_for_good(c, a) || cooling_down(c, a, at_ms)) return false;
  const TierRule* rule = tier_rule(c, a);
  if (rule != nullptr && waited_ms < rule->helps_after_ms) return false;
  return takes_channel(a, c.now.channel) && !held_for_another(c, a, at_ms);
}

bool Twin::eligible(const Conversation& c, const Agent& a) const {
  return fit(c, a, now()) && has_room(a, c);
}

bool Twin::ever(const Conversation& c) const {
  constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();
  return std::any_of(agents_.begin(), agents_.end(), [&](const auto& entry) {
    const Agent& a = entry.second;
    return limit(a, c.now.channel) > 0 && need_met(c, a, forever) && authorised(c, a) &&
           !excluded_for_good(c, a);
  });
}

void Twin::wake_ups(const Conversation& c, std::vector<std::int64_t>& times) const {
  std::vector<std::int64_t> changes;
  for (const NeedStep& step : class_of(c).need) changes.push_back(c.opened_ms + step.after_ms);
  for (const TierRule& r : class_of(c).tiers) changes.push_back(c.opened_ms + r.helps_after_ms);
  for (const Exclusion& e : c.exclusions) changes.push_back(e.until_ms);
  changes.push_back(c.preferred_since_ms + class_of(c).preferred_wait_ms);
  for (const std::int64_t time : changes) {
    if (time <= now()) continue;
    const bool helps = std::any_of(agents_.begin(), agents_.end(), [&](const auto& entry) {
      return fit(c, entry.second, time) && has_room(entry.second, c);
    });
    if (helps) times.push_back(time);
  }
}

// --- order ---

Twin::Place Twin::place(const Conversation& c) const {
  std::int64_t head_start_ms = 0;
  for (const HeadStart& h : configuration_.head_starts) {
    const bool tier = h.tier && h.tier == c.now.tier;
    const bool impact = h.impact && h.impact == c.now.impact;
    if (tier || impact) head_start_ms += h.head_start_ms;
  }
  const std::int64_t band = static_cast<std::int64_t>(band_position(c));
  const std::int64_t queued = static_cast<std::int64_t>(c.queued);
  const std::int64_t target_ms = class_of(c).target_ms;
  switch (band_of(c).order) {
    case Order::oldest: return {band, c.opened_ms - head_start_ms, queued};
    case Order::deadline: return {band, c.opened_ms + target_ms - head_start_ms, queued};
    case Order::service_level: break;
  }
  const std::int64_t waited_ms = now() - c.opened_ms;
  std::int64_t rank = waited_ms <= target_ms ? 1 : 2;
  if (waited_ms >= band_of(c).rescue * target_ms) rank = 0;
  return {band, rank, c.opened_ms + target_ms, queued};
}

// Whether a stands before b for this conversation.
bool Twin::before(const Conversation& c, const Agent& a, const Agent& b) const {
  if (preferred(c, a, now()) != preferred(c, b, now())) return preferred(c, a, now());
  const auto tier = [&](const Agent& x) {
    const TierRule* rule = tier_rule(c, x);
    return rule == nullptr ? 0 : rule->tier;
  };
  if (tier(a) != tier(b)) return tier(a) < tier(b);
  if (configuration_.give_to == GiveTo::least_loaded) {
    const Room of_a = room(a);
    const Room of_b = room(b);
    const std::uint64_t left = (of_a.live + of_a.background) * of_b.capacity;
    const std::uint64_t right = (of_b.live + of_b.background) * of_a.capacity;
    if (left != right) return left < right;
  } else if (a.idle_since != b.idle_since) {
    return a.idle_since < b.idle_since;
  }
  const auto scarce = [&](const Agent& x) {
    const auto& skills = configuration_.scarce_skills;
    return !class_of(c).scarce && std::any_of(skills.begin(), skills.end(), [&](SkillNumber s) {
      return level_of(x.definition, s) > 0;
    });
  };
  return std::make_tuple(scarce(a), a.idle_since, a.definition.agent) <
         std::make_tuple(scarce(b), b.idle_since, b.definition.agent);
}

// --- matching ---

Twin::Agent* Twin::best_agent(const Conversation& c) {
  Agent* best = nullptr;
  for (auto& entry : agents_) {
    Agent& a = entry.second;
    const bool offered_already = std::any_of(c.offers.begin(), c.offers.end(), [&](const Offer& o) {
      return o.agent == a.definition.agent;
    });
    if (offered_already || !eligible(c, a)) continue;
    if (best == nullptr || before(c, a, *best)) best = &a;
  }
  return best;
}

Twin::Match Twin::best_match() {
  Match best;
  for (Conversation& c : conversations_) {
    if (c.state != ConversationState::waiting) continue;
    if (best.conversation != nullptr && place(*best.conversation) < place(c)) continue;
    Agent* a = best_agent(c);
    if (a != nullptr) best = {&c, a};
  }
  return best;
}

// What this agent owes if it is about to take c: the earliest queued of a worse band.
Twin::Conversation* Twin::debt(const Conversation& c, const Agent& a) {
  if (configuration_.fair_pick == 0 || band_of(c).security) return nullptr;
  if (a.contested < configuration_.fair_pick) return nullptr;
  Conversation* owed = nullptr;
  for (Conversation& d : conversations_) {
    if (d.state != ConversationState::waiting || band_of(d).security) continue;
    if (band_position(d) <= band_position(c) || !eligible(d, a)) continue;
    if (owed == nullptr || d.queued < owed->queued) owed = &d;
  }
  return owed;
}

void Twin::count_contested(const Conversation& c, Agent& a) {
  if (band_of(c).security || a.contested >= configuration_.fair_pick) return;
  for (const Conversation& d : conversations_) {
    if (d.state != ConversationState::waiting || band_of(d).security) continue;
    if (band_position(d) > band_position(c) && eligible(d, a)) {
      ++a.contested;
      return;
    }
  }
}

void Twin::give(Conversation& c, Agent& a) {
  if (class_of(c).delivery == Delivery::give) {
    assign(c, a.definition.agent, Cause::given, {});
  } else {
    offer(c, a, Cause::given);
  }
}

void Twin::match() {
  return_held();
  for (;;) {
    const Match next = best_match();
    if (next.conversation == nullptr) return;
    Conversation& c = *next.conversation;
    Agent* a = next.agent;
    for (std::size_t made = 0; a != nullptr; a = best_agent(c)) {
      if (Conversation* owed = debt(c, *a); owed != nullptr) {
        give(*owed, *a);
        a->contested = 0;
        if (made == 0) break;
        continue;
      }
      count_contested(c, *a);
      give(c, *a);
      const bool offers = class_of(c).delivery == Delivery::offer;
      if (!offers || ++made >= class_of(c).offers_at_once) break;
    }
  }
}

// Held conversations that are due back stand before everything else their agent could take.
void Twin::return_held() {
  std::vector<Conversation*> due_back;
  for (Conversation& c : conversations_) {
    if (c.returning) due_back.push_back(&c);
  }
  std::sort(due_back.begin(), due_back.end(), [](const Conversation* a, const Conversation* b) {
    return a->returning_number < b->returning_number;
  });
  for (Conversation* c : due_back) come_back(*c, false);
}

}  // namespace usher::sim
