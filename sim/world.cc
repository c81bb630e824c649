#include "sim/world.h"

#include <algorithm>
#include <string>

#include "sim/world_names.h"

namespace usher::sim {

using namespace world;
std::uint64_t Dice::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::int64_t Dice::from_to(std::int64_t first, std::int64_t last) {
  return first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first + 1)));
}

SessionId session_id(std::uint8_t session) {
  return session == 0 ? SessionId{} : SessionId::of_text("s" + std::to_string(session));
}

bool* Features::find(std::string_view name) {
  const std::pair<std::string_view, bool*> all[] = {{"several_offers", &several_offers},
                                                    {"need_steps", &need_steps},
                                                    {"preferred", &preferred},
                                                    {"follow_ups", &follow_ups},
                                                    {"reopen", &reopen},
                                                    {"reconfigure", &reconfigure},
                                                    {"heirs", &heirs},
                                                    {"helps_after", &helps_after},
                                                    {"resumed", &resumed},
                                                    {"updates", &updates},
                                                    {"holds", &holds},
                                                    {"timed_holds", &timed_holds},
                                                    {"handling", &handling},
                                                    {"bad_sessions", &bad_sessions},
                                                    {"over", &over},
                                                    {"incidents", &incidents},
                                                    {"escalation", &escalation},
                                                    {"moves", &moves},
                                                    {"customers", &customers},
                                                    {"bots", &bots},
                                                    {"login_burst", &login_burst},
                                                    {"hours", &hours},
                                                    {"overflow", &overflow},
                                                    {"shedding", &shedding},
                                                    {"modes", &modes},
                                                    {"shifts", &shifts},
                                                    {"scopes", &scopes},
                                                    {"ratings", &ratings},
                                                    {"surge", &surge}};
  for (const auto& [its_name, feature] : all) {
    if (its_name == name) return feature;
  }
  return nullptr;
}

Author::Author(std::uint64_t seed, const Features& features) : dice_(seed), features_(features) {
  agents_ = 2 + dice_.below(4);
  live_max_ = 3 + dice_.below(14);
  customers_ = 1 + dice_.below(4);
  // No world has everything: what closes, sheds and stops leaves little to the rest.
  const std::pair<bool*, std::uint64_t> shares[] = {
      {&features_.hours, 50},   {&features_.overflow, 50}, {&features_.shedding, 25},
      {&features_.modes, 40},   {&features_.shifts, 40},   {&features_.scopes, 40},
      {&features_.ratings, 70}, {&features_.surge, 50}};
  for (const auto& [feature, percent] : shares) {
    const bool here = dice_.percent(percent);
    *feature = *feature && here;
  }
  // Whose second conversation waits behind the first is what shedding the first brings forward.
  if (features_.shedding && dice_.percent(50)) customers_ = 1 + dice_.below(2);
  turns_percent_ = dice_.percent(25) ? 12 : 1 + dice_.below(4);
  staffed_percent_ = dice_.percent(15) ? 0 : dice_.percent(50) ? 15 : 50;
  at_hand_percent_ = dice_.percent(25) ? 0 : 60;
  choose_theme();
}

void Author::choose_theme() {
  const std::uint64_t way = dice_.below(100);
  if (way < 60) return;
  theme_ = way < 67   ? Theme::rejected_by_many
           : way < 75 ? Theme::rejected_by_few
           : way < 85 ? Theme::regulars
           : way < 93 ? Theme::last_minutes
                      : Theme::long_handling;
  switch (theme_) {
    case Theme::anything: break;
    case Theme::rejected_by_many:
      rejected_percent_ = 90;
      ended_percent_ = 4;
      cool_down_s_max_ = 600;
      agents_ = 9 + dice_.below(4);
      break;
    case Theme::rejected_by_few:
      rejected_percent_ = 90;
      ended_percent_ = 4;
      cool_down_s_min_ = 1000;
      cool_down_s_max_ = 3600;
      answered_at_once_percent_ = 70;
      agents_ = 1 + dice_.below(2);
      live_max_ = 60;
      keep_open();
      break;
    case Theme::regulars:
      agents_ = 1 + dice_.below(3);
      live_max_ = 12 + dice_.below(20);
      keep_open();
      break;
    case Theme::last_minutes: features_.shifts = true; break;
    case Theme::long_handling: agents_ = 3 + dice_.below(4); break;
  }
}

// Nothing closes, is shed or stops.
void Author::keep_open() {
  for (bool* feature : {&features_.hours, &features_.overflow, &features_.shedding,
                        &features_.modes, &features_.shifts, &features_.scopes}) {
    *feature = false;
  }
}

std::uint16_t Author::number(std::uint16_t last) {
  if (dice_.percent(1)) return static_cast<std::uint16_t>(last + 40);
  return static_cast<std::uint16_t>(dice_.below(last + 1));
}

AgentId Author::any_agent() { return agent_id(dice_.percent(2) ? 99 : 1 + dice_.below(agents_)); }

CustomerId Author::any_customer() { return customer_id(1 + dice_.below(customers_)); }

ConversationId Author::any_conversation() {
  if (conversations_ == 0 || dice_.percent(2)) return conversation_id(999999);
  const std::uint64_t back = dice_.below(std::min<std::uint64_t>(conversations_, 24));
  return conversation_id(conversations_ - back);
}

command::Required Author::required() {
  command::Required list;
  if (!dice_.percent(20)) return list;
  const std::uint16_t first = static_cast<std::uint16_t>(1 + dice_.below(skills));
  list.push_back({SkillNumber{first}, static_cast<std::uint8_t>(1 + dice_.below(4))});
  if (dice_.percent(30)) {
    const std::uint16_t other = static_cast<std::uint16_t>(first % skills + 1);
    list.push_back({SkillNumber{other}, static_cast<std::uint8_t>(1 + dice_.below(4))});
  }
  return list;
}

// --- the script ---

Step Author::set_up() {
  Step step;
  if (lines_ == 0) {
    step.command = command::Configure{std::make_shared<PoolConfiguration>(configuration())};
  } else if (lines_ <= sessions_of_a_world) {
    command::OpenSession open;
    open.session = session_id(static_cast<std::uint8_t>(lines_));
    for (const char c : "desk" + std::to_string(lines_)) open.origin.push_back(c);
    step.command = open;
  } else {
    const std::uint64_t index = lines_ - sessions_of_a_world;
    step.session = static_cast<std::uint8_t>(1 + dice_.below(sessions_of_a_world));
    if (index <= agents_) {
      auto definition = agent();
      definition.agent = agent_id(index);
      step.command = command::DefineAgent{std::make_shared<command::AgentDefinition>(definition)};
    } else {
      step.command = command::SignIn{agent_id(index - agents_), Presence::available, 0};
    }
  }
  ++lines_;
  return step;
}

Step Author::next(const Twin& twin) {
  if (lines_ <= sessions_of_a_world + 2 * agents_) return set_up();
  ++lines_;
  Step step;
  step.after_ms = pause(twin);
  if (dice_.percent(8)) {
    step.command = about_shell(twin);
    return step;
  }
  if (features_.hours && dice_.percent(turns_percent_)) {
    step.command = set_hours();
    return step;
  }
  if (features_.shifts && dice_.percent(theme_ == Theme::last_minutes ? 8 : 3)) {
    step.command = shift_ends();
    return step;
  }
  if (theme_ == Theme::last_minutes && features_.resumed && dice_.percent(3)) {
    step.command = command::Resumed{0};
    return step;
  }
  step.session = static_cast<std::uint8_t>(1 + dice_.below(sessions_of_a_world));
  step.command = !sent_.empty() && dice_.percent(4) ? sent_.back() : command(twin);
  // Said again later, an update might make an incident of what was assigned meanwhile.
  const bool again = features_.incidents || !std::holds_alternative<command::Update>(step.command);
  if (sent_.size() > 3) sent_.erase(sent_.begin());
  if (again) sent_.push_back(step.command);
  const std::uint64_t epoch = dice_.below(20);
  step.epoch = epoch < 9    ? Step::Epoch::none
               : epoch < 19 ? Step::Epoch::current
                            : Step::Epoch::stale;
  if (features_.bad_sessions && dice_.percent(3)) {
    step.numbering = dice_.percent(70) ? Step::Numbering::repeated : Step::Numbering::gap;
  }
  return step;
}

std::int64_t Author::pause(const Twin& twin) {
  if (dice_.percent(answered_at_once_percent_)) return dice_.from_to(0, second);
  const std::uint64_t way = dice_.below(100);
  if (way < 40) return 0;
  if (way < 65) return dice_.from_to(1, 2 * second);
  if (way < 85) {
    const auto due_ms = twin.next_deadline();
    if (!due_ms) return 0;
    const std::int64_t left_ms = *due_ms - twin.view().pool_ms;
    return std::max<std::int64_t>(0, left_ms - (dice_.percent(15) ? 1 : 0));
  }
  if (way < 90) return to_a_target(twin);
  if (way < 97) return dice_.from_to(1, 20) * second;
  return dice_.from_to(1, 5 * 60) * second;
}

// To the very moment at which somebody's wait reaches its target, or the multiple of it at which it
// is rescued.
std::int64_t Author::to_a_target(const Twin& twin) {
  const auto live = twin.conversations();
  if (live.empty()) return 0;
  const PoolConfiguration& pool = twin.configuration();
  const std::size_t first = dice_.below(live.size());
  const bool rescued = dice_.percent(50);
  for (std::size_t i = 0; i < live.size(); ++i) {
    const ConversationView& c = live[(first + i) % live.size()];
    if (rescued && c.state != ConversationState::waiting) continue;
    for (const ClassConfiguration& k : pool.classes) {
      if (k.number != c.service_class) continue;
      const BandConfiguration& band = pool.bands[k.band.value - 1u];
      if (rescued && band.order != Order::service_level) continue;
      const std::int64_t times = rescued ? band.rescue : 1;
      const std::int64_t left_ms = c.opened_ms + k.target_ms * times - twin.view().pool_ms;
      if (left_ms > 0) return left_ms;
    }
  }
  return 0;
}

// Rather one that somebody has, or has to answer.
const ConversationView& Author::one_of(const std::vector<ConversationView>& live) {
  const bool to_answer = dice_.percent(answered_at_once_percent_);
  const bool at_hand = dice_.percent(at_hand_percent_);
  const std::size_t first = dice_.below(live.size());
  if (!to_answer && !at_hand) return live[first];
  for (std::size_t i = 0; i < live.size(); ++i) {
    const ConversationView& c = live[(first + i) % live.size()];
    const bool elsewhere =
        c.state == ConversationState::waiting || c.state == ConversationState::deferred;
    if (to_answer ? c.state == ConversationState::offered : !elsewhere) return c;
  }
  return live[first];
}

// Whoever is not there comes, where the world is well staffed.
std::optional<Command> Author::staff(const Twin& twin) {
  if (!dice_.percent(staffed_percent_)) return std::nullopt;
  const auto agents = twin.agents();
  if (agents.empty()) return std::nullopt;
  const AgentView& agent = dice_.one_of(agents);
  const bool off = agent.presence == Presence::none || agent.presence == Presence::offline;
  if (agent.lost) return command::AgentRegained{agent.agent};
  if (off) return command::SignIn{agent.agent, Presence::available, 0};
  if (agent.presence == Presence::available) return std::nullopt;
  return command::SetPresence{agent.agent, Presence::available, {}};
}

Command Author::command(const Twin& twin) {
  if (const std::optional<Command> comes = staff(twin)) return *comes;
  const auto live = twin.conversations();
  if (dice_.percent(14)) return about_roster();
  if (dice_.percent(features_.scopes || features_.modes ? 4 : 2)) return about_many(twin);
  if (live.size() < live_max_ && dice_.percent(30)) return open();
  if (live.empty() || dice_.percent(10)) {
    // One after the other: arguments are drawn in an order of the compiler's own.
    const ConversationId id = any_conversation();
    const AgentId agent_here = any_agent();
    return any(id, agent_here, twin);
  }
  const ConversationView& c = one_of(live);
  if (dice_.percent(15)) return any(c.conversation, any_agent(), twin);
  if (live.size() >= live_max_ && dice_.percent(ended_percent_)) {
    if (dice_.percent(50)) return command::Abandon{c.conversation};
    return command::Close{c.conversation, c.agent, 0, CloseOutcome::solved};
  }
  return fitting(c, twin);
}

std::int64_t Author::hold_ms() { return features_.timed_holds ? dice_.from_to(1, 20) * second : 0; }

Command Author::open() {
  // Another case like the last: alike in all that gives a place, they stand as they came.
  if (opened_ && dice_.percent(10)) {
    command::Open again = *opened_;
    again.conversation = conversation_id(++conversations_);
    again.customer = {};
    return again;
  }
  command::Open its;
  its.conversation = conversations_ > 0 && dice_.percent(4) ? any_conversation()
                                                            : conversation_id(++conversations_);
  its.channel = {static_cast<std::uint16_t>(dice_.percent(1) ? 0 : 1 + dice_.below(channels))};
  its.category = {number(categories)};
  its.impact = {number(impacts)};
  its.tier = {number(tiers)};
  if (dice_.percent(60)) its.language = language(1 + dice_.below(languages));
  its.test = dice_.percent(5);
  if (dice_.percent(25)) its.age_ms = dice_.from_to(0, 40) * second;
  if (features_.follow_ups && dice_.percent(8)) its.not_before_ms = dice_.from_to(1, 40) * second;
  its.required = required();
  if (features_.customers && dice_.percent(70)) its.customer = any_customer();
  if (features_.preferred && dice_.percent(theme_ == Theme::regulars ? 75 : 30)) {
    its.preferred_agent = any_agent();
  }
  if (dice_.percent(10)) its.excluded.push_back(any_agent());
  opened_ = its;
  return its;
}

Command Author::update(ConversationId id, const Twin& twin) {
  command::Update its;
  its.conversation = id;
  const std::uint64_t some = dice_.below(256);
  its.fields = static_cast<std::uint16_t>(some & dice_.below(256));
  if (features_.customers && dice_.percent(15)) its.fields |= command::Update::customer_field;
  if (dice_.percent(85)) its.customer = any_customer();
  const auto seen = twin.conversation(id);
  if (!features_.incidents && seen && seen->state == ConversationState::assigned) {
    its.fields &= its.required_field | its.preferred_field | its.preferred_agent_field;
  }
  its.category = {number(categories)};
  its.impact = {number(impacts)};
  its.tier = {number(tiers)};
  if (dice_.percent(60)) its.language = language(1 + dice_.below(languages));
  its.required = required();
  its.reason = {number(reasons)};
  if (features_.preferred && dice_.percent(60)) its.preferred_agent = any_agent();
  if (dice_.percent(30)) its.excluded.push_back(any_agent());
  return its;
}

// Of a category that a class of a security band has, if there is one; or back out of it.
Command Author::incident(ConversationId id, const Twin& twin) {
  command::Update its;
  its.conversation = id;
  its.fields = command::Update::category_field;
  its.category = {static_cast<std::uint16_t>(1 + dice_.below(categories))};
  const PoolConfiguration& pool = twin.configuration();
  const auto seen = twin.conversation(id);
  const bool inside = seen && std::any_of(pool.bands.begin(), pool.bands.end(), [&](const auto& b) {
                        return b.number == seen->band && b.security;
                      });
  const bool in_or_out = dice_.percent(inside ? 40 : 85);
  for (const ClassConfiguration& k : pool.classes) {
    const bool security = std::any_of(pool.bands.begin(), pool.bands.end(), [&](const auto& b) {
      return b.number == k.band && b.security;
    });
    if (security != in_or_out) continue;
    its.category = {k.number.value};
    if (dice_.percent(50)) break;
  }
  its.reason = {number(reasons)};
  return its;
}

// What the people concerned would do next.
Command Author::fitting(const ConversationView& c, const Twin& twin) {
  const ConversationId id = c.conversation;
  const std::uint64_t way = dice_.below(100);
  switch (c.state) {
    case ConversationState::offered: {
      const AgentId agent = dice_.one_of(c.offers);
      if (way < 80) {
        const bool rejected = way < rejected_percent_;
        if (rejected) return command::Reject{id, agent, 0, {number(reasons)}};
        return command::Accept{id, agent, 0};
      }
      if (way < 84 && features_.escalation) return command::Escalate{id, 0, {number(reasons)}};
      return any(id, agent, twin);
    }
    case ConversationState::assigned: {
      if (theme_ == Theme::last_minutes && dice_.percent(25)) {
        return command::Transfer{id, 0, {}, colleague(twin), {number(reasons)}};
      }
      if (theme_ == Theme::long_handling && dice_.percent(70)) {
        // Nobody hurries.
        if (!c.offers.empty()) return command::Replied{id, c.agent, 0};
        return command::Transfer{id, 0, {}, colleague(twin), {number(reasons)}};
      }
      if (!c.offers.empty() && way < 50) {
        if (way < 35) return command::Accept{id, c.offers.front(), 0};
        return command::Reject{id, c.offers.front(), 0, {}};
      }
      if (c.over && way < 70 && features_.incidents && features_.updates) return incident(id, twin);
      if (way < 14) return command::Replied{id, c.agent, 0};
      if (way < 32 && features_.incidents && features_.updates) return incident(id, twin);
      if (way < 40 && features_.holds) {
        return command::Hold{id, c.agent, 0, dice_.percent(60) ? hold_ms() : 0};
      }
      if (way < 55) {
        return command::Close{id, dice_.percent(50) ? c.agent : AgentId{}, 0,
                              static_cast<CloseOutcome>(dice_.below(6))};
      }
      if (way < 70) return command::Transfer{id, 0, {}, colleague(twin), {number(reasons)}};
      if (way < 78) return command::Abandon{id};
      if (way < 82 && features_.escalation) return command::Escalate{id, 0, {number(reasons)}};
      if (way < 86) return command::Release{id, c.agent, 0, {number(reasons)}};
      return any(id, c.agent, twin);
    }
    case ConversationState::held:
      if (way < 40) return command::Resume{id, c.agent, 0};
      if (way < 65) return command::CustomerWrote{id};
      return any(id, c.agent, twin);
    case ConversationState::wrapping:
      if (way < 50) return command::FinishWrapUp{id, c.agent};
      if (way < 70) return command::ExtendWrapUp{id, c.agent, dice_.from_to(1, 10) * second};
      if (way < 76 && features_.ratings) return rating(id);
      return any(id, c.agent, twin);
    case ConversationState::deferred:
      if (way < 40 && features_.updates) return update(id, twin);
      return any(id, any_agent(), twin);
    case ConversationState::waiting:
      if (way < 8 && features_.escalation) return command::Escalate{id, 0, {number(reasons)}};
      if (way < 28) return command::Pick{id, any_agent(), 0};
      if (way < 43 && features_.updates) return update(id, twin);
      if (way < 60) return command::Abandon{id};
      return any(id, any_agent(), twin);
    default: return any(id, any_agent(), twin);
  }
}

// Rather one about to leave, where the world is about that.
AgentId Author::colleague(const Twin& twin) {
  const AgentId any = any_agent();
  if (theme_ != Theme::last_minutes || dice_.percent(30)) return any;
  for (const AgentView& agent : twin.agents()) {
    if (agent.shift_ends_ms > 0 && agent.presence == Presence::available) return agent.agent;
  }
  return any;
}

Command Author::rating(ConversationId id) {
  return command::Rate{id, static_cast<std::uint8_t>(dice_.from_to(1, 5))};
}

Command Author::any(ConversationId id, AgentId agent, const Twin& twin) {
  switch (dice_.below(20)) {
    case 0: return command::CustomerWrote{id};
    case 1: return command::Abandon{id};
    case 2:
      return command::Close{id, dice_.percent(50) ? agent : AgentId{}, 0, CloseOutcome::solved};
    case 3:
    case 4:
      return command::Transfer{
          id, 0, {static_cast<std::uint16_t>(1 + dice_.below(classes))}, {}, {number(reasons)}};
    case 5: return command::Transfer{id, 0, {}, any_agent(), {}};
    case 6: return command::Accept{id, agent, 0};
    case 7: return command::Reject{id, agent, 0, {}};
    case 8:
    case 9: return command::Pick{id, agent, 0};
    case 10: return command::Replied{id, agent, 0};
    case 11:
      if (features_.holds) return command::Hold{id, agent, 0, hold_ms()};
      return command::Replied{id, agent, 0};
    case 12: return command::Resume{id, agent, 0};
    case 13: return command::Release{id, agent, 0, {number(reasons)}};
    case 14: return command::FinishWrapUp{id, agent};
    case 15: return command::ExtendWrapUp{id, agent, dice_.from_to(0, 10) * second};
    case 16:
      if (features_.reopen) return command::Reopen{id};
      return command::Release{id, agent, 0, {}};
    case 17:
      if (features_.escalation) return command::Escalate{id, 0, {number(reasons)}};
      return command::Pick{id, agent, 0};
    case 18:
      if (features_.ratings) return rating(id);
      return command::Pick{id, agent, 0};
    default:
      if (features_.updates) return update(id, twin);
      return command::Pick{id, agent, 0};
  }
}

Record record_of(const Step& step, const Twin& twin) {
  const PoolView view = twin.view();
  Record record;
  record.stamp = {view.record + 1, view.pool_ms + step.after_ms,
                  1'700'000'000'000 + view.pool_ms + step.after_ms};
  record.session = session_id(step.session);
  record.command = step.command;
  if (step.session != 0) {
    const auto session = twin.session(record.session);
    record.number = session ? session->last_applied + 1 : 1;
    if (step.numbering == Step::Numbering::gap) record.number += 2;
    if (step.numbering == Step::Numbering::repeated && record.number > 1) --record.number;
  }
  if (step.epoch == Step::Epoch::none) return record;
  std::visit(
      [&](auto& c) {
        if constexpr (requires {
                        c.epoch;
                        c.conversation;
                      }) {
          using Kind = std::decay_t<decltype(c)>;
          const auto seen = twin.conversation(c.conversation);
          if (!seen) return;
          constexpr bool of_offer =
              std::is_same_v<Kind, command::Accept> || std::is_same_v<Kind, command::Reject>;
          const bool offer = !seen->offers.empty() && (of_offer || seen->epoch == 0);
          c.epoch = offer ? seen->offer_epoch : seen->epoch;
          if (step.epoch == Step::Epoch::stale) c.epoch = c.epoch > 1 ? c.epoch - 1 : view.record;
        }
      },
      record.command);
  return record;
}

}  // namespace usher::sim
