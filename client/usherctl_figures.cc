#include "client/usherctl_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "client/words.h"

namespace usher::client {
namespace {

using Cell = Table::Cell;

// "4.50 of 12": the mean of so many ratings.
Cell rating(std::uint64_t score, std::uint64_t rated) {
  if (rated == 0) return {"-", Paint::faint};
  const double mean = static_cast<double>(score) / static_cast<double>(rated);
  return {fmt::format("{:.2f} of {}", mean, grouped(rated))};
}

// How long a first reply took in the mean.
Cell wait(std::uint64_t reply_ms, std::uint64_t replied) {
  if (replied == 0) return {"-", Paint::faint};
  return {duration_words(static_cast<std::int64_t>(reply_ms / replied))};
}

// Thousandths in percent, or "-" of what is not known.
std::string percent(std::int32_t permille) {
  return permille < 0 ? "-" : fmt::format("{:.1f} %", permille / 10.0);
}

void add_outcomes(Json& to, const Outcomes& of) {
  to.set("solved", of.solved)
      .set("not_solved", of.not_solved)
      .set("duplicate", of.duplicate)
      .set("spam", of.spam)
      .set("handed_over", of.handed_over);
}

constexpr std::array ends_headings{">closed", ">solved",      ">not solved", ">duplicate",
                                   ">spam",   ">handed over", ">reopened",   ">rating"};

Table table_of(std::vector<std::string> headings) {
  headings.insert(headings.end(), ends_headings.begin(), ends_headings.end());
  return Table(headings);
}

// The row goes on with how those of a class or a group ended, and what came of it.
void add_row(Table& table, std::vector<Cell> row, const auto& of) {
  for (const std::uint64_t number :
       {of.closed, of.outcomes.solved, of.outcomes.not_solved, of.outcomes.duplicate,
        of.outcomes.spam, of.outcomes.handed_over, of.reopened}) {
    row.push_back(count(number));
  }
  row.push_back(rating(of.score, of.rated));
  table.add(std::move(row));
}

std::string classes_text(const Status& status, const Dictionary& names) {
  Table table = table_of({"class", ">answered", ">after", ">in target", ">breached", ">missed",
                          ">abandoned", ">put off"});
  for (const auto& of : in_order(status.classes)) {
    add_row(table,
            {{names.name(NameKind::service_class, of.service_class), Paint::strong},
             count(of.replied),
             wait(of.reply_ms, of.replied),
             {share(of.in_target, of.replied + of.abandoned)},
             count(of.breached),
             count(of.misses),
             count(of.abandoned),
             count(of.deferrals)},
            of);
  }
  return table.text();
}

std::string groups_text(const Status& status, const Dictionary& names) {
  Table table = table_of({"group", ">on duty", ">load", ">unlike by", ">answered", ">after",
                          ">in target", ">missed", ">abandoned"});
  for (const auto& of : status.groups) {
    const bool is_silent = of.people == 0 && of.replied + of.closed + of.abandoned == 0;
    if (is_silent) continue;
    add_row(table,
            {{names.name(NameKind::group, of.group), Paint::strong},
             {fmt::format("{} of {}", grouped(of.on_duty), grouped(of.people))},
             {percent(of.load_permille)},
             {percent(of.spread_permille)},
             count(of.replied),
             wait(of.reply_ms, of.replied),
             {share(of.in_target, of.replied)},
             count(of.misses),
             count(of.abandoned)},
            of);
  }
  return table.is_empty() ? "" : "\n" + table.text();
}

std::string origins_text(const Status& status, const Dictionary& names) {
  Table table({"incidents claimed by", ">opened", ">reclassified down", ">share"});
  for (const auto& of : status.origins) {
    table.add({{names.name(NameKind::origin, of.origin), Paint::strong},
               count(of.incidents),
               count(of.demoted),
               {share(of.demoted, of.incidents)}});
  }
  return table.is_empty() ? "" : "\n" + table.text();
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
  fmt::print("\n{}{}{}", classes_text(status, names), groups_text(status, names),
             origins_text(status, names));
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
  to.set("reply_ms", of.reply_ms);
}

Json groups_json(const Status& status, const Dictionary& names) {
  Json groups = Json::list();
  for (const auto& of : status.groups) {
    Json one = Json::object();
    one.set("group", names.name(NameKind::group, of.group))
        .set("people", of.people)
        .set("on_duty", of.on_duty)
        .set("load_permille", of.load_permille)
        .set("spread_permille", of.spread_permille)
        .set("replied", of.replied)
        .set("in_target", of.in_target)
        .set("reply_ms", of.reply_ms)
        .set("misses", of.misses)
        .set("abandoned", of.abandoned)
        .set("closed", of.closed)
        .set("reopened", of.reopened)
        .set("rated", of.rated)
        .set("score", of.score);
    add_outcomes(one, of.outcomes);
    groups.add(one);
  }
  return groups;
}

Json origins_json(const Status& status, const Dictionary& names) {
  Json origins = Json::list();
  for (const auto& of : status.origins) {
    origins.add(Json::object()
                    .set("origin", names.name(NameKind::origin, of.origin))
                    .set("incidents", of.incidents)
                    .set("demoted", of.demoted));
  }
  return origins;
}

}  // namespace usher::client
