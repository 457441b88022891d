// JSON as YAML.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace aright::cli {

/// `text` in double quotes, the one style that can hold any text: what YAML 1.2 does not let stand as itself (§5.1), or
/// nobody sees, is escaped. Bytes that are not UTF-8 become U+FFFD, as in JSON. Pure.
[[nodiscard]] std::string yaml_quoted(std::string_view text);

/// A document in block style with the values of `doc`, its texts in double quotes. Pure.
[[nodiscard]] std::string as_yaml(const Json& doc);

}  // namespace aright::cli
