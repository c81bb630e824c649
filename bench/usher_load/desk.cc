#include "bench/usher_load/desk.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace usher::load {
namespace {

constexpr std::chrono::seconds patience{10};

client::Options options_of(const Endpoints& endpoints, const std::string& origin) {
  client::Options options;
  options.endpoint = endpoints.commands;
  options.pool = endpoints.pool;
  options.origin = origin;
  return options;
}

}  // namespace

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Desk::Desk(const Endpoints& endpoints, const std::string& origin, Handlers handlers)
    : handlers_(std::move(handlers)),
      client_(
          options_of(endpoints, origin),
          {.outcome = [this](const client::Outcome& outcome) { see_outcome(outcome); },
           .event = [this](const Event& event) { see_event(event); },
           .events_lost = [this](const client::EventsLost&) { ++events_lost_; },
           .advanced =
               [this](const client::Advanced& advanced) { deadline_ = advanced.next_deadline_ms; },
           .problem = [this](const std::string& text) { problem_ = text; }}) {}

void Desk::connect() {
  const auto decided = [this] {
    return client_.state() == client::State::ready || client_.state() == client::State::failed;
  };
  if (client_.run_until(decided, patience) && client_.state() == client::State::ready) return;
  throw std::runtime_error(client_.problem().empty() ? "usherd does not answer"
                                                     : client_.problem());
}

void Desk::send(Command command, std::int64_t since_ns) {
  if (since_ns == 0) since_ns = now_ns();
  if (backlog_.empty() && client_.room() != 0) {
    hand_over(std::move(command), since_ns);
  } else {
    backlog_.emplace_back(std::move(command), since_ns);
  }
}

void Desk::hand_over(Command command, std::int64_t since_ns) {
  Pending pending{.sent_ns = since_ns};
  if (const auto* open = std::get_if<client::Open>(&command)) {
    pending.opened = open->conversation;
    openings_.insert_or_assign(open->conversation, Opening{.sent_ns = since_ns});
  } else if (const auto* accept = std::get_if<client::Accept>(&command)) {
    accepts_.insert_or_assign(accept->conversation, since_ns);
  }
  pending_.push_back(pending);
  ++traffic_.commands;
  client_.send(std::move(command));
}

void Desk::send_backlog() {
  while (!backlog_.empty() && client_.room() != 0) {
    auto& [command, since_ns] = backlog_.front();
    hand_over(std::move(command), since_ns);
    backlog_.pop_front();
  }
}

void Desk::process() {
  client_.process();
  if (!backlog_.empty()) send_backlog();
}

bool Desk::settle(std::chrono::milliseconds at_most) {
  const std::int64_t until = now_ns() + std::chrono::nanoseconds(at_most).count();
  while (under_way() != 0) {
    send_backlog();
    client_.flush();
    const std::chrono::nanoseconds left{until - now_ns()};
    if (left.count() <= 0 || client_.state() == client::State::failed) return false;
    const std::size_t before = under_way();
    client_.run_until([&] { return under_way() < before || pending_.empty(); },
                      std::chrono::ceil<std::chrono::milliseconds>(left));
  }
  return true;
}

std::uint64_t Desk::advance(std::int64_t to_ms) {
  // What did not fit into the client's queue belongs to the instant that ends here.
  if (!backlog_.empty() && !settle(patience)) {
    throw std::runtime_error("usherd does not acknowledge");
  }
  deadline_.reset();
  client_.advance(static_cast<std::uint64_t>(to_ms));
  const auto answered = [this] { return deadline_.has_value() && pending_.empty(); };
  if (!client_.run_until(answered, patience)) {
    throw std::runtime_error(
        fmt::format("usherd does not advance to {} ms; was it started with --clock client?{}{}",
                    to_ms, problem_.empty() ? "" : " ", problem_));
  }
  return *deadline_;
}

std::uint16_t Desk::number(NameKind kind, std::string_view name) const {
  const client::Lookup found = client_.dictionary().find(kind, name);
  if (!found) throw std::runtime_error(found.problem);
  return found.number;
}

std::uint16_t Desk::number_if_known(NameKind kind, std::string_view name) const {
  return client_.dictionary().find(kind, name).number;
}

void Desk::see_outcome(const client::Outcome& outcome) {
  if (pending_.empty()) return;
  const Pending pending = pending_.front();
  pending_.pop_front();
  traffic_.acknowledged_us.add((now_ns() - pending.sent_ns) / 1000);
  if (outcome.result == client::Result::lost) ++traffic_.lost;
  if (outcome.result == client::Result::refused) {
    ++traffic_.refused;
    ++traffic_.reasons[static_cast<std::size_t>(outcome.refusal)];
    if (pending.opened) openings_.erase(pending.opened);
  }
  if (outcome.result == client::Result::done && pending.opened && handlers_.opened) {
    handlers_.opened(pending.opened);
  }
}

void Desk::see_event(const Event& event) {
  switch (event.kind) {
    case EventKind::opened: {
      const auto opening = openings_.find(event.conversation);
      if (opening != openings_.end()) opening->second.record = event.record;
      break;
    }
    case EventKind::offered:
    case EventKind::assigned: {
      const auto opening = openings_.find(event.conversation);
      if (opening != openings_.end()) {
        if (opening->second.record == event.record) {
          traffic_.placed_us.add((now_ns() - opening->second.sent_ns) / 1000);
        }
        openings_.erase(opening);
      }
      if (event.kind == EventKind::offered) break;
      const auto accept = accepts_.find(event.conversation);
      if (accept == accepts_.end()) break;
      if (event.cause == Cause::accepted) {
        traffic_.assigned_us.add((now_ns() - accept->second) / 1000);
      }
      accepts_.erase(accept);
      break;
    }
    case EventKind::closed:
    case EventKind::abandoned:
      openings_.erase(event.conversation);
      accepts_.erase(event.conversation);
      break;
    default: break;
  }
  if (handlers_.event) handlers_.event(event);
}

}  // namespace usher::load
