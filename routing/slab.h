#pragma once

// Primary state lives in slabs: records of one type in chunks that never move, named by slots. A
// freed slot is used again, last freed first, so that slots are a function of the records applied.

#include <cstdint>
#include <memory>
#include <vector>

#include "routing/check.h"

namespace usher {

template <class Tag>
struct Slot {
  static constexpr std::uint32_t none = 0xffffffff;
  std::uint32_t value = none;

  friend auto operator<=>(const Slot&, const Slot&) = default;
  explicit operator bool() const { return value != none; }
};

template <class T, class SlotOfT>
class Slab {
 public:
  static constexpr std::uint32_t chunk_bits = 10;
  static constexpr std::uint32_t chunk_size = 1u << chunk_bits;

  // The record is value-initialised. References to records stay valid until they are freed.
  SlotOfT take() {
    ++live_;
    if (!free_.empty()) {
      SlotOfT slot = free_.back();
      free_.pop_back();
      return slot;
    }
    if ((used_ & (chunk_size - 1)) == 0) chunks_.push_back(std::make_unique<T[]>(chunk_size));
    return SlotOfT{used_++};
  }
  // Requires: slot is taken.
  void free(SlotOfT slot) {
    CHECK(live_ > 0);
    --live_;
    (*this)[slot] = T{};
    free_.push_back(slot);
  }

  T& operator[](SlotOfT slot) {
    return chunks_[slot.value >> chunk_bits][slot.value & (chunk_size - 1)];
  }
  const T& operator[](SlotOfT slot) const {
    return chunks_[slot.value >> chunk_bits][slot.value & (chunk_size - 1)];
  }

  [[nodiscard]] std::uint32_t live() const { return live_; }
  // Every slot ever taken is less than this; some of them may be free.
  [[nodiscard]] std::uint32_t used() const { return used_; }

 private:
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<SlotOfT> free_;
  std::uint32_t used_ = 0;
  std::uint32_t live_ = 0;
};

}  // namespace usher
