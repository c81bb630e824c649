#pragma once

// Who is connected as what: the shell's part of a session. What must survive a crash (the origin,
// the last number, the outcomes) is in the router; here is what belongs to this process: the peer
// that speaks for it now and when it was last heard.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/nouns.h"

namespace usher {

// Of one origin; beyond it, its longest silent session ends for a new one, so that a front-end that
// forgets its session at every start cannot use up the pool's.
inline constexpr std::size_t sessions_of_origin_max = 256;
inline constexpr std::int64_t session_ns_max = 24 * limits::hour_ms * 1'000'000;

struct Session {
  SessionId id;
  OriginNumber origin;
  Peer peer = 0;                   // 0 = nobody speaks for it now
  std::uint64_t last_applied = 0;  // as the router has it
  std::int64_t heard_ns = 0;
  std::uint64_t gap_told = 0;              // the number wanted was told …
  std::int64_t gap_told_ns = 0;            // … then
  std::size_t acknowledgement = 0;         // where in the messages of the open group
  std::uint64_t acknowledgement_turn = 0;  // of the core, 0 = none yet
};

class Sessions {
 public:
  [[nodiscard]] Session* find(SessionId id);
  Session& add(const Session& session);
  void remove(SessionId id);
  [[nodiscard]] std::size_t count() const { return sessions_.size(); }

  // Those that must end before one of `origin` may be opened: the longest silent of the origin, or
  // when the pool is full the longest silent of all that nobody spoke for since `silent_before`.
  // None when there is room, or nothing to make room with.
  [[nodiscard]] std::vector<SessionId> in_the_way(OriginNumber origin,
                                                  std::int64_t silent_before) const;
  // Those not heard for session_ns_max.
  [[nodiscard]] std::vector<SessionId> expired(std::int64_t now_ns) const;

 private:
  struct Hash {
    std::size_t operator()(const SessionId& id) const {
      std::uint64_t word = 0;
      std::memcpy(&word, id.bytes.data(), sizeof word);  // drawn at random by usherd
      return static_cast<std::size_t>(word);
    }
  };
  std::unordered_map<SessionId, Session, Hash> sessions_;
};

}  // namespace usher
