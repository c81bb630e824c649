#include "daemon/config_need.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usher {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Need : public testing::Test {
 protected:
  Need() {
    for (const std::string_view skill : {"chain", "wallet"}) {
      names.declare(NameKind::skill, {std::string(skill), 1});
    }
    names.declare(NameKind::group, {"desk", 1});
  }

  std::optional<NeedStep> parse(std::string_view text) {
    return config::parse_step({std::string(text), 5}, names, problems);
  }

  config::Problems problems{"file"};
  config::Names names{{}, problems};
};

constexpr auto skill = NeedTerm::Kind::skill;
constexpr auto language = NeedTerm::Kind::language;
constexpr auto group = NeedTerm::Kind::group;
constexpr auto level = NeedTerm::Kind::level;

TEST_F(Need, says_what_it_says) {
  struct Row {
    std::string_view text;
    NeedStep step;
  };
  const Row rows[] = {
      {"0s: chain", {0, {{{skill, false, 1, 1}}}}},
      {"20s: wallet>=10", {20'000, {{{skill, false, 2, 10}}}}},
      {"200ms:chain>=5,lang", {200, {{{skill, false, 1, 5}, {language, false, 0, 1}}}}},
      {" 1m :  chain >= 5 ,  lang>=3 ",
       {60'000, {{{skill, false, 1, 5}, {language, false, 0, 3}}}}},
      {"0s: chain, lang | wallet, lang",
       {0,
        {{{skill, false, 1, 1}, {language, false, 0, 1}},
         {{skill, false, 2, 1}, {language, false, 0, 1}}}}},
      {"0s: !chain>=3, ! lang", {0, {{{skill, true, 1, 3}, {language, true, 0, 1}}}}},
      {"0s: group:desk, !group : desk", {0, {{{group, false, 1, 1}, {group, true, 1, 1}}}}},
      {"0s: level>=9, !level>=1", {0, {{{level, false, 0, 9}, {level, true, 0, 1}}}}},
      {"720h: anyone", {limits::age_ms_max, {{}}}},
      {"0s: chain | anyone", {0, {{{skill, false, 1, 1}}, {}}}},
  };
  for (const Row& row : rows) EXPECT_EQ(parse(row.text), row.step) << row.text;
  EXPECT_THAT(problems.lines(), IsEmpty());
}

std::string of_terms(std::size_t count) {
  std::string text = "lang";
  for (std::size_t i = 1; i < count; ++i) {
    text += (i <= 10 ? ", chain>=" : ", wallet>=") + std::to_string((i - 1) % 10 + 1);
  }
  return text;
}

std::string of_alternatives(std::size_t count) {
  std::string text = "lang";
  for (std::size_t i = 1; i < count; ++i) text += " | chain>=" + std::to_string(i);
  return text;
}

TEST_F(Need, may_be_as_long_as_the_core_can_hold) {
  EXPECT_EQ(parse("0s: " + of_terms(limits::terms_max))->alternatives[0].size(), limits::terms_max);
  EXPECT_EQ(parse("0s: " + of_alternatives(limits::alternatives_max))->alternatives.size(),
            limits::alternatives_max);
}

TEST_F(Need, refuses_what_it_does_not_understand) {
  struct Row {
    std::string text;
    std::string_view error;
  };
  const Row rows[] = {
      {"", "must begin with its time, 0s to 720h, and a colon, such as \"20s: chain>=3, lang\""},
      {"chain", "must begin with its time"},
      {"20: chain", "must begin with its time"},
      {"721h: chain", "must begin with its time"},
      {"group:desk", "must begin with its time"},
      {"0s:", "has no skill where \"\" stands"},
      {"0s: chain,", "has no skill where \"\" stands"},
      {"0s: chain | ", "has no skill where \"\" stands"},
      {"0s: !", "has no skill where \"!\" stands"},
      {"0s: !!chain", "has no skill where \"!!chain\" stands"},
      {"0s: >=3", "has no skill where \">=3\" stands"},
      {"0s: chain>=0", "must say a level as >=1 to >=10, found \">=0\""},
      {"0s: chain>=11", "must say a level as >=1 to >=10, found \">=11\""},
      {"0s: chain>3", "must say a level as >=1 to >=10, found \">3\""},
      {"0s: chain>=3x", "must say a level as >=1 to >=10, found \">=3x\""},
      {"0s: chain>=-3", "must say a level as >=1 to >=10, found \">=-3\""},
      {"0s: chain wallet", "must say a level as >=1 to >=10, found \"wallet\""},
      {"0s: lang>=11", "must say a level as >=1 to >=10, found \">=11\""},
      {"0s: level", "must say a level as >=1 to >=9, found \"\""},
      {"0s: level>=10", "must say a level as >=1 to >=9, found \">=10\""},
      {"0s: group", "must say which group: group:NAME"},
      {"0s: anyone, chain", "must have \"anyone\" alone in its alternative"},
      {"0s: !anyone", "must have \"anyone\" alone in its alternative"},
      {"0s: chain, chain", "must have each term once, found \"chain\" twice"},
      {"0s: " + of_terms(limits::terms_max + 1),
       "must have 1 to 16 terms in an alternative, found 17"},
      {"0s: " + of_alternatives(limits::alternatives_max + 1),
       "must have 1 to 8 alternatives, found 9"},
  };
  for (const Row& row : rows) {
    problems = config::Problems("file");
    EXPECT_EQ(parse(row.text), std::nullopt) << row.text;
    EXPECT_THAT(
        problems.lines(),
        ElementsAre(testing::AllOf(testing::StartsWith("file:5: need step \"" + row.text + "\" "),
                                   HasSubstr(std::string(row.error)))));
  }
}

TEST_F(Need, names_the_nearest_of_what_it_does_not_know) {
  EXPECT_EQ(parse("0s: walet"), std::nullopt);
  EXPECT_EQ(parse("0s: group:dask"), std::nullopt);
  EXPECT_THAT(problems.lines(),
              ElementsAre("file:5: need names \"walet\", which is no skill; the nearest is wallet",
                          "file:5: need names \"dask\", which is no group; the nearest is desk"));
}

TEST_F(Need, leaves_its_words_to_itself) {
  for (const std::string word : {"lang", "level", "group", "anyone"}) {
    problems = config::Problems("file");
    EXPECT_EQ(names.declare(NameKind::skill, {word, 5}), 0);
    EXPECT_THAT(problems.lines(), ElementsAre(HasSubstr("must not be called " + word)));
  }
}

TEST(Duration, is_a_whole_number_and_a_unit) {
  struct Row {
    std::string_view text;
    std::optional<std::int64_t> ms;
  };
  for (const Row& row :
       {Row{"200ms", 200}, Row{"90s", 90'000}, Row{"45m", 2'700'000}, Row{"24h", 86'400'000},
        Row{"0s", 0}, Row{"9223372036854775807ms", INT64_MAX}, Row{"9223372036854775807s", {}},
        Row{"9223372036854775808ms", {}}, Row{"", {}}, Row{"0", {}}, Row{"s", {}}, Row{"-1s", {}},
        Row{"+1s", {}}, Row{" 1s", {}}, Row{"1 s", {}}, Row{"1.5s", {}}, Row{"1S", {}},
        Row{"1d", {}}, Row{"1h30m", {}}}) {
    EXPECT_EQ(config::duration_of(row.text), row.ms) << row.text;
  }
}

TEST(Duration, is_written_in_its_largest_exact_unit) {
  for (const std::string_view text : {"0s", "1ms", "1500ms", "90s", "1m", "45m", "24h", "720h"}) {
    EXPECT_EQ(config::duration_text(config::duration_of(text).value()), text);
  }
}

}  // namespace
}  // namespace usher
