// Which contents lie beside the log for a run.
#pragma once

#include <set>
#include <string>

#include "model/run.h"

namespace aright {

/// Adds the commitments' ids: before and after, and what its programs or servers wrote.
void add_contents(const RunStep& step, std::set<std::string>& ids);

}  // namespace aright
