#include "bench/usher_load/role.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace usher::load {

client::Status ask_status(const Endpoints& endpoints) {
  client::Queries queries({.endpoint = endpoints.queries, .pool = endpoints.pool});
  auto found = queries.status();
  if (auto* status = std::get_if<client::Status>(&found)) return std::move(*status);
  throw std::runtime_error(std::get<client::Failure>(found).text);
}

Findings end_check(CheckProcess& check, const Endpoints& endpoints) {
  const std::uint64_t sequence = ask_status(endpoints).sequence;
  const std::string json = check.finish(sequence, std::chrono::seconds(60));
  const std::optional<Findings> findings = findings_of(json);
  if (!findings) throw std::runtime_error("the checker's report cannot be read: " + json);
  return *findings;
}

int print_report(const Report& report, const Desk& desk, bool json) {
  const bool heard_all = desk.events_lost() == 0 && desk.traffic().lost == 0;
  const bool clean = !report.findings || report.findings->total() == 0;
  if (json) {
    fmt::print("{}\n", json_of(report));
  } else {
    fmt::print("{}", table_of(report));
    if (!heard_all) {
      fmt::print("  {} commands without an outcome, {} holes in our own events\n",
                 desk.traffic().lost, desk.events_lost());
    }
    if (report.findings) fmt::print("\n{}\n", last_line(*report.findings));
  }
  std::fflush(stdout);
  return clean && heard_all ? 0 : 1;
}

std::string draw_prefix() {
  const Id id = Id::random();
  return fmt::format("f{:02x}{:02x}{:02x}{:x}", id.bytes[0], id.bytes[1], id.bytes[2],
                     id.bytes[3] & 0xF);
}

void wait_for_desk(Desk& desk, std::int64_t until_ns) {
  const std::int64_t left_ms = (until_ns - now_ns() + 999'999) / 1'000'000;
  const auto timeout =
      static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, desk.client().timeout_ms()));
  pollfd end{desk.client().fd(), POLLIN, 0};
  poll(&end, 1, timeout);
  desk.process();
}

}  // namespace usher::load
