// How far a followed file has been read, so that reading goes on exactly there after a restart.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"
#include "model/log_offset.h"

namespace aright::source {

/// The beginning of a file: a file that was begun anew under the same name and number has another.
struct Fingerprint {
  static constexpr std::size_t bytes_max = 1024;
  std::uint64_t length{0};  ///< bytes looked at; fewer than bytes_max while the file is short
  Digest digest{};          ///< SHA-256 of them
  bool operator==(const Fingerprint&) const = default;
};

struct TailPosition {
  std::string path;             ///< in the form of base/path_text.h
  std::uint64_t generation{0};  ///< counts the files that had this name
  std::uint64_t byte{0};        ///< where the next line begins
  std::uint64_t device{0};
  std::uint64_t inode{0};  ///< 0: no file has the name; only the generations are kept
  Fingerprint fingerprint;
  std::uint64_t begun{0};  ///< where reading of it began; not stored
  /// Where to begin to read instead, before `byte`, if the file is still the one that was read to `byte`; not stored.
  std::optional<std::uint64_t> again = std::nullopt;
  /// Rotated away, and read to its end as that was: that it is gone later is no loss.
  bool ended = false;
  /// The last bytes before `byte`: what has the beginning and these is a copy. No length: of an older version.
  Fingerprint end = {};
  bool operator==(const TailPosition&) const = default;
};

[[nodiscard]] Json to_json(const TailPosition& position);
/// Errc::corrupt names the field.
[[nodiscard]] Result<TailPosition> position_from_json(const Json& json);

/// The offset of an event: generations first.
inline constexpr int byte_bits = log_byte_bits;
inline constexpr std::uint64_t byte_max = (std::uint64_t{1} << byte_bits) - 1;
[[nodiscard]] constexpr std::uint64_t event_offset(std::uint64_t generation, std::uint64_t byte) {
  return log_offset(generation, byte);
}

}  // namespace aright::source
