#include "client/usherctl_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace usher::client {
namespace {

using Cell = Table::Cell;

// "4.50 of 12": the mean of so many ratings.
Cell rating(std::uint64_t score, std::uint64_t rated) {
  if (rated == 0) return {"-", Paint::faint};
  const double mean = static_cast<double>(score) / static_cast<double>(rated);
  return {fmt::format("{:.2f} of {}", mean, grouped(rated))};
}

void add_outcomes(Json& to, const Outcomes& of) {
  to.set("solved", of.solved)
      .set("not_solved", of.not_solved)
      .set("duplicate", of.duplicate)
      .set("spam", of.spam)
      .set("handed_over", of.handed_over);
}

std::string classes_text(const Status& status, const Dictionary& names) {
  Table table({"class", ">answered", ">in target", ">breached", ">missed", ">abandoned", ">put off",
               ">closed", ">solved", ">not solved", ">duplicate", ">spam", ">handed over",
               ">reopened", ">rating"});
  for (const auto& of : in_order(status.classes)) {
    table.add({{names.name(NameKind::service_class, of.service_class), Paint::strong},
               count(of.replied),
               {share(of.in_target, of.replied + of.abandoned)},
               count(of.breached),
               count(of.misses),
               count(of.abandoned),
               count(of.deferrals),
               count(of.closed),
               count(of.outcomes.solved),
               count(of.outcomes.not_solved),
               count(of.outcomes.duplicate),
               count(of.outcomes.spam),
               count(of.outcomes.handed_over),
               count(of.reopened),
               rating(of.score, of.rated)});
  }
  return table.text();
}

}  // namespace

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

Cell count(std::uint64_t number) {
  return {grouped(number), number == 0 ? Paint::faint : Paint::plain};
}

std::vector<ClassStatus> in_order(std::vector<ClassStatus> classes) {
  std::stable_sort(classes.begin(), classes.end(), [](const auto& a, const auto& b) {
    return std::pair(a.band, a.service_class) < std::pair(b.band, b.service_class);
  });
  return classes;
}

void print_figures(const Status& status, const Dictionary& names) {
  fmt::print("\n{}", classes_text(status, names));
}

void add_figures(Json& to, const ClassStatus& of) {
  to.set("deferred", of.deferred)
      .set("unroutable", of.unroutable)
      .set("breached", of.breached)
      .set("deferrals", of.deferrals)
      .set("reopened", of.reopened)
      .set("rated", of.rated)
      .set("score", of.score);
  add_outcomes(to, of.outcomes);
}

}  // namespace usher::client
