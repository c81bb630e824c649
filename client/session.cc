#include "client/session.h"

#include <algorithm>

namespace usher::client {

using std::chrono::milliseconds;

namespace {

// After usherd said "busy" and the like.
constexpr milliseconds retry_soon{200};

std::string said(const RefusedFrame& frame) {
  std::string text = wire::EnumNameRefusal(frame.reason);
  if (!frame.text.empty()) text += ": " + frame.text;
  return text;
}

// Its state will pass; ours is in order.
bool is_passing(Refusal reason) {
  switch (reason) {
    case Refusal::busy:
    case Refusal::draining:
    case Refusal::disk_full:
    case Refusal::overflow:
    case Refusal::pool_full:
    case Refusal::too_many: return true;
    default: return false;
  }
}

bool is_about_session(Refusal reason) {
  return reason == Refusal::unknown_session || reason == Refusal::session_of_another;
}

}  // namespace

void Client::Impl::on(const Unreadable& /*frame*/) { ++statistics.frames_malformed; }

void Client::Impl::on(const AliveFrame& /*frame*/) {}

void Client::Impl::on(const NamesFrame& frame) { learn_names(frame.names); }

void Client::Impl::learn_names(const std::vector<NameEntry>& names) {
  for (const auto& name : names) dictionary.add(name.kind, name.number, name.text);
}

// --- the greeting ---

void Client::Impl::on(const WelcomeFrame& frame) {
  if (state != State::greeting) return;
  if (frame.version != protocol_version || !frame.welcome.session) {
    ++statistics.frames_malformed;
    fail("usherd at " + options.endpoint + " speaks version " + std::to_string(frame.version) +
         " of the protocol; this library speaks version " + std::to_string(protocol_version));
    return;
  }
  Welcome next = frame.welcome;
  next.resumed = next.session == welcome.session && next.incarnation == welcome.incarnation;
  next.new_incarnation = welcome.incarnation != 0 && next.incarnation != welcome.incarnation;
  if (next.resumed && !continues(next)) {
    // Numbers would be given twice. What was sent is reported as lost with the next welcome.
    welcome.session = {};
    reconnect("usherd at " + options.endpoint + " has another count of this session's commands");
    return;
  }
  if (next.new_incarnation) dictionary.clear();
  learn_names(frame.names);
  if (frame.batch_commands_max > 0) batch_commands_max = frame.batch_commands_max;
  if (frame.frame_bytes_max > 0) frame_bytes_max = frame.frame_bytes_max;
  if (const int third = static_cast<int>(next.lease_ms / 3); third > 0) {
    options.heartbeat_ms = std::min(options.heartbeat_ms, third);
  }
  const auto lost = take_lost(next);
  begin_chain(next);
  welcome = next;
  window = next.window;
  sent = 0;
  gap_wanted = 0;
  advance_sent = false;
  progressed = now;
  directed_moved = now;
  state = State::ready;
  problem.clear();
  greeted_before = true;
  ++statistics.connections;
  if (handlers.welcome) handlers.welcome(welcome);
  for (const auto& outcome : lost) {
    if (handlers.outcome) handlers.outcome(outcome);
  }
}

// Whether usherd's count of the session's commands can be ours.
bool Client::Impl::continues(const Welcome& next) const {
  if (ever_sent == 0) return next.last_applied >= acknowledged;
  return next.last_applied >= acknowledged && next.last_applied <= acknowledged + ever_sent;
}

// In a new session the numbers begin anew; what had one under the old was perhaps applied and must
// not be sent again. In a new incarnation even what was only queued speaks of a state that is gone.
std::vector<Outcome> Client::Impl::take_lost(const Welcome& next) {
  std::vector<Outcome> lost;
  if (next.resumed) {
    // Taken up by another process: the numbers go on where usherd is.
    if (ever_sent == 0) acknowledged = next.last_applied;
    return lost;
  }
  const std::size_t count = next.new_incarnation ? entries.size() : ever_sent;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t number = i < ever_sent ? acknowledged + i + 1 : 0;
    lost.push_back({.number = number,
                    .token = entries.front().token,
                    .result = Result::lost,
                    .refusal = Refusal::none,
                    .answered = false,
                    .answer = {}});
    entries.pop_front();
  }
  ever_sent = 0;
  acknowledged = next.last_applied;
  return lost;
}

// Directed events belong to the origin, not to the session: a new session goes on where the old one
// was, unless nothing was asked for or the numbers mean something else now.
void Client::Impl::begin_chain(const Welcome& next) {
  const bool from_now = !greeted_before && options.directed_from == 0;
  if (from_now || next.new_incarnation) {
    chain.begin_after(next.directed_last);
  } else {
    chain.learn(next.directed_last);
  }
}

// --- commands ---

void Client::Impl::on(const AcknowledgementFrame& frame) {
  if (state != State::ready || frame.session != welcome.session) return;
  if (frame.up_to < acknowledged) return;  // overtaken
  if (frame.up_to > acknowledged + ever_sent) {
    ++statistics.frames_malformed;
    return;
  }
  window = frame.window;
  if (frame.up_to > acknowledged) {
    progressed = now;
    greet_pause = milliseconds(0);
  }
  auto answer = frame.answers.begin();
  auto refused = frame.refused.begin();
  // A handler may say bye.
  while (acknowledged < frame.up_to && state == State::ready) {
    Outcome outcome;
    outcome.number = acknowledged + 1;
    outcome.token = entries.front().token;
    while (answer != frame.answers.end() && answer->first < outcome.number) ++answer;
    while (refused != frame.refused.end() && refused->first < outcome.number) ++refused;
    if (answer != frame.answers.end() && answer->first == outcome.number) {
      outcome.answered = true;
      outcome.answer = answer->second;
    }
    if (refused != frame.refused.end() && refused->first == outcome.number) {
      outcome.result = Result::refused;
      outcome.refusal = refused->second;
    }
    entries.pop_front();
    ++acknowledged;
    --ever_sent;
    if (sent > 0) --sent;
    if (handlers.outcome) handlers.outcome(outcome);
  }
}

void Client::Impl::on(const RefusedFrame& frame) {
  if (state == State::greeting) {
    greeting_refused(frame);
  } else if (state == State::ready) {
    batch_refused(frame);
  }
}

void Client::Impl::greeting_refused(const RefusedFrame& frame) {
  if (is_about_session(frame.reason) && welcome.session) {
    welcome.session = {};
    greet();
  } else if (is_passing(frame.reason)) {
    reconnect("usherd at " + options.endpoint + " cannot take a session now: " + said(frame));
  } else if (frame.reason != Refusal::gap) {
    fail("usherd at " + options.endpoint + " refuses pool \"" + options.pool + "\", origin \"" +
         options.origin + "\": " + said(frame));
  }
}

void Client::Impl::batch_refused(const RefusedFrame& frame) {
  const std::string text = "usherd at " + options.endpoint + " refused a frame: " + said(frame);
  if (frame.reason == Refusal::gap) {
    if (frame.wanted <= acknowledged) {
      reconnect(text);
    } else if (frame.wanted != gap_wanted && frame.wanted - acknowledged <= sent) {
      // Every frame behind the missing one is refused like this: once is enough.
      gap_wanted = frame.wanted;
      rewind(static_cast<std::size_t>(frame.wanted - acknowledged - 1));
    }
  } else if (is_about_session(frame.reason)) {
    reconnect(text);
  } else if (is_passing(frame.reason)) {
    tell_problem(text);
    progressed = now - milliseconds(options.resend_ms) + retry_soon;
  } else if (advance_sent && sent == 0) {
    advance_to.reset();
    advance_sent = false;
    tell_problem(text);
  } else {
    fail(text);
  }
}

// --- events ---

void Client::Impl::on(const DirectedFrame& frame) {
  if (state != State::ready) return;
  if (frame.incarnation != welcome.incarnation) {
    reconnect("the pool of usherd at " + options.endpoint + " began anew");
    return;
  }
  if (frame.term < welcome.term) return;
  welcome.term = frame.term;
  bool gap = false;
  const bool was_behind = chain.is_behind();
  for (const auto& event : frame.events) {
    if (state != State::ready) return;
    const auto verdict = chain.judge(event, welcome.origin);
    gap = gap || verdict == DirectedChain::Verdict::gap;
    if (verdict != DirectedChain::Verdict::deliver) continue;
    directed_moved = now;
    ++statistics.events;
    if (handlers.event) handlers.event(event);
  }
  // While an answer is on its way, what follows the gap is dropped: it comes again.
  if (gap && !was_behind) {
    ++statistics.event_gaps;
    ask_directed();
  }
}

void Client::Impl::ask_directed() {
  directed_moved = now;
  transmit(encoder.replay_directed(welcome.session, chain.seen()));
}

void Client::Impl::on(const EventsLost& frame) {
  if (state != State::ready || frame.oldest <= chain.seen()) return;
  chain.skip_lost();
  if (handlers.events_lost) handlers.events_lost(frame);
}

void Client::Impl::on(const Advanced& frame) {
  if (!advance_to || frame.to_ms < *advance_to) return;
  advance_to.reset();
  advance_sent = false;
  if (handlers.advanced) handlers.advanced(frame);
}

}  // namespace usher::client
