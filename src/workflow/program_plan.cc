#include "workflow/program_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "cel/template.h"
#include "model/doc.h"
#include "workflow/about.h"
#include "workflow/field_types.h"

namespace aright::workflow {

namespace {

cel::Environment environment_of(std::vector<std::string> steps, bool each) {
  cel::Environment environment;
  const cel::Type any{cel::Kind::dyn, {}};
  environment.variables = {
      finding_variable(), control_variable(), run_variable({"key"}), {"resource", any}, {"event", any}};
  if (!steps.empty()) environment.variables.push_back({"steps", any, std::move(steps)});
  if (each) environment.variables.push_back({"each", any});
  add_field_types(environment);
  return environment;
}

/// Of what has been checked when it was loaded: whatever steps there are.
cel::Environment any_environment() {
  cel::Environment environment = environment_of({}, true);
  environment.variables.push_back({"steps", {cel::Kind::dyn, {}}});
  return environment;
}

Json input_of(const ProgramContext& context) {
  Json finding = context.finding;
  finding.erase("occurrences");  // more evidence makes no other program: an approval must not lapse by it
  Json input{{"finding", finding},
             {"control", context.control},
             {"run", context.run},
             {"subject", {{"driver", context.subject.driver}, {"id", context.subject.id}}}};
  if (context.event) {
    input["event"] = {{"source", context.event->source},
                      {"offset", offset_json(context.event->offset)},
                      {"time", rfc3339(context.event->time)},
                      {"data", context.event->data}};
  }
  if (!context.steps.is_null()) input["steps"] = context.steps;
  if (!context.each.is_null()) input["each"] = context.each;
  return input;
}

/// The values by name; keeps alive what they look at.
class Filler {
 public:
  explicit Filler(const ProgramContext& context)
      : context_(context), event_(context.event ? context.event->trusted() : Json()), finding_(context.finding) {
    finding_.erase("title");  // another tool's words
    if (!context.subject_typed) finding_.erase("subject");
    for (cel::Bindings* all : {&bindings_, &with_outsiders_}) {
      all->view("control", context.control);
      all->view("run", context.run);
      if (context.resource) all->view("resource", context.resource->fields);
      if (!context.each.is_null()) all->view("each", context.each);
    }
    if (!context.steps.is_null()) bindings_.view("steps", context.trusted_steps);
    if (!context.steps.is_null()) with_outsiders_.view("steps", context.steps);
    bind(bindings_, finding_, event_);
    bind(with_outsiders_, context.finding, context.event ? context.event->data : event_);
  }

  Result<cel::Value> value(const std::string& expression) const {
    const auto compiled = cel::compile(expression, any_environment());
    if (!compiled) return fail(Errc::invalid, compiled.error().front().message);
    return evaluate(*compiled, bindings_);
  }

  Result<std::string> fill(const std::string& text, const std::string& what) const {
    const auto compiled = cel::compile_template(text, any_environment());
    if (!compiled) return fail(Errc::invalid, fmt::format("{}: {}", what, compiled.error().front().message));
    const auto value = evaluate(*compiled, bindings_);
    if (!value) return std::unexpected(refusal(text, what, *compiled, value.error()));
    if (value->is(cel::Kind::null) || value->is(cel::Kind::list) || value->is(cel::Kind::map)) {
      return fail(Errc::invalid, fmt::format("{}: `{}` is no single text", what, text));
    }
    auto filled = cel::to_text(*value);
    if (!filled) return fail(Errc::invalid, fmt::format("{}: {}", what, filled.error().message));
    return filled;
  }

  Result<ProgramRequest> fill(const Step::Program& program) const {
    ProgramRequest request;
    request.arguments.reserve(program.arguments.size());
    request.arguments.push_back(program.arguments.front());
    for (std::size_t i = 1; i < program.arguments.size(); ++i) {
      auto text = fill(program.arguments[i], fmt::format("argument {} of {}", i, program.arguments.front()));
      if (!text) return std::unexpected(text.error());
      request.arguments.push_back(std::move(*text));
    }
    for (const auto& [name, value] : program.environment) {
      auto text = fill(value, fmt::format("environment variable {} of {}", name, program.arguments.front()));
      if (!text) return std::unexpected(text.error());
      request.environment[name] = std::move(*text);
    }
    request.time_limit = program.time_limit;
    request.output_max = program.output_max;
    return request;
  }

 private:
  void bind(cel::Bindings& into, const Json& finding, const Json& event) const {
    into.view("finding", finding);
    if (context_.event) into.view("event", event);
  }

  /// Whether it is there and only must not be named is another thing to mend than a name that is nowhere.
  [[nodiscard]] Error refusal(const std::string& text, const std::string& what, const cel::Template& compiled,
                              const Error& error) const {
    if (!evaluate(compiled, with_outsiders_)) return {Errc::invalid, Retry::no, what + ": " + error.message};
    if (text.contains("steps.")) {
      return {
          Errc::denied, Retry::no,
          fmt::format("{}: what `{}` names a program wrote as text, which may be an outsider's; declare it integer or "
                      "address, or let the program read it on standard input",
                      what, text)};
    }
    const std::string source = context_.event ? context_.event->source : std::string();
    return {Errc::denied, Retry::no,
            fmt::format("{}: {} was written by an outsider; name it in `trusted:` of {}, or let the program read it on "
                        "standard input",
                        what, outsider_in(text),
                        source.empty() ? "its source" : "source " + source.substr(0, source.find(':')))};
  }

  /// What an outsider wrote of what `text` names.
  [[nodiscard]] std::string outsider_in(const std::string& text) const {
    const std::string subject = text.contains("finding.subject") ? context_.subject.text() : std::string();
    std::string names;
    for (const OutsiderField& field : context_.event ? context_.event->outsider : std::vector<OutsiderField>()) {
      const bool named = text.contains("event." + field.name) || text.contains('"' + field.name + '"') ||
                         text.contains('\'' + field.name + '\'') || subject.contains(field.name);
      if (field.type != FieldType::text || !named) continue;
      names += (names.empty() ? "`" : ", `") + field.name + "`";
    }
    return names.empty() ? fmt::format("what `{}` names", text) : names;
  }

  const ProgramContext& context_;
  Json event_;
  Json finding_;
  cel::Bindings bindings_;
  cel::Bindings with_outsiders_;
};

bool names(const cel::Program& expression, const std::string& noun) {
  return std::ranges::any_of(expression.variables(), [&](const std::string& variable) {
    return variable == noun || variable.starts_with(noun + ".");
  });
}

bool names(const Step::Program& program, const std::string& noun) {
  const auto named = [&](const std::string& text) {
    const auto compiled = cel::compile_template(text, any_environment());
    return compiled && std::ranges::any_of(compiled->pieces(), [&](const cel::Template::Piece& piece) {
             const auto* expression = std::get_if<cel::Program>(&piece);
             return expression != nullptr && names(*expression, noun);
           });
  };
  return std::ranges::any_of(program.arguments, named) ||
         std::ranges::any_of(program.environment, [&](const auto& item) { return named(item.second); });
}

}  // namespace

cel::Environment program_environment(std::span<const Step> earlier, bool each) {
  std::vector<std::string> names;
  for (const Step& step : earlier) {
    if (!step.name.empty()) names.push_back(step.name);
  }
  return environment_of(std::move(names), each);
}

bool names_resource(const Step::Exec& exec) {
  return names(exec.program, "resource") || (exec.confirm && names(exec.confirm->program, "resource"));
}

bool names_steps(const Step::Exec& exec) {
  return names(exec.program, "steps") || (exec.confirm && names(exec.confirm->program, "steps"));
}

bool names_steps(const std::string& expression) {
  const auto compiled = cel::compile(expression, any_environment());
  return compiled && names(*compiled, "steps");
}

Result<Json> list_values(const std::string& expression, const ProgramContext& context) {
  const auto value = Filler(context).value(expression);
  if (!value) return fail(Errc::invalid, value.error().message);
  auto list = cel::to_json(*value);
  if (!list) return list;
  const auto plain = [](const Json& one) { return one.is_string() || one.is_number_integer() || one.is_boolean(); };
  if (!list->is_array() || !std::ranges::all_of(*list, plain)) {
    return fail(Errc::invalid, "it is no list of texts, integers and booleans");
  }
  const auto text = canonical_json(*list);
  if (!text) return std::unexpected(text.error());
  if (text->size() > for_each_bytes_max) {
    return fail(Errc::invalid,
                fmt::format("its values have {} bytes, the limit is {}", text->size(), for_each_bytes_max));
  }
  return list;
}

Result<ProgramPlan> plan_program(const Step::Exec& exec, const ProgramContext& context) {
  const Filler filler(context);
  auto input = canonical_json(input_of(context));
  if (!input) return std::unexpected(input.error());
  if (input->size() > program_input_bytes_max) {
    return fail(Errc::invalid, fmt::format("{}: its input has {} bytes, the limit is {}",
                                           exec.program.arguments.front(), input->size(), program_input_bytes_max));
  }
  auto request = filler.fill(exec.program);
  if (!request) return std::unexpected(request.error());
  ProgramPlan plan{.request = std::move(*request), .expect = exec.program.expect, .confirm = {}};
  plan.request.input = *input;
  if (!exec.confirm) return plan;
  auto look = filler.fill(exec.confirm->program);
  if (!look) return std::unexpected(look.error());
  plan.confirm = ProgramPlan::Confirm{std::move(*look), exec.confirm->program.expect, exec.confirm->absent};
  plan.confirm->request.input = std::move(*input);
  return plan;
}

}  // namespace aright::workflow
