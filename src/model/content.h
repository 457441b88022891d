// The normal form of a file's content in states and desired states: the text split at "\n" when it is UTF-8 without NUL
// (joining restores it exactly), else {"base64": "…"}.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace aright {

[[nodiscard]] Json content_json(std::string_view bytes);
/// The reverse. Errc::invalid.
[[nodiscard]] Result<std::string> content_bytes(const Json& content);

}  // namespace aright
