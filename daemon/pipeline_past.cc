// The core's part in telling why: what is asked about the past it hands on, and what it decides it
// notes when that is to be logged.

#include <fmt/format.h>

#include <utility>

#include "daemon/answers_told.h"
#include "daemon/pipeline_core.h"
#include "routing/check.h"

namespace usher {

void Core::ask(Peer peer, const Query& query) {
  if (const auto* explain = std::get_if<AskExplain>(&query.question)) {
    return ask_past(peer, query.ticket, explain->sequence, *explain);
  }
  if (const auto* why = std::get_if<AskWhy>(&query.question); why != nullptr && why->sequence > 0) {
    return ask_past(peer, query.ticket, why->sequence, *why);
  }
  if (std::holds_alternative<AskSnapshot>(query.question)) {
    return ask_cut(peer, query.ticket);
  }
  answers_->ask(peer, query, sequence(), out_.messages);
}

void Core::ask_past(Peer peer, std::uint64_t ticket, std::uint64_t sequence,
                    const decltype(AskPast::question)& question) {
  const auto refuse = [&](Refusal reason, std::string text) {
    say(peer, Answered{.ticket = ticket,
                       .sequence = this->sequence(),
                       .found = Refusing{reason, std::move(text)}});
  };
  if (sequence > this->sequence()) {
    return refuse(Refusal::out_of_range, fmt::format("event {} has not happened; the last is {}",
                                                     sequence, this->sequence()));
  }
  if (past_asks_ == past_asks_max) {
    return refuse(Refusal::busy,
                  "too many questions about the past are under way; ask again in "
                  "a moment");
  }
  ++past_asks_;
  asked_.push_back(
      {.peer = peer, .ticket = ticket, .question = question, .record = sequencer_.last().sequence});
}

// Once the journal has the records of the open group, which may be those that are asked about.
void Core::hand_on_past() {
  if (asked_.empty()) return;
  for (const AskPast& ask : asked_) CHECK(others_.asks.put(AskPast(ask)));
  asked_.clear();
  others_.asks.ring();
}

// Nothing of the past is told before all up to now is durable: its answers go out with the group
// that is open now.
void Core::hear_past() {
  PastAnswered answered;
  while (others_.answers.take(answered)) {
    --past_asks_;
    say(answered.peer, std::move(answered.answered));
  }
}

Outcome Core::apply_and_tell(const Record& record) {
  struct Noted {
    std::size_t events_before = 0;
    ConversationId conversation;
    AgentId winner;
    std::string line;
  };
  std::vector<Noted> noted;
  const auto tell = [&](Explanation&& why) {
    noted.push_back({out_.events.size(), why.conversation, why.winner, decision_line(why)});
  };
  const Outcome outcome = router_.apply(record, out_.events, Explaining{{}, tell});
  for (const Noted& one : noted) {
    const auto caused = std::span<const Event>(out_.events).subspan(one.events_before);
    const Event* event = event_of(one.conversation, one.winner, caused);
    CHECK(event != nullptr);
    out_.decisions.push_back(fmt::format("decision {}: {}", event->sequence, one.line));
  }
  return outcome;
}

}  // namespace usher
