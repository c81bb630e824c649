#pragma once

// Answers what is asked about the past: carries the journal's records out again in a router of its
// own, up to the one that is asked about. The core hands it questions, and lets its answers out;
// the records it reads itself, because that may wait for the disk. Passive: whoever owns it calls
// step(), always from one thread, which is neither the core's nor the sockets'.
//
// It keeps a second pool in memory, and of a record's decisions only those on one conversation. It
// stays where the last question led it: the next one goes on from there if it is about later, and
// begins with the first record if not.

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "daemon/handover.h"
#include "daemon/journal.h"
#include "daemon/nouns.h"
#include "routing/router.h"

namespace usher {

// Questions that wait or are being answered. The core refuses more.
inline constexpr std::size_t past_asks_max = 16;
// What is read at once, rounded up to a whole group: some ten milliseconds of replay.
inline constexpr std::size_t past_records_max = 8192;

class Past {
 public:
  // Requires: all outlive it.
  Past(Journal& journal, Handover<AskPast>& inbox, Handover<PastAnswered>& outbox,
       std::size_t records_at_once = past_records_max)
      : journal_(journal), inbox_(inbox), outbox_(outbox), records_at_once_(records_at_once) {}

  // Does a bounded piece of work; true when more can be done at once.
  bool step();
  // Questions it has not yet answered.
  [[nodiscard]] std::size_t asked() const { return asks_.size(); }

 private:
  void take();
  void begin();
  // Goes to the last place kept before what is asked about, unless it is nearer already; null and 0
  // mean the beginning. False, and the question is refused, when there is none.
  bool go_before(std::uint64_t event, std::uint64_t record);
  bool begin_at(const Journal::Snapshot* snapshot);
  // Null, and the question is refused, when it is no longer kept.
  const Record* next_record();
  // Reads on from the record; false when it is not kept.
  bool fetch(std::uint64_t record);
  void apply(const Record& record);

  void look();
  void look(const AskWhy& why);
  void look(const AskExplain& explain);
  void look_for_event(const AskExplain& explain);
  void look_for_last(const AskExplain& explain);
  void aim(std::uint64_t record, ConversationId about);
  void explain(const AskExplain& explain);
  void explain(const AskExplain& asked, std::size_t chosen, const std::vector<Event>& told);

  void answer(Found&& found, std::uint64_t sequence);
  void refuse(Refusal reason, std::string text);
  void refuse_gone();
  void refuse_undecided(const Event& event);
  // The event is one of the last record's.
  [[nodiscard]] bool here(std::uint64_t event) const;

  Journal& journal_;
  Handover<AskPast>& inbox_;
  Handover<PastAnswered>& outbox_;
  std::size_t records_at_once_;
  std::deque<AskPast> asks_;
  std::deque<Group> groups_;

  Router router_;
  std::uint64_t record_ = 0;  // the last one carried out
  std::uint64_t event_ = 0;   // the last one it knows of
  Events events_;             // of the last record
  std::vector<Explanation> decisions_;
  ConversationId explained_;  // decisions_ are all of the last record about it; zero = not asked

  // Of the question in front.
  bool begun_ = false;
  std::uint64_t target_ = 0;  // the record to explain; 0 = not known yet
  ConversationId about_;
  std::uint64_t decided_ = 0;  // the last record that decided on it
  Event assigned_;             // its last assignment by others
  bool seen_ = false;
};

}  // namespace usher
