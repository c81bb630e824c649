// What is counted for groups of agents and for front-ends, and how loads differ. That the counting
// goes on right through everything else is shown by the twin's worlds.

#include <gtest/gtest.h>

#include <array>

#include "routing/saved_state.h"
#include "routing/tallies.h"
#include "tests/pool_fixture.h"

namespace usher {
namespace {

using namespace test_name;

// ann and bea are of the front line, sam is an expert: room for three chats each.
class Figures : public testing::Test {
 protected:
  Figures() {
    join("ann", frontline);
    join("bea", frontline);
    join("sam", experts);
  }
  void join(std::string_view agent, GroupNumber group) {
    EXPECT_EQ(Refusal::none, pool.define(agent, {}, {}, group));
    EXPECT_EQ(Refusal::none, pool.sign_in(agent));
  }
  void pick(std::string_view conversation, std::string_view agent) {
    const command::Pick command{ConversationId::of_text(conversation), AgentId::of_text(agent), 0};
    ASSERT_EQ(Refusal::none, pool.say(command).refusal);
  }
  Refusal rate(std::string_view conversation, std::uint8_t score) {
    return pool.say(command::Rate{ConversationId::of_text(conversation), score}).refusal;
  }
  Refusal reopen(std::string_view conversation) {
    return pool.say(command::Reopen{ConversationId::of_text(conversation)}).refusal;
  }
  [[nodiscard]] AgentGroupView of(GroupNumber group) const {
    return pool.router().view().groups.at(group.value - 1u);
  }

  Pool pool;
};

TEST_F(Figures, AReplyIsOfTheGroupOfWhoReplies) {
  pool.open("c1");
  pick("c1", "ann");
  pool.pass(40'000);
  pool.replied("c1", "ann");
  pool.replied("c1", "ann");
  pool.open("c2");
  pick("c2", "ann");
  pool.pass(90'000);
  pool.replied("c2", "ann");
  EXPECT_EQ(2u, of(frontline).tally.replied);
  EXPECT_EQ(1u, of(frontline).tally.in_target);
  EXPECT_EQ(130'000u, of(frontline).tally.reply_ms);
  EXPECT_EQ(130'000u, pool.router().view().classes.at(0).reply_ms);
  EXPECT_EQ(Tally{}, of(experts).tally);
}

TEST_F(Figures, AMissIsOfTheGroupOfWhoMissesIt) {
  pool.open("c1");
  const std::string first = pool.with("c1");
  pool.pass(20'000);
  EXPECT_EQ("ann", first);
  EXPECT_EQ(1u, of(frontline).tally.misses);
  EXPECT_EQ(0u, of(experts).tally.misses);
}

TEST_F(Figures, AnEndAndWhatFollowsIsOfTheGroupOfWhoHadItThen) {
  pool.open("c1");
  pick("c1", "ann");
  pool.transfer("c1", "sam");
  pool.accept("c1", "sam");
  pool.close("c1", "sam");
  rate("c1", 5);  // in wrap-up
  pool.pass(30'000);
  pool.define("sam", {}, {}, frontline);
  rate("c1", 2);
  EXPECT_EQ(1u, of(experts).tally.closed);
  EXPECT_EQ(1u, of(experts).tally.outcomes[static_cast<std::size_t>(CloseOutcome::solved)]);
  EXPECT_EQ(2u, of(experts).tally.rated);
  EXPECT_EQ(7u, of(experts).tally.score);
  EXPECT_EQ(Refusal::none, reopen("c1"));
  EXPECT_EQ(1u, of(experts).tally.reopened);
  EXPECT_EQ(Tally{}, of(frontline).tally);

  pick("c1", "bea");
  pool.abandon("c1");
  EXPECT_EQ(Refusal::none, reopen("c1"));  // from the wrap-up
  EXPECT_EQ(1u, of(frontline).tally.reopened);
  EXPECT_EQ(0u, of(frontline).tally.abandoned) << "its wrap-up was not over";
  pick("c1", "bea");
  pool.abandon("c1");
  pool.pass(30'000);
  EXPECT_EQ(1u, of(frontline).tally.abandoned);
}

TEST_F(Figures, WhatEndsWithNobodyIsOfNoGroup) {
  for (const char* agent : {"ann", "bea", "sam"}) pool.presence(agent, Presence::away);
  pool.open("c1");
  pool.close("c1");
  rate("c1", 5);
  reopen("c1");
  pool.abandon("c1");
  for (GroupNumber group : {frontline, experts}) EXPECT_EQ(Tally{}, of(group).tally);
}

TEST_F(Figures, ATestIsInNone) {
  auto open = pool.opening("c1", account);
  open.test = true;
  pool.say(open);
  pick("c1", "ann");
  pool.replied("c1", "ann");
  pool.close("c1", "ann");
  pool.pass(30'000);
  rate("c1", 5);
  reopen("c1");
  EXPECT_EQ(Tally{}, of(frontline).tally);
}

TEST_F(Figures, LoadIsThatOfThePeopleOnDuty) {
  EXPECT_EQ(2u, of(frontline).people);
  EXPECT_EQ(2u, of(frontline).on_duty);
  EXPECT_EQ(0, of(frontline).load_permille);
  EXPECT_EQ(-1, of(frontline).spread_permille);
  pool.presence("bea", Presence::away);
  pool.presence("sam", Presence::away);
  pool.open("c1");
  pool.open("c2");
  EXPECT_EQ(333, of(frontline).load_permille) << "two of three, and none of three";
  EXPECT_EQ(1000, of(frontline).spread_permille);
  pool.presence("bea", Presence::draining);
  EXPECT_EQ(1u, of(frontline).on_duty);
  EXPECT_EQ(666, of(frontline).load_permille);
  EXPECT_EQ(0, of(frontline).spread_permille);
  pool.presence("ann", Presence::offline);
  EXPECT_EQ(-1, of(frontline).load_permille);
  EXPECT_EQ(2u, of(frontline).people);
}

TEST(Spread, IsTheStandardDeviationDividedByTheMean) {
  EXPECT_EQ(-1, spread_permille({}));
  EXPECT_EQ(-1, spread_permille(std::array<std::uint32_t, 2>{0, 0}));
  EXPECT_EQ(0, spread_permille(std::array<std::uint32_t, 3>{3333, 3333, 3333}));
  EXPECT_EQ(1000, spread_permille(std::array<std::uint32_t, 2>{0, 5000}));
  EXPECT_EQ(400, spread_permille(std::array<std::uint32_t, 8>{2, 4, 4, 4, 5, 5, 7, 9}));
  const std::vector<std::uint32_t> full(limits::agents_max, 10'000);
  EXPECT_EQ(0, spread_permille(full));
}

// --- what front-ends claim ---

class Claims : public testing::Test {
 protected:
  [[nodiscard]] OriginTally of_desk() const {
    const PoolView view = pool.router().view();
    return view.origins.empty() ? OriginTally{} : view.origins.at(0).tally;
  }
  void reclassify(std::string_view conversation, CategoryNumber category) {
    command::Update update;
    update.conversation = ConversationId::of_text(conversation);
    update.fields = command::Update::category_field;
    update.category = category;
    EXPECT_EQ(Refusal::none, pool.say(update).refusal);
  }

  Pool pool;
};

TEST_F(Claims, AnIncidentThatIsReclassifiedDownCountsAgainstItsFrontEnd) {
  pool.open("c1", theft);
  pool.open("c2", theft);
  pool.open("c3", account);
  EXPECT_EQ((OriginTally{2, 0}), of_desk());
  reclassify("c1", account);
  EXPECT_EQ((OriginTally{2, 1}), of_desk());
}

TEST_F(Claims, OneThatIsReclassifiedUpAndDownIsNoClaimOfTheFrontEnd) {
  pool.open("c1", account);
  reclassify("c1", theft);
  reclassify("c1", account);
  EXPECT_EQ((OriginTally{0, 0}), of_desk());
  pool.open("c2", theft);
  for (int i = 0; i < 2; ++i) {
    reclassify("c2", account);
    reclassify("c2", theft);
  }
  EXPECT_EQ((OriginTally{1, 1}), of_desk()) << "each claim counts once";
}

TEST_F(Claims, AClaimIsRememberedBeyondTheEnd) {
  pool.open("c1", theft);
  pool.close("c1");
  EXPECT_EQ(Refusal::none, pool.say(command::Reopen{ConversationId::of_text("c1")}).refusal);
  reclassify("c1", account);
  EXPECT_EQ((OriginTally{1, 1}), of_desk());
}

TEST_F(Claims, AnotherMoveIsNoDemotion) {
  pool.open("c1", theft);
  EXPECT_EQ(Refusal::none, pool.transfer("c1", accounts));
  EXPECT_EQ((OriginTally{1, 0}), of_desk());
}

}  // namespace
}  // namespace usher
