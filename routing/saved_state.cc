// A pool's state as bytes, taken while the pool goes on.

#include "routing/saved_state.h"

#include "routing/saved_state_items.h"

namespace usher {
namespace {

// So many records of a slab are saved between two looks at how many bytes there are.
constexpr std::size_t records_at_once = 16;

template <class... T>
void put_item(std::vector<std::byte>& into, ItemKind kind, const T&... values) {
  const std::size_t begin = into.size();
  FieldAppender io(into);
  io(std::uint32_t{0}, kind, values...);
  store_little(into.data() + begin, static_cast<std::uint32_t>(into.size() - begin));
}

}  // namespace

// What is small, and agents and sessions, are saved at once.
Router::State::Saving::Saving(State& state) : state_(state) {
  const Contents contents{.named = state.needs.named(),
                          .conversations = state.conversations.occupancy(),
                          .ended = state.ended.occupancy(),
                          .customers = state.customers.records().occupancy(),
                          .timers = state.timers.records().occupancy(),
                          .timers_created = state.timers.created(),
                          .agents = static_cast<std::uint32_t>(state.agents.size()),
                          .sessions = static_cast<std::uint32_t>(state.sessions.size())};
  FieldAppender io(saved_);
  io(std::uint32_t{0}, ItemKind::pool, state_format, contents);
  pool_fields(io, state);
  store_little(saved_.data(), static_cast<std::uint32_t>(saved_.size()));
  for (const Agent& agent : state.agents) put_item(saved_, ItemKind::agent, agent);
  for (const auto& [id, session] : state.sessions) {
    put_item(saved_, ItemKind::session, id, session);
  }
  state.conversations.begin_saving(*this);
  state.ended.begin_saving(*this);
  state.customers.records().begin_saving(*this);
  state.timers.records().begin_saving(*this);
}

void Router::State::Saving::save(ConversationSlot slot, const Conversation& record) {
  put_item(saved_, ItemKind::conversation, slot, record);
}
void Router::State::Saving::save(EndedSlot slot, const Ended& record) {
  put_item(saved_, ItemKind::ended, slot, record);
}
void Router::State::Saving::save(CustomerSlot slot, const Customer& record) {
  put_item(saved_, ItemKind::customer, slot, record);
}
void Router::State::Saving::save(TimerSlot slot, const Timer& record) {
  put_item(saved_, ItemKind::timer, slot, record);
}

bool Router::State::Saving::save_some() {
  return state_.conversations.save_some(records_at_once) ||
         state_.ended.save_some(records_at_once) ||
         state_.customers.records().save_some(records_at_once) ||
         state_.timers.records().save_some(records_at_once);
}

bool Router::State::Saving::go_on(std::size_t bytes, std::vector<std::byte>& into) {
  while (!ended_ && saved_.size() < bytes) {
    if (save_some()) continue;
    put_item(saved_, ItemKind::end);
    ended_ = true;
  }
  into.insert(into.end(), saved_.begin(), saved_.end());
  saved_.clear();
  return !ended_;
}

void Router::begin_saving() {
  CHECK(state_->saving == nullptr);
  state_->saving = std::make_unique<State::Saving>(*state_);
}

bool Router::save_on(std::size_t bytes, std::vector<std::byte>& into) {
  CHECK(state_->saving != nullptr);
  if (state_->saving->go_on(bytes, into)) return true;
  state_->saving.reset();
  return false;
}

bool Router::saving() const { return state_->saving != nullptr; }

}  // namespace usher
