#include "cli/named_contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>

#include "model/kept_contents.h"

namespace aright::cli {

void NamedContents::take(std::uint64_t seq, const Json& entry) {
  each_commitment(entry, [&](const std::string& id) {
    if (!id.empty()) named_.emplace_back(std::hash<std::string>{}(id), seq);
  });
  const auto kind = entry.find("kind");
  if (kind == entry.end() || (*kind != "retention.applied" && *kind != "contents.erased")) return;
  const auto count = entry.find("contents");
  if (count != entry.end() && count->is_number_unsigned()) taken_away_ += count->get<std::uint64_t>();
}

Result<Done> NamedContents::compare(store::SqliteHistory& history) {
  std::vector<std::size_t> kept;
  auto ok = history.each_content([&](const std::string& id) { kept.push_back(std::hash<std::string>{}(id)); });
  if (!ok) return ok;
  std::ranges::sort(kept);
  std::ranges::sort(named_);
  const auto same_id = [](const auto& one, const auto& two) { return one.first == two.first; };
  named_.erase(std::ranges::unique(named_, same_id).begin(), named_.end());
  std::uint64_t missing = 0;
  std::uint64_t newest = 0;
  for (const auto& [id, seq] : named_) {
    if (std::ranges::binary_search(kept, id)) continue;
    ++missing;
    newest = std::max(newest, seq);
  }
  if (missing <= taken_away_) return Done{};
  return fail(Errc::corrupt,
              fmt::format("table blob: {} contents that entries name are missing, but retention and erasure have taken "
                          "away {}; the newest of them is named by entry {}",
                          missing, taken_away_, newest));
}

}  // namespace aright::cli
