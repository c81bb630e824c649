#include "daemon/ring.h"

#include <algorithm>
#include <array>

#include "routing/check.h"

namespace usher {

namespace {

// The origins an event concerns, each once.
struct Concerned {
  std::array<std::uint16_t, 3> numbers{};
  std::size_t count = 0;

  explicit Concerned(const Event& event) {
    for (const auto origin : {event.origin, event.agent_origin, event.other_origin}) {
      const auto end = numbers.begin() + static_cast<std::ptrdiff_t>(count);
      if (origin && std::find(numbers.begin(), end, origin.value) == end) {
        numbers[count++] = origin.value;
      }
    }
  }
};

bool wanted(const AskReplay& ask, const Event& event) {
  if (ask.origin && event.origin != ask.origin && event.agent_origin != ask.origin &&
      event.other_origin != ask.origin) {
    return false;
  }
  if (!ask.conversation.is_zero() && event.conversation != ask.conversation) return false;
  return ask.agent.is_zero() || event.agent == ask.agent || event.other_agent == ask.agent;
}

}  // namespace

Ring::Ring(std::size_t capacity)
    // One block more than needed: while the newest fills, the oldest is already gone.
    : blocks_max_((capacity + block_events - 1) / block_events + 1) {
  CHECK(capacity > 0);
}

void Ring::begin_behind(std::uint64_t sequence, const LastOfOrigins& last_of) {
  blocks_.clear();
  origins_.clear();
  last_ = sequence;
  begin_ = oldest_ = sequence + 1;
  for (const auto& [origin, last] : last_of) origins_[origin.value].forgotten = last;
}

void Ring::append(std::span<const Event> events) {
  for (const Event& event : events) {
    if (last_ == 0) {
      begin_ = oldest_ = event.sequence;
    } else {
      CHECK(event.sequence == last_ + 1);
    }
    last_ = event.sequence;
    if (blocks_.empty() || blocks_.back().size() == block_events) {
      if (blocks_.size() == blocks_max_) forget_block();
      blocks_.emplace_back().reserve(block_events);
    }
    blocks_.back().push_back(event);
    index(event);
  }
}

void Ring::index(const Event& event) {
  const Concerned concerned(event);
  for (std::size_t i = 0; i < concerned.count; ++i) {
    origins_[concerned.numbers[i]].kept.push_back(event.sequence);
  }
}

void Ring::forget_block() {
  for (const Event& event : blocks_.front()) {
    const Concerned concerned(event);
    for (std::size_t i = 0; i < concerned.count; ++i) {
      OfOrigin& origin = origins_[concerned.numbers[i]];
      CHECK(origin.kept.front() == event.sequence);
      origin.kept.pop_front();
      origin.forgotten = event.sequence;
    }
  }
  blocks_.pop_front();
  begin_ += block_events;
  oldest_ = begin_;
}

void Ring::of_origin(OriginNumber origin, std::uint64_t after, std::size_t count_max,
                     std::vector<Event>& into) const {
  const auto found = origins_.find(origin.value);
  if (found == origins_.end()) return;
  const auto& kept = found->second.kept;
  auto place = std::upper_bound(kept.begin(), kept.end(), after);
  for (std::size_t i = 0; i < count_max && place != kept.end(); ++i, ++place) {
    into.push_back(at(*place));
  }
}

std::uint64_t Ring::forgotten(OriginNumber origin) const {
  const auto found = origins_.find(origin.value);
  return found == origins_.end() ? 0 : found->second.forgotten;
}

ReplayFound Ring::replay(const AskReplay& ask, bool& below) const {
  ReplayFound found{
      .identity = {}, .oldest = oldest_, .last = last_, .next = ask.after, .events = {}};
  below = ask.after != 0 && ask.after + 1 < oldest_;
  if (below || last_ == 0) return found;
  const std::size_t count_max = std::min<std::size_t>(ask.count_max, replay_events_max);
  const std::uint64_t begin = std::max(ask.after + 1, oldest_);
  const std::uint64_t end = std::min(last_ + 1, begin + replay_scan_max);
  std::uint64_t sequence = begin;
  for (; sequence < end && found.events.size() < count_max; ++sequence) {
    const Event& event = at(sequence);
    if (wanted(ask, event)) found.events.push_back(event);
  }
  found.next = std::max(ask.after, sequence - 1);
  return found;
}

}  // namespace usher
