#pragma once

// usher.toml → settings: what the shell needs, and what the core is told in a Configure record. One
// table of settings (config_table.h) says of each its key, unit, bounds, default and effect.

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "daemon/calendar.h"
#include "daemon/durability.h"
#include "routing/configuration.h"

namespace usher {

struct Settings {
  std::string pool = "main";  // at most 8 bytes
  std::vector<std::string> commands_endpoints = {"tcp://127.0.0.1:5710"};
  std::vector<std::string> events_endpoints = {"tcp://127.0.0.1:5711"};
  std::vector<std::string> queries_endpoints = {"tcp://127.0.0.1:5712"};
  std::string state_directory;  // empty = $STATE_DIRECTORY, else ./usher-data
  std::int64_t lease_ms = 30'000;
  std::uint32_t window = 4096;             // commands a session may have under way
  std::uint32_t inbox_commands = 262'144;  // of all sessions together
  std::uint32_t event_ring = 1'048'576;    // newest events kept for replay
  std::string log_level = "info";
  Durability durability;
  std::uint64_t disk_floor_bytes = std::uint64_t{256} << 20;
  std::int64_t snapshot_every_ms = 3'600'000;
  std::int64_t keep_ms = 86'400'000;
  std::uint64_t keep_bytes = std::uint64_t{4096} << 20;

  std::string policy = "fair";  // by which the pool's configuration was made
  PoolConfiguration pool_configuration;
  Timetable timetable;

  friend bool operator==(const Settings&, const Settings&) = default;
};

// Each line is `FILE:LINE: what is wrong, what is allowed, what was found`.
struct ConfigurationErrors {
  std::vector<std::string> lines;
};

// An empty path means the text of the shipped usher.toml, which every usherd carries.
//
// Requires: known is the dictionary of the pool, empty for a new one; names keep their numbers.
[[nodiscard]] std::variant<Settings, ConfigurationErrors> read_configuration(
    const std::string& path, std::span<const Name> known);

// What usherd runs with when it is given no file: the support floor of the shipped usher.toml.
//
// Requires: `known` comes from that floor, or is empty. Where a pool of another floor is possible,
// read_configuration("") says what does not fit.
[[nodiscard]] Settings default_configuration(std::span<const Name> known);

// One line for `usherd --check`: what the file makes of the floor.
[[nodiscard]] std::string check_summary(const Settings& settings);

}  // namespace usher
