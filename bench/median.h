#pragma once

#include <algorithm>
#include <vector>

namespace usher {

// The upper one of two in the middle. Requires: values is not empty.
inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace usher
