#include "routing/tallies.h"

#include "routing/limits.h"

namespace usher {
namespace {

template <class T>
T& at(std::vector<T>& list, std::uint16_t number) {
  if (list.size() <= number) list.resize(number + 1u);
  return list[number];
}

// The square root, rounded down.
std::uint64_t root_of(std::uint64_t square) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
    if ((root | bit) * (root | bit) <= square) root |= bit;
  }
  return root;
}

}  // namespace

Tally& Tallies::of(GroupNumber group) { return at(groups, group.value); }
OriginTally& Tallies::of(OriginNumber origin) { return at(origins, origin.value); }

void Tally::add_to(Hasher& hasher) const {
  for (std::uint64_t count :
       {replied, in_target, reply_ms, misses, abandoned, closed, reopened, rated, score}) {
    hasher.add(count);
  }
  for (std::uint64_t count : outcomes) hasher.add(count);
}

void Tallies::add_to(Hasher& hasher) const {
  for (const Tally& of : groups) of.add_to(hasher);
  for (const OriginTally& of : origins) {
    hasher.add(of.incidents);
    hasher.add(of.demoted);
  }
}

std::int32_t spread_permille(std::span<const std::uint32_t> loads) {
  // n² times the variance is n times the sum of the squares less the square of the sum.
  constexpr std::uint64_t load_max = 10'000;
  static_assert(limits::agents_max * limits::agents_max * load_max * load_max < (1ull << 62));
  std::uint64_t sum = 0;
  std::uint64_t squares = 0;
  for (std::uint64_t load : loads) {
    sum += load;
    squares += load * load;
  }
  if (sum == 0) return -1;
  return static_cast<std::int32_t>(root_of(loads.size() * squares - sum * sum) * 1000 / sum);
}

}  // namespace usher
