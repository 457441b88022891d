#include "detect/parse_alert.h"

#include <fmt/format.h>

#include "cel/labelled.h"
#include "cel/yaml_condition.h"
#include "detect/alert.h"
#include "detect/control_head.h"
#include "model/definition_context.h"

namespace aright::detect {

namespace {

class AlertParser {
 public:
  AlertParser(const yaml::Node& node, AlertMapping& into, Diagnostics& out)
      : in_(node, "`alert`", out), into_(into), out_(out) {}

  void parse() {
    if (const yaml::Node* node = in_.required("source")) {
      into_.sources = in_.texts("source").value_or(std::vector<std::string>());
      if (into_.sources.empty() && node->kind == yaml::Node::Kind::list) {
        in_.error(node->at, "`source` names no source", "the name of one, or a list of names");
      }
    }
    each();
    condition("when", into_.when);
    subject();
    severity();
    (void)text("title", into_.title);
    condition("resolved", into_.resolved);
    in_.finish();
  }

 private:
  void condition(const char* key, std::string& into) {
    const yaml::Node* node = in_.node(key);
    if (node == nullptr) return;
    if (cel::compile_condition(*node, key, alert_environment(), out_)) into = cel::written_expression(*node);
  }

  void each() {
    const yaml::Node* node = in_.node("each");
    if (node == nullptr) return;
    const auto made = cel::compile_expression(*node, "each", each_environment(), out_);
    if (!made) return;
    const cel::Kind kind = made->type().kind;
    if (kind != cel::Kind::list && kind != cel::Kind::dyn) {
      in_.error(node->at, fmt::format("`each` must be a list, but its result is {}", made->type().describe()),
                "such as event.alerts: each of its elements is an alert");
    }
    into_.each = node->scalar;
  }

  std::optional<cel::Template> text(const char* key, std::string& into) {
    const yaml::Node* node = in_.node(key);
    if (node == nullptr) return std::nullopt;
    auto made = cel::compile_text(*node, fmt::format("`{}`", key), alert_environment(), out_);
    if (made) into = node->scalar;
    return made;
  }

  void subject() {
    const yaml::Node* node = in_.required("subject");
    if (node == nullptr) return;
    constexpr const char* example = "instance=${ alert.labels.instance }";
    if (cel::compile_labelled(*node, "`subject`", alert_environment(), example, "alert", out_)) {
      into_.subject = node->scalar;
    }
  }

  void severity() {
    const auto made = text("severity", into_.severity);
    if (!made || !made->is_plain() || parse_level(into_.severity)) return;
    in_.error(in_.node("severity")->at, fmt::format("`{}` is no severity", into_.severity),
              suggest(into_.severity, level_names(), "severities") + "; expressions stand in `${ … }`");
  }

  yaml::Fields in_;
  AlertMapping& into_;
  Diagnostics& out_;
};

}  // namespace

std::optional<Control> parse_alert(const yaml::Node& node, Diagnostics& out) {
  const std::size_t before = out.size();
  Control control;
  control.kind = ControlKind::alert;
  yaml::Fields in(node, "control", out);
  parse_control_head(in, control, out);
  control.alert.emplace();
  if (const yaml::Node* alert = in.required("alert")) AlertParser(*alert, *control.alert, out).parse();
  control.resolve_after = parse_resolve_after(in);
  if (!control.resolve_after) {
    control.resolve_after = control.alert->resolved.empty() ? resolve_after_default : resolve_after_told;
  }
  refuse_other_kinds(in, "alert", {"check", "watch", "sigma", "desired", "violation"},
                     "write the other control into a file of its own");
  in.finish();
  if (has_errors(out, before)) return std::nullopt;
  return control;
}

}  // namespace aright::detect
