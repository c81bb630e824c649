#include "daemon/sessions.h"

#include <algorithm>

#include "routing/check.h"

namespace usher {

Session* Sessions::find(SessionId id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

Session& Sessions::add(const Session& session) {
  CHECK(!session.id.is_zero());
  const auto [place, fresh] = sessions_.emplace(session.id, session);
  CHECK(fresh);
  return place->second;
}

void Sessions::remove(SessionId id) { sessions_.erase(id); }

std::vector<SessionId> Sessions::in_the_way(OriginNumber origin, std::int64_t silent_before) const {
  const Session* of_origin = nullptr;
  const Session* of_all = nullptr;
  std::size_t count = 0;
  // Equal times are settled by id, so that a simulator sees the same choice each time.
  const auto longer_silent = [](const Session* than, const Session& session) {
    if (than == nullptr) return true;
    if (session.heard_ns != than->heard_ns) return session.heard_ns < than->heard_ns;
    return session.id < than->id;
  };
  for (const auto& [id, session] : sessions_) {
    if (session.origin == origin) {
      ++count;
      if (longer_silent(of_origin, session)) of_origin = &session;
    }
    if (session.heard_ns < silent_before && longer_silent(of_all, session)) of_all = &session;
  }
  if (origin && count >= sessions_of_origin_max) return {of_origin->id};
  if (sessions_.size() >= limits::sessions_max && of_all != nullptr) return {of_all->id};
  return {};
}

std::vector<SessionId> Sessions::expired(std::int64_t now_ns) const {
  std::vector<SessionId> result;
  for (const auto& [id, session] : sessions_) {
    if (now_ns - session.heard_ns > session_ns_max) result.push_back(id);
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace usher
