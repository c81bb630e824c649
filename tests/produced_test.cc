// Every refusal, event kind and cause comes from somewhere: each is produced here, and a new
// enumerator does not compile until it is said how.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "daemon/decode.h"
#include "schemas/events_generated.h"
#include "sim/world.h"
#include "tests/frames.h"
#include "tests/shell_fixture.h"

namespace usher {
namespace {

using namespace test_name;

// --- refusals, each by the shortest way to it ---

namespace refused_as {

const ConversationId c1 = ConversationId::of_text("c1");
const AgentId ana = AgentId::of_text("ana");
const AgentId bob = AgentId::of_text("bob");

// Ana is there for one chat at a time, and c1 is offered to her.
class Offered : public Pool {
 public:
  Offered() {
    on_duty("ana", {}, {{chat, 1}});
    (void)open("c1");
  }
};

Refusal wrong_state() { return Offered().replied("c1", "ana"); }
Refusal stale() { return Offered().accept("c1", "ana", 1); }
Refusal unknown_conversation() { return Pool().abandon("c1"); }
Refusal unknown_agent() { return Pool().sign_in("ana"); }
Refusal unknown_name() { return Pool().open("c1", CategoryNumber{99}).refusal; }
Refusal no_capacity() {
  Offered pool;
  (void)pool.open("c2");
  return pool.say(command::Pick{ConversationId::of_text("c2"), ana, 0}).refusal;
}
Refusal not_eligible() {
  Pool pool;
  pool.on_duty("ana");
  (void)pool.open("c1", theft);
  return pool.say(command::Pick{c1, ana, 0}).refusal;
}
Refusal not_present() {
  Pool pool;
  (void)pool.define("ana");
  return pool.presence("ana", Presence::away);
}
Refusal conflict() {
  Pool pool;
  (void)pool.open("c1");
  return pool.open("c1", mail).refusal;
}
Refusal not_allowed() {
  Offered pool;
  pool.on_duty("bob");
  return pool.accept("c1", "bob");
}
Refusal no_class() { return Pool().open("c1", CategoryNumber{}).refusal; }
Refusal same_target() {
  Pool pool;
  (void)pool.open("c1");
  return pool.transfer("c1", accounts);
}
Refusal top_level() {
  PoolConfiguration configuration = test_configuration();
  configuration.levels = 1;
  Pool pool(configuration);
  (void)pool.open("c1");
  return pool.say(command::Escalate{c1, 0, {}}).refusal;
}
Refusal draining() {
  Pool pool;
  pool.shell(command::SetScope{Scope::pool, ScopeState::draining, 0, {}});
  return pool.open("c1").refusal;
}

// A class that wants nobody to wait: behind anybody, or outside its hours.
PoolConfiguration impatient() {
  PoolConfiguration configuration = test_configuration();
  configuration.names.push_back(Name{NameKind::hours, 1, "office"});
  ClassConfiguration& of = configuration.classes.front();
  of.hours = {{{}, HoursNumber{1}}};
  of.closed_to = {Diversion::Kind::refuse, {}};
  of.overflow = {{Diversion::Kind::refuse, {}}, 1};
  return configuration;
}
Refusal outside_hours() {
  Pool pool(impatient());
  (void)pool.define("ana");
  pool.shell(command::SetHours{HoursNumber{1}, false});
  return pool.open("c1").refusal;
}
Refusal overflow() { return Pool(impatient()).open("c1").refusal; }

Refusal too_many() {
  PoolConfiguration configuration = test_configuration();
  configuration.bands.clear();
  return Pool().configure(configuration);
}
Refusal out_of_range() {
  PoolConfiguration configuration = test_configuration();
  configuration.levels = 0;
  return Pool().configure(configuration);
}
Refusal busy() {
  Pool pool;
  for (std::uint32_t i = 0; i <= limits::cursor_step; ++i) (void)pool.open(std::to_string(i));
  (void)pool.say(command::MoveAll{accounts, asks, 0});
  return pool.say(command::MoveAll{asks, accounts, 0}).refusal;
}

command::OpenSession session_of(std::string_view origin, std::string_view session) {
  command::OpenSession open;
  open.session = SessionId::of_text(session);
  for (const char letter : origin) open.origin.push_back(letter);
  return open;
}
Refusal pool_full() {
  Pool pool;
  for (std::size_t i = 1; i < limits::sessions_max; ++i) {
    EXPECT_EQ(Refusal::none, pool.shell(session_of("desk", std::to_string(i))).refusal);
  }
  return pool.shell(session_of("desk", "one more")).refusal;
}
Refusal session_of_another() { return Pool().shell(session_of("thief", "session")).refusal; }
Refusal unknown_session() {
  return Pool().shell(command::EndSession{SessionId::of_text("nobody's")}).refusal;
}
Refusal gap() { return Pool().say_as(2, command::Abandon{c1}).refusal; }
Refusal below_ring() {
  Pool pool;
  for (std::size_t i = 0; i <= limits::batch_commands_max; ++i) (void)pool.abandon("c1");
  return pool.say_as(1, command::Abandon{c1}).refusal;
}

// --- by the shell, which knows more of frames than the core ---

Refusal id_zero() {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter().say(client::Abandon{});
  return static_cast<Refusal>(desk.refused.at(1));
}
Refusal disk_full() {
  SlowJournal journal;
  journal.free = 1;
  Shell shell(
      {.settings = Shell::small_settings(), .journal = &journal, .disk_floor_bytes = 1'000'000});
  journal.sync();
  Visitor desk(shell, 1);
  const auto settle = [&] {
    shell.settle();
    journal.sync();
    shell.settle();
    desk.read();
  };
  desk.hello({});
  settle();
  desk.session = desk.welcome.value().welcome.session;
  desk.put(1, {usher::ask("c1")});
  settle();
  return static_cast<Refusal>(desk.refused.at(1));
}
Refusal quarantined() {
  command::Abandon crashed;
  std::memcpy(crashed.conversation.bytes.data(), id_of("c1").bytes.data(), 16);
  Shell shell({.settings = Shell::small_settings(), .quarantined = {crashed}});
  Visitor desk(shell, 1);
  desk.enter().send(1, {usher::ask("c1"), usher::ask("c2"), client::Abandon{id_of("c2")},
                        client::Abandon{id_of("c1")}});
  EXPECT_FALSE(desk.refused.contains(3)) << "another one of its kind";
  return static_cast<Refusal>(desk.refused.at(4));
}
Refusal unknown_pool() {
  Shell shell;
  Visitor desk(shell, 1);
  desk.hello({.pool = "other"});
  return static_cast<Refusal>(desk.frames_refused.at(0).reason);
}
Refusal malformed() {
  Shell shell;
  Visitor desk(shell, 1);
  shell.command(1, Frame(100, 0x5A));
  shell.settle();
  desk.read();
  return static_cast<Refusal>(desk.frames_refused.at(0).reason);
}
// What a later client may say.
Refusal unsupported() {
  Shell shell;
  Visitor desk(shell, 1);
  desk.enter();
  flatbuffers::FlatBufferBuilder fbb;
  const auto body = frames::body(fbb, command::Abandon{c1});
  const auto command = wire::CreateCommand(fbb, static_cast<wire::Body>(100), body.Union());
  const SessionId session{desk.session.bytes};
  const auto frame = frames::batch_frame(fbb, session, 1, {{command}});
  shell.command(1, {reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()});
  shell.settle();
  desk.read();
  return static_cast<Refusal>(desk.refused.at(1));
}
Refusal wrong_version() {
  Shell shell;
  Visitor desk(shell, 1);
  Hello hello;
  hello.version = 2;
  hello.pool = "main";
  hello.origin = "desk";
  const auto frame = frames::encode(hello);
  shell.command(1, {reinterpret_cast<const std::uint8_t*>(frame.data()), frame.size()});
  shell.settle();
  desk.read();
  return static_cast<Refusal>(desk.frames_refused.at(0).reason);
}

}  // namespace refused_as

using Produce = Refusal (*)();

Produce producer_of(Refusal reason) {
  switch (reason) {
    case Refusal::none: return [] { return Pool().open("c1").refusal; };
    case Refusal::wrong_state: return refused_as::wrong_state;
    case Refusal::stale: return refused_as::stale;
    case Refusal::unknown_conversation: return refused_as::unknown_conversation;
    case Refusal::unknown_agent: return refused_as::unknown_agent;
    case Refusal::unknown_name: return refused_as::unknown_name;
    case Refusal::no_capacity: return refused_as::no_capacity;
    case Refusal::not_eligible: return refused_as::not_eligible;
    case Refusal::not_present: return refused_as::not_present;
    case Refusal::conflict: return refused_as::conflict;
    case Refusal::id_zero: return refused_as::id_zero;
    case Refusal::out_of_range: return refused_as::out_of_range;
    case Refusal::too_many: return refused_as::too_many;
    case Refusal::not_allowed: return refused_as::not_allowed;
    case Refusal::no_class: return refused_as::no_class;
    case Refusal::same_target: return refused_as::same_target;
    case Refusal::top_level: return refused_as::top_level;
    case Refusal::pool_full: return refused_as::pool_full;
    case Refusal::gap: return refused_as::gap;
    case Refusal::unknown_session: return refused_as::unknown_session;
    case Refusal::session_of_another: return refused_as::session_of_another;
    case Refusal::wrong_version: return refused_as::wrong_version;
    case Refusal::unknown_pool: return refused_as::unknown_pool;
    case Refusal::malformed: return refused_as::malformed;
    case Refusal::unsupported: return refused_as::unsupported;
    case Refusal::quarantined: return refused_as::quarantined;
    case Refusal::disk_full: return refused_as::disk_full;
    case Refusal::draining: return refused_as::draining;
    case Refusal::outside_hours: return refused_as::outside_hours;
    case Refusal::overflow: return refused_as::overflow;
    case Refusal::busy: return refused_as::busy;
    case Refusal::below_ring: return refused_as::below_ring;
  }
  return nullptr;
}

// --- events, which random worlds publish ---

bool is_published(EventKind kind) {
  switch (kind) {
    case EventKind::none: return false;
    case EventKind::opened:
    case EventKind::waiting:
    case EventKind::offered:
    case EventKind::offer_ended:
    case EventKind::assigned:
    case EventKind::replied:
    case EventKind::customer_wrote:
    case EventKind::held:
    case EventKind::wrapping:
    case EventKind::wrap_up_extended:
    case EventKind::closed:
    case EventKind::abandoned:
    case EventKind::deferred:
    case EventKind::unroutable:
    case EventKind::updated:
    case EventKind::escalated:
    case EventKind::rated:
    case EventKind::joined:
    case EventKind::at_risk:
    case EventKind::breached:
    case EventKind::handling_exceeded:
    case EventKind::agent_defined:
    case EventKind::agent_removed:
    case EventKind::agent_signed_in:
    case EventKind::agent_presence:
    case EventKind::agent_lost:
    case EventKind::agent_regained:
    case EventKind::agent_signed_off:
    case EventKind::pool_started:
    case EventKind::pool_configured:
    case EventKind::scope_changed:
    case EventKind::mode_changed:
    case EventKind::alarm: return true;
  }
  return false;
}

bool is_published(Cause cause) {
  switch (cause) {
    case Cause::none: return false;
    case Cause::command:
    case Cause::due:
    case Cause::given:
    case Cause::accepted:
    case Cause::picked:
    case Cause::rejected:
    case Cause::lapsed:
    case Cause::revoked:
    case Cause::silent:
    case Cause::agent_lost:
    case Cause::agent_gone:
    case Cause::released:
    case Cause::transferred:
    case Cause::resumed:
    case Cause::customer_wrote:
    case Cause::reclassified:
    case Cause::escalated:
    case Cause::reopened:
    case Cause::hours:
    case Cause::overflow:
    case Cause::configuration:
    case Cause::roster:
    case Cause::operator_order:
    case Cause::misses:
    case Cause::nobody_ever:
    case Cause::nobody_on_duty:
    case Cause::bot_handed_over:
    case Cause::mode:
    case Cause::taken_by_another:
    case Cause::customer: return true;
  }
  return false;
}

// Whether a source of the core or the daemon names it. Tests, tools and the wire may.
bool named_by_usherd(const std::string& word) {
  namespace fs = std::filesystem;
  for (const char* folder : {"routing", "daemon"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(USHER_SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".cc") continue;
      std::ifstream file(entry.path());
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (text.find(word) != std::string::npos) return true;
    }
  }
  return false;
}

TEST(Produced, EveryRefusalIs) {
  for (const wire::Refusal value : wire::EnumValuesRefusal()) {
    const auto reason = static_cast<Refusal>(value);
    const std::string name = wire::EnumNameRefusal(value);
    const Produce produce = producer_of(reason);
    ASSERT_TRUE(produce != nullptr) << name;
    EXPECT_EQ(reason, produce()) << name;
  }
}

TEST(Produced, EveryKindOfEventAndEveryCauseIs) {
  std::set<EventKind> kinds;
  std::set<Cause> causes;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    sim::Twin twin;
    Router router;
    sim::Author author(seed, sim::Features{});
    for (std::size_t line = 0; line < 1000; ++line) {
      const Record record = sim::record_of(author.next(twin), twin);
      Events events;
      (void)twin.apply(record, events);
      events.clear();
      (void)router.apply(record, events);
      for (const Event& event : events) {
        kinds.insert(event.kind);
        causes.insert(event.cause);
      }
    }
  }
  for (const wire::EventKind value : wire::EnumValuesEventKind()) {
    const auto kind = static_cast<EventKind>(value);
    const std::string name = wire::EnumNameEventKind(value);
    EXPECT_EQ(is_published(kind), kinds.contains(kind)) << name;
    EXPECT_EQ(is_published(kind), named_by_usherd("EventKind::" + name)) << name;
  }
  for (const wire::Cause value : wire::EnumValuesCause()) {
    const auto cause = static_cast<Cause>(value);
    EXPECT_EQ(is_published(cause), causes.contains(cause)) << wire::EnumNameCause(value);
  }
}

}  // namespace
}  // namespace usher
