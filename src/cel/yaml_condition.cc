#include "cel/yaml_condition.h"

#include <fmt/format.h>

#include <utility>

#include "base/yaml_boolean.h"

namespace aright::cel {

namespace {

Diagnostic at_place(const yaml::Node& node, std::string_view what, const Mistake& mistake) {
  return {Severity::error, node.place_of(mistake.offset), fmt::format("{}: {}", what, mistake.message), mistake.hint};
}

std::optional<Program> compiled(const yaml::Node& node, std::string_view what, std::string_view kind,
                                const Environment& environment, Diagnostics& out) {
  if (node.kind != yaml::Node::Kind::scalar) {
    out.push_back({Severity::error, node.at, fmt::format("`{}` must be {}, not {}", what, kind, node.describe()),
                   "an expression in quotes if it holds `: `, `#` or begins with a sign that YAML reads"});
    return std::nullopt;
  }
  auto program = compile(written_expression(node), environment);
  if (program) return std::move(*program);
  if (node.scalar.contains("${")) {
    out.push_back({Severity::error, node.at, fmt::format("`{}` is one expression, without `${{ }}`", what),
                   "write what stands between the braces"});
    return std::nullopt;
  }
  for (const Mistake& mistake : program.error()) out.push_back(at_place(node, fmt::format("`{}`", what), mistake));
  return std::nullopt;
}

}  // namespace

std::string written_expression(const yaml::Node& node) {
  const auto boolean = yaml::boolean_of(node);
  if (!boolean) return node.scalar;
  return *boolean ? "true" : "false";
}

std::optional<Program> compile_expression(const yaml::Node& node, std::string_view what, const Environment& environment,
                                          Diagnostics& out) {
  return compiled(node, what, "an expression", environment, out);
}

std::optional<Program> compile_condition(const yaml::Node& node, std::string_view what, const Environment& environment,
                                         Diagnostics& out) {
  auto program = compiled(node, what, "a condition", environment, out);
  if (!program) return std::nullopt;
  const Kind kind = program->type().kind;
  if (kind != Kind::boolean && kind != Kind::dyn) {
    out.push_back({Severity::error, node.at,
                   fmt::format("`{}` must be true or false, but its result is {}", what, program->type().describe()),
                   "compare it with something"});
    return std::nullopt;
  }
  return program;
}

std::optional<Template> compile_text(const yaml::Node& node, std::string_view what, const Environment& environment,
                                     Diagnostics& out) {
  if (!node.is_text()) {
    yaml::report_no_text(node, fmt::format("{} must be text", what), out);
    return std::nullopt;
  }
  auto text = compile_template(node.scalar, environment);
  if (text) return std::move(*text);
  for (const Mistake& mistake : text.error()) out.push_back(at_place(node, what, mistake));
  std::string& hint = out.back().hint;
  hint += fmt::format("{}`$${{` stands for the characters `${{`", hint.empty() ? "" : "; ");
  return std::nullopt;
}

}  // namespace aright::cel
