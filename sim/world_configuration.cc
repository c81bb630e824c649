// The configurations and agents of random worlds.

#include <algorithm>
#include <string>

#include "sim/world.h"
#include "sim/world_names.h"

namespace usher::sim {

using namespace world;

namespace {

bool security(const RoutingRules& rules, const ClassConfiguration& k) {
  return std::any_of(rules.bands.begin(), rules.bands.end(),
                     [&](const auto& b) { return b.number == k.band && b.security; });
}

// Slots above capacity and surge are for security bands, hours and overflow for the others, and
// neither of these leads to a class that is not there; another configuration would be refused.
void keep_incidents_apart(RoutingRules& rules) {
  const auto leads_astray = [&](const Diversion& to) {
    if (to.kind != Diversion::Kind::service_class) return false;
    return std::none_of(rules.classes.begin(), rules.classes.end(), [&](const auto& k) {
      return k.number == to.service_class && !security(rules, k);
    });
  };
  const Diversion defers{Diversion::Kind::defer, {}};
  for (ClassConfiguration& k : rules.classes) {
    if (security(rules, k)) {
      k.hours.clear();
      k.overflow.to = {};
    } else {
      k.over_slots = 0;
      k.surge_lend_percent = 100;
    }
    if (leads_astray(k.closed_to)) k.closed_to = defers;
    if (leads_astray(k.overflow.to)) k.overflow.to = defers;
  }
}

// Every mode has the classes of the pool's own rules, with its own settings where it has any.
void keep_modes_alike(PoolConfiguration& pool) {
  for (Mode& mode : pool.modes) {
    std::vector<ClassConfiguration> classes;
    for (const ClassConfiguration& own : pool.classes) {
      const auto& theirs = mode.rules.classes;
      const auto found = std::find_if(theirs.begin(), theirs.end(),
                                      [&](const auto& k) { return k.number == own.number; });
      classes.push_back(found == theirs.end() ? own : *found);
      classes.back().heir = own.heir;
    }
    mode.rules.classes = classes;
    for (ClassRule& rule : mode.rules.rules) {
      const bool there = std::any_of(classes.begin(), classes.end(),
                                     [&](const auto& k) { return k.number == rule.service_class; });
      if (!there) rule.service_class = classes.front().number;
    }
    keep_incidents_apart(mode.rules);
  }
}

}  // namespace

NeedTerm Author::term() {
  NeedTerm term;
  const std::uint64_t kind = dice_.below(10);
  term.level = static_cast<std::uint8_t>(1 + dice_.below(4));
  if (kind < 6) {
    term.number = static_cast<std::uint16_t>(1 + dice_.below(skills));
  } else if (kind < 8) {
    term.kind = NeedTerm::Kind::language;
    term.level = 1;
  } else if (kind < 9) {
    term.kind = NeedTerm::Kind::group;
    term.number = static_cast<std::uint16_t>(1 + dice_.below(groups));
    term.level = 1;
  } else {
    term.kind = NeedTerm::Kind::level;
    term.level = static_cast<std::uint8_t>(1 + dice_.below(3));
  }
  term.negated = term.kind != NeedTerm::Kind::language && dice_.percent(15);
  return term;
}

std::vector<NeedStep> Author::need() {
  std::vector<NeedStep> steps;
  if (dice_.percent(35)) return steps;
  std::int64_t after_ms = 0;
  const std::uint64_t count = features_.need_steps ? 1 + dice_.below(3) : 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    NeedStep step;
    step.after_ms = after_ms;
    const std::uint64_t alternatives = 1 + dice_.below(2);
    for (std::uint64_t j = 0; j < alternatives; ++j) {
      std::vector<NeedTerm> terms;
      const std::uint64_t size =
          i + 1 == count && i > 0 && dice_.percent(40) ? 0 : 1 + dice_.below(2);
      for (std::uint64_t k = 0; k < size; ++k) terms.push_back(term());
      step.alternatives.push_back(terms);
    }
    steps.push_back(step);
    after_ms += dice_.from_to(1, 20) * second;
  }
  return steps;
}

ClassConfiguration Author::service_class(std::uint16_t class_number) {
  ClassConfiguration its;
  its.number = {class_number};
  its.band = {static_cast<std::uint16_t>(1 + dice_.below(bands))};
  its.target_ms = dice_.from_to(5, 60) * second;
  its.delivery = dice_.percent(35) ? Delivery::give : Delivery::offer;
  if (features_.several_offers && dice_.percent(20)) {
    its.offers_at_once = static_cast<std::uint8_t>(2 + dice_.below(2));
  }
  its.need = need();
  if (dice_.percent(15)) {
    its.authorities = {{static_cast<std::uint16_t>(1 + dice_.below(authorities))}};
  }
  if (dice_.percent(50)) its.reply_within_ms = dice_.from_to(3, 40) * second;
  if (dice_.percent(60)) its.wrap_up_ms = dice_.from_to(1, 30) * second;
  its.cool_down_ms = dice_.from_to(cool_down_s_min_, cool_down_s_max_) * second;
  const bool regulars = theme_ == Theme::regulars;
  if (features_.preferred && dice_.percent(regulars ? 90 : 50)) {
    its.preferred_wait_ms = dice_.from_to(1, regulars ? 600 : 30) * second;
    its.hold_for_preferred = dice_.percent(regulars ? 80 : 40);
  }
  const bool too_long = theme_ == Theme::long_handling;
  if (features_.handling && dice_.percent(too_long ? 90 : 20)) {
    its.handling_ms_max = (too_long ? dice_.from_to(3, 30) : dice_.from_to(10, 90)) * second;
    its.release_when_exceeded = dice_.percent(too_long ? 80 : 50);
  }
  while (dice_.percent(25) && its.tiers.size() < 3) {
    TierRule rule;
    if (dice_.percent(70)) rule.group = {static_cast<std::uint16_t>(1 + dice_.below(groups))};
    if (dice_.percent(50)) rule.level = static_cast<std::uint8_t>(1 + dice_.below(3));
    rule.tier = static_cast<std::uint8_t>(dice_.below(3));
    if (features_.helps_after && dice_.percent(40))
      rule.helps_after_ms = dice_.from_to(1, 30) * second;
    its.tiers.push_back(rule);
  }
  if (dice_.percent(15)) its.replied_by = RepliedBy::accept;
  its.scarce = dice_.percent(20);
  if (features_.over && dice_.percent(70)) {
    its.over_slots = static_cast<std::uint8_t>(1 + dice_.below(2));
  }
  if (features_.surge && its.band.value == 1 && dice_.percent(70)) surge(its);
  if (features_.bots && dice_.percent(50))
    its.bot_first_ms = dice_.from_to(3, dice_.percent(60) ? 60 : 600) * second;
  its.bot_replies_count = features_.bots && dice_.percent(50);
  if (features_.hours) {
    while (dice_.percent(60) && its.hours.size() < 2) {
      ClassHours line;
      if (dice_.percent(30)) line.language = language(1 + dice_.below(languages));
      line.hours = {static_cast<std::uint16_t>(1 + dice_.below(calendars))};
      its.hours.push_back(line);
    }
    its.closed_to = diversion(class_number);
  }
  its.overflow.defer_ms = dice_.from_to(2, dice_.percent(80) ? 40 : 2000) * second;
  if (features_.overflow && dice_.percent(60)) {
    its.overflow.to = diversion(class_number);
    if (dice_.percent(50)) {
      its.overflow.waiting_max = static_cast<std::uint32_t>(dice_.from_to(1, 4));
    }
    if (dice_.percent(50)) its.overflow.wait_ms_max = dice_.from_to(2, 60) * second;
  }
  if (features_.heirs && dice_.percent(70)) {
    its.heir = {static_cast<std::uint16_t>(class_number % classes + 1)};
  }
  return its;
}

// Those who have the skill are soon not enough, and everybody else may help.
void Author::surge(ClassConfiguration& its) {
  its.surge_above = static_cast<std::uint32_t>(dice_.below(3));
  its.surge_lend_percent = static_cast<std::uint8_t>(dice_.percent(15) ? 0 : 30 + dice_.below(70));
  if (dice_.percent(30)) return;
  NeedTerm skill;
  skill.number = static_cast<std::uint16_t>(1 + dice_.below(skills));
  skill.level = static_cast<std::uint8_t>(2 + dice_.below(4));
  its.need = {{0, {{skill}}}, {dice_.from_to(1, 5) * second, {{}}}};
  its.authorities.clear();
}

Diversion Author::diversion(std::uint16_t from_class) {
  Diversion to;
  const std::uint64_t way = dice_.below(100);
  if (way < 35) return {Diversion::Kind::defer, {}};
  if (way < 55) return {Diversion::Kind::refuse, {}};
  to.kind = Diversion::Kind::service_class;
  const std::uint64_t further = 1 + dice_.below(classes - 1);
  to.service_class = {static_cast<std::uint16_t>((from_class - 1 + further) % classes + 1)};
  return to;
}

PoolConfiguration Author::configuration() {
  PoolConfiguration its;
  static_cast<RoutingRules&>(its) = rules();
  const auto name = [&](NameKind kind, std::uint16_t count, const std::string& text) {
    for (std::uint16_t i = 1; i <= count; ++i)
      its.names.push_back({kind, i, text + std::to_string(i)});
  };
  name(NameKind::channel, channels, "channel");
  name(NameKind::skill, skills, "skill");
  name(NameKind::category, categories, "category");
  name(NameKind::impact, impacts, "impact");
  name(NameKind::tier, tiers, "tier");
  name(NameKind::group, groups, "group");
  name(NameKind::service_class, classes, "class");
  name(NameKind::band, bands, "band");
  name(NameKind::authority, authorities, "authority");
  name(NameKind::reason, reasons, "reason");
  name(NameKind::hours, calendars, "hours");
  name(NameKind::mode, modes, "mode");
  if (features_.modes) its.modes = modes_of(its);
  keep_modes_alike(its);
  return its;
}

RoutingRules Author::rules() {
  RoutingRules its;
  for (std::uint16_t i = 1; i <= channels; ++i) {
    ChannelConfiguration c;
    c.number = {i};
    c.voice = i == 2;
    c.background = i == 3;
    c.holds = c.voice ? 1 : static_cast<std::uint16_t>(dice_.from_to(1, 4));
    c.offer_ms = dice_.from_to(2, 25) * second;
    its.channels.push_back(c);
  }
  for (std::uint16_t i = 1; i <= bands; ++i) {
    BandConfiguration b;
    b.number = {i};
    b.security = i == 1 || (i == 2 && dice_.percent(30));
    const std::uint64_t order = dice_.below(10);
    b.order = order < 6 ? Order::oldest : order < 8 ? Order::deadline : Order::service_level;
    b.rescue = static_cast<std::uint16_t>(dice_.from_to(2, 6));
    its.bands.push_back(b);
  }
  for (std::uint16_t i = 1; i <= classes; ++i) {
    its.classes.push_back(service_class(i));
    ClassRule rule;
    rule.categories = {{i}};
    if (dice_.percent(15))
      rule.channels = {{static_cast<std::uint16_t>(1 + dice_.below(channels))}};
    rule.service_class = {i};
    its.rules.push_back(rule);
  }
  if (dice_.percent(80)) {
    ClassRule rest;
    rest.service_class = {static_cast<std::uint16_t>(1 + dice_.below(classes))};
    its.rules.push_back(rest);
  }
  for (std::uint16_t i = 1; i <= tiers; ++i) {
    HeadStart head;
    head.tier = {i};
    head.head_start_ms = dice_.from_to(0, 30) * second;
    if (dice_.percent(50)) its.head_starts.push_back(head);
  }
  HeadStart head;
  head.impact = {1};
  head.head_start_ms = dice_.from_to(0, 30) * second;
  if (dice_.percent(50)) its.head_starts.push_back(head);
  if (dice_.percent(50)) its.scarce_skills = {{static_cast<std::uint16_t>(1 + dice_.below(3))}};
  its.give_to = dice_.percent(60) ? GiveTo::least_loaded : GiveTo::longest_idle;
  const std::uint64_t fair_pick_max = theme_ == Theme::regulars ? 2 : 5;
  its.fair_pick =
      static_cast<std::uint16_t>(dice_.percent(20) ? 0 : 1 + dice_.below(fair_pick_max));
  its.misses_max = static_cast<std::uint16_t>(1 + dice_.below(3));
  its.lost_grace_ms = dice_.from_to(2, 60) * second;
  its.resume_grace_ms = dice_.from_to(0, 30) * second;
  its.closed_keep = dice_.percent(50) ? 1000 : static_cast<std::uint32_t>(1 + dice_.below(10));
  if (features_.login_burst && dice_.percent(50)) {
    its.login_burst_per_minute = static_cast<std::uint16_t>(1 + dice_.below(4));
  }
  its.levels = static_cast<std::uint8_t>(dice_.percent(80) ? 3 : dice_.from_to(1, 4));
  if (features_.shedding) {
    its.waiting_max = static_cast<std::uint32_t>(dice_.percent(60) ? dice_.from_to(1, 8) : 100);
  }
  const bool last_minutes = theme_ == Theme::last_minutes;
  if (features_.shifts && dice_.percent(last_minutes ? 90 : 70)) {
    its.stop_new_ms = dice_.from_to(last_minutes ? 20 : 1, 40) * second;
  }
  keep_incidents_apart(its);
  return its;
}

// Some settings of the one become those of the other.
void Author::mix(RoutingRules& its, const RoutingRules& other) {
  if (dice_.percent(50)) its.classes = other.classes;
  if (dice_.percent(50)) its.rules = other.rules;
  if (dice_.percent(50)) its.bands = other.bands;
  if (dice_.percent(30)) its.channels = other.channels;
  if (dice_.percent(50)) its.fair_pick = other.fair_pick;
  if (dice_.percent(50)) its.give_to = other.give_to;
  if (dice_.percent(50)) its.head_starts = other.head_starts;
  if (dice_.percent(50)) its.scarce_skills = other.scarce_skills;
  if (dice_.percent(30)) its.misses_max = other.misses_max;
  if (dice_.percent(30)) its.closed_keep = other.closed_keep;
  if (dice_.percent(30)) its.login_burst_per_minute = other.login_burst_per_minute;
  if (dice_.percent(20)) its.levels = other.levels;
  if (dice_.percent(40)) its.waiting_max = other.waiting_max;
  if (dice_.percent(40)) its.stop_new_ms = other.stop_new_ms;
}

std::vector<Mode> Author::modes_of(const RoutingRules& own) {
  std::vector<Mode> all;
  for (std::uint16_t i = 1; i <= modes; ++i) {
    if (i > 1 && !dice_.percent(i == 2 ? 80 : 30)) continue;
    Mode mode{{i}, own};
    mix(mode.rules, rules());
    all.push_back(mode);
  }
  return all;
}

command::AgentDefinition Author::agent() {
  command::AgentDefinition its;
  its.agent = agent_id(1 + dice_.below(agents_));
  its.group = {static_cast<std::uint16_t>(dice_.below(groups + 1))};
  its.level = static_cast<std::uint8_t>(1 + dice_.below(3));
  if (features_.bots && dice_.percent(25)) its.kind = AgentKind::bot;
  if (dice_.percent(20)) its.share_percent = static_cast<std::uint8_t>(dice_.from_to(30, 99));
  for (std::uint16_t i = 1; i <= skills; ++i) {
    if (!dice_.percent(60)) continue;
    its.skills.push_back({SkillNumber{i}, static_cast<std::uint8_t>(1 + dice_.below(6))});
  }
  for (std::uint16_t i = 1; i <= authorities; ++i) {
    if (dice_.percent(60)) its.authorities.push_back({i});
  }
  if (dice_.percent(50)) {
    for (std::uint16_t i = 1; i <= channels; ++i) {
      if (dice_.percent(25)) continue;
      const std::int64_t most = i == 2 ? 1 : 4;
      its.holds.push_back({ChannelNumber{i}, static_cast<std::uint16_t>(dice_.from_to(1, most))});
    }
  }
  return its;
}

// What is refused: an incident with hours, borrowing for what is none or too much, or a mode of
// another pool.
void Author::spoil(PoolConfiguration& pool) {
  if (!pool.modes.empty() && dice_.percent(50)) {
    RoutingRules& rules = pool.modes.front().rules;
    const ClassNumber gone = rules.classes.back().number;
    rules.classes.pop_back();
    if (rules.classes.empty()) return;
    for (ClassRule& rule : rules.rules) {
      if (rule.service_class == gone) rule.service_class = rules.classes.front().number;
    }
    keep_incidents_apart(rules);
    return;
  }
  const bool borrows = features_.surge && dice_.percent(50);
  for (ClassConfiguration& k : pool.classes) {
    if (borrows) k.surge_lend_percent = security(pool, k) ? 101 : 50;
    if (!borrows && security(pool, k)) k.hours.push_back({{}, {1}});
  }
}

// Some settings change; now and then a class goes, to its heir, or to nobody, which is refused.
Command Author::reconfigure(const Twin& twin) {
  const PoolConfiguration other = configuration();
  PoolConfiguration its = twin.configuration();
  if (features_.heirs && dice_.percent(30) && its.classes.size() > 1) {
    const auto gone = dice_.below(its.classes.size());
    const ClassConfiguration old = its.classes[gone];
    its.classes.erase(its.classes.begin() + static_cast<std::ptrdiff_t>(gone));
    for (ClassRule& rule : its.rules) {
      if (rule.service_class == old.number) rule.service_class = its.classes.front().number;
    }
    keep_incidents_apart(its);
    keep_modes_alike(its);
    return command::Configure{std::make_shared<PoolConfiguration>(its)};
  }
  mix(its, other);
  if (dice_.percent(30)) its.modes = other.modes;
  for (ClassRule& rule : its.rules) {
    const bool there = std::any_of(its.classes.begin(), its.classes.end(),
                                   [&](const auto& k) { return k.number == rule.service_class; });
    if (!there) rule.service_class = its.classes.front().number;
  }
  keep_incidents_apart(its);
  keep_modes_alike(its);
  if (dice_.percent(6)) spoil(its);
  return command::Configure{std::make_shared<PoolConfiguration>(its)};
}

}  // namespace usher::sim
