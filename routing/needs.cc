#include "routing/needs.h"

#include <algorithm>

namespace usher {
namespace {

constexpr std::uint8_t unknown = 0xfe;
static_assert(limits::steps_max < unknown);

}  // namespace

void Needs::Asking::add(LanguageNumber language, const command::Required& required) {
  own.insert(required.begin(), required.end());
  if (language) languages.insert(language.value);
}

Needs::Reserve Needs::reserve_of(const PoolConfiguration& configuration) {
  Reserve most;
  const auto consider = [&](const RoutingRules& rules) {
    std::set<Bit> bits;
    std::set<std::uint8_t> language_levels;
    const auto count = [&](const NeedTerm& term) {
      if (const std::optional<Bit> bit = bit_of(term, LanguageNumber{})) {
        bits.insert(*bit);
      } else {
        language_levels.insert(term.level);
      }
    };
    for (const ClassConfiguration& of : rules.classes) {
      for (AuthorityNumber authority : of.authorities) {
        bits.insert({BitKind::authority, authority.value, 0});
      }
      for (const NeedStep& step : of.need) {
        for (const std::vector<NeedTerm>& alternative : step.alternatives) {
          std::for_each(alternative.begin(), alternative.end(), count);
        }
      }
    }
    most.bits = std::max(most.bits, bits.size());
    most.language_levels = std::max(most.language_levels, language_levels.size());
  };
  consider(configuration);
  for (const Mode& mode : configuration.modes) consider(mode.rules);
  return most;
}

bool Needs::enough(const Reserve& reserve, const Asking& asking) {
  // Any level may be asked for by an escalation.
  const std::size_t bits = reserve.bits + limits::levels_max + asking.own.size() +
                           asking.languages.size() * reserve.language_levels;
  return reserve.bits <= limits::rules_capabilities_max && bits <= limits::capabilities_max;
}

void Needs::forget(const Reserve& reserve) {
  reserve_ = reserve;
  asking_ = {};
  bits_.clear();
  words_ = 1;
  by_key_.clear();
  requirements_.clear();
  forget_profiles();
}

void Needs::configure(const RoutingRules& rules, const Reserve& reserve) {
  forget(reserve);
  for (const ClassConfiguration& service_class : rules.classes) {
    // Compiling it once for no language names every bit the class can ever need but languages.
    requirement(service_class, LanguageNumber{}, command::Required{}, 0);
  }
}

Needs::Named Needs::named() const {
  Named named;
  named.bits.resize(bits_.size());
  for (const auto& [bit, position] : bits_) named.bits[position] = bit;
  for (const Requirement& requirement : requirements_) {
    named.requirements.push_back(
        {requirement.service_class, requirement.language, requirement.own, requirement.level});
  }
  return named;
}

bool Needs::restore(const Named& named, std::span<const ClassConfiguration* const> by_number,
                    const Reserve& reserve) {
  forget(reserve);
  for (const Bit& one : named.bits) {
    if (bits_.contains(one) || !bit(one)) return false;
  }
  for (const Asked& asked : named.requirements) {
    const std::size_t number = asked.service_class.value;
    if (number >= by_number.size() || by_number[number] == nullptr) return false;
    const RequirementSlot next{requirements()};
    const RequirementSlot made =
        requirement(*by_number[number], asked.language, asked.own, asked.level);
    if (made != next) return false;
  }
  return bits_.size() == named.bits.size();
}

Needs::RequirementKey Needs::key_of(const ClassConfiguration& service_class,
                                    LanguageNumber language, const command::Required& own,
                                    std::uint8_t level) {
  RequirementKey key{service_class.number.value, language.value, level, {}};
  for (std::size_t i = 0; i < own.size(); ++i) {
    key.own[i] = std::uint32_t{own[i].skill.value} << 8 | own[i].level;
  }
  std::sort(key.own.begin(), key.own.end());
  return key;
}

RequirementSlot Needs::find(const ClassConfiguration& service_class, LanguageNumber language,
                            const command::Required& own, std::uint8_t level) const {
  const auto found = by_key_.find(key_of(service_class, language, own, level));
  return found == by_key_.end() ? RequirementSlot{} : found->second;
}

RequirementSlot Needs::requirement(const ClassConfiguration& service_class, LanguageNumber language,
                                   const command::Required& own, std::uint8_t level) {
  if (const RequirementSlot known = find(service_class, language, own, level)) return known;

  Asking asking = asking_;
  asking.add(language, own);
  if (!enough(reserve_, asking)) return {};
  asking_ = std::move(asking);
  Requirement requirement{service_class.number, language, own, level, {}};
  static const NeedStep anybody{0, {{}}};
  if (service_class.need.empty()) {
    if (!compile(anybody, service_class, requirement)) return {};
  }
  for (const NeedStep& step : service_class.need) {
    if (!compile(step, service_class, requirement)) return {};
  }
  RequirementSlot slot{static_cast<std::uint32_t>(requirements_.size())};
  requirements_.push_back(std::move(requirement));
  by_key_.emplace(key_of(service_class, language, own, level), slot);
  return slot;
}

bool Needs::compile(const NeedStep& step, const ClassConfiguration& service_class,
                    Requirement& requirement) {
  Step compiled{step.after_ms, {}};
  for (const std::vector<NeedTerm>& alternative : step.alternatives) {
    Mask mask;
    for (const NeedTerm& term : alternative) {
      if (!compile_term(term, requirement.language, mask)) return false;
    }
    for (const SkillLevel& own : requirement.own) {
      if (!set(mask.must, Bit{BitKind::skill, own.skill.value, own.level})) return false;
    }
    if (requirement.level > 0 && !set(mask.must, Bit{BitKind::level, 0, requirement.level})) {
      return false;
    }
    for (AuthorityNumber authority : service_class.authorities) {
      if (!set(mask.must, Bit{BitKind::authority, authority.value, 0})) return false;
    }
    compiled.alternatives.push_back(mask);
  }
  requirement.steps.push_back(std::move(compiled));
  return true;
}

bool Needs::compile_term(const NeedTerm& term, LanguageNumber language, Mask& mask) {
  const std::optional<Bit> asked = bit_of(term, language);
  return !asked || set(term.negated ? mask.must_not : mask.must, *asked);
}

std::optional<Needs::Bit> Needs::bit_of(const NeedTerm& term, LanguageNumber language) {
  switch (term.kind) {
    case NeedTerm::Kind::skill: return Bit{BitKind::skill, term.number, term.level};
    case NeedTerm::Kind::language:
      if (!language) return std::nullopt;
      return Bit{BitKind::skill, language.value, term.level};
    case NeedTerm::Kind::group: return Bit{BitKind::group, term.number, 0};
    case NeedTerm::Kind::level: return Bit{BitKind::level, 0, term.level};
  }
  return std::nullopt;
}

std::optional<std::size_t> Needs::bit(const Bit& wanted) {
  auto found = bits_.find(wanted);
  if (found != bits_.end()) return found->second;
  if (bits_.size() == limits::capabilities_max) return std::nullopt;
  const std::size_t position = bits_.size();
  bits_.emplace(wanted, position);
  words_ = position / 64 + 1;
  return position;
}

bool Needs::set(Capabilities& capabilities, const Bit& wanted) {
  const std::optional<std::size_t> position = bit(wanted);
  if (!position) return false;
  capabilities[*position / 64] |= std::uint64_t{1} << (*position % 64);
  return true;
}

bool Needs::has(const command::AgentDefinition& definition, const Bit& bit) {
  switch (bit.kind) {
    case BitKind::skill:
      return std::any_of(definition.skills.begin(), definition.skills.end(),
                         [&](const SkillLevel& skill) {
                           return skill.skill.value == bit.number && skill.level >= bit.level;
                         });
    case BitKind::authority:
      return std::any_of(definition.authorities.begin(), definition.authorities.end(),
                         [&](AuthorityNumber have) { return have.value == bit.number; });
    case BitKind::group: return definition.group.value == bit.number;
    case BitKind::level: return definition.level >= bit.level;
  }
  return false;
}

Capabilities Needs::capabilities_of(const command::AgentDefinition& definition) const {
  Capabilities capabilities{};
  for (const auto& [bit, position] : bits_) {
    if (has(definition, bit)) capabilities[position / 64] |= std::uint64_t{1} << (position % 64);
  }
  return capabilities;
}

bool Needs::would_meet(const ClassConfiguration& service_class, LanguageNumber language,
                       const command::Required& own, const command::AgentDefinition& definition) {
  const auto meets_term = [&](const NeedTerm& term) {
    const std::optional<Bit> asked = bit_of(term, language);
    return !asked || has(definition, *asked) != term.negated;
  };
  const auto meets_step = [&](const NeedStep& step) {
    return std::any_of(step.alternatives.begin(), step.alternatives.end(), [&](const auto& terms) {
      return std::all_of(terms.begin(), terms.end(), meets_term);
    });
  };
  const auto& need = service_class.need;
  return (need.empty() || std::any_of(need.begin(), need.end(), meets_step)) &&
         std::all_of(own.begin(), own.end(),
                     [&](const SkillLevel& skill) {
                       return has(definition, {BitKind::skill, skill.skill.value, skill.level});
                     }) &&
         std::all_of(service_class.authorities.begin(), service_class.authorities.end(),
                     [&](AuthorityNumber authority) {
                       return has(definition, {BitKind::authority, authority.value, 0});
                     });
}

ProfileSlot Needs::profile(const Capabilities& capabilities) {
  auto [place, is_new] = by_capabilities_.try_emplace(
      capabilities, ProfileSlot{static_cast<std::uint32_t>(profiles_.size())});
  if (is_new) profiles_.push_back(Profile{capabilities, {}});
  return place->second;
}

void Needs::forget_profiles() {
  by_capabilities_.clear();
  profiles_.clear();
}

bool Needs::lacks_only_authority(ProfileSlot profile, RequirementSlot requirement) const {
  Capabilities allowed = profiles_[profile.value].capabilities;
  for (const auto& [bit, position] : bits_) {
    if (bit.kind == BitKind::authority) allowed[position / 64] |= std::uint64_t{1} << position % 64;
  }
  for (const Step& step : requirements_[requirement.value].steps) {
    for (const Mask& mask : step.alternatives) {
      if (mask.met_by(allowed, words_)) return true;
    }
  }
  return false;
}

std::uint8_t Needs::first_step(ProfileSlot profile_slot, RequirementSlot requirement_slot) const {
  const Profile& profile = profiles_[profile_slot.value];
  if (profile.first_step.size() <= requirement_slot.value) {
    profile.first_step.resize(requirements_.size(), unknown);
  }
  std::uint8_t& cached = profile.first_step[requirement_slot.value];
  if (cached != unknown) return cached;
  cached = never;
  const Requirement& requirement = requirements_[requirement_slot.value];
  for (std::size_t i = 0; i < requirement.steps.size() && cached == never; ++i) {
    for (const Mask& mask : requirement.steps[i].alternatives) {
      if (mask.met_by(profile.capabilities, words_)) cached = static_cast<std::uint8_t>(i);
    }
  }
  return cached;
}

}  // namespace usher
