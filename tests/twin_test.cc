// What random worlds meet, what they are too small for, and the twin by itself. The router is
// played against it by `usher-sim twin`: the tests twin.worlds_from_…

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "routing/router.h"
#include "sim/comparison.h"
#include "sim/differences.h"

namespace usher::sim {
namespace {

// Those that twin.worlds_from_… play, see CMakeLists.txt.
constexpr std::uint64_t worlds = 1024;
constexpr std::size_t lines_of_a_world = 1001;

TEST(TwinTest, TheTwinItselfKeepsTheProperties) {
  for (std::uint64_t seed = 5001; seed <= 5020; ++seed) {
    const auto finding = play(script_of(seed, lines_of_a_world, Features{}), Players::twin_alone);
    ASSERT_FALSE(finding) << "seed " << seed << ", line " << finding->line << ": " << finding->what
                          << "\nusher-sim twin --alone --seed " << seed << " shrinks it";
  }
}

// Of alarms, modes, shifts, and of what was put off or sent elsewhere.
void note_duty(const Twin& twin, const Events& events, std::set<std::string>& facts) {
  const bool limited = twin.configuration().waiting_max > 0;
  for (const Event& event : events) {
    const std::string on = event.count > 0 ? " on" : " off";
    if (event.kind == EventKind::alarm && event.cause == Cause::nobody_ever) {
      facts.insert("the alarm of nobody ever" + on);
    }
    if (event.kind == EventKind::alarm && event.cause == Cause::nobody_on_duty) {
      facts.insert("the alarm of nobody on duty" + on);
    }
    if (event.kind == EventKind::mode_changed && event.count > 0) {
      facts.insert(event.due_ms > 0 ? "a mode for a time" : "a mode until told otherwise");
    }
    const bool waits = event.kind == EventKind::waiting;
    if (waits && event.cause == Cause::hours && !event.other_agent.is_zero()) {
      facts.insert("the end of a shift takes work");
    }
    const bool opened = event.kind == EventKind::opened;
    if (opened && event.state == ConversationState::deferred) facts.insert("opened as deferred");
    if (event.kind == EventKind::deferred && limited && event.test) {
      facts.insert("a test conversation is deferred");
    }
    if (event.kind == EventKind::scope_changed && event.scope_state == ScopeState::draining) {
      facts.insert("a scope drains");
    }
  }
  // Of one conversation, what was the last that happened to it before.
  for (std::size_t i = 1; i < events.size(); ++i) {
    const Event& before = events[i - 1];
    const Event& event = events[i];
    if (event.conversation.is_zero() || before.conversation != event.conversation) continue;
    const bool sent = before.kind == EventKind::waiting &&
                      before.service_class != event.service_class && event.kind == before.kind;
    const bool by_opening = before.kind == EventKind::opened && event.kind == EventKind::waiting;
    if (sent || by_opening) {
      if (event.cause == Cause::hours) facts.insert("sent to another class by hours");
      if (event.cause == Cause::overflow) facts.insert("sent to another class by overflow");
    }
    if (before.cause == Cause::hours && before.kind == EventKind::waiting &&
        event.kind == EventKind::deferred && event.cause == Cause::overflow) {
      facts.insert("back within hours, and too much");
    }
  }
}

// Of mass incidents. `enough` are the classes that had as many of the others as they may before.
void note_surge(const Twin& twin, const Events& events, std::set<ClassNumber>& enough,
                std::set<std::string>& facts) {
  const PoolView pool = twin.view();
  for (const ClassView& its : pool.classes) {
    const Twin::Surge surge = twin.surge(its.number);
    for (const Event& event : events) {
      const bool decided = event.cause == Cause::given && event.service_class == its.number;
      if (!decided || !surge.in_force || !twin.is_other(its.number, event.agent)) continue;
      facts.insert("another is lent to a mass incident");
      if (enough.contains(its.number)) facts.insert("another is lent after it was enough");
    }
    const bool is_enough = surge.in_force && surge.lent >= surge.share;
    if (surge.in_force && surge.lent > surge.share) facts.insert("more are lent than may be");
    if (is_enough && its.waiting > 0) {
      facts.insert(surge.share > 0 ? "a mass incident has enough" : "nobody may be lent");
    }
    if (is_enough) {
      enough.insert(its.number);
    } else {
      enough.erase(its.number);
    }
  }
}

// What no single event or refusal says, seen in an event or in what the twin shows after it.
void note(const Twin& twin, const Events& events, std::set<std::string>& facts) {
  for (const Event& event : events) {
    const bool given = event.cause == Cause::given;
    const bool moved = given && !event.other_agent.is_zero();
    if (event.over && event.kind == EventKind::offered) facts.insert("offered above capacity");
    if (event.over && event.cause == Cause::accepted) facts.insert("accepted above capacity");
    if (event.over && event.kind == EventKind::wrapping) facts.insert("wrapping above capacity");
    if (event.over && moved) facts.insert("an incident moved above capacity");
    if (moved) facts.insert("an incident given to another agent");
    if (given && event.kind == EventKind::offered && event.state == ConversationState::assigned) {
      facts.insert("an incident offered while it is assigned");
    }
    const auto agent = twin.agent(event.agent);
    const bool bot = agent && agent->kind == AgentKind::bot;
    if (bot && event.kind == EventKind::replied) facts.insert("a bot replied");
    if (bot && event.cause == Cause::transferred) facts.insert("a bot was transferred to");
    if (bot && event.cause == Cause::picked) facts.insert("a bot picked");
    if (bot && event.kind == EventKind::held) facts.insert("a bot held");
    if (event.kind == EventKind::agent_presence && event.cause == Cause::misses && agent &&
        agent->misses == 0) {
      facts.insert("too many cool-downs of an agent");
    }
  }
  note_duty(twin, events, facts);
  for (const ConversationView& c : twin.conversations()) {
    if (c.seeking && c.offers.empty()) facts.insert("an incident seeks");
    if (c.exclusions.size() == limits::exclusions_max) facts.insert("excludes as many as it can");
    if (c.joined && c.level > 1) facts.insert("an escalated one is joined");
    if (c.over && c.seeking) facts.insert("an incident seeks above capacity");
  }
  for (const AgentView& a : twin.agents()) {
    if (a.over > 1) facts.insert("two above capacity");
    if (a.over > 0 && a.used_live > 0) facts.insert("above capacity and full");
  }
}

// A comparison proves nothing about what never happens.
TEST(TwinTest, WorldsMeetEveryKindOfEventAndRefusalOfTheContractSoFar) {
  std::set<std::pair<EventKind, Cause>> told;
  std::set<Refusal> refused;
  std::set<std::string> facts;
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    Twin twin;
    Author author(seed, Features{});
    std::set<ClassNumber> enough;
    for (std::size_t line = 0; line < lines_of_a_world; ++line) {
      Events events;
      const Step step = author.next(twin);
      refused.insert(twin.apply(record_of(step, twin), events).refusal);
      for (const Event& event : events) told.insert({event.kind, event.cause});
      note(twin, events, facts);
      note_surge(twin, events, enough, facts);
    }
  }
  const std::pair<EventKind, Cause> expected[] = {{EventKind::opened, Cause::command},
                                                  {EventKind::waiting, Cause::due},
                                                  {EventKind::waiting, Cause::silent},
                                                  {EventKind::waiting, Cause::agent_lost},
                                                  {EventKind::waiting, Cause::agent_gone},
                                                  {EventKind::waiting, Cause::released},
                                                  {EventKind::waiting, Cause::transferred},
                                                  {EventKind::waiting, Cause::resumed},
                                                  {EventKind::waiting, Cause::reopened},
                                                  {EventKind::waiting, Cause::reclassified},
                                                  {EventKind::waiting, Cause::roster},
                                                  {EventKind::waiting, Cause::configuration},
                                                  {EventKind::waiting, Cause::customer},
                                                  {EventKind::waiting, Cause::escalated},
                                                  {EventKind::waiting, Cause::operator_order},
                                                  {EventKind::waiting, Cause::bot_handed_over},
                                                  {EventKind::waiting, Cause::hours},
                                                  {EventKind::waiting, Cause::overflow},
                                                  {EventKind::waiting, Cause::mode},
                                                  {EventKind::deferred, Cause::hours},
                                                  {EventKind::deferred, Cause::overflow},
                                                  {EventKind::rated, Cause::command},
                                                  {EventKind::offer_ended, Cause::hours},
                                                  {EventKind::closed, Cause::hours},
                                                  {EventKind::agent_signed_off, Cause::hours},
                                                  {EventKind::scope_changed, Cause::operator_order},
                                                  {EventKind::mode_changed, Cause::operator_order},
                                                  {EventKind::mode_changed, Cause::due},
                                                  {EventKind::mode_changed, Cause::configuration},
                                                  {EventKind::alarm, Cause::nobody_ever},
                                                  {EventKind::alarm, Cause::nobody_on_duty},
                                                  {EventKind::joined, Cause::customer},
                                                  {EventKind::escalated, Cause::command},
                                                  {EventKind::offered, Cause::given},
                                                  {EventKind::offered, Cause::transferred},
                                                  {EventKind::offer_ended, Cause::rejected},
                                                  {EventKind::offer_ended, Cause::lapsed},
                                                  {EventKind::offer_ended, Cause::revoked},
                                                  {EventKind::offer_ended, Cause::taken_by_another},
                                                  {EventKind::offer_ended, Cause::agent_lost},
                                                  {EventKind::offer_ended, Cause::agent_gone},
                                                  {EventKind::assigned, Cause::given},
                                                  {EventKind::assigned, Cause::accepted},
                                                  {EventKind::assigned, Cause::transferred},
                                                  {EventKind::assigned, Cause::picked},
                                                  {EventKind::assigned, Cause::resumed},
                                                  {EventKind::replied, Cause::command},
                                                  {EventKind::customer_wrote, Cause::command},
                                                  {EventKind::held, Cause::command},
                                                  {EventKind::held, Cause::resumed},
                                                  {EventKind::wrapping, Cause::command},
                                                  {EventKind::wrap_up_extended, Cause::command},
                                                  {EventKind::closed, Cause::command},
                                                  {EventKind::closed, Cause::due},
                                                  {EventKind::closed, Cause::agent_gone},
                                                  {EventKind::closed, Cause::agent_lost},
                                                  {EventKind::abandoned, Cause::command},
                                                  {EventKind::abandoned, Cause::due},
                                                  {EventKind::abandoned, Cause::agent_gone},
                                                  {EventKind::abandoned, Cause::agent_lost},
                                                  {EventKind::unroutable, Cause::nobody_ever},
                                                  {EventKind::updated, Cause::command},
                                                  {EventKind::updated, Cause::reclassified},
                                                  {EventKind::handling_exceeded, Cause::due},
                                                  {EventKind::agent_defined, Cause::command},
                                                  {EventKind::agent_removed, Cause::command},
                                                  {EventKind::agent_signed_in, Cause::command},
                                                  {EventKind::agent_presence, Cause::command},
                                                  {EventKind::agent_presence, Cause::misses},
                                                  {EventKind::agent_lost, Cause::command},
                                                  {EventKind::agent_regained, Cause::command},
                                                  {EventKind::agent_signed_off, Cause::command},
                                                  {EventKind::agent_signed_off, Cause::agent_lost},
                                                  {EventKind::pool_configured, Cause::command},
                                                  {EventKind::pool_started, Cause::command}};
  for (const auto& [kind, cause] : expected) {
    Event event;
    event.kind = kind;
    event.cause = cause;
    EXPECT_TRUE(told.contains({kind, cause})) << "no world has" << words(event);
  }
  for (const Refusal refusal :
       {Refusal::wrong_state, Refusal::stale, Refusal::unknown_conversation, Refusal::unknown_agent,
        Refusal::unknown_name, Refusal::no_capacity, Refusal::not_eligible, Refusal::not_present,
        Refusal::conflict, Refusal::not_allowed, Refusal::no_class, Refusal::same_target,
        Refusal::gap, Refusal::malformed, Refusal::top_level, Refusal::draining,
        Refusal::outside_hours, Refusal::overflow}) {
    Outcome outcome;
    outcome.refusal = refusal;
    EXPECT_TRUE(refused.contains(refusal)) << "no world has" << words(outcome);
  }
  for (const char* fact : {"offered above capacity",
                           "accepted above capacity",
                           "wrapping above capacity",
                           "an incident moved above capacity",
                           "an incident given to another agent",
                           "an incident offered while it is assigned",
                           "a bot replied",
                           "a bot was transferred to",
                           "a bot picked",
                           "a bot held",
                           "an incident seeks",
                           "an escalated one is joined",
                           "an incident seeks above capacity",
                           "two above capacity",
                           "above capacity and full",
                           "the alarm of nobody ever on",
                           "the alarm of nobody ever off",
                           "the alarm of nobody on duty on",
                           "the alarm of nobody on duty off",
                           "a mode for a time",
                           "a mode until told otherwise",
                           "the end of a shift takes work",
                           "opened as deferred",
                           "a test conversation is deferred",
                           "a scope drains",
                           "sent to another class by hours",
                           "sent to another class by overflow",
                           "back within hours, and too much",
                           "excludes as many as it can",
                           "too many cool-downs of an agent",
                           "another is lent to a mass incident",
                           "another is lent after it was enough",
                           "more are lent than may be",
                           "a mass incident has enough",
                           "nobody may be lent"}) {
    EXPECT_TRUE(facts.contains(fact)) << "no world has: " << fact;
  }
}

TEST(TwinTest, WorldsMeetEveryVerdictOfAnExplanation) {
  std::set<Verdict> met;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Twin twin;
    Router router;
    Author author(seed, Features{});
    for (std::size_t line = 0; line < lines_of_a_world; ++line) {
      Events events;
      const Record record = record_of(author.next(twin), twin);
      (void)twin.apply(record, events);
      (void)router.apply(record, events);
      for (const ConversationView& c : router.conversations()) {
        const auto why = router.explain(c.conversation);
        if (!why) continue;
        for (const CandidateView& one : why->candidates) met.insert(one.verdict);
      }
    }
  }
  for (std::size_t number = 0; number < verdict_count; ++number) {
    EXPECT_TRUE(met.contains(static_cast<Verdict>(number))) << "no world has verdict " << number;
  }
}

// More than one record may look at: worlds are too small for it.
TEST(TwinTest, ABulkMoveGoesOnInTheNextRecords) {
  PoolConfiguration pool;
  pool.names = {{NameKind::channel, 1, "chat"},
                {NameKind::category, 1, "other"},
                {NameKind::service_class, 1, "from"},
                {NameKind::service_class, 2, "to"},
                {NameKind::band, 1, "live"}};
  pool.channels.push_back({.number = {1}});
  pool.bands.push_back({.number = {1}});
  for (std::uint16_t i = 1; i <= 2; ++i) {
    ClassConfiguration its;
    its.number = {i};
    its.band = {1};
    pool.classes.push_back(its);
  }
  for (std::uint16_t i = 2; i >= 1; --i) {
    ClassRule rule;
    if (i == 2) rule.categories = {{1}};
    rule.service_class = {i};
    pool.rules.push_back(rule);
  }

  Router router;
  Twin twin;
  Stamp stamp;
  const auto apply = [&](Command command) {
    ++stamp.sequence;
    const Record record{stamp, {}, 0, std::move(command)};
    Events of_twin;
    Events of_router;
    const Outcome outcome = twin.apply(record, of_twin);
    EXPECT_EQ(difference(outcome, router.apply(record, of_router)), "");
    EXPECT_EQ(difference(of_twin, of_router), "");
    return outcome.refusal;
  };
  std::uint64_t opened = 0;
  const auto open = [&](bool elsewhere) {
    command::Open its;
    its.conversation = ConversationId::of_text("c" + std::to_string(++opened));
    if (opened % 100 < 2) its.customer = CustomerId::of_text("k" + std::to_string(opened / 100));
    its.channel = {1};
    its.category = {elsewhere ? std::uint16_t{1} : std::uint16_t{0}};
    (void)apply(its);
  };
  const auto waiting_in = [&](std::size_t position) {
    const PoolView view = router.view();
    return view.classes.at(position).waiting;
  };
  (void)apply(command::Configure{std::make_shared<PoolConfiguration>(pool)});
  auto somebody = std::make_shared<command::AgentDefinition>();
  somebody->agent = AgentId::of_text("a1");
  (void)apply(command::DefineAgent{somebody});
  for (int i = 0; i < 2500; ++i) open(i % 10 == 0);

  EXPECT_EQ(apply(command::MoveAll{{1}, {2}, 2200}), Refusal::none);
  EXPECT_EQ(waiting_in(1), 1024U + 147U);  // 250 were there, of them 103 among the first 1,024
  EXPECT_EQ(router.next_deadline(), stamp.pool_ms);
  EXPECT_EQ(apply(command::MoveAll{{2}, {1}, 0}), Refusal::busy);
  open(false);
  EXPECT_EQ(waiting_in(1), 2450U);
  EXPECT_EQ(waiting_in(0), 51U);
  // Nothing is left to do before the first of their targets is missed.
  EXPECT_EQ(router.next_deadline(), 60'001);
  EXPECT_EQ(apply(command::MoveAll{{2}, {1}, 7}), Refusal::none);
  EXPECT_EQ(waiting_in(0), 58U);
}

// P10: identical agents, one class, constant handling and no misses.
TEST(TwinTest, IdenticalAgentsGetEquallyMany) {
  PoolConfiguration pool;
  pool.names = {{NameKind::channel, 1, "chat"},
                {NameKind::service_class, 1, "help"},
                {NameKind::band, 1, "live"}};
  pool.channels.push_back({.number = {1}, .holds = 2});
  pool.bands.push_back({.number = {1}});
  ClassConfiguration help;
  help.number = {1};
  help.band = {1};
  help.delivery = Delivery::give;
  pool.classes.push_back(help);
  ClassRule rule;
  rule.service_class = {1};
  pool.rules.push_back(rule);

  for (const GiveTo give_to : {GiveTo::least_loaded, GiveTo::longest_idle}) {
    pool.give_to = give_to;
    Router router;
    Events events;
    Stamp stamp;
    const auto apply = [&](Command command) {
      ++stamp.sequence;
      (void)router.apply({stamp, {}, 0, std::move(command)}, events);
    };
    apply(command::Configure{std::make_shared<PoolConfiguration>(pool)});
    constexpr std::size_t people = 5;
    for (std::size_t i = 1; i <= people; ++i) {
      auto agent = std::make_shared<command::AgentDefinition>();
      agent->agent = AgentId::of_text("a" + std::to_string(i));
      apply(command::DefineAgent{agent});
      apply(command::SignIn{agent->agent, Presence::available, 0});
    }
    // Every second somebody comes; everybody is served for seven seconds.
    std::map<AgentId, int> served;
    for (std::int64_t second = 0; second < 500; ++second) {
      stamp.pool_ms = second * limits::second_ms;
      if (second >= 7) {
        const auto id = ConversationId::of_text("c" + std::to_string(second - 7));
        apply(command::Close{id, {}, 0, CloseOutcome::solved});
      }
      command::Open open;
      open.conversation = ConversationId::of_text("c" + std::to_string(second));
      open.channel = {1};
      apply(open);
    }
    for (const Event& event : events) {
      if (event.kind == EventKind::assigned) ++served[event.agent];
    }
    int fewest = 500;
    int most = 0;
    for (const auto& [agent, count] : served) {
      fewest = std::min(fewest, count);
      most = std::max(most, count);
    }
    EXPECT_EQ(served.size(), people);
    EXPECT_LE(most - fewest, 1);
  }
}

}  // namespace
}  // namespace usher::sim
