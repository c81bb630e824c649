// Why somebody got a conversation, and why nobody did.

#include "routing/explain.h"

#include <algorithm>

#include "tests/pool_fixture.h"

namespace usher {
namespace {

using namespace test_name;

Explanation why(const Pool& pool, std::string_view conversation) {
  const auto found = pool.router().explain(ConversationId::of_text(conversation));
  return found.value_or(Explanation{});
}

CandidateView of(const Explanation& explanation, std::string_view agent) {
  for (const CandidateView& one : explanation.candidates) {
    if (one.agent == AgentId::of_text(agent)) return one;
  }
  ADD_FAILURE() << "no candidate " << agent;
  return {};
}

Refusal update_to(Pool& pool, std::string_view conversation, CategoryNumber category) {
  command::Update update;
  update.conversation = ConversationId::of_text(conversation);
  update.fields = command::Update::category_field;
  update.category = category;
  return pool.say(update).refusal;
}

TEST(Explain, of_what_waits_names_the_first_reason_of_everybody) {
  Pool pool;
  pool.define("absent", {{security, 9}});
  pool.on_duty("unskilled", {{chain, 9}});
  pool.on_duty("phones", {{security, 9}}, {{voice, 1}});
  pool.on_duty("full", {{security, 9}}, {{chat, 1}});
  pool.open("first", theft);
  EXPECT_EQ("full", pool.with("first"));
  pool.open("theft", theft);
  const Explanation found = why(pool, "theft");
  EXPECT_EQ(ConversationState::waiting, found.state);
  EXPECT_TRUE(found.winner.is_zero());
  EXPECT_EQ(Verdict::not_available, of(found, "absent").verdict);
  EXPECT_EQ(Verdict::need, of(found, "unskilled").verdict);
  EXPECT_EQ(Verdict::channel, of(found, "phones").verdict);
  EXPECT_EQ(Verdict::room, of(found, "full").verdict);
  EXPECT_EQ(pool.sequence(), found.record);
  EXPECT_EQ(1U, found.configured_at);
}

TEST(Explain, says_when_time_alone_will_help) {
  PoolConfiguration configuration = test_configuration();
  configuration.classes[1].need.push_back(
      {10'000, {{{NeedTerm::Kind::skill, false, security.value, 1}}}});
  Pool pool(std::move(configuration));
  pool.on_duty("novice", {{security, 2}});
  pool.on_duty("ana");
  pool.pass(1'000);
  pool.open("theft", theft);
  const CandidateView novice = of(why(pool, "theft"), "novice");
  EXPECT_EQ(Verdict::need_later, novice.verdict);
  EXPECT_EQ(11'000, novice.from_ms);
  pool.open("c1");
  EXPECT_EQ("ana", pool.with("c1"));
  pool.reject("c1", "ana");
  const CandidateView ana = of(why(pool, "c1"), "ana");
  EXPECT_EQ(Verdict::cooling_down, ana.verdict);
  EXPECT_EQ(61'000, ana.from_ms);
}

TEST(Explain, tells_a_missing_authority_from_a_missing_skill) {
  PoolConfiguration configuration = test_configuration();
  configuration.classes[1].authorities = {may_freeze};
  Pool pool(std::move(configuration));
  pool.define("skilled", {{security, 9}});
  pool.sign_in("skilled");
  pool.define("allowed", {}, {}, {}, {may_freeze});
  pool.sign_in("allowed");
  pool.open("theft", theft);
  EXPECT_EQ(Verdict::authority, of(why(pool, "theft"), "skilled").verdict);
  EXPECT_EQ(Verdict::need, of(why(pool, "theft"), "allowed").verdict);
}

TEST(Explain, of_a_decision_names_the_field_that_everybody_else_lost_on) {
  Router router;
  Events events;
  std::vector<Explanation> decisions;
  std::uint64_t sequence = 0;
  const auto apply = [&](Command command) {
    decisions.clear();
    router.apply(Record{{++sequence, 0, 0}, {}, 0, std::move(command)}, events, decisions);
  };
  apply(command::Configure{std::make_shared<const PoolConfiguration>(test_configuration())});
  const auto on_duty = [&](std::string_view name, std::vector<SkillLevel> skills) {
    auto definition = std::make_shared<command::AgentDefinition>();
    definition->agent = AgentId::of_text(name);
    for (const SkillLevel& skill : skills) definition->skills.push_back(skill);
    apply(command::DefineAgent{definition});
    apply(command::SignIn{definition->agent, Presence::available, 0});
  };
  on_duty("loaded", {});
  command::Open open;
  open.channel = chat;
  open.category = ask;
  open.conversation = ConversationId::of_text("first");
  apply(open);
  on_duty("scarce", {{security, 9}});
  on_duty("idle", {});
  on_duty("later", {});
  open.conversation = ConversationId::of_text("c1");
  apply(open);
  ASSERT_EQ(1U, decisions.size());
  const Explanation& decision = decisions[0];
  EXPECT_EQ(AgentId::of_text("idle"), decision.winner);
  EXPECT_EQ(sequence, decision.record);
  EXPECT_EQ(TupleField::none, of(decision, "idle").lost_on);
  EXPECT_EQ(TupleField::load, of(decision, "loaded").lost_on);
  EXPECT_EQ(TupleField::scarce, of(decision, "scarce").lost_on);
  EXPECT_EQ(TupleField::idle, of(decision, "later").lost_on);
}

TEST(Explain, knows_nothing_of_what_does_not_live) {
  Pool pool;
  EXPECT_FALSE(pool.router().explain(ConversationId::of_text("nobody")).has_value());
}

TEST(Incidents, stand_above_capacity_but_never_beside_a_call) {
  PoolConfiguration configuration = test_configuration();
  configuration.classes[1].over_slots = 1;
  Pool pool(std::move(configuration));
  pool.on_duty("ana", {{security, 9}}, {{chat, 1}, {voice, 1}});
  pool.open("c1", ask);
  pool.open("theft", theft);
  EXPECT_EQ("ana", pool.with("theft"));
  EXPECT_TRUE(pool.see("theft").over);
  pool.open("second", theft);
  EXPECT_EQ(ConversationState::waiting, pool.state("second"));
  pool.close("c1", "ana");
  EXPECT_EQ("ana", pool.with("second"));
  pool.close("second", "ana");
  pool.open("call", ask, voice);
  EXPECT_EQ(ConversationState::waiting, pool.state("call"));
  pool.close("theft", "ana");
  EXPECT_EQ("ana", pool.with("call"));
  pool.open("third", theft);
  EXPECT_EQ(Verdict::room, of(why(pool, "third"), "ana").verdict);
}

TEST(Incidents, stay_with_their_agent_until_somebody_can_handle_them) {
  Pool pool;
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("c1", ask);
  EXPECT_EQ(Refusal::none, pool.define("sec", {{security, 9}}));
  EXPECT_EQ(Refusal::none, update_to(pool, "c1", theft));
  EXPECT_EQ("ana", pool.with("c1"));
  EXPECT_TRUE(pool.see("c1").seeking);
  EXPECT_EQ(Verdict::has_it, of(why(pool, "c1"), "ana").verdict);
  pool.open("c2", ask);
  pool.told();
  pool.sign_in("sec");
  EXPECT_EQ("agent_signed_in sec; assigned c1 sec from ana; assigned c2 ana", pool.told());
}

TEST(Incidents, that_were_held_go_to_their_class_unless_the_agent_can_handle_them) {
  Pool pool;
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("c1", ask);
  const ConversationId c1 = ConversationId::of_text("c1");
  const AgentId ana = AgentId::of_text("ana");
  const AgentId sec = AgentId::of_text("sec");
  EXPECT_EQ(Refusal::none, pool.define("sec", {{security, 9}}));
  EXPECT_EQ(Refusal::none, update_to(pool, "c1", theft));
  pool.say(command::Hold{c1, ana, 0, 0});
  EXPECT_EQ(ConversationState::held, pool.state("c1"));
  pool.told();
  pool.say(command::Resume{c1, ana, 0});
  EXPECT_EQ("waiting c1 from ana", pool.told());
  pool.sign_in("sec");
  EXPECT_EQ("sec", pool.with("c1"));
  pool.say(command::Hold{c1, sec, 0, 0});
  pool.say(command::Resume{c1, sec, 0});
  EXPECT_EQ("sec", pool.with("c1"));
}

TEST(Customers, have_one_place_and_the_urgent_one_takes_it) {
  Pool pool;
  pool.define("ana", {{security, 9}}, {{chat, 1}});
  const auto of_kim = [&](std::string_view id, CategoryNumber category) {
    command::Open open = pool.opening(id, category);
    open.customer = CustomerId::of_text("kim");
    pool.say(open);
  };
  of_kim("c1", ask);
  of_kim("c2", ask);
  EXPECT_TRUE(pool.see("c2").joined);
  of_kim("theft", theft);
  EXPECT_FALSE(pool.see("theft").joined);
  EXPECT_TRUE(pool.see("c1").joined);
  pool.sign_in("ana");
  EXPECT_EQ("ana", pool.with("theft"));
  EXPECT_FALSE(pool.see("c1").joined);
  EXPECT_TRUE(pool.see("c2").joined);
}

TEST(Bots, come_first_and_hand_over_at_the_customers_age) {
  PoolConfiguration configuration = test_configuration();
  configuration.classes[4].bot_first_ms = 60'000;
  Pool pool(std::move(configuration));
  pool.on_duty("ana");
  command::AgentDefinition robot;
  robot.agent = AgentId::of_text("robot");
  robot.kind = AgentKind::bot;
  pool.say(command::DefineAgent{std::make_shared<const command::AgentDefinition>(robot)});
  pool.sign_in("robot");
  pool.open("c1", ask);
  EXPECT_EQ("robot", pool.with("c1"));
  pool.pass(59'999);
  EXPECT_EQ("robot", pool.with("c1"));
  pool.pass(1);
  EXPECT_EQ("ana", pool.with("c1"));
  EXPECT_EQ(60'000, pool.see("c1").waited_ms);
  EXPECT_EQ(Verdict::bot, of(why(pool, "c1"), "robot").verdict);
}

TEST(Escalation, asks_for_the_next_level_until_there_is_none) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1", ask);
  const auto escalate = [&] {
    return pool.say(command::Escalate{ConversationId::of_text("c1"), 0, {}}).refusal;
  };
  EXPECT_EQ(Refusal::none, escalate());
  EXPECT_EQ(ConversationState::unroutable, pool.state("c1"));
  EXPECT_EQ(2, pool.see("c1").level);
  EXPECT_EQ(Verdict::need, of(why(pool, "c1"), "ana").verdict);
  EXPECT_EQ(Refusal::none, escalate());
  EXPECT_EQ(Refusal::top_level, escalate());
}

TEST(Moves, take_what_waits_and_stop_at_the_count) {
  Pool pool;
  for (const char* id : {"c1", "c2", "c3"}) pool.open(id, ask);
  EXPECT_EQ(Refusal::none, pool.say(command::MoveAll{asks, accounts, 2}).refusal);
  EXPECT_EQ(accounts, pool.see("c1").service_class);
  EXPECT_EQ(accounts, pool.see("c2").service_class);
  EXPECT_EQ(asks, pool.see("c3").service_class);
  EXPECT_EQ(Refusal::same_target, pool.say(command::MoveAll{asks, asks, 0}).refusal);
}

TEST(Explain, tells_who_lacks_nothing_but_a_moment_from_who_lacks_what_it_takes) {
  Pool pool;
  pool.define("able", {{security, 9}});
  pool.define("unskilled", {{chain, 9}});
  pool.define("phones", {{security, 9}}, {{voice, 1}});
  command::Open open = pool.opening("theft", theft);
  open.excluded.push_back(AgentId::of_text("barred"));
  pool.define("barred", {{security, 9}});
  pool.say(open);
  const Explanation found = why(pool, "theft");
  for (const CandidateView& one : found.candidates) {
    EXPECT_EQ(Verdict::not_available, one.verdict) << text_of(one.agent);
  }
  EXPECT_EQ(Verdict::eligible, of(found, "able").lacks);
  EXPECT_EQ(Verdict::need, of(found, "unskilled").lacks);
  EXPECT_EQ(Verdict::channel, of(found, "phones").lacks);
  EXPECT_EQ(Verdict::excluded, of(found, "barred").lacks);
}

TEST(Explain, names_what_is_paused) {
  Pool pool;
  pool.define("ana", {}, {}, frontline);
  pool.define("bob", {}, {}, experts);
  pool.say(command::SetScope{Scope::agent, ScopeState::paused, 0, AgentId::of_text("ana")});
  pool.say(command::SetScope{Scope::group, ScopeState::draining, experts.value, {}});
  for (const char* agent : {"ana", "bob"}) pool.sign_in(agent);
  pool.open("c1", ask);
  Explanation found = why(pool, "c1");
  EXPECT_EQ(Verdict::paused, of(found, "ana").verdict);
  EXPECT_EQ(Scope::agent, of(found, "ana").paused);
  EXPECT_EQ(Scope::group, of(found, "bob").paused);
  EXPECT_EQ(experts, of(found, "bob").group);
  EXPECT_EQ(ScopeState::open, found.class_scope);
  pool.say(command::SetScope{Scope::service_class, ScopeState::paused, asks.value, {}});
  pool.say(command::SetScope{Scope::pool, ScopeState::paused, 0, {}});
  found = why(pool, "c1");
  EXPECT_EQ(ScopeState::paused, found.class_scope);
  EXPECT_EQ(ScopeState::paused, found.pool_scope);
}

TEST(Explain, of_what_is_deferred_says_until_when) {
  PoolConfiguration configuration = test_configuration();
  configuration.names.push_back(Name{NameKind::hours, 1, "office"});
  configuration.classes[2].hours = {{{}, HoursNumber{1}}};
  configuration.classes[4].overflow = {{Diversion::Kind::defer, {}}, 1};
  Pool pool(std::move(configuration));
  pool.define("ana");
  pool.shell(command::SetHours{HoursNumber{1}, false});
  pool.open("m1", mail, email);
  EXPECT_EQ(HoursNumber{1}, why(pool, "m1").hours);
  EXPECT_EQ(0, why(pool, "m1").due_ms);
  EXPECT_EQ(HoursNumber{1}, pool.see("m1").hours);
  pool.open("c1", ask);
  ASSERT_EQ(ConversationState::deferred, pool.state("c1"));
  EXPECT_EQ(HoursNumber{}, why(pool, "c1").hours);
  EXPECT_EQ(1'800'000, why(pool, "c1").due_ms);
}

}  // namespace
}  // namespace usher
