#pragma once

// What came of the conversations of a run, counted from the directed events, which say everything
// but one: for a class that counts the accept as the first reply there is no event of that reply.
// Our agents always reply before they close as solved, so a close without a reply tells such a
// class. Times in the results are those of the floor: what the events say × `compress`.

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "bench/usher_load/histogram.h"
#include "bench/usher_load/names.h"

namespace usher::load {

struct ClassFigures {
  std::int64_t target_ms = 0;
  std::uint16_t band = 0;
  std::uint64_t opened = 0;
  std::uint64_t answered = 0;   // first replies
  std::uint64_t in_target = 0;  // of them
  std::uint64_t abandoned = 0;  // left without a reply
  std::uint64_t deferred = 0;
  std::uint64_t unroutable = 0;
  std::uint64_t closed = 0;
  Histogram wait;       // of the answered, to the first reply, in milliseconds
  Histogram left_wait;  // of the abandoned, until they left
  // The class counts the accept as the first reply: usherd then tells of no reply of its own.
  bool replied_by_accept = false;

  // Those waiting now, by the pool time they were opened at.
  std::set<std::pair<std::int64_t, Id>> waiting;

  // Share replied to within the target; who left counts as a miss. Nobody yet = 1.
  [[nodiscard]] double service_level() const {
    const std::uint64_t judged = answered + abandoned;
    return judged == 0 ? 1.0 : static_cast<double>(in_target) / static_cast<double>(judged);
  }
};

// A line of the list of last assignments.
struct Assignment {
  Id conversation = {};
  Id agent = {};
  std::uint16_t service_class = 0;
  std::uint16_t band = 0;
  std::uint16_t channel = 0;
  std::int64_t waited_ms = 0;
  bool over = false;
};

class Figures {
 public:
  // compress: floor time ÷ pool time. keep_last: how many assignments are remembered per list.
  explicit Figures(double compress, std::size_t keep_last = 8)
      : compress_(compress), keep_last_(keep_last) {}

  // Targets are in pool time as usherd tells them, and are meant as floor time.
  void know_classes(const std::vector<client::ClassStatus>& classes);
  void see(const Event& event);

  [[nodiscard]] const std::map<std::uint16_t, ClassFigures>& classes() const { return classes_; }
  [[nodiscard]] ClassFigures total() const;
  [[nodiscard]] std::uint64_t open() const { return live_.size(); }
  // How long the longest of those waiting waits, in floor time.
  [[nodiscard]] std::int64_t oldest_ms(const ClassFigures& figures) const;
  // The newest first; incidents of the most urgent band in a list of their own.
  [[nodiscard]] const std::deque<Assignment>& last_urgent() const { return last_urgent_; }
  [[nodiscard]] const std::deque<Assignment>& last_others() const { return last_others_; }

  std::uint64_t offers = 0;
  std::uint64_t lapses = 0;
  std::uint64_t rejects = 0;
  std::uint64_t assignments = 0;
  std::uint64_t over = 0;        // assignments above capacity
  std::uint64_t taken_back = 0;  // silent agents
  std::uint64_t events = 0;

 private:
  struct Live {
    std::uint16_t service_class = 0;
    std::int64_t opened_ms = 0;
    bool waiting = false;
    bool replied = false;
    std::int64_t assigned_ms = -1;  // first, since opened_at
  };

  void see_live(Live& live, const Event& event);
  void answered(Live& live, ClassFigures& figures, std::int64_t waited_ms);
  void see_close(Live& live, ClassFigures& figures, const Event& event);
  void see_assigned(const Event& event);

  [[nodiscard]] std::int64_t floor_ms(std::int64_t pool_ms) const {
    return static_cast<std::int64_t>(static_cast<double>(pool_ms) * compress_);
  }

  double compress_;
  std::size_t keep_last_;
  std::int64_t now_ms_ = 0;  // pool time of the last event
  std::map<std::uint16_t, ClassFigures> classes_;
  IdMap<Live> live_;
  std::deque<Assignment> last_urgent_;
  std::deque<Assignment> last_others_;
};

}  // namespace usher::load
