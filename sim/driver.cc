#include "sim/driver.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "routing/check.h"

namespace usher::sim {
namespace {

constexpr std::int64_t us_per_ms = 1000;

// Half of an id as a big-endian number, so that ids compare as their numbers do.
template <class Tag>
void write_half(Id<Tag>& id, std::size_t half, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[half * 8 + 7 - i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

template <class Tag>
std::uint64_t read_half(const Id<Tag>& id, std::size_t half) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | id.bytes[half * 8 + i];
  return value;
}

// A conversation's id is its number from 1 and, below, the place where the driver keeps it.
std::uint32_t slot_of(const ConversationId& id) {
  return static_cast<std::uint32_t>(read_half(id, 1));
}

std::int64_t delay_us(const std::optional<Distribution>& law, load::Random& random) {
  return law ? std::llround(law->draw(random)) : 0;
}

std::uint32_t index_of(const AgentId& id) {
  return static_cast<std::uint32_t>(read_half(id, 1)) - 1;
}

}  // namespace

AgentId Driver::agent_id(std::uint32_t index) {
  AgentId id;
  write_half(id, 1, std::uint64_t{index} + 1);
  return id;
}

Driver::Driver(const Floor& floor)
    : kinds_(floor.kinds),
      for_nobody_(floor.kinds.size()),
      paces_(floor.groups),
      agents_(floor.agents.size()),
      times_(floor.agents.size()) {
  act(command::Configure{std::make_shared<const PoolConfiguration>(floor.pool)});
  for (std::uint32_t i = 0; i < floor.agents.size(); ++i) {
    const Worker& worker = floor.agents[i];
    times_[i].group = worker.group;
    command::AgentDefinition definition = worker.definition;
    definition.agent = agent_id(i);
    agents_[i].definition = definition;
    act(command::DefineAgent{std::make_shared<const command::AgentDefinition>(definition)});
    if (worker.present) act(command::SignIn{definition.agent, Presence::available, 0});
  }
  CHECK(router_.view().refused == 0);
}

void Driver::run(const Source& source, const Observer& observer) {
  observer_ = &observer;
  std::optional<Happening> next = source();
  while (next || live_ > 0) {
    const std::int64_t core_us = core_due_us();
    const std::int64_t ring_us = alarms_.first_us();
    const std::int64_t next_us = next ? next->at_us : Alarms::never;
    const std::int64_t at_us = std::min({core_us, ring_us, next_us});
    if (at_us == Alarms::never) break;
    CHECK(at_us >= now_us_);
    now_us_ = at_us;
    if (core_us == at_us) {
      act(command::Tick{});
    } else if (ring_us == at_us) {
      ring(alarms_.first());
    } else {
      if (const Arrival* arrival = std::get_if<Arrival>(&next->what)) {
        arrive(*arrival);
      } else {
        act(std::get<Command>(std::move(next->what)));
      }
      next = source();
      if (!next) start_or_stop_counting(false);
    }
  }
  for (std::uint32_t slot = 0; slot < conversations_.size(); ++slot) {
    Conversation& conversation = conversations_[slot];
    if (!conversation.live || conversation.told) continue;
    if (!conversation.answered) conversation.wait_us = now_us_ - conversation.arrived_us;
    tell(slot, Fate::End::unserved);
  }
  observer_ = nullptr;
}

// When the core wants to be called though nothing happens; a time that has passed means now.
std::int64_t Driver::core_due_us() const {
  const std::optional<std::int64_t> due_ms = router_.next_deadline();
  return due_ms ? std::max(*due_ms * us_per_ms, now_us_) : Alarms::never;
}

void Driver::act(Command command) {
  apply(std::move(command));
  follow_up();
}

void Driver::follow_up() {
  while (!follow_ups_.empty()) {
    Command next = std::move(follow_ups_.back());
    follow_ups_.pop_back();
    apply(std::move(next));
  }
}

Outcome Driver::apply(Command command) {
  events_.clear();
  const Stamp stamp{++sequence_, now_us_ / us_per_ms, 0};
  Outcome outcome = router_.apply(Record{stamp, {}, 0, std::move(command)}, events_);
  event_count_ += events_.size();
  for (const Event& event : events_) on(event);
  return outcome;
}

ConversationId Driver::id_of(std::uint32_t slot) const {
  ConversationId id;
  write_half(id, 0, conversations_[slot].number + 1);
  write_half(id, 1, slot);
  return id;
}

void Driver::arrive(const Arrival& arrival) {
  if (arrival.counts != counting_) start_or_stop_counting(arrival.counts);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(conversations_.size()));
    conversations_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  Conversation& conversation = conversations_[slot];
  conversation = Conversation{};
  conversation.arrival = arrival;
  conversation.number = arrivals_++;
  conversation.arrived_us = now_us_;
  conversation.work_left_us = static_cast<double>(arrival.work_us);
  conversation.accept_delays = load::Random(arrival.delays_seed).fork(0);
  conversation.reply_delays = load::Random(arrival.delays_seed).fork(1);
  if (arrival.patience_us != Alarms::never) conversation.leaves_us = now_us_ + arrival.patience_us;
  command::Open open = kinds_[arrival.kind].open;
  open.conversation = id_of(slot);
  const Outcome outcome = apply(open);
  conversations_[slot].waited = outcome.state == ConversationState::waiting;
  conversations_[slot].expected = {outcome.expected_p50_ms, outcome.expected_p90_ms};
  follow_up();
  if (conversations_[slot].live) return;
  tell(slot, Fate::End::refused);
  free_.push_back(slot);
}

void Driver::ring(Alarms::Handle handle) {
  if (handle < agents_.size()) {
    finish_first_of(handle);
    return;
  }
  const auto slot = static_cast<std::uint32_t>(handle - agents_.size());
  const Conversation& conversation = conversations_[slot];
  if (conversation.accepts_us <= now_us_) {
    act(command::Accept{id_of(slot), agent_id(conversation.offered_to), 0});
  } else if (conversation.replies_us <= now_us_) {
    reply(slot);
  } else {
    act(command::Abandon{id_of(slot)});
  }
}

void Driver::finish_first_of(std::uint32_t agent) {
  const auto& in_hand = agents_[agent].in_hand;
  const auto first =
      std::min_element(in_hand.begin(), in_hand.end(),
                       [](const InHand& a, const InHand& b) { return a.done_at < b.done_at; });
  CHECK(first != in_hand.end());
  const std::uint32_t slot = first->conversation;
  if (conversations_[slot].wrapping) {
    act(command::FinishWrapUp{id_of(slot), agent_id(agent)});
    return;
  }
  if (conversations_[slot].replies_us != Alarms::never) reply(slot);
  act(command::Close{id_of(slot), agent_id(agent), 0, CloseOutcome::solved});
}

void Driver::reply(std::uint32_t slot) {
  conversations_[slot].replies_us = Alarms::never;
  set_alarm_of(slot);
  if (!conversations_[slot].told) tell(slot, Fate::End::answered);
  act(command::Replied{id_of(slot), agent_id(conversations_[slot].agent), 0});
}

void Driver::on(const Event& event) {
  if (!event.conversation.is_zero()) {
    on_conversation(event, slot_of(event.conversation));
    return;
  }
  if (event.agent.is_zero()) return;
  const std::uint32_t agent = index_of(event.agent);
  move_clock(agent);
  agents_[agent].present = event.presence == Presence::available;
  // Whoever was too slow to accept says at once that it is there after all.
  if (event.presence == Presence::not_responding) {
    follow_ups_.emplace_back(command::SetPresence{event.agent, Presence::available, {}});
  }
}

void Driver::on_conversation(const Event& event, std::uint32_t slot) {
  Conversation& conversation = conversations_[slot];
  if (event.kind == EventKind::opened) {
    conversation.live = true;
    ++live_;
    set_alarm_of(slot);
  } else if (event.kind == EventKind::assigned) {
    assigned(slot, index_of(event.agent));
  } else if (event.kind == EventKind::offered) {
    offered(slot, index_of(event.agent));
  } else if (event.kind == EventKind::offer_ended && event.state != ConversationState::offered) {
    conversation.accepts_us = Alarms::never;
    set_alarm_of(slot);
  } else if (event.kind == EventKind::unroutable && event.cause == Cause::nobody_ever) {
    for_nobody_[conversation.arrival.kind] = true;
  }
  const bool works_on = event.state == ConversationState::assigned ||
                        (event.state == ConversationState::wrapping &&
                         kinds_[conversation.arrival.kind].wrap_up_us > 0);
  if (conversation.agent != nobody && !works_on) put_down(slot);
  if (event.kind == EventKind::wrapping && conversation.agent != nobody) wrap_up(slot);
  const bool closed = event.kind == EventKind::closed;
  if (!closed && event.kind != EventKind::abandoned) return;
  if (!conversation.answered) conversation.wait_us = now_us_ - conversation.arrived_us;
  if (!conversation.told) tell(slot, Fate::End::abandoned);
  alarms_.set(static_cast<Alarms::Handle>(agents_.size() + slot), Alarms::never);
  conversation.live = false;
  --live_;
  free_.push_back(slot);
}

void Driver::assigned(std::uint32_t slot, std::uint32_t agent) {
  Conversation& conversation = conversations_[slot];
  if (conversation.agent != nobody) put_down(slot);
  take(slot, agent);
  conversation.leaves_us = Alarms::never;
  conversation.accepts_us = Alarms::never;
  if (!std::exchange(conversation.answered, true)) {
    conversation.wait_us = now_us_ - conversation.arrived_us;
  }
  if (!kinds_[conversation.arrival.kind].tells_reply) {
    if (!conversation.told) tell(slot, Fate::End::answered);
  } else {
    const auto& law = kinds_[conversation.arrival.kind].reply_us;
    conversation.replies_us = now_us_ + delay_us(law, conversation.reply_delays);
  }
  set_alarm_of(slot);
}

void Driver::offered(std::uint32_t slot, std::uint32_t agent) {
  Conversation& conversation = conversations_[slot];
  // Of several who are asked the first one accepts.
  if (conversation.accepts_us != Alarms::never) return;
  conversation.offered_to = agent;
  const auto& law = kinds_[conversation.arrival.kind].accept_us;
  conversation.accepts_us = now_us_ + delay_us(law, conversation.accept_delays);
  set_alarm_of(slot);
}

// How many times as long the conversation takes with this agent.
double Driver::effort(std::uint32_t slot, std::uint32_t agent) const {
  const Kind& kind = kinds_[conversations_[slot].arrival.kind];
  if (conversations_[slot].wrapping) return 1.0;
  const auto& skills = agents_[agent].definition.skills;
  const bool skilled =
      !kind.skill || std::any_of(skills.begin(), skills.end(),
                                 [&](const auto& one) { return one.skill == kind.skill; });
  return skilled ? 1.0 : kind.unskilled_factor;
}

double Driver::speed_of(std::uint32_t agent, std::size_t count) const {
  const Pace& pace = paces_[times_[agent].group];
  return pace[std::min(count, pace.size()) - 1];
}

// Brings the agent's clock and times up to now. Requires: called before what it has in hand, its
// presence, or the counting changes.
void Driver::move_clock(std::uint32_t agent) {
  Agent& who = agents_[agent];
  const std::int64_t passed_us = now_us_ - who.since_us;
  const std::size_t count = who.in_hand.size();
  who.since_us = now_us_;
  if (count > 0) who.clock_us += static_cast<double>(passed_us) * speed_of(agent, count);
  if (!counting_ || (!who.present && count == 0)) return;
  auto& by_count = times_[agent].us_by_count;
  if (by_count.size() <= count) by_count.resize(count + 1);
  by_count[count] += passed_us;
}

void Driver::take(std::uint32_t slot, std::uint32_t agent) {
  move_clock(agent);
  Agent& who = agents_[agent];
  // From zero as often as possible, so that the clock stays exact.
  if (who.in_hand.empty()) who.clock_us = 0.0;
  conversations_[slot].agent = agent;
  who.in_hand.push_back(
      {who.clock_us + conversations_[slot].work_left_us * effort(slot, agent), slot});
  set_alarm_of_agent(agent);
}

void Driver::put_down(std::uint32_t slot) {
  const std::uint32_t agent = std::exchange(conversations_[slot].agent, nobody);
  move_clock(agent);
  Agent& who = agents_[agent];
  const auto found = std::find_if(who.in_hand.begin(), who.in_hand.end(),
                                  [&](const InHand& one) { return one.conversation == slot; });
  CHECK(found != who.in_hand.end());
  const double left_us = std::max(found->done_at - who.clock_us, 0.0);
  conversations_[slot].work_left_us = left_us / effort(slot, agent);
  conversations_[slot].replies_us = Alarms::never;
  who.in_hand.erase(found);
  set_alarm_of_agent(agent);
  set_alarm_of(slot);
}

// Requires: the conversation is still in hand.
void Driver::wrap_up(std::uint32_t slot) {
  const std::uint32_t agent = conversations_[slot].agent;
  const std::int64_t work_us = kinds_[conversations_[slot].arrival.kind].wrap_up_us;
  put_down(slot);
  conversations_[slot].wrapping = true;
  conversations_[slot].work_left_us = static_cast<double>(work_us);
  take(slot, agent);
  const Pace& pace = paces_[times_[agent].group];
  const double slowest = *std::min_element(pace.begin(), pace.end());
  const auto longest_us = static_cast<std::int64_t>(static_cast<double>(work_us) / slowest);
  follow_ups_.emplace_back(
      command::ExtendWrapUp{id_of(slot), agent_id(agent), longest_us / us_per_ms + 1});
}

void Driver::set_alarm_of_agent(std::uint32_t agent) {
  const Agent& who = agents_[agent];
  if (who.in_hand.empty()) {
    alarms_.set(agent, Alarms::never);
    return;
  }
  double first = who.in_hand[0].done_at;
  for (const InHand& one : who.in_hand) first = std::min(first, one.done_at);
  const double left_us = (first - who.clock_us) / speed_of(agent, who.in_hand.size());
  alarms_.set(agent, now_us_ + std::max<std::int64_t>(std::llround(left_us), 0));
}

void Driver::set_alarm_of(std::uint32_t slot) {
  const Conversation& conversation = conversations_[slot];
  alarms_.set(static_cast<Alarms::Handle>(agents_.size() + slot),
              std::min({conversation.leaves_us, conversation.accepts_us, conversation.replies_us}));
}

void Driver::tell(std::uint32_t slot, Fate::End end) {
  Conversation& conversation = conversations_[slot];
  conversation.told = true;
  Fate fate;
  fate.number = conversation.number;
  fate.kind = conversation.arrival.kind;
  fate.counts = conversation.arrival.counts;
  fate.end = end;
  fate.arrived_us = conversation.arrived_us;
  fate.wait_us = conversation.wait_us;
  fate.waited = conversation.waited;
  fate.expected = conversation.expected;
  if (end == Fate::End::answered) {
    fate.reply_us = now_us_ - conversation.arrived_us;
    fate.agent = conversation.agent;
    fate.group = times_[conversation.agent].group;
  }
  (*observer_)(fate);
}

void Driver::start_or_stop_counting(bool counts) {
  for (std::uint32_t agent = 0; agent < agents_.size(); ++agent) move_clock(agent);
  counting_ = counts;
}

}  // namespace usher::sim
