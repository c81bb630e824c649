// What cannot simply wait in its class: closed hours, overflow, shedding; and how it comes back.

#include <algorithm>

#include "routing/state.h"

namespace usher {

Outcome Router::State::on(const command::SetHours& command) {
  if (!known(NameKind::hours, command.hours.value)) return refuse(Refusal::unknown_name);
  Calendar& calendar = calendar_of(command.hours);
  if (calendar.open() == command.open) return {};
  calendar.set(command.open, stamp.pool_ms);
  judge_all(Cause::hours);
  return {};
}

Calendar& Router::State::calendar_of(HoursNumber number) {
  if (calendars.size() <= number.value) calendars.resize(number.value + 1u);
  return calendars[number.value];
}

// The calendar of those of the class who speak the language; none = always open.
HoursNumber Router::State::hours_of(const ClassConfiguration& of, LanguageNumber language) {
  for (const ClassHours& line : of.hours) {
    if (!line.language || line.language == language) return line.hours;
  }
  return {};
}

// Whether it waits for its class to open. The requirement tells class and language.
bool Router::State::closed(RequirementSlot requirement) const {
  const HoursNumber hours = demands[requirement.value].hours;
  return hours && hours.value < calendars.size() && !calendars[hours.value].open();
}

// opened_at as the clock of its target sees it: that clock stands while the class is closed.
std::int64_t Router::State::target_from_ms(const Nature& nature) const {
  const HoursNumber hours = demands[nature.requirement.value].hours;
  if (!hours || hours.value >= calendars.size()) return nature.opened_ms;
  return nature.opened_ms + calendars[hours.value].closed_ms(stamp.pool_ms) - nature.closed_mark_ms;
}

// Remembers how long its calendar had been closed when it was opened.
void Router::State::mark_hours(Nature& nature) const {
  const HoursNumber hours = demands[nature.requirement.value].hours;
  nature.closed_mark_ms = 0;
  if (!hours || hours.value >= calendars.size()) return;
  const Calendar& calendar = calendars[hours.value];
  nature.closed_mark_ms =
      calendar.closed_ms(stamp.pool_ms) - calendar.closed_ms_since(nature.opened_ms, stamp.pool_ms);
}

// By what the queues of its band are kept.
std::int64_t Router::State::queue_time_ms(const Nature& nature) const {
  const ClassConfiguration& of = *class_configurations[nature.service_class.value];
  return band_of(of).order == Order::oldest ? nature.opened_ms : target_from_ms(nature);
}

// What becomes of a conversation that waits, or would.
Router::State::Way Router::State::way_of(const Nature& nature, bool may_divert,
                                         std::optional<std::uint32_t> first_behind) const {
  const Overflow& overflow = class_configurations[nature.service_class.value]->overflow;
  const bool overflows = may_divert && overflow.to.kind != Diversion::Kind::none;
  if (!routable(nature)) return overflows ? Way::overflow : Way::unroutable;
  if (closed(nature.requirement)) return Way::closed;
  if (!overflows) return Way::queue;
  if (nobody_on_duty(nature)) return Way::overflow;
  const bool full = overflow.waiting_max > 0 && first_behind.value_or(0) >= overflow.waiting_max;
  const bool late =
      overflow.wait_ms_max > 0 && stamp.pool_ms >= nature.opened_ms + overflow.wait_ms_max;
  return full || late ? Way::overflow : Way::queue;
}

// Whether it sends what is live already somewhere else.
bool Router::State::diverts(const Overflow& overflow) {
  return overflow.to.kind != Diversion::Kind::none && overflow.to.kind != Diversion::Kind::refuse;
}

bool Router::State::may_divert(const Conversation& conversation) const {
  return !conversation.diverted && diverts(class_of(conversation).overflow);
}

// One that it has already keeps its place among the timers.
void Router::State::set_overdue(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  const Overflow& overflow = class_of(conversation).overflow;
  const std::int64_t due_ms = conversation.nature.opened_ms + overflow.wait_ms_max;
  const bool limited = may_divert(conversation) && overflow.wait_ms_max > 0;
  if (limited && conversation.overdue && deadline_of(conversation.overdue) == due_ms) return;
  timers.cancel(conversation.overdue);
  const bool comes = limited && due_ms > stamp.pool_ms;
  if (comes) conversation.overdue = timers.add(due_ms, TimerKind::overdue, slot.value);
}

// Requires: it stands in no queue; the way is closed or overflow.
void Router::State::divert(ConversationSlot slot, Way way) {
  Conversation& conversation = conversations[slot];
  const ClassConfiguration& of = class_of(conversation);
  const Diversion to = way == Way::closed ? of.closed_to : of.overflow.to;
  const Cause cause = way == Way::closed ? Cause::hours : Cause::overflow;
  if (to.kind == Diversion::Kind::service_class && !conversation.diverted) {
    Nature nature = conversation.nature;
    nature.service_class = to.service_class;
    if (bind(nature)) {
      conversation.diverted = true;
      requeue(slot, nature, cause, {});
      return;
    }
  }
  if (way == Way::overflow) conversation.diverted = true;
  defer(slot, cause);
}

// Requires: it stands in no queue.
void Router::State::defer(ConversationSlot slot, Cause cause) {
  Conversation& conversation = conversations[slot];
  if (cause == Cause::overflow) {
    conversation.timer = timers.add(stamp.pool_ms + class_of(conversation).overflow.defer_ms,
                                    TimerKind::deferred, slot.value);
  }
  forget_promise(conversation);
  timers.cancel(conversation.target);
  if (!conversation.nature.test) ++figures(conversation.nature).deferrals;
  set_state(slot, ConversationState::deferred);
  emit(EventKind::deferred, cause, conversation).due_ms = deadline_of(conversation.timer);
}

// Of all that wait outside the security bands, those of the last band that came last. Nobody waits
// behind these, so nothing becomes possible by it.
void Router::State::shed() {
  if (configuration.waiting_max == 0) return;
  while (waiting > configuration.waiting_max) {
    if (shed_count == limits::cursor_step || caused() >= limits::matching_events_max) return;
    std::size_t band = sheddable.size();
    while (band > 0 && sheddable[band - 1].empty()) --band;
    if (band == 0) break;
    const ConversationSlot slot = std::prev(sheddable[band - 1].end())->second;
    ++shed_count;
    leave_queue(slot);
    defer(slot, Cause::overflow);
  }
}

// Keeps the place of what waits, or waited, among what may be shed.
void Router::State::show_to_shedding(ConversationSlot slot, bool shown) {
  if (configuration.waiting_max == 0 || is_incident(conversations[slot])) return;
  const Conversation& conversation = conversations[slot];
  const std::size_t band = class_of(conversation).band.value;
  if (sheddable.size() < band) sheddable.resize(band);
  const std::pair<std::uint64_t, ConversationSlot> place{conversation.nature.queued, slot};
  if (shown) {
    sheddable[band - 1].insert(place);
  } else {
    sheddable[band - 1].erase(place);
  }
}

}  // namespace usher
