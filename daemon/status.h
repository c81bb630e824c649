#pragma once

// What the operating system or a library said about something that was tried. Handled where it is
// seen; never thrown.

#include <string>
#include <utility>

namespace usher {

class [[nodiscard]] Status {
 public:
  Status() = default;  // it went well
  // Requires: text is not empty; a sentence that names the thing, what is allowed, what was found.
  static Status trouble(std::string text) {
    Status status;
    status.text_ = std::move(text);
    return status;
  }

  [[nodiscard]] bool ok() const { return text_.empty(); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace usher
