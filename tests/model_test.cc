// The real core in virtual time against exact theory: a million arrivals a model (less where a
// sharp test needs less), of which the first 2 % do not count. The tolerances are those with which
// such a run must agree: about four standard deviations. Expected values are computed
// (tests/queueing_theory.h); the published ones beside them show that the formulas are right.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "sim/model.h"
#include "tests/model_text.h"
#include "tests/queueing_theory.h"

namespace usher::sim {
namespace {

double units(double us) { return us / 1e9; }

// With fewer arrivals, where that is enough.
Model small(const std::string& text, std::uint64_t arrivals = 20'000) {
  Model model = model_of(text);
  model.arrivals = arrivals;
  return model;
}

// Within a share of what is expected.
void expect_near(double found, double expected, double tolerance, const std::string& what) {
  EXPECT_NEAR(found, expected, tolerance * expected)
      << what << " is off by " << 100.0 * (found / expected - 1.0) << " %";
}

// ---- one class ---------------------------------------------------------------------------------

std::string one_class(int agents, double rate, std::string_view more = "",
                      std::string_view group = "") {
  return std::string(head) + class_of("calls", rate, more) + group_of("agents", agents, group);
}

// Erlang's C formula: table B.1 of quality.md.
TEST(ModelTest, NobodyLeavesAsErlangSays) {
  struct Row {
    int agents;
    double load;
    double p_wait, mean_wait, p99;  // as published
    double p_wait_tolerance, mean_tolerance;
  };
  const Row rows[] = {{1, 0.5, 0.5, 1.0, 7.824046, 0.01, 0.03},
                      {5, 4.0, 0.554113, 0.554113, 4.014783, 0.02, 0.06},
                      {10, 8.0, 0.409180, 0.204590, 1.855785, 0.03, 0.06},
                      {20, 18.0, 0.550769, 0.275385, 2.004365, 0.05, 0.12}};
  for (const Row& row : rows) {
    const std::string what = fmt::format("M/M/{} at {}", row.agents, row.load);
    const double p_wait = theory::erlang_c(row.agents, row.load);
    const double mean_wait = theory::erlang_c_mean_wait(row.agents, row.load);
    const double p99 = theory::erlang_c_wait_exceeded(row.agents, row.load, 0.01);
    EXPECT_NEAR(p99, row.p99, 1e-5) << what;
    EXPECT_NEAR(p_wait, row.p_wait, 1e-6) << what;
    EXPECT_NEAR(mean_wait, row.mean_wait, 1e-6) << what;

    const ModelResult result = run_model(model_of(one_class(row.agents, row.load)));
    const KindFigures& calls = result.statistics.kind(0);
    EXPECT_EQ(calls.answered, 980'000u) << what;
    expect_near(calls.share(calls.waited), p_wait, row.p_wait_tolerance, "P(wait) of " + what);
    expect_near(units(calls.mean_wait_us()), mean_wait, row.mean_tolerance, "E[W] of " + what);
    expect_near(units(static_cast<double>(calls.waits_us.quantile(0.99))), p99, row.mean_tolerance,
                "p99 of " + what);
    expect_near(result.groups[0].occupancy, row.load / row.agents, 0.01, "load of " + what);
  }
}

// Palm and Erlang's A: table B.2.
TEST(ModelTest, CustomersWhoLeaveDoSoAsPalmSays) {
  struct Row {
    int agents;
    double rate, theta;
    theory::ErlangA published;
    double tolerance;
  };
  const Row rows[] = {
      {1, 1.0, 1.0, {0.632121, 0.367879, 0.367879, 0.260202, 0.402832, 0.63212}, 0.01},
      {10, 9.0, 0.33, {0.500892, 0.056295, 0.170592, 0.163222, 0.593005, 0.84933}, 0.03},
      {10, 12.0, 1.0, {0.757608, 0.213632, 0.213632, 0.209885, 0.350484, 0.94364}, 0.015},
      {50, 48.0, 0.5, {0.467774, 0.030912, 0.061824, 0.060265, 0.738622, 0.93032}, 0.05},
      {100, 102.0, 1.0, {0.591719, 0.049918, 0.049918, 0.049041, 0.758777, 0.96908}, 0.04}};
  for (const Row& row : rows) {
    const std::string what = fmt::format("M/M/{}+M at {}", row.agents, row.rate);
    const theory::ErlangA exact = theory::erlang_a(row.agents, row.rate, row.theta, 0.1);
    EXPECT_NEAR(exact.p_wait, row.published.p_wait, 1e-6) << what;
    EXPECT_NEAR(exact.p_abandon, row.published.p_abandon, 1e-6) << what;
    EXPECT_NEAR(exact.mean_wait, row.published.mean_wait, 1e-6) << what;
    EXPECT_NEAR(exact.mean_wait_served, row.published.mean_wait_served, 1e-6) << what;
    EXPECT_NEAR(exact.served_within, row.published.served_within, 1e-6) << what;
    EXPECT_NEAR(exact.busy, row.published.busy, 1e-5) << what;

    const std::string patience =
        fmt::format("target = 0.1\npatience = {{dist = \"exp\", mean = {}}}", 1.0 / row.theta);
    const ModelResult result = run_model(model_of(one_class(row.agents, row.rate, patience)));
    const KindFigures& calls = result.statistics.kind(0);
    expect_near(calls.share(calls.waited), exact.p_wait, row.tolerance, "P(wait) of " + what);
    expect_near(calls.share(calls.abandoned), exact.p_abandon, row.tolerance, "P(ab) of " + what);
    expect_near(units(calls.mean_wait_us()), exact.mean_wait, row.tolerance, "E[W] of " + what);
    expect_near(units(calls.mean_answered_wait_us()), exact.mean_wait_served, row.tolerance,
                "E[W | served] of " + what);
    expect_near(calls.share(calls.in_target), exact.served_within, row.tolerance, "SL of " + what);
    expect_near(result.groups[0].occupancy, exact.busy, 0.01, "load of " + what);
  }
}

// W. Whitt, "Engineering solution of a basic call-center model", 2005, tables 1 and 2: M/M/100+G,
// 102 arrivals a service time, mean patience 1, by simulation of 50 million arrivals.
TEST(ModelTest, CustomersOfOtherPatienceLeaveAsWhittFound) {
  struct Row {
    std::string_view patience;
    double p_abandon, p_wait, mean_wait_served;
  };
  const Row rows[] = {{"{dist = \"erlang\", mean = 1.0, k = 2}", 0.0378, 1.0 - 0.246, 0.1133}};
  for (const Row& row : rows) {
    const ModelResult result =
        run_model(model_of(one_class(100, 102.0, fmt::format("patience = {}", row.patience))));
    const KindFigures& calls = result.statistics.kind(0);
    expect_near(calls.share(calls.waited), row.p_wait, 0.04, "P(wait)");
    expect_near(calls.share(calls.abandoned), row.p_abandon, 0.06, "P(ab)");
    expect_near(units(calls.mean_answered_wait_us()), row.mean_wait_served, 0.08, "E[W | served]");
  }
}

TEST(ModelTest, OneAgentAndAnyServiceWaitAsPollaczekAndKhinchineSay) {
  struct Row {
    std::string_view service;
    double cv;
  };
  const Row rows[] = {{"{dist = \"lognormal\", mean = 1.0, cv = 1.2}", 1.2},
                      {"{dist = \"constant\", mean = 1.0}", 0.0}};
  for (const Row& row : rows) {
    const ModelResult result = run_model(
        small(std::string(head) + class_of("calls", 0.5, "", row.service) + group_of("agents", 1),
              400'000));
    const KindFigures& calls = result.statistics.kind(0);
    expect_near(calls.share(calls.waited), 0.5, 0.01, "P(wait)");
    expect_near(units(calls.mean_wait_us()), theory::pollaczek_khinchine(0.5, row.cv), 0.04,
                fmt::format("E[W] of {}", row.service));
  }
}

// Three at once, each slower: the core's room and the driver's speeds together.
TEST(ModelTest, AnAgentWithSeveralAtOnceSlowsDownAsItShould) {
  const std::vector<double> speeds = {1.0, 0.8, 0.65};
  const theory::SharedAgent exact = theory::shared_agent(1.4, speeds);
  const ModelResult result = run_model(
      small(one_class(1, 2.8, "", "capacity = 3\nspeed = [1.0, 0.8, 0.65]\nrate = 2.0"), 400'000));
  const KindFigures& calls = result.statistics.kind(0);
  expect_near(calls.share(calls.waited), exact.p_wait, 0.03, "P(wait)");
  expect_near(units(calls.mean_wait_us()), exact.mean_wait / 2.0, 0.06, "E[W]");
  ASSERT_EQ(result.groups[0].time_by_count.size(), 4u);
  for (std::size_t n = 0; n <= 3; ++n) {
    expect_near(result.groups[0].time_by_count[n], exact.time_by_count[n], 0.03,
                fmt::format("time with {}", n));
  }
}

// ---- several classes ---------------------------------------------------------------------------

// Cobham; Kella and Yechiali: table B.3.
TEST(ModelTest, BandsGoBeforeEachOtherAsCobhamSays) {
  struct Row {
    int agents;
    std::vector<double> rates;
    std::vector<double> published;
    std::vector<double> tolerances;
  };
  const Row rows[] = {{5, {1.0, 3.0}, {0.138528, 0.692641}, {0.03, 0.08}},
                      {10, {2.0, 6.0}, {0.051148, 0.255738}, {0.03, 0.08}},
                      {10, {0.5, 4.0, 4.5}, {0.070393, 0.127987, 1.215875}, {0.05, 0.05, 0.19}}};
  for (const Row& row : rows) {
    const std::string what = fmt::format("{} bands on {}", row.rates.size(), row.agents);
    const std::vector<double> exact = theory::priority_mean_waits(row.agents, row.rates);
    std::string text(head);
    double load = 0.0;
    for (std::size_t i = 0; i < row.rates.size(); ++i) {
      EXPECT_NEAR(exact[i], row.published[i], 1e-6) << what;
      const std::string name = fmt::format("c{}", i);
      text += class_of(name, row.rates[i], fmt::format("band = \"{}\"", name));
      load += row.rates[i];
    }
    const ModelResult result = run_model(model_of(text + group_of("agents", row.agents)));
    for (std::size_t i = 0; i < row.rates.size(); ++i) {
      const KindFigures& calls = result.statistics.kind(i);
      const std::string which = fmt::format("class {} of {}", i, what);
      expect_near(units(calls.mean_wait_us()), exact[i], row.tolerances[i], "E[W] of " + which);
      expect_near(calls.share(calls.waited), theory::erlang_c(row.agents, load), 0.04,
                  "P(wait) of " + which);
    }
    const KindFigures& top = result.statistics.kind(0);
    const double p99 =
        std::log(theory::erlang_c(row.agents, load) / 0.01) / (row.agents - row.rates.front());
    expect_near(units(static_cast<double>(top.waits_us.quantile(0.99))), p99, 0.06,
                "p99 of " + what);
    // Nobody is served sooner but at the cost of others: the conservation sum.
    expect_near(units(result.statistics.all().mean_wait_us()),
                theory::erlang_c_mean_wait(row.agents, load), load < 9.0 ? 0.06 : 0.12,
                "sum of " + what);
  }
}

// Adan and Weiss: skills, first come first served, longest idle first.
TEST(ModelTest, SkillsWaitAsTheProductFormSays) {
  // One class and equal servers are Erlang's model again.
  const theory::SkillModel plain = theory::skill_model({1.5}, {{1.0, {true}}, {1.0, {true}}});
  EXPECT_NEAR(plain.p_wait[0], theory::erlang_c(2, 1.5), 1e-9);
  EXPECT_NEAR(plain.mean_wait[0], theory::erlang_c_mean_wait(2, 1.5), 1e-9);

  // Each class has an agent of its own and shares others, who work at different speeds.
  const std::vector<double> rates = {0.9, 0.8, 0.5};
  const std::vector<theory::SkillServer> servers = {{1.0, {true, false, false}},
                                                    {0.8, {true, true, false}},
                                                    {1.2, {false, true, true}},
                                                    {0.7, {false, false, true}}};
  const theory::SkillModel exact = theory::skill_model(rates, servers);
  std::string text(head);
  for (std::size_t c = 0; c < rates.size(); ++c) {
    text += class_of(fmt::format("c{}", c), rates[c], fmt::format("skills = [\"s{}\"]", c));
  }
  for (std::size_t s = 0; s < servers.size(); ++s) {
    std::string skills;
    for (std::size_t c = 0; c < rates.size(); ++c) {
      if (servers[s].takes[c]) skills += fmt::format("\"s{}\", ", c);
    }
    text += group_of(fmt::format("g{}", s), 1,
                     fmt::format("skills = [{}]\nrate = {}", skills, servers[s].rate));
  }
  const ModelResult result = run_model(model_of(text));
  for (std::size_t c = 0; c < rates.size(); ++c) {
    const KindFigures& calls = result.statistics.kind(c);
    expect_near(calls.share(calls.waited), exact.p_wait[c], 0.03, fmt::format("P(wait) of {}", c));
    expect_near(units(calls.mean_wait_us()), exact.mean_wait[c], 0.08,
                fmt::format("E[W] of {}", c));
  }
  for (std::size_t s = 0; s < servers.size(); ++s) {
    expect_near(result.groups[s].occupancy, exact.busy[s], 0.02, fmt::format("load of {}", s));
  }
}

// Two agents of two tiers: a birth-death chain of five states and a tail, solved by hand. The
// second agent is asked only while the first is busy.
TEST(ModelTest, TheSecondTierGetsWhatTheFirstLeaves) {
  const double rate = 1.2;
  const ModelResult result =
      run_model(small(std::string(head) + class_of("calls", rate) + group_of("first", 1) +
                          group_of("second", 1, "tier = {calls = 1}"),
                      400'000));
  // Of (both, only the first, only the second, nobody) busy, relative to nobody = 1:
  //   rate = first + second; (rate + 1) second = both;  both ÷ (1 - rate ÷ 2) with the tail.
  const double second = rate * rate / (2.0 * (1.0 + rate));
  const double first = rate - second;
  const double both = (rate + 1.0) * second / (1.0 - rate / 2.0);
  const double total = 1.0 + first + second + both;
  expect_near(result.groups[0].occupancy, (first + both) / total, 0.01, "the first");
  expect_near(result.groups[1].occupancy, (second + both) / total, 0.01, "the second");
  const KindFigures& calls = result.statistics.kind(0);
  expect_near(calls.share(calls.waited), theory::erlang_c(2, rate), 0.01, "P(wait)");
  expect_near(static_cast<double>(calls.answered_by_group[0]) / static_cast<double>(calls.answered),
              (first + both) / total / rate, 0.01, "share of the first");
}

// ---- one stream of customers, several policies -------------------------------------------------

TEST(ModelTest, WhoGetsItChangesNoWaitWhereAllAreAlike) {
  std::string text = one_class(4, 10.5, "patience = {dist = \"exp\", mean = 5.0}", "capacity = 3");
  const ModelResult least_loaded = run_model(model_of(text));
  text.insert(text.find("fair_pick"), "give_to = \"longest_idle\"\n");
  const ModelResult longest_idle = run_model(model_of(text));
  EXPECT_EQ(least_loaded.statistics.waits_hash(), longest_idle.statistics.waits_hash());
  EXPECT_NE(least_loaded.digest, longest_idle.digest);
}

// ---- small runs --------------------------------------------------------------------------------

TEST(ModelTest, TheSameSeedGivesTheSameRunAndAnotherDoesNot) {
  Model model = small(one_class(5, 4.0));
  const ModelResult first = run_model(model);
  const ModelResult second = run_model(model);
  EXPECT_EQ(first.digest, second.digest);
  EXPECT_EQ(first.statistics.waits_hash(), second.statistics.waits_hash());
  model.seed = 2;
  EXPECT_NE(run_model(model).statistics.waits_hash(), first.statistics.waits_hash());
}

TEST(ModelTest, EveryPolicyMeetsTheSameCustomers) {
  const std::string classes = class_of("a", 2.0, "band = \"first\"") +
                              class_of("b", 2.0, "band = \"second\"") + group_of("agents", 5);
  const ModelResult oldest = run_model(small(std::string(head) + classes));
  const ModelResult late_last =
      run_model(small(std::string(head) + "order = \"service_level\"\n" + classes));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(oldest.statistics.kind(i).arrivals, late_last.statistics.kind(i).arrivals);
  }
  EXPECT_NE(oldest.statistics.waits_hash(), late_last.statistics.waits_hash());
  EXPECT_NEAR(oldest.groups[0].occupancy, late_last.groups[0].occupancy, 0.01);
}

TEST(ModelTest, WhatOneClassDrawsDependsOnNoOther) {
  const auto waits_of_a = [](std::string_view service_of_b) {
    return run_model(small(std::string(head) + class_of("a", 1.0, "skills = [\"a\"]") +
                           class_of("b", 1.0, "skills = [\"b\"]", service_of_b) +
                           group_of("ana", 2, "skills = [\"a\"]") +
                           group_of("bo", 2, "skills = [\"b\"]")))
        .statistics.kind(0)
        .wait_us_sum;
  };
  EXPECT_GT(waits_of_a("{dist = \"exp\", mean = 1.0}"), 0.0);
  EXPECT_EQ(waits_of_a("{dist = \"exp\", mean = 1.0}"),
            waits_of_a("{dist = \"gamma\", mean = 1.5, cv = 2.0}"));
}

TEST(ModelTest, TheNeedIsRelaxedWhenItsStepComes) {
  const std::string text =
      std::string(head) +
      class_of("incidents", 1.0, "skills = [\"security\"]\nrelax = [\"10s: anyone\"]",
               "{dist = \"constant\", mean = 1.0}") +
      group_of("desk", 1, "skills = {security = 5}") + group_of("others", 4);
  const KindFigures incidents = run_model(small(text)).statistics.kind(0);
  EXPECT_GT(incidents.answered_by_group[1], 1000u);
  // Somebody is nearly always free, so that whoever waits does so for the ten seconds of the step.
  EXPECT_NEAR(static_cast<double>(incidents.waits_us.quantile(0.99)), 10e6, 0.1e6);
}

TEST(ModelTest, AgentsTakeTheirTimeToAcceptAndToReply) {
  const std::string text =
      std::string(head) +
      class_of("chats", 0.5,
               "accept = \"offer\"\nreplied = \"reply\"\n"
               "accept_after = {dist = \"constant\", mean = 0.004}\n"
               "reply_after = {dist = \"constant\", mean = 0.006}\ntarget = 0.009",
               "{dist = \"constant\", mean = 1.0}") +
      group_of("agents", 50);
  const KindFigures chats = run_model(small(text)).statistics.kind(0);
  EXPECT_EQ(chats.answered, chats.arrivals);
  EXPECT_EQ(chats.waits_us.max(), 4'000'000);
  // Six seconds later the reply, which is too late.
  EXPECT_EQ(chats.in_target, 0u);
}

// An offer that lapses goes to somebody else, and nobody is lost for having been too slow.
TEST(ModelTest, WhoIsTooSlowToAcceptIsAskedAgainLater) {
  const std::string text = std::string(head) +
                           class_of("chats", 2.0,
                                    "accept = \"offer\"\n"
                                    "accept_after = {dist = \"exp\", mean = 0.02}\n"
                                    "patience = {dist = \"exp\", mean = 10.0}") +
                           group_of("agents", 4);
  const ModelResult result = run_model(small(text));
  const KindFigures& chats = result.statistics.kind(0);
  EXPECT_EQ(chats.answered + chats.abandoned, chats.arrivals);
  EXPECT_GT(chats.answered, chats.arrivals * 9 / 10);
}

TEST(ModelTest, WhatNobodyCanTakeIsCountedAsSuch) {
  const std::string text = std::string(head) + class_of("a", 1.0, "need = [\"0s: en>=9\"]") +
                           class_of("b", 1.0) + group_of("agents", 4, "skills = {en = 5}");
  const ModelResult result = run_model(small(text, 1000));
  const KindFigures& a = result.statistics.kind(0);
  EXPECT_EQ(a.unserved, a.arrivals);
  EXPECT_EQ(result.statistics.kind(1).answered, result.statistics.kind(1).arrivals);
}

}  // namespace
}  // namespace usher::sim
