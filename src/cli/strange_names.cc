#include "cli/strange_names.h"

#include <fmt/format.h>

#include <algorithm>

namespace aright::cli {

namespace {

const std::vector<std::string>& known_names() {
  static const std::vector<std::string> known{"aright.yaml", "controls", "workflows", "files", "sources", "tests"};
  return known;
}

}  // namespace

void StrangeNames::take(const std::vector<std::string>& names, const Diagnostics& so_far) {
  names_ = names;
  at_ = so_far.size();
  const auto& known = known_names();
  std::erase_if(names_, [&](const std::string& name) {
    return std::ranges::find(known, name) != known.end() || name.starts_with("README");
  });
}

void StrangeNames::warn(Diagnostics& out) const {
  Diagnostics warnings;
  for (const std::string& name : names_) {
    const bool is_read = std::ranges::any_of(
        *read_, [&](const std::string& path) { return path == name || path.starts_with(name + "/"); });
    if (is_read) continue;
    warnings.push_back({Severity::warning,
                        {name, 0, 0},
                        fmt::format("`{}` is not read", name),
                        suggest(name, known_names(), "names")});
  }
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(std::min(at_, out.size())), warnings.begin(), warnings.end());
}

}  // namespace aright::cli
