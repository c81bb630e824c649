// Who is on duty, what nobody on duty could take, and the alarms about it.

#include <algorithm>

#include "routing/state.h"

namespace usher {

// For what the agent counts as being on duty, once it is not lost.
Duty Router::State::duty_of(const Agent& who, Presence presence, std::uint16_t channels) {
  const bool on_duty = who.on_roster && who.definition->kind == AgentKind::person &&
                       presence != Presence::offline && presence != Presence::draining;
  if (!on_duty) return 0;
  Duty taken = 0;
  for (std::size_t channel = 1; channel <= limits::channels_max; ++channel) {
    if (who.holds.limit[channel] > 0) taken |= Duty{1} << (channel - 1);
  }
  return (channels != 0 ? taken & channels : taken) | on_duty_at_all;
}

void Router::State::set_duty(AgentSlot slot, Duty duty) {
  Agent& who = agent(slot);
  const Duty changed_duty = who.duty ^ duty;
  if (changed_duty == 0) return;
  count_other(who, -1);
  who.duty = duty;
  count_other(who, +1);
  const Duty changed_channels = changed_duty & ~on_duty_at_all;
  const Duty left_channels = changed_channels & ~duty;
  if (left_channels != 0) gone_off_duty.push_back({slot, left_channels});
  for (std::uint32_t i = 0; i < demands.size(); ++i) {
    if (needs.first_step(who.profile, RequirementSlot{i}) == Needs::never) continue;
    for (Duty left = changed_channels; left != 0; left &= left - 1) {
      const auto channel = static_cast<std::size_t>(__builtin_ctz(left)) + 1;
      const bool comes = (duty >> (channel - 1) & 1) != 0;
      std::uint32_t& on_duty = demands[i].on_duty[channel];
      on_duty = comes ? on_duty + 1 : on_duty - 1;
      if (on_duty != (comes ? 1u : 0u)) continue;
      const std::uint32_t waits = demands[i].waiting[channel];
      std::uint32_t& helpless = classes[needs[RequirementSlot{i}].service_class.value].helpless;
      helpless = comes ? helpless - waits : helpless + waits;
      alarms_changed = true;
    }
  }
}

// It came into the queue, or left it.
void Router::State::count_waiting(const Nature& nature, int sign) {
  if (nature.test) return;
  Demand& demand = demands[nature.requirement.value];
  const std::size_t channel = nature.channel.value;
  demand.waiting[channel] += static_cast<std::uint32_t>(sign);
  if (demand.on_duty[channel] > 0) return;
  classes[nature.service_class.value].helpless += static_cast<std::uint32_t>(sign);
  alarms_changed = true;
}

void Router::State::count_stuck(const Nature& nature, int sign) {
  if (nature.test) return;
  classes[nature.service_class.value].stuck += static_cast<std::uint32_t>(sign);
  alarms_changed = true;
}

bool Router::State::nobody_on_duty(const Nature& nature) const {
  return demands[nature.requirement.value].on_duty[nature.channel.value] == 0;
}

// What waits and had somebody on duty who could take it, and now has nobody, follows the overflow
// of its class. Whether it came before or after they went, or asks for something new, is the same.
// Requires: everybody concerned has gone.
void Router::State::judge_left_alone() {
  if (gone_off_duty.empty()) return;
  const auto has_left = [&](RequirementSlot requirement, std::size_t channel) {
    return std::any_of(gone_off_duty.begin(), gone_off_duty.end(), [&](const OffDuty& who) {
      return (who.channels >> (channel - 1) & 1) != 0 &&
             needs.first_step(agent(who.agent).profile, requirement) != Needs::never;
    });
  };
  const auto is_left_alone = [&](RequirementSlot requirement) {
    const ClassNumber number = needs[requirement].service_class;
    if (classes[number.value].helpless == 0) return false;
    if (!diverts(class_configurations[number.value]->overflow)) return false;
    const Demand& demand = demands[requirement.value];
    for (std::size_t channel = 1; channel <= limits::channels_max; ++channel) {
      const bool helpless = demand.on_duty[channel] == 0 && demand.waiting[channel] > 0;
      if (helpless && has_left(requirement, channel)) return true;
    }
    return false;
  };
  bool any = false;
  for (std::uint32_t i = 0; i < demands.size() && !any; ++i) {
    any = is_left_alone(RequirementSlot{i});
  }
  gone_off_duty.clear();
  if (any) judge_all(Cause::roster);
}

// What this record changed, once it is over.
void Router::State::raise_alarms() {
  if (!alarms_changed) return;
  alarms_changed = false;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    ClassState& of = classes[i];
    const ClassNumber number{static_cast<std::uint16_t>(i)};
    const bool known_class = configured_class(number);
    const auto tell = [&](bool& raised, std::uint32_t count, Cause cause) {
      const bool now = known_class && count > 0;
      if (now == raised) return;
      raised = now;
      if (!known_class) return;
      Event& event = emit(EventKind::alarm, cause);
      event.service_class = number;
      event.band = class_configurations[i]->band;
      event.count = count;
    };
    tell(of.alarm_ever, of.stuck, Cause::nobody_ever);
    tell(of.alarm_duty, of.helpless, Cause::nobody_on_duty);
  }
}

}  // namespace usher
