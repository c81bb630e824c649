#pragma once

// What a model's run came to: tables for people, one JSON object for programs. Times are in the
// model's time unit.

#include <string>

#include "sim/model.h"

namespace usher::sim {

[[nodiscard]] std::string report_text(const Model& model, const ModelResult& result,
                                      double seconds);
[[nodiscard]] std::string report_json(const Model& model, const ModelResult& result,
                                      double seconds);

}  // namespace usher::sim
