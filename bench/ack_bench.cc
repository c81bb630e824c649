// How long one command waits for its acknowledgement when nobody else wants anything, beside what
// it cannot do without: one sync of the disk and the way there and back. Everything takes turns in
// one run, with the same pause before each, so that whatever else the machine does meets all. Then
// once more with many conversations in the state, while a subscriber takes snapshots of it one
// after the other, and while it is kept every second.
//
//   ack_bench USHERD [DIRECTORY [ROUNDS [CONVERSATIONS]]]
//
// Starts that usherd on the shipped configuration, with its state in DIRECTORY, which must be empty
// or not be there.

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/decode.h"
#include "client/encode.h"
#include "daemon/config_shipped.h"

namespace usher::client {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t record_bytes = 192;  // what a group with one open takes, about
constexpr auto pause = 2ms;                // between two, so that every thread sleeps

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "ack_bench: %s\n", what.c_str());
  std::exit(1);
}

class Dealer {
 public:
  Dealer(void* context, const std::string& endpoint) : socket_(zmq_socket(context, ZMQ_DEALER)) {
    const int timeout_ms = 5000;
    const int linger = 0;
    zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &timeout_ms, sizeof timeout_ms);
    zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger);
    if (zmq_connect(socket_, endpoint.c_str()) != 0) fail("cannot connect to " + endpoint);
  }
  ~Dealer() { zmq_close(socket_); }
  Dealer(const Dealer&) = delete;
  Dealer& operator=(const Dealer&) = delete;

  void send(std::span<const std::uint8_t> frame) {
    if (zmq_send(socket_, frame.data(), frame.size(), 0) < 0) fail("cannot send");
  }
  std::span<const std::uint8_t> receive() {
    const int size = zmq_recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (size < 0) fail("no answer within 5 s");
    return {buffer_.data(), static_cast<std::size_t>(size)};
  }

 private:
  void* socket_;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(256 * 1024);
};

// Sends back whatever comes, in a process of its own, as usherd is one: libzmq's thread there is
// not the one that serves us here.
[[noreturn]] void echo(const std::string& endpoint) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  void* router = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER);
  if (zmq_bind(router, endpoint.c_str()) != 0) fail("cannot bind " + endpoint);
  std::array<char, 4096> part{};
  for (;;) {
    const int peer = zmq_recv(router, part.data(), part.size(), 0);
    zmq_send(router, part.data(), static_cast<std::size_t>(std::max(0, peer)), ZMQ_SNDMORE);
    const int size = zmq_recv(router, part.data(), part.size(), 0);
    zmq_send(router, part.data(), static_cast<std::size_t>(std::max(0, size)), 0);
  }
}

// Before there is any thread here.
pid_t start_echo(const std::string& endpoint) {
  const pid_t child = fork();
  if (child < 0) fail("cannot fork");
  if (child == 0) echo(endpoint);
  return child;
}

template <class Act>
double microseconds(const Act& act) {
  std::this_thread::sleep_for(pause);
  const Clock::time_point begin = Clock::now();
  act();
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

double quantile(std::vector<double>& all, double share) {
  std::sort(all.begin(), all.end());
  return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
}

// A session, which opens conversations of that name and a number.
class FrontEnd {
 public:
  FrontEnd(void* context, const std::string& endpoint, std::string name)
      : dealer_(context, endpoint), name_(std::move(name)) {
    dealer_.send(encoder_.hello({.pool = "main", .origin = "ack-bench", .session = {}}));
    for (;;) {
      const auto said = decoder_.server_frame(dealer_.receive());
      if (const auto* welcome = std::get_if<WelcomeFrame>(&said)) {
        session_ = welcome->welcome.session;
        return;
      }
    }
  }
  // Opens so many in one frame and waits until they are acknowledged.
  void open(std::size_t count = 1) {
    encoder_.begin_batch();
    const std::uint64_t first = number_ + 1;
    for (std::size_t i = 0; i < count; ++i) {
      const auto id = Id::parse(name_ + std::to_string(++number_));
      encoder_.add(Open{.conversation = *id, .channel = 1, .category = 1});
    }
    dealer_.send(encoder_.finish_batch(session_, first));
    for (;;) {
      const auto said = decoder_.server_frame(dealer_.receive());
      const auto* acknowledged = std::get_if<AcknowledgementFrame>(&said);
      if (acknowledged == nullptr) continue;
      if (!acknowledged->refused.empty()) fail("an open is refused");
      if (acknowledged->up_to == number_) return;
    }
  }

 private:
  Dealer dealer_;
  std::string name_;
  Encoder encoder_;
  Decoder decoder_;
  Id session_;
  std::uint64_t number_ = 0;
};

// On the shipped configuration, which keeps the state once an hour, or on that which does so every
// second; stopped at the end.
class Usherd {
 public:
  Usherd(const std::string& program, const std::string& directory, bool keeps_every_second) {
    const std::string config = directory + "/usher.toml";
    std::string text(config::shipped_file);
    if (keeps_every_second) {
      const std::string setting = "\nsnapshot_every = ";
      const std::size_t at = text.find(setting);
      if (at == std::string::npos) fail("the shipped configuration says nothing of snapshots");
      text.replace(at + setting.size(), text.find('\n', at + 1) - at - setting.size(), "\"1s\"");
    }
    std::ofstream(config) << text;
    setenv("STATE_DIRECTORY", directory.c_str(), 1);
    std::array<std::string, 3> words = {program, "--config", config};
    std::array<char*, 4> arguments = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    if (posix_spawn(&child_, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0) {
      fail("cannot start " + program);
    }
  }
  ~Usherd() {
    kill(child_, SIGTERM);
    int status = 0;
    waitpid(child_, &status, 0);
    if (status != 0) fail("usherd did not end in good order");
  }
  Usherd(const Usherd&) = delete;
  Usherd& operator=(const Usherd&) = delete;

 private:
  pid_t child_ = 0;
};

using Times = std::vector<double>;

Times acknowledgements(FrontEnd& front_end, int rounds) {
  Times all;
  for (int i = 0; i < rounds; ++i) all.push_back(microseconds([&] { front_end.open(); }));
  return all;
}

// Takes snapshots, of which it reads the beginning, for as long as it lives.
class Subscriber {
 public:
  Subscriber(void* context, const std::string& endpoint) : dealer_(context, endpoint) {
    thread_ = std::thread([this] {
      for (std::uint64_t ticket = 1; !stop_; ++ticket) {
        dealer_.send(encoder_.ask_snapshot("main", ticket, 0));
        (void)dealer_.receive();
        ++taken_;
      }
    });
  }
  // How many it took.
  int stop() {
    stop_ = true;
    thread_.join();
    return taken_;
  }

 private:
  Dealer dealer_;
  Encoder encoder_;
  std::atomic<bool> stop_{false};
  int taken_ = 0;
  std::thread thread_;
};

void fill(FrontEnd& front_end, std::size_t conversations) {
  constexpr std::size_t per_frame = 256;
  for (std::size_t i = 0; i < conversations; i += per_frame) front_end.open(per_frame);
}

int main(int argc, char** argv) {
  if (argc < 2) fail("usage: ack_bench USHERD [DIRECTORY [ROUNDS [CONVERSATIONS]]]");
  const std::string directory =
      std::filesystem::absolute(argc > 2 ? argv[2] : "ack-bench").string();
  const int rounds = argc > 3 ? std::stoi(argv[3]) : 2000;
  const std::size_t conversations = argc > 4 ? std::stoul(argv[4]) : 400'000;
  std::filesystem::create_directories(directory);
  if (!std::filesystem::is_empty(directory)) fail(directory + " must be empty");
  const std::string bare = "tcp://127.0.0.1:5719";
  const std::string commands = "tcp://127.0.0.1:5710";
  const std::string queries = "tcp://127.0.0.1:5712";
  const pid_t echoes = start_echo(bare);
  void* context = zmq_ctx_new();

  Times way;
  Times sync;
  Times acknowledged;
  Times large;
  Times read;
  int snapshots = 0;
  Times kept;
  {
    const Usherd usherd(argv[1], directory, false);
    FrontEnd front_end(context, commands, "a");
    Dealer pinger(context, bare);
    const int file = open((directory + "/grows").c_str(), O_WRONLY | O_CREAT, 0600);
    const std::vector<std::uint8_t> bytes(record_bytes, 7);
    for (int i = 0; i < rounds; ++i) {
      way.push_back(microseconds([&] {
        pinger.send(bytes);
        (void)pinger.receive();
      }));
      sync.push_back(microseconds([&] {
        if (write(file, bytes.data(), bytes.size()) < 0 || fdatasync(file) != 0) fail("no sync");
      }));
      acknowledged.push_back(microseconds([&] { front_end.open(); }));
    }
    close(file);
    fill(front_end, conversations);
    large = acknowledgements(front_end, rounds);
    Subscriber subscriber(context, queries);
    read = acknowledgements(front_end, rounds);
    snapshots = subscriber.stop();
  }
  {
    const Usherd usherd(argv[1], directory, true);
    FrontEnd front_end(context, commands, "b");
    kept = acknowledgements(front_end, rounds);
  }
  kill(echoes, SIGKILL);
  waitpid(echoes, nullptr, 0);
  zmq_ctx_term(context);

  const double limit = quantile(sync, 0.5) + 2 * quantile(way, 0.5);
  fmt::print("microseconds, {:<6} of each              p50       p90       p99       max\n",
             rounds);
  const auto line = [](const std::string& what, Times& all) {
    fmt::print("{:<36} {:>8.0f}  {:>8.0f}  {:>8.0f}  {:>8.0f}\n", what, quantile(all, 0.5),
               quantile(all, 0.9), quantile(all, 0.99), quantile(all, 1));
  };
  line("bare libzmq, there and back", way);
  line("fdatasync of a growing file", sync);
  line("usherd, acknowledged", acknowledged);
  line(fmt::format("with {} conversations", conversations), large);
  line(fmt::format("and {} snapshots of them taken", snapshots), read);
  line("and their state kept every second", kept);
  fmt::print("one sync and two ways: {:.0f}; usherd takes {:.2f} times that\n", limit,
             quantile(acknowledged, 0.5) / limit);
  return 0;
}

}  // namespace
}  // namespace usher::client

int main(int argc, char** argv) { return usher::client::main(argc, argv); }
