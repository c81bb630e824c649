#pragma once

// frame → command. Bytes from the network are copied into aligned memory, verified with tight
// limits and validated field by field; only then does anybody look at what they say. No two parts
// of a frame may share bytes, so that what comes out is never much more than what came in.

#include <span>
#include <variant>

#include "daemon/nouns.h"

namespace usher {

// Bytes that make no sense: which rule they broke, in words.
struct Malformed {
  Refusal reason = Refusal::malformed;  // malformed, wrong_version or out_of_range
  std::string text;
};

class Decoder {
 public:
  // A frame of the command socket, of this protocol version. Commands of a batch whose fields make
  // no sense come out as command::Refused in their place; a frame that fails the verifier is
  // Malformed as a whole.
  [[nodiscard]] std::variant<ClientMessage, Malformed> client_frame(
      std::span<const std::byte> bytes);

  // A frame of the query socket.
  [[nodiscard]] std::variant<Query, Malformed> query_frame(std::span<const std::byte> bytes);

 private:
  Bytes aligned_;  // kept between frames: one allocation in the steady state
};

}  // namespace usher
