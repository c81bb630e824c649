#pragma once

// Primary state lives in slabs: records of one type in chunks that never move, named by slots. A
// freed slot is used again, last freed first, so that slots are a function of the records applied.
//
// A slab is saved while it changes: each record as it was when saving began, once, before its first
// change since then. Nothing is copied; a change costs the test whether its slab is being saved.

#include <bit>
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

// Which slots of a slab are taken: those below `used` that are not free.
struct Occupancy {
  std::uint32_t used = 0;
  std::vector<std::uint32_t> free;  // in the order they were freed
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
      SlotOfT slot{free_.back()};
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
    free_.push_back(slot.value);
  }

  T& operator[](SlotOfT slot) {
    T& record = at(slot);
    if (saver_ != nullptr) [[unlikely]]
      save(slot, record);
    return record;
  }
  const T& operator[](SlotOfT slot) const {
    return chunks_[slot.value >> chunk_bits][slot.value & (chunk_size - 1)];
  }

  [[nodiscard]] std::uint32_t live() const { return live_; }
  // Every slot ever taken is less than this; some of them may be free.
  [[nodiscard]] std::uint32_t used() const { return used_; }

  // --- saving and loading ---

  class Saver {
   public:
    virtual void save(SlotOfT slot, const T& record) = 0;

   protected:
    ~Saver() = default;
  };
  [[nodiscard]] Occupancy occupancy() const { return {used_, free_}; }
  // From now on. Requires: it is not being saved; the saver lives until save_some() says no.
  void begin_saving(Saver& saver) {
    mark_live();
    saver_ = live_ > 0 ? &saver : nullptr;
  }
  // So many more, in the order of slots; false once none is left.
  bool save_some(std::size_t count) {
    for (; saver_ != nullptr && count > 0; --count) {
      while (marked_[next_word_] == 0) ++next_word_;
      const auto bit = static_cast<std::uint32_t>(std::countr_zero(marked_[next_word_]));
      const SlotOfT slot{static_cast<std::uint32_t>(next_word_) * 64 + bit};
      save(slot, at(slot));
    }
    return saver_ != nullptr;
  }

  // Makes the taken slots ready for load(); false if they make no sense. Requires: it is empty.
  bool begin_loading(const Occupancy& occupancy) {
    if (occupancy.free.size() > occupancy.used) return false;
    used_ = occupancy.used;
    live_ = used_;
    mark_live();
    for (const std::uint32_t slot : occupancy.free) {
      if (slot >= used_ || !unmark(slot)) return false;
      --live_;
    }
    free_ = occupancy.free;
    chunks_.resize((used_ + std::size_t{chunk_size} - 1) >> chunk_bits);
    for (auto& chunk : chunks_) chunk = std::make_unique<T[]>(chunk_size);
    return true;
  }
  // The record of a taken slot that has none yet; none if it is not one.
  T* load(SlotOfT slot) {
    if (slot.value >= used_ || !unmark(slot.value)) return nullptr;
    return &at(slot);
  }
  [[nodiscard]] bool loaded() const { return marked_count_ == 0; }

 private:
  T& at(SlotOfT slot) { return chunks_[slot.value >> chunk_bits][slot.value & (chunk_size - 1)]; }
  void mark_live() {
    marked_.assign((used_ + std::size_t{63}) / 64, ~std::uint64_t{0});
    if (used_ % 64 != 0) marked_.back() >>= 64 - used_ % 64;
    marked_count_ = used_;
    for (const std::uint32_t slot : free_) unmark(slot);
    next_word_ = 0;
  }
  // Whether it was marked.
  bool unmark(std::uint32_t slot) {
    const std::uint64_t bit = std::uint64_t{1} << slot % 64;
    if (slot / 64 >= marked_.size() || (marked_[slot / 64] & bit) == 0) return false;
    marked_[slot / 64] &= ~bit;
    --marked_count_;
    return true;
  }
  void save(SlotOfT slot, const T& record) {
    if (!unmark(slot.value)) return;
    saver_->save(slot, record);
    if (marked_count_ == 0) saver_ = nullptr;
  }

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
  std::uint32_t live_ = 0;
  // Those that are still to be saved, or loaded.
  std::vector<std::uint64_t> marked_;
  std::uint32_t marked_count_ = 0;
  std::size_t next_word_ = 0;
  Saver* saver_ = nullptr;
};

}  // namespace usher
