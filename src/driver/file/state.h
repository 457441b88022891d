// A file's state in the driver's normal form:
//   {"exists": true, "content": ["line", …] | {"base64": "…"}, "mode": "0644", "owner": "root", "group": "root"}
// and, where the file has them, "attributes" and "flags" (attributes.h): they are compared and kept, never asked for.
// `content` as in model/content.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "driver/file/path.h"
#include "model/content.h"
#include "model/resource.h"

namespace aright::driver {

struct FileLimits {
  std::size_t bytes_max = 1U << 20U;
  std::size_t list_max = 10'000;
};

/// Four octal digits. Errc::invalid.
[[nodiscard]] Result<unsigned> mode_bits(const Json& mode);

/// Reads `name` in the place's folder, from one handle; never waits for a pipe or a device. {"exists": false} when
/// absent. Errc::denied: a link or a file with several names; Errc::invalid: not a regular file, too large;
/// Errc::unavailable: it changed while it was read. `name` is bytes; errors show the place's path.
[[nodiscard]] Result<State> read_state(const Place& place, const std::string& name, const FileLimits& limits);

/// The same of a file that has just lost its name to ours: waits, 200 ms at most, until nobody has it open for writing
/// (a read lease proves it), so that a write that began before the exchange is seen. docs/decisions says what remains.
[[nodiscard]] Result<State> read_displaced(const Place& place, const std::string& name, const FileLimits& limits);

}  // namespace aright::driver
