// What the program driver knows of a step `exec` before anything runs.
#pragma once

#include <memory>

#include "model/definition_context.h"
#include "model/port/own_places.h"

namespace aright::cli {

/// `own`: what no program may be handed.
[[nodiscard]] ProgramSyntax program_syntax(const std::shared_ptr<const OwnPlaces>& own);

}  // namespace aright::cli
