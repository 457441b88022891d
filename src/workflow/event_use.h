// Where a workflow names the event that opened the finding.
#pragma once

#include <vector>

#include "base/yaml.h"

namespace aright::workflow {

/// The scalars of `workflow`, as written, whose expressions name `event`, in the order of the file. What an answer's
/// own subject names is not looked at. What does not compile is not found; it is reported where it is parsed.
[[nodiscard]] std::vector<const yaml::Node*> event_uses(const yaml::Node& workflow);

}  // namespace aright::workflow
