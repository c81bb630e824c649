// One customer, one place: of the conversations of a customer that wait or are offered only the one
// with the smallest (band, first queued) has a place in the queue; the others have joined it.

#include "routing/customers.h"

#include <algorithm>
#include <utility>

#include "routing/state.h"

namespace usher {
namespace {

template <class State>
auto line_of(State& state, CustomerSlot customer) {
  return LinkedHeap(
      state.customers[customer].line,
      [&state](ConversationSlot slot) -> HeapLinks<ConversationSlot>& {
        return state.conversations[slot].in_line;
      },
      [&state](ConversationSlot a, ConversationSlot b) { return state.goes_before(a, b); });
}

}  // namespace

void Router::State::join_customer(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  conversation.customer = customers.know(conversation.nature.customer);
}

// What has the place goes before all others in the line.
bool Router::State::goes_before(ConversationSlot a, ConversationSlot b) const {
  const auto place = [&](const Conversation& one) {
    return std::pair{class_of(one).band, one.nature.queued};
  };
  return place(conversations[a]) < place(conversations[b]);
}

// Requires: waiting or offered, and not in the line.
void Router::State::put_in_line(ConversationSlot slot) {
  const CustomerSlot customer = conversations[slot].customer;
  if (customer) line_of(*this, customer).insert(slot);
}

// Likewise. Whoever had the place may have to join.
void Router::State::stand_in_line(ConversationSlot slot) {
  const CustomerSlot customer = conversations[slot].customer;
  if (!customer) return;
  const ConversationSlot had_the_place = customers[customer].line;
  if (had_the_place) unsettled.push_back(had_the_place);
  put_in_line(slot);
  unsettle(slot);
}

void Router::State::leave_line(ConversationSlot slot) {
  const CustomerSlot customer = conversations[slot].customer;
  if (!customer) return;
  line_of(*this, customer).erase(slot);
  unsettle(slot);
}

// All of them, by the rules in force.
void Router::State::line_up_again() {
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    Conversation& conversation = conversations[at];
    conversation.in_line = {};
    if (conversation.customer) customers[conversation.customer].line = ConversationSlot{};
  }
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    if (belongs_in_line(conversations[at].state)) stand_in_line(at);
  }
}

// It has to be looked at, and so has whatever has the place. Where nothing changed, what has the
// place stands by itself, and everything else that waits has joined it.
void Router::State::unsettle(ConversationSlot slot) {
  const CustomerSlot customer = conversations[slot].customer;
  if (!customer) return;
  unsettled.push_back(slot);
  if (std::exchange(customers[customer].touched, true)) return;
  touched_customers.push_back(customer);
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

// Whoever gets the place may be sent elsewhere at once, so that another one gets it.
void Router::State::settle_customers() {
  customers_left = false;
  while (!touched_customers.empty() || !unsettled.empty()) {
    if (caused() >= limits::matching_events_max) {
      customers_left = true;
      return;
    }
    settle_touched();
  }
}

// In the order of opening.
void Router::State::settle_touched() {
  std::vector<ConversationSlot> left;
  left.swap(unsettled);
  for (CustomerSlot slot : touched_customers) {
    customers[slot].touched = false;
    if (const ConversationSlot has_the_place = customers[slot].line) left.push_back(has_the_place);
  }
  touched_customers.clear();
  const auto opened_later = [&](ConversationSlot a, ConversationSlot b) {
    return conversations[a].number > conversations[b].number;
  };
  std::make_heap(left.begin(), left.end(), opened_later);
  for (ConversationSlot last; !left.empty();) {
    const ConversationSlot slot = left.front();
    std::pop_heap(left.begin(), left.end(), opened_later);
    left.pop_back();
    // It may have been named more than once.
    if (std::exchange(last, slot) == slot) continue;
    Conversation& conversation = conversations[slot];
    if (caused() >= limits::matching_events_max) {
      // The rest in the next record.
      unsettled.push_back(slot);
      continue;
    }
    const CustomerSlot customer = conversation.customer;
    const bool should_join = customer && customers[customer].line != slot;
    const bool waits = conversation.state == ConversationState::waiting;
    if (!waits || conversation.joined() == should_join) continue;
    set_joined(slot, should_join);
    if (should_join) {
      leave_queue(slot);
      emit(EventKind::joined, Cause::customer, conversation);
      continue;
    }
    prefer_last_agent(conversation);
    emit(EventKind::waiting, Cause::customer, conversation);
    judge(slot, Cause::none);
    // Those opened before have been looked at, and are when the next round comes.
    const ConversationSlot next = customer ? customers[customer].line : ConversationSlot{};
    if (!next || !opened_later(next, slot)) continue;
    left.push_back(next);
    std::push_heap(left.begin(), left.end(), opened_later);
  }
}

}  // namespace usher
