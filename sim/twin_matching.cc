// Which conversation is next and whose it becomes.

#include <algorithm>
#include <tuple>

#include "sim/twin.h"

namespace usher::sim {

// --- order ---

Twin::Place Twin::place(const Conversation& c) const {
  std::int64_t head_start_ms = 0;
  for (const HeadStart& h : rules().head_starts) {
    const bool tier = h.tier && h.tier == c.now.tier;
    const bool impact = h.impact && h.impact == c.now.impact;
    if (tier || impact) head_start_ms += h.head_start_ms;
  }
  const std::int64_t band = static_cast<std::int64_t>(band_position(c));
  const std::int64_t queued = static_cast<std::int64_t>(c.queued);
  const std::int64_t target_ms = class_of(c).target_ms;
  switch (band_of(c).order) {
    case Order::oldest: return {band, c.opened_ms - head_start_ms, queued};
    case Order::deadline: return {band, clock_from_ms(c) + target_ms - head_start_ms, queued};
    case Order::service_level: break;
  }
  const std::int64_t waited_ms = now() - clock_from_ms(c);
  std::int64_t rank = waited_ms <= target_ms ? 1 : 2;
  if (waited_ms >= band_of(c).rescue * target_ms) rank = 0;
  return {band, rank, clock_from_ms(c) + target_ms, queued};
}

// Whether a stands before b for this conversation.
bool Twin::before(const Conversation& c, const Agent& a, const Agent& b) const {
  if (has_room(a, c) != has_room(b, c)) return has_room(a, c);
  if (a.definition.kind != b.definition.kind) return a.definition.kind == AgentKind::bot;
  if (preferred(c, a, now()) != preferred(c, b, now())) return preferred(c, a, now());
  const auto tier = [&](const Agent& x) {
    const TierRule* rule = tier_rule(c, x);
    return rule == nullptr ? 0 : rule->tier;
  };
  if (tier(a) != tier(b)) return tier(a) < tier(b);
  if (rules().give_to == GiveTo::least_loaded) {
    const Room of_a = room(a);
    const Room of_b = room(b);
    const std::uint64_t left = (of_a.live + of_a.background) * of_b.capacity;
    const std::uint64_t right = (of_b.live + of_b.background) * of_a.capacity;
    if (left != right) return left < right;
  } else if (a.idle_since != b.idle_since) {
    return a.idle_since < b.idle_since;
  }
  const auto scarce = [&](const Agent& x) {
    const auto& skills = rules().scarce_skills;
    return !class_of(c).scarce && std::any_of(skills.begin(), skills.end(), [&](SkillNumber s) {
      return std::any_of(x.definition.skills.begin(), x.definition.skills.end(),
                         [&](const SkillLevel& its) { return its.skill == s && its.level > 0; });
    });
  };
  return std::make_tuple(scarce(a), a.idle_since, a.definition.agent) <
         std::make_tuple(scarce(b), b.idle_since, b.definition.agent);
}

// --- matching ---

Twin::Agent* Twin::best_agent(const Conversation& c) {
  Agent* best = nullptr;
  // Whoever is asked and had room is an eligible agent with room.
  const bool asked_with_room =
      std::any_of(c.offers.begin(), c.offers.end(), [](const Offer& o) { return !o.over; });
  for (auto& entry : agents_) {
    Agent& a = entry.second;
    const bool offered_already = std::any_of(c.offers.begin(), c.offers.end(), [&](const Offer& o) {
      return o.agent == a.definition.agent;
    });
    if (offered_already || !eligible(c, a)) continue;
    if (asked_with_room && !has_room(a, c)) continue;
    if (best == nullptr || before(c, a, *best)) best = &a;
  }
  return best;
}

Twin::Match Twin::best_match() {
  Match best;
  for (Conversation& c : conversations_) {
    if (!in_queue(c)) continue;
    if (best.conversation != nullptr && place(*best.conversation) < place(c)) continue;
    Agent* a = best_agent(c);
    if (a != nullptr) best = {&c, a};
  }
  return best;
}

// What this agent owes if it is about to take c: the earliest queued of all bands that c or one of
// the contested picks passed over, which may be c itself.
Twin::Conversation* Twin::debt(const Conversation& c, const Agent& a) {
  if (rules().fair_pick == 0 || band_of(c).security) return nullptr;
  if (a.definition.kind == AgentKind::bot) return nullptr;
  if (a.contested < rules().fair_pick) return nullptr;
  Conversation* owed = nullptr;
  const std::size_t best = std::min(band_position(c), a.contested_band);
  for (Conversation& d : conversations_) {
    if (!in_queue(d) || band_of(d).security) continue;
    if (band_position(d) <= best || !eligible(d, a)) continue;
    if (owed == nullptr || d.queued < owed->queued) owed = &d;
  }
  return owed;
}

void Twin::count_contested(const Conversation& c, Agent& a) {
  if (band_of(c).security || a.contested >= rules().fair_pick) return;
  if (a.definition.kind == AgentKind::bot) return;
  for (const Conversation& d : conversations_) {
    if (!in_queue(d) || band_of(d).security) continue;
    if (band_position(d) > band_position(c) && eligible(d, a)) {
      const std::size_t band = band_position(c);
      a.contested_band = a.contested == 0 ? band : std::min(a.contested_band, band);
      ++a.contested;
      return;
    }
  }
}

void Twin::give(Conversation& c, Agent& a) {
  const bool over = !has_room(a, c);
  if (!band_of(c).security) ++a.burst;
  if (class_of(c).delivery == Delivery::give || a.definition.kind == AgentKind::bot) {
    const AgentId source = c.agent.is_zero() ? AgentId{} : take_from_agent(c);
    assign(c, a.definition.agent, Cause::given, source, over);
  } else {
    offer(c, a, Cause::given, over);
  }
  look_at_customers();
}

void Twin::match() {
  for (;;) {
    return_held();
    look_at_customers();
    const Match next = best_match();
    if (next.conversation == nullptr) return;
    if (caused(limits::matching_events_max)) {
      unfinished_ = true;
      return;
    }
    Conversation& c = *next.conversation;
    Agent* a = next.agent;
    for (std::size_t made = 0; a != nullptr; a = best_agent(c)) {
      if (Conversation* owed = debt(c, *a); owed != nullptr) {
        give(*owed, *a);
        a->contested = 0;
        if (owed != &c && made == 0) break;
        if (owed != &c) continue;
      } else {
        count_contested(c, *a);
        give(c, *a);
      }
      if (c.offers.empty() || ++made >= class_of(c).offers_at_once) break;
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
  for (Conversation* c : due_back) come_back(*c, Cause::due);
}

}  // namespace usher::sim
