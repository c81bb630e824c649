#pragma once

// A support floor made from published statistics only: who comes when, with what, for how long, and
// who works there. Sources: the half-hour profile, the service times and the patience of
// shared/reference/quality.md, A.3 (Anonymous Bank; Brown et al., JASA 2005). The mix of classes,
// channels, languages and tiers is an assumption, stated in floor_plan.cc.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/usher_load/names.h"
#include "bench/usher_load/random.h"
#include "bench/usher_load/robots.h"

namespace usher::load {

// Finds the number of a name; throws when there is none.
using Numbers = std::function<std::uint16_t(NameKind, std::string_view)>;

struct FloorOptions {
  std::uint64_t seed = 1;
  std::uint32_t agents = 200;
  double compress = 60.0;        // floor time ÷ real time
  double rate_per_second = 0.0;  // real, in the busiest half hour; 0 = what the agents can just do
  double start_hour = 10.0;      // of the day, when the run begins
  std::string id_prefix = "";    // of conversations: 8 bytes that no other run has
};

// Conversations per half hour at an hour of the day, the busiest half hour = 1.
[[nodiscard]] double profile_at(double hour);

// The listing of a coin: at minute two of the floor, for five minutes.
struct Listing {
  static constexpr double begin_s = 120.0;
  static constexpr double end_s = 420.0;
  static constexpr double times = 3.0;  // arrivals meanwhile, ÷ the usual
};

// The roster: deterministic from the number of agents alone.
[[nodiscard]] std::vector<client::DefineAgent> floor_roster(std::uint32_t agents,
                                                            const Numbers& numbers);

// What people do, in real milliseconds.
[[nodiscard]] Habits floor_habits(double compress);

// The endless row of customers.
class FloorPlan {
 public:
  FloorPlan(FloorOptions options, const Numbers& numbers);

  // The next customer; times are real milliseconds since the start of the run.
  Arrival next();

  // Floor seconds since the start, and the hour of the day, at a real time of the run.
  [[nodiscard]] double floor_seconds(std::int64_t at_ms) const {
    return static_cast<double>(at_ms) / 1000.0 * options_.compress;
  }
  [[nodiscard]] double hour(std::int64_t at_ms) const;
  [[nodiscard]] double rate_per_second() const { return rate_; }

 private:
  struct Kind {
    std::size_t row = 0;  // of the table in floor_plan.cc
    std::uint16_t category = 0;
    std::uint16_t channel = 0;
  };

  [[nodiscard]] double rate_at(double floor_s) const;
  [[nodiscard]] const Kind& draw_kind(Random& chance, bool listing) const;

  FloorOptions options_;
  Random chance_;
  double rate_ = 0.0;     // per real second at the top of the profile
  double floor_s_ = 0.0;  // of the last arrival
  std::uint64_t count_ = 0;

  struct Named {
    std::uint16_t number = 0;
    double share = 0.0;
  };
  std::vector<Kind> kinds_;
  std::vector<Named> languages_;
  std::vector<Named> tiers_;
  std::vector<Named> impacts_;

  static std::vector<Kind> kinds(const Numbers& numbers);
  static std::vector<Named> named(NameKind kind, const Numbers& numbers);
};

}  // namespace usher::load
