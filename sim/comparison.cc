#include "sim/comparison.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "routing/router.h"
#include "routing/saved_state.h"
#include "sim/differences.h"
#include "sim/properties.h"

namespace usher::sim {
namespace {

constexpr std::size_t ticks_before_lunch = 30;
constexpr std::size_t drain_ticks_max = 2000;

// Views in one order and without what has no meaning any more, so that they can be compared.
AgentView in_order(AgentView view) {
  std::sort(view.conversations.begin(), view.conversations.end());
  std::sort(view.loads.begin(), view.loads.end(),
            [](const auto& a, const auto& b) { return a.channel < b.channel; });
  return view;
}

ConversationView in_order(ConversationView view, std::int64_t now_ms) {
  std::erase_if(view.exclusions,
                [&](const ExclusionView& e) { return e.until_ms != 0 && e.until_ms <= now_ms; });
  std::sort(view.exclusions.begin(), view.exclusions.end(), [](const auto& a, const auto& b) {
    return std::tie(a.agent, a.until_ms) < std::tie(b.agent, b.until_ms);
  });
  if (view.offers.empty()) view.offer_epoch = 0;
  return view;
}

// Explanations do not look at what decided: they must find the same agent, or the one with a debt.
std::string doubt(const std::vector<Explanation>& decisions) {
  for (const Explanation& why : decisions) {
    const auto& all = why.candidates;
    const auto chosen = std::find_if(
        all.begin(), all.end(), [&](const CandidateView& one) { return one.agent == why.winner; });
    if (chosen == all.end()) return "the explanation does not know the winner";
    if (chosen->verdict != Verdict::eligible) return "the winner is explained as not eligible";
    if (!why.debt && chosen != all.begin()) return "the explanation has somebody before the winner";
  }
  return {};
}

// The two of them, and who watches. The router may be absent.
class Match {
 public:
  explicit Match(Players players) {
    if (players == Players::router_and_twin) {
      router_ = std::make_unique<Router>();
      again_ = std::make_unique<Router>();
    }
  }

  // Empty when all is well.
  std::string step(const Step& step) {
    const Record record = record_of(step, twin_);
    Events events;
    const Outcome outcome = twin_.apply(record, events);
    if (router_ == nullptr)
      return first(properties_.check(record, outcome, events, look(twin_, properties_.before())));

    Events core_events;
    std::vector<Explanation> decisions;
    const Outcome core_outcome = router_->apply(record, core_events, decisions);
    std::string found = difference(outcome, core_outcome);
    if (!found.empty()) return "outcome: " + found;
    found = difference(events, core_events);
    if (!found.empty()) return "events: " + found;
    found = doubt(decisions);
    if (!found.empty()) return "P23: " + found;
    const Sight sight = look(*router_, properties_.before());
    found = compare_views(sight);
    if (!found.empty()) return found;
    found = compare_deadlines(sight);
    if (!found.empty()) return found;
    found = first(properties_.check(record, core_outcome, core_events, sight));
    if (!found.empty()) return found;
    return play_again(record);
  }

  // P11: time alone ends everything that is not with a person. After a while people go for lunch: a
  // class that releases what takes too long would otherwise give it to them for ever.
  std::string drain() {
    std::string found = wait(ticks_before_lunch);
    for (const AgentView& a : twin_.agents()) {
      if (!found.empty()) return found;
      Step lunch;
      lunch.command = command::SetPresence{a.agent, Presence::away, {}};
      found = step(lunch);
    }
    if (found.empty()) found = step(enough_room());
    if (found.empty()) found = wait(drain_ticks_max);
    if (found.empty() && twin_.next_deadline()) return "P11: time alone does not come to rest";
    return found.empty() ? end() : found;
  }

 private:
  static std::string first(const std::vector<std::string>& failures) {
    return failures.empty() ? std::string{} : failures.front();
  }

  std::string wait(std::size_t ticks_max) {
    for (std::size_t tick = 0; tick < ticks_max; ++tick) {
      const auto due_ms = twin_.next_deadline();
      if (!due_ms) return {};
      Step until;
      until.after_ms = std::max<std::int64_t>(0, *due_ms - twin_.view().pool_ms);
      std::string found = step(until);
      if (!found.empty()) return found;
    }
    return {};
  }

  // What is shed comes back, for ever, while there is more of it than may wait.
  [[nodiscard]] Step enough_room() const {
    PoolConfiguration pool = twin_.configuration();
    pool.waiting_max = 0;
    for (Mode& mode : pool.modes) mode.rules.waiting_max = 0;
    Step step;
    step.command = command::Configure{std::make_shared<PoolConfiguration>(pool)};
    return step;
  }

  std::string compare_views(const Sight& sight) {
    std::string found = difference(twin_.view(), sight.pool);
    if (!found.empty()) return "pool view: " + found;
    const auto agents = twin_.agents();
    if (agents.size() != sight.agents.size()) return "agent view: number of agents";
    for (std::size_t i = 0; i < agents.size(); ++i) {
      found = difference(in_order(agents[i]), in_order(sight.agents[i]));
      if (!found.empty()) return "agent view: " + found;
    }
    const auto conversations = twin_.conversations();
    if (conversations.size() != sight.conversations.size()) {
      return "conversation view: number of conversations";
    }
    const std::int64_t now_ms = sight.pool.pool_ms;
    for (std::size_t i = 0; i < conversations.size(); ++i) {
      found =
          difference(in_order(conversations[i], now_ms), in_order(sight.conversations[i], now_ms));
      if (!found.empty()) return "conversation view: " + found;
    }
    return {};
  }

  // The router may wake up earlier than needed, never later, and only for what is to come.
  std::string compare_deadlines(const Sight& sight) {
    const auto needed = twin_.next_deadline();
    const auto given = sight.next_deadline;
    const auto say = [](std::optional<std::int64_t> time) {
      return time ? std::to_string(*time) : "none";
    };
    if (needed && (!given || *given > *needed)) {
      return "deadline: twin " + say(needed) + ", core " + say(given);
    }
    const bool left_over = needed && *needed <= sight.pool.pool_ms;
    if (given && *given <= sight.pool.pool_ms && !left_over) {
      return "deadline: core " + say(given) + " is over, though nothing is left to do";
    }
    return {};
  }

  // P9: a second router, given the same records, is in the same state; though it is saved while it
  // goes on, again and again, and then is what was read back.
  std::string play_again(const Record& record) {
    if (!again_->saving() && lines_ % 16 == 0) {
      again_->begin_saving();
      saved_.clear();
      since_.clear();
    }
    Events events;
    (void)again_->apply(record, events);
    if (again_->saving()) {
      since_.push_back(record);
      if (!again_->save_on(1, saved_)) {
        if (std::string found = read_back(); !found.empty()) return found;
      }
    }
    if (++lines_ % 16 != 0) return {};
    if (again_->digest() != router_->digest()) return "P9: another digest";
    if (!router_->indexes_agree()) return "indexes: a rebuilt index differs";
    return {};
  }

  std::string read_back() {
    Router::Loader loader;
    (void)loader.take(saved_);
    std::optional<Router> read = loader.finish();
    if (!read) return "saved: " + loader.trouble();
    Events events;
    for (const Record& record : since_) (void)read->apply(record, events);
    if (read->digest() != again_->digest()) return "saved: another digest after it was read back";
    *again_ = std::move(*read);
    return {};
  }

  std::string end() {
    for (const ConversationView& c : twin_.conversations()) {
      // The shell says when a calendar opens.
      const bool by_hours = c.state == ConversationState::deferred && c.due_ms == 0;
      const bool at_rest =
          c.state == ConversationState::waiting || c.state == ConversationState::assigned ||
          c.state == ConversationState::held || c.state == ConversationState::unroutable;
      if (!at_rest && !by_hours) return "P11: " + words(c.conversation) + " never leaves its state";
    }
    return {};
  }

  Twin twin_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<Router> again_;
  std::vector<std::byte> saved_;
  std::vector<Record> since_;
  Properties properties_;
  std::size_t lines_ = 0;
};

}  // namespace

Script script_of(std::uint64_t seed, std::size_t lines, const Features& features) {
  Author author(seed, features);
  Twin twin;
  Script script;
  Events events;
  while (script.size() < lines) {
    script.push_back(author.next(twin));
    events.clear();
    (void)twin.apply(record_of(script.back(), twin), events);
  }
  return script;
}

std::optional<Finding> play(const Script& script, Players players) {
  Match match(players);
  for (std::size_t line = 0; line < script.size(); ++line) {
    const std::string found = match.step(script[line]);
    if (!found.empty()) return Finding{line, found};
  }
  const std::string found = match.drain();
  if (!found.empty()) return Finding{script.size(), found};
  return std::nullopt;
}

std::string in_words(const Script& script) {
  Twin twin;
  std::string all;
  for (const Step& step : script) {
    const Record record = record_of(step, twin);
    Events events;
    const Outcome outcome = twin.apply(record, events);
    all += words(record) + "  ->" + words(outcome) + "\n";
    for (const Event& event : events) all += "    " + words(event) + "\n";
  }
  return all;
}

}  // namespace usher::sim
