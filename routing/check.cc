#include "routing/check.h"

#include <cstdio>
#include <cstdlib>

namespace usher {
namespace {

CheckHandler check_handler = nullptr;

}  // namespace

void set_check_handler(CheckHandler handler) { check_handler = handler; }

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, expression);
  if (CheckHandler handler = check_handler) {
    check_handler = nullptr;
    handler(expression, file, line);
  }
  std::abort();
}

}  // namespace usher
