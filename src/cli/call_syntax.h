// What the HTTP client knows of a step `call` before anything is sent.
#pragma once

#include "http/destination.h"
#include "model/definition_context.h"

namespace aright::cli {

[[nodiscard]] CallSyntax call_syntax(http::Destinations destinations);

}  // namespace aright::cli
