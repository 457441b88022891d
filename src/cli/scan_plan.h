// What a fix of a violation would change, before anybody asks for it.
#pragma once

#include "cli/scan.h"

namespace aright::cli {

/// Into `item`, a violation of `control`: the difference to the control's own state, or, where it has none (it names
/// what must not be), to what the first workflow that answers it ensures on the same resource. Its other steps are
/// named in the note. Not being able to say is a note too: the violation stands. Reads; changes nothing.
void add_plan(const Config& config, const Drivers& drivers, const Control& control, ScanItem& item);

}  // namespace aright::cli
