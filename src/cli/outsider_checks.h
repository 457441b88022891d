// Arguments and calls that take what an outsider wrote: their runs would be held, and no approval could let them go.
#pragma once

#include "base/diagnostic.h"
#include "base/yaml.h"
#include "cli/config_folder.h"

namespace aright::cli {

/// Warns, at the text, of each argument of `exec` and each `url`, header, `json`, `form` or `body` of `call` that names
/// the subject or a field of the event, where a control that `workflow` answers hears of a source that does not list
/// the field in `trusted`. `node`: what `workflow` was made of. Told is only what can be known before an event comes:
/// not of sshd's fields, not of a rule's default subject without `group-by`, not of an expression that asks with `has`.
/// Pure.
void warn_of_outsiders_texts(const Workflow& workflow, const yaml::Node& node, const LoadedConfig& loaded,
                             Diagnostics& out);

}  // namespace aright::cli
