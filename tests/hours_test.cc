// What cannot simply wait: closed hours, overflow, shedding; modes, shifts, alarms, targets.

#include "tests/pool_fixture.h"

namespace usher {
namespace {

using namespace test_name;

constexpr HoursNumber office{1};
constexpr ModeNumber busy{1};
constexpr std::int64_t hour_ms = limits::hour_ms;

ClassConfiguration& class_in(RoutingRules& rules, ClassNumber number) {
  for (ClassConfiguration& of : rules.classes) {
    if (of.number == number) return of;
  }
  CHECK(false);
  return rules.classes.front();
}

PoolConfiguration with_names() {
  PoolConfiguration pool = test_configuration();
  pool.names.push_back(Name{NameKind::hours, 1, "office"});
  pool.names.push_back(Name{NameKind::mode, 1, "busy"});
  return pool;
}

PoolConfiguration with_office_hours() {
  PoolConfiguration pool = with_names();
  class_in(pool, mails).hours = {{{}, office}};
  return pool;
}

void set_office(Pool& pool, bool open) { pool.shell(command::SetHours{office, open}); }

TEST(Hours, defer_what_waits_and_what_comes_and_bring_it_back_at_its_age) {
  Pool pool(with_office_hours());
  pool.define("ana");
  pool.open("m1", mail, email);
  pool.told();
  set_office(pool, false);
  EXPECT_EQ("deferred m1", pool.told());
  pool.open("m2", mail, email);
  EXPECT_EQ("opened m2; deferred m2", pool.told());
  pool.sign_in("ana");
  EXPECT_EQ("agent_signed_in ana", pool.told());
  pool.pass(hour_ms);
  set_office(pool, true);
  EXPECT_EQ("waiting m1; waiting m2; assigned m1 ana; assigned m2 ana", pool.told());
  EXPECT_EQ(hour_ms, pool.see("m1").waited_ms);
}

TEST(Hours, let_the_clock_of_the_target_stand) {
  Pool pool(with_office_hours());
  pool.define("ana");
  const PoolConfiguration plain = with_names();
  const std::int64_t target_ms = plain.classes[mails.value - 1u].target_ms;
  pool.open("m1", mail, email);
  pool.pass(target_ms - 1000);
  set_office(pool, false);
  pool.pass(hour_ms);
  set_office(pool, true);
  pool.told();
  pool.pass(1000);
  EXPECT_EQ("", pool.warned());
  pool.pass(1);
  EXPECT_EQ("breached m1", pool.warned());
}

TEST(Hours, may_refuse_or_send_to_another_class) {
  PoolConfiguration configuration = with_office_hours();
  class_in(configuration, mails).closed_to = {Diversion::Kind::refuse, {}};
  Pool pool(configuration);
  pool.define("ana");
  set_office(pool, false);
  EXPECT_EQ(Refusal::outside_hours, pool.open("m1", mail, email).refusal);
  class_in(configuration, mails).closed_to = {Diversion::Kind::service_class, asks};
  EXPECT_EQ(Refusal::none, pool.configure(configuration));
  EXPECT_EQ(asks, pool.open("m1", mail, email).service_class);
}

TEST(Hours, are_not_of_incidents) {
  PoolConfiguration configuration = with_names();
  class_in(configuration, takeover).hours = {{{}, office}};
  Pool pool;
  EXPECT_EQ(Refusal::conflict, pool.configure(configuration));
}

TEST(Overflow, sends_what_waited_too_long_elsewhere_once) {
  PoolConfiguration configuration = with_names();
  class_in(configuration, asks).overflow = {{Diversion::Kind::service_class, mails}, 0, 60'000};
  Pool pool(configuration);
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("c1", ask);
  pool.open("c2", ask);
  pool.told();
  pool.pass(59'999);
  EXPECT_EQ("", pool.told());
  pool.pass(1);
  EXPECT_EQ("waiting c2", pool.told());
  EXPECT_EQ(mails, pool.see("c2").service_class);
}

TEST(Overflow, takes_what_waits_when_the_last_one_who_could_take_it_leaves) {
  PoolConfiguration configuration = with_names();
  class_in(configuration, asks).overflow = {{Diversion::Kind::service_class, mails}, 0, 0};
  Pool pool(configuration);
  for (const char* name : {"ana", "bob"}) pool.on_duty(name, {}, {{chat, 1}});
  for (const char* name : {"c1", "c2", "c3"}) pool.open(name, ask);
  pool.presence("ana", Presence::draining);
  EXPECT_EQ(asks, pool.see("c3").service_class);
  pool.presence("bob", Presence::draining);
  EXPECT_EQ(mails, pool.see("c3").service_class);
  EXPECT_EQ(asks, pool.see("c1").service_class);
}

TEST(Overflow, takes_what_joined_when_what_comes_in_the_same_record_has_lost_the_last_one_too) {
  PoolConfiguration configuration = with_names();
  class_in(configuration, accounts).overflow = {{Diversion::Kind::service_class, asks}, 0, 0};
  class_in(configuration, asks).overflow = {{Diversion::Kind::service_class, mails}, 0, 0};
  Pool pool(configuration);
  pool.on_duty("ana");
  command::Open offered = pool.opening("c1", account);
  command::Open joined = pool.opening("c2", ask);
  offered.language = de;  // asks for what nothing in its new class asked for before
  offered.customer = joined.customer = CustomerId::of_text("kim");
  pool.say(offered);
  pool.say(joined);
  pool.presence("ana", Presence::draining);
  EXPECT_EQ(asks, pool.see("c1").service_class);
  EXPECT_EQ(mails, pool.see("c2").service_class);
}

TEST(Overflow, takes_what_joined_when_what_comes_back_as_the_last_one_leaves_has_lost_them_too) {
  PoolConfiguration configuration = with_names();
  for (const ClassNumber number : {accounts, asks}) {
    class_in(configuration, number).overflow = {{Diversion::Kind::service_class, mails}, 0, 0};
  }
  Pool pool(configuration);
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("c1", identity);
  command::Open first = pool.opening("c2", identity);
  command::Open joined = pool.opening("c3", ask);
  first.customer = joined.customer = CustomerId::of_text("kim");
  pool.say(first);
  pool.say(joined);
  command::Open sent_on = pool.opening("c4", account);
  sent_on.required.push_back({chain, 5});
  pool.say(sent_on);
  EXPECT_EQ(ConversationState::unroutable, pool.state("c4"));
  pool.shell(command::ShiftEnds{AgentId::of_text("ana"), hour_ms});
  pool.let_pass(hour_ms);
  command::Update update;
  update.conversation = sent_on.conversation;
  update.fields = command::Update::category_field | command::Update::language_field |
                  command::Update::required_field;
  update.category = ask;
  update.language = de;
  const Outcome outcome = pool.say(update);
  EXPECT_EQ(asks, outcome.service_class);
  EXPECT_EQ(1u, outcome.position);
  EXPECT_EQ(mails, pool.see("c3").service_class);
}

TEST(Overflow, refuses_behind_so_many) {
  PoolConfiguration configuration = with_names();
  class_in(configuration, asks).overflow = {{Diversion::Kind::refuse, {}}, 2};
  Pool pool(configuration);
  pool.on_duty("ana", {}, {{chat, 1}});
  for (const char* name : {"c1", "c2", "c3"})
    EXPECT_EQ(Refusal::none, pool.open(name, ask).refusal);
  EXPECT_EQ(Refusal::overflow, pool.open("c4", ask).refusal);
}

command::Open one_like(CategoryNumber category, ChannelNumber channel) {
  command::Open open;
  open.channel = channel;
  open.category = category;
  return open;
}

TEST(Quote, tells_the_refusal_that_an_open_would_get) {
  PoolConfiguration configuration = with_office_hours();
  class_in(configuration, mails).closed_to = {Diversion::Kind::refuse, {}};
  class_in(configuration, asks).overflow = {{Diversion::Kind::refuse, {}}, 1};
  Pool pool(configuration);
  const auto quoted = [&](CategoryNumber category, ChannelNumber channel) {
    const Quote quote = pool.router().quote(one_like(category, channel));
    const std::uint64_t digest = pool.router().digest();
    // A need that nobody had before is not known to be one that nobody can meet.
    const Refusal opened = pool.open("probe", category, channel).refusal;
    if (opened == Refusal::none) pool.abandon("probe");
    EXPECT_EQ(opened, quote.refusal);
    EXPECT_NE(digest, pool.router().digest());
    return quote;
  };
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.on_duty("bob", {}, {{email, 1}});
  EXPECT_EQ(Refusal::none, pool.router().quote(one_like(mail, email)).refusal);
  set_office(pool, false);
  EXPECT_EQ(Refusal::outside_hours, pool.router().quote(one_like(mail, email)).refusal)
      << "also before anybody of the class was there";
  EXPECT_EQ(Refusal::outside_hours, quoted(mail, email).refusal);
  EXPECT_EQ(Refusal::outside_hours, quoted(mail, email).refusal);

  EXPECT_EQ(1u, pool.router().quote(one_like(ask, chat)).position);
  pool.open("c1", ask);
  pool.open("c2", ask);
  const Quote full = quoted(ask, chat);
  EXPECT_EQ(Refusal::overflow, full.refusal);
  EXPECT_EQ(asks, full.service_class);
  EXPECT_EQ(2u, full.position);

  pool.say(command::SetScope{Scope::pool, ScopeState::draining, 0, {}});
  EXPECT_EQ(Refusal::draining, quoted(ask, chat).refusal);
  EXPECT_EQ(0u, quoted(ask, chat).position);
  EXPECT_EQ(Refusal::unknown_name, pool.router().quote(one_like({99}, chat)).refusal);
}

TEST(Shedding, puts_off_the_newest_of_the_last_band_and_never_an_incident) {
  PoolConfiguration configuration = with_names();
  configuration.waiting_max = 2;
  Pool pool(configuration);
  pool.define("ana", {{security, 9}}, {{chat, 1}, {email, 1}});
  pool.open("m1", mail, email);
  pool.open("c1", ask);
  pool.told();
  pool.open("theft", theft);
  EXPECT_EQ("opened theft; deferred m1", pool.told());
  pool.open("theft2", theft);
  EXPECT_EQ("opened theft2; deferred c1", pool.told());
  pool.open("theft3", theft);
  EXPECT_EQ("opened theft3", pool.told());
}

TEST(Alarm, comes_when_nobody_on_duty_could_take_what_waits_and_goes) {
  Pool pool;
  pool.define("ana");
  pool.open("c1", ask);
  EXPECT_EQ("alarm 1", pool.warned());
  pool.told();
  pool.sign_in("ana");
  EXPECT_EQ("alarm 0", pool.warned());
}

TEST(Mode, changes_settings_for_a_time_and_comes_back_by_itself) {
  PoolConfiguration configuration = with_names();
  Mode mode{busy, configuration};
  class_in(mode.rules, asks).band = later_band;
  configuration.modes.push_back(mode);
  Pool pool(configuration);
  EXPECT_EQ(Refusal::unknown_name, pool.say(command::SetMode{{2}, 0}).refusal);
  EXPECT_EQ(Refusal::none, pool.say(command::SetMode{busy, hour_ms}).refusal);
  pool.open("c1", ask);
  EXPECT_EQ(later_band, pool.see("c1").band);
  pool.pass(hour_ms);
  EXPECT_EQ(live_band, pool.see("c1").band);
}

TEST(Mode, that_ends_as_the_pool_resumes_still_says_how_long_nothing_lapses) {
  PoolConfiguration configuration = with_names();
  configuration.resume_grace_ms = 30'000;
  Mode mode{busy, configuration};
  mode.rules.resume_grace_ms = 10'000;
  configuration.modes.push_back(mode);
  Pool pool(configuration);
  pool.on_duty("ana");
  pool.say(command::SetMode{busy, 5'000});
  pool.open("c1");
  pool.let_pass(20'000);
  pool.shell(command::Resumed{20'000});
  pool.told();
  pool.pass(9'999);
  EXPECT_EQ("", pool.told());
  pool.pass(1);
  EXPECT_EQ("offer_ended c1 from ana", pool.told());
}

TEST(Shift, takes_no_new_live_work_at_its_end_and_hands_over) {
  PoolConfiguration configuration = with_names();
  configuration.stop_new_ms = 600'000;
  Pool pool(configuration);
  pool.on_duty("ana");
  pool.define("bob");
  pool.open("c1", ask);
  pool.shell(command::ShiftEnds{AgentId::of_text("ana"), hour_ms});
  pool.pass(hour_ms - 600'000);
  pool.told();
  pool.open("c2", ask);
  EXPECT_EQ("opened c2", pool.told());
  pool.open("m1", mail, email);
  EXPECT_EQ("opened m1; assigned m1 ana", pool.told());
  pool.pass(600'000);
  EXPECT_EQ("waiting c1 from ana; waiting m1 from ana; agent_signed_off ana", pool.told());
  pool.sign_in("bob");
  EXPECT_EQ("bob", pool.with("c1"));
  EXPECT_EQ(hour_ms, pool.see("c1").waited_ms);
}

TEST(Estimate, learns_nothing_from_what_is_offered_at_once) {
  Pool pool;
  pool.on_duty("ana");
  pool.open("c1", account);
  ASSERT_EQ(ConversationState::offered, pool.see("c1").state);
  pool.pass(5'000);
  pool.accept("c1", "ana");
  ASSERT_EQ("ana", pool.with("c1"));
  EXPECT_EQ(-1, pool.router().view().classes.at(0).expected.p50_ms);
}

TEST(Estimate, is_told_once_somebody_waited_and_covers_what_it_says) {
  Pool pool;
  pool.on_duty("ana", {}, {{chat, 1}});
  EXPECT_EQ(-1, pool.open("first", ask).expected_p50_ms);
  EXPECT_EQ(-1, pool.open("c0", ask).expected_p50_ms);
  for (int i = 1; i <= 400; ++i) {
    const std::string before = i == 1 ? "first" : "c" + std::to_string(i - 2);
    pool.pass(20'000 + (i * 7919 % 20'000));
    pool.close(before, "ana");
    pool.open("c" + std::to_string(i), ask);
  }
  const ClassView of = pool.router().view().classes.at(4);
  ASSERT_EQ(asks, of.number);
  ASSERT_GT(of.estimated, 300u);
  EXPECT_NEAR(0.5, static_cast<double>(of.within_p50) / static_cast<double>(of.estimated), 0.05);
  EXPECT_NEAR(0.9, static_cast<double>(of.within_p90) / static_cast<double>(of.estimated), 0.05);
}

TEST(Estimate, is_told_to_who_is_refused) {
  PoolConfiguration configuration = with_names();
  class_in(configuration, asks).overflow = {{Diversion::Kind::refuse, {}}, 1};
  Pool pool(configuration);
  pool.on_duty("ana", {}, {{chat, 1}});
  pool.open("c1", ask);
  pool.open("c2", ask);
  EXPECT_EQ(-1, pool.open("c3", ask).expected_p50_ms);
  pool.pass(20'000);
  pool.close("c1", "ana");
  pool.open("c3", ask);
  const Outcome refused = pool.open("c4", ask);
  EXPECT_EQ(Refusal::overflow, refused.refusal);
  EXPECT_EQ(ConversationState::none, refused.state);
  class_in(configuration, asks).overflow = {};
  EXPECT_EQ(Refusal::none, pool.configure(configuration));
  const Outcome opened = pool.open("c4", ask);
  ASSERT_LT(0, opened.expected_p50_ms);
  EXPECT_EQ(opened.expected_p50_ms, refused.expected_p50_ms);
  EXPECT_EQ(opened.expected_p90_ms, refused.expected_p90_ms);
}

// A pool in which one conversation of class asks waited 20 s, so that an estimate is known.
struct Known {
  explicit Known(const PoolConfiguration& configuration = with_names()) : pool(configuration) {
    pool.on_duty("ana", {}, {{chat, 1}});
    pool.open("first", ask);
    pool.open("c0", ask);
    pool.pass(20'000);
    pool.close("first", "ana");
    EXPECT_EQ("ana", pool.with("c0"));
  }
  [[nodiscard]] Quote quote() const { return pool.router().quote(one_like(ask, chat)); }
  [[nodiscard]] std::int64_t of_class() const {
    return pool.router().view().classes.at(4).expected.p50_ms;
  }

  Pool pool;
};

TEST(Estimate, is_unknown_while_nobody_on_duty_could_take_it) {
  Known known;
  EXPECT_LT(0, known.quote().expected.p50_ms);
  EXPECT_LT(0, known.of_class());
  const Outcome before = known.pool.open("before", ask);
  EXPECT_LT(0, before.expected_p50_ms);
  known.pool.presence("ana", Presence::offline);
  EXPECT_EQ(-1, known.quote().expected.p50_ms);
  EXPECT_EQ(Hindrance::nobody_on_duty, known.quote().hindrance);
  EXPECT_EQ(ConversationState::waiting, known.quote().state);
  EXPECT_EQ(-1, known.of_class());
  EXPECT_EQ(-1, known.pool.open("c1", ask).expected_p50_ms);
  EXPECT_EQ(-1, known.pool.see("c1").expected.p50_ms);
  EXPECT_EQ(-1, known.pool.see("before").expected.p50_ms) << "whatever it was told";
  EXPECT_EQ(-1, known.pool.router().view().classes.at(0).expected.p50_ms);
  known.pool.sign_in("ana");
  EXPECT_EQ(Hindrance::none, known.quote().hindrance);
  EXPECT_LT(0, known.quote().expected.p50_ms);
  EXPECT_LT(0, known.of_class());
}

TEST(Estimate, is_unknown_while_the_class_or_the_pool_is_paused) {
  Known known;
  for (const command::SetScope& scope :
       {command::SetScope{Scope::pool, ScopeState::paused, 0, {}},
        command::SetScope{Scope::service_class, ScopeState::paused, asks.value, {}}}) {
    known.pool.say(scope);
    EXPECT_EQ(Hindrance::paused, known.quote().hindrance);
    EXPECT_EQ(-1, known.quote().expected.p50_ms);
    EXPECT_EQ(-1, known.of_class());
    known.pool.say(command::SetScope{scope.scope, ScopeState::open, scope.number, {}});
    EXPECT_LT(0, known.quote().expected.p50_ms);
  }
}

TEST(Estimate, of_a_class_is_known_after_a_reload_though_nobody_is_in_it) {
  Known known;
  known.pool.close("c0", "ana");
  PoolConfiguration configuration = with_names();
  configuration.misses_max = 3;
  EXPECT_EQ(Refusal::none, known.pool.configure(configuration));
  EXPECT_EQ(0u, known.pool.router().view().conversations);
  EXPECT_LE(0, known.of_class());
}

TEST(Estimate, learns_nothing_from_the_time_in_which_nobody_was_on_duty) {
  Known known;
  known.pool.close("c0", "ana");
  const std::int64_t before_ms = known.quote().expected.p90_ms;
  known.pool.presence("ana", Presence::offline);
  for (int i = 1; i <= 40; ++i) known.pool.open("n" + std::to_string(i), ask);
  known.pool.pass(10 * hour_ms);
  known.pool.sign_in("ana");
  EXPECT_EQ("ana", known.pool.with("n1"));
  for (int i = 2; i < 40; ++i) known.pool.abandon("n" + std::to_string(i));
  // And what begins to wait now goes on from this moment, not from yesterday.
  known.pool.open("late", ask);
  known.pool.pass(20'000);
  known.pool.close("n1", "ana");
  EXPECT_EQ("ana", known.pool.with("n40"));
  known.pool.pass(20'000);
  known.pool.close("n40", "ana");
  EXPECT_EQ("ana", known.pool.with("late"));
  EXPECT_GT(2 * before_ms, known.quote().expected.p90_ms);
}

TEST(Quote, of_a_closed_class_knows_no_wait_and_what_becomes_of_it) {
  PoolConfiguration configuration = with_names();
  class_in(configuration, asks).hours = {{{}, office}};
  Known known(configuration);
  set_office(known.pool, false);
  EXPECT_EQ(Hindrance::closed, known.quote().hindrance);
  EXPECT_EQ(office, known.quote().hours);
  EXPECT_EQ(ConversationState::deferred, known.quote().state);
  EXPECT_EQ(Refusal::none, known.quote().refusal);
  EXPECT_EQ(-1, known.quote().expected.p50_ms);
  EXPECT_EQ(-1, known.of_class());
  class_in(configuration, asks).closed_to = {Diversion::Kind::service_class, mails};
  EXPECT_EQ(Refusal::none, known.pool.configure(configuration));
  EXPECT_EQ(ConversationState::waiting, known.quote().state);
  EXPECT_EQ(mails, known.quote().to_class);
  class_in(configuration, asks).closed_to = {Diversion::Kind::refuse, {}};
  EXPECT_EQ(Refusal::none, known.pool.configure(configuration));
  EXPECT_EQ(Refusal::outside_hours, known.quote().refusal);
  EXPECT_EQ(-1, known.quote().expected.p50_ms);
  EXPECT_EQ(-1, known.pool.open("c1", ask).expected_p50_ms);
}

TEST(Quote, of_a_full_class_says_what_becomes_of_it) {
  PoolConfiguration configuration = with_names();
  class_in(configuration, asks).overflow = {{Diversion::Kind::defer, {}}, 1};
  Known known(configuration);
  known.pool.open("c1", ask);
  EXPECT_EQ(Hindrance::full, known.quote().hindrance);
  EXPECT_EQ(ConversationState::deferred, known.quote().state);
  EXPECT_EQ(-1, known.quote().expected.p50_ms);
  class_in(configuration, asks).overflow.to = {Diversion::Kind::refuse, {}};
  EXPECT_EQ(Refusal::none, known.pool.configure(configuration));
  EXPECT_EQ(Refusal::overflow, known.quote().refusal);
  EXPECT_LT(0, known.quote().expected.p50_ms) << "who is refused is told what it would have been";
}

TEST(Quote, of_a_need_that_nobody_had_before_is_held_against_the_roster) {
  PoolConfiguration configuration = with_names();
  class_in(configuration, asks).need = {{0, {{{NeedTerm::Kind::language, false, 0, 5}}}}};
  Pool pool(configuration);
  command::Open like = one_like(ask, chat);
  like.language = de;
  const auto hindrance = [&] { return pool.router().quote(like).hindrance; };
  pool.on_duty("bob");
  EXPECT_EQ(Hindrance::nobody_ever, hindrance());
  EXPECT_EQ(ConversationState::unroutable, pool.router().quote(like).state);
  pool.define("ana", {{de, 5}});
  EXPECT_EQ(Hindrance::nobody_on_duty, hindrance());
  pool.sign_in("ana");
  EXPECT_EQ(Hindrance::none, hindrance());
  like.required.push_back({chain, 3});
  EXPECT_EQ(Hindrance::nobody_ever, hindrance());
}

}  // namespace
}  // namespace usher
