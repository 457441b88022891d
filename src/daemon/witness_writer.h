// One checkpoint to one witness. Blocks as long as the system does.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/witness_place.h"

namespace aright::daemon {

/// The line is durable in the file, which is made (0600) if it is missing; or the system log has taken it. Errors as
/// the system says; denied: a link.
[[nodiscard]] Result<Done> write_to_witness(const cli::WitnessPlace& place, const std::string& line);

}  // namespace aright::daemon
