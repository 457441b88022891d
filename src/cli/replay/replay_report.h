// What a replay says: what did happen beside what would.
#pragma once

#include <string>

#include "cli/replay/replay.h"

namespace aright::cli {

/// {"findings", "differing", "lines": [{"finding", "at", "control", "subject", "workflow", "did", "would", "differs",
/// "ends_otherwise"}], "ending_otherwise", "workflows": [{"workflow", "did": {"ran", "held", "suppressed"}, "would":
/// {…}}], "without_event"}. "differs" is what guards said, "ends_otherwise" what came of the same answer. Without `all`
/// only the lines that are otherwise in one of them.
[[nodiscard]] Json replay_json(const Replayed& replayed, const ToldLog& log, bool all);
/// Of that, for people, with more: {"since", "untested": [workflows], "members_now": {control: how many}}.
[[nodiscard]] std::string replay_text(const Json& said);

}  // namespace aright::cli
