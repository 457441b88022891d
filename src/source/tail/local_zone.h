// What the machine's local time is ahead of UTC.
#pragma once

#include "base/time.h"

namespace aright::source {

/// At `now`, by the machine's zone; zero when it cannot be told. Any thread.
[[nodiscard]] Nanos local_zone(WallTime now);

}  // namespace aright::source
