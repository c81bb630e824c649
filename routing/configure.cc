// Names, configuration, sessions, scopes: what operators and the shell set, and the indexes that
// are rebuilt when the configuration changes.

#include <algorithm>

#include "routing/state.h"

namespace usher {
namespace {

// What a class says of hours and overflow: nothing in a security band, and no way into one.
bool diversions_good(const RoutingRules& rules, const ClassConfiguration& of) {
  const auto security = [&](const ClassConfiguration& one) {
    return rules.bands[one.band.value - 1u].security;
  };
  const auto good = [&](const Diversion& to) {
    if (to.kind != Diversion::Kind::service_class) return true;
    return std::any_of(
        rules.classes.begin(), rules.classes.end(), [&](const ClassConfiguration& one) {
          return one.number == to.service_class && one.number != of.number && !security(one);
        });
  };
  if (security(of) && (of.overflow.to.kind != Diversion::Kind::none || !of.hours.empty())) {
    return false;
  }
  return of.closed_to.kind != Diversion::Kind::none && good(of.closed_to) && good(of.overflow.to);
}

// A surge rule is of a class in a security band.
bool surge_good(const RoutingRules& rules, const ClassConfiguration& of) {
  const bool security = rules.bands[of.band.value - 1u].security;
  return of.surge_lend_percent == 100 || (security && of.surge_lend_percent < 100);
}

template <class T>
bool same_numbers(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const T& left, const T& right) { return left.number == right.number; });
}

}  // namespace

bool Router::State::known(NameKind kind, std::uint16_t number) const {
  return number != 0 && number <= names_of_kind[static_cast<std::size_t>(kind)];
}

bool Router::State::learn_name(NameKind kind, const std::string& text) {
  const auto of_kind = static_cast<std::size_t>(kind);
  if (numbers.contains({kind, text})) return true;
  if (names_of_kind[of_kind] == limits::names_max) return false;
  const std::uint16_t number = ++names_of_kind[of_kind];
  numbers.emplace(std::pair{kind, text}, number);
  names.push_back(Name{kind, number, text});
  if (kind == NameKind::origin) last_event_of.resize(number + 1u);
  return true;
}

void Router::State::learn_names(const PoolConfiguration& wanted) {
  for (const Name& name : wanted.names) learn_name(name.kind, name.text);
}

// Numbers must be those the pool would give; what the rest refers to must exist.
// Requires: `names` says how many names of each kind there are.
Refusal Router::State::check_rules(const RoutingRules& rules,
                                   const std::array<std::uint16_t, name_kind_count>& names) {
  const auto exists = [&](NameKind kind, std::uint16_t number) {
    return number != 0 && number <= names[static_cast<std::size_t>(kind)];
  };
  if (rules.levels < 1 || rules.levels > limits::levels_max) return Refusal::out_of_range;
  if (rules.bands.empty() || rules.bands.size() > limits::bands_max) return Refusal::too_many;
  for (std::size_t i = 0; i < rules.bands.size(); ++i) {
    if (rules.bands[i].number.value != i + 1) return Refusal::out_of_range;
  }
  std::vector<ChannelHold> usual;  // what an agent holds who says nothing else
  for (const ChannelConfiguration& channel : rules.channels) {
    const bool good = exists(NameKind::channel, channel.number.value) &&
                      channel.number.value <= limits::channels_max && channel.holds > 0;
    if (!good) return Refusal::out_of_range;
    usual.push_back({channel.number, channel.holds});
  }
  if (!holds_of(usual, rules.channels)) return Refusal::out_of_range;
  for (const ClassConfiguration& of : rules.classes) {
    bool good = exists(NameKind::service_class, of.number.value) && of.band.value >= 1 &&
                of.band.value <= rules.bands.size() && of.need.size() <= limits::steps_max &&
                of.offers_at_once >= 1 && of.offers_at_once <= limits::offers_max;
    for (const ClassHours& line : of.hours) {
      good = good && exists(NameKind::hours, line.hours.value) &&
             line.hours.value <= limits::hours_max;
    }
    if (!good) return Refusal::out_of_range;
  }
  for (const ClassConfiguration& of : rules.classes) {
    if (!diversions_good(rules, of) || !surge_good(rules, of)) return Refusal::conflict;
  }
  for (const ClassRule& rule : rules.rules) {
    const bool known_class =
        std::any_of(rules.classes.begin(), rules.classes.end(),
                    [&](const ClassConfiguration& of) { return of.number == rule.service_class; });
    if (!known_class) return Refusal::no_class;
  }
  return Refusal::none;
}

Refusal Router::State::check(const PoolConfiguration& wanted) const {
  auto counted = names_of_kind;
  for (const Name& name : wanted.names) {
    const auto of_kind = static_cast<std::size_t>(name.kind);
    if (name.kind == NameKind::none || of_kind >= name_kind_count) return Refusal::out_of_range;
    const auto found = numbers.find({name.kind, name.text});
    const std::uint16_t expected =
        found != numbers.end() ? found->second : static_cast<std::uint16_t>(++counted[of_kind]);
    if (name.number != expected || expected > limits::names_max) return Refusal::conflict;
  }
  if (const Refusal reason = check_rules(wanted, counted); reason != Refusal::none) return reason;
  if (wanted.modes.size() > limits::modes_max) return Refusal::too_many;
  for (const Mode& one : wanted.modes) {
    const bool named =
        one.number && one.number.value <= counted[static_cast<std::size_t>(NameKind::mode)];
    if (!named) return Refusal::out_of_range;
    if (const Refusal reason = check_rules(one.rules, counted); reason != Refusal::none) {
      return reason;
    }
    const bool alike = same_numbers(one.rules.channels, wanted.channels) &&
                       same_numbers(one.rules.bands, wanted.bands) &&
                       same_numbers(one.rules.classes, wanted.classes);
    if (!alike) return Refusal::conflict;
  }
  if (!Needs::enough(Needs::reserve_of(wanted), asked_for_by_live())) return Refusal::too_many;
  std::vector<bool> configured_classes(limits::names_max + 1);
  for (const ClassConfiguration& of : wanted.classes) configured_classes[of.number.value] = true;
  // A class that goes must have named its heir.
  for (const ClassConfiguration& old : pool_configuration.classes) {
    if (configured_classes[old.number.value]) continue;
    if (!configured_classes[old.heir.value]) return Refusal::conflict;
  }
  return Refusal::none;
}

// Conversations of classes that are gone go to the heirs, live ones and remembered ones.
void Router::State::inherit(const PoolConfiguration& wanted) {
  std::vector<ClassNumber> heirs(limits::names_max + 1);
  bool any = false;
  for (const ClassConfiguration& old : pool_configuration.classes) {
    const bool stays =
        std::any_of(wanted.classes.begin(), wanted.classes.end(),
                    [&](const ClassConfiguration& of) { return of.number == old.number; });
    if (!stays) heirs[old.number.value] = old.heir;
    any = any || !stays;
  }
  if (!any) return;
  const auto move = [&](Nature& nature) {
    if (const ClassNumber heir = heirs[nature.service_class.value]) nature.service_class = heir;
  };
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    Nature nature = conversations[at].nature;
    move(nature);
    set_nature(at, nature);
  }
  for (EndedSlot at = oldest_ended; at; at = ended[at].newer) move(ended[at].nature);
  for (ClassNumber* of : {&moving.from, &moving.to}) {
    if (const ClassNumber heir = heirs[of->value]) *of = heir;
  }
  if (moving.from == moving.to) moving = Move{};
}

Outcome Router::State::on(const command::Configure& command) {
  const PoolConfiguration& wanted = *command.configuration;
  if (const Refusal reason = check(wanted); reason != Refusal::none) return refuse(reason);
  if (configured && wanted == pool_configuration) return {};
  learn_names(wanted);
  for (const ClassConfiguration& of : wanted.classes) {
    if (classes.size() <= of.number.value) classes.resize(of.number.value + 1u);
  }
  // Nothing is shed before it is known again what may be.
  configuration.waiting_max = 0;
  inherit(wanted);
  pool_configuration = wanted;
  configured = true;
  configured_at = stamp.sequence;
  const Mode* in_force = mode_of(mode);
  const bool mode_is_gone = mode && in_force == nullptr;
  use_rules(in_force != nullptr ? in_force->rules : pool_configuration, Cause::configuration);
  emit(EventKind::pool_configured, Cause::command);
  if (mode_is_gone) {
    mode = ModeNumber{};
    timers.cancel(mode_ends);
    tell_mode(Cause::configuration);
  }
  return {};
}

Outcome Router::State::on(const command::OpenSession& command) {
  const std::string origin(command.origin.begin(), command.origin.end());
  if (const auto found = sessions.find(command.session); found != sessions.end()) {
    const auto number = numbers.find({NameKind::origin, origin});
    const bool same = number != numbers.end() && number->second == found->second.origin.value;
    return refuse(same ? Refusal::none : Refusal::session_of_another);
  }
  if (sessions.size() >= limits::sessions_max) return refuse(Refusal::pool_full);
  if (!learn_name(NameKind::origin, origin)) return refuse(Refusal::too_many);
  sessions[command.session].origin = OriginNumber{numbers.at({NameKind::origin, origin})};
  return {};
}

Outcome Router::State::on(const command::EndSession& command) {
  return refuse(sessions.erase(command.session) == 1 ? Refusal::none : Refusal::unknown_session);
}

Outcome Router::State::on(const command::SetScope& command) {
  ScopeState* scope = nullptr;
  switch (command.scope) {
    case Scope::pool: scope = &pool_scope; break;
    case Scope::service_class:
      if (!configured_class(ClassNumber{command.number})) return refuse(Refusal::unknown_name);
      scope = &classes[command.number].scope;
      break;
    case Scope::group:
      if (!known(NameKind::group, command.number)) return refuse(Refusal::unknown_name);
      if (group_scopes.size() <= command.number) {
        group_scopes.resize(command.number + 1u, ScopeState::open);
      }
      scope = &group_scopes[command.number];
      break;
    case Scope::agent: {
      const AgentSlot slot = find(command.agent);
      if (!slot || !agent(slot).on_roster) return refuse(Refusal::unknown_agent);
      scope = &agent(slot).scope;
      break;
    }
    case Scope::none: return refuse(Refusal::out_of_range);
  }
  if (*scope == command.state) return {};
  *scope = command.state;
  Event& event = emit(EventKind::scope_changed, Cause::operator_order);
  event.scope = command.scope;
  event.scope_state = command.state;
  event.count = command.number;
  if (command.scope == Scope::service_class) event.service_class = ClassNumber{command.number};
  finish(event, find(command.agent), {});
  if (command.scope == Scope::agent) {
    touch(find(command.agent));
    look(find(command.agent));
  } else {
    rematch = Rematch{true, 0};
  }
  return {};
}

bool Router::State::bind(Nature& nature) {
  const ClassConfiguration& of = *class_configurations[nature.service_class.value];
  nature.requirement = needs.requirement(of, nature.language, nature.required, nature.level);
  if (needs.version() != needs_version) rebuild_profiles();
  count_demands();
  if (nature.requirement) mark_hours(nature);
  return static_cast<bool>(nature.requirement);
}

// Of a conversation that is new, or asks for something new.
bool Router::State::bind_new(Nature& nature) {
  return bind(nature) || (forget_needs() && bind(nature));
}

// What the live conversations ask for.
Needs::Asking Router::State::asked_for_by_live() const {
  Needs::Asking asking;
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    asking.add(conversations[at].nature.language, conversations[at].nature.required);
  }
  return asking;
}

// What only conversations asked for that ended is forgotten, once a minute at most: it takes a look
// at everything. False when nothing is gained.
bool Router::State::forget_needs() {
  if (stamp.pool_ms < needs_next_ms) return false;
  needs_next_ms = stamp.pool_ms + limits::minute_ms;
  if (asked_for_by_live() == needs.asking()) return false;
  rebuild();
  return true;
}

// Counts for the requirements that are new.
void Router::State::count_demands() {
  while (demands.size() < needs.requirements()) {
    const RequirementSlot slot{static_cast<std::uint32_t>(demands.size())};
    const Requirement& requirement = needs[slot];
    Demand& demand = demands.emplace_back();
    demand.hours =
        hours_of(*class_configurations[requirement.service_class.value], requirement.language);
    for (const Agent& who : agents) {
      if (!who.on_roster || who.definition->kind == AgentKind::bot) continue;
      if (needs.first_step(who.profile, slot) == Needs::never) continue;
      for (std::size_t channel = 1; channel <= limits::channels_max; ++channel) {
        if (who.holds.limit[channel] > 0) ++demand.able[channel];
        if ((who.duty >> (channel - 1) & 1) != 0) ++demand.on_duty[channel];
      }
    }
  }
}

void Router::State::count_agent(const Agent& who, int sign) {
  // A bot never has to be the one who can.
  if (who.definition->kind == AgentKind::bot) return;
  for (std::uint32_t i = 0; i < demands.size(); ++i) {
    if (needs.first_step(who.profile, RequirementSlot{i}) == Needs::never) continue;
    for (std::size_t channel = 1; channel <= limits::channels_max; ++channel) {
      if (who.holds.limit[channel] > 0) {
        demands[i].able[channel] += static_cast<std::uint32_t>(sign);
      }
    }
  }
}

// Agents who are the same to every class share a column.
std::uint32_t Router::State::column_of(const Agent& who) {
  const command::AgentDefinition& definition = *who.definition;
  std::vector<InClass> by_class(class_configurations.size());
  for (const ClassConfiguration& of : configuration.classes) {
    InClass& mine = by_class[of.number.value];
    for (const TierRule& rule : of.tiers) {
      const bool counts = (!rule.group || rule.group == definition.group) &&
                          (rule.level == 0 || rule.level == definition.level);
      if (!counts) continue;
      mine.tier = rule.tier;
      mine.helps_after_ms = rule.helps_after_ms;
      break;
    }
    if (is_other(of, definition)) mine.role = Role::other;
  }
  for (const WorkOf& work : who.incidents) {
    Role& role = by_class[work.service_class.value].role;
    if (role == Role::other) role = Role::lent;
  }
  return column_for(by_class);
}

std::uint32_t Router::State::column_for(const std::vector<InClass>& key) {
  auto [place, is_new] = columns.try_emplace(key, static_cast<std::uint32_t>(columns.size()));
  if (is_new) {
    for (std::size_t number = 0; number < key.size(); ++number) {
      tiers[number].push_back(key[number].tier);
      helps_after[number].push_back(key[number].helps_after_ms);
      roles[number].push_back(key[number].role);
      if (key[number].helps_after_ms > 0) class_helps_late[number] = 1;
    }
  }
  return place->second;
}

// What follows from an agent's definition and the configuration.
void Router::State::rebuild_agent(AgentSlot slot) {
  Agent& who = agent(slot);
  const command::AgentDefinition& definition = *who.definition;
  std::vector<ChannelHold> holds(definition.holds.begin(), definition.holds.end());
  if (holds.empty()) {
    for (const ChannelConfiguration& channel : configuration.channels) {
      holds.push_back(ChannelHold{channel.number, channel.holds});
    }
  }
  const std::optional<Holds> computed = holds_of(holds, configuration.channels);
  CHECK(computed.has_value());
  who.holds = *computed;
  who.capacity = who.holds.per_percent * definition.share_percent;
  who.load.live = 0;
  who.load.background = 0;
  for (std::size_t channel = 1; channel <= limits::channels_max; ++channel) {
    const std::uint32_t units = who.load.count[channel] * who.holds.unit[channel];
    const bool background = (who.holds.background >> (channel - 1) & 1) != 0;
    (background ? who.load.background : who.load.live) += units;
  }
  who.capabilities = needs.capabilities_of(definition);
  who.profile = needs.profile(who.capabilities);
  who.column = column_of(who);
  who.scarce =
      std::any_of(definition.skills.begin(), definition.skills.end(), [&](const SkillLevel& skill) {
        const auto& scarce = configuration.scarce_skills;
        return std::find(scarce.begin(), scarce.end(), skill.skill) != scarce.end();
      });
  // Its place among the free may be an old one of other capabilities.
  free_agents.remove(slot);
}

// New capability bits: every agent is compiled again, nothing else changes.
void Router::State::rebuild_profiles() {
  needs_version = needs.version();
  needs.forget_profiles();
  queues.forget_profiles();
  for_bots.forget_profiles();
  for (std::uint32_t i = 0; i < agents.size(); ++i) {
    Agent& who = agents[i];
    if (!who.definition) continue;
    who.capabilities = needs.capabilities_of(*who.definition);
    who.profile = needs.profile(who.capabilities);
    free_agents.remove(AgentSlot{i});
    touch(AgentSlot{i});
  }
}

// What follows from the rules in force alone.
void Router::State::compile_rules() {
  std::size_t classes_end = classes.size();
  for (const ClassConfiguration& of : configuration.classes) {
    classes_end = std::max<std::size_t>(classes_end, of.number.value + 1u);
  }
  classes.resize(classes_end);
  class_configurations.assign(classes_end, nullptr);
  for (const ClassConfiguration& of : configuration.classes) {
    class_configurations[of.number.value] = &of;
  }
  channel_configurations.fill(nullptr);
  voice_channels = 0;
  for (const ChannelConfiguration& channel : configuration.channels) {
    channel_configurations[channel.number.value] = &channel;
    const auto bit = static_cast<std::uint16_t>(1u << (channel.number.value - 1));
    if (channel.voice) voice_channels = static_cast<std::uint16_t>(voice_channels | bit);
  }
  over_slots_max = 0;
  for (const ClassConfiguration& of : configuration.classes) {
    if (band_of(of).security) over_slots_max = std::max(over_slots_max, of.over_slots);
  }
  tiers.assign(classes_end, {});
  helps_after.assign(classes_end, {});
  roles.assign(classes_end, {});
  class_helps_late.assign(classes_end, 0);
  columns.clear();
  turned_columns.clear();
  rebuild_surges();
  demands.clear();
  alarms_changed = true;
  sheddable.clear();
  for (ClassState& of : classes) {
    of.stuck = 0;
    of.helpless = 0;
  }
  needs.configure(configuration, Needs::reserve_of(pool_configuration));
  needs_version = needs.version();
  queues.configure(configuration);
  for_bots.configure(configuration);
  free_agents.configure(configuration.give_to);
}

// All of them, and as what each is counted.
void Router::State::rebuild_agents() {
  for (std::uint32_t i = 0; i < agents.size(); ++i) {
    Agent& who = agents[i];
    if (!who.definition) continue;
    rebuild_agent(AgentSlot{i});
    who.duty = who.lost ? Duty{0} : duty_of(who, who.presence, who.channels);
    count_other(who, +1);
    touch(AgentSlot{i});
    // Of what came back to its own list some may be an incident now.
    if (!who.returning.empty()) look(AgentSlot{i});
  }
}

// Everything that depends on the rules in force.
void Router::State::rebuild() {
  compile_rules();
  for (Agent& who : agents) who.kept.clear();
  rebuild_agents();
  line_up_again();
  for (ConversationSlot at = first_opened; at; at = conversations[at].later) {
    Conversation& conversation = conversations[at];
    // What is live was asked for under one of the pool's rules, and has its bits under each.
    CHECK(bind(conversation.nature));
    conversation.kept_for = AgentSlot{};
    timers.cancel(conversation.look);
    timers.cancel(conversation.overdue);
    if (conversation.target) watch_target(at);
    if (conversation.state == ConversationState::unroutable) count_stuck(conversation.nature, +1);
    if (conversation.state == ConversationState::waiting) show_to_shedding(at, true);
    if (belongs_in_queue(conversation)) enter_queue(at);
  }
  for (ClassNumber number : surge_classes) classes[number.value].surge.lends = lends(number);
  count_demands();  // of classes in which nobody is, too
}

}  // namespace usher
