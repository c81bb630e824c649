#include "daemon/decode.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "tests/frames.h"
#include "tests/samples.h"

namespace usher {
namespace {

using frames::FlatBufferBuilder;
using samples::ann;
using samples::bob;
using samples::conversation;
using samples::session;
using Writes = std::function<frames::Offset<wire::Command>(FlatBufferBuilder&)>;

constexpr std::int64_t days_30 = 2'592'000'000;
constexpr std::int64_t beyond_int64 = -1;  // as the wire's unsigned 2^64 - 1

// --- a small language: what the decoder makes of one command ---

// Writes a command that the nouns can say.
Writes says(const Command& command) {
  return [command](FlatBufferBuilder& fbb) { return frames::write_command(fbb, command); };
}
template <class T, class Change>
Writes says(T command, Change change) {
  change(command);
  return says(Command(command));
}
// Writes one that they cannot.
template <class WriteBody>
Writes writes(WriteBody write_body) {
  return [write_body](FlatBufferBuilder& fbb) { return frames::command_of(fbb, write_body(fbb)); };
}

std::vector<Command> decoded_all(const std::vector<Writes>& all) {
  FlatBufferBuilder fbb;
  std::vector<frames::Offset<wire::Command>> commands;
  for (const Writes& write : all) commands.push_back(write(fbb));
  auto result = Decoder().client_frame(frames::batch_frame(fbb, session, 1, commands));
  if (const auto* wrong = std::get_if<Malformed>(&result)) {
    ADD_FAILURE() << wrong->text;
    return {};
  }
  return std::get<Batch>(std::get<ClientMessage>(result)).commands;
}
Command decoded(const Writes& write) { return decoded_all({write}).at(0); }
Refusal refusal(const Writes& write) {
  const Command command = decoded(write);
  const auto* refused = std::get_if<command::Refused>(&command);
  return refused == nullptr ? Refusal::none : refused->reason;
}

template <class Message>
Malformed malformed(const Message& message) {
  auto result = Decoder().client_frame(frames::encode(message));
  if (auto* wrong = std::get_if<Malformed>(&result)) return *wrong;
  ADD_FAILURE() << "was understood";
  return {Refusal::none, ""};
}

// --- what makes sense arrives as it was said ---

TEST(decode, every_field_of_an_open_arrives_in_its_place) {
  const wire::Id one(1, 0), two(2, 0), three(3, 0), four(4, 0);
  const auto command = decoded(writes([&](FlatBufferBuilder& fbb) {
    const auto required =
        fbb.CreateVectorOfStructs(std::vector<wire::SkillLevel>{{11, 1}, {12, 10}});
    const auto preferred = fbb.CreateVectorOfStructs(std::vector<wire::SkillLevel>{{13, 3}});
    const auto excluded = fbb.CreateVectorOfStructs(std::vector<wire::Id>{four});
    return wire::CreateOpen(fbb, &one, &two, 5, 6, 7, 8, 9, days_30, 10, required, preferred,
                            &three, excluded, true);
  }));
  const auto& open = std::get<command::Open>(command);
  EXPECT_EQ(open.conversation.bytes[0], 1);
  EXPECT_EQ(open.customer.bytes[0], 2);
  EXPECT_EQ(open.preferred_agent.bytes[0], 3);
  EXPECT_EQ(open.channel.value, 5);
  EXPECT_EQ(open.category.value, 6);
  EXPECT_EQ(open.impact.value, 7);
  EXPECT_EQ(open.tier.value, 8);
  EXPECT_EQ(open.language.value, 9);
  EXPECT_EQ(open.age_ms, days_30);
  EXPECT_EQ(open.not_before_ms, 10);
  EXPECT_TRUE(open.test);
  ASSERT_EQ(open.required.size(), 2);
  EXPECT_EQ(open.required[1], (SkillLevel{{12}, 10}));
  ASSERT_EQ(open.preferred.size(), 1);
  EXPECT_EQ(open.preferred[0], (SkillLevel{{13}, 3}));
  ASSERT_EQ(open.excluded.size(), 1);
  EXPECT_EQ(open.excluded[0].bytes[0], 4);
}

TEST(decode, an_agents_definition_arrives_in_its_place) {
  const wire::Id one(1, 0);
  const auto command = decoded(writes([&](FlatBufferBuilder& fbb) {
    const auto skills = fbb.CreateVectorOfStructs(std::vector<wire::SkillLevel>{{11, 1}, {12, 10}});
    const auto authorities = fbb.CreateVector(std::vector<std::uint16_t>{13, 14});
    const auto holds = fbb.CreateVectorOfStructs(std::vector<wire::ChannelHold>{{15, 1000}});
    const auto shifts = fbb.CreateVectorOfStructs(std::vector<wire::Shift>{{480, 960}, {10079, 0}});
    return wire::CreateDefineAgent(fbb, &one, 2, 9, 100, wire::AgentKind::bot, skills, authorities,
                                   holds, shifts);
  }));
  const auto& agent = *std::get<command::DefineAgent>(command).definition;
  EXPECT_EQ(agent.agent.bytes[0], 1);
  EXPECT_EQ(agent.group.value, 2);
  EXPECT_EQ(agent.level, 9);
  EXPECT_EQ(agent.share_percent, 100);
  EXPECT_EQ(agent.kind, AgentKind::bot);
  ASSERT_EQ(agent.skills.size(), 2);
  EXPECT_EQ(agent.skills[0], (SkillLevel{{11}, 1}));
  ASSERT_EQ(agent.authorities.size(), 2);
  EXPECT_EQ(agent.authorities[1].value, 14);
  ASSERT_EQ(agent.holds.size(), 1);
  EXPECT_EQ(agent.holds[0], (ChannelHold{{15}, 1000}));
  ASSERT_EQ(agent.shifts.size(), 2);
  EXPECT_EQ(agent.shifts[0], (command::Shift{480, 960}));
  EXPECT_EQ(agent.shifts[1], (command::Shift{10079, 0}));
}

TEST(decode, an_update_carries_only_the_fields_that_count) {
  const auto command = decoded(says(samples::update(), [](command::Update& it) {
    it.fields = command::Update::tier_field | command::Update::excluded_field;
  }));
  const auto& update = std::get<command::Update>(command);
  EXPECT_EQ(update.tier.value, 23);
  EXPECT_EQ(update.reason.value, 25);
  EXPECT_EQ(update.excluded.size(), 1);
  EXPECT_FALSE(update.category || update.impact || update.language);
  EXPECT_TRUE(update.customer.is_zero() && update.preferred_agent.is_zero());
  EXPECT_TRUE(update.required.empty() && update.preferred.empty());
}

TEST(decode, channels_become_bits) {
  const wire::Id one(1, 0);
  const auto command = decoded(writes([&](FlatBufferBuilder& fbb) {
    const auto channels = fbb.CreateVector(std::vector<std::uint16_t>{16, 1, 3});
    return wire::CreateSignIn(fbb, &one, wire::Presence::available, channels);
  }));
  EXPECT_EQ(std::get<command::SignIn>(command).channels, 0b1000'0000'0000'0101);
}

TEST(decode, a_bad_command_keeps_its_place_among_good_ones) {
  const auto commands = decoded_all({says(command::Abandon{conversation}), says(command::Abandon{}),
                                     says(command::Reopen{conversation})});
  ASSERT_EQ(commands.size(), 3);
  EXPECT_TRUE(std::holds_alternative<command::Abandon>(commands[0]));
  EXPECT_EQ(std::get<command::Refused>(commands[1]).reason, Refusal::id_zero);
  EXPECT_TRUE(std::holds_alternative<command::Reopen>(commands[2]));
}

TEST(decode, what_may_be_left_out_may_be_left_out) {
  const wire::Id one(1, 0);
  const Writes all[] = {
      writes([&](FlatBufferBuilder& fbb) { return wire::CreateOpen(fbb, &one); }),
      writes([&](FlatBufferBuilder& fbb) { return wire::CreateUpdate(fbb, &one); }),
      writes([&](FlatBufferBuilder& fbb) { return wire::CreateClose(fbb, &one); }),
      writes([&](FlatBufferBuilder& fbb) { return wire::CreateHold(fbb, &one, &one); }),
      writes([&](FlatBufferBuilder& fbb) {
        return wire::CreateSignIn(fbb, &one, wire::Presence::available);
      }),
      writes([&](FlatBufferBuilder& fbb) { return wire::CreateSetMode(fbb); }),
      writes([&](FlatBufferBuilder& fbb) {
        return wire::CreateSetScope(fbb, wire::Scope::pool, wire::ScopeState::open);
      }),
  };
  for (std::size_t i = 0; i < std::size(all); ++i) {
    EXPECT_EQ(refusal(all[i]), Refusal::none) << "row " << i;
  }
}

// --- what makes none is refused in its place, with the reason ---

TEST(decode, an_id_of_zero_is_refused_wherever_one_is_needed) {
  for (const Command& whole : samples::every_command()) {
    std::visit(
        [&](const auto& sample) {
          auto without = sample;
          if constexpr (requires { without.conversation = {}; }) {
            without.conversation = {};
            EXPECT_EQ(refusal(says(without)), Refusal::id_zero) << "kind " << whole.index();
          }
          // An agent may be left out where anybody may close, and of a scope that is no agent.
          constexpr bool may_lack = std::is_same_v<decltype(without), command::Close> ||
                                    std::is_same_v<decltype(without), command::SetScope>;
          if constexpr (requires { without.agent = {}; } && !may_lack) {
            without = sample;
            without.agent = {};
            EXPECT_EQ(refusal(says(without)), Refusal::id_zero) << "kind " << whole.index();
          }
        },
        whole);
  }
}

TEST(decode, an_id_written_as_zeros_is_no_id) {
  const wire::Id zero;
  const wire::Id one(1, 0);
  const auto accept = [](const wire::Id& which, const wire::Id& who) {
    return writes([&](FlatBufferBuilder& fbb) { return wire::CreateAccept(fbb, &which, &who, 1); });
  };
  EXPECT_EQ(refusal(accept(one, one)), Refusal::none);
  EXPECT_EQ(refusal(accept(zero, one)), Refusal::id_zero);
  EXPECT_EQ(refusal(accept(one, zero)), Refusal::id_zero);
}

struct Row {
  const char* fact;
  Refusal reason;
  Writes command;
};

void expect_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(static_cast<int>(refusal(row.command)), static_cast<int>(row.reason)) << row.fact;
  }
}

TEST(decode, numbers_out_of_range_are_refused) {
  using namespace command;
  const auto bad = Refusal::out_of_range;
  const auto good = Refusal::none;
  expect_rows({
      {"30 days", good, says(samples::open(), [](Open& it) { it.age_ms = days_30; })},
      {"over 30 days", bad, says(samples::open(), [](Open& it) { it.age_ms = days_30 + 1; })},
      {"an age beyond int64", bad,
       says(samples::open(), [](Open& it) { it.age_ms = beyond_int64; })},
      {"a delay", bad, says(samples::open(), [](Open& it) { it.not_before_ms = days_30 + 1; })},
      {"channel 16", good, says(samples::open(), [](Open& it) { it.channel = {16}; })},
      {"channel 17", bad, says(samples::open(), [](Open& it) { it.channel = {17}; })},
      {"category 4,096", good, says(samples::open(), [](Open& it) { it.category = {4096}; })},
      {"category 4,097", bad, says(samples::open(), [](Open& it) { it.category = {4097}; })},
      {"impact", bad, says(samples::open(), [](Open& it) { it.impact = {4097}; })},
      {"tier", bad, says(samples::open(), [](Open& it) { it.tier = {4097}; })},
      {"language", bad, says(samples::open(), [](Open& it) { it.language = {65535}; })},
      {"level 10", good, says(samples::open(), [](Open& it) { it.required[0].level = 10; })},
      {"level 11", bad, says(samples::open(), [](Open& it) { it.required[0].level = 11; })},
      {"level 0", bad, says(samples::open(), [](Open& it) { it.preferred[0].level = 0; })},
      {"skill 0", bad, says(samples::open(), [](Open& it) { it.required[1].skill = {0}; })},
      {"skill 4,097", bad, says(samples::open(), [](Open& it) { it.required[1].skill = {4097}; })},
      {"no such field", bad, says(samples::update(), [](Update& it) { it.fields = 512; })},
      {"reason", bad, says(samples::update(), [](Update& it) { it.reason = {4097}; })},
      {"score 0", bad, says(Rate{conversation, 0})},
      {"score 1", good, says(Rate{conversation, 1})},
      {"score 6", bad, says(Rate{conversation, 6})},
      {"30 days of hold", good, says(Hold{conversation, ann, 0, days_30})},
      {"a hold", bad, says(Hold{conversation, ann, 0, days_30 + 1})},
      {"a hold beyond int64", bad, says(Hold{conversation, ann, 0, beyond_int64})},
      {"an hour", good, says(ExtendWrapUp{conversation, ann, 3'600'000})},
      {"over an hour", bad, says(ExtendWrapUp{conversation, ann, 3'600'001})},
      {"class", bad, says(Transfer{conversation, 0, {4097}, {}, {}})},
      {"reject's reason", bad, says(Reject{conversation, ann, 0, {4097}})},
      {"release's reason", bad, says(Release{conversation, ann, 0, {4097}})},
      {"escalate's reason", bad, says(Escalate{conversation, 0, {4097}})},
      {"presence's reason", bad, says(SetPresence{ann, Presence::away, {4097}})},
      {"from no class", bad, says(MoveAll{{0}, {1}, 0})},
      {"to no class", bad, says(MoveAll{{1}, {0}, 0})},
      {"mode", bad, says(SetMode{{4097}, 0})},
      {"mode beyond int64", bad, says(SetMode{{1}, beyond_int64})},
      {"scope's number", bad, says(SetScope{Scope::group, ScopeState::open, 4097, {}})},
  });
}

TEST(decode, unknown_enums_are_refused) {
  using namespace command;
  const auto bad = Refusal::out_of_range;
  const auto unknown = Presence(6);
  expect_rows({
      {"outcome 6", bad, says(Close{conversation, ann, 0, CloseOutcome(6)})},
      {"outcome 255", bad, says(Close{conversation, ann, 0, CloseOutcome(255)})},
      {"sign in unknown", bad, says(SignIn{ann, unknown, 0})},
      {"sign in as nothing", bad, says(SignIn{ann, Presence::none, 0})},
      {"sign in offline", bad, says(SignIn{ann, Presence::offline, 0})},
      {"presence unknown", bad, says(SetPresence{ann, unknown, {}})},
      {"presence none", bad, says(SetPresence{ann, Presence::none, {}})},
      {"not_responding", bad, says(SetPresence{ann, Presence::not_responding, {}})},
      {"offline", Refusal::none, says(SetPresence{ann, Presence::offline, {}})},
      {"scope 5", bad, says(SetScope{Scope(5), ScopeState::open, 0, {}})},
      {"no scope", bad, says(SetScope{Scope::none, ScopeState::open, 0, {}})},
      {"scope state 4", bad, says(SetScope{Scope::pool, ScopeState(4), 0, {}})},
      {"no scope state", bad, says(SetScope{Scope::pool, ScopeState::none, 0, {}})},
  });
}

TEST(decode, contradictions_are_refused) {
  using namespace command;
  expect_rows({
      {"to class and agent", Refusal::malformed, says(Transfer{conversation, 0, {1}, bob, {}})},
      {"to neither", Refusal::malformed, says(Transfer{conversation, 0, {}, {}, {}})},
      {"a class without number", Refusal::malformed,
       says(SetScope{Scope::service_class, ScopeState::open, 0, {}})},
      {"a pool with a number", Refusal::malformed,
       says(SetScope{Scope::pool, ScopeState::open, 5, {}})},
      {"a group with an agent", Refusal::malformed,
       says(SetScope{Scope::group, ScopeState::open, 5, ann})},
      {"no agent", Refusal::id_zero, says(SetScope{Scope::agent, ScopeState::open, 0, {}})},
      {"a skill twice", Refusal::conflict,
       says(samples::open(),
            [](Open& it) {
              it.required.push_back({{6}, 1});
            })},
      {"a preference twice", Refusal::conflict,
       says(samples::open(),
            [](Open& it) {
              it.preferred.push_back({{10}, 1});
            })},
      {"an agent twice", Refusal::conflict,
       says(samples::open(), [](Open& it) { it.excluded.push_back(bob); })},
      {"nobody excluded", Refusal::id_zero,
       says(samples::open(), [](Open& it) { it.excluded.push_back({}); })},
  });
}

Writes defines(std::function<void(command::AgentDefinition&)> change) {
  auto agent = *samples::define_agent().definition;
  change(agent);
  return says(command::DefineAgent{std::make_shared<const command::AgentDefinition>(agent)});
}

TEST(decode, definitions_of_agents_are_checked) {
  using Agent = command::AgentDefinition;
  const auto bad = Refusal::out_of_range;
  expect_rows({
      {"nobody", Refusal::id_zero, defines([](Agent& it) { it.agent = {}; })},
      {"group", bad, defines([](Agent& it) { it.group = {4097}; })},
      {"level 0", bad, defines([](Agent& it) { it.level = 0; })},
      {"level 9", Refusal::none, defines([](Agent& it) { it.level = 9; })},
      {"level 10", bad, defines([](Agent& it) { it.level = 10; })},
      {"share 0", bad, defines([](Agent& it) { it.share_percent = 0; })},
      {"share 101", bad, defines([](Agent& it) { it.share_percent = 101; })},
      {"kind", bad, defines([](Agent& it) { it.kind = AgentKind(2); })},
      {"skill's level", bad, defines([](Agent& it) { it.skills[0].level = 11; })},
      {"authority 0", bad, defines([](Agent& it) { it.authorities[0] = {0}; })},
      {"authority", bad, defines([](Agent& it) { it.authorities[0] = {4097}; })},
      {"channel 0", bad, defines([](Agent& it) { it.holds[0].channel = {0}; })},
      {"channel 17", bad, defines([](Agent& it) { it.holds[0].channel = {17}; })},
      {"holds nothing", bad, defines([](Agent& it) { it.holds[0].count = 0; })},
      {"holds 1,001", bad, defines([](Agent& it) { it.holds[0].count = 1001; })},
      {"a shift of minute 10,080", bad, defines([](Agent& it) {
         it.shifts.push_back({10'080, 0});
       })},
      {"a shift to minute 10,080", bad, defines([](Agent& it) {
         it.shifts.push_back({0, 10'080});
       })},
      {"a shift twice", Refusal::conflict, defines([](Agent& it) {
         it.shifts.push_back({1, 2});
         it.shifts.push_back({1, 2});
       })},
      {"skill twice", Refusal::conflict, defines([](Agent& it) { it.skills[1].skill = {32}; })},
      {"authority twice", Refusal::conflict, defines([](Agent& it) { it.authorities[1] = {34}; })},
      {"channel twice", Refusal::conflict, defines([](Agent& it) { it.holds[1].channel = {1}; })},
  });
}

std::vector<wire::SkillLevel> many_skills(std::uint16_t count) {
  std::vector<wire::SkillLevel> skills;
  for (std::uint16_t i = 1; i <= count; ++i) skills.emplace_back(i, std::uint8_t{1});
  return skills;
}

TEST(decode, lists_are_bounded) {
  const wire::Id one(1, 0);
  const auto open = [&](std::uint16_t required, std::uint16_t preferred, std::uint64_t excluded) {
    return writes([=](FlatBufferBuilder& fbb) {
      const auto r = fbb.CreateVectorOfStructs(many_skills(required));
      const auto p = fbb.CreateVectorOfStructs(many_skills(preferred));
      std::vector<wire::Id> agents;
      for (std::uint64_t i = 1; i <= excluded; ++i) agents.emplace_back(i, i);
      const auto e = fbb.CreateVectorOfStructs(agents);
      return wire::CreateOpen(fbb, &one, nullptr, 1, 1, 1, 1, 1, 0, 0, r, p, nullptr, e);
    });
  };
  const auto agent = [&](std::uint16_t skills, std::uint16_t authorities, std::uint16_t holds,
                         std::uint16_t shifts = 0) {
    return writes([=](FlatBufferBuilder& fbb) {
      const auto s = fbb.CreateVectorOfStructs(many_skills(skills));
      std::vector<std::uint16_t> numbers;
      for (std::uint16_t i = 1; i <= authorities; ++i) numbers.push_back(i);
      const auto a = fbb.CreateVector(numbers);
      std::vector<wire::ChannelHold> channels;
      for (std::uint16_t i = 1; i <= holds; ++i) channels.emplace_back(i, std::uint16_t{1});
      const auto h = fbb.CreateVectorOfStructs(channels);
      std::vector<wire::Shift> times;
      for (std::uint16_t i = 1; i <= shifts; ++i) times.emplace_back(i, i);
      const auto t = fbb.CreateVectorOfStructs(times);
      return wire::CreateDefineAgent(fbb, &one, 1, 1, 1, wire::AgentKind::person, s, a, h, t);
    });
  };
  const auto sign_in = [&](std::size_t count, std::uint16_t last) {
    return writes([=](FlatBufferBuilder& fbb) {
      std::vector<std::uint16_t> channels(count, 1);
      channels.back() = last;
      return wire::CreateSignIn(fbb, &one, wire::Presence::away, fbb.CreateVector(channels));
    });
  };
  expect_rows({{"all full", Refusal::none, open(8, 4, 4)},
               {"9 required skills", Refusal::too_many, open(9, 0, 0)},
               {"10,000 required skills", Refusal::too_many, open(10'000, 0, 0)},
               {"5 preferred skills", Refusal::too_many, open(0, 5, 0)},
               {"5 excluded agents", Refusal::too_many, open(0, 0, 5)},
               {"a full agent", Refusal::none, agent(64, 16, 16, 21)},
               {"65 skills", Refusal::too_many, agent(65, 0, 0)},
               {"10,000 skills", Refusal::too_many, agent(10'000, 0, 0)},
               {"17 authorities", Refusal::too_many, agent(0, 17, 0)},
               {"17 holds", Refusal::too_many, agent(0, 0, 17)},
               {"22 shifts", Refusal::too_many, agent(0, 0, 0, 22)},
               {"17 channels", Refusal::too_many, sign_in(17, 2)},
               {"channel 0", Refusal::out_of_range, sign_in(1, 0)},
               {"channel 17", Refusal::out_of_range, sign_in(1, 17)},
               {"a channel twice", Refusal::conflict, sign_in(2, 1)}});
}

TEST(decode, a_body_of_a_later_version_is_unsupported_and_none_is_malformed) {
  const auto of_type = [](int type) -> Writes {
    return [type](FlatBufferBuilder& fbb) {
      const auto body = frames::body(fbb, command::Abandon{conversation});
      return wire::CreateCommand(fbb, static_cast<wire::Body>(type), body.Union());
    };
  };
  EXPECT_EQ(refusal(of_type(0)), Refusal::malformed);
  for (const int type : {27, 100, 255}) {
    EXPECT_EQ(refusal(of_type(type)), Refusal::unsupported) << type;
  }
  const Writes no_body = [](FlatBufferBuilder& fbb) {
    return wire::CreateCommand(fbb, wire::Body::Accept);
  };
  EXPECT_EQ(refusal(no_body), Refusal::malformed);
}

// --- messages ---

Hello hello() { return std::get<Hello>(samples::client_messages()[0].second); }

template <class Change>
Malformed malformed_hello(Change change) {
  Hello it = hello();
  change(it);
  return malformed(it);
}

TEST(decode, another_version_is_named) {
  for (const int version : {0, 2, 65535}) {
    const auto wrong =
        malformed_hello([&](Hello& it) { it.version = static_cast<std::uint16_t>(version); });
    EXPECT_EQ(wrong.reason, Refusal::wrong_version);
    EXPECT_EQ(wrong.text, "Hello.version: must be 1, found " + std::to_string(version));
  }
  Query query{2, "main", 1, AskStatus{}};
  auto result = Decoder().query_frame(frames::encode(query));
  EXPECT_EQ(std::get<Malformed>(result).reason, Refusal::wrong_version);
}

TEST(decode, names_are_short_and_plain) {
  const auto origin = [](std::string text) {
    return malformed_hello([&](Hello& it) { it.origin = std::move(text); }).text;
  };
  const std::string rule = "Hello.origin: must be 1 to 32 letters, digits, - _ ., found ";
  EXPECT_EQ(origin(""), rule + "\"\"");
  EXPECT_EQ(origin(std::string(33, 'a')), rule + '"' + std::string(33, 'a') + '"');
  EXPECT_EQ(origin(std::string(1000, 'a')), rule + '"' + std::string(40, 'a') + "\" …");
  EXPECT_EQ(origin("web chat"), rule + "\"web chat\"");
  EXPECT_EQ(origin("caf\xc3\xa9"), rule + "\"caf??\"");
  EXPECT_EQ(origin("\x1b[2J\xff"), rule + "\"?[2J?\"");
  EXPECT_EQ(origin(std::string("a\0b", 3)), rule + "\"a?b\"");
  EXPECT_EQ(malformed_hello([](Hello& it) { it.pool = "ninebytes"; }).text,
            "Hello.pool: must be 1 to 8 letters, digits, - _ ., found \"ninebytes\"");
}

TEST(decode, a_hello_may_be_without_session) {
  Hello fresh = hello();
  fresh.session = {};
  fresh.origin = std::string(32, 'z');
  const auto result = Decoder().client_frame(frames::encode(fresh));
  EXPECT_TRUE(std::get<Hello>(std::get<ClientMessage>(result)).session.is_zero());
}

TEST(decode, everything_else_needs_its_session) {
  const auto found = [](const char* message) {
    return std::string(message) + ".session: must be the id of a session, found zero";
  };
  EXPECT_EQ(malformed(Batch{{}, 1, samples::every_command()}).text, found("Batch"));
  EXPECT_EQ(malformed(Heartbeat{}).text, found("Heartbeat"));
  EXPECT_EQ(malformed(Bye{}).text, found("Bye"));
  EXPECT_EQ(malformed(Advance{}).text, found("Advance"));
  EXPECT_EQ(malformed(ReplayDirected{}).text, found("ReplayDirected"));
}

TEST(decode, batches_are_numbered_from_one_and_never_wrap) {
  const auto numbered = [](std::uint64_t number) {
    return Batch{session, number, {command::Abandon{conversation}, command::Abandon{conversation}}};
  };
  EXPECT_EQ(malformed(numbered(0)).reason, Refusal::out_of_range);
  const auto last = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(malformed(numbered(last)).reason, Refusal::out_of_range);
  EXPECT_EQ(malformed(numbered(last - 1)).reason, Refusal::out_of_range);
  const auto result = Decoder().client_frame(frames::encode(numbered(last - 2)));
  EXPECT_TRUE(std::holds_alternative<ClientMessage>(result));
}

TEST(decode, batches_hold_1_to_4096_commands) {
  EXPECT_EQ(malformed(Batch{session, 1, {}}).text, "Batch.commands: must be 1 to 4096, found 0");
  Batch full{session, 1, {}};
  full.commands.resize(4096, command::Abandon{conversation});
  const auto result = Decoder().client_frame(frames::encode(full));
  ASSERT_TRUE(std::holds_alternative<ClientMessage>(result));
  EXPECT_EQ(std::get<Batch>(std::get<ClientMessage>(result)).commands.size(), 4096);
  full.commands.push_back(command::Abandon{conversation});
  EXPECT_EQ(malformed(full).reason, Refusal::malformed);
}

TEST(decode, pool_time_has_an_end) {
  EXPECT_EQ(malformed(Advance{session, limits::pool_ms_max + 1}).reason, Refusal::out_of_range);
  EXPECT_EQ(malformed(Advance{session, beyond_int64}).reason, Refusal::out_of_range);
}

// --- queries ---

std::string malformed_query(Question question, std::string pool = "main") {
  const Query query{protocol_version, std::move(pool), 1, std::move(question)};
  auto result = Decoder().query_frame(frames::encode(query));
  if (auto* wrong = std::get_if<Malformed>(&result)) return wrong->text;
  return "was understood";
}

TEST(decode, questions_are_checked) {
  EXPECT_EQ(malformed_query(AskStatus{}, ""),
            "Query.pool: must be 1 to 8 letters, digits, - _ ., found \"\"");
  EXPECT_EQ(malformed_query(AskConversation{}),
            "AskConversation.conversation: must be an id, found zero");
  EXPECT_EQ(malformed_query(AskAgent{}), "AskAgent.agent: must be an id, found zero");
  EXPECT_EQ(malformed_query(AskWhy{}), "AskWhy.conversation: must be an id, found zero");
  EXPECT_EQ(malformed_query(AskExplain{}),
            "AskExplain: must have a conversation or a sequence, found neither");
  EXPECT_EQ(malformed_query(AskExplain{{}, 1, limits::agents_max + 1}),
            "AskExplain.from: must be 0 to 200000, found 200001");
  EXPECT_EQ(malformed_query(AskReplay{0, 0, {}, {}, {}}),
            "AskReplay.count_max: must be 1 to 1024, found 0");
  EXPECT_EQ(malformed_query(AskReplay{0, 1025, {}, {}, {}}),
            "AskReplay.count_max: must be 1 to 1024, found 1025");
  EXPECT_EQ(malformed_query(AskReplay{0, 1, {4097}, {}, {}}),
            "AskReplay.origin: must be 0 to 4096, found 4097");
  EXPECT_EQ(malformed_query(AskReplay{0, 1024, {4096}, {}, {}}), "was understood");
}

TEST(decode, what_an_estimate_is_asked_of_is_checked) {
  const auto malformed = [](auto change) {
    AskEstimate ask = samples::estimate_asked();
    change(ask.open);
    return malformed_query(ask);
  };
  const std::string numbers =
      "AskEstimate: numbers of names must be 0 to 4096, of channels to 16, found a greater one";
  EXPECT_EQ(malformed([](command::Open&) {}), "was understood");
  EXPECT_EQ(malformed([](command::Open& it) { it.channel = {17}; }), numbers);
  EXPECT_EQ(malformed([](command::Open& it) { it.category = {4097}; }), numbers);
  EXPECT_EQ(malformed([](command::Open& it) { it.tier = {4097}; }), numbers);
  EXPECT_EQ(malformed([](command::Open& it) { it.impact = {4097}; }), numbers);
  EXPECT_EQ(malformed([](command::Open& it) { it.language = {4097}; }), numbers);
  const std::string skills =
      "AskEstimate.required: must be at most 8 different skills of level 1 to 10";
  EXPECT_EQ(malformed([](command::Open& it) { it.required[0].level = 11; }), skills);
  EXPECT_EQ(malformed([](command::Open& it) { it.required.push_back({{99}, 1}); }), skills);
}

}  // namespace
}  // namespace usher
