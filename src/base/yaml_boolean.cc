#include "base/yaml_boolean.h"

namespace aright::yaml {

std::optional<bool> boolean_of(std::string_view plain) {
  if (plain == "true" || plain == "True" || plain == "TRUE") return true;
  if (plain == "false" || plain == "False" || plain == "FALSE") return false;
  return std::nullopt;
}

std::optional<bool> boolean_of(const Node& node) {
  if (node.kind != Node::Kind::scalar || node.quoted) return std::nullopt;
  return boolean_of(node.scalar);
}

}  // namespace aright::yaml
