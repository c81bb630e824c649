#include <memory>

#include "daemon/decode.h"
#include "daemon/decode_fields.h"
#include "schemas/week.h"

namespace usher::decode {
namespace {

Refusal read_item(const wire::SkillLevel* from, SkillLevel& to) {
  to = {.skill = {from->skill()}, .level = from->level()};
  const bool known = to.skill && to.skill.value <= limits::names_max;
  const bool level = to.level >= 1 && to.level <= limits::skill_level_max;
  return known && level ? Refusal::none : Refusal::out_of_range;
}
Refusal read_item(const wire::ChannelHold* from, ChannelHold& to) {
  to = {.channel = {from->channel()}, .count = from->count()};
  const bool known = to.channel && to.channel.value <= limits::channels_max;
  const bool count = to.count >= 1 && to.count <= limits::holds_count_max;
  return known && count ? Refusal::none : Refusal::out_of_range;
}
Refusal read_item(const wire::Shift* from, command::Shift& to) {
  to = {.from_minute = from->from_minute(), .to_minute = from->to_minute()};
  const bool known = to.from_minute < week::minutes && to.to_minute < week::minutes;
  return known ? Refusal::none : Refusal::out_of_range;
}
Refusal read_item(const wire::Id* from, AgentId& to) {
  return read_id(from, to) ? Refusal::none : Refusal::id_zero;
}
Refusal read_item(std::uint16_t from, AuthorityNumber& to) {
  return read_number(from, to) && to ? Refusal::none : Refusal::out_of_range;
}
Refusal read_item(std::uint16_t from, ChannelNumber& to) {
  return read_number(from, to, limits::channels_max) && to ? Refusal::none : Refusal::out_of_range;
}

bool same(const SkillLevel& a, const SkillLevel& b) { return a.skill == b.skill; }
bool same(const ChannelHold& a, const ChannelHold& b) { return a.channel == b.channel; }
bool same(const command::Shift& a, const command::Shift& b) { return a == b; }
bool same(const AgentId& a, const AgentId& b) { return a == b; }
template <class Tag>
bool same(Number<Tag> a, Number<Tag> b) {
  return a == b;
}

// A list names nothing twice: two levels of one skill would contradict each other.
template <class Wire, class T, std::size_t N>
Refusal read_list(const flatbuffers::Vector<Wire>* from, Allowance& allowance, Bounded<T, N>& to) {
  if (from == nullptr) return Refusal::none;
  if (from->size() > N) return Refusal::too_many;
  const std::size_t stride = flatbuffers::IndirectHelper<Wire>::element_stride;
  if (!allowance.take(sizeof(flatbuffers::uoffset_t) + from->size() * stride)) {
    return Refusal::malformed;
  }
  for (flatbuffers::uoffset_t i = 0; i < from->size(); ++i) {
    T item;
    if (const Refusal refusal = read_item(from->Get(i), item); refusal != Refusal::none) {
      return refusal;
    }
    for (const T& earlier : to) {
      if (same(earlier, item)) return Refusal::conflict;
    }
    to.push_back(item);
  }
  return Refusal::none;
}

// --- bodies: the first thing that makes no sense is the reason of the whole command ---

Refusal read(const wire::Open& from, command::Open& to, Allowance& allowance) {
  if (!read_id(from.conversation(), to.conversation)) return Refusal::id_zero;
  read_id(from.customer(), to.customer);
  read_id(from.preferred_agent(), to.preferred_agent);
  const bool in_range =
      read_number(from.channel(), to.channel, limits::channels_max) &&
      read_number(from.category(), to.category) && read_number(from.impact(), to.impact) &&
      read_number(from.tier(), to.tier) && read_number(from.language(), to.language) &&
      read_ms(from.age_ms(), limits::age_ms_max, to.age_ms) &&
      read_ms(from.not_before_ms(), limits::delay_ms_max, to.not_before_ms);
  if (!in_range) return Refusal::out_of_range;
  to.test = from.test();
  Refusal refusal = read_list(from.required(), allowance, to.required);
  if (refusal == Refusal::none) refusal = read_list(from.preferred(), allowance, to.preferred);
  if (refusal == Refusal::none) refusal = read_list(from.excluded(), allowance, to.excluded);
  return refusal;
}

// Only the fields that count are read: what is left out must not reach the journal.
Refusal read(const wire::Update& from, command::Update& to, Allowance& allowance) {
  using Fields = command::Update;
  if (!read_id(from.conversation(), to.conversation)) return Refusal::id_zero;
  to.fields = from.fields();
  if ((to.fields & ~Fields::fields_all) != 0) return Refusal::out_of_range;
  const auto counts = [&](Fields::Field field) { return (to.fields & field) != 0; };
  if (counts(Fields::customer_field)) read_id(from.customer(), to.customer);
  if (counts(Fields::preferred_agent_field)) read_id(from.preferred_agent(), to.preferred_agent);
  const bool in_range =
      (!counts(Fields::category_field) || read_number(from.category(), to.category)) &&
      (!counts(Fields::impact_field) || read_number(from.impact(), to.impact)) &&
      (!counts(Fields::tier_field) || read_number(from.tier(), to.tier)) &&
      (!counts(Fields::language_field) || read_number(from.language(), to.language)) &&
      read_number(from.reason(), to.reason);
  if (!in_range) return Refusal::out_of_range;
  Refusal refusal = Refusal::none;
  if (counts(Fields::required_field)) {
    refusal = read_list(from.required(), allowance, to.required);
  }
  if (refusal == Refusal::none && counts(Fields::preferred_field)) {
    refusal = read_list(from.preferred(), allowance, to.preferred);
  }
  if (refusal == Refusal::none && counts(Fields::excluded_field)) {
    refusal = read_list(from.excluded(), allowance, to.excluded);
  }
  return refusal;
}

// CustomerWrote, Abandon, Reopen.
template <class Wire, class To>
Refusal read_conversation(const Wire& from, To& to) {
  return read_id(from.conversation(), to.conversation) ? Refusal::none : Refusal::id_zero;
}

Refusal read(const wire::Close& from, command::Close& to) {
  if (!read_id(from.conversation(), to.conversation)) return Refusal::id_zero;
  read_id(from.agent(), to.agent);  // zero: not an agent closes
  to.epoch = from.epoch();
  return read_enum(from.outcome(), to.outcome) ? Refusal::none : Refusal::out_of_range;
}

Refusal read(const wire::Transfer& from, command::Transfer& to) {
  if (!read_id(from.conversation(), to.conversation)) return Refusal::id_zero;
  to.epoch = from.epoch();
  const bool to_agent = read_id(from.to_agent(), to.to_agent);
  if (!read_number(from.to_class(), to.to_class)) return Refusal::out_of_range;
  if (to_agent == static_cast<bool>(to.to_class)) return Refusal::malformed;
  return read_number(from.reason(), to.reason) ? Refusal::none : Refusal::out_of_range;
}

Refusal read(const wire::Escalate& from, command::Escalate& to) {
  if (!read_id(from.conversation(), to.conversation)) return Refusal::id_zero;
  to.epoch = from.epoch();
  return read_number(from.reason(), to.reason) ? Refusal::none : Refusal::out_of_range;
}

Refusal read(const wire::Rate& from, command::Rate& to) {
  if (!read_id(from.conversation(), to.conversation)) return Refusal::id_zero;
  to.score = from.score();
  return to.score >= 1 && to.score <= 5 ? Refusal::none : Refusal::out_of_range;
}

Refusal read(const wire::SignIn& from, command::SignIn& to, Allowance& allowance) {
  if (!read_id(from.agent(), to.agent)) return Refusal::id_zero;
  if (!read_enum(from.presence(), to.presence)) return Refusal::out_of_range;
  if (to.presence != Presence::available && to.presence != Presence::away) {
    return Refusal::out_of_range;
  }
  Bounded<ChannelNumber, limits::channels_max> channels;
  const Refusal refusal = read_list(from.channels(), allowance, channels);
  if (refusal != Refusal::none) return refusal;
  for (const ChannelNumber channel : channels) {
    to.channels = static_cast<std::uint16_t>(to.channels | (1u << (channel.value - 1)));
  }
  return Refusal::none;
}

// not_responding is what the pool finds of an agent, never what an agent says.
Refusal read(const wire::SetPresence& from, command::SetPresence& to) {
  if (!read_id(from.agent(), to.agent)) return Refusal::id_zero;
  if (!read_enum(from.presence(), to.presence)) return Refusal::out_of_range;
  if (to.presence == Presence::none || to.presence == Presence::not_responding) {
    return Refusal::out_of_range;
  }
  return read_number(from.reason(), to.reason) ? Refusal::none : Refusal::out_of_range;
}

// SignOff, RemoveAgent.
template <class Wire, class To>
Refusal read_agent(const Wire& from, To& to) {
  return read_id(from.agent(), to.agent) ? Refusal::none : Refusal::id_zero;
}

// What an agent does with a conversation; FinishWrapUp and ExtendWrapUp name no epoch.
template <class Wire, class To>
Refusal read_pair(const Wire& from, To& to) {
  const bool ids = read_id(from.conversation(), to.conversation) && read_id(from.agent(), to.agent);
  if constexpr (requires { to.epoch; }) to.epoch = from.epoch();
  return ids ? Refusal::none : Refusal::id_zero;
}

// Reject, Release.
template <class Wire, class To>
Refusal read_pair_reason(const Wire& from, To& to) {
  const Refusal refusal = read_pair(from, to);
  if (refusal != Refusal::none) return refusal;
  return read_number(from.reason(), to.reason) ? Refusal::none : Refusal::out_of_range;
}

Refusal read(const wire::Hold& from, command::Hold& to) {
  const Refusal refusal = read_pair(from, to);
  if (refusal != Refusal::none) return refusal;
  return read_ms(from.for_ms(), limits::delay_ms_max, to.for_ms) ? Refusal::none
                                                                 : Refusal::out_of_range;
}

Refusal read(const wire::ExtendWrapUp& from, command::ExtendWrapUp& to) {
  const Refusal refusal = read_pair(from, to);
  if (refusal != Refusal::none) return refusal;
  return read_ms(from.by_ms(), limits::wrap_up_extension_ms_max, to.by_ms) ? Refusal::none
                                                                           : Refusal::out_of_range;
}

Refusal read(const wire::DefineAgent& from, command::DefineAgent& to, Allowance& allowance) {
  auto definition = std::make_shared<command::AgentDefinition>();
  to.definition = definition;
  if (!read_id(from.agent(), definition->agent)) return Refusal::id_zero;
  definition->level = from.level();
  definition->share_percent = from.share_percent();
  const bool in_range = read_number(from.group(), definition->group) && definition->level >= 1 &&
                        definition->level <= limits::levels_max && definition->share_percent >= 1 &&
                        definition->share_percent <= 100 &&
                        read_enum(from.kind(), definition->kind);
  if (!in_range) return Refusal::out_of_range;
  Refusal refusal = read_list(from.skills(), allowance, definition->skills);
  if (refusal == Refusal::none) {
    refusal = read_list(from.authorities(), allowance, definition->authorities);
  }
  if (refusal == Refusal::none) refusal = read_list(from.holds(), allowance, definition->holds);
  if (refusal == Refusal::none) refusal = read_list(from.shifts(), allowance, definition->shifts);
  return refusal;
}

// A scope is named by exactly what it needs: "the pool, number 5" was meant as something else.
Refusal read(const wire::SetScope& from, command::SetScope& to) {
  if (!read_enum(from.scope(), to.scope) || !read_enum(from.state(), to.state) ||
      to.scope == Scope::none || to.state == ScopeState::none) {
    return Refusal::out_of_range;
  }
  const bool agent = read_id(from.agent(), to.agent);
  to.number = from.number();
  if (to.number > limits::names_max) return Refusal::out_of_range;
  const bool numbered = to.scope == Scope::service_class || to.scope == Scope::group;
  if (to.scope == Scope::agent && !agent) return Refusal::id_zero;
  if (agent != (to.scope == Scope::agent) || (to.number != 0) != numbered) {
    return Refusal::malformed;
  }
  return Refusal::none;
}

Refusal read(const wire::MoveAll& from, command::MoveAll& to) {
  to.count_max = from.count_max();
  const bool in_range = read_number(from.from_class(), to.from_class) && to.from_class &&
                        read_number(from.to_class(), to.to_class) && to.to_class;
  return in_range ? Refusal::none : Refusal::out_of_range;
}

Refusal read(const wire::SetMode& from, command::SetMode& to) {
  const bool in_range =
      read_number(from.mode(), to.mode) && read_ms(from.for_ms(), limits::delay_ms_max, to.for_ms);
  return in_range ? Refusal::none : Refusal::out_of_range;
}

}  // namespace

// The verifier lets unknown kinds of body pass unread, so they must not be touched here either.
Refusal read_command(const wire::Command& from, Command& to, Allowance& allowance) {
  if (from.body() == nullptr) return Refusal::malformed;
  using wire::Body;
  using namespace command;
  switch (from.body_type()) {
    case Body::Open: return read(*from.body_as_Open(), to.emplace<Open>(), allowance);
    case Body::Update: return read(*from.body_as_Update(), to.emplace<Update>(), allowance);
    case Body::CustomerWrote:
      return read_conversation(*from.body_as_CustomerWrote(), to.emplace<CustomerWrote>());
    case Body::Abandon: return read_conversation(*from.body_as_Abandon(), to.emplace<Abandon>());
    case Body::Close: return read(*from.body_as_Close(), to.emplace<Close>());
    case Body::Transfer: return read(*from.body_as_Transfer(), to.emplace<Transfer>());
    case Body::Escalate: return read(*from.body_as_Escalate(), to.emplace<Escalate>());
    case Body::Reopen: return read_conversation(*from.body_as_Reopen(), to.emplace<Reopen>());
    case Body::Rate: return read(*from.body_as_Rate(), to.emplace<Rate>());
    case Body::SignIn: return read(*from.body_as_SignIn(), to.emplace<SignIn>(), allowance);
    case Body::SetPresence: return read(*from.body_as_SetPresence(), to.emplace<SetPresence>());
    case Body::SignOff: return read_agent(*from.body_as_SignOff(), to.emplace<SignOff>());
    case Body::Accept: return read_pair(*from.body_as_Accept(), to.emplace<Accept>());
    case Body::Reject: return read_pair_reason(*from.body_as_Reject(), to.emplace<Reject>());
    case Body::Pick: return read_pair(*from.body_as_Pick(), to.emplace<Pick>());
    case Body::Replied: return read_pair(*from.body_as_Replied(), to.emplace<Replied>());
    case Body::Hold: return read(*from.body_as_Hold(), to.emplace<Hold>());
    case Body::Resume: return read_pair(*from.body_as_Resume(), to.emplace<Resume>());
    case Body::Release: return read_pair_reason(*from.body_as_Release(), to.emplace<Release>());
    case Body::FinishWrapUp:
      return read_pair(*from.body_as_FinishWrapUp(), to.emplace<FinishWrapUp>());
    case Body::ExtendWrapUp: return read(*from.body_as_ExtendWrapUp(), to.emplace<ExtendWrapUp>());
    case Body::DefineAgent:
      return read(*from.body_as_DefineAgent(), to.emplace<DefineAgent>(), allowance);
    case Body::RemoveAgent:
      return read_agent(*from.body_as_RemoveAgent(), to.emplace<RemoveAgent>());
    case Body::SetScope: return read(*from.body_as_SetScope(), to.emplace<SetScope>());
    case Body::MoveAll: return read(*from.body_as_MoveAll(), to.emplace<MoveAll>());
    case Body::SetMode: return read(*from.body_as_SetMode(), to.emplace<SetMode>());
    case Body::NONE: return Refusal::malformed;
  }
  return Refusal::unsupported;  // of a later version
}

Refusal read_required(const flatbuffers::Vector<const wire::SkillLevel*>* from,
                      command::Required& to) {
  Allowance whole_frame(frame_bytes_max);
  return read_list(from, whole_frame, to);
}

}  // namespace usher::decode
