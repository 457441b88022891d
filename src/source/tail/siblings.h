// Where a file may be that had a name before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aright::source {

/// Of an absolute path.
[[nodiscard]] std::string folder_of(const std::string& path);

/// Paths of what lies in a folder, sorted; none when it cannot be read. Bytes.
[[nodiscard]] std::vector<std::string> files_in(const std::string& folder);

/// Paths in the folder of `path` whose names begin with its name and "." or "-", sorted: what rotation gives.
[[nodiscard]] std::vector<std::string> rotated_names(const std::string& path);

/// 3 for "x.log.3" when `path` is "x.log". nullopt: not such a name. Pure.
[[nodiscard]] std::optional<std::uint32_t> rotation_number(const std::string& path, const std::string& rotated);

}  // namespace aright::source
