#pragma once

// Turns the names of a file into the numbers of the pool's dictionary.

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config_section.h"
#include "routing/configuration.h"

namespace usher::config {

class Names {
 public:
  // Requires: problems outlives this. Names in `known` keep their numbers, whether the file still
  // has them or not; new ones go on from the highest of their kind.
  Names(std::span<const Name> known, Problems& problems);

  // The number of a name that the file declares; 0, and reported, if it cannot be one or is
  // declared already.
  std::uint16_t declare(NameKind kind, const Word& word);
  // The number of a name that the file has declared; 0, and reported as `what` with the nearest
  // one, if it has not.
  [[nodiscard]] std::uint16_t find(NameKind kind, std::string_view what, const Word& word) const;
  // A skill that customers speak. `find_language` is `find` among these.
  void declare_language(const Word& word) { languages_.insert(declare(NameKind::skill, word)); }
  [[nodiscard]] std::uint16_t find_language(std::string_view what, const Word& word) const;
  [[nodiscard]] bool has(NameKind kind, std::string_view text) const;
  // How a message ends about a name of that kind that is not there.
  [[nodiscard]] std::string nearest_of(NameKind kind, std::string_view text) const;

  // Those known, then the new ones in the order they were declared.
  [[nodiscard]] const std::vector<Name>& all() const { return names_; }

 private:
  struct Entry {
    std::uint16_t number = 0;
    bool declared = false;
  };

  Problems* problems_;
  std::vector<Name> names_;
  std::map<std::pair<NameKind, std::string>, Entry, std::less<>> entries_;
  std::map<NameKind, std::uint16_t> last_;
  std::set<std::uint16_t> languages_;
};

}  // namespace usher::config
