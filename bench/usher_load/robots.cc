#include "bench/usher_load/robots.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace usher::load {
namespace {

bool is_end(ConversationState state) {
  return state == ConversationState::closed || state == ConversationState::abandoned;
}

bool takes_room(ConversationState state) {
  return state == ConversationState::assigned || state == ConversationState::wrapping;
}

// What chance decides about a conversation, each in a stream of its own.
enum Stream : std::uint64_t { answer_stream = 1, reject_stream, work_stream, service_stream };

}  // namespace

std::int64_t Delay::draw(Random& chance) const {
  if (median_ms <= 0.0) return 0;
  return std::llround(chance.log_normal(std::log(median_ms), sigma));
}

Robots::Robots(Habits habits, Random chance, std::function<void(Command)> send)
    : habits_(habits), chance_(chance), send_(std::move(send)) {}

Random Robots::chance_of(const Id& conversation, std::uint64_t stream) const {
  std::uint64_t halves[2];
  std::memcpy(halves, conversation.bytes.data(), sizeof halves);
  return chance_.fork(halves[0]).fork(halves[1]).fork(stream);
}

void Robots::push(std::int64_t at_ms, Due due) {
  due.at_ms = at_ms;
  due.order = order_++;
  due_.push(due);
}

void Robots::open_conversation(const Arrival& arrival) {
  Conversation& conversation = conversations_[arrival.open.conversation];
  conversation.ours = true;
  conversation.service_ms = arrival.service_ms;
  conversation.reply_factor = arrival.reply_factor;
  push(arrival.at_ms + arrival.patience_ms,
       {.act = Act::give_up, .conversation = arrival.open.conversation});
  send_(arrival.open);
}

void Robots::schedule_come(std::int64_t at_ms, Id agent, const client::DefineAgent* definition) {
  agents_.try_emplace(agent);
  push(at_ms, {.act = Act::come, .agent = agent, .definition = definition});
}

void Robots::schedule_leave(std::int64_t at_ms, Id agent) {
  push(at_ms, {.act = Act::leave, .agent = agent});
}

void Robots::schedule_break(std::int64_t at_ms, std::int64_t for_ms, Id agent,
                            std::uint16_t reason) {
  push(at_ms, {.act = Act::pause, .agent = agent, .for_ms = for_ms, .reason = reason});
}

void Robots::run(std::int64_t now_ms) {
  while (!due_.empty() && due_.top().at_ms <= now_ms) {
    const Due due = due_.top();
    due_.pop();
    act(due);
  }
}

void Robots::act(const Due& due) {
  if (due.conversation) {
    const auto found = conversations_.find(due.conversation);
    if (found != conversations_.end()) act_for_conversation(due, found->second);
  } else {
    act_for_agent(due, agents_[due.agent]);
  }
}

void Robots::act_for_conversation(const Due& due, Conversation& conversation) {
  if (due.act == Act::give_up) {
    // Whoever is being served stays to the end.
    const ConversationState state = conversation.state;
    if (takes_room(state) || state == ConversationState::held) return;
    send_(client::Abandon{.conversation = due.conversation});
    return;
  }
  if (due.act == Act::answer) return answer(due, conversation);
  if (due.act == Act::wrapped_up) {
    if (conversation.state != ConversationState::wrapping) return;
    send_(client::FinishWrapUp{.conversation = due.conversation, .agent = due.agent});
    return;
  }
  if (due.act == Act::write) {
    if (conversation.state != ConversationState::held) return;
    send_(client::CustomerWrote{.conversation = due.conversation});
    return;
  }
  // The rest is of one assignment, which may be over.
  if (conversation.state != ConversationState::assigned || conversation.epoch != due.epoch) return;
  const Id id = due.conversation;
  if (due.act == Act::reply) {
    send_(client::Replied{.conversation = id, .agent = due.agent, .epoch = due.epoch});
  } else if (due.act == Act::hold) {
    send_(client::Hold{.conversation = id, .agent = due.agent, .epoch = due.epoch});
  } else if (due.act == Act::finish) {
    send_(client::Close{.conversation = id,
                        .agent = due.agent,
                        .epoch = due.epoch,
                        .outcome = client::CloseOutcome::solved});
  }
}

void Robots::answer(const Due& due, const Conversation& conversation) {
  if (std::ranges::find(conversation.offers, due.agent) == conversation.offers.end()) return;
  Random chance = chance_of(due.conversation, reject_stream).fork(due.epoch);
  if (chance.chance(habits_.reject_share)) {
    send_(client::Reject{.conversation = due.conversation, .agent = due.agent, .epoch = due.epoch});
  } else {
    send_(client::Accept{.conversation = due.conversation, .agent = due.agent, .epoch = due.epoch});
  }
}

void Robots::act_for_agent(const Due& due, Agent& agent) {
  switch (due.act) {
    case Act::come:
      if (due.definition != nullptr) send_(*due.definition);
      if (agent.duty == Duty::away) break;
      if (agent.duty == Duty::leaving) {
        send_(client::SetPresence{.agent = due.agent, .presence = Presence::available});
      } else if (agent.duty == Duty::off) {
        send_(client::SignIn{.agent = due.agent});
      }
      agent.duty = Duty::available;
      break;
    case Act::leave:
      if (agent.duty == Duty::off) break;
      agent.duty = Duty::leaving;
      send_(client::SetPresence{.agent = due.agent, .presence = Presence::draining});
      // Something may have come at this very instant: look again once that is known.
      push(due.at_ms + 1, {.act = Act::sign_off, .agent = due.agent});
      break;
    case Act::sign_off:
      if (agent.duty != Duty::leaving || agent.busy != 0) break;
      agent.duty = Duty::off;
      send_(client::SignOff{.agent = due.agent});
      break;
    case Act::pause:
      if (agent.duty != Duty::available) break;
      agent.duty = Duty::away;
      send_(client::SetPresence{
          .agent = due.agent, .presence = Presence::away, .reason = due.reason});
      push(due.at_ms + due.for_ms, {.act = Act::available, .agent = due.agent});
      break;
    case Act::available:
      if (agent.duty == Duty::off || agent.duty == Duty::leaving) break;
      agent.duty = Duty::available;
      send_(client::SetPresence{.agent = due.agent, .presence = Presence::available});
      break;
    default: break;
  }
}

void Robots::see(std::int64_t now_ms, const Event& event) {
  if (!event.conversation) {
    if (event.agent) see_agent(now_ms, event);
    return;
  }
  const auto found = conversations_.try_emplace(event.conversation).first;
  Conversation& conversation = found->second;
  switch (event.kind) {
    case EventKind::offered: see_offered(now_ms, event, conversation); break;
    case EventKind::offer_ended:
      drop_offer(conversation, event.other_agent ? event.other_agent : event.agent);
      break;
    case EventKind::assigned: see_assigned(now_ms, event, conversation); break;
    case EventKind::replied: conversation.replied = true; break;
    default: break;
  }
  if (takes_room(conversation.state) && !takes_room(event.state)) {
    leave_owner(now_ms, conversation);
  }
  const bool wraps = event.state == ConversationState::wrapping &&
                     conversation.state != ConversationState::wrapping;
  conversation.state = event.state;
  if (wraps && habits_.wrap_up.median_ms > 0.0 && agents_.contains(conversation.agent)) {
    Random chance = chance_of(event.conversation, work_stream).fork(event.sequence);
    push(now_ms + habits_.wrap_up.draw(chance),
         {.act = Act::wrapped_up, .conversation = event.conversation, .agent = conversation.agent});
  }
  if (is_end(event.state)) {
    while (!conversation.offers.empty()) drop_offer(conversation, conversation.offers.back());
    conversations_.erase(found);
  }
}

void Robots::see_offered(std::int64_t now_ms, const Event& event, Conversation& conversation) {
  const auto agent = agents_.find(event.agent);
  if (agent == agents_.end()) return;
  ++agent->second.busy;
  conversation.offers.push_back(event.agent);
  Random chance = chance_of(event.conversation, answer_stream).fork(event.epoch);
  if (chance.chance(habits_.ignore_share)) return;
  push(now_ms + habits_.accept.draw(chance), {.act = Act::answer,
                                              .conversation = event.conversation,
                                              .agent = event.agent,
                                              .epoch = event.epoch});
}

void Robots::see_assigned(std::int64_t now_ms, const Event& event, Conversation& conversation) {
  if (takes_room(conversation.state)) leave_owner(now_ms, conversation);
  drop_offer(conversation, event.agent);
  conversation.state = ConversationState::assigned;
  conversation.agent = event.agent;
  conversation.epoch = event.epoch;
  conversation.assigned_at_ms = now_ms;
  const auto agent = agents_.find(event.agent);
  if (agent == agents_.end()) return;
  ++agent->second.busy;
  Random chance = chance_of(event.conversation, service_stream);
  if (conversation.service_ms < 0) conversation.service_ms = habits_.service.draw(chance);
  Random work = chance_of(event.conversation, work_stream).fork(event.epoch);
  const Due due{.conversation = event.conversation, .agent = event.agent, .epoch = event.epoch};
  const auto later = [&](std::int64_t after_ms, Act what) {
    Due next = due;
    next.act = what;
    push(now_ms + after_ms, next);
  };
  // Who has much to do still answers first; the reply is part of the service.
  const auto reply = static_cast<std::int64_t>(static_cast<double>(habits_.reply.draw(work)) *
                                               conversation.reply_factor);
  if (!conversation.replied) later(std::min(reply, conversation.service_ms), Act::reply);
  if (!conversation.was_held && work.chance(habits_.hold_share)) {
    conversation.was_held = true;
    later(conversation.service_ms / 2, Act::hold);
    const std::int64_t away = habits_.hold.draw(work);
    later(conversation.service_ms / 2 + away, Act::write);
  }
  later(conversation.service_ms, Act::finish);
}

// What was done of the service stays done, whoever goes on with it.
void Robots::leave_owner(std::int64_t now_ms, Conversation& conversation) {
  if (conversation.service_ms > 0) {
    const std::int64_t done = now_ms - conversation.assigned_at_ms;
    conversation.service_ms = std::max<std::int64_t>(conversation.service_ms - done, 0);
  }
  less_busy(conversation.agent);
}

void Robots::drop_offer(Conversation& conversation, const Id& agent) {
  const auto offer = std::ranges::find(conversation.offers, agent);
  if (offer == conversation.offers.end()) return;
  const Id whose = agent;  // may be the element that goes
  conversation.offers.erase(offer);
  less_busy(whose);
}

void Robots::less_busy(const Id& id) {
  const auto found = agents_.find(id);
  if (found == agents_.end() || found->second.busy == 0) return;
  Agent& agent = found->second;
  if (--agent.busy == 0 && agent.duty == Duty::leaving) {
    agent.duty = Duty::off;
    send_(client::SignOff{.agent = id});
  }
}

void Robots::see_agent(std::int64_t now_ms, const Event& event) {
  const auto found = agents_.find(event.agent);
  if (found == agents_.end() || event.kind != EventKind::agent_presence) return;
  if (event.presence != Presence::not_responding || found->second.duty != Duty::available) return;
  found->second.duty = Duty::away;
  push(now_ms + habits_.recover_ms, {.act = Act::available, .agent = event.agent});
}

void Robots::go_home() {
  due_ = {};
  for (const auto& [id, conversation] : conversations_) {
    if (conversation.state == ConversationState::wrapping) {
      if (agents_.contains(conversation.agent)) {
        send_(client::FinishWrapUp{.conversation = id, .agent = conversation.agent});
      }
    } else if (conversation.ours) {
      send_(client::Close{.conversation = id, .outcome = client::CloseOutcome::not_solved});
    }
  }
  for (auto& [id, agent] : agents_) {
    if (agent.duty != Duty::off) send_(client::SignOff{.agent = id});
    agent.duty = Duty::off;
  }
}

Robots::People Robots::people() const {
  People people;
  for (const auto& [id, agent] : agents_) {
    if (agent.duty == Duty::away) ++people.away;
    if (agent.duty != Duty::available) continue;
    ++people.on_duty;
    if (agent.busy == 0) ++people.free;
  }
  return people;
}

}  // namespace usher::load
