// Where a conversation may wait: calendars, overflow, deferral and shedding.

#include <algorithm>

#include "routing/limits.h"
#include "sim/twin.h"

namespace usher::sim {

using State = ConversationState;

// --- calendars ---

HoursNumber Twin::calendar(const Conversation& c) const {
  for (const ClassHours& line : class_of(c).hours) {
    if (!line.language || line.language == c.now.language) return line.hours;
  }
  return {};
}

bool Twin::closed(const Conversation& c) const {
  const auto found = calendars_.find(calendar(c));
  return found != calendars_.end() && !found->second.back().open;
}

std::int64_t Twin::clock_from_ms(const Conversation& c) const {
  const auto found = calendars_.find(calendar(c));
  if (found == calendars_.end()) return c.opened_ms;
  const std::int64_t from_ms = std::max(c.opened_ms, now() - 31 * limits::day_ms);
  std::int64_t closed_ms = 0;
  for (auto turn = found->second.begin(); turn != found->second.end(); ++turn) {
    if (turn->open) continue;
    const auto next = std::next(turn);
    const std::int64_t until_ms = next == found->second.end() ? now() : next->at_ms;
    closed_ms += std::max<std::int64_t>(0, until_ms - std::max(from_ms, turn->at_ms));
  }
  return c.opened_ms + closed_ms;
}

Refusal Twin::on(const command::SetHours& set) {
  if (!named(NameKind::hours, set.hours.value)) return Refusal::unknown_name;
  std::vector<Turn>& turns = calendars_[set.hours];
  if (turns.empty()) turns.push_back({});
  if (turns.back().open == set.open) return Refusal::none;
  turns.push_back({now(), set.open});
  judge_all(Cause::hours);
  return Refusal::none;
}

// --- where it may wait ---

Twin::Fate Twin::fate(const Conversation& c, bool first) const {
  using To = Diversion::Kind;
  const bool opens = c.state == State::none;
  const Overflow& overflow = class_of(c).overflow;
  // Only an open can be refused.
  const bool may_overflow =
      !c.diverted && overflow.to.kind != To::none && (opens || overflow.to.kind != To::refuse);
  const auto leave = [](const Diversion& to, Cause cause) -> Fate {
    if (to.kind == To::refuse) return {Fate::Kind::refuse, cause, {}};
    if (to.kind == To::service_class) return {Fate::Kind::elsewhere, cause, to.service_class};
    return {Fate::Kind::defer, cause, {}};
  };
  if (!ever(c)) {
    if (may_overflow) return leave(overflow.to, Cause::overflow);
    return {Fate::Kind::unroutable, Cause::none, {}};
  }
  if (closed(c)) {
    const Diversion& to = class_of(c).closed_to;
    const bool defers = to.kind == To::service_class ? c.diverted : !opens;
    return defers ? Fate{Fate::Kind::defer, Cause::hours, {}} : leave(to, Cause::hours);
  }
  if (!may_overflow) return {};
  const std::uint32_t others = waiting_in(c.service_class) - (c.state == State::waiting ? 1 : 0);
  const bool too_many = first && overflow.waiting_max > 0 && others >= overflow.waiting_max;
  const bool too_long = overflow.wait_ms_max > 0 && now() - c.opened_ms >= overflow.wait_ms_max;
  if (!on_duty(c) || too_many || too_long) return leave(overflow.to, Cause::overflow);
  return {};
}

void Twin::judge(Conversation& c, Cause cause, bool first) {
  if (c.state == State::waiting) {
    meet(c, fate(c, first));
  } else if (c.state == State::unroutable) {
    const Fate its_fate = fate(c, false);  // how many others wait counts once it waits itself
    if (its_fate.kind == Fate::Kind::unroutable) return;
    if (its_fate.kind == Fate::Kind::stands) {
      enter_queue(c, cause, {});
    } else {
      meet(c, its_fate);
    }
  } else if (c.state == State::deferred) {
    const bool by_hours = due(TimerKind::deferred, c.now.conversation) == 0;
    if (by_hours && !closed(c)) enter_queue(c, Cause::hours, {});
  }
}

void Twin::meet(Conversation& c, const Fate& its_fate) {
  const ConversationId id = c.now.conversation;
  switch (its_fate.kind) {
    case Fate::Kind::stands: look_at_longest_wait(c); return;
    case Fate::Kind::unroutable:
      stop(TimerKind::longest_wait, id);
      c.told = false;
      c.state = State::unroutable;
      c.joined = false;
      tell(c, EventKind::unroutable, Cause::nobody_ever);
      watch_target(c);
      return;
    case Fate::Kind::defer:
      if (its_fate.cause == Cause::overflow) c.diverted = true;
      defer(c, its_fate.cause, its_fate.cause == Cause::hours ? 0 : class_of(c).overflow.defer_ms);
      return;
    case Fate::Kind::elsewhere:
      stop(TimerKind::longest_wait, id);
      c.diverted = true;
      move(c, its_fate.to, its_fate.cause, {});
      return;
    case Fate::Kind::refuse: return;  // said before it was opened
  }
}

// The timer of what stands in the queue, if time alone takes it from there.
void Twin::look_at_longest_wait(Conversation& c) {
  const Overflow& overflow = class_of(c).overflow;
  const bool leaves = overflow.to.kind == Diversion::Kind::defer ||
                      overflow.to.kind == Diversion::Kind::service_class;
  const std::int64_t due_ms = c.opened_ms + overflow.wait_ms_max;
  const bool limited = leaves && !c.diverted && !c.joined && overflow.wait_ms_max > 0;
  const ConversationId id = c.now.conversation;
  if (limited && due(TimerKind::longest_wait, id) == due_ms) return;
  stop(TimerKind::longest_wait, id);
  if (limited && due_ms > now()) start(TimerKind::longest_wait, due_ms, id);
}

// Until its calendar opens, or for so long.
void Twin::defer(Conversation& c, Cause cause, std::int64_t for_ms) {
  const ConversationId id = c.now.conversation;
  stop(TimerKind::longest_wait, id);
  stop(TimerKind::target, id);
  c.told = false;
  if (!c.now.test) ++figures(c).deferrals;
  c.state = State::deferred;
  c.joined = false;
  const std::int64_t due_ms = for_ms == 0 ? 0 : now() + for_ms;
  if (due_ms != 0) start(TimerKind::deferred, due_ms, id);
  tell(c, EventKind::deferred, cause, {}, due_ms);
}

void Twin::go_on_judging() {
  if (!judging_) return;
  std::size_t looked_at = 0;
  for (Conversation& c : conversations_) {
    if (c.number <= judging_->looked_at) continue;
    if (looked_at++ == limits::cursor_step || caused(limits::cursor_events_max)) return;
    judging_->looked_at = c.number;
    judge(c, judging_->cause);
    watch_again(c);
  }
  judging_.reset();
}

// --- shedding ---

// Of the last band that has any, the one that first entered the queue last.
Twin::Conversation* Twin::last_to_shed() {
  Conversation* last = nullptr;
  for (Conversation& c : conversations_) {
    if (c.state != State::waiting || band_of(c).security) continue;
    const auto place = [&](const Conversation& d) {
      return std::make_pair(band_position(d), d.queued);
    };
    if (last == nullptr || place(c) > place(*last)) last = &c;
  }
  return last;
}

bool Twin::shed() {
  const std::uint32_t waiting_max = rules().waiting_max;
  if (waiting_max == 0) return false;
  const auto waiting = [&] {
    return static_cast<std::uint32_t>(
        std::count_if(conversations_.begin(), conversations_.end(),
                      [](const Conversation& c) { return c.state == State::waiting; }));
  };
  std::size_t count = 0;
  while (waiting() > waiting_max) {
    Conversation* c = last_to_shed();
    if (c == nullptr) break;
    if (count == limits::cursor_step || caused(limits::matching_events_max)) {
      unfinished_ = true;
      break;
    }
    ++count;
    defer(*c, Cause::overflow, class_of(*c).overflow.defer_ms);
  }
  return count > 0;
}

}  // namespace usher::sim
