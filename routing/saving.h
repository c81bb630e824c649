#pragma once

// Saves a pool's state while it goes on. Whoever makes or destroys a state includes this.

#include <cstddef>
#include <vector>

#include "routing/state.h"

namespace usher {

// Saves each record of the slabs once, as it was when saving began.
class Router::State::Saving final : public Slab<Conversation, ConversationSlot>::Saver,
                                    public Slab<Ended, EndedSlot>::Saver,
                                    public Slab<Customer, CustomerSlot>::Saver,
                                    public Slab<Timer, TimerSlot>::Saver {
 public:
  explicit Saving(State& state);
  // False once all was given.
  bool go_on(std::size_t bytes, std::vector<std::byte>& into);

 private:
  void save(ConversationSlot slot, const Conversation& record) override;
  void save(EndedSlot slot, const Ended& record) override;
  void save(CustomerSlot slot, const Customer& record) override;
  void save(TimerSlot slot, const Timer& record) override;
  bool save_some();

  State& state_;
  std::vector<std::byte> saved_;  // and not given yet
  bool ended_ = false;
};

}  // namespace usher
