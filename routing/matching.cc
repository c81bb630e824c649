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

bool Router::State::barred(const Conversation& conversation, AgentSlot who) const {
  for (const Exclusion& exclusion : conversation.exclusions) {
    if (exclusion.agent == who && exclusion.until_ms > stamp.pool_ms) return true;
  }
  for (AgentSlot offered_to : conversation.offers) {
    if (offered_to == who) return true;
  }
  if (conversation.nature.excluded.empty()) return false;
  const auto& excluded = conversation.nature.excluded;
  return std::find(excluded.begin(), excluded.end(), agent(who).id) != excluded.end();
}

bool Router::State::class_open(ClassNumber number) const {
  return classes[number.value].scope == ScopeState::open;
}

std::int64_t Router::State::helps_from(const Agent& who, ClassNumber number) const {
  if (class_helps_late[number.value] == 0) return 0;
  return helps_after[number.value][who.column];
}

// Need, authority, exclusions and waiting for another: all that depends on this very pair and not
// on the agent's presence and room.
bool Router::State::may_take(const Agent& who, AgentSlot slot,
                             const Conversation& conversation) const {
  const RequirementSlot requirement = conversation.nature.requirement;
  const std::uint8_t step = needs.first_step(who.profile, requirement);
  if (step == Needs::never) return false;
  const std::int64_t waited_ms = stamp.pool_ms - conversation.nature.opened_ms;
  if (waited_ms < needs[requirement].steps[step].after_ms) return false;
  if (waited_ms < helps_from(who, conversation.nature.service_class)) return false;
  return !barred(conversation, slot);
}

Router::State::Ineligible Router::State::why_not(const Agent& who, AgentSlot slot,
                                                 const Conversation& conversation) const {
  const RequirementSlot requirement = conversation.nature.requirement;
  if (!who.on_roster) return Ineligible::unknown;
  if (who.presence != Presence::available) return Ineligible::not_available;
  if (who.lost) return Ineligible::lost;
  if (!given(who) || !class_open(conversation.nature.service_class)) return Ineligible::paused;
  const std::uint8_t step = needs.first_step(who.profile, requirement);
  const std::int64_t waited_ms = stamp.pool_ms - conversation.nature.opened_ms;
  if (step == Needs::never || waited_ms < needs[requirement].steps[step].after_ms ||
      waited_ms < helps_from(who, conversation.nature.service_class)) {
    return Ineligible::need;
  }
  if (barred(conversation, slot)) {
    const bool offered_to_it = std::find(conversation.offers.begin(), conversation.offers.end(),
                                         slot) != conversation.offers.end();
    if (!offered_to_it) return Ineligible::excluded;
  }
  if ((room_now(who) >> (conversation.nature.channel.value - 1) & 1) == 0) {
    return Ineligible::no_room;
  }
  if (conversation.reserved && conversation.preferred != slot &&
      conversation.preferred_until_ms > stamp.pool_ms) {
    return Ineligible::held_for_another;
  }
  return Ineligible::none;
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

ConversationSlot Router::State::best_conversation(AgentSlot slot, BandNumber from) {
  const Agent& who = agent(slot);
  if (!given(who)) return {};
  const std::uint16_t room = room_now(who);
  if (room == 0) return {};
  ConversationSlot best;
  if (queues.waiting_from(from) > 0) {
    best = queues.first(
        needs, who.profile, room, from, stamp.pool_ms,
        [&](const Queue& queue) { return class_open(queue.service_class); },
        [&](const Queue&, ConversationSlot at) { return may_take(who, slot, conversations[at]); });
  }
  for (ConversationSlot at : who.reserved) {
    const Conversation& conversation = conversations[at];
    if (class_of(conversation).band < from || !class_open(conversation.nature.service_class) ||
        (room >> (conversation.nature.channel.value - 1) & 1) == 0 ||
        !may_take(who, slot, conversation)) {
      continue;
    }
    if (!best || key_of(at) < key_of(best)) best = at;
  }
  return best;
}

ConversationSlot Router::State::debt_of(AgentSlot slot, BandNumber from) {
  const Agent& who = agent(slot);
  const std::uint16_t room = room_now(who);
  ConversationSlot best = queues.first_queued(
      needs, who.profile, room, from,
      [&](const Queue& queue) { return class_open(queue.service_class); },
      [&](const Queue&, ConversationSlot at) { return may_take(who, slot, conversations[at]); });
  for (ConversationSlot at : who.reserved) {
    const Conversation& conversation = conversations[at];
    if (class_of(conversation).band < from || !class_open(conversation.nature.service_class) ||
        (room >> (conversation.nature.channel.value - 1) & 1) == 0 ||
        !may_take(who, slot, conversation)) {
      continue;
    }
    if (!best || conversation.nature.queued < conversations[best].nature.queued) best = at;
  }
  return best;
}

AgentSlot Router::State::best_agent(ConversationSlot slot) {
  flush_touched();
  const Conversation& conversation = conversations[slot];
  const Nature& nature = conversation.nature;
  if (!class_open(nature.service_class)) return {};
  const RequirementSlot requirement = nature.requirement;
  const auto room = static_cast<std::uint16_t>(1u << (nature.channel.value - 1));
  if (conversation.preferred && conversation.preferred_until_ms > stamp.pool_ms) {
    const AgentSlot preferred = conversation.preferred;
    const bool free =
        free_agents.stands(preferred) && (free_agents.standing(preferred).room & room) != 0;
    if (free && may_take(agent(preferred), preferred, conversation)) {
      return preferred;
    }
    if (conversation.reserved) return {};
  }
  const std::int64_t waited_ms = stamp.pool_ms - nature.opened_ms;
  const std::vector<Step>& steps = needs[requirement].steps;
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
  return free_agents.first(wanted, needs.words(),
                           [&](AgentSlot who) { return !barred(conversation, who); });
}

void Router::State::give(ConversationSlot slot, AgentSlot to) {
  Conversation& conversation = conversations[slot];
  const ClassConfiguration& of = class_of(conversation);
  Agent& who = agent(to);
  const bool counts = configuration.fair_pick > 0 && !band_of(of).security &&
                      who.contested < configuration.fair_pick;
  if (counts && best_conversation(to, BandNumber{static_cast<std::uint16_t>(of.band.value + 1)})) {
    ++who.contested;
  }
  leave_queue(slot);
  if (of.delivery == Delivery::give) {
    take_room(conversation, slot, to);
    assign(slot, to, Cause::given, {});
    return;
  }
  offer(slot, to);
  while (conversation.offers.size() < of.offers_at_once) {
    const AgentSlot another = best_agent(slot);
    if (!another) break;
    offer(slot, another);
  }
}

void Router::State::push_candidate(Candidate candidate) {
  candidates.push_back(candidate);
  std::push_heap(candidates.begin(), candidates.end(),
                 [](const Candidate& a, const Candidate& b) { return b.key < a.key; });
}

void Router::State::match_candidate(Candidate candidate) {
  if (candidate.agent) {
    const ConversationSlot now = best_conversation(candidate.agent, BandNumber{1});
    if (!now) return;
    if (now != candidate.conversation) {
      push_candidate(Candidate{key_of(now), now, candidate.agent});
      return;
    }
  } else if (conversations[candidate.conversation].state != ConversationState::waiting) {
    return;
  }
  const ConversationSlot slot = candidate.conversation;
  const AgentSlot to = best_agent(slot);
  if (!to) return;
  const ClassConfiguration& of = class_of(conversations[slot]);
  Agent& who = agent(to);
  if (configuration.fair_pick > 0 && who.contested >= configuration.fair_pick &&
      !band_of(of).security) {
    const BandNumber worse{static_cast<std::uint16_t>(of.band.value + 1)};
    if (const ConversationSlot debt = debt_of(to, worse)) {
      give(debt, to);
      who.contested = 0;
      push_candidate(candidate);
      return;
    }
  }
  give(slot, to);
  if (candidate.agent) push_candidate(candidate);
}

void Router::State::match() {
  flush_touched();
  candidates.clear();
  // What looks is taken out first: serving makes nobody look.
  for (AgentSlot slot : looking_agents) {
    agent(slot).looking = false;
    const ConversationSlot best = best_conversation(slot, BandNumber{1});
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
