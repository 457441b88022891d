#include "base/yaml_shape.h"

#include <memory>

#include "base/yaml.h"

namespace aright::yaml {

void add_shapes(Node& node) {
  if (node.kind == Node::Kind::map) node.shape = std::make_shared<Shape>();
  for (Node& item : node.items) add_shapes(item);
  for (Pair& pair : node.pairs) add_shapes(pair.value);
}

}  // namespace aright::yaml
