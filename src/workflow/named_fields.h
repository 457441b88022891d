// Which fields a text of a workflow names, before there are values.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace aright::workflow {

/// The expressions in the `${ … }` of `text`, which need not be right ones. Pure.
[[nodiscard]] std::vector<std::string> expressions_in(std::string_view text);

/// The names that stand behind `noun` and a dot in `expression`, but not in its texts: of "event.user.id" and "event"
/// it is "user". Not found is what is named otherwise (`event["user"]`). Pure.
[[nodiscard]] std::set<std::string> fields_named(std::string_view expression, std::string_view noun);

}  // namespace aright::workflow
