#include "bench/usher_load/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace usher::load {
namespace {

constexpr std::size_t first_max = 20;
// Ended conversations are remembered that long to notice a second end or a wrong reopening.
constexpr std::size_t ended_keep = 200'000;

bool is_end(ConversationState state) {
  return state == ConversationState::closed || state == ConversationState::abandoned;
}

// Whether the owner's room is taken in this state.
bool takes_room(ConversationState state) {
  return state == ConversationState::assigned || state == ConversationState::wrapping;
}

bool has_owner(ConversationState state) {
  return takes_room(state) || state == ConversationState::held;
}

constexpr std::uint16_t bit(ConversationState state) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(state));
}

// Where a conversation may go from a state: the table of routing.md, "The life of a conversation".
bool may_follow(ConversationState from, ConversationState to) {
  using S = ConversationState;
  constexpr std::uint16_t ends = bit(S::closed) | bit(S::abandoned);
  constexpr std::uint16_t placed = bit(S::waiting) | bit(S::deferred) | bit(S::unroutable);
  static constexpr std::array<std::uint16_t, 11> table = {
      /* none       */ placed | bit(S::scheduled) | bit(S::offered) | bit(S::assigned) | ends,
      /* scheduled  */ placed | bit(S::scheduled) | bit(S::assigned) | ends,
      /* waiting    */ placed | bit(S::offered) | bit(S::assigned) | ends,
      /* offered    */ placed | bit(S::offered) | bit(S::assigned) | ends,
      /* assigned   */ placed | bit(S::assigned) | bit(S::held) | bit(S::wrapping) | ends,
      /* held       */ placed | bit(S::held) | bit(S::assigned) | bit(S::offered) | ends,
      /* wrapping   */ bit(S::wrapping) | placed | ends,
      /* deferred   */ placed | bit(S::scheduled) | ends,
      /* unroutable */ placed | bit(S::assigned) | ends,
      /* closed     */ placed | bit(S::closed),
      /* abandoned  */ placed | bit(S::abandoned)};
  return (table[static_cast<std::size_t>(from)] & bit(to)) != 0;
}

}  // namespace

std::string_view name_of(Violation violation) {
  static constexpr std::array<std::string_view, violation_count> names = {
      "sequence_broken",    "two_owners",      "epoch_of_two",  "epoch_not_rising",   "second_end",
      "illegal_transition", "not_opened",      "over_capacity", "over_channel_limit", "over_slots",
      "background_on_top",  "given_to_absent", "lost",          "snapshot_differs"};
  return names[static_cast<std::size_t>(violation)];
}

std::uint64_t Findings::doubled() const {
  return count(Violation::two_owners) + count(Violation::epoch_of_two) +
         count(Violation::second_end);
}

std::uint64_t Findings::over() const {
  return count(Violation::over_capacity) + count(Violation::over_channel_limit) +
         count(Violation::over_slots) + count(Violation::background_on_top);
}

std::uint64_t Findings::total() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void Checker::know_agent(const Id& agent, AgentLimits limits) {
  Agent& known = agents_[agent];
  known.known = true;
  known.limits = std::move(limits);
}

void Checker::know_presence(const Id& agent, Presence presence, bool lost) {
  agents_[agent].available = presence == Presence::available;
  agents_[agent].lost = lost;
}

void Checker::know_conversation(const Standing& standing) {
  Conversation& known = conversations_[standing.conversation];
  known.state = standing.state;
  known.agent = standing.agent;
  known.channel = standing.channel;
  known.assigned_epoch = known.last_epoch = standing.epoch;
  known.over = standing.over;
  known.offers = standing.offers;
  const auto count = [&](const Id& agent, bool over) {
    over ? ++agents_[agent].over : ++agents_[agent].counts[standing.channel];
  };
  if (takes_room(known.state)) count(known.agent, known.over);
  for (const Id& agent : known.offers) count(agent, false);
}

void Checker::violated(Violation violation, const Event& event, std::string_view what) {
  ++findings_.counts[static_cast<std::size_t>(violation)];
  if (findings_.first.size() == first_max) return;
  findings_.first.push_back(fmt::format("{}: event {}, record {}, conversation {}, agent {}: {}",
                                        name_of(violation), event.sequence, event.record,
                                        event.conversation.text(), event.agent.text(), what));
}

void Checker::see(const Event& event) {
  if (event.record != record_) {
    end_record();
    record_ = event.record;
  }
  if (event.sequence != findings_.last_sequence + 1) {
    violated(Violation::sequence_broken, event,
             fmt::format("expected event {}", findings_.last_sequence + 1));
  }
  findings_.last_sequence = event.sequence;
  ++findings_.events;
  last_ = event;
  if (event.conversation) {
    see_conversation(event);
  } else if (event.agent) {
    see_agent(event);
  }
}

void Checker::see_conversation(const Event& event) {
  auto found = conversations_.find(event.conversation);
  if (found == conversations_.end()) {
    // What ended long ago is forgotten here, and may come back.
    if (event.kind != EventKind::opened && event.cause != Cause::reopened) {
      violated(Violation::not_opened, event, "nobody opened it");
    }
    found = conversations_.try_emplace(event.conversation).first;
    found->second.channel = event.channel;
    found->second.acknowledged = awaited_.erase(event.conversation) != 0;
    ++findings_.opened;
  } else if (event.kind == EventKind::opened && event.cause != Cause::reopened) {
    violated(Violation::illegal_transition, event, "opened twice");
  }
  Conversation& conversation = found->second;
  switch (event.kind) {
    case EventKind::offered: see_offered(conversation, event); break;
    case EventKind::assigned: see_assigned(conversation, event); break;
    case EventKind::offer_ended: {
      const Id& whose = event.other_agent ? event.other_agent : event.agent;
      if (drop_offer(conversation, whose)) {
        give_room(whose, conversation.channel, false);
      } else {
        violated(Violation::illegal_transition, event, "an offer ended that was not made");
      }
      break;
    }
    default: break;
  }
  see_state(conversation, event);
}

void Checker::see_offered(Conversation& conversation, const Event& event) {
  // Offers of one record share their epoch; only the first of them must be new.
  const bool again = event.epoch == conversation.last_epoch && !conversation.offers.empty();
  if (event.epoch <= conversation.last_epoch && !again) {
    violated(Violation::epoch_not_rising, event,
             fmt::format("offered with epoch {} after {}", event.epoch, conversation.last_epoch));
  }
  conversation.last_epoch = std::max(conversation.last_epoch, event.epoch);
  check_present(event.agent, event);
  if (std::ranges::find(conversation.offers, event.agent) != conversation.offers.end()) {
    violated(Violation::illegal_transition, event, "offered twice to one agent");
    return;
  }
  conversation.offers.push_back(event.agent);
  take_room(event.agent, conversation.channel, false, event);
}

void Checker::see_assigned(Conversation& conversation, const Event& event) {
  if (has_owner(conversation.state) && conversation.agent != event.agent &&
      conversation.agent != event.other_agent) {
    violated(Violation::two_owners, event,
             fmt::format("assigned while {} has it", conversation.agent.text()));
  }
  if (event.epoch == conversation.assigned_epoch && conversation.agent != event.agent) {
    violated(Violation::epoch_of_two, event, fmt::format("epoch {} again", event.epoch));
  } else if (event.epoch < conversation.last_epoch || event.epoch <= conversation.assigned_epoch) {
    violated(Violation::epoch_not_rising, event,
             fmt::format("assigned with epoch {} after {}", event.epoch, conversation.last_epoch));
  }
  if (event.cause == Cause::given) check_present(event.agent, event);
  if (takes_room(conversation.state)) {
    give_room(conversation.agent, conversation.channel, conversation.over);
  }
  // An accepted offer becomes the assignment, and its room with it: nothing new comes to the agent.
  if (!drop_offer(conversation, event.agent) || event.over) {
    take_room(event.agent, conversation.channel, event.over, event);
  }
  conversation.state = ConversationState::assigned;
  conversation.agent = event.agent;
  conversation.over = event.over;
  conversation.assigned_epoch = event.epoch;
  conversation.last_epoch = std::max(conversation.last_epoch, event.epoch);
  if (!conversation.routed) ++findings_.routed;
  conversation.routed = true;
}

void Checker::see_state(Conversation& conversation, const Event& event) {
  const ConversationState from = conversation.state;
  const ConversationState to = event.state;
  if (from == to && event.kind != EventKind::closed && event.kind != EventKind::abandoned) return;
  if (is_end(from) && is_end(to)) {
    violated(Violation::second_end, event, "it had ended");
    return;
  }
  const bool reopened = is_end(from) && event.cause != Cause::reopened;
  if (!may_follow(from, to) || reopened) {
    violated(Violation::illegal_transition, event,
             fmt::format("state {} after {}", static_cast<int>(to), static_cast<int>(from)));
  }
  if (takes_room(from) && !takes_room(to)) {
    give_room(conversation.agent, conversation.channel, conversation.over);
    conversation.over = false;
  } else if (to == ConversationState::assigned && from != to) {
    violated(Violation::illegal_transition, event, "assigned without an assignment");
  }
  if (!has_owner(to)) conversation.agent = Id{};
  conversation.state = to;
  if (!is_end(to)) return;
  for (const Id& agent : conversation.offers) give_room(agent, conversation.channel, false);
  conversation.offers.clear();
  ++findings_.ended;
  if (conversation.acknowledged) forget(event.conversation);
}

void Checker::see_agent(const Event& event) {
  Agent& agent = agents_[event.agent];
  switch (event.kind) {
    case EventKind::agent_signed_in:
    case EventKind::agent_presence:
      agent.available = event.presence == Presence::available;
      if (event.kind == EventKind::agent_signed_in) agent.lost = false;
      break;
    case EventKind::agent_lost: agent.lost = true; break;
    case EventKind::agent_regained: agent.lost = false; break;
    case EventKind::agent_signed_off:
    case EventKind::agent_removed: agent.available = false; break;
    default: break;
  }
}

void Checker::check_present(const Id& agent, const Event& event) {
  const Agent& asked = agents_[agent];
  if (asked.available && !asked.lost) return;
  violated(Violation::given_to_absent, event, asked.lost ? "lost" : "not available");
}

void Checker::take_room(const Id& id, std::uint16_t channel, bool over, const Event& event) {
  Agent& agent = agents_[id];
  touched_.push_back(id);
  if (over) {
    ++agent.over;
    const bool beside_call = agent.counts[rules_.voice_channel] != 0 && rules_.voice_channel != 0;
    if (beside_call || channel == rules_.voice_channel) {
      violated(Violation::over_slots, event, "above capacity beside a call");
    }
    return;
  }
  ++agent.counts[channel];
  agent.came = true;
  for (const AgentLimits::Channel& limit : agent.limits.channels) {
    if (limit.number != channel || !limit.background) continue;
    const Used used = used_of(agent);
    if (used.live + used.background > used.capacity) agent.background_over = true;
  }
}

void Checker::give_room(const Id& id, std::uint16_t channel, bool over) {
  Agent& agent = agents_[id];
  touched_.push_back(id);
  std::uint32_t& count = over ? agent.over : agent.counts[channel];
  if (count != 0) --count;
}

bool Checker::drop_offer(Conversation& conversation, const Id& agent) {
  return std::erase(conversation.offers, agent) != 0;
}

void Checker::forget(const Id& id) {
  ended_.push_back(id);
  if (ended_.size() <= ended_keep) return;
  const auto oldest = conversations_.find(ended_.front());
  if (oldest != conversations_.end() && is_end(oldest->second.state)) conversations_.erase(oldest);
  ended_.pop_front();
}

void Checker::end_record() {
  for (const Id& id : touched_) {
    Agent& agent = agents_[id];
    check_room(id, agent);
    agent.came = agent.background_over = false;
  }
  touched_.clear();
}

// Shares are compared as integers: in units of the least common multiple of the agent's limits, one
// conversation of a channel weighs that ÷ its limit.
Checker::Used Checker::used_of(const Agent& agent) {
  std::uint64_t full = 1;
  for (const auto& channel : agent.limits.channels) {
    if (channel.limit != 0) full = std::lcm(full, std::uint64_t{channel.limit});
  }
  Used used{.capacity = full * agent.limits.share_percent};
  for (const auto& channel : agent.limits.channels) {
    const auto count = agent.counts.find(channel.number);
    if (channel.limit == 0 || count == agent.counts.end()) continue;
    (channel.background ? used.background : used.live) +=
        count->second * (full / channel.limit) * 100;
  }
  return used;
}

void Checker::check_room(const Id& id, const Agent& agent) {
  if (!agent.came && agent.over <= rules_.over_slots) return;
  Event event = last_;
  event.agent = id;
  if (!agent.known) {
    violated(Violation::over_capacity, event, "has work and is not on the roster");
    return;
  }
  // Too many of a channel are too many units as well: it is told once.
  for (const auto& [number, count] : agent.counts) {
    if (count == 0) continue;
    const auto channel =
        std::ranges::find(agent.limits.channels, number, &AgentLimits::Channel::number);
    if (channel != agent.limits.channels.end() && count <= channel->limit) continue;
    violated(Violation::over_channel_limit, event, fmt::format("{} of channel {}", count, number));
    return;
  }
  const Used used = used_of(agent);
  if (used.live > used.capacity) {
    violated(Violation::over_capacity, event,
             fmt::format("{} of {} hundredths", used.live, used.capacity));
  }
  if (agent.background_over && used.live + used.background > used.capacity) {
    violated(Violation::background_on_top, event,
             fmt::format("{} of {} hundredths", used.live + used.background, used.capacity));
  }
  if (agent.over > rules_.over_slots) {
    violated(Violation::over_slots, event, fmt::format("{} above capacity", agent.over));
  }
}

void Checker::acknowledged(const Id& conversation) {
  const auto found = conversations_.find(conversation);
  if (found == conversations_.end()) {
    awaited_.insert(conversation);
  } else if (!found->second.acknowledged) {
    found->second.acknowledged = true;
    if (is_end(found->second.state)) forget(conversation);
  }
}

void Checker::end_acknowledged() {
  Event event;
  for (const Id& id : awaited_) {
    event.conversation = id;
    violated(Violation::lost, event, "acknowledged, and never seen in the stream");
  }
  awaited_.clear();
}

void Checker::compare(const std::vector<Standing>& snapshot) {
  Event event = last_;
  event.agent = Id{};
  IdSet standing;
  for (const Standing& expected : snapshot) {
    if (is_end(expected.state)) continue;
    standing.insert(expected.conversation);
    event.conversation = expected.conversation;
    const auto found = conversations_.find(expected.conversation);
    if (found == conversations_.end()) {
      violated(Violation::snapshot_differs, event, "only in the snapshot");
    } else if (found->second.state != expected.state || found->second.agent != expected.agent) {
      violated(Violation::snapshot_differs, event, "in another state or with another agent");
    } else {
      ++findings_.compared;
    }
  }
  for (const auto& [id, conversation] : conversations_) {
    if (is_end(conversation.state) || standing.contains(id)) continue;
    event.conversation = id;
    violated(Violation::snapshot_differs, event, "not in the snapshot");
  }
}

void Checker::events_missing(std::uint64_t after, std::uint64_t oldest) {
  violated(Violation::sequence_broken, last_,
           fmt::format("the events from {} to before {} could not be had", after + 1, oldest));
  conversations_.clear();
  agents_.clear();
  touched_.clear();
  ended_.clear();
}

Findings Checker::findings() const {
  Findings findings = findings_;
  for (const auto& [id, conversation] : conversations_) {
    if (!is_end(conversation.state)) ++findings.open;
  }
  return findings;
}

}  // namespace usher::load
