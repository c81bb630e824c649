// A saved state read back, item by item.

#include <algorithm>

#include "routing/saved_state.h"
#include "routing/saved_state_items.h"

namespace usher {

// What the items read so far have told.
class Router::Loader::Items {
 public:
  explicit Items(State& state) : state_(state) {}

  // What is wrong with the item, or nothing.
  [[nodiscard]] std::string take(ItemKind kind, FieldReader& from);
  [[nodiscard]] std::string missing() const;
  // Requires: nothing is missing.
  [[nodiscard]] std::string restore();

 private:
  [[nodiscard]] std::string take_pool(FieldReader& from);
  template <class T, class SlotType>
  [[nodiscard]] static bool take_record(FieldReader& from, Slab<T, SlotType>& into);
  [[nodiscard]] bool take_agent(FieldReader& from);
  [[nodiscard]] bool take_session(FieldReader& from);

  State& state_;
  Contents contents_;
  bool begun_ = false;
  bool ended_ = false;
};

std::string Router::Loader::Items::take_pool(FieldReader& from) {
  std::uint32_t format = 0;
  from(format);
  if (!from.ok() || format != state_format) {
    return "it is of format " + std::to_string(format) + ", and this usherd reads format " +
           std::to_string(state_format);
  }
  from(contents_);
  State::pool_fields(from, state_);
  const bool good = from.ok() && contents_.agents <= limits::agents_max &&
                    contents_.sessions <= limits::sessions_max &&
                    contents_.conversations.used <= limits::conversations_max &&
                    state_.conversations.begin_loading(contents_.conversations) &&
                    state_.ended.begin_loading(contents_.ended) &&
                    state_.customers.records().begin_loading(contents_.customers) &&
                    state_.timers.records().begin_loading(contents_.timers);
  if (!good) return "what it says of the pool makes no sense";
  begun_ = true;
  return {};
}

template <class T, class SlotType>
bool Router::Loader::Items::take_record(FieldReader& from, Slab<T, SlotType>& into) {
  SlotType slot;
  from(slot);
  T* record = from.ok() ? into.load(slot) : nullptr;
  if (record == nullptr) return false;
  from(*record);
  return true;
}

bool Router::Loader::Items::take_agent(FieldReader& from) {
  if (state_.agents.size() == contents_.agents) return false;
  from(state_.agents.emplace_back());
  return true;
}

bool Router::Loader::Items::take_session(FieldReader& from) {
  SessionId id;
  from(id);
  const auto [place, is_new] = state_.sessions.try_emplace(id);
  if (!is_new || state_.sessions.size() > contents_.sessions) return false;
  from(place->second);
  return true;
}

std::string Router::Loader::Items::take(ItemKind kind, FieldReader& from) {
  if (ended_) return "something comes after its end";
  if (begun_ == (kind == ItemKind::pool)) return "it does not begin with the pool";
  bool good = true;
  switch (kind) {
    case ItemKind::pool:
      if (std::string trouble = take_pool(from); !trouble.empty()) return trouble;
      break;
    case ItemKind::agent: good = take_agent(from); break;
    case ItemKind::session: good = take_session(from); break;
    case ItemKind::conversation: good = take_record(from, state_.conversations); break;
    case ItemKind::ended: good = take_record(from, state_.ended); break;
    case ItemKind::customer: good = take_record(from, state_.customers.records()); break;
    case ItemKind::timer: good = take_record(from, state_.timers.records()); break;
    case ItemKind::end: ended_ = true; break;
    default: good = false;
  }
  if (good && from.ok() && from.left() == 0) return {};
  return "an item of kind " + std::to_string(static_cast<unsigned>(kind)) + " makes no sense";
}

std::string Router::Loader::Items::missing() const {
  const bool complete = ended_ && state_.agents.size() == contents_.agents &&
                        state_.sessions.size() == contents_.sessions &&
                        state_.conversations.loaded() && state_.ended.loaded() &&
                        state_.customers.records().loaded() && state_.timers.records().loaded();
  return complete ? std::string() : "something is missing in it";
}

std::string Router::Loader::Items::restore() {
  state_.timers.restore(contents_.timers_created);
  return state_.restore(contents_.named);
}

std::optional<std::uint32_t> state_format_of(std::span<const std::byte> begin) {
  const bool long_enough = begin.size() >= item_head_bytes + sizeof state_format;
  if (!long_enough || begin[4] != static_cast<std::byte>(ItemKind::pool)) return std::nullopt;
  return load_little<std::uint32_t>(begin.data() + item_head_bytes);
}

Router::Loader::Loader()
    : state_(std::make_unique<State>()), items_(std::make_unique<Items>(*state_)) {}
Router::Loader::~Loader() = default;

bool Router::Loader::fail(std::string trouble) {
  trouble_ = std::move(trouble);
  return false;
}

bool Router::Loader::take_item(std::span<const std::byte> item) {
  const auto kind = static_cast<ItemKind>(std::to_integer<std::uint8_t>(item[4]));
  FieldReader from(item.subspan(item_head_bytes));
  std::string trouble = items_->take(kind, from);
  return trouble.empty() || fail(std::move(trouble));
}

bool Router::Loader::take(std::span<const std::byte> part) {
  if (!trouble_.empty()) return false;
  pending_.insert(pending_.end(), part.begin(), part.end());
  std::span<const std::byte> left(pending_);
  while (left.size() >= item_head_bytes) {
    const std::size_t bytes = load_little<std::uint32_t>(left.data());
    if (bytes < item_head_bytes) return fail("an item is shorter than its head");
    if (bytes > left.size()) break;
    if (!take_item(left.first(bytes))) return false;
    left = left.subspan(bytes);
  }
  pending_.erase(pending_.begin(), pending_.end() - static_cast<std::ptrdiff_t>(left.size()));
  return true;
}

std::optional<Router> Router::Loader::finish() {
  if (trouble_.empty()) trouble_ = pending_.empty() ? items_->missing() : "its last item is cut";
  if (trouble_.empty()) trouble_ = items_->restore();
  if (!trouble_.empty()) return std::nullopt;
  Router router;
  router.state_ = std::move(state_);
  return router;
}

}  // namespace usher
