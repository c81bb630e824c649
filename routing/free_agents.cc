#include "routing/free_agents.h"

#include <algorithm>

namespace usher {

void FreeAgents::configure(GiveTo give_to) {
  give_to_ = give_to;
  entries_.clear();
  lines_.clear();
  columns_.clear();
}

void FreeAgents::place(AgentSlot agent, const Standing& standing, const Capabilities& capabilities,
                       std::size_t words) {
  if (agent.value >= entries_.size()) entries_.resize(agent.value + 1);
  remove(agent);
  if (standing.room == 0) return;
  Entry& entry = entries_[agent.value];
  entry.standing = standing;
  entry.capabilities = capabilities;
  const std::uint32_t number = line_for(standing);
  append(lines_[number], number, agent, words);
}

void FreeAgents::remove(AgentSlot agent) {
  if (!stands(agent)) return;
  Entry& entry = entries_[agent.value];
  Line& line = lines_[entry.line];
  CHECK(line.agents[entry.position] == agent);
  line.agents[entry.position] = AgentSlot{};
  Block& block = line.blocks[entry.position / block_size];
  if (--block.live == 0) block = Block{};
  --line.live;
  while (!line.agents.empty() && !line.agents.back()) line.agents.pop_back();
  line.blocks.resize((line.agents.size() + block_size - 1) / block_size);
  if (line.live == 0) line.begin = 0;
  while (line.begin < line.agents.size() && !line.agents[line.begin]) ++line.begin;
  entry.standing.room = 0;
}

int FreeAgents::compare_lines(const Line& a, const Line& b) const {
  if (give_to_ == GiveTo::least_loaded) {
    const std::uint64_t left = std::uint64_t{a.used} * b.capacity;
    const std::uint64_t right = std::uint64_t{b.used} * a.capacity;
    if (left != right) return left < right ? -1 : 1;
  }
  if (a.scarce != b.scarce) return a.scarce ? 1 : -1;
  return 0;
}

std::uint32_t FreeAgents::line_for(const Standing& standing) {
  if (standing.column >= columns_.size()) columns_.resize(standing.column + 1u);
  std::vector<std::uint32_t>& column = columns_[standing.column];
  Line wanted;
  wanted.used = standing.used;
  wanted.capacity = standing.capacity;
  wanted.column = standing.column;
  wanted.scarce = standing.scarce;
  auto place = std::lower_bound(column.begin(), column.end(), wanted,
                                [&](std::uint32_t number, const Line& line) {
                                  return compare_lines(lines_[number], line) < 0;
                                });
  if (place != column.end() && compare_lines(lines_[*place], wanted) == 0) return *place;
  const auto number = static_cast<std::uint32_t>(lines_.size());
  column.insert(place, number);
  lines_.push_back(std::move(wanted));
  return number;
}

void FreeAgents::join(Block& block, const Entry& entry, std::size_t words) const {
  for (std::size_t i = 0; i < words; ++i) block.together[i] |= entry.capabilities[i];
  block.room |= entry.standing.room;
  ++block.live;
}

void FreeAgents::append(Line& line, std::uint32_t line_number, AgentSlot agent, std::size_t words) {
  if (line.agents.size() >= 2 * std::size_t{line.live} + 2 * block_size) compact(line, words);
  const auto goes_before = [&](AgentSlot a, AgentSlot b) {
    const Standing& left = entries_[a.value].standing;
    const Standing& right = entries_[b.value].standing;
    if (left.idle_since != right.idle_since) return left.idle_since < right.idle_since;
    return left.id < right.id;
  };
  // The last place is never empty, see remove().
  const bool at_end = line.agents.empty() || goes_before(line.agents.back(), agent);
  line.agents.push_back(agent);
  entries_[agent.value].line = line_number;
  entries_[agent.value].position = static_cast<std::uint32_t>(line.agents.size() - 1);
  ++line.live;
  if (line.blocks.size() * block_size < line.agents.size()) line.blocks.emplace_back();
  join(line.blocks.back(), entries_[agent.value], words);
  if (at_end) return;
  // Somebody came back whose load did not change, or several changed in one record: rare.
  std::erase(line.agents, AgentSlot{});
  std::sort(line.agents.begin(), line.agents.end(), goes_before);
  compact(line, words);
}

void FreeAgents::compact(Line& line, std::size_t words) {
  std::erase(line.agents, AgentSlot{});
  line.begin = 0;
  line.blocks.assign((line.agents.size() + block_size - 1) / block_size, Block{});
  for (std::size_t i = 0; i < line.agents.size(); ++i) {
    Entry& entry = entries_[line.agents[i].value];
    entry.position = static_cast<std::uint32_t>(i);
    join(line.blocks[i / block_size], entry, words);
  }
}

void FreeAgents::repair(Line& line, std::size_t number, std::size_t words) {
  Block block;
  const std::size_t end = std::min((number + 1) * block_size, line.agents.size());
  for (std::size_t i = number * block_size; i < end; ++i) {
    if (line.agents[i]) join(block, entries_[line.agents[i].value], words);
  }
  line.blocks[number] = block;
}

bool FreeAgents::wanted_by(const Wanted& wanted, const Entry& entry, std::size_t words) const {
  if ((entry.standing.room & wanted.room) == 0) return false;
  for (const Step& step : wanted.steps) {
    for (const Mask& mask : step.alternatives) {
      if (mask.met_by(entry.capabilities, words)) return true;
    }
  }
  return false;
}

bool FreeAgents::possible(const Wanted& wanted, const Block& block, std::size_t words) {
  if ((block.room & wanted.room) == 0) return false;
  for (const Step& step : wanted.steps) {
    for (const Mask& mask : step.alternatives) {
      if (mask.may_be_met_in(block.together, words)) return true;
    }
  }
  return false;
}

bool FreeAgents::before(const Wanted& wanted, AgentSlot a, AgentSlot b) const {
  const Standing& left = entries_[a.value].standing;
  const Standing& right = entries_[b.value].standing;
  if (give_to_ == GiveTo::least_loaded) {
    const std::uint64_t left_load = std::uint64_t{left.used} * right.capacity;
    const std::uint64_t right_load = std::uint64_t{right.used} * left.capacity;
    if (left_load != right_load) return left_load < right_load;
    if (wanted.scarce_counts && left.scarce != right.scarce) return right.scarce;
  }
  if (left.idle_since != right.idle_since) return left.idle_since < right.idle_since;
  if (wanted.scarce_counts && left.scarce != right.scarce) return right.scarce;
  return left.id < right.id;
}

bool FreeAgents::hopeless(const Wanted& wanted, const Line& line, AgentSlot b) const {
  if (give_to_ != GiveTo::least_loaded) return false;
  const Standing& right = entries_[b.value].standing;
  const std::uint64_t left_load = std::uint64_t{line.used} * right.capacity;
  const std::uint64_t right_load = std::uint64_t{right.used} * line.capacity;
  if (left_load != right_load) return left_load > right_load;
  return wanted.scarce_counts && line.scarce && !right.scarce;
}

}  // namespace usher
