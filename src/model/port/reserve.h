// Room set aside in the state folder, so that outcomes and the stop can be recorded on a full disk.
#pragma once

namespace aright {

/// One thread. Two implementations: `store` (a file of 16 MiB) and the simulator's.
class Reserve {
 public:
  virtual ~Reserve() = default;
  /// Gives the room to whoever writes next.
  virtual void release() = 0;
  /// True when the room is set aside (again).
  virtual bool restore() = 0;
};

}  // namespace aright
