#include "cli/replay/by_the_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/replay/replay_world.h"

namespace aright::cli {

namespace {

/// A file without a date is as new as the clock: no age makes it newer.
void keep_age(Origin& origin, const engine::Age* known) {
  if (known != nullptr && origin.modified) origin.modified = std::max(*origin.modified, known->since);
}

}  // namespace

Config by_the_log(Config config, const engine::Ages& ages) {
  for (Control& control : config.controls) {
    keep_age(control.origin, ages.find("control " + control.name));
    if (!control.on_events()) control.violation = fmt::format("\"{}\" in resource.{}", control.name, found_field);
  }
  for (Workflow& workflow : config.workflows) keep_age(workflow.origin, ages.find("workflow " + workflow.name));
  return config;
}

}  // namespace aright::cli
