// Golden frames: one file per message of the protocol, with bytes that some usher has sent.
// Whatever changes in the schemas, every later usher must find in them what was meant. With
// USHER_WRITE_GOLDEN set the missing files are written, existing ones never.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>

#include "daemon/decode.h"
#include "daemon/publish.h"
#include "schemas/events_generated.h"
#include "schemas/replies_generated.h"
#include "tests/frames.h"
#include "tests/samples.h"

namespace usher {
namespace {

const std::filesystem::path folder = std::filesystem::path(USHER_SOURCE_DIR) / "tests/golden";

std::filesystem::path path_of(const std::string& name) { return folder / (name + ".bin"); }

// The bytes of a golden frame; `now` is what this build would send.
Bytes golden(const std::string& name, const Bytes& now) {
  const auto path = path_of(name);
  if (std::getenv("USHER_WRITE_GOLDEN") != nullptr && !std::filesystem::exists(path)) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(now.data()), static_cast<std::streamsize>(now.size()));
  }
  Bytes bytes(std::filesystem::file_size(path));
  std::ifstream(path, std::ios::binary)
      .read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// --- the examples of docs/formats.md ---

// The bytes of the block behind a heading.
Bytes example(const std::string& heading) {
  std::ifstream file(std::string(USHER_SOURCE_DIR) + "/docs/formats.md");
  Bytes bytes;
  bool found = false;
  int fences = 0;
  for (std::string line; std::getline(file, line) && fences < 2;) {
    found = found || line == heading;
    if (!found) continue;
    if (line.starts_with("```")) {
      ++fences;
    } else if (fences == 1) {
      std::istringstream words(line.substr(0, 3 * 8));
      for (std::string word; words >> word;) {
        bytes.push_back(static_cast<std::byte>(std::stoi(word, nullptr, 16)));
      }
    }
  }
  return bytes;
}

TEST(golden, the_heartbeat_of_the_formats_is_one) {
  const Bytes bytes = example("### A heartbeat");
  const auto decoded = Decoder().client_frame(bytes);
  ASSERT_TRUE(std::holds_alternative<ClientMessage>(decoded)) << std::get<Malformed>(decoded).text;
  const auto* heartbeat = std::get_if<Heartbeat>(&std::get<ClientMessage>(decoded));
  ASSERT_NE(nullptr, heartbeat);
  EXPECT_EQ(SessionId::of_text("session-3"), heartbeat->session);
}

TEST(golden, the_head_of_a_published_frame_of_the_formats_is_one) {
  const Bytes head = example("### The head of a published frame");
  ASSERT_EQ(sizeof(PublishedHeader), head.size());
  PublishedHeader header;
  std::memcpy(&header, head.data(), sizeof header);
  EXPECT_EQ("main", std::string(header.topic.data()));
  EXPECT_EQ(0x1122334455667788u, header.incarnation);
  EXPECT_EQ(1000u, header.first_sequence);
  EXPECT_EQ(2u, header.count);
  EXPECT_EQ(101u, header.term);
  Bytes sent = golden("published", {});
  sent.resize(head.size());
  EXPECT_EQ(sent, head) << "as some usher has sent it";
}

// --- what clients send ---

TEST(golden, client_frames_are_understood) {
  for (const auto& [name, meant] : samples::client_messages()) {
    SCOPED_TRACE(name);
    const Bytes now = frames::encode(meant);
    const auto decoded = Decoder().client_frame(golden(name, now));
    ASSERT_TRUE(std::holds_alternative<ClientMessage>(decoded))
        << std::get<Malformed>(decoded).text;
    // Equal nouns are written as equal bytes, and only they.
    EXPECT_EQ(frames::encode(std::get<ClientMessage>(decoded)), now);
  }
}

TEST(golden, queries_are_understood) {
  for (const auto& [name, meant] : samples::queries()) {
    SCOPED_TRACE(name);
    const Bytes now = frames::encode(meant);
    const auto decoded = Decoder().query_frame(golden(name, now));
    ASSERT_TRUE(std::holds_alternative<Query>(decoded)) << std::get<Malformed>(decoded).text;
    EXPECT_EQ(frames::encode(std::get<Query>(decoded)), now);
  }
}

TEST(golden, every_kind_of_message_and_command_has_a_frame) {
  std::set<std::size_t> commands;
  for (const Command& command : samples::every_command()) commands.insert(command.index());
  EXPECT_EQ(commands.size(), static_cast<std::size_t>(wire::Body::MAX));
  EXPECT_EQ(samples::client_messages().size(), static_cast<std::size_t>(wire::ClientMessage::MAX));
  EXPECT_EQ(samples::queries().size(), static_cast<std::size_t>(wire::Question::MAX));
  std::set<std::size_t> founds;
  for (const auto& [name, found] : samples::founds()) founds.insert(found.index());
  EXPECT_EQ(founds.size(), static_cast<std::size_t>(wire::Found::MAX));
}

// --- what usherd sends ---

template <class Tag>
bool same_id(const wire::Id* found, const Id<Tag>& meant) {
  const wire::Id zero;
  return std::memcmp(found == nullptr ? &zero : found, meant.bytes.data(), sizeof zero) == 0;
}

void expect_event(const wire::Event& found, const Event& meant) {
  EXPECT_EQ(found.sequence(), meant.sequence);
  EXPECT_EQ(found.record(), meant.record);
  EXPECT_EQ(found.pool_ms(), meant.pool_ms);
  EXPECT_EQ(found.wall_ms(), meant.wall_ms);
  EXPECT_EQ(static_cast<int>(found.kind()), static_cast<int>(meant.kind));
  EXPECT_EQ(static_cast<int>(found.cause()), static_cast<int>(meant.cause));
  EXPECT_EQ(static_cast<int>(found.state()), static_cast<int>(meant.state));
  EXPECT_EQ(static_cast<int>(found.presence()), static_cast<int>(meant.presence));
  EXPECT_EQ(static_cast<int>(found.outcome()), static_cast<int>(meant.outcome));
  EXPECT_EQ(found.score(), meant.score);
  EXPECT_EQ(found.test(), meant.test);
  EXPECT_EQ(found.over(), meant.over);
  EXPECT_TRUE(same_id(found.conversation(), meant.conversation));
  EXPECT_TRUE(same_id(found.agent(), meant.agent));
  EXPECT_TRUE(same_id(found.other_agent(), meant.other_agent));
  EXPECT_TRUE(same_id(found.customer(), meant.customer));
  EXPECT_EQ(found.epoch(), meant.epoch);
  EXPECT_EQ(found.service_class(), meant.service_class.value);
  EXPECT_EQ(found.band(), meant.band.value);
  EXPECT_EQ(found.channel(), meant.channel.value);
  EXPECT_EQ(found.origin(), meant.origin.value);
  EXPECT_EQ(found.agent_origin(), meant.agent_origin.value);
  EXPECT_EQ(found.other_origin(), meant.other_origin.value);
  EXPECT_EQ(found.reason(), meant.reason.value);
  EXPECT_EQ(found.language(), meant.language.value);
  EXPECT_EQ(found.tier(), meant.tier.value);
  EXPECT_EQ(found.previous(), meant.previous);
  EXPECT_EQ(found.agent_previous(), meant.agent_previous);
  EXPECT_EQ(found.other_previous(), meant.other_previous);
  EXPECT_EQ(found.waited_ms(), meant.waited_ms);
  EXPECT_EQ(found.due_ms(), meant.due_ms);
  EXPECT_EQ(found.count(), meant.count);
}

template <class Events>
void expect_events(const Events* found, const std::vector<Event>& meant) {
  ASSERT_NE(found, nullptr);
  ASSERT_EQ(found->size(), meant.size());
  for (flatbuffers::uoffset_t i = 0; i < found->size(); ++i) {
    expect_event(*found->Get(i), meant[i]);
  }
}

template <class Found>
void expect_names(const Found* found, const std::vector<Name>& meant) {
  ASSERT_NE(found, nullptr);
  ASSERT_EQ(found->size(), meant.size());
  for (flatbuffers::uoffset_t i = 0; i < found->size(); ++i) {
    EXPECT_EQ(static_cast<int>(found->Get(i)->kind()), static_cast<int>(meant[i].kind));
    EXPECT_EQ(found->Get(i)->number(), meant[i].number);
    EXPECT_EQ(found->Get(i)->text()->str(), meant[i].text);
  }
}

void expect_message(const wire::Welcome& found) {
  const Welcome meant = samples::welcome();
  EXPECT_EQ(found.version(), protocol_version);
  EXPECT_TRUE(same_id(found.session(), meant.session));
  EXPECT_EQ(found.incarnation(), meant.identity.incarnation);
  EXPECT_EQ(found.term(), meant.identity.term);
  EXPECT_EQ(found.last_applied(), meant.last_applied);
  EXPECT_EQ(found.window(), meant.window);
  EXPECT_EQ(found.origin(), meant.origin.value);
  EXPECT_EQ(found.directed_last(), meant.directed_last);
  EXPECT_EQ(found.sequence(), meant.sequence);
  EXPECT_EQ(found.limits()->frame_bytes_max(), 262'144);
  EXPECT_EQ(found.limits()->batch_commands_max(), 4096);
  EXPECT_EQ(found.limits()->age_ms_max(), 2'592'000'000);
  EXPECT_EQ(found.limits()->lease_ms(), meant.lease_ms);
  expect_names(found.dictionary(), meant.dictionary);
}
void expect_message(const wire::Acknowledgement& found) {
  const Acknowledgement meant = samples::acknowledgement();
  EXPECT_TRUE(same_id(found.session(), meant.session));
  EXPECT_EQ(found.up_to(), meant.up_to);
  EXPECT_EQ(found.window(), meant.window);
  EXPECT_EQ(found.sequence(), meant.sequence);
  ASSERT_EQ(found.refused()->size(), 1);
  EXPECT_EQ(found.refused()->Get(0)->number(), meant.outcomes[0].number);
  EXPECT_EQ(found.refused()->Get(0)->reason(), wire::Refusal::no_capacity);
  ASSERT_EQ(found.answers()->size(), 1);
  const wire::Answer& answer = *found.answers()->Get(0);
  const Outcome& outcome = meant.outcomes[1].outcome;
  EXPECT_EQ(answer.number(), meant.outcomes[1].number);
  EXPECT_EQ(answer.state(), wire::ConversationState::waiting);
  EXPECT_EQ(answer.service_class(), outcome.service_class.value);
  EXPECT_EQ(answer.position(), outcome.position);
  EXPECT_EQ(answer.expected_p50_ms(), outcome.expected_p50_ms);
  EXPECT_EQ(answer.expected_p90_ms(), outcome.expected_p90_ms);
  EXPECT_EQ(answer.epoch(), outcome.epoch);
}
void expect_message(const wire::Directed& found) {
  EXPECT_EQ(found.incarnation(), samples::identity.incarnation);
  EXPECT_EQ(found.term(), samples::identity.term);
  expect_events(found.events(), samples::events());
}
void expect_message(const wire::FrameRefused& found) {
  EXPECT_EQ(found.reason(), wire::Refusal::gap);
  EXPECT_EQ(found.wanted(), 231);
  EXPECT_EQ(found.text()->str(), "Batch.number: must be 231");
}
void expect_message(const wire::DirectedLost& found) {
  EXPECT_EQ(found.after(), 232);
  EXPECT_EQ(found.oldest(), 233);
}
void expect_message(const wire::Advanced& found) {
  EXPECT_EQ(found.to_ms(), 234);
  EXPECT_EQ(found.next_deadline_ms(), 235);
  EXPECT_EQ(found.sequence(), 236);
}
void expect_message(const wire::Alive& found) { EXPECT_EQ(found.sequence(), 237); }
void expect_message(const wire::Names& found) {
  expect_names(found.dictionary(), samples::names());
}

template <class Root>
const Root* verified(const Bytes& bytes, const char* identifier) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  flatbuffers::Verifier verifier(data, bytes.size(), 8, 100);
  return verifier.VerifyBuffer<Root>(identifier) ? flatbuffers::GetRoot<Root>(data) : nullptr;
}

// Checks that `now` and the golden frame both carry the message that was meant.
template <class Message>
void expect_server_frame(const std::string& name, const Bytes& now) {
  SCOPED_TRACE(name);
  for (const Bytes& bytes : {now, golden(name, now)}) {
    const auto* frame = verified<wire::ServerFrame>(bytes, "URPL");
    ASSERT_NE(frame, nullptr);
    const auto* message = frame->message_as<Message>();
    ASSERT_NE(message, nullptr);
    expect_message(*message);
  }
}

TEST(golden, server_frames_say_what_was_meant) {
  Encoder encoder;
  expect_server_frame<wire::Welcome>("welcome", encoder.welcome(samples::welcome()));
  expect_server_frame<wire::Acknowledgement>("acknowledgement",
                                             encoder.acknowledgement(samples::acknowledgement()));
  expect_server_frame<wire::Directed>("directed",
                                      encoder.directed(samples::identity, samples::events()));
  expect_server_frame<wire::FrameRefused>(
      "frame_refused", encoder.frame_refused({Refusal::gap, 231, "Batch.number: must be 231"}));
  expect_server_frame<wire::DirectedLost>("directed_lost", encoder.directed_lost({232, 233}));
  expect_server_frame<wire::Advanced>("advanced", encoder.advanced({234, 235, 236}));
  expect_server_frame<wire::Alive>("alive", encoder.alive({237}));
  expect_server_frame<wire::Names>("names", encoder.names({samples::names()}));
  static_assert(wire::ServerMessage::MAX == wire::ServerMessage::Names);
}

TEST(golden, published_frames_say_what_was_meant) {
  const Bytes now = Encoder().published(samples::identity, 1000, samples::events());
  for (const Bytes& bytes : {now, golden("published", now)}) {
    const unsigned char header[32] = {
        'm',  'a',  'i',  'n',  0,    0,    0,    0,                 // topic
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,              // incarnation
        0xe8, 0x03, 0,    0,    0,    0,    0,    0,    2, 0, 0, 0,  // first sequence, count
        101,  0,    0,    0};                                        // term
    ASSERT_GT(bytes.size(), sizeof header);
    EXPECT_EQ(std::memcmp(bytes.data(), header, sizeof header), 0);
    const Bytes rest(bytes.begin() + sizeof header, bytes.end());
    const auto* batch = verified<wire::EventBatch>(rest, "UEVT");
    ASSERT_NE(batch, nullptr);
    expect_events(batch->events(), samples::events());
  }
}

// --- answers ---

template <class Found>
void expect_skills(const Found* found, const std::vector<SkillLevel>& meant) {
  ASSERT_EQ(found->size(), meant.size());
  for (flatbuffers::uoffset_t i = 0; i < found->size(); ++i) {
    EXPECT_EQ(found->Get(i)->skill(), meant[i].skill.value);
    EXPECT_EQ(found->Get(i)->level(), meant[i].level);
  }
}
template <class Found, class Meant>
void expect_ids(const Found* found, const Meant& meant) {
  ASSERT_EQ(found->size(), meant.size());
  for (flatbuffers::uoffset_t i = 0; i < found->size(); ++i) {
    EXPECT_TRUE(same_id(found->Get(i), meant[i]));
  }
}

template <class Found>
void expect_outcomes(const Found& found,
                     const std::array<std::uint64_t, close_outcome_count>& meant) {
  EXPECT_EQ(found.solved(), meant[static_cast<std::size_t>(CloseOutcome::solved)]);
  EXPECT_EQ(found.not_solved(), meant[static_cast<std::size_t>(CloseOutcome::not_solved)]);
  EXPECT_EQ(found.duplicate(), meant[static_cast<std::size_t>(CloseOutcome::duplicate)]);
  EXPECT_EQ(found.spam(), meant[static_cast<std::size_t>(CloseOutcome::spam)]);
  EXPECT_EQ(found.handed_over(), meant[static_cast<std::size_t>(CloseOutcome::handed_over)]);
}

void expect_class(const wire::ClassStatus& found, const ClassView& meant) {
  EXPECT_EQ(found.service_class(), meant.number.value);
  EXPECT_EQ(found.band(), meant.band.value);
  EXPECT_EQ(found.target_ms(), meant.target_ms);
  EXPECT_EQ(found.waiting(), meant.waiting);
  EXPECT_EQ(found.oldest_ms(), meant.oldest_ms);
  EXPECT_EQ(found.offered(), meant.offered);
  EXPECT_EQ(found.assigned(), meant.assigned);
  EXPECT_EQ(found.held(), meant.held);
  EXPECT_EQ(found.opened(), meant.opened);
  EXPECT_EQ(found.replied(), meant.replied);
  EXPECT_EQ(found.in_target(), meant.in_target);
  EXPECT_EQ(found.abandoned(), meant.abandoned);
  EXPECT_EQ(found.closed(), meant.closed);
  EXPECT_EQ(found.wrapping(), meant.wrapping);
  EXPECT_EQ(found.misses(), meant.misses);
  EXPECT_EQ(found.expected_p50_ms(), meant.expected.p50_ms);
  EXPECT_EQ(found.expected_p90_ms(), meant.expected.p90_ms);
  EXPECT_EQ(found.estimated(), meant.estimated);
  EXPECT_EQ(found.within_p50(), meant.within_p50);
  EXPECT_EQ(found.within_p90(), meant.within_p90);
  EXPECT_EQ(found.deferred(), meant.deferred);
  EXPECT_EQ(found.unroutable(), meant.unroutable);
  EXPECT_EQ(found.breached(), meant.breached);
  EXPECT_EQ(found.deferrals(), meant.deferrals);
  EXPECT_EQ(found.reopened(), meant.reopened);
  EXPECT_EQ(found.rated(), meant.rated);
  EXPECT_EQ(found.score(), meant.score);
  expect_outcomes(found, meant.outcomes);
  EXPECT_EQ(found.reply_ms(), meant.reply_ms);
}

void expect_group(const wire::GroupStatus& found, const AgentGroupView& meant) {
  EXPECT_EQ(found.group(), meant.number.value);
  EXPECT_EQ(found.people(), meant.people);
  EXPECT_EQ(found.on_duty(), meant.on_duty);
  EXPECT_EQ(found.load_permille(), meant.load_permille);
  EXPECT_EQ(found.spread_permille(), meant.spread_permille);
  EXPECT_EQ(found.replied(), meant.tally.replied);
  EXPECT_EQ(found.in_target(), meant.tally.in_target);
  EXPECT_EQ(found.reply_ms(), meant.tally.reply_ms);
  EXPECT_EQ(found.misses(), meant.tally.misses);
  EXPECT_EQ(found.abandoned(), meant.tally.abandoned);
  EXPECT_EQ(found.closed(), meant.tally.closed);
  EXPECT_EQ(found.reopened(), meant.tally.reopened);
  EXPECT_EQ(found.rated(), meant.tally.rated);
  EXPECT_EQ(found.score(), meant.tally.score);
  expect_outcomes(found, meant.tally.outcomes);
}

void expect_found(const wire::Status& found, const StatusFound& meant) {
  EXPECT_EQ(found.incarnation(), meant.identity.incarnation);
  EXPECT_EQ(found.term(), meant.identity.term);
  EXPECT_EQ(found.sequence(), meant.pool.sequence);
  EXPECT_EQ(found.record(), meant.pool.record);
  EXPECT_EQ(found.pool_ms(), meant.pool.pool_ms);
  EXPECT_EQ(found.version()->str(), meant.version);
  EXPECT_EQ(found.core_version(), meant.core_version);
  EXPECT_EQ(found.digest(), meant.digest);
  EXPECT_EQ(found.chain(), meant.pool.chain);
  EXPECT_EQ(found.conversations(), meant.pool.conversations);
  EXPECT_EQ(found.waiting(), meant.pool.waiting);
  EXPECT_EQ(found.agents(), meant.pool.agents);
  EXPECT_EQ(found.available(), meant.pool.available);
  EXPECT_EQ(found.offers(), meant.pool.offers);
  EXPECT_EQ(found.lapses(), meant.pool.lapses);
  EXPECT_EQ(found.refused(), meant.pool.refused);
  EXPECT_EQ(found.sessions(), meant.pool.sessions);
  EXPECT_EQ(found.frames_refused(), meant.frames_refused);
  EXPECT_EQ(found.frames_dropped(), meant.frames_dropped);
  EXPECT_EQ(found.durability()->str(), meant.durability);
  EXPECT_EQ(found.unroutable(), meant.pool.unroutable);
  EXPECT_EQ(found.deferred(), meant.pool.deferred);
  EXPECT_EQ(found.scheduled(), meant.pool.scheduled);
  EXPECT_EQ(static_cast<int>(found.give_to()), static_cast<int>(meant.give_to));
  EXPECT_EQ(found.fair_pick(), meant.fair_pick);
  ASSERT_EQ(found.bands() == nullptr ? 0 : found.bands()->size(), meant.bands.size());
  for (flatbuffers::uoffset_t i = 0; i < meant.bands.size(); ++i) {
    const wire::BandStatus& band = *found.bands()->Get(i);
    EXPECT_EQ(band.band(), meant.bands[i].number.value);
    EXPECT_EQ(static_cast<int>(band.order()), static_cast<int>(meant.bands[i].order));
    EXPECT_EQ(band.rescue(), meant.bands[i].rescue);
    EXPECT_EQ(band.security(), meant.bands[i].security);
  }
  ASSERT_EQ(found.classes()->size(), 1);
  expect_class(*found.classes()->Get(0), meant.pool.classes[0]);
  ASSERT_EQ(found.groups() == nullptr ? 0 : found.groups()->size(), meant.pool.groups.size());
  for (flatbuffers::uoffset_t i = 0; i < meant.pool.groups.size(); ++i) {
    expect_group(*found.groups()->Get(i), meant.pool.groups[i]);
  }
  ASSERT_EQ(found.origins() == nullptr ? 0 : found.origins()->size(), meant.pool.origins.size());
  for (flatbuffers::uoffset_t i = 0; i < meant.pool.origins.size(); ++i) {
    const wire::OriginStatus& origin = *found.origins()->Get(i);
    EXPECT_EQ(origin.origin(), meant.pool.origins[i].number.value);
    EXPECT_EQ(origin.incidents(), meant.pool.origins[i].tally.incidents);
    EXPECT_EQ(origin.demoted(), meant.pool.origins[i].tally.demoted);
  }
}
void expect_found(const wire::Conversation& found, const ConversationFound& told) {
  const ConversationView& meant = told.conversation;
  EXPECT_EQ(found.position(), meant.position);
  EXPECT_EQ(found.expected_p50_ms(), meant.expected.p50_ms);
  EXPECT_EQ(found.expected_p90_ms(), meant.expected.p90_ms);
  EXPECT_EQ(found.told_ms(), told.told_ms);
  EXPECT_TRUE(same_id(found.conversation(), meant.conversation));
  EXPECT_TRUE(same_id(found.customer(), meant.customer));
  EXPECT_EQ(static_cast<int>(found.state()), static_cast<int>(meant.state));
  EXPECT_EQ(found.service_class(), meant.service_class.value);
  EXPECT_EQ(found.band(), meant.band.value);
  EXPECT_EQ(found.channel(), meant.channel.value);
  EXPECT_EQ(found.category(), meant.category.value);
  EXPECT_EQ(found.impact(), meant.impact.value);
  EXPECT_EQ(found.tier(), meant.tier.value);
  EXPECT_EQ(found.language(), meant.language.value);
  EXPECT_EQ(found.origin(), meant.origin.value);
  EXPECT_TRUE(same_id(found.agent(), meant.agent));
  EXPECT_EQ(found.epoch(), meant.epoch);
  expect_ids(found.offers(), meant.offers);
  EXPECT_EQ(found.offer_epoch(), meant.offer_epoch);
  EXPECT_EQ(found.opened_ms(), meant.opened_ms);
  EXPECT_EQ(found.due_ms(), meant.due_ms);
  EXPECT_EQ(found.waited_ms(), meant.waited_ms);
  EXPECT_EQ(found.replied(), meant.replied);
  EXPECT_EQ(found.test(), meant.test);
  EXPECT_EQ(found.joined(), meant.joined);
  EXPECT_EQ(found.seeking(), meant.seeking);
  EXPECT_EQ(found.level(), meant.level);
  EXPECT_EQ(found.over(), meant.over);
  expect_skills(found.required(), meant.required);
  ASSERT_EQ(found.exclusions()->size(), meant.exclusions.size());
  for (flatbuffers::uoffset_t i = 0; i < found.exclusions()->size(); ++i) {
    EXPECT_TRUE(same_id(found.exclusions()->Get(i)->agent(), meant.exclusions[i].agent));
    EXPECT_EQ(found.exclusions()->Get(i)->until_ms(), meant.exclusions[i].until_ms);
  }
  EXPECT_EQ(found.misses(), meant.misses);
  EXPECT_EQ(static_cast<int>(found.outcome()), static_cast<int>(meant.outcome));
}
void expect_found(const wire::Agent& found, const AgentView& meant) {
  EXPECT_TRUE(same_id(found.agent(), meant.agent));
  EXPECT_EQ(found.group(), meant.group.value);
  EXPECT_EQ(found.level(), meant.level);
  EXPECT_EQ(static_cast<int>(found.presence()), static_cast<int>(meant.presence));
  EXPECT_EQ(found.reason(), meant.reason.value);
  EXPECT_EQ(found.lost(), meant.lost);
  EXPECT_EQ(found.origin(), meant.origin.value);
  EXPECT_EQ(found.used_live(), meant.used_live);
  EXPECT_EQ(found.used_background(), meant.used_background);
  EXPECT_EQ(found.capacity(), meant.capacity);
  ASSERT_EQ(found.loads()->size(), meant.loads.size());
  for (flatbuffers::uoffset_t i = 0; i < found.loads()->size(); ++i) {
    EXPECT_EQ(found.loads()->Get(i)->channel(), meant.loads[i].channel.value);
    EXPECT_EQ(found.loads()->Get(i)->count(), meant.loads[i].count);
    EXPECT_EQ(found.loads()->Get(i)->limit(), meant.loads[i].limit);
    EXPECT_EQ(found.loads()->Get(i)->background(), meant.loads[i].background);
  }
  expect_skills(found.skills(), meant.skills);
  ASSERT_EQ(found.authorities()->size(), meant.authorities.size());
  for (flatbuffers::uoffset_t i = 0; i < found.authorities()->size(); ++i) {
    EXPECT_EQ(found.authorities()->Get(i), meant.authorities[i].value);
  }
  EXPECT_EQ(found.idle_since(), meant.idle_since);
  EXPECT_EQ(found.contested(), meant.contested);
  EXPECT_EQ(found.misses(), meant.misses);
  EXPECT_EQ(found.share_percent(), meant.share_percent);
  EXPECT_EQ(found.kind(), static_cast<int>(meant.kind));
  expect_ids(found.conversations(), meant.conversations);
}
void expect_found(const wire::SnapshotChunk& found, const SnapshotFound& meant) {
  EXPECT_EQ(found.incarnation(), meant.identity.incarnation);
  EXPECT_EQ(found.term(), meant.identity.term);
  EXPECT_EQ(found.sequence(), meant.sequence);
  EXPECT_EQ(found.pool_ms(), meant.pool_ms);
  EXPECT_EQ(found.cursor(), meant.cursor);
  ASSERT_EQ(found.agents()->size(), 1);
  expect_found(*found.agents()->Get(0), meant.agents[0]);
  ASSERT_EQ(found.conversations()->size(), 1);
  expect_found(*found.conversations()->Get(0), ConversationFound{meant.conversations[0]});
}
void expect_found(const wire::Replay& found, const ReplayFound& meant) {
  EXPECT_EQ(found.incarnation(), meant.identity.incarnation);
  EXPECT_EQ(found.term(), meant.identity.term);
  EXPECT_EQ(found.oldest(), meant.oldest);
  EXPECT_EQ(found.last(), meant.last);
  EXPECT_EQ(found.next(), meant.next);
  expect_events(found.events(), meant.events);
}
void expect_found(const wire::Dictionary& found, const DictionaryFound& meant) {
  expect_names(found.names(), meant.names);
}
void expect_found(const wire::Refusing& found, const Refusing& meant) {
  EXPECT_EQ(static_cast<int>(found.reason()), static_cast<int>(meant.reason));
  EXPECT_EQ(found.text()->str(), meant.text);
}

void expect_found(const wire::Why& found, const WhyFound& meant) {
  const Explanation& told = meant.explanation;
  EXPECT_TRUE(same_id(found.conversation(), told.conversation));
  EXPECT_EQ(static_cast<int>(found.state()), static_cast<int>(told.state));
  EXPECT_EQ(found.record(), told.record);
  EXPECT_EQ(found.configured_at(), told.configured_at);
  EXPECT_EQ(found.pool_ms(), told.pool_ms);
  EXPECT_EQ(found.opened_ms(), told.opened_ms);
  EXPECT_EQ(found.service_class(), told.service_class.value);
  EXPECT_EQ(found.band(), told.band.value);
  EXPECT_EQ(found.step(), told.step);
  EXPECT_EQ(found.steps(), told.steps);
  EXPECT_EQ(found.joined(), told.joined);
  ASSERT_EQ(found.counts()->size(), 1);
  EXPECT_EQ(found.counts()->Get(0)->verdict(), wire::Verdict::room);
  EXPECT_EQ(found.counts()->Get(0)->count(), 260);
  ASSERT_EQ(found.candidates()->size(), 1);
  const wire::Candidate& candidate = *found.candidates()->Get(0);
  EXPECT_TRUE(same_id(candidate.agent(), told.candidates[0].agent));
  EXPECT_EQ(candidate.verdict(), wire::Verdict::cooling_down);
  EXPECT_EQ(candidate.from_ms(), 257);
  EXPECT_EQ(candidate.used(), 258);
  EXPECT_EQ(candidate.capacity(), 259);
}

void expect_found(const wire::Explained& found, const ExplainFound& meant) {
  const Explanation& told = meant.explanation;
  EXPECT_TRUE(same_id(found.conversation(), told.conversation));
  EXPECT_TRUE(same_id(found.winner(), told.winner));
  EXPECT_EQ(static_cast<int>(found.kind()), static_cast<int>(meant.kind));
  EXPECT_EQ(found.sequence(), meant.sequence);
  EXPECT_EQ(found.record(), told.record);
  EXPECT_EQ(found.configured_at(), told.configured_at);
  EXPECT_EQ(found.pool_ms(), told.pool_ms);
  EXPECT_EQ(found.wall_ms(), meant.wall_ms);
  EXPECT_EQ(found.opened_ms(), told.opened_ms);
  EXPECT_EQ(found.service_class(), told.service_class.value);
  EXPECT_EQ(found.band(), told.band.value);
  EXPECT_EQ(found.rank(), told.rank);
  EXPECT_EQ(found.time_ms(), told.time_ms);
  EXPECT_EQ(found.queued(), told.queued);
  EXPECT_EQ(found.step(), told.step);
  EXPECT_EQ(found.steps(), told.steps);
  EXPECT_EQ(found.debt(), told.debt);
  ASSERT_EQ(found.counts()->size(), 1);
  EXPECT_EQ(found.counts()->Get(0)->verdict(), wire::Verdict::lost);
  EXPECT_EQ(found.counts()->Get(0)->count(), 264);
  ASSERT_EQ(found.others()->size(), 2);
  EXPECT_EQ(found.others()->Get(1), 268);
  ASSERT_EQ(found.candidates()->size(), 1);
  const wire::Candidate& candidate = *found.candidates()->Get(0);
  EXPECT_EQ(candidate.lost_on(), wire::TupleField::scarce);
  EXPECT_TRUE(candidate.bot());
  EXPECT_TRUE(candidate.over());
  EXPECT_TRUE(candidate.preferred());
  EXPECT_EQ(candidate.tier(), 4);
  EXPECT_TRUE(candidate.scarce());
  EXPECT_EQ(candidate.idle_since(), 263);
}

void expect_found(const wire::Estimate& found, const EstimateFound& meant) {
  EXPECT_EQ(static_cast<int>(found.refusal()), static_cast<int>(meant.quote.refusal));
  EXPECT_EQ(found.service_class(), meant.quote.service_class.value);
  EXPECT_EQ(found.position(), meant.quote.position);
  EXPECT_EQ(found.expected_p50_ms(), meant.quote.expected.p50_ms);
  EXPECT_EQ(found.expected_p90_ms(), meant.quote.expected.p90_ms);
  EXPECT_EQ(found.estimated(), meant.quote.estimated);
  EXPECT_EQ(found.within_p50(), meant.quote.within_p50);
  EXPECT_EQ(found.within_p90(), meant.quote.within_p90);
  EXPECT_EQ(found.pool_ms(), meant.pool_ms);
}

void expect_any_found(const wire::QueryAnswer& answer, const Found& meant) {
  using Wires =
      std::tuple<wire::Status, wire::SnapshotChunk, wire::Conversation, wire::Agent, wire::Replay,
                 wire::Dictionary, wire::Refusing, wire::Why, wire::Explained, wire::Estimate>;
  static_assert(std::tuple_size_v<Wires> == std::variant_size_v<Found>);
  const auto expect_one = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
    if (meant.index() != I) return;
    const auto* found = answer.found_as<std::tuple_element_t<I, Wires>>();
    ASSERT_NE(found, nullptr);
    expect_found(*found, std::get<I>(meant));
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (expect_one(std::integral_constant<std::size_t, I>()), ...);
  }
  (std::make_index_sequence<std::variant_size_v<Found>>());
}

TEST(golden, answers_say_what_was_found) {
  Encoder encoder;
  for (const auto& [name, meant] : samples::founds()) {
    SCOPED_TRACE(name);
    const Bytes now = encoder.answer(241, 242, meant);
    for (const Bytes& bytes : {now, golden("found_" + name, now)}) {
      const auto* answer = verified<wire::QueryAnswer>(bytes, "UQRY");
      ASSERT_NE(answer, nullptr);
      EXPECT_EQ(answer->ticket(), 241);
      EXPECT_EQ(answer->sequence(), 242);
      expect_any_found(*answer, meant);
    }
  }
}

}  // namespace
}  // namespace usher
