#include "routing/queues.h"

#include <algorithm>

#include "routing/hash.h"

namespace usher {

void Queues::configure(const RoutingRules& configuration) {
  nodes_.clear();
  queues_.clear();
  by_key_.clear();
  compatible_.clear();
  lanes_.assign(configuration.bands.size() + 1, Lane{});
  for (const BandConfiguration& band : configuration.bands) {
    lanes_[band.number.value].band = band;
  }
}

QueueSlot Queues::queue(const ClassConfiguration& service_class, ChannelNumber channel,
                        RequirementSlot requirement, std::int64_t head_start_ms) {
  const QueueKey key{service_class.number.value, channel.value, requirement.value, head_start_ms};
  auto [place, is_new] =
      by_key_.try_emplace(key, QueueSlot{static_cast<std::uint32_t>(queues_.size())});
  if (!is_new) return place->second;

  Lane& lane = lanes_[service_class.band.value];
  Queue queue{service_class.number, channel, requirement, head_start_ms, 0, 0, 0, 0, {}, {}};
  queue.lane = service_class.band.value;
  queue.position = static_cast<std::uint32_t>(lane.queues.size());
  queue.target_ms = service_class.target_ms;
  queues_.push_back(queue);
  lane.queues.push_back(place->second);
  lane.heads.emplace_back();
  lane.filled.resize(queue.position / 64 + 1);
  lane.least.resize(queue.position / 64 + 1);
  return place->second;
}

std::int64_t Queues::static_time(const Lane& lane, const Queue& queue, std::int64_t time_ms) const {
  switch (lane.band.order) {
    case Order::oldest: return time_ms - queue.head_start_ms;
    case Order::deadline: return time_ms + queue.target_ms - queue.head_start_ms;
    case Order::service_level: return time_ms + queue.target_ms;
  }
  return 0;
}

OrderKey Queues::key(const Queue& queue, std::int64_t time_ms, std::uint64_t queued,
                     std::int64_t now_ms) const {
  const Lane& lane = lanes_[queue.lane];
  std::uint8_t rank = 0;
  if (lane.band.order == Order::service_level) {
    const std::int64_t waited_ms = now_ms - time_ms;
    const std::int64_t rescue_ms = std::int64_t{lane.band.rescue} * queue.target_ms;
    rank = waited_ms >= rescue_ms ? 0 : waited_ms <= queue.target_ms ? 1 : 2;
  }
  return OrderKey{queue.lane, rank, static_time(lane, queue, time_ms), queued};
}

bool Queues::before(ConversationSlot a, ConversationSlot b) const {
  if (node(a).time_ms != node(b).time_ms) return node(a).time_ms < node(b).time_ms;
  return node(a).queued < node(b).queued;
}

std::uint64_t Queues::priority(const Node& node) { return mixed(node.queued); }

void Queues::refresh_least(ConversationSlot slot) {
  Node& at = node(slot);
  at.least_queued = at.queued;
  if (at.left) at.least_queued = std::min(at.least_queued, node(at.left).least_queued);
  if (at.right) at.least_queued = std::min(at.least_queued, node(at.right).least_queued);
}

void Queues::replace_child(Queue& queue, ConversationSlot parent, ConversationSlot from,
                           ConversationSlot to) {
  if (!parent) {
    queue.root = to;
  } else if (node(parent).left == from) {
    node(parent).left = to;
  } else {
    node(parent).right = to;
  }
  if (to) node(to).parent = parent;
}

void Queues::rotate_up(Queue& queue, ConversationSlot slot) {
  const ConversationSlot parent = node(slot).parent;
  const ConversationSlot grandparent = node(parent).parent;
  const bool is_left = node(parent).left == slot;
  const ConversationSlot inner = is_left ? node(slot).right : node(slot).left;
  (is_left ? node(parent).left : node(parent).right) = inner;
  if (inner) node(inner).parent = parent;
  replace_child(queue, grandparent, parent, slot);
  (is_left ? node(slot).right : node(slot).left) = parent;
  node(parent).parent = slot;
  refresh_least(parent);
  refresh_least(slot);
}

void Queues::insert(QueueSlot queue_slot, ConversationSlot conversation, std::int64_t time_ms,
                    std::uint64_t queued) {
  if (conversation.value >= nodes_.size()) nodes_.resize(conversation.value + 1);
  CHECK(!node(conversation).queue);
  Queue& queue = queues_[queue_slot.value];
  node(conversation) = Node{{}, {}, {}, queue_slot, time_ms, queued, queued};
  ++queue.size;
  ++lanes_[queue.lane].waiting;
  if (!queue.root) {
    queue.root = queue.head = conversation;
    head_changed(queue);
    return;
  }
  ConversationSlot at = queue.root;
  while (true) {
    node(at).least_queued = std::min(node(at).least_queued, queued);
    ConversationSlot& child = before(conversation, at) ? node(at).left : node(at).right;
    if (!child) {
      child = conversation;
      node(conversation).parent = at;
      break;
    }
    at = child;
  }
  while (node(conversation).parent &&
         priority(node(node(conversation).parent)) < priority(node(conversation))) {
    rotate_up(queue, conversation);
  }
  if (before(conversation, queue.head)) {
    queue.head = conversation;
    head_changed(queue);
  }
}

void Queues::erase(ConversationSlot conversation) {
  Queue& queue = queues_[node(conversation).queue.value];
  const bool was_head = queue.head == conversation;
  const ConversationSlot new_head = was_head ? next(conversation) : queue.head;
  while (node(conversation).left && node(conversation).right) {
    const ConversationSlot left = node(conversation).left;
    const ConversationSlot right = node(conversation).right;
    rotate_up(queue, priority(node(left)) < priority(node(right)) ? right : left);
  }
  const ConversationSlot only =
      node(conversation).left ? node(conversation).left : node(conversation).right;
  const ConversationSlot parent = node(conversation).parent;
  replace_child(queue, parent, conversation, only);
  for (ConversationSlot at = parent; at; at = node(at).parent) refresh_least(at);
  node(conversation) = Node{};
  --queue.size;
  --lanes_[queue.lane].waiting;
  queue.head = new_head;
  if (was_head) head_changed(queue);
}

ConversationSlot Queues::next(ConversationSlot conversation) const {
  if (node(conversation).right) {
    ConversationSlot at = node(conversation).right;
    while (node(at).left) at = node(at).left;
    return at;
  }
  ConversationSlot at = conversation;
  while (node(at).parent && node(node(at).parent).right == at) at = node(at).parent;
  return node(at).parent;
}

// Of a queue in which targets count, the first one that is neither rescued nor late.
ConversationSlot Queues::first_inside(const Queue& queue, std::int64_t now_ms) const {
  ConversationSlot found;
  for (ConversationSlot at = queue.root; at;) {
    const bool is_inside = rank(queue, at, now_ms) == inside_rank;
    if (is_inside) found = at;
    at = is_inside ? node(at).left : node(at).right;
  }
  return found;
}

void Queues::head_changed(const Queue& queue) {
  Lane& lane = lanes_[queue.lane];
  const std::size_t block = queue.position / 64;
  const std::uint64_t bit = std::uint64_t{1} << (queue.position % 64);
  if (queue.head) {
    lane.filled[block] |= bit;
    lane.heads[queue.position] =
        Head{static_time(lane, queue, node(queue.head).time_ms), node(queue.head).queued};
  } else {
    lane.filled[block] &= ~bit;
  }
  refresh_block(lane, block);
}

void Queues::refresh_block(Lane& lane, std::size_t block) {
  bool is_first = true;
  for (std::uint64_t bits = lane.filled[block]; bits != 0; bits &= bits - 1) {
    const Head& head = lane.heads[block * 64 + static_cast<std::size_t>(__builtin_ctzll(bits))];
    if (is_first || head < lane.least[block]) lane.least[block] = head;
    is_first = false;
  }
}

const std::vector<std::uint64_t>& Queues::compatible(const Needs& needs, ProfileSlot profile,
                                                     std::size_t lane_number) {
  if (profile.value >= compatible_.size()) compatible_.resize(profile.value + 1);
  std::vector<Compatible>& by_lane = compatible_[profile.value];
  if (by_lane.size() < lanes_.size()) by_lane.resize(lanes_.size());
  Compatible& compatible = by_lane[lane_number];
  const Lane& lane = lanes_[lane_number];
  compatible.bits.resize(lane.filled.size());
  for (; compatible.known < lane.queues.size(); ++compatible.known) {
    const Queue& queue = queues_[lane.queues[compatible.known].value];
    if (needs.first_step(profile, queue.requirement) == Needs::never) continue;
    compatible.bits[compatible.known / 64] |= std::uint64_t{1} << (compatible.known % 64);
  }
  return compatible.bits;
}

std::uint32_t Queues::waiting_from(BandNumber band) const {
  std::uint32_t waiting = 0;
  for (std::size_t i = band.value; i < lanes_.size(); ++i) waiting += lanes_[i].waiting;
  return waiting;
}

bool Queues::agrees() const {
  for (const Queue& queue : queues_) {
    std::uint32_t counted = 0;
    for (ConversationSlot at = queue.head; at; at = next(at)) {
      ++counted;
      const ConversationSlot following = next(at);
      if (following && !before(at, following)) return false;
      if (node(at).left && priority(node(node(at).left)) > priority(node(at))) return false;
    }
    const Lane& lane = lanes_[queue.lane];
    const bool filled = (lane.filled[queue.position / 64] >> (queue.position % 64) & 1) != 0;
    if (counted != queue.size || filled != (counted > 0)) return false;
  }
  return true;
}

}  // namespace usher
