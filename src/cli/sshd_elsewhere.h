// What a file of sshd does not decide alone: other files that it includes, and its `Match` blocks.
#pragma once

#include <string>

#include "base/diagnostic.h"
#include "model/control.h"
#include "model/port/driver.h"
#include "model/workflow.h"

namespace aright::cli {

struct Elsewhere {
  std::string contradicts{};  ///< what is included sets a wanted key, for everybody and to something else: it counts
  std::string unknown{};      ///< what is included and might: it cannot be read, or comes behind such a one
  std::string besides{};      ///< a `Match` block sets a wanted key to something else: for those that it names
};

/// Of a control that wants keys of sshd in the file that was read as `state`; otherwise nothing. Included files are
/// read by `driver`, as sshd_config(5) says of Include: patterns in the order of their names, within /etc/ssh where no
/// folder is named. Texts name files and lines, never values. A pattern in the name of a folder is not followed, and
/// said.
[[nodiscard]] Elsewhere sshd_elsewhere(Driver& driver, const Control& control, const State& state,
                                       const std::string& path);

/// What a daemon, which looks at a file alone, would call as desired though it is not, or might not be: a warning for
/// each control and file of which that is so now.
void warn_of_included(Driver& files, const Config& config, Diagnostics& out);

}  // namespace aright::cli
