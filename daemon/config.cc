#include "daemon/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <set>

#include "daemon/config_file.h"
#include "daemon/config_routing.h"
#include "daemon/config_section.h"
#include "daemon/config_shipped.h"
#include "daemon/journal.h"
#include "routing/check.h"

namespace usher {
namespace config {
namespace {

// Far above any floor; a wrong path (a core dump, a device) is refused before it is parsed.
constexpr std::size_t file_bytes_max = 4 * 1024 * 1024;

constexpr std::array<std::string_view, 10> sections = {
    "server", "names", "routing", "hours", "channels", "tiers", "impacts", "band", "class", "mode"};

// The longest path of a Unix socket, without its zero.
constexpr std::size_t socket_path_bytes_max = 107;

// What is wrong with it, or nothing.
std::optional<std::string> problem_of_endpoint(std::string_view key, std::string_view text) {
  constexpr std::string_view tcp = "tcp://";
  constexpr std::string_view ipc = "ipc://";
  if (text.starts_with(ipc)) {
    const std::size_t bytes = text.size() - ipc.size();
    if (bytes >= 1 && bytes <= socket_path_bytes_max) return std::nullopt;
    return fmt::format("the path of {} must be 1 to {} bytes, found {} in \"{}\"", key,
                       socket_path_bytes_max, bytes, text);
  }
  const std::size_t colon = text.rfind(':');
  if (!text.starts_with(tcp) || colon <= tcp.size()) {
    return fmt::format("{} must be {}, found \"{}\"", key, accepted(setting("server", key)), text);
  }
  const std::string_view port = text.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error == std::errc{} && stop == port.data() + port.size() && number > 0) return std::nullopt;
  return fmt::format("the port of {} must be 1 to 65535, found \"{}\" in \"{}\"", key, port, text);
}

std::vector<std::string> endpoints(const Section& section, std::string_view key,
                                   std::set<std::string>& seen, Problems& problems) {
  std::vector<std::string> endpoints;
  for (const Word& word : section.words(key)) {
    if (const auto problem = problem_of_endpoint(key, word.text)) {
      problems.add(word.line, *problem);
    } else if (!seen.insert(word.text).second) {
      problems.add(word.line, fmt::format("{} must be endpoints of its own, found \"{}\" again",
                                          key, word.text));
    }
    endpoints.push_back(word.text);
  }
  return endpoints;
}

void read_server(const Node& file, Problems& problems, Settings& settings) {
  static const Node nothing;
  const Node* node = file.find("server");
  const Section section("server", "[server]", node == nullptr ? nothing : *node, problems);
  settings.pool = section.name("pool").text;
  std::set<std::string> seen;
  settings.commands_endpoints = endpoints(section, "commands", seen, problems);
  settings.events_endpoints = endpoints(section, "events", seen, problems);
  settings.queries_endpoints = endpoints(section, "queries", seen, problems);
  settings.state_directory = section.text("state");
  const std::string durability = section.text("durability");
  if (const auto read = durability_of(durability)) {
    settings.durability = *read;
  } else if (section.has("durability")) {
    problems.add(section.line_of("durability"),
                 fmt::format("durability must be {}, found \"{}\"",
                             setting("server", "durability").words, durability));
  }
  settings.disk_floor_bytes = section.count<std::uint64_t>("disk_floor") << 20;
  settings.snapshot_every_ms = section.duration_ms("snapshot_every");
  settings.keep_ms = section.duration_ms("keep");
  settings.keep_bytes = section.count<std::uint64_t>("keep_size") << 20;
  settings.lease_ms = section.duration_ms("lease");
  settings.window = section.count<std::uint32_t>("window");
  settings.inbox_commands = section.count<std::uint32_t>("inbox");
  settings.event_ring = section.count<std::uint32_t>("event_ring");
  const std::size_t level = section.choice("log_level");
  settings.log_level = choices(setting("server", "log_level"))[level];
}

Settings read_text(std::string_view text, std::span<const Name> known, Problems& problems) {
  Settings settings;
  const Node file = parse_toml(text, problems);
  if (!problems.empty()) return settings;
  for (const Node& node : file.children) {
    if (std::find(sections.begin(), sections.end(), node.key) != sections.end()) continue;
    const std::string elsewhere = section_of(node.key);
    problems.add(node.line,
                 fmt::format("the file has no section {}{}", node.key,
                             elsewhere.empty() ? nearest(node.key, sections) : elsewhere));
  }
  read_server(file, problems, settings);
  Routing routing = read_routing(file, known, problems);
  settings.policy = std::move(routing.policy);
  settings.pool_configuration = std::move(routing.configuration);
  settings.timetable = std::move(routing.timetable);
  return settings;
}

// The whole file; empty, and reported, when it cannot be had.
std::string text_of(const std::string& path, Problems& problems) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  std::string text(file_bytes_max + 1, '\0');
  if (file) text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (!file || std::ferror(file.get()) != 0) {
    problems.add(
        0, fmt::format("must be a file that usherd can read, found: {}", std::strerror(errno)));
    return "";
  }
  if (text.size() > file_bytes_max) {
    problems.add(0, fmt::format("must be at most {} bytes, found more", file_bytes_max));
    return "";
  }
  return text;
}

}  // namespace
}  // namespace config

std::variant<Settings, ConfigurationErrors> read_configuration(const std::string& path,
                                                               std::span<const Name> known) {
  config::Problems problems(path.empty() ? "the built-in usher.toml" : path);
  const std::string text =
      path.empty() ? std::string(config::shipped_file) : config::text_of(path, problems);
  Settings settings;
  if (problems.empty()) settings = config::read_text(text, known, problems);
  const std::size_t bytes = journal_bytes_of(settings.pool_configuration);
  if (problems.empty() && bytes > configuration_bytes_max) {
    problems.add(0, fmt::format("the floor must take at most {} bytes in the journal, found {}; "
                                "what its needs and modes say and the names the pool has ever had "
                                "count",
                                configuration_bytes_max, bytes));
  }
  if (!problems.empty()) return ConfigurationErrors{problems.lines()};
  return settings;
}

Settings default_configuration(std::span<const Name> known) {
  auto read = read_configuration("", known);
  CHECK(std::holds_alternative<Settings>(read));
  return std::get<Settings>(std::move(read));
}

std::string check_summary(const Settings& settings) {
  const PoolConfiguration& pool = settings.pool_configuration;
  return fmt::format("ok: pool {}, policy {}: {} channels, {} bands, {} classes with {} conditions",
                     settings.pool, settings.policy, pool.channels.size(), pool.bands.size(),
                     pool.classes.size(), pool.rules.size());
}

}  // namespace usher
