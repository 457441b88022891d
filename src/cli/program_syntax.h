// What the program driver knows of a step `exec` before anything runs.
#pragma once

#include <memory>
#include <string>

#include "base/diagnostic.h"
#include "model/definition_context.h"
#include "model/port/own_places.h"

namespace aright::cli {

/// Whether it can be started: a mistake, or a warning where there is no such file yet, or one that is not executable:
/// either may change while a package is replaced, and `until` says what happens until then ("the step fails").
void check_program_file(const std::string& path, const Position& at, const char* until, Diagnostics& out);

/// `own`: what no program may be handed.
[[nodiscard]] ProgramSyntax program_syntax(const std::shared_ptr<const OwnPlaces>& own);

}  // namespace aright::cli
