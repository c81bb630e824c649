#include "sim/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "daemon/pipeline.h"
#include "routing/hash.h"
#include "sim/fake_clock.h"
#include "sim/fault_clients.h"
#include "sim/fault_disk.h"
#include "sim/fault_network.h"
#include "sim/fault_room.h"
#include "sim/properties.h"

namespace usher::sim {

namespace {

constexpr std::uint64_t front_ends = 3;
constexpr int lives_max = 6;
constexpr int steps_max = 1200;   // of a life
constexpr int rest_steps = 6000;  // until everybody is content, with no more faults
constexpr int drain_steps = 100;
constexpr int empty_steps = 40;
constexpr int look_steps = 8;  // of them, until the core has seen what a state took of the disk
// States fit below this floor, unless others take too much of it.
constexpr std::uint64_t pressed_floor_bytes = 2 * 1024 * 1024;
constexpr std::uint64_t pressed_others_bytes_max = 1024 * 1024;

template <class IdType>
void add_id(Hasher& hasher, const IdType& id) {
  for (const std::uint8_t byte : id.bytes) hasher.add(std::uint64_t{byte});
}

// What an event says, as far as both sides know it.
template <class AnyEvent>
std::uint64_t said_by(const AnyEvent& event) {
  Hasher hasher;
  const auto number = [](const auto& value) -> std::uint64_t {
    if constexpr (requires { value.value; }) {
      return value.value;
    } else {
      return static_cast<std::uint64_t>(value);
    }
  };
  hasher.add(event.sequence);
  hasher.add(event.record);
  hasher.add(event.pool_ms);
  hasher.add(event.wall_ms);
  hasher.add(number(event.kind) | number(event.cause) << 8 | number(event.state) << 16 |
             number(event.presence) << 24 | number(event.outcome) << 32);
  add_id(hasher, event.conversation);
  add_id(hasher, event.agent);
  add_id(hasher, event.other_agent);
  hasher.add(event.epoch);
  hasher.add(number(event.origin) | number(event.agent_origin) << 16 |
             number(event.other_origin) << 32);
  hasher.add(event.previous);
  hasher.add(event.waited_ms);
  hasher.add(event.due_ms);
  return hasher.value();
}

template <class From, class To>
To id_as(const From& from) {
  To to;
  std::ranges::copy(from.bytes, to.bytes.begin());
  return to;
}

// Carries out every record that survived, from the first on, and knows what follows from them.
class Truth {
 public:
  // What is wrong, or nothing.
  std::string take(const FaultDisk& disk) {
    for (; groups_ < disk.groups.size(); ++groups_) {
      const auto records = read_records(disk.groups[groups_]);
      if (!records) return fmt::format("group {} cannot be read", groups_ + 1);
      for (const Record& record : *records) {
        if (std::string wrong = take(record); !wrong.empty()) return wrong;
      }
    }
    return {};
  }
  [[nodiscard]] std::uint64_t digest() const { return router_.digest(); }
  [[nodiscard]] std::uint64_t records() const { return router_.stamp().sequence; }
  [[nodiscard]] std::uint64_t last_event() const { return events_.size(); }
  [[nodiscard]] std::uint64_t event(std::uint64_t sequence) const { return events_[sequence - 1]; }

  // What is wrong with what a front-end was told, or nothing.
  [[nodiscard]] std::string doubt(const FrontEnd::Key& key, const FrontEnd::Told& told) const {
    const auto found = done_.find({id_as<client::Id, SessionId>(key.first), key.second});
    const std::string which = fmt::format("command {} was acknowledged, and ", key.second);
    if (found == done_.end()) return which + "is lost";
    const auto& [done, outcome] = found->second;
    const auto of = [](const auto& command) {
      return std::visit(
          [](const auto& one) -> std::optional<client::Id> {
            if constexpr (requires { one.conversation; }) {
              return id_as<decltype(one.conversation), client::Id>(one.conversation);
            } else {
              return std::nullopt;
            }
          },
          command);
    };
    const bool refused = std::holds_alternative<command::Refused>(done);
    if (!refused && of(done) != of(told.command)) return which + "another one is in its place";
    if (told.refusal && static_cast<Refusal>(*told.refusal) != outcome.refusal) {
      return which + "its refusal was another";
    }
    if (told.answer && (outcome.refusal != Refusal::none || told.answer->epoch != outcome.epoch)) {
      return which + "its outcome was another";
    }
    return {};
  }

 private:
  std::string take(const Record& record) {
    if (record.stamp.sequence != router_.stamp().sequence + 1) return "the records have a gap";
    Events events;
    const Outcome outcome = router_.apply(record, events);
    for (const Event& event : events) {
      if (event.sequence != events_.size() + 1) return "the events have a gap";
      events_.push_back(said_by(event));
    }
    if (!record.session.is_zero()) {
      const bool is_new =
          done_.try_emplace({record.session, record.number}, record.command, outcome).second;
      if (!is_new) return fmt::format("command {} is applied twice", record.number);
    }
    const auto failures =
        properties_.check(record, outcome, events, look(router_, properties_.before()));
    return failures.empty() ? std::string() : failures.front();
  }

  std::size_t groups_ = 0;  // taken
  Router router_;
  Properties properties_;
  std::vector<std::uint64_t> events_;  // what each says
  std::map<std::pair<SessionId, std::uint64_t>, std::pair<Command, Outcome>> done_;
};

class World {
 public:
  World(std::uint64_t seed, FaultCounts& counts)
      : counts_(counts), dice_(seed), network_(dice_, network_faults()) {
    const Witness witness{.event = [this](const client::Event& event) { saw(event); },
                          .wrong = [this](std::string text) { wrong(std::move(text)); }};
    for (std::uint64_t i = 1; i <= front_ends; ++i) {
      front_ends_.emplace_back(i, dice_, network_, witness);
    }
    listener_ = std::make_unique<Listener>(network_, witness);
    if (dice_.percent(15)) {
      disk_.capacity_bytes = 60'000 + dice_.below(200'000);
    } else if (dice_.percent(20)) {
      pressed_ = true;
      disk_.capacity_bytes = pressed_floor_bytes + 10'000 + dice_.below(60'000);
    }
    if (dice_.percent(20)) disk_faults_.sync_fails_permille = 1 + dice_.below(20);
  }

  std::string play() {
    const int lives = 1 + static_cast<int>(dice_.below(lives_max));
    for (int life = 0; life < lives && wrong_.empty(); ++life) live(false);
    // Then nothing fails any more, until everybody has what they want.
    disk_faults_.sync_fails_permille = 0;
    if (!pressed_) disk_.capacity_bytes = UINT64_MAX;
    disk_.others_bytes = 0;
    network_.heal();
    if (wrong_.empty()) live(true);
    if (wrong_.empty()) compare();
    return wrong_;
  }

 private:
  NetworkFaults network_faults() {
    if (dice_.percent(30)) return {};
    return {.dropped_percent = dice_.below(15),
            .doubled_percent = dice_.below(15),
            .overtaken_percent = dice_.below(30)};
  }

  void wrong(std::string text) {
    if (wrong_.empty()) wrong_ = std::move(text);
  }

  // Everything that is seen is compared when all records are known; twice seen must be the same.
  void saw(const client::Event& event) {
    ++counts_.events;
    const auto [place, is_new] = seen_.try_emplace(event.sequence, said_by(event));
    if (!is_new && place->second != said_by(event)) {
      wrong(fmt::format("event {} was published, and later another one", event.sequence));
    }
  }

  void live(bool last) {
    FaultJournal journal(disk_, dice_, disk_faults_);
    const std::size_t groups = disk_.groups.size();
    if (Status status = journal.open(); !status.ok()) return wrong(status.text());
    if (disk_.groups.size() < groups) ++counts_.torn;
    if (std::string text = truth_.take(disk_); !text.empty()) return wrong(std::move(text));

    Settings settings = default_configuration({});
    settings.event_ring = 4096;
    settings.keep_ms = dice_.percent(50) ? 0 : limits::hour_ms;
    if (dice_.percent(30)) settings.keep_bytes = 5'000 + dice_.below(100'000);
    room_.emplace(disk_, clock_, floor_bytes(),
                  Retention{.keep_ms = settings.keep_ms, .bytes_max = settings.keep_bytes});
    journal.on_record([this](const Record& record) { doubt(room_->doubt(record)); });
    Pipeline pipeline(settings, options(settings), clock_, network_, journal);
    Core::Recovered recovered;
    if (Status status = pipeline.recover(recovered); !status.ok()) return wrong(status.text());
    ++counts_.processes;
    if (recovered.snapshot > 0) ++counts_.from_states;
    if (recovered.last_record != truth_.records() ||
        pipeline.core().router().digest() != truth_.digest()) {
      return wrong(fmt::format("recovered to record {} of {}, from the state of {}: another digest",
                               recovered.last_record, truth_.records(), recovered.snapshot));
    }
    if (sealed_ && recovered.snapshot != truth_.records()) {
      return wrong(
          fmt::format("a stop in good order kept no state of record {}, the newest is of {}",
                      truth_.records(), recovered.snapshot));
    }
    settings = default_configuration(pipeline.core().router().dictionary());
    const Status started = pipeline.start(settings.pool_configuration, settings.timetable);
    if (!started.ok()) return wrong(started.text());
    if (last) {
      empty(pipeline, journal);
      come_to_rest(pipeline, journal);
    } else {
      go_on(pipeline, journal);
    }
    end(pipeline, journal, last);
  }

  // What is wrong, or nothing.
  void doubt(std::string text) {
    if (!text.empty()) wrong(std::move(text));
  }

  [[nodiscard]] std::uint64_t floor_bytes() const {
    if (pressed_) return pressed_floor_bytes;
    return disk_.capacity_bytes == UINT64_MAX ? 0 : disk_.capacity_bytes / 3;
  }

  // Somebody else's files come and go.
  void others_take() {
    if (floor_bytes() == 0) return;
    const std::uint64_t most = pressed_ ? pressed_others_bytes_max : disk_.capacity_bytes / 2;
    disk_.others_bytes = dice_.percent(50) ? 0 : dice_.below(most);
  }

  void step_core(Pipeline& pipeline) {
    room_->look();
    pipeline.core().step();
  }
  bool step_keeper(Pipeline& pipeline, const FaultJournal& journal) {
    const bool more = pipeline.keeper().step();
    doubt(room_->doubt_kept(journal));
    return more;
  }

  Core::Options options(const Settings& settings) {
    return {.pool = "main",
            .lease_ms = settings.lease_ms,
            .clock = PoolClock::real,
            .disk_floor_bytes = floor_bytes(),
            .snapshot_every_ms = dice_.percent(60) ? dice_.from_to(100, 5000) : 0,
            .events_wanted = dice_.percent(50) ? settings.event_ring : 0,
            .version = "simulated",
            .incarnation = 0,
            .random = [this] { return dice_.next(); }};
  }

  void go_on(Pipeline& pipeline, FaultJournal& journal) {
    const int steps = static_cast<int>(dice_.below(steps_max));
    for (int i = 0; i < steps && wrong_.empty() && journal.trouble().ok(); ++i) {
      step(pipeline, journal, true);
      if (dice_.percent(1)) dice_.one_of(everybody()).get().lose_connection();
      if (dice_.below(400) == 0) dice_.one_of(everybody()).get().die();
      if (dice_.percent(2)) clock_.step_wall_ms(dice_.from_to(-100'000, 100'000));
      if (dice_.below(150) == 0) others_take();
    }
  }

  std::vector<std::reference_wrapper<FrontEnd>> everybody() {
    return {front_ends_.begin(), front_ends_.end()};
  }

  // One thing happens, or a few.
  void step(Pipeline& pipeline, FaultJournal& journal, bool makes) {
    switch (dice_.below(10)) {
      case 0: step_core(pipeline); break;
      case 1: pipeline.front().begin_turn(), pipeline.front().step(); break;
      case 2: step_keeper(pipeline, journal); break;
      case 3: journal.sync(); break;
      case 4:
        clock_.move_ms(dice_.percent(3) ? dice_.from_to(0, 8000) : dice_.from_to(0, 50));
        break;
      case 5: dice_.one_of(everybody()).get().act(makes); break;
      case 6: listener_->act(); break;
      case 7:
        step_core(pipeline);
        pipeline.front().begin_turn();
        pipeline.front().step();
        break;
      default: deliver(pipeline);
    }
  }

  void deliver(Pipeline& pipeline) {
    pipeline.front().begin_turn();
    if (const auto frame = network_.for_usherd()) {
      const auto bytes = std::as_bytes(std::span(frame->bytes));
      if (frame->socket == FaultNetwork::Socket::commands) {
        pipeline.front().command_frame(frame->peer, bytes);
      } else {
        pipeline.front().query_frame(frame->peer, bytes);
      }
    }
    const auto frame = network_.for_clients();
    if (!frame) return;
    if (frame->socket != FaultNetwork::Socket::commands) return listener_->hear(*frame);
    for (FrontEnd& one : front_ends_) one.hear(*frame);
  }

  void come_to_rest(Pipeline& pipeline, FaultJournal& journal) {
    for (FrontEnd& one : front_ends_) one.lose_connection();
    for (int i = 0; i < rest_steps && wrong_.empty(); ++i) {
      for (FrontEnd& one : front_ends_) one.act(false);
      listener_->act();
      for (int j = 0; j < 12; ++j) deliver(pipeline);
      step_core(pipeline);
      pipeline.front().step();
      pipeline.past().step();
      step_keeper(pipeline, journal);
      journal.sync();
      clock_.move_ms(5);
      const bool content =
          std::ranges::all_of(front_ends_, [](const FrontEnd& one) { return one.content(); });
      if (content && !journal.waits() && i > 200 &&
          listener_->next() > pipeline.core().router().view().sequence) {
        return;
      }
    }
    std::string who = fmt::format("the reader waits for event {} of {}", listener_->next(),
                                  pipeline.core().router().view().sequence);
    for (const FrontEnd& one : front_ends_) {
      if (!one.content()) who += "; " + one.wants();
    }
    wrong("never comes to rest: " + who);
  }

  // A full disk is emptied as far as it can be.
  void empty(Pipeline& pipeline, FaultJournal& journal) {
    if (dice_.percent(70)) others_take();
    std::uint64_t kept = journal.states_kept();
    int left = empty_steps;
    while (left-- > 0) {
      clock_.move_ms(20);
      step_core(pipeline);
      while (step_keeper(pipeline, journal)) {
      }
      pipeline.front().begin_turn();
      pipeline.front().step();
      journal.sync();
      if (journal.states_kept() != kept) left = std::max(left, look_steps);
      kept = journal.states_kept();
    }
    if (room_->below_floor()) ++counts_.full_at_the_end;
    doubt(room_->doubt_emptied(journal));
  }

  // As usherd's main() does, whose keeper ends wherever it has got to.
  void stop(Pipeline& pipeline, FaultJournal& journal) {
    pipeline.front().drain();
    for (int i = 0; i < drain_steps && !pipeline.front().drained(); ++i) {
      step_core(pipeline);
      journal.sync();
      pipeline.front().begin_turn();
      pipeline.front().step();
      if (dice_.percent(20)) step_keeper(pipeline, journal);
    }
    while (journal.waits() && journal.trouble().ok()) journal.sync();
    pipeline.seal();
    doubt(room_->doubt_kept(journal));
  }

  // In good order, or not.
  void end(Pipeline& pipeline, FaultJournal& journal, bool last) {
    if (!wrong_.empty()) return;
    if (!journal.trouble().ok()) ++counts_.disk_failures;
    const bool seals = last || (journal.trouble().ok() && dice_.percent(25));
    if (seals) stop(pipeline, journal);
    sealed_ = seals && journal.trouble().ok();
    counts_.seals += sealed_ ? 1 : 0;
    counts_.trims += journal.trims();
    journal.crash();
    if (!seals) ++counts_.crashes;
    if (journal.waits()) ++counts_.lost_groups;
    network_.cut();
    for (FrontEnd& one : front_ends_) one.lose_connection();
    // Room again, as whoever looks after it would make.
    if (floor_bytes() != 0 && !pressed_ && !journal.trouble().ok()) disk_.capacity_bytes *= 2;
    clock_.move_ms(dice_.percent(10) ? dice_.from_to(0, limits::hour_ms) : dice_.from_to(0, 3000));
  }

  void compare() {
    if (std::string text = truth_.take(disk_); !text.empty()) return wrong(std::move(text));
    counts_.records += truth_.records();
    counts_.resyncs += listener_->states().size();
    for (const FrontEnd& one : front_ends_) {
      for (const auto& [key, told] : one.told()) {
        ++counts_.commands;
        if (told.refusal == client::Refusal::disk_full) ++counts_.refused_full;
        if (std::string text = truth_.doubt(key, told); !text.empty())
          return wrong(std::move(text));
      }
    }
    for (const auto& [sequence, said] : seen_) {
      if (sequence > truth_.last_event()) {
        return wrong(fmt::format("event {} was seen, and follows from no record", sequence));
      }
      if (truth_.event(sequence) != said) {
        return wrong(fmt::format("event {} was seen, and another follows", sequence));
      }
    }
    // What the reader did not see it got as a state.
    for (const std::uint64_t state : listener_->states()) {
      if (state > truth_.last_event()) return wrong("a state was shown that follows from nothing");
    }
    for (std::uint64_t next = 1; next <= truth_.last_event(); ++next) {
      const bool in_a_state = std::ranges::any_of(
          listener_->states(), [&](std::uint64_t state) { return next <= state; });
      if (!in_a_state && !seen_.contains(next)) {
        return wrong(fmt::format("event {} was never seen", next));
      }
    }
  }

  FaultCounts& counts_;
  Dice dice_;
  FakeClock clock_;
  FaultNetwork network_;
  FaultDisk disk_;
  DiskFaults disk_faults_;
  bool pressed_ = false;           // only what is above the floor can be used up
  std::optional<RoomWatch> room_;  // of this life
  Truth truth_;
  std::vector<FrontEnd> front_ends_;
  std::unique_ptr<Listener> listener_;
  std::map<std::uint64_t, std::uint64_t> seen_;  // events: what each said
  bool sealed_ = false;                          // the last life ended so
  std::string wrong_;
};

}  // namespace

void FaultCounts::add(const FaultCounts& other) {
  processes += other.processes;
  records += other.records;
  commands += other.commands;
  events += other.events;
  crashes += other.crashes;
  lost_groups += other.lost_groups;
  torn += other.torn;
  seals += other.seals;
  from_states += other.from_states;
  disk_failures += other.disk_failures;
  refused_full += other.refused_full;
  trims += other.trims;
  full_at_the_end += other.full_at_the_end;
  resyncs += other.resyncs;
}

std::string play_faults(std::uint64_t seed, FaultCounts& counts) {
  return World(seed, counts).play();
}

}  // namespace usher::sim
