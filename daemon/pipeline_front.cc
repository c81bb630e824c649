#include "daemon/pipeline_front.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/log.h"
#include "daemon/overloaded.h"
#include "routing/check.h"

namespace usher {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr int groups_per_turn_max = 16;
// To look again whether those who owe us reading have read.
constexpr std::int64_t debts_ms = 5;
constexpr std::int64_t counts_ns = 10 * second_ns;

}  // namespace

Front::Front(const Settings& settings, const Clock& clock, Transport& transport,
             const Journal& journal, Handover<Intake>& inbox, Handover<Outgoing>& outbox)
    : clock_(clock),
      transport_(transport),
      journal_(journal),
      inbox_(inbox),
      outbox_(outbox),
      reception_(settings),
      ring_(settings.event_ring),
      desk_([this](Peer peer, const ServerMessage& message) { return send(peer, message); },
            {.after =
                 [this](OriginNumber origin, std::uint64_t after, std::size_t count_max,
                        std::vector<Event>& into) {
                   ring_.of_origin(origin, after, count_max, into);
                 },
             .forgotten = [this](OriginNumber origin) { return ring_.forgotten(origin); }}),
      pulse_ns_(
          std::clamp<std::int64_t>(settings.lease_ms * 1'000'000 / 8, second_ns / 10, second_ns)) {
  reception_.on_forget([this](Peer peer) { desk_.forget(peer); });
  desk_.on_gone([this](Peer peer) { reception_.forget(peer); });
  begin_turn();
}

void Front::remember_behind(std::uint64_t sequence, const LastOfOrigins& last_of) {
  ring_.begin_behind(sequence, last_of);
  published_ = sequence;
}

void Front::remember(std::span<const Event> events) {
  if (events.empty()) return;
  ring_.append(events);
  published_ = ring_.last();
}

void Front::put(Peer peer, decltype(Intake::what)&& what) {
  // Reception bounds what is under way to the inbox's capacity.
  CHECK(inbox_.put({.peer = peer, .received_ns = now_ns_, .what = std::move(what)}));
}

void Front::command_frame(Peer peer, std::span<const std::byte> bytes) {
  auto decoded = decoder_.client_frame(bytes);
  FrameRefused refused;
  Reception::Verdict verdict;
  if (auto* malformed = std::get_if<Malformed>(&decoded)) {
    verdict = reception_.judge_malformed(peer, now_ns_);
    refused = {.reason = malformed->reason, .wanted = 0, .text = std::move(malformed->text)};
  } else {
    auto& message = std::get<ClientMessage>(decoded);
    verdict = reception_.judge(peer, message, now_ns_, refused);
    if (verdict == Reception::Verdict::pass) {
      std::visit([&](auto& said) { put(peer, std::move(said)); }, message);
    }
  }
  if (verdict == Reception::Verdict::refuse) desk_.say(peer, refused);
}

void Front::query_frame(Peer peer, std::span<const std::byte> bytes) {
  auto decoded = decoder_.query_frame(bytes);
  if (const auto* malformed = std::get_if<Malformed>(&decoded)) {
    reception_.count_refused();
    return answer(peer, 0, Refusing{malformed->reason, malformed->text});
  }
  auto& query = std::get<Query>(decoded);
  Refusing refusing;
  if (reception_.judge_query(query, refusing) != Reception::Verdict::pass) {
    return answer(peer, query.ticket, refusing);
  }
  if (const auto* ask = std::get_if<AskReplay>(&query.question)) {
    reception_.query_taken();
    bool below = false;
    ReplayFound found = ring_.replay(*ask, below);
    found.identity = identity_;
    if (!below) return answer(peer, query.ticket, found);
    return answer(
        peer, query.ticket,
        Refusing{Refusal::below_ring, fmt::format("event {} is no longer kept; the oldest is {}",
                                                  ask->after + 1, ring_.oldest())});
  }
  const auto* snapshot = std::get_if<AskSnapshot>(&query.question);
  if (snapshot != nullptr && snapshot->cursor != 0) {
    reception_.query_taken();
    if (const auto found = cuts_.next(snapshot->cursor, now_ns_)) {
      return answer(peer, query.ticket, *found);
    }
    return answer(peer, query.ticket,
                  Refusing{Refusal::stale, "the snapshot is no longer kept; begin anew"});
  }
  if (auto* explain = std::get_if<AskExplain>(&query.question)) look_up(*explain);
  put(peer, std::move(query));
}

// What the ring still knows need not be looked for in the past.
void Front::look_up(AskExplain& explain) const {
  const Event* event = ring_.find(explain.sequence);
  if (event == nullptr) return;
  if (explain.conversation.is_zero()) explain.conversation = event->conversation;
  if (!explain.conversation.is_zero()) explain.record = event->record;
}

void Front::answer(Peer peer, std::uint64_t ticket, const Found& found) {
  // Who does not read its answers asks again.
  (void)transport_.answer(peer, encoder_.answer(ticket, ring_.last(), found));
}

// The next of what the core caused, if the journal is done with it: the only way out.
bool Front::take_durable() {
  if (!held_ && !outbox_.take(outgoing_)) return false;
  held_ = outgoing_.group > journal_.durable();
  return !held_;
}

bool Front::linger() {
  if (held_) return durable_soon_.linger([this] { return outgoing_.group <= journal_.durable(); });
  durable_soon_.withdraw();
  return false;
}

bool Front::step() {
  begin_turn();
  more_ = false;
  int groups = 0;
  while (groups < groups_per_turn_max && take_durable()) {
    let_out(outgoing_);
    outgoing_ = {};
    ++groups;
  }
  outbox_.ring_back();
  if (groups == groups_per_turn_max) more_ = true;
  if (reception_.window_changed()) desk_.owe_window(reception_.window(), ring_.last());
  // Whoever asked for something waits for the answer; subscribers follow.
  if (desk_.settle()) more_ = true;
  publish_let_out();
  pulse();
  inbox_.ring();
  return more_;
}

std::int64_t Front::wait_ms() const {
  if (more_) return 0;
  const std::int64_t pulse_ms = std::max<std::int64_t>(0, (next_pulse_ns_ - now_ns_) / 1'000'000);
  return desk_.has_debts() ? std::min(pulse_ms, debts_ms) : pulse_ms;
}

void Front::pulse() {
  if (now_ns_ < next_pulse_ns_) return;
  next_pulse_ns_ = now_ns_ + pulse_ns_;
  // One at a time: a core that is late is not given more of them.
  if (!std::exchange(pulse_under_way_, true)) put(0, Pulse{});
  // So that the loss of the last frame is noticed.
  if (now_ns_ - published_ns_ >= second_ns) publish({});
  cuts_.step(now_ns_);
  const auto& counts = reception_.counts();
  const std::uint64_t refused = counts.refused - counted_.refused;
  const std::uint64_t dropped = counts.dropped - counted_.dropped;
  if (now_ns_ - counted_ns_ >= counts_ns && refused + dropped > 0) {
    log_warning(fmt::format("{} frames refused and {} dropped in the last {} s", refused, dropped,
                            (now_ns_ - counted_ns_) / second_ns));
    counted_ = counts;
  }
  if (now_ns_ - counted_ns_ >= counts_ns) counted_ns_ = now_ns_;
}

void Front::let_out(Outgoing& outgoing) {
  if (!outgoing.events.empty()) {
    ring_.append(outgoing.events);
    desk_.concern(outgoing.events);
    let_out_.push_back(std::move(outgoing.events));
  }
  for (const std::string& decision : outgoing.decisions) log_debug(decision);
  for (const Taken& taken : outgoing.taken) reception_.taken(taken.peer, taken.commands);
  for (Message& message : outgoing.messages) deliver(message);
}

void Front::publish_let_out() {
  for (const std::vector<Event>& events : let_out_) publish(events);
  let_out_.clear();
}

void Front::publish(std::span<const Event> events) {
  published_ns_ = now_ns_;
  do {
    const auto chunk = events.first(std::min(events.size(), frame_events_max));
    transport_.publish(encoder_.published(identity_, published_ + 1, chunk));
    published_ += chunk.size();
    events = events.subspan(chunk.size());
  } while (!events.empty());
}

void Front::deliver(Message& message) {
  std::visit([&](auto& what) { deliver(message.peer, what); }, message.what);
}

void Front::deliver(Peer peer, Welcomed& welcomed) {
  reception_.bind(peer, welcomed.welcome.session);
  welcomed.welcome.window = reception_.window();
  // A new origin may have been numbered for it.
  if (welcomed.welcome.dictionary.size() != dictionary_.size()) {
    dictionary_ = welcomed.welcome.dictionary;
  }
  desk_.welcome(peer, welcomed);
}

void Front::deliver(Peer peer, Acknowledgement& acknowledgement) {
  acknowledgement.window = reception_.window();
  desk_.owe(peer, std::move(acknowledgement));
}

void Front::deliver(Peer peer, const Ended& ended) { reception_.unbind(peer, ended.session); }

void Front::deliver(Peer peer, Answered& answered) {
  reception_.query_taken();
  if (auto* status = std::get_if<StatusFound>(&answered.found)) {
    status->frames_refused = reception_.counts().refused;
    status->frames_dropped = reception_.counts().dropped;
  }
  (void)transport_.answer(peer,
                          encoder_.answer(answered.ticket, answered.sequence, answered.found));
}

void Front::deliver(Peer peer, const CutTaken& taken) {
  reception_.query_taken();
  (void)transport_.answer(
      peer, encoder_.answer(taken.ticket, taken.cut->sequence, cuts_.begin(taken.cut, now_ns_)));
}

void Front::deliver(Peer, Configured& configured) {
  reconfiguring_ = false;
  dictionary_ = std::move(configured.dictionary);
  if (configured.refusal != Refusal::none) {
    log_error(
        fmt::format("the routing core refused the new configuration (reason {}); the old one "
                    "stays",
                    static_cast<int>(configured.refusal)));
    return;
  }
  reception_.set_window(new_window_);
  desk_.owe_names(std::make_shared<std::vector<Name>>(dictionary_));
  log_info("the new configuration is in force");
}

void Front::deliver(Peer, const Pulsed&) {
  pulse_under_way_ = false;
  pulsed_ns_ = now_ns_;
}

void Front::deliver(Peer, const Drained&) { drained_ = true; }

void Front::reconfigure(const Settings& settings) {
  CHECK(!std::exchange(reconfiguring_, true));
  new_window_ = settings.window;
  put(0,
      Reconfigure{.configuration = std::make_shared<PoolConfiguration>(settings.pool_configuration),
                  .timetable = settings.timetable,
                  .lease_ms = settings.lease_ms});
  inbox_.ring();
}

void Front::drain() {
  reception_.drain();
  put(0, Drain{});
  inbox_.ring();
}

Sent Front::send(Peer peer, const ServerMessage& message) {
  const Bytes bytes = std::visit(
      Overloaded{
          [&](const Welcome& said) { return encoder_.welcome(said); },
          [&](const Acknowledgement& said) { return encoder_.acknowledgement(said); },
          [&](const Directed& said) { return encoder_.directed(identity_, said.events); },
          [&](const FrameRefused& said) { return encoder_.frame_refused(said); },
          [&](const DirectedLost& said) { return encoder_.directed_lost(said); },
          [&](const Advanced& said) { return encoder_.advanced(said); },
          [&](const Alive& said) { return encoder_.alive(said); },
          [&](const Names& said) { return encoder_.names(said); },
      },
      message);
  return transport_.reply(peer, bytes);
}

}  // namespace usher
