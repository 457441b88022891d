#include "detect/parse_control.h"

#include <fmt/format.h>

#include "base/yaml_texts.h"
#include "cel/filled.h"
#include "cel/yaml_condition.h"
#include "detect/control_head.h"
#include "detect/judge.h"

namespace aright::detect {

namespace {

using namespace std::chrono_literals;

/// What no event tells of is found within this, unless the control says otherwise.
constexpr auto watched_again = 5min;

void take_ids(yaml::Fields& in, const char* key, const ResourceSyntax& syntax, std::vector<std::string>& into,
              Diagnostics& out) {
  for (const yaml::Node* item : yaml::text_items(in, key)) {
    if (auto id = syntax.id(item->scalar, item->at, out)) into.push_back(std::move(*id));
  }
}

void parse_source(const yaml::Node& node, ControlKind kind, const DefinitionContext& context, Control& control,
                  Diagnostics& out) {
  yaml::Fields in(node, fmt::format("`{}`", name(kind)), out);
  control.kind = kind;
  control.every = in.duration("every");
  if (control.every && *control.every < 1s) in.error(in.at(), "`every` must be at least 1s");
  if (kind == ControlKind::check && in.required("every") == nullptr) control.every = 1h;
  if (kind == ControlKind::watch && in.node("every") == nullptr) control.every = watched_again;
  in.not_yet("on");
  in.not_yet("select");
  if (const auto resource = in.required_text("resource")) {
    control.driver = *resource;
    if (const ResourceSyntax* syntax = syntax_of(context, *resource, in.node("resource")->at, out)) {
      for (const char* key : {"path", "paths"}) take_ids(in, key, *syntax, control.select.ids, out);
      for (const char* key : {"folder", "folders"}) take_ids(in, key, *syntax, control.select.within, out);
      const bool later = node.find("select") != nullptr;
      const bool named = later || in.node("path") || in.node("paths") || in.node("folder") || in.node("folders");
      if (!named)
        in.error(node.at, fmt::format("`{}` names nothing to look at", name(kind)),
                 "give `path`, `paths`, `folder` or `folders`");
      in.finish();
    }
  }
}

cel::Type type_of(StateField::Kind kind) {
  switch (kind) {
    case StateField::Kind::text: return {cel::Kind::text, {}};
    case StateField::Kind::boolean: return {cel::Kind::boolean, {}};
    case StateField::Kind::texts: return cel::Type::list_of({cel::Kind::text, {}});
    case StateField::Kind::any: break;
  }
  return {cel::Kind::dyn, {}};
}

/// A field that no state of this kind has, or a comparison that never holds (`mode == 600`), is a slip of the pen,
/// found here and not at the first reading, or never.
cel::Environment known_resource(cel::Environment environment, const Control& control,
                                const DefinitionContext& context) {
  const auto syntax = context.resources.find(control.driver);
  const auto resource = std::ranges::find(environment.variables, "resource", &cel::Variable::name);
  if (resource == environment.variables.end() || syntax == context.resources.end()) return environment;
  resource->fields.clear();
  for (const StateField& field : syntax->second.fields) resource->fields.push_back(field.name);
  for (const StateField& field : syntax->second.fields) {
    if (field.kind == StateField::Kind::any) continue;
    environment.variables.push_back({"resource." + field.name, type_of(field.kind), {}});
  }
  return environment;
}

/// `later`: it has what a later version knows in place of what is asked for here.
void parse_what(yaml::Fields& in, bool later, const DefinitionContext& context, Control& control, Diagnostics& out) {
  const yaml::Node* watch = in.node("watch");
  const yaml::Node* check = in.node("check");
  const yaml::Node* desired = in.node("desired");
  const yaml::Node* violation = in.node("violation");
  if (later && watch == nullptr && check == nullptr) return;
  if ((watch == nullptr) == (check == nullptr)) {
    return in.error(
        in.at(), "a control has either `watch` or `check`",
        "`watch` looks when something changes, `check` looks on a schedule; with `alert` or `sigma` in their "
        "place it finds in events");
  }
  parse_source(watch != nullptr ? *watch : *check, watch != nullptr ? ControlKind::watch : ControlKind::check, context,
               control, out);
  if (later && desired == nullptr && violation == nullptr) return;
  if ((desired == nullptr) == (violation == nullptr)) {
    return in.error(in.at(), "a control has either `desired` or `violation`",
                    "`desired` says what is right, `violation` is a condition that says what is wrong");
  }
  if (violation != nullptr) {
    if (cel::compile_condition(*violation, "violation", known_resource(violation_environment(), control, context),
                               out)) {
      control.violation = cel::written_expression(*violation);
    }
    return;
  }
  const auto syntax = context.resources.find(control.driver);
  if (syntax == context.resources.end()) return;
  auto parsed = syntax->second.desired(*desired, out);
  if (!parsed) return;
  cel::check_filled(parsed->fields, *desired, known_resource(control_fill_environment(), control, context),
                    syntax->second.of_lines(), out);
  control.desired = std::move(*parsed);
}

}  // namespace

std::optional<Control> parse_control(const yaml::Node& node, const DefinitionContext& context, Diagnostics& out) {
  const std::size_t before = out.size();
  Control control;
  yaml::Fields in(node, "control", out);
  parse_control_head(in, control, out);
  in.not_yet("baseline");
  parse_what(in, node.find("baseline") != nullptr, context, control, out);
  in.finish();
  if (has_errors(out, before)) return std::nullopt;
  return control;
}

}  // namespace aright::detect
