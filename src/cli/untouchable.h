// What no workflow may change.
#pragma once

#include <string>
#include <vector>

namespace aright::cli {

/// Why no workflow may change `path`; empty: it may.
[[nodiscard]] std::string not_to_be_changed(const std::string& path, const std::vector<std::string>& protected_paths);

/// The same of the files directly in `folder`. A folder in it that is protected is none of them.
[[nodiscard]] std::string files_not_to_be_changed(const std::string& folder,
                                                  const std::vector<std::string>& protected_paths);

}  // namespace aright::cli
