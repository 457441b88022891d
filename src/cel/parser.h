// Tokens to a tree.
#pragma once

#include <expected>
#include <string_view>

#include "cel/limits.h"
#include "cel/mistake.h"
#include "cel/syntax.h"

namespace aright::cel {

struct Parsed {
  Syntax tree;
  std::size_t end{0};  ///< the byte after the expression and, in braces, after the `}`
};

enum class Ends : std::uint8_t { with_the_text, with_a_brace };

/// Parses the expression that begins at byte `begin` of `text`. The first mistake in syntax ends it. `text` is to be
/// UTF-8. Recursion is bounded by `limits.depth_max`.
[[nodiscard]] std::expected<Parsed, Mistake> parse(std::string_view text, std::size_t begin, Ends ends,
                                                   const Limits& limits);

}  // namespace aright::cel
