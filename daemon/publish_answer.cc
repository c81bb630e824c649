#include "daemon/publish.h"

#include <algorithm>

#include "daemon/publish_fields.h"

namespace usher {
namespace {

using namespace publish;
using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

std::uint64_t unsigned_ms(std::int64_t ms) { return static_cast<std::uint64_t>(ms); }

// One table per element of `from`, written by `write_one`.
template <class Wire, class T, class WriteOne>
TablesOffset<Wire> write_tables(FlatBufferBuilder& fbb, const std::vector<T>& from,
                                WriteOne write_one) {
  if (from.empty()) return {};
  std::vector<Offset<Wire>> offsets;
  offsets.reserve(from.size());
  for (const T& one : from) offsets.push_back(write_one(fbb, one));
  return fbb.CreateVector(offsets);
}

template <class Tag>
VectorOffset<const wire::Id*> write_ids(FlatBufferBuilder& fbb, const std::vector<Id<Tag>>& from) {
  if (from.empty()) return {};
  std::vector<wire::Id> ids;
  ids.reserve(from.size());
  for (const Id<Tag>& one : from) ids.push_back(WireId(one).value());
  return fbb.CreateVectorOfStructs(ids);
}

VectorOffset<const wire::SkillLevel*> write_skills(FlatBufferBuilder& fbb,
                                                   const std::vector<SkillLevel>& from) {
  if (from.empty()) return {};
  std::vector<wire::SkillLevel> skills;
  skills.reserve(from.size());
  for (const SkillLevel& one : from) skills.emplace_back(one.skill.value, one.level);
  return fbb.CreateVectorOfStructs(skills);
}

VectorOffset<std::uint16_t> write_authorities(FlatBufferBuilder& fbb,
                                              const std::vector<AuthorityNumber>& from) {
  if (from.empty()) return {};
  std::vector<std::uint16_t> numbers;
  numbers.reserve(from.size());
  for (const AuthorityNumber one : from) numbers.push_back(one.value);
  return fbb.CreateVector(numbers);
}

VectorOffset<const wire::Shift*> write_shifts(FlatBufferBuilder& fbb,
                                              const std::vector<command::Shift>& from) {
  if (from.empty()) return {};
  std::vector<wire::Shift> shifts;
  shifts.reserve(from.size());
  for (const command::Shift& one : from) shifts.emplace_back(one.from_minute, one.to_minute);
  return fbb.CreateVectorOfStructs(shifts);
}

template <class Builder>
void add_outcomes(Builder& to, const std::array<std::uint64_t, close_outcome_count>& from) {
  const auto of = [&](CloseOutcome outcome) { return from[static_cast<std::size_t>(outcome)]; };
  to.add_solved(of(CloseOutcome::solved));
  to.add_not_solved(of(CloseOutcome::not_solved));
  to.add_duplicate(of(CloseOutcome::duplicate));
  to.add_spam(of(CloseOutcome::spam));
  to.add_handed_over(of(CloseOutcome::handed_over));
}

Offset<wire::ClassStatus> write_class(FlatBufferBuilder& fbb, const ClassView& from) {
  wire::ClassStatusBuilder to(fbb);
  to.add_target_ms(unsigned_ms(from.target_ms));
  to.add_oldest_ms(unsigned_ms(from.oldest_ms));
  to.add_opened(from.opened);
  to.add_replied(from.replied);
  to.add_in_target(from.in_target);
  to.add_reply_ms(from.reply_ms);
  to.add_abandoned(from.abandoned);
  to.add_closed(from.closed);
  to.add_misses(from.misses);
  to.add_waiting(from.waiting);
  to.add_offered(from.offered);
  to.add_assigned(from.assigned);
  to.add_held(from.held);
  to.add_wrapping(from.wrapping);
  to.add_service_class(from.number.value);
  to.add_band(from.band.value);
  to.add_expected_p50_ms(from.expected.p50_ms);
  to.add_expected_p90_ms(from.expected.p90_ms);
  to.add_estimated(from.estimated);
  to.add_within_p50(from.within_p50);
  to.add_within_p90(from.within_p90);
  to.add_breached(from.breached);
  to.add_deferrals(from.deferrals);
  to.add_reopened(from.reopened);
  to.add_rated(from.rated);
  to.add_score(from.score);
  add_outcomes(to, from.outcomes);
  to.add_deferred(from.deferred);
  to.add_unroutable(from.unroutable);
  return to.Finish();
}

Offset<wire::GroupStatus> write_group(FlatBufferBuilder& fbb, const AgentGroupView& from) {
  wire::GroupStatusBuilder to(fbb);
  to.add_replied(from.tally.replied);
  to.add_in_target(from.tally.in_target);
  to.add_reply_ms(from.tally.reply_ms);
  to.add_misses(from.tally.misses);
  to.add_abandoned(from.tally.abandoned);
  to.add_closed(from.tally.closed);
  to.add_reopened(from.tally.reopened);
  to.add_rated(from.tally.rated);
  to.add_score(from.tally.score);
  add_outcomes(to, from.tally.outcomes);
  to.add_people(from.people);
  to.add_on_duty(from.on_duty);
  to.add_load_permille(from.load_permille);
  to.add_spread_permille(from.spread_permille);
  to.add_group(from.number.value);
  return to.Finish();
}

Offset<wire::OriginStatus> write_origin(FlatBufferBuilder& fbb, const OriginView& from) {
  return wire::CreateOriginStatus(fbb, from.number.value, from.tally.incidents, from.tally.demoted);
}

// Those whose claims weigh most: as many as a frame has room for.
std::vector<OriginView> most_incidents(std::vector<OriginView> origins) {
  constexpr std::size_t origins_max = 1024;
  std::ranges::stable_sort(origins, [](const OriginView& left, const OriginView& right) {
    return left.tally.incidents > right.tally.incidents;
  });
  if (origins.size() > origins_max) origins.resize(origins_max);
  return origins;
}

Offset<wire::Exclusion> write_exclusion(FlatBufferBuilder& fbb, const ExclusionView& from) {
  return wire::CreateExclusion(fbb, WireId(from.agent).get(), from.until_ms);
}

Offset<wire::ChannelLoad> write_load(FlatBufferBuilder& fbb, const ChannelLoadView& from) {
  return wire::CreateChannelLoad(fbb, from.channel.value, from.count, from.limit, from.background);
}

Offset<wire::BandStatus> write_band(FlatBufferBuilder& fbb, const BandConfiguration& from) {
  return wire::CreateBandStatus(fbb, from.number.value, wire_enum<wire::BandOrder>(from.order),
                                from.rescue, from.security);
}

Offset<wire::Status> write(FlatBufferBuilder& fbb, const StatusFound& from) {
  const auto classes = write_tables<wire::ClassStatus>(fbb, from.pool.classes, write_class);
  const auto bands = write_tables<wire::BandStatus>(fbb, from.bands, write_band);
  const auto groups = write_tables<wire::GroupStatus>(fbb, from.pool.groups, write_group);
  const auto origins =
      write_tables<wire::OriginStatus>(fbb, most_incidents(from.pool.origins), write_origin);
  const auto version = fbb.CreateString(from.version);
  const auto durability = fbb.CreateString(from.durability);
  wire::StatusBuilder to(fbb);
  to.add_incarnation(from.identity.incarnation);
  to.add_term(from.identity.term);
  to.add_sequence(from.pool.sequence);
  to.add_record(from.pool.record);
  to.add_pool_ms(from.pool.pool_ms);
  to.add_core_version(from.core_version);
  to.add_digest(from.digest);
  to.add_chain(from.pool.chain);
  to.add_offers(from.pool.offers);
  to.add_lapses(from.pool.lapses);
  to.add_refused(from.pool.refused);
  to.add_frames_refused(from.frames_refused);
  to.add_frames_dropped(from.frames_dropped);
  to.add_mode_ends_ms(from.pool.mode_ends_ms);
  to.add_conversations(from.pool.conversations);
  to.add_waiting(from.pool.waiting);
  to.add_unroutable(from.pool.unroutable);
  to.add_deferred(from.pool.deferred);
  to.add_scheduled(from.pool.scheduled);
  to.add_agents(from.pool.agents);
  to.add_available(from.pool.available);
  to.add_sessions(from.pool.sessions);
  to.add_version(version);
  to.add_durability(durability);
  to.add_classes(classes);
  to.add_bands(bands);
  to.add_groups(groups);
  to.add_origins(origins);
  to.add_mode(from.pool.mode.value);
  to.add_fair_pick(from.fair_pick);
  to.add_give_to(wire_enum<wire::GiveTo>(from.give_to));
  return to.Finish();
}

Offset<wire::Conversation> write(FlatBufferBuilder& fbb, const ConversationFound& found) {
  const ConversationView& from = found.conversation;
  const auto offers = write_ids(fbb, from.offers);
  const auto required = write_skills(fbb, from.required);
  const auto exclusions = write_tables<wire::Exclusion>(fbb, from.exclusions, write_exclusion);
  wire::ConversationBuilder to(fbb);
  to.add_conversation(WireId(from.conversation).get());
  to.add_customer(WireId(from.customer).get());
  to.add_agent(WireId(from.agent).get());
  to.add_epoch(from.epoch);
  to.add_offer_epoch(from.offer_epoch);
  to.add_opened_ms(from.opened_ms);
  to.add_due_ms(from.due_ms);
  to.add_waited_ms(from.waited_ms);
  to.add_offers(offers);
  to.add_required(required);
  to.add_exclusions(exclusions);
  to.add_misses(from.misses);
  to.add_service_class(from.service_class.value);
  to.add_band(from.band.value);
  to.add_channel(from.channel.value);
  to.add_category(from.category.value);
  to.add_impact(from.impact.value);
  to.add_tier(from.tier.value);
  to.add_language(from.language.value);
  to.add_origin(from.origin.value);
  to.add_state(wire_enum<wire::ConversationState>(from.state));
  to.add_outcome(wire_enum<wire::CloseOutcome>(from.outcome));
  to.add_replied(from.replied);
  to.add_test(from.test);
  to.add_over(from.over);
  to.add_joined(from.joined);
  to.add_seeking(from.seeking);
  to.add_level(from.level);
  to.add_position(from.position);
  to.add_expected_p50_ms(from.expected.p50_ms);
  to.add_expected_p90_ms(from.expected.p90_ms);
  to.add_told_ms(found.told_ms);
  to.add_opens_ms(found.opens_ms);
  return to.Finish();
}

Offset<wire::Agent> write(FlatBufferBuilder& fbb, const AgentView& from) {
  const auto loads = write_tables<wire::ChannelLoad>(fbb, from.loads, write_load);
  const auto skills = write_skills(fbb, from.skills);
  const auto authorities = write_authorities(fbb, from.authorities);
  const auto conversations = write_ids(fbb, from.conversations);
  const auto shifts = write_shifts(fbb, from.shifts);
  wire::AgentBuilder to(fbb);
  to.add_agent(WireId(from.agent).get());
  to.add_idle_since(from.idle_since);
  to.add_loads(loads);
  to.add_skills(skills);
  to.add_authorities(authorities);
  to.add_conversations(conversations);
  to.add_shifts(shifts);
  to.add_shift_ends_ms(from.shift_ends_ms);
  to.add_used_live(from.used_live);
  to.add_used_background(from.used_background);
  to.add_capacity(from.capacity);
  to.add_over(from.over);
  to.add_contested(from.contested);
  to.add_misses(from.misses);
  to.add_group(from.group.value);
  to.add_reason(from.reason.value);
  to.add_origin(from.origin.value);
  to.add_level(from.level);
  to.add_share_percent(from.share_percent);
  to.add_kind(static_cast<std::uint8_t>(from.kind));
  to.add_presence(wire_enum<wire::Presence>(from.presence));
  to.add_lost(from.lost);
  return to.Finish();
}

Offset<wire::SnapshotChunk> write(FlatBufferBuilder& fbb, const SnapshotFound& from) {
  const auto one_agent = [](FlatBufferBuilder& to, const AgentView& view) {
    return write(to, view);
  };
  const auto one_conversation = [](FlatBufferBuilder& to, const ConversationView& view) {
    return write(to, ConversationFound{view});
  };
  const auto agents = write_tables<wire::Agent>(fbb, from.agents, one_agent);
  const auto conversations =
      write_tables<wire::Conversation>(fbb, from.conversations, one_conversation);
  return wire::CreateSnapshotChunk(fbb, from.identity.incarnation, from.identity.term,
                                   from.sequence, from.pool_ms, from.cursor, agents, conversations);
}

Offset<wire::Replay> write(FlatBufferBuilder& fbb, const ReplayFound& from) {
  std::vector<Offset<wire::Event>> offsets;
  offsets.reserve(from.events.size());
  const auto events = write_events(fbb, offsets, from.events);
  return wire::CreateReplay(fbb, from.identity.incarnation, from.identity.term, from.oldest,
                            from.last, from.next, events);
}

Offset<wire::Dictionary> write(FlatBufferBuilder& fbb, const DictionaryFound& from) {
  return wire::CreateDictionary(fbb, write_names(fbb, from.names));
}

Offset<wire::Refusing> write(FlatBufferBuilder& fbb, const Refusing& from) {
  const auto text = fbb.CreateString(from.text);
  return wire::CreateRefusing(fbb, wire_enum<wire::Refusal>(from.reason), text);
}

Offset<wire::Candidate> write_candidate(FlatBufferBuilder& fbb, const CandidateView& from) {
  return wire::CreateCandidate(
      fbb, WireId(from.agent).get(), wire_enum<wire::Verdict>(from.verdict), from.from_ms,
      from.used, from.capacity, wire_enum<wire::TupleField>(from.lost_on), from.bot, from.over,
      from.preferred, from.tier, from.scarce, from.idle_since, wire_enum<wire::Verdict>(from.lacks),
      wire_enum<wire::Scope>(from.paused), from.group.value);
}

TablesOffset<wire::VerdictCount> write_counts(FlatBufferBuilder& fbb, const VerdictCounts& from) {
  std::vector<Offset<wire::VerdictCount>> counts;
  for (std::size_t verdict = 0; verdict < from.size(); ++verdict) {
    if (from[verdict] == 0) continue;
    counts.push_back(
        wire::CreateVerdictCount(fbb, static_cast<wire::Verdict>(verdict), from[verdict]));
  }
  return fbb.CreateVector(counts);
}

Offset<wire::Why> write(FlatBufferBuilder& fbb, const WhyFound& found) {
  const Explanation& from = found.explanation;
  const auto counted = write_counts(fbb, found.counts);
  const auto lacks = write_counts(fbb, found.lacks);
  const auto candidates = write_tables<wire::Candidate>(fbb, from.candidates, write_candidate);
  wire::WhyBuilder to(fbb);
  to.add_conversation(WireId(from.conversation).get());
  to.add_record(from.record);
  to.add_configured_at(from.configured_at);
  to.add_pool_ms(from.pool_ms);
  to.add_opened_ms(from.opened_ms);
  to.add_wall_ms(found.wall_ms);
  to.add_opens_ms(found.opens_ms);
  to.add_due_ms(from.due_ms);
  to.add_counts(counted);
  to.add_lacks(lacks);
  to.add_candidates(candidates);
  to.add_service_class(from.service_class.value);
  to.add_band(from.band.value);
  to.add_state(wire_enum<wire::ConversationState>(from.state));
  to.add_step(from.step);
  to.add_steps(from.steps);
  to.add_joined(from.joined);
  to.add_closed(static_cast<bool>(from.hours));
  to.add_pool_scope(wire_enum<wire::ScopeState>(from.pool_scope));
  to.add_class_scope(wire_enum<wire::ScopeState>(from.class_scope));
  return to.Finish();
}

Offset<wire::Explained> write(FlatBufferBuilder& fbb, const ExplainFound& found) {
  const Explanation& from = found.explanation;
  const auto counted = write_counts(fbb, found.counts);
  const auto candidates = write_tables<wire::Candidate>(fbb, from.candidates, write_candidate);
  VectorOffset<std::uint64_t> others;
  if (!found.others.empty()) others = fbb.CreateVector(found.others);
  wire::ExplainedBuilder to(fbb);
  to.add_conversation(WireId(from.conversation).get());
  to.add_winner(WireId(from.winner).get());
  to.add_sequence(found.sequence);
  to.add_record(from.record);
  to.add_configured_at(from.configured_at);
  to.add_pool_ms(from.pool_ms);
  to.add_wall_ms(found.wall_ms);
  to.add_opened_ms(from.opened_ms);
  to.add_time_ms(from.time_ms);
  to.add_queued(from.queued);
  to.add_counts(counted);
  to.add_candidates(candidates);
  to.add_others(others);
  to.add_service_class(from.service_class.value);
  to.add_band(from.band.value);
  to.add_kind(wire_enum<wire::EventKind>(found.kind));
  to.add_rank(from.rank);
  to.add_step(from.step);
  to.add_steps(from.steps);
  to.add_debt(from.debt);
  return to.Finish();
}

Offset<wire::Estimate> write(FlatBufferBuilder& fbb, const EstimateFound& from) {
  const Quote& quote = from.quote;
  return wire::CreateEstimate(
      fbb, wire_enum<wire::Refusal>(quote.refusal), quote.service_class.value, quote.position,
      quote.expected.p50_ms, quote.expected.p90_ms, quote.estimated, quote.within_p50,
      quote.within_p90, from.pool_ms, wire_enum<wire::Hindrance>(quote.hindrance),
      wire_enum<wire::ConversationState>(quote.state), quote.to_class.value, from.opens_ms);
}

template <class Wire>
void finish(FlatBufferBuilder& fbb, std::uint64_t ticket, std::uint64_t sequence,
            Offset<Wire> found) {
  const auto type = wire::FoundTraits<Wire>::enum_value;
  // Questions and answers travel on one socket and are of one schema: the identifier is the same.
  fbb.Finish(wire::CreateQueryAnswer(fbb, ticket, sequence, type, found.Union()),
             wire::QueryIdentifier());
}

}  // namespace

Bytes Encoder::answer(std::uint64_t ticket, std::uint64_t sequence, const Found& found) {
  auto& fbb = builder_->fbb;
  fbb.Clear();
  std::visit([&](const auto& one) { finish(fbb, ticket, sequence, write(fbb, one)); }, found);
  return finished(fbb);
}

}  // namespace usher
