#pragma once

// Reads one table of the file through the rows of its section. Whatever is wrong is reported once
// and read as the default, so that reading goes on and finds the rest.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config_file.h"
#include "daemon/config_table.h"
#include "routing/check.h"

namespace usher::config {

// A word of the file and where it stands.
struct Word {
  std::string text;
  std::uint32_t line = 0;
};

// "; it is a setting of SECTION" if there is such a setting anywhere, else nothing: the end of a
// message about a key that stands in the wrong place.
[[nodiscard]] std::string section_of(std::string_view key);

class Section {
 public:
  // `label` is how messages call it: "[channels.chat]". Reports what is not a table, and every key
  // that has no row. Requires: node and problems outlive this.
  Section(std::string_view section, std::string label, const Node& node, Problems& problems);

  [[nodiscard]] std::uint32_t line() const { return node_->line; }
  // The line of the key, or of the section while the key is not there.
  [[nodiscard]] std::uint32_t line_of(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const { return node_->find(key) != nullptr; }

  // Requires, of all: the row is of that kind.
  [[nodiscard]] std::int64_t duration_ms(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  // The position in choices(row).
  [[nodiscard]] std::size_t choice(std::string_view key) const;
  // An empty text stands for none: also after a mistake, which has been reported then.
  [[nodiscard]] Word name(std::string_view key) const;
  [[nodiscard]] std::string text(std::string_view key) const;
  // The same for a text that says which of the system's time zones; the default after a mistake.
  [[nodiscard]] std::string time_zone(std::string_view key) const;
  // Of names, texts and lines; each once.
  [[nodiscard]] std::vector<Word> words(std::string_view key) const;
  // Of tables: the tables themselves, whether the file has one or a list.
  [[nodiscard]] std::vector<const Node*> tables(std::string_view key) const;

  // Requires: the bounds of the row fit into T.
  template <class T>
  [[nodiscard]] T count(std::string_view key) const {
    const std::int64_t value = integer(key);
    CHECK(std::in_range<T>(value));
    return static_cast<T>(value);
  }

 private:
  // Reports that the value of `key` is not what is accepted.
  void refuse(std::string_view key, const Node& found) const;
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  // Null, and reported when it is required, if the file does not say.
  [[nodiscard]] const Node* value(const Setting& row) const;
  [[nodiscard]] const Setting& row(std::string_view key, SettingKind kind) const;
  // Whether it is a list within the row's bounds; reported if not.
  [[nodiscard]] bool is_list(const Setting& row, const Node& found) const;
  void report_unknown_keys() const;

  std::string_view section_;
  std::string label_;
  const Node* node_;
  Problems* problems_;
};

}  // namespace usher::config
