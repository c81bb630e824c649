#include "daemon/reception.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "routing/check.h"

namespace usher {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::uint32_t cost_of(const ClientMessage& message) {
  const auto* batch = std::get_if<Batch>(&message);
  return batch == nullptr
             ? 1
             : std::max<std::uint32_t>(1, static_cast<std::uint32_t>(batch->commands.size()));
}

SessionId session_of(const ClientMessage& message) {
  return std::visit([](const auto& said) { return said.session; }, message);
}

}  // namespace

Reception::Reception(const Settings& settings)
    : pool_(settings.pool),
      window_(settings.window),
      inbox_commands_(settings.inbox_commands),
      told_window_(settings.window) {}

std::uint32_t Reception::window() const {
  // In powers of two, so that a newcomer seldom changes everybody's window.
  const auto shares = static_cast<std::uint32_t>(std::bit_ceil(sessions_.size() + 1));
  return std::clamp<std::uint32_t>(inbox_commands_ / shares, 1, window_);
}

bool Reception::window_changed() { return std::exchange(told_window_, window()) != window(); }

Reception::Visitor& Reception::visit(Peer peer, std::int64_t now_ns) {
  if (const auto found = peers_.find(peer); found != peers_.end()) {
    visitors_.splice(visitors_.begin(), visitors_, found->second);
    return visitors_.front();
  }
  if (peers_.size() >= peers_max) erase(std::prev(visitors_.end()));
  visitors_.push_front({.peer = peer, .session = {}, .refused_ns = now_ns});
  peers_[peer] = visitors_.begin();
  return visitors_.front();
}

void Reception::erase(Visitors::iterator visitor) {
  const Peer peer = visitor->peer;
  if (!visitor->session.is_zero()) sessions_.erase(visitor->session);
  peers_.erase(peer);
  visitors_.erase(visitor);
  if (on_forget_) on_forget_(peer);
}

Reception::Verdict Reception::refuse(Visitor& visitor, std::int64_t now_ns) {
  const std::int64_t earned = (now_ns - visitor.refused_ns) / (second_ns / refusals_per_second);
  if (earned > 0) {
    visitor.refusals_left = std::min(refusals_burst, visitor.refusals_left + earned);
    visitor.refused_ns = now_ns;
  }
  if (visitor.refusals_left == 0) {
    ++counts_.dropped;
    return Verdict::drop;
  }
  --visitor.refusals_left;
  ++counts_.refused;
  return Verdict::refuse;
}

Reception::Verdict Reception::admit(Visitor& visitor, std::uint32_t cost) {
  // What was once granted may still arrive: the largest window there is bounds a peer.
  if (visitor.under_way + cost > window_max || under_way_ + cost > inbox_commands_) {
    ++counts_.dropped;
    return Verdict::drop;
  }
  visitor.under_way += cost;
  under_way_ += cost;
  return Verdict::pass;
}

Refusal Reception::objection(const Visitor& visitor, const ClientMessage& message,
                             std::string& text) const {
  if (draining_) {
    text = "usherd is stopping; connect again in a moment";
    return Refusal::draining;
  }
  if (const auto* hello = std::get_if<Hello>(&message)) {
    if (hello->version != protocol_version) {
      text = "hello.version must be " + std::to_string(protocol_version) + ", found " +
             std::to_string(hello->version);
      return Refusal::wrong_version;
    }
    if (hello->pool != pool_) {
      text = "hello.pool must be \"" + pool_ + "\", found \"" + hello->pool + "\"";
      return Refusal::unknown_pool;
    }
    return Refusal::none;
  }
  if (visitor.session.is_zero() || visitor.session != session_of(message)) {
    text = "this connection has not said hello with this session, or another one took it over";
    return Refusal::unknown_session;
  }
  return Refusal::none;
}

Reception::Verdict Reception::judge(Peer peer, const ClientMessage& message, std::int64_t now_ns,
                                    FrameRefused& refused) {
  Visitor& visitor = visit(peer, now_ns);
  refused.reason = objection(visitor, message, refused.text);
  if (refused.reason != Refusal::none) return refuse(visitor, now_ns);
  return admit(visitor, cost_of(message));
}

Reception::Verdict Reception::judge_malformed(Peer peer, std::int64_t now_ns) {
  return refuse(visit(peer, now_ns), now_ns);
}

Reception::Verdict Reception::judge_query(const Query& query, Refusing& refusing) {
  if (query.version != protocol_version) {
    refusing = {Refusal::wrong_version, "query.version must be " +
                                            std::to_string(protocol_version) + ", found " +
                                            std::to_string(query.version)};
  } else if (query.pool != pool_) {
    refusing = {Refusal::unknown_pool,
                "query.pool must be \"" + pool_ + "\", found \"" + query.pool + "\""};
  } else if (queries_ >= queries_max) {
    refusing = {Refusal::busy, "too many questions are under way; ask again in a moment"};
  } else if (draining_) {
    refusing = {Refusal::draining, "usherd is stopping; connect again in a moment"};
  } else {
    ++queries_;
    return Verdict::pass;
  }
  ++counts_.refused;
  return Verdict::refuse;
}

void Reception::taken(Peer peer, std::uint32_t commands) {
  // What a forgotten peer had under way counts for all until the core has taken it.
  CHECK(under_way_ >= commands);
  under_way_ -= commands;
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  Visitor& visitor = *found->second;
  visitor.under_way -= std::min(commands, visitor.under_way);
}

void Reception::bind(Peer peer, SessionId session) {
  if (const auto other = sessions_.find(session);
      other != sessions_.end() && other->second != peer) {
    forget(other->second);
  }
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;  // forgotten while its hello was under way
  Visitor& visitor = *found->second;
  if (!visitor.session.is_zero()) sessions_.erase(visitor.session);
  visitor.session = session;
  sessions_[session] = peer;
}

void Reception::unbind(Peer peer, SessionId session) {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || found->second->session != session) return;
  found->second->session = {};
  sessions_.erase(session);
  if (on_forget_) on_forget_(peer);
}

void Reception::forget(Peer peer) {
  if (const auto found = peers_.find(peer); found != peers_.end()) erase(found->second);
}

}  // namespace usher
