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

void KnownVersions::take(const engine::VersionTests& tests) {
  for (const engine::VersionTest& result : tests.results) versions.take(result);
}

bool KnownVersions::acts(const Workflow& workflow, const engine::Demands& demands, engine::TestsRule rule) const {
  const auto set = modes.find(workflow.name);
  const Mode mode = set == modes.end() ? workflow.mode : std::min(workflow.mode, set->second);
  if (mode != Mode::auto_ || rule != engine::TestsRule::required) return mode == Mode::auto_;
  return versions.may_act(workflow.name, {workflow.version(), demands.on(workflow)}).has_value();
}

void warn_of_untested(const engine::VersionTests& tests, const std::optional<KnownVersions>& node,
                      LoadedConfig& loaded) {
  if (tests.rule == engine::TestsRule::off) return;
  const engine::Demands demands(loaded.config.controls);
  for (const Workflow& workflow : loaded.config.workflows) {
    if (workflow.mode <= Mode::propose) continue;
    const auto result = std::ranges::find(tests.results, workflow.name, &engine::VersionTest::workflow);
    const bool played = result != tests.results.end();
    if (played && result->passed) continue;
    std::string_view why = played ? "its tests do not pass" : "no test exercises it";
    if (played && result->cases == 0) why = engine::expects_nothing;
    const bool let = tests.rule == engine::TestsRule::required && node && node->acts(workflow, demands, tests.rule);
    loaded.diagnostics.push_back(
        {Severity::warning, loaded.workflow_places.at(workflow.name),
         let ? fmt::format("workflow `{}` acts by itself on this node, where that was let or tested before; on another "
                           "it stays in mode propose: {}",
                           workflow.name, why)
             : fmt::format("workflow `{}` {}: {}", workflow.name, engine::what_untested_does(tests.rule), why),
         engine::how_to_test(workflow.name)});
  }
}

void warn_of_unplanned(const KnownVersions& node, const engine::VersionTests& tests, LoadedConfig& loaded) {
  if (tests.rule == engine::TestsRule::off) return;
  const engine::Demands demands(loaded.config.controls);
  for (const Workflow& workflow : loaded.config.workflows) {
    if (!node.acts(workflow, demands, tests.rule) || node.versions.was_planned(workflow.name, workflow.version()))
      continue;
    loaded.diagnostics.push_back(
        {Severity::warning, loaded.workflow_places.at(workflow.name),
         fmt::format("workflow `{}` acts by itself, and {}", workflow.name, engine::never_planned),
         "`mode: plan` shows first what it would do"});
  }
}

}  // namespace aright::cli
