// Bytes that no honest client sends. None of them may crash, grow or get past what
// routing/command.h promises; most must be refused as a whole.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "daemon/decode.h"
#include "tests/contract.h"
#include "tests/frames.h"
#include "tests/samples.h"

namespace usher {
namespace {

using frames::FlatBufferBuilder;
using frames::Offset;
using samples::session;

// What the decoder made of the bytes, which are copied so that the sanitizers see their end.
std::variant<ClientMessage, Malformed> decoded(const Bytes& bytes) {
  return Decoder().client_frame(Bytes(bytes));
}
bool is_malformed(const Bytes& bytes) { return std::holds_alternative<Malformed>(decoded(bytes)); }
std::string why(const Bytes& bytes) {
  const auto result = decoded(bytes);
  const auto* wrong = std::get_if<Malformed>(&result);
  return wrong == nullptr ? "was understood" : wrong->text;
}

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  Bytes bytes(size);
  for (std::byte& one : bytes) one = static_cast<std::byte>(random());
  return bytes;
}

std::uint64_t drawn_seed() {
  if (const char* seed = std::getenv("USHER_SEED")) return std::strtoull(seed, nullptr, 10);
  return std::random_device()();
}

void put(Bytes& bytes, std::size_t at, const char* text) {
  std::memcpy(bytes.data() + at, text, std::strlen(text));
}

TEST(hostile, empty_and_small_frames) {
  EXPECT_EQ(Decoder().client_frame({}).index(), 1);
  EXPECT_EQ(Decoder().query_frame({}).index(), 1);
  EXPECT_EQ(why(Bytes(15)), "frame: must be 16 to 262144 bytes, found 15");
}

TEST(hostile, frames_that_are_too_big) {
  Bytes big = frames::encode(samples::client_messages()[0].second);
  big.resize(frame_bytes_max);
  EXPECT_FALSE(is_malformed(big));
  big.resize(frame_bytes_max + 1);
  EXPECT_EQ(why(big), "frame: must be 16 to 262144 bytes, found 262145");
  big.resize(16 * frame_bytes_max);
  EXPECT_TRUE(is_malformed(big));
}

TEST(hostile, frames_of_something_else) {
  Bytes frame = frames::encode(Heartbeat{session});
  put(frame, 4, "UEVT");
  EXPECT_EQ(why(frame), "frame: must have the identifier \"UCMD\", found \"UEVT\"");
  put(frame, 4, "\x01\xff\"x");
  EXPECT_EQ(why(frame), "frame: must have the identifier \"UCMD\", found \"???x\"");
  const Bytes query = frames::encode(samples::queries()[0].second);
  EXPECT_TRUE(is_malformed(query));
  const auto swapped = Decoder().query_frame(frames::encode(Heartbeat{session}));
  EXPECT_TRUE(std::holds_alternative<Malformed>(swapped));
}

TEST(hostile, random_bytes) {
  const std::uint64_t seed = drawn_seed();
  std::printf("USHER_SEED=%llu\n", static_cast<unsigned long long>(seed));
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = random_bytes(random, random() % 300);
    // Every other frame gets past the first checks.
    if (round % 2 == 1 && bytes.size() >= 16) {
      const std::uint32_t root = 8 + static_cast<std::uint32_t>(random() % bytes.size());
      std::memcpy(bytes.data(), &root, sizeof root);
      put(bytes, 4, round % 4 == 1 ? "UCMD" : "UQRY");
    }
    const auto result = decoded(bytes);
    if (const auto* message = std::get_if<ClientMessage>(&result)) {
      EXPECT_EQ(contract::broken(*message), "");
    }
    (void)Decoder().query_frame(bytes);
  }
}

TEST(hostile, frames_truncated_at_every_length) {
  for (const auto& [name, message] : samples::client_messages()) {
    const Bytes whole = frames::encode(message);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto result = decoded(Bytes(whole.begin(), whole.begin() + size));
      // What was lost of a frame that is still understood can only have been padding.
      if (const auto* left = std::get_if<ClientMessage>(&result)) {
        EXPECT_EQ(frames::encode(*left), whole) << name << " cut to " << size;
        EXPECT_LT(whole.size() - size, 8) << name;
      }
    }
  }
  for (const auto& [name, query] : samples::queries()) {
    const Bytes whole = frames::encode(query);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Bytes part(whole.begin(), whole.begin() + size);
      const auto result = Decoder().query_frame(part);
      if (const auto* left = std::get_if<Query>(&result)) {
        EXPECT_EQ(frames::encode(*left), whole) << name << " cut to " << size;
        EXPECT_LT(whole.size() - size, 8) << name;
      }
    }
  }
}

TEST(hostile, frames_with_any_bit_flipped) {
  int refused = 0;
  for (const auto& [name, message] : samples::client_messages()) {
    Bytes frame = frames::encode(message);
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
      const auto mask = static_cast<std::byte>(1u << (bit % 8));
      frame[bit / 8] ^= mask;
      const auto result = decoded(frame);
      if (const auto* still = std::get_if<ClientMessage>(&result)) {
        EXPECT_EQ(contract::broken(*still), "") << name << " bit " << bit;
      } else {
        ++refused;
      }
      frame[bit / 8] ^= mask;
    }
  }
  EXPECT_GT(refused, 1000);
  for (const auto& [name, query] : samples::queries()) {
    Bytes frame = frames::encode(query);
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
      const auto mask = static_cast<std::byte>(1u << (bit % 8));
      frame[bit / 8] ^= mask;
      (void)Decoder().query_frame(Bytes(frame));
      frame[bit / 8] ^= mask;
    }
  }
}

TEST(hostile, frames_at_every_misalignment) {
  for (const auto& [name, message] : samples::client_messages()) {
    const Bytes frame = frames::encode(message);
    for (std::size_t shift = 0; shift < 8; ++shift) {
      Bytes shifted(shift + frame.size());
      std::ranges::copy(frame, shifted.begin() + shift);
      const auto result = Decoder().client_frame(std::span(shifted).subspan(shift));
      ASSERT_TRUE(std::holds_alternative<ClientMessage>(result)) << name << " + " << shift;
      EXPECT_EQ(frames::encode(std::get<ClientMessage>(result)), frame) << name;
    }
  }
}

TEST(hostile, one_decoder_forgets_what_it_saw) {
  Decoder decoder;
  const Bytes large = frames::encode(samples::client_messages()[1].second);
  const Bytes small = frames::encode(Heartbeat{session});
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(decoder.client_frame(large).index(), 0);
    EXPECT_EQ(decoder.client_frame(small).index(), 0);
    EXPECT_EQ(decoder.client_frame(std::span(large).first(large.size() / 2)).index(), 1);
  }
}

// --- shapes that the verifier alone lets pass, or takes too long over ---

// Tables in tables, each the union of the one around it.
Bytes nested(int depth, std::uint8_t type) {
  FlatBufferBuilder fbb;
  Offset<void> inner = 0;
  for (int i = 0; i < depth; ++i) {
    const auto start = fbb.StartTable();
    fbb.AddOffset(wire::ClientFrame::VT_MESSAGE, inner);
    fbb.AddElement<std::uint8_t>(wire::ClientFrame::VT_MESSAGE_TYPE, type);
    inner = fbb.EndTable(start);
  }
  fbb.Finish(Offset<wire::ClientFrame>(inner.o), wire::ClientFrameIdentifier());
  return frames::bytes_of(fbb);
}

TEST(hostile, frames_nested_too_deep) {
  for (const int depth : {1, 2, 8, 9, 100, 10'000}) {
    for (int type = 0; type <= 7; ++type) {
      EXPECT_TRUE(is_malformed(nested(depth, static_cast<std::uint8_t>(type)))) << depth;
    }
  }
}

TEST(hostile, messages_of_no_known_kind) {
  FlatBufferBuilder fbb;
  const auto heartbeat = wire::CreateHeartbeat(fbb);
  fbb.Finish(wire::CreateClientFrame(fbb, wire::ClientMessage(7), heartbeat.Union()), "UCMD");
  EXPECT_EQ(why(frames::bytes_of(fbb)),
            "ClientFrame.message: must be one of the kinds 1 to 6, found kind 7");
  fbb.Clear();
  fbb.Finish(wire::CreateClientFrame(fbb, wire::ClientMessage::Batch), "UCMD");
  EXPECT_EQ(why(frames::bytes_of(fbb)),
            "ClientFrame.message: must be one of the kinds 1 to 6, found none");
}

TEST(hostile, questions_of_no_known_kind) {
  FlatBufferBuilder fbb;
  const auto pool = fbb.CreateString("main");
  const auto ask = wire::CreateAskStatus(fbb);
  const auto kind = wire::Question(10);
  wire::FinishQueryBuffer(fbb, wire::CreateQuery(fbb, 1, pool, 1, kind, ask.Union()));
  auto result = Decoder().query_frame(frames::bytes_of(fbb));
  EXPECT_EQ(std::get<Malformed>(result).text,
            "Query.question: must be one of the kinds 1 to 9, found kind 10");
}

// A batch whose commands are all the same bytes.
Bytes aliased(std::size_t count, Offset<wire::Command> command, FlatBufferBuilder& fbb) {
  return frames::batch_frame(fbb, session, 1, std::vector<Offset<wire::Command>>(count, command));
}

TEST(hostile, thousands_of_commands_that_are_one) {
  const Command commands[] = {command::Abandon{samples::conversation}, samples::open()};
  for (const Command& command : commands) {
    FlatBufferBuilder fbb;
    const Bytes frame = aliased(4096, frames::write_command(fbb, command), fbb);
    EXPECT_LT(frame.size(), 20'000);
    EXPECT_EQ(why(frame),
              "Batch.commands: must share no bytes with each other, found more in them than the "
              "frame's " +
                  std::to_string(frame.size()) + " bytes");
  }
}

// Each takes eight bytes of its own, and is refused for itself.
TEST(hostile, thousands_of_commands_without_a_body) {
  FlatBufferBuilder fbb;
  std::vector<Offset<wire::Command>> commands;
  for (int i = 0; i < 4096; ++i) commands.push_back(wire::CreateCommand(fbb));
  const auto result = Decoder().client_frame(frames::batch_frame(fbb, session, 1, commands));
  const auto* message = std::get_if<ClientMessage>(&result);
  ASSERT_NE(message, nullptr) << std::get<Malformed>(result).text;
  const auto& batch = std::get<Batch>(*message);
  ASSERT_EQ(batch.commands.size(), 4096);
  for (const Command& command : batch.commands) {
    EXPECT_EQ(std::get<command::Refused>(command).reason, Refusal::malformed);
  }
}

TEST(hostile, thousands_of_definitions_that_share_their_skills) {
  FlatBufferBuilder fbb;
  std::vector<wire::SkillLevel> skills;
  for (std::uint16_t i = 1; i <= 64; ++i) skills.emplace_back(i, std::uint8_t{1});
  const auto shared = fbb.CreateVectorOfStructs(skills);
  std::vector<Offset<wire::Command>> commands;
  for (std::uint64_t i = 1; i <= 3000; ++i) {
    const wire::Id id(i, i);
    const auto agent = wire::CreateDefineAgent(fbb, &id, 1, 1, 1, wire::AgentKind::bot, shared);
    commands.push_back(frames::command_of(fbb, agent));
  }
  const Bytes frame = frames::batch_frame(fbb, session, 1, commands);
  EXPECT_LE(frame.size(), frame_bytes_max);
  EXPECT_TRUE(is_malformed(frame));
}

TEST(hostile, more_tables_than_any_batch_has) {
  FlatBufferBuilder fbb;
  const auto command = frames::write_command(fbb, command::Abandon{samples::conversation});
  EXPECT_TRUE(is_malformed(aliased(60'000, command, fbb)));
}

// A vector that claims more elements than there are bytes.
TEST(hostile, vectors_that_end_beyond_the_frame) {
  Bytes frame = frames::encode(samples::client_messages()[1].second);
  // The batch's vector of commands is the first place where its length stands alone.
  const auto count = static_cast<std::uint32_t>(samples::every_command().size());
  std::size_t found = 0;
  for (std::size_t at = 0; at + 4 <= frame.size(); at += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, frame.data() + at, sizeof word);
    if (word != count) continue;
    ++found;
    for (const std::uint32_t claim : {0x00010000u, 0x3fffffffu, 0x40000000u, 0xffffffffu}) {
      Bytes lying = frame;
      std::memcpy(lying.data() + at, &claim, sizeof claim);
      const auto result = decoded(lying);
      if (const auto* message = std::get_if<ClientMessage>(&result)) {
        EXPECT_EQ(contract::broken(*message), "");
      } else {
        ++found;
      }
    }
  }
  EXPECT_GE(found, 5);
}

}  // namespace
}  // namespace usher
