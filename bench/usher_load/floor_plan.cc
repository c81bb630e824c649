#include "bench/usher_load/floor_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace usher::load {
namespace {

// Weekday arrivals per half hour (Sunday to Thursday mean), with the straight line between.
struct HalfHour {
  double hour;
  double count;
};
constexpr std::array<HalfHour, 21> profile = {
    {{0.0, 10},  {0.5, 2},   {6.5, 2},   {7.0, 17},  {8.0, 35},  {8.5, 52},  {9.5, 63},
     {10.0, 67}, {11.0, 58}, {12.0, 53}, {13.0, 51}, {14.0, 56}, {15.5, 59}, {16.0, 60},
     {17.0, 46}, {18.0, 41}, {19.0, 33}, {20.0, 27}, {21.5, 31}, {22.5, 27}, {23.5, 18}}};
constexpr double busiest = 67.0;

// Half hours scatter more than Poisson: an index of dispersion of 4 at 67 calls is a random factor
// with variance (4 - 1) / 67.
constexpr double half_hour_sigma = 0.21;

// ln of seconds. Service: the fitted log-normals of the call types. Patience: the log-normal
// through the Kaplan-Meier shares after 60 and 600 s (PS .86 .52, NW .71 .19, NE .93 .55, IN .84
// .32), which meets the shares after 180 s within .03.
struct LogNormal {
  double mu;
  double sigma;

  [[nodiscard]] double mean() const { return std::exp(mu + sigma * sigma / 2.0); }
};
constexpr LogNormal regular_service{4.84, 0.84};
constexpr LogNormal prospect_service{4.29, 0.88};
constexpr LogNormal stock_service{5.20, 0.95};
constexpr LogNormal internet_service{5.28, 1.17};
constexpr LogNormal regular_patience{6.51, 2.236};
constexpr LogNormal prospect_patience{4.98, 1.609};
constexpr LogNormal stock_patience{6.61, 1.706};
constexpr LogNormal internet_patience{5.66, 1.575};
// Nobody waits on the line for an answer to a mail: half a week, and hardly less.
constexpr LogNormal mail_patience{12.6, 0.3};

struct KindRow {
  std::string_view category;
  std::string_view channel;
  double share;          // of all conversations, in per cent
  double listing_share;  // added to it while a coin is listed, in per cent of the usual
  LogNormal service;
  LogNormal patience;
  double reply_factor;  // of the usual time to the first reply; who picks up a call replies at once
};

// The mix is ours: 1.5 % security incidents, the rest what a wallet's customers ask for.
constexpr std::array<KindRow, 20> kind_rows = {{
    {"takeover", "chat", 0.5, 0.2, internet_service, stock_patience, 0.3},
    {"takeover", "voice", 0.2, 0.0, internet_service, stock_patience, 0.0},
    {"funds_moving", "chat", 0.5, 0.2, stock_service, stock_patience, 0.3},
    {"seed_leaked", "chat", 0.3, 0.1, stock_service, stock_patience, 0.3},
    {"identity", "chat", 6.0, 10.0, regular_service, regular_patience, 1.0},
    {"abnormal_trade", "chat", 2.0, 10.0, stock_service, stock_patience, 1.0},
    {"account", "chat", 8.0, 10.0, regular_service, regular_patience, 1.0},
    {"login", "chat", 6.0, 20.0, prospect_service, prospect_patience, 1.0},
    {"device", "social", 3.0, 0.0, prospect_service, prospect_patience, 1.5},
    {"deposit", "chat", 8.0, 30.0, stock_service, stock_patience, 1.0},
    {"withdrawal", "chat", 7.0, 10.0, stock_service, stock_patience, 1.0},
    {"card", "chat", 4.0, 0.0, regular_service, regular_patience, 1.0},
    {"transaction", "social", 3.0, 10.0, regular_service, regular_patience, 1.5},
    {"complaint", "chat", 3.0, 5.0, internet_service, internet_patience, 1.0},
    {"complaint", "social", 1.5, 5.0, regular_service, internet_patience, 1.5},
    {"how-to", "chat", 16.0, 10.0, regular_service, regular_patience, 1.0},
    {"fees", "voice", 9.0, 0.0, regular_service, regular_patience, 0.0},
    {"listing", "chat", 7.0, 80.0, prospect_service, prospect_patience, 1.0},
    {"account", "email", 9.0, 0.0, regular_service, mail_patience, 6.0},
    {"fees", "ticket", 6.0, 0.0, regular_service, mail_patience, 6.0},
}};

struct NamedShare {
  std::string_view name;
  double share;
};
constexpr std::array<NamedShare, 10> language_shares = {{{"en", 50},
                                                         {"de", 10},
                                                         {"es", 10},
                                                         {"fr", 7},
                                                         {"pt", 5},
                                                         {"tr", 5},
                                                         {"ru", 4},
                                                         {"zh", 4},
                                                         {"ja", 3},
                                                         {"ko", 2}}};
constexpr std::array<NamedShare, 3> tier_shares = {
    {{"regular", 70}, {"vip", 10}, {"prospect", 20}}};
constexpr std::array<NamedShare, 3> impact_shares = {{{"low", 10}, {"normal", 82}, {"high", 8}}};

// How much of an agent's time can be planned: the rest is what skills and languages cost.
constexpr double planned_load = 0.72;
// Of a chat besides its service: taking it and writing notes.
constexpr double around_service_s = 20.0;

double holds_of(std::string_view channel) {
  if (channel == "voice") return 1.0;
  return channel == "social" ? 4.0 : channel == "chat" ? 3.0 : 5.0;
}

// What one conversation takes of an agent on average, in agent-seconds.
double mean_work_s() {
  double work = 0.0;
  double shares = 0.0;
  for (const KindRow& row : kind_rows) {
    work += row.share * (row.service.mean() + around_service_s) / holds_of(row.channel);
    shares += row.share;
  }
  return work / shares;
}

// --- the roster ---

using Skills = std::vector<std::pair<std::string_view, int>>;

// Levels follow from the agent's place in its group: every level from `from` to `to` comes up.
std::uint8_t level_of(std::uint32_t place, int from, int to) {
  return static_cast<std::uint8_t>(from + static_cast<int>(place) % (to - from + 1));
}

void add_languages(client::DefineAgent& agent, std::uint32_t place, std::uint32_t more,
                   const Numbers& numbers) {
  agent.skills.push_back({numbers(NameKind::skill, "en"), 8});
  for (std::uint32_t step = 0; step < more; ++step) {
    const std::size_t index = 1 + (place * more + step) % (language_shares.size() - 1);
    agent.skills.push_back({numbers(NameKind::skill, language_shares[index].name), 6});
  }
}

void add_skills(client::DefineAgent& agent, const Skills& skills, const Numbers& numbers) {
  for (const auto& [name, level] : skills) {
    agent.skills.push_back({numbers(NameKind::skill, name), static_cast<std::uint8_t>(level)});
  }
}

client::DefineAgent security_person(std::uint32_t place, const Numbers& numbers) {
  client::DefineAgent agent;
  agent.group = numbers(NameKind::group, "security_desk");
  agent.level = 3;
  agent.authorities = {numbers(NameKind::authority, "may_freeze"),
                       numbers(NameKind::authority, "may_refund")};
  add_languages(agent, place, 3, numbers);
  add_skills(agent,
             {{"security", level_of(place, 5, 10)},
              {"identity", 7},
              {"compliance", 6},
              {"account", 8},
              {"chain", level_of(place, 4, 8)}},
             numbers);
  return agent;
}

client::DefineAgent specialist(std::uint32_t place, const Numbers& numbers) {
  client::DefineAgent agent;
  agent.group = numbers(NameKind::group, "specialists");
  agent.level = level_of(place, 2, 3);
  agent.authorities = {numbers(NameKind::authority, "may_refund")};
  // Some could also take an incident, and may not freeze: authority is never relaxed.
  if (place % 8 == 0) agent.skills.push_back({numbers(NameKind::skill, "security"), 3});
  add_languages(agent, place, 2, numbers);
  add_skills(agent,
             {{"identity", level_of(place, 4, 9)},
              {"trading", level_of(place, 3, 9)},
              {"chain", level_of(place, 5, 10)},
              {"fiat", level_of(place, 5, 9)},
              {"account", 6}},
             numbers);
  return agent;
}

client::DefineAgent frontline_person(std::uint32_t place, const Numbers& numbers) {
  client::DefineAgent agent;
  agent.group = numbers(NameKind::group, "frontline");
  agent.level = place % 4 == 0 ? 2 : 1;
  // One in ten works half the day's load.
  if (place % 10 == 9) agent.share_percent = 50;
  add_languages(agent, place, 2, numbers);
  add_skills(agent,
             {{"account", level_of(place, 2, 7)},
              {"wallet", level_of(place, 1, 7)},
              {"identity", level_of(place, 3, 6)}},
             numbers);
  if (place % 2 == 0) add_skills(agent, {{"chain", level_of(place, 3, 7)}}, numbers);
  if (place % 3 == 0) add_skills(agent, {{"fiat", level_of(place, 3, 8)}}, numbers);
  if (place % 4 == 0) agent.authorities = {numbers(NameKind::authority, "may_refund")};
  return agent;
}

template <class Rows>
std::size_t draw_index(Random& chance, const Rows& rows, auto&& share_of) {
  double all = 0.0;
  for (const auto& row : rows) all += share_of(row);
  double left = chance.unit() * all;
  for (std::size_t index = 0; index + 1 < rows.size(); ++index) {
    left -= share_of(rows[index]);
    if (left < 0.0) return index;
  }
  return rows.size() - 1;
}

}  // namespace

double profile_at(double hour) {
  const double wrapped = std::fmod(hour, 24.0);
  const auto after = std::ranges::upper_bound(profile, wrapped, {}, &HalfHour::hour);
  const HalfHour& from = *std::prev(after);
  const HalfHour to = after == profile.end() ? HalfHour{24.0, profile.front().count} : *after;
  const double way = (wrapped - from.hour) / (to.hour - from.hour);
  return (from.count + way * (to.count - from.count)) / busiest;
}

std::vector<client::DefineAgent> floor_roster(std::uint32_t agents, const Numbers& numbers) {
  std::vector<client::DefineAgent> roster;
  const std::uint32_t security = std::max<std::uint32_t>(2, agents / 10);
  const std::uint32_t specialists = std::max<std::uint32_t>(2, agents / 4);
  for (std::uint32_t index = 0; index < agents; ++index) {
    client::DefineAgent agent = index < security ? security_person(index, numbers)
                                : index < security + specialists
                                    ? specialist(index - security, numbers)
                                    : frontline_person(index - security - specialists, numbers);
    agent.agent = *Id::parse(fmt::format("agent-{:05}", index + 1));
    roster.push_back(std::move(agent));
  }
  return roster;
}

Habits floor_habits(double compress) {
  const auto seconds = [&](double median_s, double sigma) {
    return Delay{.median_ms = median_s * 1000.0 / compress, .sigma = sigma};
  };
  return {.accept = seconds(4.0, 0.5),
          .reply = seconds(14.0, 0.5),
          .wrap_up = seconds(15.0, 0.4),
          .service = {.median_ms = std::exp(regular_service.mu) * 1000.0 / compress,
                      .sigma = regular_service.sigma},
          .reject_share = 0.01,
          .ignore_share = 0.002,
          .hold_share = 0.02,
          .hold = seconds(120.0, 0.8),
          .recover_ms = static_cast<std::int64_t>(60'000.0 / compress)};
}

FloorPlan::FloorPlan(FloorOptions options, const Numbers& numbers)
    : options_(std::move(options)),
      chance_(options_.seed),
      kinds_(kinds(numbers)),
      languages_(named(NameKind::skill, numbers)),
      tiers_(named(NameKind::tier, numbers)),
      impacts_(named(NameKind::impact, numbers)) {
  rate_ = options_.rate_per_second;
  if (rate_ == 0.0) {
    rate_ = planned_load * options_.agents / mean_work_s() * options_.compress;
  }
}

std::vector<FloorPlan::Kind> FloorPlan::kinds(const Numbers& numbers) {
  std::vector<Kind> kinds;
  for (std::size_t row = 0; row < kind_rows.size(); ++row) {
    kinds.push_back({row, numbers(NameKind::category, kind_rows[row].category),
                     numbers(NameKind::channel, kind_rows[row].channel)});
  }
  return kinds;
}

std::vector<FloorPlan::Named> FloorPlan::named(NameKind kind, const Numbers& numbers) {
  const std::span<const NamedShare> rows =
      kind == NameKind::tier     ? std::span<const NamedShare>(tier_shares)
      : kind == NameKind::impact ? std::span<const NamedShare>(impact_shares)
                                 : std::span<const NamedShare>(language_shares);
  std::vector<Named> found;
  for (const NamedShare& row : rows) found.push_back({numbers(kind, row.name), row.share});
  return found;
}

double FloorPlan::hour(std::int64_t at_ms) const {
  return options_.start_hour + floor_seconds(at_ms) / 3600.0;
}

double FloorPlan::rate_at(double floor_s) const {
  const auto half_hour = static_cast<std::uint64_t>(floor_s / 1800.0);
  Random factor = Random(options_.seed).fork(half_hour);
  const double scatter =
      factor.log_normal(-half_hour_sigma * half_hour_sigma / 2.0, half_hour_sigma);
  const bool listing = floor_s >= Listing::begin_s && floor_s < Listing::end_s;
  return rate_ / options_.compress * profile_at(options_.start_hour + floor_s / 3600.0) * scatter *
         (listing ? Listing::times : 1.0);
}

const FloorPlan::Kind& FloorPlan::draw_kind(Random& chance, bool listing) const {
  return kinds_[draw_index(chance, kinds_, [&](const Kind& kind) {
    const KindRow& row = kind_rows[kind.row];
    return row.share + (listing ? row.listing_share : 0.0);
  })];
}

Arrival FloorPlan::next() {
  Random chance = chance_.fork(count_);
  // Rates change slowly against the gaps between customers, so a gap is drawn at the present rate.
  floor_s_ += chance.exponential(1.0 / rate_at(floor_s_));
  const bool listing = floor_s_ >= Listing::begin_s && floor_s_ < Listing::end_s;
  const Kind& kind = draw_kind(chance, listing);
  const KindRow& row = kind_rows[kind.row];
  const double to_real_ms = 1000.0 / options_.compress;
  const auto draw_ms = [&](const LogNormal& shape) {
    return static_cast<std::int64_t>(chance.log_normal(shape.mu, shape.sigma) * to_real_ms);
  };
  const auto share_of = [](const Named& named) { return named.share; };
  Arrival arrival;
  arrival.at_ms = static_cast<std::int64_t>(floor_s_ * to_real_ms);
  arrival.service_ms = draw_ms(row.service);
  arrival.patience_ms = draw_ms(row.patience);
  arrival.reply_factor = row.reply_factor;
  arrival.open.conversation =
      *Id::parse(fmt::format("{}{:07x}", options_.id_prefix, count_ & 0xFFF'FFFF));
  arrival.open.channel = kind.channel;
  arrival.open.category = kind.category;
  arrival.open.language = languages_[draw_index(chance, languages_, share_of)].number;
  arrival.open.tier = tiers_[draw_index(chance, tiers_, share_of)].number;
  arrival.open.impact = impacts_[draw_index(chance, impacts_, share_of)].number;
  ++count_;
  return arrival;
}

}  // namespace usher::load
