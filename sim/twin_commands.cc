// What each command about a conversation means in the state it meets.

#include <algorithm>
#include <tuple>

#include "sim/twin.h"

namespace usher::sim {

using State = ConversationState;

Refusal Twin::missing(ConversationId id) const {
  const Conversation* c = known(id);
  if (c == nullptr) return Refusal::unknown_conversation;
  const bool ended = c->state == State::closed || c->state == State::abandoned;
  return ended ? Refusal::wrong_state : Refusal::none;
}

// Whether what is asked for is the assignment that stands, named as it is or as it was asked for.
bool Twin::repeats_assignment(const Conversation& c, AgentId agent, std::uint64_t epoch) const {
  return c.state == State::assigned && c.agent == agent &&
         (epoch == 0 || epoch == c.epoch || epoch == c.made_from);
}

// --- from front-ends ---

Refusal Twin::on(const command::Open& open) {
  if (open.conversation.is_zero()) return Refusal::id_zero;
  if (const Conversation* c = known(open.conversation); c != nullptr) {
    const auto content = [](const command::Open& o) {
      return std::tie(o.customer, o.preferred_agent, o.channel, o.category, o.impact, o.tier,
                      o.language, o.test, o.required, o.preferred, o.excluded);
    };
    if (content(c->first) != content(open)) return Refusal::conflict;
    about_ = open.conversation;
    return Refusal::none;
  }
  if (!all_named(open)) return Refusal::unknown_name;
  const ClassNumber service_class = classify(open);
  if (!service_class) return Refusal::no_class;
  if (drains(service_class)) return Refusal::draining;

  Conversation wanted;
  wanted.number = opened_count_ + 1;
  wanted.first = wanted.now = open;
  wanted.origin = origin_;
  wanted.service_class = service_class;
  wanted.opened_ms = now() + open.not_before_ms - open.age_ms;
  wanted.preferred_since_ms = now();
  for (const AgentId& agent : open.excluded) wanted.exclusions.push_back({agent, 0});
  prefer_last_agent(wanted);
  const Fate its_fate = open.not_before_ms > 0 ? Fate{} : fate(wanted, true);
  if (its_fate.kind == Fate::Kind::refuse) {
    if (served(wanted)) {
      refused_expected_ = estimators_[service_class].expect(waiting_in(service_class) + 1);
    }
    return its_fate.cause == Cause::hours ? Refusal::outside_hours : Refusal::overflow;
  }

  ++opened_count_;
  Conversation& c = conversations_.emplace_back(wanted);
  if (!open.test) ++figures(c).opened;
  c.claimed = !open.test && band_of(c).security;
  if (c.claimed) ++claims_[origin_].incidents;
  about_ = open.conversation;
  opened_now_ = open.conversation;
  if (open.not_before_ms > 0) {
    c.state = State::scheduled;
    start(TimerKind::not_before, now() + open.not_before_ms, open.conversation);
    tell(c, EventKind::opened, Cause::command, {}, now() + open.not_before_ms);
    return Refusal::none;
  }
  switch (its_fate.kind) {
    case Fate::Kind::unroutable: c.state = State::unroutable; break;
    case Fate::Kind::defer: c.state = State::deferred; break;
    default: c.state = State::waiting;
  }
  tell(c, EventKind::opened, Cause::command);
  if (its_fate.kind == Fate::Kind::stands) {
    c.queued = ++queued_count_;
    c.waited = true;
    begins_to_wait(c);
    tell_wait(c, true);
  } else if (its_fate.kind == Fate::Kind::elsewhere) {
    c.state = State::none;
  }
  meet(c, its_fate);
  return Refusal::none;
}

Refusal Twin::on(const command::Update& update) {
  if (const Refusal refusal = missing(update.conversation); refusal != Refusal::none) {
    return refusal;
  }
  Conversation& c = *live(update.conversation);
  if (c.state == State::held || c.state == State::wrapping) return Refusal::wrong_state;

  using U = command::Update;
  command::Open next = c.now;
  if (update.fields & U::category_field) next.category = update.category;
  if (update.fields & U::impact_field) next.impact = update.impact;
  if (update.fields & U::tier_field) next.tier = update.tier;
  if (update.fields & U::language_field) next.language = update.language;
  if (update.fields & U::required_field) next.required = update.required;
  if (update.fields & U::preferred_field) next.preferred = update.preferred;
  if (update.fields & U::preferred_agent_field) next.preferred_agent = update.preferred_agent;
  if (update.fields & U::excluded_field) next.excluded = update.excluded;
  if (update.fields & U::customer_field) next.customer = update.customer;
  if (!all_named(next)) return Refusal::unknown_name;
  if (update.reason && !named(NameKind::reason, update.reason.value)) return Refusal::unknown_name;

  const auto content = [](const command::Open& o) {
    return std::tie(o.customer, o.preferred_agent, o.category, o.impact, o.tier, o.language,
                    o.required, o.preferred, o.excluded);
  };
  about_ = update.conversation;
  if (content(next) == content(c.now)) return Refusal::none;
  ClassNumber service_class = c.service_class;
  if (std::tie(next.category, next.impact, next.tier) !=
      std::tie(c.now.category, c.now.impact, c.now.tier)) {
    service_class = classify(next);
    if (!service_class) return Refusal::no_class;
  }
  if (next.preferred_agent != c.now.preferred_agent) c.preferred_since_ms = now();
  if (next.excluded != c.now.excluded) {
    std::erase_if(c.exclusions, [](const Exclusion& e) { return e.until_ms == 0; });
    for (const AgentId& agent : next.excluded) {
      std::erase_if(c.exclusions, [&](const Exclusion& e) { return e.agent == agent; });
      c.exclusions.push_back({agent, 0});
    }
  }
  const bool reclassified = service_class != c.service_class;
  const bool was_security = band_of(c).security;
  c.now = next;
  c.service_class = service_class;
  if (c.claimed && was_security && !band_of(c).security) {
    c.claimed = false;
    ++claims_[c.origin].demoted;
  }
  if (reclassified && c.state == State::waiting) begins_to_wait(c);
  forget_customers();
  tell(c, EventKind::updated, reclassified ? Cause::reclassified : Cause::command, {}, 0,
       update.reason);
  if (watched(c)) {
    watch_target(c);
  } else {
    watch_again(c);
  }

  const std::vector<Offer> offers = c.offers;
  const std::size_t over_slots = band_of(c).security ? class_of(c).over_slots : 0;
  for (const Offer& o : offers) {
    const Agent& a = *agent_of(o.agent);
    const bool has_place = !o.over || over_count(a) <= over_slots;
    if (!has_place || !fit(c, a, now())) end_offer(c, o.agent, Cause::revoked);
  }
  if (c.state == State::assigned) seek(c, was_security);
  if (c.state == State::deferred) {
    enter_queue(c, Cause::reclassified, {});
  } else {
    judge(c, Cause::reclassified);
  }
  return Refusal::none;
}

Refusal Twin::on(const command::CustomerWrote& wrote) {
  if (const Refusal refusal = missing(wrote.conversation); refusal != Refusal::none) {
    return refusal;
  }
  Conversation& c = *live(wrote.conversation);
  if (c.state != State::assigned && c.state != State::held) return Refusal::wrong_state;
  tell(c, EventKind::customer_wrote, Cause::command);
  if (c.state == State::held) come_back(c, Cause::customer_wrote);
  return Refusal::none;
}

Refusal Twin::on(const command::Abandon& abandon) {
  const Conversation* was = known(abandon.conversation);
  if (was == nullptr) return Refusal::unknown_conversation;
  if (was->state == State::abandoned) return Refusal::none;
  if (was->state == State::closed) return Refusal::wrong_state;
  Conversation& c = *live(abandon.conversation);
  if (c.state == State::wrapping) return c.leaving ? Refusal::none : Refusal::wrong_state;
  if (c.state == State::assigned) {
    wrap_up(c, true, CloseOutcome::none);
  } else {
    c.leaving = true;
    end(c, Cause::command);
  }
  return Refusal::none;
}

Refusal Twin::on(const command::Close& close) {
  const Conversation* was = known(close.conversation);
  if (was == nullptr) return Refusal::unknown_conversation;
  if (!close.agent.is_zero() && agent_of(close.agent) == nullptr) return Refusal::unknown_agent;
  const bool over = was->state == State::closed || was->state == State::abandoned ||
                    was->state == State::wrapping;
  if (over) {
    const bool repeated =
        was->state != State::abandoned && !was->leaving && was->outcome == close.outcome;
    return repeated ? Refusal::none : Refusal::wrong_state;
  }
  Conversation& c = *live(close.conversation);
  const std::uint64_t epoch = c.state == State::offered ? c.offers.front().epoch : c.epoch;
  if (close.epoch != 0 && close.epoch != epoch) return Refusal::stale;
  if (!close.agent.is_zero() && close.agent != c.agent) return Refusal::not_allowed;
  if (c.state == State::assigned) {
    wrap_up(c, false, close.outcome);
  } else {
    revoke_offers(c, Cause::revoked);
    c.outcome = close.outcome;
    end(c, Cause::command);
  }
  return Refusal::none;
}

Refusal Twin::on(const command::Transfer& transfer) {
  if (const Refusal refusal = missing(transfer.conversation); refusal != Refusal::none) {
    return refusal;
  }
  Conversation& c = *live(transfer.conversation);
  const bool to_agent = !transfer.to_agent.is_zero();
  if (to_agent && agent_of(transfer.to_agent) == nullptr) return Refusal::unknown_agent;
  if (!to_agent) {
    const auto& classes = rules().classes;
    const bool known_class = std::any_of(classes.begin(), classes.end(), [&](const auto& k) {
      return k.number == transfer.to_class;
    });
    if (!known_class) return Refusal::unknown_name;
  }
  if (transfer.reason && !named(NameKind::reason, transfer.reason.value)) {
    return Refusal::unknown_name;
  }
  const bool queued =
      c.state == State::waiting || c.state == State::offered || c.state == State::unroutable;
  if (c.state != State::assigned && (!queued || to_agent)) return Refusal::wrong_state;
  const std::uint64_t epoch = c.state == State::offered ? c.offers.front().epoch : c.epoch;
  if (transfer.epoch != 0 && transfer.epoch != epoch) return Refusal::stale;
  about_ = transfer.conversation;

  if (!to_agent) {
    if (queued && transfer.to_class == c.service_class) return Refusal::same_target;
    move(c, transfer.to_class, Cause::transferred, transfer.reason);
    return Refusal::none;
  }
  if (transfer.to_agent == c.agent) return Refusal::same_target;
  if (std::any_of(c.offers.begin(), c.offers.end(),
                  [&](const Offer& o) { return o.agent == transfer.to_agent; })) {
    return Refusal::none;
  }
  Agent& target = *agent_of(transfer.to_agent);
  if (!fit(c, target, now()) || capped(c, target, now()) || lent_enough(c, target) ||
      shift_ends(c, target, now())) {
    return Refusal::not_eligible;
  }
  if (!has_room(target, c)) return Refusal::no_capacity;
  revoke_offers(c, Cause::revoked);
  offer(c, target, Cause::transferred, false);
  return Refusal::none;
}

Refusal Twin::on(const command::Reopen& reopen) {
  const Conversation* was = known(reopen.conversation);
  if (was == nullptr) return Refusal::unknown_conversation;
  const bool ended = was->state == State::closed || was->state == State::abandoned;
  if (!ended && was->state != State::wrapping) return Refusal::wrong_state;
  AgentId source;
  if (ended) {
    const auto here = std::find_if(ended_.begin(), ended_.end(), [&](const Conversation& c) {
      return c.now.conversation == reopen.conversation;
    });
    here->number = ++opened_count_;
    conversations_.splice(conversations_.end(), ended_, here);
    for (const AgentId& agent : was->now.excluded)
      live(reopen.conversation)->exclusions.push_back({agent, 0});
  } else {
    source = take_from_agent(*live(reopen.conversation));
  }
  Conversation& c = *live(reopen.conversation);
  c.leaving = false;
  c.outcome = CloseOutcome::none;
  c.handed_over = true;
  c.diverted = false;
  c.at_risk = false;
  c.breached = false;
  if (!c.now.test) {
    ++figures(c).reopened;
    ++group_figures_[ended ? c.closed_by : group_of(source)].reopened;
  }
  c.now.preferred_agent = c.last_person;
  c.preferred_since_ms = now();
  c.opened_ms = std::min(c.opened_ms, now() - c.now.age_ms);
  about_ = reopen.conversation;
  enter_queue(c, Cause::reopened, source);
  return Refusal::none;
}

// --- from the agents' side ---

Refusal Twin::on(const command::Accept& accept) {
  if (const Refusal refusal = missing(accept.conversation); refusal != Refusal::none) {
    return refusal;
  }
  if (agent_of(accept.agent) == nullptr) return Refusal::unknown_agent;
  Conversation& c = *live(accept.conversation);
  if (repeats_assignment(c, accept.agent, accept.epoch)) return Refusal::none;
  if (c.offers.empty()) return Refusal::wrong_state;
  const std::uint64_t epoch = c.offers.front().epoch;
  if (accept.epoch != 0 && accept.epoch != epoch) return Refusal::stale;
  const auto mine = std::find_if(c.offers.begin(), c.offers.end(),
                                 [&](const Offer& o) { return o.agent == accept.agent; });
  if (mine == c.offers.end()) return Refusal::not_allowed;

  agent_of(accept.agent)->misses = 0;
  const bool over = mine->over;
  const std::vector<Offer> offers = c.offers;
  for (const Offer& o : offers) {
    if (o.agent != accept.agent) end_offer(c, o.agent, Cause::taken_by_another);
  }
  c.offers.clear();
  AgentId source;
  if (c.state == State::assigned) source = take_from_agent(c);
  c.made_from = epoch;
  assign(c, accept.agent, source.is_zero() ? Cause::accepted : Cause::transferred, source, over);
  return Refusal::none;
}

Refusal Twin::on(const command::Reject& reject) {
  if (const Refusal refusal = missing(reject.conversation); refusal != Refusal::none) {
    return refusal;
  }
  if (agent_of(reject.agent) == nullptr) return Refusal::unknown_agent;
  if (reject.reason && !named(NameKind::reason, reject.reason.value)) return Refusal::unknown_name;
  Conversation& c = *live(reject.conversation);
  if (c.offers.empty()) return Refusal::wrong_state;
  if (reject.epoch != 0 && reject.epoch != c.offers.front().epoch) return Refusal::stale;
  const bool mine = std::any_of(c.offers.begin(), c.offers.end(),
                                [&](const Offer& o) { return o.agent == reject.agent; });
  if (!mine) return Refusal::not_allowed;
  const ClassNumber in = c.service_class;
  end_offer(c, reject.agent, Cause::rejected, reject.reason);
  judge(c, Cause::none);
  exclude(c, reject.agent, in);
  return Refusal::none;
}

Refusal Twin::on(const command::Pick& pick) {
  if (const Refusal refusal = missing(pick.conversation); refusal != Refusal::none) return refusal;
  Agent* a = agent_of(pick.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  Conversation& c = *live(pick.conversation);
  if (repeats_assignment(c, pick.agent, pick.epoch)) return Refusal::none;
  const bool queued =
      c.state == State::waiting || c.state == State::offered || c.state == State::unroutable;
  if (!queued) return Refusal::wrong_state;
  const std::uint64_t epoch = c.offers.empty() ? 0 : c.offers.front().epoch;
  if (pick.epoch != 0 && pick.epoch != epoch) return Refusal::stale;
  if (a->presence == Presence::offline || a->lost) return Refusal::not_present;
  if (!takes_channel(*a, c.now.channel) || !need_met(c, *a, now() - c.opened_ms) ||
      !authorised(c, *a) || excluded_for_good(c, *a) || !bot_may_take(c, *a, now())) {
    return Refusal::not_eligible;
  }
  // The room of an offer to the same agent is there for this.
  const std::vector<Offer> offers = c.offers;
  c.offers.clear();
  const bool room = has_room(*a, c);
  c.offers = offers;
  if (!room) return Refusal::no_capacity;
  revoke_offers(c, Cause::revoked);
  if (c.queued == 0) c.queued = ++queued_count_;
  c.waited = true;  // in effect: it comes back as what somebody had
  a->misses = 0;
  c.made_from = epoch;
  assign(c, pick.agent, Cause::picked, {});
  return Refusal::none;
}

Refusal Twin::on(const command::Replied& replied) {
  if (const Refusal refusal = missing(replied.conversation); refusal != Refusal::none) {
    return refusal;
  }
  Agent* a = agent_of(replied.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  Conversation& c = *live(replied.conversation);
  if (c.state != State::assigned) return Refusal::wrong_state;
  if (replied.epoch != 0 && replied.epoch != c.epoch) return Refusal::stale;
  if (replied.agent != c.agent) return Refusal::not_allowed;
  if (c.replied_here) return Refusal::none;
  a->misses = 0;
  stop(TimerKind::reply, c.now.conversation);
  mark_replied(c);
  tell(c, EventKind::replied, Cause::command);
  return Refusal::none;
}

Refusal Twin::on(const command::Hold& hold) {
  if (const Refusal refusal = missing(hold.conversation); refusal != Refusal::none) return refusal;
  if (agent_of(hold.agent) == nullptr) return Refusal::unknown_agent;
  Conversation& c = *live(hold.conversation);
  if (c.state != State::assigned && c.state != State::held) return Refusal::wrong_state;
  if (hold.epoch != 0 && hold.epoch != c.epoch) return Refusal::stale;
  if (hold.agent != c.agent) return Refusal::not_allowed;
  if (c.state == State::held) return Refusal::none;
  revoke_offers(c, Cause::revoked);
  stop(TimerKind::reply, c.now.conversation);
  stop(TimerKind::handling, c.now.conversation);
  touch(c.agent);
  c.state = State::held;
  c.over = false;
  c.seeking = false;
  if (hold.for_ms > 0) start(TimerKind::hold, now() + hold.for_ms, c.now.conversation);
  tell(c, EventKind::held, Cause::command, {}, state_due(c));
  return Refusal::none;
}

Refusal Twin::on(const command::Resume& resume) {
  if (const Refusal refusal = missing(resume.conversation); refusal != Refusal::none) {
    return refusal;
  }
  Agent* a = agent_of(resume.agent);
  if (a == nullptr) return Refusal::unknown_agent;
  Conversation& c = *live(resume.conversation);
  if (repeats_assignment(c, resume.agent, resume.epoch)) return Refusal::none;
  if (c.state != State::held) return Refusal::wrong_state;
  if (resume.epoch != 0 && resume.epoch != c.epoch) return Refusal::stale;
  if (resume.agent != c.agent) return Refusal::not_allowed;
  if (a->lost) return Refusal::not_present;
  come_back(c, Cause::resumed);
  return Refusal::none;
}

Refusal Twin::on(const command::Release& release) {
  if (const Refusal refusal = missing(release.conversation); refusal != Refusal::none) {
    return refusal;
  }
  if (agent_of(release.agent) == nullptr) return Refusal::unknown_agent;
  if (release.reason && !named(NameKind::reason, release.reason.value)) {
    return Refusal::unknown_name;
  }
  Conversation& c = *live(release.conversation);
  if (c.state != State::assigned) return Refusal::wrong_state;
  if (release.epoch != 0 && release.epoch != c.epoch) return Refusal::stale;
  if (release.agent != c.agent) return Refusal::not_allowed;
  const bool bot = is_bot(c.agent);
  c.handed_over = c.handed_over || bot;
  const ClassNumber in = c.service_class;
  const AgentId agent = take_from_agent(c);
  enter_queue(c, bot ? Cause::bot_handed_over : Cause::released, agent, release.reason);
  if (!bot) exclude(c, agent, in);
  return Refusal::none;
}

Refusal Twin::on(const command::FinishWrapUp& finish) {
  const Conversation* was = known(finish.conversation);
  if (was == nullptr) return Refusal::unknown_conversation;
  if (agent_of(finish.agent) == nullptr) return Refusal::unknown_agent;
  if (was->state == State::closed || was->state == State::abandoned) {
    return was->last_person == finish.agent ? Refusal::none : Refusal::wrong_state;
  }
  if (was->state != State::wrapping) return Refusal::wrong_state;
  if (was->agent != finish.agent) return Refusal::not_allowed;
  end(*live(finish.conversation), Cause::command);
  return Refusal::none;
}

Refusal Twin::on(const command::ExtendWrapUp& extend) {
  if (const Refusal refusal = missing(extend.conversation); refusal != Refusal::none) {
    return refusal;
  }
  if (agent_of(extend.agent) == nullptr) return Refusal::unknown_agent;
  Conversation& c = *live(extend.conversation);
  if (c.state != State::wrapping) return Refusal::wrong_state;
  if (c.agent != extend.agent) return Refusal::not_allowed;
  const ConversationId id = c.now.conversation;
  const std::int64_t due_ms = due(TimerKind::wrap_up, id) + extend.by_ms;
  stop(TimerKind::wrap_up, id);
  start(TimerKind::wrap_up, due_ms, id);
  tell(c, EventKind::wrap_up_extended, Cause::command, {}, due_ms);
  return Refusal::none;
}

}  // namespace usher::sim
