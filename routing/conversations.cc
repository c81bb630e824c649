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

ConversationSlot Router::State::find(ConversationId id) const {
  const PlaceSlot place =
      places.find(id, [&](PlaceSlot at) -> const ConversationId& { return id_at(at); });
  if (!place || place.value % 2 != 0) return {};
  return ConversationSlot{place.value / 2};
}

EndedSlot Router::State::find_ended(ConversationId id) const {
  const PlaceSlot place =
      places.find(id, [&](PlaceSlot at) -> const ConversationId& { return id_at(at); });
  if (!place || place.value % 2 == 0) return {};
  return EndedSlot{place.value / 2};
}

Refusal Router::State::check_names(const command::Open& command) const {
  const auto unknown = [&](NameKind kind, std::uint16_t number) {
    return number != 0 && !known(kind, number);
  };
  bool bad = unknown(NameKind::channel, command.channel.value) ||
             unknown(NameKind::category, command.category.value) ||
             unknown(NameKind::impact, command.impact.value) ||
             unknown(NameKind::tier, command.tier.value) ||
             unknown(NameKind::skill, command.language.value);
  for (const SkillLevel& skill : command.required) {
    bad = bad || !known(NameKind::skill, skill.skill.value);
  }
  for (const SkillLevel& skill : command.preferred) {
    bad = bad || !known(NameKind::skill, skill.skill.value);
  }
  bad = bad || command.channel.value > limits::channels_max ||
        channel_configurations[command.channel.value] == nullptr;
  return bad ? Refusal::unknown_name : Refusal::none;
}

ClassNumber Router::State::classify(const Nature& nature) const {
  for (const ClassRule& rule : configuration.rules) {
    if (allows(rule.categories, nature.category) && allows(rule.channels, nature.channel) &&
        allows(rule.tiers, nature.tier) && allows(rule.impacts, nature.impact)) {
      return rule.service_class;
    }
  }
  return {};
}

Outcome Router::State::answer(const Conversation& conversation) const {
  Outcome outcome;
  outcome.state = conversation.state;
  outcome.service_class = conversation.nature.service_class;
  outcome.epoch = conversation.state == ConversationState::offered ? conversation.offer_epoch
                                                                   : conversation.epoch;
  if (conversation.state == ConversationState::waiting) {
    outcome.position = classes[conversation.nature.service_class.value].waiting;
  }
  return outcome;
}

Outcome Router::State::on(const command::Open& command) {
  if (const ConversationSlot slot = find(command.conversation)) {
    const Conversation& conversation = conversations[slot];
    if (conversation.nature.fingerprint != fingerprint_of(command)) {
      return refuse(Refusal::conflict);
    }
    return answer(conversation);
  }
  if (const EndedSlot slot = find_ended(command.conversation)) {
    if (ended[slot].nature.fingerprint != fingerprint_of(command)) {
      return refuse(Refusal::conflict);
    }
    Outcome outcome;
    outcome.state = ended[slot].state;
    outcome.service_class = ended[slot].nature.service_class;
    return outcome;
  }
  if (const Refusal reason = check_names(command); reason != Refusal::none) return refuse(reason);
  Nature nature = nature_of(command);
  nature.service_class = classify(nature);
  if (!nature.service_class) return refuse(Refusal::no_class);
  if (pool_scope == ScopeState::draining ||
      classes[nature.service_class.value].scope == ScopeState::draining) {
    return refuse(Refusal::draining);
  }
  if (conversations.live() >= limits::conversations_max) return refuse(Refusal::pool_full);
  if (!bind(nature)) return refuse(Refusal::too_many);
  nature.origin = sender;
  nature.opened_ms = stamp.pool_ms - command.age_ms;

  const ConversationSlot slot = conversations.take();
  Conversation& conversation = conversations[slot];
  conversation.id = command.conversation;
  conversation.nature = nature;
  places.insert(command.conversation, place_of(slot));
  if (!nature.test) ++classes[nature.service_class.value].opened;

  if (command.not_before_ms > 0) {
    // A follow-up: what counts is how long it waits once its time has come.
    conversation.nature.opened_ms += command.not_before_ms;
    conversation.due_ms = stamp.pool_ms + command.not_before_ms;
    conversation.timer = timers.add(conversation.due_ms, TimerKind::scheduled, slot.value);
    set_state(conversation, ConversationState::scheduled);
    emit(EventKind::opened, Cause::command, conversation);
    return answer(conversation);
  }
  conversation.nature.queued = ++queued_count;
  const ClassConfiguration& of = class_of(conversation);
  conversation.preferred = find(nature.preferred_agent);
  if (conversation.preferred && of.preferred_wait_ms > 0) {
    conversation.preferred_until_ms = stamp.pool_ms + of.preferred_wait_ms;
    conversation.reserved = of.hold_for_preferred;
  }
  if (!routable(nature)) {
    set_state(conversation, ConversationState::unroutable);
    emit(EventKind::opened, Cause::command, conversation);
    emit(EventKind::unroutable, Cause::nobody_ever, conversation);
    return answer(conversation);
  }
  set_state(conversation, ConversationState::waiting);
  enter_queue(slot);
  emit(EventKind::opened, Cause::command, conversation);
  return answer(conversation);
}

void Router::State::update_fields(Nature& nature, const command::Update& command) const {
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
}

Outcome Router::State::on(const command::Update& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  Conversation& conversation = conversations[slot];
  Nature nature = conversation.nature;
  update_fields(nature, command);
  command::Open named;
  named.channel = nature.channel;
  named.category = nature.category;
  named.impact = nature.impact;
  named.tier = nature.tier;
  named.language = nature.language;
  named.required = nature.required;
  named.preferred = nature.preferred;
  if (const Refusal reason = check_names(named); reason != Refusal::none) return refuse(reason);
  if (command.reason && !known(NameKind::reason, command.reason.value)) {
    return refuse(Refusal::unknown_name);
  }
  constexpr std::uint16_t classifying =
      command::Update::category_field | command::Update::impact_field | command::Update::tier_field;
  if ((command.fields & classifying) != 0) {
    nature.service_class = classify(nature);
    if (!nature.service_class) return refuse(Refusal::no_class);
  }
  if (!bind(nature)) return refuse(Refusal::too_many);
  switch (conversation.state) {
    case ConversationState::scheduled:
    case ConversationState::assigned: {
      const ConversationState state = conversation.state;
      set_state(conversation, ConversationState::none);
      conversation.nature = nature;
      set_state(conversation, state);
      emit(EventKind::updated, Cause::reclassified, conversation, conversation.agent).reason =
          command.reason;
      return answer(conversation);
    }
    case ConversationState::waiting:
    case ConversationState::unroutable:
    case ConversationState::deferred:
    case ConversationState::offered: return update_waiting(slot, nature, command.reason);
    default: return refuse(Refusal::wrong_state);
  }
}

Outcome Router::State::update_waiting(ConversationSlot slot, const Nature& nature,
                                      ReasonNumber reason) {
  Conversation& conversation = conversations[slot];
  const bool was_offered = conversation.state == ConversationState::offered;
  if (conversation.state == ConversationState::waiting) leave_queue(slot);
  const bool preference_changed = conversation.nature.preferred_agent != nature.preferred_agent ||
                                  conversation.nature.service_class != nature.service_class;
  const ConversationState state = conversation.state;
  set_state(conversation, ConversationState::none);
  conversation.nature = nature;
  set_state(conversation, state);
  if (preference_changed) {
    const ClassConfiguration& of = class_of(conversation);
    conversation.preferred = find(nature.preferred_agent);
    const bool counts = conversation.preferred && of.preferred_wait_ms > 0;
    conversation.preferred_until_ms = counts ? stamp.pool_ms + of.preferred_wait_ms : 0;
    conversation.reserved = counts && of.hold_for_preferred;
  }
  if (was_offered) {
    emit(EventKind::updated, Cause::reclassified, conversation).reason = reason;
    const auto offers = conversation.offers;
    for (AgentSlot of : offers) {
      // The room it takes there is its own, so only what does not change with it is asked again.
      const Ineligible why = why_not(agent(of), of, conversation);
      if (why != Ineligible::none && why != Ineligible::no_room) {
        end_offer(slot, of, Cause::revoked);
      }
    }
    if (conversation.state != ConversationState::waiting || routable(nature)) {
      return answer(conversation);
    }
    leave_queue(slot);
  }
  const bool can = routable(nature);
  const bool could = state != ConversationState::unroutable && !was_offered;
  if (!was_offered) {
    set_state(conversation, can ? ConversationState::waiting : ConversationState::unroutable);
    if (can) enter_queue(slot);
    emit(EventKind::updated, Cause::reclassified, conversation).reason = reason;
  }
  if (can == could && state != ConversationState::deferred) return answer(conversation);
  if (!can) {
    set_state(conversation, ConversationState::unroutable);
    emit(EventKind::unroutable, Cause::nobody_ever, conversation);
  } else {
    emit(EventKind::waiting, Cause::reclassified, conversation);
  }
  return answer(conversation);
}

Outcome Router::State::on(const command::CustomerWrote& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  Conversation& conversation = conversations[slot];
  if (conversation.state == ConversationState::held) {
    come_back(slot, Cause::customer_wrote);
    return answer(conversation);
  }
  if (conversation.state != ConversationState::assigned) return refuse(Refusal::wrong_state);
  const std::int64_t within_ms = class_of(conversation).reply_within_ms;
  if (within_ms > 0 && !conversation.reply) {
    const std::int64_t deadline_ms = stamp.pool_ms + within_ms;
    conversation.reply = timers.add(deadline_ms, TimerKind::reply, slot.value);
    if (conversation.offers.empty()) conversation.due_ms = deadline_ms;
  }
  emit(EventKind::customer_wrote, Cause::command, conversation, conversation.agent);
  return {};
}

Outcome Router::State::on(const command::Abandon& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    const EndedSlot past = find_ended(command.conversation);
    if (!past) return refuse(Refusal::unknown_conversation);
    return refuse(ended[past].state == ConversationState::abandoned ? Refusal::none
                                                                    : Refusal::wrong_state);
  }
  Conversation& conversation = conversations[slot];
  switch (conversation.state) {
    case ConversationState::assigned:
      wrap_up(slot, true, CloseOutcome::none, Cause::command);
      return {};
    case ConversationState::wrapping:
      return refuse(conversation.ends_abandoned ? Refusal::none : Refusal::wrong_state);
    default: end(slot, ConversationState::abandoned, Cause::command); return {};
  }
}

Outcome Router::State::on(const command::Close& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::none : Refusal::unknown_conversation);
  }
  Conversation& conversation = conversations[slot];
  if (conversation.state == ConversationState::wrapping) {
    const bool repeated = !conversation.ends_abandoned && conversation.outcome == command.outcome;
    return refuse(repeated ? Refusal::none : Refusal::wrong_state);
  }
  if (conversation.agent) {
    const Refusal reason = check_holder(conversation, command.agent, command.epoch);
    if (reason != Refusal::none) return refuse(reason);
  } else if (command.epoch != 0) {
    const bool meant = conversation.state == ConversationState::offered &&
                       command.epoch == conversation.offer_epoch;
    if (!meant) return refuse(Refusal::stale);
  }
  conversation.outcome = command.outcome;
  if (conversation.state == ConversationState::assigned) {
    wrap_up(slot, false, command.outcome, Cause::command);
  } else {
    end(slot, ConversationState::closed, Cause::command);
  }
  return {};
}

Outcome Router::State::on(const command::Transfer& command) {
  const ConversationSlot slot = find(command.conversation);
  if (!slot) {
    return refuse(find_ended(command.conversation) ? Refusal::wrong_state
                                                   : Refusal::unknown_conversation);
  }
  const Conversation& conversation = conversations[slot];
  const bool offered = conversation.state == ConversationState::offered;
  const bool assigned = conversation.state == ConversationState::assigned;
  const bool aside = conversation.state == ConversationState::waiting ||
                     conversation.state == ConversationState::unroutable;
  if (!offered && !assigned && !aside) return refuse(Refusal::wrong_state);
  if (command.epoch != 0 &&
      command.epoch != (offered ? conversation.offer_epoch : conversation.epoch)) {
    return refuse(Refusal::stale);
  }
  if (command.reason && !known(NameKind::reason, command.reason.value)) {
    return refuse(Refusal::unknown_name);
  }
  if (command.to_class) {
    if (command.to_class.value >= class_configurations.size() ||
        class_configurations[command.to_class.value] == nullptr) {
      return refuse(Refusal::unknown_name);
    }
    return transfer_to_class(slot, command.to_class);
  }
  const AgentSlot to = find(command.to_agent);
  if (!to || !agent(to).on_roster) return refuse(Refusal::unknown_agent);
  if (!assigned) return refuse(Refusal::wrong_state);
  return transfer_to_agent(slot, to);
}

Outcome Router::State::transfer_to_class(ConversationSlot slot, ClassNumber to) {
  Conversation& conversation = conversations[slot];
  const bool same = to == conversation.nature.service_class;
  if (same && !conversation.agent) return refuse(Refusal::same_target);
  Nature nature = conversation.nature;
  nature.service_class = to;
  if (!bind(nature)) return refuse(Refusal::too_many);
  const AgentSlot from = conversation.agent;
  if (from) {
    take_from_agent(slot);
  } else if (conversation.state == ConversationState::waiting) {
    leave_queue(slot);
  }
  withdraw_offers(slot, Cause::revoked);
  set_state(conversation, ConversationState::none);
  conversation.nature = nature;
  conversation.reserved = false;
  conversation.preferred = AgentSlot{};
  conversation.preferred_until_ms = 0;
  place(slot, Cause::transferred, from);
  return answer(conversation);
}

Outcome Router::State::transfer_to_agent(ConversationSlot slot, AgentSlot to) {
  Conversation& conversation = conversations[slot];
  if (conversation.agent == to) return refuse(Refusal::same_target);
  for (AgentSlot offered_to : conversation.offers) {
    if (offered_to == to) return answer(conversation);
  }
  switch (why_not(agent(to), to, conversation)) {
    case Ineligible::none: break;
    case Ineligible::unknown: return refuse(Refusal::unknown_agent);
    case Ineligible::not_available:
    case Ineligible::lost: return refuse(Refusal::not_present);
    case Ineligible::no_room: return refuse(Refusal::no_capacity);
    default: return refuse(Refusal::not_eligible);
  }
  withdraw_offers(slot, Cause::revoked);
  offer(slot, to);
  return answer(conversation);
}

Outcome Router::State::on(const command::Reopen& command) {
  if (const ConversationSlot slot = find(command.conversation)) {
    Conversation& conversation = conversations[slot];
    if (conversation.state != ConversationState::wrapping) return refuse(Refusal::wrong_state);
    const AgentSlot from = conversation.agent;
    conversation.outcome = CloseOutcome::none;
    conversation.ends_abandoned = false;
    const ClassConfiguration& of = class_of(conversation);
    conversation.preferred = from;
    conversation.preferred_until_ms =
        of.preferred_wait_ms > 0 ? stamp.pool_ms + of.preferred_wait_ms : 0;
    conversation.reserved = of.hold_for_preferred && of.preferred_wait_ms > 0;
    requeue(slot, Cause::reopened);
    return answer(conversation);
  }
  const EndedSlot past = find_ended(command.conversation);
  if (!past) return refuse(Refusal::unknown_conversation);
  if (conversations.live() >= limits::conversations_max) return refuse(Refusal::pool_full);
  Nature nature = ended[past].nature;
  const AgentSlot last = ended[past].agent;
  if (nature.service_class.value >= class_configurations.size() ||
      class_configurations[nature.service_class.value] == nullptr) {
    return refuse(Refusal::no_class);
  }
  if (!bind(nature)) return refuse(Refusal::too_many);
  forget_ended(past);
  const ConversationSlot slot = conversations.take();
  Conversation& conversation = conversations[slot];
  conversation.id = command.conversation;
  conversation.nature = nature;
  places.insert(command.conversation, place_of(slot));
  const ClassConfiguration& of = class_of(conversation);
  if (last && of.preferred_wait_ms > 0) {
    conversation.preferred = last;
    conversation.preferred_until_ms = stamp.pool_ms + of.preferred_wait_ms;
    conversation.reserved = of.hold_for_preferred;
  }
  place(slot, Cause::reopened, {});
  return answer(conversation);
}

Outcome Router::State::on(const command::Rate& command) {
  if (const ConversationSlot slot = find(command.conversation)) {
    if (conversations[slot].state != ConversationState::wrapping) {
      return refuse(Refusal::wrong_state);
    }
    emit(EventKind::rated, Cause::command, conversations[slot], conversations[slot].agent).score =
        command.score;
    return {};
  }
  const EndedSlot past = find_ended(command.conversation);
  if (!past) return refuse(Refusal::unknown_conversation);
  Conversation gone;
  gone.id = ended[past].id;
  gone.nature = ended[past].nature;
  gone.state = ended[past].state;
  gone.outcome = ended[past].outcome;
  emit(EventKind::rated, Cause::command, gone, {}, ended[past].agent).score = command.score;
  return {};
}

}  // namespace usher
