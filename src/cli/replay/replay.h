// A log's findings once more, through a configuration: what would have been done, without doing it.
#pragma once

#include <string>
#include <vector>

#include "cli/config_folder.h"
#include "cli/replay/answers.h"
#include "cli/replay/told_log.h"
#include "engine/version_tests.h"

namespace aright::cli {

struct ReplayedFinding {
  std::string id;  ///< in the log
  std::string control;
  std::string subject;
  std::string at;  ///< when it was opened
};

struct Replayed {
  std::vector<ReplayedFinding> findings;  ///< opened since, oldest first
  FoundAnswers did;
  FoundAnswers would;
};

/// Plays `log` through the engine with `loaded`, which has no mistakes. `tests`: as a daemon would have them of that
/// folder. One thread; nothing but the processor is used.
[[nodiscard]] Replayed replay(const ToldLog& log, const LoadedConfig& loaded, const engine::VersionTests& tests);

}  // namespace aright::cli
