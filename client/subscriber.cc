#include "client/subscriber.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <optional>

#include "client/decode.h"
#include "client/encode.h"
#include "client/socket.h"

namespace usher::client {

using std::chrono::milliseconds;

namespace {

constexpr int frames_per_turn = 256;
constexpr int timeout_ms_max = 1'000;
constexpr std::size_t topic_bytes = 8;
// What comes live while a gap is being filled waits here; beyond it, it is dropped and becomes the
// next gap.
constexpr std::size_t held_bytes_max = 64 * 1024 * 1024;
constexpr std::uint32_t replay_events_max = 1'024;

std::string topic_of(const std::string& pool) {
  std::string topic = pool.substr(0, topic_bytes);
  topic.resize(topic_bytes, '\0');
  return topic;
}

}  // namespace

struct Subscriber::Impl {
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  enum class Mode : std::uint8_t {
    joining,       // nothing is known yet: the next frame says where the stream is
    flowing,       // every frame continues the last
    filling,       // a replay is asked for
    snapshotting,  // chunks are asked for
  };

  Impl(SubscriberOptions given, SubscriberHandlers to_call);

  void process();
  void settle();
  [[nodiscard]] int timeout_ms() const;
  void receive_stream();
  void receive_answers();
  void keep_time();
  void reconnect();

  void on_frame(std::span<const std::uint8_t> bytes);
  void apply(std::span<const std::uint8_t> bytes, const PublishedFrame& frame);
  void apply_held();
  void deliver(std::span<const Event> events);
  void begin_incarnation(std::uint64_t new_one);
  void begin();

  void ask();
  bool is_of_ours(std::uint64_t theirs);
  void on_replay(Replay& replay);
  void on_part(SnapshotPart part);
  void on_refused(const Failure& failure);
  void tell_problem(const std::string& text) {
    if (handlers.problem) handlers.problem(text);
  }

  SubscriberOptions options;
  SubscriberHandlers handlers;
  std::string topic;
  std::unique_ptr<Context> own_context;
  Readiness readiness;
  Socket stream;
  Socket queries;
  Encoder encoder;
  Decoder decoder;
  SubscriberStatistics statistics;

  Mode mode = Mode::joining;
  std::uint64_t incarnation = 0;
  std::uint64_t term = 0;
  std::uint64_t last = 0;  // handed over
  std::deque<std::vector<std::uint8_t>> held;
  std::size_t held_bytes = 0;
  std::vector<Event> events;  // of one frame; kept for its memory

  bool asks_oldest = false;  // `last` is only where to look from
  bool is_below = false;     // what follows `last` is gone: ask for the oldest instead
  std::uint64_t ticket = 0;
  bool asked = false;
  SnapshotPart snapshot;
  bool snapshot_is_empty = true;
  std::optional<std::uint64_t> cursor_asked;  // of a snapshot, and not answered

  Time now;
  Time heard;
  Time asked_at;
};

Subscriber::Impl::Impl(SubscriberOptions given, SubscriberHandlers to_call)
    : options(std::move(given)),
      handlers(std::move(to_call)),
      topic(topic_of(options.pool)),
      own_context(options.context == nullptr ? std::make_unique<Context>() : nullptr),
      stream(own_context ? *own_context : *options.context, readiness,
             {.kind = Socket::Kind::subscriber,
              .endpoint = options.endpoint,
              .topic = topic,
              .linger_ms = 0,
              .frames_max = options.receive_frames_max}),
      queries(own_context ? *own_context : *options.context, readiness,
              {.kind = Socket::Kind::dealer, .endpoint = options.queries, .topic = {}}) {
  now = Clock::now();
  heard = now;
  incarnation = options.incarnation;
  // Subscribed before anything is asked: what happens meanwhile comes live.
  if (!stream.open()) tell_problem(stream.problem());
  if (!queries.open()) tell_problem(queries.problem());
  begin();
  settle();
}

// Where the stream begins, for the options given.
void Subscriber::Impl::begin() {
  if (options.after) {
    last = *options.after;
    asks_oldest = last == 0;
    mode = Mode::filling;
  } else if (handlers.snapshot) {
    mode = Mode::snapshotting;
  } else {
    mode = Mode::joining;
  }
  ask();
}

void Subscriber::Impl::begin_incarnation(std::uint64_t new_one) {
  incarnation = new_one;
  term = 0;
  held.clear();
  held_bytes = 0;
  last = 0;
  is_below = false;
  snapshot_is_empty = true;
  if (handlers.incarnation) handlers.incarnation(incarnation);
  // It is followed from its first event, or from a snapshot.
  mode = handlers.snapshot ? Mode::snapshotting : Mode::filling;
  ask();
}

// --- the stream ---

void Subscriber::Impl::receive_stream() {
  std::span<const std::uint8_t> bytes;
  for (int i = 0; i < frames_per_turn && stream.receive(bytes); ++i) {
    heard = now;
    ++statistics.frames;
    on_frame(bytes);
  }
}

void Subscriber::Impl::on_frame(std::span<const std::uint8_t> bytes) {
  PublishedFrame frame;
  if (!Decoder::published_header(bytes, topic, frame)) {
    ++statistics.malformed;
    return;
  }
  if (!is_of_ours(frame.incarnation)) {
    begin_incarnation(frame.incarnation);
  } else if (frame.term < term) {
    ++statistics.lower_term;
    return;
  }
  term = frame.term;
  if (mode == Mode::joining) {
    last = frame.first_sequence - 1;
    mode = Mode::flowing;
  }
  if (mode == Mode::flowing && frame.first_sequence > last + 1) {
    ++statistics.gaps;
    mode = Mode::filling;
    ask();
  }
  if (mode == Mode::flowing) {
    apply(bytes, frame);
  } else if (held_bytes + bytes.size() <= held_bytes_max) {
    held.emplace_back(bytes.begin(), bytes.end());
    held_bytes += bytes.size();
  }
}

// Requires: the frame begins at last + 1 or before.
void Subscriber::Impl::apply(std::span<const std::uint8_t> bytes, const PublishedFrame& frame) {
  const std::uint64_t known = last + 1 - frame.first_sequence;
  statistics.duplicates += std::min<std::uint64_t>(known, frame.count);
  if (known >= frame.count) return;
  if (!decoder.published_events(bytes, frame, events)) {
    // Its events are missed like those of a lost frame, and seen as such with the next one.
    ++statistics.malformed;
    return;
  }
  deliver(std::span<const Event>(events).subspan(static_cast<std::size_t>(known)));
}

void Subscriber::Impl::deliver(std::span<const Event> fresh) {
  if (fresh.empty()) return;
  last = fresh.back().sequence;
  statistics.events += fresh.size();
  if (handlers.events) handlers.events(fresh);
}

// After a replay or a snapshot: goes on with what came live meanwhile, as far as it fits.
void Subscriber::Impl::apply_held() {
  while (!held.empty()) {
    PublishedFrame frame;
    const auto& bytes = held.front();
    const bool makes_sense = Decoder::published_header(bytes, topic, frame);
    if (makes_sense && frame.incarnation == incarnation && frame.term >= term) {
      if (frame.first_sequence > last + 1) {
        mode = Mode::filling;
        ask();
        return;
      }
      apply(bytes, frame);
    }
    held_bytes -= bytes.size();
    held.pop_front();
  }
  mode = Mode::flowing;
}

// --- questions ---

// A snapshot may be long in coming: who asks for the same again keeps the ticket.
void Subscriber::Impl::ask() {
  asked_at = now;
  asked = false;
  const std::uint64_t cursor = snapshot_is_empty ? 0 : snapshot.cursor;
  const bool again = mode == Mode::snapshotting && cursor_asked == cursor;
  if (!again) ++ticket;
  cursor_asked.reset();
  if (mode == Mode::filling) {
    const ReplayRequest request{.after = is_below ? 0 : last, .count_max = replay_events_max};
    asked = queries.send(encoder.ask_replay(options.pool, ticket, request));
  } else if (mode == Mode::snapshotting) {
    cursor_asked = cursor;
    asked = queries.send(encoder.ask_snapshot(options.pool, ticket, cursor));
  }
}

void Subscriber::Impl::receive_answers() {
  std::span<const std::uint8_t> bytes;
  for (int i = 0; i < frames_per_turn && queries.receive(bytes); ++i) {
    auto answer = decoder.query_answer(bytes);
    if (answer.ticket != ticket) continue;
    if (auto* replay = std::get_if<Replay>(&answer.found)) {
      if (mode == Mode::filling) on_replay(*replay);
    } else if (auto* part = std::get_if<SnapshotPart>(&answer.found)) {
      cursor_asked.reset();
      if (mode == Mode::snapshotting) on_part(std::move(*part));
    } else if (const auto* failure = std::get_if<Failure>(&answer.found)) {
      on_refused(*failure);
    } else {
      ++statistics.malformed;
    }
  }
}

// Which of two incarnations is the newer one, only the stream can tell: it comes in order. Until it
// does, within a second, the answer waits for the next time of asking.
bool Subscriber::Impl::is_of_ours(std::uint64_t theirs) {
  if (incarnation == 0) incarnation = theirs;
  return theirs == incarnation;
}

void Subscriber::Impl::on_replay(Replay& replay) {
  if (!is_of_ours(replay.incarnation)) return;
  is_below = false;
  if (replay.oldest > last + 1) {
    const EventsLost gone{.after = last, .oldest = replay.oldest};
    last = replay.oldest - 1;
    if (!asks_oldest) {
      if (handlers.lost) handlers.lost(gone);
      if (handlers.snapshot) mode = Mode::snapshotting;
    }
  }
  asks_oldest = false;
  if (mode == Mode::filling) {
    auto& found = replay.events;
    const auto is_known = [this](const Event& event) { return event.sequence <= last; };
    found.erase(found.begin(), std::find_if_not(found.begin(), found.end(), is_known));
    std::size_t count = 0;
    while (count < found.size() && found[count].sequence == last + 1 + count) ++count;
    statistics.replayed += count;
    deliver(std::span<const Event>(found).first(count));
    if (last >= replay.last) {
      apply_held();
      return;
    }
  }
  ask();
}

void Subscriber::Impl::on_part(SnapshotPart part) {
  if (!extend(snapshot, std::move(part), snapshot_is_empty)) {
    snapshot_is_empty = true;
    ask();
    return;
  }
  snapshot_is_empty = false;
  if (snapshot.cursor != 0) {
    ask();
    return;
  }
  snapshot_is_empty = true;
  const Snapshot whole = std::move(snapshot.snapshot);
  if (!is_of_ours(whole.incarnation)) return;
  term = std::max(term, whole.term);
  last = whole.sequence;
  handlers.snapshot(whole);
  apply_held();
}

// A snapshot that usherd dropped is begun anew; keep_time() asks again after retry_ms.
void Subscriber::Impl::on_refused(const Failure& failure) {
  snapshot_is_empty = true;
  if (failure.refusal == Refusal::below_ring && mode == Mode::filling) {
    is_below = true;
    ask();
    return;
  }
  std::string text = "usherd at " + options.queries + " refuses: ";
  text += wire::EnumNameRefusal(failure.refusal);
  tell_problem(failure.text.empty() ? text : text + ": " + failure.text);
}

// --- time ---

void Subscriber::Impl::reconnect() {
  tell_problem("usherd at " + options.endpoint + " is silent");
  heard = now;
  snapshot_is_empty = true;
  stream.open();
  queries.open();
  if (mode == Mode::filling || mode == Mode::snapshotting) ask();
}

void Subscriber::Impl::keep_time() {
  if (now - heard >= milliseconds(options.silence_ms)) reconnect();
  const bool waits = mode == Mode::filling || mode == Mode::snapshotting;
  if (!waits) return;
  // The first question goes out as soon as there is a connection.
  const bool late = now - asked_at >= milliseconds(options.retry_ms);
  if (late || (!asked && queries.ready().writable)) ask();
}

void Subscriber::Impl::settle() {
  const auto answers = queries.ready();
  const bool waits = (mode == Mode::filling || mode == Mode::snapshotting) && !asked;
  readiness.set_pending(stream.ready().readable || answers.readable || (waits && answers.writable));
}

int Subscriber::Impl::timeout_ms() const {
  Time due = std::min(now + milliseconds(timeout_ms_max), heard + milliseconds(options.silence_ms));
  if (mode == Mode::filling || mode == Mode::snapshotting) {
    due = std::min(due, asked_at + milliseconds(options.retry_ms));
  }
  const auto left = std::chrono::ceil<milliseconds>(due - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, timeout_ms_max));
}

void Subscriber::Impl::process() {
  now = Clock::now();
  receive_answers();
  receive_stream();
  keep_time();
  settle();
}

// --- Subscriber ---

Subscriber::Subscriber(SubscriberOptions options, SubscriberHandlers handlers)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handlers))) {}
Subscriber::~Subscriber() = default;
Subscriber::Subscriber(Subscriber&&) noexcept = default;
Subscriber& Subscriber::operator=(Subscriber&&) noexcept = default;

int Subscriber::fd() const { return impl_->readiness.fd(); }
int Subscriber::timeout_ms() const { return impl_->timeout_ms(); }
void Subscriber::process() { impl_->process(); }
bool Subscriber::run_until(const std::function<bool()>& done, milliseconds at_most) {
  return drive(*this, done, at_most);
}
bool Subscriber::live() const { return impl_->mode == Impl::Mode::flowing; }
std::uint64_t Subscriber::sequence() const { return impl_->last; }
std::uint64_t Subscriber::incarnation() const { return impl_->incarnation; }
const SubscriberStatistics& Subscriber::statistics() const { return impl_->statistics; }

}  // namespace usher::client
