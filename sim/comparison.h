#pragma once

// The router against its twin on a script, line by line, with every property checked on the way.

#include <cstdint>
#include <optional>
#include <string>

#include "sim/world.h"

namespace usher::sim {

struct Finding {
  std::size_t line = 0;  // of the script, from 0
  std::string what;      // the first thing that is wrong, beginning with its kind and a colon

  [[nodiscard]] std::string kind() const { return what.substr(0, what.find(':')); }
};

// What is played. The twin alone shows whether it keeps the properties itself.
enum class Players : std::uint8_t { router_and_twin, twin_alone };

// The script of a world: it depends on the seed, the features and the twin, never on the router.
[[nodiscard]] Script script_of(std::uint64_t seed, std::size_t lines, const Features& features);

// Plays a script from its beginning to its end, then lets time alone run until nothing is due; none
// when everything agrees and every property holds.
[[nodiscard]] std::optional<Finding> play(const Script& script, Players players);

// The script without whatever is not needed to fail in the same kind. `fails` plays one and answers
// with the kind of its finding, empty for none.
template <class Fails>
[[nodiscard]] Script shrink(Script script, const Fails& fails) {
  const std::string kind = fails(script);
  for (std::size_t size = script.size() / 2 + 1; size > 0; size /= 2) {
    // The later lines first; the first line configures the pool and stays.
    for (std::size_t end = script.size(); end > 1;) {
      const std::size_t begin = end > size + 1 ? end - size : 1;
      Script without = script;
      using Distance = Script::difference_type;
      without.erase(without.begin() + static_cast<Distance>(begin),
                    without.begin() + static_cast<Distance>(end));
      if (fails(without) == kind) script = std::move(without);
      end = begin;
    }
  }
  return script;
}

// Every line of the script as the record it becomes, with the twin's answer and events.
[[nodiscard]] std::string in_words(const Script& script);

}  // namespace usher::sim
