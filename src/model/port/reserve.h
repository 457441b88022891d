// Room set aside in the state folder, so that outcomes and the stop can be recorded on a full disk.
#pragma once

#include "base/result.h"

namespace aright {

/// What is said wherever the store has no room.
inline constexpr const char* lives_on_reserve =
    "the state folder lives on its reserve; free some space: it goes on by itself with 20 MiB free, on a small disk "
    "with less";

/// One thread. Two implementations: `store` (a file of 16 MiB) and the simulator's.
class Reserve {
 public:
  virtual ~Reserve() = default;
  /// Gives the room to whoever writes next.
  virtual void release() = 0;
  /// The room is set aside (again). Errc::no_space: why not, and what to try; others as the file system's.
  virtual Result<Done> restore() = 0;
};

}  // namespace aright
