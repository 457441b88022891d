// Parts of a secret that are secret by themselves.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace aright {

inline constexpr std::size_t secret_part_min = 16;  ///< bytes: less is a word that stands anywhere

/// Each long word (a value behind its name); of one of several lines (a key in PEM form) each line but its frame; of a
/// URL what follows its host, each long part of that, and its password; of JSON each long text. Views of `secret`, for
/// what stands there as it is written.
[[nodiscard]] std::vector<std::string_view> secret_parts(std::string_view secret);

}  // namespace aright
