#pragma once

// A bug is answered by CHECK: always on, it says what did not hold and stops the process.

namespace usher {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

// Called once before the process stops, so that the shell can keep the record that did it. Null
// removes it. The handler must not return control by throwing.
using CheckHandler = void (*)(const char* expression, const char* file, int line);
void set_check_handler(CheckHandler handler);

}  // namespace usher

#define CHECK(expression) \
  ((expression) ? (void)0 : ::usher::check_failed(#expression, __FILE__, __LINE__))
