#include "base/yaml_json.h"

#include <nlohmann/json.hpp>

#include "base/yaml_boolean.h"

namespace aright::yaml {

Json json_of(const Node& node, Diagnostics& out) {
  switch (node.kind) {
    case Node::Kind::null: return nullptr;
    case Node::Kind::list: {
      Json list = Json::array();
      for (const Node& item : node.items) list.push_back(json_of(item, out));
      return list;
    }
    case Node::Kind::map: {
      Json map = Json::object();
      for (const Pair& pair : node.pairs) map[pair.key] = json_of(pair.value, out);
      return map;
    }
    case Node::Kind::scalar: break;
  }
  if (node.is_text()) return node.scalar;
  if (const auto boolean = boolean_of(node)) return *boolean;
  auto value = parse_json(node.scalar);
  if (value) return std::move(*value);
  out.push_back({Severity::error, node.at, node.describe() + " cannot be written as JSON", "quote it"});
  return nullptr;
}

}  // namespace aright::yaml
