#include "cli/target_place.h"

#include <vector>

namespace aright::cli {

Position target_place(const yaml::Node& from, const std::string& text) {
  std::vector<const yaml::Node*> named;
  for (const char* part : {"watch", "check", "ensure"}) {
    const yaml::Node* about = from.find(part);
    if (about == nullptr || about->kind != yaml::Node::Kind::map) continue;
    for (const char* key : {"path", "paths", "folder", "folders"}) {
      const yaml::Node* value = about->find(key);
      if (value == nullptr) continue;
      if (value->items.empty()) named.push_back(value);
      for (const yaml::Node& item : value->items) named.push_back(&item);
    }
  }
  for (const yaml::Node* node : named) {
    if (node->scalar == text) return node->at;
  }
  return named.empty() ? from.at : named.front()->at;
}

}  // namespace aright::cli
