// Nine o'clock: five hundred mails that were put off over night come back at once, to people who
// chat as well. Chats are answered as before, and the mails get done.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config.h"
#include "sim/driver.h"

namespace usher::sim {
namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t minute_us = 60 * second_us;
constexpr std::int64_t hour_us = 60 * minute_us;

constexpr std::uint32_t chat_kind = 0;
constexpr std::uint32_t mail_kind = 1;
constexpr std::uint32_t people = 30;
constexpr std::uint32_t mails = 500;
// Nearly what thirty people can do beside mails.
constexpr double chats_per_second = 0.25;

// The floor of the shipped usher.toml.
struct Shipped {
  PoolConfiguration pool = default_configuration({}).pool_configuration;

  template <class Number>
  [[nodiscard]] Number of(NameKind kind, std::string_view text) const {
    for (const Name& name : pool.names) {
      if (name.kind == kind && name.text == text) return Number{name.number};
    }
    ADD_FAILURE() << "usher.toml does not name " << text;
    return {};
  }
};

Floor floor_of_thirty(const Shipped& shipped) {
  Floor floor;
  floor.pool = shipped.pool;
  Kind chat;
  chat.open.channel = shipped.of<ChannelNumber>(NameKind::channel, "chat");
  chat.open.category = shipped.of<CategoryNumber>(NameKind::category, "account");
  chat.open.language = shipped.of<LanguageNumber>(NameKind::skill, "de");
  chat.tells_reply = true;
  chat.accept_us = Distribution::lognormal(5.0 * second_us, 0.8);
  chat.reply_us = Distribution::lognormal(8.0 * second_us, 0.8);
  Kind mail = chat;
  mail.open.channel = shipped.of<ChannelNumber>(NameKind::channel, "email");
  mail.open.category = shipped.of<CategoryNumber>(NameKind::category, "complaint");
  mail.reply_us = Distribution::lognormal(240.0 * second_us, 0.8);
  floor.kinds = {chat, mail};
  // Chats and mails share somebody's attention.
  floor.groups = {{1.0, 0.8, 0.65, 0.53, 0.45, 0.39, 0.34, 0.3}};
  Worker worker;
  worker.definition.group = shipped.of<GroupNumber>(NameKind::group, "frontline");
  for (const char* skill : {"account", "fiat", "chain", "de"}) {
    worker.definition.skills.push_back({shipped.of<SkillNumber>(NameKind::skill, skill), 8});
  }
  worker.definition.authorities.push_back(
      shipped.of<AuthorityNumber>(NameKind::authority, "may_refund"));
  floor.agents.assign(people, worker);
  return floor;
}

Arrival arrival(std::uint32_t kind, std::int64_t work_us, std::uint64_t delays_seed) {
  Arrival one;
  one.kind = kind;
  one.work_us = work_us;
  one.delays_seed = delays_seed;
  return one;
}

// From six in the morning, with nobody's hours open before nine, until the last mail is answered.
std::vector<Happening> the_morning(const Shipped& shipped, std::uint64_t seed, bool with_mails) {
  std::vector<Happening> happenings;
  const auto berlin = shipped.of<HoursNumber>(NameKind::hours, "office-berlin");
  happenings.push_back({0, command::SetHours{berlin, false}});
  load::Random dice(seed);
  const Distribution mail_work = Distribution::lognormal(300.0 * second_us, 1.0);
  for (std::uint32_t i = 0; i < mails; ++i) {
    const std::int64_t at_us = second_us + i * (2 * hour_us / mails);
    const auto work_us = static_cast<std::int64_t>(mail_work.draw(dice));
    const std::uint64_t delays = dice.next();
    if (with_mails) happenings.push_back({at_us, arrival(mail_kind, work_us, delays)});
  }
  happenings.push_back({3 * hour_us, command::SetHours{berlin, true}});
  const Distribution gap = Distribution::exponential(second_us / chats_per_second);
  const Distribution chat_work = Distribution::lognormal(180.0 * second_us, 1.2);
  const Distribution patience = Distribution::lognormal(600.0 * second_us, 1.5);
  double at_us = 2.0 * hour_us;
  while ((at_us += gap.draw(dice)) < 5.0 * hour_us) {
    Arrival one = arrival(chat_kind, static_cast<std::int64_t>(chat_work.draw(dice)), dice.next());
    one.patience_us = static_cast<std::int64_t>(patience.draw(dice));
    happenings.push_back({static_cast<std::int64_t>(at_us), one});
  }
  std::ranges::stable_sort(happenings, {}, &Happening::at_us);
  return happenings;
}

struct Morning {
  int chats = 0;
  int chats_in_time = 0;
  int mails_answered = 0;
  std::int64_t last_mail_us = 0;
  bool mails_in_order = true;
  double in_time() const { return static_cast<double>(chats_in_time) / chats; }
};

Morning live_through(std::uint64_t seed, bool with_mails) {
  const Shipped shipped;
  Driver driver(floor_of_thirty(shipped));
  const std::vector<Happening> happenings = the_morning(shipped, seed, with_mails);
  Morning morning;
  std::int64_t longest_us = 0;  // until a mail got somebody, of those told so far by arrival
  std::vector<std::pair<std::int64_t, std::int64_t>> taken;
  std::size_t next = 0;
  driver.run(
      [&]() -> std::optional<Happening> {
        return next < happenings.size() ? std::optional(happenings[next++]) : std::nullopt;
      },
      [&](const Fate& fate) {
        const bool answered = fate.end == Fate::End::answered;
        // From half past eight to eleven.
        if (fate.kind == chat_kind && fate.arrived_us >= 5 * hour_us / 2) {
          ++morning.chats;
          if (answered && fate.reply_us <= minute_us) ++morning.chats_in_time;
        }
        if (fate.kind != mail_kind || !answered) return;
        ++morning.mails_answered;
        morning.last_mail_us = std::max(morning.last_mail_us, fate.arrived_us + fate.reply_us);
        taken.emplace_back(fate.arrived_us, fate.arrived_us + fate.wait_us);
      });
  std::ranges::sort(taken);
  for (const auto& [arrived_us, taken_us] : taken) {
    // An offer that is accepted a little later than the next one's is no disorder.
    if (taken_us + minute_us < longest_us) morning.mails_in_order = false;
    longest_us = std::max(longest_us, taken_us);
  }
  return morning;
}

TEST(TheMorning, ChatsAreAnsweredInTimeThoughFiveHundredMailsComeBack) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Morning quiet = live_through(seed, false);
    const Morning morning = live_through(seed, true);
    EXPECT_GE(morning.in_time(), 0.9) << "seed " << seed << ", without mails " << quiet.in_time();
    EXPECT_GE(quiet.in_time(), 0.9) << "seed " << seed;
    EXPECT_EQ(mails, static_cast<std::uint32_t>(morning.mails_answered)) << "seed " << seed;
    EXPECT_GT(morning.last_mail_us, 3 * hour_us) << "seed " << seed;
    EXPECT_TRUE(morning.mails_in_order) << "seed " << seed;
    const auto key = "seed_" + std::to_string(seed);
    RecordProperty(key, std::to_string(quiet.in_time()) + " to " +
                            std::to_string(morning.in_time()) + ", last mail answered after " +
                            std::to_string(morning.last_mail_us / minute_us - 180) + " min");
  }
}

}  // namespace
}  // namespace usher::sim
