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

#include "daemon/journal_record.h"
#include "daemon/log.h"
#include "daemon/pipeline_core.h"
#include "routing/check.h"

namespace usher {

namespace {

int poison_file = -1;

std::string path_of(const std::string& directory) { return directory + "/poison"; }

void keep_poison(const char* expression, const char* file, int line) {
  const Record* record = Core::current();
  if (record == nullptr || poison_file < 0) return;
  Bytes bytes;
  append_record(*record, bytes);
  std::string hex;
  for (const std::byte byte : bytes) hex += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  dprintf(poison_file, "record %llu, command %zu of kind %zu: %s:%d: %s | %s\n",
          static_cast<unsigned long long>(record->stamp.sequence),
          static_cast<std::size_t>(record->number), record->command.index(), file, line, expression,
          hex.c_str());
  fsync(poison_file);
}

std::optional<Record> record_of(const std::string& line) {
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
  Record record;
  if (!take_record(from, record).ok() || !from.empty()) return std::nullopt;
  return record;
}

}  // namespace

Status open_poison(const std::string& directory, std::vector<Record>& before) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const std::string path = path_of(directory);
  std::ifstream written(path);
  for (std::string line; std::getline(written, line);) {
    if (const auto record = record_of(line)) {
      before.push_back(*record);
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

Status judge_poison(const std::vector<Record>& records, const std::string& directory,
                    Journal& journal, std::vector<Command>& refused) {
  for (const Record& poison : records) {
    const std::uint64_t sequence = poison.stamp.sequence;
    std::optional<Record> kept;
    if (const std::uint64_t oldest = journal.oldest(); oldest != 0 && sequence >= oldest) {
      Status status = journal.read(sequence, [&](const Record& record) {
        kept = record;
        return false;
      });
      if (!status.ok()) return status;
    }
    const auto states = journal.snapshots();
    const bool passed = !states.empty() && states.back().sequence >= sequence;
    if (!passed && kept && kept->stamp == poison.stamp &&
        bytes_of_command(kept->command) == bytes_of_command(poison.command)) {
      return Status::trouble(fmt::format(
          "usherd crashed at record {}, which is in the journal and would be carried out again: "
          "usherctl journal --state {} quarantine {} makes it count as refused; with a usherd that "
          "does not crash at it, remove {}",
          sequence, directory, sequence, path_of(directory)));
    }
    if (poison.session.is_zero()) {
      log_warning(
          fmt::format("usherd crashed before at record {}, a command of its own; {} says "
                      "where",
                      sequence, path_of(directory)));
      continue;
    }
    log_warning(fmt::format(
        "usherd crashed before at record {}: that command is refused as quarantined, whoever sends "
        "it, until {} is removed",
        sequence, path_of(directory)));
    refused.push_back(poison.command);
  }
  return {};
}

}  // namespace usher
