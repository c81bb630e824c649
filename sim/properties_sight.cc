// The properties that are read off the views, by brute force.

#include <algorithm>
#include <limits>
#include <numeric>

#include "sim/differences.h"
#include "sim/properties.h"

namespace usher::sim {
namespace {

using State = ConversationState;

std::uint8_t level_of(const AgentView& a, SkillNumber skill) {
  for (const SkillLevel& s : a.skills) {
    if (s.skill == skill) return s.level;
  }
  return 0;
}

bool term_met(const NeedTerm& term, const ConversationView& c, const AgentView& a) {
  const int level = std::max<int>(term.level, 1);
  switch (term.kind) {
    case NeedTerm::Kind::skill:
      return (level_of(a, SkillNumber{term.number}) >= level) != term.negated;
    case NeedTerm::Kind::language:
      return !c.language || (level_of(a, c.language) >= level) != term.negated;
    case NeedTerm::Kind::group: return (a.group.value == term.number) != term.negated;
    case NeedTerm::Kind::level: return (a.level >= term.level) != term.negated;
  }
  return false;
}

const ChannelLoadView* load(const AgentView& a, ChannelNumber channel) {
  for (const ChannelLoadView& l : a.loads) {
    if (l.channel == channel) return &l;
  }
  return nullptr;
}

bool offered_to(const ConversationView& c, AgentId agent) {
  return std::find(c.offers.begin(), c.offers.end(), agent) != c.offers.end();
}

}  // namespace

std::uint64_t Properties::holds(AgentId id, ChannelNumber channel) const {
  const command::AgentDefinition& its = roster_.at(id);
  for (const ChannelHold& hold : its.holds) {
    if (hold.channel == channel) return hold.count;
  }
  if (!its.holds.empty()) return 0;
  for (const ChannelConfiguration& c : rules().channels) {
    if (c.number == channel) return c.holds;
  }
  return 0;
}

std::uint64_t Properties::unit(AgentId id, ChannelNumber channel) const {
  std::uint64_t whole = 1;
  for (const ChannelConfiguration& c : rules().channels) {
    if (holds(id, c.number) > 0) whole = std::lcm(whole, holds(id, c.number));
  }
  return holds(id, channel) == 0 ? 0 : whole * 100 / holds(id, channel);
}

const AgentView* Properties::agent(AgentId id) const {
  for (const AgentView& a : sight_->agents) {
    if (a.agent == id) return &a;
  }
  return nullptr;
}

const ConversationView* Properties::conversation(ConversationId id) const {
  for (const ConversationView& c : sight_->conversations) {
    if (c.conversation == id) return &c;
  }
  return nullptr;
}

const ClassConfiguration& Properties::class_of(const ConversationView& c) const {
  const auto& classes = rules().classes;
  return *std::find_if(classes.begin(), classes.end(),
                       [&](const auto& k) { return k.number == c.service_class; });
}

std::size_t Properties::band_position(const ConversationView& c) const {
  const auto& bands = rules().bands;
  const auto found =
      std::find_if(bands.begin(), bands.end(), [&](const auto& b) { return b.number == c.band; });
  return static_cast<std::size_t>(found - bands.begin());
}

bool Properties::need_met(const ConversationView& c, const AgentView& a,
                          std::int64_t waited_ms) const {
  if (a.level < c.level) return false;
  for (const SkillLevel& own : c.required) {
    if (level_of(a, own.skill) < own.level) return false;
  }
  const auto& need = class_of(c).need;
  if (need.empty()) return true;
  for (const NeedStep& step : need) {
    if (step.after_ms > waited_ms) continue;
    for (const auto& terms : step.alternatives) {
      const bool all = std::all_of(terms.begin(), terms.end(),
                                   [&](const NeedTerm& term) { return term_met(term, c, a); });
      if (all) return true;
    }
  }
  return false;
}

bool Properties::authorised(const ConversationView& c, const AgentView& a) const {
  for (const AuthorityNumber asked : class_of(c).authorities) {
    if (std::find(a.authorities.begin(), a.authorities.end(), asked) == a.authorities.end()) {
      return false;
    }
  }
  return true;
}

bool Properties::has_room(const ConversationView& c, const AgentView& a) const {
  const ChannelLoadView* l = load(a, c.channel);
  if (l == nullptr || l->count >= l->limit || (voice(c.channel) && a.over > 0)) return false;
  const std::uint64_t used = a.used_live + (l->background ? a.used_background : 0u);
  return used + unit(a.agent, c.channel) <= a.capacity;
}

bool Properties::fits(const ConversationView& c, const AgentView& a) const {
  if (a.presence != Presence::available || a.lost || a.agent == c.agent) return false;
  if (is_bot(a.agent) && !bot_may_take(c, told_.at(c.conversation).handed_over)) return false;
  const ToldAgent& told = told_agents_.at(a.agent);
  const std::uint16_t cap = rules().login_burst_per_minute;
  const bool capped = cap > 0 && told.window_until_ms > 0 && told.burst >= cap;
  if (capped && !security(c.band) && !is_bot(a.agent)) return false;
  if (closed(c) || stopped(c.service_class, a) || shift_ends(c.channel, a.agent)) return false;
  if (lent_enough(c, a)) return false;
  const std::int64_t now_ms = sight_->pool.pool_ms;
  for (const ExclusionView& e : c.exclusions) {
    if (e.agent == a.agent && (e.until_ms == 0 || e.until_ms > now_ms)) return false;
  }
  for (const TierRule& rule : class_of(c).tiers) {
    const bool names =
        (!rule.group || rule.group == a.group) && (rule.level == 0 || rule.level == a.level);
    if (!names) continue;
    if (now_ms - c.opened_ms < rule.helps_after_ms) return false;
    break;
  }
  return need_met(c, a, now_ms - c.opened_ms) && authorised(c, a);
}

bool Properties::ever(const ConversationView& c) const {
  if (c.test && security(c.band)) return false;
  return std::any_of(sight_->agents.begin(), sight_->agents.end(), [&](const AgentView& a) {
    const bool excluded = std::any_of(c.exclusions.begin(), c.exclusions.end(), [&](const auto& e) {
      return e.agent == a.agent && e.until_ms == 0;
    });
    return !excluded && a.kind == AgentKind::person && holds(a.agent, c.channel) > 0 &&
           authorised(c, a) && need_met(c, a, std::numeric_limits<std::int64_t>::max());
  });
}

std::vector<std::int64_t> Properties::place(const ConversationView& c) const {
  std::int64_t head_start_ms = 0;
  for (const HeadStart& h : rules().head_starts) {
    const bool counts = (h.tier && h.tier == c.tier) || (h.impact && h.impact == c.impact);
    if (counts) head_start_ms += h.head_start_ms;
  }
  const std::size_t position = band_position(c);
  const BandConfiguration& band = rules().bands[position];
  const std::int64_t first = static_cast<std::int64_t>(position);
  const std::int64_t target_ms = class_of(c).target_ms;
  if (band.order == Order::oldest) return {first, c.opened_ms - head_start_ms};
  const std::int64_t from_ms = clock_from_ms(c);
  if (band.order == Order::deadline) return {first, from_ms + target_ms - head_start_ms};
  const std::int64_t waited_ms = sight_->pool.pool_ms - from_ms;
  std::int64_t rank = 2;
  if (waited_ms <= target_ms) rank = 1;
  if (waited_ms >= band.rescue * target_ms) rank = 0;
  return {first, rank, from_ms + target_ms};
}

// P1, P11, P16: one state, the one that was told, with something that ends it.
void Properties::check_states() {
  for (const ConversationView& c : sight_->conversations) {
    const std::string who = words(c.conversation);
    const Told& told = told_[c.conversation];
    if (c.state != told.state) fail("P11: " + who + " is not in the state its events say");
    if (c.agent != told.owner) fail("P1: " + who + " is not with whom its events say");
    if (c.level != told.level) fail("P16: " + who + " lost its level");
    if (c.opened_ms != told.opened_ms) fail("P14: " + who + " lost its age");
    const bool with_agent =
        c.state == State::assigned || c.state == State::held || c.state == State::wrapping;
    if (with_agent == c.agent.is_zero()) fail("P11: " + who + " has an agent or not, wrongly");
    if (c.state == State::offered && c.offers.empty()) fail("P11: " + who + " waits for nobody");
    if (c.state != State::offered && c.state != State::assigned && !c.offers.empty()) {
      fail("P11: " + who + " has an offer in a state without one");
    }
    const bool must_end =
        c.state == State::offered || c.state == State::wrapping || c.state == State::scheduled;
    if (must_end && c.due_ms == 0) fail("P11: " + who + " has no deadline");
    if (must_end && (!sight_->next_deadline || *sight_->next_deadline > c.due_ms)) {
      fail("P11: nobody is woken for " + who);
    }
    if (cursor()) continue;
    if (c.state == State::waiting && !ever(c)) fail("P16: " + who + " waits, but for nobody ever");
    if (c.state == State::unroutable && ever(c)) fail("P16: " + who + " is routable");
  }
}

// P2, P3: the counters are a recount, and within the limits unless those were lowered.
void Properties::check_room() {
  const bool limits_changed = std::holds_alternative<command::DefineAgent>(record_->command) ||
                              rules_changed() ||
                              std::holds_alternative<command::SignIn>(record_->command);
  for (const AgentView& a : sight_->agents) {
    const std::string who = words(a.agent);
    std::uint64_t live = 0;
    std::uint64_t background = 0;
    for (const ChannelLoadView& l : a.loads) {
      std::uint32_t count = 0;
      for (const ConversationView& c : sight_->conversations) {
        if (c.channel != l.channel) continue;
        Told& told = told_[c.conversation];
        const bool lies = c.state == State::assigned || c.state == State::wrapping;
        count += lies && !told.over && c.agent == a.agent ? 1 : 0;
        count += offered_to(c, a.agent) && !told.offers[a.agent] ? 1 : 0;
      }
      if (count != l.count) fail("P3: " + who + " does not have as many as counted");
      (l.background ? background : live) += count * unit(a.agent, l.channel);
      const auto was = std::find_if(before_.agents.begin(), before_.agents.end(),
                                    [&](const AgentView& b) { return b.agent == a.agent; });
      const ChannelLoadView* earlier =
          was == before_.agents.end() ? nullptr : load(*was, l.channel);
      const bool more = earlier == nullptr || earlier->count < l.count;
      if (l.count > l.limit && more && !limits_changed) fail("P2: " + who + " has too many");
    }
    if (over_count(a.agent) != a.over) fail("P3: " + who + " has not as many above capacity");
    if (live != a.used_live || background != a.used_background) {
      fail("P3: the room used by " + who + " is not a recount");
    }
    const auto was = std::find_if(before_.agents.begin(), before_.agents.end(),
                                  [&](const AgentView& b) { return b.agent == a.agent; });
    const bool more = was == before_.agents.end() || was->used_live < a.used_live;
    if (a.used_live > a.capacity && more && !limits_changed) {
      fail("P2: " + who + " is over capacity");
    }
    if (a.contested > rules().fair_pick && a.contested > 0 && !limits_changed &&
        (was == before_.agents.end() || was->contested < a.contested)) {
      fail("P8: " + who + " owes more than the fair pick allows");
    }
  }
}

// P4, P18: nothing refers to whom the roster does not know, and agents are as they were told.
void Properties::check_roster() {
  for (const AgentView& a : sight_->agents) {
    const ToldAgent& told = told_agents_[a.agent];
    if (told.presence != a.presence || told.lost != a.lost) {
      fail("P11: " + words(a.agent) + " is not as the events say");
    }
  }
  for (const ConversationView& c : sight_->conversations) {
    const bool gone = !c.agent.is_zero() && agent(c.agent) == nullptr;
    if (gone) fail("P18: " + words(c.conversation) + " lies with a removed agent");
    for (const AgentId& id : c.offers) {
      if (agent(id) == nullptr) fail("P18: " + words(c.conversation) + " is offered to nobody");
    }
  }
}

// P5, P7: whoever could take something that waits has taken something.
void Properties::check_work_conservation() {
  if (cursor()) return;
  for (const ConversationView& c : sight_->conversations) {
    if (!in_queue(c) || class_of(c).hold_for_preferred) continue;
    for (const AgentView& a : sight_->agents) {
      if (fits(c, a) && (has_room(c, a) || has_over_slot(c, a))) {
        fail("P5: " + words(c.conversation) + " waits, and " + words(a.agent) + " is free");
      }
    }
  }
}

bool Properties::may_pay(AgentId id) const {
  const auto was = std::find_if(before_.agents.begin(), before_.agents.end(),
                                [&](const AgentView& b) { return b.agent == id; });
  const std::uint32_t owed = was == before_.agents.end() ? 0 : was->contested;
  const std::uint16_t fair_pick = rules().fair_pick;
  return fair_pick > 0 && owed + told_agents_.at(id).matched > fair_pick;
}

// P6: nobody was matched past a smaller one of the same channel that the agent could take. Other
// channels are left out: whether there was room for them at that moment cannot be seen later. What
// is owed is the first queued of all worse bands, whatever the order within its own.
void Properties::check_order(const Events& events) {
  std::set<ConversationId> later;  // had no place until another was matched
  bool matched = false;
  for (const Event& event : events) {
    matched = matched || event.cause == Cause::given;
    const bool diverted = event.cause == Cause::overflow || event.cause == Cause::hours;
    if (event.kind == EventKind::waiting &&
        (event.cause == Cause::customer || (matched && diverted))) {
      later.insert(event.conversation);
    }
  }
  for (const Event& event : events) {
    if (event.cause != Cause::given) continue;
    const ConversationView* taken = conversation(event.conversation);
    const AgentView* a = agent(event.agent);
    if (taken == nullptr || a == nullptr || may_pay(event.agent)) continue;
    check_choice(event, events);
    for (const ConversationView& c : sight_->conversations) {
      if (!in_queue(c) || c.channel != taken->channel || later.contains(c.conversation)) continue;
      const bool fewer_slots = event.over && class_of(c).over_slots < a->over;
      if (fewer_slots || class_of(c).hold_for_preferred) continue;
      if (!fits(c, *a) || !(place(c) < place(*taken))) continue;
      fail("P6: " + words(event.conversation) + " went before " + words(c.conversation));
    }
  }
}

}  // namespace usher::sim
