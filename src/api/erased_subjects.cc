#include "api/erased_subjects.h"

#include <nlohmann/json.hpp>

namespace aright::api {

Result<Done> ErasedSubjects::read_on(History& history) {
  constexpr std::uint32_t entries_at_once = 4096;
  while (true) {
    const auto part = history.entries(next_, entries_at_once);
    if (!part) return std::unexpected(part.error());
    if (part->empty()) return Done{};
    for (const Entry& entry : *part) {
      if (!entry.bytes.contains("\"contents.erased\"")) continue;
      const auto doc = parse_own_json(entry.bytes);
      const auto at = doc ? parse_rfc3339(doc->value("at", "")) : Result<WallTime>(std::unexpected(doc.error()));
      if (at && doc->value("kind", "") == "contents.erased") erased_[doc->value("subject", "")] = *at;
    }
    next_ = part->back().seq + 1;
  }
}

Result<std::optional<WallTime>> ErasedSubjects::last(History& history, const std::string& subject) {
  const std::scoped_lock lock(mutex_);
  if (auto ok = read_on(history); !ok) return std::unexpected(ok.error());
  const auto found = erased_.find(subject);
  return found == erased_.end() ? std::optional<WallTime>() : found->second;
}

}  // namespace aright::api
