#pragma once

// Who may pass from the sockets to the core. Knows every connection that spoke lately, holds each
// to its window, and answers or drops what must not go further. Everything it keeps is bounded:
// peers by peers_max (the longest silent is forgotten first), commands under way by the settings.

#include <cstdint>
#include <functional>
#include <list>
#include <unordered_map>

#include "daemon/config.h"
#include "daemon/nouns.h"

namespace usher {

inline constexpr std::size_t peers_max = 2 * limits::sessions_max;
inline constexpr std::size_t queries_max = 1024;  // under way, of all peers
// Refusals told to one peer: so many at once, and so many a second. The rest is only counted.
inline constexpr std::int64_t refusals_burst = 20;
inline constexpr std::int64_t refusals_per_second = 10;

class Reception {
 public:
  struct Counts {
    std::uint64_t refused = 0;  // frames answered by FrameRefused
    std::uint64_t dropped = 0;  // frames dropped without a word
  };
  enum class Verdict : std::uint8_t { pass, refuse, drop };

  explicit Reception(const Settings& settings);

  // Called with each peer that was forgotten, so that others forget it too.
  void on_forget(std::function<void(Peer)> forget) { on_forget_ = std::move(forget); }

  // What becomes of a message of the command socket. With pass its cost counts as under way until
  // taken() is called; with refuse `refused` says what to answer.
  Verdict judge(Peer peer, const ClientMessage& message, std::int64_t now_ns,
                FrameRefused& refused);
  // The same for bytes that are no message: refuse or drop.
  Verdict judge_malformed(Peer peer, std::int64_t now_ns);
  // The same for a query; taken by query_taken().
  Verdict judge_query(const Query& query, Refusing& refusing);
  void count_dropped(std::uint64_t frames) { counts_.dropped += frames; }
  void count_refused() { ++counts_.refused; }

  void taken(Peer peer, std::uint32_t commands);
  void query_taken() { --queries_; }

  // The peer speaks for the session now; whoever did so before is forgotten.
  void bind(Peer peer, SessionId session);
  // The session ended; the peer may say hello anew.
  void unbind(Peer peer, SessionId session);
  // The connection is gone.
  void forget(Peer peer);
  // From now on nothing new is let in.
  void drain() { draining_ = true; }

  // Of sessions that begin from now on, and of the others with their next acknowledgement.
  void set_window(std::uint32_t window) { window_ = window; }
  // The window to grant each session: together they fill at most the inbox.
  [[nodiscard]] std::uint32_t window() const;
  // Whether window() changed since it was last asked here: then everybody has to hear of it.
  [[nodiscard]] bool window_changed();

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::size_t peers() const { return peers_.size(); }

 private:
  struct Visitor {
    Peer peer = 0;
    SessionId session;  // zero = has not said hello
    std::uint32_t under_way = 0;
    std::int64_t refusals_left = refusals_burst;
    std::int64_t refused_ns = 0;  // when refusals_left was last raised
  };
  using Visitors = std::list<Visitor>;

  struct Hash {
    std::size_t operator()(const SessionId& id) const {
      std::uint64_t word = 0;
      std::memcpy(&word, id.bytes.data(), sizeof word);
      return static_cast<std::size_t>(word);
    }
  };

  Visitor& visit(Peer peer, std::int64_t now_ns);
  void erase(Visitors::iterator visitor);
  Verdict refuse(Visitor& visitor, std::int64_t now_ns);
  Verdict admit(Visitor& visitor, std::uint32_t cost);
  [[nodiscard]] Refusal objection(const Visitor& visitor, const ClientMessage& message,
                                  std::string& text) const;

  std::string pool_;
  std::uint32_t window_;
  std::uint32_t inbox_commands_;
  std::function<void(Peer)> on_forget_;
  Visitors visitors_;  // the last heard first
  std::unordered_map<Peer, Visitors::iterator> peers_;
  std::unordered_map<SessionId, Peer, Hash> sessions_;
  std::uint32_t under_way_ = 0;
  std::size_t queries_ = 0;
  std::uint32_t told_window_;
  bool draining_ = false;
  Counts counts_;
};

}  // namespace usher
