#include "cli/misplaced.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace aright::cli {

bool misplaced(const yaml::Node& node, const std::string& kind, Diagnostics& out) {
  constexpr std::array<std::string_view, 3> nouns{"control", "workflow", "source"};
  const std::string own = kind.substr(0, kind.size() - 1);
  if (node.kind != yaml::Node::Kind::map || node.find(own) != nullptr) return false;
  for (const std::string_view noun : nouns) {
    if (node.find(noun) == nullptr) continue;
    out.push_back({Severity::error, node.at, fmt::format("this is a {}, and it lies in {}/", noun, kind),
                   fmt::format("move it into {}s/", noun)});
    return true;
  }
  return false;
}

}  // namespace aright::cli
