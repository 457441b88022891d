#include "workflow/program_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/program_limits.h"

namespace aright::workflow {

namespace {

constexpr const char* program_input_hint = "let the program read it on standard input";

/// A workflow without a NUL byte may still make one, of an expression or of a field.
Result<std::string> program_text(const ErrandTexts& texts, const std::string& text, const std::string& what) {
  auto filled = texts.text(text, what);
  if (filled && filled->contains('\0')) {
    return fail(Errc::invalid, fmt::format("{}: `{}` has a NUL byte, which no argument can have", what, text));
  }
  return filled;
}

Result<ProgramRequest> filled_program(const Step::Program& program, const ErrandTexts& texts,
                                      const std::string& input) {
  ProgramRequest request;
  request.arguments.reserve(program.arguments.size());
  request.arguments.push_back(program.arguments.front());
  for (std::size_t i = 1; i < program.arguments.size(); ++i) {
    auto text =
        program_text(texts, program.arguments[i], fmt::format("argument {} of {}", i, program.arguments.front()));
    if (!text) return std::unexpected(text.error());
    request.arguments.push_back(std::move(*text));
  }
  for (const auto& [name, value] : program.environment) {
    auto text =
        program_text(texts, value, fmt::format("environment variable {} of {}", name, program.arguments.front()));
    if (!text) return std::unexpected(text.error());
    request.environment[name] = std::move(*text);
  }
  request.secret_environment = program.secret_environment;
  request.input_secrets = program.input_secrets;
  request.time_limit = program.time_limit;
  request.output_max = program.output_max;
  request.input = input;
  if (auto ok = within_program_limits(request); !ok) return std::unexpected(ok.error());
  return request;
}

bool program_names(const Step::Program& program, const std::string& noun) {
  return std::ranges::any_of(program.arguments, [&](const std::string& text) { return names(text, noun); }) ||
         std::ranges::any_of(program.environment, [&](const auto& item) { return names(item.second, noun); });
}

}  // namespace

bool names_resource(const Step::Exec& exec) {
  return program_names(exec.program, "resource") || (exec.confirm && program_names(exec.confirm->program, "resource"));
}

bool names_steps(const Step::Exec& exec) {
  return program_names(exec.program, "steps") || (exec.confirm && program_names(exec.confirm->program, "steps"));
}

Result<ProgramPlan> plan_program(const Step::Exec& exec, const ErrandContext& context) {
  const ErrandTexts texts(context, program_input_hint);
  // Not as a record is written: events of others hold fractions and integers that no double holds.
  const std::string input = errand_input(context).dump(-1, ' ', false, Json::error_handler_t::replace);
  auto request = filled_program(exec.program, texts, input);
  if (!request) return std::unexpected(request.error());
  ProgramPlan plan{.request = std::move(*request), .expect = exec.program.expect, .confirm = {}};
  if (!exec.confirm) return plan;
  auto look = filled_program(exec.confirm->program, texts, input);
  if (!look) return std::unexpected(look.error());
  plan.confirm = ProgramPlan::Confirm{std::move(*look), exec.confirm->program.expect, exec.confirm->absent};
  return plan;
}

}  // namespace aright::workflow
