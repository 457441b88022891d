// A change of a resource for people, made or only planned.
#pragma once

#include <string>

#include "base/json.h"

namespace aright::cli {

/// Lines for what differs between two states (maps of fields; content as the lines that go and come), and below them
/// the operations of `difference` on fields that neither state shows since they are kept from view. Safe for a
/// terminal.
[[nodiscard]] std::string show_change(const Json& before, const Json& after, const Json& difference);

}  // namespace aright::cli
