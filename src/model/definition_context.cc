#include "model/definition_context.h"

#include <fmt/format.h>

#include <algorithm>

namespace aright {

std::set<std::string> ResourceSyntax::of_lines() const {
  std::set<std::string> names;
  for (const StateField& field : fields) {
    if (field.kind == StateField::Kind::texts) names.insert(field.name);
  }
  return names;
}

const ResourceSyntax* syntax_of(const DefinitionContext& context, const std::string& kind, const Position& at,
                                Diagnostics& out) {
  const auto found = context.resources.find(kind);
  if (found != context.resources.end()) return &found->second;
  std::vector<std::string> known;
  known.reserve(context.resources.size());
  for (const auto& [name, syntax] : context.resources) known.push_back(name);
  out.push_back({Severity::error, at, fmt::format("no driver for resource `{}` in this version", kind),
                 suggest(kind, known, "drivers")});
  return nullptr;
}

bool check_name(const std::string& name, const Position& at, Diagnostics& out) {
  const bool good = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!good) {
    out.push_back({Severity::error, at, fmt::format("name `{}` is not allowed", name),
                   "small letters, digits and hyphens, at most 64"});
  }
  return good;
}

}  // namespace aright
