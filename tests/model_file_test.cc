// What a model file may say, what it then means, and what is said about one that is wrong.

#include "sim/model_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <variant>

#include "sim/model_report.h"
#include "tests/model_text.h"

namespace usher::sim {
namespace {

TEST(ModelFileTest, SaysWhatIsWrongWhereAndWhatIsAllowed) {
  const std::string good_class = class_of("a", 1.0);
  const std::string good_group = group_of("g", 1);
  struct Row {
    std::string text;
    std::string message;
  };
  const Row rows[] = {
      {"x = [", "test.toml:1:"},
      {"", "test.toml: there must be 1 to 256 [[class]], found 0"},
      {good_class, "test.toml: there must be 1 to 256 [[group]], found 0"},
      {"[runs]\n" + good_class + good_group,
       "test.toml:1: the file has no section runs; the nearest is run"},
      {"[run]\narrivals = 0\n" + good_class + good_group,
       "test.toml:2: arrivals must be a whole number from 1 to 1000000000, found 0"},
      {"[run]\nwarmup = \"2%\"\n" + good_class + good_group,
       "test.toml:2: warmup must be a number from 0 to 0.9, found \"2%\""},
      {"[run]\ntime_unit = 1\n" + good_class + good_group,
       "test.toml:2: [run] has no setting time_unit; the nearest is time_unit_s"},
      {class_of("a", 1e6) + good_group, "test.toml: time_unit_s must put 0.001 to"},
      {"[[class]]\nname = \"a\"\nservice = {dist = \"exp\", mean = 1}\n" + good_group,
       "test.toml:1: [[class]] needs rate: a number from 1e-09 to 1000000000"},
      {"[[class]]\nname = \"a\"\nrate = 1\n" + good_group,
       "test.toml:1: [[class]] needs service: a table such as"},
      {class_of("a", 1.0, "", "{dist = \"normal\", mean = 1}") + good_group,
       "test.toml:4: dist of service must be exp, lognormal, erlang, constant or gamma, found "
       "\"normal\""},
      {class_of("a", 1.0, "", "{dist = \"exp\", mean = 0}") + good_group,
       "test.toml:4: mean must be a number from 1e-09 to 1000000000, found 0"},
      {class_of("a", 1.0, "", "{dist = \"exp\", mean = 1, cv = 2}") + good_group,
       "test.toml:4: exp of service has no setting cv"},
      {class_of("a", 1.0, "", "{dist = \"lognormal\", mean = 1}") + good_group,
       "test.toml:4: lognormal of service needs cv"},
      {class_of("a", 1.0, "", "{dist = \"gamma\", mean = 1, cv = 2, k = 2}") + good_group,
       "test.toml:4: gamma of service must have cv or k, found both"},
      {class_of("a", 1.0, "colour = 1") + good_group,
       "test.toml:5: [[class]] has no setting colour"},
      {class_of("a", 1.0, "target = \"1d\"") + good_group, "test.toml:5: target must be 1s to"},
      {class_of("a", 1.0, "target = -1") + good_group, "test.toml:5: target must be 1s to"},
      {class_of("a", 1.0, "skills = [\"ena\"]") + group_of("g", 1, "skills = [\"en\"]"),
       "test.toml:5: skills names \"ena\", which no group has; the groups have en"},
      {class_of("a", 1.0, "skills = [\"x>=3\"]") + good_group,
       "test.toml:5: skills names \"x\", which no group has; no group has skills"},
      {class_of("a", 1.0, "", "{dist = \"exp\", mean = 9e-4}") + good_group,
       "test.toml:4: service must take the fastest agents 0.001 s or more on average, as the clock "
       "counts microseconds; found 0.0009 s, a mean of 0.0009 in units of 1 s at speed 1"},
      {class_of("a", 1.0) + group_of("g", 1, "rate = 2000"),
       "test.toml:4: service must take the fastest agents 0.001 s"},
      {class_of("a", 1.0, "skills = \"en\"") + good_group,
       "test.toml:5: skills must be a list of texts in quotes, found \"en\""},
      {class_of("a", 1.0, "skills = [\"en\"]\nneed = [\"0s: en\"]") + good_group,
       "test.toml:5: skills must not stand beside need"},
      {class_of("a", 1.0, "accept_after = {dist = \"exp\", mean = 1}") + good_group,
       "test.toml:5: accept_after must stand beside accept = \"offer\""},
      {class_of("a", 1.0, "agent_tiers = 5") + good_group,
       "test.toml:5: agent_tiers must be a list of"},
      {"[channels.chat]\n[channels.voice]\n" + good_class + good_group,
       "test.toml:1: a model must have one channel, found 2"},
      {good_class + good_class + good_group, "test.toml:7: there must be one class called a"},
      {good_class + group_of("g", 0),
       "test.toml:8: agents must be a whole number from 1 to 200000, found 0"},
      {good_class + group_of("g", 1, "speed = [1.0, 0]"),
       "test.toml:9: speed must be 1 to 64 numbers, each from 1e-06 to 1000000, found 0"},
      {good_class + group_of("g", 1, "skills = {en = 11}"),
       "test.toml:9: en must be a whole number from 1 to 10, found 11"},
      {good_class + group_of("g", 1, "tier = {b = 1}"),
       "test.toml:9: tier names \"b\", which is no class; the nearest is a"},
      {"[policy]\ngive_to = \"anyone\"\n" + good_class + good_group,
       "test.toml:2: give_to must be least_loaded or longest_idle, found \"anyone\""},
      {"[policy]\norder = \"newest\"\n" + good_class + good_group,
       "test.toml:2: order must be oldest, deadline or service_level, found \"newest\""},
      {"[policy]\nfair = 1\n" + good_class + good_group,
       "test.toml:2: [policy] has no setting fair"},
  };
  for (const Row& row : rows) {
    const auto read = parse_model(row.text, "test.toml");
    const auto* errors = std::get_if<ConfigurationErrors>(&read);
    ASSERT_NE(errors, nullptr) << row.text;
    const bool found =
        std::any_of(errors->lines.begin(), errors->lines.end(),
                    [&](const std::string& line) { return line.starts_with(row.message); });
    EXPECT_TRUE(found) << row.message << "\nbut found:\n"
                       << fmt::format("{}", fmt::join(errors->lines, "\n"));
  }
  const auto read = read_model("nowhere.toml");
  EXPECT_EQ(std::get<ConfigurationErrors>(read).lines.front(),
            "nowhere.toml: must be a file that can be read, found: No such file or directory");
}

TEST(ModelFileTest, MeansWhatItSays) {
  const Model model = model_of(R"(
[run]
arrivals = 5
seed = 3
warmup = 0
time_unit_s = 60
[policy]
policy = "voice"
order = "deadline"
[[band]]
name = "security"
security = true
[[band]]
name = "live"
[[class]]
name = "incident"
band = "security"
rate = 0.5
service = { dist = "erlang", mean = 3, k = 2 }
target = "15s"
skills = ["security"]
relax = ["10s: anyone"]
[[class]]
name = "chat"
band = "live"
rate = 2
service = { dist = "gamma", mean = 4.5, cv = 2 }
patience = { dist = "lognormal", mean = 9, cv = 1 }
target = 0.5
head_start = 1.5
[[group]]
name = "desk"
agents = 2
skills = { security = 7 }
capacity = 3
speed = [1.0, 0.8]
rate = 0.5
tier = { chat = 1 }
)");
  EXPECT_EQ(model.arrivals, 5u);
  EXPECT_EQ(model.policy, "voice");
  EXPECT_EQ(model.pool.give_to, GiveTo::longest_idle);
  EXPECT_EQ(model.pool.bands[0].order, Order::oldest);
  EXPECT_EQ(model.pool.bands[1].order, Order::deadline);
  EXPECT_EQ(model.pool.closed_keep, 1u);
  const ClassConfiguration& incident = model.pool.classes[0];
  EXPECT_EQ(incident.target_ms, 15'000);
  EXPECT_EQ(incident.delivery, Delivery::give);
  EXPECT_EQ(incident.wrap_up_ms, 0);
  ASSERT_EQ(incident.need.size(), 2u);
  EXPECT_EQ(incident.need[1].after_ms, 10'000);
  EXPECT_EQ(model.pool.classes[1].target_ms, 30'000);
  ASSERT_EQ(model.pool.classes[1].tiers.size(), 1u);
  EXPECT_EQ(model.pool.classes[1].tiers[0].tier, 1);
  ASSERT_EQ(model.pool.head_starts.size(), 1u);
  EXPECT_EQ(model.pool.head_starts[0].head_start_ms, 90'000);
  EXPECT_EQ(model.classes[0].target_us, 15'000'000);
  EXPECT_DOUBLE_EQ(model.classes[0].service.cv(), std::sqrt(0.5));
  EXPECT_FALSE(model.classes[0].patience);
  EXPECT_EQ(model.classes[1].service.mean(), 4.5);
  EXPECT_EQ(model.groups[0].pace, (Pace{0.5, 0.4}));
  EXPECT_EQ(model.groups[0].definition.holds[0].count, 3);
  EXPECT_EQ(model.groups[0].definition.skills[0].level, 7);
}

// Every example is a file that can be read, and runs.
TEST(ModelFileTest, ADirectoryIsNoFile) {
  const auto read = read_model(::testing::TempDir());
  const auto* errors = std::get_if<ConfigurationErrors>(&read);
  ASSERT_NE(errors, nullptr);
  EXPECT_EQ(errors->lines[0], ::testing::TempDir() + ": must be a file, found a directory");
}

// Of whom there are none there is no mean.
TEST(ModelFileTest, SaysWhoseNeedNoGroupMeets) {
  Model model = model_of("[run]\narrivals = 200\n" +
                         class_of("a", 1.0,
                                  "patience = {dist = \"constant\", mean = 5}\n"
                                  "need = [\"0s: level>=3\"]") +
                         class_of("b", 1.0) + group_of("g", 4));
  const ModelResult result = run_model(model);
  EXPECT_EQ(result.for_nobody, (std::vector<std::size_t>{0}));
  const std::string json = report_json(model, result, 1.0);
  EXPECT_NE(json.find("\"mean_wait\":5.000000000,\"mean_wait_answered\":null"), std::string::npos)
      << json;
  const std::string text = report_text(model, result, 1.0);
  EXPECT_NE(text.find(" 5.000000          -"), std::string::npos) << text;
}

// One arrival of two classes, at which the run ends: no time passes.
TEST(ModelFileTest, NamesTheAgentsThereAreEvenIfNoTimePasses) {
  Model model = model_of("[run]\narrivals = 1\nwarmup = 0\n" + class_of("a", 1.0) +
                         class_of("b", 1e-6) + group_of("g", 4));
  const ModelResult result = run_model(model);
  const std::string json = report_json(model, result, 1.0);
  EXPECT_NE(json.find("\"name\":\"g\",\"agents\":4,"), std::string::npos) << json;
  EXPECT_NE(json.find("\"name\":\"b\",\"arrivals\":0,\"answered\":0,\"abandoned\":0,\"refused\":0,"
                      "\"unserved\":0,\"p_wait\":null,\"mean_wait\":null"),
            std::string::npos)
      << json;
}

TEST(ModelFileTest, TheExamplesRun) {
  std::size_t examples = 0;
  const std::filesystem::path folder = std::filesystem::path(USHER_SOURCE_DIR) / "sim/models";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto read = read_model(entry.path().string());
    ASSERT_TRUE(std::holds_alternative<Model>(read))
        << std::get<ConfigurationErrors>(read).lines.front();
    Model model = std::get<Model>(read);
    model.arrivals = 2000;
    const ModelResult result = run_model(model);
    EXPECT_EQ(result.statistics.all().unserved, 0u) << entry.path();
    const std::string json = report_json(model, result, 1.0);
    EXPECT_TRUE(json.starts_with("{\"policy\":") && json.ends_with("}\n")) << json;
    EXPECT_NE(report_text(model, result, 1.0).find(model.classes[0].name), std::string::npos);
    ++examples;
  }
  EXPECT_GE(examples, 4u);
}

}  // namespace
}  // namespace usher::sim
