#pragma once

// How usherctl asks.

#include <algorithm>
#include <utility>

#include "client/usherctl.h"

namespace usher::client {

// Whom to ask about the past: usherd has to replay it, behind others who ask.
inline Target patient(Target target) {
  constexpr int replay_ms = 60'000;
  target.timeout_ms = std::max(target.timeout_ms, replay_ms);
  return target;
}

// What both a question and the names in its answer need.
template <class T, class Ask>
bool ask_with_names(const Target& target, Ask ask, T& found, Dictionary& names, Exit& exit) {
  auto queries = target.ask();
  Found<T> answered = ask(queries);
  if (const auto* failure = std::get_if<Failure>(&answered)) {
    exit = failed(target, *failure);
    return false;
  }
  found = std::get<T>(std::move(answered));
  Found<Dictionary> dictionary = queries.dictionary();
  if (const auto* failure = std::get_if<Failure>(&dictionary)) {
    exit = failed(target, *failure);
    return false;
  }
  names = std::get<Dictionary>(std::move(dictionary));
  return true;
}

}  // namespace usher::client
