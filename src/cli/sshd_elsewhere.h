// What a file of sshd does not decide alone: other files that it includes, and its `Match` blocks.
#pragma once

#include <string>

#include "model/control.h"
#include "model/port/driver.h"

namespace aright::cli {

struct Elsewhere {
  std::string contradicts{};  ///< what is included sets a wanted key first, and to something else, or cannot be read
  std::string besides{};      ///< a `Match` block sets a wanted key to something else: for those that it names
};

/// Of a control that wants keys of sshd in the file that was read as `state`; otherwise nothing. Included files are
/// read by `driver`, as sshd_config(5) says of Include: patterns in the order of their names, within /etc/ssh where no
/// folder is named. Texts name files and lines, never values. A pattern in the name of a folder is not followed, and
/// said.
[[nodiscard]] Elsewhere sshd_elsewhere(Driver& driver, const Control& control, const State& state,
                                       const std::string& path);

}  // namespace aright::cli
