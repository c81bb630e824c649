#pragma once

// Records and events in words, for who reads a journal: with the names that the pool's dictionary
// has for its numbers.

#include <map>
#include <span>
#include <string>
#include <utility>

#include "routing/command.h"
#include "routing/event.h"

namespace usher {

class JournalWords {
 public:
  // The dictionary, as it is now. Names are only ever added.
  void learn(std::span<const Name> dictionary);
  // Whose commands the session's are.
  void remember(const SessionId& session, OriginNumber origin) { origins_[session] = origin; }

  // "open c1: chat, account, en", without who and when.
  [[nodiscard]] std::string of(const Command& command) const;
  // "desk-1 #12", or "usherd".
  [[nodiscard]] std::string who(const Record& record) const;
  // "offered c1 to ann (given), class how-to".
  [[nodiscard]] std::string of(const Event& event) const;
  [[nodiscard]] static std::string of(Refusal reason);
  // An object with every field that says something.
  [[nodiscard]] std::string json(const Event& event) const;

  [[nodiscard]] std::string name(NameKind kind, std::uint16_t number) const;

 private:
  std::map<std::pair<NameKind, std::uint16_t>, std::string> names_;
  std::size_t known_ = 0;  // names of the dictionary
  std::map<SessionId, OriginNumber> origins_;
};

// The word of a kind of command: "open".
[[nodiscard]] std::string kind_word(const Command& command);
// "2026-11-27 07:44:12.123", in UTC.
[[nodiscard]] std::string time_text(std::int64_t wall_ms);

}  // namespace usher
