#include "daemon/cuts.h"

#include <algorithm>

namespace usher {

namespace {

// A cursor is the number of the cut and the position in it: agents first, then conversations.
constexpr int position_bits = 40;
constexpr std::uint64_t position_mask = (std::uint64_t{1} << position_bits) - 1;

// A chunk ends when it may have grown to half a frame: one more element always fits.
constexpr std::size_t chunk_bytes = frame_bytes_max / 2;

std::size_t bytes_max(const AgentView& agent) {
  return 192 + 32 * agent.loads.size() + 4 * agent.skills.size() + 2 * agent.authorities.size() +
         16 * agent.conversations.size();
}

std::size_t bytes_max(const ConversationView& conversation) {
  return 256 + 16 * conversation.offers.size() + 4 * conversation.required.size() +
         48 * conversation.exclusions.size();
}

}  // namespace

SnapshotFound Cuts::begin(const std::shared_ptr<const Cut>& cut, std::int64_t now_ns) {
  // Readers who asked together share a cut.
  auto kept = std::ranges::find(kept_, cut, &Kept::cut);
  if (kept == kept_.end()) {
    if (kept_.size() == cuts_max) kept_.pop_front();
    kept_.push_back({.number = ++numbers_, .asked_ns = now_ns, .cut = cut});
    kept = std::prev(kept_.end());
  }
  kept->asked_ns = now_ns;
  return chunk(*kept, 0);
}

std::optional<SnapshotFound> Cuts::next(std::uint64_t cursor, std::int64_t now_ns) {
  const auto kept = std::ranges::find(kept_, cursor >> position_bits, &Kept::number);
  if (kept == kept_.end()) return std::nullopt;
  kept->asked_ns = now_ns;
  return chunk(*kept, cursor & position_mask);
}

void Cuts::step(std::int64_t now_ns) {
  std::erase_if(kept_, [&](const Kept& kept) { return now_ns - kept.asked_ns > cut_ns_max; });
}

SnapshotFound Cuts::chunk(const Kept& kept, std::uint64_t position) {
  const Cut& cut = *kept.cut;
  SnapshotFound found{.identity = cut.identity,
                      .sequence = cut.sequence,
                      .pool_ms = cut.pool_ms,
                      .cursor = 0,
                      .agents = {},
                      .conversations = {}};
  const std::uint64_t agents = cut.agents.size();
  const std::uint64_t end = agents + cut.conversations.size();
  std::size_t bytes = 0;
  for (; position < end && bytes < chunk_bytes; ++position) {
    if (position < agents) {
      found.agents.push_back(cut.agents[position]);
      bytes += bytes_max(found.agents.back());
    } else {
      found.conversations.push_back(cut.conversations[position - agents]);
      bytes += bytes_max(found.conversations.back());
    }
  }
  if (position < end) found.cursor = kept.number << position_bits | position;
  return found;
}

}  // namespace usher
