#include "workflow/about.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/expressed.h"
#include "workflow/field_types.h"

namespace aright::workflow {

namespace {

cel::Type text() { return {cel::Kind::text, {}}; }
cel::Type number() { return {cel::Kind::integer, {}}; }

}  // namespace

Json about(const Finding& finding) {
  Json doc{{"id", finding.id},
           {"subject", expressed_subject(finding.subject)},
           {"severity", name(finding.severity)},
           {"episode", finding.episode},
           {"occurrences", finding.occurrences},
           {"recurrence", !finding.recurrence_of.empty()},
           {"differs", finding.differs}};
  if (!finding.title.empty()) doc["title"] = finding.title;
  return doc;
}

std::vector<std::string> withhold_outsiders(Json& finding, bool subject_typed) {
  std::vector<std::string> gone;
  if (finding.erase("title") != 0) gone.emplace_back("title");
  if (!subject_typed && finding.erase("subject") != 0) gone.emplace_back("subject");
  return gone;
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

void add_field_types(cel::Environment& environment) {
  const cel::Type texts = cel::Type::list_of(text());
  const std::map<std::string, std::vector<cel::Variable>> all{
      {"finding",
       {{"finding.id", text()},
        {"finding.subject", cel::Type::map_of(text(), text()), {"driver", "id"}},
        {"finding.severity", text()},
        {"finding.episode", number()},
        {"finding.occurrences", number()},
        {"finding.recurrence", {cel::Kind::boolean, {}}},
        {"finding.differs", texts},
        {"finding.title", text()}}},
      {"control",
       {{"control.name", text()}, {"control.title", text()}, {"control.severity", text()}, {"control.tags", texts}}},
      {"run", {{"run.id", number()}, {"run.workflow", text()}, {"run.key", text()}}}};
  const std::vector<cel::Variable> nouns = environment.variables;
  for (const cel::Variable& noun : nouns) {
    const auto typed = all.find(noun.name);
    if (typed == all.end()) continue;
    for (const cel::Variable& field : typed->second) {
      const bool had = std::ranges::find(noun.fields, field.name.substr(noun.name.size() + 1)) != noun.fields.end();
      if (had) environment.variables.push_back(field);
    }
  }
}

cel::Environment step_fill_environment() {
  cel::Environment environment;
  const cel::Type any{cel::Kind::dyn, {}};
  cel::Variable finding = finding_variable();
  std::erase(finding.fields, "title");
  environment.variables = {{"resource", any}, std::move(finding), control_variable(), run_variable()};
  add_field_types(environment);
  return environment;
}

}  // namespace aright::workflow
