#pragma once

// The waiting conversations, in the order in which they are taken. A derived index.
//
// A queue is (class, channel, requirement, head start): within one, the order is that of opened_at,
// whatever the band's order is, because everything else is the same for all of it. (Where targets
// count, opened_at is moved by the time that its class was closed since; both grow together.) Each
// queue is a treap over (that time, queued) whose priorities are a hash of `queued`, so that its
// shape too is a function of the records; each node knows the smallest `queued` below it, for the
// fair pick.
//
// The queues of a band stand in its lane, in blocks of 64 with a mask of those that are not empty
// and the smallest head; a profile of agents has a mask of the queues it may take from.

#include <cstdint>
#include <map>
#include <vector>

#include "routing/configuration.h"
#include "routing/needs.h"
#include "routing/slab.h"

namespace usher {

using ConversationSlot = Slot<struct ConversationTagSlot>;
using QueueSlot = Slot<struct QueueTag>;

// The order tuple: smaller goes first. `queued` is unique, so the order is total.
struct OrderKey {
  std::uint16_t band = 0xffff;
  std::uint8_t rank = 0;
  std::int64_t time_ms = 0;
  std::uint64_t queued = 0;

  friend auto operator<=>(const OrderKey&, const OrderKey&) = default;
};

enum class Bands : std::uint8_t { all, but_security, security };

struct Queue {
  ClassNumber service_class;
  ChannelNumber channel;
  RequirementSlot requirement;
  std::int64_t head_start_ms = 0;

  std::uint16_t lane = 0;      // the band's number
  std::uint32_t position = 0;  // in the lane
  std::int64_t target_ms = 0;
  std::uint32_t size = 0;
  ConversationSlot root;
  ConversationSlot head;
};

class Queues {
 public:
  // Forgets all. Requires: bands are numbered 1 … n.
  void configure(const RoutingRules& configuration);

  // Requires: the class is configured in the band.
  QueueSlot queue(const ClassConfiguration& service_class, ChannelNumber channel,
                  RequirementSlot requirement, std::int64_t head_start_ms);
  [[nodiscard]] const Queue& operator[](QueueSlot slot) const { return queues_[slot.value]; }
  [[nodiscard]] std::uint32_t queues() const { return static_cast<std::uint32_t>(queues_.size()); }

  // Requires: the conversation is in no queue.
  void insert(QueueSlot queue, ConversationSlot conversation, std::int64_t time_ms,
              std::uint64_t queued);
  // Requires: the conversation is in a queue.
  void erase(ConversationSlot conversation);
  [[nodiscard]] bool holds(ConversationSlot conversation) const {
    return conversation.value < nodes_.size() && nodes_[conversation.value].queue;
  }
  [[nodiscard]] QueueSlot queue_of(ConversationSlot conversation) const {
    return nodes_[conversation.value].queue;
  }

  [[nodiscard]] OrderKey key(const Queue& queue, std::int64_t time_ms, std::uint64_t queued,
                             std::int64_t now_ms) const;

  // What is said of a conversation. `nobody` is a no for all that stand behind it in its queue,
  // too.
  enum class Answer : std::uint8_t { yes, no, nobody };

  // The smallest conversation, of those of `bands` from `band` on, that agents of the profile may
  // take over the channels of `room` and for which `ask` says yes; none if there is none.
  // `ask(conversation)` says whether this very agent may take it now; `open(queue)` whether
  // anything of the queue is given at all.
  template <class Open, class Ask>
  ConversationSlot first(const Needs& needs, ProfileSlot profile, std::uint16_t room,
                         BandNumber band, Bands bands, std::int64_t now_ms, Open&& open, Ask&& ask);

  // Of the same conversations, security bands left out, the one with the smallest `queued`.
  template <class Open, class Ask>
  ConversationSlot first_queued(const Needs& needs, ProfileSlot profile, std::uint16_t room,
                                BandNumber band, Open&& open, Ask&& ask);

  // The smallest conversation of the class, which is in the band, for which `ask` says yes; none if
  // there is none.
  template <class Ask>
  ConversationSlot first_of(ClassNumber service_class, BandNumber band, std::int64_t now_ms,
                            Ask&& ask) const;

  // Profiles were numbered anew.
  void forget_profiles() { compatible_.clear(); }
  [[nodiscard]] std::uint32_t waiting_from(BandNumber band) const;
  [[nodiscard]] ConversationSlot next(ConversationSlot conversation) const;
  [[nodiscard]] std::int64_t time_ms(ConversationSlot conversation) const {
    return nodes_[conversation.value].time_ms;
  }
  [[nodiscard]] bool agrees() const;

 private:
  struct Node {
    ConversationSlot left;
    ConversationSlot right;
    ConversationSlot parent;
    QueueSlot queue;
    std::int64_t time_ms = 0;
    std::uint64_t queued = 0;
    std::uint64_t least_queued = 0;  // of it and all below it
  };
  struct Head {
    std::int64_t time_ms = 0;
    std::uint64_t queued = 0;
    friend auto operator<=>(const Head&, const Head&) = default;
  };
  struct Lane {
    BandConfiguration band;
    std::uint32_t waiting = 0;
    std::vector<QueueSlot> queues;      // by position
    std::vector<Head> heads;            // by position; of non-empty queues
    std::vector<std::uint64_t> filled;  // a bit per position
    std::vector<Head> least;            // by block: the smallest head, if any
  };
  struct QueueKey {
    std::uint16_t service_class = 0;
    std::uint16_t channel = 0;
    std::uint32_t requirement = 0;
    std::int64_t head_start_ms = 0;
    friend auto operator<=>(const QueueKey&, const QueueKey&) = default;
  };

  Node& node(ConversationSlot slot) { return nodes_[slot.value]; }
  [[nodiscard]] const Node& node(ConversationSlot slot) const { return nodes_[slot.value]; }
  [[nodiscard]] bool before(ConversationSlot a, ConversationSlot b) const;
  [[nodiscard]] static std::uint64_t priority(const Node& node);
  void refresh_least(ConversationSlot slot);
  void rotate_up(Queue& queue, ConversationSlot slot);
  void replace_child(Queue& queue, ConversationSlot parent, ConversationSlot from,
                     ConversationSlot to);
  void head_changed(const Queue& queue);
  void refresh_block(Lane& lane, std::size_t block);
  [[nodiscard]] std::int64_t static_time(const Lane& lane, const Queue& queue,
                                         std::int64_t time_ms) const;
  static constexpr std::uint8_t inside_rank = 1;
  static constexpr std::uint8_t late_rank = 2;
  [[nodiscard]] std::uint8_t rank(const Queue& queue, ConversationSlot slot,
                                  std::int64_t now_ms) const {
    return key(queue, node(slot).time_ms, node(slot).queued, now_ms).rank;
  }
  [[nodiscard]] ConversationSlot first_inside(const Queue& queue, std::int64_t now_ms) const;
  // The first conversation of the queue, in the band's order, for which `ask` says yes.
  template <class Ask>
  ConversationSlot first_in(const Queue& queue, std::int64_t now_ms, Ask&& ask) const;
  template <class Ask>
  void least_queued_in(ConversationSlot slot, ConversationSlot& best, Ask&& ask) const;
  const std::vector<std::uint64_t>& compatible(const Needs& needs, ProfileSlot profile,
                                               std::size_t lane);

  std::vector<Node> nodes_;  // by conversation
  std::vector<Queue> queues_;
  std::map<QueueKey, QueueSlot> by_key_;
  std::vector<Lane> lanes_;  // by band number; 0 is unused
  // By profile and lane: a bit per position of those looked at so far.
  struct Compatible {
    std::size_t known = 0;
    std::vector<std::uint64_t> bits;
  };
  std::vector<std::vector<Compatible>> compatible_;
};

template <class Ask>
ConversationSlot Queues::first_in(const Queue& queue, std::int64_t now_ms, Ask&& ask) const {
  // By time_ms the queue reads: the rescued, the late, those inside their target. A late one goes
  // only if there is none inside.
  const bool ranked = lanes_[queue.lane].band.order == Order::service_level;
  ConversationSlot late;
  for (ConversationSlot slot = queue.head; slot;) {
    const Answer answer = ask(slot);
    if (answer == Answer::nobody) break;
    if (answer == Answer::no) {
      slot = next(slot);
      continue;
    }
    if (!ranked || rank(queue, slot, now_ms) != late_rank) return slot;
    late = slot;
    slot = first_inside(queue, now_ms);
  }
  return late;
}

template <class Open, class Ask>
ConversationSlot Queues::first(const Needs& needs, ProfileSlot profile, std::uint16_t room,
                               BandNumber band, Bands bands, std::int64_t now_ms, Open&& open,
                               Ask&& ask) {
  for (std::size_t number = band.value; number < lanes_.size(); ++number) {
    const Lane& lane = lanes_[number];
    if (lane.waiting == 0) continue;
    if (bands != Bands::all && lane.band.security != (bands == Bands::security)) continue;
    const std::vector<std::uint64_t>& may = compatible(needs, profile, number);
    const bool ranked = lane.band.order == Order::service_level;
    ConversationSlot best;
    OrderKey best_key;
    for (std::size_t block = 0; block < lane.filled.size(); ++block) {
      std::uint64_t bits = lane.filled[block] & may[block];
      if (bits == 0) continue;
      if (!ranked && best && lane.least[block] > Head{best_key.time_ms, best_key.queued}) continue;
      for (; bits != 0; bits &= bits - 1) {
        const std::size_t position = block * 64 + static_cast<std::size_t>(__builtin_ctzll(bits));
        if (!ranked && best && lane.heads[position] > Head{best_key.time_ms, best_key.queued}) {
          continue;
        }
        const Queue& queue = queues_[lane.queues[position].value];
        if ((room >> (queue.channel.value - 1) & 1) == 0 || !open(queue)) continue;
        const ConversationSlot found = first_in(queue, now_ms, ask);
        if (!found) continue;
        const OrderKey found_key = key(queue, node(found).time_ms, node(found).queued, now_ms);
        if (!best || found_key < best_key) {
          best = found;
          best_key = found_key;
        }
      }
    }
    if (best) return best;
  }
  return {};
}

template <class Ask>
ConversationSlot Queues::first_of(ClassNumber service_class, BandNumber band, std::int64_t now_ms,
                                  Ask&& ask) const {
  const Lane& lane = lanes_[band.value];
  ConversationSlot best;
  OrderKey best_key;
  for (std::size_t block = 0; block < lane.filled.size(); ++block) {
    for (std::uint64_t bits = lane.filled[block]; bits != 0; bits &= bits - 1) {
      const std::size_t position = block * 64 + static_cast<std::size_t>(__builtin_ctzll(bits));
      const Queue& queue = queues_[lane.queues[position].value];
      if (queue.service_class != service_class) continue;
      const bool ranked = lane.band.order == Order::service_level;
      const Head best_head{best_key.time_ms, best_key.queued};
      if (!ranked && best && lane.heads[position] > best_head) continue;
      const ConversationSlot found = first_in(queue, now_ms, ask);
      if (!found) continue;
      const OrderKey found_key = key(queue, node(found).time_ms, node(found).queued, now_ms);
      if (!best || found_key < best_key) {
        best = found;
        best_key = found_key;
      }
    }
  }
  return best;
}

template <class Ask>
void Queues::least_queued_in(ConversationSlot slot, ConversationSlot& best, Ask&& ask) const {
  if (!slot || (best && node(slot).least_queued >= node(best).queued)) return;
  Answer answer = Answer::no;
  if (!best || node(slot).queued < node(best).queued) answer = ask(slot);
  if (answer == Answer::yes) best = slot;
  least_queued_in(node(slot).left, best, ask);
  if (answer != Answer::nobody) least_queued_in(node(slot).right, best, ask);
}

template <class Open, class Ask>
ConversationSlot Queues::first_queued(const Needs& needs, ProfileSlot profile, std::uint16_t room,
                                      BandNumber band, Open&& open, Ask&& ask) {
  ConversationSlot best;
  for (std::size_t number = band.value; number < lanes_.size(); ++number) {
    const Lane& lane = lanes_[number];
    if (lane.waiting == 0 || lane.band.security) continue;
    const std::vector<std::uint64_t>& may = compatible(needs, profile, number);
    for (std::size_t block = 0; block < lane.filled.size(); ++block) {
      for (std::uint64_t bits = lane.filled[block] & may[block]; bits != 0; bits &= bits - 1) {
        const std::size_t position = block * 64 + static_cast<std::size_t>(__builtin_ctzll(bits));
        const Queue& queue = queues_[lane.queues[position].value];
        if ((room >> (queue.channel.value - 1) & 1) == 0 || !open(queue)) continue;
        least_queued_in(queue.root, best, ask);
      }
    }
  }
  return best;
}

}  // namespace usher
