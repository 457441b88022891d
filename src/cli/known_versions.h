// What a state folder says of the versions of workflows, whether its daemon runs or not.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "cli/config_folder.h"
#include "engine/version_tests.h"

namespace aright::cli {

struct KnownVersions {
  engine::TestedVersions versions;
  std::map<std::string, Mode> modes;  ///< as people have set them, by workflow
};

/// Errc::not_found: there is no log.
[[nodiscard]] Result<KnownVersions> versions_in(const std::string& state);

/// Warns of each workflow that would act by itself there and whose version never ran in mode plan. `tests` as played
/// over `loaded`.
void warn_of_unplanned(const KnownVersions& known, const engine::VersionTests& tests, LoadedConfig& loaded);

}  // namespace aright::cli
