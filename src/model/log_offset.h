// The offset of a line of a log (docs/decisions/0024): generations of the file that has the name first, then bytes.
#pragma once

#include <cstdint>

namespace aright {

/// 2^20 generations of 16 TiB.
inline constexpr unsigned log_byte_bits = 44;
[[nodiscard]] constexpr std::uint64_t log_offset(std::uint64_t generation, std::uint64_t byte) {
  return generation << log_byte_bits | byte;
}
[[nodiscard]] constexpr std::uint64_t log_generation(std::uint64_t offset) { return offset >> log_byte_bits; }
[[nodiscard]] constexpr std::uint64_t log_byte(std::uint64_t offset) {
  return offset & ((std::uint64_t{1} << log_byte_bits) - 1);
}

}  // namespace aright
