// What can be seen of the twin, in the shape of the router's views.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/twin.h"

namespace usher::sim {

std::uint32_t Twin::waiting_in(ClassNumber number) const {
  return static_cast<std::uint32_t>(
      std::count_if(conversations_.begin(), conversations_.end(), [&](const Conversation& c) {
        return c.service_class == number && c.state == ConversationState::waiting;
      }));
}

std::optional<SessionView> Twin::session(SessionId id) const {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return std::nullopt;
  return SessionView{id, found->second.origin, found->second.last};
}

GroupNumber Twin::group_of(AgentId id) const {
  const Agent* a = agent_of(id);
  return a == nullptr ? GroupNumber{} : a->definition.group;
}

AgentGroupView Twin::view_of(GroupNumber number) const {
  AgentGroupView view;
  view.number = number;
  if (const auto found = group_figures_.find(number); found != group_figures_.end()) {
    view.tally = found->second;
  }
  std::vector<double> loads;  // in ten-thousandths, as whole numbers
  for (const auto& [id, a] : agents_) {
    if (a.definition.group != number || a.definition.kind != AgentKind::person) continue;
    ++view.people;
    if (!on_duty(a)) continue;
    ++view.on_duty;
    const Room used = room(a);
    if (used.capacity == 0) continue;
    const std::uint64_t load = (used.live + used.background) * 10'000 / used.capacity;
    loads.push_back(static_cast<double>(std::min<std::uint64_t>(load, 10'000)));
  }
  if (loads.empty()) return view;
  const auto n = static_cast<double>(loads.size());
  const double sum = std::accumulate(loads.begin(), loads.end(), 0.0);
  view.load_permille = static_cast<std::int32_t>(std::floor(std::floor(sum / n) / 10));
  if (sum == 0) return view;
  double squares = 0;
  for (const double load : loads) squares += load * load;
  const double deviation = std::floor(std::sqrt(n * squares - sum * sum));
  view.spread_permille = static_cast<std::int32_t>(std::floor(deviation * 1000 / sum));
  return view;
}

PoolView Twin::view() const {
  PoolView view;
  view.record = stamp_.sequence;
  view.sequence = sequence_;
  view.pool_ms = stamp_.pool_ms;
  view.conversations = static_cast<std::uint32_t>(conversations_.size());
  view.agents = static_cast<std::uint32_t>(agents_.size());
  view.sessions = static_cast<std::uint32_t>(sessions_.size());
  view.offers = offers_;
  view.lapses = lapses_;
  view.refused = refused_;
  for (const auto& [id, a] : agents_)
    view.available += a.presence == Presence::available && !a.lost;
  for (const ClassConfiguration& k : rules().classes) {
    const auto found = figures_.find(k.number);
    ClassView its = found == figures_.end() ? ClassView{} : found->second;
    its.number = k.number;
    its.band = k.band;
    its.target_ms = k.target_ms;
    for (const Conversation& c : conversations_) {
      if (c.service_class != k.number) continue;
      its.waiting += c.state == ConversationState::waiting;
      its.offered += c.state == ConversationState::offered;
      its.assigned += c.state == ConversationState::assigned;
      its.held += c.state == ConversationState::held;
      its.wrapping += c.state == ConversationState::wrapping;
      its.deferred += c.state == ConversationState::deferred;
      its.unroutable += c.state == ConversationState::unroutable;
      if (c.state == ConversationState::waiting) {
        its.oldest_ms = std::max(its.oldest_ms, now() - c.opened_ms);
      }
    }
    if (const auto learnt = estimators_.find(k.number); learnt != estimators_.end()) {
      if (served(k)) its.expected = learnt->second.quote(its.waiting);
      its.estimated = learnt->second.learnt();
      its.within_p50 = learnt->second.within_p50();
      its.within_p90 = learnt->second.within_p90();
    }
    view.waiting += its.waiting;
    view.classes.push_back(its);
  }
  for (const Conversation& c : conversations_) {
    view.unroutable += c.state == ConversationState::unroutable;
    view.deferred += c.state == ConversationState::deferred;
    view.scheduled += c.state == ConversationState::scheduled;
  }
  for (const Name& name : names_) {
    if (name.kind == NameKind::group) view.groups.push_back(view_of(GroupNumber{name.number}));
  }
  for (const auto& [origin, tally] : claims_) {
    if (origin && tally.incidents > 0) view.origins.push_back({origin, tally});
  }
  return view;
}

ConversationView Twin::view_of(const Conversation& c) const {
  const ConversationId id = c.now.conversation;
  ConversationView view;
  view.conversation = id;
  view.customer = c.now.customer;
  view.state = c.state;
  view.service_class = c.service_class;
  view.band = class_of(c).band;
  view.channel = c.now.channel;
  view.category = c.now.category;
  view.impact = c.now.impact;
  view.tier = c.now.tier;
  view.language = c.now.language;
  view.origin = c.origin;
  view.agent = c.agent;
  view.epoch = c.epoch;
  for (const Offer& o : c.offers) {
    view.offers.push_back(o.agent);
    view.offer_epoch = o.epoch;
    view.over = view.over || o.over;
  }
  view.opened_ms = c.opened_ms;
  view.due_ms = state_due(c);
  if (!c.offers.empty()) view.due_ms = due(TimerKind::offer, id, c.offers.front().agent);
  view.waited_ms = now() - c.opened_ms;
  if (c.state == ConversationState::waiting) view.position = waiting_in(c.service_class);
  view.expected = expected(c);
  view.replied = c.replied;
  view.test = c.now.test;
  view.over = view.over || c.over;
  view.joined = c.joined;
  view.seeking = c.seeking;
  view.level = c.level;
  view.required.assign(c.now.required.begin(), c.now.required.end());
  for (const Exclusion& e : c.exclusions) {
    if (e.until_ms == 0 || e.until_ms > now()) view.exclusions.push_back({e.agent, e.until_ms});
  }
  view.misses = c.misses;
  view.outcome = c.outcome;
  return view;
}

std::optional<ConversationView> Twin::conversation(ConversationId id) const {
  const Conversation* c = known(id);
  if (c == nullptr) return std::nullopt;
  return view_of(*c);
}

std::vector<ConversationView> Twin::conversations() const {
  std::vector<ConversationView> views;
  for (const Conversation& c : conversations_) views.push_back(view_of(c));
  return views;
}

AgentView Twin::view_of(const Agent& a) const {
  const command::AgentDefinition& its = a.definition;
  AgentView view;
  view.agent = its.agent;
  view.group = its.group;
  view.level = its.level;
  view.share_percent = its.share_percent;
  view.kind = its.kind;
  view.presence = a.presence;
  view.reason = a.reason;
  view.lost = a.lost;
  view.origin = a.origin;
  const Room used = room(a);
  view.used_live = static_cast<std::uint32_t>(used.live);
  view.used_background = static_cast<std::uint32_t>(used.background);
  view.capacity = static_cast<std::uint32_t>(used.capacity);
  view.over = over_count(a);
  for (const ChannelConfiguration& c : rules().channels) {
    const std::uint32_t most = limit(a, c.number);
    if (most == 0 && count(a, c.number) == 0) continue;
    const bool takes = takes_channel(a, c.number);
    view.loads.push_back({c.number, static_cast<std::uint16_t>(count(a, c.number)),
                          static_cast<std::uint16_t>(takes ? most : 0), c.background});
  }
  view.skills.assign(its.skills.begin(), its.skills.end());
  view.authorities.assign(its.authorities.begin(), its.authorities.end());
  view.idle_since = a.idle_since;
  view.contested = a.contested;
  view.misses = a.misses;
  for (const Conversation& c : conversations_) {
    const bool offered = std::any_of(c.offers.begin(), c.offers.end(),
                                     [&](const Offer& o) { return o.agent == its.agent; });
    if (offered || c.agent == its.agent) view.conversations.push_back(c.now.conversation);
  }
  return view;
}

std::optional<AgentView> Twin::agent(AgentId id) const {
  const Agent* a = agent_of(id);
  if (a == nullptr) return std::nullopt;
  return view_of(*a);
}

std::vector<AgentView> Twin::agents() const {
  std::vector<AgentView> views;
  for (const auto& [id, a] : agents_) views.push_back(view_of(a));
  return views;
}

}  // namespace usher::sim
