#include "daemon/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace usher::config {
namespace {

Node tree_of(const toml::node& node, std::string key, std::uint32_t line);

// The library keeps tables sorted by key; numbers of names follow the order of the file instead.
std::vector<Node> children_of(const toml::table& table) {
  std::vector<std::pair<const toml::key*, const toml::node*>> entries;
  for (auto&& [key, value] : table) entries.emplace_back(&key, &value);
  std::stable_sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
    return left.first->source().begin < right.first->source().begin;
  });
  std::vector<Node> children;
  children.reserve(entries.size());
  for (const auto& [key, value] : entries) {
    children.push_back(tree_of(*value, std::string(key->str()), key->source().begin.line));
  }
  return children;
}

std::vector<Node> children_of(const toml::array& list) {
  std::vector<Node> children;
  children.reserve(list.size());
  for (const toml::node& value : list) {
    children.push_back(tree_of(value, "", value.source().begin.line));
  }
  return children;
}

Node tree_of(const toml::node& node, std::string key, std::uint32_t line) {
  Node tree;
  tree.key = std::move(key);
  tree.line = line;
  if (const toml::table* table = node.as_table()) {
    tree.kind = Node::Kind::table;
    tree.children = children_of(*table);
  } else if (const toml::array* list = node.as_array()) {
    tree.kind = Node::Kind::list;
    tree.children = children_of(*list);
  } else if (const auto* text = node.as_string()) {
    tree.kind = Node::Kind::text;
    tree.text = text->get();
  } else if (const auto* number = node.as_integer()) {
    tree.kind = Node::Kind::number;
    tree.number = number->get();
  } else if (const auto* flag = node.as_boolean()) {
    tree.kind = Node::Kind::flag;
    tree.flag = flag->get();
  } else {
    tree.kind = Node::Kind::other;
    std::ostringstream written;
    node.visit([&](const auto& value) { written << value; });
    tree.text = written.str();
  }
  return tree;
}

}  // namespace

const Node* Node::find(std::string_view wanted) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const Node& child) { return child.key == wanted; });
  return found == children.end() ? nullptr : &*found;
}

std::string Node::shown() const {
  switch (kind) {
    case Kind::table: return "a table";
    case Kind::list: return "a list";
    case Kind::text: return fmt::format("\"{}\"", text);
    case Kind::number: return std::to_string(number);
    case Kind::flag: return flag ? "true" : "false";
    case Kind::other: return text;
  }
  return text;
}

Node parse_toml(std::string_view text, Problems& problems) {
  try {
    const toml::table table = toml::parse(text);
    return tree_of(table, "", 0);
  } catch (const toml::parse_error& error) {
    problems.add(error.source().begin.line, error.source().begin.column,
                 std::string(error.description()));
    return {};
  }
}

}  // namespace usher::config
