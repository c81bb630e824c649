#include "daemon/durability.h"

#include <fmt/format.h>

#include <charconv>

namespace usher {

namespace {

constexpr std::int64_t relaxed_ms_max = 60'000;

}  // namespace

std::optional<Durability> durability_of(std::string_view text) {
  if (text == "group") return Durability{};
  if (text == "none") return Durability{.kind = Durability::Kind::none};
  constexpr std::string_view relaxed = "relaxed:";
  if (!text.starts_with(relaxed)) return std::nullopt;
  text.remove_prefix(relaxed.size());
  Durability durability{.kind = Durability::Kind::relaxed};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), durability.within_ms);
  const bool right = error == std::errc() && end == text.data() + text.size() &&
                     durability.within_ms >= 1 && durability.within_ms <= relaxed_ms_max;
  return right ? std::optional(durability) : std::nullopt;
}

std::string text_of(const Durability& durability) {
  if (durability.kind == Durability::Kind::group) return "group";
  if (durability.kind == Durability::Kind::none) return "none";
  return fmt::format("relaxed:{}", durability.within_ms);
}

}  // namespace usher
