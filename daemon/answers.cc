#include "daemon/answers.h"

#include <utility>

#include "daemon/answers_told.h"
#include "daemon/overloaded.h"
#include "routing/check.h"

namespace usher {

namespace {

constexpr std::int64_t rest_times = 4;  // as long as it worked

}  // namespace

Answers::Answers(const Router& router, const Clock& clock, Identity identity, std::string version,
                 std::string durability, Opens opens)
    : router_(router),
      clock_(clock),
      identity_(std::move(identity)),
      version_(std::move(version)),
      durability_(std::move(durability)),
      opens_(std::move(opens)) {}

void Answers::ask(Peer peer, const Query& query, std::uint64_t sequence,
                  std::vector<Message>& into) {
  const auto answer = [&](Found found) {
    into.push_back(
        {peer, Answered{.ticket = query.ticket, .sequence = sequence, .found = std::move(found)}});
  };
  std::visit(Overloaded{
                 [&](const AskStatus&) {
                   waiting_.push_back({peer, query.ticket, {}});
                 },
                 [&](const AskSnapshot&) { CHECK(false && "cuts are made from saved states"); },
                 [&](const AskWhy& ask) {
                   waiting_.push_back({peer, query.ticket, ask.conversation});
                 },
                 [&](const AskConversation& ask) { answer(conversation(ask.conversation)); },
                 [&](const AskAgent& ask) {
                   if (auto found = router_.agent(ask.agent)) return answer(*found);
                   answer(Refusing{Refusal::unknown_agent, "no such agent on the roster"});
                 },
                 [&](const AskDictionary&) {
                   const auto names = router_.dictionary();
                   answer(DictionaryFound{.names = {names.begin(), names.end()}});
                 },
                 [&](const AskEstimate& ask) { answer(estimate(ask.open)); },
                 [&](const AskReplay&) { CHECK(false && "replays are answered from the ring"); },
                 [&](const AskExplain&) { CHECK(false && "decisions are replayed"); },
             },
             query.question);
}

Found Answers::conversation(ConversationId id) {
  auto found = router_.conversation(id);
  if (!found) return Refusing{Refusal::unknown_conversation, "no such conversation"};
  ConversationFound told = told_.tell(std::move(*found), router_.stamp().pool_ms);
  const ConversationView& of = told.conversation;
  const bool by_hours = of.state == ConversationState::deferred && of.due_ms == 0;
  if (by_hours) told.opens_ms = opens_ms(of.hours);
  return told;
}

EstimateFound Answers::estimate(const command::Open& open) const {
  const Quote quote = router_.quote(open);
  return {.quote = quote, .pool_ms = router_.stamp().pool_ms, .opens_ms = opens_ms(quote.hours)};
}

StatusFound Answers::status(const PoolView& view, std::uint64_t digest) const {
  const PoolConfiguration& configuration = router_.configuration();
  const RoutingRules* rules = &configuration;
  for (const Mode& mode : configuration.modes) {
    if (mode.number == view.mode) rules = &mode.rules;
  }
  return {.identity = identity_,
          .pool = view,
          .version = version_,
          .core_version = core_version(),
          .digest = digest,
          .frames_refused = 0,  // the I/O thread's
          .frames_dropped = 0,
          .durability = durability_,
          .bands = rules->bands,
          .give_to = rules->give_to,
          .fair_pick = rules->fair_pick};
}

Found Answers::why(ConversationId conversation) const {
  auto explanation = router_.explain(conversation);
  if (!explanation) return Refusing{Refusal::unknown_conversation, "no such live conversation"};
  WhyFound found = why_found(std::move(*explanation));
  found.opens_ms = opens_ms(found.explanation.hours);
  return found;
}

void Answers::step(std::vector<Message>& into) {
  if (waiting_.empty()) return;
  const std::int64_t begin_ns = clock_.boot_ns();
  if (begin_ns < rested_ns_) return;
  const PoolView view = router_.view();
  std::uint64_t digest = 0;
  bool digested = false;
  for (const auto& [peer, ticket, of] : waiting_) {
    if (!of.is_zero()) {
      into.push_back(
          {peer, Answered{.ticket = ticket, .sequence = view.sequence, .found = why(of)}});
      continue;
    }
    if (!std::exchange(digested, true)) digest = router_.digest();
    into.push_back(
        {peer,
         Answered{.ticket = ticket, .sequence = view.sequence, .found = status(view, digest)}});
  }
  waiting_.clear();
  const std::int64_t end_ns = clock_.boot_ns();
  rested_ns_ = end_ns + rest_times * (end_ns - begin_ns);
}

}  // namespace usher
