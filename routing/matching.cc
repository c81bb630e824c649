// Matching: while a waiting conversation has an eligible agent, the smallest such conversation goes
// to its smallest agent.
//
// Before a record no such pair existed, so only what the record changed can make one: the agents
// and conversations that look. Each is a candidate with the smallest conversation it can see; the
// smallest candidate is served, and looks again. Serving takes room and work away and never gives
// any, so nobody else has to look, and a candidate's key only grows.

#include <algorithm>

#include "routing/state.h"

namespace usher {

bool Router::State::excluded_for_good(const Nature& nature, AgentSlot who) const {
  const auto& excluded = nature.excluded;
  return !excluded.empty() &&
         std::find(excluded.begin(), excluded.end(), agent(who).id) != excluded.end();
}

bool Router::State::barred(const Conversation& conversation, AgentSlot who) const {
  for (const Exclusion& exclusion : conversation.exclusions) {
    if (exclusion.agent == who && exclusion.until_ms > stamp.pool_ms &&
        exclusion.record >= agent(who).defined_at) {
      return true;
    }
  }
  return excluded_for_good(conversation.nature, who);
}

bool Router::State::class_open(ClassNumber number) const {
  return classes[number.value].scope == ScopeState::open;
}

AgentSlot Router::State::preferred_of(const Conversation& conversation) const {
  const AgentId& wanted = conversation.nature.preferred_agent;
  if (wanted.is_zero()) return {};
  const std::int64_t wait_ms = class_of(conversation).preferred_wait_ms;
  if (stamp.pool_ms >= conversation.preferred_since_ms + wait_ms) return {};
  return on_roster(wanted);
}

// Need and authority at a step whose time has come.
bool Router::State::meets_need(AgentSlot slot, const Conversation& conversation) const {
  const RequirementSlot requirement = conversation.nature.requirement;
  const std::uint8_t step = needs.first_step(agent(slot).profile, requirement);
  return step != Needs::never &&
         stamp.pool_ms - conversation.nature.opened_ms >= needs[requirement].steps[step].after_ms;
}

std::int64_t Router::State::helps_from(const Agent& who, ClassNumber number) const {
  if (class_helps_late[number.value] == 0) return 0;
  return helps_after[number.value][who.column];
}

// All that depends on this very pair and not on the agent's presence and room.
bool Router::State::may_take(AgentSlot slot, const Conversation& conversation) const {
  if (!meets_need(slot, conversation)) return false;
  const std::int64_t waited_ms = stamp.pool_ms - conversation.nature.opened_ms;
  if (waited_ms < helps_from(agent(slot), conversation.nature.service_class)) return false;
  if (barred(conversation, slot)) return false;
  if (!class_of(conversation).hold_for_preferred) return true;
  const AgentSlot preferred = preferred_of(conversation);
  return !preferred || preferred == slot;
}

Router::State::Ineligible Router::State::why_not(AgentSlot slot,
                                                 const Conversation& conversation) const {
  const Agent& who = agent(slot);
  const Nature& nature = conversation.nature;
  if (!who.on_roster) return Ineligible::unknown;
  if (who.presence != Presence::available) return Ineligible::not_available;
  if (who.lost) return Ineligible::lost;
  if (!given(who) || !class_open(nature.service_class)) return Ineligible::paused;
  const bool helps = stamp.pool_ms - nature.opened_ms >= helps_from(who, nature.service_class);
  if (!meets_need(slot, conversation) || !helps) return Ineligible::need;
  if (barred(conversation, slot)) return Ineligible::excluded;
  const std::uint16_t channel = nature.channel.value;
  if (who.holds.limit[channel] == 0 ||
      (who.channels != 0 && (who.channels >> (channel - 1) & 1) == 0)) {
    return Ineligible::channel;
  }
  return may_take(slot, conversation) ? Ineligible::none : Ineligible::held_for_another;
}

// Whether somebody on the roster could ever take it.
bool Router::State::routable(const Nature& nature) const {
  const RequirementSlot requirement = nature.requirement;
  std::uint32_t able_count = able[requirement.value][nature.channel.value];
  for (std::size_t i = 0; i < nature.excluded.size() && able_count > 0; ++i) {
    const AgentSlot slot = find(nature.excluded[i]);
    if (!slot || !agent(slot).on_roster) continue;
    const auto first = nature.excluded.begin();
    if (std::find(first, first + i, nature.excluded[i]) != first + i) continue;
    const Agent& who = agent(slot);
    if (who.holds.limit[nature.channel.value] > 0 &&
        needs.first_step(who.profile, requirement) != Needs::never) {
      --able_count;
    }
  }
  return able_count > 0;
}

QueueSlot Router::State::queue_for(const Conversation& conversation) {
  const Nature& nature = conversation.nature;
  std::int64_t head_start_ms = 0;
  for (const HeadStart& start : configuration.head_starts) {
    const bool mine = start.tier ? start.tier == nature.tier : start.impact == nature.impact;
    if (mine) head_start_ms += start.head_start_ms;
  }
  return queues.queue(class_of(conversation), nature.channel, nature.requirement, head_start_ms);
}

OrderKey Router::State::key_of(ConversationSlot slot) {
  const Conversation& conversation = conversations[slot];
  const QueueSlot queue = queues.holds(slot) ? queues.queue_of(slot) : queue_for(conversation);
  return queues.key(queues[queue], conversation.nature.opened_ms, conversation.nature.queued,
                    stamp.pool_ms);
}

void Router::State::flush_touched() {
  for (AgentSlot slot : touched) {
    Agent& who = agent(slot);
    who.touched = false;
    Standing standing;
    standing.id = who.id;
    standing.idle_since = who.idle_since;
    standing.used = who.load.used();
    standing.capacity = who.capacity;
    standing.column = who.column;
    standing.scarce = who.scarce;
    standing.room = given(who) ? room_now(who) : std::uint16_t{0};
    if (standing.room == 0) {
      free_agents.remove(slot);
    } else if (!free_agents.stands(slot) || free_agents.standing(slot) != standing) {
      free_agents.place(slot, standing, who.capabilities, needs.words());
    }
  }
  touched.clear();
}

// Of the conversations that wait for this agent alone, the first that it can take now.
ConversationSlot Router::State::kept_for(AgentSlot slot, BandNumber from, Bands bands,
                                         bool by_queued) {
  const Agent& who = agent(slot);
  const std::uint16_t room = room_now(who);
  ConversationSlot best;
  for (ConversationSlot at : who.kept) {
    const Conversation& conversation = conversations[at];
    const ClassConfiguration& of = class_of(conversation);
    const bool counts = of.band >= from && (bands == Bands::all || !band_of(of).security) &&
                        class_open(of.number) &&
                        (room >> (conversation.nature.channel.value - 1) & 1) != 0;
    if (!counts || !may_take(slot, conversation)) continue;
    const bool first =
        !best || (by_queued ? conversation.nature.queued < conversations[best].nature.queued
                            : key_of(at) < key_of(best));
    if (first) best = at;
  }
  return best;
}

ConversationSlot Router::State::best_conversation(AgentSlot slot, BandNumber from, Bands bands) {
  const Agent& who = agent(slot);
  if (!given(who)) return {};
  const std::uint16_t room = room_now(who);
  if (room == 0) return {};
  ConversationSlot best;
  if (queues.waiting_from(from) > 0) {
    best = queues.first(
        needs, who.profile, room, from, bands == Bands::all, stamp.pool_ms,
        [&](const Queue& queue) { return class_open(queue.service_class); },
        [&](const Queue&, ConversationSlot at) { return may_take(slot, conversations[at]); });
  }
  if (who.kept.empty()) return best;
  const ConversationSlot kept = kept_for(slot, from, bands, false);
  if (!best || (kept && key_of(kept) < key_of(best))) return kept;
  return best;
}

// What the agent owes if it is about to take something of this class: of what it would pass over,
// the one that first queued earliest.
ConversationSlot Router::State::debt_of(AgentSlot slot, const ClassConfiguration& of) {
  const Agent& who = agent(slot);
  if (configuration.fair_pick == 0 || band_of(of).security) return {};
  if (who.contested < configuration.fair_pick) return {};
  const BandNumber worse{static_cast<std::uint16_t>(of.band.value + 1)};
  const ConversationSlot owed = queues.first_queued(
      needs, who.profile, room_now(who), worse,
      [&](const Queue& queue) { return class_open(queue.service_class); },
      [&](const Queue&, ConversationSlot at) { return may_take(slot, conversations[at]); });
  const ConversationSlot kept = kept_for(slot, worse, Bands::but_security, true);
  if (!owed || (kept && conversations[kept].nature.queued < conversations[owed].nature.queued)) {
    return kept;
  }
  return owed;
}

AgentSlot Router::State::best_agent(ConversationSlot slot) {
  flush_touched();
  const Conversation& conversation = conversations[slot];
  const Nature& nature = conversation.nature;
  if (!class_open(nature.service_class)) return {};
  const auto room = static_cast<std::uint16_t>(1u << (nature.channel.value - 1));
  const auto asked_already = [&](AgentSlot who) {
    const auto& offers = conversation.offers;
    return std::find(offers.begin(), offers.end(), who) != offers.end();
  };
  if (const AgentSlot preferred = preferred_of(conversation)) {
    const bool free =
        free_agents.stands(preferred) && (free_agents.standing(preferred).room & room) != 0;
    if (free && !asked_already(preferred) && may_take(preferred, conversation)) return preferred;
    if (class_of(conversation).hold_for_preferred) return {};
  }
  const std::int64_t waited_ms = stamp.pool_ms - nature.opened_ms;
  const std::vector<Step>& steps = needs[nature.requirement].steps;
  std::size_t open_steps = 0;
  while (open_steps < steps.size() && steps[open_steps].after_ms <= waited_ms) ++open_steps;
  if (open_steps == 0) return {};

  Wanted wanted;
  wanted.steps = {steps.data(), open_steps};
  wanted.room = room;
  wanted.scarce_counts = !class_of(conversation).scarce;
  wanted.tiers = tiers[nature.service_class.value];
  if (class_helps_late[nature.service_class.value] != 0) {
    tiers_now.assign(wanted.tiers.begin(), wanted.tiers.end());
    const std::vector<std::int64_t>& late = helps_after[nature.service_class.value];
    for (std::size_t column = 0; column < tiers_now.size(); ++column) {
      if (late[column] > waited_ms) tiers_now[column] = Wanted::not_yet;
    }
    wanted.tiers = tiers_now;
  }
  return free_agents.first(wanted, needs.words(), [&](AgentSlot who) {
    return !barred(conversation, who) && !asked_already(who);
  });
}

void Router::State::count_contested(AgentSlot slot, const ClassConfiguration& of) {
  Agent& who = agent(slot);
  if (band_of(of).security || who.contested >= configuration.fair_pick) return;
  const BandNumber worse{static_cast<std::uint16_t>(of.band.value + 1)};
  if (best_conversation(slot, worse, Bands::but_security)) ++who.contested;
}

void Router::State::hand_over(ConversationSlot slot, AgentSlot to) {
  leave_queue(slot);
  if (class_of(conversations[slot]).delivery == Delivery::give) {
    take_room(conversations[slot], slot, to);
    assign(slot, to, Cause::given, {});
  } else {
    offer(slot, to, Cause::given);
  }
}

bool Router::State::give(ConversationSlot slot, AgentSlot to) {
  const ClassConfiguration& of = class_of(conversations[slot]);
  if (const ConversationSlot owed = debt_of(to, of)) {
    hand_over(owed, to);
    agent(to).contested = 0;
    return false;
  }
  count_contested(to, of);
  hand_over(slot, to);
  return true;
}

void Router::State::push_candidate(Candidate candidate) {
  candidates.push_back(candidate);
  std::push_heap(candidates.begin(), candidates.end(),
                 [](const Candidate& a, const Candidate& b) { return b.key < a.key; });
}

void Router::State::match_candidate(Candidate candidate) {
  const ConversationSlot slot = candidate.conversation;
  if (candidate.agent) {
    const ConversationSlot now = best_conversation(candidate.agent, BandNumber{1}, Bands::all);
    if (!now) return;
    if (now != slot) {
      push_candidate(Candidate{key_of(now), now, candidate.agent});
      return;
    }
  } else if (conversations[slot].state != ConversationState::waiting) {
    return;
  }
  const ClassConfiguration& of = class_of(conversations[slot]);
  const std::size_t offers = of.delivery == Delivery::give ? 1 : of.offers_at_once;
  for (std::size_t made = 0; made < offers;) {
    const AgentSlot to = best_agent(slot);
    if (!to) break;
    if (give(slot, to)) {
      ++made;
    } else if (made == 0) {
      // It looks on after whatever is smaller now.
      push_candidate(candidate);
      return;
    }
  }
  if (candidate.agent) push_candidate(candidate);
}

void Router::State::match() {
  return_held();
  flush_touched();
  candidates.clear();
  // What looks is taken out first: serving makes nobody look.
  for (AgentSlot slot : looking_agents) {
    agent(slot).looking = false;
    const ConversationSlot best = best_conversation(slot, BandNumber{1}, Bands::all);
    if (best) push_candidate(Candidate{key_of(best), best, slot});
  }
  looking_agents.clear();
  for (ConversationSlot slot : looking_conversations) {
    if (conversations[slot].state != ConversationState::waiting) continue;
    push_candidate(Candidate{key_of(slot), slot, {}});
  }
  looking_conversations.clear();
  while (!candidates.empty()) {
    std::pop_heap(candidates.begin(), candidates.end(),
                  [](const Candidate& a, const Candidate& b) { return b.key < a.key; });
    const Candidate candidate = candidates.back();
    candidates.pop_back();
    match_candidate(candidate);
  }
  flush_touched();
}

}  // namespace usher
