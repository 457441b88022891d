// What the program driver knows of a step `exec` before anything runs.
#pragma once

#include <memory>
#include <string>

#include "base/diagnostic.h"
#include "model/definition_context.h"
#include "model/port/own_places.h"

namespace aright::cli {

/// Whether it can be started: a mistake, or a warning with `until_there` where there is no such file yet.
void check_program_file(const std::string& path, const Position& at, const char* until_there, Diagnostics& out);

/// `own`: what no program may be handed.
[[nodiscard]] ProgramSyntax program_syntax(const std::shared_ptr<const OwnPlaces>& own);

}  // namespace aright::cli
