// Frames of the command socket. Beyond not crashing: what is understood keeps the contract of
// routing/command.h, and says the same when it is written down and read again.

#include <cstdio>
#include <cstdlib>

#include "daemon/decode.h"
#include "tests/contract.h"
#include "tests/frames.h"

namespace {

void fail(const char* what, const std::string& detail) {
  std::fprintf(stderr, "%s: %s\n", what, detail.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace usher;
  const auto result = Decoder().client_frame(std::as_bytes(std::span(data, size)));
  const auto* message = std::get_if<ClientMessage>(&result);
  if (message == nullptr) {
    if (std::get<Malformed>(result).text.empty()) fail("refused without a word", "");
    return 0;
  }
  if (const std::string broken = contract::broken(*message); !broken.empty()) {
    fail("breaks the contract", broken);
  }
  // Fields may share bytes in the frame; written apart they may be more than a frame holds.
  const Bytes written = frames::encode(*message);
  if (written.size() > frame_bytes_max) return 0;
  const auto again = Decoder().client_frame(written);
  const auto* same = std::get_if<ClientMessage>(&again);
  if (same == nullptr)
    fail("is not understood when written again", std::get<Malformed>(again).text);
  if (frames::encode(*same) != written) fail("means something else when written again", "");
  return 0;
}
