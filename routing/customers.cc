// One customer, one place: of the conversations of a customer that wait or are offered only the one
// with the smallest (band, first queued) has a place in the queue; the others have joined it.

#include "routing/customers.h"

#include <algorithm>
#include <utility>

#include "routing/state.h"

namespace usher {

void Router::State::join_customer(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  conversation.customer = customers.know(conversation.nature.customer);
}

void Router::State::touch_customer(CustomerSlot slot) {
  Customer& customer = customers[slot];
  if (customer.touched) return;
  customer.touched = true;
  touched_customers.push_back(slot);
}

// Requires: waiting or offered, and not in the line.
void Router::State::stand_in_line(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  if (!conversation.customer) return;
  Customer& customer = customers[conversation.customer];
  conversation.next_of_customer = customer.line;
  customer.line = slot;
  touch_customer(conversation.customer);
}

void Router::State::leave_line(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  if (!conversation.customer) return;
  ConversationSlot* link = &customers[conversation.customer].line;
  while (*link != slot) link = &conversations[*link].next_of_customer;
  *link = conversation.next_of_customer;
  conversation.next_of_customer = ConversationSlot{};
  touch_customer(conversation.customer);
}

void Router::State::set_joined(ConversationSlot slot, bool is_joined) {
  Conversation& conversation = conversations[slot];
  if (conversation.joined() == is_joined) return;
  if (is_joined) {
    conversation.joined_place = static_cast<std::uint32_t>(joined.size());
    joined.push_back(slot);
    return;
  }
  const std::uint32_t place = std::exchange(conversation.joined_place, Conversation::no_place);
  joined[place] = joined.back();
  joined.pop_back();
  if (place < joined.size()) conversations[joined[place]].joined_place = place;
}

void Router::State::prefer_last_agent(Conversation& conversation) {
  if (!conversation.customer || !conversation.nature.preferred_agent.is_zero()) return;
  const AgentSlot last = customers[conversation.customer].last_agent;
  if (!last) return;
  conversation.nature.preferred_agent = agent(last).id;
  conversation.preferred_since_ms = stamp.pool_ms;
}

// Whether another conversation of its customer has the place.
bool Router::State::should_join(const Conversation& conversation) const {
  if (!conversation.customer) return false;
  const auto place = [&](const Conversation& one) {
    return std::pair{class_of(one).band, one.nature.queued};
  };
  for (ConversationSlot at = customers[conversation.customer].line; at;
       at = conversations[at].next_of_customer) {
    if (place(conversations[at]) < place(conversation)) return true;
  }
  return false;
}

// Whoever gets the place may be sent elsewhere at once, so that another one gets it.
void Router::State::settle_customers() {
  customers_left = false;
  while (!touched_customers.empty() || !left_customers.empty()) {
    if (caused() >= limits::matching_events_max) {
      customers_left = true;
      return;
    }
    settle_touched();
  }
}

void Router::State::settle_touched() {
  std::vector<ConversationSlot> looked_at;
  looked_at.swap(left_customers);
  for (CustomerSlot slot : touched_customers) {
    customers[slot].touched = false;
    for (ConversationSlot at = customers[slot].line; at; at = conversations[at].next_of_customer) {
      looked_at.push_back(at);
    }
  }
  touched_customers.clear();
  std::sort(looked_at.begin(), looked_at.end(), [&](ConversationSlot a, ConversationSlot b) {
    return conversations[a].number < conversations[b].number;
  });
  for (ConversationSlot slot : looked_at) {
    Conversation& conversation = conversations[slot];
    if (caused() >= limits::matching_events_max) {
      // The rest in the next record.
      if (conversation.customer) {
        touch_customer(conversation.customer);
      } else {
        left_customers.push_back(slot);
      }
      continue;
    }
    const bool waits = conversation.state == ConversationState::waiting;
    if (!waits || conversation.joined() == should_join(conversation)) continue;
    set_joined(slot, !conversation.joined());
    if (conversation.joined()) {
      leave_queue(slot);
      emit(EventKind::joined, Cause::customer, conversation);
    } else {
      prefer_last_agent(conversation);
      emit(EventKind::waiting, Cause::customer, conversation);
      judge(slot, Cause::none);
    }
  }
}

}  // namespace usher
