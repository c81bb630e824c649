// Durable commands a second through the journal, beside what the disk can do: the same bytes in the
// same groups, written one after the other into a file that has its size already, each followed by
// fdatasync. Both take turns in one run, so that whatever else the machine does meets both.
//
//   journal_bench [DIRECTORY [ROUNDS [SECONDS]]]
//
// "one by one" waits for each group before it appends the next, as the file does; "ahead" appends
// as far as the journal lets the core run ahead, which is how usherd uses it.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bench/median.h"
#include "daemon/journal_group.h"
#include "daemon/journal_record.h"
#include "daemon/journal_rocksdb.h"

namespace usher {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::array<std::size_t, 4> group_sizes = {1, 16, 256, 4096};
constexpr off_t file_bytes = 256 * 1024 * 1024;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "journal_bench: %s; nothing is timed\n", what.c_str());
  std::exit(1);
}

void must(const Status& status) {
  if (!status.ok()) fail(status.text());
}

// A conversation's life: opened, accepted, replied to, closed.
Record record_at(std::uint64_t sequence) {
  const auto conversation = ConversationId::of_text("c" + std::to_string(sequence / 4));
  const auto agent = AgentId::of_text("a" + std::to_string(sequence / 4 % 1000));
  Record record{.stamp = {sequence, 1'000'000 + static_cast<std::int64_t>(sequence / 100),
                          1'790'000'000'000 + static_cast<std::int64_t>(sequence / 100)},
                .session = SessionId::of_text("session"),
                .number = sequence,
                .command = {}};
  if (sequence % 4 == 0) {
    command::Open open;
    open.conversation = conversation;
    open.channel = {1};
    open.category = {2};
    open.required.push_back({.skill = {3}, .level = 4});
    record.command = open;
  } else if (sequence % 4 == 1) {
    record.command = command::Accept{conversation, agent, sequence};
  } else if (sequence % 4 == 2) {
    record.command = command::Replied{conversation, agent, sequence};
  } else {
    record.command = command::Close{conversation, agent, sequence, CloseOutcome::solved};
  }
  return record;
}

std::vector<Record> records_from(std::uint64_t first, std::size_t count) {
  std::vector<Record> records;
  records.reserve(count);
  for (std::size_t i = 0; i < count; ++i) records.push_back(record_at(first + i));
  return records;
}

// A journal, and where it stands.
class Journaled {
 public:
  Journaled(const fs::path& directory, std::string_view durability) {
    RocksJournal::Options options;
    options.directory = directory;
    options.random = [] { return 1; };
    options.durability = *durability_of(durability);
    must(RocksJournal::open(std::move(options), journal_));
    next_ = journal_->newest() + 1;
    std::uint64_t term = 0;
    must(journal_->lead(term));
    journal_->on_moved([this] {
      const std::lock_guard lock(mutex_);
      moved_.notify_all();
    });
  }
  ~Journaled() { journal_->on_moved({}); }

  std::uint64_t append(std::size_t count) {
    // Made outside of what is timed, like the bytes of the file: a router has them already.
    if (ready_.size() != count) ready_ = records_from(next_, count);
    for (Record& record : ready_) record.stamp.sequence = next_++;
    return journal_->append(ready_);
  }
  void wait(std::uint64_t group) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return journal_->durable() >= group || !journal_->trouble().ok(); });
    must(journal_->trouble());
  }
  void wait_for_room() {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] {
      return journal_->ahead_bytes() < ahead_bytes_max || !journal_->trouble().ok();
    });
  }
  RocksJournal& journal() { return *journal_; }

 private:
  std::unique_ptr<RocksJournal> journal_;
  std::uint64_t next_ = 1;
  std::vector<Record> ready_;
  std::mutex mutex_;
  std::condition_variable moved_;
};

// A file of zeros, overwritten from its start: no write changes its size, so fdatasync has nothing
// but the data to bring to the disk.
class PlainFile {
 public:
  explicit PlainFile(const fs::path& path)
      : file_(open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600)) {
    if (file_ < 0) fail(path.string() + " cannot be made");
    const std::vector<char> zeros(1024 * 1024);
    for (off_t at = 0; at < file_bytes; at += static_cast<off_t>(zeros.size())) {
      if (pwrite(file_, zeros.data(), zeros.size(), at) != static_cast<ssize_t>(zeros.size())) {
        fail(path.string() + " cannot be filled");
      }
    }
    if (fsync(file_) != 0) fail(path.string() + " cannot be synced");
  }
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;
  ~PlainFile() { close(file_); }

  void write(const Bytes& bytes) {
    if (at_ + static_cast<off_t>(bytes.size()) > file_bytes) at_ = 0;
    const bool written =
        pwrite(file_, bytes.data(), bytes.size(), at_) == static_cast<ssize_t>(bytes.size());
    if (!written || fdatasync(file_) != 0) fail("the file cannot be written");
    at_ += static_cast<off_t>(bytes.size());
  }

 private:
  int file_;
  off_t at_ = 0;
};

// The bytes of a group as the journal lays it out.
Bytes laid_out(std::size_t count) {
  Bytes all;
  std::uint64_t number = 1;
  const auto records = records_from(1, count);
  for (std::size_t next = 0; next < count;) {
    GroupWriter group(number++, 1, pool_name("main"), {});
    while (next < count && group.add(records[next])) ++next;
    const Bytes bytes = group.take();
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

// Commands a second of what `turn` does with so many at once.
double rate_of(
    double seconds, std::size_t count, const std::function<void()>& turn,
    const std::function<void()>& end = [] {}) {
  const auto begin = Clock::now();
  std::uint64_t turns = 0;
  double passed = 0;
  while (passed < seconds) {
    turn();
    ++turns;
    passed = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  end();
  passed = std::chrono::duration<double>(Clock::now() - begin).count();
  return static_cast<double>(turns * count) / passed;
}

// What is timed must be right: it comes back after a restart as it was written.
void check(const fs::path& directory) {
  const fs::path path = directory / "checked";
  fs::remove_all(path);
  std::uint64_t groups = 0;
  {
    Journaled journaled(path, "group");
    for (const std::size_t count : group_sizes) journaled.wait(groups = journaled.append(count));
  }
  Journaled journaled(path, "group");
  std::uint64_t expected = 1;
  must(journaled.journal().read(1, [&](const Record& record) {
    if (record.stamp.sequence != expected) fail("a record came back in another place");
    ++expected;
    return true;
  }));
  if (expected != 1 + 1 + 16 + 256 + 4096) fail("not all records came back");
  fs::remove_all(path);
}

struct Rates {
  std::vector<double> file;
  std::vector<double> one_by_one;
  std::vector<double> ahead;
  std::vector<double> relaxed;
  std::vector<double> none;
};

double ahead_of(Journaled& journaled, std::size_t count, double seconds) {
  std::uint64_t group = 0;
  return rate_of(
      seconds, count,
      [&] {
        journaled.wait_for_room();
        group = journaled.append(count);
      },
      [&] { journaled.wait(group); });
}

void measure(const fs::path& directory, int rounds, double seconds) {
  PlainFile file(directory / "plain");
  Journaled strict(directory / "group", "group");
  Journaled relaxed(directory / "relaxed", "relaxed:50");
  Journaled none(directory / "none", "none");
  std::array<Rates, group_sizes.size()> rates;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < group_sizes.size(); ++i) {
      const std::size_t count = group_sizes[i];
      const Bytes bytes = laid_out(count);
      rates[i].file.push_back(rate_of(seconds, count, [&] { file.write(bytes); }));
      rates[i].one_by_one.push_back(
          rate_of(seconds, count, [&] { strict.wait(strict.append(count)); }));
      rates[i].ahead.push_back(ahead_of(strict, count, seconds));
      rates[i].relaxed.push_back(ahead_of(relaxed, count, seconds));
      rates[i].none.push_back(ahead_of(none, count, seconds));
    }
  }
  fmt::print("{:>8} {:>9} | {:>12} {:>12} {:>6} | {:>12} {:>6} | {:>12} {:>12}\n", "records",
             "bytes", "file/s", "one by one/s", "ratio", "ahead/s", "ratio", "relaxed:50/s",
             "none/s");
  for (std::size_t i = 0; i < group_sizes.size(); ++i) {
    const double plain = median(rates[i].file);
    const double waiting = median(rates[i].one_by_one);
    const double ahead = median(rates[i].ahead);
    fmt::print(
        "{:>8} {:>9} | {:>12.0f} {:>12.0f} {:>6.2f} | {:>12.0f} {:>6.2f} | {:>12.0f} {:>12.0f}\n",
        group_sizes[i], laid_out(group_sizes[i]).size(), plain, waiting, waiting / plain, ahead,
        ahead / plain, median(rates[i].relaxed), median(rates[i].none));
  }
  const auto counts = strict.journal().counts();
  fmt::print("group: {} syncs, {} bytes compacted\n", counts.syncs, counts.bytes_compacted);
}

}  // namespace
}  // namespace usher

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  const fs::path top = argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path();
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  const double seconds = argc > 3 ? std::atof(argv[3]) : 1;
  std::string pattern = (top / "journal-bench-XXXXXX").string();
  if (rounds < 1 || seconds <= 0 || mkdtemp(pattern.data()) == nullptr) {
    std::fprintf(stderr, "usage: journal_bench [DIRECTORY [ROUNDS [SECONDS]]]\n");
    return 2;
  }
  usher::check(pattern);
  usher::measure(pattern, rounds, seconds);
  fs::remove_all(pattern);
}
