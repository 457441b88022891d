// Compare-and-set of one file: a new file beside it, exchanged, and a look at what was displaced. Strength `detected`.
#pragma once

#include <string>

#include "driver/file/state.h"
#include "model/port/driver.h"

namespace aright::driver {

/// As Driver::apply. `place` holds the folder.
///
/// The new file is written without a name and gets `temp` only when it is complete and durable. So whatever an earlier
/// attempt with the same key left at `temp` when it died is the whole new file, or the one that it displaced; anything
/// else is somebody's, stays, and is named in the error. An error after the exchange is Errc::timeout, or
/// Errc::conflict once the exchange was taken back durably. `kept`: set where two files of somebody else claim the
/// name, and the older one stays at `temp`.
[[nodiscard]] Result<ApplyOutcome> replace(const Place& place, const Plan& plan, const std::string& temp,
                                           const FileLimits& limits, bool& kept);

}  // namespace aright::driver
