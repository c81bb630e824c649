#pragma once

// One of each message of the protocol, no two fields of it alike, so that a field that ends up in
// another's place is seen. The golden frames are made of them.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/nouns.h"

namespace usher::samples {

template <class T>
using Named = std::vector<std::pair<std::string, T>>;

inline const auto conversation = ConversationId::of_text("conversation-1");
inline const auto customer = CustomerId::of_text("customer-2");
inline const auto ann = AgentId::of_text("ann");
inline const auto bob = AgentId::of_text("bob");
inline const auto cleo = AgentId::of_text("cleo");
inline const auto session = SessionId::of_text("session-3");

// --- commands ---

inline command::Open open() {
  command::Open open{.conversation = conversation,
                     .customer = customer,
                     .preferred_agent = ann,
                     .channel = {1},
                     .category = {2},
                     .impact = {3},
                     .tier = {4},
                     .language = {5},
                     .test = true,
                     .age_ms = 60'001,
                     .not_before_ms = 60'002,
                     .required = {},
                     .preferred = {},
                     .excluded = {}};
  open.required.push_back({.skill = {6}, .level = 7});
  open.required.push_back({.skill = {8}, .level = 9});
  open.preferred.push_back({.skill = {10}, .level = 1});
  open.excluded.push_back(bob);
  open.excluded.push_back(cleo);
  return open;
}

inline command::Update update() {
  command::Update update{.conversation = conversation,
                         .fields = command::Update::fields_all,
                         .customer = customer,
                         .preferred_agent = ann,
                         .category = {21},
                         .impact = {22},
                         .tier = {23},
                         .language = {24},
                         .reason = {25},
                         .required = {},
                         .preferred = {},
                         .excluded = {}};
  update.required.push_back({.skill = {26}, .level = 2});
  update.preferred.push_back({.skill = {27}, .level = 3});
  update.excluded.push_back(bob);
  return update;
}

inline command::DefineAgent define_agent() {
  command::AgentDefinition agent{.agent = ann,
                                 .group = {31},
                                 .level = 2,
                                 .share_percent = 80,
                                 .kind = AgentKind::bot,
                                 .skills = {},
                                 .authorities = {},
                                 .holds = {},
                                 .shifts = {}};
  agent.skills.push_back({.skill = {32}, .level = 4});
  agent.skills.push_back({.skill = {33}, .level = 10});
  agent.authorities.push_back({34});
  agent.authorities.push_back({35});
  agent.holds.push_back({.channel = {1}, .count = 3});
  agent.holds.push_back({.channel = {16}, .count = 1000});
  return {std::make_shared<const command::AgentDefinition>(agent)};
}

// Every kind of command, in the order of the schema's union.
inline std::vector<Command> every_command() {
  return {open(),
          update(),
          command::CustomerWrote{conversation},
          command::Abandon{conversation},
          command::Close{conversation, ann, 41, CloseOutcome::duplicate},
          command::Transfer{conversation, 42, {}, bob, {43}},
          command::Escalate{conversation, 44, {45}},
          command::Reopen{conversation},
          command::Rate{conversation, 5},
          command::SignIn{ann, Presence::away, 0b1000'0000'0000'0101},
          command::SetPresence{ann, Presence::draining, {46}},
          command::SignOff{ann},
          command::Accept{conversation, ann, 47},
          command::Reject{conversation, ann, 48, {49}},
          command::Pick{conversation, ann, 50},
          command::Replied{conversation, ann, 51},
          command::Hold{conversation, ann, 52, 53'000},
          command::Resume{conversation, ann, 54},
          command::Release{conversation, ann, 55, {56}},
          command::FinishWrapUp{conversation, ann},
          command::ExtendWrapUp{conversation, ann, 57'000},
          define_agent(),
          command::RemoveAgent{ann},
          command::SetScope{Scope::agent, ScopeState::draining, 0, ann},
          command::MoveAll{{58}, {59}, 60},
          command::SetMode{{61}, 62'000},
          command::Transfer{conversation, 63, {64}, {}, {}},
          command::SetScope{Scope::group, ScopeState::paused, 65, {}}};
}

inline Named<ClientMessage> client_messages() {
  return {{"hello", Hello{.version = protocol_version,
                          .pool = "main",
                          .origin = "web-chat_2.A",
                          .session = session,
                          .incarnation = 71,
                          .directed_from = 72}},
          {"batch", Batch{session, 73, every_command()}},
          {"heartbeat", Heartbeat{session}},
          {"bye", Bye{session}},
          {"advance", Advance{session, 74}},
          {"replay_directed", ReplayDirected{session, 75}}};
}

inline AskEstimate estimate_asked() {
  AskEstimate ask;
  ask.open.channel = {11};
  ask.open.category = {95};
  ask.open.tier = {96};
  ask.open.impact = {97};
  ask.open.language = {98};
  ask.open.required.push_back({{99}, 7});
  return ask;
}

inline Named<Query> queries() {
  const auto ask = [](std::uint64_t ticket, Question question) {
    return Query{protocol_version, "main", ticket, std::move(question)};
  };
  return {{"ask_status", ask(81, AskStatus{})},
          {"ask_snapshot", ask(82, AskSnapshot{83})},
          {"ask_conversation", ask(84, AskConversation{conversation})},
          {"ask_agent", ask(85, AskAgent{ann})},
          {"ask_replay", ask(86, AskReplay{87, 88, {89}, conversation, ann})},
          {"ask_dictionary", ask(90, AskDictionary{})},
          {"ask_why", ask(91, AskWhy{conversation})},
          {"ask_explain", ask(92, AskExplain{conversation, 93, 94})},
          {"ask_estimate", ask(100, estimate_asked())}};
}

// --- what usherd says ---

inline const Identity identity{.pool = "main", .incarnation = 0x1122334455667788, .term = 101};

inline std::vector<Name> names() {
  return {{NameKind::channel, 1, "chat"}, {NameKind::reason, 300, "näher erläutert"}};
}

// Sequences 1000 and 1001: one event with every field, one with nothing but its sequence and kind.
inline std::vector<Event> events() {
  Event full;
  full.sequence = 1000;
  full.record = 102;
  full.pool_ms = 103;
  full.wall_ms = 104;
  full.kind = EventKind::wrapping;
  full.cause = Cause::agent_gone;
  full.state = ConversationState::abandoned;
  full.presence = Presence::not_responding;
  full.outcome = CloseOutcome::handed_over;
  full.score = 4;
  full.test = true;
  full.over = true;
  full.conversation = conversation;
  full.agent = ann;
  full.other_agent = bob;
  full.customer = customer;
  full.epoch = 105;
  full.service_class = {106};
  full.band = {107};
  full.channel = {108};
  full.origin = {109};
  full.agent_origin = {110};
  full.other_origin = {111};
  full.reason = {112};
  full.language = {113};
  full.tier = {114};
  full.previous = 115;
  full.agent_previous = 116;
  full.other_previous = 117;
  full.waited_ms = 118;
  full.due_ms = 119;
  full.count = 120;
  Event bare;
  bare.sequence = 1001;
  bare.kind = EventKind::alarm;
  return {full, bare};
}

inline Welcome welcome() {
  return {.identity = identity,
          .session = session,
          .origin = {121},
          .last_applied = 122,
          .directed_last = 123,
          .sequence = 124,
          .window = 125,
          .lease_ms = 126,
          .dictionary = names()};
}

inline Acknowledgement acknowledgement() {
  Outcome refused;
  refused.refusal = Refusal::no_capacity;
  const Outcome opened{.refusal = Refusal::none,
                       .state = ConversationState::waiting,
                       .service_class = {133},
                       .position = 134,
                       .expected_p50_ms = 135,
                       .expected_p90_ms = 136,
                       .epoch = 137};
  return {session, 131, 132, 138, {{129, refused}, {130, opened}}};
}

inline ConversationView conversation_view() {
  return {.conversation = conversation,
          .customer = customer,
          .state = ConversationState::offered,
          .service_class = {141},
          .band = {142},
          .channel = {143},
          .category = {144},
          .impact = {145},
          .tier = {146},
          .language = {147},
          .origin = {148},
          .agent = ann,
          .epoch = 149,
          .offers = {bob, cleo},
          .offer_epoch = 150,
          .opened_ms = 151,
          .due_ms = 152,
          .waited_ms = 153,
          .replied = true,
          .test = true,
          .over = true,
          .required = {{{154}, 5}, {{155}, 6}},
          .exclusions = {{bob, 156}, {cleo, 0}},
          .misses = 157,
          .outcome = CloseOutcome::spam};
}

inline AgentView agent_view() {
  return {.agent = ann,
          .group = {161},
          .level = 7,
          .share_percent = 55,
          .kind = AgentKind::bot,
          .presence = Presence::away,
          .reason = {162},
          .lost = true,
          .origin = {163},
          .used_live = 164,
          .used_background = 165,
          .capacity = 166,
          .loads = {{{167}, 168, 169, true}, {{170}, 171, 172, false}},
          .skills = {{{173}, 8}},
          .authorities = {{174}, {175}},
          .idle_since = 176,
          .contested = 177,
          .misses = 178,
          .conversations = {conversation},
          .shifts = {}};
}

inline StatusFound status() {
  StatusFound status{.identity = identity,
                     .pool = {},
                     .version = "1.2.3",
                     .core_version = 181,
                     .digest = 182,
                     .frames_refused = 183,
                     .frames_dropped = 184,
                     .durability = "none"};
  status.pool = {.record = 185,
                 .sequence = 186,
                 .pool_ms = 187,
                 .chain = 188,
                 .conversations = 189,
                 .waiting = 190,
                 .unroutable = 191,
                 .deferred = 192,
                 .scheduled = 193,
                 .agents = 194,
                 .available = 195,
                 .sessions = 196,
                 .offers = 197,
                 .lapses = 198,
                 .refused = 199,
                 .mode = {},
                 .classes = {},
                 .groups = {},
                 .origins = {}};
  status.pool.classes.push_back({.number = {201},
                                 .band = {202},
                                 .target_ms = 203,
                                 .oldest_ms = 204,
                                 .waiting = 205,
                                 .offered = 206,
                                 .assigned = 207,
                                 .held = 208,
                                 .wrapping = 209,
                                 .opened = 210,
                                 .replied = 211,
                                 .in_target = 212,
                                 .abandoned = 213,
                                 .closed = 214,
                                 .misses = 215});
  return status;
}

// With what was told of waits.
inline StatusFound status_told() {
  StatusFound found = status();
  ClassView& of = found.pool.classes[0];
  of.expected = {271, 272};
  of.estimated = 273;
  of.within_p50 = 274;
  of.within_p90 = 275;
  found.bands = {{.number = {291}, .order = Order::deadline, .rescue = 292, .security = true},
                 {.number = {293}, .order = Order::service_level, .rescue = 294}};
  found.give_to = GiveTo::longest_idle;
  found.fair_pick = 295;
  return found;
}

// With how conversations ended.
inline StatusFound status_figures() {
  StatusFound found = status();
  ClassView& of = found.pool.classes[0];
  of.deferred = 301;
  of.unroutable = 302;
  of.breached = 303;
  of.deferrals = 304;
  of.reopened = 305;
  of.rated = 306;
  of.score = 307;
  of.outcomes = {0, 308, 309, 310, 311, 312};
  return found;
}

// With groups and front-ends.
inline StatusFound status_groups() {
  StatusFound found = status_figures();
  found.pool.classes[0].reply_ms = 313;
  found.pool.groups.push_back({.number = {321},
                               .people = 322,
                               .on_duty = 323,
                               .load_permille = 324,
                               .spread_permille = 325,
                               .tally = {.replied = 326,
                                         .in_target = 327,
                                         .reply_ms = 328,
                                         .misses = 329,
                                         .abandoned = 330,
                                         .closed = 331,
                                         .reopened = 332,
                                         .rated = 333,
                                         .score = 334,
                                         .outcomes = {0, 335, 336, 337, 338, 339}}});
  found.pool.groups.push_back({.number = {340}, .tally = {}});
  found.pool.origins = {{{341}, {342, 343}}, {{344}, {341, 0}}};
  return found;
}

inline ConversationFound conversation_told() {
  ConversationFound found{conversation_view(), 276};
  found.conversation.position = 277;
  found.conversation.expected = {278, 279};
  return found;
}

inline EstimateFound estimate() {
  return {.quote = {.refusal = Refusal::overflow,
                    .service_class = {281},
                    .position = 282,
                    .expected = {283, 284},
                    .estimated = 285,
                    .within_p50 = 286,
                    .within_p90 = 287},
          .pool_ms = 288};
}

inline WhyFound why() {
  WhyFound why;
  Explanation& told = why.explanation;
  told.conversation = conversation;
  told.state = ConversationState::assigned;
  told.record = 251;
  told.configured_at = 252;
  told.pool_ms = 253;
  told.opened_ms = 254;
  told.service_class = {255};
  told.band = {256};
  told.step = 1;
  told.steps = 2;
  told.joined = true;
  CandidateView candidate;
  candidate.agent = ann;
  candidate.verdict = Verdict::cooling_down;
  candidate.from_ms = 257;
  candidate.used = 258;
  candidate.capacity = 259;
  told.candidates = {candidate};
  why.counts[static_cast<std::size_t>(Verdict::room)] = 260;
  return why;
}

inline ExplainFound explain() {
  ExplainFound explain;
  explain.explanation = why().explanation;
  Explanation& told = explain.explanation;
  told.winner = ann;
  told.rank = 3;
  told.time_ms = 261;
  told.queued = 262;
  told.debt = true;
  CandidateView& candidate = told.candidates[0];
  candidate.lost_on = TupleField::scarce;
  candidate.bot = true;
  candidate.over = true;
  candidate.preferred = true;
  candidate.tier = 4;
  candidate.scarce = true;
  candidate.idle_since = 263;
  explain.counts[static_cast<std::size_t>(Verdict::lost)] = 264;
  explain.kind = EventKind::offered;
  explain.sequence = 265;
  explain.wall_ms = 266;
  explain.others = {267, 268};
  return explain;
}

inline Named<Found> founds() {
  return {{"status", status()},
          {"snapshot", SnapshotFound{.identity = identity,
                                     .sequence = 221,
                                     .pool_ms = 222,
                                     .cursor = 223,
                                     .agents = {agent_view()},
                                     .conversations = {conversation_view()}}},
          {"conversation", ConversationFound{conversation_view()}},
          {"agent", agent_view()},
          {"replay", ReplayFound{identity, 224, 225, 226, events()}},
          {"dictionary", DictionaryFound{names()}},
          {"refusing", Refusing{Refusal::unknown_agent, "agent: found nobody"}},
          {"why", why()},
          {"explain", explain()},
          {"estimate", estimate()},
          {"status_told", status_told()},
          {"conversation_told", conversation_told()},
          {"status_figures", status_figures()},
          {"status_groups", status_groups()}};
}

}  // namespace usher::samples
