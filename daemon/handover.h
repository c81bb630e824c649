#pragma once

// Hands elements from one thread to another: a bounded queue of one producer and one consumer and a
// doorbell. The only door to moodycamel's queue, which promises order per producer only, may say
// "empty" too early and grows without bound: one producer, a count of our own and patience in
// take() answer that.
//
// put(), room(), announce() and ring() belong to the producer's thread, take(), linger() and
// ring_back() to the consumer's.

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>

#include "routing/check.h"

namespace usher {

// Says that something is about to come, so that whoever waits for it wakes up while it is still
// being made: to wake up takes some 30 microseconds. It is a hint and may come to nothing.
class Announcement {
 public:
  // By who makes it. True when it was not said already: then the other side has to be woken.
  [[nodiscard]] bool make() { return !made_.exchange(true); }
  void withdraw() { made_.store(false); }
  // By who waits for it, instead of going to sleep: gives it a moment. True when it came.
  template <class Came>
  [[nodiscard]] bool linger(const Came& came) {
    if (!made_.load()) return false;
    const auto until = std::chrono::steady_clock::now() + linger_max;
    bool here = came();
    while (!here && made_.load() && std::chrono::steady_clock::now() < until) here = came();
    made_.store(false);
    return here || came();
  }

 private:
  // Longer than what is announced takes, and not much longer than to sleep and to wake up.
  static constexpr std::chrono::microseconds linger_max{50};

  std::atomic<bool> made_{false};
};

template <class T>
class Handover {
 public:
  explicit Handover(std::size_t capacity)
      : capacity_(capacity), queue_(0), in_(queue_), out_(queue_) {
    CHECK(capacity > 0);
  }
  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

  // What ring() calls: must wake the consumer and may be called from any thread.
  // Requires: set before the threads start.
  void on_ring(std::function<void()> doorbell) { doorbell_ = std::move(doorbell); }
  // The same for ring_back(), which wakes the producer.
  void on_ring_back(std::function<void()> doorbell) { room_doorbell_ = std::move(doorbell); }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  // At least so many can be put.
  [[nodiscard]] std::size_t room() const {
    return capacity_ - count_.load(std::memory_order_acquire);
  }

  // False, and `element` is untouched, when there is no room: then ring_back() will wake the
  // producer once there is.
  [[nodiscard]] bool put(T&& element) {
    if (count_.load(std::memory_order_acquire) == capacity_) {
      // Said before looking again, so that whoever makes room in between sees it.
      wants_room_.store(true);
      if (count_.load() == capacity_) return false;
      wants_room_.store(false);
    }
    CHECK(queue_.enqueue(in_, std::move(element)));
    // Counted once it is in, so that whoever sees the count finds the element.
    count_.fetch_add(1);
    rung_ = false;
    return true;
  }

  // Wakes a consumer that has nothing to do, because an element is on its way. ring() has to be
  // called all the same.
  void announce() {
    if (empty() && announcement_.make() && doorbell_) doorbell_();
  }

  // Wakes the consumer if anything was put since it was last woken and not taken: once a turn, not
  // once an element.
  void ring() {
    announcement_.withdraw();
    if (rung_) return;
    rung_ = true;
    if (!empty() && doorbell_) doorbell_();
  }

  // False when nothing was put that is not yet taken.
  [[nodiscard]] bool take(T& element) {
    if (empty()) return false;
    while (!queue_.try_dequeue(out_, element)) {
    }
    count_.fetch_sub(1);
    return true;
  }

  // Instead of going to sleep: waits a moment for an element that was announced. True when one can
  // be taken.
  [[nodiscard]] bool linger() {
    return announcement_.linger([this] { return !empty(); });
  }

  // Wakes the producer if it was refused for want of room. To be called after taking.
  void ring_back() {
    if (wants_room_.load() && wants_room_.exchange(false) && room_doorbell_) room_doorbell_();
  }

 private:
  // Everything that was put is taken, as far as this thread knows.
  [[nodiscard]] bool empty() const { return count_.load(std::memory_order_acquire) == 0; }

  std::size_t capacity_;
  std::function<void()> doorbell_;
  std::function<void()> room_doorbell_;
  moodycamel::ConcurrentQueue<T> queue_;
  moodycamel::ProducerToken in_;
  bool rung_ = true;
  alignas(64) std::atomic<std::size_t> count_{0};
  std::atomic<bool> wants_room_{false};
  Announcement announcement_;
  moodycamel::ConsumerToken out_;
};

}  // namespace usher
