// What `explain` is asked about, as the daemon is asked.
#pragma once

#include <string>

#include "base/result.h"

namespace aright::cli {

/// A subject with a path as a shell gives it (a line break, a byte that is no UTF-8, a lone backslash) in the form of
/// base/path_text.h; one of events, NAME=VALUE, as records have it, whether its bytes are given or what a terminal
/// shows of them. Everything else as it is, what is in that form too.
[[nodiscard]] std::string written_subject(const std::string& said);

/// A path that is written relative to `folder`, as an absolute one in the form of base/path_text.h: its folder without
/// links, its last name as it is, whatever that leads to. An absolute one without "//", "/./" and a slash at its end,
/// and everything else as `written_subject` has it: subjects, events, findings, runs. A bare word is a path when
/// `folder` has something of that name; `./7` is a file, `7` a run. Errors: there is no such folder.
[[nodiscard]] Result<std::string> asked_about(const std::string& about, const std::string& folder = ".");

/// The same thing by the path that has no ".." and no links in its folder; as it is where that is no path, or leads
/// nowhere. Whoever configures may have written either.
[[nodiscard]] std::string real_about(const std::string& asked);

}  // namespace aright::cli
