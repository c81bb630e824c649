// Frames of the query socket: what is understood says the same when it is written down and read
// again.

#include <cstdio>
#include <cstdlib>

#include "daemon/decode.h"
#include "tests/frames.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace usher;
  const auto result = Decoder().query_frame(std::as_bytes(std::span(data, size)));
  const auto* query = std::get_if<Query>(&result);
  if (query == nullptr) return 0;
  const Bytes written = frames::encode(*query);
  const auto again = Decoder().query_frame(written);
  const auto* same = std::get_if<Query>(&again);
  if (same == nullptr || frames::encode(*same) != written) {
    std::fprintf(stderr, "means something else when written again\n");
    std::abort();
  }
  return 0;
}
