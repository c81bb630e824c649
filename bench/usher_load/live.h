#pragma once

// The picture of a floor at work: redrawn in place on a terminal, a plain line every few seconds on
// anything else.

#include <cstdint>
#include <string>

#include "bench/usher_load/desk.h"
#include "bench/usher_load/figures.h"
#include "bench/usher_load/robots.h"

namespace usher::load {

struct LiveState {
  const Figures* figures = nullptr;
  const Traffic* traffic = nullptr;
  const client::Dictionary* names = nullptr;
  Robots::People people;
  double compress = 1.0;
  double hour = 0.0;     // of the floor's day
  double real_s = 0.0;   // since the start
  bool listing = false;  // a coin is being listed
};

class Live {
 public:
  // terminal: with colours and in place; else plain lines.
  explicit Live(bool terminal) : terminal_(terminal) {}

  // Whether it is time to draw again.
  [[nodiscard]] bool due(std::int64_t now_ns) const { return now_ns >= next_ns_; }
  void draw(std::int64_t now_ns, const LiveState& state);

  [[nodiscard]] std::string table(const LiveState& state) const;
  [[nodiscard]] std::string line(const LiveState& state) const;

 private:
  [[nodiscard]] std::string head(const LiveState& state) const;
  [[nodiscard]] std::string classes(const LiveState& state) const;
  [[nodiscard]] std::string assignments(const LiveState& state) const;
  [[nodiscard]] std::string_view paint(std::string_view colour) const;

  bool terminal_;
  std::int64_t next_ns_ = 0;
  std::int64_t last_ns_ = 0;
  std::size_t lines_drawn_ = 0;
  std::uint64_t last_commands_ = 0;
  std::uint64_t last_events_ = 0;
  std::uint64_t last_assignments_ = 0;
  double commands_rate_ = 0.0;
  double events_rate_ = 0.0;
  double assignments_rate_ = 0.0;
};

}  // namespace usher::load
