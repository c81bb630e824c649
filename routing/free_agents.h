#pragma once

// The agents who have room for something, in the order in which they are asked. A derived index:
// found without looking at those who have no room, nor (mostly) at those without the skill.
//
// Agents stand in lines, one per (column, load, scarce); within a line in the order of
// (idle since, id), so that whoever changed last joins at the end. A line is an array in blocks of
// 64 with the union of the capabilities and room of each block, repaired when a block disappoints.

#include <cstdint>
#include <span>
#include <vector>

#include "routing/configuration.h"
#include "routing/needs.h"
#include "routing/slab.h"

namespace usher {

using AgentSlot = Slot<struct AgentTag>;

// What an agent has room for: per channel, and for work of which kind. A conversation asks for one
// bit.
using Rooms = std::uint64_t;
enum class RoomKind : std::uint8_t {
  ordinary,       // a person's, for any band but security
  security,       // a person's, for a security band
  over_capacity,  // a slot above capacity
  bot
};
inline constexpr unsigned room_kind_count = 4;
static_assert(limits::channels_max * room_kind_count <= 64);

// Of a mask of channels: bit n - 1 = channel n.
[[nodiscard]] constexpr Rooms rooms(std::uint16_t channels, RoomKind kind) {
  return Rooms{channels} << (limits::channels_max * static_cast<unsigned>(kind));
}

// What decides where an agent stands. Agents share a column when they are the same to every class:
// of the same tier, and lent to it or not.
struct Standing {
  AgentId id;
  std::uint64_t idle_since = 0;
  std::uint32_t used = 0;
  std::uint32_t capacity = 1;
  std::uint32_t column = 0;
  Rooms room = 0;
  bool scarce = false;

  friend bool operator==(const Standing&, const Standing&) = default;
};

// What is looked for: an agent with room for the channel who meets one of the alternatives of the
// first `steps` steps.
struct Wanted {
  static constexpr std::uint8_t not_yet = 0xff;

  std::span<const Step> steps;
  Rooms room = 0;
  bool scarce_counts = true;            // false: the class needs what is scarce
  std::span<const std::uint8_t> tiers;  // by column; not_yet = does not help yet
};

class FreeAgents {
 public:
  void configure(GiveTo give_to);

  // Makes the agent stand where `standing` says; with no room the agent stands nowhere.
  void place(AgentSlot agent, const Standing& standing, const Capabilities& capabilities,
             std::size_t words);
  void remove(AgentSlot agent);
  [[nodiscard]] bool stands(AgentSlot agent) const {
    return agent.value < entries_.size() && entries_[agent.value].standing.room != 0;
  }
  [[nodiscard]] const Standing& standing(AgentSlot agent) const {
    return entries_[agent.value].standing;
  }

  // The smallest agent by the agent tuple that is wanted and for whom `admits` is true, else none.
  template <class Admits>
  AgentSlot first(const Wanted& wanted, std::size_t words, Admits&& admits);

 private:
  struct Entry {
    Standing standing;
    Capabilities capabilities{};
    std::uint32_t line = 0;
    std::uint32_t position = 0;
  };
  struct Block {
    Capabilities together{};
    Rooms room = 0;
    std::uint16_t live = 0;
  };
  struct Line {
    std::uint32_t used = 0;
    std::uint32_t capacity = 1;
    std::uint32_t column = 0;
    bool scarce = false;
    std::uint32_t live = 0;
    std::uint32_t begin = 0;  // nothing stands before it
    std::vector<AgentSlot> agents;
    std::vector<Block> blocks;
  };
  static constexpr std::size_t block_size = 64;

  std::uint32_t line_for(const Standing& standing);
  void append(Line& line, std::uint32_t line_number, AgentSlot agent, std::size_t words);
  void compact(Line& line, std::size_t words);
  void join(Block& block, const Entry& entry, std::size_t words) const;
  void repair(Line& line, std::size_t block, std::size_t words);
  [[nodiscard]] int compare_lines(const Line& a, const Line& b) const;
  [[nodiscard]] bool wanted_by(const Wanted& wanted, const Entry& entry, std::size_t words) const;
  [[nodiscard]] static bool possible(const Wanted& wanted, const Block& block, std::size_t words);
  // Whether agent a of line la goes before agent b of line lb, both of the same tier.
  [[nodiscard]] bool before(const Wanted& wanted, AgentSlot a, AgentSlot b) const;
  // Whether no agent of the line can go before b.
  [[nodiscard]] bool hopeless(const Wanted& wanted, const Line& line, AgentSlot b) const;
  template <class Admits>
  AgentSlot first_in(Line& line, const Wanted& wanted, std::size_t words, Admits&& admits);

  GiveTo give_to_ = GiveTo::least_loaded;
  std::vector<Entry> entries_;  // by agent
  std::vector<Line> lines_;
  std::vector<std::vector<std::uint32_t>> columns_;  // lines of a column, by load
};

template <class Admits>
AgentSlot FreeAgents::first_in(Line& line, const Wanted& wanted, std::size_t words,
                               Admits&& admits) {
  for (std::size_t block = line.begin / block_size; block < line.blocks.size(); ++block) {
    if (!possible(wanted, line.blocks[block], words)) continue;
    const std::size_t end = std::min((block + 1) * block_size, line.agents.size());
    for (std::size_t i = std::max<std::size_t>(block * block_size, line.begin); i < end; ++i) {
      const AgentSlot agent = line.agents[i];
      if (!agent) continue;
      if (wanted_by(wanted, entries_[agent.value], words) && admits(agent)) return agent;
    }
    repair(line, block, words);
  }
  return {};
}

template <class Admits>
AgentSlot FreeAgents::first(const Wanted& wanted, std::size_t words, Admits&& admits) {
  AgentSlot best;
  std::uint8_t best_tier = Wanted::not_yet;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    const std::uint8_t tier = column < wanted.tiers.size() ? wanted.tiers[column] : 0;
    if (tier == Wanted::not_yet || (best && tier > best_tier)) continue;
    for (std::uint32_t number : columns_[column]) {
      Line& line = lines_[number];
      if (line.live == 0) continue;
      if (best && tier == best_tier && hopeless(wanted, line, best)) continue;
      const AgentSlot found = first_in(line, wanted, words, admits);
      if (!found) continue;
      if (!best || tier < best_tier || before(wanted, found, best)) {
        best = found;
        best_tier = tier;
      }
    }
  }
  return best;
}

}  // namespace usher
