// The journal on disk is not this program's: another one, which stands beside it, knows its format.

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "client/usherctl.h"

namespace usher::client {

namespace {

constexpr std::string_view program = "usherctl-journal";

// Where this program lies, with a slash at the end; empty when that cannot be told.
std::string own_directory() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return {};
  const std::string_view own(path.data(), static_cast<std::size_t>(length));
  return std::string(own.substr(0, own.rfind('/') + 1));
}

}  // namespace

Exit look_into_journal(const std::vector<std::string>& arguments) {
  const std::string beside = own_directory();
  for (const std::string& directory : {beside, beside + "../libexec/usher/"}) {
    const std::string path = directory + std::string(program);
    std::vector<std::string> words = arguments;
    words.insert(words.begin(), path);
    std::vector<char*> passed;
    passed.reserve(words.size() + 1);
    for (std::string& word : words) passed.push_back(word.data());
    passed.push_back(nullptr);
    execv(path.c_str(), passed.data());
    if (errno != ENOENT) {
      complain(fmt::format("{} cannot be run: {}", path, std::strerror(errno)));
      return Exit::usage;
    }
  }
  complain(fmt::format("{} is not installed beside usherctl", program));
  return Exit::usage;
}

}  // namespace usher::client
