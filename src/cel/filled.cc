#include "cel/filled.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cel/yaml_condition.h"

namespace aright::cel {

namespace {

/// What has a text of its own in JSON counts as one.
bool may_be_text(const Type& type) {
  switch (type.kind) {
    case Kind::text:
    case Kind::dyn:
    case Kind::type:
    case Kind::timestamp:
    case Kind::duration:
    case Kind::ip:
    case Kind::cidr: return true;
    default: return false;
  }
}

void check_type(const yaml::Node& written, const std::string& field, const Type& type, bool of_lines,
                Diagnostics& out) {
  if (may_be_text(type) || (of_lines && type.kind == Kind::list && may_be_text(type.item()))) return;
  std::string hint = of_lines ? "a list of texts, one for each line, or `string(…)` around it"
                              : "`string(…)` around it, or what you mean in quotes";
  if (type.kind == Kind::integer && field == "mode") hint = "four octal digits in quotes, such as ${ \"0644\" }";
  out.push_back({Severity::error, written.at,
                 fmt::format("`{}` must be a text{}, but the value is {}", field, of_lines ? " or a list of lines" : "",
                             type.describe()),
                 std::move(hint)});
}

}  // namespace

void check_filled(const Json& fields, const yaml::Node& node, const Environment& environment,
                  const std::set<std::string>& of_lines, Diagnostics& out) {
  const auto texts = fields.find(filled_field);
  if (texts == fields.end()) return;
  for (const auto& [field, text] : texts->items()) {
    const yaml::Node* written = node.find(field);
    if (written == nullptr) continue;
    const auto made = compile_text(*written, fmt::format("`{}`", field), environment, out);
    if (made) check_type(*written, field, made->type(), of_lines.contains(field), out);
  }
}

}  // namespace aright::cel
