#include "detect/sigma/content_digest.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/digest.h"

namespace aright::detect::sigma {

namespace {

using Kind = yaml::Node::Kind;

/// With the length in front nothing that stands in a text can look like another value.
void add(std::string& bytes, char kind, std::string_view text) {
  bytes += fmt::format("{}{}:{}", kind, text.size(), text);
}

void add(std::string& bytes, const yaml::Node& node) {
  switch (node.kind) {
    case Kind::null: bytes += '0'; return;
    case Kind::scalar: return add(bytes, node.quoted ? 'q' : 's', node.scalar);
    case Kind::list:
      bytes += fmt::format("l{}:", node.items.size());
      for (const yaml::Node& item : node.items) add(bytes, item);
      return;
    case Kind::map:
      bytes += fmt::format("m{}:", node.pairs.size());
      for (const yaml::Pair& pair : node.pairs) {
        add(bytes, 'k', pair.key);
        add(bytes, pair.value);
      }
      return;
  }
}

}  // namespace

std::string content_digest(std::initializer_list<const yaml::Node*> nodes) {
  std::string bytes;
  for (const yaml::Node* node : nodes) {
    if (node == nullptr) {
      bytes += '-';
    } else {
      add(bytes, *node);
    }
  }
  return hex(sha256(bytes));
}

}  // namespace aright::detect::sigma
