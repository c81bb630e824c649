#include "daemon/answers_told.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "routing/check.h"
#include "schemas/types_generated.h"

namespace usher {

namespace {

// Whether the conversation would go to `a` sooner, as far as one can tell.
bool sooner(const CandidateView& a, const CandidateView& b) {
  const auto hope = [](const CandidateView& one) {
    if (one.verdict == Verdict::eligible) return 0;
    if (one.lacks != Verdict::eligible) return 4;
    if (one.from_ms > 0) return 1;
    return one.verdict == Verdict::room ? 2 : 3;
  };
  return std::pair(hope(a), a.from_ms) < std::pair(hope(b), b.from_ms);
}

// As clients write ids: the text if it is one word, else a UUID.
std::string text_of(const std::array<std::uint8_t, 16>& bytes) {
  const auto is_printable = [](std::uint8_t byte) { return byte > 32 && byte != 127; };
  const auto end = std::find_if_not(bytes.begin(), bytes.end(), is_printable);
  const bool padded = std::all_of(end, bytes.end(), [](std::uint8_t byte) { return byte == 0; });
  if (end != bytes.begin() && end != bytes.end() && padded) return {bytes.begin(), end};
  std::string uuid;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) uuid += '-';
    uuid += fmt::format("{:02x}", bytes[i]);
  }
  return uuid;
}

}  // namespace

bool is_decision(const Event& event) {
  return event.cause == Cause::given &&
         (event.kind == EventKind::offered || event.kind == EventKind::assigned);
}

const Event* event_of(ConversationId decided, AgentId winner, std::span<const Event> events) {
  const auto found = std::find_if(events.begin(), events.end(), [&](const Event& event) {
    return is_decision(event) && event.conversation == decided && event.agent == winner;
  });
  return found == events.end() ? nullptr : &*found;
}

VerdictCounts counts_of(const Explanation& explanation) {
  VerdictCounts counts{};
  for (const CandidateView& one : explanation.candidates) {
    ++counts[static_cast<std::size_t>(one.verdict)];
  }
  return counts;
}

WhyFound why_found(Explanation&& explanation) {
  WhyFound found;
  found.counts = counts_of(explanation);
  for (const CandidateView& one : explanation.candidates) {
    ++found.lacks[static_cast<std::size_t>(one.lacks)];
  }
  // Already: who is eligible first, and everybody in the order of ids.
  std::stable_sort(explanation.candidates.begin(), explanation.candidates.end(), sooner);
  if (explanation.candidates.size() > WhyFound::candidates_max) {
    explanation.candidates.resize(WhyFound::candidates_max);
  }
  found.explanation = std::move(explanation);
  return found;
}

std::string text_of(const ConversationId& id) { return text_of(id.bytes); }
std::string text_of(const AgentId& id) { return text_of(id.bytes); }

std::string decision_line(const Explanation& decision) {
  const auto winner =
      std::find_if(decision.candidates.begin(), decision.candidates.end(),
                   [&](const CandidateView& one) { return one.agent == decision.winner; });
  CHECK(winner != decision.candidates.end());
  std::string line = fmt::format(
      "{} to {}, record {}, configured by {}{}; bot {:d} over {:d} preferred {:d} "
      "tier {} used {}/{} scarce {:d} idle since {};",
      text_of(decision.conversation), text_of(decision.winner), decision.record,
      decision.configured_at, decision.debt ? ", owed" : "", winner->bot, winner->over,
      winner->preferred, winner->tier, winner->used, winner->capacity, winner->scarce,
      winner->idle_since);
  const VerdictCounts counts = counts_of(decision);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    line += fmt::format(" {} {}", wire::EnumNameVerdict(static_cast<wire::Verdict>(i)), counts[i]);
  }
  return line;
}

}  // namespace usher
