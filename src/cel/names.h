// What a name stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cel/functions.h"
#include "cel/program.h"

namespace aright::cel {

/// Names in the order in which `text` is looked up in `container`: "a.b" and x give a.b.x, a.x, x.
[[nodiscard]] std::vector<std::string> lookups(std::string_view container, std::string_view text, bool rooted);

/// The kind a name like `int` or `google.protobuf.Timestamp` stands for as a value of kind type.
[[nodiscard]] std::optional<Kind> type_named(std::string_view text);

/// "`size` takes (string) or (list), not (int)" and such.
[[nodiscard]] std::string signatures(std::span<const Overload> overloads);

}  // namespace aright::cel
