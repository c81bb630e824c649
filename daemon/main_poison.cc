#include "daemon/main_poison.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <variant>

#include "daemon/journal_record.h"
#include "daemon/log.h"
#include "daemon/pipeline_core.h"
#include "routing/check.h"

namespace usher {

namespace {

int poison_file = -1;
constexpr std::string_view before_command = "timers before ";

std::string path_of(const std::string& directory) { return directory + "/poison"; }

void keep_poison(const char* expression, const char* file, int line) {
  const auto [record, by] = Core::current();
  if (record == nullptr || poison_file < 0) return;
  Bytes bytes;
  append_record(*record, bytes);
  std::string hex;
  for (const std::byte byte : bytes) hex += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  dprintf(poison_file, "record %llu, %scommand %zu of kind %zu: %s:%d: %s | %s\n",
          static_cast<unsigned long long>(record->stamp.sequence),
          by->at_timers() ? before_command.data() : "", static_cast<std::size_t>(record->number),
          record->command.index(), file, line, expression, hex.c_str());
  fsync(poison_file);
}

std::optional<Poison> poison_of(const std::string& line) {
  const std::size_t bar = line.rfind("| ");
  if (bar == std::string::npos) return std::nullopt;
  Bytes bytes;
  for (std::size_t at = bar + 2; at + 1 < line.size(); at += 2) {
    unsigned value = 0;
    const auto read = std::from_chars(line.data() + at, line.data() + at + 2, value, 16);
    if (read.ec != std::errc()) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(value));
  }
  std::span<const std::byte> from(bytes);
  Poison poison;
  if (!take_record(from, poison.record).ok() || !from.empty()) return std::nullopt;
  const std::size_t behind_sequence = line.find(", ") + 2;
  poison.at_timers = line.compare(behind_sequence, before_command.size(), before_command) == 0;
  return poison;
}

// The journal's record of that sequence; none when it is not kept.
Status find_record(Journal& journal, std::uint64_t sequence, std::optional<Record>& found) {
  const std::uint64_t oldest = journal.oldest();
  if (oldest == 0 || sequence < oldest) return {};
  return journal.read(sequence, [&](const Record& record) {
    found = record;
    return false;
  });
}

// Whatever the command was: time alone did it, and so it would with any other.
bool is_of_time(const Poison& poison) {
  return poison.at_timers || std::holds_alternative<command::Tick>(poison.record.command);
}

}  // namespace

Status open_poison(const std::string& directory, std::vector<Poison>& before) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const std::string path = path_of(directory);
  std::ifstream written(path);
  for (std::string line; std::getline(written, line);) {
    if (const auto poison = poison_of(line)) {
      before.push_back(*poison);
    } else {
      log_warning(fmt::format("{}: a line makes no sense and is left out: {:.80}", path, line));
    }
  }
  poison_file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (poison_file >= 0) return {};
  return Status::trouble(
      fmt::format("server.state must be a directory that usherd can write, found \"{}\": {}",
                  directory, std::strerror(errno)));
}

void watch_for_poison() { set_check_handler(keep_poison); }

Status judge_poison(const std::vector<Poison>& before, const std::string& directory,
                    Journal& journal, std::vector<Command>& refused) {
  for (const Poison& poison : before) {
    const Record& record = poison.record;
    const std::uint64_t sequence = record.stamp.sequence;
    std::optional<Record> kept;
    if (Status status = find_record(journal, sequence, kept); !status.ok()) return status;
    const auto states = journal.snapshots();
    const bool in_state = !states.empty() && states.back().sequence >= sequence;
    const bool in_journal = !in_state && kept && kept->stamp == record.stamp &&
                            bytes_of_command(kept->command) == bytes_of_command(record.command);
    const bool to_come = !in_state && !kept;
    if (is_of_time(poison) && (to_come || in_journal)) {
      return Status::trouble(fmt::format(
          "usherd crashed at what was due by the time of record {}, whatever anybody sent, and "
          "would again: this usherd cannot go on with this state. Report it with a copy of {}; "
          "with another usherd, or to try again all the same, remove {}",
          sequence, directory, path_of(directory)));
    }
    if (in_journal) {
      return Status::trouble(fmt::format(
          "usherd crashed at record {}, which is in the journal and would be carried out again: "
          "usherctl journal --state {} quarantine {} makes it count as refused; with a usherd that "
          "does not crash at it, remove {}",
          sequence, directory, sequence, path_of(directory)));
    }
    if (is_of_time(poison) || record.session.is_zero()) {
      log_warning(fmt::format("usherd crashed before at record {}, by itself; {} says where",
                              sequence, path_of(directory)));
      continue;
    }
    log_warning(fmt::format(
        "usherd crashed before at record {}: that command is refused as quarantined, whoever sends "
        "it, until {} is removed",
        sequence, path_of(directory)));
    refused.push_back(record.command);
  }
  return {};
}

}  // namespace usher
