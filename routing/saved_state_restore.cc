// What is derived, from a primary state that was read back. Everything that refers to something is
// looked at before it is followed.

#include <algorithm>
#include <utility>

#include "routing/state.h"

namespace usher {
namespace {

template <class T, class SlotType>
bool taken(const Slab<T, SlotType>& slab, SlotType slot) {
  if (slot.value >= slab.used()) return false;
  if constexpr (requires { slab[slot].state; }) {
    return slab[slot].state != ConversationState::none;
  } else if constexpr (requires { slab[slot].kind; }) {
    return slab[slot].kind != TimerKind::none;
  } else {
    return !slab[slot].id.is_zero();
  }
}
template <class T, class SlotType>
bool taken_or_none(const Slab<T, SlotType>& slab, SlotType slot) {
  return !slot || taken(slab, slot);
}

// Follows the links of what lies in a slab from its first to its last, both ways: whether it meets
// everything once.
template <class T, class SlotType>
bool linked(const Slab<T, SlotType>& slab, SlotType first, SlotType last, SlotType T::*back,
            SlotType T::*on) {
  std::uint32_t met = 0;
  SlotType before;
  for (SlotType at = first; at; at = slab[at].*on) {
    if (!taken(slab, at) || slab[at].*back != before || ++met > slab.live()) return false;
    before = at;
  }
  return met == slab.live() && before == last;
}

// Whether it refers only to what there is.
class References {
 public:
  References(const Slab<Conversation, ConversationSlot>& conversations,
             const Slab<Customer, CustomerSlot>& customers, const Slab<Timer, TimerSlot>& timers,
             std::size_t agents, std::size_t requirements)
      : conversations_(conversations),
        customers_(customers),
        timers_(timers),
        agents_(agents),
        requirements_(requirements) {}

  [[nodiscard]] bool good(AgentSlot slot) const { return !slot || slot.value < agents_; }
  [[nodiscard]] bool good(TimerSlot slot) const { return taken_or_none(timers_, slot); }
  [[nodiscard]] bool good(ConversationSlot slot) const {
    return taken_or_none(conversations_, slot);
  }
  [[nodiscard]] bool good(CustomerSlot slot) const { return taken_or_none(customers_, slot); }
  template <class T>
  [[nodiscard]] bool all_good(const T& slots) const {
    return std::all_of(slots.begin(), slots.end(), [&](auto slot) { return slot && good(slot); });
  }

  [[nodiscard]] bool good(const Conversation& one) const {
    const Nature& nature = one.nature;
    const bool offers_good = all_good(one.offers);
    const bool timers_good = good(one.timer) && good(one.look) && good(one.reply) &&
                             good(one.handling) && good(one.bot_turn) && good(one.target) &&
                             good(one.overdue);
    const bool exclusions_good =
        std::all_of(one.exclusions.begin(), one.exclusions.end(),
                    [&](const Exclusion& each) { return each.agent && good(each.agent); });
    return !one.id.is_zero() && offers_good && timers_good && exclusions_good && good(one.agent) &&
           good(one.last_agent) && good(one.kept_for) && good(one.customer) &&
           nature.requirement.value < requirements_ && nature.channel &&
           nature.channel.value <= limits::channels_max &&
           static_cast<bool>(one.customer) == !nature.customer.is_zero();
  }
  [[nodiscard]] bool good(const Ended& one, std::size_t classes) const {
    return !one.id.is_zero() && good(one.agent) && good(one.customer) &&
           one.nature.service_class.value < classes;
  }
  [[nodiscard]] bool good(const Agent& one) const {
    return one.definition != nullptr && good(one.grace) && good(one.online) && good(one.shift) &&
           good(one.stop) && all_good(one.conversations) && all_good(one.kept) &&
           all_good(one.returning);
  }
  [[nodiscard]] bool good(const Timer& one) const {
    switch (one.kind) {
      case TimerKind::none: return false;
      case TimerKind::mode: return true;
      case TimerKind::lost_grace:
      case TimerKind::online:
      case TimerKind::shift:
      case TimerKind::stop: return one.subject < agents_;
      default: return ConversationSlot{one.subject} && good(ConversationSlot{one.subject});
    }
  }

 private:
  const Slab<Conversation, ConversationSlot>& conversations_;
  const Slab<Customer, CustomerSlot>& customers_;
  const Slab<Timer, TimerSlot>& timers_;
  std::size_t agents_;
  std::size_t requirements_;
};

// Puts what stands at a place of a list there; false if somebody else already does.
bool put_at(std::vector<ConversationSlot>& list, std::uint32_t place, ConversationSlot slot,
            std::size_t count_max) {
  if (place == Conversation::no_place) return true;
  if (place >= count_max) return false;
  if (list.size() <= place) list.resize(place + std::size_t{1});
  return !std::exchange(list[place], slot);
}

bool complete(const std::vector<ConversationSlot>& list) {
  return std::all_of(list.begin(), list.end(), [](ConversationSlot slot) { return bool{slot}; });
}

}  // namespace

// Names, and the rules in force.
std::string Router::State::restore_rules(const Needs::Named& named) {
  for (const Name& name : names) {
    const auto of_kind = static_cast<std::size_t>(name.kind);
    const bool next = name.kind != NameKind::none && of_kind < name_kind_count &&
                      name.number == names_of_kind[of_kind] + 1;
    if (!next || !numbers.emplace(std::pair{name.kind, name.text}, name.number).second) {
      return "its names make no sense";
    }
    ++names_of_kind[of_kind];
  }
  const std::size_t origins = names_of_kind[static_cast<std::size_t>(NameKind::origin)];
  if (last_event_of.size() > origins + 1) return "its origins make no sense";
  last_event_of.resize(origins + 1);
  if (!configured) return {};
  if (check_rules(pool_configuration, names_of_kind) != Refusal::none) {
    return "its configuration makes no sense";
  }
  const Mode* in_force = mode_of(mode);
  if (mode && in_force == nullptr) return "its mode makes no sense";
  configuration = in_force != nullptr ? in_force->rules : pool_configuration;
  if (check_rules(configuration, names_of_kind) != Refusal::none) return "its mode makes no sense";

  std::vector<Surge> surges;
  for (ClassState& of : classes) surges.push_back(std::move(of.surge));
  compile_rules();
  for (std::size_t i = 0; i < surges.size(); ++i) {
    Surge& surge = classes[i].surge;
    surge.lends = surges[i].lends;
    surge.looking = surges[i].looking;
    surge.kept = std::move(surges[i].kept);
  }
  const Needs::Reserve reserve = Needs::reserve_of(pool_configuration);
  if (!needs.restore(named, class_configurations, reserve)) return "its requirements make no sense";
  needs_version = needs.version();
  return {};
}

// Who they are and where they stand among the free.
void Router::State::restore_agents() {
  const std::vector<AgentSlot> still_touched = std::exchange(touched, {});
  for (Agent& who : agents) who.touched = false;
  rebuild_agents();
  count_demands();
  flush_touched();
  for (AgentSlot slot : still_touched) touch(slot);
}

void Router::State::restore_conversation(ConversationSlot slot) {
  Conversation& conversation = conversations[slot];
  count_state(figures(conversation.nature), conversation.state, +1);
  if (belongs_in_line(conversation.state)) put_in_line(slot);
  if (conversation.state == ConversationState::unroutable) count_stuck(conversation.nature, +1);
  if (conversation.state == ConversationState::waiting) show_to_shedding(slot, true);
  if (!belongs_in_queue(conversation)) return;
  if (!conversation.kept_for) {
    put_in_queue(slot);
  }
  count_waiting(conversation.nature, +1);
}

// Where ids lie, and what stands where in lists.
bool Router::State::restore_places() {
  const auto id_of = [&](PlaceSlot place) -> const ConversationId& { return id_at(place); };
  const auto insert = [&](const ConversationId& id, PlaceSlot place) {
    if (places.find(id, id_of)) return false;
    places.insert(id, place);
    return true;
  };
  const std::size_t live = conversations.live();
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    const Conversation& conversation = conversations[at];
    const bool good = insert(conversation.id, place_of(at)) &&
                      put_at(joined, conversation.joined_place, at, live);
    if (!good) return false;
  }
  for (EndedSlot at = oldest_ended; at; at = ended[at].newer) {
    if (!insert(ended[at].id, place_of(at))) return false;
  }
  for (std::uint32_t i = 0; i < agents.size(); ++i) {
    if (find(agents[i].id)) return false;
    agent_slots.insert(agents[i].id, AgentSlot{i});
  }
  return complete(joined) && customers.restore();
}

std::string Router::State::restore(const Needs::Named& named) {
  const References references(conversations, customers.records(), timers.records(), agents.size(),
                              named.requirements.size());
  const char* const trouble = "its conversations make no sense";
  const auto configured_now = [&](ClassNumber number) {
    return std::any_of(pool_configuration.classes.begin(), pool_configuration.classes.end(),
                       [&](const ClassConfiguration& of) { return of.number == number; });
  };
  if (!linked(conversations, first_opened, last_opened, &Conversation::earlier,
              &Conversation::later) ||
      !linked(ended, oldest_ended, newest_ended, &Ended::older, &Ended::newer)) {
    return trouble;
  }
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    const Conversation& one = conversations[at];
    if (!references.good(one) || !configured_now(one.nature.service_class)) return trouble;
  }
  for (EndedSlot at = oldest_ended; at; at = ended[at].newer) {
    if (!references.good(ended[at], classes.size())) return trouble;
  }
  for (const Agent& who : agents) {
    if (!references.good(who)) return "its agents make no sense";
  }
  for (std::uint32_t i = 0; i < timers.records().used(); ++i) {
    const Timer& timer = timers[TimerSlot{i}];
    if (timer.kind != TimerKind::none && !references.good(timer)) return "its timers make no sense";
  }
  const bool lists_good =
      references.all_good(touched) && references.all_good(looking_agents) &&
      references.all_good(touched_customers) && references.all_good(unsettled) &&
      references.all_good(looking_conversations) && references.good(recheck.next) &&
      references.good(moving.next) && references.good(mode_ends) &&
      std::all_of(desks_left.begin(), desks_left.end(),
                  [&](const Leaving& who) { return who.agent && references.good(who.agent); });
  if (!lists_good) return "what it has still to do makes no sense";

  if (std::string wrong = restore_rules(named); !wrong.empty()) return wrong;
  if (!restore_places()) return "two of its ids are the same";
  if (!configured) return {};
  for (const Agent& who : agents) {
    // Names may have gone with a configuration since; numbers are always in range.
    const auto& holds = who.definition->holds;
    const bool in_range = std::all_of(holds.begin(), holds.end(), [](const ChannelHold& hold) {
      return hold.channel.value <= limits::channels_max;
    });
    if (!in_range || !holds_of({holds.begin(), holds.end()}, configuration.channels)) {
      return "its agents make no sense";
    }
  }
  restore_agents();
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    restore_conversation(at);
  }
  alarms_changed = false;
  return indexes_agree() ? std::string() : "it contradicts itself";
}

}  // namespace usher
