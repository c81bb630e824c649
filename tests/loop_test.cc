// A thread's loop, and the whole pipeline on two of them: what the thread sanitizer looks at.

#include "daemon/loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/journal_fixture.h"
#include "tests/shell_fixture.h"

namespace usher {
namespace {

using namespace std::chrono_literals;

// Fails a test that would hang.
class Deadline {
 public:
  [[nodiscard]] bool over() const { return std::chrono::steady_clock::now() > end_; }

 private:
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + 60s;
};

TEST(Loop, ADoorbellOfAnotherThreadEndsTheSleep) {
  Loop loop;
  std::atomic<int> wanted{0};
  int seen = 0;
  loop.every_turn(
      [&] {
        seen = wanted.load();
        if (seen == 100) loop.stop();
      },
      [] { return false; });
  std::thread ringer([&] {
    for (int i = 1; i <= 100; ++i) {
      wanted.store(i);
      loop.doorbell().ring();
    }
  });
  loop.run();
  ringer.join();
  EXPECT_EQ(100, seen);
}

// A loop that misses one of them sleeps for good, and the test's time runs out.
TEST(Loop, AnAlarmThatIsDueAtOnceMakesATurn) {
  Loop loop;
  int turns = 0;
  loop.alarm().set(0);
  loop.every_turn(
      [&] {
        if (++turns == 100) return loop.stop();
        loop.alarm().set(turns % 2);
      },
      [] { return false; });
  loop.run();
  EXPECT_EQ(100, turns);
}

TEST(Loop, TheAlarmEndsTheSleepAndCanBePutOff) {
  Loop loop;
  int turns = 0;
  const auto begin = std::chrono::steady_clock::now();
  loop.alarm().set(1);
  loop.every_turn(
      [&] {
        if (++turns == 3) return loop.stop();
        loop.alarm().set(100'000);
        loop.alarm().set(20);
      },
      [] { return false; });
  loop.run();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 40ms);
}

TEST(Loop, NobodySleepsWhileWorkWaits) {
  Loop loop;
  int left = 1000;
  loop.every_turn(
      [&] {
        if (--left == 0) loop.stop();
      },
      [&] { return left > 0; });
  loop.run();
  EXPECT_EQ(0, left);
}

TEST(Loop, ASignalIsCaughtInTheLoopsThread) {
  Loop loop;
  const auto self = std::this_thread::get_id();
  bool caught = false;
  loop.on_signal(SIGUSR1, [&] {
    caught = std::this_thread::get_id() == self;
    loop.stop();
  });
  std::thread sender([] { kill(getpid(), SIGUSR1); });
  loop.run();
  sender.join();
  EXPECT_TRUE(caught);
}

TEST(Loop, AWatchedDescriptorEndsTheSleep) {
  int ends[2];
  ASSERT_EQ(0, pipe(ends));
  {
    Loop loop;
    bool said = false;
    loop.watch(ends[0], [&] { said = true; });
    bool said_before_turn = false;
    loop.every_turn(
        [&] {
          said_before_turn = said;
          loop.stop();
        },
        [] { return false; });
    ASSERT_EQ(1, write(ends[1], "x", 1));
    loop.run();
    EXPECT_TRUE(said_before_turn);
  }
  close(ends[0]);
  close(ends[1]);
}

// usherd's two threads, with a network in memory: everything that was sent is acknowledged,
// published without a gap and drained.
void carry_every_command(Journal& journal) {
  constexpr std::uint64_t batches = 200;
  constexpr std::size_t per_batch = 100;
  const SystemClock clock;
  FakeTransport transport;
  Settings settings = Shell::small_settings();
  Pipeline pipeline(settings,
                    {.pool = settings.pool,
                     .lease_ms = settings.lease_ms,
                     .version = "test",
                     .incarnation = 1,
                     .random = [count = std::uint64_t{0}]() mutable { return ++count; }},
                    clock, transport, journal);
  Core::Recovered recovered;
  ASSERT_TRUE(pipeline.recover(recovered).ok());
  ASSERT_TRUE(pipeline.start(settings.pool_configuration, {}).ok());

  Loop core_loop;
  std::atomic<bool> stop{false};
  bool core_more = true;
  core_loop.every_turn(
      [&] {
        if (stop.load()) return core_loop.stop();
        core_more = pipeline.core().step();
        core_loop.alarm().set(pipeline.core().wait_ms().value_or(-1));
      },
      [&] { return core_more; });

  Loop loop;
  Deadline deadline;
  client::Encoder encoder;
  client::Decoder decoder;
  client::Id session;
  std::uint64_t sent = 0;
  std::uint64_t up_to = 0;
  std::uint64_t window = 0;
  bool more = false;
  bool draining = false;
  loop.every_turn(
      [&] {
        Front& front = pipeline.front();
        front.begin_turn();
        if (sent == 0 && !session) {
          front.command_frame(1, std::as_bytes(encoder.hello({"main", "desk", {}, 0, 0})));
          session = id_of("asked");
        } else if (sent < batches && (sent + 1) * per_batch - up_to <= window) {
          encoder.begin_batch();
          for (std::size_t i = 0; i < per_batch; ++i) {
            encoder.add(ask(std::to_string(sent) + "." + std::to_string(i)));
          }
          front.command_frame(1,
                              std::as_bytes(encoder.finish_batch(session, 1 + sent * per_batch)));
          ++sent;
        }
        more = front.step() || !transport.replies[1].empty();
        for (auto& frames = transport.replies[1]; !frames.empty(); frames.pop_front()) {
          auto frame = decoder.server_frame(frames.front());
          if (auto* welcome = std::get_if<client::WelcomeFrame>(&frame)) {
            session = welcome->welcome.session;
            window = welcome->welcome.window;
          } else if (auto* done = std::get_if<client::AcknowledgementFrame>(&frame)) {
            up_to = std::max(up_to, done->up_to);
          }
        }
        if (up_to == batches * per_batch && !std::exchange(draining, true)) front.drain();
        if (front.drained() || deadline.over()) loop.stop();
        loop.alarm().set(front.wait_ms());
      },
      [&] { return more; });
  pipeline.on_ring([&] { core_loop.doorbell().ring(); }, [&] { loop.doorbell().ring(); }, [] {},
                   [] {});
  std::thread core([&] { core_loop.run(); });
  loop.run();
  stop.store(true);
  core_loop.doorbell().ring();
  core.join();

  EXPECT_FALSE(deadline.over());
  EXPECT_EQ(batches * per_batch, up_to);
  EXPECT_EQ(batches * per_batch, pipeline.core().router().view().conversations);
  std::uint64_t next = 1;
  for (const Frame& bytes : transport.published) {
    client::PublishedFrame frame;
    ASSERT_TRUE(client::Decoder::published_header(bytes, "main", frame));
    ASSERT_EQ(next, frame.first_sequence);
    next += frame.count;
  }
  EXPECT_EQ(pipeline.core().router().view().sequence + 1, next);
}

TEST(TwoThreads, CarryEveryCommandAndStopInGoodOrder) {
  MemoryJournal journal;
  carry_every_command(journal);
}

class ThreeThreads : public JournalFixture {};

// The third is the journal's, and what the core caused is let out when that has synced.
TEST_F(ThreeThreads, CarryEveryCommandAndStopInGoodOrder) {
  const Open journal = open(options());
  carry_every_command(*journal);
}

}  // namespace
}  // namespace usher
