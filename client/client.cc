#include "client/client.h"

#include <algorithm>

#include "client/session.h"

namespace usher::client {

using std::chrono::milliseconds;

namespace {

// So many frames per process(): a flood must not keep the caller from other work.
constexpr int frames_per_turn = 256;
// Unsent commands that are worth a frame before the caller asks for one.
constexpr std::size_t flush_commands = 512;
// No command of the schema is larger; each also takes an offset in the batch.
constexpr std::size_t command_bytes_max = 2'048;
constexpr std::size_t offset_bytes = 4;
constexpr int timeout_ms_max = 1'000;
constexpr milliseconds greet_pause_min{50};
constexpr milliseconds greet_pause_max{2'000};

// Every frame that can be under way, twice over: the window is 4,096 commands.
constexpr int frames_max = 16'384;

}  // namespace

Client::Impl::Impl(Options given, Handlers to_call)
    : options(std::move(given)),
      handlers(std::move(to_call)),
      own_context(options.context == nullptr ? std::make_unique<Context>() : nullptr),
      socket(own_context ? *own_context : *options.context, readiness,
             {.kind = Socket::Kind::dealer,
              .endpoint = options.endpoint,
              .topic = {},
              .linger_ms = options.linger_ms,
              .frames_max = frames_max}) {
  now = Clock::now();
  greet_not_before = now;
  welcome.session = options.session;
  welcome.incarnation = options.incarnation;
  chain.begin_after(options.directed_from);
  problem = "not connected to usherd at " + options.endpoint;
  if (!socket.open()) fail(socket.problem());
  settle();
}

// --- connection ---

void Client::Impl::greet() {
  // The incarnation belongs to the session: a new one is opened in whatever is.
  const bool resumes = static_cast<bool>(welcome.session);
  const bool went = transmit(encoder.hello({.pool = options.pool,
                                            .origin = options.origin,
                                            .session = welcome.session,
                                            .incarnation = resumes ? welcome.incarnation : 0,
                                            .directed_from = chain.seen()}));
  if (!went) return;
  state = State::greeting;
  greeted = now;
}

// Always on a fresh connection: no answer to what was said before can be mistaken for one to what
// is said now.
void Client::Impl::reconnect(const std::string& why) {
  problem = why;
  tell_problem(why);
  state = State::connecting;
  greet_not_before = now + greet_pause;
  greet_pause = std::clamp(greet_pause * 2, greet_pause_min, greet_pause_max);
  if (!socket.open()) fail(socket.problem());
}

void Client::Impl::fail(const std::string& why) {
  socket.close(false);
  state = State::failed;
  problem = why;
  tell_problem(why);
}

void Client::Impl::tell_problem(const std::string& text) {
  if (handlers.problem) handlers.problem(text);
}

bool Client::Impl::transmit(std::span<const std::uint8_t> bytes) {
  if (!socket.send(bytes)) return false;
  ++statistics.frames_sent;
  spoken = now;
  return true;
}

void Client::Impl::receive() {
  std::span<const std::uint8_t> bytes;
  for (int i = 0; i < frames_per_turn && socket.receive(bytes); ++i) {
    ++statistics.frames_received;
    heard = now;
    std::visit([this](const auto& frame) { on(frame); }, decoder.server_frame(bytes));
  }
}

void Client::Impl::look_at_connection() {
  const bool connected = socket.ready().writable;
  if (state == State::connecting) {
    if (connected && now >= greet_not_before) greet();
  } else if ((state == State::greeting || state == State::ready) && !connected) {
    reconnect("lost the connection to usherd at " + options.endpoint);
  }
}

void Client::Impl::keep_time() {
  const auto past = [this](Time since, int ms) { return now - since >= milliseconds(ms); };
  if (state == State::greeting && past(greeted, options.silence_ms)) {
    reconnect("usherd at " + options.endpoint + " did not answer the greeting");
  }
  if (state != State::ready) return;
  if (past(heard, options.silence_ms)) {
    reconnect("usherd at " + options.endpoint + " is silent");
    return;
  }
  if (sent > 0 && past(progressed, options.resend_ms)) {
    gap_wanted = 0;
    rewind(0);
  }
  if (advance_sent && past(advanced_at, options.resend_ms)) advance_sent = false;
  if (chain.is_behind() && past(directed_moved, options.heartbeat_ms)) ask_directed();
  if (past(spoken, options.heartbeat_ms)) transmit(encoder.heartbeat(welcome.session));
}

void Client::Impl::settle() {
  const auto ready = socket.ready();
  const bool may_greet = state == State::connecting && ready.writable && now >= greet_not_before;
  const bool lost = (state == State::greeting || state == State::ready) && !ready.writable;
  readiness.set_pending(ready.readable || may_greet || lost);
}

int Client::Impl::timeout_ms() const {
  if (state == State::failed || state == State::closed) return timeout_ms_max;
  const bool may_send = sent < std::min<std::size_t>(entries.size(), window);
  if (state == State::ready && may_send) return 0;
  Time due = now + milliseconds(timeout_ms_max);
  const auto at = [&due](Time since, int ms) { due = std::min(due, since + milliseconds(ms)); };
  if (state == State::connecting && greet_not_before > now) due = std::min(due, greet_not_before);
  if (state == State::greeting) at(greeted, options.silence_ms);
  if (state == State::ready) {
    at(heard, options.silence_ms);
    at(spoken, options.heartbeat_ms);
    if (sent > 0) at(progressed, options.resend_ms);
    if (advance_sent) at(advanced_at, options.resend_ms);
    if (chain.is_behind()) at(directed_moved, options.heartbeat_ms);
  }
  const auto left = std::chrono::ceil<milliseconds>(due - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, timeout_ms_max));
}

void Client::Impl::process() {
  now = Clock::now();
  receive();
  look_at_connection();
  keep_time();
  send_batches();
  settle();
}

// --- commands ---

Sent Client::Impl::send(Command command, std::uint64_t token) {
  if (state == State::failed || state == State::closed) return Sent::closed;
  if (entries.size() >= options.queue_max) return Sent::would_block;
  entries.push_back({std::move(command), token});
  const std::size_t waiting = std::min<std::size_t>(entries.size(), window);
  if (state == State::ready && waiting >= sent + flush_commands) flush();
  return Sent::queued;
}

void Client::Impl::flush() {
  now = Clock::now();
  send_batches();
  settle();
}

void Client::Impl::send_batches() {
  if (state != State::ready) return;
  const std::size_t allowed = std::min<std::size_t>(entries.size(), window);
  while (sent < allowed) {
    if (sent == 0) progressed = now;
    encoder.begin_batch();
    std::size_t next = sent;
    do {
      encoder.add(entries[next++].command);
    } while (next < allowed && encoder.count() < batch_commands_max &&
             encoder.bytes() + encoder.count() * offset_bytes + command_bytes_max <
                 frame_bytes_max);
    if (!transmit(encoder.finish_batch(welcome.session, acknowledged + sent + 1))) return;
    statistics.commands_sent += next - sent;
    if (sent < ever_sent) statistics.commands_resent += std::min(next, ever_sent) - sent;
    sent = next;
    ever_sent = std::max(ever_sent, sent);
  }
  // Time moves only after everything that was said before. It takes a place in the window, too: one
  // frame more than it holds would be dropped without a word.
  if (advance_to && !advance_sent && sent == entries.size() && sent < window) {
    advance_sent = transmit(encoder.advance(welcome.session, *advance_to));
    advanced_at = now;
  }
}

void Client::Impl::rewind(std::size_t to) {
  sent = std::min(sent, to);
  progressed = now;
}

bool Client::Impl::advance(std::uint64_t to_ms) {
  if (advance_to || state == State::failed || state == State::closed) return false;
  advance_to = to_ms;
  advance_sent = false;
  flush();
  return true;
}

void Client::Impl::bye() {
  if (state == State::closed) return;
  now = Clock::now();
  send_batches();
  if (state == State::ready) transmit(encoder.bye(welcome.session));
  socket.close(true);
  state = State::closed;
  problem = "closed";
  entries.clear();
  sent = 0;
  ever_sent = 0;
  settle();
}

// --- Client ---

Client::Client(Options options, Handlers handlers)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handlers))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Sent Client::send(Command command, std::uint64_t token) {
  return impl_->send(std::move(command), token);
}
void Client::flush() { impl_->flush(); }
std::size_t Client::room() const {
  const std::size_t queued = impl_->entries.size();
  return impl_->options.queue_max - std::min(impl_->options.queue_max, queued);
}
std::size_t Client::pending() const { return impl_->entries.size(); }
bool Client::advance(std::uint64_t to_ms) { return impl_->advance(to_ms); }
int Client::fd() const { return impl_->readiness.fd(); }
int Client::timeout_ms() const { return impl_->timeout_ms(); }
void Client::process() { impl_->process(); }

bool Client::run_until(const std::function<bool()>& done, milliseconds at_most) {
  return drive(*this, done, at_most);
}

State Client::state() const { return impl_->state; }
const std::string& Client::problem() const { return impl_->problem; }
const Welcome& Client::session() const { return impl_->welcome; }
const Dictionary& Client::dictionary() const { return impl_->dictionary; }
const Statistics& Client::statistics() const { return impl_->statistics; }
std::uint64_t Client::acknowledged() const { return impl_->acknowledged; }
std::uint64_t Client::directed_seen() const { return impl_->chain.seen(); }
void Client::bye() { impl_->bye(); }

}  // namespace usher::client
