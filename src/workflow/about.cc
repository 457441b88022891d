#include "workflow/about.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace aright::workflow {

Json about(const Finding& finding) {
  Json doc{{"id", finding.id},
           {"subject", finding.subject},
           {"severity", name(finding.severity)},
           {"episode", finding.episode},
           {"occurrences", finding.occurrences},
           {"recurrence", !finding.recurrence_of.empty()},
           {"differs", finding.differs}};
  if (!finding.title.empty()) doc["title"] = finding.title;
  return doc;
}

Json about(const Control& control) {
  return {
      {"name", control.name}, {"title", control.title}, {"severity", name(control.severity)}, {"tags", control.tags}};
}

cel::Variable finding_variable() {
  return {"finding",
          {cel::Kind::dyn, {}},
          {"id", "subject", "severity", "episode", "occurrences", "recurrence", "differs", "title"}};
}

cel::Variable control_variable() { return {"control", {cel::Kind::dyn, {}}, {"name", "title", "severity", "tags"}}; }

cel::Variable run_variable(std::vector<std::string> more) {
  more.insert(more.begin(), {"id", "workflow"});
  return {"run", {cel::Kind::dyn, {}}, std::move(more)};
}

cel::Environment step_fill_environment() {
  cel::Environment environment;
  const cel::Type any{cel::Kind::dyn, {}};
  environment.variables = {{"resource", any}, finding_variable(), control_variable(), run_variable()};
  return environment;
}

}  // namespace aright::workflow
