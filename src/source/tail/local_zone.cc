#include "source/tail/local_zone.h"

#include <ctime>

namespace aright::source {

Nanos local_zone(WallTime now) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm parts{};
  if (localtime_r(&seconds, &parts) == nullptr) return Nanos::zero();
  return std::chrono::seconds{parts.tm_gmtoff};
}

}  // namespace aright::source
