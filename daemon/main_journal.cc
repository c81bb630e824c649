// usherctl-journal: looks into the journal of a usherd that is stopped, or into a copy.
//
// Exit codes: 0 all is well; 1 the command line is wrong; 2 the journal cannot be opened; 3 it is
// damaged or contradicts itself; 4 the answer could not be written.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cli/options.h"
#include "daemon/answers_told.h"
#include "daemon/journal_rocksdb.h"
#include "daemon/log.h"
#include "daemon/main_journal_words.h"
#include "routing/router.h"

namespace usher {
namespace {

constexpr int wrong_line = 1;
constexpr int could_not_open = 2;
constexpr int is_damaged = 3;

struct Options {
  std::string state = "usher-data";
  std::uint64_t from = 1;
  std::uint64_t to = UINT64_MAX;
  std::string conversation;
  bool records_only = false;
  std::uint64_t sequence = 0;  // to put into quarantine
};

int trouble(const std::string& text, int code) {
  fmt::print(stderr, "usherctl: {}\n", text);
  return code;
}

using Opened = std::unique_ptr<RocksJournal>;

Status open(const Options& options, Opened& journal) {
  if (!std::filesystem::exists(options.state + "/journal/CURRENT")) {
    return Status::trouble(fmt::format("there is no journal in {}", options.state));
  }
  RocksJournal::Options wanted;
  wanted.directory = options.state + "/journal";
  wanted.whoever_it_is = true;
  wanted.random = [] { return std::uint64_t{0}; };
  return RocksJournal::open(std::move(wanted), journal);
}

bool same_core(const RocksJournal& journal) {
  return journal.about().core_version == core_version();
}

// The pool as it was after the last state before the record, or at the beginning.
Status pool_before(const RocksJournal& journal, std::uint64_t record, Router& router) {
  std::uint64_t from = 0;
  for (const Journal::Snapshot& one : journal.snapshots()) {
    if (one.sequence < record) from = one.sequence;
  }
  if (from == 0) {
    if (journal.oldest() <= 1) return {};
    return Status::trouble(fmt::format("records are kept from {} on, and no state before record {}",
                                       journal.oldest(), record));
  }
  return read_pool(journal, from, router);
}

// The first record that can be shown with what follows from it.
std::uint64_t first_shown(const RocksJournal& journal, std::uint64_t wanted) {
  if (journal.oldest() <= 1) return wanted;
  const auto kept = journal.snapshots();
  return kept.empty() ? wanted : std::max(wanted, kept.front().sequence + 1);
}

// Calls `each` with the records from `from` to `to`, what they came to and what they caused.
template <class Each>
Status replay(RocksJournal& journal, std::uint64_t from, std::uint64_t to, JournalWords& words,
              const Each& each) {
  Router router;
  from = first_shown(journal, from);
  if (Status status = pool_before(journal, from, router); !status.ok()) return status;
  for (const SessionView& session : router.sessions()) {
    words.remember(session.session, session.origin);
  }
  words.learn(router.dictionary());
  Events events;
  return journal.read(router.stamp().sequence + 1, [&](const Record& record) {
    events.clear();
    const Outcome outcome = router.apply(record, events);
    words.learn(router.dictionary());
    if (const auto* open = std::get_if<command::OpenSession>(&record.command)) {
      if (const auto session = router.session(open->session)) {
        words.remember(session->session, session->origin);
      }
    }
    if (record.stamp.sequence >= from) each(record, outcome, events);
    return record.stamp.sequence < to;
  });
}

int refuse_other_core(const RocksJournal& journal) {
  return trouble(fmt::format("the journal is of a routing core of version {:016x}, and this is "
                             "{:016x}: what follows from its records only that one can say",
                             journal.about().core_version, core_version()),
                 is_damaged);
}

// --- verify ---

// From one kept state to the next: the same must follow from the records between them.
Status verify_states(RocksJournal& journal) {
  Router router;
  std::uint64_t begin = 0;
  if (journal.oldest() > 1) {
    if (journal.snapshots().empty()) return Status::trouble("no state is kept, and no beginning");
    begin = journal.snapshots().front().sequence;
    if (Status status = pool_before(journal, begin + 1, router); !status.ok()) return status;
    fmt::print("the state of record {} can be read; its digest is {:016x}\n", begin,
               router.digest());
  }
  for (const Journal::Snapshot& next : journal.snapshots()) {
    if (next.sequence <= begin) continue;
    Events events;
    Status status = journal.read(router.stamp().sequence + 1, [&](const Record& record) {
      events.clear();
      router.apply(record, events);
      return record.stamp.sequence < next.sequence;
    });
    if (!status.ok()) return status;
    Router read;
    if (status = pool_before(journal, next.sequence + 1, read); !status.ok()) return status;
    if (read.digest() != router.digest()) {
      return Status::trouble(
          fmt::format("the state of record {} has digest {:016x}, and {:016x} follows from the "
                      "records before",
                      next.sequence, read.digest(), router.digest()));
    }
    fmt::print("the state of record {} is what follows from the records before\n", next.sequence);
  }
  return {};
}

int verify(RocksJournal& journal) {
  std::uint64_t records = 0;
  std::uint64_t last = 0;
  const Status status = journal.read(journal.oldest(), [&](const Record& record) {
    ++records;
    last = record.stamp.sequence;
    return true;
  });
  if (!status.ok()) return trouble(status.text(), is_damaged);
  fmt::print("{} records, {} to {}: every group is whole and follows the one before\n", records,
             journal.oldest(), last);
  if (!same_core(journal)) {
    fmt::print("the states were not looked at: another version of the routing core made them\n");
    return 0;
  }
  const Status states = verify_states(journal);
  return states.ok() ? 0 : trouble(states.text(), is_damaged);
}

// --- stats ---

int stats(RocksJournal& journal) {
  const RocksJournal::About about = journal.about();
  std::map<std::string, std::uint64_t> kinds;
  std::uint64_t records = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  const Status status = journal.read(journal.oldest(), [&](const Record& record) {
    if (records++ == 0) first_ms = record.stamp.wall_ms;
    last_ms = record.stamp.wall_ms;
    ++kinds[kind_word(record.command)];
    return true;
  });
  if (!status.ok()) return trouble(status.text(), is_damaged);
  fmt::print("pool {}, incarnation {:016x}, term {}, by {}, core {:016x}{}, {}\n", about.pool,
             about.incarnation, about.term,
             about.client_clock ? "a client's clock" : "the real clock", about.core_version,
             same_core(journal) ? "" : " (not this one)",
             about.clean ? "stopped in good order" : "not stopped in good order");
  fmt::print("{} records, {} to {}, from {} to {} UTC, {} bytes\n", records, journal.oldest(),
             journal.newest(), time_text(first_ms), time_text(last_ms), journal.bytes());
  for (const Journal::Snapshot& one : journal.snapshots()) {
    fmt::print("state of record {}, event {}, kept {} UTC, {} bytes\n", one.sequence, one.event,
               time_text(one.wall_ms), one.bytes);
  }
  for (const std::uint64_t sequence : journal.quarantined()) {
    fmt::print("record {} is in quarantine\n", sequence);
  }
  for (const auto& [kind, count] : kinds) fmt::print("  {:>12}  {}\n", count, kind);
  return 0;
}

// --- dump and export ---

bool about(const Options& options, const Record& record, const Events& events) {
  if (options.conversation.empty()) return true;
  const auto is = [&](const ConversationId& id) { return text_of(id) == options.conversation; };
  const bool named = std::visit(
      [&](const auto& one) {
        if constexpr (requires { one.conversation; }) return is(one.conversation);
        return false;
      },
      record.command);
  return named || std::any_of(events.begin(), events.end(),
                              [&](const Event& event) { return is(event.conversation); });
}

int dump(RocksJournal& journal, const Options& options) {
  if (!same_core(journal)) return refuse_other_core(journal);
  JournalWords words;
  const Status status = replay(
      journal, options.from, options.to, words,
      [&](const Record& record, const Outcome& outcome, const Events& events) {
        const bool quiet = std::holds_alternative<command::Tick>(record.command) && events.empty();
        if (quiet || !about(options, record, events)) return;
        const std::string refused = outcome.refusal == Refusal::none
                                        ? std::string()
                                        : " -- refused: " + JournalWords::of(outcome.refusal);
        fmt::print("{}  {:>9}  {}: {}{}\n", time_text(record.stamp.wall_ms), record.stamp.sequence,
                   words.who(record), words.of(record.command), refused);
        if (options.records_only) return;
        for (const Event& event : events) {
          fmt::print("{:>36}  event {}: {}\n", "", event.sequence, words.of(event));
        }
      });
  return status.ok() ? 0 : trouble(status.text(), is_damaged);
}

int export_events(RocksJournal& journal, const Options& options) {
  if (!same_core(journal)) return refuse_other_core(journal);
  JournalWords words;
  const Status status = replay(journal, options.from, options.to, words,
                               [&](const Record& record, const Outcome&, const Events& events) {
                                 if (!about(options, record, events)) return;
                                 for (const Event& event : events) {
                                   fmt::print("{}\n", words.json(event));
                                 }
                               });
  return status.ok() ? 0 : trouble(status.text(), is_damaged);
}

// --- quarantine ---

int quarantine(RocksJournal& journal, const Options& options) {
  std::optional<Record> found;
  if (options.sequence >= journal.oldest()) {
    const Status status = journal.read(options.sequence, [&](const Record& record) {
      found = record;
      return false;
    });
    if (!status.ok()) return trouble(status.text(), is_damaged);
  }
  if (!found || found->stamp.sequence != options.sequence) {
    return trouble(fmt::format("SEQ must be a record that is kept, {} to {}, found {}",
                               journal.oldest(), journal.newest(), options.sequence),
                   1);
  }
  for (const Journal::Snapshot& one : journal.snapshots()) {
    if (one.sequence >= options.sequence) {
      return trouble(
          fmt::format("the state of record {} has it already, so it did no harm", one.sequence), 1);
    }
  }
  if (Status status = journal.quarantine(options.sequence); !status.ok()) {
    return trouble(status.text(), could_not_open);
  }
  fmt::print("record {} ({}) counts as refused from now on\n", options.sequence,
             kind_word(found->command));
  return 0;
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Looks into the journal of a usherd that is stopped, or into a copy.",
               "usherctl journal");
  app.require_subcommand(1);
  if (const char* state = std::getenv("STATE_DIRECTORY"); state != nullptr && *state != '\0') {
    options.state = state;
  }
  app.add_option("--state", options.state,
                 "the state directory; default $STATE_DIRECTORY, else ./usher-data")
      ->type_name("DIRECTORY");
  const auto range = [&](CLI::App* of) {
    of->add_option("--from", options.from, "the first record")
        ->check(cli::in_range<std::uint64_t>(0, UINT64_MAX))
        ->type_name("SEQ");
    of->add_option("--to", options.to, "the last record")
        ->check(cli::in_range<std::uint64_t>(0, UINT64_MAX))
        ->type_name("SEQ");
    of->add_option("--conversation", options.conversation, "only what is about it")
        ->type_name("ID");
    return of;
  };
  const CLI::App* of_verify =
      app.add_subcommand("verify", "whether all of it is whole, and the states follow from it");
  const CLI::App* of_stats = app.add_subcommand("stats", "whose it is, what it holds");
  CLI::App* of_dump =
      range(app.add_subcommand("dump", "every record and what it caused, in words"));
  of_dump->add_flag("--records", options.records_only, "without what they caused");
  const CLI::App* of_export = range(app.add_subcommand("export", "every event as a line of JSON"));
  CLI::App* of_quarantine = app.add_subcommand(
      "quarantine", "a record at which usherd crashes counts as refused from now on");
  of_quarantine->add_option("SEQ", options.sequence, "the record")
      ->check(cli::in_range<std::uint64_t>(1, UINT64_MAX))
      ->required();
  if (const auto code = cli::parse(app, argc, argv, wrong_line)) return *code;

  log_from("warn");
  Opened journal;
  if (Status status = open(options, journal); !status.ok()) {
    return trouble(status.text(), could_not_open);
  }
  if (of_verify->parsed()) return verify(*journal);
  if (of_stats->parsed()) return stats(*journal);
  if (of_dump->parsed()) return dump(*journal, options);
  if (of_export->parsed()) return export_events(*journal, options);
  return quarantine(*journal, options);
}

}  // namespace
}  // namespace usher

int main(int argc, char** argv) {
  return usher::cli::run_program("usherctl journal", [&] { return usher::main(argc, argv); });
}
