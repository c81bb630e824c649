// Commands about agents, sessions and the configuration.

#include <algorithm>

#include "routing/limits.h"
#include "sim/twin.h"

namespace usher::sim {

Refusal Twin::on(const command::SignIn& sign_in) {
  Agent* a = agent_of(sign_in.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  const bool same = a->presence == sign_in.presence && a->channels == sign_in.channels &&
                    a->origin == origin_ && !a->lost;
  if (same) return Refusal::none;
  // Who takes a channel no more is not on duty for it when the offers are judged.
  a->channels = sign_in.channels;
  if (sign_in.presence != Presence::available) {
    offers_of_agent_end(sign_in.agent, Cause::agent_gone);
  } else {
    a->misses = 0;
  }
  const bool changed = a->presence != sign_in.presence || a->lost;
  if (a->presence != sign_in.presence && sign_in.presence == Presence::available) come_online(*a);
  a->presence = sign_in.presence;
  a->origin = origin_;
  a->reason = {};
  a->lost = false;
  stop(TimerKind::lost, {}, sign_in.agent);
  if (changed) touch(sign_in.agent);
  tell(*a, EventKind::agent_signed_in, Cause::command);
  return Refusal::none;
}

Refusal Twin::on(const command::SetPresence& set) {
  Agent* a = agent_of(set.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  if (set.reason && !named(NameKind::reason, set.reason.value)) return Refusal::unknown_name;
  if (set.presence == Presence::offline) return on(command::SignOff{set.agent});
  if (a->presence == Presence::offline) return Refusal::not_present;
  if (set.presence == Presence::available) a->misses = 0;
  if (a->presence == set.presence && a->reason == set.reason) return Refusal::none;
  // Who drains is not on duty any more when the offers are judged.
  const Presence was = a->presence;
  a->presence = set.presence;
  if (set.presence != Presence::available) offers_of_agent_end(set.agent, Cause::agent_gone);
  if (was != set.presence) touch(set.agent);
  if (was != set.presence && set.presence == Presence::available) come_online(*a);
  a->reason = set.reason;
  tell(*a, EventKind::agent_presence, Cause::command);
  return Refusal::none;
}

Refusal Twin::on(const command::SignOff& off) {
  Agent* a = agent_of(off.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  if (a->presence != Presence::offline) sign_off(*a, Cause::command, Cause::agent_gone);
  return Refusal::none;
}

// A window of a minute begins unless one runs, and follows another in which the cap was reached.
void Twin::come_online(Agent& a) {
  if (a.window_until_ms != 0 || a.definition.kind == AgentKind::bot) return;
  a.window_until_ms = now() + limits::minute_ms;
  a.burst = 0;
  start(TimerKind::window, a.window_until_ms, {}, a.definition.agent);
}

void Twin::end_window(Agent& a) {
  const std::uint16_t cap = rules().login_burst_per_minute;
  const bool person = a.definition.kind == AgentKind::person;
  const bool follows = person && cap > 0 && a.burst >= cap;
  a.window_until_ms = follows ? a.window_until_ms + limits::minute_ms : 0;
  a.burst = 0;
  if (follows) start(TimerKind::window, a.window_until_ms, {}, a.definition.agent);
}

Refusal Twin::on(const command::AgentLost& lost) {
  Agent* a = agent_of(lost.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  if (a->presence == Presence::offline) return Refusal::not_present;
  if (a->lost) return Refusal::none;
  const std::int64_t due_ms = now() + rules().lost_grace_ms;
  a->lost = true;
  touch(lost.agent);
  start(TimerKind::lost, due_ms, {}, lost.agent);
  tell(*a, EventKind::agent_lost, Cause::command, due_ms);
  offers_of_agent_end(lost.agent, Cause::agent_lost);
  return Refusal::none;
}

Refusal Twin::on(const command::AgentRegained& regained) {
  Agent* a = agent_of(regained.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  if (a->presence == Presence::offline) return Refusal::not_present;
  if (!a->lost) return Refusal::none;
  a->lost = false;
  touch(regained.agent);
  stop(TimerKind::lost, {}, regained.agent);
  tell(*a, EventKind::agent_regained, Cause::command);
  return Refusal::none;
}

Refusal Twin::on(const command::DefineAgent& define) {
  const command::AgentDefinition& wanted = *define.definition;
  if (wanted.agent.is_zero()) return Refusal::id_zero;
  bool all = !wanted.group || named(NameKind::group, wanted.group.value);
  for (const SkillLevel& s : wanted.skills) all = all && named(NameKind::skill, s.skill.value);
  for (const AuthorityNumber& n : wanted.authorities) {
    all = all && named(NameKind::authority, n.value);
  }
  for (const ChannelHold& hold : wanted.holds) all = all && channel(hold.channel) != nullptr;
  if (!all) return Refusal::unknown_name;
  const auto [found, added] = agents_.try_emplace(wanted.agent);
  Agent& a = found->second;
  if (!added && a.definition == wanted) return Refusal::none;
  const bool busy = std::any_of(conversations_.begin(), conversations_.end(), [&](const auto& c) {
    return c.agent == wanted.agent || std::any_of(c.offers.begin(), c.offers.end(),
                                                  [&](auto& o) { return o.agent == wanted.agent; });
  });
  if (!added && busy && a.definition.kind != wanted.kind) return Refusal::conflict;
  a.definition = wanted;
  tell(a, EventKind::agent_defined, Cause::command);
  judge_all(Cause::roster);
  return Refusal::none;
}

Refusal Twin::on(const command::RemoveAgent& remove) {
  Agent* a = agent_of(remove.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  if (a->presence != Presence::offline) sign_off(*a, Cause::command, Cause::agent_gone);
  tell(*a, EventKind::agent_removed, Cause::command);
  stop(TimerKind::window, {}, remove.agent);
  agents_.erase(remove.agent);
  for (Conversation& c : conversations_) {
    std::erase_if(c.exclusions,
                  [&](const Exclusion& e) { return e.agent == remove.agent && e.until_ms != 0; });
  }
  judge_all(Cause::roster);
  return Refusal::none;
}

Refusal Twin::on(const command::Configure& configure) {
  const PoolConfiguration& next = *configure.configuration;
  std::vector<Name> names = names_;
  for (const Name& name : next.names) {
    const auto same_number = [&](const Name& n) {
      return n.kind == name.kind && n.number == name.number;
    };
    const auto held = std::find_if(names.begin(), names.end(), same_number);
    if (held != names.end()) {
      if (held->text != name.text) return Refusal::conflict;
      continue;
    }
    const auto of_kind = std::count_if(names.begin(), names.end(),
                                       [&](const Name& n) { return n.kind == name.kind; });
    if (name.number != of_kind + 1) return Refusal::conflict;
    names.push_back(name);
  }
  const auto has_class = [&](ClassNumber number) {
    return std::any_of(next.classes.begin(), next.classes.end(),
                       [&](const ClassConfiguration& k) { return k.number == number; });
  };
  std::map<ClassNumber, ClassNumber> heirs;
  for (const ClassConfiguration& old : configuration_.classes) {
    if (has_class(old.number)) continue;
    if (!has_class(old.heir)) return Refusal::conflict;
    heirs[old.number] = old.heir;
  }
  if (!modes_fit(next)) return Refusal::conflict;
  if (next == configuration_) return Refusal::none;
  names_ = std::move(names);
  configuration_ = next;
  for (auto* list : {&conversations_, &ended_}) {
    for (Conversation& c : *list) {
      if (heirs.count(c.service_class) == 0) continue;
      c.service_class = heirs[c.service_class];
      if (c.state == ConversationState::waiting) begins_to_wait(c);
    }
  }
  if (move_) {
    if (heirs.count(move_->from) > 0) move_->from = heirs[move_->from];
    if (heirs.count(move_->to) > 0) move_->to = heirs[move_->to];
    if (move_->from == move_->to) move_.reset();
  }
  watch_waits();
  agents_before_ = agents_;
  tell(EventKind::pool_configured, Cause::command);
  const bool has_mode = std::any_of(next.modes.begin(), next.modes.end(),
                                    [&](const Mode& mode) { return mode.number == mode_; });
  if (mode_ && !has_mode) change_mode({}, Cause::configuration, 0);
  judge_all(Cause::configuration);
  return Refusal::none;
}

Refusal Twin::on(const command::OpenSession& open) {
  const std::string text(open.origin.begin(), open.origin.end());
  OriginNumber origin;
  std::uint16_t origins = 0;
  for (const Name& name : names_) {
    if (name.kind != NameKind::origin) continue;
    ++origins;
    if (name.text == text) origin.value = name.number;
  }
  const auto found = sessions_.find(open.session);
  if (found != sessions_.end()) {
    const bool same = origin && found->second.origin == origin;
    return same ? Refusal::none : Refusal::session_of_another;
  }
  if (!origin) {
    origin.value = static_cast<std::uint16_t>(origins + 1);
    names_.push_back({NameKind::origin, origin.value, text});
  }
  sessions_[open.session].origin = origin;
  return Refusal::none;
}

Refusal Twin::on(const command::EndSession& end) {
  return sessions_.erase(end.session) == 0 ? Refusal::unknown_session : Refusal::none;
}

Refusal Twin::on(const command::Resumed&) {
  tell(EventKind::pool_started, Cause::command);
  return Refusal::none;
}

}  // namespace usher::sim
