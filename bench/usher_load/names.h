#pragma once

// What usher-load says and hears, under short names.

#include <unordered_map>
#include <unordered_set>

#include "client/client.h"
#include "client/command.h"
#include "client/event.h"
#include "client/id.h"
#include "client/queries.h"

namespace usher::load {

using client::Id;

using client::Cause;
using client::Command;
using client::ConversationState;
using client::Event;
using client::EventKind;
using client::NameKind;
using client::Presence;

template <class Value>
using IdMap = std::unordered_map<Id, Value>;
using IdSet = std::unordered_set<Id>;

}  // namespace usher::load
