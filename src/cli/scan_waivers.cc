#include "cli/scan_waivers.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/offline_log.h"

namespace aright::cli {

Result<std::vector<Waiver>> waivers_in(const std::string& state) {
  const auto rows = read_log(state + "/aright.db", [](store::SqliteHistory& history) -> Result<Json> {
    auto stored = history.all_rows("waiver");
    if (!stored) return std::unexpected(stored.error());
    Json open = Json::array();
    for (const Row& row : *stored) {
      auto doc = parse_own_json(row.doc);
      if (!doc) return std::unexpected(doc.error());
      if (row.open) open.push_back(std::move(*doc));
    }
    return open;
  });
  std::vector<Waiver> waivers;
  if (!rows && rows.error().code == Errc::not_found) return waivers;
  if (!rows) return std::unexpected(rows.error());
  for (const Json& doc : *rows) {
    auto waiver = Waiver::from_json(doc);
    if (!waiver) return std::unexpected(waiver.error());
    waivers.push_back(std::move(*waiver));
  }
  return waivers;
}

void take_waivers(Scan& scan, const std::vector<Waiver>& waivers, WallTime now) {
  for (ScanItem& item : scan.items) {
    if (item.status != ScanStatus::violation) continue;
    const auto in_force = std::ranges::find_if(waivers, [&](const Waiver& w) {
      return w.control == item.control && w.subject == item.resource.text() && w.expires_at > now;
    });
    if (in_force == waivers.end()) continue;
    item.status = ScanStatus::waived;
    item.note = fmt::format("{} by {} until {}: {}", in_force->text(), in_force->owner, rfc3339(in_force->expires_at),
                            in_force->reason);
    item.changes.clear();
    item.steps.clear();
  }
}

void warn_of_ending(const std::vector<Waiver>& waivers, const std::set<std::string>& controls, WallTime now,
                    Diagnostics& out) {
  for (const Waiver& w : waivers) {
    if (!controls.contains(w.control)) continue;
    const Nanos left = w.expires_at - now;
    // One that was granted for a day need not be told of as soon as it is there.
    if (left <= Nanos{0} || left > std::min(waiver_ends_soon, (w.expires_at - w.granted.wall) / 2)) continue;
    out.push_back(
        {Severity::warning,
         {"waivers", 0, 0},
         fmt::format("{} of control `{}` on {} ends at {}", w.text(), w.control, w.subject, rfc3339(w.expires_at)),
         fmt::format("{} answers for it: put right what it excepts, or grant another", w.owner)});
  }
}

}  // namespace aright::cli
