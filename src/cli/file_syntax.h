// How resources of driver `file` are written in configuration files.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "model/definition_context.h"

namespace aright::cli {

/// `folder`: the configuration folder, for `content_from`; `root`: for relative paths, may be empty (then they are
/// reported as mistakes). `read`, where there is one, gets the paths below `folder` that were read.
[[nodiscard]] ResourceSyntax file_syntax(std::string folder, std::string root,
                                         std::shared_ptr<std::set<std::string>> read = nullptr);

/// A whole regular file of at most `bytes_max` bytes, not through a link. Errors name `path`.
[[nodiscard]] Result<std::string> read_whole(const std::string& path, std::size_t bytes_max);

}  // namespace aright::cli
