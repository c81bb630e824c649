#include "sim/alarms.h"

#include <algorithm>

namespace usher::sim {

void Alarms::set(Handle handle, std::int64_t at_us) {
  if (handle >= position_.size()) {
    if (at_us == never) return;
    position_.resize(handle + std::size_t{1}, nowhere);
  }
  const std::uint32_t position = position_[handle];
  if (at_us == never) {
    if (position != nowhere) erase(position);
    return;
  }
  const Alarm alarm{at_us, handle};
  if (position == nowhere) {
    heap_.emplace_back();
    sift_up(heap_.size() - 1, alarm);
  } else if (before(alarm, heap_[position])) {
    sift_up(position, alarm);
  } else {
    sift_down(position, alarm);
  }
}

void Alarms::put(std::size_t position, const Alarm& alarm) {
  heap_[position] = alarm;
  position_[alarm.handle] = static_cast<std::uint32_t>(position);
}

void Alarms::sift_up(std::size_t position, const Alarm& alarm) {
  while (position > 0) {
    const std::size_t parent = (position - 1) / 4;
    if (!before(alarm, heap_[parent])) break;
    put(position, heap_[parent]);
    position = parent;
  }
  put(position, alarm);
}

void Alarms::sift_down(std::size_t position, const Alarm& alarm) {
  for (;;) {
    const std::size_t first = position * 4 + 1;
    if (first >= heap_.size()) break;
    std::size_t best = first;
    const std::size_t end = std::min(first + 4, heap_.size());
    for (std::size_t child = first + 1; child < end; ++child) {
      if (before(heap_[child], heap_[best])) best = child;
    }
    if (!before(heap_[best], alarm)) break;
    put(position, heap_[best]);
    position = best;
  }
  put(position, alarm);
}

void Alarms::erase(std::size_t position) {
  position_[heap_[position].handle] = nowhere;
  const Alarm last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  // What fills the gap comes from another branch and may belong above or below it.
  if (position > 0 && before(last, heap_[(position - 1) / 4])) {
    sift_up(position, last);
  } else {
    sift_down(position, last);
  }
}

}  // namespace usher::sim
