#include "workflow/event_use.h"

#include <algorithm>

#include "cel/program.h"
#include "cel/template.h"

namespace aright::workflow {

namespace {

/// Whatever else is named: only whether `event` is.
const cel::Environment& unchecked_environment() {
  static const cel::Environment made = [] {
    cel::Environment environment;
    environment.variables = {{"event", {cel::Kind::dyn, {}}}};
    environment.check = false;
    return environment;
  }();
  return made;
}

bool has_event(const cel::Program& expression) {
  return std::ranges::find(expression.variables(), "event") != expression.variables().end();
}

bool condition_has_event(const std::string& written) {
  const auto program = cel::compile(written, unchecked_environment());
  return program && has_event(*program);
}

bool text_has_event(const std::string& written) {
  const auto text = cel::compile_template(written, unchecked_environment());
  return text && std::ranges::any_of(text->pieces(), [](const cel::Template::Piece& piece) {
           const auto* expression = std::get_if<cel::Program>(&piece);
           return expression != nullptr && has_event(*expression);
         });
}

void collect(const yaml::Node& node, std::vector<const yaml::Node*>& into) {
  if (node.kind == yaml::Node::Kind::scalar && text_has_event(node.scalar)) into.push_back(&node);
  for (const yaml::Node& item : node.items) collect(item, into);
  for (const yaml::Pair& pair : node.pairs) {
    const bool expression = pair.key == "when" || pair.key == "for_each";
    if (expression && pair.value.kind == yaml::Node::Kind::scalar) {
      if (condition_has_event(pair.value.scalar)) into.push_back(&pair.value);
    } else if (pair.key != "answers") {
      collect(pair.value, into);
    }
  }
}

}  // namespace

std::vector<const yaml::Node*> event_uses(const yaml::Node& workflow) {
  std::vector<const yaml::Node*> found;
  collect(workflow, found);
  return found;
}

}  // namespace aright::workflow
