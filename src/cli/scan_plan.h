// What a fix of a violation would change, before anybody asks for it.
#pragma once

#include "cli/scan.h"

namespace aright::cli {

/// Into `item`, a violation of `control`: the difference to the control's own state and to what the first workflow that
/// answers it ensures on the same resource; as its steps, the difference of each other resource that the workflow
/// ensures and each program with its arguments filled in. A workflow whose `when` is false `now`, for a finding that
/// has just opened, does not answer; that is a note, as is whatever cannot be told: the violation stands. Reads;
/// changes nothing.
void add_plan(const Config& config, const Drivers& drivers, const Control& control, const Now& now, ScanItem& item);

}  // namespace aright::cli
