// What the program driver knows of a step `exec` before anything runs.
#pragma once

#include "model/definition_context.h"

namespace aright::cli {

[[nodiscard]] ProgramSyntax program_syntax();

}  // namespace aright::cli
