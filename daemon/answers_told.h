#pragma once

// What the answers about the present and those about the past make of an explanation.

#include <span>
#include <string>

#include "daemon/nouns.h"

namespace usher {

// Whether matching gave or offered a conversation: what is explained as a decision.
[[nodiscard]] bool is_decision(const Event& event);
// The first of these events by which the winner gets the conversation; null if there is none.
[[nodiscard]] const Event* event_of(ConversationId decided, AgentId winner,
                                    std::span<const Event> events);

[[nodiscard]] VerdictCounts counts_of(const Explanation& explanation);
[[nodiscard]] WhyFound why_found(Explanation&& explanation);

[[nodiscard]] std::string text_of(const ConversationId& id);
[[nodiscard]] std::string text_of(const AgentId& id);
// As it is logged behind its event's number; usherctl explain writes the same line.
[[nodiscard]] std::string decision_line(const Explanation& decision);

}  // namespace usher
