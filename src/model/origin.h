// Where a definition was read from, as far as that is known. No part of its version.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/time.h"

namespace aright {

struct Origin {
  std::optional<WallTime> modified;  ///< when its file was changed last, as the system says
  std::string owner;                 ///< the Unix user whose file it is; empty: not known
};

/// So long after its last change a definition is to be looked at again, unless it says otherwise.
inline constexpr std::chrono::nanoseconds review_by_default = std::chrono::hours{24 * 180};
/// So long after that nobody has: it only proposes.
inline constexpr std::chrono::nanoseconds review_grace = std::chrono::hours{24 * 90};

}  // namespace aright
