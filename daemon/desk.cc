#include "daemon/desk.h"

#include <algorithm>
#include <utility>

#include "routing/check.h"

namespace usher {

namespace {

// Per peer and turn, so that one that has much to catch up on does not keep the others waiting.
constexpr int frames_per_turn_max = 8;
constexpr std::size_t directed_events_max = 512;
// So many outcomes fit into a frame.
constexpr std::size_t outcomes_max = 2048;
constexpr std::size_t names_per_frame_max = 2048;

// A client that asks again and again without reading must not make its answer grow: what is said
// twice is kept once, in order of numbers.
void tidy(std::vector<NumberedOutcome>& outcomes) {
  const auto less = [](const NumberedOutcome& a, const NumberedOutcome& b) {
    return a.number < b.number;
  };
  const auto not_less = [](const NumberedOutcome& a, const NumberedOutcome& b) {
    return a.number >= b.number;
  };
  if (std::adjacent_find(outcomes.begin(), outcomes.end(), not_less) == outcomes.end()) return;
  std::stable_sort(outcomes.begin(), outcomes.end(), less);
  const auto same = [](const NumberedOutcome& a, const NumberedOutcome& b) {
    return a.number == b.number;
  };
  outcomes.erase(std::unique(outcomes.begin(), outcomes.end(), same), outcomes.end());
}

}  // namespace

void Desk::welcome(Peer peer, Welcomed& welcomed) {
  forget(peer);
  std::shared_ptr<const std::vector<Name>> names;
  if (auto& told = welcomed.welcome.dictionary; told.size() > names_per_frame_max) {
    names = std::make_shared<std::vector<Name>>(told);
    told.resize(names_per_frame_max);
  }
  const Sent sent = send_(peer, welcomed.welcome);
  if (sent != Sent::yes) {
    // It says hello again if it is still there.
    if (on_gone_) on_gone_(peer);
    return;
  }
  Correspondent& fresh = peers_[peer];
  fresh.session = welcomed.welcome.session;
  fresh.origin = welcomed.welcome.origin;
  fresh.up_to = welcomed.welcome.last_applied;
  fresh.cursor = welcomed.directed_after;
  fresh.behind = true;
  fresh.names = std::move(names);
  fresh.names_told = names_per_frame_max;
  origins_[fresh.origin].push_back(peer);
  indebt(peer, fresh);
}

void Desk::forget(Peer peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  const auto origin = origins_.find(found->second.origin);
  std::erase(origin->second, peer);
  if (origin->second.empty()) origins_.erase(origin);
  peers_.erase(found);
}

Desk::Settled Desk::unsent(Sent sent) { return sent == Sent::full ? Settled::full : Settled::gone; }

void Desk::indebt(Peer peer, Correspondent& of) {
  if (std::exchange(of.in_debt, true)) return;
  debtors_.push_back(peer);
}

void Desk::owe(Peer peer, Acknowledgement&& acknowledgement) {
  const auto found = peers_.find(peer);
  // What was meant for the session this peer spoke for before is of no use to it now.
  if (found == peers_.end() || found->second.session != acknowledgement.session) return;
  Correspondent& to = found->second;
  to.up_to = std::max(to.up_to, acknowledgement.up_to);
  if (to.acknowledgement) {
    Acknowledgement& owed = *to.acknowledgement;
    owed.up_to = std::max(owed.up_to, acknowledgement.up_to);
    owed.window = acknowledgement.window;
    owed.sequence = acknowledgement.sequence;
    owed.outcomes.insert(owed.outcomes.end(), acknowledgement.outcomes.begin(),
                         acknowledgement.outcomes.end());
  } else {
    to.acknowledgement = std::move(acknowledgement);
  }
  tidy(to.acknowledgement->outcomes);
  indebt(peer, to);
}

void Desk::owe(Peer peer, const Advanced& advanced) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  found->second.advanced = advanced;
  indebt(peer, found->second);
}

void Desk::owe_names(const std::shared_ptr<const std::vector<Name>>& names) {
  for (auto& [peer, to] : peers_) {
    to.names = names;
    to.names_told = 0;
    indebt(peer, to);
  }
}

void Desk::owe_window(std::uint32_t window, std::uint64_t sequence) {
  for (auto& [peer, to] : peers_) {
    owe(peer, {.session = to.session,
               .up_to = to.up_to,
               .window = window,
               .sequence = sequence,
               .outcomes = {}});
  }
}

void Desk::rewind(Peer peer, std::uint64_t after) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  found->second.cursor = after;
  found->second.behind = true;
  indebt(peer, found->second);
}

void Desk::concern(std::span<const Event> events) {
  for (const Event& event : events) {
    for (const auto number : {event.origin, event.agent_origin, event.other_origin}) {
      if (!number) continue;
      const auto origin = origins_.find(number);
      if (origin == origins_.end()) continue;
      for (const Peer peer : origin->second) {
        Correspondent& to = peers_.at(peer);
        to.behind = true;
        indebt(peer, to);
      }
    }
  }
}

void Desk::say(Peer peer, const ServerMessage& message) {
  if (send_(peer, message) == Sent::gone && on_gone_) on_gone_(peer);
}

bool Desk::settle() {
  bool more = false;
  settling_.swap(debtors_);
  for (const Peer peer : settling_) {
    const auto found = peers_.find(peer);
    if (found == peers_.end() || !found->second.in_debt) continue;
    found->second.in_debt = false;
    switch (settle(peer, found->second)) {
      case Settled::all: break;
      case Settled::some:
        more = true;
        indebt(peer, found->second);
        break;
      case Settled::full: indebt(peer, found->second); break;
      case Settled::gone:
        forget(peer);
        if (on_gone_) on_gone_(peer);
        break;
    }
  }
  settling_.clear();
  return more;
}

Desk::Settled Desk::settle(Peer peer, Correspondent& with) {
  if (with.acknowledgement) {
    if (const Settled settled = settle_acknowledgement(peer, with); settled != Settled::all) {
      return settled;
    }
  }
  if (with.names) {
    if (const Settled settled = settle_names(peer, with); settled != Settled::all) return settled;
  }
  if (with.behind) {
    if (const Settled settled = settle_events(peer, with); settled != Settled::all) return settled;
  }
  if (with.advanced) {
    const Sent sent = send_(peer, *with.advanced);
    if (sent != Sent::yes) return unsent(sent);
    with.advanced.reset();
  }
  return Settled::all;
}

Desk::Settled Desk::settle_names(Peer peer, Correspondent& with) {
  const auto& all = *with.names;
  while (with.names_told < all.size()) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(with.names_told);
    const std::size_t count = std::min(names_per_frame_max, all.size() - with.names_told);
    const Sent sent =
        send_(peer, Names{.dictionary = {begin, begin + static_cast<std::ptrdiff_t>(count)}});
    if (sent != Sent::yes) return unsent(sent);
    with.names_told += count;
  }
  with.names = nullptr;
  return Settled::all;
}

Desk::Settled Desk::settle_acknowledgement(Peer peer, Correspondent& with) {
  auto& whole = *with.acknowledgement;
  while (whole.outcomes.size() > outcomes_max) {
    Acknowledgement part = whole;
    const auto end = whole.outcomes.begin() + outcomes_max;
    part.outcomes.assign(whole.outcomes.begin(), end);
    // Outcomes stand in order of their numbers, so whatever else is up to here was done.
    part.up_to = part.outcomes.back().number;
    const Sent sent = send_(peer, part);
    if (sent != Sent::yes) return unsent(sent);
    whole.outcomes.erase(whole.outcomes.begin(), end);
  }
  const Sent sent = send_(peer, whole);
  if (sent != Sent::yes) return unsent(sent);
  with.acknowledgement.reset();
  return Settled::all;
}

Desk::Settled Desk::settle_events(Peer peer, Correspondent& with) {
  if (const std::uint64_t forgotten = events_.forgotten(with.origin); with.cursor < forgotten) {
    const Sent sent = send_(peer, DirectedLost{.after = with.cursor, .oldest = forgotten + 1});
    if (sent != Sent::yes) return unsent(sent);
    with.cursor = forgotten;
  }
  Directed directed;
  for (int frame = 0; frame < frames_per_turn_max; ++frame) {
    directed.events.clear();
    events_.after(with.origin, with.cursor, directed_events_max, directed.events);
    if (directed.events.empty()) {
      with.behind = false;
      return Settled::all;
    }
    const Sent sent = send_(peer, directed);
    if (sent != Sent::yes) return unsent(sent);
    with.cursor = directed.events.back().sequence;
    if (directed.events.size() < directed_events_max) {
      with.behind = false;
      return Settled::all;
    }
  }
  return Settled::some;
}

}  // namespace usher
