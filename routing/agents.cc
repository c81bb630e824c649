// The roster, signing in, presence, and what becomes of the work of who leaves.

#include <algorithm>

#include "routing/state.h"

namespace usher {
AgentSlot Router::State::find(AgentId id) const {
  if (id.is_zero()) return {};
  return agent_slots.find(id,
                          [&](AgentSlot slot) -> const AgentId& { return agents[slot.value].id; });
}

AgentSlot Router::State::on_roster(AgentId id) const {
  const AgentSlot slot = find(id);
  return slot && agent(slot).on_roster ? slot : AgentSlot{};
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

Refusal Router::State::check(const command::AgentDefinition& definition) const {
  bool all_known = !definition.group || known(NameKind::group, definition.group.value);
  for (const SkillLevel& skill : definition.skills) {
    all_known = all_known && known(NameKind::skill, skill.skill.value);
  }
  for (AuthorityNumber authority : definition.authorities) {
    all_known = all_known && known(NameKind::authority, authority.value);
  }
  for (const ChannelHold& hold : definition.holds) {
    all_known = all_known && hold.channel.value <= limits::channels_max &&
                channel_configurations[hold.channel.value] != nullptr;
  }
  if (!all_known) return Refusal::unknown_name;
  const auto& holds = definition.holds;
  return holds_of({holds.begin(), holds.end()}, configuration.channels) ? Refusal::none
                                                                        : Refusal::out_of_range;
}

Outcome Router::State::on(const command::DefineAgent& command) {
  const command::AgentDefinition& wanted = *command.definition;
  if (const Refusal reason = check(wanted); reason != Refusal::none) return refuse(reason);
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
    // A bot has what it has for another time, and other rights to it.
    const bool turns = who.definition->kind != wanted.kind;
    if (turns && !who.conversations.empty()) return refuse(Refusal::conflict);
    set_duty(slot, 0);
    count_agent(who, -1);
    count_other(who, -1);
  } else {
    who.defined_at = stamp.sequence;
    who.idle_since = 0;
    who.contested = 0;
    who.contested_band = {};
    who.misses = 0;
    who.scope = ScopeState::open;
    who.cool_downs.clear();
  }
  who.definition = command.definition;
  who.on_roster = true;
  rebuild_agent(slot);
  count_agent(who, +1);
  count_other(who, +1);
  if (!who.lost) set_duty(slot, duty_of(who, who.presence, who.channels));
  touch(slot);
  look(slot);
  emit_agent(EventKind::agent_defined, Cause::command, who);
  if (waiting + unroutable > 0) judge_all(Cause::roster);
  return {};
}

Outcome Router::State::on(const command::RemoveAgent& command) {
  const AgentSlot slot = on_roster(command.agent);
  if (!slot) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  if (who.presence != Presence::offline) sign_off(slot, Cause::command, Cause::agent_gone);
  count_agent(who, -1);
  who.on_roster = false;
  timers.cancel(who.online);
  who.online_count = 0;
  touch(slot);
  // Nobody else would ever look at what was kept for this agent.
  const std::vector<ConversationSlot> kept = who.kept;
  for (ConversationSlot conversation : kept) {
    step_out(conversation);
    enter_queue(conversation);
  }
  emit_agent(EventKind::agent_removed, Cause::command, who);
  if (waiting + unroutable > 0) judge_all(Cause::roster);
  return {};
}

Outcome Router::State::on(const command::SignIn& command) {
  const AgentSlot slot = on_roster(command.agent);
  if (!slot) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  if (who.presence == command.presence && who.origin == sender &&
      who.channels == command.channels && !who.lost) {
    return {};
  }
  set_duty(slot, duty_of(who, command.presence, command.channels));
  if (command.presence == Presence::available) {
    who.misses = 0;
  } else {
    end_offers_of(slot, Cause::agent_gone);
  }
  const bool moves = who.presence != command.presence || who.lost;
  const bool comes = command.presence == Presence::available && who.presence != Presence::available;
  timers.cancel(who.grace);
  who.lost = false;
  who.presence = command.presence;
  who.reason = ReasonNumber{};
  who.origin = sender;
  who.channels = command.channels;
  if (moves) changed(slot);
  if (comes) come_online(slot);
  touch(slot);
  look(slot);
  emit_agent(EventKind::agent_signed_in, Cause::command, who);
  return {};
}

Outcome Router::State::on(const command::SetPresence& command) {
  const AgentSlot slot = on_roster(command.agent);
  if (!slot) return refuse(Refusal::unknown_agent);
  if (unknown_reason(command.reason)) return refuse(Refusal::unknown_name);
  if (command.presence == Presence::offline) return on(command::SignOff{command.agent});
  Agent& who = agent(slot);
  if (who.presence == Presence::offline) return refuse(Refusal::not_present);
  if (command.presence == Presence::available) who.misses = 0;
  if (who.presence == command.presence && who.reason == command.reason) return {};
  if (!who.lost) set_duty(slot, duty_of(who, command.presence, who.channels));
  if (command.presence != Presence::available) end_offers_of(slot, Cause::agent_gone);
  if (who.presence != command.presence) {
    changed(slot);
    if (command.presence == Presence::available) come_online(slot);
  }
  who.presence = command.presence;
  who.reason = command.reason;
  touch(slot);
  look(slot);
  emit_agent(EventKind::agent_presence, Cause::command, who);
  return {};
}

Outcome Router::State::on(const command::SignOff& command) {
  const AgentSlot slot = on_roster(command.agent);
  if (!slot) return refuse(Refusal::unknown_agent);
  if (agent(slot).presence != Presence::offline) {
    sign_off(slot, Cause::command, Cause::agent_gone);
  }
  return {};
}

Outcome Router::State::on(const command::AgentLost& command) {
  const AgentSlot slot = on_roster(command.agent);
  if (!slot) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  if (who.presence == Presence::offline) return refuse(Refusal::not_present);
  if (who.lost) return {};
  who.lost = true;
  set_duty(slot, 0);
  changed(slot);
  const std::int64_t due_ms = stamp.pool_ms + configuration.lost_grace_ms;
  who.grace = timers.add(due_ms, TimerKind::lost_grace, slot.value);
  emit_agent(EventKind::agent_lost, Cause::command, who).due_ms = due_ms;
  end_offers_of(slot, Cause::agent_lost);
  return {};
}

Outcome Router::State::on(const command::AgentRegained& command) {
  const AgentSlot slot = on_roster(command.agent);
  if (!slot) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  if (who.presence == Presence::offline) return refuse(Refusal::not_present);
  if (!who.lost) return {};
  who.lost = false;
  set_duty(slot, duty_of(who, who.presence, who.channels));
  timers.cancel(who.grace);
  changed(slot);
  look(slot);
  emit_agent(EventKind::agent_regained, Cause::command, who);
  return {};
}

Outcome Router::State::on(const command::ShiftEnds& command) {
  const AgentSlot slot = on_roster(command.agent);
  if (!slot) return refuse(Refusal::unknown_agent);
  Agent& who = agent(slot);
  if (who.presence == Presence::offline) return refuse(Refusal::not_present);
  forget_shift(who);
  touch(slot);
  look(slot);
  if (command.in_ms == 0) return {};
  who.shift_ends_ms = stamp.pool_ms + command.in_ms;
  const std::int64_t stop_ms = who.shift_ends_ms - configuration.stop_new_ms;
  who.stopping = configuration.stop_new_ms > 0 && stop_ms <= stamp.pool_ms;
  who.shift = timers.add(who.shift_ends_ms, TimerKind::shift, slot.value);
  if (configuration.stop_new_ms > 0 && !who.stopping) {
    who.stop = timers.add(stop_ms, TimerKind::stop, slot.value);
  }
  return {};
}

void Router::State::forget_shift(Agent& who) {
  timers.cancel(who.shift);
  timers.cancel(who.stop);
  who.shift_ends_ms = 0;
  who.stopping = false;
}

// One who comes again and again has still only one window.
void Router::State::come_online(AgentSlot slot) {
  Agent& who = agent(slot);
  if (who.online || is_bot(slot)) return;
  who.online = timers.add(stamp.pool_ms + limits::minute_ms, TimerKind::online, slot.value);
  who.online_count = 0;
}

// In the order of opening.
std::vector<ConversationSlot> Router::State::work_of(const Agent& who) const {
  std::vector<ConversationSlot> work = who.conversations;
  std::sort(work.begin(), work.end(), [&](ConversationSlot a, ConversationSlot b) {
    return conversations[a].number < conversations[b].number;
  });
  return work;
}

void Router::State::end_offers_of(AgentSlot slot, Cause cause) {
  for (ConversationSlot work : work_of(agent(slot))) {
    const auto& offers = conversations[work].offers;
    if (std::find(offers.begin(), offers.end(), slot) == offers.end()) continue;
    end_offer(work, slot, cause);
    judge(work, Cause::none);
  }
}

// What is open goes back to its class, then what is wrapping up ends. False when some of it is left
// for the next record.
bool Router::State::clear_desk(const Leaving& who) {
  const std::vector<ConversationSlot> work = work_of(agent(who.agent));
  for (const bool wrapping : {false, true}) {
    for (ConversationSlot one : work) {
      const Conversation& conversation = conversations[one];
      const bool theirs = conversation.agent == who.agent && conversation.epoch <= who.epoch_last;
      if (!theirs || (conversation.state == ConversationState::wrapping) != wrapping) continue;
      if (caused() >= limits::cursor_events_max) return false;
      if (wrapping) {
        end(one, who.cause);
      } else {
        take_from_agent(one);
        wait(one, who.cause, who.agent);
      }
    }
  }
  return true;
}

void Router::State::sign_off(AgentSlot slot, Cause cause, Cause work_cause) {
  set_duty(slot, 0);
  forget_shift(agent(slot));
  end_offers_of(slot, work_cause);
  const Leaving leaves{slot, work_cause, stamp.sequence};
  if (!clear_desk(leaves)) desks_left.push_back(leaves);
  Agent& who = agent(slot);
  timers.cancel(who.grace);
  who.presence = Presence::offline;
  who.reason = ReasonNumber{};
  who.lost = false;
  who.channels = 0;
  changed(slot);
  emit_agent(EventKind::agent_signed_off, cause, who);
  who.origin = OriginNumber{};
}

void Router::State::miss(ConversationSlot slot, AgentSlot by, const ClassConfiguration& of) {
  Conversation& conversation = conversations[slot];
  ++conversation.misses;
  if (!conversation.nature.test) {
    for (Tally* counted : tallies_of(of.number, group_of(by))) ++counted->misses;
  }
  Agent& who = agent(by);
  if (++who.misses >= configuration.misses_max) stop_responding(by);
}

void Router::State::stop_responding(AgentSlot slot) {
  if (agent(slot).presence != Presence::available) return;
  end_offers_of(slot, Cause::agent_gone);
  Agent& who = agent(slot);
  who.presence = Presence::not_responding;
  who.reason = ReasonNumber{};
  changed(slot);
  emit_agent(EventKind::agent_presence, Cause::misses, who);
}

}  // namespace usher
