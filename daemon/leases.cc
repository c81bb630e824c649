#include "daemon/leases.h"

#include "routing/check.h"

namespace usher {

std::size_t Leases::Hash::operator()(const AgentId& id) const {
  std::uint64_t words[2];
  std::memcpy(words, id.bytes.data(), sizeof words);
  // Ids may be text whose last bytes are all zero: mix, do not just fold.
  const std::uint64_t mixed = (words[0] ^ (words[1] << 32 | words[1] >> 32)) * 0x9E3779B97F4A7C15U;
  return static_cast<std::size_t>(mixed ^ (mixed >> 29));
}

void Leases::uneven(OriginNumber number, Origin& origin) {
  if (origin.queued) {
    if (uneven_.front() == number) done_ = 0;
    return;
  }
  origin.queued = true;
  uneven_.push_back(number);
}

void Leases::heard(OriginNumber number, std::int64_t at_ns) {
  Origin& origin = origins_[number];
  origin.heard_ns = at_ns;
  if (!origin.lost && !origin.awaited) return;
  origin.lost = origin.awaited = false;
  uneven(number, origin);
}

void Leases::pulse(std::int64_t at_ns) {
  if (lease_ns_ == 0) return;
  const bool late = !pulsed_ns_ || at_ns - *pulsed_ns_ > lease_ns_ / 2;
  pulsed_ns_ = at_ns;
  for (auto& [number, origin] : origins_) {
    if (late) origin.heard_ns = at_ns;
    if (origin.lost || at_ns - origin.heard_ns <= lease_ns_) continue;
    origin.lost = true;
    uneven(number, origin);
  }
}

void Leases::place(AgentId id, OriginNumber number, bool lost) {
  remove(id);
  Origin& origin = origins_[number];
  agents_[id] = {.origin = number, .position = origin.agents.size(), .lost = lost};
  origin.agents.push_back(id);
  if (lost && !origin.lost) origin.awaited = true;
  if (!lost && origin.lost) uneven(number, origin);
}

void Leases::remove(AgentId id) {
  const auto found = agents_.find(id);
  if (found == agents_.end()) return;
  const auto [number, position, lost] = found->second;
  Origin& origin = origins_[number];
  const AgentId moved = origin.agents.back();
  origin.agents[position] = moved;
  agents_[moved].position = position;
  origin.agents.pop_back();
  agents_.erase(id);
  // The moved one may have jumped over the place the walk has reached.
  if (origin.queued && uneven_.front() == number) done_ = 0;
}

void Leases::observe(const Event& event) {
  switch (event.kind) {
    case EventKind::agent_signed_in: place(event.agent, event.agent_origin, false); break;
    case EventKind::agent_signed_off:
    case EventKind::agent_removed: remove(event.agent); break;
    default: break;
  }
}

void Leases::restore(const AgentView& agent) {
  if (agent.origin && agent.presence != Presence::offline && agent.presence != Presence::none) {
    place(agent.agent, agent.origin, agent.lost);
  }
}

std::optional<Command> Leases::next() {
  while (!uneven_.empty()) {
    Origin& origin = origins_[uneven_.front()];
    while (done_ < origin.agents.size()) {
      const AgentId id = origin.agents[done_++];
      Agent& agent = agents_[id];
      if (agent.lost == origin.lost) continue;
      agent.lost = origin.lost;
      if (agent.lost) return command::AgentLost{.agent = id};
      return command::AgentRegained{.agent = id};
    }
    origin.queued = false;
    uneven_.pop_front();
    done_ = 0;
  }
  return std::nullopt;
}

}  // namespace usher
