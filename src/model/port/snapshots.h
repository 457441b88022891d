// Where windows are put aside. Two implementations: `store` (files) and the simulator's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace aright {

/// One thread at a time.
class Snapshots {
 public:
  struct Stored {
    std::uint64_t number{0};
    bool whole{false};
    std::string text;
  };
  virtual ~Snapshots() = default;

  /// The newest whole one and all that follow it without a gap, oldest first; none is no error. Errc::corrupt: one of
  /// them is not what was written (the message names the file). Others as the system says.
  virtual Result<std::vector<Stored>> load() = 0;
  /// Durable and complete when it returns a value; otherwise as if it had not been called. `number` follows the last
  /// one, or the snapshot is whole. A whole one makes those before it superfluous.
  virtual Result<Done> put(const Stored& snapshot) = 0;
};

}  // namespace aright
