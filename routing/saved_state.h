#pragma once

// Reads a pool's state as Router::begin_saving() and save_on() wrote it.
//
// A saved state is a sequence of items: length (4 bytes, its own included), kind (1 byte), fields
// (state_fields.h). The first is the pool; agents, sessions and what lies in slabs follow in any
// order; the last says that nothing is missing. Nothing in it guards against changed bytes: whoever
// keeps it does. It guards against what makes no sense.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "routing/router.h"

namespace usher {

// Raised when the items change; only states of this format can be read.
inline constexpr std::uint32_t state_format = 2;

// The format of a state that begins so; nothing when it does not begin as one.
[[nodiscard]] std::optional<std::uint32_t> state_format_of(std::span<const std::byte> begin);

class Router::Loader {
 public:
  Loader();
  ~Loader();

  // The next part, cut anywhere. False once something makes no sense, see trouble().
  bool take(std::span<const std::byte> part);
  // The pool, once all parts were taken; none if something makes no sense or is missing.
  [[nodiscard]] std::optional<Router> finish();
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  class Items;

  bool fail(std::string trouble);
  bool take_item(std::span<const std::byte> item);

  std::unique_ptr<State> state_;
  std::unique_ptr<Items> items_;
  std::vector<std::byte> pending_;  // of an item whose end has not come
  std::string trouble_;
};

}  // namespace usher
