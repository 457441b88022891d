// Where the bytes of a scalar stand in its file: YAML folds lines, takes indentation away and undoes escapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace aright::yaml {

/// From `offset` bytes on, the scalar is as the file has it from this line and column on (from 1, code points), until
/// the next piece.
struct Piece {
  std::size_t offset{0};
  std::uint32_t line{0};
  std::uint32_t column{0};
};

/// The pieces of `scalar`, which begins (with its quote, `|` or `>`) at byte `begin` of `file`, in this line and
/// column. None: it stands there as it is. Where the two do not fit together any more, the last piece goes on. Linear.
/// Pure.
[[nodiscard]] std::vector<Piece> pieces_of(std::string_view scalar, std::string_view file, std::size_t begin,
                                           std::uint32_t line, std::uint32_t column);

/// How many code points. Pure.
[[nodiscard]] std::uint32_t code_points(std::string_view text);

}  // namespace aright::yaml
