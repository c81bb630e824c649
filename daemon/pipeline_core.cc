#include "daemon/pipeline_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/journal_record.h"
#include "daemon/log.h"
#include "daemon/overloaded.h"
#include "routing/check.h"

namespace usher {

namespace {

constexpr std::int64_t gap_again_ns = 1'000'000'000;
// The core appends at most ahead_bytes_max between two looks, which the floor has to have room for.
constexpr std::int64_t disk_look_ns = 100'000'000;
constexpr std::size_t prefetch_commands = 16;
constexpr std::size_t ticks_per_group_max = 64;
constexpr std::size_t sessions_ended_max = 16;  // of one pulse: the next one ends more

// What makes the state, and with it the journal, grow. Everything else ends work or goes on with
// it.
bool adds_work(const Command& command) {
  return std::holds_alternative<command::Open>(command) ||
         std::holds_alternative<command::Reopen>(command) ||
         std::holds_alternative<command::DefineAgent>(command);
}

}  // namespace

Core::Core(Options options, const Clock& clock, Journal& journal, Handover<Intake>& inbox,
           Handover<Outgoing>& outbox, ToOthers others)
    : options_(std::move(options)),
      clock_(clock),
      journal_(journal),
      inbox_(inbox),
      outbox_(outbox),
      others_(others),
      sequencer_(options_.clock, clock),
      leases_(options_.clock == PoolClock::client ? 0 : options_.lease_ms),
      hours_({}) {
  records_.reserve(group_records_max);
}

std::optional<std::int64_t> Core::wait_ms() const {
  if (waits_for_others()) return std::nullopt;
  std::optional<std::int64_t> wait = sequencer_.wait_ms(router_.next_deadline());
  const auto until = [&](std::int64_t due_ns) {
    const std::int64_t ms = std::max<std::int64_t>(0, (due_ns - clock_.boot_ns()) / 1'000'000 + 1);
    wait = wait ? std::min(*wait, ms) : ms;
  };
  if (const std::int64_t due_ns = answers_->due_ns(); due_ns >= 0) until(due_ns);
  if (!cut_asks_.empty() && cut_readers_.empty() && !keeping_state()) until(cut_rested_ns_);
  // Only an advance moves the client's clock, and stops at every minute itself.
  if (sequencer_.mode() == PoolClock::real) {
    if (const auto ms = hours_.wait_ms(clock_.wall_ms())) wait = wait ? std::min(*wait, *ms) : *ms;
  }
  return wait;
}

bool Core::group_full() const {
  return records_.size() >= group_records_max || out_.events.size() >= group_events_max;
}

bool Core::too_far_ahead() {
  if (journal_.ahead_bytes() < ahead_bytes_max) return false;
  // Said before looking again, so that a journal that moves in between sees it.
  waits_for_journal_.store(true);
  if (journal_.ahead_bytes() >= ahead_bytes_max) return true;
  waits_for_journal_.store(false);
  return false;
}

bool Core::may_go_on() {
  return !drained_ && !held_ && journal_.trouble().ok() && !too_far_ahead();
}

// Who lets it out is woken by the journal, unless that was done before this was handed on.
void Core::hand_on() {
  if (!held_) return;
  const std::uint64_t group = held_->group;
  if (!outbox_.put(std::move(*held_))) return;
  held_.reset();
  if (group <= journal_.durable()) outbox_.ring();
}

bool Core::step() {
  hand_on();
  if (!may_go_on()) return false;
  tells_ = log_debugs();
  look_at_disk();
  sequencer_.begin_group();
  bool more = fill_group();
  close_group();
  if (!keeping_state()) {
    // By turns, should both be due all the time.
    const bool keeps = state_due() && (for_readers_ || !cut_due());
    if (keeps || cut_due()) {
      begin_state(!keeps);
    } else {
      make_room();
    }
  }
  if (keeping_state()) more = hand_on_state() || more;
  return more;
}

bool Core::state_due() const {
  if (options_.snapshot_every_ms == 0 || kept_at_tip()) return false;
  const std::int64_t every_ms = disk_full_ ? std::min(limits::minute_ms, options_.snapshot_every_ms)
                                           : options_.snapshot_every_ms;
  return clock_.boot_ns() - kept_ns_ >= every_ms * 1'000'000 && state_fits();
}

// What a state takes, as far as is known.
std::uint64_t Core::state_bytes() const {
  constexpr std::uint64_t bytes_min = 1024 * 1024;
  return std::max(kept_bytes_, bytes_min);
}

// Which leaves the journal something.
bool Core::state_fits() const { return disk_free_bytes_ / 3 * 2 > state_bytes(); }

void Core::warn_of_small_floor() const {
  const std::uint64_t floor = options_.disk_floor_bytes;
  if (floor == 0 || kept_record_ == 0 || floor / 3 * 2 > state_bytes()) return;
  log_warning(fmt::format(
      "server.disk_floor should be {} MiB or more, half as much again as the state takes, which is "
      "{} bytes now; found {} MiB: below that floor no state can be kept, and a disk that the "
      "records fill is not emptied",
      (state_bytes() / 2 * 3 >> 20) + 1, kept_bytes_, floor >> 20));
}

void Core::make_room() {
  if (!disk_full_ || room_made_ || kept_record_ == 0) return;
  room_made_ = others_.state.put(
      {.of = {}, .bytes = {}, .last = true, .disk_full = true, .makes_room = true});
  others_.state.ring();
}

bool Core::cut_due() const {
  return !cut_asks_.empty() && cut_readers_.empty() && clock_.boot_ns() >= cut_rested_ns_;
}

bool Core::keep_state() {
  if (!keeping_state()) begin_state(false);
  return hand_on_state();
}

// Who asks for a cut from now on gets the next one: what happened between this one and the question
// would be missing.
void Core::begin_state(bool for_readers) {
  keeping_ = {.sequence = router_.stamp().sequence,
              .event = sequence_,
              .wall_ms = clock_.wall_ms(),
              .bytes = 0};
  for_readers_ = for_readers;
  (for_readers ? cut_begun_ns_ : kept_ns_) = clock_.boot_ns();
  if (for_readers) cut_readers_.swap(cut_asks_);
  router_.begin_saving();
}

// The part waits here when there is no room for it: nothing else ever does.
bool Core::hand_on_state() {
  if (!part_) {
    part_ = StatePart{.of = keeping_,
                      .bytes = {},
                      .last = false,
                      .disk_full = disk_full_,
                      .for_readers = for_readers_};
    part_->last = !router_.save_on(state_part_bytes, part_->bytes);
    keeping_.bytes += part_->bytes.size();
  }
  const bool last = part_->last;
  const bool makes_room = part_->disk_full;
  if (!others_.state.put(std::move(*part_))) return false;
  part_.reset();
  others_.state.ring();
  if (!last) return true;
  if (for_readers_) return false;
  kept_record_ = keeping_.sequence;
  kept_bytes_ = keeping_.bytes;
  room_made_ = makes_room;
  warn_of_small_floor();
  return false;
}

// The same question again, because the answer is long in coming, is answered with it.
void Core::ask_cut(Peer peer, std::uint64_t ticket) {
  const CutAsk ask{.peer = peer, .ticket = ticket};
  const bool again = std::ranges::find(cut_readers_, ask) != cut_readers_.end();
  (again ? cut_readers_ : cut_asks_).push_back(ask);
}

// It goes out with the group that is open now, behind all that is in it.
void Core::hear_cut() {
  CutMade cut;
  if (!others_.cuts.take(cut)) return;
  cut->identity = identity_;
  for (const auto& [peer, ticket] : cut_readers_) {
    say(peer, CutTaken{.ticket = ticket, .cut = cut});
  }
  cut_readers_.clear();
  const std::int64_t now_ns = clock_.boot_ns();
  cut_rested_ns_ = now_ns + (now_ns - cut_begun_ns_);  // as long as it took
}

void Core::refuse_cuts() {
  cut_asks_.insert(cut_asks_.end(), cut_readers_.begin(), cut_readers_.end());
  cut_readers_.clear();
  for (const auto& [peer, ticket] : cut_asks_) {
    say(peer, Answered{.ticket = ticket,
                       .sequence = sequence(),
                       .found = Refusing{Refusal::draining, "usherd stops"}});
  }
  cut_asks_.clear();
}

void Core::look_at_disk() {
  const std::int64_t now_ns = clock_.boot_ns();
  if (now_ns - disk_looked_ns_ < disk_look_ns) return;
  disk_looked_ns_ = now_ns;
  disk_free_bytes_ = journal_.free_bytes();
  const bool full = disk_free_bytes_ < options_.disk_floor_bytes;
  if (full == std::exchange(disk_full_, full)) return;
  if (full) {
    log_error(fmt::format(
        "the disk has {} bytes left, less than server.disk_floor ({}): new work is refused with "
        "disk_full until there is more; what ends work goes on",
        disk_free_bytes_, options_.disk_floor_bytes));
  } else {
    log_info(fmt::format("the disk has {} bytes left again: new work is taken", disk_free_bytes_));
  }
}

// Fills the open group from the inbox; true when it stopped because the group was full.
bool Core::fill_group() {
  hear_past();
  hear_cut();
  hours_.look(router_, sequencer_.now());
  while (!group_full() && !drained_) {
    if (auto change = hours_.next(sequencer_.now())) {
      apply(std::move(*change));
    } else if (unfinished_) {
      go_on(*unfinished_);
    } else if (advancing_) {
      go_on(*advancing_);
    } else if (auto command = leases_.next()) {
      apply(std::move(*command));
    } else {
      Intake intake;
      if (postponed_) {
        intake = *std::exchange(postponed_, std::nullopt);
      } else if (!inbox_.take(intake)) {
        break;
      }
      if (records_.empty() && std::holds_alternative<Batch>(intake.what)) journal_.expect();
      if (!handle(intake)) {
        postponed_ = std::move(intake);
        return true;
      }
    }
  }
  if (drained_) return false;
  for (std::size_t i = 0; i < ticks_per_group_max && !group_full(); ++i) {
    if (!sequencer_.tick_due(router_.next_deadline())) break;
    tick();
  }
  answers_->step(out_.messages);
  const auto wait = sequencer_.wait_ms(router_.next_deadline());
  return group_full() || (wait && *wait == 0);
}

void Core::close_group() {
  if (!records_.empty()) {
    group_ = journal_.append(records_);
    records_.clear();
  }
  hand_on_past();
  for (const Event& event : out_.events) leases_.observe(event);
  if (!out_.events.empty()) sequence_ = out_.events.back().sequence;
  ++turn_;
  if (out_.events.empty() && out_.messages.empty() && out_.taken.empty()) return;
  for (Message& message : out_.messages) {
    if (auto* acknowledged = std::get_if<Acknowledgement>(&message.what)) {
      acknowledged->sequence = sequence_;
    }
  }
  out_.group = group_;
  const std::size_t events = out_.events.size();
  held_ = std::exchange(out_, {});
  hand_on();
  // The next group is about as large as this one.
  out_.events.reserve(events);
}

Outcome Core::apply(const SessionId& session, std::uint64_t number, Command&& command) {
  AgentId concerned;
  if (const auto* in = std::get_if<command::SignIn>(&command)) concerned = in->agent;
  if (const auto* defined = std::get_if<command::DefineAgent>(&command)) {
    concerned = defined->definition->agent;
  }
  records_.push_back({.stamp = sequencer_.next(),
                      .session = session,
                      .number = number,
                      .command = std::move(command)});
  const Record& record = records_.back();
  carried_out = {.record = &record, .by = &router_};
  const Outcome outcome = tells_ ? apply_and_tell(record) : router_.apply(record, out_.events);
  carried_out = {};
  if (!concerned.is_zero() && outcome.refusal == Refusal::none) tell_shift(concerned);
  return outcome;
}

void Core::tell_shift(AgentId agent) {
  if (auto told = hours_.told_of(router_, agent, sequencer_.now())) apply(std::move(*told));
}

std::uint64_t Core::sequence() const {
  return out_.events.empty() ? sequence_ : out_.events.back().sequence;
}

void Core::tick() {
  apply(command::Tick{});
  sequencer_.ticked();
}

// False when the item must wait for a group of its own.
bool Core::handle(Intake& intake) {
  const Peer peer = intake.peer;
  const std::int64_t at = intake.received_ns;
  if (std::holds_alternative<Reconfigure>(intake.what) && !records_.empty()) return false;
  std::visit(Overloaded{
                 [&](Batch& said) { batch(peer, std::move(said), at); },
                 [&](const Hello& said) {
                   hello(peer, said, at);
                   taken(peer, 1);
                 },
                 [&](const Heartbeat& said) {
                   if (heard(peer, said.session, at) != nullptr) say(peer, Alive{sequence()});
                   taken(peer, 1);
                 },
                 [&](const Bye& said) {
                   if (heard(peer, said.session, at) != nullptr) end_session(said.session);
                   taken(peer, 1);
                 },
                 [&](const Advance& said) {
                   if (heard(peer, said.session, at) != nullptr) advance(peer, said);
                   taken(peer, 1);
                 },
                 [&](const ReplayDirected& said) {
                   if (heard(peer, said.session, at) != nullptr) say(peer, Rewound{said.after});
                   taken(peer, 1);
                 },
                 [&](const Query& asked) { ask(peer, asked); },
                 [&](const Pulse&) { pulse(at); },
                 [&](const Reconfigure& what) { reconfigure(what); },
                 [&](const Drain&) {
                   drained_ = true;
                   refuse_cuts();
                   say(0, Drained{});
                 },
             },
             intake.what);
  return true;
}

Session* Core::heard(Peer peer, SessionId id, std::int64_t received_ns) {
  Session* session = sessions_.find(id);
  if (session == nullptr || session->peer != peer) return nullptr;
  session->heard_ns = received_ns;
  leases_.heard(session->origin, received_ns);
  return session;
}

void Core::hello(Peer peer, const Hello& hello, std::int64_t received_ns) {
  if (hello.session.is_zero()) return open_session(peer, hello, received_ns);
  Session* session = sessions_.find(hello.session);
  if (hello.incarnation != identity_.incarnation) session = nullptr;
  if (session == nullptr) {
    return refuse(peer, Refusal::unknown_session,
                  "no such session in this incarnation of the pool; say hello without one");
  }
  if (origin_name(session->origin) != hello.origin) {
    return refuse(peer, Refusal::session_of_another, "the session belongs to another origin");
  }
  session->peer = peer;
  heard(peer, session->id, received_ns);
  welcome(*session, hello, false);
}

// Below the disk's floor too: who comes back, or comes to end work, needs one.
void Core::open_session(Peer peer, const Hello& hello, std::int64_t received_ns) {
  const std::int64_t silent_before = received_ns - options_.lease_ms * 1'000'000;
  for (const SessionId id : sessions_.in_the_way(origin_number(hello.origin), silent_before)) {
    end_session(id);
  }
  command::OpenSession open;
  while (open.session.is_zero() || sessions_.find(open.session) != nullptr) {
    const std::uint64_t words[2] = {options_.random(), options_.random()};
    std::memcpy(open.session.bytes.data(), words, sizeof words);
  }
  for (const char letter : hello.origin) open.origin.push_back(letter);
  const SessionId id = open.session;
  const Outcome outcome = apply(open);
  if (outcome.refusal != Refusal::none) {
    return refuse(peer, outcome.refusal, "the session could not be opened");
  }
  const auto view = router_.session(id);
  CHECK(view.has_value());
  Session& session = sessions_.add(
      {.id = id, .origin = view->origin, .peer = peer, .last_applied = view->last_applied});
  heard(peer, id, received_ns);
  welcome(session, hello, true);
}

void Core::welcome(Session& session, const Hello& hello, bool fresh) {
  const auto names = router_.dictionary();
  const std::uint64_t directed_last = router_.last_event_of(session.origin);
  // A newcomer hears what happens from now on; whoever was here goes on where it stopped.
  const bool resumes =
      hello.incarnation == identity_.incarnation && (!fresh || hello.directed_from != 0);
  say(session.peer,
      Welcomed{.welcome = {.identity = identity_,
                           .session = session.id,
                           .origin = session.origin,
                           .last_applied = session.last_applied,
                           .directed_last = directed_last,
                           .sequence = sequence(),
                           .window = 0,  // the I/O thread grants it
                           .lease_ms = static_cast<std::uint32_t>(options_.lease_ms),
                           .dictionary = {names.begin(), names.end()}},
               .directed_after =
                   resumes ? std::min(hello.directed_from, directed_last) : directed_last});
}

void Core::batch(Peer peer, Batch&& batch, std::int64_t received_ns) {
  const std::size_t cost = std::max<std::size_t>(1, batch.commands.size());
  Session* session = heard(peer, batch.session, received_ns);
  if (session == nullptr) return taken(peer, cost);
  if (batch.number == 0 || batch.number > session->last_applied + 1) {
    gap(*session, received_ns);
    return taken(peer, cost);
  }
  unfinished_ = Unfinished{.peer = peer, .batch = std::move(batch), .done = 0};
}

void Core::gap(Session& session, std::int64_t received_ns) {
  const std::uint64_t wanted = session.last_applied + 1;
  // Everything behind a lost frame is a gap too: to say so once is enough.
  if (session.gap_told == wanted && received_ns - session.gap_told_ns < gap_again_ns) return;
  session.gap_told = wanted;
  session.gap_told_ns = received_ns;
  refuse(session.peer, Refusal::gap, "send again from the number wanted", wanted);
}

void Core::go_on(Unfinished& unfinished) {
  const Batch& batch = unfinished.batch;
  auto& commands = unfinished.batch.commands;
  Session* session = sessions_.find(batch.session);
  CHECK(session != nullptr);
  Acknowledgement& answer = acknowledgement(*session);
  std::size_t& done = unfinished.done;
  const std::size_t begin = done;
  for (; done < commands.size() && !group_full(); ++done) {
    const std::uint64_t number = batch.number + done;
    Outcome outcome;
    if (number <= session->last_applied) {
      outcome = router_.outcome(session->id, number).value_or(Outcome{});
    } else {
      if (done % prefetch_commands == 0) {
        router_.prefetch(
            {commands.data() + done, std::min(prefetch_commands, commands.size() - done)});
      }
      if (disk_full_ && adds_work(commands[done])) {
        commands[done] = command::Refused{.reason = Refusal::disk_full};
      }
      if (!options_.quarantined.empty() && in_quarantine(commands[done])) {
        commands[done] = command::Refused{.reason = Refusal::quarantined};
      }
      outcome = apply(session->id, number, std::move(commands[done]));
      session->last_applied = number;
    }
    if (outcome.refusal != Refusal::none || outcome.state != ConversationState::none) {
      answer.outcomes.push_back({number, outcome});
    }
  }
  answer.up_to = session->last_applied;
  // Whoever hears of a part may at once send as much again.
  taken(unfinished.peer, commands.empty() ? 1 : done - begin);
  if (done == commands.size()) unfinished_.reset();
}

bool Core::in_quarantine(const Command& command) const {
  return std::any_of(
      options_.quarantined.begin(), options_.quarantined.end(), [&](const Command& one) {
        return one.index() == command.index() && bytes_of_command(one) == bytes_of_command(command);
      });
}

Acknowledgement& Core::acknowledgement(Session& session) {
  if (session.acknowledgement_turn != turn_ || session.acknowledgement_turn == 0) {
    session.acknowledgement_turn = turn_;
    session.acknowledgement = out_.messages.size();
    say(session.peer, Acknowledgement{.session = session.id, .outcomes = {}});
  }
  return std::get<Acknowledgement>(out_.messages[session.acknowledgement].what);
}

void Core::advance(Peer peer, const Advance& advance) {
  if (sequencer_.mode() != PoolClock::client) {
    return refuse(peer, Refusal::not_allowed,
                  "pool time is real; only usherd --clock client is advanced");
  }
  if (!driver_.is_zero() && driver_ != advance.session && sessions_.find(driver_) != nullptr) {
    return refuse(peer, Refusal::not_allowed, "another session moves pool time");
  }
  if (advance.to_ms < sequencer_.last().pool_ms || advance.to_ms > limits::pool_ms_max) {
    return refuse(peer, Refusal::out_of_range,
                  "to_ms must be " + std::to_string(sequencer_.last().pool_ms) + " to " +
                      std::to_string(limits::pool_ms_max) + ", found " +
                      std::to_string(advance.to_ms));
  }
  driver_ = advance.session;
  advancing_ = Advancing{.peer = peer, .to_ms = advance.to_ms};
}

void Core::go_on(const Advancing& advancing) {
  while (!group_full()) {
    if (auto change = hours_.next(sequencer_.now())) {
      apply(std::move(*change));
      continue;
    }
    const bool due = sequencer_.advance(advancing.to_ms, next_stop());
    sequencer_.begin_group();
    hours_.look(router_, sequencer_.now());
    if (!due) {
      say(advancing.peer, Advanced{.to_ms = advancing.to_ms,
                                   .next_deadline_ms = router_.next_deadline().value_or(0),
                                   .sequence = sequence()});
      advancing_.reset();
      return;
    }
    const auto deadline = router_.next_deadline();
    if (deadline && *deadline <= sequencer_.now().pool_ms) tick();
  }
}

// Where an advance has to stop: for the core's timers, and to look at the clock on the wall.
std::optional<std::int64_t> Core::next_stop() const {
  const std::int64_t now_ms = sequencer_.now().pool_ms;
  std::optional<std::int64_t> stop = router_.next_deadline();
  if (const auto wait = hours_.wait_ms(now_ms)) {
    stop = stop ? std::min(*stop, now_ms + *wait) : now_ms + *wait;
  }
  return stop;
}

void Core::end_session(SessionId id) {
  const Session* session = sessions_.find(id);
  CHECK(session != nullptr);
  const Peer peer = session->peer;
  sessions_.remove(id);
  apply(command::EndSession{.session = id});
  say(peer, Ended{.session = id});
}

void Core::reconfigure(const Reconfigure& what) {
  const Outcome outcome = apply(command::Configure{.configuration = what.configuration});
  if (outcome.refusal == Refusal::none) {
    options_.lease_ms = what.lease_ms;
    leases_.set_lease(what.lease_ms);
    hours_.set(what.timetable);
    hours_.look(router_, sequencer_.now());
  }
  const auto names = router_.dictionary();
  say(0, Configured{.refusal = outcome.refusal, .dictionary = {names.begin(), names.end()}});
}

void Core::pulse(std::int64_t received_ns) {
  leases_.pulse(received_ns);
  const auto expired = sessions_.expired(received_ns);
  const std::size_t count = std::min(expired.size(), sessions_ended_max);
  for (std::size_t i = 0; i < count; ++i) end_session(expired[i]);
  say(0, Pulsed{});
}

void Core::say(Peer peer, decltype(Message::what)&& what) {
  out_.messages.push_back({.peer = peer, .what = std::move(what)});
}

void Core::refuse(Peer peer, Refusal reason, std::string text, std::uint64_t wanted) {
  say(peer, FrameRefused{.reason = reason, .wanted = wanted, .text = std::move(text)});
}

void Core::taken(Peer peer, std::size_t commands) {
  out_.taken.push_back({peer, static_cast<std::uint32_t>(commands)});
}

std::string_view Core::origin_name(OriginNumber number) const {
  for (const Name& name : router_.dictionary()) {
    if (name.kind == NameKind::origin && name.number == number.value) return name.text;
  }
  return {};
}

OriginNumber Core::origin_number(std::string_view text) const {
  for (const Name& name : router_.dictionary()) {
    if (name.kind == NameKind::origin && name.text == text) return {name.number};
  }
  return {};
}

}  // namespace usher
