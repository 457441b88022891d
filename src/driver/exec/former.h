// What an earlier life of this process started and has not seen end: found, and ended when its time is over.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "driver/exec/marks.h"
#include "model/program.h"

namespace aright::driver {

struct EndingTimes {
  std::chrono::milliseconds grace;  ///< between TERM and KILL
  std::chrono::milliseconds last;   ///< after KILL
};

/// As ProgramRunner::former. `marks`: nullptr: there are none, it is known by its environment only.
[[nodiscard]] Result<FormerProgram> find_former(const ProgramRequest& request, bool overdue, Marks* marks,
                                                const EndingTimes& times);

}  // namespace aright::driver
