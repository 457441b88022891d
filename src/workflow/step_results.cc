#include "workflow/step_results.h"

#include <fmt/format.h>

namespace aright::workflow {

namespace {

cel::Type result_type(const OutputField& field) {
  const cel::Type one{field.type == FieldType::integer ? cel::Kind::integer : cel::Kind::text, {}};
  return field.list ? cel::Type::list_of(one) : one;
}

/// Steps with mistakes of their own have no arguments: what names their results is no second mistake.
bool has_mistakes(const Step& step) { return step.exec() != nullptr && step.exec()->program.arguments.empty(); }

/// `step` as expressions name it.
void add_output(const std::string& step, const Step& of, bool texts, cel::Environment& environment) {
  cel::Variable output{step + ".output", {cel::Kind::dyn, {}}};
  for (const auto& [name, field] : *of.output()) {
    output.fields.push_back(name);
    cel::Variable one{output.name + "." + name, result_type(field)};
    if (!texts && field.type == FieldType::text) {
      one.refused = fmt::format("is text that {}, which may be an outsider's: only `when` may name it",
                                of.exec() != nullptr ? "a program wrote" : "a server answered");
      one.refused_hint =
          "declare it integer or address; all of it a program gets on standard input, a server with `input: true`";
    }
    environment.variables.push_back(std::move(one));
  }
  environment.variables.push_back(std::move(output));
}

}  // namespace

std::vector<std::string> names_of(std::span<const Step> steps) {
  std::vector<std::string> names;
  for (const Step& step : steps) {
    if (!step.name.empty()) names.push_back(step.name);
  }
  return names;
}

void add_step_results(std::span<const Step> earlier, bool texts, cel::Environment& environment) {
  for (const Step& step : earlier) {
    if (step.name.empty() || has_mistakes(step)) continue;
    cel::Variable results{"steps." + step.name, {cel::Kind::dyn, {}}};
    const auto add = [&](const std::string& field, cel::Kind kind) {
      results.fields.push_back(field);
      environment.variables.push_back({results.name + "." + field, {kind, {}}});
    };
    if (step.ensure() != nullptr) add("changed", cel::Kind::boolean);
    if (step.call() != nullptr) add("status", cel::Kind::integer);
    if (step.exec() != nullptr) add("exit_code", cel::Kind::integer);
    if (step.output() != nullptr) {
      results.fields.emplace_back("output");
      add_output(results.name, step, texts, environment);
    }
    environment.variables.push_back(std::move(results));
  }
}

}  // namespace aright::workflow
