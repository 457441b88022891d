#include "cli/age_warnings.h"

#include <fmt/format.h>

#include <chrono>

namespace aright::cli {

void AgeWarnings::look(const std::string& key, const std::function<std::string()>& hash, const Origin& origin,
                       std::optional<Nanos> review_by, const Position& at, Diagnostics& out) {
  if (!known_) known_ = looked_at_ ? looked_at_() : LookedAt{};
  const auto known = known_->find(key);
  std::optional<WallTime> last = origin.modified;
  if (known != known_->end() && known->second.hash == hash()) last = known->second.at;
  const Nanos within = review_by.value_or(review_by_default);
  if (!last || std::chrono::system_clock::now() - *last < within) return;
  const auto space = key.find(' ');
  const std::string kind = key.substr(0, space);
  const std::string name = key.substr(space + 1);
  const WallTime ends = *last + std::chrono::duration_cast<WallTime::duration>(within + review_grace);
  const std::string then = ends <= std::chrono::system_clock::now()
                               ? std::string("until then it goes no further than propose")
                               : fmt::format("from {} on it only proposes", rfc3339(ends).substr(0, 10));
  out.push_back({Severity::warning, at,
                 fmt::format("{} `{}` was changed or reviewed last on {}, longer than {} ago", kind, name,
                             rfc3339(*last).substr(0, 10), format_duration(within)),
                 fmt::format("look whether it is as it should be and say so by `aright {}s reviewed {} --reason …`; {}",
                             kind, name, then)});
}

}  // namespace aright::cli
