// The words of the core and those of the wire: moving between them is a cast, so their names and
// numeric values must be the same, and neither may have one that the other lacks.

#include <gtest/gtest.h>

#include <cstddef>
#include <iterator>
#include <utility>

#include "routing/command.h"
#include "routing/event.h"
#include "routing/explain.h"
#include "schemas/commands_generated.h"
#include "schemas/events_generated.h"

namespace usher {
namespace {

template <class Core>
using Row = std::pair<const char*, Core>;

// Each row names an enumerator of the core; the wire must give its value that name.
template <class Core, std::size_t N, class Wire, std::size_t M>
void expect_same(const Row<Core> (&rows)[N], const Wire (&values)[M],
                 const char* (*name_of)(Wire)) {
  ASSERT_EQ(N, M);
  for (std::size_t i = 0; i < N; ++i) {
    const auto& [name, value] = rows[i];
    EXPECT_STREQ(name_of(static_cast<Wire>(value)), name);
    EXPECT_EQ(static_cast<int>(values[i]), static_cast<int>(value)) << name;
  }
}

TEST(wire_values, of_name_kind) {
  using enum NameKind;
  const Row<NameKind> rows[] = {{"none", none},           {"channel", channel},
                                {"skill", skill},         {"category", category},
                                {"impact", impact},       {"tier", tier},
                                {"group", group},         {"service_class", service_class},
                                {"band", band},           {"origin", origin},
                                {"authority", authority}, {"reason", reason},
                                {"hours", hours},         {"mode", mode}};
  expect_same(rows, wire::EnumValuesNameKind(), wire::EnumNameNameKind);
}

TEST(wire_values, of_conversation_state) {
  using enum ConversationState;
  const Row<ConversationState> rows[] = {
      {"none", none},         {"scheduled", scheduled}, {"waiting", waiting},
      {"offered", offered},   {"assigned", assigned},   {"held", held},
      {"wrapping", wrapping}, {"deferred", deferred},   {"unroutable", unroutable},
      {"closed", closed},     {"abandoned", abandoned}};
  expect_same(rows, wire::EnumValuesConversationState(), wire::EnumNameConversationState);
}

TEST(wire_values, of_presence) {
  using enum Presence;
  const Row<Presence> rows[] = {
      {"none", none},         {"available", available},           {"away", away},
      {"draining", draining}, {"not_responding", not_responding}, {"offline", offline}};
  expect_same(rows, wire::EnumValuesPresence(), wire::EnumNamePresence);
}

TEST(wire_values, of_close_outcome) {
  using enum CloseOutcome;
  const Row<CloseOutcome> rows[] = {
      {"none", none},           {"solved", solved}, {"not_solved", not_solved},
      {"duplicate", duplicate}, {"spam", spam},     {"handed_over", handed_over}};
  expect_same(rows, wire::EnumValuesCloseOutcome(), wire::EnumNameCloseOutcome);
}

TEST(wire_values, of_scope) {
  using enum Scope;
  const Row<Scope> rows[] = {{"none", none},
                             {"pool", pool},
                             {"service_class", service_class},
                             {"group", group},
                             {"agent", agent}};
  expect_same(rows, wire::EnumValuesScope(), wire::EnumNameScope);
}

TEST(wire_values, of_scope_state) {
  using enum ScopeState;
  const Row<ScopeState> rows[] = {
      {"none", none}, {"open", open}, {"paused", paused}, {"draining", draining}};
  expect_same(rows, wire::EnumValuesScopeState(), wire::EnumNameScopeState);
}

TEST(wire_values, of_refusal) {
  using enum Refusal;
  const Row<Refusal> rows[] = {{"none", none},
                               {"wrong_state", wrong_state},
                               {"stale", stale},
                               {"unknown_conversation", unknown_conversation},
                               {"unknown_agent", unknown_agent},
                               {"unknown_name", unknown_name},
                               {"no_capacity", no_capacity},
                               {"not_eligible", not_eligible},
                               {"not_present", not_present},
                               {"conflict", conflict},
                               {"id_zero", id_zero},
                               {"out_of_range", out_of_range},
                               {"too_many", too_many},
                               {"not_allowed", not_allowed},
                               {"no_class", no_class},
                               {"same_target", same_target},
                               {"top_level", top_level},
                               {"pool_full", pool_full},
                               {"gap", gap},
                               {"unknown_session", unknown_session},
                               {"session_of_another", session_of_another},
                               {"wrong_version", wrong_version},
                               {"unknown_pool", unknown_pool},
                               {"malformed", malformed},
                               {"unsupported", unsupported},
                               {"quarantined", quarantined},
                               {"disk_full", disk_full},
                               {"draining", draining},
                               {"outside_hours", outside_hours},
                               {"overflow", overflow},
                               {"busy", busy},
                               {"below_ring", below_ring}};
  expect_same(rows, wire::EnumValuesRefusal(), wire::EnumNameRefusal);
}

TEST(wire_values, of_band_order) {
  using enum Order;
  const Row<Order> rows[] = {
      {"oldest", oldest}, {"deadline", deadline}, {"service_level", service_level}};
  expect_same(rows, wire::EnumValuesBandOrder(), wire::EnumNameBandOrder);
}

TEST(wire_values, of_give_to) {
  using enum GiveTo;
  const Row<GiveTo> rows[] = {{"least_loaded", least_loaded}, {"longest_idle", longest_idle}};
  expect_same(rows, wire::EnumValuesGiveTo(), wire::EnumNameGiveTo);
}

TEST(wire_values, of_agent_kind) {
  using enum AgentKind;
  const Row<AgentKind> rows[] = {{"person", person}, {"bot", bot}};
  expect_same(rows, wire::EnumValuesAgentKind(), wire::EnumNameAgentKind);
}

TEST(wire_values, of_event_kind) {
  using enum EventKind;
  const Row<EventKind> rows[] = {{"none", none},
                                 {"opened", opened},
                                 {"waiting", waiting},
                                 {"offered", offered},
                                 {"offer_ended", offer_ended},
                                 {"assigned", assigned},
                                 {"replied", replied},
                                 {"customer_wrote", customer_wrote},
                                 {"held", held},
                                 {"wrapping", wrapping},
                                 {"wrap_up_extended", wrap_up_extended},
                                 {"closed", closed},
                                 {"abandoned", abandoned},
                                 {"deferred", deferred},
                                 {"unroutable", unroutable},
                                 {"updated", updated},
                                 {"escalated", escalated},
                                 {"rated", rated},
                                 {"joined", joined},
                                 {"at_risk", at_risk},
                                 {"breached", breached},
                                 {"handling_exceeded", handling_exceeded},
                                 {"agent_defined", agent_defined},
                                 {"agent_removed", agent_removed},
                                 {"agent_signed_in", agent_signed_in},
                                 {"agent_presence", agent_presence},
                                 {"agent_lost", agent_lost},
                                 {"agent_regained", agent_regained},
                                 {"agent_signed_off", agent_signed_off},
                                 {"pool_started", pool_started},
                                 {"pool_configured", pool_configured},
                                 {"scope_changed", scope_changed},
                                 {"mode_changed", mode_changed},
                                 {"alarm", alarm}};
  expect_same(rows, wire::EnumValuesEventKind(), wire::EnumNameEventKind);
}

TEST(wire_values, of_cause) {
  using enum Cause;
  const Row<Cause> rows[] = {{"none", none},
                             {"command", command},
                             {"due", due},
                             {"given", given},
                             {"accepted", accepted},
                             {"picked", picked},
                             {"rejected", rejected},
                             {"lapsed", lapsed},
                             {"revoked", revoked},
                             {"silent", silent},
                             {"agent_lost", agent_lost},
                             {"agent_gone", agent_gone},
                             {"released", released},
                             {"transferred", transferred},
                             {"resumed", resumed},
                             {"customer_wrote", customer_wrote},
                             {"reclassified", reclassified},
                             {"escalated", escalated},
                             {"reopened", reopened},
                             {"hours", hours},
                             {"overflow", overflow},
                             {"configuration", configuration},
                             {"roster", roster},
                             {"operator_order", operator_order},
                             {"misses", misses},
                             {"nobody_ever", nobody_ever},
                             {"nobody_on_duty", nobody_on_duty},
                             {"bot_handed_over", bot_handed_over},
                             {"mode", mode},
                             {"taken_by_another", taken_by_another},
                             {"customer", customer}};
  expect_same(rows, wire::EnumValuesCause(), wire::EnumNameCause);
}

TEST(wire_values, of_verdict) {
  using enum Verdict;
  const Row<Verdict> rows[] = {{"eligible", eligible},
                               {"has_it", has_it},
                               {"asked", asked},
                               {"not_available", not_available},
                               {"lost", lost},
                               {"paused", paused},
                               {"need_later", need_later},
                               {"need", need},
                               {"authority", authority},
                               {"helps_later", helps_later},
                               {"excluded", excluded},
                               {"cooling_down", cooling_down},
                               {"channel", channel},
                               {"room", room},
                               {"held_back", held_back},
                               {"bot", bot},
                               {"kept_for_other", kept_for_other},
                               {"shift_ends", shift_ends},
                               {"closed", closed},
                               {"lent_enough", lent_enough}};
  static_assert(verdict_count == 20);
  expect_same(rows, wire::EnumValuesVerdict(), wire::EnumNameVerdict);
}

TEST(wire_values, of_tuple_field) {
  using enum TupleField;
  const Row<TupleField> rows[] = {{"none", none},           {"bot", bot},   {"over", over},
                                  {"preferred", preferred}, {"tier", tier}, {"load", load},
                                  {"scarce", scarce},       {"idle", idle}, {"id", id}};
  expect_same(rows, wire::EnumValuesTupleField(), wire::EnumNameTupleField);
}

TEST(wire_values, of_update_fields) {
  using Fields = command::Update;
  const Row<Fields::Field> rows[] = {{"category", Fields::category_field},
                                     {"impact", Fields::impact_field},
                                     {"tier", Fields::tier_field},
                                     {"language", Fields::language_field},
                                     {"required", Fields::required_field},
                                     {"preferred", Fields::preferred_field},
                                     {"preferred_agent", Fields::preferred_agent_field},
                                     {"excluded", Fields::excluded_field},
                                     {"customer", Fields::customer_field}};
  expect_same(rows, wire::EnumValuesUpdateField(), wire::EnumNameUpdateField);
  EXPECT_EQ(static_cast<int>(wire::UpdateField::ANY), Fields::fields_all);
}

TEST(wire_values, of_counted_enums) {
  EXPECT_EQ(std::size(wire::EnumValuesRefusal()), refusal_count);
  EXPECT_EQ(std::size(wire::EnumValuesNameKind()), name_kind_count);
}

}  // namespace
}  // namespace usher
