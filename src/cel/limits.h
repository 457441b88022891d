// What an expression may cost. Every figure can be exceeded by hostile text or data; then there is a clear error.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aright::cel {

struct Limits {
  std::size_t text_bytes_max = std::size_t{16} * 1024;  ///< of one expression or template; people write a line or ten
  std::uint32_t depth_max = 128;   ///< levels of the tree, brackets included; evaluation recurses as deep
  std::uint32_t nodes_max = 8192;  ///< of the tree
  /// Units of work in one evaluation: about one per node visited, list element looked at and eight bytes of text
  /// handled. A million takes well under a second, and bounds the memory of the results to some tens of MiB.
  std::uint64_t cost_max = 1'000'000;
  std::size_t pattern_bytes_max = 1024;  ///< of a regular expression
  std::uint32_t prepared_max = 64;       ///< regular expressions and time zones written into one expression
};

}  // namespace aright::cel
