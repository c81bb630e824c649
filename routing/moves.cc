// What takes a conversation to another class, level or agent.

#include <algorithm>

#include "routing/state.h"

namespace usher {

bool Router::State::may_move(const Conversation& conversation) {
  return conversation.state == ConversationState::waiting ||
         conversation.state == ConversationState::offered ||
         conversation.state == ConversationState::unroutable ||
         conversation.state == ConversationState::assigned;
}

// Requires: of a state with an offer's or an assignment's epoch, or none.
Refusal Router::State::check_epoch(const Conversation& conversation, std::uint64_t epoch) const {
  const bool offered = conversation.state == ConversationState::offered;
  const std::uint64_t meant = offered ? conversation.offer_epoch : conversation.epoch;
  return epoch == 0 || epoch == meant ? Refusal::none : Refusal::stale;
}

Outcome Router::State::on(const command::Transfer& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  const ConversationSlot slot = place.live;
  const Conversation& conversation = conversations[slot];
  const bool to_agent = !command.to_agent.is_zero();
  const AgentSlot to = on_roster(command.to_agent);
  if (to_agent && !to) return refuse(Refusal::unknown_agent);
  if ((!to_agent && !configured_class(command.to_class)) || unknown_reason(command.reason)) {
    return refuse(Refusal::unknown_name);
  }
  const bool assigned = conversation.state == ConversationState::assigned;
  if (!may_move(conversation) || (to_agent && !assigned)) return refuse(Refusal::wrong_state);
  const Refusal reason = check_epoch(conversation, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  asked = command.conversation;
  return to_agent ? transfer_to_agent(slot, to)
                  : transfer_to_class(slot, command.to_class, command.reason);
}

void Router::State::requeue(ConversationSlot slot, const Nature& nature, Cause cause,
                            ReasonNumber reason) {
  Conversation& conversation = conversations[slot];
  step_out(slot);
  const bool with_bot = conversation.agent && is_bot(conversation.agent);
  if (with_bot) conversation.handed_over = true;
  const AgentSlot from = conversation.agent ? take_from_agent(slot) : AgentSlot{};
  withdraw_offers(slot, Cause::revoked);
  set_nature(slot, nature);
  wait(slot, cause, from, reason);
}

Outcome Router::State::transfer_to_class(ConversationSlot slot, ClassNumber to,
                                         ReasonNumber reason) {
  const Conversation& conversation = conversations[slot];
  if (to == conversation.nature.service_class && !conversation.agent) {
    return refuse(Refusal::same_target);
  }
  Nature nature = conversation.nature;
  nature.service_class = to;
  if (!bind(nature)) return refuse(Refusal::too_many);
  requeue(slot, nature, Cause::transferred, reason);
  return {};
}

Outcome Router::State::transfer_to_agent(ConversationSlot slot, AgentSlot to) {
  const Conversation& conversation = conversations[slot];
  if (conversation.agent == to) return refuse(Refusal::same_target);
  const auto& offers = conversation.offers;
  if (std::find(offers.begin(), offers.end(), to) != offers.end()) return {};
  const bool stops = (takes_new(agent(to)) >> (conversation.nature.channel.value - 1) & 1) == 0;
  const bool held_off = stops || (held_back(agent(to)) && !is_incident(conversation));
  if (held_off || !suits(to, conversation)) return refuse(Refusal::not_eligible);
  if ((room_now(agent(to)) >> (conversation.nature.channel.value - 1) & 1) == 0) {
    return refuse(Refusal::no_capacity);
  }
  withdraw_offers(slot, Cause::revoked);
  leave_queue(slot);
  offer(slot, to, false, Cause::transferred);
  return {};
}

Outcome Router::State::on(const command::Escalate& command) {
  const Place place = find_place(command.conversation);
  if (!place.live) return refuse(place.missing());
  if (unknown_reason(command.reason)) return refuse(Refusal::unknown_name);
  const ConversationSlot slot = place.live;
  const Conversation& conversation = conversations[slot];
  if (!may_move(conversation)) return refuse(Refusal::wrong_state);
  const Refusal reason = check_epoch(conversation, command.epoch);
  if (reason != Refusal::none) return refuse(reason);
  // One to the right of where it is: its own level, or that of whoever has it.
  std::uint8_t level = std::max<std::uint8_t>(1, conversation.nature.level);
  if (conversation.agent) level = std::max(level, agent(conversation.agent).definition->level);
  if (level >= configuration.levels) return refuse(Refusal::top_level);
  Nature nature = conversation.nature;
  nature.level = static_cast<std::uint8_t>(level + 1);
  if (!bind(nature)) return refuse(Refusal::too_many);
  Event& event = emit(EventKind::escalated, Cause::command, conversation);
  event.count = nature.level;
  event.reason = command.reason;
  requeue(slot, nature, Cause::escalated, command.reason);
  return {};
}

Outcome Router::State::on(const command::MoveAll& command) {
  if (!configured_class(command.from_class) || !configured_class(command.to_class)) {
    return refuse(Refusal::unknown_name);
  }
  if (command.from_class == command.to_class) return refuse(Refusal::same_target);
  if (moving.next) return refuse(Refusal::busy);
  moving.next = first_opened;
  moving.number_last = opened_count;
  moving.left = command.count_max == 0 ? UINT32_MAX : command.count_max;
  moving.from = command.from_class;
  moving.to = command.to_class;
  return {};
}

void Router::State::go_on_moving() {
  for (std::uint32_t done = 0; moving.next && done < limits::cursor_step; ++done) {
    if (caused() >= limits::cursor_events_max) break;
    const ConversationSlot slot = moving.next;
    const Conversation& conversation = conversations[slot];
    if (moving.left == 0 || conversation.number > moving.number_last) break;
    moving.next = conversation.later;
    const bool waits = conversation.state == ConversationState::waiting ||
                       conversation.state == ConversationState::unroutable;
    if (!waits || conversation.nature.service_class != moving.from) continue;
    Nature nature = conversation.nature;
    nature.service_class = moving.to;
    if (!bind(nature)) continue;
    --moving.left;
    requeue(slot, nature, Cause::operator_order, {});
  }
  const bool over =
      !moving.next || moving.left == 0 || conversations[moving.next].number > moving.number_last;
  if (over) moving = Move{};
}

}  // namespace usher
