// The laws of service and patience have the mean and the spread they promise.

#include "sim/distribution.h"

#include <gtest/gtest.h>

#include <cmath>

namespace usher::sim {
namespace {

TEST(DistributionTest, HasItsMeanAndItsSpread) {
  struct Row {
    Distribution law;
    double cv;
  };
  const Row rows[] = {
      {Distribution::exponential(3.0), 1.0},    {Distribution::constant(3.0), 0.0},
      {Distribution::lognormal(3.0, 0.7), 0.7}, {Distribution::erlang(3.0, 4), 0.5},
      {Distribution::gamma(3.0, 0.25), 2.0},    {Distribution::gamma(3.0, 4.0), 0.5}};
  for (const Row& row : rows) {
    load::Random random(7);
    double sum = 0.0;
    double squares = 0.0;
    constexpr int draws = 400'000;
    for (int i = 0; i < draws; ++i) {
      const double x = row.law.draw(random);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / draws;
    const double cv = std::sqrt(squares / draws - mean * mean) / mean;
    const int law = static_cast<int>(row.law.law());
    EXPECT_NEAR(row.law.cv(), row.cv, 1e-9) << law;
    EXPECT_NEAR(mean, 3.0, 0.04) << law;
    EXPECT_NEAR(cv, row.cv, 0.03) << law;
  }
}

}  // namespace
}  // namespace usher::sim
