// What operators, the roster and the shell say in random worlds.

#include <string>

#include "sim/world.h"
#include "sim/world_names.h"

namespace usher::sim {

using namespace world;

Command Author::about_roster() {
  const AgentId agent_here = any_agent();
  const std::uint64_t way = dice_.below(100);
  if (way < 25) {
    const auto mask = static_cast<std::uint16_t>(dice_.percent(20) ? 1 + dice_.below(7) : 0);
    return command::SignIn{agent_here, dice_.percent(80) ? Presence::available : Presence::away,
                           mask};
  }
  if (way < 70) {
    const std::vector<Presence> all{Presence::available, Presence::available, Presence::available,
                                    Presence::away, Presence::draining};
    return command::SetPresence{agent_here, dice_.one_of(all), {number(reasons)}};
  }
  if (way < 78) return command::SignOff{agent_here};
  if (way < 80) return command::SetPresence{agent_here, Presence::offline, {}};
  if (way < 95) return command::DefineAgent{std::make_shared<command::AgentDefinition>(agent())};
  return command::RemoveAgent{agent_here};
}

// What operators stop is opened again more often than not, or worlds would come to a standstill.
Command Author::set_scope(const Twin& twin) {
  if (!shut_.empty() && dice_.percent(60)) {
    command::SetScope again = shut_.back();
    shut_.pop_back();
    again.state = ScopeState::open;
    return again;
  }
  command::SetScope scope;
  const std::uint64_t way = dice_.below(10);
  scope.scope = way < 1   ? Scope::pool
                : way < 4 ? Scope::service_class
                : way < 7 ? Scope::group
                          : Scope::agent;
  scope.state = static_cast<ScopeState>(dice_.from_to(1, 3));
  if (scope.scope == Scope::service_class) scope.number = number(classes);
  if (scope.scope == Scope::group) scope.number = group_to_shut(twin).value;
  if (scope.scope == Scope::agent) scope.agent = any_agent();
  shut_.push_back(scope);
  return scope;
}

// Rather that of somebody who has work above capacity.
GroupNumber Author::group_to_shut(const Twin& twin) {
  const GroupNumber any{number(groups)};
  if (dice_.percent(50)) return any;
  for (const ConversationView& c : twin.conversations()) {
    if (c.over && c.state == ConversationState::assigned) return twin.agent(c.agent)->group;
  }
  return any;
}

Command Author::set_mode() {
  command::SetMode set;
  set.mode = {number(modes)};
  if (set.mode && dice_.percent(60)) set.for_ms = dice_.from_to(1, 60) * second;
  return set;
}

// Mostly turns a calendar; its cycles are long or short, as the world has it.
Command Author::set_hours() {
  command::SetHours set;
  set.hours = {static_cast<std::uint16_t>(dice_.percent(2) ? 45 : 1 + dice_.below(calendars))};
  const bool is_closed = closed_.contains(set.hours.value);
  set.open = dice_.percent(90) == is_closed;
  if (set.open) {
    closed_.erase(set.hours.value);
  } else {
    closed_.insert(set.hours.value);
  }
  return set;
}

Command Author::shift_ends() {
  command::ShiftEnds ends;
  ends.agent = any_agent();
  if (dice_.percent(85)) ends.in_ms = dice_.from_to(1, 60) * second;
  return ends;
}

Command Author::about_many(const Twin& twin) {
  const std::uint64_t way = dice_.below(10);
  if (way < 4 && features_.scopes) return set_scope(twin);
  if (way < 7 && features_.modes) return set_mode();
  if (!features_.moves) return command::Tick{};
  command::MoveAll all;
  all.from_class = {static_cast<std::uint16_t>(dice_.percent(2) ? 45 : 1 + dice_.below(classes))};
  all.to_class = {static_cast<std::uint16_t>(dice_.percent(2) ? 45 : 1 + dice_.below(classes))};
  if (dice_.percent(50)) all.count_max = static_cast<std::uint32_t>(dice_.from_to(1, 3));
  return all;
}

Command Author::about_shell(const Twin& twin) {
  const std::uint64_t way = dice_.below(100);
  if (way < 48) return command::Tick{};
  if (way < 75) return command::AgentLost{any_agent()};
  if (way < 88) return command::AgentRegained{any_agent()};
  if (way < 93 && features_.reconfigure) return reconfigure(twin);
  if (way < 96 && features_.resumed) return command::Resumed{0};
  if (way < 98 && features_.bad_sessions) return about_session();
  if (way < 99) return command::Refused{Refusal::malformed};
  return command::Tick{};
}

Command Author::about_session() {
  const auto session = static_cast<std::uint8_t>(1 + dice_.below(sessions_of_a_world));
  if (dice_.percent(30)) return command::EndSession{session_id(session)};
  command::OpenSession open;
  open.session = session_id(session);
  const std::uint64_t desk = dice_.percent(80) ? session : 1 + dice_.below(sessions_of_a_world + 1);
  for (const char c : "desk" + std::to_string(desk)) open.origin.push_back(c);
  return open;
}

}  // namespace usher::sim
