#include "cli/known_versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/offline_log.h"
#include "model/mode.h"

namespace aright::cli {

Result<KnownVersions> versions_in(const std::string& state) {
  const auto context = read_log(state + "/aright.db", [](store::SqliteHistory& history) -> Result<Json> {
    auto stored = history.context();
    if (!stored) return std::unexpected(stored.error());
    return stored->empty() ? Result<Json>(Json::object()) : parse_json(*stored);
  });
  if (!context) return std::unexpected(context.error());
  auto versions = engine::TestedVersions::from_json(context->value("versions", Json::object()));
  if (!versions) return std::unexpected(versions.error());
  KnownVersions known{std::move(*versions), {}};
  const Json modes = context->value("modes", Json::object());
  for (const auto& [workflow, text] : modes.items()) {
    const auto mode = text.is_string() ? parse_mode(text.get_ref<const std::string&>()) : std::nullopt;
    if (!mode) return fail(Errc::corrupt, fmt::format("the mode of workflow {} is none", workflow));
    known.modes[workflow] = *mode;
  }
  return known;
}

void warn_of_unplanned(const KnownVersions& known, const engine::VersionTests& tests, LoadedConfig& loaded) {
  if (tests.rule == engine::TestsRule::off) return;
  const engine::Demands demands(loaded.config.controls);
  for (const Workflow& workflow : loaded.config.workflows) {
    const auto set = known.modes.find(workflow.name);
    const Mode mode = set == known.modes.end() ? workflow.mode : std::min(workflow.mode, set->second);
    const auto result = std::ranges::find(tests.results, workflow.name, &engine::VersionTest::workflow);
    const bool passed = result != tests.results.end() && result->passed;
    const std::string version = workflow.version();
    const bool may_act = tests.rule != engine::TestsRule::required || passed ||
                         known.versions.is_let(workflow.name, {version, demands.on(workflow)});
    if (mode != Mode::auto_ || !may_act || known.versions.was_planned(workflow.name, version)) continue;
    loaded.diagnostics.push_back(
        {Severity::warning, loaded.workflow_places.at(workflow.name),
         fmt::format("workflow `{}` acts by itself, and {}", workflow.name, engine::never_planned),
         "`mode: plan` shows first what it would do"});
  }
}

}  // namespace aright::cli
