#include "workflow/about.h"

#include <nlohmann/json.hpp>

#include "model/resource.h"

namespace aright::workflow {

namespace {

cel::Type text() { return {cel::Kind::text, {}}; }
cel::Type number() { return {cel::Kind::integer, {}}; }

}  // namespace

Json about(const Finding& finding) {
  const ResourceId subject = subject_parts(finding.subject);
  Json doc{{"id", finding.id},
           {"subject", {{"driver", subject.driver}, {"id", subject.id}}},
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
          {},
          {{"id", text()},
           {"subject", cel::Type::map_of(text(), text()), {{"driver", text()}, {"id", text()}}},
           {"severity", text()},
           {"episode", number()},
           {"occurrences", number()},
           {"recurrence", {cel::Kind::boolean, {}}},
           {"differs", cel::Type::list_of(text())},
           {"title", text()}}};
}

cel::Variable control_variable() {
  return {
      "control", {}, {{"name", text()}, {"title", text()}, {"severity", text()}, {"tags", cel::Type::list_of(text())}}};
}

cel::Variable run_variable() { return {"run", {}, {{"id", number()}, {"workflow", text()}}}; }

cel::Variable program_run_variable() {
  cel::Variable run = run_variable();
  run.fields.push_back({"key", text()});
  return run;
}

cel::Environment step_fill_environment() {
  cel::Environment environment;
  environment.variables = {{"resource"}, finding_variable(), control_variable(), run_variable()};
  return environment;
}

}  // namespace aright::workflow
