// To another class, level or agent: one by one, many at once, and incidents.

#include <algorithm>

#include "routing/limits.h"
#include "sim/twin.h"

namespace usher::sim {

using State = ConversationState;

bool Twin::is_bot(AgentId id) const {
  const Agent* a = agent_of(id);
  return a != nullptr && a->definition.kind == AgentKind::bot;
}

void Twin::move(Conversation& c, ClassNumber to, Cause cause, ReasonNumber reason) {
  AgentId source;
  if (c.state == State::assigned) {
    c.handed_over = c.handed_over || is_bot(c.agent);
    source = take_from_agent(c);
  }
  revoke_offers(c, Cause::revoked);
  const bool of_another = c.service_class != to;
  c.service_class = to;
  if (of_another && c.state == State::waiting) begins_to_wait(c);
  enter_queue(c, cause, source, reason);
}

void Twin::seek(Conversation& c, bool was_security) {
  const bool security = band_of(c).security;
  if (!security) c.seeking = false;
  if (!security || was_security) return;
  c.seeking = !handles_incident(c, *agent_of(c.agent));
}

bool Twin::handles_incident(const Conversation& c, const Agent& a) const {
  return need_met(c, a, now() - c.opened_ms) && authorised(c, a) && !excluded_for_good(c, a) &&
         a.definition.kind == AgentKind::person;
}

Refusal Twin::on(const command::Escalate& escalate) {
  if (const Refusal refusal = missing(escalate.conversation); refusal != Refusal::none) {
    return refusal;
  }
  if (escalate.reason && !named(NameKind::reason, escalate.reason.value)) {
    return Refusal::unknown_name;
  }
  Conversation& c = *live(escalate.conversation);
  const bool queued =
      c.state == State::waiting || c.state == State::offered || c.state == State::unroutable;
  if (!queued && c.state != State::assigned) return Refusal::wrong_state;
  const std::uint64_t epoch = c.state == State::offered ? c.offers.front().epoch : c.epoch;
  if (escalate.epoch != 0 && escalate.epoch != epoch) return Refusal::stale;
  std::uint8_t level = std::max<std::uint8_t>(1, c.level);
  if (c.state == State::assigned) level = std::max(level, agent_of(c.agent)->definition.level);
  if (++level > rules().levels) return Refusal::top_level;

  Event event = about(c, EventKind::escalated, Cause::command);
  event.agent = c.agent;
  event.epoch = c.epoch;
  event.reason = escalate.reason;
  event.count = level;
  publish(event);
  c.level = level;
  move(c, c.service_class, Cause::escalated, escalate.reason);
  return Refusal::none;
}

Refusal Twin::on(const command::MoveAll& all) {
  const auto configured = [&](ClassNumber number) {
    return std::any_of(rules().classes.begin(), rules().classes.end(),
                       [&](const ClassConfiguration& k) { return k.number == number; });
  };
  if (!configured(all.from_class) || !configured(all.to_class)) return Refusal::unknown_name;
  if (all.from_class == all.to_class) return Refusal::same_target;
  if (move_) return Refusal::busy;
  move_ = Move{all.from_class, all.to_class, 0, opened_count_,
               all.count_max == 0 ? ~std::uint32_t{0} : all.count_max};
  return Refusal::none;
}

void Twin::go_on_moving() {
  if (!move_) return;
  std::size_t looked_at = 0;
  for (Conversation& c : conversations_) {
    if (c.number <= move_->looked_at) continue;
    if (c.number > move_->last || move_->left == 0) break;
    if (looked_at++ == limits::cursor_step || caused(limits::cursor_events_max)) return;
    move_->looked_at = c.number;
    const bool waits = c.state == State::waiting || c.state == State::unroutable;
    if (!waits || c.service_class != move_->from) continue;
    --move_->left;
    move(c, move_->to, Cause::operator_order, {});
  }
  move_.reset();
}

}  // namespace usher::sim
