// A call centre's trace under policies: what a day is made of, that nobody is lost, that policies
// meet the same callers, and what is refused.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "sim/paired.h"
#include "sim/trace.h"
#include "sim/trace_command.h"
#include "sim/trace_report.h"

namespace usher::sim {
namespace {

const std::string shipped = std::string(USHER_SOURCE_DIR) + "/sim/traces/";

// Thursday to Sunday, of 200 calls in an hour each; one more of the Thursday's comes after
// midnight.
class TraceDaysTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory = std::filesystem::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory);
    std::string calls = "day,weekday,t,type,priority,served,wait,service\n";
    for (int day = 0; day < 4; ++day) {
      const int weekday = 3 + day;
      for (int i = 0; i < 200; ++i) {
        calls += fmt::format("{},{},{},{},{},1,{},{}\n", day, weekday, 36000 + 18 * i,
                             i % 5 == 0 ? "NW" : "PS", i % 3 == 0 ? 2 : -1, i % 7, 20 + i);
      }
    }
    calls += "0,3,86500,PS,1,0,30,0\n";
    std::string shifts = "day,on,off,server,skills\n";
    for (int day = 0; day < 4; ++day) {
      for (const char* who : {"ANN", "BEN", "CAT", "DAN"}) {
        shifts += fmt::format("{0},35000,37000,{1},PS\n{0},37100,41000,{1},NW+PS\n", day, who);
      }
    }
    write("calls", calls);
    write("shifts", shifts);
    write("patience", "type,t,S\nPS,60,0.8\nPS,600,0.1\nNW,60,0.5\nNW,300,0.1\n");
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  std::string write(const char* name, const std::string& text) const {
    std::string path = (directory / name).string();
    std::ofstream(path) << text;
    return path;
  }
  [[nodiscard]] load::TraceFiles files() const {
    return {.calls = (directory / "calls").string(),
            .shifts = (directory / "shifts").string(),
            .patience = (directory / "patience").string()};
  }
  static std::vector<TracePolicy> policies(const std::vector<std::string>& names) {
    std::vector<TracePolicy> all;
    all.reserve(names.size());
    for (const std::string& name : names) {
      all.push_back(std::get<TracePolicy>(TracePolicy::read(shipped + name, {"NW", "PS"})));
    }
    return all;
  }
  // What is said on stderr, without the directory.
  std::string refusal(const TraceOptions& options) {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(run_trace_command(options), 2);
    std::string said = ::testing::internal::GetCapturedStderr();
    const std::string path = directory.string() + "/";
    for (std::size_t at = 0; (at = said.find(path)) != std::string::npos;) {
      said.erase(at, path.size());
    }
    return said;
  }
  TraceOptions options() {
    TraceOptions options;
    options.files = files();
    options.configurations = {shipped + "chat_strict.toml"};
    return options;
  }

  std::filesystem::path directory;
  TraceQuestion question{.days = 2,
                         .replications = 2,
                         .changes = {.scale = 1.5, .security_share = 0.1, .seed = 7},
                         .habits = {.capacity = 2, .pace = {1.0, 0.7}}};
};

TEST_F(TraceDaysTest, CallsAfterMidnightBelongToTheirDayAndWeekendsAreLeftOut) {
  const TraceWorld world(load::read_trace(files()));
  ASSERT_EQ(world.days(), 2u);
  EXPECT_EQ(world.plan(0, 0, {}).callers.size(), 201u);
  EXPECT_EQ(world.plan(0, 0, {}).callers.back().at_us, 86'500'000'000);
  EXPECT_EQ(world.plan(1, 0, {}).callers.front().at_us, 36'000'000'000);
}

TEST_F(TraceDaysTest, FurtherCallsComeInTheHalfHourOfTheirModels) {
  const TraceWorld world(load::read_trace(files()));
  const DayPlan plan = world.plan(1, 0, {.scale = 3.0});
  ASSERT_EQ(plan.callers.size(), 600u);
  const auto early = std::count_if(plan.callers.begin(), plan.callers.end(),
                                   [](const Caller& one) { return one.at_us < 37'800'000'000; });
  EXPECT_EQ(early, 300);
  EXPECT_NEAR(static_cast<double>(world.plan(1, 0, {.scale = 0.5}).callers.size()), 100.0, 30.0);
}

TEST_F(TraceDaysTest, EverySecondAgentHasTheSecuritySkill) {
  const TraceWorld world(load::read_trace(files()));
  std::set<std::string> seen;
  for (std::size_t replication = 0; replication < 20; ++replication) {
    const DayPlan plan = world.plan(0, replication, {});
    std::size_t count = 0;
    for (const AgentOfDay& agent : plan.agents) {
      count += agent.security ? 1 : 0;
      if (agent.security) seen.insert(agent.name);
    }
    EXPECT_EQ(count, 2u);
  }
  EXPECT_EQ(seen.size(), 4u);
}

TEST_F(TraceDaysTest, RanksFollowPriorityAndType) {
  const TraceWorld world(load::read_trace(files()));
  const DayPlan plan = world.plan(1, 0, {});
  // Every known priority is 2, so that those not known are drawn as such.
  for (const Caller& caller : plan.callers) EXPECT_EQ(caller.rank, Rank::vip);
  for (const Caller& caller : world.plan(1, 0, {.security_share = 1.0}).callers) {
    EXPECT_EQ(caller.rank, Rank::security);
  }
}

TEST_F(TraceDaysTest, NobodyIsLost) {
  const TraceWorld world(load::read_trace(files()));
  std::uint64_t callers = 0;
  for (std::size_t cell = 0; cell < 4; ++cell) {
    callers += world.plan(cell / 2, cell % 2, question.changes).callers.size();
  }
  for (const bool delays : {false, true}) {
    question.habits.delays = delays;
    const auto results =
        run_trace(world, policies({"chat_service_level.toml", "offers_fair.toml"}), question);
    for (const PolicyResult& result : results) {
      EXPECT_EQ(result.all.arrivals(), callers);
      for (const RankFigures& rank : result.all.ranks) {
        EXPECT_EQ(rank.waits_us.size(), rank.arrivals);
        EXPECT_EQ(rank.unanswered, 0u);
        EXPECT_LE(rank.in_target, rank.arrivals - rank.abandoned);
        EXPECT_LE(rank.in_target, rank.taken_in_target);
      }
    }
  }
}

TEST_F(TraceDaysTest, ASeedGivesOneResultWhateverStandsBesideIt) {
  const TraceWorld world(load::read_trace(files()));
  const auto one =
      run_trace(world, policies({"chat_strict.toml", "chat_service_level.toml"}), question);
  const auto other =
      run_trace(world, policies({"chat_service_level.toml", "chat_strict.toml"}), question);
  EXPECT_EQ(one[0].all.digest, other[1].all.digest);
  EXPECT_EQ(one[1].all.digest, other[0].all.digest);
  EXPECT_NE(one[0].all.digest, one[1].all.digest);
  EXPECT_EQ(one[0].days, other[1].days);
  for (std::size_t i = 0; i < measures.size(); ++i) {
    EXPECT_DOUBLE_EQ(difference(one[1], one[0], i).mean, -difference(other[1], other[0], i).mean);
  }
  question.changes.seed = 8;
  EXPECT_NE(run_trace(world, policies({"chat_strict.toml"}), question)[0].all.digest,
            one[0].all.digest);
}

TEST_F(TraceDaysTest, ReportsHaveARowForEveryMeasure) {
  const TraceWorld world(load::read_trace(files()));
  const auto both = policies({"chat_strict.toml", "chat_fair.toml"});
  const auto results = run_trace(world, both, question);
  const std::string text = report_text(both, question, results);
  const std::string json = report_json(both, question, results);
  for (const Measure& measure : measures) {
    EXPECT_NE(text.find(measure.text), std::string::npos) << measure.text;
    EXPECT_NE(json.find(fmt::format("\"{}\":", measure.key)), std::string::npos) << measure.key;
  }
  EXPECT_NE(text.find("less chat_strict"), std::string::npos);
  EXPECT_NE(text.find("regular callers"), std::string::npos);
  EXPECT_NE(json.find("\"estimates\":{\"security\":{\"waited\":"), std::string::npos);
}

TEST_F(TraceDaysTest, WhatCannotBeReadIsRefused) {
  TraceOptions wrong = options();
  wrong.files.calls = "nowhere.csv";
  EXPECT_EQ(refusal(wrong), "nowhere.csv: cannot be opened\n");

  wrong = options();
  wrong.days = 3;
  EXPECT_EQ(refusal(wrong), "--days must be at most the 2 working days of the trace, found 3\n");

  wrong = options();
  wrong.configurations.push_back(wrong.configurations[0]);
  EXPECT_NE(refusal(wrong).find("must have a name of its own, found chat_strict twice"),
            std::string::npos);

  wrong = options();
  wrong.configurations = {std::string(USHER_SOURCE_DIR) + "/config/bank.toml"};
  EXPECT_NE(refusal(wrong).find("categories must have \"security\" of the trace, found none"),
            std::string::npos);

  write("calls", "day,weekday,t,type,priority,served,wait,service\n0,4,1,PS,1,1,0,1\n");
  EXPECT_EQ(refusal(options()), "calls: expected calls of a Sunday to Thursday, found none\n");
}

TEST_F(TraceDaysTest, FilesThatAreCutShortAreRefused) {
  const std::string shifts = "day,on,off,server,skills\n";
  write("shifts", "");
  EXPECT_EQ(refusal(options()),
            "shifts:1: expected the header \"day,on,off,server,skills\", found an empty file\n");
  write("shifts", shifts);
  EXPECT_EQ(refusal(options()), "shifts: expected shifts, found none\n");
  // Friday and Saturday, which nobody simulates, may be without.
  write("shifts", shifts + "0,35000,41000,ANN,NW+PS\n");
  EXPECT_EQ(refusal(options()), "shifts: expected a shift on day 3, which has calls, found none\n");
  TraceOptions one_day = options();
  one_day.days = 1;
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_trace_command(one_day), 0);
  (void)::testing::internal::GetCapturedStdout();

  write("patience", "");
  EXPECT_EQ(refusal(options()),
            "patience:1: expected the header \"type,t,S\", found an empty file\n");
  write("patience", "type,t,S\nPS,60,0.8\n");
  EXPECT_EQ(
      refusal(options()),
      "patience: expected a survival curve of type \"NW\", of which calls has 160 calls, found "
      "none\n");
  TraceOptions wrong = options();
  wrong.files.calls = directory.string();
  EXPECT_NE(refusal(wrong).find(": expected a CSV file, found a directory\n"), std::string::npos);
}

TEST_F(TraceDaysTest, PoliciesAreMeasuredByOneTarget) {
  std::ifstream file(shipped + "chat_strict.toml");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::string target = "target = \"60s\"";
  text.replace(text.find(target), target.size(), "target = \"61s\"");
  TraceOptions wrong = options();
  wrong.configurations.push_back(write("other.toml", text));
  EXPECT_EQ(refusal(wrong),
            "other: the target of regular callers of type NW must be that of chat_strict, 60000 "
            "ms, found 61000 ms\nother: the target of regular callers of type PS must be that of "
            "chat_strict, 60000 ms, found 61000 ms\n");
}

TEST(TracePolicyTest, EveryShippedOneKnowsTheBank) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(shipped)) {
    const auto read =
        TracePolicy::read(entry.path().string(), {"IN", "NE", "NW", "PE", "PS", "TT"});
    const auto* policy = std::get_if<TracePolicy>(&read);
    ASSERT_NE(policy, nullptr) << std::get<ConfigurationErrors>(read).lines[0];
    EXPECT_EQ(policy->target_us(3, Rank::security), 15'000'000);
    EXPECT_EQ(policy->target_us(3, Rank::vip), 30'000'000);
    EXPECT_EQ(policy->target_us(3, Rank::regular), 60'000'000);
    EXPECT_EQ(policy->target_us(2, Rank::prospect), 120'000'000);
    ++count;
  }
  EXPECT_EQ(count, 10u);
}

TEST(CoverTest, CountsThoseToldWhoWereAnswered) {
  const auto fate = [](std::int64_t wait_us, Expected expected) {
    Fate of;
    of.waited = true;
    of.wait_us = wait_us;
    of.expected = expected;
    return of;
  };
  CoverFigures cover;
  cover.add(Fate{});       // did not wait
  cover.add(fate(1, {}));  // was told nothing
  Fate left = fate(1, {1000, 2000});
  left.end = Fate::End::abandoned;
  cover.add(left);
  EXPECT_FALSE(cover.p50());
  cover.add(fate(1'000'000, {1000, 2000}));
  cover.add(fate(1'000'001, {1000, 2000}));
  cover.add(fate(2'000'001, {1000, 2000}));
  CoverFigures twice;
  twice.add(cover);
  twice.add(cover);
  EXPECT_EQ(twice.waited, 10u);
  EXPECT_EQ(twice.told, 8u);
  EXPECT_EQ(twice.answered, 6u);
  EXPECT_DOUBLE_EQ(*twice.p50(), 100.0 / 3.0);
  EXPECT_DOUBLE_EQ(*twice.p90(), 200.0 / 3.0);
}

TEST(PairedTest, StudentsTIsThatOfTheTables) {
  const std::pair<std::size_t, double> rows[] = {{1, 12.7062}, {2, 4.3027},  {3, 3.1824},
                                                 {4, 2.7764},  {10, 2.2281}, {29, 2.0452},
                                                 {40, 2.0211}, {120, 1.9799}};
  for (const auto& [degrees, t] : rows) EXPECT_NEAR(student_t(degrees, 0.95), t, 5e-5) << degrees;
  EXPECT_NEAR(student_t(10, 0.99), 3.1693, 5e-5);
}

TEST(PairedTest, AnIntervalNeedsTwoValues) {
  const std::vector<double> values = {1.0, 3.0};
  EXPECT_DOUBLE_EQ(interval_95(values).mean, 2.0);
  EXPECT_NEAR(interval_95(values).half_width.value_or(0.0), 12.7062, 1e-4);
  EXPECT_FALSE(interval_95(std::span(values).first(1)).half_width);
}

}  // namespace
}  // namespace usher::sim
