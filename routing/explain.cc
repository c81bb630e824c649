// Why an agent was chosen or not. Read beside matching.cc: the same order, without its indexes.

#include "routing/explain.h"

#include <algorithm>

#include "routing/state.h"

namespace usher {

Explanation Router::State::explain(ConversationSlot slot) {
  const Conversation& conversation = conversations[slot];
  const Nature& nature = conversation.nature;
  Explanation why;
  why.conversation = conversation.id;
  why.state = conversation.state;
  why.record = stamp.sequence;
  why.configured_at = configured_at;
  why.pool_ms = stamp.pool_ms;
  why.opened_ms = nature.opened_ms;
  why.service_class = nature.service_class;
  why.band = class_of(conversation).band;
  const OrderKey key = key_of(slot);
  why.rank = key.rank;
  why.time_ms = key.time_ms;
  why.queued = nature.queued;
  for (const Step& step : needs[nature.requirement].steps) {
    ++why.steps;
    if (nature.opened_ms + step.after_ms <= stamp.pool_ms) ++why.step;
  }
  why.joined = conversation.joined();
  if (closed(nature.requirement)) why.hours = demands[nature.requirement.value].hours;
  const bool is_away = conversation.state == ConversationState::deferred ||
                       conversation.state == ConversationState::scheduled;
  if (is_away) why.due_ms = deadline_of(conversation.timer);
  why.pool_scope = pool_scope;
  why.class_scope = classes[nature.service_class.value].scope;
  for (std::uint32_t i = 0; i < agents.size(); ++i) {
    if (agents[i].on_roster) why.candidates.push_back(candidate(AgentSlot{i}, conversation));
  }
  std::sort(why.candidates.begin(), why.candidates.end(),
            [&](const CandidateView& a, const CandidateView& b) {
              const bool left = a.verdict == Verdict::eligible;
              const bool right = b.verdict == Verdict::eligible;
              if (left != right) return left;
              return left ? goes_before(a, b) != TupleField::none : a.agent < b.agent;
            });
  return why;
}

// The hand-over that is about to happen.
void Router::State::explain_decision(ConversationSlot slot, AgentSlot to, bool debt) {
  if (!explaining->about.is_zero() && explaining->about != conversations[slot].id) return;
  Explanation why = explain(slot);
  why.winner = agent(to).id;
  why.debt = debt;
  const auto chosen =
      std::find_if(why.candidates.begin(), why.candidates.end(),
                   [&](const CandidateView& one) { return one.agent == why.winner; });
  CHECK(chosen != why.candidates.end());
  for (CandidateView& one : why.candidates) {
    if (one.verdict == Verdict::eligible) one.lost_on = goes_before(*chosen, one);
  }
  explaining->tell(std::move(why));
}

CandidateView Router::State::candidate(AgentSlot slot, const Conversation& conversation) const {
  const Agent& who = agent(slot);
  const ClassConfiguration& of = class_of(conversation);
  CandidateView view;
  view.agent = who.id;
  view.bot = is_bot(slot);
  view.over = fit(who, conversation) == Fit::over;
  view.preferred = preferred_of(conversation) == slot;
  view.tier = tiers[of.number.value][who.column];
  view.used = who.load.used();
  view.capacity = who.capacity;
  view.scarce = who.scarce && !of.scarce;
  view.idle_since = who.idle_since;
  view.verdict = verdict_on(slot, conversation, view.from_ms);
  view.group = who.definition->group;
  const Nature& nature = conversation.nature;
  if (needs.first_step(who.profile, nature.requirement) == Needs::never) {
    const bool authority = needs.lacks_only_authority(who.profile, nature.requirement);
    view.lacks = authority ? Verdict::authority : Verdict::need;
  } else if (excluded_for_good(nature, slot)) {
    view.lacks = Verdict::excluded;
  } else if (who.holds.limit[nature.channel.value] == 0) {
    view.lacks = Verdict::channel;
  } else if (is_bot(slot) && !bots_first(conversation)) {
    view.lacks = Verdict::bot;
  }
  const std::size_t group = view.group.value;
  if (who.scope != ScopeState::open) {
    view.paused = Scope::agent;
  } else if (group < group_scopes.size() && group_scopes[group] != ScopeState::open) {
    view.paused = Scope::group;
  }
  return view;
}

Verdict Router::State::verdict_on(AgentSlot slot, const Conversation& conversation,
                                  std::int64_t& from_ms) const {
  const Agent& who = agent(slot);
  const Nature& nature = conversation.nature;
  const auto& offers = conversation.offers;
  if (conversation.agent == slot) return Verdict::has_it;
  if (std::find(offers.begin(), offers.end(), slot) != offers.end()) return Verdict::asked;
  if (who.presence != Presence::available) return Verdict::not_available;
  if (who.lost) return Verdict::lost;
  if (!given(who) || !class_open(nature.service_class)) return Verdict::paused;
  if (closed(nature.requirement)) return Verdict::closed;
  if (!meets_need(slot, conversation)) return verdict_on_need(who, nature, from_ms);
  const std::int64_t helps_ms = nature.opened_ms + helps_from(who, nature.service_class);
  if (helps_ms > stamp.pool_ms) {
    from_ms = helps_ms;
    return Verdict::helps_later;
  }
  if (excluded_for_good(nature, slot)) return Verdict::excluded;
  for (const Exclusion& exclusion : conversation.exclusions) {
    if (exclusion.agent != slot || !stands(exclusion)) continue;
    from_ms = exclusion.until_ms;
    return Verdict::cooling_down;
  }
  const std::uint16_t channel = nature.channel.value;
  if (!takes(who, nature.channel)) return Verdict::channel;
  if (fit_in_shift(who, conversation) == Fit::none) {
    if ((room_now(who) >> (channel - 1) & 1) == 0) return Verdict::room;
    from_ms = deadline_of(who.online);
    return Verdict::held_back;
  }
  if (lent_enough(who, nature.service_class)) return Verdict::lent_enough;
  if (is_bot(slot) && !bots_first(conversation)) return Verdict::bot;
  if (class_of(conversation).hold_for_preferred) {
    const AgentSlot preferred = preferred_of(conversation);
    if (preferred && preferred != slot) {
      from_ms = conversation.preferred_since_ms + class_of(conversation).preferred_wait_ms;
      return Verdict::kept_for_other;
    }
  }
  if ((takes_new(who) >> (channel - 1) & 1) == 0) return Verdict::shift_ends;
  return Verdict::eligible;
}

// Requires: the need is not met now.
Verdict Router::State::verdict_on_need(const Agent& who, const Nature& nature,
                                       std::int64_t& from_ms) const {
  const Requirement& requirement = needs[nature.requirement];
  const std::uint8_t step = needs.first_step(who.profile, nature.requirement);
  if (step != Needs::never) {
    from_ms = nature.opened_ms + requirement.steps[step].after_ms;
    return Verdict::need_later;
  }
  return needs.lacks_only_authority(who.profile, nature.requirement) ? Verdict::authority
                                                                     : Verdict::need;
}

// The field on which `a` goes before `b`, or none if it does not.
TupleField Router::State::goes_before(const CandidateView& a, const CandidateView& b) const {
  if (a.bot != b.bot) return a.bot ? TupleField::bot : TupleField::none;
  if (a.over != b.over) return b.over ? TupleField::over : TupleField::none;
  if (a.preferred != b.preferred) return a.preferred ? TupleField::preferred : TupleField::none;
  if (a.tier != b.tier) return a.tier < b.tier ? TupleField::tier : TupleField::none;
  if (configuration.give_to == GiveTo::least_loaded) {
    const std::uint64_t left = std::uint64_t{a.used} * b.capacity;
    const std::uint64_t right = std::uint64_t{b.used} * a.capacity;
    if (left != right) return left < right ? TupleField::load : TupleField::none;
  } else if (a.idle_since != b.idle_since) {
    return a.idle_since < b.idle_since ? TupleField::idle : TupleField::none;
  }
  if (a.scarce != b.scarce) return b.scarce ? TupleField::scarce : TupleField::none;
  if (a.idle_since != b.idle_since) {
    return a.idle_since < b.idle_since ? TupleField::idle : TupleField::none;
  }
  return a.agent < b.agent ? TupleField::id : TupleField::none;
}

Outcome Router::apply(const Record& record, Events& events, std::vector<Explanation>& decisions) {
  return apply(record, events,
               Explaining{{}, [&](Explanation&& why) { decisions.push_back(std::move(why)); }});
}

Outcome Router::apply(const Record& record, Events& events, const Explaining& explaining) {
  state_->explaining = &explaining;
  const Outcome outcome = state_->apply(record, events);
  state_->explaining = nullptr;
  return outcome;
}

std::optional<Explanation> Router::explain(ConversationId id) const {
  const ConversationSlot slot = state_->find_place(id).live;
  if (!slot) return std::nullopt;
  return state_->explain(slot);
}

}  // namespace usher
