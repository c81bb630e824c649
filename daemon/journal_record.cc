#include "daemon/journal_record.h"

#include <fmt/format.h>

#include <array>
#include <concepts>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "daemon/journal.h"
#include "daemon/journal_endian.h"
#include "daemon/journal_fields.h"
#include "daemon/journal_fields_configuration.h"
#include "routing/check.h"

namespace usher {

namespace {

// The numbers of the kinds on disk. A number is never used for anything else again, whatever
// happens to its command.
template <class T>
inline constexpr std::uint16_t kind_of = 0;
template <>
inline constexpr std::uint16_t kind_of<command::Tick> = 1;
template <>
inline constexpr std::uint16_t kind_of<command::Open> = 2;
template <>
inline constexpr std::uint16_t kind_of<command::Update> = 3;
template <>
inline constexpr std::uint16_t kind_of<command::CustomerWrote> = 4;
template <>
inline constexpr std::uint16_t kind_of<command::Abandon> = 5;
template <>
inline constexpr std::uint16_t kind_of<command::Close> = 6;
template <>
inline constexpr std::uint16_t kind_of<command::Transfer> = 7;
template <>
inline constexpr std::uint16_t kind_of<command::Escalate> = 8;
template <>
inline constexpr std::uint16_t kind_of<command::Reopen> = 9;
template <>
inline constexpr std::uint16_t kind_of<command::Rate> = 10;
template <>
inline constexpr std::uint16_t kind_of<command::SignIn> = 11;
template <>
inline constexpr std::uint16_t kind_of<command::SetPresence> = 12;
template <>
inline constexpr std::uint16_t kind_of<command::SignOff> = 13;
template <>
inline constexpr std::uint16_t kind_of<command::Accept> = 14;
template <>
inline constexpr std::uint16_t kind_of<command::Reject> = 15;
template <>
inline constexpr std::uint16_t kind_of<command::Pick> = 16;
template <>
inline constexpr std::uint16_t kind_of<command::Replied> = 17;
template <>
inline constexpr std::uint16_t kind_of<command::Hold> = 18;
template <>
inline constexpr std::uint16_t kind_of<command::Resume> = 19;
template <>
inline constexpr std::uint16_t kind_of<command::Release> = 20;
template <>
inline constexpr std::uint16_t kind_of<command::FinishWrapUp> = 21;
template <>
inline constexpr std::uint16_t kind_of<command::ExtendWrapUp> = 22;
template <>
inline constexpr std::uint16_t kind_of<command::DefineAgent> = 23;
template <>
inline constexpr std::uint16_t kind_of<command::RemoveAgent> = 24;
template <>
inline constexpr std::uint16_t kind_of<command::SetScope> = 25;
template <>
inline constexpr std::uint16_t kind_of<command::MoveAll> = 26;
template <>
inline constexpr std::uint16_t kind_of<command::SetMode> = 27;
template <>
inline constexpr std::uint16_t kind_of<command::Configure> = 28;
template <>
inline constexpr std::uint16_t kind_of<command::OpenSession> = 29;
template <>
inline constexpr std::uint16_t kind_of<command::EndSession> = 30;
template <>
inline constexpr std::uint16_t kind_of<command::AgentLost> = 31;
template <>
inline constexpr std::uint16_t kind_of<command::AgentRegained> = 32;
template <>
inline constexpr std::uint16_t kind_of<command::Resumed> = 33;
template <>
inline constexpr std::uint16_t kind_of<command::Refused> = 34;
template <>
inline constexpr std::uint16_t kind_of<command::SetHours> = 35;
template <>
inline constexpr std::uint16_t kind_of<command::ShiftEnds> = 36;

constexpr std::uint16_t kind_max = 36;

template <class T>
inline constexpr bool is_bounded = false;
template <class T, std::size_t N>
inline constexpr bool is_bounded<Bounded<T, N>> = true;
template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<Id<Tag>> = true;
template <class T>
inline constexpr bool is_number = false;
template <class Tag>
inline constexpr bool is_number<Number<Tag>> = true;

// What counting and writing have in common: `Put` is asked for raw values.
template <class Put>
class Out {
 public:
  template <class T>
  using Of = const T&;

  template <class... T>
  void operator()(const T&... values) {
    (one(values), ...);
  }
  template <class T, class Each>
  void list(const std::vector<T>& values, std::size_t count_max, const Each& each) {
    if (values.size() > count_max) fits_ = false;
    put().template raw<std::uint32_t>(values.size());
    for (const T& value : values) each(value);
  }
  template <class T>
  void list(const std::vector<T>& values, std::size_t count_max) {
    list(values, count_max, [&](const T& value) { one(value); });
  }
  void text(const std::string& text, std::size_t bytes_max) {
    if (text.size() > bytes_max) fits_ = false;
    put().template raw<std::uint8_t>(text.size());
    put().bytes(std::as_bytes(std::span(text)));
  }
  template <class T>
  bool same(const T& it, const T& beside) {
    const bool is_same = it == beside;
    one(is_same);
    return is_same;
  }
  template <class T>
  void pointed(const std::shared_ptr<const T>& it) {
    CHECK(it != nullptr);
    fields(put(), *it);
  }
  [[nodiscard]] bool fits() const { return fits_; }

 private:
  Put& put() { return static_cast<Put&>(*this); }

  template <class T>
  void one(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      put().template raw<std::uint8_t>(value ? 1 : 0);
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(sizeof(T) == 1);
      put().template raw<std::uint8_t>(static_cast<std::uint64_t>(value));
    } else if constexpr (std::is_integral_v<T>) {
      put().template raw<std::make_unsigned_t<T>>(static_cast<std::uint64_t>(value));
    } else if constexpr (is_number<T>) {
      put().template raw<std::uint16_t>(value.value);
    } else if constexpr (is_id<T>) {
      put().bytes(std::as_bytes(std::span(value.bytes)));
    } else if constexpr (is_bounded<T>) {
      static_assert(T::capacity_max <= std::numeric_limits<std::uint8_t>::max());
      put().template raw<std::uint8_t>(value.size());
      for (const auto& each : value) one(each);
    } else {
      fields(put(), value);
    }
  }

  bool fits_ = true;
};

class Counter : public Out<Counter> {
 public:
  template <class T>
  void raw(std::uint64_t) {
    count_ += sizeof(T);
  }
  void bytes(std::span<const std::byte> bytes) { count_ += bytes.size(); }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::size_t count_ = 0;
};

// Writes where there is room: whoever writes has counted.
class Writer : public Out<Writer> {
 public:
  explicit Writer(std::byte* at) : at_(at) {}
  template <class T>
  void raw(std::uint64_t value) {
    store_little(at_, static_cast<T>(value));
    at_ += sizeof(T);
  }
  void bytes(std::span<const std::byte> bytes) {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  [[nodiscard]] const std::byte* at() const { return at_; }

 private:
  std::byte* at_;
};

// Reads what is there and zeros beyond it; whoever reads asks ok() at the end.
class Reader {
 public:
  template <class T>
  using Of = T&;

  explicit Reader(std::span<const std::byte> from) : from_(from) {}

  template <class... T>
  void operator()(T&... values) {
    (one(values), ...);
  }
  template <class T, class Each>
  void list(std::vector<T>& values, std::size_t count_max, const Each& each) {
    const std::uint64_t count = raw<std::uint32_t>();
    // Every element takes a byte at least: memory grows with the bytes that are there.
    if (count > count_max || count > from_.size()) return fail();
    values.clear();
    for (std::uint64_t i = 0; i < count && ok_; ++i) each(values.emplace_back());
  }
  template <class T>
  void list(std::vector<T>& values, std::size_t count_max) {
    list(values, count_max, [&](T& value) { one(value); });
  }
  void text(std::string& text, std::size_t bytes_max) {
    const std::uint64_t count = raw<std::uint8_t>();
    if (count > bytes_max || count > from_.size()) return fail();
    text.resize(count);
    bytes(std::as_writable_bytes(std::span(text)));
  }
  template <class T>
  bool same(T& it, const T& beside) {
    bool is_same = false;
    one(is_same);
    if (is_same) it = beside;
    return is_same;
  }
  template <class T>
  void pointed(std::shared_ptr<const T>& it) {
    auto made = std::make_shared<T>();
    fields(*this, *made);
    it = std::move(made);
  }

  template <class T>
  std::uint64_t raw() {
    if (from_.size() < sizeof(T)) {
      fail();
      return 0;
    }
    const std::uint64_t value = load_little<T>(from_.data());
    from_ = from_.subspan(sizeof(T));
    return value;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return from_.size(); }

 private:
  void fail() {
    ok_ = false;
    from_ = {};
  }
  void bytes(std::span<std::byte> into) {
    if (from_.size() < into.size()) return fail();
    std::ranges::copy(from_.first(into.size()), into.begin());
    from_ = from_.subspan(into.size());
  }

  template <class T>
  void one(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      const std::uint64_t read = raw<std::uint8_t>();
      if (read > 1) return fail();
      value = read == 1;
    } else if constexpr (std::is_enum_v<T>) {
      const std::uint64_t read = raw<std::uint8_t>();
      if (read > static_cast<std::uint64_t>(last_of<T>)) return fail();
      value = static_cast<T>(read);
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(raw<std::make_unsigned_t<T>>());
    } else if constexpr (is_number<T>) {
      value.value = static_cast<std::uint16_t>(raw<std::uint16_t>());
    } else if constexpr (is_id<T>) {
      bytes(std::as_writable_bytes(std::span(value.bytes)));
    } else if constexpr (is_bounded<T>) {
      const std::uint64_t count = raw<std::uint8_t>();
      if (count > T::capacity_max) return fail();
      value.clear();
      for (std::uint64_t i = 0; i < count && ok_; ++i) {
        typename T::value_type each{};
        one(each);
        value.push_back(each);
      }
    } else {
      fields(*this, value);
    }
  }

  std::span<const std::byte> from_;
  bool ok_ = true;
};

template <class Io, class R>
void head(Io& io, R& record) {
  io(record.stamp.sequence, record.stamp.pool_ms, record.stamp.wall_ms, record.session,
     record.number);
}

template <class Io>
void body(Io& io, const Record& record) {
  head(io, record);
  std::visit([&](const auto& command) { fields(io, command); }, record.command);
}

// What reads a kind, by its number.
using ReadCommand = void (*)(Reader&, Command&);

template <std::size_t... I>
constexpr std::array<ReadCommand, kind_max + 1> make_readers(std::index_sequence<I...>) {
  std::array<ReadCommand, kind_max + 1> readers{};
  const auto add = [&](std::uint16_t kind, ReadCommand reader) {
    // Read when compiled: a number out of range or used twice does not compile.
    if (kind == 0 || readers[kind] != nullptr) std::abort();
    readers[kind] = reader;
  };
  (add(kind_of<std::variant_alternative_t<I, Command>>,
       [](Reader& reader, Command& command) { fields(reader, command.emplace<I>()); }),
   ...);
  return readers;
}
constexpr auto readers = make_readers(std::make_index_sequence<std::variant_size_v<Command>>());

constexpr std::size_t prefix_bytes = 4 + 2;

}  // namespace

std::size_t bytes_of(const Record& record) {
  Counter counter;
  body(counter, record);
  return counter.fits() ? prefix_bytes + counter.count() : 0;
}

void append_record(const Record& record, Bytes& into) {
  const std::size_t bytes = bytes_of(record);
  CHECK(bytes > 0);
  const std::size_t begin = into.size();
  into.resize(begin + bytes);
  Writer writer(into.data() + begin);
  writer.raw<std::uint32_t>(bytes);
  writer.raw<std::uint16_t>(
      std::visit([]<class T>(const T&) { return kind_of<T>; }, record.command));
  body(writer, record);
  CHECK(writer.at() == into.data() + into.size());
}

std::size_t journal_bytes_of(const PoolConfiguration& configuration) {
  Counter counter;
  fields(counter, configuration);
  return counter.fits() ? record_head_bytes + counter.count()
                        : std::numeric_limits<std::size_t>::max();
}

Status take_record(std::span<const std::byte>& from, Record& record) {
  Reader prefix(from.first(std::min(from.size(), prefix_bytes)));
  const std::uint64_t bytes = prefix.raw<std::uint32_t>();
  const std::uint64_t kind = prefix.raw<std::uint16_t>();
  if (!prefix.ok() || bytes < record_head_bytes || bytes > from.size()) {
    return Status::trouble(fmt::format("a record of {} bytes, of which {} are there",
                                       prefix.ok() ? bytes : record_head_bytes, from.size()));
  }
  if (kind >= readers.size() || readers[kind] == nullptr) {
    return Status::trouble(fmt::format("a record of kind {}, of 1 to {}", kind, kind_max));
  }
  Reader reader(from.subspan(prefix_bytes, bytes - prefix_bytes));
  head(reader, record);
  readers[kind](reader, record.command);
  if (!reader.ok() || reader.left() > 0) {
    return Status::trouble(
        fmt::format("record {} of kind {}: its fields make no sense", record.stamp.sequence, kind));
  }
  from = from.subspan(bytes);
  return {};
}

}  // namespace usher
