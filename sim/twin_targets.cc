// What is told of waits, and what comes too late.

#include <algorithm>

#include "sim/twin.h"

namespace usher::sim {

using State = ConversationState;

// Its state or class has just become this one.
void Twin::begins_to_wait(const Conversation& c) {
  if (waiting_in(c.service_class) == 1) estimators_[c.service_class].backlog_began(now());
}

// Whether anybody is there for it, so that it can be said how long it waits.
bool Twin::served(const Conversation& c) const {
  return !shut(Scope::pool, 0) && !shut(Scope::service_class, c.service_class.value) &&
         !closed(c) && on_duty(c);
}

// Whether it is for somebody without a language, by one channel or another.
bool Twin::served(const ClassConfiguration& its) const {
  return std::any_of(rules().channels.begin(), rules().channels.end(), [&](const auto& channel) {
    Conversation anybody;
    anybody.service_class = its.number;
    anybody.now.channel = channel.number;
    return served(anybody);
  });
}

void Twin::tell_wait(Conversation& c, bool first) {
  if (!served(c)) {
    c.told = false;
    watch_target(c);
    return;
  }
  c.expected = estimators_[c.service_class].expect(waiting_in(c.service_class));
  c.told_ms = now();
  c.told = true;
  c.teaches = first;
  c.at_once = false;
  watch_target(c);
}

void Twin::was_assigned(Conversation& c) {
  if (c.told && now() > c.told_ms && !c.at_once && !c.now.test) {
    Estimator& its = estimators_[c.service_class];
    its.started(now());
    if (c.teaches) its.learn(c.expected, now() - c.told_ms);
  }
  const bool waits = c.state == State::waiting || c.state == State::offered;
  if (waits && !c.told && !c.now.test) estimators_[c.service_class].backlog_began(now());
  c.told = false;
}

void Twin::watch_target(Conversation& c) {
  const ConversationId id = c.now.conversation;
  stop(TimerKind::target, id);
  if (c.replied || c.breached || closed(c)) return;
  const std::int64_t left_ms = class_of(c).target_ms - (now() - clock_from_ms(c));
  std::int64_t at_ms = now() + std::max<std::int64_t>(0, left_ms + 1);
  if (c.told && c.expected.p50_ms >= 0 && !c.at_risk) {
    const std::int64_t expected_ms = c.told_ms + c.expected.p50_ms;
    if (expected_ms - now() > left_ms) {
      at_ms = now();
    } else {
      at_ms = std::min(at_ms, std::max(now(), expected_ms));
    }
  }
  start(TimerKind::target, at_ms, id);
}

// Other rules: what was late before them is left to the judging cursor.
void Twin::watch_waits() {
  for (Conversation& c : conversations_) {
    if (watched(c)) watch_target(c);
    stop(TimerKind::longest_wait, c.now.conversation);
    if (c.state == State::waiting) look_at_longest_wait(c);
  }
}

bool Twin::watched(const Conversation& c) const {
  return std::any_of(timers_.begin(), timers_.end(), [&](const Timer& t) {
    return t.kind == TimerKind::target && t.conversation == c.now.conversation;
  });
}

// Its calendar may have opened.
void Twin::watch_again(Conversation& c) {
  const bool may_be_late = c.state == State::waiting || c.state == State::offered ||
                           c.state == State::assigned || c.state == State::held ||
                           c.state == State::unroutable;
  if (may_be_late && !watched(c)) watch_target(c);
}

void Twin::look_at_target(Conversation& c) {
  // Its clock stands.
  if (closed(c)) return watch_target(c);
  const std::int64_t left_ms = class_of(c).target_ms - (now() - clock_from_ms(c));
  if (left_ms < 0) {
    c.breached = true;
    if (!c.now.test) ++figures(c).breached;
    tell(c, EventKind::breached, Cause::due);
  } else if ((c.state == State::waiting || c.state == State::offered) && !c.at_risk) {
    c.at_risk = true;
    tell(c, EventKind::at_risk, Cause::due, {}, now() + left_ms);
  }
  watch_target(c);
}

void Twin::note_opened() {
  const Conversation* c = live(opened_now_);
  if (c == nullptr || c->now.test) return;
  const bool at_once = c->state == State::offered || c->state == State::assigned;
  if (at_once || (c->state == State::waiting && c->told))
    estimators_[c->service_class].opened(at_once);
}

Expected Twin::expected(const Conversation& c) const {
  if (!c.told || c.expected.p50_ms < 0 || !served(c)) return {};
  const std::int64_t waited_ms = now() - c.told_ms;
  return {std::max<std::int64_t>(0, c.expected.p50_ms - waited_ms),
          std::max<std::int64_t>(0, c.expected.p90_ms - waited_ms)};
}

}  // namespace usher::sim
