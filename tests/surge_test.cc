// Mass incidents: how many of the others a class may be lent.

#include <algorithm>
#include <random>
#include <tuple>

#include "tests/pool_fixture.h"

namespace usher {
namespace {

using namespace test_name;

constexpr NeedTerm expert{NeedTerm::Kind::skill, false, security.value, 5};
constexpr NeedTerm in_the_language{NeedTerm::Kind::language, false, 0, 1};

ClassConfiguration& takeover_of(RoutingRules& rules) { return rules.classes[takeover.value - 1u]; }

// Anybody may take incidents that have waited 10 s; of those who are no experts so many percent,
// once more than `above` are under way.
PoolConfiguration with_surge(std::uint32_t above, std::uint8_t percent) {
  PoolConfiguration pool = test_configuration();
  ClassConfiguration& of = takeover_of(pool);
  of.need = {{0, {{expert, in_the_language}}}, {10'000, {{}}}};
  of.reply_within_ms = 0;
  of.surge_above = above;
  of.surge_lend_percent = percent;
  return pool;
}

constexpr std::array others = {"o1", "o2", "o3", "o4", "o5", "o6", "o7", "o8", "o9"};

void bring(Pool& pool, std::size_t count, std::uint16_t chats = 3) {
  for (std::size_t i = 0; i < count; ++i) pool.on_duty(others[i], {}, {{chat, chats}});
}

// One that is old enough for everybody.
void open_old(Pool& pool, std::string_view conversation, std::string_view preferred = "") {
  command::Open open = pool.opening(conversation, theft);
  open.age_ms = 60'000;
  open.preferred_agent = AgentId::of_text(preferred);
  EXPECT_EQ(Refusal::none, pool.say(open).refusal);
}

// t1, t2 … of them.
void flood(Pool& pool, std::size_t count) {
  for (std::size_t i = 1; i <= count; ++i) open_old(pool, "t" + std::to_string(i));
}

// Who has t1, t2 …: "o1 o2 o1 -".
std::string spread(const Pool& pool, std::size_t count) {
  std::string text;
  for (std::size_t i = 1; i <= count; ++i) {
    const std::string with = pool.with("t" + std::to_string(i));
    text += (i == 1 ? "" : " ") + (with.empty() ? "-" : with);
  }
  return text;
}

Verdict verdict(const Pool& pool, std::string_view conversation, std::string_view agent) {
  const auto why = pool.router().explain(ConversationId::of_text(conversation));
  for (const CandidateView& one : why.value_or(Explanation{}).candidates) {
    if (one.agent == AgentId::of_text(agent)) return one.verdict;
  }
  ADD_FAILURE() << agent << " is nobody's candidate";
  return Verdict::eligible;
}

Refusal pick(Pool& pool, std::string_view conversation, std::string_view agent) {
  return pool.say(command::Pick{ConversationId::of_text(conversation), AgentId::of_text(agent), 0})
      .refusal;
}

Refusal hold(Pool& pool, std::string_view conversation, std::string_view agent) {
  return pool
      .say(command::Hold{ConversationId::of_text(conversation), AgentId::of_text(agent), 0, 0})
      .refusal;
}

TEST(Surge, without_a_rule_lends_everybody) {
  Pool pool(with_surge(0, 100));
  bring(pool, 4);
  flood(pool, 5);
  EXPECT_EQ("o1 o2 o3 o4 o1", spread(pool, 5));
}

TEST(Surge, lends_a_share_of_the_others_on_duty_rounded_down) {
  Pool pool(with_surge(0, 49));
  bring(pool, 5, 1);
  flood(pool, 4);
  EXPECT_EQ("o1 o2 - -", spread(pool, 4));
  EXPECT_EQ(Verdict::lent_enough, verdict(pool, "t3", "o3"));
  EXPECT_EQ(Verdict::room, verdict(pool, "t3", "o1"));
}

TEST(Surge, holds_only_above_so_many_under_way) {
  Pool pool(with_surge(3, 25));
  bring(pool, 5);
  flood(pool, 3);
  EXPECT_EQ("o1 o2 o3", spread(pool, 3));
  // The rule takes nothing away, and o4 is kept out: three are lent, one may be.
  open_old(pool, "t4");
  EXPECT_EQ(Verdict::lent_enough, verdict(pool, "t4", "o4"));
  EXPECT_EQ("o1 o2 o3 o1", spread(pool, 4));
}

TEST(Surge, gives_more_to_who_is_lent) {
  Pool pool(with_surge(0, 25));
  bring(pool, 4, 3);
  flood(pool, 4);
  EXPECT_EQ("o1 o1 o1 -", spread(pool, 4));
}

TEST(Surge, never_keeps_out_the_class_s_own) {
  Pool pool(with_surge(0, 0));
  bring(pool, 3);
  pool.on_duty("own", {{security, 5}}, {{chat, 2}});
  flood(pool, 3);
  EXPECT_EQ("own own -", spread(pool, 3));
}

TEST(Surge, lets_what_waits_look_again_when_it_is_over) {
  Pool pool(with_surge(2, 0));
  bring(pool, 1);
  flood(pool, 2);
  EXPECT_EQ("o1 o1", spread(pool, 2));
  pool.on_duty("o2", {}, {{chat, 3}});
  pool.presence("o1", Presence::away);
  open_old(pool, "t3");
  EXPECT_EQ("", pool.with("t3"));
  EXPECT_EQ(Verdict::lent_enough, verdict(pool, "t3", "o2"));
  pool.close("t1", "o1");
  EXPECT_EQ("o2", pool.with("t3"));
}

TEST(Surge, lends_another_when_one_comes_back) {
  PoolConfiguration configuration = with_surge(0, 34);
  takeover_of(configuration).wrap_up_ms = 5'000;
  Pool pool(configuration);
  bring(pool, 3, 1);
  flood(pool, 3);
  EXPECT_EQ("o1 - -", spread(pool, 3));
  pool.presence("o1", Presence::away);
  pool.close("t1", "o1");
  // Wrapping up, o1 is still lent.
  EXPECT_EQ("o1 - -", spread(pool, 3));
  pool.pass(5'000);
  EXPECT_EQ("o2", pool.with("t2"));
  EXPECT_EQ("", pool.with("t3"));
  // Held work does not count.
  EXPECT_EQ(Refusal::none, hold(pool, "t2", "o2"));
  EXPECT_EQ("o3", pool.with("t3"));
}

TEST(Surge, counts_an_offer_as_lent) {
  PoolConfiguration configuration = with_surge(0, 50);
  takeover_of(configuration).delivery = Delivery::offer;
  Pool pool(configuration);
  bring(pool, 2, 1);
  flood(pool, 2);
  EXPECT_EQ("o1 -", spread(pool, 2));
  EXPECT_EQ(Refusal::none, pool.reject("t1", "o1"));
  // Only o2 may be asked for t1 now, and only o1 for t2: the one that came first is served.
  EXPECT_EQ("o2 -", spread(pool, 2));
}

TEST(Surge, lends_more_when_more_come_on_duty) {
  Pool pool(with_surge(0, 50));
  bring(pool, 3, 1);
  flood(pool, 3);
  EXPECT_EQ("o1 - -", spread(pool, 3));
  // Available for nothing that waits, and on duty all the same.
  pool.on_duty("mailer", {}, {{email, 1}});
  EXPECT_EQ("o1 o2 -", spread(pool, 3));
  // Neither an expert nor a bot is another.
  pool.on_duty("own", {{security, 9}}, {{email, 1}});
  pool.on_duty("o4", {}, {{chat, 1}});
  EXPECT_EQ("o1 o2 -", spread(pool, 3));
}

TEST(Surge, counts_nobody_who_is_lost_or_drains) {
  Pool pool(with_surge(0, 50));
  bring(pool, 4, 1);
  pool.presence("o4", Presence::draining);
  flood(pool, 3);
  EXPECT_EQ("o1 - -", spread(pool, 3));
  pool.presence("o4", Presence::away);
  EXPECT_EQ("o1 o2 -", spread(pool, 3));
  pool.say(command::AgentLost{AgentId::of_text("o3")});
  pool.close("t1", "o1");
  // Two of o1, o2, o4 on duty would be one and a half.
  EXPECT_EQ("", pool.with("t3"));
}

TEST(Surge, is_looked_at_by_a_transfer_and_not_by_a_pick) {
  Pool pool(with_surge(0, 34));
  bring(pool, 3, 2);
  flood(pool, 3);
  EXPECT_EQ("o1 o1 -", spread(pool, 3));
  EXPECT_EQ(Refusal::not_eligible, pool.transfer("t1", "o2"));
  EXPECT_EQ(Refusal::none, pick(pool, "t3", "o2"));
  // Lent by that, o2 may get more.
  EXPECT_EQ(Refusal::none, pool.transfer("t1", "o2"));
}

TEST(Surge, gives_more_to_who_picked_one) {
  Pool pool(with_surge(0, 0));
  bring(pool, 2, 2);
  flood(pool, 4);
  EXPECT_EQ("- - - -", spread(pool, 4));
  EXPECT_EQ(Refusal::none, pick(pool, "t4", "o2"));
  EXPECT_EQ("o2 - - o2", spread(pool, 4));
}

TEST(Surge, reads_only_skills_of_the_first_steps) {
  PoolConfiguration configuration = with_surge(0, 0);
  ClassConfiguration& of = takeover_of(configuration);
  const NeedTerm from_the_desk{NeedTerm::Kind::group, false, experts.value, 1};
  const NeedTerm no_novice{NeedTerm::Kind::skill, true, chain.value, 1};
  of.need[0].alternatives = {{expert, in_the_language, from_the_desk}, {no_novice}};
  Pool pool(configuration);
  bring(pool, 1, 1);
  pool.on_duty("novice", {{chain, 3}}, {{chat, 1}});
  flood(pool, 2);
  // By the second alternative nobody lacks a skill.
  EXPECT_EQ("o1 novice", spread(pool, 2));
  of.need[0].alternatives.pop_back();
  EXPECT_EQ(Refusal::none, pool.configure(configuration));
  pool.on_duty("elsewhere", {{security, 5}}, {{chat, 1}});
  open_old(pool, "t3");
  EXPECT_EQ("elsewhere", pool.with("t3"));
  // Nobody is another to a class that asks for nothing at the opening.
  of.need.erase(of.need.begin());
  EXPECT_EQ(Refusal::none, pool.configure(configuration));
  pool.on_duty("o9", {}, {{chat, 1}});
  open_old(pool, "t4");
  EXPECT_EQ("o9", pool.with("t4"));
}

TEST(Surge, counts_what_becomes_an_incident_where_it_lies) {
  Pool pool(with_surge(0, 50));
  bring(pool, 2, 2);
  EXPECT_EQ("o1", (pool.open("c1", ask), pool.with("c1")));
  command::Update update;
  update.conversation = ConversationId::of_text("c1");
  update.fields = command::Update::category_field;
  update.category = theft;
  EXPECT_EQ(Refusal::none, pool.say(update).refusal);
  flood(pool, 2);
  EXPECT_EQ("o1 -", spread(pool, 2));
  EXPECT_EQ(Verdict::lent_enough, verdict(pool, "t2", "o2"));
}

TEST(Surge, looks_again_for_what_is_kept_for_one_agent) {
  PoolConfiguration configuration = with_surge(0, 50);
  takeover_of(configuration).hold_for_preferred = true;
  takeover_of(configuration).preferred_wait_ms = 3'600'000;
  Pool pool(configuration);
  bring(pool, 2, 1);
  flood(pool, 1);
  open_old(pool, "t2", "o2");
  EXPECT_EQ("o1 -", spread(pool, 2));
  pool.presence("o1", Presence::away);
  EXPECT_EQ("o1 -", spread(pool, 2));
  pool.close("t1", "o1");
  EXPECT_EQ("o2", pool.with("t2"));
}

TEST(Surge, looks_past_one_whom_its_exclusions_keep_waiting) {
  Pool pool(with_surge(0, 34));
  bring(pool, 3, 1);
  open_old(pool, "t1");
  command::Open picky = pool.opening("t2", theft);
  picky.age_ms = 60'000;
  for (const char* other : {"o2", "o3"}) picky.excluded.push_back(AgentId::of_text(other));
  pool.say(picky);
  open_old(pool, "t3");
  EXPECT_EQ("o1 - -", spread(pool, 3));
  pool.presence("o1", Presence::away);
  pool.close("t1", "o1");
  EXPECT_EQ("", pool.with("t2"));
  EXPECT_EQ("o2", pool.with("t3"));
}

TEST(Surge, changes_with_a_mode) {
  PoolConfiguration configuration = with_surge(0, 0);
  configuration.names.push_back(Name{NameKind::mode, 1, "all_hands"});
  Mode mode{ModeNumber{1}, configuration};
  takeover_of(mode.rules).surge_lend_percent = 100;
  configuration.modes.push_back(mode);
  Pool pool(configuration);
  bring(pool, 2, 1);
  flood(pool, 2);
  EXPECT_EQ("- -", spread(pool, 2));
  pool.say(command::SetMode{ModeNumber{1}, 60'000});
  EXPECT_EQ("o1 o2", spread(pool, 2));
}

TEST(Surge, is_only_of_a_security_band_and_a_share) {
  Pool pool;
  PoolConfiguration wrong = test_configuration();
  wrong.classes[asks.value - 1u].surge_lend_percent = 30;
  EXPECT_EQ(Refusal::conflict, pool.configure(wrong));
  EXPECT_EQ(Refusal::conflict, pool.configure(with_surge(20, 101)));
  EXPECT_EQ(Refusal::none, pool.configure(with_surge(20, 99)));
}

// A floor on which everything happens that a rule looks at, checked by explanations: after every
// record nothing waits that somebody could take, and whatever was given was the first that somebody
// could take, and went to the first who could. The pool itself compares what it counts with what
// there is.
class Walk {
 public:
  explicit Walk(std::uint32_t seed) : dice_(seed), pool_(some_rules()) {
    pool_.explain_to([this](Explanation&& decision) { check(decision); });
  }

  void step() {
    const std::string agent = "a" + std::to_string(number(9));
    const std::string one = "c" + std::to_string(number(25));
    const AgentId who = AgentId::of_text(agent);
    const ConversationId what = ConversationId::of_text(one);
    switch (number(20) - 1) {
      case 0: define(agent); break;
      case 1: pool_.sign_in(agent); break;
      case 2:
        pool_.presence(agent, one_of({Presence::away, Presence::available, Presence::draining,
                                      Presence::offline}));
        break;
      case 3: pool_.say(command::AgentLost{who}); break;
      case 4: pool_.say(command::AgentRegained{who}); break;
      case 5: pool_.close(one); break;
      case 6: pool_.abandon(one); break;
      case 7: pool_.accept(one, agent); break;
      case 8: pool_.reject(one, agent); break;
      case 9: hold(pool_, one, pool_.with(one)); break;
      case 10: pool_.say(command::Resume{what, AgentId::of_text(pool_.with(one)), 0}); break;
      case 11: pick(pool_, one, agent); break;
      case 12: pool_.transfer(one, agent); break;
      case 13: pool_.transfer(one, one_of({takeover, asks})); break;
      case 14: reclassify(what); break;
      case 15: pool_.pass(static_cast<std::int64_t>(number(12)) * 1000); break;
      case 16:
        if (number(8) == 1) pool_.configure(some_rules());
        break;
      case 17:
        if (number(8) == 1) pool_.say(command::RemoveAgent{who});
        break;
      default: open(one, agent); break;
    }
  }

  // How often somebody is kept out at this moment.
  [[nodiscard]] std::size_t kept_out() {
    std::size_t count = 0;
    for (const Explanation& why : all_that_wait()) {
      for (const CandidateView& one : why.candidates) {
        EXPECT_NE(Verdict::eligible, one.verdict)
            << text_of(why.conversation) << " waits for " << text_of(one.agent) << " at record "
            << why.record;
        if (one.verdict == Verdict::lent_enough) ++count;
      }
    }
    return count;
  }

 private:
  // 1 to `most`.
  std::uint32_t number(std::uint32_t most) {
    return static_cast<std::uint32_t>(dice_() % most) + 1;
  }
  static auto place(const Explanation& why) {
    return std::tuple(why.band, why.rank, why.time_ms, why.queued);
  }

  [[nodiscard]] std::vector<Explanation> all_that_wait() const {
    std::vector<Explanation> found;
    for (const ConversationView& one : pool_.router().conversations()) {
      const bool waits = one.state == ConversationState::waiting && !one.joined;
      const bool seeks = one.seeking && one.offers.empty();
      if (waits || seeks) found.push_back(*pool_.router().explain(one.conversation));
    }
    return found;
  }

  void check(const Explanation& decision) const {
    if (decision.debt) return;
    EXPECT_EQ(decision.winner, decision.candidates.at(0).agent) << "at record " << decision.record;
    for (const Explanation& why : all_that_wait()) {
      const bool could = why.candidates.at(0).verdict == Verdict::eligible;
      EXPECT_FALSE(could && place(why) < place(decision))
          << text_of(why.conversation) << " was passed over for " << text_of(decision.conversation)
          << " at record " << decision.record;
    }
  }

  template <class T>
  T one_of(std::initializer_list<T> list) {
    return *(list.begin() + number(static_cast<std::uint32_t>(list.size())) - 1);
  }

  PoolConfiguration some_rules() {
    PoolConfiguration pool = with_surge(number(6) - 1, one_of<std::uint8_t>({0, 20, 34, 50, 100}));
    pool.bands[0].order = one_of({Order::oldest, Order::service_level});
    pool.bands[0].rescue = 3;
    ClassConfiguration& of = takeover_of(pool);
    of.delivery = one_of({Delivery::give, Delivery::offer});
    of.offers_at_once = of.delivery == Delivery::offer ? 2 : 1;
    of.wrap_up_ms = one_of({0, 4'000});
    of.over_slots = one_of<std::uint8_t>({0, 1});
    of.preferred_wait_ms = one_of({0, 20'000});
    of.hold_for_preferred = number(2) == 1;
    pool.classes[asks.value - 1u].delivery = Delivery::give;
    return pool;
  }

  void define(const std::string& agent) {
    const std::uint8_t level = one_of<std::uint8_t>({0, 0, 4, 5});
    std::vector<SkillLevel> skills;
    if (level > 0) skills.push_back({security, level});
    pool_.define(agent, skills, {{chat, static_cast<std::uint16_t>(number(3))}, {voice, 1}});
  }

  void open(const std::string& conversation, const std::string& preferred) {
    const CategoryNumber about = one_of({theft, theft, theft, ask});
    command::Open open = pool_.opening(conversation, about, one_of({chat, chat, voice}));
    open.age_ms = number(15) * 1000;
    if (number(3) == 1) open.preferred_agent = AgentId::of_text(preferred);
    pool_.say(open);
  }

  void reclassify(ConversationId conversation) {
    command::Update update;
    update.conversation = conversation;
    update.fields = command::Update::category_field;
    update.category = one_of({theft, ask});
    pool_.say(update);
  }

  std::mt19937 dice_;
  Pool pool_;
};

TEST(Surge, gives_what_it_may_in_order_and_leaves_nothing_that_somebody_could_take) {
  std::size_t kept_out = 0;
  for (std::uint32_t seed = 1; seed <= 40 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Walk walk(seed);
    for (int i = 0; i < 600 && !HasFailure(); ++i) {
      walk.step();
      kept_out += walk.kept_out();
    }
  }
  EXPECT_GT(kept_out, 1000U);
}

}  // namespace
}  // namespace usher
