// No starvation (P8): however hard the better bands are flooded, whoever could take a conversation
// does so after a bounded number of younger ones.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "tests/pool_fixture.h"

namespace usher {
namespace {

using namespace test_name;

struct Speaker {
  std::string name;
  std::vector<SkillNumber> languages;
};
const std::vector<Speaker> speakers = {{"ana", {en}}, {"ben", {de}}, {"cem", {en, de}}};

PoolConfiguration flooded(std::uint16_t fair_pick) {
  PoolConfiguration configuration = test_configuration();
  configuration.fair_pick = fair_pick;
  for (ClassConfiguration& of : configuration.classes) {
    of.delivery = Delivery::give;
    of.wrap_up_ms = 0;
    of.reply_within_ms = 0;
    of.need.clear();
    of.scarce = false;
  }
  configuration.scarce_skills.clear();
  return configuration;
}

// How the best band comes.
enum class Best : std::uint8_t { always, with_pauses };

// A floor of three people with one chat each, on which more waits than they can do.
class Flood {
 public:
  Flood(std::uint16_t fair_pick, Best best, std::uint64_t seed)
      : pool_(flooded(fair_pick)), fair_pick_(fair_pick), best_(best), dice_(seed) {
    for (const Speaker& speaker : speakers) {
      std::vector<SkillLevel> skills;
      for (const SkillNumber language : speaker.languages) skills.push_back({language, 5});
      pool_.on_duty(speaker.name, skills, {{chat, 1}});
    }
    const int backlog = best == Best::always ? 8 : 4;
    for (const CategoryNumber category : {identity, ask, mail}) {
      for (int i = 0; i < backlog; ++i) open(category, i % 2 == 0 ? en : de);
    }
  }

  void run(int closes) {
    for (int i = 0; i < closes; ++i) {
      // One leaves, and more come than that.
      const std::size_t who = dice_() % speakers.size();
      const std::string busy_with = with_[speakers[who].name];
      ASSERT_NE("", busy_with);
      ASSERT_EQ(Refusal::none, pool_.close(busy_with, speakers[who].name));
      listen();
      const SkillNumber language = dice_() % 2 == 0 ? en : de;
      if (best_ == Best::always) {
        open(identity, en);
        open(identity, de);
        if (dice_() % 3 == 0) open(ask, language);
        if (dice_() % 8 == 0) open(mail, language);
      } else {
        // Hardly anything older waits, so that little may be taken before what is passed over.
        if (dice_() % 8 < 6 && !waits(identity, language)) open(identity, language);
        for (const SkillNumber spoken : {en, de}) {
          if (!waits(ask, spoken)) open(ask, spoken);
          if (!waits(mail, spoken)) open(mail, spoken);
        }
      }
      if (dice_() % 6 == 0) open(theft, language);
    }
    for (const auto& [name, of] : waiting_) {
      if (of.category != theft) judge(name, of);
    }
  }

  // Of all that were taken: the most younger ones that somebody who could take it took before, as a
  // share of what is allowed.
  double tightest = 0.0;
  std::string violation;
  std::map<std::uint16_t, int> taken;  // by band

  // The most younger ones that were taken before something that still waits.
  [[nodiscard]] int passed_over_most() const {
    int most = 0;
    for (const auto& [name, of] : waiting_) {
      for (const int younger : of.younger) most = std::max(most, younger);
    }
    return most;
  }

 private:
  struct Waiting {
    std::uint64_t number = 0;
    CategoryNumber category;
    SkillNumber language;
    std::vector<int> older = std::vector<int>(speakers.size());  // that this speaker could take
    std::vector<int> younger = std::vector<int>(speakers.size());
  };

  static bool speaks(std::size_t who, SkillNumber language) {
    const auto& languages = speakers[who].languages;
    return std::find(languages.begin(), languages.end(), language) != languages.end();
  }

  [[nodiscard]] bool waits(CategoryNumber category, SkillNumber language) const {
    return std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& one) {
      return one.second.category == category && one.second.language == language;
    });
  }

  void open(CategoryNumber category, SkillNumber language) {
    const std::string name = "c" + std::to_string(++opened_);
    Waiting waiting{.number = opened_, .category = category, .language = language};
    for (std::size_t who = 0; who < speakers.size(); ++who) {
      for (const auto& [other, of] : waiting_) {
        if (of.category != theft && speaks(who, of.language)) ++waiting.older[who];
      }
    }
    waiting_.emplace(name, waiting);
    command::Open open = pool_.opening(name, category);
    open.required.push_back({language, 1});
    ASSERT_EQ(Refusal::none, pool_.say(open).refusal);
    listen();
  }

  void listen() {
    for (; heard_ < pool_.events().size(); ++heard_) {
      const Event& event = pool_.events()[heard_];
      if (event.kind == EventKind::assigned) assigned(event);
    }
  }

  void assigned(const Event& event) {
    const std::string agent = text_of(event.agent);
    const auto who = static_cast<std::size_t>(
        std::find_if(speakers.begin(), speakers.end(),
                     [&](const Speaker& speaker) { return speaker.name == agent; }) -
        speakers.begin());
    const std::string name = text_of(event.conversation);
    with_[agent] = name;
    const Waiting got = waiting_.at(name);
    waiting_.erase(name);
    ++taken[event.band.value];
    if (got.category == theft) return;
    judge(name, got);
    for (auto& [other, of] : waiting_) {
      if (of.number < got.number && speaks(who, of.language)) ++of.younger[who];
    }
  }

  void judge(const std::string& name, const Waiting& got) {
    for (std::size_t who = 0; who < speakers.size(); ++who) {
      if (!speaks(who, got.language) || fair_pick_ == 0) continue;
      const int allowed = (got.older[who] + 1) * fair_pick_;
      tightest = std::max(tightest, static_cast<double>(got.younger[who]) / allowed);
      if (got.younger[who] <= allowed) continue;
      violation = speakers[who].name + " took " + std::to_string(got.younger[who]) +
                  " younger ones before " + name + ", allowed are " + std::to_string(allowed);
    }
  }

  Pool pool_;
  std::uint16_t fair_pick_;
  Best best_;
  std::mt19937_64 dice_;
  std::uint64_t opened_ = 0;
  std::size_t heard_ = 0;
  std::map<std::string, std::string> with_;
  std::map<std::string, Waiting> waiting_;
};

struct Case {
  std::uint16_t fair_pick;
  Best best;
  double tightness;  // at least

  friend void PrintTo(const Case& of, std::ostream* out) { *out << of.fair_pick << " picks"; }
};
class Starvation : public testing::TestWithParam<Case> {};

// With m older ones before it that an agent could take, a conversation is taken before that agent
// took more than (m + 1) x fair_pick younger ones, incidents not counted.
TEST_P(Starvation, IsBoundedByTheFairPick) {
  double tightest = 0.0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Flood flood(GetParam().fair_pick, GetParam().best, seed);
    flood.run(300);
    EXPECT_EQ("", flood.violation) << "seed " << seed;
    for (std::uint16_t band = 1; band <= 4; ++band) {
      EXPECT_GT(flood.taken[band], 0) << "band " << band << ", seed " << seed;
    }
    tightest = std::max(tightest, flood.tightest);
  }
  RecordProperty("tightest", std::to_string(tightest));
  EXPECT_GE(tightest, GetParam().tightness);
}
INSTANTIATE_TEST_SUITE_P(
    FairPicks, Starvation,
    testing::Values(Case{1, Best::always, 0.5}, Case{4, Best::always, 0.5},
                    Case{16, Best::always, 0.5}, Case{1, Best::with_pauses, 1.0},
                    Case{4, Best::with_pauses, 0.7}, Case{16, Best::with_pauses, 0.5}),
    [](const auto& of) {
      const bool pauses = of.param.best == Best::with_pauses;
      return "Of" + std::to_string(of.param.fair_pick) + (pauses ? "WithPauses" : "");
    });

// The best band pauses just when a pick is owed, so that the next in order is of the middle band
// itself. It was passed over by the four before, and is older than what waits in the last band.
TEST(Debt, IsOwedToTheMiddleBandToo) {
  Pool pool(flooded(4));
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("u0", identity);
  pool.open("middle", ask);
  for (int i = 1; i <= 8; ++i) pool.open("last" + std::to_string(i), mail);
  std::string busy_with = "u0";
  int younger = 0;
  while (pool.state("middle") == ConversationState::waiting && younger < 20) {
    const bool pauses = younger % 5 == 4;
    const std::string urgent = "u" + std::to_string(younger + 1);
    if (!pauses) pool.open(urgent, identity);
    pool.told();
    pool.close(busy_with, "ana");
    const Event& given = pool.events().back();
    ASSERT_EQ(EventKind::assigned, given.kind);
    busy_with = text_of(given.conversation);
    ++younger;
  }
  EXPECT_EQ("middle", busy_with);
  EXPECT_EQ(4 + 1, younger);
}

TEST(NoFairPick, TheWorseBandsStarve) {
  Flood flood(0, Best::always, 1);
  flood.run(300);
  EXPECT_EQ(0, flood.taken[live_band.value]);
  EXPECT_EQ(0, flood.taken[later_band.value]);
  EXPECT_GT(flood.passed_over_most(), 90);
}

}  // namespace
}  // namespace usher
