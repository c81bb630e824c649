#include "daemon/sequencer.h"

#include <algorithm>

#include "routing/check.h"

namespace usher {

namespace {

std::int64_t rounded_up(std::int64_t ms) {
  return (ms + limits::tick_ms - 1) / limits::tick_ms * limits::tick_ms;
}

}  // namespace

Sequencer::Sequencer(PoolClock mode, const Clock& clock)
    : mode_(mode), clock_(clock), base_boot_ns_(clock.boot_ns()) {}

std::int64_t Sequencer::resume(const Stamp& last) {
  CHECK(last_.sequence == 0);
  const std::int64_t downtime_ms =
      mode_ == PoolClock::client
          ? 0
          : std::clamp<std::int64_t>(clock_.wall_ms() - last.wall_ms, 0, downtime_ms_max);
  last_ = last;
  base_pool_ms_ = now_ms_ = last.pool_ms + downtime_ms;
  base_boot_ns_ = clock_.boot_ns();
  ticked_ms_ = now_ms_ - limits::tick_ms;
  return downtime_ms;
}

std::int64_t Sequencer::read_ms() const {
  if (mode_ == PoolClock::client) return now_ms_;
  // A clock that goes back, whatever the reason, must not take pool time with it.
  return std::max(now_ms_, base_pool_ms_ + (clock_.boot_ns() - base_boot_ns_) / 1'000'000);
}

void Sequencer::begin_group() {
  now_ms_ = read_ms();
  CHECK(now_ms_ <= limits::pool_ms_max);
  // By the client's clock the same trace must give the same bytes, so pool time is all there is.
  now_wall_ms_ = mode_ == PoolClock::client ? now_ms_ : clock_.wall_ms();
}

Stamp Sequencer::next() {
  CHECK(now_ms_ >= last_.pool_ms);
  last_ = {.sequence = last_.sequence + 1, .pool_ms = now_ms_, .wall_ms = now_wall_ms_};
  return last_;
}

bool Sequencer::tick_due(std::optional<std::int64_t> deadline) const {
  if (!deadline) return false;
  if (*deadline <= last_.pool_ms) return true;  // a cursor of the core has work left
  return *deadline <= now_ms_ && now_ms_ - ticked_ms_ >= limits::tick_ms;
}

std::optional<std::int64_t> Sequencer::wait_ms(std::optional<std::int64_t> deadline) const {
  if (!deadline) return std::nullopt;
  if (*deadline <= last_.pool_ms) return 0;
  if (mode_ == PoolClock::client) return std::nullopt;
  const std::int64_t due = std::max(*deadline, ticked_ms_ + limits::tick_ms);
  return std::max<std::int64_t>(0, due - read_ms());
}

bool Sequencer::advance(std::int64_t to, std::optional<std::int64_t> deadline) {
  CHECK(mode_ == PoolClock::client);
  CHECK(to >= now_ms_);
  const bool tick = deadline && *deadline <= to;
  now_ms_ = tick ? std::max(now_ms_, std::min(to, rounded_up(*deadline))) : to;
  return tick;
}

}  // namespace usher
