// What agents have before them: held, offered and handed on, as it changes under their hands.

#include <gtest/gtest.h>

#include <memory>
#include <string_view>
#include <utility>

#include "tests/pool_fixture.h"

namespace usher {
namespace {

using namespace test_name;

constexpr std::int64_t minute_ms = 60'000;

void update_to(Pool& pool, std::string_view id, CategoryNumber category) {
  command::Update update;
  update.conversation = ConversationId::of_text(id);
  update.fields = command::Update::category_field;
  update.category = category;
  EXPECT_EQ(Refusal::none, pool.say(update).refusal);
}

ClassConfiguration& class_of(PoolConfiguration& configuration, ClassNumber number) {
  return configuration.classes[number.value - 1];
}

// ana, who can have one chat, has x; h, which she held, is back in her own list.
Pool with_one_in_the_own_list() {
  PoolConfiguration configuration = test_configuration();
  class_of(configuration, asks).preferred_wait_ms = 10 * minute_ms;
  Pool pool(std::move(configuration));
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("h", ask);
  pool.say(command::Hold{ConversationId::of_text("h"), AgentId::of_text("ana"), 0, 10'000});
  pool.open("x", ask);
  pool.define("sec", {{security, 9}}, {{chat, 1}});
  pool.pass(10'001);
  EXPECT_EQ("ana", pool.with("x"));
  EXPECT_EQ(ConversationState::held, pool.state("h"));
  return pool;
}

TEST(OwnList, IsLookedAtWhenRoomComesFreeWhileOthersAreMatched) {
  Pool pool = with_one_in_the_own_list();
  pool.sign_in("sec");
  pool.told();
  update_to(pool, "x", theft);
  EXPECT_EQ("updated x ana; assigned x sec from ana; assigned h ana", pool.told());
}

TEST(OwnList, GoesBeforeWhatIsNewer) {
  Pool pool = with_one_in_the_own_list();
  pool.open("w", ask);
  update_to(pool, "x", theft);
  pool.told();
  pool.sign_in("sec");
  EXPECT_EQ("agent_signed_in sec; assigned x sec from ana; assigned h ana", pool.told());
  EXPECT_EQ(ConversationState::waiting, pool.state("w"));
}

TEST(Offers, AboveCapacityEndWithTheIncident) {
  PoolConfiguration configuration = test_configuration();
  class_of(configuration, takeover).delivery = Delivery::offer;
  class_of(configuration, takeover).over_slots = 1;
  Pool pool(std::move(configuration));
  pool.on_duty("sec", {{security, 9}}, {{chat, 1}});
  pool.open("busy", ask);
  pool.open("t", theft);
  EXPECT_EQ("sec", pool.with("t"));
  EXPECT_TRUE(pool.see("t").over);
  update_to(pool, "t", ask);
  EXPECT_EQ(ConversationState::waiting, pool.state("t"));
  EXPECT_EQ(Refusal::wrong_state, pool.accept("t", "sec"));
}

TEST(Transfers, ToAnyOfThoseWhoAreAskedAreDone) {
  PoolConfiguration configuration = test_configuration();
  class_of(configuration, takeover).delivery = Delivery::offer;
  class_of(configuration, takeover).offers_at_once = 2;
  Pool pool(std::move(configuration));
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("x", ask);
  pool.on_duty("s1", {{security, 9}}, {{chat, 1}});
  pool.on_duty("s2", {{security, 9}}, {{chat, 1}});
  update_to(pool, "x", theft);
  EXPECT_EQ(2u, pool.see("x").offers.size());
  EXPECT_EQ(Refusal::none, pool.transfer("x", "s1"));
  EXPECT_EQ(Refusal::none, pool.transfer("x", "s2"));
  EXPECT_EQ(2u, pool.see("x").offers.size());
}

TEST(Kinds, ChangeWhenNothingIsLeftToDo) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1", ask);
  command::AgentDefinition robot;
  robot.agent = AgentId::of_text("ana");
  robot.kind = AgentKind::bot;
  const command::DefineAgent define{std::make_shared<const command::AgentDefinition>(robot)};
  EXPECT_EQ(Refusal::conflict, pool.say(define).refusal);
  pool.close("c1", "ana");
  EXPECT_EQ(Refusal::none, pool.say(define).refusal);
}

TEST(TestConversations, NeverStandInASecurityBand) {
  PoolConfiguration configuration = test_configuration();
  configuration.rules.push_back(ClassRule{{}, {}, {}, {}, accounts});
  Pool pool(std::move(configuration));
  pool.on_duty("sec", {{security, 9}});
  command::Open open = pool.opening("t1", theft);
  open.test = true;
  EXPECT_EQ(accounts, pool.say(open).service_class);
  open.conversation = ConversationId::of_text("t2");
  open.category = ask;
  pool.say(open);
  update_to(pool, "t2", theft);
  EXPECT_EQ(accounts, pool.see("t2").service_class);
  EXPECT_EQ(Refusal::none, pool.transfer("t2", takeover));
  EXPECT_EQ(ConversationState::unroutable, pool.state("t2"));
}

TEST(Targets, AreNotAtRiskWhileTheCalendarIsClosed) {
  PoolConfiguration configuration = test_configuration();
  configuration.names.push_back(Name{NameKind::hours, 1, "office"});
  class_of(configuration, accounts).hours = {{{}, HoursNumber{1}}};
  configuration.channels[chat.value - 1].offer_ms = 10 * minute_ms;
  Pool pool(std::move(configuration));
  pool.on_duty("ana");
  pool.open("c1", account);
  EXPECT_EQ(ConversationState::offered, pool.state("c1"));
  pool.pass(10'000);
  pool.say(command::SetHours{HoursNumber{1}, false});
  pool.pass(5 * minute_ms);
  EXPECT_EQ("", pool.warned());
  pool.say(command::SetHours{HoursNumber{1}, true});
  pool.pass(2 * minute_ms);
  EXPECT_EQ("breached c1", pool.warned());
}

}  // namespace
}  // namespace usher
