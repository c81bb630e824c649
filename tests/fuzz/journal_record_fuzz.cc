// Records and groups of a journal. Beyond not crashing: what is understood is the same record when
// it is written down and read again.

#include <cstdio>
#include <cstdlib>

#include "daemon/journal_group.h"
#include "daemon/journal_record.h"

namespace {

void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace usher;
  std::span<const std::byte> rest = std::as_bytes(std::span(data, size));
  GroupView group;
  if (read_group(rest, group).ok()) {
    std::vector<Record> records;
    for (const auto& run : group.runs) (void)read_run(run, records);
  }
  Record record;
  while (!rest.empty()) {
    const Status status = take_record(rest, record);
    if (!status.ok()) {
      if (status.text().empty()) fail("refused without a word");
      break;
    }
    Bytes written;
    append_record(record, written);
    std::span<const std::byte> again = written;
    Record same;
    if (!take_record(again, same).ok()) fail("is not understood when written again");
    if (!(same == record)) fail("means something else when written again");
  }
  return 0;
}
