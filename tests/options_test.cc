// What all command lines have in common: which numbers they take, lists, unknown words, and output
// that cannot be written.

#include "cli/options.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/nearest.h"

namespace usher::cli {
namespace {

TEST(InRange, TakesTheWholeTextAndNothingElse) {
  for (const char* text : {"0.5", "1", "100", "1e1"}) {
    EXPECT_EQ("", problem_of(text, 0.5, 100.0)) << text;
  }
  for (const char* text :
       {"nan", "-nan", "inf", "1e400", "0.4", "100.1", "1x", "", " 1", "0x1p3"}) {
    EXPECT_EQ(fmt::format("must be a number from 0.5 to 100, found \"{}\"", text),
              problem_of(text, 0.5, 100.0));
  }
  for (const char* text : {"-1", "0", "11", "99999999999999999999999", "1.5", "0x2", "010", ""}) {
    EXPECT_EQ(fmt::format("must be a whole number from 1 to 10, found \"{}\"", text),
              problem_of<std::uint64_t>(text, 1, 10));
  }
  EXPECT_EQ("must be a whole number, 1 or more, found \"0\"",
            problem_of<std::uint64_t>("0", 1, UINT64_MAX));
}

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() {
    app.require_subcommand(1);
    CLI::App* model = app.add_subcommand("model");
    model->add_option("--seed", seed)->check(in_range<std::uint64_t>(0, 20));
    add_numbers(*model, "--speed", speeds, 0.1, 10.0, "");
    app.add_subcommand("trace")->add_option("--calls", calls)->required();
  }
  // The exit code and what is said on stderr.
  std::string said(std::vector<const char*> words) {
    words.insert(words.begin(), "/usr/bin/usher-sim");
    ::testing::internal::CaptureStderr();
    const auto code = parse(app, static_cast<int>(words.size()), words.data());
    std::string text = ::testing::internal::GetCapturedStderr();
    text.resize(text.find('\n') == std::string::npos ? 0 : text.find('\n'));
    return code ? fmt::format("{}: {}", *code, text) : "good";
  }

  CLI::App app;
  std::uint64_t seed = 1;
  std::vector<double> speeds = {1.0};
  std::string calls;
};

TEST_F(CommandLine, NumbersAreRead) {
  EXPECT_EQ("good", said({"model", "--seed", "10", "--speed", "1,0.5"}));
  EXPECT_EQ(10u, seed);
  EXPECT_EQ((std::vector<double>{1.0, 0.5}), speeds);
}

TEST_F(CommandLine, AWrongNumberEndsWithTwo) {
  EXPECT_EQ("2: --seed: must be a whole number from 0 to 20, found \"-1\"",
            said({"model", "--seed", "-1"}));
}

TEST_F(CommandLine, AListHasNoHoles) {
  EXPECT_EQ("2: --speed: must be a number from 0.1 to 10, found \"\"",
            said({"model", "--speed", "1,,2"}));
  EXPECT_EQ("2: --speed: must be a number from 0.1 to 10, found \"\"",
            said({"model", "--speed", "1,"}));
}

TEST_F(CommandLine, AnUnknownWordIsNamedWithTheNearest) {
  EXPECT_EQ("2: usher-sim has no command \"modle\"; did you mean model?", said({"modle"}));
  EXPECT_EQ("2: usher-sim has no command \"help\"; it has model, trace", said({"help"}));
  EXPECT_EQ("2: usher-sim trace has no option --cals; did you mean --calls?",
            said({"trace", "--cals=x"}));
  EXPECT_EQ("2: --calls is required", said({"trace"}));
  EXPECT_EQ("2: A subcommand is required", said({}));
}

TEST(Nearest, IsNotFarFetched) {
  const std::vector<std::string> tiers = {"vip", "low", "regular"};
  EXPECT_EQ("vip", nearest("vpi", tiers));
  EXPECT_EQ("regular", nearest("reglar", tiers));
  EXPECT_EQ("", nearest("gold", tiers));
  EXPECT_EQ("", nearest("x", tiers));
  EXPECT_EQ("", nearest("", tiers));
  EXPECT_EQ(1u, distance("modle", "model"));
  EXPECT_EQ(3u, distance("abc", ""));
}

// In a process of its own, whose standard output is a full disk.
int written_to_full(const char* text, int code) {
  if (std::freopen("/dev/full", "w", stdout) == nullptr) return -1;
  return run_program("usher-sim", [&] {
    fmt::print("{}", text);
    return code;
  });
}

TEST(RunProgram, DoesNotCallItDoneWhenTheOutputIsLost) {
  const std::string longer(1 << 20, 'x');
  for (const char* text : {"short", longer.c_str()}) {
    EXPECT_EXIT(std::_Exit(written_to_full(text, 0)), ::testing::ExitedWithCode(could_not_write),
                "usher-sim: standard output must take what is printed, found: No space left");
  }
  EXPECT_EXIT(std::_Exit(written_to_full("short", 1)), ::testing::ExitedWithCode(1), "No space");
  EXPECT_EQ(3, run_program("usher-sim", [] { return 3; }));
}

}  // namespace
}  // namespace usher::cli
