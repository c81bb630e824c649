// What the library makes of ids, names, commands and events: values in, values out.

#include <gtest/gtest.h>

#include <algorithm>

#include "client/decode.h"
#include "client/dictionary.h"
#include "client/encode.h"
#include "client/id.h"
#include "client/usherctl_commands.h"
#include "client/words.h"
#include "daemon/config_table.h"
#include "routing/limits.h"
#include "tests/client_fake.h"

namespace usher::client {
namespace {

// --- ids ---

TEST(IdTest, text_and_uuids_come_back_as_they_were) {
  for (const char* text :
       {"a", "c-17", "fifteen-bytes-x", "Größe", "6f1c2a3b-0001-4def-8abc-00112233aabb"}) {
    const auto id = Id::parse(text);
    ASSERT_TRUE(id.has_value()) << text;
    EXPECT_EQ(id->text(), text);
  }
}

TEST(IdTest, uuid_bytes_are_in_the_order_of_the_text) {
  const auto id = Id::parse("00010203-0405-0607-0809-0A0B0C0D0E0F");
  ASSERT_TRUE(id.has_value());
  for (std::uint8_t i = 0; i < 16; ++i) EXPECT_EQ(id->bytes[i], i);
}

TEST(IdTest, what_is_no_id_is_not_made_one) {
  for (const char* text :
       {"", "sixteen-bytes-xy", "two words", "tab\t", "6f1c2a3b-0001-4def-8abc-00112233aabg",
        "6f1c2a3b+0001-4def-8abc-00112233aabb", "00000000-0000-0000-0000-000000000000"}) {
    EXPECT_FALSE(Id::parse(text).has_value()) << text;
  }
}

TEST(IdTest, random_ids_differ_and_none_is_none) {
  EXPECT_NE(Id::random(), Id::random());
  EXPECT_TRUE(Id::random());
  EXPECT_FALSE(Id{});
  EXPECT_EQ(Id{}.text(), "-");
}

// --- names ---

TEST(DictionaryTest, a_wrong_name_is_answered_with_the_nearest_one) {
  Dictionary names;
  names.add(NameKind::category, 1, "takeover");
  names.add(NameKind::category, 2, "account");
  names.add(NameKind::channel, 1, "chat");
  EXPECT_EQ(names.find(NameKind::category, "account").number, 2);
  const auto lookup = names.find(NameKind::category, "takover");
  EXPECT_FALSE(lookup);
  EXPECT_EQ(lookup.problem, "unknown category \"takover\"; did you mean \"takeover\"?");
  EXPECT_EQ(names.find(NameKind::service_class, "x").problem,
            "unknown service class \"x\"; the pool has none");
}

TEST(DictionaryTest, what_is_not_near_is_not_suggested) {
  Dictionary names;
  names.add(NameKind::tier, 1, "vip");
  names.add(NameKind::tier, 2, "low");
  names.add(NameKind::skill, 1, "ko");
  EXPECT_EQ(names.find(NameKind::tier, "gold").problem,
            "unknown tier \"gold\"; the pool has low, vip");
  EXPECT_EQ(names.find(NameKind::tier, "x").problem, "unknown tier \"x\"; the pool has low, vip");
  EXPECT_EQ(names.find(NameKind::skill, "klingon", "language").problem,
            "unknown language \"klingon\"; the pool has ko");
  for (std::uint16_t i = 2; i < 20; ++i) names.add(NameKind::skill, i, "skill" + std::to_string(i));
  EXPECT_TRUE(names.find(NameKind::skill, "x").problem.ends_with("skill2 and 7 more"))
      << names.find(NameKind::skill, "x").problem;
}

// Who types learns of usherd's bounds before anything is sent.
TEST(CommandBoundsTest, are_those_of_usherd) {
  EXPECT_EQ(age_ms_max, static_cast<std::uint64_t>(limits::age_ms_max));
  EXPECT_EQ(delay_ms_max, static_cast<std::uint64_t>(limits::delay_ms_max));
  EXPECT_EQ(wrap_up_extension_ms_max, static_cast<std::uint64_t>(limits::wrap_up_extension_ms_max));
  EXPECT_EQ(pool_name_bytes_max, static_cast<std::size_t>(config::setting("server", "pool").high));
}

TEST(DictionaryTest, unknown_numbers_are_shown_as_numbers) {
  Dictionary names;
  names.add(NameKind::channel, 3, "chat");
  EXPECT_EQ(names.name(NameKind::channel, 3), "chat");
  EXPECT_EQ(names.name(NameKind::channel, 9), "#9");
  EXPECT_EQ(names.name(NameKind::channel, 0), "");
  EXPECT_EQ(names.last(NameKind::channel), 3);
}

// --- commands on the wire ---

class EncoderTest : public testing::Test {
 protected:
  // The only command of a batch, verified as usherd verifies it.
  template <class Body>
  const Body& written(const Command& command) {
    encoder.begin_batch();
    encoder.add(command);
    const auto bytes = encoder.finish_batch(id_of("session"), 7);
    frame.assign(bytes.begin(), bytes.end());
    flatbuffers::Verifier verifier(frame.data(), frame.size(), 8, 16);
    EXPECT_TRUE(wire::VerifyClientFrameBuffer(verifier));
    const auto* batch = wire::GetClientFrame(frame.data())->message_as_Batch();
    EXPECT_EQ(from_wire(batch->session()), id_of("session"));
    EXPECT_EQ(batch->number(), 7U);
    EXPECT_EQ(batch->commands()->size(), 1U);
    const auto* body = batch->commands()->Get(0)->body_as<Body>();
    EXPECT_NE(body, nullptr);
    return *body;
  }

  Encoder encoder;
  Frame frame;
};

TEST_F(EncoderTest, an_open_carries_every_field) {
  const auto& open = written<wire::Open>(Open{.conversation = id_of("c"),
                                              .customer = id_of("k"),
                                              .channel = 1,
                                              .category = 2,
                                              .impact = 3,
                                              .tier = 4,
                                              .language = 5,
                                              .age_ms = 6,
                                              .not_before_ms = 7,
                                              .required = {{8, 9}},
                                              .preferred = {{10, 1}, {11, 2}},
                                              .preferred_agent = id_of("ana"),
                                              .excluded = {id_of("bo"), id_of("chen")},
                                              .test = true});
  EXPECT_EQ(from_wire(open.conversation()), id_of("c"));
  EXPECT_EQ(from_wire(open.customer()), id_of("k"));
  EXPECT_EQ(open.channel(), 1);
  EXPECT_EQ(open.category(), 2);
  EXPECT_EQ(open.impact(), 3);
  EXPECT_EQ(open.tier(), 4);
  EXPECT_EQ(open.language(), 5);
  EXPECT_EQ(open.age_ms(), 6U);
  EXPECT_EQ(open.not_before_ms(), 7U);
  EXPECT_EQ(open.required()->Get(0)->skill(), 8);
  EXPECT_EQ(open.required()->Get(0)->level(), 9);
  EXPECT_EQ(open.preferred()->size(), 2U);
  EXPECT_EQ(from_wire(open.preferred_agent()), id_of("ana"));
  EXPECT_EQ(from_wire(open.excluded()->Get(1)), id_of("chen"));
  EXPECT_TRUE(open.test());
}

TEST_F(EncoderTest, an_update_carries_every_field) {
  const auto& update = written<wire::Update>(Update{.conversation = id_of("c"),
                                                    .fields = 511,
                                                    .category = 2,
                                                    .impact = 3,
                                                    .tier = 4,
                                                    .language = 5,
                                                    .required = {{8, 9}},
                                                    .preferred = {{10, 1}},
                                                    .preferred_agent = id_of("ana"),
                                                    .excluded = {id_of("bo")},
                                                    .customer = id_of("k"),
                                                    .reason = 6});
  EXPECT_EQ(update.fields(), 511);
  EXPECT_EQ(update.category(), 2);
  EXPECT_EQ(update.impact(), 3);
  EXPECT_EQ(update.tier(), 4);
  EXPECT_EQ(update.language(), 5);
  EXPECT_EQ(update.required()->size(), 1U);
  EXPECT_EQ(update.preferred()->size(), 1U);
  EXPECT_EQ(from_wire(update.preferred_agent()), id_of("ana"));
  EXPECT_EQ(update.excluded()->size(), 1U);
  EXPECT_EQ(from_wire(update.customer()), id_of("k"));
  EXPECT_EQ(update.reason(), 6);
}

TEST_F(EncoderTest, what_front_ends_say_carries_every_field) {
  EXPECT_EQ(from_wire(written<wire::CustomerWrote>(CustomerWrote{id_of("c")}).conversation()),
            id_of("c"));
  EXPECT_EQ(from_wire(written<wire::Abandon>(Abandon{id_of("c")}).conversation()), id_of("c"));
  EXPECT_EQ(from_wire(written<wire::Reopen>(Reopen{id_of("c")}).conversation()), id_of("c"));
  EXPECT_EQ(written<wire::Rate>(Rate{id_of("c"), 4}).score(), 4);
  const auto& close = written<wire::Close>(Close{id_of("c"), id_of("ana"), 9, CloseOutcome::spam});
  EXPECT_EQ(from_wire(close.agent()), id_of("ana"));
  EXPECT_EQ(close.epoch(), 9U);
  EXPECT_EQ(close.outcome(), CloseOutcome::spam);
  const auto& transfer = written<wire::Transfer>(Transfer{id_of("c"), 9, 3, {}, 2});
  EXPECT_EQ(transfer.epoch(), 9U);
  EXPECT_EQ(transfer.to_class(), 3);
  EXPECT_EQ(transfer.to_agent(), nullptr) << "none is left out";
  EXPECT_EQ(transfer.reason(), 2);
  const auto& escalate = written<wire::Escalate>(Escalate{id_of("c"), 9, 2});
  EXPECT_EQ(escalate.epoch(), 9U);
  EXPECT_EQ(escalate.reason(), 2);
}

template <class Body>
void expect_pair(const Body& body) {
  EXPECT_EQ(from_wire(body.conversation()), id_of("c"));
  EXPECT_EQ(from_wire(body.agent()), id_of("ana"));
  if constexpr (requires { body.epoch(); }) {
    EXPECT_EQ(body.epoch(), 9U);
  }
  if constexpr (requires { body.reason(); }) {
    EXPECT_EQ(body.reason(), 2);
  }
  if constexpr (requires { body.for_ms(); }) {
    EXPECT_EQ(body.for_ms(), 600U);
  }
  if constexpr (requires { body.by_ms(); }) {
    EXPECT_EQ(body.by_ms(), 300U);
  }
}

TEST_F(EncoderTest, what_desks_say_carries_every_field) {
  const Id c = id_of("c");
  const Id ana = id_of("ana");
  expect_pair(written<wire::Accept>(Accept{c, ana, 9}));
  expect_pair(written<wire::Reject>(Reject{c, ana, 9, 2}));
  expect_pair(written<wire::Pick>(Pick{c, ana, 9}));
  expect_pair(written<wire::Replied>(Replied{c, ana, 9}));
  expect_pair(written<wire::Hold>(Hold{c, ana, 9, 600}));
  expect_pair(written<wire::Resume>(Resume{c, ana, 9}));
  expect_pair(written<wire::Release>(Release{c, ana, 9, 2}));
  expect_pair(written<wire::FinishWrapUp>(FinishWrapUp{c, ana}));
  expect_pair(written<wire::ExtendWrapUp>(ExtendWrapUp{c, ana, 300}));
  const auto& in = written<wire::SignIn>(SignIn{ana, Presence::away, {1, 4}});
  EXPECT_EQ(from_wire(in.agent()), ana);
  EXPECT_EQ(in.presence(), Presence::away);
  EXPECT_EQ(in.channels()->Get(1), 4);
  const auto& presence = written<wire::SetPresence>(SetPresence{ana, Presence::draining, 2});
  EXPECT_EQ(presence.presence(), Presence::draining);
  EXPECT_EQ(presence.reason(), 2);
  EXPECT_EQ(from_wire(written<wire::SignOff>(SignOff{ana}).agent()), ana);
}

TEST_F(EncoderTest, what_operators_say_carries_every_field) {
  const Id ana = id_of("ana");
  const auto& define = written<wire::DefineAgent>(DefineAgent{.agent = ana,
                                                              .group = 3,
                                                              .level = 4,
                                                              .share_percent = 50,
                                                              .kind = AgentKind::bot,
                                                              .skills = {{1, 2}},
                                                              .authorities = {7, 8},
                                                              .holds = {{1, 200}},
                                                              .shifts = {{480, 960}}});
  EXPECT_EQ(from_wire(define.agent()), ana);
  EXPECT_EQ(define.group(), 3);
  EXPECT_EQ(define.level(), 4);
  EXPECT_EQ(define.share_percent(), 50);
  EXPECT_EQ(define.kind(), AgentKind::bot);
  EXPECT_EQ(define.skills()->Get(0)->level(), 2);
  EXPECT_EQ(define.authorities()->Get(1), 8);
  EXPECT_EQ(define.holds()->Get(0)->count(), 200);
  EXPECT_EQ(define.shifts()->Get(0)->from_minute(), 480);
  EXPECT_EQ(define.shifts()->Get(0)->to_minute(), 960);
  EXPECT_EQ(from_wire(written<wire::RemoveAgent>(RemoveAgent{ana}).agent()), ana);
  const auto& scope = written<wire::SetScope>(SetScope{Scope::group, ScopeState::paused, 5, ana});
  EXPECT_EQ(scope.scope(), Scope::group);
  EXPECT_EQ(scope.state(), ScopeState::paused);
  EXPECT_EQ(scope.number(), 5);
  const auto& move = written<wire::MoveAll>(MoveAll{1, 2, 30});
  EXPECT_EQ(move.from_class(), 1);
  EXPECT_EQ(move.to_class(), 2);
  EXPECT_EQ(move.count_max(), 30U);
  const auto& mode = written<wire::SetMode>(SetMode{6, 90});
  EXPECT_EQ(mode.mode(), 6);
  EXPECT_EQ(mode.for_ms(), 90U);
}

// --- frames at any alignment ---

TEST(DecoderTest, an_event_keeps_every_field_at_any_alignment) {
  Event event;
  event.sequence = 1;
  event.record = 2;
  event.pool_ms = 3;
  event.wall_ms = 4;
  event.kind = EventKind::wrapping;
  event.cause = Cause::released;
  event.state = ConversationState::held;
  event.presence = Presence::draining;
  event.outcome = CloseOutcome::spam;
  event.score = 5;
  event.test = true;
  event.over = true;
  event.conversation = id_of("c");
  event.agent = id_of("ana");
  event.other_agent = id_of("bo");
  event.customer = id_of("k");
  event.epoch = 6;
  event.service_class = 7;
  event.band = 8;
  event.channel = 9;
  event.origin = 10;
  event.agent_origin = 11;
  event.other_origin = 12;
  event.reason = 13;
  event.language = 14;
  event.tier = 15;
  event.previous = 16;
  event.agent_previous = 17;
  event.other_previous = 18;
  event.waited_ms = 19;
  event.due_ms = 20;
  event.count = 21;
  event.scope = Scope::group;
  event.scope_state = ScopeState::paused;
  FlatBuffer builder;
  const auto written = write_events(builder, std::vector{event});
  const Frame frame = server_frame(builder, wire::CreateDirected(builder, 30, 31, written));
  Decoder decoder;
  Frame shifted(frame.size() + 8);
  for (std::size_t offset = 0; offset < 8; ++offset) {
    std::copy(frame.begin(), frame.end(), shifted.begin() + static_cast<std::ptrdiff_t>(offset));
    const auto decoded = decoder.server_frame({shifted.data() + offset, frame.size()});
    const auto* directed = std::get_if<DirectedFrame>(&decoded);
    ASSERT_NE(directed, nullptr);
    EXPECT_EQ(directed->incarnation, 30U);
    EXPECT_EQ(directed->term, 31U);
    ASSERT_EQ(directed->events.size(), 1U);
    EXPECT_EQ(directed->events[0], event);
  }
}

TEST(DecoderTest, a_frame_cut_anywhere_is_unreadable) {
  FlatBuffer builder;
  const auto written = write_events(builder, std::vector<Event>(3));
  const Frame frame = server_frame(builder, wire::CreateDirected(builder, 30, 31, written));
  Decoder decoder;
  for (std::size_t length = 0; length < frame.size(); ++length) {
    const Frame cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_TRUE(std::holds_alternative<Unreadable>(decoder.server_frame(cut))) << length;
  }
}

TEST(DecoderTest, text_of_the_network_has_no_control_characters) {
  FlatBuffer builder;
  const auto text = builder.CreateString("\033[31mred\n");
  const Frame frame =
      server_frame(builder, wire::CreateFrameRefused(builder, wire::Refusal::busy, 0, text));
  const auto decoded = Decoder().server_frame(frame);
  EXPECT_EQ(std::get<RefusedFrame>(decoded).text, " [31mred ");
}

// --- words ---

TEST(WordsTest, durations) {
  const std::pair<std::int64_t, const char*> cases[] = {
      {-5, "0 s"},           {0, "0 s"},
      {50, "0 s"},           {340, "0.3 s"},
      {9'990, "9.9 s"},      {12'345, "12 s"},
      {59'999, "59 s"},      {185'000, "3m 05s"},
      {7'800'000, "2h 10m"}, {356'400'000, "4d 03h"}};
  for (const auto& [ms, words] : cases) EXPECT_EQ(duration_words(ms), words) << ms;
}

class SentenceTest : public testing::Test {
 protected:
  SentenceTest() {
    names.add(NameKind::channel, 1, "chat");
    names.add(NameKind::service_class, 1, "account");
    names.add(NameKind::band, 3, "live");
    names.add(NameKind::origin, 1, "web-chat");
    names.add(NameKind::reason, 1, "wrong_skill");
    event.conversation = id_of("c-1");
    event.channel = 1;
    event.service_class = 1;
    event.band = 3;
    event.origin = 1;
  }
  std::string told(EventKind kind, Cause cause = Cause::command) {
    event.kind = kind;
    event.cause = cause;
    return sentence(event, names);
  }

  Dictionary names;
  Event event;
};

TEST_F(SentenceTest, a_supervisor_understands) {
  EXPECT_EQ(told(EventKind::opened), "chat opened by web-chat: class account, band live");
  EXPECT_EQ(told(EventKind::customer_wrote), "the customer wrote");
  event.agent = id_of("ana");
  event.pool_ms = 1'000;
  event.due_ms = 21'000;
  EXPECT_EQ(told(EventKind::offered), "offered to ana, 20 s to accept");
  EXPECT_EQ(told(EventKind::assigned, Cause::given), "given to ana, 20 s to reply");
  EXPECT_EQ(told(EventKind::wrapping), "over; ana wraps up, 20 s");
  event.due_ms = 0;
  EXPECT_EQ(told(EventKind::assigned, Cause::accepted), "accepted by ana");
  EXPECT_EQ(told(EventKind::held), "held by ana, until the customer writes");
  event.count = 1;
  EXPECT_EQ(told(EventKind::replied), "first reply by ana");
  event.count = 2;
  EXPECT_EQ(told(EventKind::replied), "reply by ana");
}

TEST_F(SentenceTest, who_lost_it_and_why_is_said) {
  event.other_agent = id_of("ana");
  event.reason = 1;
  EXPECT_EQ(told(EventKind::waiting, Cause::released),
            "waits in account again: ana gave it back (wrong_skill)");
  EXPECT_EQ(told(EventKind::waiting, Cause::silent),
            "waits in account again: ana did not reply in time");
  EXPECT_EQ(told(EventKind::offer_ended, Cause::lapsed), "ana did not accept in time");
  EXPECT_EQ(told(EventKind::offer_ended, Cause::taken_by_another),
            "offer to ana ended: somebody else was quicker");
}

TEST_F(SentenceTest, hours_modes_and_alarms_are_told) {
  names.add(NameKind::mode, 2, "listing");
  EXPECT_EQ(told(EventKind::deferred, Cause::hours), "put off until account opens");
  EXPECT_EQ(told(EventKind::waiting, Cause::hours), "waits in account: because of opening hours");
  EXPECT_EQ(told(EventKind::waiting, Cause::overflow),
            "waits in account: it could not wait where it was");
  event.pool_ms = 1'000;
  event.due_ms = 1'801'000;
  EXPECT_EQ(told(EventKind::deferred, Cause::overflow),
            "put off: too much waits, 30m 00s from now");
  event.conversation = {};
  event.agent = id_of("ana");
  EXPECT_EQ(told(EventKind::agent_signed_off, Cause::hours), "ana signed off: the shift is over");
  event.count = 2;
  event.wall_ms = 1'700'000'000'000;
  const std::string until = clock_words(event.wall_ms + 1'800'000, false).substr(0, 5);
  EXPECT_EQ(told(EventKind::mode_changed, Cause::operator_order), "mode listing until " + until);
  event.due_ms = 0;
  EXPECT_EQ(told(EventKind::mode_changed, Cause::operator_order), "mode listing");
  EXPECT_EQ(told(EventKind::alarm, Cause::nobody_ever),
            "alarm: nobody on the roster could take 2 conversations of class account");
  event.count = 1;
  EXPECT_EQ(told(EventKind::alarm, Cause::nobody_on_duty),
            "alarm: nobody on duty could take 1 conversation of class account");
  event.count = 0;
  EXPECT_EQ(told(EventKind::mode_changed, Cause::operator_order), "back to normal");
  EXPECT_EQ(told(EventKind::mode_changed, Cause::due), "back to normal: the mode's time is over");
  EXPECT_EQ(told(EventKind::alarm, Cause::nobody_on_duty),
            "alarm over: somebody on duty can take what waits in class account");
}

TEST_F(SentenceTest, no_kind_and_no_cause_is_without_words) {
  for (const auto kind : wire::EnumValuesEventKind()) {
    for (const auto cause : wire::EnumValuesCause()) EXPECT_FALSE(told(kind, cause).empty());
  }
  // Of a usherd that is newer than this library.
  EXPECT_EQ(told(static_cast<EventKind>(200)), "#200");
}

TEST(RefusalTest, every_refusal_has_words) {
  for (const auto refusal : wire::EnumValuesRefusal()) {
    if (refusal == wire::Refusal::none) continue;
    EXPECT_FALSE(refusal_words(refusal).empty()) << wire::EnumNameRefusal(refusal);
  }
  EXPECT_EQ(refusal_name(static_cast<wire::Refusal>(200)), "refusal #200");
}

}  // namespace
}  // namespace usher::client
