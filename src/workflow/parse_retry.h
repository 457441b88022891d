// What a step says of trying again, and of how long it may take.
#pragma once

#include "base/yaml.h"
#include "model/workflow.h"

namespace aright::workflow {

/// Field `retry` of a step, or none. Every mistake goes to `out`.
[[nodiscard]] Step::Retry parse_retry(yaml::Fields& step, Diagnostics& out);

/// Field `time_limit`: 1ms to 1h, or nothing.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_time_limit(yaml::Fields& step);

}  // namespace aright::workflow
