// What a mass incident may take of the others: at most a share of those on duty is lent to its
// class. Whom the class counts as another, and whether they are lent, is part of the column in
// which they stand, so that those who are kept out are not even looked at.

#include <algorithm>

#include "routing/state.h"

namespace usher {
namespace {

// Whose room it uses: of the offers, and of the assignment or wrap-up.
template <class Do>
void for_each_holder(const Conversation& conversation, Do&& act) {
  for (AgentSlot offered_to : conversation.offers) act(offered_to);
  const bool uses_room = conversation.agent && conversation.state != ConversationState::held;
  if (uses_room) act(conversation.agent);
}

// One more or less of the class lies with the agent. Tells whether it is the first, or was the
// last.
bool count_work(std::vector<WorkOf>& work, ClassNumber number, int sign) {
  auto found = std::find_if(work.begin(), work.end(),
                            [&](const WorkOf& one) { return one.service_class == number; });
  if (found == work.end()) {
    CHECK(sign > 0);
    work.push_back({number, 1});
    return true;
  }
  found->count += static_cast<std::uint32_t>(sign);
  if (found->count > 0) return false;
  work.erase(found);
  return true;
}

}  // namespace

// Whether a class has a rule, and this is no bot and lacks the skills of all that it asks for at
// the opening. Whatever is no skill, or must not be had, counts as met.
bool Router::State::is_other(const ClassConfiguration& of,
                             const command::AgentDefinition& definition) {
  if (of.surge_lend_percent == 100 || definition.kind == AgentKind::bot) return false;
  const auto has = [&](const NeedTerm& term) {
    if (term.kind != NeedTerm::Kind::skill || term.negated) return true;
    return std::any_of(definition.skills.begin(), definition.skills.end(),
                       [&](const SkillLevel& skill) {
                         return skill.skill.value == term.number && skill.level >= term.level;
                       });
  };
  bool asks = false;
  for (const NeedStep& step : of.need) {
    if (step.after_ms > 0) continue;
    asks = true;
    for (const std::vector<NeedTerm>& terms : step.alternatives) {
      if (std::all_of(terms.begin(), terms.end(), has)) return false;
    }
  }
  return asks;
}

bool Router::State::lends(ClassNumber number) const {
  const ClassState& of = classes[number.value];
  if (!of.has_surge_rule) return true;
  const ClassConfiguration& rule = *class_configurations[number.value];
  const std::uint64_t under_way = std::uint64_t{of.waiting} + of.offered + of.assigned;
  if (under_way <= rule.surge_above) return true;
  return of.surge.lent < std::uint64_t{of.surge.on_duty} * rule.surge_lend_percent / 100;
}

// Which classes have a rule, and whose work of them lies with whom. Who is another, and lent, is
// counted with the agents.
void Router::State::rebuild_surges() {
  surge_classes.clear();
  looking_classes.clear();
  for (ClassState& of : classes) {
    of.has_surge_rule = false;
    of.surge = Surge{};
  }
  for (const ClassConfiguration& of : configuration.classes) {
    if (of.surge_lend_percent == 100) continue;
    surge_classes.push_back(of.number);
    classes[of.number.value].has_surge_rule = true;
  }
  for (Agent& who : agents) who.incidents.clear();
  if (surge_classes.empty()) return;
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    const ClassNumber number = conversations[at].nature.service_class;
    if (!classes[number.value].has_surge_rule) continue;
    for_each_holder(conversations[at],
                    [&](AgentSlot with) { count_work(agent(with).incidents, number, +1); });
  }
}

// The agent, as it stands in its column and is on duty, comes or goes.
void Router::State::count_other(const Agent& who, int sign) {
  for (ClassNumber number : surge_classes) {
    const Role role = role_of(who, number);
    Surge& surge = classes[number.value].surge;
    if (role == Role::own) continue;
    if ((who.duty & on_duty_at_all) != 0) surge.on_duty += static_cast<std::uint32_t>(sign);
    if (role == Role::lent) surge.lent += static_cast<std::uint32_t>(sign);
  }
}

// An offer, assignment or wrap-up of the class comes to the agent, or is over.
void Router::State::count_incident(AgentSlot slot, ClassNumber number, int sign) {
  ClassState& of = classes[number.value];
  if (!of.has_surge_rule) return;
  Agent& who = agent(slot);
  const bool turns = count_work(who.incidents, number, sign);
  if (!turns || role_of(who, number) == Role::own) return;
  who.column = column_turned(who.column, number);
  of.surge.lent += static_cast<std::uint32_t>(sign);
  touch(slot);
  // Who is lent may get more of it.
  if (sign > 0) look(slot);
}

void Router::State::count_incidents(const Conversation& conversation, int sign) {
  const ClassNumber number = conversation.nature.service_class;
  if (!classes[number.value].has_surge_rule) return;
  for_each_holder(conversation, [&](AgentSlot with) { count_incident(with, number, sign); });
}

// Requires: who stands in the column is another to the class.
std::uint32_t Router::State::column_turned(std::uint32_t column, ClassNumber number) {
  const auto known_turn = turned_columns.find({column, number});
  if (known_turn != turned_columns.end()) return known_turn->second;
  std::vector<InClass> key(class_configurations.size());
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = InClass{tiers[i][column], helps_after[i][column], roles[i][column]};
  }
  Role& role = key[number.value].role;
  role = role == Role::lent ? Role::other : Role::lent;
  const std::uint32_t turned = column_for(key);
  turned_columns[{column, number}] = turned;
  turned_columns[{turned, number}] = column;
  return turned;
}

void Router::State::look(ClassNumber number) {
  Surge& surge = classes[number.value].surge;
  if (surge.looking) return;
  surge.looking = true;
  looking_classes.push_back(number);
}

// Where others may be lent again who could not be when matching last looked, they can take what
// waits though nothing changed for them.
void Router::State::settle_surges() {
  for (ClassNumber number : surge_classes) {
    Surge& surge = classes[number.value].surge;
    const bool lent_before = surge.lends;
    surge.lends = lends(number);
    if (lent_before || !surge.lends) continue;
    look(number);
    for (ConversationSlot slot : surge.kept) look(slot);
  }
}

ConversationSlot Router::State::best_to_lend_for(ClassNumber number) {
  if (!lends(number) || !class_open(number)) return {};
  const ClassConfiguration& of = *class_configurations[number.value];
  // Whom one can take that nothing keeps from anybody, none of the same queue that came later can.
  const auto ask = [&](ConversationSlot slot) {
    if (best_agent(slot).agent) return Queues::Answer::yes;
    const Conversation& conversation = conversations[slot];
    const Nature& nature = conversation.nature;
    const bool is_plain = !conversation.agent && conversation.exclusions.empty() &&
                          nature.excluded.empty() &&
                          (!of.hold_for_preferred || nature.preferred_agent.is_zero());
    return is_plain ? Queues::Answer::nobody : Queues::Answer::no;
  };
  return queues.first_of(number, of.band, stamp.pool_ms, ask);
}

// Counted anew, from the definitions and the conversations.
bool Router::State::surges_agree() const {
  for (const Agent& who : agents) {
    const bool known_work =
        std::all_of(who.incidents.begin(), who.incidents.end(), [&](const WorkOf& work) {
          return work.count > 0 && classes[work.service_class.value].has_surge_rule;
        });
    if (!known_work) return false;
  }
  for (ClassNumber number : surge_classes) {
    const Surge& surge = classes[number.value].surge;
    std::vector<std::uint32_t> work(agents.size());
    std::size_t kept = 0;
    for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
      const Conversation& conversation = conversations[at];
      if (conversation.nature.service_class != number) continue;
      for_each_holder(conversation, [&](AgentSlot with) { ++work[with.value]; });
      if (conversation.kept_for) ++kept;
    }
    Surge counted;
    for (std::size_t i = 0; i < agents.size(); ++i) {
      const Agent& who = agents[i];
      const bool other = is_other(*class_configurations[number.value], *who.definition);
      const Role role = !other ? Role::own : work[i] > 0 ? Role::lent : Role::other;
      const bool on_duty = who.on_roster && !who.lost && who.presence != Presence::offline &&
                           who.presence != Presence::draining;
      const auto found =
          std::find(who.incidents.begin(), who.incidents.end(), WorkOf{number, work[i]});
      if (role != role_of(who, number)) return false;
      if ((work[i] > 0) != (found != who.incidents.end())) return false;
      if (role != Role::own && on_duty) ++counted.on_duty;
      if (role == Role::lent) ++counted.lent;
    }
    if (counted.on_duty != surge.on_duty || counted.lent != surge.lent) return false;
    if (kept != surge.kept.size() || surge.lends != lends(number)) return false;
  }
  return true;
}

}  // namespace usher
