#pragma once

// What the command lines of all programs have in common: what a number may be, how a wrong line is
// answered, and that output which could not be written is no success.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace usher::cli {

// Exit codes of every program but usherd, which has its own for a wrong line.
inline constexpr int wrong_usage = 2;
inline constexpr int could_not_write = 4;

template <class T>
concept Number = std::integral<T> || std::floating_point<T>;

// The whole text as a number from low to high; none for anything else, such as "nan" and "inf", and
// also 010, which CLI11 would go on to read as 8.
template <Number T>
std::optional<T> number_of(std::string_view text, T low, T high) {
  T value{};
  if (std::integral<T> && text.size() > 1 && text.front() == '0') return std::nullopt;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  if constexpr (std::floating_point<T>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  if (value < low || value > high) return std::nullopt;
  return value;
}

// "a whole number from 1 to 10"; without an upper bound "a whole number, 1 or more".
template <Number T>
std::string bounds(T low, T high) {
  const std::string_view what = std::integral<T> ? "a whole number" : "a number";
  if (high == std::numeric_limits<T>::max()) return fmt::format("{}, {} or more", what, low);
  return fmt::format("{} from {} to {}", what, low, high);
}

// Empty, or what is wrong with it: "must be a whole number from 1 to 10, found "x"".
template <Number T>
std::string problem_of(std::string_view text, T low, T high) {
  if (number_of(text, low, high)) return {};
  return fmt::format("must be {}, found \"{}\"", bounds(low, high), text);
}

// For the check of an option: CLI11's own Range lets NaN through, and CLI11 turns -1 into a large
// number.
template <Number T>
CLI::Validator in_range(T low, T high) {
  const auto check = [low, high](const std::string& text) { return problem_of(text, low, high); };
  const bool open = high == std::numeric_limits<T>::max();
  return {check, open ? fmt::format("{} or more", low) : fmt::format("{} to {}", low, high)};
}

// An option that takes a list with commas. `take` is given each item in turn, empty ones too, and
// says what is wrong with it, or nothing.
CLI::Option* add_list(CLI::App& app, const std::string& name,
                      std::function<std::string(const std::string&)> take, const std::string& help);

// The same, of numbers from low to high, which take the place of what is in `numbers`.
CLI::Option* add_numbers(CLI::App& app, const std::string& name, std::vector<double>& numbers,
                         double low, double high, const std::string& help);

// Reads the line. Returns the exit code when there is nothing more to do: help was wanted, or the
// line is wrong, of which stderr is told; an unknown command or option with the nearest one.
[[nodiscard]] std::optional<int> parse(CLI::App& app, int argc, const char* const* argv,
                                       int wrong = wrong_usage);

// Runs a program to its end, and gives its exit code; but when standard output could not be
// written, complains and gives `unwritten` in place of 0.
int run_program(std::string_view name, const std::function<int()>& run,
                int unwritten = could_not_write);

}  // namespace usher::cli
