// Who decides and who is told in a simulated world.
#pragma once

#include "chance.h"
#include "model/workflow.h"

namespace aright::sim {

/// A team and a notifier, or neither, and a workflow that asks for both.
void draw_people(Chance& chance, Config& config);

}  // namespace aright::sim
