#include "cli/options.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>

#include "cli/nearest.h"

namespace usher::cli {
namespace {

// The command that was being read: "roster" and then "import" of usherctl.
const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* of = &app;
  for (auto parsed = of->get_subcommands(); !parsed.empty(); parsed = of->get_subcommands()) {
    of = parsed.back();
  }
  return *of;
}

// "usherctl roster", without the directory.
std::string name_of(const CLI::App& app) {
  const std::string& name = app.get_name();
  if (app.get_parent() != nullptr) return name_of(*app.get_parent()) + " " + name;
  return name.substr(name.rfind('/') + 1);
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* of : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(of->get_name());
  }
  return names;
}

// Also those of the commands around it.
std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* of = &app; of != nullptr; of = of->get_parent()) {
    for (const CLI::Option* option : of->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

// "; did you mean model?", or what there is, or nothing.
std::string suggestion(std::string_view wanted, const std::vector<std::string>& known) {
  const std::string_view meant = nearest(wanted, known);
  if (!meant.empty()) return fmt::format("; did you mean {}?", meant);
  constexpr std::size_t told_max = 8;
  if (known.size() > told_max) return "";
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "; it has " : ", ") + name;
  return all;
}

// What was not expected, in words of its own; empty when the message of CLI11 says it all.
std::string unexpected(const CLI::App& app, const CLI::ParseError& error) {
  const bool is_left_over = error.get_name() == "ExtrasError";
  if (!is_left_over && error.get_name() != "RequiredError") return {};
  const std::vector<std::string> left = app.remaining(true);
  if (left.empty()) return {};
  const CLI::App& of = innermost(app);
  const std::string word = left.front().substr(0, left.front().find('='));
  if (word.starts_with("--")) {
    return fmt::format("{} has no option {}{}", name_of(of), word,
                       suggestion(word, options_of(of)));
  }
  const std::vector<std::string> commands = commands_of(of);
  if (word.starts_with('-') || commands.empty()) return {};
  return fmt::format("{} has no command \"{}\"{}", name_of(of), word, suggestion(word, commands));
}

}  // namespace

CLI::Option* add_list(CLI::App& app, const std::string& name,
                      std::function<std::string(const std::string&)> take,
                      const std::string& help) {
  const auto read = [name, take = std::move(take)](const std::string& text) mutable {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      if (std::string wrong = take(text.substr(begin, end - begin)); !wrong.empty()) {
        throw CLI::ValidationError(name, wrong);
      }
      begin = end + 1;
    }
  };
  return app.add_option_function<std::string>(name, read, help)->type_name("A,B,...");
}

CLI::Option* add_numbers(CLI::App& app, const std::string& name, std::vector<double>& numbers,
                         double low, double high, const std::string& help) {
  const auto take = [&numbers, low, high, first = true](const std::string& text) mutable {
    if (std::exchange(first, false)) numbers.clear();
    numbers.push_back(number_of(text, low, high).value_or(low));
    return problem_of(text, low, high);
  };
  return add_list(app, name, take, help);
}

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv, int wrong) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const std::string text = unexpected(app, error);
    if (text.empty()) return app.exit(error) == 0 ? 0 : wrong;
    fmt::print(stderr, "{}\nRun with --help for more information.\n", text);
    return wrong;
  }
  return std::nullopt;
}

int run_program(std::string_view name, const std::function<int()>& run, int unwritten) {
  int code = 0;
  int failure = 0;
  try {
    code = run();
  } catch (const std::system_error& error) {
    // That is how fmt says it; every other one is a bug.
    if (std::ferror(stdout) == 0) throw;
    failure = error.code().value();
  }
  if (failure == 0 && std::fflush(stdout) != 0) failure = errno;
  if (failure == 0 && std::ferror(stdout) == 0) return code;
  fmt::print(stderr, "{}: standard output must take what is printed, found: {}\n", name,
             failure == 0 ? "an earlier write failed" : std::strerror(failure));
  return code == 0 ? unwritten : code;
}

}  // namespace usher::cli
