#pragma once

// The customers of the conversations a pool knows, live or remembered: who last served them, and
// which of their conversations stand in line.

#include "routing/free_agents.h"
#include "routing/id_index.h"
#include "routing/queues.h"
#include "routing/slab.h"
#include "routing/types.h"

namespace usher {

using CustomerSlot = Slot<struct CustomerSlotTag>;

struct Customer {
  CustomerId id;
  AgentSlot last_agent;     // the person last assigned a conversation of the customer
  std::uint32_t known = 0;  // conversations, live and remembered
  bool touched = false;     // who has the place has to be looked at
  ConversationSlot line;    // derived: of those waiting or offered the one that has the place
};

class Customers {
 public:
  // Counts one conversation more of the customer; none for no customer.
  CustomerSlot know(CustomerId id) {
    if (id.is_zero()) return {};
    CustomerSlot slot = find(id);
    if (!slot) {
      slot = slab_.take();
      slab_[slot].id = id;
      index_.insert(id, slot);
    }
    ++slab_[slot].known;
    return slot;
  }
  // Counts one less, and clears the slot; a cleared slot is no error.
  void forget(CustomerSlot& slot) {
    if (slot && --slab_[slot].known == 0) {
      index_.erase(slab_[slot].id, slot);
      slab_.free(slot);
    }
    slot = CustomerSlot{};
  }
  [[nodiscard]] CustomerSlot find(CustomerId id) const {
    return index_.find(id, [&](CustomerSlot slot) -> const CustomerId& { return slab_[slot].id; });
  }
  // For whoever saves or loads them: afterwards restore() is due, false if two have one id.
  [[nodiscard]] Slab<Customer, CustomerSlot>& records() { return slab_; }
  [[nodiscard]] const Slab<Customer, CustomerSlot>& records() const { return slab_; }
  bool restore() {
    for (std::uint32_t i = 0; i < slab_.used(); ++i) {
      const CustomerId id = slab_[CustomerSlot{i}].id;
      if (id.is_zero()) continue;
      if (find(id)) return false;
      index_.insert(id, CustomerSlot{i});
    }
    return true;
  }
  Customer& operator[](CustomerSlot slot) { return slab_[slot]; }
  const Customer& operator[](CustomerSlot slot) const { return slab_[slot]; }

 private:
  Slab<Customer, CustomerSlot> slab_;
  IdIndex<CustomerId, CustomerSlot> index_;
};

}  // namespace usher
