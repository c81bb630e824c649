#pragma once

// A thread's event loop: the only door to libuv. One loop belongs to one thread; only
// Doorbell::ring() may be called from another.
//
// A turn is: whoever waits is woken (doorbells, timers, signals, watched sockets), then `turn`
// runs, then `work_waits` is asked right before the thread would sleep. So `turn` may do everything
// in one place, and wake-ups carry no meaning of their own: they may coalesce or come for nothing.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace usher {

class Loop {
 public:
  // Wakes the loop; rings before it has woken count as one.
  class Doorbell {
   public:
    void ring();

   private:
    friend class Loop;
    void* async_ = nullptr;
  };

  // Each loop has one alarm: wakes it once, at the latest after so long.
  class Alarm {
   public:
    // Milliseconds from now; replaces what was set before. Negative = never.
    void set(std::int64_t ms);

   private:
    friend class Loop;
    void* timer_ = nullptr;
  };

  Loop();
  // Requires: run() has returned and no doorbell is rung any more.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] Doorbell& doorbell() { return doorbell_; }
  [[nodiscard]] Alarm& alarm() { return alarm_; }

  // Calls `caught` in the loop's thread when the process gets the signal.
  void on_signal(int number, std::function<void()> caught);
  // Wakes the loop when the descriptor is readable, and calls `readable` before the turn. It must
  // stay open until the loop is gone.
  void watch(int descriptor, std::function<void()> readable);
  // See above. `work_waits` answers true when the thread must not sleep.
  void every_turn(std::function<void()> turn, std::function<bool()> work_waits);

  // Runs until stop() is called from within a turn.
  void run();
  void stop();

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
  Doorbell doorbell_;
  Alarm alarm_;
};

}  // namespace usher
