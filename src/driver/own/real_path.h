// Where a path leads, also when what it leads to is not there yet.
#pragma once

#include <string>

namespace aright::driver {

/// `path`, absolute bytes, without links and without "." and "..", as far as it exists and beyond: a link counts though
/// nothing is at its end, since whoever opens it to write makes that. What cannot be followed stays as it is. Never
/// fails.
[[nodiscard]] std::string real_path(const std::string& path);

/// `first` is `second` or a folder above it; both as `real_path` gives them. Pure.
[[nodiscard]] bool is_at_or_above(const std::string& first, const std::string& second);

}  // namespace aright::driver
