// Who decides and who is told in a simulated world.
#pragma once

#include "chance.h"
#include "model/workflow.h"

namespace aright::sim {

/// A workflow that asks for a person on its way, and tells whoever there is to be told.
void add_asking(Chance& chance, Config& config, Mode mode);

/// A team and a notifier, or neither, and a workflow that asks for both.
void draw_people(Chance& chance, Config& config);

}  // namespace aright::sim
