// The roster, signing in, presence, and what becomes of the work of who leaves.

#include <algorithm>

#include "routing/state.h"

namespace usher {
namespace {

bool is_open(const std::vector<ScopeState>& scopes, std::uint16_t number) {
  return number >= scopes.size() || scopes[number] == ScopeState::open;
}

}  // namespace

AgentSlot Router::State::find(AgentId id) const {
  if (id.is_zero()) return {};
  return agent_slots.find(id,
                          [&](AgentSlot slot) -> const AgentId& { return agents[slot.value].id; });
}

void Router::State::touch(AgentSlot slot) {
  Agent& who = agent(slot);
  if (who.touched) return;
  who.touched = true;
  touched.push_back(slot);
}

void Router::State::look(AgentSlot slot) {
  Agent& who = agent(slot);
  if (who.looking) return;
  who.looking = true;
  looking_agents.push_back(slot);
}

void Router::State::changed(AgentSlot slot) {
  agent(slot).idle_since = stamp.sequence;
  touch(slot);
}

bool Router::State::given(const Agent& who) const {
  return who.on_roster && who.presence == Presence::available && !who.lost &&
         who.scope == ScopeState::open && pool_scope == ScopeState::open &&
         is_open(group_scopes, who.definition->group.value);
}

std::uint16_t Router::State::room_now(const Agent& who) const {
  const std::uint16_t room = room_of(who.holds, who.capacity, who.load);
  return who.channels == 0 ? room : static_cast<std::uint16_t>(room & who.channels);
}

Outcome Router::State::on(const command::DefineAgent& command) {
  const command::AgentDefinition& wanted = *command.definition;
  bool bad = wanted.group && !known(NameKind::group, wanted.group.value);
  for (const SkillLevel& skill : wanted.skills) {
    bad = bad || !known(NameKind::skill, skill.skill.value);
  }
  for (AuthorityNumber authority : wanted.authorities) {
    bad = bad || !known(NameKind::authority, authority.value);
  }
  for (const ChannelHold& hold : wanted.holds) {
    bad = bad || !known(NameKind::channel, hold.channel.value);
  }
  if (bad) return refuse(Refusal::unknown_name);
  const auto& holds = wanted.holds;
  if (!holds_of({holds.begin(), holds.end()}, configuration.channels)) {
    return refuse(Refusal::out_of_range);
  }
  AgentSlot slot = find(wanted.agent);
  if (!slot) {
    if (agents.size() >= limits::agents_max) return refuse(Refusal::pool_full);
    slot = AgentSlot{static_cast<std::uint32_t>(agents.size())};
    agents.emplace_back().id = wanted.agent;
    agent_slots.insert(wanted.agent, slot);
  }
  Agent& who = agent(slot);
  if (who.on_roster) {
    if (*who.definition == wanted) return {};
    count_agent(who, -1);
  }
  who.definition = command.definition;
  who.on_roster = true;
  rebuild_agent(slot);
  count_agent(who, +1);
  touch(slot);
  look(slot);
  if (waiting + unroutable > 0) recheck = Cursor{true, 0, Cause::roster};
  emit_agent(EventKind::agent_defined, Cause::command, who);
  return {};
}

Outcome Router::State::on(const command::RemoveAgent& command) {
  const AgentSlot slot = find(command.agent);
  if (!slot || !agent(slot).on_roster) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  // Gone from the roster first, so that nothing is judged as if the agent could still take it.
  count_agent(who, -1);
  who.on_roster = false;
  if (who.presence != Presence::offline) send_home(slot, Cause::agent_gone);
  touch(slot);
  if (waiting + unroutable > 0) recheck = Cursor{true, 0, Cause::roster};
  emit_agent(EventKind::agent_removed, Cause::command, who);
  return {};
}

Outcome Router::State::on(const command::SignIn& command) {
  const AgentSlot slot = find(command.agent);
  if (!slot || !agent(slot).on_roster) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  if (who.presence == command.presence && who.origin == sender &&
      who.channels == command.channels && !who.lost) {
    return {};
  }
  const bool was_available = who.presence == Presence::available && !who.lost;
  timers.cancel(who.grace);
  who.lost = false;
  who.presence = command.presence;
  who.reason = ReasonNumber{};
  who.origin = sender;
  who.channels = command.channels;
  who.misses = 0;
  who.cool_downs.clear();
  if (was_available != (who.presence == Presence::available)) changed(slot);
  touch(slot);
  look(slot);
  emit_agent(EventKind::agent_signed_in, Cause::command, who);
  if (who.presence != Presence::available) end_offers_of(slot, Cause::agent_gone);
  return {};
}

Outcome Router::State::on(const command::SetPresence& command) {
  const AgentSlot slot = find(command.agent);
  if (!slot || !agent(slot).on_roster) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  if (command.presence == Presence::offline) {
    if (who.presence == Presence::offline) return {};
    send_home(slot, Cause::agent_gone);
    return {};
  }
  if (who.presence == Presence::offline) return refuse(Refusal::not_present);
  if (command.reason && !known(NameKind::reason, command.reason.value)) {
    return refuse(Refusal::unknown_name);
  }
  if (who.presence == command.presence && who.reason == command.reason) return {};
  set_presence(slot, command.presence, command.reason, Cause::command);
  return {};
}

void Router::State::set_presence(AgentSlot slot, Presence presence, ReasonNumber reason,
                                 Cause cause) {
  Agent& who = agent(slot);
  const bool was_available = who.presence == Presence::available;
  who.presence = presence;
  who.reason = reason;
  if (presence == Presence::available) {
    who.misses = 0;
    who.cool_downs.clear();
    look(slot);
  }
  if (was_available != (presence == Presence::available)) changed(slot);
  emit_agent(EventKind::agent_presence, cause, who);
  if (presence != Presence::available) end_offers_of(slot, Cause::agent_gone);
}

Outcome Router::State::on(const command::SignOff& command) {
  const AgentSlot slot = find(command.agent);
  if (!slot || !agent(slot).on_roster) return refuse(Refusal::unknown_agent);
  if (agent(slot).presence != Presence::offline) send_home(slot, Cause::agent_gone);
  return {};
}

Outcome Router::State::on(const command::AgentLost& command) {
  const AgentSlot slot = find(command.agent);
  if (!slot || !agent(slot).on_roster) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  if (who.presence == Presence::offline) return refuse(Refusal::not_present);
  if (who.lost) return {};
  who.lost = true;
  changed(slot);
  who.grace =
      timers.add(stamp.pool_ms + configuration.lost_grace_ms, TimerKind::lost_grace, slot.value);
  emit_agent(EventKind::agent_lost, Cause::command, who);
  end_offers_of(slot, Cause::agent_lost);
  return {};
}

Outcome Router::State::on(const command::AgentRegained& command) {
  const AgentSlot slot = find(command.agent);
  if (!slot || !agent(slot).on_roster) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  if (who.presence == Presence::offline) return refuse(Refusal::not_present);
  if (!who.lost) return {};
  who.lost = false;
  timers.cancel(who.grace);
  changed(slot);
  look(slot);
  emit_agent(EventKind::agent_regained, Cause::command, who);
  return {};
}

std::vector<ConversationSlot> Router::State::work_of(const Agent& who) const {
  std::vector<ConversationSlot> work = who.conversations;
  std::sort(work.begin(), work.end(), [&](ConversationSlot a, ConversationSlot b) {
    return conversations[a].nature.queued < conversations[b].nature.queued;
  });
  return work;
}

void Router::State::end_offers_of(AgentSlot slot, Cause cause) {
  for (ConversationSlot work : work_of(agent(slot))) {
    const auto& offers = conversations[work].offers;
    if (std::find(offers.begin(), offers.end(), slot) != offers.end()) {
      end_offer(work, slot, cause);
    }
  }
}

void Router::State::lose_work(AgentSlot slot, Cause cause) {
  for (ConversationSlot work : work_of(agent(slot))) {
    const Conversation& conversation = conversations[work];
    if (conversation.state == ConversationState::wrapping) {
      end(work,
          conversation.ends_abandoned ? ConversationState::abandoned : ConversationState::closed,
          cause);
    } else {
      requeue(work, cause);
    }
  }
}

void Router::State::send_home(AgentSlot slot, Cause cause) {
  Agent& who = agent(slot);
  who.presence = Presence::offline;
  who.lost = false;
  who.reason = ReasonNumber{};
  timers.cancel(who.grace);
  changed(slot);
  end_offers_of(slot, cause);
  lose_work(slot, cause);
  emit_agent(EventKind::agent_signed_off, cause, who);
  who.origin = OriginNumber{};
}

void Router::State::miss(AgentSlot slot) {
  Agent& who = agent(slot);
  if (who.misses < configuration.misses_max) ++who.misses;
  judge(slot);
}

void Router::State::judge(AgentSlot slot) {
  const Agent& who = agent(slot);
  if (who.presence != Presence::available) return;
  if (who.misses >= configuration.misses_max || who.cool_downs.full()) {
    set_presence(slot, Presence::not_responding, ReasonNumber{}, Cause::misses);
  }
}

}  // namespace usher
