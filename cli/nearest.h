#pragma once

// Which of the words that are known somebody meant.

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace usher::cli {

// How many letters must be added, removed, changed or swapped with their neighbour to make one of
// the other (optimal string alignment).
inline std::size_t distance(std::string_view from, std::string_view to) {
  const std::size_t width = to.size() + 1;
  std::vector<std::size_t> rows((from.size() + 1) * width);
  for (std::size_t i = 0; i <= from.size(); ++i) rows[i * width] = i;
  for (std::size_t j = 0; j <= to.size(); ++j) rows[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t changed = from[i - 1] == to[j - 1] ? 0 : 1;
      std::size_t least = rows[(i - 1) * width + j - 1] + changed;
      least = std::min({least, rows[(i - 1) * width + j] + 1, rows[i * width + j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) least = std::min(least, rows[(i - 2) * width + j - 2] + 1);
      rows[i * width + j] = least;
    }
  }
  return rows.back();
}

// Empty when none is near: more than half of the letters would have to change.
template <class Words>
std::string_view nearest(std::string_view wanted, const Words& words) {
  std::string_view best;
  std::size_t least = 0;
  for (const std::string_view word : words) {
    const std::size_t changes = distance(wanted, word);
    if (2 * changes >= std::max(wanted.size(), word.size())) continue;
    if (!best.empty() && changes >= least) continue;
    best = word;
    least = changes;
  }
  return best;
}

}  // namespace usher::cli
