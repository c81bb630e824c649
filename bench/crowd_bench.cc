// What one record costs when very many wait: it must not grow with their number.
//
// Each line is a crowd of one kind (of one customer, late, not yet ripe for whoever is free,
// waiting for bots …) and the records that meet it. The argument is how many they are. Before the
// time is taken the crowd is asked who should come next, and afterwards whether the right ones
// came.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "routing/router.h"

namespace usher {
namespace {

constexpr ChannelNumber chat{1};
constexpr SkillNumber security{1};
constexpr CategoryNumber ask{1};
constexpr CategoryNumber theft{2};
constexpr ClassNumber asks{1};
constexpr ClassNumber thefts{2};
constexpr std::uint16_t incident_band = 1;
constexpr std::uint16_t live_band = 2;

PoolConfiguration configuration_of_crowd() {
  PoolConfiguration pool;
  const auto name = [&](NameKind kind, std::uint16_t number, std::string text) {
    pool.names.push_back(Name{kind, number, std::move(text)});
  };
  name(NameKind::channel, 1, "chat");
  name(NameKind::skill, 1, "security");
  name(NameKind::category, 1, "ask");
  name(NameKind::category, 2, "theft");
  name(NameKind::service_class, 1, "asks");
  name(NameKind::service_class, 2, "thefts");
  name(NameKind::band, 1, "incidents");
  name(NameKind::band, 2, "live");
  pool.channels = {{chat, false, false, 20'000, 1}};
  pool.bands = {{BandNumber{incident_band}, Order::oldest, 5, true},
                {BandNumber{live_band}, Order::oldest, 5, false}};
  const auto add = [&](ClassNumber number, std::uint16_t band, CategoryNumber category) {
    ClassConfiguration of;
    of.number = number;
    of.band = BandNumber{band};
    of.delivery = Delivery::give;
    pool.classes.push_back(of);
    pool.rules.push_back(ClassRule{{category}, {}, {}, {}, number});
  };
  add(asks, live_band, ask);
  add(thefts, incident_band, theft);
  return pool;
}

AgentId agent(const char* text) { return AgentId::of_text(text); }
ConversationId conversation(std::uint64_t number) {
  return ConversationId::of_text("c" + std::to_string(number));
}

// A pool whose conversations are numbered in the order in which they are opened, from 1.
class Crowd {
 public:
  explicit Crowd(const PoolConfiguration& pool) { configure(pool); }

  void configure(const PoolConfiguration& pool) {
    say(command::Configure{std::make_shared<const PoolConfiguration>(pool)});
  }
  void define(const char* who, std::uint8_t security_level, AgentKind kind = AgentKind::person) {
    command::AgentDefinition definition;
    definition.agent = agent(who);
    definition.kind = kind;
    if (security_level > 0) definition.skills.push_back({security, security_level});
    say(command::DefineAgent{std::make_shared<const command::AgentDefinition>(definition)});
  }
  void sign_in(const char* who) { say(command::SignIn{agent(who), Presence::available, 0}); }

  std::uint64_t open(CategoryNumber category, CustomerId customer = {}, std::int64_t age_ms = 0) {
    command::Open open;
    open.conversation = conversation(++opened_);
    open.channel = chat;
    open.category = category;
    open.customer = customer;
    open.age_ms = age_ms;
    say(open);
    return opened_;
  }
  void open_many(std::int64_t count, CategoryNumber category, CustomerId customer = {}) {
    for (std::int64_t i = 0; i < count; ++i) open(category, customer);
  }
  void close(std::uint64_t number) {
    say(command::Close{conversation(number), {}, 0, CloseOutcome::solved});
  }
  // The number of what the last record gave to somebody; 0 = nothing.
  [[nodiscard]] std::uint64_t given() const {
    for (const Event& event : events_) {
      if (event.kind != EventKind::assigned) continue;
      const auto& bytes = event.conversation.bytes;
      return std::strtoull(reinterpret_cast<const char*>(bytes.data()) + 1, nullptr, 10);
    }
    return 0;
  }
  void pass(std::int64_t ms) {
    now_ms_ += ms;
    do say(command::Tick{});
    while (!events_.empty());
  }
  void say(const Command& command) {
    events_.clear();
    router_.apply(Record{Stamp{++sequence_, now_ms_, 0}, {}, 0, command}, events_);
  }
  [[nodiscard]] std::uint32_t waiting() const { return router_.view().waiting; }
  [[nodiscard]] bool right() const { return router_.indexes_agree(); }

 private:
  Router router_;
  Events events_;
  std::uint64_t sequence_ = 0;
  std::uint64_t opened_ = 0;
  std::int64_t now_ms_ = 0;
};

void demand(bool right) {
  if (right) return;
  std::fprintf(stderr, "crowd_bench: the crowd's answers are wrong; nothing is timed\n");
  std::exit(1);
}

// Another conversation of a customer of whom very many wait, and its end.
void one_customer(benchmark::State& state) {
  Crowd crowd(configuration_of_crowd());
  crowd.define("ann", 0);
  const CustomerId everybody = CustomerId::of_text("everybody");
  crowd.open_many(state.range(0), ask, everybody);
  demand(crowd.right() && crowd.waiting() == state.range(0));
  for (auto _ : state) crowd.close(crowd.open(ask, everybody));
  if (!crowd.right() || crowd.waiting() != state.range(0)) state.SkipWithError("wrong");
}
BENCHMARK(one_customer)->Arg(10)->Arg(1'000)->Arg(30'000);

// Whoever is free takes the first of the crowd, and another one joins it. The first is number 1.
void take_in_turn(benchmark::State& state, Crowd& crowd, std::int64_t age_ms) {
  std::uint64_t with_somebody = crowd.given();
  demand(crowd.right() && with_somebody == 1);
  std::uint64_t taken = 1;
  for (auto _ : state) {
    crowd.close(with_somebody);
    with_somebody = crowd.given();
    ++taken;
    crowd.open(ask, {}, age_ms);
  }
  if (!crowd.right() || with_somebody != taken) state.SkipWithError("wrong");
}

// All are late where those inside their target go first.
void late(benchmark::State& state) {
  PoolConfiguration pool = configuration_of_crowd();
  pool.bands[live_band - 1].order = Order::service_level;
  pool.bands[live_band - 1].rescue = 100;
  pool.fair_pick = 0;
  Crowd crowd(pool);
  crowd.define("ann", 0);
  crowd.open_many(state.range(0), ask);
  crowd.pass(1'000'000);
  crowd.sign_in("ann");
  take_in_turn(state, crowd, 500'000);
}
BENCHMARK(late)->Arg(10)->Arg(1'000)->Arg(100'000);

// Beside incidents for whose sake the one on duty is not asked yet.
void ripen(benchmark::State& state, const PoolConfiguration& pool) {
  Crowd crowd(pool);
  crowd.define("sue", 9);
  crowd.define("ann", 1);
  crowd.sign_in("ann");
  crowd.open_many(state.range(0), theft);
  std::uint64_t last = crowd.open(ask);
  demand(crowd.right() && crowd.given() == last && crowd.waiting() == state.range(0));
  for (auto _ : state) {
    crowd.close(last);
    last = crowd.open(ask);
  }
  const bool well = crowd.right() && crowd.given() == last && crowd.waiting() == state.range(0);
  if (!well) state.SkipWithError("wrong");
}

// A step of their need has not come.
void step_not_come(benchmark::State& state) {
  PoolConfiguration pool = configuration_of_crowd();
  pool.classes.back().need = {{0, {{{NeedTerm::Kind::skill, false, security.value, 5}}}},
                              {600'000, {{{NeedTerm::Kind::skill, false, security.value, 1}}}}};
  ripen(state, pool);
}
BENCHMARK(step_not_come)->Arg(10)->Arg(1'000)->Arg(100'000);

// Those of the agent's kind help only after a wait.
void help_not_due(benchmark::State& state) {
  PoolConfiguration pool = configuration_of_crowd();
  TierRule rule;
  rule.helps_after_ms = 600'000;
  pool.classes.back().tiers = {rule};
  ripen(state, pool);
}
BENCHMARK(help_not_due)->Arg(10)->Arg(1'000)->Arg(100'000);

// All wait for bots, before persons are asked.
void for_bots(benchmark::State& state) {
  PoolConfiguration pool = configuration_of_crowd();
  pool.classes.front().bot_first_ms = 86'400'000;
  Crowd crowd(pool);
  crowd.define("ann", 0);
  crowd.define("bot", 0, AgentKind::bot);
  crowd.open_many(state.range(0), ask);
  crowd.sign_in("bot");
  take_in_turn(state, crowd, 0);
}
BENCHMARK(for_bots)->Arg(10)->Arg(1'000)->Arg(100'000);

// The first end after the configuration says that far fewer are remembered.
void fewer_remembered(benchmark::State& state) {
  Crowd crowd(configuration_of_crowd());
  crowd.define("ann", 0);
  for (std::int64_t i = 0; i < state.range(0); ++i) crowd.close(crowd.open(ask));
  PoolConfiguration pool = configuration_of_crowd();
  pool.closed_keep = 10;
  crowd.configure(pool);
  const std::uint64_t last = crowd.open(ask);
  demand(crowd.right() && crowd.waiting() == 1);
  for (auto _ : state) crowd.close(last);
  if (!crowd.right() || crowd.waiting() != 0) state.SkipWithError("wrong");
}
BENCHMARK(fewer_remembered)->Arg(10)->Arg(1'000)->Arg(400'000)->Iterations(1);

}  // namespace
}  // namespace usher

BENCHMARK_MAIN();
