#pragma once

// The figures of `usherctl status`: what a head of support looks at once a day rather than once a
// minute. All of them are counted since the pool began, tests left out.

#include <cstdint>
#include <string>
#include <vector>

#include "client/dictionary.h"
#include "client/queries.h"
#include "client/usherctl_json.h"
#include "client/usherctl_terminal.h"

namespace usher::client {

// "87.5 %", or "-" of nothing.
std::string share(std::uint64_t part, std::uint64_t whole);
// A number that is nothing is not worth looking at.
Table::Cell count(std::uint64_t number);
// The most urgent band first, and in it as configured.
std::vector<ClassStatus> in_order(std::vector<ClassStatus> classes);

void print_figures(const Status& status, const Dictionary& names);
void add_figures(Json& to, const ClassStatus& of);
Json groups_json(const Status& status, const Dictionary& names);
Json origins_json(const Status& status, const Dictionary& names);

}  // namespace usher::client
