#pragma once

// Exact answers of queueing theory, for holding simulations against. The unit of time is the mean
// service time of one agent at rate 1; every law is exponential unless it says otherwise.
//
// Sources: A. K. Erlang (1917) and the usual recursion of his B formula; C. Palm (1946), in the
// form of Garnett, Mandelbaum, Reiman, "Designing a call center with impatient customers", 2002;
// A. Cobham, "Priority assignment in waiting line problems", 1954; O. Kella and U. Yechiali,
// "Waiting times in the non-preemptive priority M/M/c queue", 1985; F. Pollaczek (1930) and
// A. Khinchine (1932); I. Adan and G. Weiss, "A skill based parallel service system under
// FCFS-ALIS", Stochastic Systems 4, 2014.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace usher::theory {

// The probability of waiting among `agents`, offered a load of a = λ ÷ μ. Requires: a < agents.
inline double erlang_c(int agents, double load) {
  double blocked = 1.0;  // Erlang's B: B_k = a B_(k-1) ÷ (k + a B_(k-1))
  for (int k = 1; k <= agents; ++k) blocked = load * blocked / (k + load * blocked);
  return agents * blocked / (agents - load * (1.0 - blocked));
}

inline double erlang_c_mean_wait(int agents, double load) {
  return erlang_c(agents, load) / (agents - load);
}

// The wait that is exceeded with this probability, over all customers; 0 if so many do not wait.
inline double erlang_c_wait_exceeded(int agents, double load, double probability) {
  return std::max(0.0, std::log(erlang_c(agents, load) / probability) / (agents - load));
}

// Non-preemptive priorities, the most urgent class first: W_k = C ÷ (N (1 - s_(k-1)) (1 - s_k)).
inline std::vector<double> priority_mean_waits(int agents, const std::vector<double>& rates) {
  const double wait = erlang_c(agents, std::accumulate(rates.begin(), rates.end(), 0.0));
  std::vector<double> waits;
  double before = 0.0;
  for (const double rate : rates) {
    const double with = before + rate / agents;
    waits.push_back(wait / (agents * (1.0 - before) * (1.0 - with)));
    before = with;
  }
  return waits;
}

// Customers who leave after an exponential time of rate theta: M/M/N+M.
struct ErlangA {
  double p_wait = 0.0;
  double p_abandon = 0.0;
  double mean_wait = 0.0;
  double mean_wait_served = 0.0;  // of those who are answered
  double served_within = 0.0;     // share of all
  double busy = 0.0;
};

// The state is a birth-death chain; a customer who finds k others waiting is answered after the sum
// of k + 1 exponential times with rates N + j θ, if it has not left. Leaving at rate θ tilts each
// of them to N + (j + 1) θ, and their sum then is the time of the (k + 1)-th birth of a pure birth
// process with linear rates: negative binomial.
inline ErlangA erlang_a(int agents, double rate, double theta, double within) {
  const int last = agents + 20'000;
  std::vector<double> chance = {1.0};  // by number in the system, relative to the empty one
  double total = 1.0;
  for (int n = 1; n <= last && (n <= agents || chance.back() > 1e-18 * total); ++n) {
    const double death = std::min(n, agents) + std::max(n - agents, 0) * theta;
    chance.push_back(chance.back() * rate / death);
    total += chance.back();
    if (total > 1e250) {
      for (double& one : chance) one /= total;
      total = 1.0;
    }
  }
  ErlangA result;
  double served_wait = 0.0;
  double served = 1.0;  // if k + 1 must be waited for
  double mean = 0.0;    // of the tilted sum
  const double births = (agents + theta) / theta;
  double mass = std::exp(-theta * within * births);  // negative binomial, of k births
  double mass_below = 0.0;
  for (std::size_t n = 0; n < chance.size(); ++n) {
    const double p = chance[n] / total;
    const int state = static_cast<int>(n);
    result.busy += p * std::min(state, agents) / agents;
    if (state < agents) {
      result.served_within += p;
      continue;
    }
    const int k = state - agents;
    const double leaves_at = agents + k * theta;
    served *= leaves_at / (leaves_at + theta);
    mean += 1.0 / (leaves_at + theta);
    mass_below += mass;
    mass *= (births + k) / (k + 1) * -std::expm1(-theta * within);
    result.p_wait += p;
    result.mean_wait += p * (1.0 - served) / theta;
    result.p_abandon += p * (1.0 - served);
    result.served_within += p * served * std::max(0.0, 1.0 - mass_below);
    served_wait += p * served * mean;
  }
  result.mean_wait_served = served_wait / (1.0 - result.p_abandon);
  return result;
}

// One agent, any law of service: the mean wait at a load below 1, for services of mean 1.
inline double pollaczek_khinchine(double load, double cv) {
  return load / (1.0 - load) * (1.0 + cv * cv) / 2.0;
}

// One agent with several conversations at once: n of them end at rate n × speed(n), the rest wait.
struct SharedAgent {
  double p_wait = 0.0;
  double mean_wait = 0.0;
  std::vector<double> time_by_count;
};
inline SharedAgent shared_agent(double rate, const std::vector<double>& speeds) {
  const std::size_t room = speeds.size();
  SharedAgent result;
  result.time_by_count = {1.0};
  for (std::size_t n = 1; n <= room; ++n) {
    const double ends = static_cast<double>(n) * speeds[n - 1];
    result.time_by_count.push_back(result.time_by_count.back() * rate / ends);
  }
  // Beyond the room the chain is geometric.
  const double load = rate / (static_cast<double>(room) * speeds.back());
  const double full = result.time_by_count.back() / (1.0 - load);
  result.time_by_count.back() = full;
  const double total =
      std::accumulate(result.time_by_count.begin(), result.time_by_count.end(), 0.0);
  for (double& share : result.time_by_count) share /= total;
  result.p_wait = full / total;
  result.mean_wait = result.p_wait * load / (1.0 - load) / rate;
  return result;
}

// Skills: each server takes some classes; first come first served, and whoever has been idle
// longest is asked first. The state is the servers in a row, the busy ones in the order of the work
// they hold, then the idle ones from the shortest idle to the longest, and how many wait behind
// each busy one. Its chance is a product: 1 ÷ (μ(first j) - λ(only they can take)) for every busy
// j, 1 ÷ λ(somebody of the last can take) for every idle one.
struct SkillServer {
  double rate = 1.0;
  std::vector<bool> takes;  // by class
};
struct SkillModel {
  std::vector<double> p_wait;     // by class
  std::vector<double> mean_wait;  // by class
  std::vector<double> busy;       // by server
};
inline SkillModel skill_model(const std::vector<double>& rates,
                              const std::vector<SkillServer>& servers) {
  const std::size_t classes = rates.size();
  SkillModel result;
  result.p_wait.resize(classes);
  result.busy.resize(servers.size());
  std::vector<double> waiting(classes);
  std::vector<std::size_t> row(servers.size());
  std::iota(row.begin(), row.end(), std::size_t{0});
  const auto taken_by = [&](std::size_t c, std::size_t from, std::size_t to) {
    return std::any_of(row.begin() + static_cast<std::ptrdiff_t>(from),
                       row.begin() + static_cast<std::ptrdiff_t>(to),
                       [&](std::size_t server) { return servers[server].takes[c]; });
  };
  double total = 0.0;
  do {
    for (std::size_t busy = 0; busy <= row.size(); ++busy) {
      double weight = 1.0;
      std::vector<double> behind(classes);
      double speed = 0.0;
      for (std::size_t j = 1; j <= busy; ++j) {
        speed += servers[row[j - 1]].rate;
        double only = 0.0;
        for (std::size_t c = 0; c < classes; ++c) {
          if (!taken_by(c, j, row.size())) only += rates[c];
        }
        weight /= speed - only;
        for (std::size_t c = 0; c < classes; ++c) {
          if (!taken_by(c, j, row.size())) behind[c] += rates[c] / (speed - only);
        }
      }
      for (std::size_t j = busy; j < row.size(); ++j) {
        double wanted = 0.0;
        for (std::size_t c = 0; c < classes; ++c) {
          if (taken_by(c, j, row.size())) wanted += rates[c];
        }
        weight /= wanted;
      }
      total += weight;
      for (std::size_t c = 0; c < classes; ++c) {
        if (!taken_by(c, busy, row.size())) result.p_wait[c] += weight;
        waiting[c] += weight * behind[c];
      }
      for (std::size_t j = 0; j < busy; ++j) result.busy[row[j]] += weight;
    }
  } while (std::next_permutation(row.begin(), row.end()));
  for (double& p : result.p_wait) p /= total;
  for (double& p : result.busy) p /= total;
  // Little's law.
  for (std::size_t c = 0; c < classes; ++c) {
    result.mean_wait.push_back(waiting[c] / total / rates[c]);
  }
  return result;
}

}  // namespace usher::theory
