// Answers to questions.

#include <algorithm>
#include <iterator>

#include "client/decode_fields.h"
#include "schemas/queries_generated.h"

namespace usher::client {
namespace {

using namespace decode;
// Beside the readers of this file, which would hide them.
using decode::read;

std::vector<SkillLevel> read_skills(const flatbuffers::Vector<const wire::SkillLevel*>* from) {
  return read_list<SkillLevel>(from, [](const wire::SkillLevel* item) {
    return SkillLevel{item->skill(), item->level()};
  });
}

std::vector<Id> read_ids(const flatbuffers::Vector<const wire::Id*>* from) {
  return read_list<Id>(from, [](const wire::Id* item) { return read(item); });
}

// Of a class or a group.
template <class From>
Outcomes read_outcomes(const From& from) {
  return {.solved = from.solved(),
          .not_solved = from.not_solved(),
          .duplicate = from.duplicate(),
          .spam = from.spam(),
          .handed_over = from.handed_over()};
}

ClassStatus read(const wire::ClassStatus& from) {
  return {.service_class = from.service_class(),
          .band = from.band(),
          .target_ms = from.target_ms(),
          .oldest_ms = from.oldest_ms(),
          .waiting = from.waiting(),
          .offered = from.offered(),
          .assigned = from.assigned(),
          .held = from.held(),
          .wrapping = from.wrapping(),
          .opened = from.opened(),
          .replied = from.replied(),
          .in_target = from.in_target(),
          .abandoned = from.abandoned(),
          .closed = from.closed(),
          .misses = from.misses(),
          .expected_p50_ms = from.expected_p50_ms(),
          .expected_p90_ms = from.expected_p90_ms(),
          .estimated = from.estimated(),
          .within_p50 = from.within_p50(),
          .within_p90 = from.within_p90(),
          .deferred = from.deferred(),
          .unroutable = from.unroutable(),
          .breached = from.breached(),
          .deferrals = from.deferrals(),
          .reopened = from.reopened(),
          .rated = from.rated(),
          .score = from.score(),
          .outcomes = read_outcomes(from),
          .reply_ms = from.reply_ms()};
}

GroupStatus read(const wire::GroupStatus& from) {
  return {.group = from.group(),
          .people = from.people(),
          .on_duty = from.on_duty(),
          .load_permille = from.load_permille(),
          .spread_permille = from.spread_permille(),
          .replied = from.replied(),
          .in_target = from.in_target(),
          .reply_ms = from.reply_ms(),
          .misses = from.misses(),
          .abandoned = from.abandoned(),
          .closed = from.closed(),
          .reopened = from.reopened(),
          .rated = from.rated(),
          .score = from.score(),
          .outcomes = read_outcomes(from)};
}

Status read(const wire::Status& from) {
  Status status;
  status.incarnation = from.incarnation();
  status.term = from.term();
  status.sequence = from.sequence();
  status.record = from.record();
  status.pool_ms = from.pool_ms();
  status.version = read(from.version(), text_bytes_max);
  status.core_version = from.core_version();
  status.digest = from.digest();
  status.chain = from.chain();
  status.conversations = from.conversations();
  status.waiting = from.waiting();
  status.unroutable = from.unroutable();
  status.deferred = from.deferred();
  status.scheduled = from.scheduled();
  status.mode = from.mode();
  status.mode_ends_ms = from.mode_ends_ms();
  status.agents = from.agents();
  status.available = from.available();
  status.offers = from.offers();
  status.lapses = from.lapses();
  status.refused = from.refused();
  status.sessions = from.sessions();
  status.frames_refused = from.frames_refused();
  status.frames_dropped = from.frames_dropped();
  status.classes = read_list<ClassStatus>(
      from.classes(), [](const wire::ClassStatus* item) { return read(*item); });
  status.durability = read(from.durability(), text_bytes_max);
  status.bands = read_list<BandStatus>(from.bands(), [](const wire::BandStatus* item) {
    return BandStatus{item->band(), item->order(), item->rescue(), item->security()};
  });
  status.give_to = from.give_to();
  status.fair_pick = from.fair_pick();
  status.groups = read_list<GroupStatus>(from.groups(),
                                         [](const wire::GroupStatus* item) { return read(*item); });
  status.origins = read_list<OriginStatus>(from.origins(), [](const wire::OriginStatus* item) {
    return OriginStatus{item->origin(), item->incidents(), item->demoted()};
  });
  return status;
}

Conversation read(const wire::Conversation& from) {
  Conversation to;
  to.conversation = read(from.conversation());
  to.customer = read(from.customer());
  to.state = from.state();
  to.service_class = from.service_class();
  to.band = from.band();
  to.channel = from.channel();
  to.category = from.category();
  to.impact = from.impact();
  to.tier = from.tier();
  to.language = from.language();
  to.origin = from.origin();
  to.agent = read(from.agent());
  to.epoch = from.epoch();
  to.offers = read_ids(from.offers());
  to.offer_epoch = from.offer_epoch();
  to.opened_ms = from.opened_ms();
  to.due_ms = from.due_ms();
  to.waited_ms = from.waited_ms();
  to.replied = from.replied();
  to.test = from.test();
  to.over = from.over();
  to.joined = from.joined();
  to.seeking = from.seeking();
  to.level = from.level();
  to.required = read_skills(from.required());
  to.exclusions = read_list<Exclusion>(from.exclusions(), [](const wire::Exclusion* item) {
    return Exclusion{read(item->agent()), item->until_ms()};
  });
  to.misses = from.misses();
  to.outcome = from.outcome();
  to.position = from.position();
  to.expected_p50_ms = from.expected_p50_ms();
  to.expected_p90_ms = from.expected_p90_ms();
  to.told_ms = from.told_ms();
  to.opens_ms = from.opens_ms();
  return to;
}

Agent read(const wire::Agent& from) {
  Agent to;
  to.agent = read(from.agent());
  to.group = from.group();
  to.level = from.level();
  to.share_percent = from.share_percent();
  to.kind = static_cast<wire::AgentKind>(from.kind());
  to.presence = from.presence();
  to.reason = from.reason();
  to.lost = from.lost();
  to.origin = from.origin();
  to.used_live = from.used_live();
  to.used_background = from.used_background();
  to.capacity = from.capacity();
  to.loads = read_list<ChannelLoad>(from.loads(), [](const wire::ChannelLoad* item) {
    return ChannelLoad{item->channel(), item->count(), item->limit(), item->background()};
  });
  to.skills = read_skills(from.skills());
  to.authorities =
      read_list<std::uint16_t>(from.authorities(), [](std::uint16_t item) { return item; });
  to.idle_since = from.idle_since();
  to.contested = from.contested();
  to.over = from.over();
  to.misses = from.misses();
  to.conversations = read_ids(from.conversations());
  to.shifts = read_list<Shift>(from.shifts(), [](const wire::Shift* item) {
    return Shift{item->from_minute(), item->to_minute()};
  });
  to.shift_ends_ms = from.shift_ends_ms();
  return to;
}

SnapshotPart read(const wire::SnapshotChunk& from) {
  SnapshotPart part;
  part.cursor = from.cursor();
  part.snapshot.incarnation = from.incarnation();
  part.snapshot.term = from.term();
  part.snapshot.sequence = from.sequence();
  part.snapshot.pool_ms = from.pool_ms();
  part.snapshot.agents =
      read_list<Agent>(from.agents(), [](const wire::Agent* item) { return read(*item); });
  part.snapshot.conversations = read_list<Conversation>(
      from.conversations(), [](const wire::Conversation* item) { return read(*item); });
  return part;
}

Replay read(const wire::Replay& from) {
  Replay replay;
  replay.incarnation = from.incarnation();
  replay.term = from.term();
  replay.oldest = from.oldest();
  replay.last = from.last();
  replay.next = from.next();
  replay.events = read_events(from.events());
  return replay;
}

std::vector<VerdictCount> read(
    const flatbuffers::Vector<flatbuffers::Offset<wire::VerdictCount>>* from) {
  return read_list<VerdictCount>(from, [](const wire::VerdictCount* item) {
    return VerdictCount{item->verdict(), item->count()};
  });
}

std::vector<Candidate> read(const flatbuffers::Vector<flatbuffers::Offset<wire::Candidate>>* from) {
  return read_list<Candidate>(from, [](const wire::Candidate* item) {
    return Candidate{.agent = read(item->agent()),
                     .verdict = item->verdict(),
                     .from_ms = item->from_ms(),
                     .used = item->used(),
                     .capacity = item->capacity(),
                     .lost_on = item->lost_on(),
                     .bot = item->bot(),
                     .over = item->over(),
                     .preferred = item->preferred(),
                     .tier = item->tier(),
                     .scarce = item->scarce(),
                     .idle_since = item->idle_since(),
                     .lacks = item->lacks(),
                     .paused = item->paused(),
                     .group = item->group()};
  });
}

Why read(const wire::Why& from) {
  Why why;
  why.conversation = read(from.conversation());
  why.state = from.state();
  why.record = from.record();
  why.configured_at = from.configured_at();
  why.pool_ms = from.pool_ms();
  why.opened_ms = from.opened_ms();
  why.service_class = from.service_class();
  why.band = from.band();
  why.step = from.step();
  why.steps = from.steps();
  why.joined = from.joined();
  why.counts = read(from.counts());
  why.candidates = read(from.candidates());
  why.wall_ms = from.wall_ms();
  why.lacks = read(from.lacks());
  why.closed = from.closed();
  why.opens_ms = from.opens_ms();
  why.due_ms = from.due_ms();
  why.pool_scope = from.pool_scope();
  why.class_scope = from.class_scope();
  return why;
}

Explained read(const wire::Explained& from) {
  Explained explained;
  explained.conversation = read(from.conversation());
  explained.winner = read(from.winner());
  explained.kind = from.kind();
  explained.sequence = from.sequence();
  explained.record = from.record();
  explained.configured_at = from.configured_at();
  explained.pool_ms = from.pool_ms();
  explained.wall_ms = from.wall_ms();
  explained.opened_ms = from.opened_ms();
  explained.service_class = from.service_class();
  explained.band = from.band();
  explained.rank = from.rank();
  explained.time_ms = from.time_ms();
  explained.queued = from.queued();
  explained.step = from.step();
  explained.steps = from.steps();
  explained.debt = from.debt();
  explained.counts = read(from.counts());
  explained.candidates = read(from.candidates());
  if (const auto* others = from.others(); others != nullptr) {
    explained.others.assign(others->begin(), others->end());
  }
  return explained;
}

Estimate read(const wire::Estimate& from) {
  return {.refusal = from.refusal(),
          .service_class = from.service_class(),
          .position = from.position(),
          .expected_p50_ms = from.expected_p50_ms(),
          .expected_p90_ms = from.expected_p90_ms(),
          .estimated = from.estimated(),
          .within_p50 = from.within_p50(),
          .within_p90 = from.within_p90(),
          .pool_ms = from.pool_ms(),
          .hindrance = from.hindrance(),
          .state = from.state(),
          .to_class = from.to_class(),
          .opens_ms = from.opens_ms()};
}

}  // namespace

bool extend(SnapshotPart& whole, SnapshotPart part, bool is_first) {
  if (is_first) {
    whole = std::move(part);
    return true;
  }
  auto& to = whole.snapshot;
  auto& from = part.snapshot;
  if (from.incarnation != to.incarnation || from.sequence != to.sequence) return false;
  whole.cursor = part.cursor;
  std::move(from.agents.begin(), from.agents.end(), std::back_inserter(to.agents));
  std::move(from.conversations.begin(), from.conversations.end(),
            std::back_inserter(to.conversations));
  return true;
}

QueryAnswer Decoder::query_answer(Bytes bytes) {
  QueryAnswer answer;
  const auto* root = verified<wire::QueryAnswer>(bytes, wire::QueryIdentifier());
  if (root == nullptr) return answer;
  answer.ticket = root->ticket();
  if (root->found() == nullptr) return answer;
  switch (root->found_type()) {
    case wire::Found::Status: answer.found = read(*root->found_as_Status()); break;
    case wire::Found::SnapshotChunk: answer.found = read(*root->found_as_SnapshotChunk()); break;
    case wire::Found::Conversation: answer.found = read(*root->found_as_Conversation()); break;
    case wire::Found::Agent: answer.found = read(*root->found_as_Agent()); break;
    case wire::Found::Replay: answer.found = read(*root->found_as_Replay()); break;
    case wire::Found::Dictionary: {
      Dictionary dictionary;
      for (const auto& name : read_names(root->found_as_Dictionary()->names())) {
        dictionary.add(name.kind, name.number, name.text);
      }
      answer.found = std::move(dictionary);
      break;
    }
    case wire::Found::Why: answer.found = read(*root->found_as_Why()); break;
    case wire::Found::Explained: answer.found = read(*root->found_as_Explained()); break;
    case wire::Found::Estimate: answer.found = read(*root->found_as_Estimate()); break;
    case wire::Found::Refusing: {
      const auto& from = *root->found_as_Refusing();
      answer.found = Failure{.kind = Failure::Kind::refused,
                             .refusal = from.reason(),
                             .text = read(from.text(), text_bytes_max)};
      break;
    }
    case wire::Found::NONE: break;
  }
  return answer;
}

}  // namespace usher::client
