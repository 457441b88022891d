// A log's findings once more, through a configuration: what would have been done, without doing it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/config_folder.h"
#include "cli/replay/answers.h"
#include "cli/replay/told_log.h"

namespace aright::cli {

struct ReplayedFinding {
  std::string id;  ///< in the log
  std::string control;
  std::string subject;
  std::string at;  ///< when it was opened
};

struct Replayed {
  std::vector<ReplayedFinding> findings;     ///< opened since, oldest first
  std::map<std::string, std::string> still;  ///< finding → the one before it, which would have been open still
  FoundAnswers did;
  FoundAnswers would;
};

/// Plays `log` through the engine with `loaded`, which has no mistakes, as if the tests of its workflows had passed.
/// `members`: of the folders that it watches, for the shares of budgets. One thread; nothing but the processor is used.
[[nodiscard]] Replayed replay(const ToldLog& log, const LoadedConfig& loaded,
                              const std::vector<std::string>& members = {});

}  // namespace aright::cli
