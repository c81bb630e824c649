// The rules of the tree that a program can check: who may include whom, one door per third-party
// library, what the deterministic core may not use, and the plain parts of the house style. Every
// message says what is allowed instead. Each rule is also shown a text that breaks it.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace usher {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

constexpr std::size_t columns_max = 100;
constexpr std::size_t file_lines_max = 800;

bool in(std::string_view path, std::string_view prefix) { return path.starts_with(prefix); }

bool in_any(std::string_view path, const std::vector<std::string>& prefixes) {
  return std::ranges::any_of(prefixes, [&](const auto& prefix) { return in(path, prefix); });
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The lines of a C++ text with comments and the insides of literals blanked, so that a rule sees
// code only.
std::vector<std::string> code_of(const std::vector<std::string>& lines) {
  enum class In { code, comment, string, character } where = In::code;
  std::vector<std::string> result;
  for (const auto& line : lines) {
    std::string code;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      const char next = i + 1 < line.size() ? line[i + 1] : '\0';
      // 20'000 is a number: its quote opens nothing.
      const bool separator = i > 0 && std::isalnum(static_cast<unsigned char>(line[i - 1])) != 0 &&
                             std::isalnum(static_cast<unsigned char>(next)) != 0;
      if (where == In::comment) {
        if (c == '*' && next == '/') where = In::code, ++i;
      } else if (where != In::code) {
        const char quote = where == In::string ? '"' : '\'';
        if (c == '\\') ++i;
        if (c == quote) where = In::code, code += quote;
      } else if (c == '/' && next == '/') {
        break;
      } else if (c == '/' && next == '*') {
        where = In::comment, ++i;
      } else {
        if (c == '"') where = In::string;
        if (c == '\'' && !separator) where = In::character;
        code += c;
      }
    }
    // No literal of ours goes over the end of a line, and a raw string must not look like one.
    if (where == In::string || where == In::character) where = In::code;
    result.push_back(code);
  }
  return result;
}

struct Include {
  std::string name;
  bool quoted = false;
  std::size_t line = 0;  // from 1
};

struct File {
  std::string path;  // from the top of the tree, with slashes
  std::vector<std::string> lines;
  std::vector<std::string> code;
  std::vector<Include> includes;

  File(std::string file_path, std::string_view text) : path(std::move(file_path)) {
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    code = code_of(lines);
    static const std::regex pattern(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (std::smatch match; std::regex_search(lines[i], match, pattern)) {
        includes.push_back({.name = match[2], .quoted = match[1] == "\"", .line = i + 1});
      }
    }
  }

  [[nodiscard]] std::string folder() const { return path.substr(0, path.find('/') + 1); }
  [[nodiscard]] std::string name() const { return path.substr(path.rfind('/') + 1); }
  [[nodiscard]] std::string stem() const { return name().substr(0, name().find('.')); }
  [[nodiscard]] bool is_cpp() const { return path.ends_with(".h") || path.ends_with(".cc"); }
  [[nodiscard]] bool is_script() const {
    return path == "run" || path == "test" || in(path, ".ci/") || path.ends_with(".sh");
  }
  [[nodiscard]] bool is_shipped() const {
    return in_any(path, {"cli/", "routing/", "daemon/", "client/"});
  }
};

class Findings {
 public:
  void add(const File& file, std::size_t line, const std::string& message) {
    messages_.push_back(file.path + ":" + std::to_string(line) + ": " + message);
  }
  [[nodiscard]] const std::vector<std::string>& messages() const { return messages_; }

 private:
  std::vector<std::string> messages_;
};

// Reports every line of code that PATTERN is found in.
void forbid(const File& file, const std::regex& pattern, const std::string& message,
            Findings& out) {
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    if (std::smatch match; std::regex_search(file.code[i], match, pattern)) {
      out.add(file, i + 1, "\"" + match.str() + "\" " + message);
    }
  }
}

// ---- who may include whom ---------------------------------------------------------------------

struct Door {
  std::string library;
  std::regex header;
  std::vector<std::string> files;  // prefixes of paths
};

const Door* door_of(const std::string& header) {
  static const std::vector<Door> table = {
      {"libuv", std::regex("^uv(\\.h|/)"), {"daemon/loop"}},
      {"ZeroMQ", std::regex("^zmq(\\.h|\\.hpp|_addon\\.hpp)"), {"daemon/wire", "client/"}},
      {"FlatBuffers",
       std::regex("^flatbuffers/|^schemas/.*_generated\\.h"),
       {"daemon/decode", "daemon/publish", "daemon/answer", "daemon/main_journal", "client/"}},
      {"moodycamel's queue", std::regex("concurrentqueue"), {"daemon/handover"}},
      {"RocksDB", std::regex("^rocksdb/"), {"daemon/journal_rocksdb"}},
      {"xxHash", std::regex("^xxhash\\.h"), {"daemon/journal_group"}},
      {"toml++", std::regex("^toml"), {"daemon/config", "client/usherctl_roster"}},
      {"spdlog", std::regex("^spdlog/"), {"daemon/log"}},
      {"CLI11", std::regex("^CLI/"), {"cli/"}},
      {"date", std::regex("^date/"), {"daemon/calendar"}},
      {"jemalloc", std::regex("^jemalloc/"), {"daemon/main.cc"}},
      {"libmicrohttpd", std::regex("^microhttpd"), {"daemon/admin"}},
      {"fmt", std::regex("^fmt/"), {"cli/", "daemon/", "client/"}},
  };
  const auto door = std::ranges::find_if(
      table, [&](const Door& row) { return std::regex_search(header, row.header); });
  return door == table.end() ? nullptr : &*door;
}

// The headers of daemon/ that carry data or an interface or are tools that know of neither, and
// that every stage may see.
const std::vector<std::string> noun_headers = {
    "daemon/nouns.h",  "daemon/calendar.h",   "daemon/clock.h",      "daemon/durability.h",
    "daemon/config.h", "daemon/handover.h",   "daemon/journal.h",    "daemon/log.h",
    "daemon/status.h", "daemon/overloaded.h", "daemon/read_ahead.h", "daemon/transport.h",
};

// A stage may have several files: config.cc, config_table.h.
std::string stage_of(std::string_view path) {
  const auto begin = path.rfind('/') + 1;
  return std::string(path.substr(begin, path.find_first_of("_.", begin) - begin));
}

void check_own_includes(const File& file, Findings& out) {
  for (const auto& [name, quoted, line] : file.includes) {
    if (!quoted) continue;
    if (door_of(name) != nullptr && !in(name, "schemas/")) {
      out.add(file, line, "\"" + name + "\" is not ours; write <" + name + ">");
    } else if (name.find('/') == std::string::npos || name.find("..") != std::string::npos) {
      out.add(file, line, "\"" + name + "\" must be written from the top: \"folder/file.h\"");
    } else if (in(file.path, "routing/") && !in(name, "routing/")) {
      out.add(file, line, "routing/ may include routing/ only, found \"" + name + "\"");
    } else if (in(file.path, "cli/") && !in(name, "cli/")) {
      out.add(file, line, "cli/ may include cli/ only, found \"" + name + "\"");
    } else if (in(file.path, "client/") && !in_any(name, {"client/", "schemas/", "cli/"})) {
      out.add(file, line, "client/ may include client/, schemas/ and cli/, found \"" + name + "\"");
    } else if (in(file.path, "daemon/") &&
               !in_any(name, {"daemon/", "routing/", "schemas/", "cli/"})) {
      out.add(file, line,
              "daemon/ may include daemon/, routing/, schemas/ and cli/, found \"" + name + "\"");
    }
  }
}

void check_stages(const File& file, Findings& out) {
  const auto stage = stage_of(file.path);
  if (!in(file.path, "daemon/") || stage == "pipeline" || stage == "main") return;
  for (const auto& [name, quoted, line] : file.includes) {
    if (!quoted || !in(name, "daemon/") || stage_of(name) == stage) continue;
    if (std::ranges::find(noun_headers, name) == noun_headers.end()) {
      out.add(file, line,
              "a stage sees its own header and the nouns (" + join(noun_headers) +
                  "); only pipeline and main see \"" + name + "\"");
    }
  }
}

void check_doors(const File& file, Findings& out) {
  if (!file.is_shipped()) return;
  static const std::regex standard("^[a-z_0-9]+$");
  static const std::regex system(
      "^(sys|net|netinet|arpa|linux)/|"
      "^(errno|fcntl|getopt|grp|netdb|poll|pthread|pwd|sched|signal|termios|time|unistd)\\.h$");
  for (const auto& include : file.includes) {
    const auto& name = include.name;
    if (const auto* door = door_of(name)) {
      if (!in_any(file.path, door->files)) {
        out.add(
            file, include.line,
            "the door of " + door->library + " is " + join(door->files) + "; found <" + name + ">");
      }
    } else if (!include.quoted && !std::regex_search(name, standard) &&
               !std::regex_search(name, system)) {
      out.add(file, include.line,
              "<" + name + "> has no door; give it a row in door_of() of tests/style_test.cc");
    }
  }
}

// ---- the deterministic core -------------------------------------------------------------------

void check_core(const File& file, Findings& out) {
  if (!in(file.path, "routing/")) return;
  static const std::regex banned(
      "^(atomic|chrono|cmath|condition_variable|ctime|filesystem|fstream|future|iomanip|iostream|"
      "istream|locale|mutex|ostream|random|regex|semaphore|shared_mutex|stop_token|thread|"
      "unordered_map|unordered_set)$|[./]");
  for (const auto& [name, quoted, line] : file.includes) {
    if (!quoted && std::regex_search(name, banned)) {
      out.add(file, line,
              "<" + name +
                  "> is not for the core: it has no clock, chance, thread, input, output or "
                  "order of addresses; time and order are arguments");
    }
  }
  static const std::regex floating(R"(\b(float|double|long double)\b)");
  forbid(file, floating, "is not for the core: count in std::int64_t, as fractions if need be",
         out);
  static const std::regex chance(R"(\b(s?rand|getenv)\s*\(|\bstd::(hash|map|set)<[^,>]*\*)");
  forbid(file, chance, "differs between runs; compare fields and take the rest as arguments", out);
  static const std::regex exceptions(R"(\b(throw|try|dynamic_cast|typeid)\b)");
  forbid(file, exceptions, "is not for the core: refuse by an outcome, crash by CHECK", out);
}

// ---- frames -----------------------------------------------------------------------------------

void check_frames(const File& file, Findings& out) {
  if (!file.is_shipped()) return;
  static const std::regex send(R"(\.send\(|\bzmq_(msg_)?send\()");
  static const std::regex no_wait("dontwait|ZMQ_DONTWAIT");
  static const std::regex root(
      R"(\bGet(SizePrefixed)?Root\b|\bGet[A-Z]\w*\((bytes|frame|data|buffer))");
  const bool verifies = std::ranges::any_of(
      file.code, [](const auto& line) { return line.find("Verif") != std::string::npos; });
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    if (in(file.path, "daemon/wire") && std::regex_search(file.code[i], send)) {
      auto statement = file.code[i];
      for (auto j = i + 1; j < file.code.size() && statement.find(';') == std::string::npos; ++j) {
        statement += file.code[j];
      }
      if (!std::regex_search(statement, no_wait)) {
        out.add(file, i + 1, "a send may block the loop; pass zmq::send_flags::dontwait");
      }
    }
    if (std::regex_search(file.code[i], root)) {
      if (!in_any(file.path, {"daemon/decode", "client/"})) {
        out.add(file, i + 1, "bytes become objects in daemon/decode and client/ only");
      } else if (!verifies) {
        out.add(file, i + 1,
                "bytes are trusted here; run flatbuffers::Verifier first, with limits");
      }
    }
  }
}

// ---- plain style ------------------------------------------------------------------------------

void check_text(const File& file, Findings& out) {
  static const std::regex undated(R"(\b(TODO|FIXME|XXX)\b(?!.*#\d+))");
  // Written in two pieces, so that this file does not find itself.
  static const std::regex machine(
      "/wo"
      "rk/|/ho"
      "me/");
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const auto& line = file.lines[i];
    if (line.find('\t') != std::string::npos && file.name() != "rules") {
      out.add(file, i + 1, "has a tab; use spaces");
    }
    if (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) {
      out.add(file, i + 1, "ends with white space");
    }
    if (std::regex_search(line, machine)) {
      out.add(file, i + 1, "names a path of one machine; take it as an argument");
    }
    if (!file.is_cpp() && !file.is_script() && file.name() != "CMakeLists.txt") continue;
    // Columns are characters: the bytes of UTF-8 that continue one do not count.
    const auto columns = std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    if (static_cast<std::size_t>(columns) > columns_max) {
      out.add(file, i + 1,
              "has " + std::to_string(columns) + " columns, at most " +
                  std::to_string(columns_max) + " are allowed");
    }
    if (std::regex_search(line, undated) && file.path != "tests/style_test.cc") {
      out.add(file, i + 1, "is unfinished work without an issue; write \"TODO #12: ...\"");
    }
  }
}

void check_sources(const File& file, Findings& out) {
  if (!file.is_cpp()) return;
  if (file.lines.size() > file_lines_max && file.is_shipped()) {
    out.add(file, file_lines_max,
            "has " + std::to_string(file.lines.size()) + " lines, at most " +
                std::to_string(file_lines_max) + " are allowed; aim at 500");
  }
  if (file.path.ends_with(".h")) {
    const auto first = std::ranges::find_if(file.code, [](const auto& l) { return !l.empty(); });
    if (first == file.code.end() || *first != "#pragma once") {
      out.add(file, 1, "a header begins with #pragma once");
    }
    static const std::regex opened(R"(^using namespace\b)");
    forbid(file, opened, "in a header reaches everybody who includes it; write the names out", out);
  }
  const auto own = file.path.substr(0, file.path.rfind('.')) + ".h";
  const auto place =
      std::ranges::find_if(file.includes, [&](const Include& row) { return row.name == own; });
  if (file.path.ends_with(".cc") && place != file.includes.end() &&
      place != file.includes.begin()) {
    out.add(file, place->line, "the own header comes first, so that it is seen to stand alone");
  }
}

void check_names(const File& file, Findings& out) {
  // Within a name "core" may say which thread something is of: pipeline_core.
  static const std::regex vague(
      "(?:^|[/_])(common|helpers?|managers?|misc|utils?)(?:[/_.]|$)|(?:^|/)(core)(?:[/.]|$)");
  if (std::smatch match; std::regex_search(file.path, match, vague)) {
    out.add(file, 1,
            "\"" + match[match[1].matched ? 1 : 2].str() +
                "\" is the sign of a missing noun; name what it is");
  }
}

void check_packages(const File& file, Findings& out) {
  if (file.path != "packages.txt") return;
  static const std::regex entry(R"(^[a-z0-9][a-z0-9+.-]+$)");
  static const std::regex section(R"(^\[(build|test|check|package)\]$)");
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const auto& line = file.lines[i];
    if (line.empty() || line[0] == '#') continue;
    if (!std::regex_match(line, entry) && !std::regex_match(line, section)) {
      out.add(
          file, i + 1,
          "a line is one package or [build], [test], [check] or [package]; found \"" + line + "\"");
    } else if (const auto [row, is_new] = first.emplace(line, i + 1); !is_new) {
      out.add(file, i + 1, line + " is already in line " + std::to_string(row->second));
    }
  }
}

// ---- the tests --------------------------------------------------------------------------------

using Rule = void (*)(const File&, Findings&);
constexpr std::array<Rule, 9> rules = {check_own_includes, check_stages, check_doors,
                                       check_core,         check_frames, check_text,
                                       check_sources,      check_names,  check_packages};

std::vector<std::string> findings_of(const File& file) {
  Findings findings;
  for (const auto rule : rules) rule(file, findings);
  return findings.messages();
}

// Every text file that belongs to the tree; what a build or a start leaves behind does not.
std::vector<File> tree() {
  const fs::path top = USHER_SOURCE_DIR;
  static const std::regex skipped(
      R"(^(\.(?!ci|clang-|gitignore).*|build|usher-data|obj-.*|node_modules|LICENSE)$)");
  static const std::regex text(
      R"(\.(h|cc|fbs|txt|json|toml|sh|md|service|sysusers|tmpfiles|supp|mjs|js|ts)$|)"
      R"((^|/)(run|test|packages)$|^debian/[a-z.]+$|^\.clang)");
  std::vector<File> files;
  for (auto at = fs::recursive_directory_iterator(top); at != fs::end(at); ++at) {
    const auto path = fs::relative(at->path(), top).generic_string();
    const bool packed = in(path, "debian/") && at->is_directory();
    if (packed || std::regex_match(at->path().filename().string(), skipped)) {
      at.disable_recursion_pending();
    } else if (at->is_regular_file() && std::regex_search(path, text)) {
      std::ifstream stream(at->path());
      files.emplace_back(path, std::string(std::istreambuf_iterator<char>(stream), {}));
    }
  }
  return files;
}

TEST(style, every_file_follows_every_rule) {
  const auto files = tree();
  ASSERT_GT(files.size(), 10U) << "the tree was not found in " << USHER_SOURCE_DIR;
  std::string report;
  for (const auto& file : files) {
    for (const auto& message : findings_of(file)) report += message + "\n";
  }
  EXPECT_TRUE(report.empty()) << report;
}

TEST(style, every_rule_finds_what_it_forbids) {
  struct Case {
    std::string path;
    std::string text;
    std::string finding;  // empty: the text is allowed
  };
  const std::string header = "#pragma once\n";
  const std::vector<Case> cases = {
      {"routing/match.cc", "#include \"daemon/nouns.h\"\n", "routing/ may include routing/ only"},
      {"routing/match.cc", "#include \"match.h\"\n", "written from the top"},
      {"routing/match.cc", "#include <vector>\n#include \"routing/match.h\"\n",
       "own header comes first"},
      {"routing/match.cc", "#include <chrono>\n", "not for the core"},
      {"routing/match.cc", "#include <unordered_map>\n", "not for the core"},
      {"routing/match.cc", "#include <fmt/format.h>\n", "not for the core"},
      {"routing/match.cc", "int share(double load);\n", "count in std::int64_t"},
      {"routing/match.cc", "int n = 20'000; float x;  // 'tis\n", "count in std::int64_t"},
      {"routing/match.cc", "// a double take\nauto text = \"float\";\n", ""},
      {"routing/match.cc", "int n = rand();\n", "differs between runs"},
      {"routing/match.cc", "std::set<Agent*> agents;\n", "differs between runs"},
      {"routing/match.cc", "std::set<AgentNumber> agents;\n", ""},
      {"routing/match.cc", "throw 1;\n", "refuse by an outcome"},
      {"daemon/sequencer.cc", "#include \"daemon/decode.h\"\n", "only pipeline and main see"},
      {"daemon/pipeline.cc", "#include \"daemon/decode.h\"\n", ""},
      {"daemon/main.cc", "#include \"daemon/decode.h\"\n", ""},
      {"daemon/decode.cc", "#include \"daemon/decode.h\"\n#include \"daemon/nouns.h\"\n", ""},
      {"daemon/config.cc", "#include \"daemon/config_table.h\"\n#include <toml++/toml.h>\n", ""},
      {"daemon/decode.cc", "#include \"client/client.h\"\n", "daemon/ may include"},
      {"daemon/decode.cc", "#include \"sim/twin.h\"\n", "daemon/ may include"},
      {"daemon/decode.cc", "#include \"schemas/commands_generated.h\"\n", ""},
      {"daemon/sequencer.cc", "#include \"schemas/commands_generated.h\"\n", "door of FlatBuffers"},
      {"daemon/wire.cc", "#include <uv.h>\n", "door of libuv is daemon/loop"},
      {"daemon/loop.cc", "#include <zmq.hpp>\n", "door of ZeroMQ"},
      {"daemon/pipeline.cc", "#include <concurrentqueue/concurrentqueue.h>\n", "daemon/handover"},
      {"daemon/log.cc", "#include <boost/asio.hpp>\n", "has no door"},
      {"daemon/service.cc", "#include <sys/socket.h>\n#include <unistd.h>\n", ""},
      {"client/encode.h", header + "#include \"flatbuffers/flatbuffers.h\"\n",
       "write <flatbuffers/flatbuffers.h>"},
      {"client/client.cc", "#include \"routing/types.h\"\n", "client/ may include client/"},
      {"sim/twin.cc", "#include \"routing/router.h\"\n#include \"daemon/decode.h\"\n", ""},
      {"daemon/wire.cc", "socket.send(message,\n            zmq::send_flags::none);\n", "dontwait"},
      {"daemon/wire.cc", "socket.send(message,\n            zmq::send_flags::dontwait);\n", ""},
      {"daemon/wire.cc", "zmq_msg_send(&message, socket, 0);\n", "dontwait"},
      {"daemon/publish.cc", "auto* root = GetRoot<Frame>(bytes);\n",
       "daemon/decode and client/ only"},
      {"daemon/decode.cc", "auto* root = GetRoot<Frame>(bytes);\n",
       "run flatbuffers::Verifier first"},
      {"client/client.cc", "Verifier v(b, n);\nauto* root = GetRoot<Frame>(b);\n", ""},
      {"daemon/log.h", "// Logs.\n\nint log();\n", "begins with #pragma once"},
      {"daemon/log.h", "// Logs.\n\n#pragma once\n", ""},
      {"daemon/log.h", header + "using namespace std;\n", "write the names out"},
      {"daemon/log.cc", "\tint x;\n", "has a tab"},
      {"daemon/log.cc", "int x; \n", "ends with white space"},
      {"daemon/log.cc", "//" + std::string(99, 'x') + "\n", "has 101 columns"},
      {"daemon/log.cc", "//" + std::string(98, 'x') + "\n", ""},
      {"daemon/log.cc", "// TODO: later\n", "without an issue"},
      {"daemon/log.cc", "// TODO #12: later\n", ""},
      {"docs/operating.md",
       "Start /ho"
       "me/me/usherd.\n",
       "a path of one machine"},
      {"daemon/long.cc",
       [] {
         std::string text;
         for (std::size_t i = 0; i <= file_lines_max; ++i) text += "\n";
         return text;
       }(),
       "has 801 lines"},
      {"daemon/string_utils.cc", "", "missing noun"},
      {"common/text.h", header, "missing noun"},
      {"core/text.h", header, "\"core\" is the sign of a missing noun"},
      {"daemon/pipeline_core.cc", "", ""},
      {"packages.txt", "[build]\ncmake\n\n[test]\ncmake\n", "cmake is already in line 2"},
      {"packages.txt", "[biuld]\n", "a line is one package"},
  };
  for (const auto& row : cases) {
    const auto& finding = row.finding;
    const auto messages = findings_of(File(row.path, row.text));
    const bool found = std::ranges::any_of(messages, [&](const auto& message) {
      return message.starts_with(row.path + ":") && message.find(finding) != std::string::npos;
    });
    EXPECT_EQ(found, !finding.empty())
        << row.path << ": " << row.text << (found ? "was refused: " + messages.front() : finding);
  }
}

}  // namespace
}  // namespace usher
