#include "bench/usher_load/check_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "bench/usher_load/json.h"

namespace usher::load {
namespace {

using namespace std::chrono_literals;

constexpr const char* field_names[] = {"events", "last_sequence", "routed",  "opened",
                                       "ended",  "open",          "compared"};

std::runtime_error failed(const char* what) {
  return std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

void make_pipe(int (&ends)[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) throw failed("pipe");
}

}  // namespace

CheckProcess::CheckProcess(const Endpoints& endpoints, std::uint32_t over_slots) {
  int down[2];
  int up[2];
  make_pipe(down);
  make_pipe(up);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO);
  std::string arguments[] = {"usher-load",
                             "check",
                             "--piped",
                             "--over-slots",
                             fmt::format("{}", over_slots),
                             "--events",
                             endpoints.events,
                             "--queries",
                             endpoints.queries,
                             "--pool",
                             endpoints.pool};
  std::vector<char*> vector;
  for (std::string& argument : arguments) vector.push_back(argument.data());
  vector.push_back(nullptr);
  const int error = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, vector.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(down[0]);
  close(up[1]);
  to_ = down[1];
  from_ = up[0];
  fcntl(to_, F_SETFL, O_NONBLOCK);
  if (error != 0) {
    errno = error;
    throw failed("usher-load check cannot be started");
  }
}

CheckProcess::~CheckProcess() {
  // The end of its input makes it go; it must not stay behind when it does not.
  close(to_);
  close(from_);
  if (pid_ <= 0) return;
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) return;
    poll(nullptr, 0, 10);
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void CheckProcess::begin() {
  outgoing_ += 'g';
  flush();
  const std::string line = read_line(20s);
  if (line != "ready") throw std::runtime_error("the checker does not begin: " + line);
}

void CheckProcess::acknowledged(const Id& conversation) {
  outgoing_ += 'a';
  outgoing_.append(reinterpret_cast<const char*>(conversation.bytes.data()),
                   conversation.bytes.size());
  if (outgoing_.size() >= 4096) flush();
}

void CheckProcess::flush() {
  std::size_t written = 0;
  while (written < outgoing_.size()) {
    const ssize_t count = write(to_, outgoing_.data() + written, outgoing_.size() - written);
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  outgoing_.erase(0, written);
}

std::string CheckProcess::finish(std::uint64_t sequence, std::chrono::milliseconds at_most) {
  outgoing_ += 'e';
  char bytes[sizeof sequence];
  std::memcpy(bytes, &sequence, sizeof sequence);
  outgoing_.append(bytes, sizeof bytes);
  std::string line = read_line(at_most);
  if (!line.starts_with('{')) throw std::runtime_error("the checker does not report: " + line);
  return line;
}

std::string CheckProcess::read_line(std::chrono::milliseconds at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  for (;;) {
    const std::size_t end = incoming_.find('\n');
    if (end != std::string::npos) {
      std::string line = incoming_.substr(0, end);
      incoming_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return "no answer in time";
    pollfd ends[] = {{from_, POLLIN, 0},
                     {to_, static_cast<short>(outgoing_.empty() ? 0 : POLLOUT), 0}};
    poll(ends, 2, static_cast<int>(left.count()));
    flush();
    if (ends[0].revents == 0) continue;
    char bytes[4096];
    const ssize_t count = read(from_, bytes, sizeof bytes);
    if (count == 0) return "it ended";
    if (count > 0) incoming_.append(bytes, static_cast<std::size_t>(count));
  }
}

std::string to_json(const Findings& findings) {
  JsonObject violations;
  for (std::size_t index = 0; index < violation_count; ++index) {
    violations.add(name_of(static_cast<Violation>(index)), findings.counts[index]);
  }
  const std::uint64_t values[] = {findings.events,  findings.last_sequence, findings.routed,
                                  findings.opened,  findings.ended,         findings.open,
                                  findings.compared};
  JsonObject object;
  for (std::size_t index = 0; index < std::size(values); ++index) {
    object.add(field_names[index], values[index]);
  }
  object.add("violations", violations);
  object.add("first", findings.first);
  return object.text();
}

std::optional<Findings> findings_of(const std::string& json) {
  Findings findings;
  std::uint64_t* const values[] = {&findings.events,  &findings.last_sequence, &findings.routed,
                                   &findings.opened,  &findings.ended,         &findings.open,
                                   &findings.compared};
  for (std::size_t index = 0; index < std::size(values); ++index) {
    const auto number = json_number(json, field_names[index]);
    if (!number) return std::nullopt;
    *values[index] = *number;
  }
  for (std::size_t index = 0; index < violation_count; ++index) {
    const auto number = json_number(json, name_of(static_cast<Violation>(index)));
    if (!number) return std::nullopt;
    findings.counts[index] = *number;
  }
  findings.first = json_strings(json, "first");
  return findings;
}

}  // namespace usher::load
