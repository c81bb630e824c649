#include "sim/model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/usher_load/random.h"

namespace usher::sim {
namespace {

enum class Purpose : std::uint8_t { arrival, service, patience, delays };
constexpr std::uint64_t purposes = 4;

// The arrivals of all classes in the order of time.
class Arrivals {
 public:
  explicit Arrivals(const Model& model) : model_(&model) {
    const load::Random seed(model.seed);
    for (std::size_t i = 0; i < model.classes.size(); ++i) {
      for (std::uint64_t purpose = 0; purpose < purposes; ++purpose) {
        streams_.push_back(seed.fork(i * purposes + purpose));
      }
      next_us_.push_back(gap_us(i));
    }
    warmup_ = static_cast<std::uint64_t>(model.warmup * static_cast<double>(model.arrivals));
  }

  std::optional<Happening> next() {
    if (made_ == model_->arrivals) return std::nullopt;
    const auto first = std::min_element(next_us_.begin(), next_us_.end());
    const auto kind = static_cast<std::size_t>(first - next_us_.begin());
    const ModelClass& of = model_->classes[kind];
    Arrival arrival;
    arrival.kind = static_cast<std::uint32_t>(kind);
    arrival.counts = made_ >= warmup_;
    arrival.work_us = draw_us(of.service, kind, Purpose::service);
    if (of.patience) arrival.patience_us = draw_us(*of.patience, kind, Purpose::patience);
    arrival.delays_seed = stream(kind, Purpose::delays).next();
    ++made_;
    const std::int64_t at_us = *first;
    *first += gap_us(kind);
    return Happening{at_us, arrival};
  }

 private:
  load::Random& stream(std::size_t kind, Purpose purpose) {
    return streams_[kind * purposes + static_cast<std::uint64_t>(purpose)];
  }

  std::int64_t draw_us(const Distribution& law, std::size_t kind, Purpose purpose) {
    return std::llround(law.draw(stream(kind, purpose)) * model_->time_unit_us());
  }

  std::int64_t gap_us(std::size_t kind) {
    const double mean_us = model_->time_unit_us() / model_->classes[kind].rate;
    return std::llround(stream(kind, Purpose::arrival).exponential(mean_us));
  }

  const Model* model_;
  std::vector<load::Random> streams_;  // by class and purpose
  std::vector<std::int64_t> next_us_;  // by class
  std::uint64_t warmup_ = 0;
  std::uint64_t made_ = 0;
};

Floor floor_of(const Model& model) {
  Floor floor;
  floor.pool = model.pool;
  for (const ModelClass& of : model.classes) floor.kinds.push_back(of.kind);
  for (const ModelGroup& group : model.groups) {
    const Worker worker{group.definition, static_cast<std::uint32_t>(floor.groups.size())};
    floor.groups.push_back(group.pace);
    floor.agents.insert(floor.agents.end(), group.agents, worker);
  }
  return floor;
}

std::vector<std::int64_t> targets_of(const Model& model) {
  std::vector<std::int64_t> targets_us;
  for (const ModelClass& of : model.classes) targets_us.push_back(of.target_us);
  return targets_us;
}

}  // namespace

ModelResult run_model(const Model& model) {
  ModelResult result{Statistics(targets_of(model), model.groups.size()), {}, {}};
  Arrivals arrivals(model);
  Driver driver(floor_of(model));
  driver.run([&] { return arrivals.next(); },
             [&](const Fate& fate) { result.statistics.add(fate); });
  for (std::uint32_t group = 0; group < model.groups.size(); ++group) {
    result.groups.push_back(
        figures_of_group(driver.agent_times(), group, model.groups[group].capacity));
  }
  for (std::size_t i = 0; i < model.classes.size(); ++i) {
    if (driver.is_for_nobody(static_cast<std::uint32_t>(i))) result.for_nobody.push_back(i);
  }
  result.digest = driver.router().digest();
  result.records = driver.records();
  result.events = driver.events();
  return result;
}

}  // namespace usher::sim
