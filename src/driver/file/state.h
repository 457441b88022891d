// A file's state in the driver's normal form:
//   {"exists": true, "content": ["line", …] | {"base64": "…"}, "mode": "0644", "owner": "root", "group": "root"}
// `content` is the text split at "\n" when it is UTF-8 without NUL (joining restores it exactly), else base64.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "driver/file/path.h"
#include "model/resource.h"

namespace aright::driver {

struct FileLimits {
  std::size_t bytes_max = 1U << 20U;
  std::size_t list_max = 10'000;
};

[[nodiscard]] Json content_json(std::string_view bytes);
/// The reverse. Errc::invalid.
[[nodiscard]] Result<std::string> content_bytes(const Json& content);

/// Names, or the number as text where there is no name. Any thread.
[[nodiscard]] std::string user_name(unsigned uid);
[[nodiscard]] std::string group_name(unsigned gid);
/// Errc::invalid: no such user or group.
[[nodiscard]] Result<unsigned> user_id(const std::string& name);
[[nodiscard]] Result<unsigned> group_id(const std::string& name);

/// Reads `name` in the place's folder, from one handle. {"exists": false} when absent. Errc::denied: a link or a file
/// with several names; Errc::invalid: not a regular file, too large; Errc::unavailable: it changed while it was read.
[[nodiscard]] Result<State> read_state(const Place& place, const std::string& name, const FileLimits& limits);

}  // namespace aright::driver
