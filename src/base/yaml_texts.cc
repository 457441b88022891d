#include "base/yaml_texts.h"

#include <algorithm>

namespace aright::yaml {

std::vector<const Node*> text_items(Fields& in, std::string_view key) {
  std::vector<const Node*> items;
  const Node* node = in.node(key);
  static_cast<void>(in.texts(key));  // reports what is none
  if (node == nullptr) return items;
  if (node->is_text()) items.push_back(node);
  for (const Node& item : node->items) {
    if (item.is_text()) items.push_back(&item);
  }
  return items;
}

Position place_in_list(const Node* list, std::string_view text, const Position& otherwise) {
  if (list == nullptr) return otherwise;
  const auto found = std::ranges::find(list->items, text, &Node::scalar);
  return found == list->items.end() ? list->at : found->at;
}

}  // namespace aright::yaml
