// Which contents lie beside the log.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/json.h"
#include "model/run.h"

namespace aright {

/// Adds the commitments' ids: before and after, and what its programs or servers wrote. Of the plan in force only: a
/// run that was planned anew has others, which entries name.
void add_contents(const RunStep& step, std::set<std::string>& ids);

/// Wherever an entry says {"id": …, "size": …}: the id. Not of a plan that changes nothing, whose contents nobody
/// keeps.
void each_commitment(const Json& entry, const std::function<void(const std::string& id)>& told);

}  // namespace aright
