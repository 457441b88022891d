// Compare-and-set of one file: a new file beside it, exchanged, and a look at what was displaced. Strength `detected`.
#pragma once

#include <string>
#include <string_view>

#include "driver/file/state.h"
#include "model/port/driver.h"

namespace aright::driver {

/// Our temporaries begin with it; sources ignore such names.
inline constexpr std::string_view temp_prefix = ".aright-";

/// As Driver::apply. `place` holds the folder; the temporary is temp_prefix + key.
[[nodiscard]] Result<ApplyOutcome> replace(const Place& place, const Plan& plan, const std::string& key,
                                           const FileLimits& limits);

}  // namespace aright::driver
