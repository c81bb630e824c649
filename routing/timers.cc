#include "routing/timers.h"

#include <utility>

#include "routing/hash.h"

namespace usher {
namespace {

// Four children a node: half the depth of a binary heap, and the children share a cache line.
constexpr std::size_t arity = 4;

}  // namespace

TimerSlot Timers::add(std::int64_t deadline_ms, TimerKind kind, std::uint32_t subject) {
  TimerSlot slot = timers_.take();
  timers_[slot] = Timer{deadline_ms, ++created_, subject, kind};
  if (position_.size() < timers_.used()) position_.resize(timers_.used());
  heap_.push_back(slot);
  put(heap_.size() - 1, slot);
  sift_up(heap_.size() - 1);
  return slot;
}

void Timers::cancel(TimerSlot& slot) {
  if (!slot) return;
  const std::size_t position = position_[slot.value];
  CHECK(heap_[position] == slot);
  const TimerSlot last = heap_.back();
  heap_.pop_back();
  if (last != slot) {
    put(position, last);
    sift_up(position);
    sift_down(position_[last.value]);
  }
  timers_.free(slot);
  slot = TimerSlot{};
}

std::optional<std::int64_t> Timers::next_deadline() const {
  if (heap_.empty()) return std::nullopt;
  return timers_[heap_.front()].deadline_ms;
}

bool Timers::before(TimerSlot a, TimerSlot b) const {
  const Timer& left = timers_[a];
  const Timer& right = timers_[b];
  if (left.deadline_ms != right.deadline_ms) return left.deadline_ms < right.deadline_ms;
  return left.created < right.created;
}

void Timers::put(std::size_t position, TimerSlot slot) {
  heap_[position] = slot;
  position_[slot.value] = static_cast<std::uint32_t>(position);
}

void Timers::sift_up(std::size_t position) {
  const TimerSlot slot = heap_[position];
  while (position > 0) {
    const std::size_t parent = (position - 1) / arity;
    if (!before(slot, heap_[parent])) break;
    put(position, heap_[parent]);
    position = parent;
  }
  put(position, slot);
}

void Timers::sift_down(std::size_t position) {
  const TimerSlot slot = heap_[position];
  while (true) {
    const std::size_t first_child = position * arity + 1;
    if (first_child >= heap_.size()) break;
    std::size_t least = first_child;
    const std::size_t end = std::min(first_child + arity, heap_.size());
    for (std::size_t child = first_child + 1; child < end; ++child) {
      if (before(heap_[child], heap_[least])) least = child;
    }
    if (!before(heap_[least], slot)) break;
    put(position, heap_[least]);
    position = least;
  }
  put(position, slot);
}

void Timers::restore(std::uint64_t created) {
  created_ = created;
  heap_.clear();
  position_.assign(timers_.used(), 0);
  for (std::uint32_t i = 0; i < timers_.used(); ++i) {
    if (std::as_const(timers_)[TimerSlot{i}].kind == TimerKind::none) continue;
    heap_.push_back(TimerSlot{i});
    put(heap_.size() - 1, TimerSlot{i});
  }
  make_heap();
}

// From the last parent up: the usual way to make a heap of what is none.
void Timers::make_heap() {
  for (std::size_t i = heap_.size(); i > 0; --i) sift_down(i - 1);
}

std::uint64_t Timers::digest(std::uint64_t seed) const {
  Hasher hasher(seed);
  hasher.add(created_);
  for (std::uint32_t i = 0; i < timers_.used(); ++i) {
    const Timer& timer = timers_[TimerSlot{i}];
    if (timer.kind == TimerKind::none) continue;
    hasher.add(std::uint64_t{i});
    hasher.add(timer.deadline_ms);
    hasher.add(timer.created);
    hasher.add(std::uint64_t{timer.subject} << 8 | static_cast<std::uint64_t>(timer.kind));
  }
  return hasher.value();
}

bool Timers::heap_agrees() const {
  if (heap_.size() != timers_.live()) return false;
  for (std::size_t i = 0; i < heap_.size(); ++i) {
    if (position_[heap_[i].value] != i) return false;
    if (i > 0 && before(heap_[i], heap_[(i - 1) / arity])) return false;
  }
  return true;
}

}  // namespace usher
