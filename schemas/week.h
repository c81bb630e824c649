#pragma once

// Times of a week as people write them, the same in the configuration of usherd and in the rosters
// of usherctl: "mon-fri 08:00-16:00", "sun 22:00-02:00" (ends the day after), "sat 10:00-24:00".

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace usher::week {

inline constexpr std::size_t minutes_of_day = 24 * 60;
inline constexpr std::size_t minutes = 7 * minutes_of_day;
inline constexpr std::array<std::string_view, 7> days = {"mon", "tue", "wed", "thu",
                                                         "fri", "sat", "sun"};
inline constexpr std::string_view example = "\"mon-fri 08:00-16:00\"";

// Minutes since Monday 00:00, both below `minutes`; `to` ≤ `from` ends in the week that follows.
struct Times {
  std::uint16_t from = 0;
  std::uint16_t to = 0;

  friend bool operator==(const Times&, const Times&) = default;
};

[[nodiscard]] inline std::optional<std::size_t> day_of(std::string_view text) {
  for (std::size_t day = 0; day < days.size(); ++day) {
    if (days[day] == text) return day;
  }
  return std::nullopt;
}

// Minutes of "HH:MM", 24:00 included.
[[nodiscard]] inline std::optional<std::size_t> minute_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t place : {0, 1, 3, 4}) {
    if (text[place] < '0' || text[place] > '9') return std::nullopt;
  }
  const auto number = [&](std::size_t place) {
    return static_cast<std::size_t>(text[place] - '0') * 10 +
           static_cast<std::size_t>(text[place + 1] - '0');
  };
  const std::size_t minute = number(0) * 60 + number(3);
  if (number(3) > 59 || minute > minutes_of_day) return std::nullopt;
  return minute;
}

// One for each day that is named, in their order; none when the text makes no sense.
[[nodiscard]] inline std::optional<std::vector<Times>> parse(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string_view named = text.substr(0, blank);
  const std::size_t dash = named.find('-');
  const auto first = day_of(named.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : day_of(named.substr(dash + 1));
  const std::size_t begin = text.find_first_not_of(' ', blank);
  const std::string_view times =
      begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
  if (!first || !last || times.size() != 11 || times[5] != '-') return std::nullopt;
  const auto from = minute_of(times.substr(0, 5));
  const auto to = minute_of(times.substr(6));
  // From a time to itself could mean a day or nothing.
  if (!from || !to || *from == *to || *from == minutes_of_day) return std::nullopt;
  const std::size_t length = *to > *from ? *to - *from : *to + minutes_of_day - *from;
  std::vector<Times> parsed;
  for (std::size_t day = *first;; day = (day + 1) % days.size()) {
    const std::size_t start = day * minutes_of_day + *from;
    parsed.push_back({static_cast<std::uint16_t>(start),
                      static_cast<std::uint16_t>((start + length) % minutes)});
    if (day == *last) return parsed;
  }
}

// "HH:MM" of a minute of the week.
[[nodiscard]] inline std::string time_text(std::size_t minute) {
  const std::size_t of_day = minute % minutes_of_day;
  std::string text = "00:00";
  const auto write = [&](std::size_t place, std::size_t number) {
    text[place] = static_cast<char>('0' + number / 10);
    text[place + 1] = static_cast<char>('0' + number % 10);
  };
  write(0, of_day / 60);
  write(3, of_day % 60);
  return text;
}

// Days after each other with the same times are said as one, separated by "; ".
[[nodiscard]] inline std::string text_of(std::span<const Times> all) {
  std::string text;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t last = i;
    const auto follows = [&](const Times& next, const Times& after) {
      return after.from == next.from + minutes_of_day &&
             after.to == (next.to + minutes_of_day) % minutes;
    };
    while (last + 1 < all.size() && follows(all[last], all[last + 1])) ++last;
    if (!text.empty()) text += "; ";
    text += days[all[i].from / minutes_of_day];
    if (last > i) text += "-" + std::string(days[all[last].from / minutes_of_day]);
    const std::string end = time_text(all[i].to);
    text += " " + time_text(all[i].from) + "-";
    // Nobody writes these, but they can be sent.
    const bool long_one = (all[i].to + minutes - all[i].from - 1) % minutes >= minutes_of_day;
    if (long_one) text += std::string(days[all[i].to / minutes_of_day]) + " ";
    text += end == "00:00" && !long_one ? "24:00" : end;
    i = last + 1;
  }
  return text;
}

}  // namespace usher::week
