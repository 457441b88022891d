// What of a definition only those are told who may read its file.
#pragma once

#include "base/json.h"

namespace aright {

/// A control or a workflow as `to_json` makes it, or as it is stored. Where a resource, a program or a call is stated
/// to be sensitive, or a file is wanted with a mode by which not everybody reads it, the values of `content`, `keys`,
/// `arguments`, `environment`, `url`, `headers`, `body` and what else may hold a secret are null. `sensitive`: so is
/// whatever it deals with. Pure.
[[nodiscard]] Json withheld(Json definition, bool sensitive = false);

}  // namespace aright
