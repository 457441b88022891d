// Whether a version of a workflow may act by itself: tests, and people who let it without (docs/decisions/0197).
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "engine/growing_old.h"

namespace aright::engine {

namespace {

/// By the file and what people set.
Mode mode_meant(const Workflow& workflow, const Projection& projection) {
  const auto set = projection.modes().find(workflow.name);
  return set == projection.modes().end() ? workflow.mode : std::min(workflow.mode, set->second.mode);
}

}  // namespace

/// By those, and when somebody last looked at it.
Mode Core::mode_asked(const Workflow& workflow) const {
  const bool overdue = projection_.ages().overdue("workflow " + workflow.name);
  return std::min(mode_meant(workflow, projection_), overdue ? Mode::propose : Mode::auto_);
}

/// Why the version in force may not act by itself yet; empty: it may, or is not meant to.
std::string Core::untested(const Workflow& workflow) const {
  if (tests_rule_ == TestsRule::off || mode_asked(workflow) <= Mode::propose) return {};
  const auto version = acting_.find(workflow.name);
  if (version == acting_.end() || projection_.versions().is_let(workflow.name, version->second)) return {};
  return projection_.versions().why_not(workflow.name, version->second);
}

std::string Core::capped(const Workflow& workflow) const {
  std::string old = overdue_text("workflow", workflow.name, projection_.ages());
  if (!old.empty() && mode_meant(workflow, projection_) > Mode::propose) return old;
  const std::string why = tests_rule_ == TestsRule::required ? untested(workflow) : std::string();
  return why.empty() ? why : fmt::format("{}; {}", why, how_to_test(workflow.name));
}

/// Records what the tests say of each version where it is news, and tells who does not act for want of them, and who
/// acts without ever having been seen in mode plan.
VersionLines Core::take_tests(const VersionTests& tests) {
  tests_rule_ = tests.rule;
  for (const VersionTest& test : tests.results) {
    const VersionTest* known = projection_.versions().test(test.workflow);
    if (known != nullptr && *known == test) continue;
    record("workflow.tested", {{"workflow", test.workflow},
                               {"hash", test.hash},
                               {"passed", test.passed},
                               {"cases", test.cases},
                               {"demands", test.demands}});
  }
  VersionLines lines;
  for (const Workflow& w : config_.workflows) {
    const std::string why = untested(w);
    if (!why.empty()) lines.untested.push_back(untested_line(tests_rule_, w.name, why));
    if (acts_unplanned(w)) lines.unplanned.push_back(unplanned_line(w.name));
  }
  for (const auto* list : {&lines.untested, &lines.unplanned}) {
    for (const std::string& line : *list) tell(true, line);
  }
  return lines;
}

/// Said once of each version: that is on record, so that a restart does not say it again.
bool Core::acts_unplanned(const Workflow& workflow) {
  if (tests_rule_ == TestsRule::off || mode_of(workflow) != Mode::auto_) return false;
  const auto hash = hashes_.find("workflow " + workflow.name);
  if (hash == hashes_.end()) return false;
  const TestedVersions& known = projection_.versions();
  if (known.was_planned(workflow.name, hash->second) || known.was_told_unplanned(workflow.name, hash->second)) {
    return false;
  }
  record("workflow.unplanned", {{"workflow", workflow.name}, {"hash", hash->second}});
  return true;
}

}  // namespace aright::engine
