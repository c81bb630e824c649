#include "daemon/config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

#include "daemon/config_table.h"
#include "daemon/config_text.h"
#include "routing/router.h"

namespace usher {
namespace {

using config::Setting;
using config::SettingKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string shipped_path() { return std::string(USHER_SOURCE_DIR) + "/config/usher.toml"; }

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

using Result = std::variant<Settings, ConfigurationErrors>;

Result read(std::string_view text, std::span<const Name> known = {}) {
  const std::string path = fmt::format("{}usher_{}.toml", testing::TempDir(), getpid());
  std::ofstream(path) << text;
  Result result = read_configuration(path, known);
  std::remove(path.c_str());
  if (auto* errors = std::get_if<ConfigurationErrors>(&result)) {
    for (std::string& line : errors->lines) {
      EXPECT_TRUE(line.starts_with(path)) << line;
      line.erase(0, path.size() + 1);
    }
  }
  return result;
}

// What is wrong with a file, each as "LINE: text".
std::vector<std::string> errors_of(std::string_view text, std::span<const Name> known = {}) {
  const Result result = read(text, known);
  const auto* errors = std::get_if<ConfigurationErrors>(&result);
  return errors == nullptr ? std::vector<std::string>{} : errors->lines;
}

// Ends the test with what is wrong with the file, if anything is.
Settings settings_of(std::string_view text, std::span<const Name> known = {}) {
  const Result result = read(text, known);
  if (const auto* errors = std::get_if<ConfigurationErrors>(&result)) {
    throw std::runtime_error(fmt::format("{}", fmt::join(errors->lines, "\n")));
  }
  return std::get<Settings>(result);
}

// A small floor that says little; tests change one setting of it.
class Floor {
 public:
  Floor& set(std::string_view section, std::string_view key, std::string_view value) {
    values_[std::string(section)][std::string(key)] = value;
    return *this;
  }

  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& [section, header] : headers) {
      text += fmt::format("{}\n{}", header, body(section, "\n"));
      if (section == "class") {
        text += values_.at("class").contains("when") ? "" : inline_table("when");
        text += values_.at("class").contains("agent_tiers") ? "" : inline_table("agent_tiers");
        // Bots, hours and overflow are for other bands than places above capacity.
        const auto security = values_.at("band").find("security");
        if (security != values_.at("band").end() && security->second == "true") {
          if (values_.contains("surge")) text += inline_table("surge");
          continue;
        }
        text += values_.at("class").contains("first") ? "" : inline_table("first");
        text += values_.at("class").contains("overflow") ? "" : inline_table("overflow");
        if (!values_.at("class").contains("hours")) text += inline_table("class.hours", "hours");
      }
    }
    return text;
  }

 private:
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> headers = {
      {{"server", "[server]"},
       {"names", "[names]"},
       {"routing", "[routing]"},
       {"hours", "[hours.office]"},
       {"channels", "[channels.chat]"},
       {"tiers", "[tiers.vip]"},
       {"impacts", "[impacts.high]"},
       {"band", "[[band]]"},
       {"class", "[[class]]"}}};

  [[nodiscard]] std::string body(std::string_view section, std::string_view separator) const {
    std::string text;
    const auto values = values_.find(std::string(section));
    if (values == values_.end()) return text;
    for (const auto& [key, value] : values->second) {
      text += fmt::format("{} = {}", key, value);
      text += key == values->second.rbegin()->first && separator != "\n" ? "" : separator;
    }
    return text;
  }
  [[nodiscard]] std::string inline_table(std::string_view section,
                                         std::string_view key = {}) const {
    return fmt::format("{} = [{{ {} }}]\n", key.empty() ? section : key, body(section, ", "));
  }

  std::map<std::string, std::map<std::string, std::string>> values_ = {
      {"names",
       {{"skills", R"(["chain", "wallet"])"},
        {"languages", R"(["en", "de"])"},
        {"categories", R"(["login", "fees"])"},
        {"groups", R"(["frontline", "desk"])"},
        {"authorities", R"(["may_freeze"])"}}},
      {"band", {{"name", R"("live")"}}},
      {"class",
       {{"name", R"("help")"},
        {"band", R"("live")"},
        {"preferred_wait", R"("7s")"},
        {"handling_max", R"("7s")"}}},
      {"first", {{"bot", R"("7s")"}}},
      {"hours", {{"open", R"(["mon-fri 08:00-16:00"])"}}},
      {"class.hours", {{"calendar", R"("office")"}}},
      {"overflow", {{"to", R"("defer")"}}},
      {"agent_tiers", {{"tier", "3"}}}};
};

std::string text_with(std::string_view section, std::string_view key, std::string_view value) {
  Floor floor;
  if (key == "over_capacity" || key == "surge") floor.set("band", "security", "true");
  if (section == "surge") {
    floor.set("band", "security", "true").set("class", "need", R"(["0s: chain"])");
    floor.set("surge", "above", "7").set("surge", "lend", "7");
  }
  return floor.set(section, key, value).text();
}

Settings with(std::string_view section, std::string_view key, std::string_view value) {
  return settings_of(text_with(section, key, value));
}

std::uint16_t number_of(const PoolConfiguration& pool, NameKind kind, std::string_view text) {
  for (const Name& name : pool.names) {
    if (name.kind == kind && name.text == text) return name.number;
  }
  ADD_FAILURE() << "no name " << text;
  return 0;
}

// --- the shipped files ---

TEST(ShippedFile, is_the_compiled_in_configuration) {
  EXPECT_EQ(settings_of(text_of(shipped_path())), default_configuration({}));
}

TEST(ShippedFile, keeps_the_numbers_that_a_pool_knows) {
  const std::vector<Name> known = {{NameKind::group, 7, "specialists"},
                                   {NameKind::origin, 1, "web-chat"}};
  const PoolConfiguration pool = default_configuration(known).pool_configuration;
  EXPECT_EQ(number_of(pool, NameKind::group, "specialists"), 7);
  EXPECT_EQ(number_of(pool, NameKind::group, "frontline"), 8);
  EXPECT_EQ(pool.names[1], known[1]);
}

TEST(ShippedFile, says_what_does_not_fit_a_pool_of_another_floor) {
  const std::vector<Name> known = {{NameKind::band, 1, "calls"}};
  const Result result = read_configuration("", known);
  EXPECT_THAT(std::get<ConfigurationErrors>(result).lines,
              testing::Contains(HasSubstr("band security must be at place 2 of all bands, found it "
                                          "at 1")));
}

TEST(ShippedFile, explains_every_setting_of_the_table_and_nothing_else) {
  std::string text = text_of(shipped_path());
  for (const Setting& row : config::settings()) {
    const std::string wanted = config::documentation(row);
    const std::size_t place = text.find(wanted);
    ASSERT_NE(place, std::string::npos) << "usher.toml must have these lines:\n" << wanted;
    text.erase(place, wanted.size());
  }
  std::istringstream rest(text);
  std::set<std::string> keys;
  for (const Setting& row : config::settings()) keys.insert(std::string(row.key));
  for (std::string line; std::getline(rest, line);) {
    if (!line.starts_with("# ") || line.find(": ") == std::string::npos) continue;
    const std::string word = line.substr(2, line.find(": ") - 2);
    EXPECT_FALSE(keys.contains(word)) << "usher.toml explains it in other words: " << line;
    EXPECT_EQ(line.find("; default "), std::string::npos) << "no such setting: " << line;
    EXPECT_EQ(line.find("; required"), std::string::npos) << "no such setting: " << line;
  }
}

// Every scalar of the server, the pool and the channels is set in the file, not only explained.
TEST(ShippedFile, sets_what_an_operator_looks_for) {
  const std::string text = text_of(shipped_path());
  for (const Setting& row : config::settings()) {
    static const std::set<std::string_view> of_classes = {
        "class", "agent_tiers", "when", "first", "class.hours", "overflow", "surge"};
    if (of_classes.contains(row.section)) continue;
    if (row.fallback == "the policy's") continue;
    EXPECT_NE(text.find(fmt::format("\n{} = ", row.key)), std::string::npos) << row.key;
  }
}

const ClassConfiguration& class_of(const PoolConfiguration& pool, std::string_view name) {
  const ClassNumber number{number_of(pool, NameKind::service_class, name)};
  return *std::find_if(pool.classes.begin(), pool.classes.end(),
                       [&](const ClassConfiguration& c) { return c.number == number; });
}

TEST(ShippedFile, is_the_support_floor) {
  const PoolConfiguration pool = default_configuration({}).pool_configuration;
  struct Row {
    std::string_view name;
    std::string_view band;
    std::int64_t target_ms;
    Delivery delivery;
  };
  constexpr Row rows[] = {
      {"takeover", "security", 15'000, Delivery::give},
      {"identity", "urgent", 60'000, Delivery::offer},
      {"abnormal_trade", "urgent", 60'000, Delivery::offer},
      {"bank_mail", "later", 240 * 60'000, Delivery::offer},
      {"mail", "later", 45 * 60'000, Delivery::offer},
      {"call", "live", 30'000, Delivery::offer},
      {"complaint", "live", 60'000, Delivery::offer},
      {"money", "live", 60'000, Delivery::offer},
      {"account", "live", 60'000, Delivery::offer},
      {"how-to", "live", 60'000, Delivery::offer},
  };
  EXPECT_EQ(pool.classes.size(), std::size(rows));
  for (const Row& row : rows) {
    const ClassConfiguration& found = class_of(pool, row.name);
    EXPECT_EQ(found.band.value, number_of(pool, NameKind::band, row.band)) << row.name;
    EXPECT_EQ(found.target_ms, row.target_ms) << row.name;
    EXPECT_EQ(found.delivery, row.delivery) << row.name;
  }
  const ClassConfiguration& takeover = class_of(pool, "takeover");
  EXPECT_EQ(takeover.reply_within_ms, 15'000);
  EXPECT_TRUE(takeover.scarce);
  EXPECT_THAT(takeover.authorities,
              ElementsAre(AuthorityNumber{number_of(pool, NameKind::authority, "may_freeze")}));
  ASSERT_EQ(takeover.need.size(), 2U);
  EXPECT_EQ(takeover.need[1].after_ms, 10'000);
  EXPECT_EQ(takeover.surge_above, 20U);
  EXPECT_EQ(takeover.surge_lend_percent, 30);
  EXPECT_FALSE(class_of(pool, "money").scarce);
}

TEST(ShippedFile, orders_bands_by_the_policy_fair) {
  const PoolConfiguration pool = default_configuration({}).pool_configuration;
  ASSERT_EQ(pool.bands.size(), 4U);
  EXPECT_TRUE(pool.bands[0].security);
  for (const BandConfiguration& band : pool.bands) EXPECT_EQ(band.order, Order::oldest);
  EXPECT_EQ(pool.bands[3].number.value, number_of(pool, NameKind::band, "later"));
  EXPECT_EQ(pool.fair_pick, 16);
  EXPECT_EQ(pool.give_to, GiveTo::least_loaded);
}

TEST(ShippedFile, knows_its_channels_in_the_order_of_the_file) {
  const PoolConfiguration pool = default_configuration({}).pool_configuration;
  std::vector<std::string> found;
  for (const Name& name : pool.names) {
    if (name.kind == NameKind::channel) found.push_back(name.text);
  }
  EXPECT_THAT(found, ElementsAre("chat", "social", "voice", "email", "ticket"));
  EXPECT_EQ(pool.channels[0].holds, 3);
  EXPECT_TRUE(pool.channels[2].voice);
  EXPECT_TRUE(pool.channels[3].background);
  EXPECT_EQ(pool.channels[3].offer_ms, 600'000);
}

TEST(BankFile, is_one_band_of_calls_by_the_banks_rule) {
  const Settings settings = settings_of(text_of(USHER_SOURCE_DIR "/config/bank.toml"));
  const PoolConfiguration& pool = settings.pool_configuration;
  EXPECT_EQ(settings.policy, "voice");
  EXPECT_EQ(pool.fair_pick, 0);
  EXPECT_EQ(pool.give_to, GiveTo::longest_idle);
  ASSERT_EQ(pool.channels.size(), 1U);
  EXPECT_EQ(pool.channels[0].holds, 1);
  EXPECT_EQ(pool.bands.size(), 1U);
  EXPECT_EQ(pool.classes.size(), 6U);
  for (const ClassConfiguration& service_class : pool.classes) {
    EXPECT_EQ(service_class.wrap_up_ms, 30'000);
    EXPECT_EQ(service_class.target_ms, 60'000);
    EXPECT_EQ(service_class.delivery, Delivery::give);
  }
  ASSERT_EQ(pool.head_starts.size(), 1U);
  EXPECT_EQ(pool.head_starts[0].tier.value, number_of(pool, NameKind::tier, "vip"));
  EXPECT_EQ(pool.head_starts[0].head_start_ms, 90'000);
}

// What the core says to a configuration, and to its next one.
std::vector<Refusal> answers_of(const Settings& first, const Settings& second) {
  Router router;
  std::vector<Refusal> answers;
  Events events;
  for (const Settings* settings : {&first, &second}) {
    const command::Configure configure{
        std::make_shared<const PoolConfiguration>(settings->pool_configuration)};
    const Record record{{.sequence = answers.size() + 1}, {}, 0, configure};
    answers.push_back(router.apply(record, events).refusal);
  }
  return answers;
}

TEST(ShippedFiles, are_taken_by_the_core_and_so_are_their_changes) {
  for (const std::string_view name : {"usher", "bank"}) {
    const std::string text = text_of(fmt::format("{}/config/{}.toml", USHER_SOURCE_DIR, name));
    const Settings first = settings_of(text);
    const std::string more = text + "[channels.fax]\n[[band]]\nname = \"never\"\n";
    const Settings second = settings_of(more, first.pool_configuration.names);
    EXPECT_THAT(answers_of(first, second), testing::Each(Refusal::none)) << name;
  }
}

// --- every row of the table ---

TEST(EverySetting, refuses_a_value_of_another_type_and_says_what_it_takes) {
  for (const Setting& row : config::settings()) {
    const auto errors = errors_of(text_with(row.section, row.key, "1979-05-27"));
    // A name that cannot be one is missed by whoever refers to it: that comes on later lines.
    ASSERT_FALSE(errors.empty()) << row.section << "." << row.key;
    EXPECT_THAT(errors[0], HasSubstr(fmt::format(": {} must be ", row.key)));
    EXPECT_THAT(errors[0], HasSubstr(config::accepted(row)));
    EXPECT_TRUE(errors[0].ends_with(", found 1979-05-27")) << errors[0];
  }
}

std::string value_text(const Setting& row, std::int64_t value) {
  return row.kind == SettingKind::duration ? fmt::format("\"{}\"", config::duration_text(value))
                                           : std::to_string(value);
}

TEST(EverySetting, is_taken_at_its_bounds_and_refused_beyond) {
  for (const Setting& row : config::settings()) {
    if (row.kind != SettingKind::duration && row.kind != SettingKind::count) continue;
    const Settings low = with(row.section, row.key, value_text(row, row.low));
    const Settings high = with(row.section, row.key, value_text(row, row.high));
    EXPECT_NE(low, high) << row.section << "." << row.key << " changes nothing";
    for (const std::int64_t beyond : {row.low - 1, row.high + 1}) {
      const std::string value = beyond < 0 ? "-1" : value_text(row, beyond);
      const auto errors = errors_of(text_with(row.section, row.key, value));
      ASSERT_EQ(errors.size(), 1U) << row.section << "." << row.key << " = " << value;
      EXPECT_THAT(errors[0], HasSubstr(fmt::format(": {} must be {}, found {}", row.key,
                                                   config::accepted(row), value)));
    }
  }
}

TEST(EverySetting, that_is_a_choice_or_a_flag_changes_something) {
  for (const Setting& row : config::settings()) {
    std::vector<std::string> values;
    if (row.kind == SettingKind::flag) values = {"true", "false"};
    if (row.kind == SettingKind::choice) {
      for (const std::string_view word : config::choices(row)) {
        values.push_back(fmt::format("\"{}\"", word));
      }
      const auto errors = errors_of(Floor().set(row.section, row.key, "\"nonsense\"").text());
      EXPECT_THAT(errors, ElementsAre(HasSubstr("found \"nonsense\""))) << row.key;
    }
    for (std::size_t i = 1; i < values.size(); ++i) {
      EXPECT_NE(with(row.section, row.key, values[i - 1]), with(row.section, row.key, values[i]))
          << row.section << "." << row.key << " = " << values[i];
    }
  }
}

// What the file would say for the default; none where it cannot say it.
std::optional<std::string> default_text(const Setting& row) {
  if (row.fallback.empty() || row.fallback == "the policy's") return std::nullopt;
  switch (row.kind) {
    case SettingKind::count:
    case SettingKind::flag: return std::string(row.fallback);
    case SettingKind::duration:
    case SettingKind::choice: return fmt::format("\"{}\"", row.fallback);
    case SettingKind::texts: return fmt::format("[\"{}\"]", row.fallback);
    case SettingKind::text: return row.low == 0 ? "\"\"" : fmt::format("\"{}\"", row.fallback);
    case SettingKind::lines: return "[]";
    case SettingKind::names:
      if (row.low == 0) return "[]";
      return std::nullopt;
    case SettingKind::name:
    case SettingKind::tables: return std::nullopt;
  }
  return std::nullopt;
}

TEST(EverySetting, has_the_default_that_the_table_says) {
  const Settings plain = settings_of(Floor().text());
  for (const Setting& row : config::settings()) {
    const auto value = default_text(row);
    // The floor gives some of them itself.
    if (!value || row.section == "names" || row.fallback == "every level") continue;
    if (row.key == "preferred_wait" || row.key == "handling_max") continue;
    if (row.key == "over_capacity") {
      EXPECT_EQ(class_of(plain.pool_configuration, "help").over_slots, 0);
      continue;
    }
    EXPECT_EQ(with(row.section, row.key, *value), plain) << row.section << "." << row.key;
  }
}

// Of what the floor gives itself, and of rows of their own: said or not said is the same.
TEST(EverySetting, that_the_floor_gives_itself_has_its_default_too) {
  const std::string least =
      "[channels.chat]\n[[band]]\nname = \"live\"\n[[class]]\nname = \"help\"\nband = \"live\"\n"
      "when = {}\n";
  const Settings plain = settings_of(least);
  for (const Setting& row : config::settings()) {
    const bool rows = row.kind == SettingKind::tables;
    const auto value = rows ? std::optional<std::string>("[]") : default_text(row);
    if (row.fallback.empty() || !value) continue;
    if (row.section == "names") {
      EXPECT_EQ(settings_of(fmt::format("[names]\n{} = {}\n", row.key, *value) + least), plain)
          << row.key;
    } else if (row.section == "class") {
      EXPECT_EQ(settings_of(fmt::format("{}{} = {}\n", least, row.key, *value)), plain) << row.key;
    }
  }
}

// Unit or words, range, default and effect are what documentation() puts into the shipped file.
TEST(EverySetting, says_its_unit_its_range_its_default_and_what_it_does) {
  for (const Setting& row : config::settings()) {
    const std::string name = fmt::format("{}.{}", row.section, row.key);
    const bool needs_words = row.kind != SettingKind::duration && row.kind != SettingKind::flag;
    EXPECT_EQ(row.words.empty(), !needs_words) << name;
    const bool bounded = row.kind != SettingKind::flag && row.kind != SettingKind::choice;
    EXPECT_EQ(row.low < row.high, bounded) << name;
    EXPECT_GE(row.effect.size(), 10U) << name;
    EXPECT_TRUE(row.effect.ends_with(".")) << name;
    // As it is read, without the line breaks of the comment.
    std::string said;
    std::istringstream lines(config::documentation(row));
    for (std::string line; std::getline(lines, line);) said += line.substr(1);
    const std::string fallback =
        row.fallback.empty() ? "required" : fmt::format("default {}", row.fallback);
    EXPECT_THAT(said, testing::StartsWith(
                          fmt::format(" {}: {}; {}", row.key, config::accepted(row), fallback)));
    EXPECT_TRUE(said.ends_with(fmt::format(" {}", row.effect))) << said;
  }
}

// A setting is explained where its section is, and one of a row where the row is.
TEST(ShippedFile, explains_every_setting_in_its_own_section) {
  const std::string text = text_of(shipped_path());
  static const std::map<std::string_view, std::string_view> parents = {
      {"when", "when"},         {"first", "first"}, {"class.hours", "hours"},
      {"overflow", "overflow"}, {"surge", "surge"}, {"agent_tiers", "agent_tiers"}};
  std::size_t last = 0;
  for (const Setting& row : config::settings()) {
    const auto parent = parents.find(row.section);
    const bool of_a_row = parent != parents.end();
    // Two sections may say the same of a setting: the table's order tells them apart.
    const std::size_t place = text.find(config::documentation(row), of_a_row ? 0 : last);
    ASSERT_NE(place, std::string::npos)
        << row.section << "." << row.key << " is not explained in the table's order";
    if (!of_a_row) {
      last = place + 1;
    } else {
      const std::size_t above =
          text.find(config::documentation(config::setting("class", parent->second)));
      const std::size_t heading = text.rfind(" knows:\n", place);
      ASSERT_NE(heading, std::string::npos) << row.section << "." << row.key;
      EXPECT_LT(above, heading) << row.section << "." << row.key;
      const std::size_t line = text.rfind('\n', heading) + 1;
      const std::string wanted = fmt::format("`{}`", parent->second);
      EXPECT_THAT(text.substr(line, heading - line), HasSubstr(wanted)) << row.key;
    }
  }
}

// What a mode may say is every setting of these sections, and each does there what it does outside.
TEST(EverySetting, of_how_work_is_shared_out_can_be_changed_by_a_mode) {
  static const std::map<std::string_view, std::string_view> headers = {
      {"routing", "routing"},      {"channels", "channels.chat"}, {"tiers", "tiers.vip"},
      {"impacts", "impacts.high"}, {"band", "band.live"},         {"class", "class.help"}};
  for (const Setting& row : config::settings()) {
    const auto header = headers.find(row.section);
    if (header == headers.end()) continue;
    std::vector<std::string> values;
    if (row.kind == SettingKind::duration || row.kind == SettingKind::count) {
      values = {value_text(row, row.low), value_text(row, row.high)};
    } else if (row.kind == SettingKind::flag) {
      values = {"false", "true"};
    } else if (row.kind == SettingKind::choice) {
      for (const auto word : config::choices(row)) values.push_back(fmt::format("\"{}\"", word));
    }
    if (values.empty()) continue;
    const std::string floor =
        text_with(row.section, row.key, row.key == "security" ? "true" : values[0]);
    for (std::size_t i = 1; i < values.size(); ++i) {
      const auto in_mode = [&](const std::string& value) {
        return settings_of(
                   fmt::format("{}[mode.m.{}]\n{} = {}\n", floor, header->second, row.key, value))
            .pool_configuration.modes.at(0)
            .rules;
      };
      EXPECT_NE(in_mode(values[i - 1]), in_mode(values[i])) << row.section << "." << row.key;
    }
  }
}

TEST(EverySetting, of_the_server_defaults_to_what_settings_say_without_a_file) {
  Settings settings = settings_of(Floor().text());
  settings.pool_configuration = {};
  settings.timetable = {};
  EXPECT_EQ(settings, Settings{});
}

// --- mistakes ---

struct Mistake {
  std::string_view name;
  std::string_view text;   // put after a floor of 14 lines that is right
  std::string_view error;  // the only one
};

constexpr std::string_view right = R"([names]
skills = ["chain", "wallet"]
categories = ["login", "fees"]
groups = ["frontline"]
[channels.chat]
[channels.voice]
[tiers.vip]
[impacts.high]
[[band]]
name = "live"
[[class]]
name = "help"
band = "live"
when = { category = ["login"] }
)";

const Mistake mistakes[] = {
    {"syntax", "target = \n",
     "15:10: Error while parsing key-value pair: expected value, saw '\\n'"},
    {"header_without_a_key", "[ ,]\n",
     "15:3: Error while parsing key: expected bare key starting character or string delimiter, saw "
     "','"},
    {"key_twice", "band = \"live\"\n",
     "15:8: Error while parsing key-value pair: cannot redefine existing string 'band'"},
    {"unknown_key", "targit = \"60s\"\n",
     "15: [[class]] has no setting targit; the nearest is target"},
    {"key_of_elsewhere", "fair_pick = 3\n",
     "15: [[class]] has no setting fair_pick; it is a setting of routing"},
    {"unknown_section", "[srever]\n", "15: the file has no section srever; the nearest is server"},
    {"not_known", "[routing]\nlogin_bursts = 3\n",
     "16: [routing] has no setting login_bursts; the nearest is login_burst"},
    {"above_capacity_without_need", "over_capacity = 1\n",
     "15: over_capacity must be 0 outside a security band, found 1"},
    {"surge_outside_a_security_band", "need = [\"0s: chain\"]\nsurge = { above = 20, lend = 30 }\n",
     "16: surge must not be set outside a security band"},
    {"first_of_another_kind",
     "[[band]]\nname = \"later\"\n[[class]]\nname = \"theft\"\nband = \"live\"\nwhen = []\n"
     "first = {bot = \"60s\", reply = true}\n",
     "21: first has no setting reply; the nearest is bot"},
    {"bots_for_no_time", "first = {replies_count = true}\n", "15: first needs bot: 1s to 24h"},
    {"no_unit", "[channels.mail]\noffer_timeout = \"0\"\n",
     "16: offer_timeout must be 1s to 10m, found \"0\""},
    {"wrong_unit", "target = \"90 seconds\"\n",
     "15: target must be 1s to 720h, found \"90 seconds\""},
    {"number_for_duration", "target = 90\n", "15: target must be 1s to 720h, found 90"},
    {"text_for_number", "offers_at_once = \"2\"\n",
     "15: offers_at_once must be 1 to 8 agents, found \"2\""},
    {"fraction", "offers_at_once = 1.5\n", "15: offers_at_once must be 1 to 8 agents, found 1.5"},
    {"text_for_flag", "[channels.mail]\nbackground = \"yes\"\n",
     "16: background must be true or false, found \"yes\""},
    {"list_of_numbers", "authorities = [\n  7\n]\n",
     "16: authorities must be a list of 0 to 16 names of authorities, each in quotes, found 7"},
    {"table_for_list", "need = {}\n", "15: need must be a list of 0 to 8 steps, found a table"},
    {"name_twice_in_a_list", "[impacts.low]\n[routing]\nscarce = [\"chain\", \"chain\"]\n",
     "17: scarce names \"chain\" twice"},
    {"class_twice", "[[class]]\nname = \"help\"\nband = \"live\"\nwhen = []\n",
     "16: there must be one class called help, found another"},
    {"band_twice", "[[band]]\nname = \"live\"\n",
     "16: there must be one band called live, found another"},
    {"class_without_band", "[[class]]\nname = \"more\"\nwhen = []\n",
     "15: [[class]] needs band: the name of a band of 1 to 32 letters, digits, - _ ."},
    {"class_without_name", "[[class]]\nband = \"live\"\nwhen = []\n",
     "15: [[class]] needs name: a name of 1 to 32 letters, digits, - _ ."},
    {"class_without_rule", "[[class]]\nname = \"more\"\nband = \"live\"\n",
     "15: [[class]] needs when: 0 to 64 conditions"},
    {"class_as_table", "[server.class]\n",
     "15: [server] has no setting class; the nearest is lease"},
    {"unknown_band", "[[class]]\nname = \"more\"\nband = \"life\"\nwhen = []\n",
     "17: band names \"life\", which is no band; the nearest is live"},
    {"unknown_category",
     "[[class]]\nname = \"a\"\nband = \"live\"\nwhen = {category = [\"fee\"]}\n",
     "18: category names \"fee\", which is no category; the nearest is fees"},
    {"unknown_channel", "[[class]]\nname = \"a\"\nband = \"live\"\nwhen = {channel = [\"voce\"]}\n",
     "18: channel names \"voce\", which is no channel; the nearest is voice"},
    {"unknown_tier", "[[class]]\nname = \"a\"\nband = \"live\"\nwhen = {tier = [\"vip1\"]}\n",
     "18: tier names \"vip1\", which is no tier; the nearest is vip"},
    {"unknown_impact", "[[class]]\nname = \"a\"\nband = \"live\"\nwhen = {impact = [\"hi\"]}\n",
     "18: impact names \"hi\", which is no impact; the nearest is high"},
    {"unknown_skill", "need = [\"0s: chian\"]\n",
     "15: need names \"chian\", which is no skill; the nearest is chain"},
    {"unknown_authority", "authorities = [\"may_freeze\"]\n",
     "15: authorities names \"may_freeze\", which is no authority"},
    {"unknown_group", "agent_tiers = [{ group = \"frontlin\", tier = 1 }]\n",
     "15: group names \"frontlin\", which is no group; the nearest is frontline"},
    {"unknown_heir", "heir = \"halp\"\n",
     "15: heir names \"halp\", which is no class; the nearest is help"},
    {"heir_of_itself", "heir = \"help\"\n",
     "15: heir must be another class, found \"help\" itself"},
    {"unknown_scarce", "[routing]\nscarce = [\"walet\"]\n",
     "16: scarce names \"walet\", which is no skill; the nearest is wallet"},
    {"bad_name", "[channels.\"two words\"]\n",
     "15: the name of a channel must be 1 to 32 letters, digits, - _ ., found \"two words\""},
    {"long_name", "[tiers.abcdefghijklmnopqrstuvwxyz0123456]\n",
     "15: the name of a tier must be 1 to 32 letters, digits, - _ ., found "
     "\"abcdefghijklmnopqrstuvwxyz0123456\""},
    {"long_pool", "[server]\npool = \"ninebytes\"\n",
     "16: pool must be a name of 1 to 8 letters, digits, - _ ., found \"ninebytes\""},
    {"steps_not_increasing",
     "need = [\n  \"0s: chain\",\n  \"20s: wallet\",\n  \"20s: anyone\",\n]\n",
     "18: the steps of a need must be at increasing times, found \"20s\" after \"20s\""},
    {"first_step_late", "need = [\"1s: chain\"]\n",
     "15: the first step of a need must be at 0s, found \"1s\""},
    {"condition_never_reached",
     "[[class]]\nname = \"a\"\nband = \"live\"\nwhen = {category = [\"login\"], tier = "
     "[\"vip\"]}\n",
     "18: this condition never gets anything: the one in line 14 already takes all of it"},
    {"security_not_first", "[[band]]\nname = \"security\"\nsecurity = true\n",
     "17: security must be true in the first band only, found it in a later one"},
    {"voice_in_the_background", "[channels.mail]\nvoice = true\nbackground = true\n",
     "15: [channels.mail] must be voice or background, found both"},
    {"holds_without_common_multiple",
     "[channels.a]\nholds = 997\n[channels.b]\nholds = 991\n[channels.c]\nholds = 983\n",
     "5: the holds of all channels must have a common multiple, found none up to 10737418; rounder "
     "numbers have one"},
    {"several_offers_of_what_is_given", "accept = \"auto\"\noffers_at_once = 2\n",
     "16: offers_at_once must be 1 where accept is \"auto\", found 2"},
    {"hold_for_no_time", "hold_for_preferred = true\n",
     "15: hold_for_preferred must stand beside a preferred_wait above 0s, found none"},
    {"release_after_nothing", "release_after_handling_max = true\n",
     "15: release_after_handling_max must stand beside a handling_max above 0s, found none"},
    {"unknown_zone", "[hours.a]\ntime_zone = \"Europe/Berlim\"\nopen = [\"mon 08:00-09:00\"]\n",
     "16: time_zone names \"Europe/Berlim\", which is no time zone of this system; the nearest is "
     "Europe/Berlin"},
    {"hours_never_open", "[hours.a]\nopen = []\n",
     "16: open must be 1 to 64 times of a week, found 0"},
    {"hours_of_no_day", "[hours.a]\nopen = [\"08:00-09:00\"]\n",
     "16: open must be times of a week such as \"mon-fri 08:00-16:00\", found \"08:00-09:00\""},
    {"holiday_that_is_none", "[hours.a]\nopen = [\"sat 10:00-24:00\"]\nholidays = [\"02-30\"]\n",
     "17: holidays must be days such as \"2026-04-03\", or \"12-25\" of every year, found "
     "\"02-30\""},
    {"unknown_calendar",
     "hours = { calendar = \"offise\" }\n[hours.office]\nopen = [\"mon 08:00-09:00\"]\n",
     "15: calendar names \"offise\", which is no calendar; the nearest is office"},
    {"hours_of_a_skill",
     "hours = { calendar = \"a\", language = [\"chain\"] }\n[hours.a]\n"
     "open = [\"mon 08:00-09:00\"]\n",
     "15: language names \"chain\", which is no language"},
    {"hours_row_never_reached",
     "hours = [{ calendar = \"a\" },\n{ calendar = \"a\" }]\n[hours.a]\n"
     "open = [\"mon 08:00-09:00\"]\n",
     "16: this row of hours never counts: one above already has its languages"},
    {"closed_without_hours", "when_closed = \"refuse\"\n",
     "15: when_closed must stand beside hours, found none"},
    {"overflow_to_nowhere", "overflow = { to = \"halp\" }\n",
     "15: to names \"halp\", which is no class; the nearest is help"},
    {"overflow_to_itself", "overflow = { to = \"help\" }\n",
     "15: to must be another class, found \"help\" itself"},
    {"two_overflows", "overflow = [{ to = \"defer\" }, { to = \"refuse\" }]\n",
     "15: overflow must be 0 to 1 rows, found 2"},
    {"class_called_like_a_word", "[[class]]\nname = \"defer\"\nband = \"live\"\nwhen = []\n",
     "16: a class must not be called defer, which is a word of when_closed and overflow"},
    {"mode_of_an_unknown_section", "[mode.a.names]\nskills = []\n",
     "15: [mode.a] has no section names; the nearest is tiers"},
    {"mode_of_an_unknown_class", "[mode.a.class.halp]\ntarget = \"7s\"\n",
     "15: [mode.a.class.halp] is about something the file does not have; the nearest is help"},
    {"mode_of_an_unknown_setting", "[mode.a.class.help]\ntargit = \"7s\"\n",
     "16: [[class]] has no setting targit; the nearest is target"},
    {"mode_of_a_wrong_value", "[mode.a.channels.chat]\nholds = 0\n",
     "16: holds must be 1 to 1000 conversations, found 0"},
    {"mode_of_another_name", "[mode.a.class.help]\nname = \"more\"\n",
     "16: [mode.a.class.help] cannot change name: it is the same in every mode"},
    {"mode_of_another_zone", "[mode.a.routing]\ntime_zone = \"UTC\"\n",
     "16: [routing] cannot change time_zone: it is the same in every mode"},
    {"mode_called_like_a_word", "[mode.normal]\n",
     "15: a mode must not be called normal, which is a word of usherctl mode"},
    {"mode_that_is_no_table", "[mode]\na = 3\n", "16: [mode.a] must be a table, found 3"},
    {"endpoint", "[server]\nevents = [\"udp://127.0.0.1:1\"]\n",
     "16: events must be 1 to 8 endpoints, tcp://ADDRESS:PORT or ipc://PATH, found "
     "\"udp://127.0.0.1:1\""},
    {"endpoint_without_a_port", "[server]\nevents = [\"tcp://localhost\"]\n",
     "16: events must be 1 to 8 endpoints, tcp://ADDRESS:PORT or ipc://PATH, found "
     "\"tcp://localhost\""},
    {"endpoint_of_a_large_port", "[server]\nevents = [\"tcp://127.0.0.1:99999\"]\n",
     "16: the port of events must be 1 to 65535, found \"99999\" in \"tcp://127.0.0.1:99999\""},
    {"endpoint_of_port_zero", "[server]\nevents = [\"tcp://[::1]:0\"]\n",
     "16: the port of events must be 1 to 65535, found \"0\" in \"tcp://[::1]:0\""},
    {"endpoint_without_a_path", "[server]\nevents = [\"ipc://\"]\n",
     "16: the path of events must be 1 to 107 bytes, found 0 in \"ipc://\""},
    {"endpoint_twice", "[server]\nqueries = [\"tcp://127.0.0.1:5711\"]\n",
     "16: queries must be endpoints of its own, found \"tcp://127.0.0.1:5711\" again"},
    {"no_endpoints", "[server]\nqueries = []\n",
     "16: queries must be 1 to 8 endpoints, tcp://ADDRESS:PORT or ipc://PATH, found 0"},
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, are_named_with_their_line) {
  EXPECT_THAT(errors_of(right), IsEmpty());
  EXPECT_THAT(errors_of(std::string(right) + std::string(GetParam().text)),
              ElementsAre(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(Table, Mistakes, testing::ValuesIn(mistakes),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Mistake, all_of_a_file_are_named_in_the_order_of_its_lines) {
  EXPECT_THAT(
      errors_of("[server]\nlease = 3\nwindow = 0\n[[band]]\nname = \"a b\"\n"),
      ElementsAre(" there must be a table for each channel, such as [channels.chat], found none",
                  " there must be 1 to 256 [[class]], found none",
                  "2: lease must be 5s to 10m, found 3",
                  "3: window must be 1 to 4096 commands, found 0",
                  "5: name must be a name of 1 to 32 letters, digits, - _ ., found \"a b\""));
}

TEST(Mistake, is_a_file_that_is_not_there) {
  const Result result = read_configuration("/nowhere/usher.toml", {});
  EXPECT_THAT(
      std::get<ConfigurationErrors>(result).lines,
      ElementsAre("/nowhere/usher.toml: must be a file that usherd can read, found: No such "
                  "file or directory"));
}

TEST(Mistake, is_a_directory) {
  const Result result = read_configuration(testing::TempDir(), {});
  EXPECT_THAT(std::get<ConfigurationErrors>(result).lines,
              ElementsAre(HasSubstr("found: Is a directory")));
}

TEST(Mistake, of_sections_written_as_something_else) {
  struct Row {
    std::string_view text;
    std::string_view error;
  };
  for (const Row& row : {Row{"server = 3\n", "1: [server] must be a table, found 3"},
                         Row{"band = 3\n", "1: band must be written as [[band]], found 3"},
                         Row{"class = []\n", "1: there must be 1 to 256 [[class]], found 0"},
                         Row{"tiers = \"vip\"\n", "1: tiers must be a table, found \"vip\""},
                         Row{"tiers.vip = 1\n", "1: [tiers.vip] must be a table, found 1"},
                         Row{"channels = []\n", "1: there must be a table for each channel"}}) {
    EXPECT_THAT(errors_of(row.text),
                testing::Contains(testing::StartsWith(std::string(row.error))));
  }
}

// Whatever a file says, reading it ends in settings or in errors.
TEST(Mistake, of_any_kind_does_no_harm) {
  const std::string text = text_of(shipped_path());
  std::uint32_t dice = 1;
  for (int i = 0; i < 400; ++i) {
    std::string broken = text;
    for (int changes = 0; changes < 4; ++changes) {
      dice = dice * 1664525 + 1013904223;
      const std::size_t place = (dice >> 8) % broken.size();
      if (i % 2 == 0) broken[place] = static_cast<char>(dice >> 3);
      if (i % 2 == 1) broken.erase(place, dice % 7);
    }
    if (i % 10 == 0) broken.resize((dice >> 8) % broken.size());
    const Result result = read(broken);
    const auto* errors = std::get_if<ConfigurationErrors>(&result);
    EXPECT_TRUE(errors == nullptr || !errors->lines.empty());
  }
}

// --- bounds of limits.h ---

std::string repeated(std::size_t count, std::string_view pattern) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format(fmt::runtime(pattern), i);
  return text;
}

TEST(Bounds, of_channels_count_those_of_the_pools_past) {
  const std::string floor = Floor().text();
  EXPECT_THAT(errors_of(floor + repeated(limits::channels_max - 1, "[channels.c{}]\n")), IsEmpty());
  EXPECT_THAT(errors_of(floor + repeated(limits::channels_max, "[channels.c{}]\n")),
              ElementsAre(HasSubstr("channel c15 is one too many: a pool can have at most 16")));
  const std::vector<Name> known = {{NameKind::channel, limits::channels_max, "telex"}};
  EXPECT_THAT(errors_of(floor, known), ElementsAre(HasSubstr("channel chat is one too many")));
}

TEST(Bounds, of_bands_and_classes) {
  const std::string floor = Floor().text();
  constexpr std::string_view bands = "[[band]]\nname = \"b{}\"\n";
  constexpr std::string_view classes = "[[class]]\nname = \"c{}\"\nband = \"live\"\nwhen = []\n";
  EXPECT_THAT(errors_of(floor + repeated(limits::bands_max - 1, bands)), IsEmpty());
  EXPECT_THAT(errors_of(floor + repeated(limits::bands_max, bands)),
              testing::Contains(HasSubstr("there must be 1 to 8 [[band]], found 9")));
  EXPECT_THAT(errors_of(floor + repeated(limits::classes_max - 1, classes)), IsEmpty());
  EXPECT_THAT(errors_of(floor + repeated(limits::classes_max, classes)),
              ElementsAre(HasSubstr("there must be 1 to 256 [[class]], found 257")));
}

TEST(Bounds, of_names_and_groups) {
  const auto list = [](std::size_t count) { return "[" + repeated(count, "\"n{}\", ") + "]"; };
  for (const auto& [key, most] : {std::pair<std::string_view, std::size_t>{"reasons", 4096},
                                  {"groups", limits::groups_max}}) {
    EXPECT_THAT(errors_of(Floor().set("names", key, list(most)).text()), IsEmpty());
    EXPECT_THAT(errors_of(Floor().set("names", key, list(most + 1)).text()),
                ElementsAre(HasSubstr(fmt::format("found {}", most + 1))));
  }
}

TEST(Bounds, of_skills_and_languages_together) {
  Floor floor;
  floor.set("names", "skills", "[" + repeated(4095, "\"s{}\", ") + "]");
  EXPECT_THAT(errors_of(floor.set("names", "languages", R"(["en"])").text()), IsEmpty());
  EXPECT_THAT(errors_of(floor.set("names", "languages", R"(["en", "de"])").text()),
              ElementsAre(HasSubstr("skill de is one too many: a pool can have at most 4096")));
}

TEST(Bounds, of_what_all_needs_ask_for_together) {
  // 48 classes of 8 terms each; authorities come on top.
  std::string text = Floor().set("names", "skills", "[" + repeated(52, "\"s{}\", ") + "]").text();
  for (std::size_t i = 0; i < 48; ++i) {
    std::string terms;
    for (std::size_t j = 0; j < 8; ++j) {
      const std::size_t asked = i * 8 + j;
      terms += fmt::format("{}s{}>={}", j == 0 ? "" : ", ", asked / 10, asked % 10 + 1);
    }
    text += fmt::format("[[class]]\nname = \"c{}\"\nband = \"live\"\nwhen = []\n", i) +
            fmt::format("need = [\"0s: {}, lang\"]\n", terms);
  }
  EXPECT_THAT(errors_of(text), IsEmpty());
  text += "[[class]]\nname = \"d\"\nband = \"live\"\nwhen = []\nauthorities = [\"may_freeze\"]\n";
  EXPECT_THAT(errors_of(text), ElementsAre(HasSubstr("at most 384 different skills at a level, "
                                                     "groups, levels and authorities together, "
                                                     "found 385 up to here")));
}

// A configuration is one record, and a record fits into one group of the journal.
TEST(Bounds, of_the_whole_floor_in_the_journal) {
  const auto names = [](std::size_t count) {
    return "[" + repeated(count, "\"a_name_of_nearly_32_bytes_{:05}\", ") + "]";
  };
  Floor floor;
  floor.set("names", "reasons", names(4096));
  EXPECT_THAT(errors_of(floor.text()), IsEmpty());
  floor.set("names", "authorities", names(4096));
  EXPECT_THAT(errors_of(floor.text()),
              ElementsAre(HasSubstr("the floor must take at most 261120 bytes in the journal")));
}

// --- names ---

std::map<std::string, std::uint16_t> numbers_of(const Settings& settings, NameKind kind) {
  std::map<std::string, std::uint16_t> numbers;
  for (const Name& name : settings.pool_configuration.names) {
    if (name.kind == kind) numbers[name.text] = name.number;
  }
  return numbers;
}

using Numbers = std::map<std::string, std::uint16_t>;

TEST(Names, of_a_new_pool_are_numbered_in_the_order_of_the_file) {
  const Settings settings = settings_of(
      Floor().set("names", "skills", R"(["zinc", "chain"])").text() + "[tiers.a]\n[impacts.a]\n");
  EXPECT_EQ(numbers_of(settings, NameKind::skill),
            (Numbers{{"zinc", 1}, {"chain", 2}, {"en", 3}, {"de", 4}}));
  EXPECT_EQ(numbers_of(settings, NameKind::tier), (Numbers{{"vip", 1}, {"a", 2}}));
  EXPECT_EQ(numbers_of(settings, NameKind::channel), (Numbers{{"chat", 1}}));
}

TEST(Names, keep_their_numbers_whatever_becomes_of_the_file) {
  const std::vector<Name> first = settings_of(Floor().text()).pool_configuration.names;
  EXPECT_EQ(settings_of(Floor().text(), first).pool_configuration.names, first);

  std::vector<Name> known = first;
  known.push_back({NameKind::origin, 1, "web-chat"});
  Floor changed;
  changed.set("names", "skills", R"(["tokens", "wallet"])");  // one new, one gone
  const Settings second = settings_of(changed.text(), known);
  EXPECT_EQ(numbers_of(second, NameKind::skill),
            (Numbers{{"chain", 1}, {"wallet", 2}, {"en", 3}, {"de", 4}, {"tokens", 5}}));
  EXPECT_EQ(numbers_of(second, NameKind::origin), (Numbers{{"web-chat", 1}}));
  const auto& names = second.pool_configuration.names;
  EXPECT_TRUE(std::equal(known.begin(), known.end(), names.begin()));
  EXPECT_EQ(settings_of(changed.text(), names), second);
}

TEST(Names, that_the_file_no_longer_has_cannot_be_referred_to) {
  const std::vector<Name> known = {{NameKind::skill, 1, "telex"}};
  const std::string text = Floor().set("class", "need", R"(["0s: telex"])").text();
  EXPECT_THAT(errors_of(text, known), ElementsAre(HasSubstr("\"telex\", which is no skill")));
}

// A band's number is its place: the core compares it.
TEST(Names, of_bands_keep_their_places) {
  const std::vector<Name> known = {{NameKind::band, 1, "live"}, {NameKind::band, 2, "later"}};
  constexpr std::string_view later = "[[band]]\nname = \"later\"\n";
  constexpr std::string_view more = "[[band]]\nname = \"more\"\n";
  const std::string floor = Floor().text();
  EXPECT_THAT(errors_of(floor, known), IsEmpty());
  EXPECT_THAT(errors_of(floor + std::string(later) + std::string(more), known), IsEmpty());
  EXPECT_THAT(
      errors_of(floor + std::string(more), known),
      ElementsAre(HasSubstr("band more must be at place 3 of all bands, found it at 2: those "
                            "a pool has known keep their places, and new ones come after "
                            "them")));
}

TEST(Names, of_a_skill_and_a_language_must_differ) {
  EXPECT_THAT(errors_of(Floor().set("names", "skills", R"(["en"])").text()),
              ElementsAre(HasSubstr("there must be one skill called en, found another among skills "
                                    "and languages")));
}

// --- what the core is told ---

TEST(Bots, get_no_incidents) {
  Floor floor;
  floor.set("band", "security", "true").set("class", "first", R"({ bot = "60s" })");
  EXPECT_THAT(errors_of(floor.text()),
              ElementsAre(HasSubstr("first must not be set in a security band: bots get no "
                                    "incidents")));
}

TEST(Policy, stands_for_settings_that_can_still_be_given) {
  struct Row {
    std::string_view policy;
    GiveTo give_to;
    Order first;  // a security band
    Order later;
  };
  for (const Row& row :
       {Row{"fair", GiveTo::least_loaded, Order::oldest, Order::oldest},
        Row{"service_level", GiveTo::least_loaded, Order::oldest, Order::service_level},
        Row{"voice", GiveTo::longest_idle, Order::oldest, Order::oldest}}) {
    Floor floor;
    floor.set("routing", "policy", fmt::format("\"{}\"", row.policy));
    floor.set("band", "security", "true");
    const std::string more = "[[band]]\nname = \"later\"\n";
    const Settings settings = settings_of(floor.text() + more);
    EXPECT_EQ(settings.policy, row.policy);
    EXPECT_EQ(settings.pool_configuration.give_to, row.give_to);
    EXPECT_EQ(settings.pool_configuration.bands[0].order, row.first);
    EXPECT_EQ(settings.pool_configuration.bands[1].order, row.later);
    EXPECT_EQ(settings.pool_configuration.bands[1].rescue, 5);

    floor.set("routing", "give_to", R"("longest_idle")").set("band", "order", R"("deadline")");
    const Settings given = settings_of(floor.text() + more + "order = \"oldest\"\n");
    EXPECT_EQ(given.pool_configuration.give_to, GiveTo::longest_idle);
    EXPECT_EQ(given.pool_configuration.bands[0].order, Order::deadline);
    EXPECT_EQ(given.pool_configuration.bands[1].order, Order::oldest);
  }
}

TEST(Policy, leaves_alone_what_is_said_of_classes_and_scarce_skills) {
  const std::string fair = text_of(shipped_path());
  for (const char* policy : {"fair", "service_level", "voice"}) {
    std::string text = fair;
    const std::string line = "\npolicy = \"fair\"";
    text.replace(text.find(line), line.size(), fmt::format("\npolicy = \"{}\"", policy));
    const Settings settings = settings_of(text);
    EXPECT_EQ(settings.policy, policy);
    const ClassConfiguration& takeover = class_of(settings.pool_configuration, "takeover");
    EXPECT_EQ(takeover.over_slots, 1);
    EXPECT_EQ(takeover.need.size(), 2U);
    EXPECT_EQ(settings.pool_configuration.scarce_skills.size(), 1U);
    EXPECT_EQ(settings.pool_configuration.fair_pick, 16);
  }
}

TEST(Class, may_have_several_conditions_and_their_order_is_that_of_the_file) {
  const Settings settings = settings_of(
      Floor()
          .set("class", "when", R"([{category = ["fees"], tier = ["vip"]}, {channel = ["chat"]}])")
          .text() +
      "[[class]]\nname = \"rest\"\nband = \"live\"\nwhen = {}\n");
  const std::vector<ClassRule>& rules = settings.pool_configuration.rules;
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_THAT(rules[0].categories, ElementsAre(CategoryNumber{2}));
  EXPECT_THAT(rules[0].tiers, ElementsAre(TierNumber{1}));
  EXPECT_THAT(rules[1].channels, ElementsAre(ChannelNumber{1}));
  EXPECT_EQ(rules[1].service_class, ClassNumber{1});
  ClassRule everything;
  everything.service_class = ClassNumber{2};
  EXPECT_EQ(rules[2], everything);
}

TEST(Class, that_needs_a_scarce_skill_in_any_step_says_so) {
  struct Row {
    std::string_view need;
    bool scarce;
  };
  for (const Row& row :
       {Row{R"(["0s: chain"])", true},
        Row{R"(["0s: wallet", "5s: wallet>=2 | lang, chain>=3"])", true},
        Row{R"(["0s: wallet"])", false}, Row{R"(["0s: !chain"])", false}, Row{R"([])", false}}) {
    Floor floor;
    floor.set("routing", "scarce", R"(["chain"])").set("class", "need", row.need);
    const Settings settings = settings_of(floor.text());
    EXPECT_EQ(settings.pool_configuration.classes[0].scarce, row.scarce) << row.need;
  }
}

TEST(Class, may_name_an_heir_that_stands_below) {
  const Settings settings = settings_of(Floor().set("class", "heir", R"("rest")").text() +
                                        "[[class]]\nname = \"rest\"\nband = \"live\"\nwhen = []\n");
  EXPECT_EQ(settings.pool_configuration.classes[0].heir, ClassNumber{2});
  EXPECT_EQ(settings.pool_configuration.classes[1].heir, ClassNumber{});
}

TEST(Class, says_in_which_order_agents_are_asked) {
  const Settings settings = settings_of(
      Floor()
          .set("class", "agent_tiers",
               R"([{group = "desk", tier = 2, helps_after = "30s"}, {level = 3, tier = 255}])")
          .text());
  EXPECT_THAT(
      settings.pool_configuration.classes[0].tiers,
      ElementsAre(TierRule{GroupNumber{2}, 0, 2, 30'000}, TierRule{GroupNumber{}, 3, 255, 0}));
}

TEST(Class, says_when_it_is_open_and_where_the_rest_goes) {
  Floor floor;
  floor.set("hours", "time_zone", R"("Europe/Berlin")")
      .set("hours", "open", R"(["sat-sun 22:00-02:00", "wed 10:00-24:00"])")
      .set("hours", "holidays", R"(["12-25", "2026-04-03"])")
      .set("class", "hours", R"([{calendar = "office", language = ["de"]}, {calendar = "night"}])")
      .set("class", "when_closed", R"("rest")")
      .set("class", "overflow", R"({to = "defer", waiting = 3, wait = "30m", back_after = "2h"})");
  const Settings settings = settings_of(floor.text() +
                                        "[[class]]\nname = \"rest\"\nband = \"live\"\nwhen = []\n"
                                        "[hours.night]\nopen = [\"mon 22:00-23:30\"]\n");
  const ClassConfiguration& help = class_of(settings.pool_configuration, "help");
  const LanguageNumber german{number_of(settings.pool_configuration, NameKind::skill, "de")};
  EXPECT_THAT(help.hours, ElementsAre(ClassHours{german, HoursNumber{1}},
                                      ClassHours{LanguageNumber{}, HoursNumber{2}}));
  EXPECT_EQ(help.closed_to, (Diversion{Diversion::Kind::service_class, ClassNumber{2}}));
  EXPECT_EQ(help.overflow, (Overflow{{Diversion::Kind::defer, {}}, 3, 30 * 60'000, 2 * 3'600'000}));
  ASSERT_EQ(settings.timetable.calendars.size(), 2U);
  const CalendarSettings& office = settings.timetable.calendars[0];
  EXPECT_EQ(office.number, HoursNumber{1});
  EXPECT_EQ(office.time_zone, "Europe/Berlin");
  EXPECT_THAT(office.open, ElementsAre(command::Shift{5 * 1440 + 22 * 60, 6 * 1440 + 120},
                                       command::Shift{6 * 1440 + 22 * 60, 120},
                                       command::Shift{2 * 1440 + 600, 3 * 1440}));
  EXPECT_THAT(office.holidays, ElementsAre(Holiday{0, 12, 25}, Holiday{2026, 4, 3}));
  EXPECT_EQ(settings.timetable.calendars[1].time_zone, "UTC");
}

TEST(Class, of_a_security_band_is_never_closed_and_nothing_leads_into_it) {
  Floor floor;
  floor.set("band", "security", "true");
  const std::string later =
      "[[band]]\nname = \"later\"\n[[class]]\nname = \"rest\"\n"
      "band = \"later\"\nwhen = []\n";
  EXPECT_THAT(errors_of(floor.text() + later), IsEmpty());
  EXPECT_THAT(errors_of(floor.text() + later + "overflow = {to = \"help\"}\n"),
              ElementsAre(HasSubstr("to must be a class outside the security band, found "
                                    "\"help\"")));
  for (const auto& [key, value] :
       {std::pair<std::string_view, std::string_view>{"hours", R"({calendar = "office"})"},
        {"overflow", R"({to = "defer"})"}}) {
    Floor wrong = floor;
    EXPECT_THAT(errors_of(wrong.set("class", key, value).text() + later),
                ElementsAre(HasSubstr(fmt::format("{} must not be set in a security band: "
                                                  "incidents wait for nothing",
                                                  key))));
  }
}

TEST(Class, of_a_security_band_may_lend_a_share_of_the_others) {
  Floor floor;
  floor.set("band", "security", "true")
      .set("class", "need", R"(["0s: chain>=5, lang | wallet", "10s: anyone"])")
      .set("surge", "above", "20")
      .set("surge", "lend", "30");
  const Settings settings = settings_of(
      floor.text() + "[mode.all_hands.class.help]\nsurge = { above = 0, lend = 100 }\n");
  const ClassConfiguration& plain = settings.pool_configuration.classes[0];
  EXPECT_EQ(plain.surge_above, 20U);
  EXPECT_EQ(plain.surge_lend_percent, 30);
  const ClassConfiguration& of_mode = settings.pool_configuration.modes.at(0).rules.classes[0];
  EXPECT_EQ(of_mode.surge_above, 0U);
  EXPECT_EQ(of_mode.surge_lend_percent, 100);
}

TEST(Class, that_lends_says_how_many_and_in_which_incidents) {
  Floor floor;
  floor.set("band", "security", "true").set("class", "need", R"(["0s: chain"])");
  EXPECT_THAT(errors_of(floor.set("class", "surge", "{ above = 20 }").text()),
              ElementsAre(HasSubstr("surge needs lend: 0 to 100 percent")));
  EXPECT_THAT(errors_of(floor.set("class", "surge", "{ lend = 30 }").text()),
              ElementsAre(HasSubstr("surge needs above: 0 to 1000000 conversations")));
}

TEST(Class, whose_need_asks_for_no_skill_at_first_has_no_others_to_lend) {
  Floor floor;
  floor.set("band", "security", "true").set("surge", "above", "20").set("surge", "lend", "30");
  for (const std::string_view need :
       {"[]", R"(["0s: lang"])", R"(["0s: chain | !wallet", "10s: chain"])"}) {
    EXPECT_THAT(
        errors_of(floor.set("class", "need", need).text()),
        ElementsAre(HasSubstr("surge must stand beside a need whose first step asks for a "
                              "skill in every alternative: without one nobody is another")));
  }
}

TEST(Mode, is_the_file_with_some_settings_changed) {
  const std::string text = Floor().text();
  const PoolConfiguration plain = settings_of(text).pool_configuration;
  const Settings settings = settings_of(
      text +
      "[mode.calm]\n[mode.listing.routing]\nshed_above = 7\npolicy = \"voice\"\n"
      "[mode.listing.class.help]\ntarget = \"5m\"\n[mode.listing.band.live]\nrescue = 9\n"
      "[mode.listing.channels.chat]\nholds = 8\n[mode.listing.tiers.vip]\n"
      "head_start = \"3s\"\n[mode.listing.impacts.high]\nhead_start = \"4s\"\n");
  const PoolConfiguration& pool = settings.pool_configuration;
  EXPECT_EQ(settings.policy, "fair");
  ASSERT_EQ(pool.modes.size(), 2U);
  EXPECT_EQ(static_cast<const RoutingRules&>(pool), static_cast<const RoutingRules&>(plain));
  EXPECT_EQ(pool.modes[0].rules, static_cast<const RoutingRules&>(plain));
  EXPECT_EQ(pool.modes[1].number.value, number_of(pool, NameKind::mode, "listing"));
  RoutingRules wanted = plain;
  wanted.waiting_max = 7;
  wanted.give_to = GiveTo::longest_idle;
  wanted.classes[0].target_ms = 300'000;
  wanted.bands[0].rescue = 9;
  wanted.channels[0].holds = 8;
  wanted.head_starts = {{TierNumber{1}, ImpactNumber{}, 3'000},
                        {TierNumber{}, ImpactNumber{1}, 4'000}};
  EXPECT_EQ(pool.modes[1].rules, wanted);
}

TEST(HeadStart, is_told_only_where_there_is_one) {
  Floor floor;
  floor.set("tiers", "head_start", R"("90s")");
  EXPECT_THAT(settings_of(floor.text() + "[tiers.other]\n").pool_configuration.head_starts,
              ElementsAre(HeadStart{TierNumber{1}, ImpactNumber{}, 90'000}));
}

TEST(Check, sums_a_file_up_in_one_line) {
  EXPECT_EQ(check_summary(default_configuration({})),
            "ok: pool main, policy fair: 5 channels, 4 bands, 10 classes with 11 conditions");
}

}  // namespace
}  // namespace usher
