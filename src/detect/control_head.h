// What files of controls/ have in common, whatever kind of control they hold.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>

#include "base/yaml.h"
#include "model/control.h"

namespace aright::detect {

/// `control`. Every function here reports its mistakes to the diagnostics of `in`, and to `out`, which are the same.
[[nodiscard]] std::string parse_control_name(yaml::Fields& in, Diagnostics& out);
/// `control`, `title` (without one: the name), `tags`, `severity`, `for`.
void parse_control_head(yaml::Fields& in, Control& control, Diagnostics& out);
/// `resolve_after` of what finds in events; nullopt: it is not stated, or wrong.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_resolve_after(yaml::Fields& in);
/// Refuses the keys of other kinds in a control with `kind`, which finds in events.
void refuse_other_kinds(yaml::Fields& in, const std::string& kind, std::initializer_list<const char*> keys,
                        const std::string& hint);

}  // namespace aright::detect
