// What somebody who comes now would be told.

#include <fmt/format.h>

#include "client/usherctl.h"
#include "client/usherctl_ask.h"
#include "client/usherctl_json.h"
#include "client/usherctl_terminal.h"
#include "client/words.h"

namespace usher::client {
namespace {

std::string hindrance_name(wire::Hindrance hindrance) { return wire::EnumNameHindrance(hindrance); }

std::string json_of(const Estimate& of, const Dictionary& names) {
  return Json::object()
      .set("refusal", of.refusal == Refusal::none ? "" : refusal_name(of.refusal))
      .set("class", names.name(NameKind::service_class, of.service_class))
      .set("position", of.position)
      .set("expected_p50_ms", of.expected_p50_ms)
      .set("expected_p90_ms", of.expected_p90_ms)
      .set("estimated", of.estimated)
      .set("within_p50", of.within_p50)
      .set("within_p90", of.within_p90)
      .set("pool_ms", of.pool_ms)
      .set("hindrance", of.hindrance == wire::Hindrance::none ? "" : hindrance_name(of.hindrance))
      .set("state", words_of(of.state))
      .set("to_class", names.name(NameKind::service_class, of.to_class))
      .set("opens_ms", of.opens_ms)
      .text();
}

// Why nobody knows how long it would be.
std::string unknown_words(const Estimate& of) {
  switch (of.hindrance) {
    case wire::Hindrance::none: return "nobody has waited in the class yet";
    case wire::Hindrance::nobody_ever: return "nobody on the roster ever could take it";
    case wire::Hindrance::closed:
      return of.opens_ms == 0 ? "closed" : "closed until " + opening_words(of.opens_ms);
    case wire::Hindrance::nobody_on_duty: return "nobody on duty could take it";
    case wire::Hindrance::full: return "the class is full";
    case wire::Hindrance::paused: return "the class or the pool is paused";
  }
  return hindrance_name(of.hindrance);
}

// What would become of it in place of waiting in its class.
std::string fate_words(const Estimate& of, const Dictionary& names) {
  if (of.to_class != 0) {
    return "the class would send it to " + names.name(NameKind::service_class, of.to_class);
  }
  if (of.state == wire::ConversationState::deferred) return "the class would defer it";
  if (of.state == wire::ConversationState::unroutable) return "it would be unroutable";
  return {};
}

// How often what this class was told held.
std::string held_words(const Estimate& of) {
  if (of.estimated == 0) return "nobody of the class was told yet and then answered";
  const auto percent = [&](std::uint64_t part) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(of.estimated);
  };
  return fmt::format(
      "of {} who were told so far, {:.1f} % waited no longer than the first (50 % would be right), "
      "{:.1f} % no longer than the second (90 %)",
      grouped(of.estimated), percent(of.within_p50), percent(of.within_p90));
}

void print(const Estimate& of, const Dictionary& names) {
  print_line("class", names.name(NameKind::service_class, of.service_class), Paint::strong);
  if (of.refusal != Refusal::none) {
    print_line("refused", refusal_name(of.refusal) + " — " + std::string(refusal_words(of.refusal)),
               Paint::bad);
  }
  if (of.position == 0) return;
  const std::string fate = fate_words(of, names);
  print_line("fate", fate);
  if (fate.empty())
    print_line("queue", fmt::format("{} would wait in the class", grouped(of.position)));
  const std::string wait = wait_words(of.expected_p50_ms, of.expected_p90_ms);
  print_line("to wait", wait.empty() ? "not known: " + unknown_words(of) : wait);
  print_line("measured", held_words(of));
}

}  // namespace

Exit show_estimate(const Target& target, const Arguments& arguments, bool json) {
  Queries queries = target.ask();
  Found<Dictionary> named = queries.dictionary();
  if (const auto* failure = std::get_if<Failure>(&named)) return failed(target, *failure);
  const Dictionary names = std::get<Dictionary>(std::move(named));
  Reader reader(names);
  const EstimateRequest request{
      .channel = reader.name(NameKind::channel, arguments.channel),
      .category = reader.name(NameKind::category, arguments.category),
      .tier = reader.name(NameKind::tier, arguments.tier),
      .impact = reader.name(NameKind::impact, arguments.impact),
      .language = reader.name(NameKind::skill, arguments.language, "language"),
      .required = reader.skills(arguments.required)};
  if (!reader.problem().empty()) {
    complain(reader.problem());
    return Exit::usage;
  }
  Found<Estimate> found = queries.estimate(request);
  if (const auto* failure = std::get_if<Failure>(&found)) return failed(target, *failure);
  const auto& estimate = std::get<Estimate>(found);
  if (json) {
    fmt::print("{}\n", json_of(estimate, names));
  } else {
    print(estimate, names);
  }
  return estimate.refusal == Refusal::none ? Exit::done : Exit::refused;
}

}  // namespace usher::client
