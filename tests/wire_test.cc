// Real sockets: the edges of ZMQ_FD, and what the network may bring. Everything is polled with a
// deadline; nothing sleeps and hopes.

#include "daemon/wire.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>
#include <zmq.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace usher {
namespace {

using namespace std::chrono_literals;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string text_of_bytes(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class WireTest : public testing::Test {
 protected:
  WireTest() {
    settings.commands_endpoints = {"tcp://127.0.0.1:*"};
    settings.events_endpoints = {"tcp://127.0.0.1:*"};
    settings.queries_endpoints = {"tcp://127.0.0.1:*"};
    EXPECT_TRUE(wire.bind(settings).ok());
  }
  ~WireTest() override {
    for (void* socket : sockets_) {
      zmq_setsockopt(socket, ZMQ_LINGER, &zero_, sizeof zero_);
      zmq_close(socket);
    }
    zmq_ctx_term(context_);
  }

  [[nodiscard]] const std::string& commands() const { return wire.endpoints()[0]; }
  [[nodiscard]] const std::string& events() const { return wire.endpoints()[1]; }
  [[nodiscard]] const std::string& queries() const { return wire.endpoints()[2]; }

  void* connect(int type, const std::string& endpoint) {
    void* socket = zmq_socket(context_, type);
    EXPECT_EQ(0, zmq_connect(socket, endpoint.c_str()));
    sockets_.push_back(socket);
    return socket;
  }
  static void send(void* socket, std::string_view text, int flags = 0) {
    EXPECT_EQ(static_cast<int>(text.size()), zmq_send(socket, text.data(), text.size(), flags));
  }

  // As the loop does: sleeps on the descriptors only after ready() said there is nothing. Nothing
  // else wakes it, so an edge that is lost ends the test.
  template <class Done>
  bool run_until(const Done& done, std::size_t frames_max = 256, int sleep_ms = 20'000) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      if (!wire.ready()) {
        std::vector<pollfd> polls;
        for (const int descriptor : wire.descriptors()) polls.push_back({descriptor, POLLIN, 0});
        poll(polls.data(), polls.size(), sleep_ms);
      }
      wire.receive(handlers, frames_max);
    }
    return true;
  }
  std::string receive(void* socket) {
    std::string text(1 << 20, '\0');
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      wire.receive(handlers, 256);
      const int size = zmq_recv(socket, text.data(), text.size(), ZMQ_DONTWAIT);
      if (size >= 0) return text.substr(0, static_cast<std::size_t>(size));
      pollfd none{};
      poll(&none, 0, 1);
    }
    return "nothing came";
  }

  Settings settings;
  Wire wire;
  std::vector<std::pair<Peer, std::string>> got;
  std::vector<std::pair<Peer, std::string>> asked;
  Wire::Handlers handlers{.command =
                              [this](Peer peer, std::span<const std::byte> bytes) {
                                got.emplace_back(peer, text_of_bytes(bytes));
                              },
                          .query =
                              [this](Peer peer, std::span<const std::byte> bytes) {
                                asked.emplace_back(peer, text_of_bytes(bytes));
                              }};

 private:
  int zero_ = 0;
  void* context_ = zmq_ctx_new();
  std::vector<void*> sockets_;
};

TEST_F(WireTest, AThousandFramesBehindOneEdgeAllArrive) {
  void* client = connect(ZMQ_DEALER, commands());
  for (int i = 0; i < 1000; ++i) send(client, "frame " + std::to_string(i));
  ASSERT_TRUE(run_until([&] { return got.size() == 1000; }));
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ("frame " + std::to_string(i), got[i].second);
    EXPECT_EQ(got[0].first, got[i].first);
  }
}

TEST_F(WireTest, ABudgetLeavesTheRestReadyWithoutANewEdge) {
  void* client = connect(ZMQ_DEALER, commands());
  for (int i = 0; i < 50; ++i) send(client, "frame");
  ASSERT_TRUE(run_until([&] { return got.size() == 50; }, 1));
  EXPECT_EQ(50u, got.size());
}

TEST_F(WireTest, ASendThatSwallowsTheEdgeLosesNothing) {
  void* client = connect(ZMQ_DEALER, commands());
  for (int round = 0; round < 200; ++round) {
    send(client, "question");
    const std::size_t before = got.size();
    // Sending to the peer while its next frame arrives is what swallows the edge.
    if (before > 0) {
      EXPECT_EQ(Sent::yes, wire.reply(got.back().first, bytes_of("answer")));
    }
    ASSERT_TRUE(run_until([&] { return got.size() == before + 1; }));
  }
  for (int round = 0; round < 199; ++round) EXPECT_EQ("answer", receive(client));
}

TEST_F(WireTest, AMessageOfSeveralPartsIsDroppedAndCounted) {
  void* client = connect(ZMQ_DEALER, commands());
  send(client, "part", ZMQ_SNDMORE);
  send(client, "part", ZMQ_SNDMORE);
  send(client, "part");
  send(client, "whole");
  ASSERT_TRUE(run_until([&] { return got.size() == 1; }));
  EXPECT_EQ("whole", got[0].second);
  EXPECT_EQ(1u, wire.counts().violations);
}

TEST_F(WireTest, APeerThatChoseItsOwnIdIsNobody) {
  void* client = zmq_socket(nullptr, ZMQ_DEALER);
  EXPECT_EQ(nullptr, client);
  client = connect(ZMQ_DEALER, commands());
  ASSERT_EQ(0, zmq_disconnect(client, commands().c_str()));
  ASSERT_EQ(0, zmq_setsockopt(client, ZMQ_ROUTING_ID, "me", 2));
  ASSERT_EQ(0, zmq_connect(client, commands().c_str()));
  send(client, "here I am");
  ASSERT_TRUE(run_until([&] { return wire.counts().violations == 1; }));
  EXPECT_TRUE(got.empty());
}

TEST_F(WireTest, AFrameThatIsTooBigCostsItsConnectionAndNobodyElse) {
  void* big = connect(ZMQ_DEALER, commands());
  void* other = connect(ZMQ_DEALER, commands());
  send(big, std::string(frame_bytes_max + 1, 'x'));
  send(other, std::string(frame_bytes_max, 'y'));
  ASSERT_TRUE(run_until([&] { return got.size() == 1; }));
  EXPECT_EQ(frame_bytes_max, got[0].second.size());
  EXPECT_EQ('y', got[0].second[0]);
}

TEST_F(WireTest, QueriesAndCommandsAreTwoDoors) {
  void* asker = connect(ZMQ_DEALER, queries());
  void* sender = connect(ZMQ_DEALER, commands());
  send(asker, "question");
  send(sender, "command");
  ASSERT_TRUE(run_until([&] { return got.size() == 1 && asked.size() == 1; }));
  EXPECT_EQ(Sent::yes, wire.answer(asked[0].first, bytes_of("answer")));
  EXPECT_EQ(Sent::yes, wire.reply(got[0].first, bytes_of("reply")));
  EXPECT_EQ("answer", receive(asker));
  EXPECT_EQ("reply", receive(sender));
}

TEST_F(WireTest, ANobodyIsGoneAndOneWhoDoesNotReadIsFull) {
  EXPECT_EQ(Sent::gone, wire.reply(12345, bytes_of("x")));
  void* client = connect(ZMQ_DEALER, commands());
  int few = 1;
  zmq_setsockopt(client, ZMQ_RCVHWM, &few, sizeof few);
  send(client, "hello");
  ASSERT_TRUE(run_until([&] { return got.size() == 1; }));
  const std::string frame(100'000, 'x');
  Sent sent = Sent::yes;
  int count = 0;
  for (; count < 10'000 && sent == Sent::yes; ++count) {
    sent = wire.reply(got[0].first, bytes_of(frame));
  }
  EXPECT_EQ(Sent::full, sent);
  EXPECT_LT(count, 5000);
}

TEST_F(WireTest, OnlyThePoolsTopicAndItsPrefixesCanBeSubscribedTo) {
  void* all = connect(ZMQ_SUB, events());
  void* pool = connect(ZMQ_SUB, events());
  void* stranger = connect(ZMQ_SUB, events());
  ASSERT_EQ(0, zmq_setsockopt(all, ZMQ_SUBSCRIBE, "", 0));
  ASSERT_EQ(0, zmq_setsockopt(pool, ZMQ_SUBSCRIBE, "main\0\0\0\0", 8));
  for (int i = 0; i < 100; ++i) {
    const std::string topic = "topic" + std::to_string(i);
    ASSERT_EQ(0, zmq_setsockopt(stranger, ZMQ_SUBSCRIBE, topic.data(), topic.size()));
  }
  ASSERT_TRUE(run_until([&] { return wire.counts().subscriptions == 100; }));
  std::string frame = "main";
  frame.resize(32, '\0');
  // Until both have heard: a subscription takes its time to arrive.
  int heard = 0;
  char buffer[64];
  ASSERT_TRUE(run_until(
      [&] {
        wire.publish(bytes_of(frame));
        if ((heard & 1) == 0 && zmq_recv(all, buffer, sizeof buffer, ZMQ_DONTWAIT) == 32)
          heard |= 1;
        if ((heard & 2) == 0 && zmq_recv(pool, buffer, sizeof buffer, ZMQ_DONTWAIT) == 32)
          heard |= 2;
        return heard == 3;
      },
      256, 1));
  EXPECT_EQ(-1, zmq_recv(stranger, buffer, sizeof buffer, ZMQ_DONTWAIT));
}

TEST_F(WireTest, ASubscriberWhoDoesNotReadHoldsNobodyUp) {
  void* slow = connect(ZMQ_SUB, events());
  void* quick = connect(ZMQ_SUB, events());
  int few = 10;
  zmq_setsockopt(slow, ZMQ_RCVHWM, &few, sizeof few);
  ASSERT_EQ(0, zmq_setsockopt(slow, ZMQ_SUBSCRIBE, "", 0));
  ASSERT_EQ(0, zmq_setsockopt(quick, ZMQ_SUBSCRIBE, "", 0));
  std::string frame = "main";
  frame.resize(10'000, '\0');
  std::string buffer(20'000, '\0');
  int received = 0;
  int published = 0;
  ASSERT_TRUE(run_until(
      [&] {
        for (int i = 0; i < 100; ++i) wire.publish(bytes_of(frame));
        published += 100;
        while (zmq_recv(quick, buffer.data(), buffer.size(), ZMQ_DONTWAIT) > 0) ++received;
        return received >= 20'000;
      },
      256, 1));
  EXPECT_GE(published, received);
}

TEST_F(WireTest, ATakenPortNamesTheSettingToChange) {
  Wire second;
  Settings same = settings;
  same.commands_endpoints = {commands()};
  const Status status = second.bind(same);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(std::string::npos, status.text().find("server.commands"));
  EXPECT_NE(std::string::npos, status.text().find("taken"));
}

TEST(Wire, AUnixSocketInUseIsNotTakenAwayAndALeftOverOneIs) {
  const std::string path = testing::TempDir() + "usher-wire-" + std::to_string(getpid());
  Settings settings;
  settings.commands_endpoints = {"ipc://" + path};
  settings.events_endpoints = {"tcp://127.0.0.1:*"};
  settings.queries_endpoints = {"tcp://127.0.0.1:*"};
  std::fclose(std::fopen(path.c_str(), "w"));  // what a crash leaves behind
  {
    Wire first;
    ASSERT_TRUE(first.bind(settings).ok());
    Wire second;
    EXPECT_FALSE(second.bind(settings).ok());
  }
  Wire third;
  EXPECT_TRUE(third.bind(settings).ok());
}

TEST(Wire, TheLibraryIsNewEnough) { EXPECT_TRUE(check_libzmq().ok()) << check_libzmq().text(); }

}  // namespace
}  // namespace usher
