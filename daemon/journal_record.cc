#include "daemon/journal_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "daemon/journal.h"
#include "routing/check.h"
#include "routing/fields_configuration.h"
#include "routing/fields_io.h"

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
using ReadCommand = void (*)(FieldReader&, Command&);

template <std::size_t... I>
constexpr std::array<ReadCommand, kind_max + 1> make_readers(std::index_sequence<I...>) {
  std::array<ReadCommand, kind_max + 1> readers{};
  const auto add = [&](std::uint16_t kind, ReadCommand reader) {
    // Read when compiled: a number out of range or used twice does not compile.
    if (kind == 0 || readers[kind] != nullptr) std::abort();
    readers[kind] = reader;
  };
  (add(kind_of<std::variant_alternative_t<I, Command>>,
       [](FieldReader& reader, Command& command) { fields(reader, command.emplace<I>()); }),
   ...);
  return readers;
}
constexpr auto readers = make_readers(std::make_index_sequence<std::variant_size_v<Command>>());

constexpr std::size_t prefix_bytes = 4 + 2;

}  // namespace

std::size_t bytes_of(const Record& record) {
  FieldCounter counter;
  body(counter, record);
  return counter.fits() ? prefix_bytes + counter.count() : 0;
}

void append_record(const Record& record, Bytes& into) {
  const std::size_t bytes = bytes_of(record);
  CHECK(bytes > 0);
  const std::size_t begin = into.size();
  into.resize(begin + bytes);
  FieldWriter writer(into.data() + begin);
  writer.raw<std::uint32_t>(bytes);
  writer.raw<std::uint16_t>(
      std::visit([]<class T>(const T&) { return kind_of<T>; }, record.command));
  body(writer, record);
  CHECK(writer.at() == into.data() + into.size());
}

Bytes bytes_of_command(const Command& command) {
  Bytes bytes;
  FieldAppender appender(bytes);
  std::visit(
      [&]<class T>(const T& one) {
        appender(kind_of<T>);
        fields(appender, one);
      },
      command);
  return bytes;
}

std::size_t journal_bytes_of(const PoolConfiguration& configuration) {
  FieldCounter counter;
  fields(counter, configuration);
  return counter.fits() ? record_head_bytes + counter.count()
                        : std::numeric_limits<std::size_t>::max();
}

Status take_record(std::span<const std::byte>& from, Record& record) {
  FieldReader prefix(from.first(std::min(from.size(), prefix_bytes)));
  const std::uint64_t bytes = prefix.raw<std::uint32_t>();
  const std::uint64_t kind = prefix.raw<std::uint16_t>();
  if (!prefix.ok() || bytes < record_head_bytes || bytes > from.size()) {
    return Status::trouble(fmt::format("a record of {} bytes, of which {} are there",
                                       prefix.ok() ? bytes : record_head_bytes, from.size()));
  }
  if (kind >= readers.size() || readers[kind] == nullptr) {
    return Status::trouble(fmt::format("a record of kind {}, of 1 to {}", kind, kind_max));
  }
  FieldReader reader(from.subspan(prefix_bytes, bytes - prefix_bytes));
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
