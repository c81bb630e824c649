#pragma once

// What happened, what was refused and how long it took, in words for people on a support floor.

#include <cstdint>
#include <string>
#include <string_view>

#include "client/client.h"
#include "client/command.h"
#include "client/dictionary.h"
#include "client/event.h"

namespace usher::client {

// "0.4 s", "12 s", "3m 05s", "2h 10m", "4d 03h"; a negative one counts as zero.
std::string duration_words(std::int64_t ms);
// "about 40 s to wait, hardly more than 2m 10s"; nothing if neither is known (negative).
std::string wait_words(std::int64_t p50_ms, std::int64_t p90_ms);
// Local time of day, "14:03:12.418"; with `day` also the date.
std::string clock_words(std::int64_t wall_ms, bool day = false);

// Local time to come, "Mon 08:00"; with the date when that is not within six days of now.
std::string opening_words(std::int64_t wall_ms);

// "not responding": the name of an enumerator of the schemas, or its number when it is of a newer
// usherd.
std::string words_of(wire::ConversationState state);
std::string words_of(wire::Presence presence);
std::string words_of(wire::CloseOutcome outcome);
std::string words_of(wire::EventKind kind);
std::string words_of(wire::Cause cause);
// What it says of so many agents: "are full".
std::string words_of(wire::Verdict verdict, bool one);

// One sentence, without the conversation's id and the time, which stand in columns beside it:
// "offered to ana, 20 s to accept". Its subject is the conversation, the agent or the pool.
std::string sentence(const Event& event, const Dictionary& names);

// The name of a refusal as it is on the wire ("no_capacity"), and what it means.
std::string refusal_name(wire::Refusal refusal);
std::string_view refusal_words(wire::Refusal refusal);

}  // namespace usher::client
