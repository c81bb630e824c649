// What usher-load draws and counts: the trace's files, patience given a wait, plans and robots that
// are the same for the same seed, quantiles.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "bench/usher_load/figures.h"
#include "bench/usher_load/floor_plan.h"
#include "bench/usher_load/histogram.h"
#include "bench/usher_load/json.h"
#include "bench/usher_load/robots.h"
#include "bench/usher_load/trace.h"

namespace usher::load {
namespace {

constexpr const char* calls_header = "day,weekday,t,type,priority,served,wait,service\n";
constexpr const char* shifts_header = "day,on,off,server,skills\n";
constexpr const char* patience_header = "type,t,S\n";

class TraceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory = std::filesystem::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory);
    write("calls", std::string(calls_header) +
                       "0,4,10,PS,2,0,7,0\n0,4,5,PS,1,1,3,20\n"
                       "1,5,8,NW,-1,1,0,0\n");
    write("shifts", std::string(shifts_header) + "0,0,100,ANN,PS+NW\n1,0,100,ANN,PS\n");
    write("patience", std::string(patience_header) + "PS,1,0.9\nPS,4,0.5\nPS,9,0.1\nNW,1,0.5\n");
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  std::string write(const char* name, const std::string& text) {
    const std::string path = (directory / name).string();
    std::ofstream(path) << text;
    return path;
  }
  TraceFiles files(std::int64_t days = 0) {
    return {.calls = (directory / "calls").string(),
            .shifts = (directory / "shifts").string(),
            .patience = (directory / "patience").string(),
            .days = days};
  }
  std::string problem() {
    try {
      (void)read_trace(files());
    } catch (const TraceError& error) {
      return std::string(error.what()).substr(directory.string().size() + 1);
    }
    return "";
  }

  std::filesystem::path directory;
};

TEST_F(TraceTest, is_read_in_order_of_time) {
  const Trace trace = read_trace(files());
  ASSERT_EQ(trace.calls.size(), 3u);
  EXPECT_EQ(trace.calls[0].at_ms, 5'000);
  EXPECT_TRUE(trace.calls[0].served);
  EXPECT_EQ(trace.calls[0].service_ms, 20'000);
  EXPECT_TRUE(trace.calls[1].vip);
  EXPECT_EQ(trace.calls[2].at_ms, day_ms + 8'000);
  ASSERT_EQ(trace.shifts.size(), 2u);
  EXPECT_EQ(trace.shifts[0].skills, (std::vector<std::string>{"PS", "NW"}));
  EXPECT_NEAR(abandoned_share(trace), 1.0 / 3.0, 1e-9);
}

TEST_F(TraceTest, ends_after_the_days_wanted) {
  const Trace trace = read_trace(files(1));
  EXPECT_EQ(trace.calls.size(), 2u);
  EXPECT_EQ(trace.shifts.size(), 1u);
}

TEST_F(TraceTest, names_the_line_that_cannot_be_read) {
  const std::pair<const char*, const char*> rows[] = {
      {"0,4,x,PS,1,1,0,0\n", "calls:2: expected a number from 0 to 172800 as field 3, found \"x\""},
      {"0,4,1,PS,1,2,0,0\n", "calls:2: expected a number from 0 to 1 as field 6, found \"2\""},
      {"0,4,1,,1,1,0,0\n", "calls:2: expected a name as field 4, found \"\""},
      {"0,4,1\n", "calls:2: expected 8 fields, found \"3\""},
  };
  for (const auto& [row, expected] : rows) {
    write("calls", std::string(calls_header) + row);
    EXPECT_EQ(problem(), expected);
  }
  write("calls", "day,t\n");
  EXPECT_EQ(problem(), std::string("calls:1: expected the header \"") +
                           "day,weekday,t,type,priority,served,wait,service\", found \"day,t\"");
}

TEST_F(TraceTest, refuses_a_shift_that_ends_before_it_begins) {
  write("shifts", std::string(shifts_header) + "0,100,90,ANN,PS\n");
  EXPECT_EQ(problem(), "shifts:2: expected a shift that ends after it begins, found \"90\"");
}

TEST_F(TraceTest, refuses_files_that_are_cut_short) {
  write("patience", std::string(patience_header) + "PS,1,0.9\n");
  EXPECT_EQ(problem(), "patience: expected a survival curve of type \"NW\", of which " +
                           (directory / "calls").string() + " has 1 call, found none");
  write("shifts", shifts_header);
  EXPECT_EQ(problem(), "shifts: expected shifts, found none");
}

TEST_F(TraceTest, refuses_a_curve_that_rises) {
  write("patience", std::string(patience_header) + "PS,1,0.5\nPS,2,0.6\n");
  EXPECT_EQ(problem(), "patience:3: expected later times with falling shares, found \"0.6\"");
}

TEST_F(TraceTest, who_left_has_the_patience_seen_and_who_was_served_more_than_the_wait) {
  std::vector<PlannedCall> plan = plan_calls(read_trace(files()), 7);
  EXPECT_EQ(plan[0].service_ms, 20'000);
  EXPECT_GT(plan[0].patience_ms, 3'000);
  EXPECT_EQ(plan[1].patience_ms, 7'000);
  EXPECT_EQ(plan[1].service_ms, 20'000);  // the only served call of the type
  TraceFiles without = files();
  without.patience.clear();
  plan = plan_calls(read_trace(without), 7);
  EXPECT_EQ(plan[2].patience_ms, day_ms);
}

TEST_F(TraceTest, a_plan_follows_from_the_seed) {
  const Trace trace = read_trace(files());
  const auto patience = [&](std::uint64_t seed) {
    std::vector<std::int64_t> all;
    for (const PlannedCall& call : plan_calls(trace, seed)) all.push_back(call.patience_ms);
    return all;
  };
  EXPECT_EQ(patience(1), patience(1));
  bool differs = false;
  for (std::uint64_t seed = 2; seed < 20; ++seed) differs |= patience(seed) != patience(1);
  EXPECT_TRUE(differs);
}

PatienceCurve curve() { return PatienceCurve({{1'000, 0.8}, {4'000, 0.4}, {9'000, 0.1}}); }

TEST(PatienceCurve, falls_at_its_points) {
  EXPECT_DOUBLE_EQ(curve().survival(0), 1.0);
  EXPECT_DOUBLE_EQ(curve().survival(999), 1.0);
  EXPECT_DOUBLE_EQ(curve().survival(1'000), 0.8);
  EXPECT_DOUBLE_EQ(curve().survival(20'000), 0.1);
}

TEST(PatienceCurve, is_more_than_the_wait_seen) {
  Random chance(3);
  for (int draw = 0; draw < 1000; ++draw) {
    for (const std::int64_t waited : {0, 999, 1'000, 5'000, 9'000, 50'000}) {
      EXPECT_GT(curve().given_waited(waited, chance.unit()), waited);
    }
  }
}

// Drawn given a wait, the shares are those of the curve divided by its value there.
TEST(PatienceCurve, drawn_given_a_wait_has_the_shares_of_the_curve) {
  Random chance(5);
  constexpr int draws = 40'000;
  int at_four = 0;
  int at_nine = 0;
  for (int draw = 0; draw < draws; ++draw) {
    const std::int64_t patience = curve().given_waited(1'000, chance.unit());
    at_four += patience == 4'000;
    at_nine += patience == 9'000;
  }
  EXPECT_NEAR(at_four / double{draws}, 0.5, 0.01);    // (0.8 - 0.4) / 0.8
  EXPECT_NEAR(at_nine / double{draws}, 0.375, 0.01);  // (0.4 - 0.1) / 0.8
}

TEST(PatienceCurve, ends_a_second_after_the_last_that_is_known) {
  EXPECT_EQ(curve().given_waited(0, 0.05), 10'000);
  EXPECT_EQ(curve().given_waited(12'000, 0.5), 13'000);
}

TEST(Histogram, is_exact_below_256) {
  Histogram histogram;
  for (int value = 1; value <= 200; ++value) histogram.add(value);
  EXPECT_EQ(histogram.quantile(0.5), 100);
  EXPECT_EQ(histogram.quantile(0.99), 198);
  EXPECT_EQ(histogram.quantile(1.0), 200);
  EXPECT_DOUBLE_EQ(histogram.mean(), 100.5);
}

TEST(Histogram, is_never_below_and_at_most_one_in_128_above) {
  Random chance(9);
  for (int draw = 0; draw < 2000; ++draw) {
    const auto value = static_cast<std::int64_t>(chance.log_normal(10.0, 4.0));
    Histogram histogram;
    histogram.add(value);
    histogram.add(std::int64_t{1} << 50);
    EXPECT_GE(histogram.quantile(0.5), value);
    EXPECT_LE(static_cast<double>(histogram.quantile(0.5)),
              static_cast<double>(value) * (1.0 + 1.0 / 128.0));
  }
}

TEST(Random, is_the_same_everywhere) {
  Random chance(1);
  EXPECT_EQ(chance.next(), 0x910A2DEC89025CC1u);  // splitmix64's first number after 1
  EXPECT_EQ(Random(1).fork(3).next(), Random(1).fork(3).next());
  EXPECT_NE(Random(1).fork(3).next(), Random(1).fork(4).next());
}

std::uint16_t any_number(NameKind, std::string_view name) {
  return static_cast<std::uint16_t>(1 + std::hash<std::string_view>{}(name) % 1000);
}

TEST(FloorPlan, is_the_same_for_the_same_seed) {
  const auto customers = [](std::uint64_t seed) {
    FloorPlan plan({.seed = seed, .agents = 50, .id_prefix = "test-"}, any_number);
    std::vector<std::int64_t> all;
    for (int index = 0; index < 200; ++index) {
      const Arrival arrival = plan.next();
      all.push_back(arrival.at_ms);
      all.push_back(arrival.patience_ms);
      all.push_back(arrival.service_ms);
      all.push_back(arrival.open.category);
    }
    return all;
  };
  EXPECT_EQ(customers(1), customers(1));
  EXPECT_NE(customers(1), customers(2));
}

TEST(FloorPlan, has_three_times_the_customers_while_a_coin_is_listed) {
  FloorPlan plan({.agents = 400, .compress = 1.0, .id_prefix = "test-"}, any_number);
  int before = 0;
  int during = 0;
  for (Arrival arrival = plan.next(); arrival.at_ms < 240'000; arrival = plan.next()) {
    ++(arrival.at_ms < 120'000 ? before : during);
  }
  EXPECT_NEAR(static_cast<double>(during) / before, Listing::times, 0.6);
}

TEST(FloorPlan, speaks_every_language_in_every_group) {
  const auto roster = floor_roster(200, any_number);
  ASSERT_EQ(roster.size(), 200u);
  for (const char* group : {"security_desk", "specialists", "frontline"}) {
    for (const char* language : {"en", "de", "es", "fr", "pt", "tr", "ru", "zh", "ja", "ko"}) {
      const bool spoken = std::ranges::any_of(roster, [&](const client::DefineAgent& agent) {
        return agent.group == any_number(NameKind::group, group) &&
               std::ranges::any_of(agent.skills, [&](const client::SkillLevel& skill) {
                 return skill.skill == any_number(NameKind::skill, language);
               });
      });
      EXPECT_TRUE(spoken) << group << " " << language;
    }
  }
}

TEST(Profile, is_highest_at_ten_and_quiet_at_night) {
  EXPECT_DOUBLE_EQ(profile_at(10.0), 1.0);
  EXPECT_LT(profile_at(3.0), 0.05);
  EXPECT_NEAR(profile_at(10.5), (67.0 + 58.0) / 2.0 / 67.0, 1e-9);
  EXPECT_DOUBLE_EQ(profile_at(34.0), profile_at(10.0));
}

// A conversation's life as a desk hears it, and what the robots say to it.
class RobotsTest : public ::testing::Test {
 protected:
  RobotsTest() : robots({}, Random(1), [this](Command command) { sent.push_back(command); }) {
    robots.schedule_come(0, *Id::parse("ann"));
    robots.run(0);
  }

  Event heard(EventKind kind, ConversationState state, std::uint64_t epoch = 0) {
    return {.kind = kind,
            .state = state,
            .conversation = *Id::parse("one"),
            .agent = *Id::parse("ann"),
            .epoch = epoch};
  }
  void arrive(std::int64_t patience_ms, std::int64_t service_ms) {
    Arrival arrival{.patience_ms = patience_ms, .service_ms = service_ms};
    arrival.open.conversation = *Id::parse("one");
    robots.arrive(arrival);
    robots.see(0, heard(EventKind::opened, ConversationState::waiting));
    sent.clear();
  }
  template <class Wanted>
  bool sent_only() {
    return sent.size() == 1 && std::holds_alternative<Wanted>(sent.front());
  }

  std::vector<Command> sent;
  Robots robots;
};

TEST_F(RobotsTest, who_comes_signs_in) { EXPECT_TRUE(sent_only<client::SignIn>()); }

TEST_F(RobotsTest, a_caller_hangs_up_when_patience_ends) {
  arrive(5'000, 1'000);
  robots.run(4'999);
  EXPECT_TRUE(sent.empty());
  robots.run(5'000);
  EXPECT_TRUE(sent_only<client::Abandon>());
}

TEST_F(RobotsTest, a_caller_who_is_served_stays) {
  arrive(5'000, 60'000);
  robots.see(1'000, heard(EventKind::assigned, ConversationState::assigned, 3));
  robots.run(1'000);
  EXPECT_TRUE(sent_only<client::Replied>());
  sent.clear();
  robots.run(60'999);
  EXPECT_TRUE(sent.empty());
  robots.run(61'000);
  EXPECT_TRUE(sent_only<client::Close>());
}

TEST_F(RobotsTest, an_offer_is_accepted_with_its_epoch) {
  arrive(5'000, 1'000);
  robots.see(10, heard(EventKind::offered, ConversationState::offered, 42));
  robots.run(10);
  ASSERT_TRUE(sent_only<client::Accept>());
  EXPECT_EQ(std::get<client::Accept>(sent.front()).epoch, 42u);
}

TEST_F(RobotsTest, an_offer_that_ended_is_not_accepted) {
  arrive(5'000, 1'000);
  robots.see(10, heard(EventKind::offered, ConversationState::offered, 42));
  Event ended = heard(EventKind::offer_ended, ConversationState::waiting);
  ended.other_agent = ended.agent;
  ended.agent = Id{};
  robots.see(10, ended);
  robots.run(10);
  EXPECT_TRUE(sent.empty());
}

TEST_F(RobotsTest, who_leaves_serves_to_the_end_and_then_signs_off) {
  arrive(5'000, 1'000);
  robots.see(0, heard(EventKind::assigned, ConversationState::assigned, 3));
  robots.schedule_leave(500, *Id::parse("ann"));
  robots.run(999);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<client::SetPresence>(sent[1]));
  sent.clear();
  robots.see(1'000, heard(EventKind::wrapping, ConversationState::wrapping, 3));
  EXPECT_FALSE(sent_only<client::SignOff>());
  robots.see(31'000, heard(EventKind::closed, ConversationState::closed, 3));
  EXPECT_TRUE(sent_only<client::SignOff>());
}

TEST(Figures, count_an_answer_within_the_target_in_floor_time) {
  Figures figures(60.0);
  figures.know_classes({{.service_class = 1, .target_ms = 60'000}});
  const auto see = [&](EventKind kind, ConversationState state, std::int64_t pool_ms) {
    figures.see({.pool_ms = pool_ms,
                 .kind = kind,
                 .state = state,
                 .conversation = *Id::parse("one"),
                 .service_class = 1});
  };
  see(EventKind::opened, ConversationState::waiting, 0);
  EXPECT_EQ(figures.classes().at(1).waiting.size(), 1u);
  see(EventKind::assigned, ConversationState::assigned, 500);
  EXPECT_EQ(figures.classes().at(1).waiting.size(), 0u);
  see(EventKind::replied, ConversationState::assigned, 900);
  EXPECT_EQ(figures.classes().at(1).in_target, 1u);
  EXPECT_EQ(figures.classes().at(1).wait.max(), 54'000);
  EXPECT_EQ(figures.open(), 1u);
}

TEST(Figures, learn_that_a_class_counts_the_accept) {
  Figures figures(1.0);
  figures.know_classes({{.service_class = 1, .target_ms = 60'000}});
  Event event{.conversation = *Id::parse("one"), .service_class = 1};
  const auto see = [&](EventKind kind, ConversationState state, std::int64_t pool_ms) {
    event.kind = kind;
    event.state = state;
    event.pool_ms = pool_ms;
    figures.see(event);
  };
  see(EventKind::opened, ConversationState::waiting, 0);
  see(EventKind::assigned, ConversationState::assigned, 4'000);
  event.outcome = client::CloseOutcome::solved;
  see(EventKind::closed, ConversationState::closed, 90'000);
  EXPECT_EQ(figures.classes().at(1).answered, 1u);
  EXPECT_EQ(figures.classes().at(1).wait.max(), 4'000);
}

TEST(Json, escapes_and_reads_back) {
  JsonObject object;
  object.add("first", std::vector<std::string>{"a \"quoted\" one", "two"});
  object.add("count", std::uint64_t{7});
  EXPECT_EQ(json_number(object.text(), "count"), 7u);
  EXPECT_EQ(json_strings(object.text(), "first"),
            (std::vector<std::string>{"a \"quoted\" one", "two"}));
}

}  // namespace
}  // namespace usher::load
