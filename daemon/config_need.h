#pragma once

// The grammar of one step of a need:
//
//   step         = DURATION ":" alternatives
//   alternatives = conjunction { "|" conjunction }      any one of them is enough
//   conjunction  = "anyone" | term { "," term }         all of its terms must hold
//   term         = [ "!" ] ( SKILL [ ">=" LEVEL ] | "lang" [ ">=" LEVEL ] | "level" ">=" LEVEL |
//                            "group" ":" GROUP )
//
// "," binds tighter than "|". A skill or language without a level means level 1; "lang" is the
// language of the conversation, "level" that of the agent. Blanks do not matter.

#include <optional>
#include <vector>

#include "daemon/config_names.h"
#include "routing/configuration.h"

namespace usher::config {

// None, and reported, when the text is not a step.
[[nodiscard]] std::optional<NeedStep> parse_step(const Word& step, const Names& names,
                                                 Problems& problems);

// The steps of one need: the first at 0s, each later than the one before, or reported.
[[nodiscard]] std::vector<NeedStep> parse_need(const std::vector<Word>& steps, const Names& names,
                                               Problems& problems);

}  // namespace usher::config
