#include "bench/usher_load/figures.h"

#include <algorithm>

namespace usher::load {
namespace {

bool is_waiting(ConversationState state) {
  return state == ConversationState::waiting || state == ConversationState::offered;
}

}  // namespace

void Figures::know_classes(const std::vector<client::ClassStatus>& classes) {
  for (const client::ClassStatus& status : classes) {
    ClassFigures& figures = classes_[status.service_class];
    figures.target_ms = static_cast<std::int64_t>(status.target_ms);
    figures.band = status.band;
  }
}

void Figures::see(const Event& event) {
  ++events;
  now_ms_ = std::max(now_ms_, event.pool_ms);
  if (!event.conversation) return;
  if (event.kind == EventKind::opened) {
    const auto [found, added] = live_.try_emplace(
        event.conversation,
        Live{.service_class = event.service_class, .opened_ms = event.pool_ms - event.waited_ms});
    if (added) ++classes_[event.service_class].opened;
  }
  const auto found = live_.find(event.conversation);
  if (found == live_.end()) return;  // opened before this run
  see_live(found->second, event);
  if (event.state == ConversationState::closed || event.state == ConversationState::abandoned) {
    live_.erase(found);
  }
}

void Figures::see_live(Live& live, const Event& event) {
  if (live.waiting) {
    classes_[live.service_class].waiting.erase({live.opened_ms, event.conversation});
  }
  if (event.service_class != 0) live.service_class = event.service_class;
  ClassFigures& figures = classes_[live.service_class];
  live.waiting = is_waiting(event.state);
  if (live.waiting) figures.waiting.insert({live.opened_ms, event.conversation});

  switch (event.kind) {
    case EventKind::offered: ++offers; break;
    case EventKind::offer_ended:
      if (event.cause == Cause::lapsed) ++lapses;
      if (event.cause == Cause::rejected) ++rejects;
      break;
    case EventKind::assigned:
      see_assigned(event);
      if (live.assigned_ms < 0) live.assigned_ms = event.pool_ms - live.opened_ms;
      if (figures.replied_by_accept) answered(live, figures, live.assigned_ms);
      break;
    case EventKind::wrapping: see_close(live, figures, event); break;
    case EventKind::waiting:
      if (event.cause == Cause::silent) ++taken_back;
      break;
    case EventKind::replied: answered(live, figures, event.pool_ms - live.opened_ms); break;
    case EventKind::abandoned:
      if (live.replied) break;
      ++figures.abandoned;
      figures.left_wait.add(floor_ms(event.pool_ms - live.opened_ms));
      break;
    case EventKind::deferred: ++figures.deferred; break;
    case EventKind::unroutable: ++figures.unroutable; break;
    case EventKind::closed:
      see_close(live, figures, event);
      ++figures.closed;
      break;
    default: break;
  }
}

void Figures::answered(Live& live, ClassFigures& figures, std::int64_t waited_ms) {
  if (live.replied) return;
  live.replied = true;
  const std::int64_t waited = floor_ms(waited_ms);
  ++figures.answered;
  if (waited <= figures.target_ms) ++figures.in_target;
  figures.wait.add(waited);
}

void Figures::see_close(Live& live, ClassFigures& figures, const Event& event) {
  if (live.replied || live.assigned_ms < 0) return;
  if (event.outcome != client::CloseOutcome::solved) return;
  figures.replied_by_accept = true;
  answered(live, figures, live.assigned_ms);
}

void Figures::see_assigned(const Event& event) {
  ++assignments;
  if (event.over) ++over;
  auto& list = event.band == 1 ? last_urgent_ : last_others_;
  list.push_front({.conversation = event.conversation,
                   .agent = event.agent,
                   .service_class = event.service_class,
                   .band = event.band,
                   .channel = event.channel,
                   .waited_ms = floor_ms(event.waited_ms),
                   .over = event.over});
  if (list.size() > keep_last_) list.pop_back();
}

ClassFigures Figures::total() const {
  ClassFigures total;
  for (const auto& [number, figures] : classes_) {
    total.opened += figures.opened;
    total.answered += figures.answered;
    total.in_target += figures.in_target;
    total.abandoned += figures.abandoned;
    total.deferred += figures.deferred;
    total.unroutable += figures.unroutable;
    total.closed += figures.closed;
    total.wait.add(figures.wait);
    total.left_wait.add(figures.left_wait);
    total.waiting.insert(figures.waiting.begin(), figures.waiting.end());
  }
  return total;
}

std::int64_t Figures::oldest_ms(const ClassFigures& figures) const {
  if (figures.waiting.empty()) return 0;
  return floor_ms(std::max<std::int64_t>(now_ms_ - figures.waiting.begin()->first, 0));
}

}  // namespace usher::load
