#include "routing/calendar.h"

#include <algorithm>

namespace usher {

void Calendar::set(bool open, std::int64_t now_ms) {
  if (open == open_) return;
  open_ = open;
  if (!open) {
    closed_from_ms_ = now_ms;
    return;
  }
  closed_ms_ += now_ms - closed_from_ms_;
  past_.push_back({closed_from_ms_, now_ms});
  std::erase_if(past_, [&](const Closure& one) { return one.to_ms < now_ms - remembered_ms; });
}

std::int64_t Calendar::closed_ms(std::int64_t now_ms) const {
  return closed_ms_ + (open_ ? 0 : now_ms - closed_from_ms_);
}

std::int64_t Calendar::closed_ms_since(std::int64_t from_ms, std::int64_t now_ms) const {
  const std::int64_t since_ms = std::max(from_ms, now_ms - remembered_ms);
  std::int64_t closed = 0;
  for (const Closure& one : past_) {
    closed += std::max<std::int64_t>(0, one.to_ms - std::max(one.from_ms, since_ms));
  }
  if (!open_) closed += std::max<std::int64_t>(0, now_ms - std::max(closed_from_ms_, since_ms));
  return closed;
}

void Calendar::add_to(Hasher& hasher) const {
  hasher.add(closed_ms_);
  hasher.add(open_ ? std::int64_t{-1} : closed_from_ms_);
  for (const Closure& one : past_) {
    hasher.add(one.from_ms);
    hasher.add(one.to_ms);
  }
}

}  // namespace usher
