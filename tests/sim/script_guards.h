// The guards of a simulated world.
#pragma once

#include "chance.h"
#include "model/workflow.h"

namespace aright::sim {

/// Each workflow gets some of every kind there is.
void draw_guards(Chance& chance, Config& config);
/// As somebody edits them in a file: other numbers, the same guards.
void redraw_numbers(Chance& chance, Guards& guards);

}  // namespace aright::sim
