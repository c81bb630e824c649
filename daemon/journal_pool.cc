#include <fmt/format.h>

#include <optional>
#include <utility>

#include "daemon/journal.h"
#include "routing/saved_state.h"

namespace usher {

Status read_pool(const Journal& journal, std::uint64_t sequence, Router& router) {
  Router::Loader loader;
  const Status status = journal.read_snapshot(
      sequence, [&](std::span<const std::byte> part) { return loader.take(part); });
  std::optional<Router> read;
  if (status.ok()) read = loader.finish();
  if (!read) {
    return Status::trouble(fmt::format("the state of record {} cannot be used: {}", sequence,
                                       status.ok() ? loader.trouble() : status.text()));
  }
  router = std::move(*read);
  return {};
}

}  // namespace usher
