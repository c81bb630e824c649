#include "daemon/loop.h"

#include <uv.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "routing/check.h"

namespace usher {

namespace {

template <class Handle>
uv_handle_t* base(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

void nothing(uv_idle_t*) {}
void woken(uv_async_t*) {}

}  // namespace

struct Loop::Handles {
  uv_loop_t loop{};
  uv_async_t async{};
  uv_timer_t timer{};
  uv_prepare_t prepare{};
  uv_check_t check{};
  uv_idle_t idle{};
  struct Signal {
    uv_signal_t handle{};
    std::function<void()> caught;
  };
  std::deque<Signal> signals;  // addresses stay
  struct Poll {
    uv_poll_t handle{};
    std::function<void()> readable;
  };
  std::deque<Poll> polls;
  std::function<void()> turn;
  std::function<bool()> work_waits;
  bool has_rung = false;  // the alarm, and no turn was made since

  // An alarm that is due at once rings before the loop sleeps, not after: no turn follows by
  // itself.
  static void rang(uv_timer_t* timer) { static_cast<Handles*>(timer->data)->has_rung = true; }
  // Idle handles keep the loop from sleeping; that is all this one is for.
  static void before_sleep(uv_prepare_t* prepare) {
    auto* self = static_cast<Handles*>(prepare->data);
    if (self->has_rung || (self->work_waits && self->work_waits())) {
      uv_idle_start(&self->idle, nothing);
    } else {
      uv_idle_stop(&self->idle);
    }
  }
  static void after_sleep(uv_check_t* check) {
    auto* self = static_cast<Handles*>(check->data);
    self->has_rung = false;
    if (self->turn) self->turn();
  }
};

void Loop::Doorbell::ring() {
  // Never fails while the loop lives.
  CHECK(uv_async_send(static_cast<uv_async_t*>(async_)) == 0);
}

void Loop::Alarm::set(std::int64_t ms) {
  auto* timer = static_cast<uv_timer_t*>(timer_);
  if (ms < 0) {
    uv_timer_stop(timer);
    return;
  }
  // The loop's own time was read when it woke: a turn that took long must not make it late.
  uv_update_time(timer->loop);
  CHECK(uv_timer_start(timer, Handles::rang, static_cast<std::uint64_t>(ms), 0) == 0);
}

Loop::Loop() : handles_(std::make_unique<Handles>()) {
  Handles& all = *handles_;
  CHECK(uv_loop_init(&all.loop) == 0);
  CHECK(uv_async_init(&all.loop, &all.async, woken) == 0);
  uv_timer_init(&all.loop, &all.timer);
  uv_prepare_init(&all.loop, &all.prepare);
  uv_check_init(&all.loop, &all.check);
  uv_idle_init(&all.loop, &all.idle);
  all.prepare.data = all.check.data = all.timer.data = &all;
  uv_prepare_start(&all.prepare, Handles::before_sleep);
  uv_check_start(&all.check, Handles::after_sleep);
  doorbell_.async_ = &all.async;
  alarm_.timer_ = &all.timer;
}

Loop::~Loop() {
  Handles& all = *handles_;
  uv_walk(
      &all.loop, [](uv_handle_t* handle, void*) { uv_close(handle, nullptr); }, nullptr);
  uv_run(&all.loop, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&all.loop) == 0);
}

void Loop::on_signal(int number, std::function<void()> caught) {
  auto& signal = handles_->signals.emplace_back();
  signal.caught = std::move(caught);
  CHECK(uv_signal_init(&handles_->loop, &signal.handle) == 0);
  signal.handle.data = &signal;
  const auto call = [](uv_signal_t* handle, int) {
    static_cast<Handles::Signal*>(handle->data)->caught();
  };
  CHECK(uv_signal_start(&signal.handle, call, number) == 0);
}

void Loop::watch(int descriptor, std::function<void()> readable) {
  auto& poll = handles_->polls.emplace_back();
  poll.readable = std::move(readable);
  CHECK(uv_poll_init(&handles_->loop, &poll.handle, descriptor) == 0);
  poll.handle.data = &poll;
  const auto call = [](uv_poll_t* handle, int, int) {
    static_cast<Handles::Poll*>(handle->data)->readable();
  };
  CHECK(uv_poll_start(&poll.handle, UV_READABLE, call) == 0);
}

void Loop::every_turn(std::function<void()> turn, std::function<bool()> work_waits) {
  handles_->turn = std::move(turn);
  handles_->work_waits = std::move(work_waits);
}

void Loop::run() { uv_run(&handles_->loop, UV_RUN_DEFAULT); }

void Loop::stop() { uv_stop(&handles_->loop); }

}  // namespace usher
