// The properties of incidents, bots, customers and bulk moves.

#include <algorithm>

#include "routing/limits.h"
#include "sim/differences.h"
#include "sim/properties.h"

namespace usher::sim {

using State = ConversationState;

bool Properties::security(BandNumber band) const {
  const auto& bands = rules().bands;
  return std::any_of(bands.begin(), bands.end(),
                     [&](const auto& b) { return b.number == band && b.security; });
}

bool Properties::voice(ChannelNumber channel) const {
  const auto& channels = rules().channels;
  return std::any_of(channels.begin(), channels.end(),
                     [&](const auto& c) { return c.number == channel && c.voice; });
}

bool Properties::is_bot(AgentId id) const {
  const AgentView* a = agent(id);
  return a != nullptr && a->kind == AgentKind::bot;
}

bool Properties::was_bot(AgentId id) const {
  return std::any_of(before_.agents.begin(), before_.agents.end(), [&](const AgentView& was) {
    return was.agent == id && was.kind == AgentKind::bot;
  });
}

bool Properties::bot_may_take(const ConversationView& c, bool handed_over) const {
  const std::int64_t waited_ms = sight_->pool.pool_ms - c.opened_ms;
  return !security(c.band) && !handed_over && waited_ms < class_of(c).bot_first_ms;
}

// Without a place in the queue nothing can be taken; an incident that seeks stands there too.
bool Properties::in_queue(const ConversationView& c) {
  return c.state == State::waiting ? !c.joined : c.seeking && c.offers.empty();
}

std::uint32_t Properties::over_count(AgentId id) const {
  std::uint32_t count = 0;
  for (const auto& [conversation, told] : told_) {
    if (told.over && told.owner == id) ++count;
    const auto offer = told.offers.find(id);
    if (offer != told.offers.end() && offer->second) ++count;
  }
  return count;
}

bool Properties::has_over_slot(const ConversationView& c, const AgentView& a) const {
  const bool takes = std::any_of(a.loads.begin(), a.loads.end(), [&](const ChannelLoadView& l) {
    return l.channel == c.channel && l.limit > 0;
  });
  if (!takes || !security(c.band) || voice(c.channel)) return false;
  for (const ConversationView& d : sight_->conversations) {
    const bool lies = d.agent == a.agent && d.state != State::held;
    const bool offered = std::find(d.offers.begin(), d.offers.end(), a.agent) != d.offers.end();
    if (voice(d.channel) && (lies || offered)) return false;
  }
  return a.over < class_of(c).over_slots;
}

// --- told by events ---

// What lies with whom and above capacity or not, and what holds a place in the queue.
void Properties::follow_places(const Event& event, Told& told) {
  const auto enter = [&] {
    if (told.queued == 0) told.queued = ++queued_count_;
  };
  switch (event.kind) {
    case EventKind::opened:
      told.channel = event.channel;
      if (event.state == State::waiting) enter();
      break;
    case EventKind::offered: told.offers[event.agent] = event.over; break;
    case EventKind::offer_ended: told.offers.erase(event.other_agent); break;
    case EventKind::assigned:
      enter();
      told.offers.clear();
      told.joined = false;
      told.over = event.over;
      break;
    case EventKind::held: told.over = false; break;
    case EventKind::joined: told.joined = true; break;
    case EventKind::waiting: enter(); [[fallthrough]];
    case EventKind::unroutable:
    case EventKind::deferred:
    case EventKind::closed:
    case EventKind::abandoned:
      told.over = false;
      told.joined = false;
      break;
    default: break;
  }
}

// P16: one level more than whoever had it, and never above the last.
void Properties::follow_escalation(const Event& event, Told& told) {
  if (event.kind != EventKind::escalated) return;
  std::uint32_t level = std::max<std::uint32_t>(1, told.level);
  const AgentView* owner = agent(told.owner);
  if (owner != nullptr) level = std::max<std::uint32_t>(level, owner->level);
  if (event.count != level + 1 || event.count > rules().levels) {
    fail("P16: " + words(event.conversation) + " is escalated to a wrong level");
  }
  told.level = static_cast<std::uint8_t>(event.count);
}

// A bot has it for a while, hands it over once, and never wraps up.
void Properties::follow_bot(const Event& event, Told& told) {
  const std::string who = words(event.conversation);
  const auto source = roster_.find(event.other_agent);  // as it was before the record
  const bool from_bot = source != roster_.end() && source->second.kind == AgentKind::bot;
  switch (event.kind) {
    case EventKind::assigned:
      told.bot_due_ms = 0;
      if (event.cause == Cause::given || event.cause == Cause::picked) {
        told.with_bot_by_rules = false;
      }
      if (!is_bot(event.agent)) return;
      for (const ClassConfiguration& k : rules().classes) {
        if (k.number != event.service_class) continue;
        told.bot_due_ms = event.pool_ms - event.waited_ms + k.bot_first_ms;
      }
      return;
    case EventKind::wrapping:
      if (is_bot(event.agent)) fail("P26: a bot wraps up " + who);
      return;
    case EventKind::waiting: {
      const bool at_end = event.cause == Cause::silent || event.cause == Cause::transferred ||
                          event.cause == Cause::escalated || event.cause == Cause::bot_handed_over;
      const bool released = std::holds_alternative<command::Release>(record_->command);
      if (event.cause == Cause::bot_handed_over && told.bot_due_ms > event.pool_ms && !released) {
        fail("P32: " + who + " is handed over early");
      }
      if (event.cause == Cause::reopened || (at_end && from_bot)) told.handed_over = true;
      break;
    }
    case EventKind::unroutable:
    case EventKind::deferred:
    case EventKind::closed:
    case EventKind::abandoned: break;
    default: return;
  }
  told.bot_due_ms = 0;
}

// P28: the window of a minute, decided with the rules before the record, or the pool's own if a
// mode ended before it, and by what the agent was.
void Properties::follow_windows() {
  for (auto& [id, told] : told_agents_) {
    while (told.window_until_ms > 0 && told.window_until_ms <= record_->stamp.pool_ms) {
      const bool mode_ended =
          mode_due_before_ms_ > 0 && std::make_pair(mode_due_before_ms_, mode_record_) <
                                         std::make_pair(told.window_until_ms, told.window_record);
      const RoutingRules& then = mode_ended ? in_force(before_, {}) : rules_before();
      const std::uint16_t cap = then.login_burst_per_minute;
      const bool follows = !was_bot(id) && cap > 0 && told.burst >= cap;
      told.window_until_ms = follows ? told.window_until_ms + limits::minute_ms : 0;
      told.window_record = record_->stamp.sequence;
      told.burst = 0;
    }
  }
}

// --- at the decision ---

// P2: above capacity only an incident, from matching, never voice nor beside it, and few enough.
void Properties::check_over(const Event& event, const Told& told) {
  const std::string which = words(event.conversation) + " to " + words(event.agent);
  const auto offer = told.offers.find(event.agent);
  if (event.cause == Cause::accepted ||
      (event.kind == EventKind::assigned && event.cause == Cause::transferred)) {
    const bool was_over = offer != told.offers.end() && offer->second;
    if (was_over != event.over) fail("P2: " + which + " is not as it was offered");
    return;
  }
  if (!event.over) {
    const bool beside = voice(event.channel) && over_count(event.agent) > 0;
    if (beside) fail("P2: " + which + ", a call beside what is above capacity");
    return;
  }
  if (event.cause != Cause::given) fail("P2: " + which + " above capacity, not by matching");
  if (!security(event.band)) fail("P2: " + which + " above capacity, but no incident");
  if (voice(event.channel)) fail("P2: " + which + ", a call above capacity");
  for (const auto& [id, other] : told_) {
    const bool lies = other.owner == event.agent && other.state != State::held;
    if (voice(other.channel) && (lies || other.offers.contains(event.agent))) {
      fail("P2: " + which + " above capacity beside a call");
    }
  }
  for (const ClassConfiguration& k : rules().classes) {
    if (k.number == event.service_class && over_count(event.agent) >= k.over_slots) {
      fail("P2: " + which + " above the last slot");
    }
  }
}

void Properties::check_bot(const Event& event, const Told& told) {
  if (!is_bot(event.agent)) return;
  const ConversationView* c = conversation(event.conversation);
  if (c == nullptr || !bot_may_take(*c, told.handed_over)) {
    fail("P4: " + words(event.conversation) + " to the bot " + words(event.agent));
  }
  if (event.kind == EventKind::offered && event.cause == Cause::given) {
    fail("P4: the bot " + words(event.agent) + " is asked, and not given");
  }
}

void Properties::check_burst(const Event& event) {
  if (security(event.band)) return;
  ToldAgent& a = told_agents_[event.agent];
  const std::uint16_t cap = rules().login_burst_per_minute;
  if (cap > 0 && a.window_until_ms > 0 && a.burst >= cap && !is_bot(event.agent)) {
    fail("P28: " + words(event.agent) + " came online and got too many");
  }
  ++a.burst;
}

// Room before an over-capacity slot, bots before persons. Room only shrinks while there is
// matching, unless an incident leaves its agent.
void Properties::check_choice(const Event& event, const Events& events) {
  const bool freed = std::any_of(events.begin(), events.end(), [](const Event& e) {
    return e.cause == Cause::given && !e.other_agent.is_zero();
  });
  const ConversationView& c = *conversation(event.conversation);
  if (freed || class_of(c).hold_for_preferred) return;
  for (const AgentView& b : sight_->agents) {
    const bool asked = std::find(c.offers.begin(), c.offers.end(), b.agent) != c.offers.end();
    if (asked || b.agent == event.agent || !fits(c, b) || !has_room(c, b)) continue;
    const std::string which = words(event.conversation) + " to " + words(event.agent);
    if (event.over) fail("P2: " + which + " above capacity, and another has room");
    if (is_bot(b.agent) && !is_bot(event.agent)) fail("P6: " + which + ", and a bot is free");
  }
}

// --- after the record ---

// P34: the first of (band, first queued) has the place, and only that one.
void Properties::check_customers() {
  for (const ConversationView& c : sight_->conversations) {
    const std::string who = words(c.conversation);
    const Told& told = told_[c.conversation];
    if (c.joined != told.joined) fail("P34: " + who + " is joined or not, unlike its events");
    if (c.joined && c.state != State::waiting) fail("P34: " + who + " is joined, but waits not");
    if (c.state != State::waiting) continue;
    bool behind = false;
    for (const ConversationView& d : sight_->conversations) {
      const bool counts = d.state == State::waiting || d.state == State::offered;
      if (!counts || c.customer.is_zero() || d.customer != c.customer) continue;
      const auto mine = std::make_pair(band_position(c), told.queued);
      const auto its = std::make_pair(band_position(d), told_[d.conversation].queued);
      behind = behind || its < mine;
    }
    if (behind && !c.joined) fail("P34: " + who + " is a second place of its customer");
    if (!behind && c.joined) fail("P34: " + who + " is joined to nothing");
  }
}

void Properties::check_seeking() {
  for (const ConversationView& c : sight_->conversations) {
    if (c.seeking && c.state != State::assigned) fail("P11: " + words(c.conversation) + " seeks");
    for (const ConversationView& was : before_.conversations) {
      if (was.conversation == c.conversation) check_seeking(was, c);
    }
  }
}

// An update alone makes an incident of what is assigned, and its agent keeps it only if able; nor
// does anybody get back a held one otherwise.
void Properties::check_seeking(const ConversationView& was, const ConversationView& c) {
  const std::string who = words(c.conversation);
  const auto* update = std::get_if<command::Update>(&record_->command);
  const bool updated = update != nullptr && update->conversation == c.conversation;
  const bool same = was.state == State::assigned && c.state == State::assigned &&
                    was.epoch == c.epoch && was.agent == c.agent;
  const auto check_able = [&] {
    const AgentView& a = *agent(c.agent);
    const bool excluded = std::any_of(c.exclusions.begin(), c.exclusions.end(), [&](const auto& e) {
      return e.agent == a.agent && e.until_ms == 0;
    });
    if (excluded || is_bot(a.agent) || !authorised(c, a) ||
        !need_met(c, a, sight_->pool.pool_ms - c.opened_ms)) {
      fail("P27: the incident " + who + " stays with " + words(a.agent));
    }
  };
  const bool resumed =
      was.state == State::held && c.state == State::assigned && was.agent == c.agent;
  if (!same) {
    if (c.seeking) fail("P11: " + who + " seeks from its first moment");
    if (resumed && security(c.band)) check_able();
    return;
  }
  ConversationView then = c;
  then.service_class = was.service_class;
  const bool became = updated && !security(class_of(then).band) && security(c.band);
  if (c.seeking && !was.seeking && !became) fail("P11: " + who + " seeks without a reason");
  const bool ceased = was.seeking && !c.seeking;
  // Its class may have left the security bands before, by a configuration.
  if (ceased && !became && (!updated || security(c.band))) fail("P11: " + who + " seeks no more");
  if (became && !c.seeking) check_able();
}

// A bot keeps nothing longer than it may, and no incident but while it seeks.
void Properties::check_bots() {
  const bool changed = rules_changed();
  for (const ConversationView& c : sight_->conversations) {
    Told& told = told_[c.conversation];
    if (changed &&
        std::any_of(c.offers.begin(), c.offers.end(), [&](AgentId id) { return is_bot(id); })) {
      told.with_bot_by_rules = true;
    }
    if (!is_bot(c.agent)) told.bot_due_ms = 0;
    if (!is_bot(c.agent)) continue;
    const std::string who = words(c.conversation);
    const bool over = told.bot_due_ms > 0 && told.bot_due_ms <= sight_->pool.pool_ms;
    if (over && told.epoch < record_->stamp.sequence) fail("P11: a bot keeps " + who);
    if (changed) told.with_bot_by_rules = true;
    const bool allowed = c.seeking || over || told.with_bot_by_rules;
    if (c.state == State::assigned && security(c.band) && !allowed) {
      fail("P4: a bot has the incident " + who);
    }
  }
  for (const AgentView& a : sight_->agents) {
    if (a.kind != AgentKind::bot || changed) continue;
    for (const AgentView& was : before_.agents) {
      if (was.agent == a.agent && was.contested < a.contested)
        fail("P8: a bot counts for the debt");
    }
  }
}

// What waits in a class that was moved away from has left it, as far as it was asked for.
void Properties::check_moves(const Outcome& outcome, const Events& events) {
  const auto* all = std::get_if<command::MoveAll>(&record_->command);
  if (all == nullptr || outcome.refusal != Refusal::none || !carried_out_) return;
  std::uint32_t moved = 0;
  std::set<ConversationId> left;
  for (const Event& event : events) {
    const bool enters = event.kind == EventKind::waiting && event.cause == Cause::operator_order;
    moved += enters ? 1 : 0;
    if (enters) left.insert(event.conversation);
  }
  if (all->count_max > 0 && moved > all->count_max) fail("P18: more are moved than asked for");
  const bool cursor = sight_->conversations.size() > limits::timers_fired_max;
  if (cursor || (all->count_max > 0 && moved == all->count_max)) return;
  for (const ConversationView& was : before_.conversations) {
    const ConversationView* c = conversation(was.conversation);
    const bool waited = was.state == State::waiting || was.state == State::unroutable;
    if (c == nullptr || !waited || left.contains(c->conversation)) continue;
    if (was.service_class != all->from_class || c->service_class != all->from_class) continue;
    const bool waits = c->state == State::waiting || c->state == State::unroutable;
    if (waits) fail("P18: " + words(c->conversation) + " is left behind");
  }
}

}  // namespace usher::sim
