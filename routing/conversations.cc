// What front-ends ask of a conversation.

#include <algorithm>

#include "routing/state.h"

namespace usher {
namespace {

// Of everything an open says but its age and delay, which grow while it is resent.
std::uint64_t fingerprint_of(const command::Open& open) {
  Hasher hasher;
  hasher.add(open.customer);
  hasher.add(open.preferred_agent);
  hasher.add(std::uint64_t{open.channel.value} | std::uint64_t{open.category.value} << 16 |
             std::uint64_t{open.impact.value} << 32 | std::uint64_t{open.tier.value} << 48);
  hasher.add(std::uint64_t{open.language.value} | std::uint64_t{open.test} << 16);
  for (const SkillLevel& skill : open.required) {
    hasher.add(std::uint64_t{skill.skill.value} << 8 | skill.level);
  }
  hasher.add(std::uint64_t{0xffff});
  for (const SkillLevel& skill : open.preferred) {
    hasher.add(std::uint64_t{skill.skill.value} << 8 | skill.level);
  }
  for (const AgentId& excluded : open.excluded) hasher.add(excluded);
  return hasher.value();
}

Nature nature_of(const command::Open& open) {
  Nature nature;
  nature.customer = open.customer;
  nature.preferred_agent = open.preferred_agent;
  nature.channel = open.channel;
  nature.category = open.category;
  nature.impact = open.impact;
  nature.tier = open.tier;
  nature.language = open.language;
  nature.test = open.test;
  nature.required = open.required;
  nature.preferred = open.preferred;
  nature.excluded = open.excluded;
  nature.fingerprint = fingerprint_of(open);
  return nature;
}

template <class T>
bool allows(const std::vector<T>& list, T number) {
  return list.empty() || std::find(list.begin(), list.end(), number) != list.end();
}

}  // namespace

Router::State::Place Router::State::find_place(ConversationId id) const {
  const PlaceSlot place =
      places.find(id, [&](PlaceSlot at) -> const ConversationId& { return id_at(at); });
  if (!place) return {};
  if (place.value % 2 == 0) return {ConversationSlot{place.value / 2}, {}};
  return {{}, EndedSlot{place.value / 2}};
}

bool Router::State::names_known(const Nature& nature) const {
  const auto none_or_known = [&](NameKind kind, std::uint16_t number) {
    return number == 0 || known(kind, number);
  };
  for (const SkillLevel& skill : nature.required) {
    if (!known(NameKind::skill, skill.skill.value)) return false;
  }
  for (const SkillLevel& skill : nature.preferred) {
    if (!known(NameKind::skill, skill.skill.value)) return false;
  }
  return nature.channel.value <= limits::channels_max &&
         channel_configurations[nature.channel.value] != nullptr &&
         none_or_known(NameKind::category, nature.category.value) &&
         none_or_known(NameKind::impact, nature.impact.value) &&
         none_or_known(NameKind::tier, nature.tier.value) &&
         none_or_known(NameKind::skill, nature.language.value);
}

ClassNumber Router::State::classify(const Nature& nature) const {
  for (const ClassRule& rule : configuration.rules) {
    const bool tests_incidents =
        nature.test && band_of(*class_configurations[rule.service_class.value]).security;
    if (!tests_incidents && allows(rule.categories, nature.category) &&
        allows(rule.channels, nature.channel) && allows(rule.tiers, nature.tier) &&
        allows(rule.impacts, nature.impact)) {
      return rule.service_class;
    }
  }
  return {};
}

// Tells of the conversation that was asked about, as it is now.
void Router::State::answer(Outcome& outcome) const {
  if (asked.is_zero()) return;
  const auto [slot, past] = find_place(asked);
  if (slot) {
    const Conversation& conversation = conversations[slot];
    const bool offered = conversation.state == ConversationState::offered;
    outcome.state = conversation.state;
    outcome.service_class = conversation.nature.service_class;
    outcome.epoch = offered ? conversation.offer_epoch : conversation.epoch;
    if (conversation.state == ConversationState::waiting) {
      outcome.position = classes[conversation.nature.service_class.value].waiting;
      const Expected expected = expected_now(conversation);
      outcome.expected_p50_ms = expected.p50_ms;
      outcome.expected_p90_ms = expected.p90_ms;
    }
  } else if (past) {
    outcome.state = ended[past].state;
    outcome.service_class = ended[past].nature.service_class;
  }
}

// A new record, the last in the order of opening.
ConversationSlot Router::State::start(ConversationId id, const Nature& nature) {
  const ConversationSlot slot = conversations.take();
  Conversation& conversation = conversations[slot];
  conversation.id = id;
  conversation.nature = nature;
  conversation.preferred_since_ms = stamp.pool_ms;
  conversation.number = ++opened_count;
  conversation.earlier = last_opened;
  (last_opened ? conversations[last_opened].later : first_opened) = slot;
  last_opened = slot;
  places.insert(id, place_of(slot));
  join_customer(slot);
  return slot;
}

Outcome Router::State::on(const command::Open& command) {
  const auto [live, past] = find_place(command.conversation);
  if (live || past) {
    const Nature& nature = live ? conversations[live].nature : ended[past].nature;
    if (nature.fingerprint != fingerprint_of(command)) return refuse(Refusal::conflict);
    asked = command.conversation;
    return {};
  }
  Nature nature = nature_of(command);
  if (!names_known(nature)) return refuse(Refusal::unknown_name);
  nature.service_class = classify(nature);
  if (!nature.service_class) return refuse(Refusal::no_class);
  if (pool_scope == ScopeState::draining ||
      classes[nature.service_class.value].scope == ScopeState::draining) {
    return refuse(Refusal::draining);
  }
  if (conversations.live() >= limits::conversations_max) return refuse(Refusal::pool_full);
  if (!bind_new(nature)) return refuse(Refusal::too_many);
  nature.origin = sender;
  nature.age_ms = command.age_ms;
  // A follow-up begins to wait when its time comes.
  nature.opened_ms = stamp.pool_ms + command.not_before_ms - command.age_ms;
  mark_hours(nature);
  const bool later = command.not_before_ms > 0;
  const Way way =
      later ? Way::queue : way_of(nature, true, classes[nature.service_class.value].waiting);
  if (const Refusal reason = turned_away(nature, way); reason != Refusal::none) {
    // What it would have been told.
    const ClassState& of = figures(nature);
    const Expected expected = served(nature) ? of.estimator.expect(of.waiting + 1) : Expected{};
    Outcome outcome = refuse(reason);
    outcome.expected_p50_ms = expected.p50_ms;
    outcome.expected_p90_ms = expected.p90_ms;
    return outcome;
  }
  const ConversationSlot slot = start(command.conversation, nature);
  Conversation& conversation = conversations[slot];
  prefer_last_agent(conversation);
  if (!nature.test) ++classes[nature.service_class.value].opened;
  conversation.claimed = !nature.test && is_incident(conversation);
  if (conversation.claimed) ++tallies.of(nature.origin).incidents;
  asked = command.conversation;
  opened_now = slot;
  if (later) {
    const std::int64_t due_ms = stamp.pool_ms + command.not_before_ms;
    conversation.timer = timers.add(due_ms, TimerKind::scheduled, slot.value);
    set_state(slot, ConversationState::scheduled);
    emit(EventKind::opened, Cause::command, conversation).due_ms = due_ms;
  } else {
    begin(slot, way);
  }
  return {};
}

// Whether its class refuses what cannot simply wait.
Refusal Router::State::turned_away(const Nature& nature, Way way) const {
  const ClassConfiguration& of = *class_configurations[nature.service_class.value];
  if (way == Way::overflow && of.overflow.to.kind == Diversion::Kind::refuse) {
    return Refusal::overflow;
  }
  if (way == Way::closed && of.closed_to.kind == Diversion::Kind::refuse) {
    return Refusal::outside_hours;
  }
  return Refusal::none;
}

// The first state of what was just opened.
void Router::State::begin(ConversationSlot slot, Way way) {
  Conversation& conversation = conversations[slot];
  if (way == Way::queue) {
    conversation.nature.queued = ++queued_count;
    set_state(slot, ConversationState::waiting);
    emit(EventKind::opened, Cause::command, conversation);
    promise(slot, true);
    enter_queue(slot);
    return;
  }
  if (way == Way::unroutable) {
    set_state(slot, ConversationState::unroutable);
    emit(EventKind::opened, Cause::command, conversation);
    emit(EventKind::unroutable, Cause::nobody_ever, conversation);
    watch_target(slot);
    return;
  }
  const ClassConfiguration& of = class_of(conversation);
  const Diversion& to = way == Way::closed ? of.closed_to : of.overflow.to;
  const bool waits = to.kind == Diversion::Kind::service_class;
  if (!waits) set_state(slot, ConversationState::deferred);
  emit(EventKind::opened, Cause::command, conversation).state =
      waits ? ConversationState::waiting : ConversationState::deferred;
  divert(slot, way);
}

// What the nature becomes; refused if that names what is not known.
Refusal Router::State::updated(const Nature& old, const command::Update& command,
                               Nature& nature) const {
  using Update = command::Update;
  const auto has = [&](Update::Field field) { return (command.fields & field) != 0; };
  if (has(Update::category_field)) nature.category = command.category;
  if (has(Update::impact_field)) nature.impact = command.impact;
  if (has(Update::tier_field)) nature.tier = command.tier;
  if (has(Update::language_field)) nature.language = command.language;
  if (has(Update::required_field)) nature.required = command.required;
  if (has(Update::preferred_field)) nature.preferred = command.preferred;
  if (has(Update::preferred_agent_field)) nature.preferred_agent = command.preferred_agent;
  if (has(Update::excluded_field)) nature.excluded = command.excluded;
  if (has(Update::customer_field)) nature.customer = command.customer;
  if (!names_known(nature) || unknown_reason(command.reason)) return Refusal::unknown_name;
  const bool classified_alike =
      nature.category == old.category && nature.impact == old.impact && nature.tier == old.tier;
  if (!classified_alike) nature.service_class = classify(nature);
  return nature.service_class ? Refusal::none : Refusal::no_class;
}

Outcome Router::State::on(const command::Update& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const ConversationSlot slot = place.live;
  Conversation& conversation = conversations[slot];
  if (conversation.state == ConversationState::held ||
      conversation.state == ConversationState::wrapping) {
    return refuse(Refusal::wrong_state);
  }
  const Nature old = conversation.nature;
  Nature nature = old;
  if (const Refusal reason = updated(old, command, nature); reason != Refusal::none) {
    return refuse(reason);
  }
  asked = command.conversation;
  if (nature == old) return {};
  if (!bind_new(nature)) return refuse(Refusal::too_many);
  if (nature.preferred_agent != old.preferred_agent) {
    conversation.preferred_since_ms = stamp.pool_ms;
  }
  const bool was_incident = is_incident(conversation);
  step_out(slot);
  set_nature(slot, nature);
  if (!(nature.excluded == old.excluded)) {
    for (std::size_t i = conversation.exclusions.size(); i > 0; --i) {
      if (excluded_for_good(nature, conversation.exclusions[i - 1].agent)) {
        conversation.exclusions.erase(i - 1);
      }
    }
  }
  if (conversation.claimed && was_incident && !is_incident(conversation)) {
    conversation.claimed = false;
    ++tallies.of(nature.origin).demoted;
  }
  const bool reclassified = nature.service_class != old.service_class;
  emit(EventKind::updated, reclassified ? Cause::reclassified : Cause::command, conversation)
      .reason = command.reason;
  if (conversation.target) {
    watch_target(slot);
  } else {
    watch_again(slot);
  }
  const auto offers = conversation.offers;
  const bool over = conversation.offers_over;
  const std::uint16_t over_slots =
      is_incident(conversation) ? class_of(conversation).over_slots : std::uint16_t{0};
  for (AgentSlot to : offers) {
    const bool has_place = !over || agent(to).load.over <= over_slots;
    if (!has_place || !suits(to, conversation)) end_offer(slot, to, Cause::revoked);
  }
  if (conversation.state == ConversationState::assigned) seek(slot, was_incident);
  if (conversation.state == ConversationState::deferred) {
    timers.cancel(conversation.timer);
    wait(slot, Cause::reclassified, {});
  } else {
    judge(slot, Cause::reclassified);
  }
  return {};
}

// An assigned conversation that becomes an incident stays with its agent until somebody has it who
// can handle it.
void Router::State::seek(ConversationSlot slot, bool was_incident) {
  Conversation& conversation = conversations[slot];
  if (!is_incident(conversation)) {
    conversation.seeking = false;
  } else if (!was_incident) {
    conversation.seeking = !handles_incident(conversation);
  }
}

bool Router::State::handles_incident(const Conversation& conversation) const {
  const AgentSlot with = conversation.agent;
  return !is_bot(with) && meets_need(with, conversation) &&
         !excluded_for_good(conversation.nature, with);
}

Outcome Router::State::on(const command::CustomerWrote& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const ConversationSlot slot = place.live;
  const Conversation& conversation = conversations[slot];
  if (conversation.state != ConversationState::assigned &&
      conversation.state != ConversationState::held) {
    return refuse(Refusal::wrong_state);
  }
  emit(EventKind::customer_wrote, Cause::command, conversation);
  if (conversation.state == ConversationState::held) come_back(slot, Cause::customer_wrote);
  return {};
}

Outcome Router::State::on(const command::Abandon& command) {
  const auto [slot, past] = find_place(command.conversation);
  if (!slot) {
    if (!past) return refuse(Refusal::unknown_conversation);
    const bool repeated = ended[past].state == ConversationState::abandoned;
    return refuse(repeated ? Refusal::none : Refusal::wrong_state);
  }
  Conversation& conversation = conversations[slot];
  if (conversation.state == ConversationState::wrapping) {
    return refuse(conversation.leaving ? Refusal::none : Refusal::wrong_state);
  }
  if (conversation.state == ConversationState::assigned) {
    wrap_up(slot, true, CloseOutcome::none);
  } else {
    conversation.leaving = true;
    end(slot, Cause::command);
  }
  return {};
}

Outcome Router::State::on(const command::Close& command) {
  const auto [slot, past] = find_place(command.conversation);
  if (!slot && !past) return refuse(Refusal::unknown_conversation);
  const AgentSlot by = on_roster(command.agent);
  if (!command.agent.is_zero() && !by) return refuse(Refusal::unknown_agent);
  if (past) {
    const bool repeated =
        ended[past].state == ConversationState::closed && ended[past].outcome == command.outcome;
    return refuse(repeated ? Refusal::none : Refusal::wrong_state);
  }
  Conversation& conversation = conversations[slot];
  if (conversation.state == ConversationState::wrapping) {
    const bool repeated = !conversation.leaving && conversation.outcome == command.outcome;
    return refuse(repeated ? Refusal::none : Refusal::wrong_state);
  }
  const Refusal reason = check_epoch(conversation, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  if (by && by != conversation.agent) return refuse(Refusal::not_allowed);
  if (conversation.state == ConversationState::assigned) {
    wrap_up(slot, false, command.outcome);
  } else {
    withdraw_offers(slot, Cause::revoked);
    conversation.outcome = command.outcome;
    end(slot, Cause::command);
  }
  return {};
}

Outcome Router::State::on(const command::Reopen& command) {
  auto [slot, past] = find_place(command.conversation);
  AgentSlot from;
  GroupNumber group;
  if (slot) {
    if (conversations[slot].state != ConversationState::wrapping) {
      return refuse(Refusal::wrong_state);
    }
    from = take_from_agent(slot);
    group = group_of(from);
  } else {
    if (!past) return refuse(Refusal::unknown_conversation);
    if (conversations.live() >= limits::conversations_max) return refuse(Refusal::pool_full);
    Ended gone = ended[past];
    if (!bind_new(gone.nature)) return refuse(Refusal::too_many);
    CustomerSlot known = customers.know(gone.nature.customer);
    forget_ended(past);
    // A follow-up that ended before its time begins to wait now.
    gone.nature.opened_ms = std::min(gone.nature.opened_ms, stamp.pool_ms - gone.nature.age_ms);
    slot = start(command.conversation, gone.nature);
    customers.forget(known);
    conversations[slot].last_agent = gone.agent;
    conversations[slot].misses = gone.misses;
    conversations[slot].claimed = gone.claimed;
    group = gone.group;
  }
  Conversation& conversation = conversations[slot];
  conversation.leaving = false;
  conversation.outcome = CloseOutcome::none;
  conversation.handed_over = true;
  conversation.diverted = false;
  conversation.told_risk = false;
  conversation.told_breach = false;
  if (!conversation.nature.test) {
    for (Tally* of : tallies_of(conversation.nature.service_class, group)) ++of->reopened;
  }
  const AgentSlot last = conversation.last_agent;
  conversation.nature.preferred_agent = last ? agent(last).id : AgentId{};
  conversation.preferred_since_ms = stamp.pool_ms;
  asked = command.conversation;
  wait(slot, Cause::reopened, from);
  return {};
}

Outcome Router::State::on(const command::Rate& command) {
  const auto [slot, past] = find_place(command.conversation);
  if (slot) {
    if (conversations[slot].state != ConversationState::wrapping) {
      return refuse(Refusal::wrong_state);
    }
    emit(EventKind::rated, Cause::command, conversations[slot]).score = command.score;
    count_rating(conversations[slot].nature, group_of(conversations[slot].agent), command.score);
    return {};
  }
  if (!past) return refuse(Refusal::unknown_conversation);
  Conversation gone;
  gone.id = ended[past].id;
  gone.nature = ended[past].nature;
  gone.state = ended[past].state;
  gone.outcome = ended[past].outcome;
  emit(EventKind::rated, Cause::command, gone, ended[past].agent).score = command.score;
  count_rating(gone.nature, ended[past].group, command.score);
  return {};
}

void Router::State::count_rating(const Nature& nature, GroupNumber group, std::uint8_t score) {
  if (nature.test) return;
  for (Tally* of : tallies_of(nature.service_class, group)) {
    ++of->rated;
    of->score += score;
  }
}

}  // namespace usher
