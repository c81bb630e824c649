// The life of a conversation, row by row of the state table, and who gets it.

#include "tests/pool_fixture.h"

namespace usher {
namespace {

using namespace test_name;

TEST(Router, a_chat_is_offered_accepted_replied_and_wrapped_up) {
  Pool pool;
  pool.on_duty("ana");
  EXPECT_EQ(ConversationState::offered, pool.state((pool.open("c1"), "c1")));
  EXPECT_EQ("opened c1; offered c1 ana", pool.told());
  EXPECT_EQ(Refusal::none, pool.accept("c1", "ana"));
  EXPECT_EQ(Refusal::none, pool.replied("c1", "ana"));
  EXPECT_EQ(Refusal::none, pool.close("c1", "ana"));
  EXPECT_EQ("assigned c1 ana; replied c1 ana; wrapping c1 ana", pool.told());
  pool.pass(29'999);
  EXPECT_EQ(ConversationState::wrapping, pool.state("c1"));
  pool.pass(1);
  EXPECT_EQ("closed c1 from ana", pool.told());
}

TEST(Router, an_incident_goes_before_an_older_chat_and_is_given) {
  Pool pool;
  pool.define("ana", {{security, 9}}, {{chat, 1}});
  pool.open("old");
  pool.pass(60'000);
  pool.open("theft", theft);
  pool.told();
  pool.sign_in("ana");
  EXPECT_EQ("agent_signed_in ana; assigned theft ana", pool.told());
}

TEST(Router, the_oldest_waits_at_the_head_whatever_queue_it_is_in) {
  Pool pool;
  pool.define("ana", {{en, 5}, {de, 5}}, {{chat, 1}});
  auto first = pool.opening("first", ask);
  first.language = de;
  auto second = pool.opening("second", ask);
  second.language = en;
  pool.say(first);
  pool.pass(1);
  pool.say(second);
  pool.sign_in("ana");
  EXPECT_EQ("ana", pool.with("first"));
}

TEST(Router, a_head_start_counts_as_if_it_had_waited_longer) {
  Pool pool;
  pool.define("ana", {}, {{chat, 1}});
  pool.open("regular", ask);
  pool.pass(89'000);
  auto vip_open = pool.opening("vip", ask);
  vip_open.tier = vip;
  pool.say(vip_open);
  pool.sign_in("ana");
  EXPECT_EQ("ana", pool.with("vip"));
}

TEST(Router, age_counts_from_before_the_open) {
  Pool pool;
  pool.define("ana", {}, {{chat, 1}});
  pool.open("here", ask);
  auto aged = pool.opening("aged", ask);
  aged.age_ms = 5'000;
  pool.say(aged);
  pool.sign_in("ana");
  EXPECT_EQ("ana", pool.with("aged"));
  EXPECT_EQ(5'000, pool.see("aged").waited_ms);
}

TEST(Router, the_least_loaded_agent_is_asked_and_then_the_longest_idle) {
  Pool pool;
  pool.on_duty("ana");
  pool.on_duty("ben");
  pool.open("c1", ask);
  pool.open("c2", ask);
  pool.open("c3", ask);
  EXPECT_EQ("ana", pool.with("c1"));
  EXPECT_EQ("ben", pool.with("c2"));
  EXPECT_EQ("ana", pool.with("c3"));
}

TEST(Router, security_people_are_asked_last_for_what_others_can_take) {
  Pool pool;
  pool.on_duty("sec", {{security, 9}});
  pool.on_duty("ana");
  pool.open("c1", ask);
  EXPECT_EQ("ana", pool.with("c1"));
}

TEST(Router, capacity_is_shares_of_the_channels) {
  Pool pool;
  pool.on_duty("ana");
  for (const char* id : {"c1", "c2", "c3", "c4"}) pool.open(id, ask);
  EXPECT_EQ("ana", pool.with("c3"));
  EXPECT_EQ(ConversationState::waiting, pool.state("c4"));
}

TEST(Router, a_call_does_not_come_beside_a_chat) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("chat", ask);
  pool.open("call", ask, voice);
  EXPECT_EQ(ConversationState::waiting, pool.state("call"));
  pool.close("chat", "ana");
  EXPECT_EQ("ana", pool.with("call"));
}

TEST(Router, background_work_never_keeps_live_work_away) {
  Pool pool;
  pool.on_duty("ana");
  for (int i = 0; i < 6; ++i) pool.open("m" + std::to_string(i), mail, email);
  EXPECT_EQ(ConversationState::waiting, pool.state("m5"));
  for (const char* id : {"c1", "c2", "c3"}) pool.open(id, ask);
  EXPECT_EQ("ana", pool.with("c3"));
  pool.close("m0", "ana");
  EXPECT_EQ(ConversationState::waiting, pool.state("m5")) << "mail came on top of live work";
}

TEST(Router, an_offer_that_lapses_goes_back_to_its_place_and_excludes_the_agent) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1");
  pool.told();
  pool.pass(20'000);
  EXPECT_EQ("offer_ended c1 from ana", pool.told());
  EXPECT_EQ(ConversationState::waiting, pool.state("c1"));
  pool.pass(59'999);
  EXPECT_EQ("", pool.told());
  pool.pass(1);
  EXPECT_EQ("offered c1 ana", pool.told());
}

TEST(Router, two_misses_make_an_agent_not_responding_until_available_again) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1");
  pool.pass(20'000);
  pool.pass(60'000);
  pool.told();
  pool.pass(20'000);
  EXPECT_EQ("offer_ended c1 from ana; agent_presence ana", pool.told());
  EXPECT_EQ(Presence::not_responding, pool.router().agent(AgentId::of_text("ana"))->presence);
  pool.pass(60'000);
  EXPECT_EQ("", pool.told());
  pool.presence("ana", Presence::available);
  EXPECT_EQ("agent_presence ana; offered c1 ana", pool.told());
}

TEST(Router, a_rejected_offer_goes_to_the_next_agent) {
  Pool pool;
  pool.on_duty("ana");
  pool.on_duty("ben");
  pool.open("c1");
  pool.told();
  EXPECT_EQ(Refusal::none, pool.reject("c1", "ana"));
  EXPECT_EQ("offer_ended c1 from ana; offered c1 ben", pool.told());
}

TEST(Router, an_abandon_during_an_offer_frees_the_room_in_the_same_record) {
  Pool pool;
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("c1");
  pool.open("c2");
  pool.told();
  pool.abandon("c1");
  EXPECT_EQ("offer_ended c1 from ana; abandoned c1; offered c2 ana", pool.told());
}

TEST(Router, silence_takes_an_incident_back_and_gives_it_to_another) {
  Pool pool;
  pool.on_duty("ana", {{security, 9}});
  pool.on_duty("ben", {{security, 9}});
  pool.open("t1", theft);
  pool.told();
  pool.pass(15'000);
  EXPECT_EQ("waiting t1 from ana; assigned t1 ben", pool.told());
}

TEST(Router, a_held_conversation_uses_no_room_and_comes_back_to_its_agent) {
  Pool pool;
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("c1", ask);
  pool.open("c2", ask);
  pool.told();
  pool.say(command::Hold{ConversationId::of_text("c1"), AgentId::of_text("ana"), 0, 0});
  EXPECT_EQ("held c1 ana; assigned c2 ana", pool.told());
  pool.close("c2", "ana");
  pool.told();
  pool.say(command::CustomerWrote{ConversationId::of_text("c1")});
  EXPECT_EQ("customer_wrote c1 ana; assigned c1 ana", pool.told());
}

TEST(Router, a_transfer_to_a_class_frees_and_places_in_one_record) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1", ask);
  pool.told();
  EXPECT_EQ(Refusal::none, pool.transfer("c1", takeover));
  EXPECT_EQ("waiting c1 from ana; unroutable c1", pool.told());
  pool.define("sec", {{security, 9}});
  pool.sign_in("sec");
  EXPECT_EQ("agent_defined sec; waiting c1; agent_signed_in sec; assigned c1 sec", pool.told());
}

TEST(Router, a_transfer_to_an_agent_stays_until_it_is_accepted) {
  Pool pool;
  pool.on_duty("ana");
  pool.on_duty("ben");
  pool.open("c1", ask);
  pool.told();
  EXPECT_EQ(Refusal::none, pool.transfer("c1", "ben"));
  EXPECT_EQ("offered c1 ben", pool.told());
  EXPECT_EQ("ana", pool.with("c1"));
  EXPECT_EQ(Refusal::none, pool.accept("c1", "ben"));
  EXPECT_EQ("assigned c1 ben from ana", pool.told());
}

TEST(Router, a_refused_transfer_changes_nothing) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1", ask);
  pool.told();
  EXPECT_EQ(Refusal::unknown_agent, pool.transfer("c1", "nobody"));
  EXPECT_EQ(Refusal::same_target, pool.transfer("c1", "ana"));
  pool.define("away");
  pool.told();
  EXPECT_EQ(Refusal::not_eligible, pool.transfer("c1", "away"));
  EXPECT_EQ("", pool.told());
  EXPECT_EQ("ana", pool.with("c1"));
}

TEST(Router, a_lost_agents_work_goes_back_once_after_the_grace) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1", ask);
  pool.told();
  pool.shell(command::AgentLost{AgentId::of_text("ana")});
  pool.pass(89'999);
  EXPECT_EQ("agent_lost ana", pool.told());
  pool.pass(1);
  EXPECT_EQ("waiting c1 from ana; agent_signed_off ana", pool.told());
}

TEST(Router, regaining_within_the_grace_changes_nothing) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1", ask);
  pool.shell(command::AgentLost{AgentId::of_text("ana")});
  pool.shell(command::AgentRegained{AgentId::of_text("ana")});
  pool.told();
  pool.pass(200'000);
  EXPECT_EQ("", pool.told());
  EXPECT_EQ("ana", pool.with("c1"));
}

TEST(Router, nothing_lapses_before_the_resume_grace) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1");
  pool.told();
  pool.pass(0);
  pool.shell(command::Resumed{3'600'000});
  pool.pass(29'000);
  EXPECT_EQ("pool_started", pool.told());
  pool.pass(1'000);
  EXPECT_EQ("offer_ended c1 from ana", pool.told());
}

TEST(Router, a_manual_pick_obeys_capacity) {
  Pool pool;
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("c1", ask);
  pool.open("c2", ask);
  const auto pick = [&](const char* id) {
    return pool.say(command::Pick{ConversationId::of_text(id), AgentId::of_text("ana"), 0}).refusal;
  };
  EXPECT_EQ(Refusal::no_capacity, pick("c2"));
  EXPECT_EQ(Refusal::unknown_conversation, pick("gone"));
  pool.close("c1", "ana");
  EXPECT_EQ("ana", pool.with("c2"));
}

TEST(Router, what_the_roster_can_never_serve_is_unroutable_at_once) {
  Pool pool;
  pool.on_duty("ana");
  EXPECT_EQ(ConversationState::unroutable, pool.open("t1", theft).state);
  EXPECT_EQ("opened t1; unroutable t1", pool.told());
}

TEST(Router, an_unroutable_head_blocks_nobody) {
  Pool pool;
  pool.define("ana", {}, {{chat, 1}});
  auto nobody = pool.opening("nobody", ask);
  nobody.required.push_back({chain, 9});
  pool.define("away", {{chain, 9}});
  pool.say(nobody);
  pool.pass(1'000);
  pool.open("c1", ask);
  pool.sign_in("ana");
  EXPECT_EQ("ana", pool.with("c1"));
  EXPECT_EQ(ConversationState::waiting, pool.state("nobody"));
}

TEST(Router, opening_again_answers_and_other_content_is_a_conflict) {
  Pool pool;
  pool.open("c1");
  pool.told();
  EXPECT_EQ(ConversationState::unroutable, pool.open("c1").state);
  EXPECT_EQ(Refusal::conflict, pool.open("c1", mail).refusal);
  EXPECT_EQ("", pool.told());
}

TEST(Router, impossible_orders_are_refused_and_change_nothing) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1", ask);
  pool.told();
  EXPECT_EQ(Refusal::unknown_conversation, pool.accept("nothing", "ana"));
  EXPECT_EQ(Refusal::unknown_agent, pool.accept("c1", "nobody"));
  EXPECT_EQ(Refusal::wrong_state, pool.accept("c1", "ana", 1)) << "nothing is offered";
  EXPECT_EQ(Refusal::none, pool.accept("c1", "ana")) << "it is ana's already";
  EXPECT_EQ(Refusal::not_allowed, (pool.define("ben"), pool.replied("c1", "ben")));
  EXPECT_EQ(Refusal::none, pool.close("c1"));
  EXPECT_EQ(Refusal::none, pool.close("c1")) << "closing again is done";
  EXPECT_EQ(Refusal::wrong_state, pool.replied("c1", "ana"));
}

TEST(Router, a_session_number_counts_once) {
  Pool pool;
  const Router& router = pool.router();
  pool.open("c1");
  const SessionId session = SessionId::of_text("session");
  EXPECT_EQ(1u, router.session(session)->last_applied);
  EXPECT_EQ(ConversationState::unroutable, router.outcome(session, 1)->state);
  EXPECT_FALSE(router.outcome(session, 2).has_value());
}

TEST(Router, a_command_sent_again_is_answered_and_not_applied) {
  Pool pool;
  pool.on_duty("ana");
  const Outcome first = pool.say_as(3, pool.opening("c1", ask));
  pool.told();
  EXPECT_EQ(first, pool.say_as(3, pool.opening("c1", ask)));
  EXPECT_EQ(first, pool.say_as(3, pool.opening("c2", ask))) << "the number counts, not the words";
  EXPECT_EQ(Refusal::gap, pool.say_as(5, pool.opening("c2", ask)).refusal);
  EXPECT_EQ("", pool.told());
  EXPECT_EQ(ConversationState::none, pool.state("c2"));
}

TEST(Router, the_fair_pick_serves_the_worse_band_after_so_many_contested_picks) {
  PoolConfiguration configuration = test_configuration();
  configuration.fair_pick = 4;
  Pool pool(configuration);
  pool.define("ana", {}, {{chat, 1}, {email, 1}});
  pool.open("m", mail, email);
  for (int i = 0; i < 8; ++i) pool.open("c" + std::to_string(i), ask);
  pool.sign_in("ana");
  int served_before = 0;
  while (pool.state("m") == ConversationState::waiting) {
    ASSERT_LT(served_before, 8);
    pool.close("c" + std::to_string(served_before++), "ana");
  }
  EXPECT_EQ(4, served_before);
}

TEST(Router, a_need_relaxes_at_its_step_and_not_before) {
  PoolConfiguration configuration = test_configuration();
  configuration.classes[4].need = {{0, {{{NeedTerm::Kind::skill, false, chain.value, 5}}}},
                                   {20'000, {{{NeedTerm::Kind::skill, false, chain.value, 2}}}}};
  Pool pool(configuration);
  pool.on_duty("ana", {{chain, 3}});
  pool.open("c1", ask);
  pool.told();
  pool.pass(19'999);
  EXPECT_EQ("", pool.told());
  pool.pass(1);
  EXPECT_EQ("assigned c1 ana", pool.told());
}

TEST(Router, a_configuration_applied_again_changes_nothing) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1", ask);
  pool.open("c2", ask);
  pool.told();
  EXPECT_EQ(Refusal::none, pool.configure(test_configuration()));
  EXPECT_EQ("", pool.told());
  PoolConfiguration other = test_configuration();
  other.fair_pick = 3;
  EXPECT_EQ(Refusal::none, pool.configure(other));
  EXPECT_EQ("pool_configured", pool.told());
  EXPECT_EQ("ana", pool.with("c1"));
}

TEST(Router, what_is_too_much_to_remember_is_forgotten_in_parts) {
  Pool pool;
  pool.define("ana");
  for (int i = 0; i < 1030; ++i) {
    pool.open("c" + std::to_string(i));
    pool.close("c" + std::to_string(i));
  }
  PoolConfiguration few = test_configuration();
  few.closed_keep = 2;
  EXPECT_EQ(Refusal::none, pool.configure(few));
  EXPECT_EQ(Refusal::none, pool.close("c0"));
  const auto end_another = [&](const char* conversation) {
    pool.open(conversation);
    pool.close(conversation);
  };
  end_another("one");
  EXPECT_EQ(Refusal::unknown_conversation, pool.close("c1023"));
  EXPECT_EQ(Refusal::none, pool.close("c1024"));
  end_another("two");
  EXPECT_EQ(Refusal::unknown_conversation, pool.close("c1029"));
  EXPECT_EQ(Refusal::none, pool.close("one"));
}

TEST(Router, two_runs_of_the_same_records_have_the_same_digest_and_chain) {
  const auto run = [] {
    Pool pool;
    pool.on_duty("ana");
    for (int i = 0; i < 50; ++i) {
      pool.open("c" + std::to_string(i));
      pool.pass(7'000);
    }
    return std::pair{pool.router().digest(), pool.router().view().chain};
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace usher
