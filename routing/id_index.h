#pragma once

// Where the record of an id lies: a derived table, open addressing with linear probing. It keeps
// the whole hash beside the slot, so that a probe touches the record only when it is (almost
// surely) it.

#include <cstdint>
#include <vector>

#include "routing/check.h"
#include "routing/hash.h"
#include "routing/slab.h"

namespace usher {

template <class IdType, class SlotType>
class IdIndex {
 public:
  IdIndex() : entries_(1024) {}

  // `id_at` gives the id of the record in a slot.
  template <class IdAt>
  [[nodiscard]] SlotType find(const IdType& id, IdAt&& id_at) const {
    const std::uint64_t hash = hash_of(id);
    for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
      const Entry& entry = entries_[i];
      if (!entry.slot) return SlotType{};
      if (entry.hash == hash && id_at(entry.slot) == id) return entry.slot;
    }
  }

  // Requires: the id is not in the table.
  void insert(const IdType& id, SlotType slot) {
    if ((size_ + 1) * 2 > entries_.size()) grow();
    place(Entry{hash_of(id), slot});
    ++size_;
  }

  // Requires: the id is in the table with this slot.
  void erase(const IdType& id, SlotType slot) {
    std::size_t hole = hash_of(id) & mask();
    while (entries_[hole].slot != slot) {
      CHECK(static_cast<bool>(entries_[hole].slot));
      hole = (hole + 1) & mask();
    }
    // What stood behind the hole only because of it moves up, so that no tombstones are needed.
    for (std::size_t i = (hole + 1) & mask(); entries_[i].slot; i = (i + 1) & mask()) {
      const std::size_t home = entries_[i].hash & mask();
      if (((i - home) & mask()) >= ((i - hole) & mask())) {
        entries_[hole] = entries_[i];
        hole = i;
      }
    }
    entries_[hole] = Entry{};
    --size_;
  }

  void prefetch(const IdType& id) const { __builtin_prefetch(&entries_[hash_of(id) & mask()]); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    SlotType slot;
  };

  [[nodiscard]] std::size_t mask() const { return entries_.size() - 1; }
  void place(const Entry& entry) {
    std::size_t i = entry.hash & mask();
    while (entries_[i].slot) i = (i + 1) & mask();
    entries_[i] = entry;
  }
  void grow() {
    std::vector<Entry> old(entries_.size() * 2);
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.slot) place(entry);
    }
  }

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace usher
