// What is wrong with an expression's text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aright::cel {

struct Mistake {
  std::uint32_t offset{0};  ///< bytes from the beginning of the text
  std::uint32_t line{1};    ///< from 1
  std::uint32_t column{1};  ///< code points, from 1
  std::string message;      ///< lower case, no full stop; names what was seen
  std::string hint;         ///< what to try; may be empty
};

using Mistakes = std::vector<Mistake>;  ///< in the order of their offsets

/// Line and column of a byte of `text`.
[[nodiscard]] Mistake mistake_at(std::string_view text, std::uint32_t offset, std::string message,
                                 std::string hint = {});

}  // namespace aright::cel
