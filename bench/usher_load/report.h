#pragma once

// What every role says at its end: a table for people, or with --json one object.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/usher_load/checker.h"
#include "bench/usher_load/desk.h"
#include "bench/usher_load/figures.h"

namespace usher::load {

struct Report {
  std::string role;
  std::uint64_t seed = 0;
  double compress = 1.0;
  double seconds = 0.0;  // real, of the measured part
  const Figures* figures = nullptr;
  const Traffic* traffic = nullptr;
  const client::Dictionary* names = nullptr;
  std::optional<Findings> findings = {};
  // Further results of a role, in order: a name for JSON, words for the table, the value.
  struct Extra {
    std::string key;
    std::string words;
    std::string text;
    std::string json;
  };
  std::vector<Extra> extras = {};

  void add(std::string key, std::string words, std::uint64_t value);
  void add(std::string key, std::string words, double value, int digits);
  void add(std::string key, std::string words, std::string value);
};

[[nodiscard]] std::string table_of(const Report& report);
[[nodiscard]] std::string json_of(const Report& report);

// `routed N conversations; 0 lost, 0 doubled, 0 over capacity`
[[nodiscard]] std::string last_line(const Findings& findings);

// Durations as people say them: 800 ms, 12 s, 3:05, 2 h 10.
[[nodiscard]] std::string human_ms(std::int64_t ms);

}  // namespace usher::load
