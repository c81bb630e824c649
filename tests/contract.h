#pragma once

// What routing/command.h promises the router of every command that the decoder lets pass, written
// down a second time: whatever bytes come, this must hold.

#include <algorithm>
#include <string>
#include <variant>

#include "daemon/nouns.h"

namespace usher::contract {

// Collects what is broken, so that a failing test or fuzzer can say it.
class Checker {
 public:
  explicit Checker(std::string& broken) : broken_(broken) {}

  void operator()(const command::Open& it) {
    id(it.conversation, "Open.conversation");
    number(it.channel, limits::channels_max, "Open.channel");
    number(it.category, limits::names_max, "Open.category");
    number(it.impact, limits::names_max, "Open.impact");
    number(it.tier, limits::names_max, "Open.tier");
    number(it.language, limits::names_max, "Open.language");
    between(it.age_ms, 0, 2'592'000'000, "Open.age_ms");
    between(it.not_before_ms, 0, 2'592'000'000, "Open.not_before_ms");
    wishes(it);
  }
  void operator()(const command::Update& it) {
    id(it.conversation, "Update.conversation");
    between(it.fields, 0, 511, "Update.fields");
    number(it.category, limits::names_max, "Update.category");
    number(it.impact, limits::names_max, "Update.impact");
    number(it.tier, limits::names_max, "Update.tier");
    number(it.language, limits::names_max, "Update.language");
    wishes(it);
  }
  void operator()(const command::Close& it) {
    id(it.conversation, "Close.conversation");
    between(static_cast<int>(it.outcome), 0, 5, "Close.outcome");
  }
  void operator()(const command::Transfer& it) {
    id(it.conversation, "Transfer.conversation");
    number(it.to_class, limits::names_max, "Transfer.to_class");
    require(it.to_agent.is_zero() == static_cast<bool>(it.to_class), "Transfer.to");
  }
  void operator()(const command::Rate& it) {
    id(it.conversation, "Rate.conversation");
    between(it.score, 1, 5, "Rate.score");
  }
  void operator()(const command::SignIn& it) {
    id(it.agent, "SignIn.agent");
    require(it.presence == Presence::available || it.presence == Presence::away, "SignIn.presence");
  }
  void operator()(const command::SetPresence& it) {
    id(it.agent, "SetPresence.agent");
    require(it.presence == Presence::available || it.presence == Presence::away ||
                it.presence == Presence::draining || it.presence == Presence::offline,
            "SetPresence.presence");
  }
  void operator()(const command::Hold& it) {
    pair(it);
    between(it.for_ms, 0, 2'592'000'000, "Hold.for_ms");
  }
  void operator()(const command::ExtendWrapUp& it) {
    pair(it);
    between(it.by_ms, 0, 3'600'000, "ExtendWrapUp.by_ms");
  }
  void operator()(const command::DefineAgent& it) {
    require(it.definition != nullptr, "DefineAgent.definition");
    if (it.definition == nullptr) return;
    const command::AgentDefinition& agent = *it.definition;
    id(agent.agent, "DefineAgent.agent");
    number(agent.group, limits::names_max, "DefineAgent.group");
    between(agent.level, 1, 9, "DefineAgent.level");
    between(agent.share_percent, 1, 100, "DefineAgent.share_percent");
    between(static_cast<int>(agent.kind), 0, 1, "DefineAgent.kind");
    skills(agent.skills, "DefineAgent.skills");
    for (const AuthorityNumber one : agent.authorities) {
      between(one.value, 1, 4096, "DefineAgent.authorities");
    }
    distinct(
        agent.authorities, [](AuthorityNumber one) { return one; }, "authorities");
    for (const ChannelHold& one : agent.holds) {
      between(one.channel.value, 1, 16, "DefineAgent.holds.channel");
      between(one.count, 1, 1000, "DefineAgent.holds.count");
    }
    distinct(
        agent.holds, [](const ChannelHold& one) { return one.channel; }, "holds");
    for (const command::Shift& one : agent.shifts) {
      between(one.from_minute, 0, 10'079, "DefineAgent.shifts.from_minute");
      between(one.to_minute, 0, 10'079, "DefineAgent.shifts.to_minute");
    }
  }
  void operator()(const command::SetScope& it) {
    between(static_cast<int>(it.scope), 1, 4, "SetScope.scope");
    between(static_cast<int>(it.state), 1, 3, "SetScope.state");
    between(it.number, 0, 4096, "SetScope.number");
    require((it.scope == Scope::agent) != it.agent.is_zero(), "SetScope.agent");
    const bool numbered = it.scope == Scope::service_class || it.scope == Scope::group;
    require(numbered == (it.number != 0), "SetScope.number");
  }
  void operator()(const command::MoveAll& it) {
    between(it.from_class.value, 1, 4096, "MoveAll.from_class");
    between(it.to_class.value, 1, 4096, "MoveAll.to_class");
  }
  void operator()(const command::SetMode& it) {
    number(it.mode, limits::names_max, "SetMode.mode");
    between(it.for_ms, 0, 2'592'000'000, "SetMode.for_ms");
  }
  void operator()(const command::Refused& it) {
    const auto known = {Refusal::malformed,    Refusal::unsupported, Refusal::id_zero,
                        Refusal::out_of_range, Refusal::too_many,    Refusal::conflict};
    require(std::ranges::find(known, it.reason) != known.end(), "Refused.reason");
  }
  // The rest is an agent and a conversation, or one of the two.
  template <class Other>
  void operator()(const Other& it) {
    if constexpr (
        requires { it.conversation; } && requires { it.agent; }) {
      pair(it);
    } else if constexpr (requires { it.conversation; }) {
      id(it.conversation, "conversation");
    } else if constexpr (requires(const Other& other) { other.agent; } &&
                         (std::is_same_v<Other, command::SignOff> ||
                          std::is_same_v<Other, command::RemoveAgent>)) {
      id(it.agent, "agent");
    } else {
      require(false, "a command that no client can send");
    }
    if constexpr (requires { it.reason; }) number(it.reason, limits::names_max, "reason");
  }

 private:
  void require(bool holds, const char* what) {
    if (!holds) broken_ += std::string(what) + " ";
  }
  template <class Tag>
  void id(const Id<Tag>& it, const char* what) {
    require(!it.is_zero(), what);
  }
  template <class Tag>
  void number(Number<Tag> it, std::size_t max, const char* what) {
    require(it.value <= max, what);
  }
  void between(std::int64_t it, std::int64_t min, std::int64_t max, const char* what) {
    require(it >= min && it <= max, what);
  }
  template <class Pair>
  void pair(const Pair& it) {
    id(it.conversation, "conversation");
    id(it.agent, "agent");
  }
  template <class Items, class Key>
  void distinct(const Items& items, Key key, const char* what) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) require(key(items[i]) != key(items[j]), what);
    }
  }
  template <class Skills>
  void skills(const Skills& items, const char* what) {
    for (const SkillLevel& one : items) {
      between(one.skill.value, 1, 4096, what);
      between(one.level, 1, 10, what);
    }
    distinct(
        items, [](const SkillLevel& one) { return one.skill; }, what);
  }
  template <class Wishing>
  void wishes(const Wishing& it) {
    skills(it.required, "required");
    skills(it.preferred, "preferred");
    for (const AgentId& one : it.excluded) id(one, "excluded");
  }

  std::string& broken_;
};

// What of the contract the message breaks; empty when it keeps it.
inline std::string broken(const ClientMessage& message) {
  std::string broken;
  Checker checker(broken);
  if (const auto* batch = std::get_if<Batch>(&message)) {
    if (batch->session.is_zero()) broken += "Batch.session ";
    if (batch->commands.empty() || batch->commands.size() > 4096) broken += "Batch.commands ";
    if (batch->number < 1 || batch->number + batch->commands.size() < batch->number) {
      broken += "Batch.number ";
    }
    for (const Command& command : batch->commands) std::visit(checker, command);
  } else if (const auto* hello = std::get_if<Hello>(&message)) {
    if (hello->version != 1) broken += "Hello.version ";
    if (hello->pool.empty() || hello->pool.size() > 8) broken += "Hello.pool ";
    if (hello->origin.empty() || hello->origin.size() > 32) broken += "Hello.origin ";
  } else if (const auto* advance = std::get_if<Advance>(&message)) {
    if (advance->session.is_zero() || advance->to_ms < 0) broken += "Advance ";
  }
  return broken;
}

}  // namespace usher::contract
