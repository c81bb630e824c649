#pragma once

// Records to put into a journal: what a random world says, the fullest of every kind, and plain
// ones by the thousand.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "routing/command.h"
#include "sim/world.h"
#include "tests/samples.h"

namespace usher::records {

// Numbered 1, 2, 3 …
inline std::vector<Record> of_world(std::uint64_t seed, std::size_t lines) {
  sim::Author author(seed, sim::Features{});
  sim::Twin twin;
  Events events;
  std::vector<Record> records;
  while (records.size() < lines) {
    records.push_back(sim::record_of(author.next(twin), twin));
    events.clear();
    (void)twin.apply(records.back(), events);
  }
  return records;
}

inline Record of(std::uint64_t sequence, Command command) {
  return {.stamp = {.sequence = sequence,
                    .pool_ms = 1'000 + static_cast<std::int64_t>(sequence),
                    .wall_ms = 1'790'000'000'000 + static_cast<std::int64_t>(sequence)},
          .session = samples::session,
          .number = sequence * 3,
          .command = std::move(command)};
}

// `count` of them from `first` on, small ones and larger ones, no two alike.
inline std::vector<Record> plain(std::uint64_t first, std::size_t count) {
  std::vector<Record> records;
  for (std::uint64_t sequence = first; records.size() < count; ++sequence) {
    const auto id = ConversationId::of_text("c" + std::to_string(sequence));
    if (sequence % 3 == 0) {
      command::Open open = samples::open();
      open.conversation = id;
      records.push_back(of(sequence, open));
    } else {
      records.push_back(of(sequence, command::Accept{id, samples::ann, sequence}));
    }
  }
  return records;
}

template <class List, class Value>
void fill(List& list, const Value& value) {
  while (!list.full()) list.push_back(value);
}

// The longest there is of every kind whose length varies, but Configure.
inline std::vector<Command> fullest() {
  command::Open open = samples::open();
  fill(open.required, SkillLevel{{limits::names_max}, 10});
  fill(open.preferred, SkillLevel{{limits::names_max}, 10});
  fill(open.excluded, samples::bob);
  command::Update update = samples::update();
  fill(update.required, SkillLevel{{limits::names_max}, 10});
  fill(update.preferred, SkillLevel{{limits::names_max}, 10});
  fill(update.excluded, samples::bob);
  command::AgentDefinition agent = *samples::define_agent().definition;
  fill(agent.skills, SkillLevel{{limits::names_max}, 10});
  fill(agent.authorities, AuthorityNumber{limits::names_max});
  fill(agent.holds, ChannelHold{{limits::channels_max}, limits::holds_count_max});
  fill(agent.shifts, command::Shift{10'000, 10'060});
  command::OpenSession session{samples::session, {}};
  fill(session.origin, 'o');
  return {open, update,
          command::DefineAgent{std::make_shared<const command::AgentDefinition>(agent)}, session};
}

// One of every kind there is, filled with different values.
inline std::vector<Command> every_kind() {
  std::vector<Command> commands = samples::every_command();
  command::OpenSession session{samples::session, {}};
  for (const char c : std::string("web-chat")) session.origin.push_back(c);
  auto configuration = std::make_shared<PoolConfiguration>();
  configuration->names = {{NameKind::channel, 1, "chat"}, {NameKind::mode, 1, "night"}};
  configuration->channels.push_back({.number = {1}, .voice = true, .offer_ms = 17, .holds = 3});
  configuration->modes.push_back({{1}, *configuration});
  const std::vector<Command> others = {command::Tick{},
                                       command::Configure{configuration},
                                       session,
                                       command::EndSession{samples::session},
                                       command::SetHours{{71}, false},
                                       command::ShiftEnds{samples::ann, 72},
                                       command::AgentLost{samples::ann},
                                       command::AgentRegained{samples::bob},
                                       command::Resumed{73},
                                       command::Refused{Refusal::out_of_range}};
  commands.insert(commands.end(), others.begin(), others.end());
  return commands;
}

}  // namespace usher::records
