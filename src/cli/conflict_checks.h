// What of a whole configuration works against itself.
#pragma once

#include <map>
#include <string>

#include "base/diagnostic.h"
#include "model/workflow.h"

namespace aright::cli {

/// Warns of controls that want one resource differently, of workflows that drive one resource to different states, of a
/// workflow whose effect is what a control that it answers finds, of thresholds that no run can reach. `places`: where
/// "control NAME" and "workflow NAME" are defined.
void check_conflicts(const Config& config, const std::map<std::string, Position>& places, Diagnostics& out);

}  // namespace aright::cli
