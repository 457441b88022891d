#include "workflow/parse_output.h"

#include <fmt/format.h>

namespace aright::workflow {

OutputShape parse_output(yaml::Fields& step, std::string_view where, Diagnostics& out) {
  OutputShape shape;
  const yaml::Node* map = step.node("output");
  if (map == nullptr) return shape;
  if (map->kind != yaml::Node::Kind::map || map->pairs.empty() || map->pairs.size() > output_fields_max) {
    step.error(map->at,
               fmt::format("`output` must be a map of 1 to {} fields to their types, not {}", output_fields_max,
                           map->describe_counted()),
               fmt::format("{{ host: address, count: integer, users: [text] }}: fields of one JSON object {}", where));
    return shape;
  }
  for (const yaml::Pair& pair : map->pairs) {
    const bool list = pair.value.kind == yaml::Node::Kind::list && pair.value.items.size() == 1;
    const yaml::Node& type = list ? pair.value.items.front() : pair.value;
    const auto known = type.kind == yaml::Node::Kind::scalar ? parse_field_type(type.scalar) : std::nullopt;
    if (!known) {
      out.push_back({Severity::error, type.at,
                     fmt::format("`{}` must be a type or a list of one, not {}", pair.key, type.describe()),
                     "text, integer, address, or [text]"});
      continue;
    }
    shape[pair.key] = {*known, list};
  }
  return shape;
}

}  // namespace aright::workflow
