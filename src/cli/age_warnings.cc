#include "cli/age_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace aright::cli {

void AgeWarnings::look(const std::string& key, const Origin& origin, std::optional<Nanos> review_by, const Position& at,
                       Diagnostics& out) {
  const WallTime now = std::chrono::system_clock::now();
  const Nanos within = review_by.value_or(review_by_default);
  if (!origin.modified || now - *origin.modified < within) return;
  if (!known_) known_ = looked_at_ ? looked_at_() : LookedAt{};
  const auto looked = known_->find(key);
  const WallTime last = looked == known_->end() ? *origin.modified : std::max(*origin.modified, looked->second);
  if (now - last < within) return;
  const auto space = key.find(' ');
  const std::string kind = key.substr(0, space);
  const std::string name = key.substr(space + 1);
  out.push_back({Severity::warning, at,
                 fmt::format("{} `{}` was changed last on {}, longer than {} ago", kind, name,
                             rfc3339(*origin.modified).substr(0, 10), format_duration(within)),
                 fmt::format("look whether it is as it should be and say so by `aright {}s reviewed {} --reason …`; 90 "
                             "days later it only proposes",
                             kind, name)});
}

}  // namespace aright::cli
