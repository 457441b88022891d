// What a state folder says of the versions of workflows, whether its daemon runs or not.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/config_folder.h"
#include "engine/version_tests.h"

namespace aright::cli {

struct KnownVersions {
  engine::TestedVersions versions;
  std::map<std::string, Mode> modes;  ///< as people have set them, by workflow

  /// As they are once these results are recorded there, as a start and a reload do.
  void take(const engine::VersionTests& tests);
  /// Its mode there is auto; and where `rule` asks for tests, a person let this version act there, or tests of it have
  /// passed there.
  [[nodiscard]] bool acts(const Workflow& workflow, const engine::Demands& demands, engine::TestsRule rule) const;
};

/// Errc::not_found: there is no log.
[[nodiscard]] Result<KnownVersions> versions_in(const std::string& state);

/// Warns of each workflow that the tests as played over `loaded` do not let above mode propose, and says what to do;
/// also where `node`, which has taken them, lets its version act for another reason. No `node`: none is known.
void warn_of_untested(const engine::VersionTests& tests, const std::optional<KnownVersions>& node,
                      LoadedConfig& loaded);

/// Warns of each workflow that would act by itself on `node` and whose version never ran in mode plan there.
void warn_of_unplanned(const KnownVersions& node, const engine::VersionTests& tests, LoadedConfig& loaded);

}  // namespace aright::cli
