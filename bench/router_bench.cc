// How fast the core is: records and events a second at several sizes of a floor, one thread.
//
// The floor: every agent has two of sixteen skills and two of eight languages and holds three
// chats; a conversation needs one skill and one language. The floor is kept nearly full, so that
// some wait: each turn the agent who has had a conversation longest replies and closes, and a new
// one opens. Before the time is taken, the same floor is run and its answers are checked.

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "routing/hash.h"
#include "routing/router.h"

namespace usher {
namespace {

constexpr std::uint16_t skills = 16;
constexpr std::uint16_t languages = 8;
constexpr ChannelNumber chat{1};

PoolConfiguration configuration_of_bench(Delivery delivery) {
  PoolConfiguration pool;
  const auto name = [&](NameKind kind, std::uint16_t number, std::string text) {
    pool.names.push_back(Name{kind, number, std::move(text)});
  };
  name(NameKind::channel, 1, "chat");
  pool.channels = {{chat, false, false, 20'000, 3}};
  name(NameKind::band, 1, "live");
  pool.bands = {{BandNumber{1}, Order::oldest, 5, false}};
  for (std::uint16_t i = 1; i <= skills; ++i) name(NameKind::skill, i, "s" + std::to_string(i));
  for (std::uint16_t i = 1; i <= languages; ++i) {
    name(NameKind::skill, static_cast<std::uint16_t>(skills + i), "l" + std::to_string(i));
  }
  for (std::uint16_t i = 1; i <= skills; ++i) {
    name(NameKind::category, i, "about s" + std::to_string(i));
    name(NameKind::service_class, i, "class of s" + std::to_string(i));
    ClassConfiguration of;
    of.number = ClassNumber{i};
    of.band = BandNumber{1};
    of.delivery = delivery;
    of.need = {
        {0, {{{NeedTerm::Kind::skill, false, i, 5}, {NeedTerm::Kind::language, false, 0, 1}}}}};
    pool.classes.push_back(of);
    pool.rules.push_back(ClassRule{{CategoryNumber{i}}, {}, {}, {}, ClassNumber{i}});
  }
  return pool;
}

AgentId agent_id(std::uint64_t number) { return AgentId::of_text("a" + std::to_string(number)); }

// One floor and what lies with whom, followed by the events alone.
class Floor {
 public:
  Floor(std::uint32_t agents, Delivery delivery) : agents_(agents) {
    shell(command::Configure{
        std::make_shared<const PoolConfiguration>(configuration_of_bench(delivery))});
    for (std::uint32_t i = 0; i < agents; ++i) {
      command::AgentDefinition definition;
      definition.agent = agent_id(i);
      const auto own = [&](std::uint32_t step) {
        return static_cast<std::uint16_t>(1 + (i * step + i / skills) % skills);
      };
      definition.skills.push_back({SkillNumber{own(1)}, 9});
      if (own(7) != own(1)) definition.skills.push_back({SkillNumber{own(7)}, 7});
      for (std::uint32_t step : {1u, 3u}) {
        const auto language = static_cast<std::uint16_t>(skills + 1 + (i / 2 * step) % languages);
        bool has = false;
        for (const SkillLevel& skill : definition.skills) has |= skill.skill.value == language;
        if (!has) definition.skills.push_back({SkillNumber{language}, 5});
      }
      shell(command::DefineAgent{std::make_shared<const command::AgentDefinition>(definition)});
      shell(command::SignIn{definition.agent, Presence::available, 0});
    }
    // Nearly full: three chats an agent less two in a hundred.
    for (std::uint64_t i = 0; i < std::uint64_t{agents} * 3 * 98 / 100; ++i) open();
  }

  // One turn: an end and a beginning.
  void turn() {
    if (!busy_.empty()) {
      const auto [conversation, agent] = busy_.front();
      busy_.pop_front();
      shell(command::Replied{conversation, agent, 0});
      shell(command::Close{conversation, agent, 0, CloseOutcome::solved});
      ++closed_;
    }
    open();
    now_ms_ += 1;
  }

  [[nodiscard]] std::uint64_t records() const { return sequence_; }
  [[nodiscard]] std::uint64_t events() const { return event_count_; }

  // Nobody is over capacity, everything opened is waiting, with somebody or closed.
  [[nodiscard]] bool right() const {
    const PoolView view = router_.view();
    std::uint64_t with_agents = 0;
    for (const AgentView& agent : router_.agents()) {
      if (agent.used_live > agent.capacity) return false;
      with_agents += agent.conversations.size();
    }
    return router_.indexes_agree() && view.unroutable == 0 && view.refused == 0 &&
           opened_ == closed_ + with_agents + view.waiting && with_agents == busy_.size();
  }

 private:
  void open() {
    const std::uint64_t dice = mixed(++opened_);
    command::Open open;
    open.conversation = ConversationId::of_text("c" + std::to_string(opened_));
    open.channel = chat;
    // What somebody of this floor can do: the skill and language of an agent drawn by the dice.
    const auto i = static_cast<std::uint32_t>(dice % agents_);
    open.category = CategoryNumber{static_cast<std::uint16_t>(1 + (i + i / skills) % skills)};
    open.language = SkillNumber{static_cast<std::uint16_t>(skills + 1 + (i / 2) % languages)};
    shell(open);
  }

  void shell(const Command& command) {
    events_.clear();
    router_.apply(Record{Stamp{++sequence_, now_ms_, 0}, {}, 0, command}, events_);
    event_count_ += events_.size();
    for (const Event& event : events_) {
      if (event.kind == EventKind::assigned) busy_.push_back({event.conversation, event.agent});
      if (event.kind == EventKind::offered) {
        to_accept_.push_back({event.conversation, event.agent});
      }
    }
    while (!to_accept_.empty()) {
      const auto [conversation, agent] = to_accept_.back();
      to_accept_.pop_back();
      shell(command::Accept{conversation, agent, 0});
    }
  }

  struct Busy {
    ConversationId conversation;
    AgentId agent;
  };

  Router router_;
  Events events_;
  std::deque<Busy> busy_;
  std::vector<Busy> to_accept_;
  std::uint32_t agents_;
  std::uint64_t sequence_ = 0;
  std::uint64_t event_count_ = 0;
  std::uint64_t opened_ = 0;
  std::uint64_t closed_ = 0;
  std::int64_t now_ms_ = 0;
};

void run(benchmark::State& state, Delivery delivery) {
  Floor floor(static_cast<std::uint32_t>(state.range(0)), delivery);
  for (int i = 0; i < 1000; ++i) floor.turn();
  if (!floor.right()) {
    std::fprintf(stderr, "router_bench: the floor's answers are wrong; nothing is timed\n");
    std::exit(1);
  }
  const std::uint64_t records = floor.records();
  const std::uint64_t events = floor.events();
  for (auto _ : state) floor.turn();
  using benchmark::Counter;
  state.counters["records/s"] =
      Counter(static_cast<double>(floor.records() - records), Counter::kIsRate);
  state.counters["events/s"] =
      Counter(static_cast<double>(floor.events() - events), Counter::kIsRate);
  if (!floor.right()) state.SkipWithError("the floor's answers are wrong");
}

void given(benchmark::State& state) { run(state, Delivery::give); }
void offered(benchmark::State& state) { run(state, Delivery::offer); }

BENCHMARK(given)->Arg(100)->Arg(3'000)->Arg(100'000);
BENCHMARK(offered)->Arg(100)->Arg(3'000)->Arg(100'000);

}  // namespace
}  // namespace usher

BENCHMARK_MAIN();
