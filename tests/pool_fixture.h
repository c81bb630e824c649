#pragma once

// A tiny language for tests of the core: one pool with short names, whose commands are given as a
// person would say them, and whose events read as words.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "routing/explain.h"
#include "routing/router.h"

namespace usher {

inline std::string text_of(const auto& id) {
  std::string text;
  for (std::uint8_t byte : id.bytes) {
    if (byte != 0) text += static_cast<char>(byte);
  }
  return text;
}

inline const char* word_of(EventKind kind) {
  switch (kind) {
    case EventKind::opened: return "opened";
    case EventKind::waiting: return "waiting";
    case EventKind::offered: return "offered";
    case EventKind::offer_ended: return "offer_ended";
    case EventKind::assigned: return "assigned";
    case EventKind::replied: return "replied";
    case EventKind::customer_wrote: return "customer_wrote";
    case EventKind::held: return "held";
    case EventKind::wrapping: return "wrapping";
    case EventKind::wrap_up_extended: return "wrap_up_extended";
    case EventKind::closed: return "closed";
    case EventKind::abandoned: return "abandoned";
    case EventKind::unroutable: return "unroutable";
    case EventKind::deferred: return "deferred";
    case EventKind::updated: return "updated";
    case EventKind::rated: return "rated";
    case EventKind::handling_exceeded: return "handling_exceeded";
    case EventKind::agent_defined: return "agent_defined";
    case EventKind::agent_removed: return "agent_removed";
    case EventKind::agent_signed_in: return "agent_signed_in";
    case EventKind::agent_presence: return "agent_presence";
    case EventKind::agent_lost: return "agent_lost";
    case EventKind::agent_regained: return "agent_regained";
    case EventKind::agent_signed_off: return "agent_signed_off";
    case EventKind::pool_started: return "pool_started";
    case EventKind::pool_configured: return "pool_configured";
    case EventKind::scope_changed: return "scope_changed";
    default: return "other";
  }
}

// Names of the test pool, in the order in which they are numbered.
namespace test_name {
inline constexpr ChannelNumber chat{1}, email{2}, voice{3};
inline constexpr SkillNumber chain{1}, security{2}, en{3}, de{4};
inline constexpr CategoryNumber account{1}, theft{2}, mail{3}, identity{4}, ask{5};
inline constexpr ClassNumber accounts{1}, takeover{2}, mails{3}, urgent{4}, asks{5};
inline constexpr BandNumber security_band{1}, urgent_band{2}, live_band{3}, later_band{4};
inline constexpr TierNumber regular{1}, vip{2};
inline constexpr ImpactNumber high{1};
inline constexpr GroupNumber frontline{1}, experts{2};
inline constexpr AuthorityNumber may_freeze{1};
inline constexpr ReasonNumber lunch{1};
}  // namespace test_name

inline PoolConfiguration test_configuration() {
  using namespace test_name;
  PoolConfiguration pool;
  const auto name = [&](NameKind kind, std::initializer_list<const char*> texts) {
    std::uint16_t number = 0;
    for (const char* text : texts) pool.names.push_back(Name{kind, ++number, text});
  };
  name(NameKind::channel, {"chat", "email", "voice"});
  name(NameKind::skill, {"chain", "security", "en", "de"});
  name(NameKind::category, {"account", "theft", "mail", "identity", "ask"});
  name(NameKind::service_class, {"accounts", "takeover", "mails", "urgent", "asks"});
  name(NameKind::band, {"security", "urgent", "live", "later"});
  name(NameKind::tier, {"regular", "vip"});
  name(NameKind::impact, {"high"});
  name(NameKind::group, {"frontline", "experts"});
  name(NameKind::authority, {"may_freeze"});
  name(NameKind::reason, {"lunch"});
  pool.channels = {{chat, false, false, 20'000, 3},
                   {email, true, false, 600'000, 5},
                   {voice, false, true, 20'000, 1}};
  for (std::uint16_t band = 1; band <= 4; ++band) {
    pool.bands.push_back({BandNumber{band}, Order::oldest, 5, band == 1});
  }
  const auto add = [&](ClassNumber number, BandNumber band, CategoryNumber category) {
    ClassConfiguration of;
    of.number = number;
    of.band = band;
    pool.classes.push_back(of);
    pool.rules.push_back(ClassRule{{category}, {}, {}, {}, number});
    return &pool.classes.back();
  };
  pool.classes.reserve(8);
  add(accounts, live_band, account)->wrap_up_ms = 30'000;
  ClassConfiguration* theft_class = add(takeover, security_band, theft);
  theft_class->delivery = Delivery::give;
  theft_class->reply_within_ms = 15'000;
  theft_class->target_ms = 15'000;
  theft_class->scarce = true;
  theft_class->need = {{0, {{{NeedTerm::Kind::skill, false, security.value, 5}}}}};
  add(mails, later_band, mail)->delivery = Delivery::give;
  add(urgent, urgent_band, identity)->delivery = Delivery::give;
  add(asks, live_band, ask)->delivery = Delivery::give;
  pool.head_starts = {{vip, {}, 90'000}, {{}, high, 60'000}};
  pool.scarce_skills = {security};
  pool.misses_max = 2;
  return pool;
}

class Pool {
 public:
  explicit Pool(PoolConfiguration configuration = test_configuration()) {
    EXPECT_EQ(Refusal::none, configure(std::move(configuration)));
    session_ = SessionId::of_text("session");
    command::OpenSession open;
    open.session = session_;
    for (char letter : std::string_view("desk")) open.origin.push_back(letter);
    shell(open);
    events_.clear();
  }

  Refusal configure(PoolConfiguration configuration) {
    return shell(command::Configure{
                     std::make_shared<const PoolConfiguration>(std::move(configuration))})
        .refusal;
  }
  // As a command of the test's session.
  Outcome say(const Command& command) {
    ++number_;
    return apply(Record{next(), session_, number_, command});
  }
  // As the session's command of this number, whatever was last.
  Outcome say_as(std::uint64_t number, const Command& command) {
    return apply(Record{next(), session_, number, command});
  }
  // As the shell's own.
  Outcome shell(const Command& command) { return apply(Record{next(), {}, 0, command}); }
  // From now on this is told every decision, just before it takes effect.
  void explain_to(std::function<void(Explanation&&)> tell) { explaining_.tell = std::move(tell); }
  // Lets time pass, of which the next record is the first to know.
  void let_pass(std::int64_t ms) { now_ms_ += ms; }
  // Lets time pass and ticks once, or as often as work is left.
  void pass(std::int64_t ms) {
    let_pass(ms);
    do {
      shell(command::Tick{});
    } while (router_.next_deadline() && *router_.next_deadline() <= now_ms_);
  }

  Refusal define(std::string_view agent, std::vector<SkillLevel> skills = {},
                 std::vector<ChannelHold> holds = {}, GroupNumber group = {},
                 std::vector<AuthorityNumber> authorities = {}) {
    command::AgentDefinition definition;
    definition.agent = AgentId::of_text(agent);
    definition.group = group;
    for (const SkillLevel& skill : skills) definition.skills.push_back(skill);
    for (const ChannelHold& hold : holds) definition.holds.push_back(hold);
    for (AuthorityNumber authority : authorities) definition.authorities.push_back(authority);
    return say(command::DefineAgent{std::make_shared<const command::AgentDefinition>(definition)})
        .refusal;
  }
  Refusal sign_in(std::string_view agent) {
    return say(command::SignIn{AgentId::of_text(agent), Presence::available, 0}).refusal;
  }
  // On the roster and available.
  void on_duty(std::string_view agent, std::vector<SkillLevel> skills = {},
               std::vector<ChannelHold> holds = {}) {
    EXPECT_EQ(Refusal::none, define(agent, std::move(skills), std::move(holds)));
    EXPECT_EQ(Refusal::none, sign_in(agent));
    events_.clear();
  }
  command::Open opening(std::string_view conversation, CategoryNumber category,
                        ChannelNumber channel = test_name::chat) {
    command::Open open;
    open.conversation = ConversationId::of_text(conversation);
    open.category = category;
    open.channel = channel;
    return open;
  }
  Outcome open(std::string_view conversation, CategoryNumber category = test_name::account,
               ChannelNumber channel = test_name::chat) {
    return say(opening(conversation, category, channel));
  }
  Refusal accept(std::string_view conversation, std::string_view agent, std::uint64_t epoch = 0) {
    return say(command::Accept{ConversationId::of_text(conversation), AgentId::of_text(agent),
                               epoch})
        .refusal;
  }
  Refusal reject(std::string_view conversation, std::string_view agent) {
    return say(command::Reject{
                   ConversationId::of_text(conversation), AgentId::of_text(agent), 0, {}})
        .refusal;
  }
  Refusal replied(std::string_view conversation, std::string_view agent) {
    return say(command::Replied{ConversationId::of_text(conversation), AgentId::of_text(agent), 0})
        .refusal;
  }
  Refusal close(std::string_view conversation, std::string_view agent = "") {
    return say(command::Close{ConversationId::of_text(conversation), AgentId::of_text(agent), 0,
                              CloseOutcome::solved})
        .refusal;
  }
  Refusal abandon(std::string_view conversation) {
    return say(command::Abandon{ConversationId::of_text(conversation)}).refusal;
  }
  Refusal presence(std::string_view agent, Presence presence) {
    return say(command::SetPresence{AgentId::of_text(agent), presence, {}}).refusal;
  }
  Refusal transfer(std::string_view conversation, ClassNumber to) {
    return say(command::Transfer{ConversationId::of_text(conversation), 0, to, {}, {}}).refusal;
  }
  Refusal transfer(std::string_view conversation, std::string_view to) {
    return say(command::Transfer{
                   ConversationId::of_text(conversation), 0, {}, AgentId::of_text(to), {}})
        .refusal;
  }

  [[nodiscard]] ConversationView see(std::string_view conversation) const {
    const auto view = router_.conversation(ConversationId::of_text(conversation));
    return view.value_or(ConversationView{});
  }
  // Who has it: the assigned, holding or wrapping agent, or whoever it is offered to.
  [[nodiscard]] std::string with(std::string_view conversation) const {
    const ConversationView view = see(conversation);
    if (!view.agent.is_zero()) return text_of(view.agent);
    std::string offered;
    for (const AgentId& agent : view.offers)
      offered += (offered.empty() ? "" : "+") + text_of(agent);
    return offered;
  }
  [[nodiscard]] ConversationState state(std::string_view conversation) const {
    return see(conversation).state;
  }
  // The events since the last call, as words: "assigned a1 ana; waiting a2". What only warns
  // supervisors is told by warned().
  std::string told() {
    std::string words;
    for (const Event& event : events_) {
      if (warns(event.kind)) continue;
      if (!words.empty()) words += "; ";
      words += word_of(event.kind);
      if (!event.conversation.is_zero()) words += " " + text_of(event.conversation);
      if (!event.agent.is_zero()) words += " " + text_of(event.agent);
      if (!event.other_agent.is_zero()) words += " from " + text_of(event.other_agent);
    }
    events_.clear();
    return words;
  }
  // Of the same events, alarms with how many they are about, and targets at risk or missed:
  // "alarm 2; breached c1".
  [[nodiscard]] std::string warned() const {
    std::string words;
    for (const Event& event : events_) {
      if (!warns(event.kind)) continue;
      if (!words.empty()) words += "; ";
      if (event.kind == EventKind::alarm) words += "alarm " + std::to_string(event.count);
      if (event.kind == EventKind::at_risk) words += "at_risk " + text_of(event.conversation);
      if (event.kind == EventKind::breached) words += "breached " + text_of(event.conversation);
    }
    return words;
  }
  [[nodiscard]] const Events& events() const { return events_; }
  [[nodiscard]] Router& router() { return router_; }
  [[nodiscard]] const Router& router() const { return router_; }
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

 private:
  static bool warns(EventKind kind) {
    return kind == EventKind::alarm || kind == EventKind::at_risk || kind == EventKind::breached;
  }
  Stamp next() { return Stamp{++sequence_, now_ms_, 1'700'000'000'000 + now_ms_}; }
  Outcome apply(const Record& record) {
    const std::size_t told = events_.size();
    Outcome outcome = explaining_.tell ? router_.apply(record, events_, explaining_)
                                       : router_.apply(record, events_);
    for (std::size_t i = told; i < events_.size(); ++i) {
      EXPECT_EQ(++event_sequence_, events_[i].sequence) << "the output has a gap";
      EXPECT_EQ(record.stamp.sequence, events_[i].record);
    }
    EXPECT_TRUE(router_.indexes_agree()) << "after record " << record.stamp.sequence;
    return outcome;
  }

  Router router_;
  Explaining explaining_;
  Events events_;
  SessionId session_;
  std::uint64_t sequence_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t event_sequence_ = 0;
  std::int64_t now_ms_ = 0;
};

}  // namespace usher
