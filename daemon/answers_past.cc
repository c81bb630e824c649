#include "daemon/answers_past.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/answers_told.h"
#include "routing/check.h"

namespace usher {

namespace {

constexpr std::size_t records_per_step_max = 1024;

// By whom or what, where it was not matching.
std::string who_did(const Event& event) {
  const std::string agent = text_of(event.agent);
  switch (event.cause) {
    case Cause::accepted: return agent + " accepted what was offered before";
    case Cause::picked: return agent + " picked it";
    case Cause::transferred: return "it was transferred to " + agent;
    case Cause::resumed: return agent + " resumed it";
    case Cause::customer_wrote: return "the customer wrote, and it went back to " + agent;
    case Cause::due: return "its hold was over, and it went back to " + agent;
    default: return "it went to " + agent + " by a command";
  }
}

}  // namespace

bool Past::step() {
  take();
  for (std::size_t i = 0; i < records_per_step_max && !asks_.empty(); ++i) {
    if (!begun_) {
      begin();
    } else if (const Record* record = next_record()) {
      apply(*record);
      look();
    } else {
      break;
    }
  }
  outbox_.ring();
  return !asks_.empty();
}

void Past::take() {
  AskPast ask;
  while (inbox_.take(ask)) asks_.push_back(ask);
}

bool Past::fetch(std::uint64_t record) {
  std::vector<Group> groups;
  journal_.share(record, records_at_once_, groups);
  groups_.assign(groups.begin(), groups.end());
  return !groups_.empty();
}

void Past::begin() {
  begun_ = true;
  target_ = 0;
  about_ = {};
  decided_ = 0;
  assigned_ = {};
  seen_ = false;
  const auto& question = asks_.front().question;
  if (const auto* why = std::get_if<AskWhy>(&question)) {
    if (here(why->sequence)) return look(*why);
    (void)go_before(why->sequence, 0);
    return;
  }
  const auto& explain = std::get<AskExplain>(question);
  about_ = explain.conversation;
  // The rest of a list that was asked for in parts.
  if (here(explain.sequence) && !explained_.is_zero() && about_ == explained_) {
    return this->explain(explain);
  }
  if (explain.record != 0) return aim(explain.record, about_);
  if (here(explain.sequence)) return look_for_event(explain);
  (void)go_before(explain.sequence, 0);
}

bool Past::go_before(std::uint64_t event, std::uint64_t record) {
  const std::vector<Journal::Snapshot> kept = journal_.snapshots();
  const bool to_the_beginning = event == 0 && record == 0;
  const Journal::Snapshot* from = nullptr;
  for (const Journal::Snapshot& one : kept) {
    const bool before = event != 0 ? one.event < event : one.sequence < record;
    if (before) from = &one;
  }
  if (to_the_beginning && journal_.oldest() > 1 && !kept.empty()) from = &kept.front();
  const std::uint64_t begins_at = from == nullptr ? 0 : from->sequence;
  const bool is_before = event != 0 ? event_ < event : record_ < record;
  const bool near = to_the_beginning ? record_ == begins_at : is_before && record_ >= begins_at;
  return near || begin_at(from);
}

bool Past::begin_at(const Journal::Snapshot* snapshot) {
  Router router;
  if (snapshot == nullptr && journal_.oldest() > 1) {
    refuse_gone();
    return false;
  }
  if (snapshot != nullptr) {
    if (Status status = read_pool(journal_, snapshot->sequence, router); !status.ok()) {
      refuse(Refusal::below_ring, status.text());
      return false;
    }
  }
  router_ = std::move(router);
  record_ = snapshot == nullptr ? 0 : snapshot->sequence;
  event_ = snapshot == nullptr ? 0 : snapshot->event;
  groups_.clear();
  events_.clear();
  explained_ = {};
  return true;
}

void Past::aim(std::uint64_t record, ConversationId about) {
  target_ = record;
  about_ = about;
  if (record_ >= record) (void)go_before(0, record);
}

const Record* Past::next_record() {
  const std::uint64_t next = record_ + 1;
  while (!groups_.empty() && groups_.front()->back().stamp.sequence < next) groups_.pop_front();
  if (groups_.empty() && !fetch(next)) {
    refuse_gone();
    return nullptr;
  }
  const std::vector<Record>& group = *groups_.front();
  CHECK(group.front().stamp.sequence <= next);
  return &group[next - group.front().stamp.sequence];
}

void Past::apply(const Record& record) {
  events_.clear();
  decisions_.clear();
  explained_ = {};
  if (record.stamp.sequence == target_) {
    explained_ = about_;
    const auto tell = [this](Explanation&& why) { decisions_.push_back(std::move(why)); };
    router_.apply(record, events_, Explaining{about_, tell});
  } else {
    router_.apply(record, events_);
  }
  record_ = record.stamp.sequence;
  if (!events_.empty()) event_ = events_.back().sequence;
}

bool Past::here(std::uint64_t event) const {
  return !events_.empty() && events_.front().sequence <= event && event <= events_.back().sequence;
}

// --- what the last record says to the question in front ---

void Past::look() {
  const auto& question = asks_.front().question;
  if (const auto* why = std::get_if<AskWhy>(&question)) return look(*why);
  look(std::get<AskExplain>(question));
}

void Past::look(const AskWhy& why) {
  if (!here(why.sequence)) return;
  auto explanation = router_.explain(why.conversation);
  if (!explanation) {
    return refuse(
        Refusal::unknown_conversation,
        fmt::format("{} was not live at event {}", text_of(why.conversation), why.sequence));
  }
  const std::int64_t wall_ms = events_.back().wall_ms;
  WhyFound found = why_found(std::move(*explanation));
  found.wall_ms = wall_ms;
  answer(std::move(found), event_);
}

void Past::look(const AskExplain& asked) {
  if (target_ != 0) {
    if (record_ == target_) explain(asked);
  } else if (asked.sequence == 0) {
    look_for_last(asked);
  } else if (here(asked.sequence)) {
    look_for_event(asked);
  }
}

void Past::look_for_event(const AskExplain& asked) {
  const Event& event = events_[asked.sequence - events_.front().sequence];
  ConversationId about = asked.conversation.is_zero() ? event.conversation : asked.conversation;
  const auto decides = [&](const Event& one) {
    return is_decision(one) && (about.is_zero() || one.conversation == about);
  };
  const auto decision = std::find_if(events_.begin(), events_.end(), decides);
  if (decision == events_.end()) return refuse_undecided(event);
  aim(record_, decision->conversation);
}

void Past::look_for_last(const AskExplain& asked) {
  for (const Event& event : events_) {
    if (event.conversation != asked.conversation) continue;
    seen_ = true;
    if (is_decision(event)) {
      decided_ = record_;
    } else if (event.kind == EventKind::assigned) {
      assigned_ = event;
    }
  }
  if (record_ < asks_.front().record) return;
  if (decided_ != 0) return aim(decided_, asked.conversation);
  if (!seen_ && router_.conversation(asked.conversation)) {
    return refuse(Refusal::below_ring,
                  fmt::format("what happened to {} was before record {}, and is no longer kept",
                              text_of(asked.conversation), journal_.oldest()));
  }
  if (!seen_) return refuse(Refusal::unknown_conversation, "no such conversation");
  if (assigned_.sequence != 0) return refuse_undecided(assigned_);
  refuse(Refusal::wrong_state, "matching has not given or offered it to anybody");
}

void Past::explain(const AskExplain& asked) {
  std::vector<Event> told;
  std::span<const Event> rest = events_;
  for (const Explanation& decision : decisions_) {
    const Event* event = event_of(decision.conversation, decision.winner, rest);
    CHECK(event != nullptr);
    told.push_back(*event);
    rest = rest.subspan(static_cast<std::size_t>(event - rest.data()) + 1);
  }
  if (told.empty()) {
    CHECK(asked.sequence != 0);
    return refuse_undecided(events_[asked.sequence - events_.front().sequence]);
  }
  // The one that was asked for by its event; else the last one of several.
  std::size_t chosen = told.size() - 1;
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (told[i].sequence == asked.sequence) chosen = i;
  }
  explain(asked, chosen, told);
}

void Past::explain(const AskExplain& asked, std::size_t chosen, const std::vector<Event>& told) {
  const Explanation& decision = decisions_[chosen];
  ExplainFound found;
  found.counts = counts_of(decision);
  found.kind = told[chosen].kind;
  found.sequence = told[chosen].sequence;
  found.wall_ms = told[chosen].wall_ms;
  for (const Event& event : told) {
    if (event.sequence != found.sequence) found.others.push_back(event.sequence);
  }
  const std::size_t begin = std::min<std::size_t>(asked.from, decision.candidates.size());
  const std::size_t end =
      std::min(begin + ExplainFound::candidates_max, decision.candidates.size());
  found.explanation = decision;
  auto& named = found.explanation.candidates;
  named.erase(named.begin() + static_cast<std::ptrdiff_t>(end), named.end());
  named.erase(named.begin(), named.begin() + static_cast<std::ptrdiff_t>(begin));
  answer(std::move(found), event_);
}

// --- the end of a question ---

void Past::answer(Found&& found, std::uint64_t sequence) {
  const AskPast& ask = asks_.front();
  CHECK(outbox_.put(PastAnswered{
      .peer = ask.peer,
      .answered = {.ticket = ask.ticket, .sequence = sequence, .found = std::move(found)}}));
  asks_.pop_front();
  begun_ = false;
}

void Past::refuse(Refusal reason, std::string text) {
  answer(Refusing{reason, std::move(text)}, event_);
}

void Past::refuse_gone() {
  refuse(Refusal::below_ring,
         fmt::format("what happened before record {} is no longer kept, so it cannot be replayed",
                     journal_.oldest()));
}

void Past::refuse_undecided(const Event& event) {
  if (event.kind != EventKind::assigned || is_decision(event)) {
    const std::string about = about_.is_zero() ? "" : " about " + text_of(about_);
    return refuse(Refusal::wrong_state,
                  fmt::format("matching decided nothing{} in record {}, that of event {}", about,
                              event.record, event.sequence));
  }
  refuse(Refusal::wrong_state,
         fmt::format("matching did not decide event {}: {}", event.sequence, who_did(event)));
}

}  // namespace usher
