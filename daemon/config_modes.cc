#include "daemon/config_modes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "routing/limits.h"

namespace usher::config {
namespace {

constexpr std::array<std::string_view, 6> sections = {"routing", "channels", "tiers",
                                                      "impacts", "band",     "class"};
// What a thing is called and who inherits it, and what is not about routing, has no mode.
constexpr std::array<std::string_view, 3> fixed = {"name", "heir", "time_zone"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_table(const Node& node, const std::string& label, Problems& problems) {
  if (node.kind == Node::Kind::table) return true;
  problems.add(node.line, fmt::format("{} must be a table, found {}", label, node.shown()));
  return false;
}

class ModeReader {
 public:
  ModeReader(const Node& mode, Problems& problems) : mode_(mode), problems_(problems) {}

  Node change(const Node& file) {
    Node changed = file;
    std::erase_if(changed.children, [](const Node& node) { return node.key == "mode"; });
    for (const Node& section : mode_.children) {
      const std::string label = fmt::format("[mode.{}.{}]", mode_.key, section.key);
      if (!is_one_of(sections, section.key)) {
        problems_.add(section.line, fmt::format("[mode.{}] has no section {}{}", mode_.key,
                                                section.key, nearest(section.key, sections)));
      } else if (is_table(section, label, problems_)) {
        change_section(changed, section);
      }
    }
    return changed;
  }

 private:
  void change_section(Node& file, const Node& section) {
    Node& target = child_of(file, section);
    if (section.key == "routing") return change_settings(target, section, "[routing]");
    for (const Node& one : section.children) {
      const std::string label = fmt::format("[mode.{}.{}.{}]", mode_.key, section.key, one.key);
      Node* meant = named(target, one, section.key);
      if (meant != nullptr && is_table(one, label, problems_)) change_settings(*meant, one, label);
    }
  }

  // The child of the same key, which the file may leave out.
  static Node& child_of(Node& table, const Node& wanted) {
    for (Node& child : table.children) {
      if (child.key == wanted.key) return child;
    }
    Node child;
    child.key = wanted.key;
    child.line = wanted.line;
    return table.children.emplace_back(std::move(child));
  }

  // Null, and reported, when the file has none of that name.
  Node* named(Node& section, const Node& wanted, std::string_view kind) {
    std::vector<std::string_view> names;
    for (Node& child : section.children) {
      const Node* name = section.kind == Node::Kind::list ? child.find("name") : nullptr;
      names.push_back(name == nullptr ? child.key : name->text);
      if (names.back() == wanted.key) return &child;
    }
    problems_.add(wanted.line,
                  fmt::format("[mode.{}.{}.{}] is about something the file does not "
                              "have{}",
                              mode_.key, kind, wanted.key, nearest(wanted.key, names)));
    return nullptr;
  }

  void change_settings(Node& target, const Node& settings, const std::string& label) {
    for (const Node& setting : settings.children) {
      if (is_one_of(fixed, setting.key)) {
        problems_.add(setting.line, fmt::format("{} cannot change {}: it is the same in every mode",
                                                label, setting.key));
      } else {
        child_of(target, setting) = setting;
      }
    }
  }

  const Node& mode_;
  Problems& problems_;
};

}  // namespace

std::vector<const Node*> modes_of(const Node& file, Problems& problems) {
  const Node* modes = file.find("mode");
  if (modes == nullptr || !is_table(*modes, "mode", problems)) return {};
  if (modes->children.size() > limits::modes_max) {
    problems.add(modes->line, fmt::format("there must be 0 to {} [mode.NAME], found {}",
                                          limits::modes_max, modes->children.size()));
    return {};
  }
  std::vector<const Node*> found;
  for (const Node& mode : modes->children) {
    if (is_table(mode, fmt::format("[mode.{}]", mode.key), problems)) found.push_back(&mode);
  }
  return found;
}

Node file_in_mode(const Node& file, const Node& mode, Problems& problems) {
  return ModeReader(mode, problems).change(file);
}

}  // namespace usher::config
