#pragma once

// Who may take what, compiled to bits. Everything a configuration or a conversation can ask of an
// agent (a skill at a level, an authority, a group, a level) is one capability bit; an agent is a
// set of them, and a need a list of steps whose alternatives are masks.
//
// Bits are given out in the order they are first named, so they are a function of the records.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "routing/command.h"
#include "routing/configuration.h"
#include "routing/slab.h"

namespace usher {

inline constexpr std::size_t capability_words = limits::capabilities_max / 64;
using Capabilities = std::array<std::uint64_t, capability_words>;

using RequirementSlot = Slot<struct RequirementTag>;
using ProfileSlot = Slot<struct ProfileTag>;

struct Mask {
  Capabilities must{};
  Capabilities must_not{};

  [[nodiscard]] bool met_by(const Capabilities& capabilities, std::size_t words) const {
    for (std::size_t i = 0; i < words; ++i) {
      if ((capabilities[i] & must[i]) != must[i] || (capabilities[i] & must_not[i]) != 0) {
        return false;
      }
    }
    return true;
  }
  // Whether some agents who together have `together` may hold one who meets it.
  [[nodiscard]] bool may_be_met_in(const Capabilities& together, std::size_t words) const {
    for (std::size_t i = 0; i < words; ++i) {
      if ((together[i] & must[i]) != must[i]) return false;
    }
    return true;
  }
};

struct Step {
  std::int64_t after_ms = 0;
  std::vector<Mask> alternatives;
};

// What a conversation of this class, language, own requirement and level needs.
struct Requirement {
  ClassNumber service_class;
  LanguageNumber language;
  command::Required own;
  std::uint8_t level = 0;  // of the agent, at every step
  std::vector<Step> steps;
};

class Needs {
 public:
  static constexpr std::uint8_t never = 0xff;

  // What one of several rules asks for at most: bits of its own, and bits for each language.
  struct Reserve {
    std::size_t bits = 0;
    std::size_t language_levels = 0;
  };
  static Reserve reserve_of(const PoolConfiguration& configuration);
  // What conversations ask for beside their classes.
  struct Asking {
    std::set<SkillLevel> own;
    std::set<std::uint16_t> languages;

    void add(LanguageNumber language, const command::Required& required);
    friend bool operator==(const Asking&, const Asking&) = default;
  };
  // Whether the bits that there are are enough, whichever of the rules is in force.
  static bool enough(const Reserve& reserve, const Asking& asking);

  // Forgets all and names the bits of the rules, one of those that made the reserve.
  void configure(const RoutingRules& rules, const Reserve& reserve);

  // The requirement's slot; none if there are not bits enough for it and for all asked for before,
  // whichever rules are in force. New bits make version() grow: every agent's capabilities must
  // then be taken again. Requires: the class is configured.
  RequirementSlot requirement(const ClassConfiguration& service_class, LanguageNumber language,
                              const command::Required& own, std::uint8_t level);
  // The same if it has one already, else none.
  [[nodiscard]] RequirementSlot find(const ClassConfiguration& service_class,
                                     LanguageNumber language, const command::Required& own,
                                     std::uint8_t level) const;
  [[nodiscard]] const Requirement& operator[](RequirementSlot slot) const {
    return requirements_[slot.value];
  }
  [[nodiscard]] std::uint32_t requirements() const {
    return static_cast<std::uint32_t>(requirements_.size());
  }
  [[nodiscard]] std::uint64_t version() const { return bits_.size(); }
  [[nodiscard]] std::size_t words() const { return words_; }
  // Since configure().
  [[nodiscard]] const Asking& asking() const { return asking_; }

  [[nodiscard]] Capabilities capabilities_of(const command::AgentDefinition& definition) const;

  // Agents with equal capabilities share a profile.
  ProfileSlot profile(const Capabilities& capabilities);
  void forget_profiles();

  // What was named since configure(), in that order: bits, and what requirements were asked for.
  enum class BitKind : std::uint8_t { skill, authority, group, level };
  struct Bit {
    BitKind kind = BitKind::skill;
    std::uint16_t number = 0;
    std::uint8_t level = 0;
    friend auto operator<=>(const Bit&, const Bit&) = default;
  };
  struct Asked {
    ClassNumber service_class;
    LanguageNumber language;
    command::Required own;
    std::uint8_t level = 0;
  };
  struct Named {
    std::vector<Bit> bits;
    std::vector<Asked> requirements;
  };
  [[nodiscard]] Named named() const;
  // In place of configure(). False, and nothing is to be used, if it cannot have been named.
  bool restore(const Named& named, std::span<const ClassConfiguration* const> by_number,
               const Reserve& reserve);

  // Whether whoever is so would meet it at some step: without bits, for what none were given to.
  [[nodiscard]] static bool would_meet(const ClassConfiguration& service_class,
                                       LanguageNumber language, const command::Required& own,
                                       const command::AgentDefinition& definition);

  // The first step of the requirement that the profile meets, or never.
  [[nodiscard]] std::uint8_t first_step(ProfileSlot profile, RequirementSlot requirement) const;

  // Requires: the profile meets the requirement at no step. Whether it would, were it not for the
  // authorities asked for.
  [[nodiscard]] bool lacks_only_authority(ProfileSlot profile, RequirementSlot requirement) const;

 private:
  struct RequirementKey {
    std::uint16_t service_class = 0;
    std::uint16_t language = 0;
    std::uint8_t level = 0;
    std::array<std::uint32_t, limits::required_max> own{};
    friend auto operator<=>(const RequirementKey&, const RequirementKey&) = default;
  };
  struct Profile {
    Capabilities capabilities{};
    mutable std::vector<std::uint8_t> first_step;  // by requirement; `unknown` until asked
  };

  void forget(const Reserve& reserve);
  // None for a language when there is none: a conversation without one is content with any.
  static std::optional<Bit> bit_of(const NeedTerm& term, LanguageNumber language);
  static bool has(const command::AgentDefinition& definition, const Bit& bit);
  static RequirementKey key_of(const ClassConfiguration& service_class, LanguageNumber language,
                               const command::Required& own, std::uint8_t level);
  std::optional<std::size_t> bit(const Bit& wanted);
  bool set(Capabilities& capabilities, const Bit& wanted);
  bool compile(const NeedStep& step, const ClassConfiguration& service_class,
               Requirement& requirement);
  bool compile_term(const NeedTerm& term, LanguageNumber language, Mask& mask);

  Reserve reserve_;
  Asking asking_;
  std::map<Bit, std::size_t> bits_;
  std::size_t words_ = 1;
  std::map<RequirementKey, RequirementSlot> by_key_;
  std::vector<Requirement> requirements_;
  std::map<Capabilities, ProfileSlot> by_capabilities_;
  std::vector<Profile> profiles_;
};

}  // namespace usher
