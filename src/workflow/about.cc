#include "workflow/about.h"

#include <nlohmann/json.hpp>

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

cel::Environment step_fill_environment() {
  cel::Environment environment;
  const cel::Type any{cel::Kind::dyn, {}};
  environment.variables = {{"resource", any}, {"finding", any}, {"control", any}, {"run", any}};
  return environment;
}

}  // namespace aright::workflow
