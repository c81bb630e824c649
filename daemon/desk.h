#pragma once

// What is still to be sent to each front-end, in order: acknowledgements, then the directed events
// of its origin, then the answer to an advance. A front-end that does not read costs a cursor into
// the ring and one merged acknowledgement; nothing is queued for it, and it goes on where it
// stopped.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "daemon/transport.h"

namespace usher {

class Desk {
 public:
  using Send = std::function<Sent(Peer, const ServerMessage&)>;
  // The kept events of one origin.
  struct Events {
    // Appends the oldest after a sequence, at most count_max.
    std::function<void(OriginNumber, std::uint64_t after, std::size_t count_max,
                       std::vector<Event>& into)>
        after;
    // The newest that is no longer kept; 0 = all are.
    std::function<std::uint64_t(OriginNumber)> forgotten;
  };

  Desk(Send send, Events events) : send_(std::move(send)), events_(std::move(events)) {}

  // Called with each peer that turned out to be gone, or whose welcome could not be sent.
  void on_gone(std::function<void(Peer)> gone) { on_gone_ = std::move(gone); }

  // Sends the welcome and from then on the directed events after `directed_after`. Names that do
  // not fit into its frame follow.
  void welcome(Peer peer, Welcomed& welcomed);
  void forget(Peer peer);

  // These wait until the peer reads. To peers without a welcome they are not sent at all.
  void owe(Peer peer, Acknowledgement&& acknowledgement);
  void owe(Peer peer, const Advanced& advanced);
  void owe_names(const std::shared_ptr<const std::vector<Name>>& names);
  void owe_window(std::uint32_t window, std::uint64_t sequence);
  void rewind(Peer peer, std::uint64_t after);
  // Events of these origins were added.
  void concern(std::span<const Event> events);

  // May be lost: whoever misses it asks again.
  void say(Peer peer, const ServerMessage& message);

  // Sends what is owed, a little to each. True when more could be sent at once.
  bool settle();
  // Whether somebody is owed something and does not read: settle() again in a while.
  [[nodiscard]] bool has_debts() const { return !debtors_.empty(); }
  [[nodiscard]] std::size_t peers() const { return peers_.size(); }

 private:
  struct Correspondent {
    SessionId session;
    OriginNumber origin;
    std::uint64_t up_to = 0;   // the last number told
    std::uint64_t cursor = 0;  // the last directed event sent
    bool behind = false;       // events of its origin may stand after the cursor
    bool in_debt = false;      // stands in debtors_
    std::optional<Acknowledgement> acknowledgement;
    std::optional<Advanced> advanced;
    std::shared_ptr<const std::vector<Name>> names;  // to be told …
    std::size_t names_told = 0;                      // … from here on
  };
  enum class Settled : std::uint8_t { all, some, full, gone };

  // What it means that something was not sent.
  static Settled unsent(Sent sent);
  void indebt(Peer peer, Correspondent& of);
  Settled settle(Peer peer, Correspondent& with);
  Settled settle_names(Peer peer, Correspondent& with);
  Settled settle_acknowledgement(Peer peer, Correspondent& with);
  Settled settle_events(Peer peer, Correspondent& with);

  Send send_;
  Events events_;
  std::function<void(Peer)> on_gone_;
  std::unordered_map<Peer, Correspondent> peers_;
  std::map<OriginNumber, std::vector<Peer>> origins_;
  std::vector<Peer> debtors_;
  std::vector<Peer> settling_;  // scratch of settle()
};

}  // namespace usher
