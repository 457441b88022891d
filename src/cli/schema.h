// The JSON Schema of the configuration files, for editors.
#pragma once

#include "base/diagnostic.h"
#include "base/json.h"

namespace aright::cli {

/// JSON Schema (draft 2020-12) of one file of a configuration folder, whichever it is. Made by letting the parsers read
/// model files and noting what they ask for, so it knows exactly their keys. It is narrower than no mistake at all:
/// what holds between keys and between files only `validate` says.
[[nodiscard]] Json config_schema();

/// What the parsers say of the model files. An error there keeps a parser from asking for what comes behind it, so that
/// the schema would lack it.
[[nodiscard]] Diagnostics model_mistakes();

}  // namespace aright::cli
