// How long a usherd with a large pool takes from its start until it is ready: from a state that was
// kept at its stop, and from the worst that a crash can leave, everything carried out again. Beside
// it, in turns, the core alone with the same records in memory; medians are printed.
//
//   recovery_bench [DIRECTORY [CONVERSATIONS [AGENTS]]]
//
// The directory must be empty or not be there; about 1 KB a conversation is written to it.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/median.h"
#include "daemon/config.h"
#include "daemon/journal_rocksdb.h"
#include "daemon/log.h"
#include "daemon/pipeline.h"

namespace usher {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int turns = 5;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "recovery_bench: %s\n", what.c_str());
  std::exit(1);
}

void must(const Status& status) {
  if (!status.ok()) fail(status.text());
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

class NoTransport final : public Transport {
 public:
  Sent reply(Peer, std::span<const std::byte>) override { return Sent::yes; }
  Sent answer(Peer, std::span<const std::byte>) override { return Sent::yes; }
  void publish(std::span<const std::byte>) override {}
};

// A morning that nobody has caught up with: agents come on duty, conversations are opened, whoever
// is offered one accepts it, every fourth of those is replied to.
std::vector<Record> make_records(std::size_t conversations, std::size_t agents) {
  const Settings settings = default_configuration({});
  std::vector<Record> records;
  Router router;
  Events events;
  const auto say = [&](Command command) {
    const std::uint64_t number = records.size() + 1;
    const auto ms = static_cast<std::int64_t>(number / 100);
    records.push_back({.stamp = {number, ms, 1'790'000'000'000 + ms},
                       .session = {},
                       .number = 0,
                       .command = std::move(command)});
    const std::size_t told = events.size();
    router.apply(records.back(), events);
    return told;
  };
  say(command::Configure{std::make_shared<const PoolConfiguration>(settings.pool_configuration)});
  for (std::size_t i = 0; i < agents; ++i) {
    command::AgentDefinition definition;
    definition.agent = AgentId::of_text("a" + std::to_string(i));
    for (std::uint16_t skill = 1; skill <= 12; ++skill) {
      if ((i + skill) % 3 != 0) definition.skills.push_back({SkillNumber{skill}, 8});
    }
    say(command::DefineAgent{std::make_shared<const command::AgentDefinition>(definition)});
    say(command::SignIn{definition.agent, Presence::available, 0});
  }
  std::vector<std::pair<ConversationId, AgentId>> offered;
  for (std::size_t i = 0; i < conversations; ++i) {
    command::Open open;
    open.conversation = ConversationId::of_text("c" + std::to_string(i));
    open.customer = CustomerId::of_text("k" + std::to_string(i));
    open.channel = ChannelNumber{static_cast<std::uint16_t>(1 + i % 3)};
    open.category = CategoryNumber{static_cast<std::uint16_t>(1 + i % 4)};
    events.clear();
    (void)say(open);
    offered.clear();
    for (const Event& event : events) {
      if (event.kind == EventKind::offered) offered.emplace_back(event.conversation, event.agent);
    }
    for (const auto& [conversation, agent] : offered) {
      (void)say(command::Accept{conversation, agent, 0});
      if (i % 4 == 0) (void)say(command::Replied{conversation, agent, 0});
    }
  }
  return records;
}

double in_memory(const std::vector<Record>& records, std::uint64_t& digest, PoolView& view) {
  Router router;
  Events events;
  const Clock::time_point begin = Clock::now();
  for (const Record& record : records) {
    router.apply(record, events);
    if (events.size() >= group_events_max) events.clear();
  }
  const double seconds = seconds_since(begin);
  digest = router.digest();
  view = router.view();
  return seconds;
}

RocksJournal::Options journal_options(const std::string& directory) {
  RocksJournal::Options options;
  options.directory = directory;
  options.core_version = core_version();
  options.random = [] { return std::uint64_t{4711}; };
  return options;
}

void write(const std::string& directory, const std::vector<Record>& records) {
  std::unique_ptr<RocksJournal> journal;
  must(RocksJournal::open(journal_options(directory), journal));
  std::uint64_t term = 0;
  must(journal->lead(term));
  constexpr std::size_t at_once = group_records_max;
  for (std::size_t i = 0; i < records.size(); i += at_once) {
    journal->append({records.data() + i, std::min(at_once, records.size() - i)});
    while (journal->ahead_bytes() > ahead_bytes_max && journal->trouble().ok()) {
      std::vector<Group> some;
      journal->share(records[i].stamp.sequence, 1, some);  // waits
    }
  }
}

struct Start {
  double seconds = 0;
  double opening_seconds = 0;  // of it: whether all of the journal is whole
  Core::Recovered recovered;
  std::uint64_t digest = 0;
  double seal_seconds = 0;
};

enum class Then : std::uint8_t { keep_the_state, leave_all_as_it_was };

// From the opening of the journal until the pool could go on.
Start start(const std::string& directory, Then then) {
  Start result;
  const Clock::time_point begin = Clock::now();
  std::unique_ptr<RocksJournal> journal;
  must(RocksJournal::open(journal_options(directory), journal));
  result.opening_seconds = seconds_since(begin);
  const Settings settings = default_configuration({});
  const SystemClock clock;
  NoTransport transport;
  Pipeline pipeline(settings,
                    {.pool = "main", .lease_ms = 30'000, .version = "bench", .random = {}}, clock,
                    transport, *journal);
  must(pipeline.recover(result.recovered));
  result.seconds = seconds_since(begin);
  result.digest = pipeline.core().router().digest();
  if (then == Then::leave_all_as_it_was) return result;
  const Clock::time_point sealing = Clock::now();
  pipeline.seal();
  must(journal->trouble());
  result.seal_seconds = seconds_since(sealing);
  return result;
}

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "recovery-bench";
  const std::size_t conversations = argc > 2 ? std::stoul(argv[2]) : 1'000'000;
  const std::size_t agents = argc > 3 ? std::stoul(argv[3]) : 10'000;
  if (std::filesystem::exists(directory) && !std::filesystem::is_empty(directory)) {
    fail(directory + " must be empty");
  }
  log_from("warn");
  const std::vector<Record> records = make_records(conversations, agents);
  write(directory, records);
  std::uint64_t digest = 0;
  PoolView view;
  std::vector<double> in_memory_s, ready_s, carried_out_s;
  Start unsealed;
  for (int turn = 1; turn <= turns; ++turn) {
    in_memory_s.push_back(in_memory(records, digest, view));
    unsealed = start(directory, turn < turns ? Then::leave_all_as_it_was : Then::keep_the_state);
    if (unsealed.digest != digest) fail("another digest: nothing is said");
    if (unsealed.recovered.snapshot != 0) fail("a state was there");
    ready_s.push_back(unsealed.seconds);
    carried_out_s.push_back(unsealed.seconds - unsealed.opening_seconds);
  }
  const Start sealed = start(directory, Then::keep_the_state);
  if (sealed.digest != digest) fail("another digest: nothing is said");
  if (sealed.recovered.records != 0) fail("the state was not all there is");
  const double core = median(in_memory_s);
  const double ready = median(ready_s);
  const double carried_out = median(carried_out_s);
  const double count = static_cast<double>(records.size());
  fmt::print("{} records, {} conversations live ({} wait), {} agents; the digests are equal\n\n",
             records.size(), conversations, view.waiting, agents);
  fmt::print("                                       seconds   records/s\n");
  fmt::print("the core, records in memory         {:>10.2f} {:>11.0f}\n", core, count / core);
  fmt::print("ready after a crash, from record 1  {:>10.2f} {:>11.0f}\n", ready, count / ready);
  fmt::print("    of it carrying out the records  {:>10.2f} {:>11.0f}\n", carried_out,
             count / carried_out);
  fmt::print("ready after a stop, from its state  {:>10.2f}\n", sealed.seconds);
  fmt::print("the state is kept in                {:>10.2f}\n\n", unsealed.seal_seconds);
  fmt::print("records are carried out again at {:.2f} times the speed of the core alone\n",
             core / carried_out);
  return 0;
}

}  // namespace
}  // namespace usher

int main(int argc, char** argv) { return usher::main(argc, argv); }
