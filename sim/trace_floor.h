#pragma once

// A usher.toml as the floor of the trace: what its channel, categories, tiers and skills mean for
// the callers and agents of a day.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "daemon/config.h"
#include "sim/driver.h"
#include "sim/trace_plan.h"

namespace usher::sim {

// How people on the floor behave, whatever the policy.
struct FloorHabits {
  std::uint16_t capacity = 0;  // conversations at once; 0 = as the configuration says
  Pace pace = {1.0};
  bool wrap_up_is_work = true;  // at the pace of the agent; else it takes its time by the clock
  bool delays = false;          // to accept and to reply: log-normal, median 4 s, sigma 0.7
};

// A configuration that knows the trace. Category and skill of a caller are called like the type;
// incidents are of category `security` and need what their class says, all others also need the
// skill of their type. Tiers are `vip`, `regular` and `prospect`.
class TracePolicy {
 public:
  // What does not fit is said in lines as read_configuration's.
  [[nodiscard]] static std::variant<TracePolicy, ConfigurationErrors> read(
      const std::string& path, const std::vector<std::string>& types);

  [[nodiscard]] const std::string& name() const { return name_; }  // of the file, without .toml
  [[nodiscard]] std::int64_t target_us(std::size_t type, Rank rank) const;
  [[nodiscard]] Floor floor(const DayPlan& plan, const FloorHabits& habits) const;
  // Arrivals and duties of the day for a driver of that floor, in order.
  [[nodiscard]] std::vector<Happening> happenings(const DayPlan& plan,
                                                  const FloorHabits& habits) const;
  // Of a kind of the floor.
  [[nodiscard]] static Rank rank_of(std::uint32_t kind) {
    return static_cast<Rank>(kind % rank_count);
  }

 private:
  TracePolicy() = default;

  struct Meaning {
    command::Open open;
    std::size_t service_class = 0;  // by position in the configuration
  };
  static std::uint32_t kind_of(std::size_t type, Rank rank) {
    return static_cast<std::uint32_t>(type * rank_count + static_cast<std::size_t>(rank));
  }
  void find_names(const std::vector<std::string>& types, std::vector<std::string>& errors);
  void find_classes(const std::vector<std::string>& types, std::vector<std::string>& errors);
  [[nodiscard]] command::AgentDefinition definition(const AgentOfDay& agent,
                                                    const std::vector<std::string>& skills,
                                                    const FloorHabits& habits) const;
  [[nodiscard]] std::uint16_t number(NameKind kind, const std::string& name) const;

  std::string name_;
  PoolConfiguration pool_;
  ChannelNumber channel_;
  SkillNumber security_;
  std::vector<Meaning> meanings_;  // by kind
};

}  // namespace usher::sim
