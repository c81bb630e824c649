// What may be looked at between two records.

#include <algorithm>

#include "routing/state.h"

namespace usher {

std::optional<SessionView> Router::session(SessionId id) const {
  const auto found = state_->sessions.find(id);
  if (found == state_->sessions.end()) return std::nullopt;
  return SessionView{id, found->second.origin, found->second.last_applied};
}

std::vector<SessionView> Router::sessions() const {
  std::vector<SessionView> views;
  views.reserve(state_->sessions.size());
  for (const auto& [id, session] : state_->sessions) {
    views.push_back({id, session.origin, session.last_applied});
  }
  return views;
}

Stamp Router::stamp() const { return state_->stamp; }

std::optional<Outcome> Router::outcome(SessionId id, std::uint64_t number) const {
  const auto found = state_->sessions.find(id);
  if (found == state_->sessions.end()) return std::nullopt;
  const Session& session = found->second;
  if (number == 0 || number > session.last_applied ||
      number + limits::batch_commands_max <= session.last_applied) {
    return std::nullopt;
  }
  return session.outcomes[(number - 1) % limits::batch_commands_max];
}

std::span<const Name> Router::dictionary() const { return state_->names; }

std::uint64_t Router::last_event_of(OriginNumber origin) const {
  return origin.value < state_->last_event_of.size() ? state_->last_event_of[origin.value] : 0;
}

const PoolConfiguration& Router::configuration() const { return state_->pool_configuration; }

PoolView Router::view() const {
  const State& state = *state_;
  PoolView view;
  view.record = state.stamp.sequence;
  view.sequence = state.event_sequence;
  view.pool_ms = state.stamp.pool_ms;
  view.chain = state.chain;
  view.conversations = state.conversations.live();
  view.waiting = state.waiting;
  view.unroutable = state.unroutable;
  view.deferred = state.deferred;
  view.scheduled = state.scheduled;
  for (const Agent& agent : state.agents) {
    if (!agent.on_roster) continue;
    ++view.agents;
    if (agent.presence == Presence::available && !agent.lost) ++view.available;
  }
  view.sessions = static_cast<std::uint32_t>(state.sessions.size());
  view.offers = state.offers_made;
  view.lapses = state.lapses;
  view.refused = state.refused;
  view.mode = state.mode;
  view.mode_ends_ms = state.deadline_of(state.mode_ends);
  for (const ClassConfiguration& of : state.configuration.classes) {
    const ClassState& counted = state.classes[of.number.value];
    ClassView one;
    one.number = of.number;
    one.band = of.band;
    one.target_ms = of.target_ms;
    one.waiting = counted.waiting;
    one.offered = counted.offered;
    one.assigned = counted.assigned;
    one.held = counted.held;
    one.wrapping = counted.wrapping;
    one.opened = counted.opened;
    one.replied = counted.tally.replied;
    one.in_target = counted.tally.in_target;
    one.reply_ms = counted.tally.reply_ms;
    one.abandoned = counted.tally.abandoned;
    one.closed = counted.tally.closed;
    one.misses = counted.tally.misses;
    one.deferred = counted.deferred;
    one.unroutable = counted.unroutable;
    one.breached = counted.breached;
    one.deferrals = counted.deferrals;
    one.reopened = counted.tally.reopened;
    one.rated = counted.tally.rated;
    one.score = counted.tally.score;
    one.outcomes = counted.tally.outcomes;
    Nature any;
    any.service_class = of.number;
    any.requirement = state.needs.find(of, {}, {}, 0);
    for (std::uint16_t channel = 1; channel <= limits::channels_max; ++channel) {
      any.channel = ChannelNumber{channel};
      if (!state.served(any)) continue;
      one.expected = counted.estimator.quote(counted.waiting);
      break;
    }
    one.estimated = counted.estimator.learnt();
    one.within_p50 = counted.estimator.within_p50();
    one.within_p90 = counted.estimator.within_p90();
    view.classes.push_back(one);
  }
  // The oldest of a class is the head of one of its queues, or is kept for an agent.
  const auto consider = [&](ClassNumber number, std::int64_t opened_ms) {
    for (ClassView& one : view.classes) {
      if (one.number != number) continue;
      one.oldest_ms = std::max(one.oldest_ms, state.stamp.pool_ms - opened_ms);
    }
  };
  for (std::uint32_t i = 0; i < state.queues.queues(); ++i) {
    const Queue& queue = state.queues[QueueSlot{i}];
    ConversationSlot at = queue.head;
    while (at && state.conversations[at].seeking) at = state.queues.next(at);
    // Those that came while their class was closed stand there as if all had come together.
    const std::int64_t time_ms = at ? state.queues.time_ms(at) : 0;
    for (; at && state.queues.time_ms(at) == time_ms; at = state.queues.next(at)) {
      const Conversation& oldest = state.conversations[at];
      if (!oldest.seeking) consider(queue.service_class, oldest.nature.opened_ms);
    }
  }
  for (ConversationSlot slot : state.joined) {
    const Nature& nature = state.conversations[slot].nature;
    consider(nature.service_class, nature.opened_ms);
  }
  for (const Agent& agent : state.agents) {
    for (ConversationSlot slot : agent.kept) {
      if (state.conversations[slot].seeking) continue;
      const Nature& nature = state.conversations[slot].nature;
      consider(nature.service_class, nature.opened_ms);
    }
  }
  view.groups = state.view_of_groups();
  for (std::size_t i = 1; i < state.tallies.origins.size(); ++i) {
    const OriginTally& tally = state.tallies.origins[i];
    if (tally.incidents > 0) view.origins.push_back({{static_cast<std::uint16_t>(i)}, tally});
  }
  return view;
}

std::vector<AgentGroupView> Router::State::view_of_groups() const {
  const std::size_t last = names_of_kind[static_cast<std::size_t>(NameKind::group)];
  std::vector<AgentGroupView> views(last);
  std::vector<std::vector<std::uint32_t>> loads(last);  // in ten-thousandths
  for (const Agent& who : agents) {
    const bool counts = who.on_roster && who.definition->kind == AgentKind::person;
    if (!counts || !who.definition->group) continue;
    const std::size_t at = who.definition->group.value - 1u;
    ++views[at].people;
    if ((who.duty & on_duty_at_all) == 0) continue;
    ++views[at].on_duty;
    const std::uint64_t used = std::uint64_t{who.load.live} + who.load.background;
    if (who.capacity > 0) {
      const std::uint64_t load = std::min<std::uint64_t>(used * 10'000 / who.capacity, 10'000);
      loads[at].push_back(static_cast<std::uint32_t>(load));
    }
  }
  for (std::size_t i = 0; i < last; ++i) {
    views[i].number = GroupNumber{static_cast<std::uint16_t>(i + 1)};
    if (i + 1 < tallies.groups.size()) views[i].tally = tallies.groups[i + 1];
    views[i].spread_permille = spread_permille(loads[i]);
    std::uint64_t sum = 0;
    for (std::uint32_t load : loads[i]) sum += load;
    if (!loads[i].empty()) {
      views[i].load_permille = static_cast<std::int32_t>(sum / loads[i].size() / 10);
    }
  }
  return views;
}

ConversationView Router::State::view_of(const Conversation& conversation) const {
  const Nature& nature = conversation.nature;
  ConversationView view;
  view.conversation = conversation.id;
  view.customer = nature.customer;
  view.state = conversation.state;
  view.service_class = nature.service_class;
  view.band = class_of(conversation).band;
  view.channel = nature.channel;
  view.category = nature.category;
  view.impact = nature.impact;
  view.tier = nature.tier;
  view.language = nature.language;
  view.origin = nature.origin;
  if (conversation.agent) view.agent = agent(conversation.agent).id;
  view.epoch = conversation.epoch;
  for (AgentSlot offered_to : conversation.offers) view.offers.push_back(agent(offered_to).id);
  view.offer_epoch = conversation.offers.empty() ? 0 : conversation.offer_epoch;
  view.opened_ms = nature.opened_ms;
  view.due_ms =
      conversation.offers.empty() ? due_of(conversation) : deadline_of(conversation.timer);
  if (closed(nature.requirement)) view.hours = demands[nature.requirement.value].hours;
  view.waited_ms = stamp.pool_ms - nature.opened_ms;
  if (conversation.state == ConversationState::waiting) {
    view.position = classes[nature.service_class.value].waiting;
  }
  view.expected = expected_now(conversation);
  view.replied = nature.replied;
  view.test = nature.test;
  view.over = conversation.over || conversation.offers_over;
  view.joined = conversation.joined();
  view.seeking = conversation.seeking;
  view.level = nature.level;
  view.required.assign(nature.required.begin(), nature.required.end());
  for (const AgentId& excluded : nature.excluded) view.exclusions.push_back({excluded, 0});
  for (const Exclusion& exclusion : conversation.exclusions) {
    const Agent& who = agent(exclusion.agent);
    if (who.on_roster && exclusion.record >= who.defined_at) {
      view.exclusions.push_back({who.id, exclusion.until_ms});
    }
  }
  view.misses = conversation.misses;
  view.outcome = conversation.outcome;
  return view;
}

AgentView Router::State::view_of(const Agent& who) const {
  AgentView view;
  view.agent = who.id;
  view.group = who.definition->group;
  view.level = who.definition->level;
  view.share_percent = who.definition->share_percent;
  view.kind = who.definition->kind;
  view.presence = who.presence;
  view.reason = who.reason;
  view.lost = who.lost;
  view.origin = who.origin;
  view.used_live = who.load.live;
  view.used_background = who.load.background;
  view.capacity = who.capacity;
  view.over = who.load.over;
  for (std::size_t channel = 1; channel <= limits::channels_max; ++channel) {
    if (who.holds.limit[channel] == 0 && who.load.count[channel] == 0) continue;
    const bool masked = who.channels != 0 && (who.channels >> (channel - 1) & 1) == 0;
    const std::uint16_t limit = masked ? std::uint16_t{0} : who.holds.limit[channel];
    view.loads.push_back({ChannelNumber{static_cast<std::uint16_t>(channel)},
                          who.load.count[channel], limit,
                          (who.holds.background >> (channel - 1) & 1) != 0});
  }
  view.skills.assign(who.definition->skills.begin(), who.definition->skills.end());
  view.authorities.assign(who.definition->authorities.begin(), who.definition->authorities.end());
  view.idle_since = who.idle_since;
  view.contested = who.contested;
  view.misses = who.misses;
  view.shifts.assign(who.definition->shifts.begin(), who.definition->shifts.end());
  view.shift_ends_ms = who.shift_ends_ms;
  for (ConversationSlot slot : work_of(who)) view.conversations.push_back(conversations[slot].id);
  return view;
}

std::optional<ConversationView> Router::conversation(ConversationId id) const {
  const State& state = *state_;
  const auto [slot, past] = state.find_place(id);
  if (slot) return state.view_of(state.conversations[slot]);
  if (!past) return std::nullopt;
  const Ended& ended = state.ended[past];
  ConversationView view;
  view.conversation = ended.id;
  view.customer = ended.nature.customer;
  view.state = ended.state;
  view.service_class = ended.nature.service_class;
  view.channel = ended.nature.channel;
  view.category = ended.nature.category;
  view.impact = ended.nature.impact;
  view.tier = ended.nature.tier;
  view.language = ended.nature.language;
  view.origin = ended.nature.origin;
  if (ended.agent) view.agent = state.agent(ended.agent).id;
  view.opened_ms = ended.nature.opened_ms;
  view.replied = ended.nature.replied;
  view.test = ended.nature.test;
  view.outcome = ended.outcome;
  view.misses = ended.misses;
  return view;
}

std::optional<AgentView> Router::agent(AgentId id) const {
  const AgentSlot slot = state_->find(id);
  if (!slot || !state_->agent(slot).on_roster) return std::nullopt;
  return state_->view_of(state_->agent(slot));
}

std::vector<AgentView> Router::agents() const {
  std::vector<AgentView> views;
  for (const Agent& agent : state_->agents) {
    if (agent.on_roster) views.push_back(state_->view_of(agent));
  }
  std::sort(views.begin(), views.end(),
            [](const AgentView& a, const AgentView& b) { return a.agent < b.agent; });
  return views;
}

bool Router::hours_open(HoursNumber number) const {
  const auto& calendars = state_->calendars;
  return number.value >= calendars.size() || calendars[number.value].open();
}

namespace {

std::optional<ShiftView> shift_of(const Agent& who) {
  const bool wanted = who.on_roster && who.presence != Presence::offline &&
                      (!who.definition->shifts.empty() || who.shift_ends_ms != 0);
  if (!wanted) return std::nullopt;
  return ShiftView{who.id, who.shift_ends_ms, who.definition};
}

}  // namespace

std::vector<ShiftView> Router::shifts() const {
  std::vector<ShiftView> views;
  for (const Agent& who : state_->agents) {
    if (auto view = shift_of(who)) views.push_back(std::move(*view));
  }
  return views;
}

std::optional<ShiftView> Router::shift(AgentId id) const {
  const AgentSlot slot = state_->find(id);
  return slot ? shift_of(state_->agent(slot)) : std::nullopt;
}

std::vector<ConversationView> Router::conversations() const {
  const State& state = *state_;
  std::vector<ConversationView> views;
  for (ConversationSlot at = state.first_opened; at; at = state.conversations[at].later) {
    views.push_back(state.view_of(state.conversations[at]));
  }
  return views;
}

std::uint64_t Router::digest() const { return state_->digest(); }
bool Router::indexes_agree() const { return state_->indexes_agree(); }

namespace {

void add_nature(Hasher& hasher, const Nature& nature) {
  hasher.add(nature.customer);
  hasher.add(nature.preferred_agent);
  hasher.add(std::uint64_t{nature.channel.value} | std::uint64_t{nature.category.value} << 16 |
             std::uint64_t{nature.impact.value} << 32 | std::uint64_t{nature.tier.value} << 48);
  hasher.add(std::uint64_t{nature.language.value} |
             std::uint64_t{nature.service_class.value} << 16 |
             std::uint64_t{nature.origin.value} << 32 | std::uint64_t{nature.test} << 48 |
             std::uint64_t{nature.replied} << 49 | std::uint64_t{nature.level} << 56);
  hasher.add(nature.fingerprint);
  hasher.add(nature.age_ms);
  hasher.add(nature.opened_ms);
  hasher.add(nature.closed_mark_ms);
  hasher.add(nature.queued);
  for (const SkillLevel& skill : nature.required) {
    hasher.add(std::uint64_t{skill.skill.value} << 8 | skill.level);
  }
  for (const AgentId& excluded : nature.excluded) hasher.add(excluded);
}

void add_conversation(Hasher& hasher, const Conversation& conversation) {
  hasher.add(conversation.id);
  add_nature(hasher, conversation.nature);
  hasher.add(
      static_cast<std::uint64_t>(conversation.state) |
      static_cast<std::uint64_t>(conversation.outcome) << 8 |
      std::uint64_t{conversation.leaving} << 16 | std::uint64_t{conversation.replied_here} << 17 |
      std::uint64_t{conversation.over} << 18 | std::uint64_t{conversation.offers_over} << 19 |
      std::uint64_t{conversation.handed_over} << 20 | std::uint64_t{conversation.seeking} << 21 |
      std::uint64_t{conversation.joined()} << 22 | std::uint64_t{conversation.diverted} << 23 |
      std::uint64_t{conversation.told_risk} << 24 | std::uint64_t{conversation.told_breach} << 25 |
      std::uint64_t{conversation.expects} << 26 | std::uint64_t{conversation.teaches} << 27 |
      std::uint64_t{conversation.at_once} << 28 | std::uint64_t{conversation.claimed} << 29);
  hasher.add(conversation.expected.p50_ms);
  hasher.add(conversation.expected.p90_ms);
  hasher.add(conversation.expected_from_ms);
  hasher.add(std::uint64_t{conversation.agent.value} << 32 | conversation.last_agent.value);
  hasher.add(conversation.preferred_since_ms);
  hasher.add(conversation.epoch);
  hasher.add(conversation.made_from);
  hasher.add(conversation.offer_epoch);
  hasher.add(conversation.returning);
  hasher.add(conversation.number);
  for (AgentSlot offered_to : conversation.offers) hasher.add(std::uint64_t{offered_to.value});
  for (const Exclusion& exclusion : conversation.exclusions) {
    hasher.add(std::uint64_t{exclusion.agent.value});
    hasher.add(exclusion.until_ms);
  }
  hasher.add(std::uint64_t{conversation.misses});
}

void add_agent(Hasher& hasher, const Agent& agent) {
  hasher.add(agent.id);
  hasher.add(std::uint64_t{agent.on_roster} | std::uint64_t{agent.lost} << 1 |
             static_cast<std::uint64_t>(agent.presence) << 8 |
             static_cast<std::uint64_t>(agent.scope) << 16 |
             std::uint64_t{agent.reason.value} << 24 | std::uint64_t{agent.origin.value} << 40);
  hasher.add(std::uint64_t{agent.channels} | std::uint64_t{agent.contested} << 16 |
             std::uint64_t{agent.misses} << 32);
  hasher.add(std::uint64_t{agent.contested_band.value});
  hasher.add(agent.idle_since);
  for (const CoolDown& cool_down : agent.cool_downs) {
    hasher.add(cool_down.conversation);
    hasher.add(cool_down.until_ms);
  }
  for (std::uint16_t count : agent.load.count) hasher.add(std::uint64_t{count});
  hasher.add(std::uint64_t{agent.load.over} | std::uint64_t{agent.online_count} << 16 |
             std::uint64_t{agent.stopping} << 32);
  hasher.add(agent.shift_ends_ms);
}

}  // namespace

std::uint64_t Router::State::digest() const {
  Hasher hasher;
  hasher.add(stamp.sequence);
  hasher.add(stamp.pool_ms);
  hasher.add(event_sequence);
  hasher.add(chain);
  hasher.add(queued_count);
  for (const Name& name : names) {
    for (char letter : name.text) hasher.add(static_cast<std::uint64_t>(letter));
  }
  for (const auto& [id, session] : sessions) {
    hasher.add(session.last_applied);
    hasher.add(std::uint64_t{session.origin.value});
  }
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    add_conversation(hasher, conversations[at]);
    if (const CustomerSlot customer = conversations[at].customer) {
      hasher.add(std::uint64_t{customers[customer].last_agent.value});
    }
  }
  for (EndedSlot at = oldest_ended; at; at = ended[at].newer) {
    hasher.add(ended[at].id);
    add_nature(hasher, ended[at].nature);
    hasher.add(static_cast<std::uint64_t>(ended[at].state) |
               std::uint64_t{ended[at].group.value} << 8 | std::uint64_t{ended[at].claimed} << 24);
  }
  for (const Agent& one : agents) add_agent(hasher, one);
  for (const ClassState& of : classes) {
    hasher.add(static_cast<std::uint64_t>(of.scope));
    hasher.add(of.opened);
    of.tally.add_to(hasher);
    hasher.add(of.breached);
    hasher.add(of.deferrals);
    of.estimator.add_to(hasher);
  }
  tallies.add_to(hasher);
  for (ScopeState scope : group_scopes) hasher.add(static_cast<std::uint64_t>(scope));
  hasher.add(static_cast<std::uint64_t>(pool_scope));
  for (const Calendar& calendar : calendars) calendar.add_to(hasher);
  hasher.add(std::uint64_t{mode.value});
  hasher.add(moving.number_last);
  hasher.add(std::uint64_t{moving.left} | std::uint64_t{moving.from.value} << 32 |
             std::uint64_t{moving.to.value} << 48);
  return timers.digest(hasher.value());
}

// Whether it stands in exactly the places that its state asks for.
bool Router::State::stands_right(ConversationSlot slot) const {
  const Conversation& conversation = conversations[slot];
  const bool queued = belongs_in_queue(conversation);
  if (queued != (queues.holds(slot) != static_cast<bool>(conversation.kept_for))) return false;
  const bool shown = for_bots.holds(slot);
  if (shown ? !queues.holds(slot) : queues.holds(slot) && bots_first(conversation)) return false;
  if (!conversation.customer) return conversation.nature.customer.is_zero();
  ConversationSlot top = slot;
  while (const ConversationSlot above = conversations[top].in_line.parent) {
    if (!goes_before(above, top)) return false;
    top = above;
  }
  return (customers[conversation.customer].line == top) == belongs_in_line(conversation.state);
}

bool Router::State::indexes_agree() const {
  if (!timers.heap_agrees() || !queues.agrees() || !for_bots.agrees()) return false;
  std::uint32_t counted_waiting = 0;
  std::vector<Load> loads(agents.size());
  for (std::uint32_t i = 0; i < conversations.used(); ++i) {
    const ConversationSlot slot{i};
    const Conversation& conversation = conversations[slot];
    if (conversation.state == ConversationState::none) continue;
    if (conversation.state == ConversationState::waiting) ++counted_waiting;
    if (!stands_right(slot)) return false;
    const std::size_t channel = conversation.nature.channel.value;
    const auto count = [&](AgentSlot with, bool over) {
      Load& load = loads[with.value];
      ++(over ? load.over : load.count[channel]);
    };
    const bool uses_room = conversation.state == ConversationState::assigned ||
                           conversation.state == ConversationState::wrapping;
    if (uses_room) count(conversation.agent, conversation.over);
    for (AgentSlot offered_to : conversation.offers) count(offered_to, conversation.offers_over);
  }
  for (std::uint32_t i = 0; i < agents.size(); ++i) {
    const Agent& who = agents[i];
    if (who.load.count != loads[i].count || who.load.over != loads[i].over) return false;
    const AgentSlot slot{i};
    const Rooms room = who.definition ? rooms_of(who) : Rooms{0};
    if (free_agents.stands(slot) != (room != 0)) return false;
    if (room == 0) continue;
    const Standing& standing = free_agents.standing(slot);
    if (standing.room != room || standing.column != who.column) return false;
  }
  return counted_waiting == waiting && surges_agree();
}

}  // namespace usher
