#pragma once

// What two answers, events or views differ in, in words.

#include <cstdint>
#include <optional>
#include <string>

#include "routing/command.h"
#include "routing/event.h"
#include "routing/view.h"

namespace usher::sim {

// Each is empty when there is no difference; else it names the first field that differs, with what
// the twin has and what the router has.
[[nodiscard]] std::string difference(const Outcome& twin, const Outcome& core);
[[nodiscard]] std::string difference(const Events& twin, const Events& core);
[[nodiscard]] std::string difference(const AgentView& twin, const AgentView& core);
[[nodiscard]] std::string difference(const ConversationView& twin, const ConversationView& core);
// All but the chain hash, which only the router has.
[[nodiscard]] std::string difference(const PoolView& twin, const PoolView& core);

// For whoever reads a failing script.
[[nodiscard]] std::string words(const Event& event);
[[nodiscard]] std::string words(const Outcome& outcome);
[[nodiscard]] std::string words(const Record& record);
[[nodiscard]] std::string words(AgentId id);
[[nodiscard]] std::string words(ConversationId id);
[[nodiscard]] std::string words(CustomerId id);

}  // namespace usher::sim
