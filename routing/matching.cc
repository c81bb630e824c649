// Matching: while a waiting conversation has an eligible agent, the smallest such conversation goes
// to its smallest agent.
//
// Before a record no such pair existed, so only what the record changed can make one: the agents
// and conversations that look, and the classes that may be lent others again. Each is a candidate
// with the smallest conversation it can see; the smallest candidate is served, and looks again.
// Serving gives room to nobody but to whom an incident is taken from, and a place only to those who
// had joined what was served: these look too.

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
    if (exclusion.agent == who && stands(exclusion)) return true;
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
  if (slot == conversation.agent || !meets_need(slot, conversation)) return false;
  if (is_bot(slot) && !bots_first(conversation)) return false;
  const std::int64_t waited_ms = stamp.pool_ms - conversation.nature.opened_ms;
  if (waited_ms < helps_from(agent(slot), conversation.nature.service_class)) return false;
  if (lent_enough(agent(slot), conversation.nature.service_class)) return false;
  if (barred(conversation, slot)) return false;
  if (!class_of(conversation).hold_for_preferred) return true;
  const AgentSlot preferred = preferred_of(conversation);
  return !preferred || preferred == slot;
}

// May it take what stands there in a queue? Those behind were opened later, unless the queue is
// kept by a clock that stands while the class is closed: where one comes too early for the agent,
// so do they.
Queues::Answer Router::State::asked_for(AgentSlot slot, ConversationSlot at) const {
  const Conversation& conversation = conversations[at];
  if (may_take(slot, conversation)) return Queues::Answer::yes;
  const Nature& nature = conversation.nature;
  const bool by_opening = band_of(class_of(conversation)).order == Order::oldest ||
                          !demands[nature.requirement.value].hours;
  const std::int64_t waited_ms = stamp.pool_ms - nature.opened_ms;
  const bool early =
      waited_ms < helps_from(agent(slot), nature.service_class) || !meets_need(slot, conversation);
  return by_opening && early ? Queues::Answer::nobody : Queues::Answer::no;
}

bool Router::State::suits(AgentSlot slot, const Conversation& conversation) const {
  const Nature& nature = conversation.nature;
  return given(agent(slot)) && class_open(nature.service_class) &&
         takes(agent(slot), nature.channel) && may_take(slot, conversation);
}

// Whether somebody on the roster could ever take it. No test is in a security band, wherever it
// came from.
bool Router::State::routable(const Nature& nature) const {
  if (nature.test && band_of(*class_configurations[nature.service_class.value]).security) {
    return false;
  }
  const RequirementSlot requirement = nature.requirement;
  std::uint32_t able_count = demands[requirement.value].able[nature.channel.value];
  for (std::size_t i = 0; i < nature.excluded.size() && able_count > 0; ++i) {
    const AgentSlot slot = find(nature.excluded[i]);
    if (!slot || !agent(slot).on_roster) continue;
    const auto first = nature.excluded.begin();
    if (std::find(first, first + i, nature.excluded[i]) != first + i) continue;
    const Agent& who = agent(slot);
    if (!is_bot(slot) && who.holds.limit[nature.channel.value] > 0 &&
        needs.first_step(who.profile, requirement) != Needs::never) {
      --able_count;
    }
  }
  return able_count > 0;
}

QueueSlot Router::State::queue_for(const Conversation& conversation, Queues& of) {
  const Nature& nature = conversation.nature;
  std::int64_t head_start_ms = 0;
  for (const HeadStart& start : configuration.head_starts) {
    const bool mine = start.tier ? start.tier == nature.tier : start.impact == nature.impact;
    if (mine) head_start_ms += start.head_start_ms;
  }
  return of.queue(class_of(conversation), nature.channel, nature.requirement, head_start_ms);
}

OrderKey Router::State::key_of(ConversationSlot slot) {
  const Conversation& conversation = conversations[slot];
  const QueueSlot queue =
      queues.holds(slot) ? queues.queue_of(slot) : queue_for(conversation, queues);
  const std::int64_t time_ms =
      queues.holds(slot) ? queues.time_ms(slot) : queue_time_ms(conversation.nature);
  return queues.key(queues[queue], time_ms, conversation.nature.queued, stamp.pool_ms);
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
    standing.room = rooms_of(who);
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
  ConversationSlot best;
  for (ConversationSlot at : who.kept) {
    const Conversation& conversation = conversations[at];
    const ClassConfiguration& of = class_of(conversation);
    const bool counts = of.band >= from && (bands == Bands::all || !band_of(of).security) &&
                        class_open(of.number) && !closed(conversation.nature.requirement) &&
                        fit(who, conversation) != Fit::none;
    if (!counts || !may_take(slot, conversation)) continue;
    const bool first =
        !best || (by_queued ? conversation.nature.queued < conversations[best].nature.queued
                            : key_of(at) < key_of(best));
    if (first) best = at;
  }
  return best;
}

// Whether bots are asked first: all of them are, before all persons.
bool Router::State::bots_first(const Conversation& conversation) const {
  const ClassConfiguration& of = class_of(conversation);
  return of.bot_first_ms > 0 && !conversation.handed_over && !band_of(of).security &&
         stamp.pool_ms - conversation.nature.opened_ms < of.bot_first_ms;
}

ConversationSlot Router::State::best_for_bot(AgentSlot slot, BandNumber from) {
  const Agent& who = agent(slot);
  const auto room = static_cast<std::uint16_t>(room_now(who) & takes_new(who));
  const ConversationSlot best = for_bots.first(
      needs, who.profile, room, from, Bands::all, stamp.pool_ms,
      [&](const Queue& queue) { return queue_open(queue); },
      [&](ConversationSlot at) { return asked_for(slot, at); });
  const ConversationSlot kept = kept_for(slot, from, Bands::all, false);
  return kept && (!best || key_of(kept) < key_of(best)) ? kept : best;
}

ConversationSlot Router::State::best_conversation(AgentSlot slot, BandNumber from, Bands bands) {
  const Agent& who = agent(slot);
  if (!given(who)) return {};
  if (is_bot(slot)) return best_for_bot(slot, from);
  ConversationSlot best;
  const auto consider = [&](ConversationSlot found) {
    if (found && (!best || key_of(found) < key_of(best))) best = found;
  };
  const auto ask = [&](ConversationSlot at) { return asked_for(slot, at); };
  // Asked once for a queue: in a mass incident a long one would be walked through for nothing.
  const auto open = [&](const Queue& queue) {
    return queue_open(queue) && !lent_enough(who, queue.service_class);
  };
  const Bands allowed = held_back(who) ? Bands::security : bands;
  const std::uint16_t all = room_now(who);
  const auto room = static_cast<std::uint16_t>(all & takes_new(who));
  if (room != 0 && queues.waiting_from(from) > 0 &&
      (allowed == bands || bands != Bands::but_security)) {
    consider(queues.first(needs, who.profile, room, from, allowed, stamp.pool_ms, open, ask));
  }
  const bool with_incidents = bands != Bands::but_security && queues.waiting_from(from) > 0;
  const std::uint16_t over = with_incidents ? over_room(who, all) : std::uint16_t{0};
  if (over != 0) {
    consider(queues.first(
        needs, who.profile, over, from, Bands::security, stamp.pool_ms,
        [&](const Queue& queue) {
          return open(queue) &&
                 who.load.over < class_configurations[queue.service_class.value]->over_slots;
        },
        ask));
  }
  if (!who.kept.empty()) consider(kept_for(slot, from, bands, false));
  return best;
}

// What the agent owes if it is about to take something of this class: of all that was passed over
// by this pick or by those that count, the one that first queued earliest. It may be the pick.
ConversationSlot Router::State::debt_of(AgentSlot slot, const ClassConfiguration& of) {
  const Agent& who = agent(slot);
  if (configuration.fair_pick == 0 || band_of(of).security) return {};
  if (who.contested < configuration.fair_pick) return {};
  const BandNumber best = who.contested_band ? std::min(of.band, who.contested_band) : of.band;
  const BandNumber worse{static_cast<std::uint16_t>(best.value + 1)};
  const ConversationSlot owed = queues.first_queued(
      needs, who.profile, static_cast<std::uint16_t>(room_now(who) & takes_new(who)), worse,
      [&](const Queue& queue) { return queue_open(queue); },
      [&](ConversationSlot at) { return asked_for(slot, at); });
  const ConversationSlot kept = kept_for(slot, worse, Bands::but_security, true);
  if (!owed || (kept && conversations[kept].nature.queued < conversations[owed].nature.queued)) {
    return kept;
  }
  return owed;
}

Router::State::Found Router::State::best_agent(ConversationSlot slot) {
  flush_touched();
  const Conversation& conversation = conversations[slot];
  const bool open =
      class_open(conversation.nature.service_class) && !closed(conversation.nature.requirement);
  if (!open) return {};
  if (bots_first(conversation)) {
    if (const AgentSlot bot = best_agent(conversation, RoomKind::bot)) return {bot, false};
  }
  const bool incident = is_incident(conversation);
  // Several are asked together only if they would all use their capacity, or all what is above it.
  if (conversation.offers.empty() || !conversation.offers_over) {
    const RoomKind kind = incident ? RoomKind::security : RoomKind::ordinary;
    if (const AgentSlot found = best_agent(conversation, kind)) return {found, false};
    if (!conversation.offers.empty()) return {};
  }
  if (!incident || class_of(conversation).over_slots == 0) return {};
  return {best_agent(conversation, RoomKind::over_capacity), true};
}

// Of those who have room of the kind.
AgentSlot Router::State::best_agent(const Conversation& conversation, RoomKind kind) {
  const Nature& nature = conversation.nature;
  const ClassConfiguration& of = class_of(conversation);
  const Rooms room = rooms(static_cast<std::uint16_t>(1u << (nature.channel.value - 1)), kind);
  const auto admits = [&](AgentSlot who) {
    const auto& offers = conversation.offers;
    // Its place among the free may be from before a pause.
    if (who == conversation.agent || !given(agent(who)) || barred(conversation, who)) return false;
    if (kind == RoomKind::over_capacity && agent(who).load.over >= of.over_slots) return false;
    return std::find(offers.begin(), offers.end(), who) == offers.end();
  };
  if (const AgentSlot preferred = preferred_of(conversation)) {
    const bool free =
        free_agents.stands(preferred) && (free_agents.standing(preferred).room & room) != 0;
    if (free && admits(preferred) && may_take(preferred, conversation)) return preferred;
    if (of.hold_for_preferred) return {};
  }
  const std::int64_t waited_ms = stamp.pool_ms - nature.opened_ms;
  const std::vector<Step>& steps = needs[nature.requirement].steps;
  std::size_t open_steps = 0;
  while (open_steps < steps.size() && steps[open_steps].after_ms <= waited_ms) ++open_steps;
  if (open_steps == 0) return {};

  Wanted wanted;
  wanted.steps = {steps.data(), open_steps};
  wanted.room = room;
  wanted.scarce_counts = !of.scarce;
  wanted.tiers = tiers[nature.service_class.value];
  const bool enough = !lends(of.number);
  if (class_helps_late[of.number.value] != 0 || enough) {
    tiers_now.assign(wanted.tiers.begin(), wanted.tiers.end());
    const std::vector<std::int64_t>& late = helps_after[of.number.value];
    const std::vector<Role>& role = roles[of.number.value];
    for (std::size_t column = 0; column < tiers_now.size(); ++column) {
      const bool kept_out = enough && role[column] == Role::other;
      if (late[column] > waited_ms || kept_out) tiers_now[column] = Wanted::not_yet;
    }
    wanted.tiers = tiers_now;
  }
  return free_agents.first(wanted, needs.words(), admits);
}

void Router::State::count_contested(AgentSlot slot, const ClassConfiguration& of) {
  Agent& who = agent(slot);
  if (band_of(of).security || who.contested >= configuration.fair_pick) return;
  const BandNumber worse{static_cast<std::uint16_t>(of.band.value + 1)};
  if (!best_conversation(slot, worse, Bands::but_security)) return;
  ++who.contested;
  who.contested_band = who.contested_band ? std::min(of.band, who.contested_band) : of.band;
}

void Router::State::hand_over(ConversationSlot slot, Found to) {
  leave_queue(slot);
  Conversation& conversation = conversations[slot];
  Agent& who = agent(to.agent);
  if (who.online && !is_incident(conversation)) ++who.online_count;
  if (class_of(conversation).delivery == Delivery::give || is_bot(to.agent)) {
    const AgentSlot from = conversation.agent ? take_from_agent(slot) : AgentSlot{};
    conversation.over = to.over;
    take_room(slot, to.agent, to.over);
    assign(slot, to.agent, Cause::given, from);
  } else {
    offer(slot, to.agent, to.over, Cause::given);
  }
  settle_customers();
}

bool Router::State::give(ConversationSlot slot, Found to) {
  const ClassConfiguration& of = class_of(conversations[slot]);
  if (!is_bot(to.agent)) {
    if (const ConversationSlot owed = debt_of(to.agent, of)) {
      if (explaining != nullptr) explain_decision(owed, to.agent, true);
      hand_over(owed, {to.agent, false});
      agent(to.agent).contested = 0;
      agent(to.agent).contested_band = {};
      return owed == slot;
    }
    count_contested(to.agent, of);
  }
  if (explaining != nullptr) explain_decision(slot, to.agent, false);
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
  const bool looks_on = candidate.agent || candidate.service_class;
  if (looks_on) {
    const ConversationSlot now = candidate.agent
                                     ? best_conversation(candidate.agent, BandNumber{1}, Bands::all)
                                     : best_to_lend_for(candidate.service_class);
    if (!now) return;
    if (now != slot) {
      push_candidate(Candidate{key_of(now), now, candidate.agent, candidate.service_class});
      return;
    }
  } else if (!in_queue(slot)) {
    return;
  }
  const ClassConfiguration& of = class_of(conversations[slot]);
  const std::size_t offers = of.delivery == Delivery::give ? 1 : of.offers_at_once;
  for (std::size_t made = 0; made < offers;) {
    const Found to = best_agent(slot);
    if (!to.agent) break;
    if (give(slot, to)) {
      ++made;
      // Given, not offered: there is nobody else to ask.
      if (conversations[slot].offers.empty()) break;
    } else if (made == 0) {
      // It looks on after whatever is smaller now.
      push_candidate(candidate);
      return;
    }
  }
  if (looks_on) push_candidate(candidate);
}

// What looks is taken out of its list. What is held and due back goes before everything else.
void Router::State::gather_candidates() {
  return_held();
  settle_customers();
  flush_touched();
  if (caused() >= limits::matching_events_max) return;
  settle_surges();
  for (AgentSlot slot : looking_agents) {
    agent(slot).looking = false;
    const ConversationSlot best = best_conversation(slot, BandNumber{1}, Bands::all);
    if (best) push_candidate(Candidate{key_of(best), best, slot, {}});
  }
  looking_agents.clear();
  for (ClassNumber number : looking_classes) {
    classes[number.value].surge.looking = false;
    const ConversationSlot best = best_to_lend_for(number);
    if (best) push_candidate(Candidate{key_of(best), best, {}, number});
  }
  looking_classes.clear();
  for (ConversationSlot slot : looking_conversations) {
    if (in_queue(slot)) push_candidate(Candidate{key_of(slot), slot, {}, {}});
  }
  looking_conversations.clear();
}

bool Router::State::match() {
  candidates.clear();
  gather_candidates();
  while (!candidates.empty()) {
    if (caused() >= limits::matching_events_max) {
      for (const Candidate& left : candidates) {
        if (left.agent)
          look(left.agent);
        else if (left.service_class)
          look(left.service_class);
        else
          look(left.conversation);
      }
      break;
    }
    std::pop_heap(candidates.begin(), candidates.end(),
                  [](const Candidate& a, const Candidate& b) { return b.key < a.key; });
    const Candidate candidate = candidates.back();
    candidates.pop_back();
    match_candidate(candidate);
    gather_candidates();
  }
  flush_touched();
  return looking_agents.empty() && looking_conversations.empty() && looking_classes.empty() &&
         !customers_left;
}

void Router::State::match_and_shed() {
  if (match()) shed();
}

}  // namespace usher
