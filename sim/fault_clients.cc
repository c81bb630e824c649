#include "sim/fault_clients.h"

#include <fmt/format.h>

#include <algorithm>

namespace usher::sim {

namespace {

constexpr std::size_t commands_max = 12;  // under way
constexpr int patience_acts = 6;          // then it sends again, and then connects anew
constexpr int agents = 5;
constexpr Peer listener = 1;

client::Id id_of(const std::string& text) { return *client::Id::parse(text); }

bool same(const client::Answer& a, const client::Answer& b) {
  return a.state == b.state && a.service_class == b.service_class && a.epoch == b.epoch;
}

}  // namespace

FrontEnd::FrontEnd(std::uint64_t number, Dice& dice, FaultNetwork& network, Witness witness)
    : number_(number),
      dice_(dice),
      network_(network),
      witness_(std::move(witness)),
      origin_(fmt::format("desk-{}", number)) {
  lose_connection();
}

// Every connection is another peer.
void FrontEnd::lose_connection() {
  peer_ = (peer_ == 0 ? 100 * number_ : peer_) + 1;
  welcome_ = false;
  sent_ = 0;
  silence_ = 0;
}

void FrontEnd::die() {
  session_ = {};
  incarnation_ = 0;
  acknowledged_ = 0;
  commands_.clear();
  chain_ = {};
  lose_connection();
}

std::string FrontEnd::wants() const {
  if (!welcome_) return origin_ + " wants a welcome";
  return fmt::format("{} wants {} commands answered, {} sent, window {}, and events {}", origin_,
                     commands_.size(), sent_, window_,
                     chain_.is_behind() ? fmt::format("after {}", chain_.seen()) : "no more");
}

void FrontEnd::act(bool makes) {
  ++silence_;
  if (!welcome_) {
    if (silence_ % patience_acts == 1) greet();
    return;
  }
  const bool wants = !commands_.empty() || chain_.is_behind();
  if (silence_ > 4 * patience_acts && wants) return lose_connection();
  if (silence_ > patience_acts && silence_ % patience_acts == 0) sent_ = 0;
  while (makes && commands_.size() < commands_max && dice_.percent(60)) commands_.push_back(make());
  send();
  if (chain_.is_behind() && silence_ % patience_acts == 2) {
    network_.send(FaultNetwork::Socket::commands, peer_,
                  encoder_.replay_directed(session_, chain_.seen()));
  } else if (dice_.percent(10)) {
    network_.send(FaultNetwork::Socket::commands, peer_, encoder_.heartbeat(session_));
  }
}

void FrontEnd::greet() {
  network_.send(FaultNetwork::Socket::commands, peer_,
                encoder_.hello({.pool = "main",
                                .origin = origin_,
                                .session = session_,
                                .incarnation = incarnation_,
                                .directed_from = chain_.seen()}));
}

void FrontEnd::send() {
  while (sent_ < commands_.size() && sent_ < window_) {
    const std::size_t room = std::min<std::size_t>(commands_.size(), window_) - sent_;
    const std::size_t count = 1 + dice_.below(room);
    encoder_.begin_batch();
    for (std::size_t i = 0; i < count; ++i) encoder_.add(commands_[sent_ + i]);
    network_.send(FaultNetwork::Socket::commands, peer_,
                  encoder_.finish_batch(session_, acknowledged_ + sent_ + 1));
    sent_ += count;
  }
}

client::Id FrontEnd::agent() { return id_of(fmt::format("a{}", dice_.below(agents))); }

// Mostly one of the last, now and then another desk's.
client::Id FrontEnd::conversation() {
  if (opened_ == 0 || dice_.percent(5)) {
    return id_of(fmt::format("c{}-{}", 1 + dice_.below(3), 1 + dice_.below(20)));
  }
  return id_of(
      fmt::format("c{}-{}", number_, opened_ - dice_.below(std::min<std::uint64_t>(opened_, 8))));
}

client::Command FrontEnd::make() {
  const std::uint64_t what = dice_.below(100);
  const auto some = [&](std::uint64_t count) {
    return static_cast<std::uint16_t>(dice_.below(count));
  };
  if (what < 35) {
    return client::Open{.conversation = id_of(fmt::format("c{}-{}", number_, ++opened_)),
                        .channel = static_cast<std::uint16_t>(1 + some(3)),
                        .category = static_cast<std::uint16_t>(1 + some(4)),
                        .not_before_ms = dice_.percent(5) ? 5000u : 0u};
  }
  if (what < 43) {
    client::DefineAgent define{.agent = agent()};
    for (std::uint16_t skill = 1; skill < 12; ++skill) {
      if (dice_.percent(70)) define.skills.push_back({skill, 8});
    }
    return define;
  }
  if (what < 53) return client::SignIn{.agent = agent()};
  if (what < 56) return client::SignOff{.agent = agent()};
  if (what < 71) return client::Accept{.conversation = conversation(), .agent = agent()};
  if (what < 75) return client::Reject{.conversation = conversation(), .agent = agent()};
  if (what < 79) return client::Replied{.conversation = conversation(), .agent = agent()};
  if (what < 91) return client::Close{.conversation = conversation()};
  if (what < 94) return client::Abandon{.conversation = conversation()};
  if (what < 96) return client::Reopen{.conversation = conversation()};
  if (what < 98) return client::CustomerWrote{.conversation = conversation()};
  return client::Hold{.conversation = conversation(), .agent = agent(), .for_ms = 3000};
}

void FrontEnd::applied_up_to(std::uint64_t number) {
  for (; acknowledged_ < number && !commands_.empty(); ++acknowledged_) {
    Told& told = told_[{session_, acknowledged_ + 1}];
    told.command = std::move(commands_.front());
    told.applied = true;
    commands_.pop_front();
    if (sent_ > 0) --sent_;
    silence_ = 0;
  }
  if (acknowledged_ < number) {
    witness_.wrong(fmt::format("{}: {} commands are applied, but {} were sent", origin_, number,
                               acknowledged_));
    acknowledged_ = number;
  }
}

void FrontEnd::hear(const FaultNetwork::Frame& frame) {
  if (frame.peer != peer_) return;
  auto said = decoder_.server_frame(frame.bytes);
  if (auto* welcome = std::get_if<client::WelcomeFrame>(&said)) return on(*welcome);
  if (!welcome_ && !std::holds_alternative<client::RefusedFrame>(said)) return;
  if (auto* acknowledged = std::get_if<client::AcknowledgementFrame>(&said)) on(*acknowledged);
  if (auto* directed = std::get_if<client::DirectedFrame>(&said)) on(*directed);
  if (auto* refused = std::get_if<client::RefusedFrame>(&said)) on(*refused);
  if (auto* lost = std::get_if<client::EventsLost>(&said)) on(*lost);
  if (std::holds_alternative<client::Unreadable>(said)) {
    witness_.wrong(origin_ + ": a frame that cannot be read");
  }
}

void FrontEnd::on(const client::WelcomeFrame& frame) {
  const client::Welcome& welcome = frame.welcome;
  if (incarnation_ != 0 && welcome.incarnation != incarnation_) {
    witness_.wrong(origin_ + ": the pool has another incarnation");
  }
  // Another answer to one greeting, or to one before: it may be older than what came since.
  if (welcome_) return;
  const bool resumed = welcome.session == session_;
  if (resumed && welcome.last_applied < acknowledged_) {
    return witness_.wrong(fmt::format("{}: {} commands were acknowledged, and {} are applied",
                                      origin_, acknowledged_, welcome.last_applied));
  }
  if (!resumed) {
    session_ = welcome.session;
    acknowledged_ = 0;
    chain_ = {};
    chain_.begin_after(welcome.directed_last);
  }
  incarnation_ = welcome.incarnation;
  origin_number_ = welcome.origin;
  window_ = welcome.window;
  welcome_ = true;
  silence_ = 0;
  applied_up_to(welcome.last_applied);
  chain_.learn(welcome.directed_last);
  sent_ = 0;
}

void FrontEnd::on(const client::AcknowledgementFrame& frame) {
  if (frame.session != session_) return;
  if (frame.up_to > acknowledged_) applied_up_to(frame.up_to);
  window_ = frame.window;
  const auto of = [&](std::uint64_t number) -> Told* {
    const auto found = told_.find({session_, number});
    if (found == told_.end()) {
      witness_.wrong(
          fmt::format("{}: an answer to {}, which is not acknowledged", origin_, number));
    }
    return found == told_.end() ? nullptr : &found->second;
  };
  for (const auto& [number, reason] : frame.refused) {
    if (Told* told = of(number)) {
      if (told->answer || (told->refusal && *told->refusal != reason)) {
        witness_.wrong(fmt::format("{}: command {} is answered in two ways", origin_, number));
      }
      told->refusal = reason;
    }
  }
  for (const auto& [number, answer] : frame.answers) {
    if (Told* told = of(number)) {
      if (told->refusal || (told->answer && !same(*told->answer, answer))) {
        witness_.wrong(fmt::format("{}: command {} is answered in two ways", origin_, number));
      }
      told->answer = answer;
    }
  }
}

void FrontEnd::on(const client::DirectedFrame& frame) {
  for (const client::Event& event : frame.events) {
    witness_.event(event);
    if (chain_.judge(event, origin_number_) == client::DirectedChain::Verdict::gap) return;
    silence_ = 0;
  }
}

void FrontEnd::on(const client::RefusedFrame& frame) {
  if (frame.reason == client::Refusal::gap) {
    const bool ours = frame.wanted > acknowledged_ && frame.wanted <= acknowledged_ + sent_;
    if (ours) sent_ = frame.wanted - acknowledged_ - 1;
    return;
  }
  if (welcome_ || frame.reason != client::Refusal::unknown_session) return;
  if (session_) {
    witness_.wrong(origin_ + ": a session that was told is forgotten");
    die();
  }
}

void FrontEnd::on(const client::EventsLost&) { chain_.skip_lost(); }

void Listener::take(const client::Event& event) {
  witness_.event(event);
  if (event.sequence == next_) ++next_;
}

void Listener::act() {
  if (needs_state_) {
    network_.send(FaultNetwork::Socket::queries, listener, encoder_.ask_snapshot("main", 2, 0));
  } else if (known_ >= next_) {
    network_.send(FaultNetwork::Socket::queries, listener,
                  encoder_.ask_replay("main", 1, {.after = next_ - 1}));
  }
}

void Listener::published(const FaultNetwork::Bytes& bytes) {
  client::PublishedFrame frame;
  if (!client::Decoder::published_header(bytes, "main", frame)) {
    return witness_.wrong("the stream: a frame that cannot be read");
  }
  if (incarnation_ != 0 && frame.incarnation != incarnation_) {
    witness_.wrong("the stream: another incarnation");
  }
  incarnation_ = frame.incarnation;
  known_ = std::max(known_, frame.first_sequence + frame.count - 1);
  if (frame.count == 0) return;
  std::vector<client::Event> events;
  if (!decoder_.published_events(bytes, frame, events)) {
    return witness_.wrong("the stream: events without a sequence");
  }
  for (const client::Event& event : events) take(event);
}

void Listener::hear(const FaultNetwork::Frame& frame) {
  if (frame.socket == FaultNetwork::Socket::events) return published(frame.bytes);
  const client::QueryAnswer answer = decoder_.query_answer(frame.bytes);
  if (const auto* replay = std::get_if<client::Replay>(&answer.found)) {
    // Asked for everything, it answers with what is kept.
    if (replay->oldest > next_) needs_state_ = true;
    for (const client::Event& event : replay->events) take(event);
  } else if (const auto* state = std::get_if<client::SnapshotPart>(&answer.found)) {
    const std::uint64_t sequence = state->snapshot.sequence;
    if (!needs_state_ || sequence + 1 < next_) return;
    states_.push_back(sequence);
    next_ = sequence + 1;
    needs_state_ = false;
  } else if (const auto* failure = std::get_if<client::Failure>(&answer.found)) {
    if (failure->refusal == client::Refusal::below_ring) needs_state_ = true;
  }
}

}  // namespace usher::sim
